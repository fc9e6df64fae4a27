package importer

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

// readEntries reads all entries of an input.
func readEntries(t testing.TB, f format, input string) []*entry {
	t.Helper()
	r, err := newEntryReader(f, strings.NewReader(input))
	require.NoError(t, err)
	src := source{name: "test", ids: newOrderIDs(0), entryReader: r}
	var all []*entry
	for e, err := range src.entries() {
		require.NoError(t, err)
		all = append(all, e)
	}
	return all
}

// summarize returns an entry as "line id: order as JSON" or "line id: findings".
func summarize(t testing.TB, e *entry) string {
	t.Helper()
	text := fmt.Sprintf("%d %s:", e.line, e.id)
	if e.order != nil {
		doc, err := json.Marshal(e.order)
		require.NoError(t, err)
		return text + " " + string(doc)
	}
	for _, f := range e.errors {
		text += " " + shownFinding{Line: f.Line, Path: f.Path, Rule: string(f.Rule)}.String()
	}
	return text
}

func TestCSV(t *testing.T) {
	t.Parallel()
	const head = "id,customer.email,product_code,note,key,max_activations\n"
	long := strings.Repeat("x", maxLine)
	rows := map[string]struct {
		input string
		want  []string
	}{
		"empty cells are absent": {
			head + "a,,p,,,\n",
			[]string{`2 a: {"id":"a","items":[{"product_code":"p","licenses":[{}]}]}`},
		},
		"rows of one order, items and licenses": {
			head + "a,ada@example.com,p,,,1\na,,p,,,2\na,ada@example.com,p,n,,3\na,,q,,K,\nb,,p,,,\n",
			[]string{
				`2 a: {"id":"a","items":[{"product_code":"p","licenses":[{"max_activations":1},{"max_activations":2}]},` +
					`{"product_code":"p","note":"n","licenses":[{"max_activations":3}]},` +
					`{"product_code":"q","licenses":[{"key":"K"}]}],"customer":{"email":"ada@example.com"}}`,
				`6 b: {"id":"b","items":[{"product_code":"p","licenses":[{}]}]}`,
			},
		},
		"customer in any row": {
			head + "a,,p,,,\na,ada@example.com,p,,,\n",
			[]string{`2 a: {"id":"a","items":[{"product_code":"p","licenses":[{},{}]}],"customer":{"email":"ada@example.com"}}`},
		},
		"rows of an order that do not follow each other": {
			head + "a,,p,,,\nb,,p,,,\na,,q,,,\n",
			[]string{
				`2 a: {"id":"a","items":[{"product_code":"p","licenses":[{}]}]}`,
				`3 b: {"id":"b","items":[{"product_code":"p","licenses":[{}]}]}`,
				`4 a: id: repeated_id`, // found before line 2 if the input can be read twice
			},
		},
		"rows without an id": {
			head + ",,p,,,\n,,p,,,\n",
			[]string{
				`2 : {"items":[{"product_code":"p","licenses":[{}]}]}`,
				`3 : {"items":[{"product_code":"p","licenses":[{}]}]}`,
			},
		},
		"a row without an id may belong to an adjacent order": { // as merged cells do
			head + "a,,p,,,\n,,p,,,\n,,p,,,\nb,,p,,,\nc,,p,,,\n",
			[]string{
				`2 a: : ambiguous_row`,
				`3 : {"items":[{"product_code":"p","licenses":[{}]}]}`,
				`4 : {"items":[{"product_code":"p","licenses":[{}]}]}`,
				`5 b: : ambiguous_row`,
				`6 c: {"id":"c","items":[{"product_code":"p","licenses":[{}]}]}`,
			},
		},
		"ids that differ in white space": {
			head + "a,,p,,,\n\"a \",,p,,,\n",
			[]string{`2 a: {"id":"a","items":[{"product_code":"p","licenses":[{}]}]}`, `3 a : id: repeated_id`},
		},
		"quotes": {
			head + `"a","",p,"say ""hi"", twice","",` + "\n" + `b,,p,"two` + "\n" + `lines",,` + "\n" + `c,,p,é<&>,,` + "\n",
			[]string{
				`2 a: {"id":"a","items":[{"product_code":"p","note":"say \"hi\", twice","licenses":[{}]}]}`,
				`3 b: {"id":"b","items":[{"product_code":"p","note":"two\nlines","licenses":[{}]}]}`,
				`5 c: {"id":"c","items":[{"product_code":"p","note":"é\u003c\u0026\u003e","licenses":[{}]}]}`,
			},
		},
		"byte order mark, CRLF, empty lines, no line end": {
			"\ufeff" + strings.ReplaceAll(head, "\n", "\r\n") + "\r\na,,p,,,\r\n,,,,,\r\n\r\n" + `b,,p,"x` + "\r\n" + `y",,`,
			[]string{
				`3 a: {"id":"a","items":[{"product_code":"p","licenses":[{}]}]}`,
				`6 b: {"id":"b","items":[{"product_code":"p","note":"x\ny","licenses":[{}]}]}`,
			},
		},
		"an invalid row affects its order only": {
			head + "a,,p,,,\nb,,p,,,\nb,,p\nb,,p,,,\nc,,p,,,\n",
			[]string{
				`2 a: {"id":"a","items":[{"product_code":"p","licenses":[{}]}]}`,
				`3 b: 4: : invalid_csv`,
				`6 c: {"id":"c","items":[{"product_code":"p","licenses":[{}]}]}`,
			},
		},
		"unclosed quote": {
			head + "a,,p,\"open,,\nb,,p,,,\nc,,p,\"closed\",,\n",
			[]string{
				`2 a: : invalid_csv`,
				`3 b: {"id":"b","items":[{"product_code":"p","licenses":[{}]}]}`,
				`4 c: {"id":"c","items":[{"product_code":"p","note":"closed","licenses":[{}]}]}`,
			},
		},
		"quote in a cell without quotes": {
			head + "a,,p,5\" disk,,\nb,,p,,,\n",
			[]string{`2 a: : invalid_csv`, `3 b: {"id":"b","items":[{"product_code":"p","licenses":[{}]}]}`},
		},
		"a row with an unreadable id may belong to an adjacent order": {
			head + "a,,p,,,\n\"b\"x,,p,,,\nc,,p,,,\nd,,p,,,\n",
			[]string{
				`2 a: : ambiguous_row`, `3 : : invalid_csv`, `4 c: : ambiguous_row`,
				`5 d: {"id":"d","items":[{"product_code":"p","licenses":[{}]}]}`,
			},
		},
		"too many cells": {
			head + "a,,p,,,,\nb,,p,,,\n",
			[]string{`2 a: : invalid_csv`, `3 b: {"id":"b","items":[{"product_code":"p","licenses":[{}]}]}`},
		},
		"line too long": {
			head + "a,,p," + long + ",,\nb,,p,,,\nc,,p,,,\n",
			[]string{
				`2 : : line_too_long`, `3 b: : ambiguous_row`,
				`4 c: {"id":"c","items":[{"product_code":"p","licenses":[{}]}]}`,
			},
		},
		"cell with the maximum number of lines": {
			head + "a,,p,\"" + strings.Repeat("\n", maxRowLines) + "\",,\n",
			[]string{`2 a: {"id":"a","items":[{"product_code":"p","note":"` + strings.Repeat(`\n`, maxRowLines) + `","licenses":[{}]}]}`},
		},
		"cell with too many lines": {
			head + "a,,p,\"" + strings.Repeat("\n", maxRowLines+1) + "\",,\nb,,p,,,\n",
			// The closing quote then opens a cell, which contains the id.
			[]string{`2 a: : invalid_csv`, fmt.Sprintf("%d : : invalid_csv", maxRowLines+3), fmt.Sprintf("%d b: : ambiguous_row", maxRowLines+4)},
		},
		"too many rows of one order": {
			head + strings.Repeat("a,,p,,,"+strings.Repeat("1", 1000)+"\n", 1100) + "b,,p,,,\n",
			[]string{`2 a: : line_too_long`, `1102 b: {"id":"b","items":[{"product_code":"p","licenses":[{}]}]}`},
		},
		"all errors of an order with their lines": {
			head + "a,x@example.com,p,,,many\na,y@example.com,p,,,-1\na,,p,,,1.5\n",
			[]string{`2 a: 3: customer.email: rows_differ items[0].licenses[0].max_activations: wrong_type` +
				` 4: items[0].licenses[2].max_activations: wrong_type`},
		},
		"not UTF-8": {
			head + "a,,p,\xff,,\nb,,p,,,\n",
			[]string{`2 a: : invalid_text`, `3 b: {"id":"b","items":[{"product_code":"p","licenses":[{}]}]}`},
		},
		"header only": {head, nil},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			entries := readEntries(t, csvRows, row.input)
			for _, e := range entries {
				got = append(got, summarize(t, e))
			}
			assert.Equal(t, row.want, got)

			r, err := newEntryReader(csvRows, strings.NewReader(row.input))
			require.NoError(t, err)
			scanned := source{ids: newOrderIDs(0)}
			require.NoError(t, scanned.scan(t.Context(), r))
			assert.Equal(t, len(entries), scanned.total)
		})
	}
}

