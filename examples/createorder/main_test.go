package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// outcome is what a run left behind.
type outcome struct {
	code           int
	stdout, stderr string
}

func runWith(ctx context.Context, env map[string]string, stdin string, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	getenv := func(name string) string { return env[name] }
	code := run(ctx, args, getenv, strings.NewReader(stdin), &stdout, &stderr)
	return outcome{code: code, stdout: stdout.String(), stderr: stderr.String()}
}

// environment makes a run talk to a server.
func environment(srv *licensespringtest.Server) map[string]string {
	return map[string]string{envKey: srv.APIKey(), envBaseURL: srv.URL()}
}

func newServer(t *testing.T) *licensespringtest.Server {
	t.Helper()
	return licensespringtest.NewServer(t, licensespringtest.WithPolicies(licensespringtest.Policy{Code: fakePolicy}))
}

func writeFile(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "order.json")
	require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
	return name
}

func TestRunWithoutAnything(t *testing.T) {
	t.Parallel()
	got := runWith(t.Context(), nil, "")

	assert.Equal(t, exitMade, got.code, got.stderr)
	assert.Contains(t, got.stderr, "fake of the service, started at http://127.0.0.1:")
	for _, want := range []string{
		"Order inv-2031-000417: created",
		"ada@example.com · Ada Lovelace · Analytical Engines",
		"key AB2C-D3EF-GH4J-K5MN   perpetual",
		`time-limited 1y  "a key made by the service"`,
		"time-limited until 2032-01-01",
		"time-limited 30d, trial",
		"maintenance for 2y",
		"subscription sub-4711",
		"floating for 5 users",
		"feature render\n",
		"order_channel=webshop, discount=12.5",
		"5 activations, policy team",
		"consumption of 1000 a month",
		"overages up to 250",
		"feature calls (33)",
		"grace@example.com, initial password [redacted]",
		"ada@example.com, manager, initial password [redacted]",
		"-show-passwords prints them",
		"Warnings: none.",
		"create order #1: answered 200",
	} {
		assert.Contains(t, got.stdout, want)
	}
}

// What README.md shows is what is printed, but for what it leaves out.
func TestReadme(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(readme), "go run ./examples/createorder\n")
	_, rest, _ = strings.Cut(rest, "```text\n")
	shown, _, ok := strings.Cut(rest, "```")
	require.True(t, ok)

	stdout := runWith(t.Context(), nil, "").stdout
	for part := range strings.SplitSeq(shown, "   …\n") {
		assert.Contains(t, stdout, part)
	}
}

// What the built-in order claims to be: every kind of license there is.
func TestBuiltInOrder(t *testing.T) {
	t.Parallel()
	order := builtInOrder(products{keyBased: "a", userBased: "b", consumption: "c", policy: "d"})
	assert.Empty(t, order.Check())

	kinds := make(map[licensespring.LicenseType]bool)
	for _, item := range order.Items {
		for i := range item.Licenses {
			kinds[item.Licenses[i].LicenseType] = true
		}
	}
	for _, kind := range []licensespring.LicenseType{
		licensespring.TimeLimited, licensespring.Perpetual, licensespring.Consumption, licensespring.Subscription, "",
	} {
		assert.True(t, kinds[kind], "a license of type %q", kind)
	}
}

func TestShowPasswords(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	got := runWith(t.Context(), environment(srv), "", "-show-passwords")

	require.Equal(t, exitMade, got.code, got.stderr)
	assert.NotContains(t, got.stdout, "[redacted]")
	order, ok := srv.Order("inv-2031-000417")
	require.True(t, ok)
	shown := 0
	for _, l := range order.Licenses() {
		for _, u := range l.Users {
			assert.Contains(t, got.stdout, u.Email)
			assert.Contains(t, got.stdout, "initial password "+u.InitialPassword)
			shown++
		}
	}
	assert.Equal(t, 4, shown)
}

func TestService(t *testing.T) {
	t.Parallel()
	srv := newServer(t)

	got := runWith(t.Context(), environment(srv), "")
	require.Equal(t, exitMade, got.code, got.stderr)
	assert.Contains(t, got.stderr, "Talking to the service at "+srv.URL())
	assert.NotContains(t, got.stdout+got.stderr, srv.APIKey())
	require.Len(t, srv.Orders(), 1)

	again := runWith(t.Context(), environment(srv), "")
	assert.Equal(t, exitRefused, again.code)
	assert.Empty(t, again.stdout)
	assert.Contains(t, again.stderr, "order exists")
	assert.Contains(t, again.stderr, "With -ensure")

	ensured := runWith(t.Context(), environment(srv), "", "-ensure")
	assert.Equal(t, exitMade, ensured.code, ensured.stderr)
	assert.Contains(t, ensured.stdout, "Order inv-2031-000417: existing")

	other := runWith(t.Context(), environment(srv), `{"id": "inv-2031-000417", "items": [
		{"product_code": "acme-cad", "licenses": [{"max_activations": 2}]}]}`, "-ensure", "-f", "-")
	assert.Equal(t, exitRefused, other.code)
	assert.Contains(t, other.stderr, "order conflict")
	assert.Contains(t, other.stderr, "items[0].licenses[0].max_activations: asked for 2, found 1")

	assert.Len(t, srv.Orders(), 1)
}

