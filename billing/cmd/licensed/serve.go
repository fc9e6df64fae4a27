package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
)

// serve is the command of that name.
func serve(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) (err error) {
	set, err := newSettings(args, env, stderr)
	if err != nil {
		return err
	}
	a, err := newApp(ctx, set, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()

	public, err := a.listen(ctx, set.listen, a.publicHandler())
	if err != nil {
		return err
	}
	defer public.stop()
	admin, err := a.listen(ctx, set.admin, a.adminHandler())
	if err != nil {
		return err
	}
	defer admin.stop()
	a.greet(stdout, public, admin)
	return a.serve(ctx, stdout, public, admin)
}

func (a *app) greet(out io.Writer, public, admin *server) {
	if a.set.fake {
		say(out, "licensed: talking to a FAKE of the service, in this process: no license of it is real\n")
	}
	say(out, "licensed: webhook      http://%s%s\n", public.address, webhookPath)
	say(out, "licensed: status page  http://%s/\n", admin.address)
}

// healthEvery is how often it is looked whether the queue can still be written.
const healthEvery = 5 * time.Second

// serve runs until ctx ends or a part of it fails, and then drains: first no
// event is accepted any more, then no order begun, then the calls under way end.
// The status page stays to the last.
func (a *app) serve(ctx context.Context, stdout io.Writer, public, admin *server) error {
	working, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	worked := make(chan error, 1)
	go func() { worked <- a.work(working) }()

	demoing, stopDemo := context.WithCancel(ctx)
	defer stopDemo()
	demoed := make(chan error, 1)
	var demo sync.WaitGroup
	if a.set.demo {
		demo.Go(func() { demoed <- a.demo(demoing, stdout, "http://"+public.address+webhookPath) })
	}
	health := time.NewTicker(healthEvery)
	defer health.Stop()

	var failed error
wait:
	for {
		select {
		case <-ctx.Done():
			break wait
		case err := <-demoed:
			if failed = err; failed != nil || a.set.exit {
				break wait
			}
			say(stdout, "\nThe status page stays at http://%s/ until you press ctrl-c.\n", admin.address)
		case failed = <-public.ended:
			break wait
		case failed = <-admin.ended:
			break wait
		case failed = <-worked:
			worked <- nil
			if failed == nil {
				failed = errors.New("the workers ended")
			}
			break wait
		case <-health.C:
			// Only a new start mends it, so leave that to whoever starts services.
			// Anything else that is wrong with the queue passes.
			if err := a.pipeline.Health(ctx); errors.Is(err, fulfillment.ErrStoreFailed) {
				failed = err
				break wait
			}
		}
	}

	a.draining.Store(true)
	a.logger.LogAttrs(ctx, slog.LevelInfo, "draining", slog.Duration("grace", a.set.grace))
	stopDemo()
	demo.Wait()
	public.shutdown(ctx, a.set.grace)
	stopWork()
	failed = errors.Join(failed, <-worked)
	admin.shutdown(ctx, time.Second)
	a.logger.LogAttrs(ctx, slog.LevelInfo, "drained")
	return failed
}
