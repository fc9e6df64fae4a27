package cli

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// shownResult is the result of a write as another program decodes it.
type shownResult struct {
	ID        string           `json:"id"`
	LicenseID int64            `json:"license_id"`
	Outcome   string           `json:"outcome"`
	Order     *json.RawMessage `json:"order"`
	License   *struct {
		Enabled        bool   `json:"enabled"`
		MaxActivations int    `json:"max_activations"`
		ValidityPeriod string `json:"validity_period"`
		Note           string `json:"note"`
	} `json:"license"`
	NewUsers []shownUser `json:"new_users"`
	Error    *struct {
		Kind        string `json:"kind"`
		Message     string `json:"message"`
		Status      int    `json:"status"`
		Differences []struct {
			Path string `json:"path"`
		} `json:"differences"`
		Findings []struct {
			Rule string `json:"rule"`
		} `json:"findings"`
	} `json:"error"`
}

type shownUser struct {
	Email           string `json:"email"`
	InitialPassword string `json:"initial_password"`
}

func TestOrderCreate(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	order, ok := s.Order("o-1")
	require.True(t, ok)
	assert.Equal(t, "ada@example.com", order.Customer.Properties["email"])
	require.Len(t, order.Licenses(), 2)
	assert.Equal(t, "time-limited", order.Licenses()[0].Type)
	assert.Equal(t, "1y", order.Licenses()[0].Properties["valid_duration"])

	got := s.run(exit.Conflict, "order", "create", "o-1", "--product", "acmecad")
	assert.Empty(t, got.stdout)
	assert.Contains(t, got.stderr, `"order ensure" succeeds`)
	r := decode[shownResult](t, s.run(exit.Conflict, "order", "create", "o-1", "--product", "acmecad", "-o", "json"))
	assert.Equal(t, "rejected", r.Outcome)
	assert.Equal(t, "order exists", r.Error.Kind)
	assert.Equal(t, http.StatusConflict, r.Error.Status)

	r = decode[shownResult](t, s.run(exit.Conflict, "order", "ensure", "o-1", "--product", "acmecad", "-o", "json"))
	assert.Equal(t, "order conflict", r.Error.Kind)
	assert.NotEmpty(t, r.Error.Differences)

	got = s.run(exit.Rejected, "order", "create", "o-3", "--product", "acmecad", "license_type=perpetual", "valid_duration=1y")
	assert.Contains(t, got.stderr, "error: items[0].licenses[0].valid_duration: ")
	assert.Contains(t, got.stderr, "[duration_on_perpetual]")
	s.run(exit.Rejected, "order", "create", "o-3", "--product", "gone")
	require.Len(t, s.Orders(), 2)
}

func TestOrderFromFile(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	document := `{"id": "o-3", "items": [{"product_code": "acmecad", "licenses": [{"max_activations": 0}]}]}`
	file := writeFile(t, 0o600, "\xef\xbb\xbf"+document)
	s.done("order", "ensure", "-f", file)
	r := decode[shownResult](t, s.done("order", "ensure", "-f", file, "-o", "json"))
	assert.Equal(t, "existing", r.Outcome)
	got := s.env.run(t.Context(), document, "order", "ensure", "-f", "-", "-o", "jsonl")
	assert.Equal(t, exit.Done, got.code)
	assert.Equal(t, 1, strings.Count(got.stdout, "\n"))

	got = s.run(exit.Usage, "order", "create", "-f", writeFile(t, 0o600, "{\n\n,"))
	assert.Contains(t, got.stderr, ":3: invalid character")
	got = s.run(exit.Rejected, "order", "create", "-f", writeFile(t, 0o600, `{"id": 3, "items": 4}`))
	assert.Contains(t, got.stderr, "error: id: ")
	assert.Contains(t, got.stderr, "error: items: ")
}

func TestOrderDryRun(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	requests := len(s.Requests())
	for _, args := range [][]string{{"order", "create", "--dry-run"}, {"order", "ensure", "--dry-run"}, {"order", "preview"}} {
		got := s.done(append(args, "o-3", "--product", "acmecad", "license_type=time-limited", "valid_duration=1y")...)
		assert.Contains(t, got.stdout, "POST "+s.URL()+"/api/v1/orders/create_order/\n")
		assert.Contains(t, got.stdout, "Authorization: Api-Key [redacted]\n")
		assert.Contains(t, got.stdout, `"id": "o-3"`)
		s.run(exit.Rejected, append(args, "o-3", "--product", "acmecad", "license_type=time-limited")...)
	}
	assert.Len(t, s.Requests(), requests, "nothing is sent")
	got := environment{}.run(t.Context(), "", "order", "preview", "o-3", "--product", "acmecad")
	assert.Equal(t, exit.Done, got.code, "a preview needs no key")
}

