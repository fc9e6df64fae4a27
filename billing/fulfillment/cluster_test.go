package fulfillment_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// cluster is a set of NATS servers in this process.
type cluster struct {
	options []*server.Options
	servers []*server.Server
}

func startCluster(t *testing.T, n int, maxPayload int32) *cluster {
	t.Helper()
	c := &cluster{servers: make([]*server.Server, n)}
	dir := t.TempDir()
	ports := freePorts(t, 2*n)
	var routes []*url.URL
	for i := range n {
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprint("127.0.0.1:", ports[n+i])})
	}
	for i := range n {
		o := &server.Options{
			ServerName: fmt.Sprint("node-", i), Host: "127.0.0.1", Port: ports[i],
			JetStream: true, StoreDir: filepath.Join(dir, fmt.Sprint("node-", i)),
			NoLog: true, NoSigs: true, MaxPayload: maxPayload,
		}
		if n > 1 {
			o.Cluster = server.ClusterOpts{Name: "cluster", Host: "127.0.0.1", Port: ports[n+i]}
			o.Routes = routes
		}
		c.options = append(c.options, o)
		c.start(t, i)
	}
	t.Cleanup(func() {
		for i := range c.servers {
			c.stop(i)
		}
	})
	return c
}

func (c *cluster) start(t *testing.T, i int) {
	t.Helper()
	s, err := server.NewServer(c.options[i].Clone())
	require.NoError(t, err)
	s.Start()
	require.True(t, s.ReadyForConnections(testTimeout))
	c.servers[i] = s
}

func (c *cluster) stop(i int) {
	c.servers[i].Shutdown()
	c.servers[i].WaitForShutdown()
}

func (c *cluster) urls() string {
	var all []string
	for _, o := range c.options {
		all = append(all, fmt.Sprint("nats://127.0.0.1:", o.Port))
	}
	return strings.Join(all, ",")
}

func (c *cluster) open(t *testing.T, options ...fulfillment.Option) *fulfillment.Pipeline {
	t.Helper()
	p, err := fulfillment.Open(t.Context(), append([]fulfillment.Option{fulfillment.WithURL(c.urls())}, options...)...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Close()) })
	return p
}

func freePorts(t *testing.T, n int) []int {
	t.Helper()
	ports, listeners := make([]int, n), make([]net.Listener, n)
	for i := range ports {
		var err error
		listeners[i], err = net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		ports[i] = listeners[i].Addr().(*net.TCPAddr).Port
	}
	for _, l := range listeners { // closing them earlier could repeat a port
		l.Close()
	}
	return ports
}

// leader waits for a leader of the stream, and returns the index of its server.
func (c *cluster) leader(t *testing.T, js jetstream.JetStream, stream string) int {
	t.Helper()
	leader := -1
	require.Eventually(t, func() bool {
		s, err := js.Stream(t.Context(), stream)
		if err != nil || s.CachedInfo().Cluster == nil {
			return false
		}
		_, err = fmt.Sscanf(s.CachedInfo().Cluster.Leader, "node-%d", &leader)
		return err == nil
	}, testTimeout, pollInterval)
	return leader
}

// waitForReplicas waits until every server has current replicas of the streams.
func (c *cluster) waitForReplicas(t *testing.T, js jetstream.JetStream, streams ...string) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, name := range streams {
			s, err := js.Stream(t.Context(), name)
			if err != nil || s.CachedInfo().Cluster == nil || s.CachedInfo().Cluster.Leader == "" {
				return false
			}
			current := 0
			for _, r := range s.CachedInfo().Cluster.Replicas {
				if r.Current && !r.Offline {
					current++
				}
			}
			if current != len(c.servers)-1 {
				return false
			}
		}
		return true
	}, testTimeout, pollInterval)
}

// The servers of a cluster of three, including the leader, are restarted one at a
// time under load.
func TestClusterRestarts(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3, 0)
	s := licensespringtest.NewServer(t)
	ack := fulfillment.WithAckWait(2 * time.Second)
	p := c.open(t, fulfillment.WithReplicas(3), ack)
	for range 2 { // two machines
		run(t, c.open(t, ack, fulfillment.WithLogger(slog.New(slog.NewTextHandler(t.Output(), nil)))), newClient(t, s), fulfillment.WithConcurrency(8))
	}
	var (
		stopped atomic.Bool
		all     sync.WaitGroup
		tally   = newTally()
	)
	for range 3 {
		all.Go(func() {
			for !stopped.Load() {
				one := tally.next(rand.IntN(10) == 0)
				for t.Context().Err() == nil && p.Enqueue(t.Context(), one) != nil {
					t.Log("retry enqueue") // like the sender of a webhook event
				}
				<-time.After(time.Duration(10+rand.IntN(30)) * time.Millisecond)
			}
		})
	}
	rounds := *restartsFlag
	c.restart(t, rounds, "licensespring-orders", "licensespring-dead-letters", "KV_licensespring-results")
	stopped.Store(true)
	all.Wait()
	waitUntilEmpty(t, p)
	tally.check(t, p, s)
	t.Logf("%d orders, %d servers restarted", tally.count(), rounds)
}

// Opening a pipeline without options must not change the settings of the workers.
func TestOpenKeepsExistingSettings(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, 0)
	c.open(t, fulfillment.WithAckWait(7*time.Second), fulfillment.WithDedupeWindow(time.Hour), fulfillment.WithResultTTL(24*time.Hour))
	c.open(t)
	conn, err := nats.Connect(c.urls())
	require.NoError(t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	settings := func() (ack, window, ttl time.Duration) {
		worker, err := js.Consumer(t.Context(), "licensespring-orders", "licensespring-workers")
		require.NoError(t, err)
		orders, err := js.Stream(t.Context(), "licensespring-orders")
		require.NoError(t, err)
		results, err := js.Stream(t.Context(), "KV_licensespring-results")
		require.NoError(t, err)
		return worker.CachedInfo().Config.AckWait, orders.CachedInfo().Config.Duplicates, results.CachedInfo().Config.MaxAge
	}
	ack, window, ttl := settings()
	assert.Equal(t, []time.Duration{7 * time.Second, time.Hour, 24 * time.Hour}, []time.Duration{ack, window, ttl})

	c.open(t, fulfillment.WithAckWait(8*time.Second), fulfillment.WithDedupeWindow(2*time.Hour), fulfillment.WithResultTTL(48*time.Hour))
	ack, window, ttl = settings()
	assert.Equal(t, []time.Duration{8 * time.Second, 2 * time.Hour, 48 * time.Hour}, []time.Duration{ack, window, ttl})
}

// Without a quorum nothing can be stored, although a server still responds.
func TestProbeRequiresQuorum(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3, 0)
	p := c.open(t, fulfillment.WithReplicas(3))
	require.NoError(t, p.Probe(t.Context()))
	conn, err := nats.Connect(c.urls(), nats.MaxReconnects(-1))
	require.NoError(t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	leader := c.leader(t, js, "licensespring-orders")
	var stopped []int
	for i := range c.servers {
		if i != leader {
			c.stop(i)
			stopped = append(stopped, i)
		}
	}
	healthy := 0
	for range 4 {
		if p.Health(t.Context()) == nil {
			healthy++
		}
		require.Error(t, p.Probe(t.Context()))
	}
	t.Logf("Health returned nil %d times without a quorum", healthy)
	for _, i := range stopped {
		c.start(t, i)
	}
	require.Eventually(t, func() bool { return p.Probe(t.Context()) == nil }, testTimeout, pollInterval)
}
