package cli

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

func TestLicenseGetAndList(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	key := s.Licenses()[0].Key
	byID, byKey := s.done("license", "get", s.id(0)), s.done("license", "get", key)
	assert.Contains(t, byID.stdout, key)
	assert.Equal(t, byID.stdout, byKey.stdout)
	assert.Equal(t, byID.stdout, s.done("license", "get", "key:"+key).stdout)
	s.run(exit.Rejected, "license", "get", "NO-SUCH-KEY")
	s.run(exit.Rejected, "license", "get", "1")

	assert.Equal(t, 4, strings.Count(s.done("license", "list", "-o", "csv").stdout, "\n"))
	assert.Equal(t, 2, strings.Count(s.done("license", "list", "--order", "o-1", "-o", "jsonl").stdout, "\n"))
	assert.Equal(t, "None.\n", s.done("license", "list", "--enabled", "false").stdout)
	assert.Equal(t, "None.\n", s.done("license", "list", "--ends-before", "2031-01-01").stdout)
}

func TestLicenseDisableAndEnable(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	dry := s.done("license", "disable", "--order", "o-1", "--dry-run")
	assert.Equal(t, 2, strings.Count(dry.stdout, "/disable/"))
	assert.True(t, s.Licenses()[0].Enabled)

	results := decode[[]shownResult](t, s.done("license", "disable", "--order", "o-1", "--yes", "-o", "json"))
	require.Len(t, results, 2)
	for _, r := range results {
		assert.Equal(t, "changed", r.Outcome)
		assert.False(t, r.License.Enabled)
	}
	assert.False(t, s.Licenses()[0].Enabled)
	assert.True(t, s.Licenses()[2].Enabled, "another order")
	again := s.done("license", "disable", s.id(0), s.Licenses()[0].Key)
	assert.Contains(t, again.stderr, "1 license: 1 unchanged.", "a license is named twice")

	got := s.run(exit.Conflict, "license", "ensure", s.id(0), "enabled=true")
	assert.Contains(t, got.stderr, "--allow-enable enabling a disabled license")
	s.done("license", "enable", s.id(0))
	assert.True(t, s.Licenses()[0].Enabled)
	s.run(exit.Rejected, "license", "disable", "--order", "none")
	got = s.run(exit.Rejected, "license", "disable", s.id(0), "note=x", "--yes")
	assert.Equal(t, "license 2 of 2: get license by key: not found: no license has this key\n", got.stderr)
	assert.True(t, s.Licenses()[0].Enabled, "nothing is changed")
	s.done("license", "disable", "--all", "--yes")
	assert.Contains(t, s.done("license", "list", "--enabled", "true").stdout, "None.")
}

func TestLicenseRenew(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	s.done("license", "renew", s.id(0), "--until", "2031-06-08")
	assert.Equal(t, "2031-06-08", s.Licenses()[0].Properties["validity_period"])
	got := s.run(exit.Conflict, "license", "renew", s.id(0), "--until", "2030-06-08")
	assert.Contains(t, got.stderr, "--allow-shorten allows an earlier end")
	got = s.run(exit.Conflict, "license", "renew", s.id(0), "--until", "2030-06-08", "--dry-run")
	assert.NotContains(t, got.stderr, "Dry run")
	got = s.done("license", "renew", s.id(0), "--until", "2031-06-08", "--dry-run")
	assert.Equal(t, "Dry run: nothing to change.\n", got.stderr)
	assert.Equal(t, "2031-06-08", s.Licenses()[0].Properties["validity_period"])
	s.done("license", "renew", s.id(0), "--until", "2030-06-08", "--allow-shorten")
	s.done("license", "disable", s.id(0))
	s.done("license", "renew", s.id(0), "--until", "2032-06-08", "--enable")
	assert.True(t, s.Licenses()[0].Enabled)
}

func TestLicenseEnsureAndUpdate(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	results := decode[[]shownResult](t, s.done("license", "ensure", s.id(0), "max_activations=5", "note=by invoice", "-o", "json"))
	require.Len(t, results, 1)
	assert.Equal(t, 5, results[0].License.MaxActivations)
	assert.Equal(t, "by invoice", results[0].License.Note)
	state := writeFile(t, 0o600, `{"max_activations": 6, "enabled": true}`)
	s.done("license", "ensure", "--order", "o-1", "-f", state, "--yes")
	assert.EqualValues(t, 6, s.Licenses()[1].Properties["max_activations"])
	assert.Contains(t, s.done("license", "ensure", s.id(0), "-f", state).stderr, "1 unchanged")
	got := s.run(exit.Usage, "license", "ensure", s.id(0), "-f", writeFile(t, 0o600, `{"max_activation": 6}`))
	assert.Contains(t, got.stderr, `unknown field "max_activation"`)
	for _, command := range []string{"ensure", "update"} {
		got = s.run(exit.Usage, "license", command, s.id(0), "-f", writeFile(t, 0o600, `{"note": "a", "max_activations": 6, "note": "b"}`))
		assert.Contains(t, got.stderr, "note: given twice")
	}
	s.run(exit.Rejected, "license", "ensure", s.id(0), "max_activations=-1")

	r := decode[shownResult](t, s.done("license", "update", s.id(0), "max_activations=7", "-o", "json"))
	assert.Equal(t, "changed", r.Outcome)
	assert.Equal(t, 7, r.License.MaxActivations)
	dry := s.done("license", "update", s.id(0), "-f", writeFile(t, 0o600, `{"note": "x"}`), "--dry-run")
	assert.Contains(t, dry.stdout, `"note": "x"`)
	s.run(exit.Rejected, "license", "update", "1", "note=x")
	s.run(exit.Rejected, "license", "update", s.id(0), "validity_period=2031-01-01", "--dry-run") // without is_trial
}

