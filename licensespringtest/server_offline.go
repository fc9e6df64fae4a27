package licensespringtest

import (
	"errors"
	"net"
	"strings"
)

// address returns the address on which the server listens.
func (s *Server) address() string {
	return strings.TrimSuffix(strings.TrimPrefix(s.url, "http://"), s.config.basePath)
}

// CloseConnections cuts all connections, idle ones included. A client notices a cut
// idle connection only when it uses it.
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

// Offline stops listening and cuts all connections. Dials fail with "connection
// refused" until [Server.Online] is called. Stored data is kept. Clients of
// [Server.Client] do not reuse their idle connections; other clients may try to.
// Offline fails on a server with [WithListener], because the server cannot reopen
// that listener.
func (s *Server) Offline() error {
	if s.config.listener != nil {
		return errors.New("licensespringtest: cannot take the server offline: the listener of WithListener cannot be reopened")
	}
	s.mu.Lock()
	accepts := s.accepts
	if s.listener != nil {
		_ = s.listener.Close()
		s.listener = nil
	}
	s.mu.Unlock()
	// The accept loop may have accepted one more connection.
	<-accepts
	s.CloseConnections()
	s.transport.CloseIdleConnections()

	return nil
}

// Online resumes listening at the same address after [Server.Offline]. It fails if
// another program has taken the port meanwhile or the server is closed.
func (s *Server) Online() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil {
		return nil
	}
	if s.closed() {
		return errors.New("licensespringtest: cannot take the server online: the server is closed")
	}
	l, err := s.listen()
	if err != nil {
		return err
	}
	s.accept(l)

	return nil
}
