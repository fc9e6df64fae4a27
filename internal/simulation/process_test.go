package simulation

import (
	"context"
	"net"
	"net/http"
	"sync"

	ls "github.com/licensespring-go/licensespring"
)

// process is a program on some machine: a client, and connections that end with
// it.
type process struct {
	plan      *processPlan
	client    *ls.Client
	transport *http.Transport

	mu    sync.Mutex
	dead  bool
	conns []net.Conn
}

// start starts a process.
func (r *run) start(plan *processPlan) *process {
	p := &process{plan: plan}
	p.transport = &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := r.network.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return p.keep(conn), nil
		},
		MaxIdleConnsPerHost: 8,
	}
	key := r.server.APIKey()
	if plan.wrongKey {
		key = wrongKey
	}
	options := []ls.Option{
		ls.WithBaseURL(r.server.URL()),
		ls.WithHTTPClient(&http.Client{Transport: witness{p.transport}}),
		ls.WithMaxAttempts(plan.attempts),
		ls.WithRetryWaits(plan.waitMin, plan.waitMax),
		ls.WithAttemptTimeout(plan.attemptTimeout),
		ls.WithCallTimeout(plan.callTimeout),
		ls.WithMaxResponseBytes(maxBody),
		ls.WithDialect(plan.dialect),
		ls.WithLogger(r.log.logger()),
		ls.WithJitter(r.jitter.float),
		ls.WithObserver(eavesdropper()),
	}
	if p.sharesBudget(r) {
		options = append(options, ls.WithBudget(r.budget))
	}
	client, err := ls.New(key, options...)
	if err != nil {
		panic(err) // the plan is wrong, not the SDK
	}
	p.client = client
	r.started(p)
	return p
}

func (p *process) sharesBudget(r *run) bool { return r.budget != nil && p.plan.shares }

const wrongKey = "WRONGKEY.ffffffffffffffffffffffffffffffff"

// fresh is a process with which nothing is wrong.
func (r *run) fresh() *process {
	return r.start(&processPlan{
		attempts: ls.DefaultMaxAttempts, waitMin: ls.DefaultWaitMin, waitMax: ls.DefaultWaitMax,
		attemptTimeout: ls.DefaultAttemptTimeout, callTimeout: ls.DefaultCallTimeout,
		dialect: clientDialect(r.plan.dialect),
	})
}

// keep remembers a connection, to cut it when the process dies. One that is made
// by a dial which was under way when the process died dies as well.
func (p *process) keep(conn net.Conn) net.Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, conn)
	if p.dead {
		_ = conn.Close()
	}
	return conn
}

// crash ends the process in the middle of a call. The call ends with its context,
// so that its goroutine does; what it returns nobody hears.
func (p *process) crash(cancel func(), abrupt bool) {
	p.mu.Lock()
	p.dead = true
	p.mu.Unlock()
	cancel()
	p.hangUp(abrupt)
}

func (p *process) crashed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead
}

// hangUp closes the connections of the process where they are, as the operating
// system does, and nobody is told why.
func (p *process) hangUp(abrupt bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead = true
	for _, conn := range p.conns {
		if lingering, ok := conn.(interface{ SetLinger(sec int) error }); ok && abrupt {
			_ = lingering.SetLinger(0)
		}
		_ = conn.Close()
	}
}

// jitter is the randomness of all clients of a run: of the seed, and safe to be
// used by several.
type jitter struct {
	mu sync.Mutex
	d  dice
}

func (j *jitter) float() float64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.d.Float64()
}
