package importer

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// encodings are the encodings that the program reads.
var encodings = map[string]func(string) string{
	"UTF-8":                          func(s string) string { return s },
	"UTF-8 with a byte order mark":   func(s string) string { return utf8BOM + s },
	"UTF-16, little endian":          func(s string) string { return encodeUTF16("\ufeff"+s, binary.LittleEndian) },
	"UTF-16, big endian":             func(s string) string { return encodeUTF16("\ufeff"+s, binary.BigEndian) },
	"UTF-16, files in one":           func(s string) string { return encodeUTF16("\ufeff\ufeff"+s, binary.LittleEndian) },
	"UTF-8, twice a byte order mark": func(s string) string { return utf8BOM + utf8BOM + s },
}

func encodeUTF16(s string, order binary.AppendByteOrder) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}

// textInputs are inputs that editors, spreadsheets and PowerShell write. All of them
// contain the same orders. LF stands for every line end.
var textInputs = map[string]struct {
	format format
	input  string
}{
	"CSV":                   {csvRows, "id,product_code,max_activations,note\na,p,3,é €\U0001f600\nb,p,,\n"},
	"no line end":           {csvRows, "id,product_code,max_activations,note\na,p,3,é €\U0001f600\nb,p,,"},
	"empty lines and rows":  {csvRows, "\n,,,\nid,product_code,max_activations,note\n\na,p,3,é €\U0001f600\n,,,\nb,p,,\n,,,\n\n\n"},
	"semicolons":            {csvRows, "id;product_code;max_activations;note\na;p;3;é €\U0001f600\nb;p;;\n"},
	"tabs":                  {csvRows, "id\tproduct_code\tmax_activations\tnote\na\tp\t3\té €\U0001f600\nb\tp\t\t\n"},
	"sep=;":                 {csvRows, "sep=;\nid;product_code;max_activations;note\na;p;3;é €\U0001f600\nb;p;;\n"},
	"sep= in quotes":        {csvRows, "\"SEP=,\",,\nid,product_code,max_activations,note\na,p,3,é €\U0001f600\nb,p,,\n"},
	"sep= a tab":            {csvRows, "sep=\t\nid\tproduct_code\tmax_activations\tnote\na\tp\t3\té €\U0001f600\nb\tp\t\t\n"},
	"empty columns":         {csvRows, "id,product_code,max_activations,note,, \na,p,3,é €\U0001f600,,\nb,p,,,,\n"},
	"rows without them":     {csvRows, "id,product_code,max_activations,note,,\na,p,3,é €\U0001f600\nb,p,,,\n"},
	"whole numbers":         {csvRows, "id,product_code,max_activations,note\na,p,3.0,é €\U0001f600\nb,p,,\n"},
	"quotes":                {csvRows, "\"id\";\"product_code\";\"max_activations\";\"note\"\n\"a\";\"p\";\"3\";\"é €\U0001f600\"\n\"b\";\"p\";\"\";\"\"\n"},
	"JSON Lines":            {jsonLines, textA + "\n" + textB + "\n"},
	"JSON, empty lines":     {jsonLines, "\n \n" + textA + "\n\n" + textB},
	"JSON, whole numbers":   {jsonLines, strings.Replace(textA, ":3", ":3.00", 1) + "\n" + textB},
	"array":                 {jsonLines, "[" + textA + "," + textB + "]"},
	"array of lines":        {jsonLines, "[\n" + textA + ",\n" + textB + "\n]\n"},
	"array with a comma":    {jsonLines, " [" + textA + ",\n" + textB + ",]"},
	"arrays":                {jsonLines, "[" + textA + "]\n[]\n[" + textB + "]"},
	"array over many lines": {jsonLines, "[\n" + strings.NewReplacer(",", ",\n  ", "{", "{\n").Replace(textA) + ",\n" + textB + "\n]\n"},
}

const (
	textA = `{"id":"a","items":[{"product_code":"p","note":"é €` + "\U0001f600" + `","licenses":[{"max_activations":3}]}]}`
	textB = `{"id":"b","items":[{"product_code":"p","licenses":[{}]}]}`
)

func TestTextInputs(t *testing.T) {
	t.Parallel()
	for name, row := range textInputs {
		for encoding, encode := range encodings {
			for _, end := range []string{"\n", "\r\n", "\r", "\r\r\n"} {
				input := encode(strings.ReplaceAll(row.input, "\n", end))
				readers := map[string]io.Reader{"at once": strings.NewReader(input), "byte by byte": iotest.OneByteReader(strings.NewReader(input))}
				for how, input := range readers {
					r, err := newEntryReader(row.format, input)
					require.NoError(t, err, "%s, %s, %q, %s", name, encoding, end, how)
					src := source{ids: newOrderIDs(0), entryReader: r}
					var got []string
					for e, err := range src.entries() {
						require.NoError(t, err)
						_, text, _ := strings.Cut(summarize(t, e), " ")
						got = append(got, text)
					}
					assert.Equal(t, []string{"a: " + textA, "b: " + textB}, got, "%s, %s, %q, %s", name, encoding, end, how)
				}
			}
		}
	}
}

