//go:build !plan9

// Package errno holds the errors of the operating system that connections fail
// with. Plan 9 has none of them.
package errno

import "syscall"

// The errors, to be found with errors.Is.
const (
	ConnectionRefused = syscall.ECONNREFUSED
	ConnectionReset   = syscall.ECONNRESET
	BrokenPipe        = syscall.EPIPE
)
