package main

import (
	"bytes"
	"context"
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

// demo posts events to the webhook as Stripe would, with everything that goes
// wrong in real life, and prints what becomes of them.
func (a *app) demo(ctx context.Context, out io.Writer, url string) error {
	d := demo{app: a, out: out, url: url}
	for _, step := range [...]func(context.Context) error{
		d.events, d.drained, d.results, d.letters, d.books,
	} {
		if err := step(ctx); err != nil {
			if ctx.Err() != nil {
				return nil //nolint:nilerr // it was ended, not wrong
			}
			return fmt.Errorf("demo: %w", err)
		}
	}
	return nil
}

type demo struct {
	*app
	out io.Writer
	url string
}

func (d *demo) say(format string, args ...any) { say(d.out, format+"\n", args...) }

// events posts the samples.
func (d *demo) events(ctx context.Context) error {
	// The fake makes the first order and its answer is lost; later it says once
	// that there are too many requests.
	d.fake.Inject(
		licensespringtest.DropAfter().On(licensespringtest.CreateOrder),
		licensespringtest.Status(http.StatusTooManyRequests, licensespringtest.Header("Retry-After", "1")).On(licensespringtest.CreateOrder).Nth(2),
	)
	for _, e := range [...]struct {
		sample, story string
		times         int
		forged        bool
	}{
		{"1_checkout", "Ada buys two seats for a year.", 1, false},
		{"1_checkout", "Stripe delivers it again, three times at once.", 3, false},
		{"2_subscription_invoice", "Grace subscribes, three seats by the month: the invoice comes first,", 1, false},
		{"3_subscription_checkout", "and then the checkout it belongs to.", 1, false},
		{"4_unpaid", "Ada buys by bank transfer: not paid yet.", 1, false},
		{"5_paid_later", "The transfer has come in.", 1, false},
		{"4_unpaid", "The first of the two is delivered late, once more.", 1, false},
		{"1_checkout", "Somebody forges an event for 900 seats.", 1, true},
		{"6_bad_metadata", "A price has typing errors in its metadata.", 1, false},
		{"7_unknown_product", "A price names a product that the service does not have.", 1, false},
		{"8_other", "An event that has nothing to do with licenses.", 1, false},
	} {
		d.say("\n%s", e.story)
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

// post delivers an event a number of times at once.
func (d *demo) post(ctx context.Context, payload []byte, times int, forged bool) error {
	answers := make([]string, times)
	faults := make([]error, times)
	var all sync.WaitGroup
	for i := range times {
		all.Go(func() { answers[i], faults[i] = d.postOnce(ctx, payload, forged) })
	}
	all.Wait()
	for _, answer := range answers {
		d.say("  -> %s", answer)
	}
	return errors.Join(faults...)
}

func (d *demo) postOnce(ctx context.Context, payload []byte, forged bool) (string, error) {
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{
		Payload: payload, Secret: d.set.webhookSecret.Reveal(), Timestamp: time.Now(),
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

// drained waits until nothing is in the queue.
func (d *demo) drained(ctx context.Context) error {
	d.say("\nThe workers make the orders. The answer to the first is lost after it was made,\nand one request is told to come back in a second.")
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		stats, err := d.pipeline.Stats(ctx)
		if err != nil {
			return err
		}
		if stats.Depth == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (d *demo) results(ctx context.Context) error {
	var lines []string
	for result, err := range d.pipeline.Results(ctx) {
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
	d.say("\nResults (order, how it came to be, license keys):\n%s", strings.Join(lines, "\n"))
	return nil
}

func (d *demo) letters(ctx context.Context) error {
	d.say("\nDead letters:")
	list, err := d.app.letters(ctx, 0, maxLetters)
	for _, l := range list {
		reason := l.Reason
		if len(l.Findings) > 0 {
			reason = "is wrong:"
		}
		d.say("  %d %-12s %s", l.Seq, l.OrderID, reason)
		for _, f := range l.Findings {
			d.say("      %s: %s", f.Path, f.Message)
		}
	}
	return err
}

// books compares what was asked for with what there is.
func (d *demo) books(ctx context.Context) error {
	stats, err := d.pipeline.Stats(ctx)
	if err != nil {
		return err
	}
	orders, licenses := len(d.fake.Orders()), d.fake.LicenseCount()
	d.say("\nBooks: 3 orders with 6 licenses were due; the service has %d with %d, there are %d results and %d dead letters.",
		orders, licenses, stats.Done, stats.Dead)
	if orders != 3 || licenses != 6 || stats.Done != 3 || stats.Dead != 2 {
		return errors.New("the books do not balance")
	}
	return nil
}