func TestLicenseUsers(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	license := s.id(2)
	dry := s.done("license", "users", "assign", license, "alan@example.com", "--dry-run")
	assert.Contains(t, dry.stdout, "/assign_user/")
	s.done("license", "update", license, "max_license_users=0")
	got := s.done("license", "users", "assign", license, "alan@example.com", "--manager")
	assert.Contains(t, got.stdout, "[redacted]")
	assert.Contains(t, got.stderr, `"license users set-password" sets another one`)
	r := decode[shownResult](t, s.done("license", "users", "assign", license, "edsger@example.com", "--show-secrets", "-o", "json"))
	require.Len(t, r.NewUsers, 1)
	require.Len(t, s.Licenses()[2].Users, 3)
	assert.Equal(t, s.Licenses()[2].Users[2].Password, r.NewUsers[0].InitialPassword)
	assert.Equal(t, 4, strings.Count(s.done("license", "users", "list", license, "-o", "csv").stdout, "\n"))
	s.done("license", "users", "unassign", license, "alan@example.com")
	assert.Len(t, s.Licenses()[2].Users, 2)

	const password = "correct horse"
	dry = s.env.run(t.Context(), password, "license", "users", "set-password", "edsger@example.com", "--dry-run")
	assert.Equal(t, exit.Done, dry.code, dry.stderr)
	set := s.env.run(t.Context(), password+"\r\nmore", "license", "users", "set-password", "edsger@example.com")
	assert.Equal(t, exit.Done, set.code, set.stderr)
	assert.NotContains(t, dry.stdout+dry.stderr+set.stdout+set.stderr, password)
	assert.Equal(t, password, s.Licenses()[2].Users[1].Password)
	set = s.env.run(t.Context(), password, "license", "users", "set-password", "edsger@example.com", "-o", "json")
	assert.JSONEq(t, `{"outcome": "changed"}`, set.stdout)
	s.Inject(licensespringtest.StallAfter().On(licensespringtest.SetUserPassword).Forever())
	set = s.env.run(t.Context(), password, "license", "users", "set-password", "edsger@example.com", "--timeout", "300ms")
	assert.Equal(t, exit.Unknown, set.code)
	assert.Contains(t, set.stderr, "The password of the user may or may not have been set")
	s.ClearFaults()
	long := strings.Repeat("x", maxPassword)
	set = s.env.run(t.Context(), long+"\r\nmore", "license", "users", "set-password", "edsger@example.com")
	assert.Equal(t, exit.Done, set.code, set.stderr)
	set = s.env.run(t.Context(), long+"y\n", "license", "users", "set-password", "edsger@example.com")
	assert.Equal(t, exit.Usage, set.code)
	assert.Equal(t, "the password is longer than 1024 bytes\n", set.stderr)
	assert.Equal(t, long, s.Licenses()[2].Users[1].Password)
}

// A dry run shows passwords only if they are requested.
func TestDryRunPasswords(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	order := writeFile(t, 0o600, `{"id": "o-3", "items": [{"product_code": "acmeweb", "licenses": [{"users": [{"email": "z@example.com", "initial_password": "hunter\"22"}]}]}]}`)
	for _, command := range [][]string{
		{"license", "ensure", s.id(2), `users=[{"email":"z@example.com","password":"hunter\"22"}]`, "--dry-run"},
		{"order", "create", "-f", order, "--dry-run"},
	} {
		for _, format := range []string{"table", "json", "csv"} {
			got := s.done(append(command, "-o", format)...)
			assert.NotContains(t, got.stdout+got.stderr, "hunter")
			assert.NotContains(t, got.stdout+got.stderr, "22\"")
			assert.Contains(t, got.stdout, "[redacted]")
			assert.Contains(t, s.done(append(command, "-o", format, "--show-secrets")...).stdout, "hunter")
		}
	}
}

