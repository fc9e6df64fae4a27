package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring"
)

// printLicense writes every member of a license that the response shows.
func printLicense(w io.Writer, number int, l *licensespring.LicenseRecord, showPasswords bool) {
	name := "key " + l.LicenseKey
	if l.LicenseKey == "" {
		name = plural(len(l.LicenseUsers), "user")
	}
	note := l.Note
	if note != "" {
		note = strconv.Quote(note)
	}
	_, _ = fmt.Fprintf(w, "  %2d. %-24s  %s\n", number, name, joined("  ", licenseTerms(l), note))
	for _, line := range []string{
		licenseState(l),
		licenseLimits(l),
		licenseFeatures(l),
		licenseOrigin(l),
	} {
		if line != "" {
			_, _ = fmt.Fprintf(w, "      %s\n", line)
		}
	}
	for i := range l.LicenseUsers {
		printUser(w, "      ", &l.LicenseUsers[i], showPasswords)
	}
}

// licenseTerms returns the type of the license and when it ends.
func licenseTerms(l *licensespring.LicenseRecord) string {
	parts := []string{string(l.LicenseType)}
	if !l.ValidDuration.IsZero() {
		parts = append(parts, l.ValidDuration.String())
	}
	if !l.ValidityPeriod.IsZero() {
		parts = append(parts, "until "+l.ValidityPeriod.Format(time.DateOnly))
	}
	terms := joined(" ", parts...)
	if isTrue(l.IsTrial) {
		terms = joined(", ", terms, "trial")
	}
	return terms
}

// licenseState returns whether the license can be used, and how it is used.
func licenseState(l *licensespring.LicenseRecord) string {
	parts := []string{
		l.Status,
		either(l.Enabled, "enabled", "disabled"),
		used(l.TimesActivated, l.MaxActivations, "activation"),
	}
	if active := either(l.Active, "active", "inactive"); active != l.Status {
		parts = slices.Insert(parts, 1, active)
	}
	if l.LicenseType == licensespring.Consumption && l.MaxConsumptions != nil {
		parts = append(parts, "at most "+plural(*l.MaxConsumptions, "consumption"))
	}
	if !l.TimeDisabled.IsZero() {
		parts = append(parts, "disabled at "+l.TimeDisabled.Format(time.DateTime))
	}
	if l.DisabledUser != "" {
		parts = append(parts, "disabled by "+l.DisabledUser)
	}
	if !l.CreatedAt.IsZero() {
		parts = append(parts, "created "+l.CreatedAt.Format(time.DateTime))
	}
	if !l.UpdatedAt.IsZero() {
		parts = append(parts, "updated "+l.UpdatedAt.Format(time.DateTime))
	}
	if !l.LastCheck.IsZero() {
		parts = append(parts, "last check "+l.LastCheck.Format(time.DateTime))
	}
	return joined(", ", parts...)
}

// licenseLimits returns the options of the license.
func licenseLimits(l *licensespring.LicenseRecord) string {
	var parts []string
	add := func(part string) { parts = append(parts, part) }
	if !l.MaintenancePeriod.IsZero() {
		add("maintenance until " + l.MaintenancePeriod.String())
	}
	if isTrue(l.IsFloating) || isTrue(l.IsFloatingCloud) {
		floating := "floating"
		if isTrue(l.IsFloatingCloud) {
			floating = "cloud floating"
		}
		if l.FloatingUsers != nil {
			floating += " for " + plural(*l.FloatingUsers, "user")
		}
		add(floating)
	}
	if n := l.MaxLicenseUsers; n != nil && *n > 0 {
		add("at most " + plural(*n, "license user"))
	}
	if isTrue(l.AllowGracePeriod) {
		grace := "grace period"
		if l.GracePeriod != nil {
			grace += " " + plural(*l.GracePeriod, "hour")
		}
		add(grace)
	}
	add(either(l.PreventVM, "virtual machines not allowed", ""))
	return joined(", ", parts...)
}

func licenseFeatures(l *licensespring.LicenseRecord) string {
	features := make([]string, len(l.ProductFeatures))
	for i, f := range l.ProductFeatures {
		features[i] = f.Code
		if n := f.MaxConsumption; n != nil && *n > 0 {
			features[i] += " (at most " + plural(*n, "consumption") + ")"
		}
		if !f.ExpiryDate.IsZero() {
			features[i] += " until " + f.ExpiryDate.String()
		}
	}
	switch len(features) {
	case 0:
		return ""
	case 1:
		return "feature " + features[0]
	default:
		return "features " + strings.Join(features, ", ")
	}
}

// licenseOrigin returns what connects the license to other systems.
func licenseOrigin(l *licensespring.LicenseRecord) string {
	parts := []string{"id " + strconv.FormatInt(l.ID, 10)}
	if l.SubscriptionID != "" {
		parts = append(parts, "subscription "+l.SubscriptionID)
	}
	if c := l.Customer; c != nil {
		parts = append(parts, "customer "+joined(" ", c.Email, c.Company))
	} else if l.CustomerID != 0 {
		parts = append(parts, "customer "+strconv.FormatInt(l.CustomerID, 10))
	}
	if len(l.Metadata) > 0 {
		parts = append(parts, "metadata "+metadataText(l.Metadata))
	}
	return joined(", ", parts...)
}

func metadataText(metadata map[string]any) string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(metadata); err != nil { // not possible for metadata that was read from JSON
		return err.Error()
	}
	return strings.TrimSpace(text.String())
}

func printUser(w io.Writer, indent string, u *licensespring.UserRecord, showPasswords bool) {
	parts := []string{u.Email}
	if u.IsManager {
		parts = append(parts, "manager")
	}
	if u.MaxActivations != nil {
		parts = append(parts, plural(*u.MaxActivations, "activation"))
	}
	switch {
	case u.InitialPassword.IsZero():
	case showPasswords:
		parts = append(parts, "initial password "+u.InitialPassword.Reveal())
	default:
		parts = append(parts, "initial password "+u.InitialPassword.String())
	}
	_, _ = fmt.Fprintln(w, indent+strings.Join(parts, ", "))
}

func hasPassword(u licensespring.UserRecord) bool { return !u.InitialPassword.IsZero() }

// isTrue reports whether an optional value is present and true.
func isTrue(b *bool) bool { return b != nil && *b }

// either returns the text for an optional value, and "" if it is not shown.
func either(b *bool, yes, no string) string {
	switch {
	case b == nil:
		return ""
	case *b:
		return yes
	default:
		return no
	}
}

// used returns a usage such as "1 of 3 activations", or the part of it that the
// response shows.
func used(n, limit *int, what string) string {
	switch {
	case n != nil && limit != nil:
		return strconv.Itoa(*n) + " of " + plural(*limit, what)
	case limit != nil:
		return "at most " + plural(*limit, what)
	case n != nil:
		return plural(*n, what)
	default:
		return ""
	}
}
