//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// interrupts returns the signals that end the program. A hangup ends it unless it is
// ignored, as under nohup.
func interrupts() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// ignoreBrokenPipes makes a write to a closed pipe an error. The signal would kill the
// program in the middle of its work.
func ignoreBrokenPipes() { signal.Ignore(syscall.SIGPIPE) }
