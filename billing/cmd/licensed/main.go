// Command licensed keeps the licenses of Stripe customers as they are paid for. One
// process runs a webhook for Stripe, a durable queue, and workers that create, extend and
// disable licenses at the LicenseSpring Management API.
//
//	licensed serve                 run the webhook, workers, status page and metrics
//	licensed check                 check the configuration at Stripe and at the service
//	licensed enqueue file.jsonl    enqueue orders: one JSON object per line, or a JSON array
//	licensed status                print the state of the queue
//	licensed dead list             list dead letters with their reasons
//	licensed dead show N...        print dead letters with their lines or orders
//	licensed dead retry N...       enqueue the orders of dead letters again
//	licensed dead discard N...     remove dead letters permanently
//	licensed subjects list         list subscriptions and payments (-q)
//	licensed subjects show ID      print what was seen, wanted and done for one of them
//	licensed subjects reconcile ID make its licenses as they are paid for, now
//	licensed audit                 compare all of Stripe with all licenses (-fix, -o, -resume)
//	licensed result ID             print the result of an order with its license keys
//	licensed results list          list results (-q); results export writes all
//	licensed undelivered list      list notifications that the shop did not accept; also retry, discard
//	licensed missing list          list orders and events that a damaged store has lost
//	licensed missing forget ID...  remove those that cannot be recovered from this list
//	licensed recover               read the events of a period from Stripe again (-since)
//	licensed backup DIR            copy the store (-store) of a stopped service
//	licensed restore DIR           copy a backup to an empty store directory (-store)
//	licensed results prune         remove results that are older than a date (-before)
//
// Without configuration, serve uses a fake of the service and a queue in a temporary
// directory. With -demo it also uses a fake of Stripe, and plays a year of subscriptions:
//
//	licensed serve -demo
//
// # Configuration
//
// Each flag of serve has an environment variable; licensed serve -h lists both. check
// takes the same flags and variables, and changes nothing.
// Secrets are read only from environment variables, or from files that environment
// variables name:
//
//	LICENSESPRING_MANAGEMENT_KEY   or LICENSESPRING_MANAGEMENT_KEY_FILE
//	STRIPE_WEBHOOK_SECRET          or STRIPE_WEBHOOK_SECRET_FILE; several are separated by commas
//	STRIPE_API_KEY                 or STRIPE_API_KEY_FILE
//	LICENSED_ADMIN_TOKEN           or LICENSED_ADMIN_TOKEN_FILE
//	LICENSED_STORE_KEY             or LICENSED_STORE_KEY_FILE
//
// Files of secrets and orders are UTF-8, or UTF-16 with a byte order mark. Line breaks
// at the end of a secret are ignored.
//
// # Ports
//
// The public port (-listen) serves /webhooks/stripe, and /healthz and /readyz for
// probes. /healthz responds with 503 if only a restart helps. /readyz responds with
// 503 and the reasons while events cannot be processed: the service drains, the queue
// stores nothing, a key is missing or rejected, or Stripe does not deliver the required
// events. /readyz/queue is the check whether events can be stored.
//
// The admin port (-admin) serves the status page, /metrics, and the API that the other
// commands use. It listens on the loopback interface by default. Any other address
// requires the admin token: in a browser as the password of any user name, and in
// programs as a bearer token. Neither port supports TLS; use a reverse proxy.
//
// The commands enqueue, status and dead always use the admin port of a running serve,
// because an embedded queue belongs to one process.
//
// # Signals
//
// On SIGTERM or SIGINT the service stops accepting events, waits for active calls
// (-grace), and exits with code 0. The queue is kept for the next start. A second
// signal ends the process immediately, without losing orders.
//
// # Full disk
//
// When the disk of the embedded queue fails or is full, the service responds to
// events with 503 and exits with code 1. The queue is not writable again until a
// restart with free space, so configure one (systemd: Restart=on-failure). Until
// then /healthz responds with 503, and licensed_queue_up is 0.
//
// When the queue reaches its own storage limit (see package fulfillment), the service
// responds to events with 503 and continues to process the queued orders. A restart
// does not help.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal, the second one has its default effect.
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
