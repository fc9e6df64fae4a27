package licensespringtest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// dialPair dials a network and returns both ends of the connection.
func dialPair(t *testing.T, n *lst.Network) (client, server net.Conn) {
	t.Helper()
	l := n.Listener()
	client, err := n.DialContext(t.Context(), "tcp", "anywhere:443")
	require.NoError(t, err)
	server, err = l.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { client.Close(); server.Close() })

	return client, server
}

func mustWrite(t *testing.T, c net.Conn, s string) {
	t.Helper()
	n, err := io.WriteString(c, s)
	require.NoError(t, err)
	require.Equal(t, len(s), n)
}

// read reads until n bytes or an error.
func read(c net.Conn, n int) (string, error) {
	b := make([]byte, n)
	got, err := io.ReadFull(c, b)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}

	return string(b[:got]), err
}

func TestNetwork_buffersAndEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := dialPair(t, lst.NewNetwork())
		mustWrite(t, client, "hello ") // No reader yet.
		mustWrite(t, client, "there")
		got, err := read(server, 11)
		require.NoError(t, err)
		assert.Equal(t, "hello there", got)

		mustWrite(t, server, "bye")
		require.NoError(t, server.Close())
		got, err = read(client, 10)
		assert.Equal(t, "bye", got, "what was written before Close arrives")
		require.ErrorIs(t, err, io.EOF)

		_, err = io.WriteString(client, "x")
		require.NoError(t, err, "the first write to a closed peer succeeds")
		_, err = io.WriteString(client, "x")
		require.ErrorIs(t, err, syscall.EPIPE)
		_, err = read(client, 1)
		require.ErrorIs(t, err, syscall.ECONNRESET)

		require.NoError(t, client.Close())
		require.ErrorIs(t, client.Close(), net.ErrClosed)
		_, err = client.Read(make([]byte, 1))
		require.ErrorIs(t, err, net.ErrClosed)
		_, err = client.Write([]byte("x"))
		require.ErrorIs(t, err, net.ErrClosed)
	})
}

func TestNetwork_closeWithUnreadResets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := dialPair(t, lst.NewNetwork())
		mustWrite(t, client, "unread")
		mustWrite(t, server, "response")
		require.NoError(t, server.Close())
		_, err := read(client, 1)
		require.ErrorIs(t, err, syscall.ECONNRESET, "a reset discards data that had arrived")
		_, err = client.Write([]byte("x"))
		require.ErrorIs(t, err, syscall.ECONNRESET)
	})
}

func TestNetwork_closeWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := dialPair(t, lst.NewNetwork())
		half, ok := client.(interface{ CloseWrite() error })
		require.True(t, ok)
		require.NoError(t, half.CloseWrite())
		require.NoError(t, half.CloseWrite())
		_, err := read(server, 1)
		require.ErrorIs(t, err, io.EOF)
		mustWrite(t, server, "still")
		got, err := read(client, 5)
		require.NoError(t, err)
		assert.Equal(t, "still", got)
	})
}

func TestNetwork_cut(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		at       int64
		reset    bool
		arrives  string
		writeErr error
		readErr  error
	}{
		{"at once", 0, false, "", syscall.ECONNRESET, io.EOF},
		{"inside a write", 3, false, "req", syscall.ECONNRESET, io.EOF},
		{"inside a write, as a reset", 3, true, "req", syscall.ECONNRESET, syscall.ECONNRESET},
		{"at the end of a write, which succeeds", 7, false, "request", nil, io.EOF},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := lst.NewNetwork()
				line := n.Line(1).CutAfter(lst.ToServer, tt.at)
				if tt.reset {
					line.Reset()
				}
				client, server := dialPair(t, n)
				if tt.at > 0 {
					mustWrite(t, server, "early")
				}
				written, err := io.WriteString(client, "request")
				assert.Equal(t, int(tt.at), written)
				require.ErrorIs(t, err, tt.writeErr)
				got, err := read(server, 100)
				assert.Equal(t, tt.arrives, got)
				require.ErrorIs(t, err, tt.readErr)
				_, err = server.Write([]byte("late"))
				require.ErrorIs(t, err, syscall.ECONNRESET)
				if tt.at > 0 {
					got, err = read(client, 100)
					assert.Equal(t, "early", got, "sent before the cut")
				} else {
					_, err = read(client, 100)
				}
				require.ErrorIs(t, err, tt.readErr)
				assert.Equal(t, tt.at, line.Sent(lst.ToServer))
			})
		})
	}
}