func TestCSVHeader(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		"":                                 "no header row",
		"\n\n":                             "no header row",
		"id,product_code,max_activation\n": `unknown columns in the header row: "max_activation"; known columns are id, append,`,
		"id,product_code,Users,\n":         `unknown columns in the header row: "Users"; known columns are`,
		"id,product_code,,users\n":         "column 3 of the header row has no name",
		"id,product_code,id\n":             "repeated columns in the header row: id",
		"id,users\n":                       "must contain the columns id and product_code",
		"id|product_code\na|b\n":           "separated by a comma, a semicolon or a tab",
		"id product_code\n":                "separated by a comma, a semicolon or a tab",
		"sep=|\nid|product_code\n":         "line 1: unknown separator after sep=",
		"id,\"product_code\n":              "header row: a quote",
		"i\x00d\x00,\x00p\x00":             "UTF-16",
	} {
		_, err := newEntryReader(csvRows, strings.NewReader(input))
		require.Equal(t, exit.Usage, exit.Code(err), input)
		require.ErrorContains(t, err, want, input)
	}
	got := readEntries(t, csvRows, " product_code , id\np,a\n")
	require.Len(t, got, 1)
	assert.Equal(t, "a", got[0].order.ID)
}

// TestCSVColumns checks that the SDK knows the member of every column.
func TestCSVColumns(t *testing.T) {
	t.Parallel()
	values := map[kind]string{
		kindText: "text", kindNumber: "3", kindBool: "TRUE", kindObject: `{"a": 1}`,
		kindEmails: "a@example.com; b@example.com;", kindFeatures: "render;calls=5", kindCustomFields: "a=1;b=x y",
	}
	special := map[string]string{
		"id": "a", "product_code": "p", "created": "2031-03-01 10:20:30", "valid_duration": "1y", "maintenance_duration": "2m",
		"validity_period": "2032-01-01", "start_date": "2031-01-01", "maintenance_period": "2031-01-01",
	}
	for i := range columns {
		col := columns[i]
		value := values[col.kind]
		if v, ok := special[col.name]; ok {
			value = v
		}
		head, cells := "id,product_code", "a,p"
		if col.name != "id" && col.name != "product_code" {
			head += "," + col.name
			cells += `,"` + strings.ReplaceAll(value, `"`, `""`) + `"`
		}
		got := readEntries(t, csvRows, head+"\n"+cells+"\n")
		require.Len(t, got, 1, col.name)
		require.NotNil(t, got[0].order, "%s: %v", col.name, got[0].errors)
		for _, f := range got[0].order.Check() {
			assert.NotEqual(t, licensespring.RuleExtraMember, f.Rule, "the SDK does not know the member %s", col.name)
		}
		doc, err := json.Marshal(got[0].order)
		require.NoError(t, err)
		// Orders are encoded in the classic dialect.
		classic := map[string]string{"company_name": "company", "enable_maintenance_period": "enable_maintenance_duration"}
		name := col.wire
		if classicName, ok := classic[name]; ok {
			name = classicName
		}
		assert.Contains(t, string(doc), `"`+name+`":`, col.name)

		// An invalid cell is one error.
		if col.kind == kindNumber || col.kind == kindBool || col.kind == kindObject {
			invalid := readEntries(t, csvRows, head+"\n"+strings.TrimSuffix(cells, `,"`+strings.ReplaceAll(value, `"`, `""`)+`"`)+",maybe\n")
			require.Len(t, invalid, 1)
			require.Len(t, invalid[0].errors, 1, col.name)
			assert.Equal(t, licensespring.RuleWrongType, invalid[0].errors[0].Rule)
			assert.True(t, strings.HasSuffix(invalid[0].errors[0].Path, name), invalid[0].errors[0].Path)
		}
	}
}

