package licensespring_test

import (
	"bytes"
	"context"
	"errors"
	"log"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// allowed returns the attributes of each message, as listed by the table in the
// package documentation.
func allowed(t *testing.T) map[string][]string {
	t.Helper()
	source, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	names := map[string][]string{}
	message, group := "", ""
	for line := range strings.Lines(string(source)) {
		line = strings.TrimRight(strings.TrimPrefix(line, "//\t"), "\n")
		switch {
		case strings.HasPrefix(line, "licensespring "): // first line of an entry
			message = strings.TrimSpace(line[:25])
			group = ""
		case message == "" || !strings.HasPrefix(line, "   "):
			message = ""
			continue
		}
		attributes := strings.TrimSpace(line[34:])
		if name, rest, ok := strings.Cut(attributes, ":"); ok {
			group, attributes = name+".", rest
		}
		for name := range strings.FieldsFuncSeq(attributes, func(r rune) bool { return r == ',' || r == ' ' }) {
			names[message] = append(names[message], group+name)
		}
	}
	require.Len(t, names, 3)
	return names
}

// The table lists exactly the attributes that exist.
func TestLoggingTable(t *testing.T) {
	t.Parallel()
	group := func(name string, v slog.LogValuer) []string {
		var names []string
		for _, attr := range v.LogValue().Group() {
			names = append(names, name+"."+attr.Key)
		}
		return names
	}
	table := allowed(t)
	assert.ElementsMatch(t, table["licensespring attempt"], group("attempt", licensespring.Attempt{}))
	client, _ := mocked(t)
	_, err := client.CreateOrder(t.Context(), nil)
	e, ok := errors.AsType[*licensespring.Error](err)
	require.True(t, ok)
	full := *e // with every attribute that can be set
	full.LicenseID = 7
	full.OrderID, full.StatusCode, full.Code, full.Message, full.RequestID = "inv-1", 400, "code", "message", "7"
	full.Fields = []licensespring.FieldError{{Path: "id", Messages: []string{"is invalid"}}}
	full.RateLimitSource, full.RetryAt = licensespring.RateLimitSourceService, time.Unix(1, 0)
	assert.ElementsMatch(t, table["licensespring call failed"], group("error", &full))
}

// Checks the log of every outcome at the lowest level.
func TestLogging(t *testing.T) {
	t.Parallel()
	type calls = func(context.Context, *licensespring.Client) error
	create := func(order *licensespring.Order) calls {
		return func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.CreateOrder(ctx, order)
			return err
		}
	}
	ensure := func(order *licensespring.Order) calls {
		return func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.EnsureOrder(ctx, order)
			return err
		}
	}
	conflicting := anOrder("inv-1")
	conflicting.Items[0].Licenses[0].Note = "a secret note"
	conflicting.Items[1].Licenses[0].Users[0].Email = "alan@example.com"
	echo := lst.Status(400, jsonBody(`{"message": "`+customerEmail+` has `+givenKey+` at https://saas.licensespring.com/", "code": "`+userEmail+`", "`+company+`": ["`+lst.DefaultAPIKey+`"]}`))
	tests := []struct {
		name   string
		before *licensespring.Order
		faults []lst.Fault
		call   calls
		level  slog.Level
		last   string // message
		want   map[string]string
	}{
		{"created", nil, nil, create(anOrder("inv-1")), slog.LevelDebug, "licensespring call done", map[string]string{"op": "create order", "order_id": "inv-1", "outcome": "created", "warnings": "0", "attempts": "1"}},
		{"appended", anAppend("inv-1", otherKey), nil, create(anAppend("inv-1", givenKey)), slog.LevelDebug, "licensespring call done", map[string]string{"outcome": "appended"}},
		{"recovered", nil, []lst.Fault{lst.DropAfter()}, create(anOrder("inv-1")), slog.LevelDebug, "licensespring call done", map[string]string{"outcome": "recovered", "attempts": "3"}},
		{"existing", anOrder("inv-1"), nil, ensure(anOrder("inv-1")), slog.LevelDebug, "licensespring call done", map[string]string{"op": "ensure order", "outcome": "existing"}},
		{"exists", anOrder("inv-1"), nil, create(anOrder("inv-1")), slog.LevelWarn, "licensespring call failed", map[string]string{"error.outcome": "rejected", "error.kind": "order exists", "error.code": "order_id_exists", "error.status": "409"}},
		{"conflict", anOrder("inv-1"), nil, ensure(conflicting), slog.LevelWarn, "licensespring call failed", map[string]string{"error.kind": "order conflict"}},
		{"invalid", nil, nil, create(licensespring.NewOrder("").WithCustomer(licensespring.Customer{Email: "lovelace"})), slog.LevelWarn, "licensespring call failed", map[string]string{"error.outcome": "not sent", "error.kind": "invalid request"}},
		{"rejected, request repeated", nil, []lst.Fault{echo}, create(anOrder("inv-1")), slog.LevelWarn, "licensespring call failed", map[string]string{"error.outcome": "rejected"}},
		{"not sent", nil, []lst.Fault{}, create(anOrder("inv-1")), slog.LevelWarn, "licensespring call failed", map[string]string{"error.outcome": "not sent", "error.kind": "service unavailable"}},
		{"limited", nil, []lst.Fault{lst.Status(429, lst.Header("Retry-After", "500"))}, create(anOrder("inv-1")), slog.LevelWarn, "licensespring call failed", map[string]string{"error.kind": "rate limited", "error.rate_limit_source": "service", "error.retry_at": ""}},
		{"unknown", nil, []lst.Fault{lst.DropAfter()}, create(appendWithoutKeys("inv-1")), slog.LevelError, "licensespring call failed", map[string]string{"error.outcome": "unknown", "error.kind": "outcome unknown"}},
		{"found", anOrder("inv-1"), nil, func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GetOrderByStoreID(ctx, "inv-1")
			return err
		}, slog.LevelDebug, "licensespring call done", map[string]string{"op": "get order by store id", "order_id": "inv-1", "attempts": "1"}},
		{"not found", nil, nil, func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GetOrder(ctx, 1)
			return err
		}, slog.LevelWarn, "licensespring call failed", map[string]string{"error.op": "get order", "error.kind": "not found"}},
		{"listed", anOrder("inv-1"), nil, func(ctx context.Context, c *licensespring.Client) error {
			return drain(c.ListOrders(ctx, licensespring.OrderFilter{CustomerEmail: customerEmail}))
		}, slog.LevelDebug, "licensespring call done", map[string]string{"op": "list orders", "attempts": "1"}},
		{"keys", nil, nil, func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GenerateLicenseKeys(ctx, "acmecad", 3)
			return err
		}, slog.LevelDebug, "licensespring call done", map[string]string{"op": "generate license keys"}},
		{"assigned", nil, nil, func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.AssignKeys(ctx, appendWithoutKeys("inv-1"))
			return err
		}, slog.LevelDebug, "licensespring call done", map[string]string{"op": "assign license keys", "order_id": "inv-1", "attempts": "1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				handler := &recorder{level: slog.LevelDebug}
				var text bytes.Buffer
				client, s, network := inMemory(t, nil, licensespring.WithLogger(slog.New(tee{handler, slog.NewJSONHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug})})))
				if tt.before != nil {
					createFirst(tt.before)(t, client, s)
				}
				if tt.name == "not sent" {
					network.OnDial(func(l *lst.Line) { l.Refuse() })
				}
				handler.records = nil
				text.Reset()
				s.Inject(tt.faults...)
				err := tt.call(t.Context(), client)

				entries := handler.entries()
				require.NotEmpty(t, entries)
				for i, e := range entries {
					assert.Subset(t, allowed(t)[e.Message], slices.Collect(maps.Keys(e.Attrs)))
					if i < len(entries)-1 {
						assert.Equal(t, slog.LevelDebug, e.Level)
						assert.Equal(t, "licensespring attempt", e.Message)
					}
				}
				last := entries[len(entries)-1]
				assert.Equal(t, tt.level, last.Level)
				assert.Equal(t, tt.last, last.Message)
				assert.Equal(t, err != nil, last.Message == "licensespring call failed")
				for name, want := range tt.want {
					if assert.Contains(t, last.Attrs, name) && want != "" {
						assert.Equal(t, want, last.Attrs[name], name)
					}
				}
				for _, secret := range append(secretsOfOrders(), "a secret note", "alan@example", "://", "/api/v1/", "Api-Key", "store_id=") {
					assert.NotContains(t, strings.ToLower(text.String()), strings.ToLower(secret))
				}
				for _, order := range s.Orders() {
					for _, l := range order.Licenses() {
						for _, u := range l.Users {
							assert.NotContains(t, text.String(), u.InitialPassword)
						}
						if l.Key != "" {
							assert.NotContains(t, text.String(), l.Key)
						}
					}
				}
			})
		})
	}
}