func TestOtherProducts(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t, licensespringtest.WithProducts(
		licensespringtest.Product{Code: "drill"},
		licensespringtest.Product{Code: "portal", Auth: licensespringtest.UserBased},
		licensespringtest.Product{Code: "meter", LicenseType: "consumption"},
	))

	got := runWith(t.Context(), environment(srv), "")
	assert.Equal(t, exitRefused, got.code)
	assert.Contains(t, got.stderr, "unknown_product")
	assert.Contains(t, got.stderr, "Name yours with -key-product")

	got = runWith(t.Context(), environment(srv), "",
		"-key-product", "drill", "-user-product", "portal", "-consumption-product", "meter")
	assert.Equal(t, exitMade, got.code, got.stderr)
	// No such product has the features asked for: that is said, and no failure.
	assert.Contains(t, got.stdout, "[feature_dropped]")
	assert.NotContains(t, got.stdout, "policy")
}

func TestFile(t *testing.T) {
	t.Parallel()
	sample, err := os.ReadFile("order.json")
	require.NoError(t, err)
	var order licensespring.Order
	require.NoError(t, json.Unmarshal(sample, &order))
	assert.Empty(t, order.Check())

	for name, args := range map[string][]string{
		"file":            {"-f", "order.json"},
		"standard input":  {"-f", "-"},
		"current dialect": {"-f", "order.json", "-dialect", "current"},
		"ensured":         {"-f", "order.json", "-ensure"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := runWith(t.Context(), nil, string(sample), args...)
			assert.Equal(t, exitMade, got.code, got.stderr)
			assert.Contains(t, got.stdout, "Order inv-2031-000418: created")
			assert.Contains(t, got.stdout, "key PQ2R-S3TU-VW4X-Y5ZA")
			assert.Contains(t, got.stdout, "Warnings: none.")
		})
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	_, errOpen := os.Open("no-such-file.json") // said in another way by each system
	rows := map[string]struct {
		args  []string
		env   map[string]string
		stdin string
		want  []string // lines of standard error
	}{
		"wrong types, all at once": {
			args: []string{"-f", "-"},
			stdin: `{"id": 1, "is_test": "yes", "items": [
				{"product_code": "acme-cad", "licenses": [{"valid_duration": "1w"}]}]}`,
			want: []string{
				"fault: id: want a string [wrong_type]",
				"fault: items[0].licenses[0].valid_duration: duration has an unknown unit: want y, m (months), d, h or min [invalid_duration]",
				"fault: is_test: want true or false [wrong_type]",
			},
		},
		"wrong orders, all at once, with warnings": {
			args: []string{"-f", "-"},
			stdin: `{"order_type": "express", "items": [
				{"product_code": "acme-cad", "licenses": [{"license_type": "perpetual", "valid_duration": "1y"}]}]}`,
			want: []string{
				"fault: id: is required [required]",
				"fault: items[0].licenses[0].valid_duration: does not apply to a perpetual license [duration_on_perpetual]",
				"warning: order_type: is not the known type, which is normal [unknown_value]",
			},
		},
		"no json": {
			args:  []string{"-f", "-"},
			stdin: "{\n  \"id\": \"a\",\n}",
			want:  []string{"standard input:3: invalid character '}' looking for beginning of object key string"},
		},
		"too much": {
			args:  []string{"-f", "-"},
			stdin: strings.Repeat(" ", maxFile+1),
			want:  []string{"standard input: is larger than 16777216 bytes"},
		},
		"no file": {
			args: []string{"-f", "no-such-file.json"},
			want: []string{errOpen.Error()},
		},
		"unknown flag": {
			args: []string{"-frobnicate"},
			want: []string{"flag provided but not defined: -frobnicate", "With -h it says which flags there are."},
		},
		"unknown dialect": {
			args: []string{"-dialect", "klingon"},
			want: []string{
				`invalid value "klingon" for flag -dialect: want page or current`,
				"With -h it says which flags there are.",
			},
		},
		"stray argument": {
			args: []string{"order.json"},
			want: []string{`Unexpected argument "order.json": an order's file is named with -f.`},
		},
		"address without a key": {
			env: map[string]string{envBaseURL: "https://example.com"},
			want: []string{
				"LICENSESPRING_BASE_URL is set and LICENSESPRING_MANAGEMENT_KEY is not: there is no key to talk to that service with.",
			},
		},
		"wrong key and address, at once": {
			env: map[string]string{envKey: "secret\n", envBaseURL: "http://example.com"},
			want: []string{
				"fault: api_key: has space or a line break around it [option]",
				"fault: base_url: must be https, for the management key goes with each request; http is for this machine only [option]",
			},
		},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := runWith(t.Context(), row.env, row.stdin, row.args...)
			assert.Equal(t, exitUsage, got.code)
			assert.Empty(t, got.stdout)
			assert.Equal(t, row.want, strings.Split(strings.TrimSpace(got.stderr), "\n"))
		})
	}
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	file := writeFile(t, `{"id": "inv-1", "order_type": "express", "items": [
		{"product_code": "acme-api", "licenses": [{"license_type": "consumption", "reset_consumption": true, "consumption_period": "month"}]}]}`)

	got := runWith(t.Context(), environment(srv), "", "-dry-run", "-f", file)
	assert.Equal(t, exitMade, got.code, got.stderr)
	assert.Equal(t, "Dry run: nothing is sent.\n", got.stderr)
	assert.Equal(t, "POST "+srv.URL()+`/api/v1/orders/create_order/
Accept: application/json
Authorization: Api-Key [redacted]
Content-Type: application/json
User-Agent: createorder-example licensespring-go/`+version(t)+`

{
  "id": "inv-1",
  "items": [
    {
      "product_code": "acme-api",
      "licenses": [
        {
          "license_type": "consumption",
          "reset_consumption": true,
          "consumption_period": "month"
        }
      ]
    }
  ],
  "order_type": "express"
}

173 bytes, as sent without the indentation.
Findings:
warning: order_type: is not the known type, which is normal [unknown_value]
`, got.stdout)
	assert.Empty(t, srv.Requests())

	current := runWith(t.Context(), environment(srv), "", "-dry-run", "-f", file, "-dialect", "current")
	assert.Contains(t, current.stdout, `"consumption_period": "monthly"`)

	builtIn := runWith(t.Context(), nil, "", "-dry-run")
	assert.Equal(t, exitMade, builtIn.code)
	assert.Contains(t, builtIn.stdout, "POST "+licensespring.DefaultBaseURL+"/api/v1/orders/create_order/\n")
	assert.Contains(t, builtIn.stdout, "\nFindings: none.\n")
	assert.NotContains(t, builtIn.stdout, licensespringtest.DefaultAPIKey)

	faulty := runWith(t.Context(), nil, `{"id": "inv-1"}`, "-dry-run", "-f", "-")
	assert.Equal(t, exitUsage, faulty.code)
	assert.Empty(t, faulty.stdout)
	assert.Equal(t, "fault: items: an order needs at least one item [required]\n", faulty.stderr)
}

