package licensespring_test

import (
	"context"
	"errors"
	"go/parser"
	"go/token"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// Each row of the outcome table in doc.go ends as it says, and each is tested.
func TestDocOutcomes(t *testing.T) {
	t.Parallel()
	const (
		create = licensespringtest.CreateOrder
		list   = licensespringtest.ListOrders
	)
	plain := func() *licensespring.Order {
		return licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense())
	}
	appending := func() *licensespring.Order { return plain().Appending() }
	withKey := func() *licensespring.Order {
		return licensespring.NewOrder("inv-1").Appending().AddItem("acmecad", licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN"))
	}
	existing := func(t *testing.T, c *licensespring.Client) {
		t.Helper()
		_, err := c.CreateOrder(t.Context(), plain())
		require.NoError(t, err)
	}
	another := func(t *testing.T, c *licensespring.Client) {
		t.Helper()
		_, err := c.CreateOrder(t.Context(), licensespring.NewOrder("inv-1").AddItem("acmeweb", licensespring.NewUserLicense(userEmail)))
		require.NoError(t, err)
	}
	rows := []struct {
		event   string // the first cell
		name    string // for rows with several endings
		order   func() *licensespring.Order
		before  func(*testing.T, *licensespring.Client)
		faults  []licensespringtest.Fault
		ensure  bool
		offline bool
		cancel  bool // once the service has the order
		outcome licensespring.Outcome
		kinds   []error
	}{
		{event: "response shows the order", outcome: licensespring.OutcomeCreated},
		{event: "response shows the order", name: "append", order: appending, before: existing, outcome: licensespring.OutcomeAppended},
		{
			event:   "order is invalid",
			order:   func() *licensespring.Order { return licensespring.NewOrder("") },
			outcome: licensespring.OutcomeNotSent,
			kinds:   []error{licensespring.ErrInvalidRequest, licensespring.ErrNotSent},
		},
		{
			event: "connection refused, DNS, TLS or dial timeout", offline: true,
			outcome: licensespring.OutcomeNotSent, kinds: []error{licensespring.ErrNotSent},
		},
		{event: "429, or rate limiter", faults: faults(licensespringtest.Status(429).On(create)), outcome: licensespring.OutcomeCreated},
		{
			event: "429, or rate limiter", name: "for long", faults: faults(licensespringtest.Status(429).On(create).Forever()),
			outcome: licensespring.OutcomeRejected, kinds: []error{licensespring.ErrRateLimited},
		},
		{event: "421 or 425", faults: faults(licensespringtest.Status(425).On(create)), outcome: licensespring.OutcomeCreated},
		{
			event: "421 or 425", name: "every time", faults: faults(licensespringtest.Status(421).On(create).Forever()),
			outcome: licensespring.OutcomeRejected, kinds: []error{licensespring.ErrUnavailable},
		},
		{
			event: "other 4xx", faults: faults(licensespringtest.Status(403).On(create)),
			outcome: licensespring.OutcomeRejected, kinds: []error{licensespring.ErrUnauthorized},
		},
		{
			event: "redirect", faults: faults(licensespringtest.Redirect(302, "/").On(create)),
			outcome: licensespring.OutcomeRejected, kinds: []error{licensespring.ErrRedirected},
		},
		{
			event: "id taken, CreateOrder", before: existing,
			outcome: licensespring.OutcomeRejected, kinds: []error{licensespring.ErrOrderExists},
		},
		{event: "id taken, EnsureOrder", before: existing, ensure: true, outcome: licensespring.OutcomeExisting},
		{
			event: "id taken, EnsureOrder", name: "another", before: another, ensure: true,
			outcome: licensespring.OutcomeRejected, kinds: []error{licensespring.ErrOrderConflict},
		},
		{
			event: "response lost: connection closed, timeout, 5xx, 408, 460 or 499", faults: faults(licensespringtest.DropBefore().On(create)),
			outcome: licensespring.OutcomeCreated,
		},
		{
			event: "lost in all attempts, or id taken on retry", faults: faults(licensespringtest.DropAfter().On(create)),
			outcome: licensespring.OutcomeRecovered,
		},
		{
			event: "lost in all attempts, or id taken on retry", name: "every time",
			faults:  faults(licensespringtest.DropAfter().On(create), licensespringtest.DropBefore().On(create).Forever()),
			outcome: licensespring.OutcomeRecovered,
		},
		{
			event: "lost in all attempts, or id taken on retry", name: "another", before: another,
			faults:  faults(licensespringtest.DropBefore().On(create)),
			outcome: licensespring.OutcomeRejected, kinds: []error{licensespring.ErrOrderExists},
		},
		{
			event: "lost in all attempts, or id taken on retry", name: "another, ensured", before: another, ensure: true,
			faults:  faults(licensespringtest.DropBefore().On(create)),
			outcome: licensespring.OutcomeRejected, kinds: []error{licensespring.ErrOrderConflict},
		},
		{
			event:   "lost, and order not visible",
			faults:  faults(licensespringtest.Combine(licensespringtest.DropAfter(), licensespringtest.InvisibleFor(time.Hour)).On(create)),
			outcome: licensespring.OutcomeUnknown, kinds: []error{licensespring.ErrOutcomeUnknown},
		},
		{
			event:   "unreadable 2xx",
			faults:  faults(licensespringtest.CutResponse(150).On(create)),
			outcome: licensespring.OutcomeRecovered,
		},
		{
			event: "unreadable 2xx", name: "and no lookup",
			faults:  faults(licensespringtest.CutResponse(150).On(create), licensespringtest.DropBefore().On(list).Forever()),
			outcome: licensespring.OutcomeUnknown, kinds: []error{licensespring.ErrOutcomeUnknown},
		},
		{
			event: "append with keys, response lost",
			order: withKey, before: existing, faults: faults(licensespringtest.DropAfter().On(create)),
			outcome: licensespring.OutcomeRecovered,
		},
		{
			event: "append with keys, response lost", name: "not applied",
			order: withKey, before: existing, faults: faults(licensespringtest.DropBefore().On(create)),
			outcome: licensespring.OutcomeAppended,
		},
		{
			event: "append without keys, response lost",
			order: appending, before: existing, faults: faults(licensespringtest.DropBefore().On(create)),
			outcome: licensespring.OutcomeUnknown, kinds: []error{licensespring.ErrOutcomeUnknown},
		},
		{
			event:  "context done after sending",
			faults: faults(licensespringtest.StallAfter().On(create)), cancel: true,
			outcome: licensespring.OutcomeUnknown, kinds: []error{licensespring.ErrOutcomeUnknown, context.Canceled},
		},
	}
	table := docTable(t, "Outcomes")
	tested := map[string]bool{"certificate not accepted": true, "context done before sending": true}
	for _, row := range rows {
		tested[row.event] = true
		assert.Contains(t, table, row.event)
	}
	for event := range table {
		assert.True(t, tested[event], "row %q has no test", event)
	}
	for _, row := range rows {
		t.Run(strings.TrimSpace(row.event+" "+row.name), func(t *testing.T) {
			t.Parallel()
			srv := licensespringtest.NewServer(t, licensespringtest.WithStrictFaults())
			client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()),
				licensespring.WithRetryWaits(time.Millisecond, time.Millisecond))
			require.NoError(t, err)
			if row.before != nil {
				row.before(t, client)
			}
			srv.Inject(row.faults...)
			if row.offline {
				require.NoError(t, srv.Offline())
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if row.cancel {
				time.AfterFunc(0, func() {
					for len(srv.Orders()) == 0 && ctx.Err() == nil {
						runtime.Gosched()
					}
					cancel()
				})
			}
			if row.order == nil {
				row.order = plain
			}
			call := client.CreateOrder
			if row.ensure {
				call = client.EnsureOrder
			}
			res, err := call(ctx, row.order())
			assert.Equal(t, row.outcome, outcomeOf(res, err), "%v", err)
			result := table[row.event][2] // the third column names the outcome or the error
			assert.True(t, strings.Contains(result, outcomeName(row.outcome)) || (err == nil && strings.Contains(result, "done")) ||
				slices.ContainsFunc(row.kinds, func(kind error) bool { return strings.Contains(result, kindName(kind)) }), result)
			for _, kind := range row.kinds {
				assert.ErrorIs(t, err, kind)
			}
		})
	}

	t.Run("certificate not accepted", func(t *testing.T) {
		t.Parallel()
		srv := httptest.NewUnstartedServer(http.NotFoundHandler())
		srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
		srv.StartTLS()
		defer srv.Close()
		client, err := licensespring.New("key", licensespring.WithBaseURL(srv.URL))
		require.NoError(t, err)
		_, err = client.CreateOrder(t.Context(), plain())
		require.ErrorIs(t, err, licensespring.ErrNotSent)
		assert.Len(t, attemptsOf(err), 1)
	})
	t.Run("context done before sending", func(t *testing.T) {
		t.Parallel()
		client, err := licensespring.New("key")
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = client.CreateOrder(ctx, plain())
		require.ErrorIs(t, err, licensespring.ErrNotSent)
		assert.ErrorIs(t, err, context.Canceled)
	})
}

