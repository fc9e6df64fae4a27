// Command licensespring creates and changes license orders at LicenseSpring, and runs
// a fake of the service. README.md is its guide:
//
//	licensespring --help
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/cli"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

func main() {
	// The first signal cancels the context: the command starts nothing further and
	// reports what is known of the rest. The second signal exits immediately: requests in
	// flight have an unknown outcome.
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	ctx, _ := signal.NotifyContext(context.Background(), signals...)
	context.AfterFunc(ctx, func() {
		second := make(chan os.Signal, 1)
		signal.Notify(second, signals...)
		<-second
		os.Exit(exit.Unknown)
	})
	os.Exit(cli.Run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}
