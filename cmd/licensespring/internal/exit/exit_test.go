package exit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// TestCode checks that an unknown outcome has its code whatever the kind is, and that
// an error without effect has no other code than its kind.
func TestCode(t *testing.T) {
	t.Parallel()
	kinds := map[licensespring.ErrorKind]int{
		licensespring.ErrUnauthorized: Usage, licensespring.ErrInvalidConfig: Usage,
		licensespring.ErrOrderConflict: Conflict, licensespring.ErrLicenseConflict: Conflict, licensespring.ErrOrderExists: Conflict,
		licensespring.ErrInvalidRequest: Rejected, licensespring.ErrNotFound: Rejected, licensespring.ErrRedirected: Rejected,
		licensespring.ErrRateLimited: NotSent, licensespring.ErrUnavailable: NotSent, licensespring.ErrNotSent: NotSent,
		licensespring.ErrBadResponse: Failed,
	}
	for kind, want := range kinds {
		for _, outcome := range []licensespring.Outcome{licensespring.OutcomeRejected, licensespring.OutcomeNotSent, ""} {
			err := fmt.Errorf("wrapped: %w", &licensespring.Error{Kind: kind, Outcome: outcome})
			assert.Equal(t, want, Code(err), "%s %s", outcome, string(kind))
		}
		assert.Equal(t, Unknown, Code(&licensespring.Error{Kind: kind, Outcome: licensespring.OutcomeUnknown}), string(kind))
	}
	assert.Equal(t, Done, Code(nil))
	assert.Equal(t, Interrupted, Code(context.Canceled))
	assert.Equal(t, Failed, Code(errors.New("disk full")))
	assert.Equal(t, Rejected, Code(&licensespring.ValidationError{}))
	assert.Equal(t, Usage, Code(Usagef("x")))
}

// TestInterrupted interrupts the read before a write.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	ctx, interrupt := context.WithCancel(t.Context())
	srv.Inject(licensespringtest.Custom(func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		interrupt()
		<-r.Context().Done()
	}))
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	require.NoError(t, err)
	_, err = client.EnsureLicense(ctx, 1, licensespring.LicenseState{Enabled: new(false)})
	assert.Equal(t, licensespring.OutcomeRejected, licensespring.OutcomeOf(err))
	assert.Equal(t, Interrupted, Code(err))
}

func TestReport(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	assert.Equal(t, Done, Report(&out, nil))
	assert.Equal(t, Unknown, Report(&out, Silent(Unknown)))
	assert.NoError(t, Silent(Done))
	assert.NoError(t, With(Usage, nil))
	assert.Empty(t, out.String())
	assert.Equal(t, Conflict, Report(&out, With(Conflict, errors.New("licensespring: x"))))
	assert.Equal(t, "x\n", out.String())
	assert.Equal(t, "exit code 5", Silent(Unknown).Error())
	assert.ErrorIs(t, With(Usage, context.Canceled), context.Canceled)
}

func TestWorst(t *testing.T) {
	t.Parallel()
	order := []int{Failed, Usage, Interrupted, Unknown, NotSent, Conflict, Rejected, Done}
	for i, a := range order {
		for _, b := range order[i:] {
			assert.Equal(t, a, Worst(a, b))
			assert.Equal(t, a, Worst(b, a))
		}
	}
}
