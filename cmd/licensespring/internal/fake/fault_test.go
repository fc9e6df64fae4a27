package fake

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseFault(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"drop-connection":                                 "DropConnection()",
		"drop-before,on=create_order":                     "DropBefore()",
		"drop-after,on=create_order+list_orders,times=2":  "DropAfter()",
		"drop-after,reset=true,nth=3":                     "DropAfter()",
		"cut-request,bytes=20":                            "CutRequest(20)",
		"cut-response,bytes=300,forever=true":             "CutResponse(300)",
		"delay-before,duration=1.5s":                      "DelayBefore(1.5s)",
		"delay-after,duration=1m":                         "DelayAfter(1m0s)",
		"delayed-apply,duration=1s":                       "DelayedApply(1s)",
		"invisible,duration=50ms,on=create_order":         "InvisibleFor(50ms)",
		"stall-before,probability=0.5":                    "StallBefore()",
		"stall-after":                                     "StallAfter()",
		"slow,bytes=10,duration=1ms":                      "SlowDrip(10, 1ms)",
		"huge-body,bytes=1000":                            "HugeBody(1000)",
		"gzip-bomb,bytes=1000":                            "GzipBomb(1000)",
		"content-type,content_type=text/html":             "WrongContentType(text/html)",
		"redirect,status=302,location=https://x.example/": "Redirect(302, https://x.example/)",
		"status,status=503":                               "Status(503)",
		"status,status=502,stored=true,content_type=text/html,body=<h1>502</h1>": "Status(502, Stored())",
	} {
		fault, err := ParseFault(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, fault.String(), text)
	}
	assert.Len(t, Kinds(), 17)
	assert.Len(t, Endpoints(), 18)
}

func TestParseFaultErrors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                "unknown kind of fault",
		"explode":                         "unknown kind of fault",
		"drop-after,status=3":             "drop-after: status does not apply",
		"cut-request":                     "cut-request: bytes is required",
		"cut-request,bytes=x":             "bytes: want a whole number",
		"cut-request,bytes=-1":            "want positive numbers",
		"delay-after,duration=1":          "want a duration such as 1.5s",
		"drop-after,on=orders":            `unknown endpoint "orders"`,
		"drop-after,forever=true,nth=-1":  "want positive numbers",
		"drop-after,forever=true,times=1": "forever and times: use one of them",
		"drop-after,probability=2":        "probability: want a number from 0 to 1",
		"status,status=42":                "status: want a number from 200 to 599",
		"redirect,status=200,location=x":  "status: want a number from 300 to 399",
		"drop-after,when=now":             "when: unknown name",
		"drop-after,nth":                  `"nth": want name=value`,
	} {
		_, err := ParseFault(text)
		assert.ErrorContains(t, err, want, text)
	}
}

func TestFaultJSON(t *testing.T) {
	t.Parallel()
	faults, err := readFaults(strings.NewReader(`[{"kind": "drop-after", "on": ["create_order"]},
		{"kind": "status", "status": 429, "headers": {"Retry-After": "1"}, "body": "{}"}]`))
	require.NoError(t, err)
	assert.Len(t, faults, 2)
	for _, body := range []string{"", "{", `{"kind": "drop-after", "when": 1}`, `{"kind": "drop-after", "on": [1]}`, `[{"kind": "status"}]`} {
		_, err := readFaults(strings.NewReader(body))
		require.Error(t, err, body)
	}
}

// Each kind is one of the help.
func TestHelpOfFaults(t *testing.T) {
	t.Parallel()
	help := NewCommand(nil).Long
	for _, name := range append(Kinds(), Endpoints()...) {
		assert.Contains(t, help, name)
	}
	document, err := json.Marshal(Fault{Kind: "status"})
	require.NoError(t, err)
	assert.JSONEq(t, `{"kind":"status"}`, string(document))
}