// version is the SDK's, as it says itself.
func version(t *testing.T) string {
	t.Helper()
	client, err := licensespring.New("key")
	require.NoError(t, err)
	preview, err := client.Preview(licensespring.NewOrder("a").AddItem("b", licensespring.NewLicense()))
	require.NoError(t, err)
	return strings.TrimPrefix(preview.Header.Get("User-Agent"), "licensespring-go/")
}

func TestHelp(t *testing.T) {
	t.Parallel()
	got := runWith(t.Context(), nil, "", "-h")
	assert.Equal(t, exitMade, got.code)
	assert.Empty(t, got.stderr)
	for _, want := range []string{envKey, envBaseURL, "-dry-run", "-f file", "Exit codes"} {
		assert.Contains(t, got.stdout, want)
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	// A port on which nobody listens any more.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()

	got := runWith(ctx, map[string]string{envKey: "key", envBaseURL: "http://" + l.Addr().String()}, "")
	assert.Equal(t, exitNotSent, got.code)
	assert.Empty(t, got.stdout)
	assert.Contains(t, got.stderr, "connection refused")
	assert.Contains(t, got.stderr, "nothing was made")
}

func TestUnauthorized(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	env := environment(srv)
	env[envKey] = "not-the-key"

	got := runWith(t.Context(), env, "")
	assert.Equal(t, exitRefused, got.code)
	assert.Contains(t, got.stderr, "not authorized")
	assert.Contains(t, got.stderr, "Nothing was made.")
	assert.NotContains(t, got.stderr, "not-the-key")
}

// The answer never comes, and the person at the terminal gives up.
func TestUnknown(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.Inject(licensespringtest.StallAfter().On(licensespringtest.CreateOrder))
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()

	got := runWith(ctx, environment(srv), "")
	assert.Equal(t, exitUnknown, got.code)
	assert.Contains(t, got.stderr, "may or may not have been made")
	require.Len(t, srv.Orders(), 1)

	got = runWith(t.Context(), environment(srv), "", "-ensure")
	assert.Equal(t, exitMade, got.code, got.stderr)
	assert.Contains(t, got.stdout, ": existing")
	assert.Len(t, srv.Orders(), 1)
}

// An answer in the old form shows no licenses: that is said.
func TestOldForm(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t, licensespringtest.WithLegacyResponse(),
		licensespringtest.WithPolicies(licensespringtest.Policy{Code: fakePolicy}))

	got := runWith(t.Context(), environment(srv), "")
	assert.Equal(t, exitMade, got.code, got.stderr)
	assert.Contains(t, got.stdout, "new users\n  grace@example.com, initial password [redacted]")
	assert.Contains(t, got.stdout, "[no_licenses_shown]")
}

func TestOutputCannotBeWritten(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	code := run(t.Context(), nil, func(string) string { return "" }, nil, brokenPipe{}, &stderr)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, stderr.String(), "could not be written")
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }
