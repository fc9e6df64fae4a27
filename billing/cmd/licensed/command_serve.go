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
func serve(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) error {
	set, err := newSettings(args, env, stderr)
	if err == nil {
		err = serveWith(ctx, set, stdout, stderr)
	}
	if err != nil && set.logJSON && !isReported(err) {
		newLogger(set, stderr).LogAttrs(ctx, slog.LevelError, "licensed failed", slog.Any("error", err))
		return errLogged
	}
	return err
}

func serveWith(ctx context.Context, set *settings, stdout, stderr io.Writer) (err error) {
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
	a.reportAddresses(ctx, stdout, public, admin)
	return a.serve(ctx, stdout, public, admin)
}

func (a *app) reportAddresses(ctx context.Context, out io.Writer, public, admin *server) {
	if a.set.logJSON {
		a.logger.LogAttrs(ctx, slog.LevelInfo, "listening", slog.Bool("fake", a.set.fake),
			slog.String("webhook", "http://"+public.address+webhookPath), slog.String("status_page", "http://"+admin.address+"/"))
		return
	}
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
	workersDone := make(chan error, 3)
	go func() { workersDone <- a.runWorkers(workerCtx) }()
	go func() { workersDone <- a.runInbox(workerCtx) }()
	go func() { workersDone <- a.runReconciler(workerCtx) }()
	notifierDone := make(chan error, 1)
	go func() { notifierDone <- a.runNotifier(workerCtx) }()

	var maintenance sync.WaitGroup
	maintenance.Go(func() { a.refreshCatalogue(workerCtx) })
	maintenance.Go(func() { a.audits.runAtIntervals(workerCtx, a.set.auditInterval) })

	demoCtx, stopDemo := context.WithCancel(ctx)
	defer stopDemo()
	demoDone := make(chan error, 1)
	var demo sync.WaitGroup
	if a.set.demo {
		demo.Go(func() { demoDone <- a.runDemo(demoCtx, stdout, "http://"+public.address+webhookPath) })
	}
	readyCtx, stopReadiness := context.WithCancel(context.WithoutCancel(ctx))
	var ready sync.WaitGroup
	ready.Go(func() { a.readiness.run(readyCtx) })
	defer ready.Wait()
	defer stopReadiness()
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
	err = errors.Join(err, <-workersDone, <-workersDone, <-workersDone, <-notifierDone)
	maintenance.Wait()
	admin.shutdown(ctx, time.Second)
	a.logger.LogAttrs(ctx, slog.LevelInfo, "drained")
	return err
}
