package main

import (
	"bytes"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// variable matches the waits, which differ between runs.
var variable = regexp.MustCompile(`after [0-9.]+(µs|ms|s)`)

func TestRun(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	assert.Equal(t, `The first payment creates order sub_417-first: created

A payment extends the license; the response is lost: changed
    get license #1: responded 200, ok
    update license #1: sent, connection closed, read back …
    get license #2: responded 200, ok
  enabled true, until 2031-07-08, 2 devices, features render

The same event is delivered again: unchanged
    get license #1: responded 200, ok
  enabled true, until 2031-07-08, 2 devices, features render

A payment fails for good: suspend: changed
    get license #1: responded 200, ok
    disable license #1: responded 200, ok
    get license #2: responded 200, ok
  enabled false, until 2031-07-08, 2 devices, features render

The payment is recovered: reinstate and extend: changed
    get license #1: responded 200, ok
    update license #1: responded 200, ok
    enable license #1: responded 200, ok
    get license #2: responded 200, ok
  enabled true, until 2031-08-08, 2 devices, features render

The customer changes to the larger plan: changed
    get license #1: responded 200, ok
    update license #1: responded 200, ok
    update features #1: responded 200, ok
  enabled true, until 2031-08-08, 10 devices, features render export
`, variable.ReplaceAllString(out.String(), "…"))
}
