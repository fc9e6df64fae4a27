package licensespringtest

import (
	"errors"
	"net"
	"strings"
)

// address is what the server listens on.
func (s *Server) address() string {
	return strings.TrimSuffix(strings.TrimPrefix(s.url, "http://"), s.config.basePath)
}

// CloseConnections cuts every connection there is, idle or not. Clients find the
// idle ones dead when they use them again.
func (s *Server) CloseConnections() {
	s.mu.Lock()
	conns := make([]net.Conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
	}
}

// Offline stops listening and cuts every connection: dials are refused, by the
// operating system itself, until [Server.Online]. What is stored stays. Clients
// of [Server.Client] dial again at once; others may find first that the
// connections they kept are dead. Offline fails on a listener that was given by
// [WithListener], which could not be opened again.
func (s *Server) Offline() error {
	if s.config.listener != nil {
		return errors.New("licensespringtest: a listener that was given cannot be opened again")
	}
	s.mu.Lock()
	accepts := s.accepts
	if s.listener != nil {
		_ = s.listener.Close()
		s.listener = nil
	}
	s.mu.Unlock()
	// A connection may have been accepted just before.
	<-accepts
	s.CloseConnections()
	s.transport.CloseIdleConnections()

	return nil
}

// Online listens again at the same address. It fails if another program has
// taken the port meanwhile, or the server is closed.
func (s *Server) Online() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil {
		return nil
	}
	select {
	case <-s.done:
		return errors.New("licensespringtest: the server is closed")
	default:
	}
	l, err := s.listen()
	if err != nil {
		return err
	}
	s.accept(l)

	return nil
}
