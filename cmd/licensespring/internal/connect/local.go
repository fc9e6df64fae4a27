package connect

import (
	"net"
	"net/url"
)

// IsLocal reports whether a URL names this machine, where only a fake is expected.
func IsLocal(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())
}
