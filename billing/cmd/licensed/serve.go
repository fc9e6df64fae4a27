package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// serve is the command of that name.
func serve(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) (err error) {
	set, err := newSettings(args, env, stderr)
	if err != nil {
		return err
	}
	a, err := newApp(ctx, set, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()

	public, err := a.listen(ctx, set.listen, a.publicHandler())
	if err != nil {
		return err
	}
	defer public.stop()
	admin, err := a.listen(ctx, set.admin, a.adminHandler())
	if err != nil {
		return err
	}
	defer admin.stop()
	a.greet(stdout, public, admin)
	return a.serve(ctx, stdout, public, admin)
}

func (a *app) greet(out io.Writer, public, admin *server) {
	if a.set.fake {
		say(out, "licensed: talking to a FAKE of the service, in this process: no license of it is real\n")
	}
	say(out, "licensed: webhook      http://%s%s\n", public.address, webhookPath)
	say(out, "licensed: status page  http://%s/\n", admin.address)
}

// serve runs until ctx ends or a part of it fails, and then drains: first no
// event is accepted any more, then no order begun, then the calls under way end.
// The status page stays to the last.
func (a *app) serve(ctx context.Context, stdout io.Writer, public, admin *server) error {
	working, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	worked := make(chan error, 1)
	go func() { worked <- a.work(working) }()

	demoed := make(chan error, 1)
	if a.set.demo {
		go func() { demoed <- a.demo(ctx, stdout, "http://"+public.address+webhookPath) }()
	}

	var failed error
wait:
	for {
		select {
		case <-ctx.Done():
			break wait
		case err := <-demoed:
			if failed = err; failed != nil || a.set.exit {
				break wait
			}
			say(stdout, "\nThe status page stays at http://%s/ until you press ctrl-c.\n", admin.address)
		case failed = <-public.ended:
			break wait
		case failed = <-admin.ended:
			break wait
		case failed = <-worked:
			worked <- nil
			if failed == nil {
				failed = errors.New("the workers ended")
			}
			break wait
		}
	}

	a.draining.Store(true)
	a.logger.LogAttrs(ctx, slog.LevelInfo, "draining", slog.Duration("grace", a.set.grace))
	public.shutdown(ctx, a.set.grace)
	stopWork()
	failed = errors.Join(failed, <-worked)
	admin.shutdown(ctx, time.Second)
	a.logger.LogAttrs(ctx, slog.LevelInfo, "drained")
	return failed
}

// server is an HTTP server that listens.
type server struct {
	http    *http.Server
	address string
	ended   chan error
}

func (a *app) listen(ctx context.Context, address string, handler http.Handler) (*server, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	s := &server{
		address: l.Addr().String(),
		ended:   make(chan error, 1),
		http: &http.Server{
			Handler:           handler,
			ReadHeaderTimeout: 5 * time.Second,
			ReadTimeout:       30 * time.Second,
			WriteTimeout:      time.Minute,
			IdleTimeout:       2 * time.Minute,
			MaxHeaderBytes:    64 << 10,
			ErrorLog:          slog.NewLogLogger(a.logger.Handler(), slog.LevelWarn),
		},
	}
	go func() { s.ended <- s.http.Serve(l) }()
	return s, nil
}

// shutdown stops listening and waits for the requests under way.
func (s *server) shutdown(ctx context.Context, grace time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		s.stop()
	}
}

// stop cuts what is left.
func (s *server) stop() { _ = s.http.Close() }
