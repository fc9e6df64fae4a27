// Benchreport reads the output of go test -bench on standard input and writes
// a page of ratios: each way of doing a thing beside the first one of its
// group. Times in themselves say more about the machine than about the code,
// and are left out.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

func main() {
	if err := report(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "benchreport:", err)
		os.Exit(1)
	}
}

// units are the measures that are compared, in the order of the columns.
var units = [...]string{"ns/op", "B/op", "allocs/op", "connections"}

type bench struct {
	group, name string
	values      map[string][]float64
}

func report(in io.Reader, out io.Writer) error {
	all, err := read(in)
	if err != nil {
		return err
	}
	var page strings.Builder
	page.WriteString(intro)
	group := ""
	for _, b := range all {
		if b.name == "" {
			continue // nothing to compare it with
		}
		if b.group != group {
			group = b.group
			fmt.Fprintf(&page, "\n## %s\n\n| | time | bytes | allocations | connections opened |\n|---|---|---|---|---|\n", group)
		}
		fmt.Fprintf(&page, "| %s |", b.name)
		for _, unit := range units {
			fmt.Fprintf(&page, " %s |", cell(all, b, unit))
		}
		page.WriteByte('\n')
	}
	_, err = io.WriteString(out, page.String())
	return err
}

const intro = `# Benchmarks

Made by ` + "`.ci/benchmarks`" + `; do not edit. Each row is the median of several runs,
as a ratio to the first row of its table, which does the same work by hand on
net/http: marshal the same order, send it, read the answer, unmarshal it into
the same record. Connections are counted, not compared. A time within a tenth
of another is the same time.
`

// cell is the ratio of b to the first of its group, or a count.
func cell(all []*bench, b *bench, unit string) string {
	mine, ok := median(b.values[unit])
	if !ok {
		return "–"
	}
	if unit == "connections" {
		return strconv.FormatFloat(mine, 'f', 0, 64)
	}
	i := slices.IndexFunc(all, func(other *bench) bool { return other.group == b.group })
	base, ok := median(all[i].values[unit])
	if !ok || base == 0 {
		return "–"
	}
	return strconv.FormatFloat(mine/base, 'f', 2, 64)
}

func median(values []float64) (float64, bool) {
	if len(values) == 0 {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2], true
}

// read collects the lines of each benchmark, which come once per run.
func read(in io.Reader) ([]*bench, error) {
	var all []*bench
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		b := find(&all, fields[0])
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", fields[0], err)
			}
			b.values[fields[i+1]] = append(b.values[fields[i+1]], value)
		}
	}
	return all, lines.Err()
}

func find(all *[]*bench, full string) *bench {
	if dash := strings.LastIndexByte(full, '-'); dash > 0 { // the number of processors
		full = full[:dash]
	}
	group, name, _ := strings.Cut(strings.TrimPrefix(full, "Benchmark"), "/")
	name = strings.ReplaceAll(name, "_", " ")
	for _, b := range *all {
		if b.group == group && b.name == name {
			return b
		}
	}
	b := &bench{group: group, name: name, values: make(map[string][]float64)}
	*all = append(*all, b)
	return b
}
