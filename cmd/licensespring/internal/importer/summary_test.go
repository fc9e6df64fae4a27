package importer

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/view"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// TestClass checks every outcome with every kind of error. An order that may have been
// created is in no other class, and never counts as invalid or rejected.
func TestClass(t *testing.T) {
	t.Parallel()
	special := map[string]class{
		"not sent invalid request": classInvalid,
		"not sent not authorized":  classUnauthorized,
		"rejected not authorized":  classUnauthorized,
		"rejected rate limited":    classNotSent,
		"rejected order conflict":  classConflict,
		"rejected order exists":    classConflict,
		// A read before the write failed.
		"rejected service unavailable": classNotSent,
		"rejected bad response":        classFailed,
		"not sent bad response":        classFailed,
	}
	for _, kind := range []licensespring.ErrorKind{
		licensespring.ErrInvalidRequest, licensespring.ErrUnauthorized, licensespring.ErrNotFound, licensespring.ErrOrderExists,
		licensespring.ErrOrderConflict, licensespring.ErrRateLimited, licensespring.ErrRedirected, licensespring.ErrUnavailable,
		licensespring.ErrBadResponse, licensespring.ErrOutcomeUnknown, licensespring.ErrNotSent, "",
	} {
		for outcome, want := range map[licensespring.Outcome]class{
			licensespring.OutcomeNotSent: classNotSent, licensespring.OutcomeRejected: classRejected, licensespring.OutcomeUnknown: classUnknown,
			licensespring.OutcomeCreated: classUnknown, // does not occur together with an error
		} {
			name := fmt.Sprintf("%s %s", outcome, string(kind))
			if c, ok := special[name]; ok {
				want = c
			}
			r := &result{Outcome: outcome, Error: &failure{Failure: view.Failure{Kind: kind}}}
			assert.Equal(t, want, r.class(), name)
		}
	}
	assert.Equal(t, class("recovered"), (&result{Outcome: licensespring.OutcomeRecovered}).class())
}

// TestProxyTimeout lets a proxy respond that did not wait for the service. The status
// does not tell whether the order was created.
func TestProxyTimeout(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusRequestTimeout, 460, 499} {
		srv := licensespringtest.NewServer(t)
		srv.Inject(
			licensespringtest.Status(status, licensespringtest.Stored()).On(licensespringtest.CreateOrder),
			licensespringtest.Status(http.StatusForbidden).On(licensespringtest.ListOrders).Forever(),
		)
		got := runWith(t.Context(), srv, smallOrders(1), "-f", "-", "--rate-limit", "none")
		assert.Equal(t, exit.Unknown, got.code, "status %d: %s", status, got.stderr)
		srv.ClearFaults()
		again := runWith(t.Context(), srv, smallOrders(1), "-f", "-", "--rate-limit", "none")
		assert.Equal(t, exit.Done, again.code, again.stderr)
		assert.Contains(t, again.stdout, `"outcome":"existing"`)
	}
}

// TestFromHint checks that an interrupted run names a line to start at only if all
// orders before it are done.
func TestFromHint(t *testing.T) {
	t.Parallel()
	done := &result{Outcome: licensespring.OutcomeCreated}
	rejected := &result{Outcome: licensespring.OutcomeRejected, Error: &failure{}}
	for _, results := range [][]*result{{done}, {done, rejected}} {
		s := &summary{}
		for _, r := range results {
			s.add(r)
		}
		s.interrupt(&entry{line: 7})
		var stderr bytes.Buffer
		s.hint(&stderr, &service{})
		assert.Equal(t, len(results) == 1, strings.Contains(stderr.String(), "--from 7"), stderr.String())
	}
}
