package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/reconcile"
)

const (
	testNotifySecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	otherSecret      = "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="
	testToken        = "admin-token-of-a-test"
)

// receivedNotification is a notification as a shop reads it.
type receivedNotification struct {
	Type string           `json:"type"`
	Data notificationData `json:"data"`
	// Change is Data again, for the types of changes.
	Change reconcile.LicenseChange `json:"-"`
}

// shop is an endpoint for notifications.
type shop struct {
	*httptest.Server

	mu       sync.Mutex
	statuses []int // of the first responses
	accepted []receivedNotification
	ids      []string
}

func startShop(t *testing.T, statuses ...int) *shop {
	t.Helper()
	verifier, err := standardwebhooks.NewWebhook(testNotifySecret)
	require.NoError(t, err)
	s := &shop{statuses: statuses}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.NoError(t, verifier.Verify(body, r.Header))
		s.ids = append(s.ids, r.Header.Get("Webhook-Id"))
		if len(s.statuses) > 0 {
			status := s.statuses[0]
			s.statuses = s.statuses[1:]
			w.Header().Set("Location", "https://elsewhere.example/")
			w.WriteHeader(status)
			return
		}
		var n receivedNotification
		assert.NoError(t, json.Unmarshal(body, &n))
		change := struct{ Data *reconcile.LicenseChange }{&n.Change}
		assert.NoError(t, json.Unmarshal(body, &change))
		s.accepted = append(s.accepted, n)
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *shop) received() []receivedNotification {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]receivedNotification(nil), s.accepted...)
}

// The shop learns of each issued license and of each order that failed, signed, and
// again until it accepts the notification.
func TestNotifications(t *testing.T) {
	t.Parallel()
	s := startShop(t, http.StatusInternalServerError, http.StatusFound)
	r := startServe(t, env(envNotifySecret, otherSecret+" "+testNotifySecret, "LICENSED_NOTIFY_URL", s.URL))
	code, _, stderr := r.command("enqueue", file(t,
		`{"id": "inv-1", "customer": {"email": "ada@example.com"}, "items": [{"product_code": "acmecad", "licenses": [{"key": "AB2C-D3EF-GH4J-K5MN"}]}]}`))
	require.Equal(t, exitOK, code, stderr)
	eventually(t, "the license is reported", func() bool { return len(s.received()) == 1 })
	n := s.received()[0]
	assert.Equal(t, notificationIssued, n.Type)
	assert.Equal(t, "inv-1", n.Data.OrderID)
	assert.Equal(t, licensespring.OutcomeCreated, n.Data.Outcome)
	assert.Equal(t, "ada@example.com", n.Data.Customer.Email)
	require.Len(t, n.Data.Licenses, 1)
	assert.Equal(t, "AB2C-D3EF-GH4J-K5MN", n.Data.Licenses[0].LicenseKey)
	assert.Equal(t, "acmecad", n.Data.Licenses[0].ProductCode)
	require.Len(t, s.ids, 3, "a redirect is not followed")
	assert.Equal(t, s.ids[0], s.ids[2])

	code, _, stderr = r.command("enqueue", file(t, `{"id": "inv-2", "items": [{"product_code": "acmegone", "licenses": [{}]}]}`))
	require.Equal(t, exitOK, code, stderr)
	eventually(t, "the failure is reported", func() bool { return len(s.received()) == 2 })
	n = s.received()[1]
	assert.Equal(t, notificationFailed, n.Type)
	assert.Equal(t, "inv-2", n.Data.OrderID)
	assert.NotEmpty(t, n.Data.Reason)
	assert.Empty(t, n.Data.Licenses)

	_, metrics, _ := get(t, r.admin+"/metrics", nil)
	assert.Contains(t, metrics, `licensed_notifications_total{disposition="delivered",type="license.issued"} 1`)
	assert.Contains(t, metrics, `licensed_notifications_total{disposition="retry",type="license.issued"} 2`)
	assert.NotContains(t, r.stderr.String(), "AB2C-D3EF")
	assert.NotContains(t, r.stderr.String(), s.URL)
	assert.NotContains(t, r.stderr.String(), "whsec")
}

