package licensespringtest_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestFaultQueue_matching(t *testing.T) {
	t.Parallel()
	get, list, generate := ordersPath+"1/", ordersPath, ordersPath+"generate_license/?product=acmecad"
	tests := []struct {
		name   string
		faults []lst.Fault
		paths  []string
		want   []int
	}{
		{"one request", []lst.Fault{lst.Status(500)}, []string{list, list}, []int{500, 200}},
		{"one after the other", []lst.Fault{lst.Status(500), lst.Status(503)}, []string{list, list, list}, []int{500, 503, 200}},
		{"times", []lst.Fault{lst.Status(500).Times(2)}, []string{list, list, list}, []int{500, 500, 200}},
		{"times below 1", []lst.Fault{lst.Status(500).Times(0)}, []string{list, list}, []int{500, 200}},
		{"forever", []lst.Fault{lst.Status(500).Forever(), lst.Status(503)}, []string{list, list, list}, []int{500, 500, 500}},
		{"nth", []lst.Fault{lst.Status(500).Nth(2)}, []string{list, list, list}, []int{200, 500, 200}},
		{"nth, forever", []lst.Fault{lst.Status(500).Nth(2).Forever()}, []string{list, list, list}, []int{200, 500, 500}},
		{"nth counts requests that other faults affect", []lst.Fault{lst.Status(500).Times(2), lst.Status(503).Nth(3)}, []string{list, list, list}, []int{500, 500, 503}},
		{"nth that another fault precedes", []lst.Fault{lst.Status(500).Times(2), lst.Status(503).Nth(2)}, []string{list, list, list}, []int{500, 500, 503}},
		{"endpoint", []lst.Fault{lst.Status(500).On(lst.GetOrder)}, []string{list, get, get}, []int{200, 500, 404}},
		{"endpoints", []lst.Fault{lst.Status(500).On(lst.GetOrder, lst.GenerateLicense).Times(2)}, []string{list, generate, get}, []int{200, 500, 500}},
		{"nth counts matching requests only", []lst.Fault{lst.Status(500).On(lst.GetOrder).Nth(2)}, []string{get, list, get}, []int{404, 200, 500}},
		{"when", []lst.Fault{lst.Status(500).When(func(r *http.Request) bool { return r.URL.Query().Has("product") })}, []string{list, generate}, []int{200, 500}},
		{"a fault of connections does not affect requests", []lst.Fault{lst.DropConnection().Nth(9), lst.Status(500)}, []string{list, list}, []int{500, 200}},
		{"a request of an unknown path", []lst.Fault{lst.Status(500)}, []string{"/bogus/"}, []int{500}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := lst.NewServer(t)
			srv.Inject(tt.faults...)
			var got []int
			for _, path := range tt.paths {
				got = append(got, do(t, srv, http.MethodGet, path, "").status)
			}
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestFaultQueue_pending(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	srv.Inject(lst.Status(500).Times(2), lst.DropAfter().On(lst.GetOrder), lst.Status(503).Forever())
	assert.Equal(t, []string{"Status(500)", "DropAfter()", "Status(503)"}, srv.PendingFaults())
	for range 3 {
		do(t, srv, http.MethodGet, ordersPath, "")
	}
	assert.Equal(t, []string{"DropAfter()"}, srv.PendingFaults(), "a fault that is active forever has occurred")
	srv.ClearFaults()
	assert.Empty(t, srv.PendingFaults())
	assert.Equal(t, http.StatusOK, do(t, srv, http.MethodGet, ordersPath, "").status)
	assert.Equal(t, "Status(503)", srv.Requests()[2].Fault)
}

// A recordingTB is a TB that records cleanups and errors.
type recordingTB struct {
	cleanups []func()
	errors   []string
}

func (tb *recordingTB) Helper()          {}
func (tb *recordingTB) Cleanup(c func()) { tb.cleanups = append(tb.cleanups, c) }
func (tb *recordingTB) Errorf(format string, a ...any) {
	tb.errors = append(tb.errors, fmt.Sprintf(format, a...))
}

func TestWithStrictFaults(t *testing.T) {
	t.Parallel()
	tb := &recordingTB{}
	srv := lst.NewServer(tb, lst.WithStrictFaults())
	srv.Inject(lst.DropAfter().On(lst.CreateOrder))
	for _, cleanup := range tb.cleanups {
		cleanup()
	}
	assert.Equal(t, []string{"licensespringtest: injected faults still pending: [DropAfter()]"}, tb.errors)
	_, err := try(t, srv, http.MethodGet, ordersPath, "")
	require.Error(t, err, "closed")
}
