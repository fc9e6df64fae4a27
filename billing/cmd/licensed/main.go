// Command licensed turns paid checkouts into licenses: a webhook for Stripe, a
// durable queue, and workers that create the orders at the LicenseSpring
// Management API, in one process.
//
//	licensed serve                 webhook, workers, status page and metrics
//	licensed enqueue file.jsonl    put orders into the queue, one JSON object a line
//	licensed status                how the queue stands
//	licensed dead list             orders that were given up, and why
//	licensed dead retry N...       put them back into the queue
//	licensed dead discard N...     remove them for good
//
// Without any configuration, serve talks to a fake of the service and keeps its
// queue in a temporary directory; with -demo it also posts sample events to
// itself and prints what happens:
//
//	licensed serve -demo
//
// # Configuration
//
// Each flag of serve can be given in the environment as well; licensed serve -h
// lists both names. Secrets are taken from the environment only, or from files
// that the environment names:
//
//	LICENSESPRING_MANAGEMENT_KEY   or LICENSESPRING_MANAGEMENT_KEY_FILE
//	STRIPE_WEBHOOK_SECRET          or STRIPE_WEBHOOK_SECRET_FILE
//	STRIPE_API_KEY                 or STRIPE_API_KEY_FILE
//	LICENSED_ADMIN_TOKEN           or LICENSED_ADMIN_TOKEN_FILE
//	LICENSED_STORE_KEY             or LICENSED_STORE_KEY_FILE
//
// # Two ports
//
// One (-listen) has /webhooks/stripe and /healthz, and is for the load balancer.
// The other (-admin) has the status page, /metrics and the API that the other
// commands talk to. It is on the loopback interface. On any other address it asks
// for the admin token: in a browser as the password, with any name; by programs
// as a bearer token. Neither port speaks TLS: put what does in front of them.
//
// enqueue, status and dead talk to a running serve over that port, whether its
// queue is embedded or in a NATS cluster: an embedded queue belongs to one
// process, and so there is one way for both.
//
// # Signals
//
// On SIGTERM or SIGINT the service stops accepting events, lets the calls under
// way end (-grace), and exits with 0. What is in the queue stays there for the
// next start. A second signal ends it at once, which loses nothing either.
//
// # A full disk
//
// When the disk of the embedded queue fails or is full, the service answers
// events with 503 and ends with exit code 1: the queue writes again only after a
// new start, so have it started again (systemd: Restart=on-failure). /healthz
// answers 503 and licensed_queue_up is 0 in the meantime.
//
// When the queue holds as much as it allows itself (see package fulfillment), the
// service answers events with 503 as well and goes on with the orders it has: a new
// start would not help by itself.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// From the first signal on, the second one kills.
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
