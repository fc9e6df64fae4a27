package cli

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/connect"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/interrupt"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/output"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/view"
)

// grace is the time that requests in flight have after Ctrl-C.
const grace = 15 * time.Second

// beginWrite returns a context for writes, which outlives an interrupt by the grace
// period. The returned function must be called at the end.
func (a *app) beginWrite(ctx context.Context) (context.Context, func()) {
	extended, cancel := interrupt.WithGrace(ctx, grace)
	printed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(printed)
		a.message("Interrupted: waiting up to %s for responses. Press Ctrl-C again to exit immediately.", grace)
	})
	return extended, func() {
		if !stop() {
			<-printed // not after the program's last message
		}
		cancel()
	}
}

// addDryRun adds the flag of commands that write.
func addDryRun(cmd *cobra.Command) *bool {
	return cmd.Flags().Bool("dry-run", false, "print the requests and the findings of the validation without changing anything")
}

// previews prints the requests of a dry run. The code is that of the states without
// requests.
func (p *printer) previews(previews []*licensespring.Preview, code int) error {
	if p.format != output.Table {
		out := list(p, previewColumns())
		for _, preview := range previews {
			p.app.warn(preview.Findings)
			if err := out.Write(view.PreviewOf(preview, p.secrets)); err != nil {
				return writing(err)
			}
		}
		return writing(out.Close())
	}
	if len(previews) == 0 {
		if code == exit.Done {
			p.app.message("Dry run: nothing to change.")
		}
		return nil
	}
	for i, preview := range previews {
		if i > 0 {
			_, _ = p.app.stdout.Write([]byte("\n"))
		}
		p.app.warn(preview.Findings)
		shown := view.PreviewOf(preview, p.secrets)
		if err := writing(output.WriteRequest(p.app.stdout, shown.Method, shown.URL, shown.Header, shown.Body)); err != nil {
			return err
		}
	}
	p.app.message("Dry run: nothing was changed.")
	return nil
}

// fail reports an error with everything that it holds, and returns its exit code as an
// error that has been reported. It returns nil for nil.
func (a *app) fail(err error) error {
	if exit.Reported(err) {
		return err
	}
	exit.Report(a.stderr, err)
	failure := view.FailureOf(err)
	for _, f := range failure.Findings {
		a.message("%s: %s", f.Severity, f)
	}
	for _, f := range failure.Fields {
		a.message("%s: %s", f.Path, strings.Join(f.Messages, " "))
	}
	for _, d := range failure.Differences {
		a.message("%s", licensespring.Difference(d))
	}
	switch {
	case errors.Is(err, licensespring.ErrUnauthorized):
		a.message("The service rejected the key: check %s or the key file.", connect.EnvKey)
	case errors.Is(err, licensespring.ErrLicenseConflict):
		a.message("Nothing was changed. --allow-shorten allows an earlier end, --allow-enable enabling a disabled license.")
	case errors.Is(err, licensespring.ErrOrderExists):
		a.message(`Nothing was created. "order ensure" succeeds if the existing order is the same.`)
	case errors.Is(err, licensespring.ErrOrderConflict):
		a.message("Nothing was created. Review the differences.")
	case errors.Is(err, licensespring.ErrOutcomeUnknown):
		a.message("%s", unknownHint(err))
	}
	return exit.Silent(exit.Code(err))
}

// unknownHint returns what to do after a write of unknown outcome.
func unknownHint(err error) string {
	failed, ok := errors.AsType[*licensespring.Error](err)
	switch {
	case ok && failed.OrderID != "":
		return `The order may or may not have been created: run "order ensure" with the same order.`
	case ok && failed.Op == licensespring.OpSetUserPassword:
		return "The password of the user may or may not have been set: run the command again."
	default:
		return "The license may or may not have been changed: run the command again."
	}
}