// tee passes each record to two handlers.
type tee [2]slog.Handler

func (h tee) Enabled(ctx context.Context, level slog.Level) bool { return h[0].Enabled(ctx, level) }
func (h tee) WithAttrs([]slog.Attr) slog.Handler                 { return h }
func (h tee) WithGroup(string) slog.Handler                      { return h }

func (h tee) Handle(ctx context.Context, record slog.Record) error {
	if err := h[0].Handle(ctx, record); err != nil {
		return err
	}
	return h[1].Handle(ctx, record)
}

// Levels that are not enabled cost nothing.
func TestLoggingLevels(t *testing.T) {
	t.Parallel()
	for level, want := range map[slog.Level]int{slog.LevelDebug: 5, slog.LevelInfo: 1, slog.LevelWarn: 1, slog.LevelError: 0} {
		synctest.Test(t, func(t *testing.T) {
			handler := &recorder{level: level}
			client, s, _ := inMemory(t, nil, licensespring.WithLogger(slog.New(handler)))
			_, err := client.CreateOrder(t.Context(), anOrder("inv-1")) // one attempt and the end of the call
			require.NoError(t, err)
			s.Inject(lst.Status(503).Times(1), lst.Status(400))
			_, err = client.CreateOrder(t.Context(), anOrder("inv-2")) // two attempts, followed by lookups
			require.Error(t, err)
			n := 0
			for _, e := range handler.entries() {
				if e.Attrs["attempt.op"] != "look up order" {
					n++
				}
			}
			if level == slog.LevelError {
				want = 1 // the outcome stays unknown
			}
			assert.Equal(t, want, n)
		})
	}
}

// Without a logger nothing is logged, neither by the default logger of slog nor
// by that of log. They belong to the process, so the test runs in a process of
// its own.
func TestNoLogger(t *testing.T) {
	t.Parallel()
	const child = "LICENSESPRING_TEST_SILENCE"
	if os.Getenv(child) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNoLogger$", "-test.count=1") //nolint:gosec // the test itself
		cmd.Env = append(os.Environ(), child+"=1")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		assert.NotContains(t, string(out), "licensespring")
		assert.NotContains(t, string(out), "DEBUG")
		return
	}
	log.SetFlags(0)
	slog.SetLogLoggerLevel(slog.LevelDebug)
	client, s := onLoopback(t, nil)
	s.Inject(lst.DropAfter(), lst.Status(http.StatusBadRequest).Nth(4))
	_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
	require.NoError(t, err)
	_, err = client.CreateOrder(t.Context(), anOrder("inv-2"))
	require.Error(t, err)
}

// The handler receives the caller's context.
func TestLoggingKeepsTheContext(t *testing.T) {
	t.Parallel()
	type key struct{}
	handler := &contextRecorder{}
	client, _ := onLoopback(t, nil, licensespring.WithLogger(slog.New(handler)))
	handler.see = func(ctx context.Context) { assert.Equal(t, "trace-7", ctx.Value(key{})) }
	_, err := client.CreateOrder(context.WithValue(t.Context(), key{}, "trace-7"), anOrder("inv-1"))
	require.NoError(t, err)
	assert.Equal(t, 2, handler.n)
}

type contextRecorder struct {
	see func(context.Context)
	n   int
}

func (r *contextRecorder) Enabled(context.Context, slog.Level) bool { return true }
func (r *contextRecorder) WithAttrs([]slog.Attr) slog.Handler       { return r }
func (r *contextRecorder) WithGroup(string) slog.Handler            { return r }

func (r *contextRecorder) Handle(ctx context.Context, _ slog.Record) error {
	r.n++
	r.see(ctx)
	return nil
}

// The log entry of an attempt contains its duration.
func TestLoggingOfAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler := &recorder{level: slog.LevelDebug}
		client, s, _ := inMemory(t, nil, licensespring.WithLogger(slog.New(handler)))
		s.Inject(lst.Combine(lst.DelayAfter(3*time.Second), lst.Status(502)))
		_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		require.NoError(t, err)
		assert.Equal(t, map[string]string{
			"attempt.op": "create order", "attempt.number": "1", "attempt.phase": "responded", "attempt.status": "502", "attempt.reason": "server error",
			"attempt.decision": "retry", "attempt.took": "3s", "attempt.wait": "250ms",
		}, handler.entries()[0].Attrs)
	})
}