func TestLicenseFeatures(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	assert.Equal(t, 3, strings.Count(s.done("license", "features", "list", s.id(0)).stdout, "\n"))
	s.done("license", "features", "set", s.id(0), "export")
	require.Len(t, s.Licenses()[0].Features, 1)
	got := s.done("license", "features", "set", s.id(0), "export", "exprot")
	assert.Contains(t, got.stderr, "[feature_dropped]")
	s.done("license", "features", "set", s.id(0), "--none")
	assert.Empty(t, s.Licenses()[0].Features)
	s.done("order", "create", "o-3", "--product", "acmeapi", "--feature", "calls")
	s.done("license", "features", "set", s.id(3), "calls=500")
	assert.EqualValues(t, 500, s.Licenses()[3].Features[0].Properties["max_consumption"])
}

// TestInterruptedChange interrupts a change of many licenses: those in flight are
// completed, and the others are not started.
func TestInterruptedChange(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	s.done("order", "create", "o-3", "--product", "acmecad", "--licenses", "60")
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	s.Inject(licensespringtest.Custom(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		interrupt()
		next.ServeHTTP(w, r)
	}).On(licensespringtest.DisableLicense))
	disable := []string{"license", "disable", "--order", "o-3", "--yes", "-o", "json"}
	got := s.env.run(ctx, "", disable...)
	require.Equal(t, exit.Interrupted, got.code, got.stderr)
	assert.Contains(t, got.stderr, "Interrupted: waiting up to 15s for responses.")
	assert.Contains(t, got.stderr, "not started.")
	results := decode[[]shownResult](t, got)
	disabled := 0
	for _, l := range s.Licenses() {
		if !l.Enabled {
			disabled++
		}
	}
	assert.Len(t, results, disabled, "each changed license has a result")
	assert.Positive(t, disabled)
	assert.Less(t, disabled, 60)
	assert.Contains(t, s.done(disable...).stderr, "unchanged.")
}

// TestInterruptedWrite interrupts a create whose response is late: the program waits for
// it.
func TestInterruptedWrite(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	s.Inject(licensespringtest.Custom(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		interrupt()
		next.ServeHTTP(w, r)
	}).On(licensespringtest.CreateOrder))
	got := s.env.run(ctx, "", "order", "create", "o-3", "--product", "acmecad", "-o", "json")
	assert.Equal(t, exit.Done, got.code, got.stderr)
	assert.Equal(t, "created", decode[shownResult](t, got).Outcome)
	assert.Contains(t, got.stderr, "Interrupted: waiting up to 15s for responses.")
}

func TestInterruptedRead(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	s.Inject(licensespringtest.Custom(func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		interrupt()
		<-r.Context().Done()
	}))
	got := s.env.run(ctx, "", "license", "list", "-o", "json")
	assert.Equal(t, exit.Interrupted, got.code, got.stderr)
	assert.Empty(t, got.stdout)
}

// A selection without a filter is all licenses only if that is what the user wants.
func TestNoFilterSelectsNothing(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	client, err := licensespring.New(s.APIKey(), licensespring.WithBaseURL(s.URL()))
	require.NoError(t, err)
	_, err = (&selection{filter: &licensespring.LicenseFilter{}}).ids(t.Context(), client, nil)
	assert.Equal(t, exit.Usage, exit.Code(err))
	ids, err := (&selection{filter: &licensespring.LicenseFilter{}, all: true}).ids(t.Context(), client, nil)
	require.NoError(t, err)
	assert.Len(t, ids, 3)
}

// TestFailedReadBeforeWrite checks that a failed read is not an error of the input.
func TestFailedReadBeforeWrite(t *testing.T) {
	t.Parallel()
	reads := []licensespringtest.Endpoint{licensespringtest.GetLicense, licensespringtest.ListOrders, licensespringtest.GetOrder}
	page := licensespringtest.Status(http.StatusOK, licensespringtest.Body("text/html", "maintenance"))
	appended := writeFile(t, 0o600, `{"id": "o-1", "append": true, "items": [{"product_code": "acmecad", "licenses": [{"key": "K-1"}]}]}`)
	for name, command := range map[string][]string{
		"disable": {"license", "disable", "ID"},
		"assign":  {"license", "users", "assign", "ID", "alan@example.com"},
		"append":  {"order", "ensure", "-f", appended},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSession(t)
			for i, arg := range command {
				if arg == "ID" {
					command[i] = s.id(2)
				}
			}
			s.Inject(licensespringtest.Status(http.StatusServiceUnavailable).On(reads...).Forever())
			s.run(exit.NotSent, append(command, "--timeout", "300ms")...)
			s.ClearFaults()
			s.Inject(page.On(reads...).Forever())
			s.run(exit.Failed, append(command, "--timeout", "300ms")...)
		})
	}
}

// A change waits for a rate limit beyond the timeout, and prints until when.
func TestRateLimitedChange(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	s.Inject(licensespringtest.Status(http.StatusTooManyRequests, licensespringtest.Header("Retry-After", "3")).On(licensespringtest.GetLicense))
	got := s.done("license", "disable", s.id(0), s.id(1), "--yes", "--timeout", "1s")
	assert.Equal(t, 1, strings.Count(got.stderr, "Rate limited: waiting until "), got.stderr)
	assert.Contains(t, got.stderr, "2 licenses: 2 changed.")
}
