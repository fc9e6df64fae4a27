package licensespringtest_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestFaults_matching(t *testing.T) {
	t.Parallel()
	get, list, generate := ordersPath+"1/", ordersPath, ordersPath+"generate_license/?product=acme-cad"
	tests := []struct {
		name   string
		faults []lst.Fault
		paths  []string
		want   []int
	}{
		{"one request", []lst.Fault{lst.Status(500)}, []string{list, list}, []int{500, 200}},
		{"one after the other", []lst.Fault{lst.Status(500), lst.Status(503)}, []string{list, list, list}, []int{500, 503, 200}},
		{"times", []lst.Fault{lst.Status(500).Times(2)}, []string{list, list, list}, []int{500, 500, 200}},
		{"no times is once", []lst.Fault{lst.Status(500).Times(0)}, []string{list, list}, []int{500, 200}},
		{"forever", []lst.Fault{lst.Status(500).Forever(), lst.Status(503)}, []string{list, list, list}, []int{500, 500, 500}},
		{"nth", []lst.Fault{lst.Status(500).Nth(2)}, []string{list, list, list}, []int{200, 500, 200}},
		{"nth, forever", []lst.Fault{lst.Status(500).Nth(2).Forever()}, []string{list, list, list}, []int{200, 500, 500}},
		{"nth counts what others befell", []lst.Fault{lst.Status(500).Times(2), lst.Status(503).Nth(3)}, []string{list, list, list}, []int{500, 500, 503}},
		{"nth that had to give way comes next", []lst.Fault{lst.Status(500).Times(2), lst.Status(503).Nth(2)}, []string{list, list, list}, []int{500, 500, 503}},
		{"endpoint", []lst.Fault{lst.Status(500).On(lst.GetOrder)}, []string{list, get, get}, []int{200, 500, 404}},
		{"endpoints", []lst.Fault{lst.Status(500).On(lst.GetOrder, lst.GenerateLicense).Times(2)}, []string{list, generate, get}, []int{200, 500, 500}},
		{"nth counts matching requests only", []lst.Fault{lst.Status(500).On(lst.GetOrder).Nth(2)}, []string{get, list, get}, []int{404, 200, 500}},
		{"when", []lst.Fault{lst.Status(500).When(func(r *http.Request) bool { return r.URL.Query().Has("product") })}, []string{list, generate}, []int{200, 500}},
		{"a fault of connections is none of requests", []lst.Fault{lst.RefuseConnection().Nth(9), lst.Status(500)}, []string{list, list}, []int{500, 200}},
		{"a request without a key is befallen too", []lst.Fault{lst.Status(500)}, []string{"/bogus/"}, []int{500}},
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

func TestFaults_pending(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	srv.Inject(lst.Status(500).Times(2), lst.DropAfter().On(lst.GetOrder), lst.Status(503).Forever())
	assert.Equal(t, []string{"Status(500)", "DropAfter()", "Status(503)"}, srv.PendingFaults())
	for range 3 {
		do(t, srv, http.MethodGet, ordersPath, "")
	}
	assert.Equal(t, []string{"DropAfter()"}, srv.PendingFaults(), "what happens forever has happened")
	srv.ClearFaults()
	assert.Empty(t, srv.PendingFaults())
	assert.Equal(t, http.StatusOK, do(t, srv, http.MethodGet, ordersPath, "").status)
	assert.Equal(t, "Status(503)", srv.Requests()[2].Fault)
}

// failures is a TB that remembers.
type failures struct {
	cleanups []func()
	errors   []string
}

func (f *failures) Helper()          {}
func (f *failures) Cleanup(c func()) { f.cleanups = append(f.cleanups, c) }
func (f *failures) Errorf(format string, a ...any) {
	f.errors = append(f.errors, fmt.Sprintf(format, a...))
}

func TestWithStrictFaults(t *testing.T) {
	t.Parallel()
	tb := &failures{}
	srv := lst.NewServer(tb, lst.WithStrictFaults())
	srv.Inject(lst.DropAfter().On(lst.CreateOrder))
	for _, cleanup := range tb.cleanups {
		cleanup()
	}
	assert.Equal(t, []string{"licensespringtest: faults that never happened: [DropAfter()]"}, tb.errors)
	_, err := try(t, srv, http.MethodGet, ordersPath, "")
	require.Error(t, err, "closed")
}

func TestTogether(t *testing.T) {
	t.Parallel()
	f := lst.Together(lst.SlowDrip(1, time.Second), lst.Status(502))
	assert.Equal(t, "Together(SlowDrip(1, 1s), Status(502))", f.String())
	inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
		t.Helper()
		srv.Inject(f)
		start := time.Now()
		assert.Equal(t, 502, do(t, srv, http.MethodGet, ordersPath, "").status)
		assert.Greater(t, time.Since(start), time.Minute)
	})
	assert.Panics(t, func() { lst.Together(lst.RefuseConnection()) })
}