// Each cell of the retry table in doc.go is what the client does.
func TestDocRetries(t *testing.T) {
	t.Parallel()
	rows := []struct {
		event   string
		faults  []licensespringtest.Fault
		offline bool
	}{
		{event: "not sent: connection refused, DNS, TLS or dial timeout", offline: true},
		{event: "429", faults: faults(licensespringtest.Status(429))},
		{event: "421 or 425", faults: faults(licensespringtest.Status(421))},
		{
			event:  "ambiguous: connection closed, attempt timeout, 5xx, 408, 460 or 499",
			faults: faults(licensespringtest.Status(502)),
		},
		{event: "501, 505 or 303", faults: faults(licensespringtest.Status(501))},
		{event: "unreadable 2xx: truncated, too large or not JSON", faults: faults(licensespringtest.CutResponse(150))},
		{event: "other 4xx or 3xx, certificate not accepted", faults: faults(licensespringtest.Status(400))},
	}
	order := licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense())
	calls := []func(context.Context, *licensespring.Client) ([]licensespring.Attempt, error){
		func(ctx context.Context, c *licensespring.Client) ([]licensespring.Attempt, error) {
			res, err := c.CreateOrder(ctx, order)
			return attempts(res), err
		},
		func(ctx context.Context, c *licensespring.Client) ([]licensespring.Attempt, error) {
			res, err := c.CreateOrder(ctx, order.Clone().Appending())
			return attempts(res), err
		},
		func(ctx context.Context, c *licensespring.Client) ([]licensespring.Attempt, error) {
			_, err := c.GenerateLicenseKeys(ctx, "acmecad", 1)
			return nil, err
		},
	}
	table := docTable(t, "Retries")
	assert.Len(t, table, len(rows), "each row of the table has a test")
	for _, row := range rows {
		t.Run(row.event, func(t *testing.T) {
			t.Parallel()
			cells, ok := table[row.event]
			require.True(t, ok, "doc.go has no such row")
			for i, call := range calls {
				srv := licensespringtest.NewServer(t)
				client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()),
					licensespring.WithRetryWaits(time.Millisecond, time.Millisecond))
				require.NoError(t, err)
				srv.Inject(row.faults...)
				if row.offline {
					require.NoError(t, srv.Offline())
				}
				got, err := call(t.Context(), client)
				retried := err == nil && got == nil // a read that succeeded
				for _, a := range append(got, attemptsOf(err)...) {
					retried = retried || a.Number > 1 && a.Op != licensespring.OpLookUpOrder
				}
				assert.Equal(t, strings.HasPrefix(cells[i+1], "retry"), retried, "column %d", i+1)
			}
		})
	}
}

