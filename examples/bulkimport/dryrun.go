package main

import (
	"context"
	"time"

	"github.com/licensespring-go/licensespring"
)

// dryRun says everything that is wrong with the input, and sends nothing.
func dryRun(
	ctx context.Context, client *licensespring.Client, src *source, out *results, show *screen, t *tally,
) error {
	start := time.Now()
	defer func() { t.took = time.Since(start) }()
	for e, err := range src.entries() {
		if ctx.Err() != nil {
			t.interrupt(e)
			return nil
		}
		if err != nil {
			return err
		}
		r := unread(e)
		if e.order != nil {
			r = checked(client, e)
		}
		t.count(r)
		complain(show, src.name, r)
		if err := out.write(r); err != nil {
			return err
		}
	}
	return nil
}

// checked is the result of an order that was only looked at.
func checked(client *licensespring.Client, e *entry) *result {
	preview, err := client.Preview(e.order)
	if err != nil {
		return unmade(e, err)
	}
	if !repeatable(e.order) {
		return unread(&entry{line: e.line, id: e.id, faults: []finding{fault("items", licensespring.RuleAppendWithoutKeys,
			"every license of an append needs a key, so that it can be found again")}})
	}
	return &result{
		Line: e.line, ID: e.id, Outcome: outcomeValid,
		Warnings: e.placed(preview.Findings),
	}
}

// repeatable reports whether the order can be sent in a run that may be run
// again. Preview does not say so, for CreateOrder would take any append.
func repeatable(o *licensespring.Order) bool {
	if !o.Append {
		return true
	}
	for i := range o.Items {
		if len(o.Items[i].Licenses) == 0 {
			return false
		}
		for j := range o.Items[i].Licenses {
			if o.Items[i].Licenses[j].Key == "" {
				return false
			}
		}
	}
	return true
}