func TestNetwork_cutWhileOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := lst.NewNetwork()
		client, server := dialPair(t, n)
		mustWrite(t, server, "four")
		var got string
		var err error
		var wg sync.WaitGroup
		wg.Go(func() { got, err = read(client, 100) })
		synctest.Wait()
		n.Line(1).CutAfter(lst.ToClient, 2)
		wg.Wait()
		assert.Equal(t, "four", got)
		require.ErrorIs(t, err, io.EOF)
	})
}

func TestNetwork_stall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := lst.NewNetwork()
		line := n.Line(1).StallAfter(lst.ToServer, 3)
		client, server := dialPair(t, n)
		mustWrite(t, client, "request")
		mustWrite(t, client, "more")
		require.NoError(t, client.Close())
		require.NoError(t, server.SetReadDeadline(time.Now().Add(time.Hour)))
		start := time.Now()
		got, err := read(server, 100)
		assert.Equal(t, "req", got)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded, "the end of the stream is dropped as well")
		assert.Equal(t, time.Hour, time.Since(start))
		assert.Equal(t, int64(3), line.Sent(lst.ToServer))
	})
}

func TestNetwork_stallDropsResets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := lst.NewNetwork()
		n.Line(1).StallAfter(lst.ToServer, 0)
		client, server := dialPair(t, n)
		mustWrite(t, server, "unread")
		require.NoError(t, client.Close())
		require.NoError(t, server.SetReadDeadline(time.Now().Add(time.Hour)))
		_, err := read(server, 1)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	})
}

// TestNetwork_closeReleasesStalls closes a server whose client has a stalled idle
// connection. If Close did not end the stall, the client's goroutine would block
// the bubble forever.
func TestNetwork_closeReleasesStalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := lst.NewNetwork()
		srv := lst.NewServer(t, lst.WithNetwork(n))
		client := &http.Client{Transport: &http.Transport{DialContext: n.DialContext}}
		_, err := send(client, newRequest(t, srv, http.MethodGet, ordersPath, ""))
		require.NoError(t, err)
		n.Line(1).StallAfter(lst.ToClient, n.Line(1).Sent(lst.ToClient))
		n.Line(2).StallAfter(lst.ToClient, 0)
	})
}

func TestNetwork_deadlines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := dialPair(t, lst.NewNetwork())
		require.NoError(t, client.SetDeadline(time.Now().Add(time.Minute)))
		start := time.Now()
		_, err := read(client, 1)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		var timeout net.Error
		require.ErrorAs(t, err, &timeout)
		assert.True(t, timeout.Timeout())
		assert.Equal(t, time.Minute, time.Since(start))
		_, err = client.Write([]byte("x"))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.NoError(t, client.SetDeadline(time.Time{}))
		mustWrite(t, client, "x")

		// A deadline that is set during a read applies to that read.
		var wg sync.WaitGroup
		wg.Go(func() { _, err = client.Read(make([]byte, 1)) })
		synctest.Wait()
		require.NoError(t, client.SetReadDeadline(time.Unix(1, 0)))
		wg.Wait()
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		n, err := server.Read(nil)
		assert.Zero(t, n)
		require.NoError(t, err)
		n, err = server.Write(nil)
		assert.Zero(t, n)
		require.NoError(t, err)
	})
}

func TestNetwork_windowIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := dialPair(t, lst.NewNetwork())
		big := strings.Repeat("x", 1<<20)
		require.NoError(t, client.SetWriteDeadline(time.Now().Add(time.Minute)))
		n, err := io.WriteString(client, big)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.Equal(t, 256<<10, n)

		require.NoError(t, client.SetWriteDeadline(time.Time{}))
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err = io.WriteString(client, big)
			client.Close()
		})
		all, readErr := io.ReadAll(server)
		wg.Wait()
		require.NoError(t, err)
		require.NoError(t, readErr)
		assert.Len(t, all, 256<<10+1<<20)
	})
}

func TestNetwork_closeWakesWriter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := dialPair(t, lst.NewNetwork())
		var err error
		var wg sync.WaitGroup
		wg.Go(func() { _, err = client.Write(make([]byte, 1<<20)) })
		synctest.Wait()
		require.NoError(t, server.Close())
		wg.Wait()
		require.ErrorIs(t, err, syscall.ECONNRESET)
	})
}

