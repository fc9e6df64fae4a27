package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring"
)

// moreOfLicense are members of a license that a [licensespring.LicenseRecord]
// has no field for. Whatever the service sends is in the record's Raw.
type moreOfLicense struct {
	Note                string   `json:"note"`
	MaxTransfers        *int     `json:"max_transfers"`
	AllowOverages       bool     `json:"allow_overages"`
	MaxOverages         *float64 `json:"max_overages"`
	ResetConsumption    bool     `json:"reset_consumption"`
	ConsumptionPeriod   string   `json:"consumption_period"`
	MaintenanceDuration string   `json:"maintenance_duration"`
	IsFloating          bool     `json:"is_floating"`
	FloatingUsers       *int     `json:"floating_users"`
	PolicyCode          string   `json:"policy_code"`
	SubscriptionID      string   `json:"subscription_id"`
	CustomFields        []struct {
		Name  string `json:"name"`
		Value any    `json:"value"`
	} `json:"custom_fields"`
}

// readMore reads what it can: a summary does not fail for a member of another
// type.
func readMore(l *licensespring.LicenseRecord) moreOfLicense {
	var more moreOfLicense
	_ = json.Unmarshal(l.Raw(), &more)
	return more
}

// terms says what kind of license it is and what ends it.
func terms(l *licensespring.LicenseRecord, more *moreOfLicense) string {
	text := string(l.LicenseType)
	if l.LicenseType == licensespring.Consumption {
		text += " of " + strconv.Itoa(l.MaxConsumptions)
		if more.ResetConsumption && more.ConsumptionPeriod != "" {
			text += " a " + period(more.ConsumptionPeriod)
		}
	}
	switch {
	case !l.ValidityPeriod.IsZero():
		text += " until " + l.ValidityPeriod.Format(time.DateOnly)
	case !l.ValidDuration.IsZero():
		text += " " + l.ValidDuration.String()
	}
	if l.IsTrial {
		text += ", trial"
	}
	return text
}

// period is the word for a consumption period, in whichever spelling the
// service says it.
func period(s string) string {
	switch licensespring.ConsumptionPeriod(s) {
	case licensespring.Daily:
		return "day"
	case licensespring.Weekly:
		return "week"
	case licensespring.Monthly:
		return "month"
	case licensespring.Annually:
		return "year"
	default:
		return s
	}
}

// limits says what the license allows.
func limits(l *licensespring.LicenseRecord, more *moreOfLicense) string {
	parts := []string{plural(l.MaxActivations, "activation")}
	add := func(part string) { parts = append(parts, part) }
	if n := more.MaxTransfers; n != nil && *n < 0 {
		add("no transfers")
	} else if n != nil && *n > 0 {
		add(plural(*n, "transfer"))
	}
	if more.AllowOverages && more.MaxOverages != nil {
		add("overages up to " + strconv.FormatFloat(*more.MaxOverages, 'f', -1, 64))
	}
	if more.IsFloating && more.FloatingUsers != nil {
		add("floating for " + plural(*more.FloatingUsers, "user"))
	}
	if more.MaintenanceDuration != "" {
		add("maintenance for " + more.MaintenanceDuration)
	}
	if l.PreventVM {
		add("not on virtual machines")
	}
	if more.PolicyCode != "" {
		add("policy " + more.PolicyCode)
	}
	if more.SubscriptionID != "" {
		add("subscription " + more.SubscriptionID)
	}
	add(features(l))
	for _, field := range more.CustomFields {
		add(fmt.Sprintf("%s=%v", field.Name, field.Value))
	}
	return joined(", ", parts...)
}

func features(l *licensespring.LicenseRecord) string {
	codes := make([]string, len(l.ProductFeatures))
	for i, f := range l.ProductFeatures {
		codes[i] = f.Code
		if f.MaxConsumption > 0 {
			codes[i] += " (" + strconv.Itoa(f.MaxConsumption) + ")"
		}
	}
	switch len(codes) {
	case 0:
		return ""
	case 1:
		return "feature " + codes[0]
	default:
		return "features " + strings.Join(codes, " and ")
	}
}
