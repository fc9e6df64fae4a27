package otellicensespring_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace"

	"github.com/licensespring-go/licensespring"
)

// code matches text in backquotes.
var code = regexp.MustCompile("`([^`]+)`")

// table returns the cells of the table in a section of the README.
func table(t *testing.T, section string) [][]string {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, text, ok := strings.Cut(string(readme), "\n## "+section+"\n")
	require.True(t, ok, section)
	text, _, _ = strings.Cut(text, "\n## ")
	var rows [][]string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "| `") {
			cells := strings.Split(strings.Trim(line, "| \n"), " | ")
			require.Len(t, cells, 3)
			rows = append(rows, cells)
		}
	}
	require.NotEmpty(t, rows)
	return rows
}

// quoted returns the texts in backquotes, sorted.
func quoted(cell string) []string {
	var all []string
	for _, match := range code.FindAllStringSubmatch(cell, -1) {
		all = append(all, match[1])
	}
	slices.Sort(all)
	return all
}

// TestReadmeTables checks that the README lists exactly the recorded attributes.
func TestReadmeTables(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		for _, s := range scenarios() {
			client, server := inMemory(t, nil, licensespring.WithObserver(r.observer()))
			server.Inject(s.faults...)
			_ = s.call(t.Context(), client)
		}

		recorded := map[string]map[string]bool{}
		spans := r.ended(t)
		for i := range spans {
			kind := map[trace.SpanKind]string{trace.SpanKindInternal: "call", trace.SpanKindClient: "attempt"}[spans[i].SpanKind]
			for key := range attributesOf(&spans[i]) {
				if recorded[key] == nil {
					recorded[key] = map[string]bool{}
				}
				recorded[key][kind] = true
			}
		}
		documented := map[string]map[string]bool{}
		for _, row := range table(t, "Spans") {
			on := map[string]bool{row[1]: true}
			if row[1] == "both" {
				on = map[string]bool{"call": true, "attempt": true}
			}
			documented[quoted(row[0])[0]] = on
		}
		assert.Equal(t, recorded, documented)

		type listed struct {
			unit  string
			attrs []string
		}
		want, got := map[string]listed{}, map[string]listed{}
		for name, m := range r.metrics(t) {
			keys := map[string]bool{}
			for _, set := range sets(t, m.Data) {
				for _, a := range set.ToSlice() {
					keys[string(a.Key)] = true
				}
			}
			want[name] = listed{m.Unit, slices.Sorted(maps.Keys(keys))}
		}
		for _, row := range table(t, "Metrics") {
			got[quoted(row[0])[0]] = listed{quoted(row[1])[0], quoted(row[2])}
		}
		assert.Equal(t, want, got)
	})
}

// sets returns the attributes of each point of a histogram.
func sets(t *testing.T, data metricdata.Aggregation) []attribute.Set {
	t.Helper()
	var all []attribute.Set
	switch data := data.(type) {
	case metricdata.Histogram[float64]:
		for i := range data.DataPoints {
			all = append(all, data.DataPoints[i].Attributes)
		}
	case metricdata.Histogram[int64]:
		for i := range data.DataPoints {
			all = append(all, data.DataPoints[i].Attributes)
		}
	default:
		require.Failf(t, "not a histogram", "%T", data)
	}
	return all
}

// TestReadmeCode checks that the code of the README and of the package documentation is
// that of an example.
func TestReadmeCode(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	for name, prefix := range map[string]string{"README.md": "", "doc.go": "//\t"} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		snippet := prefix + "client, err := licensespring.New(key,\n" + prefix + "\tlicensespring.WithObserver(otellicensespring.Observer()))\n"
		assert.Contains(t, string(text), snippet, name)
	}
	assert.Contains(t, strings.ReplaceAll(string(example), "(key, onFake,", "(key,"),
		"\tclient, err := licensespring.New(key,\n\t\tlicensespring.WithObserver(otellicensespring.Observer()))\n")
}