func TestNetwork_delay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := lst.NewNetwork()
		n.OnDial(func(l *lst.Line) { l.Delay(time.Duration(l.Ordinal()) * time.Second) })
		start := time.Now()
		client, server := dialPair(t, n)
		assert.Equal(t, 2*time.Second, time.Since(start), "a dial takes a round trip")
		mustWrite(t, client, "x")
		require.NoError(t, client.Close())
		assert.Equal(t, 2*time.Second, time.Since(start), "a write does not wait")
		_, err := read(server, 1)
		require.NoError(t, err)
		assert.Equal(t, 3*time.Second, time.Since(start))
		_, err = read(server, 1)
		require.ErrorIs(t, err, io.EOF)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = n.DialContext(ctx, "tcp", "x")
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestNetwork_refuse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := lst.NewNetwork()
		_, err := n.DialContext(t.Context(), "tcp", "x")
		require.ErrorIs(t, err, syscall.ECONNREFUSED, "no listener")
		n.Line(2).Refuse()
		l := n.Listener()
		_, err = n.DialContext(t.Context(), "tcp", "x")
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		client, err := n.DialContext(t.Context(), "tcp", "x")
		require.NoError(t, err)
		assert.Equal(t, 3, n.Dials())

		require.NoError(t, l.Close())
		require.ErrorIs(t, l.Close(), net.ErrClosed)
		_, err = l.Accept()
		require.ErrorIs(t, err, net.ErrClosed)
		_, err = read(client, 1)
		require.ErrorIs(t, err, syscall.ECONNRESET, "the connection was not accepted")
		_, err = n.DialContext(t.Context(), "tcp", "x")
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		dialPair(t, n) // Listener opens the network again.

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = n.DialContext(ctx, "tcp", "x")
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestNetwork_backlog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := lst.NewNetwork()
		l := n.Listener()
		for range 3 {
			_, err := n.DialContext(t.Context(), "tcp", "x")
			require.NoError(t, err)
		}
		var ports []int
		for range 3 {
			c, err := l.Accept()
			require.NoError(t, err)
			ports = append(ports, c.RemoteAddr().(*net.TCPAddr).Port)
			assert.Equal(t, l.Addr().String(), c.LocalAddr().String())
		}
		assert.Equal(t, []int{10001, 10002, 10003}, ports)
	})
}

func TestNetwork_setLinger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := dialPair(t, lst.NewNetwork())
		mustWrite(t, server, "lost")
		require.NoError(t, server.(interface{ SetLinger(int) error }).SetLinger(0))
		require.NoError(t, server.Close())
		_, err := read(client, 1)
		require.ErrorIs(t, err, syscall.ECONNRESET)
	})
}

func TestDirection_String(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "to server", lst.ToServer.String())
	assert.Equal(t, "to client", lst.ToClient.String())
}

// TestNetwork_everyByte cuts the line of one request at every byte in each
// direction, and checks both ends.
func TestNetwork_everyByte(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, prepare func(*lst.Line)) (srv *lst.Server, sent [2]int64, err error) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			n := lst.NewNetwork()
			prepare(n.Line(1))
			srv = lst.NewServer(nil, lst.WithNetwork(n))
			_, err = try(t, srv, http.MethodPost, createPath, order("a"))
			synctest.Wait()
			sent = [2]int64{n.Line(1).Sent(lst.ToServer), n.Line(1).Sent(lst.ToClient)}
			srv.Close()
		})

		return srv, sent, err
	}
	_, whole, err := run(t, func(*lst.Line) {})
	require.NoError(t, err)
	for d, length := range whole {
		direction := lst.Direction(d)
		for at := range length + 1 {
			srv, sent, err := run(t, func(l *lst.Line) { l.CutAfter(direction, at) })
			require.Equal(t, at, sent[d])
			stored := direction == lst.ToClient && at > 0 || direction == lst.ToServer && at == length
			require.Equal(t, stored, len(srv.Orders()) == 1, "%s cut after %d of %d", direction, at, length)
			if direction == lst.ToClient && at == length {
				require.NoError(t, err, "the response had arrived")
			} else {
				require.Error(t, err, "%s cut after %d of %d", direction, at, length)
			}
		}
	}
}

func BenchmarkNewNetwork(b *testing.B) {
	for b.Loop() {
		n := lst.NewNetwork()
		l := n.Listener()
		_, _ = n.DialContext(b.Context(), "tcp", "x")
		_ = l.Close()
	}
}
