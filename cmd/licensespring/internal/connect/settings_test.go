package connect

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

func TestIsLocal(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"http://127.0.0.1:80": true, "https://127.0.0.1/": true, "http://localhost:80": true, "http://[::1]:80": true,
		"": false, "http://:80": false, "http://0.0.0.0:80": false, "https://example.com": false, "http://192.168.1.1": false,
		"http://[::]:80": false, "localhost": false, "http://localhost.example.com": false, "://": false,
	} {
		assert.Equal(t, want, IsLocal(address), address)
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	var r RateLimit
	assert.Empty(t, r.String())
	for text, want := range map[string]licensespring.RateLimit{
		"free": licensespring.RateLimitFree, "enterprise": licensespring.RateLimitEnterprise, "none": licensespring.NoRateLimit, "300": 300,
	} {
		require.NoError(t, r.Set(text))
		assert.Equal(t, want, r.Limit)
		assert.Equal(t, text, r.String())
	}
	for _, text := range []string{"", "gold", "0", "-1", "1.5"} {
		require.Error(t, r.Set(text), text)
	}
}

// Only a fake on this machine has no rate limit.
func TestNoRateLimit(t *testing.T) {
	t.Parallel()
	s := Settings{Getenv: func(name string) string {
		if name == EnvKey {
			return "FAKEFAKE.key"
		}
		return ""
	}}
	require.NoError(t, s.RateLimit.Set("none"))
	_, err := s.Client()
	require.ErrorContains(t, err, "only a fake on this machine has no rate limit")
	assert.Equal(t, exit.Usage, exit.Code(err))
	s.BaseURL = "http://127.0.0.1:8080"
	_, err = s.Client()
	require.NoError(t, err)
	s.BaseURL = "http://example.com"
	s.RateLimit = RateLimit{}
	_, err = s.Client()
	require.Error(t, err, "an address without TLS")
	assert.Equal(t, exit.Usage, exit.Code(err))
}