// TestTextLineNumbers checks the line numbers with each line end.
func TestTextLineNumbers(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"\n", "\r\n", "\r"} {
		array := strings.ReplaceAll("\n[\n {\"id\":\"a\"},\n\n {\"id\":\n\"b\"\n}, [\n], {\"id\" 3}\n]\n", "\n", end)
		var got []string
		for _, e := range readEntries(t, jsonLines, array) {
			got = append(got, summarize(t, e))
		}
		assert.Equal(t, []string{`3 a: {"id":"a"}`, `5 b: {"id":"b"}`, "7 : : wrong_type", "8 : : invalid_json"}, got)

		csv := strings.ReplaceAll("id,product_code,note\na,p,\"1\n2\"\nb,p,\n", "\n", end)
		entries := readEntries(t, csvRows, csv)
		require.Len(t, entries, 2)
		assert.Equal(t, "1\n2", entries[0].order.Items[0].Note)
		assert.Equal(t, 4, entries[1].line)
	}
	// A syntax error within an element has its own line.
	entries := readEntries(t, jsonLines, "[{\"id\":\"a\",\n\n\"items\" 3}]")
	require.Len(t, entries, 1)
	assert.Equal(t, 3, entries[0].errors[0].Line)
}

// TestUnreadableInputs checks inputs that cannot be read. The message is short, is
// the only one, and contains no customer data. Nothing is sent.
func TestUnreadableInputs(t *testing.T) {
	t.Parallel()
	const customer = "ada@example.com"
	headless := strings.Repeat("inv-1,"+customer+",acmecad\n", 1000)
	rows := map[string]struct {
		name, input, want string
	}{
		"workbook":             {"a.csv", "PK\x03\x04\x14\x00\x06\x00" + customer, "the input is a zip archive, such as an .xlsx workbook"},
		"old workbook":         {"a.csv", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + customer, "the input is an .xls workbook"},
		"workbook by its name": {"a.xlsx", "", "workbooks cannot be read: export the orders as CSV (UTF-8)"},
		"workbook as JSON":     {"a.jsonl", "PK\x03\x04\x14\x00\x06\x00" + customer, "the input is a zip archive"},
		"gzip":                 {"a.jsonl", "\x1f\x8b\x08\x00" + customer, "the input is compressed with gzip"},
		"UTF-16, no mark":      {"a.csv", encodeUTF16(headless, binary.LittleEndian), "UTF-16 without a byte order mark"},
		"UTF-16 BE, no mark":   {"a.jsonl", encodeUTF16(textA, binary.BigEndian), "UTF-16 without a byte order mark"},
		"UTF-32":               {"a.jsonl", "\xff\xfe\x00\x00{\x00\x00\x00", "the input is UTF-32"},
		"binary":               {"a.csv", strings.Repeat("\x00\x01\x00", 100), "the input is binary"},
		"zeros":                {"a.jsonl", strings.Repeat("\x00", 1000), "the input is binary"},
		"no header row":        {"a.csv", headless, "the header row must contain the columns id and product_code"},
		"unknown line ends":    {"a.csv", strings.ReplaceAll("id,product_code,users\n"+headless, "\n", "\u2028"), "the header row contains an unknown line end: want LF, CRLF or CR"},
		"no separator":         {"a.csv", strings.ReplaceAll("id,product_code,users\n"+headless, ",", "|"), "the header row must contain"},
		"unnamed column":       {"a.csv", "id,,product_code\na," + customer + ",p\n", "column 2 of the header row has no name"},
		"data in the header":   {"a.csv", "id,product_code," + customer + "," + strings.Repeat("x", 1000) + strings.Repeat(",Q", 100) + "\n", "unknown columns in the header row: number 3, number 4, \"Q\", \"Q\", \"Q\" and 97 more"},
		"unterminated header":  {"a.csv", "id,\"product_code\n" + headless, "header row: a quote"},
		"JSON as CSV":          {"a.csv", textA + "\n", "the input looks like JSON: use --format jsonl"},
		"empty":                {"a.csv", "\ufeff\n\n", "no header row"},
		"empty JSON Lines":     {"a.jsonl", "\ufeff\n\n", "no orders"},
		"array not closed":     {"a.json", "[" + textA + ",\n" + textB, "the JSON array of line 1 is not closed: its last order begins in line 2"},
		"array without an end": {"a.json", "[" + textA + ",\n", "the JSON array of line 1 is not closed: its last order begins in line 2"},
		"brace is missing":     {"a.json", "[" + textA[:len(textA)-1] + ",\n" + textB + "]", "the JSON array of line 1 is not closed: its last order begins in line 1"},
		"text after an array":  {"a.json", "[" + textA + "]\n" + textB, "line 2: text after the end of the JSON array"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := licensespringtest.NewServer(t)
			file := writeFile(t, row.name, row.input)
			for _, args := range [][]string{{"-f", file}, {"-f", file, "--dry-run"}} {
				got := runWith(t.Context(), srv, "", args...)
				assert.Equal(t, exit.Usage, got.code)
				assert.Contains(t, got.stderr, row.want)
				assert.NotContains(t, got.stderr, customer)
				assert.Equal(t, 1, strings.Count(got.stderr, "\n"))
				assert.Less(t, len(got.stderr), 2000)
				assert.Empty(t, got.stdout)
			}
			assert.Empty(t, srv.Requests())
		})
	}
}

