package importer

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

// FuzzCSV reads arbitrary input. Reading terminates, every entry is an order or has
// errors, its lines exist, and each license comes from a row of the input.
func FuzzCSV(f *testing.F) {
	shipped, err := os.ReadFile("orders.csv")
	require.NoError(f, err)
	f.Add(shipped)
	for _, seed := range []string{
		"", "\n", "id,product_code\n", "id,product_code\na,p", "id,product_code\r\na,p\r\n\r\nb,p\r\n",
		"\xef\xbb\xbfid,product_code\na,p\n", "\xff\xfei", "id,product_code,note\na,p,\"open\nb,p,x\n",
		"id,product_code,note\na,p,\"two\nlines\"\nb,p,\"\"\"\"\n", "id,product_code\na,p\n\"b\"x,p\nc,p\n",
		"id,product_code,users\na,p,a@example.com;b@example.com\na,p,\n", "id,product_code\n,\n\"\"\n\r\r\n",
		"product_code,id,license.metadata,product_features,custom_fields\np,a,{},x=1;y,z=1\n",
		"id,product_code,max_activations,is_trial\na,p,1e5,TRUE\na,p,-0,x\n", "\"id\",\"product_code\"\n\"a\",\"p\"\n",
		"sep=;\nid;product_code;\na;p;\n\xef\xbb\xbfid;product_code;\nb;p;x\na;p;\n", "id\tproduct_code\ra\tp\r\rb\tp",
		"\xff\xfei\x00d\x00,\x00p\x00r\x00o\x00d\x00u\x00c\x00t\x00_\x00c\x00o\x00d\x00e\x00\n\x00a\x00,\x00=\xd8\x00\xde\n\x00b\x00,\x00=\xd8",
		"id,product_code\n1.6E+15,p\n1.6E+15,p\n#REF!,p\n'1,NULL\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		r, err := newEntryReader(csvRows, bytes.NewReader(input))
		if err != nil {
			return
		}
		head := r.(*csvReader).columns
		scanned := source{ids: newOrderIDs(0)}
		if err := scanned.scan(t.Context(), r); err != nil {
			require.Equal(t, exit.Usage, exit.Code(err), "a second header row")
			return
		}
		entries := readEntries(t, csvRows, string(input))
		require.Len(t, entries, scanned.total)

		utf16 := bytes.HasPrefix(input, []byte("\xff\xfe")) || bytes.HasPrefix(input, []byte("\xfe\xff"))
		lines := 1 + bytes.Count(input, []byte("\n")) + bytes.Count(input, []byte("\r"))
		last, rows := 1, 0
		for _, e := range entries {
			require.Greater(t, e.line, last, "entries are in the order of their lines")
			last = e.line
			require.LessOrEqual(t, e.line, lines)
			require.Equal(t, e.order == nil, len(e.errors) > 0)
			for _, f := range e.errors {
				require.NotEmpty(t, f.Rule)
				require.NotEmpty(t, f.Message)
				require.True(t, f.Line == 0 || e.line < f.Line && f.Line <= lines)
			}
			if e.order == nil {
				continue
			}
			for _, f := range e.order.Check() {
				require.NotEqual(t, licensespring.RuleExtraMember, f.Rule, "the SDK does not know a column")
			}
			require.Equal(t, e.id, e.order.ID)
			require.True(t, utf16 || strings.Contains(string(input), e.id) || strings.Contains(e.id, `"`) || strings.Contains(e.id, "\n"))
			for i, item := range e.order.Items {
				require.Len(t, e.rows[i], len(item.Licenses))
				rows += len(item.Licenses)
			}
		}
		require.Less(t, rows, lines, "at most one license per row below the header")
		require.LessOrEqual(t, len(head), len(columns))
	})
}

// FuzzJSON reads arbitrary input. Reading terminates, and every entry is an order or
// has errors. The text of an order does not depend on how the orders are separated.
func FuzzJSON(f *testing.F) {
	f.Add(example)
	for _, seed := range []string{
		"", "[]", "[{}]", "[{},\n{\"id\":\"a\"},]", "[{\"id\":\"]\\\"\"}]\r[null]", "[{]", "[}", "[\"", "\xef\xbb\xbf[{}", "{\"id\":3.0}\n{\"max\":-0.0e1}",
		"\xfe\xff\x00[\x00{\x00}\x00]", "{\"id\":\"a\"}\r\r\n\"", "[{}]{}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		src := source{ids: newOrderIDs(0), entryReader: newJSONLReader(bytes.NewReader(input))}
		last := 1
		for e, err := range src.entries() {
			if err != nil {
				require.Equal(t, exit.Usage, exit.Code(err))
				return
			}
			require.GreaterOrEqual(t, e.line, last)
			last = e.line
			require.Equal(t, e.order == nil, len(e.errors) > 0)
		}
	})
}
