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

// serve runs the serve command.
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
	defer public.close()
	admin, err := a.listen(ctx, set.admin, a.adminHandler())
	if err != nil {
		return err
	}
	defer admin.close()
	a.printAddresses(stdout, public, admin)
	return a.serve(ctx, stdout, public, admin)
}

func (a *app) printAddresses(out io.Writer, public, admin *server) {
	if a.set.fake {
		printf(out, "licensed: using a FAKE service in this process; its licenses are not real\n")
	}
	printf(out, "licensed: webhook      http://%s%s\n", public.address, webhookPath)
	printf(out, "licensed: status page  http://%s/\n", admin.address)
}

// healthInterval is the interval at which serve checks that the queue is writable.
const healthInterval = 5 * time.Second

// serve runs until ctx ends or a component fails. Then it drains: it stops accepting
// events, stops the workers, and waits for active calls. The status page is served
// until the end.
func (a *app) serve(ctx context.Context, stdout io.Writer, public, admin *server) error {
	workerCtx, stopWorkers := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWorkers()
	workersDone := make(chan error, 1)
	go func() { workersDone <- a.runWorkers(workerCtx) }()
	notifierDone := make(chan error, 1)
	go func() { notifierDone <- a.runNotifier(workerCtx) }()

	demoCtx, stopDemo := context.WithCancel(ctx)
	defer stopDemo()
	demoDone := make(chan error, 1)
	var demo sync.WaitGroup
	if a.set.demo {
		demo.Go(func() { demoDone <- a.runDemo(demoCtx, stdout, "http://"+public.address+webhookPath) })
	}
	health := time.NewTicker(healthInterval)
	defer health.Stop()

	var err error
wait:
	for {
		select {
		case <-ctx.Done():
			break wait
		case err = <-demoDone:
			if err != nil || a.set.exit {
				break wait
			}
			printf(stdout, "\nThe status page is at http://%s/ until you press ctrl-c.\n", admin.address)
		case err = <-public.done:
			break wait
		case err = <-admin.done:
			break wait
		case err = <-workersDone:
			workersDone <- nil
			if err == nil {
				err = errors.New("the workers stopped")
			}
			break wait
		case err = <-notifierDone:
			notifierDone <- nil
			if err == nil {
				err = errors.New("the notifications stopped")
			}
			break wait
		case <-health.C:
			// Only a restart recovers a failed store. Other errors are transient.
			if failed := a.pipeline.Health(ctx); errors.Is(failed, fulfillment.ErrStoreFailed) {
				err = failed
				break wait
			}
		}
	}

	a.draining.Store(true)
	a.logger.LogAttrs(ctx, slog.LevelInfo, "draining", slog.Duration("grace", a.set.grace))
	stopDemo()
	demo.Wait()
	public.shutdown(ctx, a.set.grace)
	stopWorkers()
	err = errors.Join(err, <-workersDone, <-notifierDone)
	admin.shutdown(ctx, time.Second)
	a.logger.LogAttrs(ctx, slog.LevelInfo, "drained")
	return err
}
