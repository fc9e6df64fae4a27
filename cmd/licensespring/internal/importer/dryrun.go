package importer

import (
	"context"
	"slices"
	"time"

	"github.com/licensespring-go/licensespring"
)

// dryRun validates the input without sending anything.
func dryRun(
	ctx context.Context, client *licensespring.Client, set *settings, src *source, out *resultWriter, con *console, sum *summary,
) error {
	start := time.Now()
	defer func() { sum.elapsed = time.Since(start) }()
	for e, err := range src.entries() {
		if ctx.Err() != nil {
			sum.interrupt(e)
			return nil
		}
		if err != nil {
			return err
		}
		r := invalidResult(e)
		if e.order != nil {
			r = validate(client, e)
		}
		sum.add(r)
		printResult(con, src.name, r)
		if err := out.write(r); err != nil {
			return err
		}
		if r.Error != nil && set.stopOnError {
			return nil
		}
	}
	return nil
}

// validate returns the result of an order in a dry run.
func validate(client *licensespring.Client, e *entry) *result {
	preview, err := client.Preview(e.order)
	if err != nil {
		return errorResult(e, licensespring.OutcomeOf(err), err)
	}
	if !repeatable(e.order) {
		return invalidResult(&entry{line: e.line, id: e.id, warnings: e.warnings, errors: []finding{newError("items", licensespring.RuleAppendWithoutKeys,
			"every license of an append needs a key, so that a repeated import can find it")}})
	}
	return &result{
		Line: e.line, ID: e.id, Outcome: outcomeValid,
		Warnings: slices.Concat(e.warnings, e.withLines(preview.Findings)),
	}
}

// repeatable reports whether EnsureOrder accepts the order. Preview does not check
// this, because CreateOrder accepts every append.
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
