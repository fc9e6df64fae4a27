package output

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type record struct {
	Name string `json:"name"`
	N    int    `json:"n,omitzero"`
}

func columns() []Column[record] {
	return []Column[record]{
		{Name: "full_name", Value: func(r record) string { return r.Name }, Color: func(string) Color { return Green }},
		{Name: "empty", Value: func(record) string { return "" }},
		{Name: "n", Value: func(r record) string { return strconv.Itoa(r.N) }},
		{Name: "wide", Wide: true, Value: func(r record) string { return r.Name + "!" }},
	}
}

func TestWriter(t *testing.T) {
	t.Parallel()
	records := []record{{"Ada <a@b>", 1}, {"Grüße\x1b[31m\n, \"x\"", 22}}
	for name, row := range map[string]struct {
		options       Options
		records, none string
	}{
		"json":  {Options{Format: JSON}, "[\n{\"name\":\"Ada <a@b>\",\"n\":1},\n{\"name\":\"Grüße\\u001b[31m\\n, \\\"x\\\"\",\"n\":22}\n]\n", "[]\n"},
		"jsonl": {Options{Format: JSONL}, "{\"name\":\"Ada <a@b>\",\"n\":1}\n{\"name\":\"Grüße\\u001b[31m\\n, \\\"x\\\"\",\"n\":22}\n", ""},
		"csv": {
			Options{Format: CSV},
			"full_name,empty,n,wide\nAda <a@b>,,1,Ada <a@b>!\n\"Grüße\x1b[31m\n, \"\"x\"\"\",,22,\"Grüße\x1b[31m\n, \"\"x\"\"!\"\n",
			"full_name,empty,n,wide\n",
		},
		// A table contains no control characters, and no column without values.
		"table": {Options{Format: Table}, "FULL NAME         N\nAda <a@b>         1\nGrüße�[31m�, \"x\"  22\n", "None.\n"},
		"color": {
			Options{Format: Table, Color: true},
			"FULL NAME         N\n\x1b[32mAda <a@b>\x1b[0m         1\n\x1b[32mGrüße�[31m�, \"x\"\x1b[0m  22\n", "None.\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			w := NewWriter(&out, row.options, columns())
			for _, r := range records {
				require.NoError(t, w.Write(r))
			}
			require.NoError(t, w.Close())
			assert.Equal(t, row.records, out.String())
			assert.Equal(t, 2, w.Written())
			out.Reset()
			require.NoError(t, NewWriter(&out, row.options, columns()).Close())
			assert.Equal(t, row.none, out.String())
		})
	}
}

// Customers choose names that a spreadsheet would run.
func TestFormulas(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"=1+1": "'=1+1", "+49 1": "'+49 1", "-x": "'-x", "@x": "'@x", "\tx": "'\tx", "\r=x": "'\r=x",
		"": "", "-5": "-5", "+1.5": "+1.5", "a=b": "a=b", "'x": "'x",
	} {
		var out bytes.Buffer
		column := []Column[string]{{Name: "-name", Value: func(s string) string { return s }}}
		require.NoError(t, NewWriter(&out, Options{Format: CSV}, column).Write(cell))
		rows, err := csv.NewReader(strings.NewReader(out.String() + "end")).ReadAll()
		require.NoError(t, err)
		assert.Equal(t, "-name", rows[0][0])
		if cell != "" { // an empty row is no record
			assert.Equal(t, want, rows[1][0])
		}
	}
}

func TestWriteValue(t *testing.T) {
	t.Parallel()
	show := func(w io.Writer, _ Options, r record) error {
		return WritePairs(w, []Pair{{"name", r.Name}, {"empty", ""}, {"a_long_name", "x\ty"}})
	}
	for format, want := range map[Format]string{
		JSON:  "{\n  \"name\": \"Ada\"\n}\n",
		JSONL: "{\"name\":\"Ada\"}\n",
		CSV:   "full_name,empty,n,wide\nAda,,0,Ada!\n",
		Table: "name         Ada\na_long_name  x�y\n",
	} {
		var out bytes.Buffer
		require.NoError(t, WriteValue(&out, Options{Format: format}, columns(), record{Name: "Ada"}, show))
		assert.Equal(t, want, out.String())
		require.Error(t, WriteValue(broken{}, Options{Format: format}, columns(), record{Name: "Ada"}, show))
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestUsesColor(t *testing.T) {
	t.Parallel()
	none := func(string) string { return "" }
	assert.False(t, UsesColor(&bytes.Buffer{}, none), "no terminal")
	assert.False(t, IsTerminal(nil))
}
