package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/licensespring-go/licensespring"
)

// printPreview writes a request as it would be sent, with an indented body.
func printPreview(w io.Writer, p *licensespring.Preview) error {
	var out bytes.Buffer
	fmt.Fprintln(&out, p.Method, p.URL)
	for _, name := range slices.Sorted(maps.Keys(p.Header)) {
		fmt.Fprintf(&out, "%s: %s\n", name, strings.Join(p.Header[name], ", "))
	}
	fmt.Fprintln(&out)
	if err := json.Indent(&out, p.Body, "", "  "); err != nil {
		return err
	}
	fmt.Fprintf(&out, "\n\n%d bytes without the indentation.\n", len(p.Body))
	if len(p.Findings) == 0 {
		fmt.Fprintln(&out, "Findings: none.")
	} else {
		fmt.Fprintln(&out, "Findings:")
		printFindings(&out, p.Findings)
	}
	_, err := out.WriteTo(w)
	return err
}

// printFindings writes one finding per line.
func printFindings(w io.Writer, findings []licensespring.Finding) {
	for _, f := range findings {
		_, _ = fmt.Fprintf(w, "%s: %s\n", f.Severity, f)
	}
}

// printResult writes the order as the service stored it.
func printResult(w io.Writer, res *licensespring.OrderResult, showPasswords bool) error {
	var out bytes.Buffer
	order := res.Order
	fmt.Fprintf(&out, "Order %s: %s\n", order.StoreID, res.Outcome)
	fmt.Fprintf(&out, "  id        %d\n", order.ID)
	if c := order.Customer; c != nil {
		fmt.Fprintf(&out, "  customer  %s\n", joined(" · ", c.Email, strings.TrimSpace(c.FirstName+" "+c.LastName), c.Company))
	}
	if order.Metadata != "" {
		fmt.Fprintf(&out, "  metadata  %s\n", order.Metadata)
	}
	if order.IsTest {
		fmt.Fprintln(&out, "  test      yes")
	}
	for i := range order.OrderItems {
		printItem(&out, &order.OrderItems[i], showPasswords)
	}
	printNewUsers(&out, order.NewUsers, showPasswords)

	fmt.Fprintln(&out)
	if !showPasswords && slices.ContainsFunc(order.Users(), hasPassword) {
		fmt.Fprintln(&out, "Initial passwords are secret; -show-passwords prints them.")
	}
	if len(res.Warnings) == 0 {
		fmt.Fprintln(&out, "Warnings: none.")
	} else {
		fmt.Fprintln(&out, "Warnings:")
		for _, f := range res.Warnings {
			fmt.Fprintf(&out, "  %s\n", f)
		}
	}
	printAttempts(&out, res.Attempts)
	_, err := out.WriteTo(w)
	return err
}

func printItem(w io.Writer, item *licensespring.ItemRecord, showPasswords bool) {
	_, _ = fmt.Fprintf(w, "\n%s", item.ProductCode)
	if item.ProductCode == "" {
		_, _ = fmt.Fprintf(w, "product %d", item.ProductID)
	}
	if item.Note != "" {
		_, _ = fmt.Fprintf(w, " (%s)", item.Note)
	}
	_, _ = fmt.Fprintln(w)
	for i := range item.Licenses {
		printLicense(w, i+1, &item.Licenses[i], showPasswords)
	}
}

// printNewUsers writes the new users of a legacy response, which shows no
// licenses.
func printNewUsers(w io.Writer, users []licensespring.UserRecord, showPasswords bool) {
	if len(users) == 0 {
		return
	}
	_, _ = fmt.Fprintln(w, "\nnew users")
	for i := range users {
		printUser(w, "  ", &users[i], showPasswords)
	}
}

func printAttempts(w io.Writer, attempts []licensespring.Attempt) {
	if len(attempts) == 0 {
		return
	}
	_, _ = fmt.Fprintln(w, "Attempts:")
	for _, a := range attempts {
		_, _ = fmt.Fprintf(w, "  %s\n", a)
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// joined joins the parts that are not empty.
func joined(separator string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), separator)
}
