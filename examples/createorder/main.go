// Command createorder creates an order with every kind of license at a fake of the
// service in its own process, and prints the record that the service returns. It needs
// no account:
//
//	go run ./examples/createorder
//
// To use the service, give [licensespring.New] a management key and omit the base URL.
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/template"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// format is the form in which the result is printed.
//
//go:embed result.tmpl
var format string

func main() {
	showPasswords := flag.Bool("show-passwords", false, "print the initial passwords of new users")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, os.Stderr, *showPasswords); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		if licensespring.OutcomeOf(err) == licensespring.OutcomeUnknown {
			_, _ = fmt.Fprintln(os.Stderr, "The order may or may not have been created: EnsureOrder settles it.")
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, stdout, stderr io.Writer, showPasswords bool) error {
	fake := licensespringtest.NewServer(nil, licensespringtest.WithPolicies(licensespringtest.Policy{
		Code:       "team",
		Properties: map[string]any{"license_type": "time-limited", "valid_duration": "3m", "max_activations": 5},
	}))
	defer fake.Close()
	_, _ = fmt.Fprintf(stderr, "Using a fake of the service at %s: no real license is created.\n", fake.URL())

	client, err := licensespring.New(fake.APIKey(), licensespring.WithBaseURL(fake.URL()))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	res, err := client.CreateOrder(ctx, newOrder())
	if err != nil {
		return err
	}
	return printResult(stdout, res, showPasswords)
}

// printResult writes the outcome and the record of the order. An initial password prints
// as "[redacted]" unless Reveal returns its text.
func printResult(w io.Writer, res *licensespring.OrderResult, showPasswords bool) error {
	t, err := template.New("result").Funcs(template.FuncMap{
		"is":            func(b *bool) bool { return b != nil && *b },
		"next":          func(i int) int { return i + 1 },
		"plural":        plural,
		"showPasswords": func() bool { return showPasswords },
		"password": func(s licensespring.Secret) string {
			if showPasswords {
				return s.Reveal()
			}
			return s.String()
		},
		"json": func(v any) (string, error) {
			var text strings.Builder
			encoder := json.NewEncoder(&text)
			encoder.SetEscapeHTML(false)
			err := encoder.Encode(v)
			return strings.TrimSpace(text.String()), err
		},
	}).Parse(format)
	if err != nil {
		return err
	}
	return t.Execute(w, res)
}

// plural returns a number of things. A nil pointer stands for 0.
func plural(n any, what string) string {
	count, ok := n.(int)
	if p, isPointer := n.(*int); isPointer && p != nil {
		count, ok = *p, true
	}
	if ok && count == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", count, what)
}
