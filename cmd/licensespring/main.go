// Command licensespring creates and changes license orders at LicenseSpring, and runs
// a fake of the service. README.md is its guide:
//
//	licensespring --help
package main

import (
	"context"
	"os"
	"os/signal"
	"time"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/cli"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

// repeatDelay is the time after the first signal in which others are copies of it:
// timeout(1) signals the program and its process group.
const repeatDelay = 200 * time.Millisecond

func main() {
	ignoreBrokenPipes()
	// The first signal cancels the context: the command starts nothing further and
	// reports what is known of the rest. The second signal exits immediately: requests in
	// flight have an unknown outcome.
	ctx, cancel := context.WithCancel(context.Background())
	received := make(chan os.Signal, 1)
	signal.Notify(received, interrupts()...)
	go func() {
		<-received
		first := time.Now()
		cancel()
		for range received {
			if time.Since(first) > repeatDelay {
				os.Exit(exit.Unknown)
			}
		}
	}()
	os.Exit(cli.Run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}
