package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"text/tabwriter"

	"github.com/licensespring-go/licensespring/billing/audit"
	"github.com/licensespring-go/licensespring/billing/reconcile"
)

var (
	errAuditFormat     = errors.New("-o must be table, json or csv")
	errBooksAreWrong   = errors.New("the licenses are not as they are paid for")
	errAuditIncomplete = errors.New("the audit is incomplete")
)

// runAudit runs the audit command. It returns errBooksAreWrong if differences remain.
func runAudit(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) error {
	var baseURL, format, position string
	var request auditRequest
	f := adminFlags("licensed audit", env, stderr, &baseURL)
	f.bool(&request.Fix, "fix", "", "correct the differences that require no decision of an operator")
	f.string(&format, "o", "", "table", "output `format`: table, json (one object per line) or csv")
	f.string(&position, "resume", "", "", "`file` that holds the position of an interrupted audit; a complete audit removes it")
	if err := f.parse(args); err != nil {
		return err
	}
	printer, err := newAuditPrinter(format, stdout)
	if err != nil {
		return err
	}
	if request.From, err = readPosition(position); err != nil {
		return err
	}
	client, err := newAdminClient(baseURL, env)
	if err != nil {
		return err
	}
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	var end auditLine
	err = client.lines(ctx, http.MethodPost, "/api/audit", body, func(line []byte) error {
		var l auditLine
		if err := json.Unmarshal(line, &l); err != nil {
			return errors.New("the response is not from licensed serve")
		}
		if l.Summary != nil {
			end = l
			return nil
		}
		return printer.write(l.Difference)
	})
	if flushErr := printer.flush(); err == nil {
		err = flushErr
	}
	if end.Summary == nil {
		return errors.Join(err, errAuditIncomplete)
	}
	printf(stderr, "%s\n", auditText(end.Summary))
	if err := writePosition(position, end.Summary); err != nil {
		return err
	}
	switch {
	case !end.Summary.Complete:
		return fmt.Errorf("%w: %s", errAuditIncomplete, truncate(end.Failure))
	case !end.Summary.IsClean():
		return errBooksAreWrong
	default:
		return nil
	}
}

// readPosition reads the position of an interrupted audit. A file that does not exist
// is the beginning.
func readPosition(file string) (p audit.Position, err error) {
	if file == "" {
		return p, nil
	}
	data, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if errors.Is(err, os.ErrNotExist) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &p)
	}
	if err != nil {
		return p, fmt.Errorf("-resume: %w", err)
	}
	return p, nil
}

func writePosition(file string, s *audit.Summary) error {
	switch {
	case file == "":
		return nil
	case s.Complete:
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	data, err := json.Marshal(s.Position)
	if err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o600)
}

// auditPrinter prints differences in one format.
type auditPrinter struct {
	write func(*audit.Difference) error
	flush func() error
}

func newAuditPrinter(format string, out io.Writer) (*auditPrinter, error) {
	columns := []string{"kind", "subject", "status", "license", "cause", "change", "fix"}
	row := func(d *audit.Difference) []string {
		license, fix := "", string(d.Fix)
		if d.License != 0 {
			license = strconv.FormatInt(d.License, 10)
		}
		if d.Reason != "" {
			fix += ": " + d.Reason
		}
		return []string{string(d.Kind), d.Subject, string(d.Status), license, d.Cause, d.Change, fix}
	}
	switch format {
	case "json":
		encoder := json.NewEncoder(out)
		return &auditPrinter{write: func(d *audit.Difference) error { return encoder.Encode(d) }, flush: func() error { return nil }}, nil
	case "csv":
		w := csv.NewWriter(out)
		if err := w.Write(columns); err != nil {
			return nil, err
		}
		return &auditPrinter{
			write: func(d *audit.Difference) error { return w.Write(row(d)) },
			flush: func() error { w.Flush(); return w.Error() },
		}, nil
	case "table":
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		writeRow := func(cells []string) error {
			for _, cell := range cells {
				if _, err := fmt.Fprint(w, cell, "\t"); err != nil {
					return err
				}
			}
			_, err := fmt.Fprintln(w)
			return err
		}
		header := false
		return &auditPrinter{
			write: func(d *audit.Difference) error {
				if !header {
					header = true
					if err := writeRow(columns); err != nil {
						return err
					}
				}
				return writeRow(row(d))
			},
			flush: w.Flush,
		}, nil
	default:
		return nil, errAuditFormat
	}
}

// stepText describes a step of a history.
func stepText(s *reconcile.Step) string {
	text := fmt.Sprintf("license %d: %s", s.License, s.Change)
	if s.License == 0 {
		text = fmt.Sprintf("order %s: %d licenses", s.OrderID, s.Count)
	}
	if s.Outcome != "" {
		text += ", " + string(s.Outcome)
	}
	text += " (" + s.Reason + ")"
	if s.Error != "" {
		text += ": " + s.Error
	}
	return text
}
