package exchange

import (
	"context"
	"net"
	"net/http/httptrace"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// net/http may choose an idle connection although the context is done, and write
// to it before it notices. So the connection of a second write is closed.
func TestSecondWriteIsStopped(t *testing.T) {
	t.Parallel()
	for _, stopped := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		p := &phase{}
		if stopped {
			p.stop = cancel
		}
		trace := httptrace.ContextClientTrace(p.trace(ctx))
		first, peer := net.Pipe()
		trace.GetConn("host:443")
		trace.GotConn(httptrace.GotConnInfo{Conn: first})
		trace.WroteHeaders()
		require.NoError(t, ctx.Err())
		assert.False(t, p.repeated())

		second, peer2 := net.Pipe()
		trace.GetConn("host:443")
		trace.GotConn(httptrace.GotConnInfo{Conn: second})
		assert.Equal(t, stopped, ctx.Err() != nil)
		assert.Equal(t, stopped, isClosed(second))
		assert.False(t, isClosed(first), "the first connection is left alone")
		assert.Equal(t, stopped, p.repeated())
		trace.WroteHeaders()
		assert.True(t, p.repeated())
		for _, c := range []net.Conn{first, second, peer, peer2} {
			_ = c.Close()
		}
		cancel()
	}
}

func isClosed(c net.Conn) bool { return c.SetDeadline(time.Time{}) != nil }