// TestInvalidText checks rows with text that cannot be converted. Only their orders
// are invalid.
func TestInvalidText(t *testing.T) {
	t.Parallel()
	surrogate := encodeUTF16("\ufeffid,product_code\n", binary.LittleEndian) + "a\x00\x00\xd8,\x00p\x00\n\x00" + encodeUTF16("b,p\nc", binary.LittleEndian)
	for name, row := range map[string]struct {
		format format
		input  string
		want   []string
	}{
		"Windows-1252":          {csvRows, "id,product_code\n\xe9,p\nb,p\n", []string{"2 : invalid_text", "3 "}},
		"a NUL":                 {csvRows, "id,product_code\na\x00,p\nb,p\n", []string{"2 : invalid_text", "3 "}},
		"a NUL in JSON":         {jsonLines, "{\"id\":\"a\x00\"}\n" + textB, []string{"1 : invalid_json", "2 "}},
		"an unpaired surrogate": {csvRows, surrogate, []string{"2 : invalid_text", "3 ", "4 : invalid_csv"}},
		"an odd last byte":      {csvRows, surrogate + ",\x00p\x00x", []string{"2 : invalid_text", "3 ", "4 : invalid_text"}},
		"a value without a column name": {
			csvRows, "id,product_code,\na,p,x\nb,p,\n", []string{"2 : invalid_csv", "3 "},
		},
	} {
		var got []string
		for _, e := range readEntries(t, row.format, row.input) {
			text := fmt.Sprintf("%d ", e.line)
			for _, f := range e.errors {
				text += f.Path + ": " + string(f.Rule)
				assert.NotContains(t, f.Message, "�", name)
			}
			got = append(got, text)
		}
		assert.Equal(t, row.want, got, name)
	}
}

func TestWholeNumbers(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{
		`{"a":3.0,"b":[-1.000,0.0],"c":"3.0","d\"":2.0}`: `{"a":3,"b":[-1,0],"c":"3.0","d\"":2}`,
		`{"a":3.01,"b":3.0e1,"c":3.10,"d":30}`:           `{"a":3.01,"b":3.0e1,"c":3.10,"d":30}`,
		`3.0`:                                            `3`,
		`"\\",3.0`:                                       `"\\",3.0`, // not JSON
		`{"a":3.0`:                                       `{"a":3.0`,
	} {
		assert.Equal(t, want, string(wholeNumbers([]byte(document))))
	}
}

// TestOutputIsNotDamaged checks that results are not appended to a file of another
// kind.
func TestOutputIsNotDamaged(t *testing.T) {
	t.Parallel()
	result := `{"line":1,"id":"x","outcome":"created"}` + "\n"
	for name, content := range map[string]string{
		"workbook": "PK\x03\x04\x14\x00", "CSV": "id,product_code\n", "array": "[]", "orders": `{"id":"a","items":[]}` + "\n",
		"UTF-16": encodeUTF16("\ufeff"+result, binary.LittleEndian), "UTF-16 without a mark": encodeUTF16(result, binary.LittleEndian),
	} {
		file := writeFile(t, "results.jsonl", content)
		srv := licensespringtest.NewServer(t)
		got := runWith(t.Context(), srv, "", "--generate", "1", "--out", file)
		assert.Equal(t, exit.Usage, got.code, name)
		assert.Contains(t, got.stderr, "does not contain results in UTF-8: name another file")
		assert.Empty(t, srv.Requests())
	}
	for name, content := range map[string]string{
		"empty": "", "byte order mark": utf8BOM + result, "CRLF": strings.ReplaceAll(result, "\n", "\r\n"), "no line end": result[:10],
	} {
		got := runWith(t.Context(), nil, "", "--generate", "1", "--out", writeFile(t, "results.jsonl", content))
		assert.Equal(t, exit.Done, got.code, "%s: %s", name, got.stderr)
	}
}

// TestLongElement checks that a long order in an array costs bounded memory and does
// not affect the next one.
func TestLongElement(t *testing.T) {
	t.Parallel()
	var input bytes.Buffer
	input.WriteString(`[{"id":"` + strings.Repeat("x", 3*maxLine) + `"},` + textB + "]")
	r := newJSONLReader(&input)
	long, err := r.next()
	require.NoError(t, err)
	assert.Len(t, long.(jsonLine).text, maxLine)
	assert.Equal(t, ruleTooLong, long.parse().errors[0].Rule)
	next, err := r.next()
	require.NoError(t, err)
	assert.NotNil(t, next.parse().order)
	_, err = r.next()
	assert.ErrorIs(t, err, io.EOF)
}
