package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// server is a running HTTP server.
type server struct {
	http    *http.Server
	address string
	done    chan error
}

func (a *app) listen(ctx context.Context, address string, handler http.Handler) (*server, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	s := &server{
		address: l.Addr().String(),
		done:    make(chan error, 1),
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
	go func() { s.done <- s.http.Serve(l) }()
	return s, nil
}

// shutdown stops listening and waits for active requests, up to the grace period.
func (s *server) shutdown(ctx context.Context, grace time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		s.close()
	}
}

// close closes all connections immediately.
func (s *server) close() { _ = s.http.Close() }
