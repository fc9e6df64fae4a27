package importer

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// spreadsheetIDs are ids, and whether spreadsheets may turn different ids into this
// one.
var spreadsheetIDs = map[string]bool{
	"1.65983E+15": true, "1,65983E+15": true, "1.6e+09": true, "2E15": true, "-1.5E-3": true,
	"#REF!": true, "#N/A": true, "#VALUE!": true, "#NAME?": true, "#DIV/0!": true, "#NUM!": true, "#NULL!": true, "#BEZUG!": true,
	"#NV": true, "########": true, "#GETTING_DATA": true,
	"NULL": true, "null": true, "None": true, "NaN": true, "N/A": true, "undefined": true, "(null)": true, `\N`: true,
	`="00123"`: false, "=A1": false, "'00123": false,
	"1,234": false, "1.234.567": false, "1'234": false, "1001.0": false, "1001,00": false,
	"2031-03-01": false, "2031-03-01 00:00:00": true, "3/1/2031": true, "01.03.31": true, "1-2-3": true,
	"1-Mar": true, "Mar-31": true, "01-Mar-31": true,
}

// plainIDs are ids without a warning.
var plainIDs = [...]string{
	"inv-2031-0001", "1001", "00123", "a", "o-1", "#1001", "#A", "12E5", "7e3", "E15", "2031-0001", "1.2.3.4", "nullable", "1234,5",
	"3-2031", "12. Mai 2031", "MAR", "MARCH-12345", "é", "A/B/C", "1,23,4", "+1", strings.Repeat("#", maxDamaged+1),
}

// A space between the digits of a number is reported by the SDK too.
func TestSpreadsheetIDWithSpace(t *testing.T) {
	t.Parallel()
	got := runWith(t.Context(), licensespringtest.NewServer(t), "id,product_code\n12\u00a0345,acmecad\n", "-f", "-", "--format", "csv")
	assert.Equal(t, []string{"id: spreadsheet_value", "id: invisible_character"}, readResults(t, got.stdout)[0].findings())
}

func TestSpreadsheetIDs(t *testing.T) {
	t.Parallel()
	row := func(id string) string { return `"` + strings.ReplaceAll(id, `"`, `""`) + `",acmecad` + "\n" }
	for id, lossy := range spreadsheetIDs {
		file := writeFile(t, "orders.csv", "id,product_code\n"+row(id))
		srv := licensespringtest.NewServer(t)
		for _, args := range [][]string{{"-f", file, "--dry-run"}, {"-f", file}} {
			got := runWith(t.Context(), srv, "", args...)
			assert.Equal(t, exit.Done, got.code, "%s: %s", id, got.stderr)
			results := readResults(t, got.stdout)
			require.Len(t, results, 1, id)
			assert.Equal(t, []string{"id: spreadsheet_value"}, results[0].findings(), id)
			assert.Contains(t, got.stderr, "orders.csv:2: warning: id: ")
		}

		// Two rows with the id.
		srv = licensespringtest.NewServer(t)
		got := runWith(t.Context(), srv, "id,product_code\n"+row(id)+row(id), "-f", "-", "--format", "csv")
		results := readResults(t, got.stdout)
		require.Len(t, results, 1, id)
		if lossy {
			assert.Equal(t, exit.Rejected, got.code, id)
			assert.Equal(t, []string{"id: spreadsheet_value", "id: spreadsheet_value"}, results[0].findings(), id)
			assert.Equal(t, "not sent", results[0].Outcome)
			assert.Empty(t, srv.Requests())
		} else {
			assert.Equal(t, exit.Done, got.code, id)
			assert.Equal(t, []string{"id: spreadsheet_value"}, results[0].findings(), id)
		}
	}
	for _, id := range plainIDs {
		got := readEntries(t, csvRows, "id,product_code\n"+row(id)+row(id))
		require.Len(t, got, 1)
		assert.Empty(t, got[0].errors, id)
		assert.Empty(t, got[0].warnings, id)
	}
}

// TestSpreadsheetValues checks the other members, in both formats. Names and notes have
// fewer warnings: Null is a surname.
func TestSpreadsheetValues(t *testing.T) {
	t.Parallel()
	csv := "id,reference,customer.email,customer.last_name,customer.company,customer.phone,product_code,note,key,license.note\n" +
		"a,1.65983E+15,a@example.com,Null,#N/A,4.4E+11,acmecad,'t,#REF!,=A1\n" +
		"a,,,,,,acmecad,'t,NULL,1001.0\n"
	jsonl := `{"id":"a","reference":"1.65983E+15","customer":{"email":"a@example.com","last_name":"Null","company":"#N/A","phone":"4.4E+11"},` +
		`"items":[{"product_code":"acmecad","note":"'t","licenses":[{"key":"#REF!","note":"=A1"},{"key":"NULL","note":"1001.0"}]}]}`
	for f, input := range map[format]string{csvRows: csv, jsonLines: jsonl} {
		entries := readEntries(t, f, input)
		require.Len(t, entries, 1)
		assert.NotNil(t, entries[0].order)
		var got []string
		for _, f := range entries[0].warnings {
			got = append(got, shownFinding{Line: f.Line, Path: f.Path, Rule: string(f.Rule)}.String())
		}
		second := "items[0].licenses[1].key: spreadsheet_value"
		if f == csvRows {
			second = "3: " + second
		}
		assert.Equal(t, []string{
			"reference: spreadsheet_value", "customer.company: spreadsheet_value", "customer.phone: spreadsheet_value",
			"items[0].licenses[0].key: spreadsheet_value", "items[0].licenses[0].note: spreadsheet_value", second,
		}, got)
	}
}
