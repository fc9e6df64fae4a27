package licensespring_test

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

// crashes are programs that panic in the caller's code during a call, or with a
// value of this package.
var crashes = map[string]func(t *testing.T){
	"transport": func(t *testing.T) {
		crashingCall(t, licensespring.WithHTTPClient(&http.Client{Transport: canaryTrip(func(*http.Request) (*http.Response, error) { panic("the transport") })}))
	},
	"body": func(t *testing.T) {
		crashingCall(t, licensespring.WithHTTPClient(&http.Client{Transport: canaryTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(panickingReader{}), Request: r}, nil
		})}))
	},
	"jitter": func(t *testing.T) { crashingCall(t, licensespring.WithJitter(func() float64 { panic("the jitter") })) },
	"bulk": func(t *testing.T) {
		client := canaryClient(t, canaryResponse, licensespring.WithJitter(func() float64 { panic("the jitter") }), failingResponses())
		for range client.EnsureOrders(t.Context(), func(yield func(*licensespring.Order) bool) { yield(canaryOrder("bird-1")) }) {
			panic("not reached")
		}
	},
	"error": func(t *testing.T) {
		rejected, _ := canaryErrors(t)
		panic(rejected)
	},
	"client": func(t *testing.T) { panic(canaryClient(t, canaryResponse)) },
	"secret": func(*testing.T) { panic(licensespring.NewSecret(canaryPassword)) },
	"record": func(t *testing.T) {
		result, err := canaryClient(t, canaryResponse).CreateOrder(t.Context(), canaryOrder("bird-1"))
		require.NoError(t, err)
		panic(*result.Order)
	},
}

// crashingCall creates an order, which panics.
func crashingCall(t *testing.T, option licensespring.Option) {
	t.Helper()
	client := canaryClient(t, canaryResponse, failingResponses(), option)
	_, _ = client.CreateOrder(t.Context(), canaryOrder("bird-1"))
}

// failingResponses makes every response one that is retried.
func failingResponses() licensespring.Option {
	return licensespring.WithHTTPClient(&http.Client{Transport: canaryTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusServiceUnavailable, Body: http.NoBody, Request: r}, nil
	})})
}

type panickingReader struct{}

func (panickingReader) Read([]byte) (int, error) { panic("the body") }

const crashEnv = "LICENSESPRING_TEST_CRASH"

// TestCanariesInCrash runs programs that crash with the most detailed
// traceback and checks what they print.
func TestCanariesInCrash(t *testing.T) {
	t.Parallel()
	if crash := crashes[os.Getenv(crashEnv)]; crash != nil {
		done := make(chan struct{})
		go func() { // not on the test's goroutine, which recovers panics to report them
			crash(t)
			close(done) // not deferred: that would end the program before it crashes
		}()
		<-done
		return
	}
	program, err := os.Executable()
	require.NoError(t, err)
	for name := range crashes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), program, "-test.run=^TestCanariesInCrash$")
			cmd.Env = append(os.Environ(), crashEnv+"="+name, "GOTRACEBACK=system")
			out, err := cmd.CombinedOutput()
			require.Error(t, err, "it did not crash: %s", out)
			printed := string(out)
			assert.Contains(t, printed, "panic: ")
			assert.Contains(t, printed, "goroutine ")
			// Names of functions and files are not data of the request.
			printed = strings.NewReplacer("canaryClient", "", "canaryOrder", "", "canaryError", "", "canaryTrip", "", "canary_", "", "Canaries", "").Replace(printed)
			assertNoCanary(t, "the crash", printed)
		})
	}
}

// TestClientSurvivesPanic: a panic of the caller's code reaches the caller,
// who may recover it, and the client remains usable.
func TestClientSurvivesPanic(t *testing.T) {
	t.Parallel()
	first := true
	client := canaryClient(t, canaryResponse, licensespring.WithHTTPClient(&http.Client{Transport: canaryTrip(func(r *http.Request) (*http.Response, error) {
		if first {
			first = false
			panic("the transport")
		}
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(canaryResponse)), Request: r}, nil
	})}))
	assert.PanicsWithValue(t, "the transport", func() { _, _ = client.CreateOrder(t.Context(), canaryOrder("bird-1")) })
	result, err := client.CreateOrder(t.Context(), canaryOrder("bird-1"))
	require.NoError(t, err)
	assert.Equal(t, licensespring.OutcomeCreated, result.Outcome)
}