func attempts(res *licensespring.OrderResult) []licensespring.Attempt {
	if res == nil {
		return nil
	}
	return res.Attempts
}

func faults(list ...licensespringtest.Fault) []licensespringtest.Fault { return list }

func outcomeOf(res *licensespring.OrderResult, err error) licensespring.Outcome {
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		return e.Outcome
	}
	return res.Outcome
}

func attemptsOf(err error) []licensespring.Attempt {
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		return e.Attempts
	}
	return nil
}

// outcomeName returns the name of the constant of an outcome.
func outcomeName(o licensespring.Outcome) string {
	words := strings.Split(string(o), " ")
	for i, word := range words {
		words[i] = strings.ToUpper(word[:1]) + word[1:]
	}
	return "Outcome" + strings.Join(words, "")
}

// kindName returns the name of the constant of an error kind.
func kindName(kind error) string {
	for name, k := range map[string]error{
		"ErrInvalidRequest": licensespring.ErrInvalidRequest, "ErrNotSent": licensespring.ErrNotSent,
		"ErrRateLimited": licensespring.ErrRateLimited, "ErrUnauthorized": licensespring.ErrUnauthorized,
		"ErrRedirected": licensespring.ErrRedirected, "ErrOrderExists": licensespring.ErrOrderExists,
		"ErrOrderConflict": licensespring.ErrOrderConflict, "ErrOutcomeUnknown": licensespring.ErrOutcomeUnknown,
		"ErrUnavailable": licensespring.ErrUnavailable,
	} {
		if k == kind { //nolint:errorlint // kinds are comparable
			return name
		}
	}
	return "the context's error"
}

// docTable returns the table of a section of the package documentation: the cells
// of each row, by the first one. A line of dashes gives the columns. A row begins
// at a line without a leading space.
func docTable(t *testing.T, heading string) map[string][]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	require.NoError(t, err)
	_, section, ok := strings.Cut(file.Doc.Text(), "\n# "+heading+"\n")
	require.True(t, ok)
	section, _, _ = strings.Cut(section, "\n# ")
	var (
		columns []int
		rows    [][]string
	)
	for line := range strings.SplitSeq(section, "\n") {
		line, isTable := strings.CutPrefix(line, "\t")
		switch {
		case !isTable:
			continue
		case strings.Trim(line, "- ") == "":
			for i := range line {
				if i == 0 || line[i-1] == ' ' && line[i] == '-' {
					columns = append(columns, i)
				}
			}
			continue
		case columns == nil:
			continue // the header
		case line[0] != ' ':
			rows = append(rows, make([]string, len(columns)))
		}
		cells := []rune(line)
		for i, from := range columns {
			to := len(cells)
			if i+1 < len(columns) {
				to = min(to, columns[i+1])
			}
			if from < to {
				row := rows[len(rows)-1]
				row[i] = strings.TrimSpace(row[i] + " " + strings.TrimSpace(string(cells[from:to])))
			}
		}
	}
	table := make(map[string][]string, len(rows))
	for _, row := range rows {
		table[row[0]] = row
	}
	require.NotEmpty(t, table)
	return table
}
