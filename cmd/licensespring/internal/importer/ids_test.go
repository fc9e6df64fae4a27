package importer

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// repeatedIDs are inputs with an id that comes back. The results are "line outcome
// findings" by line, of an import of a file and of standard input.
var repeatedIDs = map[string]struct {
	format      format
	input       string
	file, stdin []string
	fileIDs     []string // stored by the import of the file
	stdinIDs    []string
}{
	"rows of one order around another order": {
		csvRows,
		"id,product_code\n1001,acmecad\n1002,acmecad\n1001,acmecad\n",
		[]string{"2 not sent id: repeated_id", "3 created", "4 not sent id: repeated_id"},
		[]string{"2 created", "3 created", "4 not sent id: repeated_id"},
		[]string{"1002"},
		[]string{"1001", "1002"},
	},
	"a part of the order is invalid": {
		csvRows,
		"id,product_code,note\n1001,acmecad,\n1002,acmecad,\n1001,acmecad\n",
		[]string{"2 not sent id: repeated_id", "3 created", "4 not sent : invalid_csv id: repeated_id"},
		[]string{"2 created", "3 created", "4 not sent : invalid_csv id: repeated_id"},
		[]string{"1002"},
		[]string{"1001", "1002"},
	},
	"an append may have the id of an order": {
		csvRows,
		"id,append,product_code,key\n1,,acmecad,\n2,,acmecad,\n1,true,acmecad,K-1\n2,,acmecad,\n1,TRUE,acmecad,K-2\n",
		[]string{"2 created", "3 not sent id: repeated_id", "4 appended", "5 not sent id: repeated_id", "6 appended"},
		[]string{"2 created", "3 created", "4 appended", "5 not sent id: repeated_id", "6 appended"},
		[]string{"1"},
		[]string{"1", "2"},
	},
	"an append before its order": {
		csvRows,
		"id,append,product_code,key\n1,true,acmecad,K-1\n2,,acmecad,\n1,,acmecad,K-2\n",
		[]string{"2 not sent id: repeated_id", "3 created", "4 not sent id: repeated_id"},
		[]string{"2 appended", "3 created", "4 not sent id: repeated_id"},
		[]string{"2"},
		[]string{"1", "2"},
	},
	"an append to an invalid order would create a different order": {
		jsonLines,
		`{"id":"a","items":3}` + "\n" + `{"id":"a","append":true,"items":[{"product_code":"acmecad","licenses":[{"key":"K"}]}]}` + "\n",
		[]string{"1 not sent items: wrong_type", "2 not sent id: repeated_id"},
		[]string{"1 not sent items: wrong_type", "2 not sent id: repeated_id"},
		nil,
		nil,
	},
	"orders with the same content": {
		jsonLines,
		`{"id":"a","items":[{"product_code":"acmecad","licenses":[{}]}]}` + "\n" +
			`{"items": [{"licenses": [{}], "product_code": "acmecad"}], "id": "a"}` + "\n",
		[]string{"1 created", "2 existing"},
		[]string{"1 created", "2 existing"},
		[]string{"a"},
		[]string{"a"},
	},
	"orders with different content": {
		jsonLines,
		`{"id":"a","items":[{"product_code":"acmecad","licenses":[{}]}]}` + "\n" +
			`{"id":"b","items":[{"product_code":"acmecad","licenses":[{}]}]}` + "\n" +
			`{"id":"a","items":[{"product_code":"acmecad","licenses":[{},{}]}]}` + "\n",
		[]string{"1 not sent id: repeated_id", "2 created", "3 not sent id: repeated_id"},
		[]string{"1 created", "2 created", "3 not sent id: repeated_id"},
		[]string{"b"},
		[]string{"a", "b"},
	},
	"ids that a spreadsheet truncated": {
		jsonLines,
		strings.Repeat(`{"id":"1.65983E+15","items":[{"product_code":"acmecad","licenses":[{}]}]}`+"\n", 2),
		[]string{"1 not sent id: repeated_id id: spreadsheet_value", "2 not sent id: repeated_id id: spreadsheet_value"},
		[]string{"1 created id: spreadsheet_value", "2 not sent id: repeated_id id: spreadsheet_value"},
		nil,
		[]string{"1.65983E+15"},
	},
}

