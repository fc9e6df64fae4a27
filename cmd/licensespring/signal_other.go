//go:build !unix

package main

import (
	"os"
	"syscall"
)

// interrupts returns the signals that end the program.
func interrupts() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM} }

// ignoreBrokenPipes does nothing: a write to a closed pipe is an error here.
func ignoreBrokenPipes() {}