// Initial passwords are delivered only on request, and once.
func TestNotifiedPasswords(t *testing.T) {
	t.Parallel()
	const order = `{"id": "inv-1", "items": [{"product_code": "acmeweb", "licenses": [{"users": [{"email": "ada@example.com"}]}]}]}`
	for name, requested := range map[string]bool{"requested": true, "not requested": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startShop(t)
			args := []string{"-notify-url", s.URL}
			if requested {
				args = append(args, "-notify-passwords")
			}
			r := startServe(t, env(envNotifySecret, testNotifySecret), args...)
			code, _, stderr := r.command("enqueue", file(t, order))
			require.Equal(t, exitOK, code, stderr)
			eventually(t, "the license is reported", func() bool { return len(s.received()) == 1 })
			user := s.received()[0].Data.Licenses[0].Users[0]
			assert.Equal(t, "ada@example.com", user.Email)
			assert.Equal(t, requested, user.InitialPassword != "")
			if requested {
				assert.NotContains(t, r.stderr.String(), user.InitialPassword)
			}
			code, out, stderr := r.command("result", "-json", "inv-1")
			require.Equal(t, exitOK, code, stderr)
			assert.NotContains(t, out, "password")
		})
	}
}

func TestNotifySettings(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env  environment
		args []string
		want string
	}{
		"no secret":          {env(), []string{"-notify-url", "https://shop.example/hook"}, "-notify-url requires LICENSED_NOTIFY_SECRET"},
		"not encrypted":      {env(envNotifySecret, testNotifySecret), []string{"-notify-url", "http://shop.example/hook"}, "want an https URL"},
		"user in the URL":    {env(envNotifySecret, testNotifySecret), []string{"-notify-url", "https://a:b@shop.example/"}, "want an https URL"},
		"passwords to where": {env(), []string{"-notify-passwords"}, "-notify-passwords requires -notify-url"},
		"short secret":       {env(envNotifySecret, "whsec_c2hvcnQ="), []string{"-notify-url", "https://shop.example/hook"}, "want whsec_ and at least 24 bytes"},
		"not base64":         {env(envNotifySecret, "whsec_"+strings.Repeat("?", 40)), []string{"-notify-url", "https://shop.example/hook"}, "want whsec_ and at least 24 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stderr output
			code := run(t.Context(), append([]string{"serve", "-fake", "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0"}, tt.args...), tt.env, io.Discard, &stderr)
			assert.Equal(t, exitFailed, code)
			assert.Contains(t, stderr.String(), tt.want)
			assert.NotContains(t, stderr.String(), "a:b")
			assert.NotContains(t, stderr.String(), "c2hvcnQ")
		})
	}
}

// checkChanges checks that the shop learned of the changes of licenses in the demo.
func (s *shop) checkChanges(t *testing.T, r *testServe) {
	t.Helper()
	counts := func() map[string]int {
		counts := map[string]int{}
		for _, n := range s.received() {
			counts[n.Type]++
		}
		return counts
	}
	eventually(t, "the shop knows everything", func() bool {
		return counts()[reconcile.AnnounceSuspended] >= 3 && counts()[reconcile.AnnounceChanged] > 10
	})
	assert.Equal(t, 3, counts()[reconcile.AnnounceSuspended], "Joan, Grace and Edsger")
	for _, n := range s.received() {
		switch n.Type {
		case reconcile.AnnounceSuspended:
			assert.False(t, *n.Change.Enabled)
			assert.Positive(t, n.Change.LicenseID)
			assert.Equal(t, "acmecad", n.Change.ProductCode)
			assert.NotEmpty(t, n.Change.Reason)
		case reconcile.AnnounceChanged:
			assert.NotEmpty(t, n.Change.Change)
			assert.NotEmpty(t, n.Change.Subject)
		}
	}
	_, metrics, _ := get(t, r.admin+"/metrics", nil)
	assert.Contains(t, metrics, `licensed_notifications_total{disposition="delivered",type="license.suspended"} 3`)
}
