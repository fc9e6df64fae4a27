package main

import (
	"strings"
	"testing"
)

func TestReportRatiosOfMedians(t *testing.T) {
	t.Parallel()
	const in = `goos: linux
BenchmarkAlone-2             	 100	 5 ns/op
BenchmarkCreate/bare-2       	 100	 100 ns/op	 10 B/op	 4 allocs/op
BenchmarkCreate/bare-2       	 100	 900 ns/op	 10 B/op	 4 allocs/op
BenchmarkCreate/bare-2       	 100	 200 ns/op	 10 B/op	 4 allocs/op
BenchmarkCreate/the_sdk-2    	 100	 250 ns/op	 5 B/op	 4 allocs/op	 64.0 connections
PASS
`
	var out strings.Builder
	if err := report(strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| bare | 1.00 | 200 % | 1.00 | 1.00 | – |\n",
		"| the sdk | 1.25 | 0 % | 0.50 | 1.00 | 64 |\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "Alone") {
		t.Error("a group of one benchmark has no ratio")
	}
}

func TestReportRejectsInvalidNumbers(t *testing.T) {
	t.Parallel()
	if err := report(strings.NewReader("BenchmarkX/a-2 100 fast ns/op\n"), &strings.Builder{}); err == nil {
		t.Error("no error")
	}
}
