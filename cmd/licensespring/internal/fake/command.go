// Package fake runs the fake of the service, package licensespringtest, as a server for
// programs in any language.
package fake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/connect"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// settings are the flags of the command.
type settings struct {
	listen, control string
	products        string
	state, journal  string
	faults          []string
	randomFaults    bool
	lookupDelay     time.Duration
	staleReads      time.Duration
	seed            int64
	connection      *connect.Settings
}

// NewCommand returns the command "fake". It uses the dialect and the rate limit of the
// settings.
func NewCommand(connection *connect.Settings) *cobra.Command {
	set := &settings{connection: connection}
	cmd := &cobra.Command{
		Use:   "fake",
		Short: "Run a fake of the service, for tests and for trying things",
		Long: `Fake runs a fake of the Management API until Ctrl-C. It stores orders and licenses,
validates requests strictly and injects faults. It is not the service: no license is
real, and any program that knows the address can use it.

A second address, the control API, injects faults and shows the journal of requests:

  GET    /requests         the requests that the fake received
  DELETE /requests         discard them
  GET    /faults           the faults that have not finished
  POST   /faults           inject a fault, such as {"kind": "drop-after", "on": ["create_order"]}
  DELETE /faults           remove all faults
  PATCH  /licenses/{id}    set properties of a license, as a user of the platform does
  GET    /state            everything that the fake stores
  PUT    /state            replace it
  DELETE /state            store nothing

A fault of --fault is its kind and its members: drop-after,on=create_order,times=2

  Kinds      ` + wrapped(Kinds()) + `
  Members    on (endpoints, joined by +), nth, times, forever, probability, bytes,
             duration, status, stored, headers, content_type, body, location, reset
  Endpoints  ` + wrapped(Endpoints()),
		Example: `  licensespring fake
  licensespring fake --products products.json --state fake.json
  licensespring fake --fault drop-after,on=create_order,times=2 --fault status,status=503,probability=0.1,forever=true
  curl --data '{"kind": "stall-after"}' http://127.0.0.1:8081/faults`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run(cmd.Context(), set, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&set.listen, "listen", "127.0.0.1:8080", "`address` of the fake; port 0 selects a free one")
	flags.StringVar(&set.control, "control", "127.0.0.1:8081", "`address` of the control API, or none")
	flags.StringVar(&set.products, "products", "", "read products and policies from this JSON `file`")
	flags.StringVar(&set.state, "state", "", "load what the fake stores from this `file`, and save it after changes")
	flags.StringVar(&set.journal, "journal", "", "append the requests to this `file`, one JSON object per line; - is standard output")
	flags.StringArrayVar(&set.faults, "fault", nil, "inject a `fault`; can be repeated")
	flags.BoolVar(&set.randomFaults, "random-faults", false, "inject faults of real services into about one request in fifteen")
	flags.DurationVar(&set.lookupDelay, "lookup-delay", 0, "hide new orders from lookups for this time")
	flags.DurationVar(&set.staleReads, "stale-reads", 0, "show licenses as they were before a change for this time")
	flags.Int64Var(&set.seed, "seed", 1, "seed of the ids, keys and passwords")
	return cmd
}

// wrapped joins names to lines of the help.
func wrapped(names []string) string {
	const indent, width = "\n             ", 68
	var lines []string
	line := ""
	for _, name := range names {
		if len(line)+len(name) > width {
			lines = append(lines, line)
			line = ""
		}
		line += name + ", "
	}
	return strings.TrimSuffix(strings.Join(append(lines, line), indent), ", ")
}

// run runs the fake until ctx is done.
func run(ctx context.Context, set *settings, stdout, stderr io.Writer) error {
	faults, err := set.parseFaults()
	if err != nil {
		return err
	}
	journal, err := openJournal(set.journal, stdout)
	if err != nil {
		return exit.With(exit.Usage, err)
	}
	defer journal.close()
	store := newStateFile(set.state)
	options, err := set.options(func(r licensespringtest.Request) {
		journal.write(r)
		if r.Changed {
			store.changed()
		}
	})
	if err != nil {
		return exit.With(exit.Usage, err)
	}
	listener, err := net.Listen("tcp", set.listen)
	if err != nil {
		return exit.With(exit.Usage, err)
	}
	server := licensespringtest.NewServer(nil, append(options, licensespringtest.WithListener(listener))...)
	defer server.Close()
	var empty bytes.Buffer
	if err := server.Save(&empty); err != nil {
		return err
	}
	if err := store.load(server); err != nil {
		return exit.With(exit.Usage, err)
	}
	server.Inject(faults...)
	control, err := startControl(set.control, controlAPI(server, store, empty.Bytes()))
	if err != nil {
		return exit.With(exit.Usage, err)
	}
	defer control.close()

	printLine(stderr, "A fake of the service is running until Ctrl-C. To use it:")
	printLine(stderr, "export %s=%s", connect.EnvKey, server.APIKey())
	printLine(stderr, "export %s=%s", connect.EnvBaseURL, server.URL())
	if control.url != "" {
		printLine(stderr, "The control API is at %s.", control.url)
	}
	err = store.saveUntil(ctx, server)
	printLine(stderr, "Stored: %d orders with %d licenses.", len(server.Orders()), server.LicenseCount())
	return errors.Join(err, journal.err())
}

func (s *settings) parseFaults() ([]licensespringtest.Fault, error) {
	var faults []licensespringtest.Fault
	var invalid []error
	for _, text := range s.faults {
		fault, err := ParseFault(text)
		if err != nil {
			invalid = append(invalid, fmt.Errorf("--fault %s: %w", text, err))
			continue
		}
		faults = append(faults, fault)
	}
	if s.randomFaults {
		faults = append(faults, RandomFaults()...)
	}
	return faults, exit.With(exit.Usage, errors.Join(invalid...))
}

// options returns the options of the server.
func (s *settings) options(observe func(licensespringtest.Request)) ([]licensespringtest.Option, error) {
	options := []licensespringtest.Option{
		licensespringtest.WithObserver(observe),
		licensespringtest.WithLookupDelay(s.lookupDelay),
		licensespringtest.WithStaleReads(s.staleReads),
		licensespringtest.WithSeed(s.seed),
	}
	if licensespring.Dialect(s.connection.Dialect) == licensespring.DialectCurrent {
		options = append(options, licensespringtest.WithDialect(licensespringtest.DialectCurrent))
	}
	if limit := s.connection.RateLimit.Limit; limit > 0 {
		options = append(options, licensespringtest.WithRateLimit(RateLimit(limit)))
	}
	if s.products != "" {
		products, err := readCatalogue(s.products)
		if err != nil {
			return nil, err
		}
		options = append(options, products...)
	}
	return options, nil
}

// printLine writes a message. Errors of writing a message cannot be reported.
func printLine(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }

// control is the server of the control API.
type control struct {
	url    string // empty for none
	server *http.Server
}

// startControl starts the control API at an address.
func startControl(address string, api http.Handler) (*control, error) {
	if address == "none" {
		return &control{}, nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	const timeout = 10 * time.Second
	c := &control{
		url:    "http://" + listener.Addr().String(),
		server: &http.Server{Handler: api, ReadHeaderTimeout: timeout},
	}
	go func() { _ = c.server.Serve(listener) }() // until close
	return c, nil
}

func (c *control) close() {
	if c.server != nil {
		_ = c.server.Close()
	}
}