func TestRepeatedIDs(t *testing.T) {
	t.Parallel()
	for name, row := range repeatedIDs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := writeFile(t, "orders."+string(row.format), row.input)
			check := func(srv *licensespringtest.Server, got runResult, want, ids []string) {
				t.Helper()
				var results, stored []string
				invalid := false
				lines := byLine(t, got.stdout)
				for line := range len(row.input) {
					if r, ok := lines[line]; ok {
						results = append(results, strings.Join(append([]string{fmt.Sprint(line), r.Outcome}, r.findings()...), " "))
						invalid = invalid || r.Error != nil
					}
				}
				assert.Equal(t, want, results)
				if invalid {
					assert.Equal(t, exit.Rejected, got.code)
				} else {
					assert.Equal(t, exit.Done, got.code)
				}
				for _, order := range srv.Orders() {
					stored = append(stored, order.StoreID)
				}
				assert.ElementsMatch(t, ids, stored)
			}
			srv := licensespringtest.NewServer(t)
			check(srv, runWith(t.Context(), srv, "", "-f", file), row.file, row.fileIDs)
			srv = licensespringtest.NewServer(t)
			check(srv, runWith(t.Context(), srv, row.input, "-f", "-", "--format", string(row.format)), row.stdin, row.stdinIDs)

			dry := runWith(t.Context(), nil, "", "-f", file, "--dry-run")
			for line, r := range byLine(t, dry.stdout) {
				if r.Error != nil {
					assert.Contains(t, row.file, strings.Join(append([]string{fmt.Sprint(line), r.Outcome}, r.findings()...), " "))
				}
			}
			assert.Equal(t, strings.Contains(strings.Join(row.file, ""), "not sent"), dry.code == exit.Rejected)
		})
	}
}

// TestRepeatedIDBeforeFrom checks that orders which --from skips are compared as well:
// an earlier run sent them.
func TestRepeatedIDBeforeFrom(t *testing.T) {
	t.Parallel()
	const input = "id,product_code\n1001,acmecad\n1002,acmecad\n1001,acmecad\n"
	for _, args := range [][]string{{"-f", writeFile(t, "orders.csv", input)}, {"-f", "-", "--format", "csv"}} {
		srv := licensespringtest.NewServer(t)
		got := runWith(t.Context(), srv, input, append(args, "--from", "3")...)
		assert.Equal(t, exit.Rejected, got.code, got.stderr)
		results := byLine(t, got.stdout)
		require.Len(t, results, 2)
		assert.Equal(t, []string{"id: repeated_id"}, results[4].findings())
		assert.Len(t, srv.Orders(), 1)
		assert.Contains(t, got.stderr, "line 2 has the same id")
	}
}

// TestConcatenatedFiles checks files with header rows and byte order marks that were
// appended to each other.
func TestConcatenatedFiles(t *testing.T) {
	t.Parallel()
	const bom = "\ufeff"
	one := bom + "sep=;\r\nid;product_code;note\r\na;acmecad;\r\n"
	two := bom + "sep=;\r\n id ;product_code;note\r\nb;acmecad;\r\n"
	var got []string
	for _, e := range readEntries(t, csvRows, one+two+bom+"c;acmecad;\r\n") {
		got = append(got, summarize(t, e))
	}
	assert.Equal(t, []string{
		`3 a: {"id":"a","items":[{"product_code":"acmecad","licenses":[{}]}]}`,
		`6 b: {"id":"b","items":[{"product_code":"acmecad","licenses":[{}]}]}`,
		`7 c: {"id":"c","items":[{"product_code":"acmecad","licenses":[{}]}]}`,
	}, got)

	// Another header changes the meaning of the following rows.
	other := "id,product_code,note\na,acmecad,\nb,acmecad,\n" + bom + "id,note,product_code\nc,,acmecad\n"
	const want = "line 4: a second header row, with other columns: import the files one by one"
	srv := licensespringtest.NewServer(t)
	result := runWith(t.Context(), srv, "", "-f", writeFile(t, "orders.csv", other))
	assert.Equal(t, exit.Usage, result.code)
	assert.Contains(t, result.stderr, want)
	assert.Empty(t, srv.Requests())
	result = runWith(t.Context(), srv, other, "-f", "-", "--format", "csv")
	assert.Equal(t, exit.Usage, result.code)
	assert.Contains(t, result.stderr, want)
	assert.Len(t, srv.Orders(), 1, "line 3 may have continued")

	lines := `{"id":"a"}` + "\n" + bom + `{"id":"b"}` + "\r" + bom + `{"id":"c"}`
	got = nil
	for _, e := range readEntries(t, jsonLines, lines) {
		got = append(got, summarize(t, e))
	}
	assert.Equal(t, []string{`1 a: {"id":"a"}`, `2 b: {"id":"b"}`, `3 c: {"id":"c"}`}, got)
}

