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

func TestSettingsFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		args string
		env  []string
		want string // all faults, "" for none
	}{
		{"nothing at all", "", nil, ""},
		{"all there", "-store d", []string{"LICENSESPRING_MANAGEMENT_KEY", "k", "STRIPE_WEBHOOK_SECRET", "w"}, ""},
		{
			"no key must not mean the fake", "-store d", nil,
			"LICENSESPRING_MANAGEMENT_KEY is not set (for a fake of the service give -fake)\nSTRIPE_WEBHOOK_SECRET is not set",
		},
		{
			"nor beside a secret of stripe's", "",
			[]string{"STRIPE_WEBHOOK_SECRET", "w"},
			"LICENSESPRING_MANAGEMENT_KEY is not set (for a fake of the service give -fake)\ngive -store or -nats: the queue must outlive the process",
		},
		{
			"a key and no store", "",
			[]string{"LICENSESPRING_MANAGEMENT_KEY", "k", "STRIPE_WEBHOOK_SECRET", "w"},
			"give -store or -nats: the queue must outlive the process",
		},
		{"fake with a key", "-fake", []string{"LICENSESPRING_MANAGEMENT_KEY", "k"}, "-fake, and LICENSESPRING_MANAGEMENT_KEY is set"},
		{"two queues", "-fake -store d -nats nats://h", nil, "-store and -nats exclude each other"},
		{"demo on the real service", "-demo -store d", []string{"LICENSESPRING_MANAGEMENT_KEY", "k", "STRIPE_WEBHOOK_SECRET", "w"}, "-demo is for the fake only"},
		{"exit alone", "-exit", nil, "-exit goes with -demo"},
		{"credentials for no cluster", "-fake -nats-creds f", nil, "-nats-creds goes with -nats"},
		{"replicas of an embedded queue", "-fake -replicas 3", nil, "-replicas goes with -nats"},
		{
			"a key that would encrypt nothing", "-fake -nats nats://h",
			[]string{"LICENSED_STORE_KEY", "k"},
			"LICENSED_STORE_KEY encrypts an embedded queue, and -nats is another",
		},
		{"no workers", "-workers 0 -grace -1s", nil, "-workers must be from 1 to 1000\n-grace must not be negative"},
		{"negative plan", "-plan -5", nil, "-plan must not be negative"},
		{"status for the world", "-admin :8081", nil, "-admin is not on the loopback interface, and LICENSED_ADMIN_TOKEN is not set"},
		{"status for who knows the token", "-admin 0.0.0.0:8081", []string{"LICENSED_ADMIN_TOKEN", "t"}, ""},
		{"a bad variable", "", []string{"LICENSED_WORKERS", "many"}, `LICENSED_WORKERS: parse error`},
		{
			"all that cannot be read, at once", "now",
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

func TestSettingsFromTheEnvironment(t *testing.T) {
	t.Parallel()
	vars := env("LICENSED_STORE", "there", "LICENSED_GRACE", "3s", "LICENSED_RENEWALS", "true", "LICENSED_PLAN", "2400",
		"LICENSESPRING_MANAGEMENT_KEY", "k", "STRIPE_WEBHOOK_SECRET", "w")
	s, err := newSettings([]string{"-grace", "4s"}, vars, &output{})
	require.NoError(t, err)
	assert.Equal(t, "there", s.store)
	assert.Equal(t, 4*time.Second, s.grace, "the command line wins")
	assert.True(t, s.renewals)
	assert.False(t, s.fake)
	assert.Equal(t, 1200, s.perMinute(), "what one address may do")
	s.plan = 300
	assert.Equal(t, 300, s.perMinute())
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

	_, err = readSecrets(env("STRIPE_API_KEY_FILE", name, "STRIPE_API_KEY", "hush"))
	require.EqualError(t, err, "STRIPE_API_KEY and STRIPE_API_KEY_FILE are both set")
	_, err = readSecrets(env("STRIPE_API_KEY_FILE", empty))
	require.EqualError(t, err, "STRIPE_API_KEY_FILE: the file is empty")
	_, err = readSecrets(env("STRIPE_API_KEY_FILE", name+"-not"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestLoopback(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"127.0.0.1:80": true, "localhost:80": true, "[::1]:80": true, "127.9.9.9": true, "localhost": true,
		":80": false, "0.0.0.0:80": false, "[::]:80": false, "10.0.0.1:80": false, "evil.example:80": false,
		"localhost.evil.example:80": false, "127.0.0.1.evil.example": false, "": false,
	} {
		assert.Equal(t, want, loopback(address), address)
	}
}
