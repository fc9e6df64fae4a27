package simulation

import (
	"context"
	"net"
	"net/http"
	"sync"

	ls "github.com/licensespring-go/licensespring"
)

// A process is a program with a client. Its connections end when it crashes.
type process struct {
	plan      *processPlan
	client    *ls.Client
	transport *http.Transport

	mu    sync.Mutex
	ended bool
	conns []net.Conn
}

// startProcess starts a process.
func (r *environment) startProcess(plan *processPlan) *process {
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
		ls.WithHTTPClient(&http.Client{Transport: observer{plan.transport.over(sender{p.transport})}}),
		ls.WithMaxAttempts(plan.attempts),
		ls.WithRetryWaits(plan.waitMin, plan.waitMax),
		ls.WithAttemptTimeout(plan.attemptTimeout),
		ls.WithCallTimeout(plan.callTimeout),
		ls.WithMaxResponseBytes(maxBody),
		ls.WithDialect(plan.dialect),
		ls.WithLogger(r.log.logger()),
		ls.WithJitter(r.jitter.float),
		ls.WithObserver(eventObserver()),
	}
	if p.usesLimiter(r.limiter) {
		options = append(options, ls.WithRateLimiter(r.limiter))
	}
	client, err := ls.New(key, options...)
	if err != nil {
		panic(err) // the plan is invalid
	}
	p.client = client
	r.mu.Lock()
	defer r.mu.Unlock()
	r.processes = append(r.processes, p)
	return p
}

func (p *process) usesLimiter(l *ls.RateLimiter) bool { return l != nil && p.plan.sharesLimiter }

const wrongKey = "WRONGKEY.ffffffffffffffffffffffffffffffff"

// startHealthy starts a process with default options.
func (r *environment) startHealthy(dialect ls.Dialect) *process {
	return r.startProcess(&processPlan{
		attempts: ls.DefaultMaxAttempts, waitMin: ls.DefaultWaitMin, waitMax: ls.DefaultWaitMax,
		attemptTimeout: ls.DefaultAttemptTimeout, callTimeout: ls.DefaultCallTimeout,
		dialect: dialect,
	})
}

// keep records a connection, so that a crash of the process closes it. If the
// process crashed during the dial, keep closes the connection.
func (p *process) keep(conn net.Conn) net.Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, conn)
	if p.ended {
		_ = conn.Close()
	}
	return conn
}

// crash ends the process during a call. It cancels the context of the call to end
// its goroutine. The caller ignores the result.
func (p *process) crash(cancel func(), resets bool) {
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	cancel()
	p.closeConns(resets)
}

func (p *process) crashed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended
}

// closeConns closes the connections of the process, as an operating system does.
func (p *process) closeConns(resets bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	for _, conn := range p.conns {
		if lingering, ok := conn.(interface{ SetLinger(sec int) error }); ok && resets {
			_ = lingering.SetLinger(0)
		}
		_ = conn.Close()
	}
}

// jitter is the source of jitter of all clients of a run.
type jitter struct {
	mu     sync.Mutex
	random random
}

func (j *jitter) float() float64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.random.Float64()
}
