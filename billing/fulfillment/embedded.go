package fulfillment

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	// maxPayload is room for orders and records of many thousand licenses.
	maxPayload = 16 << 20
	// maxMemory bounds what JetStream may keep in memory streams: there are none.
	maxMemory = 64 << 20
	// startTimeout is for reading a store of any size back in.
	startTimeout = time.Minute
)

// embedded is the NATS server inside this process.
type embedded struct {
	*server.Server
	unlock func()
}

func startEmbedded(c *config) (*embedded, error) {
	options, err := embeddedOptions(c)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.storeDir, 0o700); err != nil {
		return nil, fmt.Errorf("fulfillment: make the store directory: %w", err)
	}
	unlock, err := lockDir(c.storeDir)
	if err != nil {
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
	e := &embedded{Server: s, unlock: unlock}
	if !s.ReadyForConnections(startTimeout) || log.fatal.Load() != nil {
		e.stop()
		reason := "not ready in time"
		if fatal := log.fatal.Load(); fatal != nil {
			reason = *fatal
		}
		return nil, errors.New("fulfillment: embedded server: " + reason)
	}
	return e, nil
}

func embeddedOptions(c *config) (*server.Options, error) {
	o := &server.Options{
		ServerName:             c.name,
		DontListen:             true,
		JetStream:              true,
		StoreDir:               c.storeDir,
		JetStreamMaxMemory:     maxMemory,
		JetStreamMaxStore:      c.maxStore,
		MaxPayload:             maxPayload,
		MaxPending:             4 * maxPayload,
		NoSigs:                 true, // signals are the program's
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
		return nil, fmt.Errorf("fulfillment: the port to listen on: %w", err)
	}
	if o.Port == 0 {
		o.Port = server.RANDOM_PORT
	}
	return o, nil
}

// stop ends the server and returns when its files are closed.
func (e *embedded) stop() {
	e.Shutdown()
	e.WaitForShutdown()
	e.unlock()
}

// serverLog writes what the server says to the pipeline's logger. It says
// nothing of the content of messages.
type serverLog struct {
	logger *slog.Logger
	fatal  atomic.Pointer[string]
}

func (l *serverLog) log(level slog.Level, format string, v []any) {
	l.logger.Log(nil, level, "nats server", slog.String("text", fmt.Sprintf(format, v...))) //nolint:staticcheck // the server has no context
}

// Noticef writes what the server tells of itself when it starts and stops.
func (l *serverLog) Noticef(format string, v ...any) { l.log(slog.LevelDebug, format, v) }

// Warnf writes a warning.
func (l *serverLog) Warnf(format string, v ...any) { l.log(slog.LevelWarn, format, v) }

// Errorf writes an error.
func (l *serverLog) Errorf(format string, v ...any) { l.log(slog.LevelError, format, v) }

// Fatalf writes an error and keeps it as the reason that the server did not
// start. The program does not end.
func (l *serverLog) Fatalf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	l.fatal.CompareAndSwap(nil, &text)
	l.log(slog.LevelError, format, v)
}

// Debugf is never called: debugging is off.
func (l *serverLog) Debugf(format string, v ...any) { l.log(slog.LevelDebug, format, v) }

// Tracef is never called: tracing is off.
func (l *serverLog) Tracef(format string, v ...any) { l.log(slog.LevelDebug, format, v) }