func TestCSVCells(t *testing.T) {
	t.Parallel()
	rows := []struct {
		kind       kind
		cell, want string
	}{
		{kindText, `a"b`, `"a\"b"`},
		{kindText, "a\nb", `"a\nb"`},
		{kindNumber, "3", `3`},
		{kindNumber, "-1", `-1`},
		{kindNumber, "1.5", `1.5`},
		{kindNumber, " 3", `" 3"`},
		{kindNumber, "three", `"three"`},
		{kindNumber, "true", `"true"`},
		{kindBool, "True", `true`},
		{kindBool, "FALSE", `false`},
		{kindBool, "yes", `"yes"`},
		{kindObject, `{"a":1}`, `{"a":1}`},
		{kindObject, `[1]`, `"[1]"`},
		{kindObject, `{"a":1`, `"{\"a\":1"`},
		{kindEmails, "a@x; b@y", `[{"email":"a@x"},{"email":"b@y"}]`},
		{kindEmails, "a@x;;b@y;", `[{"email":"a@x"},{"email":""},{"email":"b@y"}]`},
		{kindFeatures, "render; calls = 5 ", `["render",{"code":"calls","max_consumption":5}]`},
		{kindFeatures, "calls=many", `[{"code":"calls","max_consumption":"many"}]`},
		{kindCustomFields, "a=b=c; d", `[{"name":"a","value":"b=c"},"d"]`},
	}
	for _, row := range rows {
		got := row.kind.appendCell(nil, row.cell)
		assert.Equal(t, row.want, string(got))
		assert.True(t, json.Valid(got))
	}
}

