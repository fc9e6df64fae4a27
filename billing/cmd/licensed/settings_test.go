package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestInvalidSettings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		args string
		env  []string
		want string // all errors, or empty
	}{
		{"none", "", nil, ""},
		{"complete", "-store d", []string{"LICENSESPRING_MANAGEMENT_KEY", "k", "STRIPE_WEBHOOK_SECRET", "w"}, ""},
		{
			"missing key must not select the fake", "-store d", nil,
			"LICENSESPRING_MANAGEMENT_KEY is not set (use -fake for a fake of the service)\nSTRIPE_WEBHOOK_SECRET is not set",
		},
		{
			"missing key with a Stripe secret", "",
			[]string{"STRIPE_WEBHOOK_SECRET", "w"},
			"LICENSESPRING_MANAGEMENT_KEY is not set (use -fake for a fake of the service)\nset -store or -nats: the queue must survive the process",
		},
		{
			"key without a store", "",
			[]string{"LICENSESPRING_MANAGEMENT_KEY", "k", "STRIPE_WEBHOOK_SECRET", "w"},
			"set -store or -nats: the queue must survive the process",
		},
		{"fake with a key", "-fake", []string{"LICENSESPRING_MANAGEMENT_KEY", "k"}, "-fake cannot be combined with LICENSESPRING_MANAGEMENT_KEY"},
		{"two queues", "-fake -store d -nats nats://h", nil, "-store cannot be combined with -nats"},
		{"demo on the real service", "-demo -store d", []string{"LICENSESPRING_MANAGEMENT_KEY", "k", "STRIPE_WEBHOOK_SECRET", "w"}, "-demo requires the fake"},
		{"exit without demo", "-exit", nil, "-exit requires -demo"},
		{"credentials without a cluster", "-fake -nats-creds f", nil, "-nats-creds requires -nats"},
		{"replicas of an embedded queue", "-fake -replicas 3", nil, "-replicas requires -nats"},
		{
			"encryption key with a cluster", "-fake -nats nats://h",
			[]string{"LICENSED_STORE_KEY", "k"},
			"LICENSED_STORE_KEY cannot be combined with -nats: it encrypts an embedded queue",
		},
		{"no workers", "-workers 0 -grace -1s", nil, "-workers must be from 1 to 1000\n-grace must not be negative"},
		{"negative rate limit", "-rate-limit -5", nil, "-rate-limit must not be negative"},
		{"public admin port without a token", "-admin :8081", nil, "-admin requires LICENSED_ADMIN_TOKEN unless the address is loopback"},
		{"public admin port with a token", "-admin 0.0.0.0:8081", []string{"LICENSED_ADMIN_TOKEN", "t"}, ""},
		{"invalid variable", "", []string{"LICENSED_WORKERS", "many"}, `LICENSED_WORKERS: parse error`},
		{
			"all unreadable values at once", "now",
			[]string{
				"LICENSED_WORKERS", "many", "STRIPE_API_KEY", "a", "STRIPE_API_KEY_FILE", "b",
				"LICENSED_ADMIN_TOKEN", "a", "LICENSED_ADMIN_TOKEN_FILE", "b",
			},
			"LICENSED_WORKERS: parse error\nunexpected argument \"now\"\n" +
				"STRIPE_API_KEY and STRIPE_API_KEY_FILE are both set\nLICENSED_ADMIN_TOKEN and LICENSED_ADMIN_TOKEN_FILE are both set",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := newSettings(strings.Fields(tt.args), env(tt.env...), &output{})
			if tt.want == "" {
				assert.NoError(t, err)
				return
			}
			assert.EqualError(t, err, tt.want)
		})
	}
}

