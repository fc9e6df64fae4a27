package simulation

import (
	"io"
	"net/http"
	"strings"
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

// breakLines starts the faults of the connections, also of those that exist. The sizes
// are those of a typical request.
func (r *environment) breakLines(lines []lineFaults, headers, request int64) {
	apply := func(l *lst.Line) {
		if n := l.Ordinal() - 1; n < len(lines) {
			lines[n].apply(l, headers, request)
		}
	}
	for n := range r.network.Dials() {
		apply(r.network.Line(n + 1))
	}
	r.network.OnDial(apply)
}

// requestLength returns the size in bytes of a request: of its headers, and of the
// whole request.
func (r *environment) requestLength(preview *ls.Preview) (headers, request int64) {
	req, err := http.NewRequest(preview.Method, preview.URL, strings.NewReader(string(preview.Body))) //nolint:noctx // it is only written to a counter
	if err != nil {
		panic(err)
	}
	req.Header = preview.Header
	req.Header.Set("Authorization", "Api-Key "+r.server.APIKey())
	req.Header.Set("Accept-Encoding", "gzip") // added by net/http
	req.Header.Set(headerTag, tag{1, 1, 1}.String())
	var n counter
	if err := req.Write(&n); err != nil {
		panic(err)
	}
	return int64(n) - int64(len(preview.Body)), int64(n)
}

type counter int64

func (n *counter) Write(b []byte) (int, error) {
	*n += counter(len(b))
	return len(b), nil
}

var _ io.Writer = new(counter)

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
