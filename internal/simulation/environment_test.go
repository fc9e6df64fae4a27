package simulation

import (
	"sync"
	"time"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// An environment is what the processes of a run share.
type environment struct {
	began   time.Time
	network *lst.Network
	server  *lst.Server
	limiter *ls.RateLimiter // shared by the processes of the plan, or nil
	log     logBuffer
	jitter  jitter

	mu        sync.Mutex
	processes []*process
}

// start starts the service.
func (r *environment) start(options ...lst.Option) {
	r.began = time.Now()
	r.network = lst.NewNetwork()
	r.server = lst.NewServer(nil, append(options, lst.WithNetwork(r.network))...)
}

// outages starts the outages.
func (r *environment) outages(list []outage) *sync.WaitGroup {
	var all sync.WaitGroup
	for _, o := range list {
		all.Go(func() {
			wait(o.at)
			if o.duration == 0 {
				r.server.CloseConnections()
				return
			}
			if r.server.Offline() != nil {
				return
			}
			wait(o.duration)
			if err := r.server.Online(); err != nil {
				panic(err)
			}
		})
	}
	return &all
}

// close ends all goroutines, so that the bubble can end.
func (r *environment) close() {
	r.server.Close()
	for _, p := range r.processes {
		p.closeConns(false)
		p.transport.CloseIdleConnections()
	}
}

// since returns the time since the start of the run.
func (r *environment) since(t time.Time) time.Duration { return t.Sub(r.began) }
