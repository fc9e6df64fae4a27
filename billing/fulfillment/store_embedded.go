package fulfillment

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	// maxPayload fits orders and records with many thousand licenses.
	maxPayload = 16 << 20
	// maxMemory bounds memory streams, which the pipeline does not use.
	maxMemory = 64 << 20
	// startTimeout allows the server to load a large store.
	startTimeout = time.Minute
)

// embeddedServer is a NATS server in this process.
type embeddedServer struct {
	nats     *server.Server
	storeDir string
	unlock   func()
}

func startEmbeddedServer(c *config) (*embeddedServer, error) {
	options, err := serverOptions(c)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.storeDir, 0o700); err != nil {
		return nil, fmt.Errorf("fulfillment: create the store directory: %w", err)
	}
	unlock, err := lockDir(c.storeDir)
	if err != nil {
		return nil, err
	}
	if err := removeIndexes(c.storeDir); err != nil {
		unlock()
		return nil, err
	}
	s, err := server.NewServer(options)
	if err != nil {
		unlock()
		return nil, fmt.Errorf("fulfillment: embedded server: %w", err)
	}
	log := &serverLog{logger: c.logger}
	s.SetLoggerV2(log, false, false, false)
	s.Start()
	e := &embeddedServer{nats: s, storeDir: c.storeDir, unlock: unlock}
	if !s.ReadyForConnections(startTimeout) || log.fatal.Load() != nil {
		e.stop()
		reason := "not ready after " + startTimeout.String()
		if fatal := log.fatal.Load(); fatal != nil {
			reason = *fatal
		}
		return nil, errors.New("fulfillment: embedded server: " + reason)
	}
	return e, nil
}

func serverOptions(c *config) (*server.Options, error) {
	o := &server.Options{
		ServerName:             c.name,
		DontListen:             true,
		JetStream:              true,
		StoreDir:               c.storeDir,
		JetStreamMaxMemory:     maxMemory,
		JetStreamMaxStore:      c.maxStoreBytes,
		MaxPayload:             maxPayload,
		MaxPending:             4 * maxPayload,
		NoSigs:                 true, // the program handles signals
		DisableJetStreamBanner: true,
		SyncAlways:             c.syncInterval == 0,
		SyncInterval:           c.syncInterval,
	}
	if !c.encryptionKey.IsZero() {
		o.JetStreamKey, o.JetStreamCipher = c.encryptionKey.Reveal(), server.ChaCha
	}
	if c.listen == "" {
		return o, nil
	}
	host, port, err := net.SplitHostPort(c.listen)
	if err != nil {
		return nil, err
	}
	o.DontListen, o.Host, o.Authorization = false, host, c.token.Reveal()
	if o.Port, err = strconv.Atoi(port); err != nil {
		return nil, fmt.Errorf("fulfillment: parse the listen port: %w", err)
	}
	if o.Port == 0 {
		o.Port = server.RANDOM_PORT
	}
	return o, nil
}

// stop shuts the server down and returns when its files are closed.
func (s *embeddedServer) stop() {
	s.nats.Shutdown()
	s.nats.WaitForShutdown()
	s.unlock()
}

// serverLog writes the log of the server to the pipeline's logger. The server does
// not log the contents of messages.
type serverLog struct {
	logger *slog.Logger
	fatal  atomic.Pointer[string]
}

func (l *serverLog) log(level slog.Level, format string, v []any) {
	l.logger.Log(nil, level, "nats server", slog.String("text", fmt.Sprintf(format, v...))) //nolint:staticcheck // the server has no context
}

// Noticef logs the start and the stop of the server.
func (l *serverLog) Noticef(format string, v ...any) { l.log(slog.LevelDebug, format, v) }

// Warnf logs a warning, except that of the maximum message size, which is intended.
func (l *serverLog) Warnf(format string, v ...any) {
	level := slog.LevelWarn
	if strings.HasPrefix(format, "Maximum payloads over") {
		level = slog.LevelDebug
	}
	l.log(level, format, v)
}

// Errorf logs an error.
func (l *serverLog) Errorf(format string, v ...any) { l.log(slog.LevelError, format, v) }

// Fatalf logs an error and keeps it as the reason for which the server did not
// start. It does not end the program.
func (l *serverLog) Fatalf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	l.fatal.CompareAndSwap(nil, &text)
	l.log(slog.LevelError, format, v)
}

// Debugf is not called because debugging is off.
func (l *serverLog) Debugf(format string, v ...any) { l.log(slog.LevelDebug, format, v) }

// Tracef is not called because tracing is off.
func (l *serverLog) Tracef(format string, v ...any) { l.log(slog.LevelDebug, format, v) }