func TestSettingsFromEnvironment(t *testing.T) {
	t.Parallel()
	vars := env("LICENSED_STORE", "there", "LICENSED_GRACE", "3s", "LICENSED_RENEWALS", "true", "LICENSED_RATE_LIMIT", "2400",
		"LICENSESPRING_MANAGEMENT_KEY", "k", "STRIPE_WEBHOOK_SECRET", "w")
	s, err := newSettings([]string{"-grace", "4s"}, vars, &output{})
	require.NoError(t, err)
	assert.Equal(t, "there", s.store)
	assert.Equal(t, 4*time.Second, s.grace, "flags have precedence")
	assert.False(t, s.fake)
	assert.Equal(t, 1200, s.requestsPerMinute(), "the limit per address")
	s.rateLimit = 300
	assert.Equal(t, 300, s.requestsPerMinute())
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(name, []byte("from-a-file\r\n"), 0o600))
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, []byte("\n"), 0o600))

	s, err := readSecrets(env("STRIPE_API_KEY_FILE", name, "STRIPE_WEBHOOK_SECRET", "from-a-variable"))
	require.NoError(t, err)
	assert.Equal(t, "from-a-file", s.stripeKey.Reveal())
	assert.Equal(t, "from-a-variable", s.webhookSecret.Reveal())
	assert.True(t, s.adminToken.IsZero())

	// Several endpoints, or a rotation.
	for text, want := range map[string]int{"whsec_a": 1, "whsec_a, whsec_b": 2, "whsec_a\nwhsec_b\n\nwhsec_c": 3} {
		require.NoError(t, os.WriteFile(empty, []byte(text+"\n"), 0o600))
		s, err := readSecrets(env("STRIPE_WEBHOOK_SECRET_FILE", empty))
		require.NoError(t, err)
		require.Len(t, s.webhookSecrets(), want)
		assert.Equal(t, "whsec_a", s.webhookSecrets()[0].Reveal())
	}
	require.NoError(t, os.WriteFile(empty, []byte("\n"), 0o600))

	_, err = readSecrets(env("STRIPE_API_KEY_FILE", name, "STRIPE_API_KEY", "hush"))
	require.EqualError(t, err, "STRIPE_API_KEY and STRIPE_API_KEY_FILE are both set")
	_, err = readSecrets(env("STRIPE_API_KEY_FILE", empty))
	require.EqualError(t, err, "STRIPE_API_KEY_FILE: the file is empty")
	_, err = readSecrets(env("STRIPE_API_KEY_FILE", name+"-not"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// Secrets are the same from every editor. A message contains no part of a file.
func TestSecretFileEncodings(t *testing.T) {
	t.Parallel()
	const secret = "sk_ünïcode"
	name := filepath.Join(t.TempDir(), "key")
	for encoding, encode := range encodings {
		for _, end := range []string{"", "\n", "\r\n", "\r", "\n\n"} {
			require.NoError(t, os.WriteFile(name, encode(secret+end), 0o600))
			for _, variable := range []string{"STRIPE_API_KEY", "LICENSED_STORE_KEY"} {
				value, err := readSecret(env(variable+"_FILE", name+"\r"), variable)
				require.NoError(t, err, encoding)
				assert.Equal(t, secret, value.Reveal(), encoding)
			}
		}
	}
	for text, want := range map[string]string{
		"sk_\xff\n":            "STRIPE_API_KEY_FILE: the text is not valid UTF-8: save the file as UTF-8",
		"s\x00k\x00":           "STRIPE_API_KEY_FILE: the text is UTF-32, or UTF-16 without a byte order mark: save the file as UTF-8",
		"\xff\xfes\x00k":       "STRIPE_API_KEY_FILE: the text is not valid UTF-16: save the file as UTF-8",
		"\xef\xbb\xbf\n":       "STRIPE_API_KEY_FILE: the file is empty",
		"sk_one\nsk_two\n":     "STRIPE_API_KEY_FILE: the file has more than one line",
		"sk_one\r\nsk_two\r\n": "STRIPE_API_KEY_FILE: the file has more than one line",
	} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		_, err := readSecret(env("STRIPE_API_KEY_FILE", name), "STRIPE_API_KEY")
		require.EqualError(t, err, want)
	}

	// An encryption key may be random bytes, or have several lines.
	for _, key := range []string{"\x00\x01\xff", "\xff\xfe\x00\xd8", "one\ntwo"} {
		require.NoError(t, os.WriteFile(name, []byte(key+"\n"), 0o600))
		value, err := readSecret(env("LICENSED_STORE_KEY_FILE", name), "LICENSED_STORE_KEY")
		require.NoError(t, err)
		assert.Equal(t, key, value.Reveal())
	}
}

// A file of variables may have CRLF line ends.
func TestVariablesWithLineBreaks(t *testing.T) {
	t.Parallel()
	s, err := newSettings(nil, env("LICENSED_STORE", "there\r", "LICENSED_WORKERS", "4\r", "LICENSED_RENEWALS", "true\r",
		"LICENSED_NAME", "\r", "LICENSESPRING_MANAGEMENT_KEY", "k\r", "STRIPE_WEBHOOK_SECRET", "w\r\n"), &output{})
	require.NoError(t, err)
	assert.Equal(t, "there", s.store)
	assert.Equal(t, 4, s.workers)
	assert.Empty(t, s.name)
	assert.Equal(t, "k", s.managementKey.Reveal())
	assert.Equal(t, "w", s.webhookSecret.Reveal())
}

func TestCredentialsFile(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "creds")
	for encoding, encode := range encodings {
		require.NoError(t, os.WriteFile(name, encode("-----BEGIN NATS USER JWT-----\r\n"), 0o600))
		err := checkCredentials(name)
		if strings.HasPrefix(encoding, "UTF-16") {
			require.EqualError(t, err, "-nats-creds: the text is UTF-16: save the file as UTF-8")
			continue
		}
		require.NoError(t, err, encoding)
	}
	require.ErrorIs(t, checkCredentials(name+"-not"), os.ErrNotExist)
}

func TestIsLoopback(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"127.0.0.1:80": true, "localhost:80": true, "[::1]:80": true, "127.9.9.9": true, "localhost": true,
		":80": false, "0.0.0.0:80": false, "[::]:80": false, "10.0.0.1:80": false, "evil.example:80": false,
		"localhost.evil.example:80": false, "127.0.0.1.evil.example": false, "": false,
	} {
		assert.Equal(t, want, isLoopback(address), address)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	var stdout, stderr output
	assert.Equal(t, exitOK, run(t.Context(), []string{"version"}, env(), &stdout, &stderr))
	assert.Regexp(t, `^licensed \S+ go1\.\d+`, stdout.String())
}