func TestOrderGetAndList(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	got := s.done("order", "get", "o-2")
	assert.Contains(t, got.stdout, "grace@example.com")
	assert.Contains(t, got.stdout, "[redacted]")
	assert.Contains(t, got.stderr, "initial passwords are redacted")
	order, _ := s.Order("o-2")
	got = s.done("order", "get", "o-2", "--show-secrets", "-o", "json")
	assert.Contains(t, got.stdout, order.Licenses()[0].Users[0].Password)
	s.run(exit.Rejected, "order", "get", "none")

	assert.Equal(t, 3, strings.Count(s.done("order", "list").stdout, "\n"))
	list := decode[[]struct {
		StoreID string `json:"store_id"`
	}](t, s.done("order", "list", "-o", "json", "--prefix", "o-1"))
	require.Len(t, list, 1)
	assert.Equal(t, "o-1", list[0].StoreID)
	got = s.done("order", "list", "--limit", "1", "-o", "csv")
	assert.Equal(t, 2, strings.Count(got.stdout, "\n"))
	assert.Contains(t, got.stderr, "there are more records than --limit 1")
	assert.Equal(t, "None.\n", s.done("order", "list", "--prefix", "none").stdout)
	assert.Equal(t, "[]\n", s.done("order", "list", "--prefix", "none", "-o", "json").stdout)
	assert.Empty(t, s.done("order", "list", "--prefix", "none", "-o", "jsonl").stdout)
	assert.Equal(t, 1, strings.Count(s.done("order", "list", "--prefix", "none", "-o", "csv").stdout, "\n"))
}

func TestOrderDiff(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	same := []string{"o-1", "--product", "acmecad", "--licenses", "2", "--customer", "email=ada@example.com", "license_type=time-limited", "valid_duration=1y"}
	assert.Equal(t, "None.\n", s.done(append([]string{"order", "diff"}, same...)...).stdout)
	got := s.run(exit.Conflict, append([]string{"order", "diff", "-o", "jsonl"}, append(same, "max_activations=7")...)...)
	assert.JSONEq(t, `{"path":"items[0].licenses[0].max_activations","want":"7","got":"1","rule":"value_mismatch"}`,
		strings.Split(got.stdout, "\n")[0])
	s.run(exit.Rejected, "order", "diff", "none", "--product", "acmecad")
}

// Each outcome of a create has its exit code.
func TestOrderOutcomes(t *testing.T) {
	t.Parallel()
	create := []string{"order", "create", "o-3", "--product", "acmecad", "--timeout", "300ms", "-o", "json"}
	for name, row := range map[string]struct {
		faults  []licensespringtest.Fault
		offline bool
		code    int
		outcome string
	}{
		"created":   {nil, false, exit.Done, "created"},
		"recovered": {[]licensespringtest.Fault{licensespringtest.CutResponse(300).On(licensespringtest.CreateOrder)}, false, exit.Done, "recovered"},
		"rejected": {
			[]licensespringtest.Fault{licensespringtest.Status(http.StatusBadRequest).On(licensespringtest.CreateOrder)},
			false, exit.Rejected, "rejected",
		},
		"rate limited": {
			[]licensespringtest.Fault{licensespringtest.Status(http.StatusTooManyRequests, licensespringtest.Header("Retry-After", "60")).Forever()},
			false, exit.NotSent, "rejected",
		},
		"not sent": {nil, true, exit.NotSent, "not sent"},
		"unknown":  {[]licensespringtest.Fault{licensespringtest.StallAfter().Forever()}, false, exit.Unknown, "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSession(t)
			s.Inject(row.faults...)
			if row.offline {
				require.NoError(t, s.Offline())
			}
			got := s.run(row.code, create...)
			assert.Equal(t, row.outcome, decode[shownResult](t, got).Outcome)
			if row.code == exit.Unknown {
				assert.Contains(t, got.stderr, `run "order ensure" with the same order`)
				s.ClearFaults()
				r := decode[shownResult](t, s.done("order", "ensure", "o-3", "--product", "acmecad", "-o", "json"))
				assert.Equal(t, "existing", r.Outcome)
			}
		})
	}
}

func TestVerbose(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	assert.Contains(t, s.done("order", "get", "o-1", "-v").stderr, "get order by store id #1: responded 200, ok")
	for _, target := range []string{"--fake", "--rate-limit=none"} {
		got := s.run(exit.Rejected, "order", "import", "-f", "../importer/orders.jsonl", target, "-v")
		assert.Contains(t, got.stderr, "create order #1: responded 200, ok")
	}
}

func TestCustomerAndKeys(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	for _, args := range [][]string{{"ada@example.com"}, {"--reference", "crm-1"}} {
		got := s.done(append([]string{"customer", "get", "-o", "jsonl"}, args...)...)
		assert.Contains(t, got.stdout, `"email":"ada@example.com"`)
		customers := decode[struct {
			ID json.Number `json:"id"`
		}](t, got)
		assert.Contains(t, s.done("customer", "get", customers.ID.String()).stdout, "ada@example.com")
	}
	s.run(exit.Rejected, "customer", "get", "none@example.com")
	assert.Equal(t, 3, strings.Count(s.done("keys", "generate", "acmecad", "--count", "3", "-o", "jsonl").stdout, "license_key"))
	s.run(exit.Rejected, "keys", "generate", "gone")
	s.run(exit.Rejected, "keys", "generate", "acmecad", "--count", "1001")
}
