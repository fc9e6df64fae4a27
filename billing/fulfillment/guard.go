package fulfillment

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"

	"github.com/licensespring-go/licensespring"
)

// guard does what is not this package's own, and makes an error of a panic in it:
// one order that a program stumbles over must not stop all the others. What a
// panic was called with may hold a customer's data, and is not told; where it
// happened is logged.
func (w *worker) guard(ctx context.Context, do func() error) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		err = fmt.Errorf("%w: %T", ErrPanicked, v)
		if fault, ok := v.(runtime.Error); ok {
			err = fmt.Errorf("%w: %s", ErrPanicked, fault.Error())
		}
		w.cfg.logger.LogAttrs(ctx, slog.LevelError, "licensespring worker panicked",
			slog.Any("error", err), slog.String("stack", string(debug.Stack())))
	}()
	return do()
}

// ensure calls the client.
func (w *worker) ensure(ctx context.Context, order *licensespring.Order) (res *licensespring.OrderResult, err error) {
	w.Pipeline.calls.Add(1)
	defer w.Pipeline.calls.Add(-1)
	err = w.guard(ctx, func() error {
		var err error
		if res, err = w.client.EnsureOrder(ctx, order); err == nil && res == nil {
			return errors.New("fulfillment: the client returned neither a result nor an error")
		}
		return err
	})
	return res, err
}