// TestAppendToFailedOrder checks that an append is not sent if its order was not
// created in this run: the append would create an order without the first licenses.
func TestAppendToFailedOrder(t *testing.T) {
	t.Parallel()
	const input = `{"id":"a","items":[{"product_code":"%s","licenses":[{}]}]}` + "\n" +
		`{"id":"a","append":true,"items":[{"product_code":"acmecad","licenses":[{"key":"K"}]}]}` + "\n"
	valid, rejected := fmt.Sprintf(input, "acmecad"), fmt.Sprintf(input, "no-such")

	srv := licensespringtest.NewServer(t)
	got := runWith(t.Context(), srv, rejected, "-f", "-")
	assert.Equal(t, exit.Rejected, got.code, got.stderr)
	results := byLine(t, got.stdout)
	assert.Equal(t, "rejected", results[1].Outcome)
	assert.Equal(t, "not sent", results[2].Outcome)
	assert.Contains(t, got.stderr, "standard input:2: error: id: adds licenses to an order that was not created")
	assert.Empty(t, srv.Orders())

	// The service is unavailable, which is not known to affect the append as well.
	srv.Inject(licensespringtest.Status(http.StatusServiceUnavailable).On(licensespringtest.CreateOrder).Forever())
	srv.ResetRequests()
	got = runWith(t.Context(), srv, valid, "-f", "-", "--rate-limit", "none")
	assert.Contains(t, []int{exit.NotSent, exit.Unknown}, got.code, got.stderr)
	results = byLine(t, got.stdout)
	assert.Equal(t, "not sent", results[2].Outcome)
	assert.Equal(t, "not sent", results[2].Error.Kind)
	for _, r := range srv.Requests() {
		assert.NotContains(t, string(r.Body), "append")
	}
	srv.ClearFaults()

	got = runWith(t.Context(), srv, valid, "-f", "-")
	assert.Equal(t, exit.Done, got.code, got.stderr)
	assert.Contains(t, got.stderr, "1 created, 1 appended.")
}

// TestInterruptWhileScanning checks that the first reading of a file can be interrupted.
func TestInterruptWhileScanning(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := runWith(ctx, srv, "", "-f", writeFile(t, "orders.jsonl", smallOrders(3)))
	assert.Equal(t, exit.Interrupted, got.code)
	assert.Empty(t, got.stdout)
	assert.Empty(t, srv.Requests())
}

// TestAppendToSkippedOrder imports appends whose order is before the first line to
// import. They are not sent if the order does not exist.
func TestAppendToSkippedOrder(t *testing.T) {
	t.Parallel()
	input := `{"id":"o-0","items":[{"product_code":"acmecad","licenses":[{}]}]}
{"id":"o-0","append":true,"items":[{"product_code":"acmecad","licenses":[{"key":"K-1"}]}]}
{"id":"o-0","append":true,"items":[{"product_code":"acmecad","licenses":[{"key":"K-2"}]}]}
{"id":"o-9","append":true,"items":[{"product_code":"acmecad","licenses":[{"key":"K-9"}]}]}
`
	for name, args := range map[string][]string{"file": {"-f", writeFile(t, "orders.jsonl", input)}, "stdin": {"-f", "-"}} {
		for _, from := range []string{"2", "3"} {
			srv := licensespringtest.NewServer(t)
			args := append(args, "--from", from, "--rate-limit", "none")
			got := runWith(t.Context(), srv, input, args...)
			assert.Equal(t, exit.Rejected, got.code, got.stderr)
			assert.Contains(t, got.stderr, "adds licenses to the order of line 1, which --from skips and which does not exist", name)
			require.Len(t, srv.Orders(), 1, "the order that is not in the input is created")
			assert.Equal(t, "o-9", srv.Orders()[0].StoreID)

			srv.Inject(licensespringtest.Status(http.StatusServiceUnavailable).On(licensespringtest.ListOrders).Forever())
			got = runWith(t.Context(), srv, input, append(args, "--timeout", "50ms")...)
			assert.Equal(t, exit.NotSent, got.code, got.stderr)
			srv.ClearFaults()

			require.Equal(t, exit.Done, runWith(t.Context(), srv, smallOrders(1), "-f", "-").code)
			got = runWith(t.Context(), srv, input, args...)
			assert.Equal(t, exit.Done, got.code, got.stderr)
		}
	}
}
