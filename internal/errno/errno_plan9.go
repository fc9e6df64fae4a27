package errno

import "errors"

// Errors that no connection fails with.
var (
	ConnectionRefused = errors.New("connection refused")
	ConnectionReset   = errors.New("connection reset")
	BrokenPipe        = errors.New("broken pipe")
)