func TestJSONLines(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxLine)
	input := "\ufeff" + `{"id":"a","items":[]}` + "\r\n\r\n  \n" + // empty lines count as lines
		`{"id":"` + long + `"}` + "\n" +
		`{"id":"b","customer":{"company_name":"B"}}` + "\n" +
		`[]` + "\nnull\n" +
		`{"id":"c","id":"d","is_test":"yes","items":[{"licenses":[{"valid_duration":"1w"}]}]}` + "\n" +
		"{\"id\":\"\xff\"}\n" +
		`{"id":"e"}`
	var got []string
	for _, e := range readEntries(t, jsonLines, input) {
		got = append(got, summarize(t, e))
	}
	assert.Equal(t, []string{
		`1 a: {"id":"a"}`,
		`4 : : line_too_long`,
		`5 b: {"id":"b","customer":{"company":"B"}}`,
		`6 : : wrong_type`,
		`7 : {}`,
		`8 d: id: duplicate_member items[0].licenses[0].valid_duration: invalid_duration is_test: wrong_type`,
		"9 \ufffd: : invalid_json",
		`10 e: {"id":"e"}`,
	}, got)
}

// TestLineLength tests lines around the maximum length, with all line ends.
func TestLineLength(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"", "\n", "\r\n"} {
		for size, want := range map[int]bool{maxLine - 1: false, maxLine: false, maxLine + 1: true, maxLine + 2: true, 3 * maxLine: true} {
			lines := newLineReader(strings.NewReader(strings.Repeat("x", size) + end + "next"))
			got, err := lines.next()
			require.NoError(t, err)
			if end == "" {
				want = size+len("next") > maxLine
			}
			assert.Equal(t, want, got.tooLong, "%d bytes and %q", size, end)
			if end == "" {
				continue
			}
			if !want {
				assert.Len(t, got.text, size)
			}
			got, err = lines.next()
			require.NoError(t, err)
			assert.Equal(t, "next", string(got.text))
			assert.Equal(t, 2, got.number)
			_, err = lines.next()
			require.ErrorIs(t, err, io.EOF)
		}
	}
	_, err := newLineReader(brokenReader{}).next()
	require.Error(t, err)
	assert.NotErrorIs(t, err, io.EOF)
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]format{"a.csv": csvRows, "A.CSV": csvRows, "a.jsonl": jsonLines, "a.ndjson": jsonLines} {
		got, err := format("").of(file)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	got, err := csvRows.of("a.txt")
	require.NoError(t, err)
	assert.Equal(t, csvRows, got)
	_, err = format("").of("a.txt")
	assert.Error(t, err)
}
