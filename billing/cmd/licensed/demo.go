package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

//go:embed samples/*.json
var samples embed.FS

// sample returns a sample event of Stripe.
func sample(name string) ([]byte, error) {
	data, err := samples.ReadFile("samples/" + name + ".json")
	if err != nil {
		return nil, fmt.Errorf("no sample %s", name)
	}
	return data, nil
}

// runDemo posts signed sample events to the webhook, injects faults, and prints the
// results.
func (a *app) runDemo(ctx context.Context, out io.Writer, url string) error {
	d := demo{app: a, out: out, url: url}
	for _, step := range [...]func(context.Context) error{
		d.postEvents, d.waitUntilEmpty, d.printResults, d.printDeadLetters, d.checkTotals,
	} {
		if err := step(ctx); err != nil {
			if ctx.Err() != nil {
				return nil //nolint:nilerr // the demo was canceled
			}
			return fmt.Errorf("demo: %w", err)
		}
	}
	return nil
}

type demo struct {
	app *app
	out io.Writer
	url string
}

func (d *demo) println(format string, args ...any) { printf(d.out, format+"\n", args...) }

func (d *demo) postEvents(ctx context.Context) error {
	d.app.fake.Inject(
		licensespringtest.DropAfter().On(licensespringtest.CreateOrder),
		licensespringtest.Status(http.StatusTooManyRequests, licensespringtest.Header("Retry-After", "1")).On(licensespringtest.CreateOrder).Nth(2),
	)
	for _, e := range [...]struct {
		sample, title string
		times         int
		forged        bool
	}{
		{"1_checkout", "Ada buys two seats for a year.", 1, false},
		{"1_checkout", "Stripe delivers the event again, three times concurrently.", 3, false},
		{"2_subscription_invoice", "Grace subscribes to three seats with monthly billing: the invoice is delivered first,", 1, false},
		{"3_subscription_checkout", "and its checkout second.", 1, false},
		{"4_unpaid", "Ada buys by bank transfer: the payment is pending.", 1, false},
		{"5_paid_later", "The transfer succeeds.", 1, false},
		{"4_unpaid", "The first of the two events is delivered again, out of order.", 1, false},
		{"1_checkout", "A forged event requests 900 seats.", 1, true},
		{"6_bad_metadata", "A price has invalid metadata.", 1, false},
		{"7_unknown_product", "A price names a product that the service does not have.", 1, false},
		{"8_other", "An event is unrelated to licenses.", 1, false},
	} {
		d.println("\n%s", e.title)
		payload, err := sample(e.sample)
		if err != nil {
			return err
		}
		if err := d.post(ctx, payload, e.times, e.forged); err != nil {
			return err
		}
	}
	return nil
}

// post posts an event several times concurrently.
func (d *demo) post(ctx context.Context, payload []byte, times int, forged bool) error {
	responses := make([]string, times)
	errs := make([]error, times)
	var all sync.WaitGroup
	for i := range times {
		all.Go(func() { responses[i], errs[i] = d.postOnce(ctx, payload, forged) })
	}
	all.Wait()
	for _, response := range responses {
		d.println("  -> %s", response)
	}
	return errors.Join(errs...)
}

func (d *demo) postOnce(ctx context.Context, payload []byte, forged bool) (string, error) {
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{
		Payload: payload, Secret: d.app.set.webhookSecret.Reveal(), Timestamp: time.Now(),
	})
	if forged {
		payload = bytes.Replace(payload, []byte(`"quantity": 2`), []byte(`"quantity": 900`), 1)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(payload))
	if err != nil {
		return "", err
	}
	r.Header.Set("Stripe-Signature", signed.Header)
	res, err := (&http.Client{Timeout: 30 * time.Second}).Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<10))
	return fmt.Sprintf("%d %s", res.StatusCode, bytes.TrimSpace(text)), err
}

func (d *demo) waitUntilEmpty(ctx context.Context) error {
	d.println("\nThe workers create the orders. The response to the first create is lost after the\norder was created, and one request is rate limited for a second.")
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		stats, err := d.app.pipeline.Stats(ctx)
		if err != nil {
			return err
		}
		in, err := d.app.inbox.Stats(ctx)
		if err != nil {
			return err
		}
		if stats.Depth+in.Events.Depth == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

func (d *demo) printResults(ctx context.Context) error {
	var lines []string
	for result, err := range d.app.pipeline.Results(ctx) {
		if err != nil {
			return err
		}
		line := fmt.Sprintf("  %-12s %-10s", result.OrderID, result.Outcome)
		if result.Order != nil {
			line += " " + strings.Join(result.Order.LicenseKeys(), " ")
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	d.println("\nResults (order, outcome, license keys):\n%s", strings.Join(lines, "\n"))
	return nil
}

func (d *demo) printDeadLetters(ctx context.Context) error {
	d.println("\nDead letters:")
	list, err := d.app.deadLetters(ctx, 0, maxDeadLetters)
	for _, l := range list {
		reason := l.Reason
		if len(l.Findings) > 0 {
			reason = "invalid:"
		}
		d.println("  %d %-12s %s", l.Seq, l.OrderID, reason)
		for _, f := range l.Findings {
			d.println("      %s: %s", f.Path, f.Message)
		}
	}
	return err
}

// checkTotals compares the expected orders with those of the service and the queue.
func (d *demo) checkTotals(ctx context.Context) error {
	stats, err := d.app.pipeline.Stats(ctx)
	if err != nil {
		return err
	}
	orders, licenses := len(d.app.fake.Orders()), d.app.fake.LicenseCount()
	d.println("\nTotals: want 3 orders, 6 licenses, 3 results and 2 dead letters; got %d orders, %d licenses, %d results and %d dead letters.",
		orders, licenses, stats.Done, stats.Dead)
	if orders != 3 || licenses != 6 || stats.Done != 3 || stats.Dead != 2 {
		return errors.New("the totals do not match")
	}
	return nil
}
