package licensespring_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

// failingHandler panics at one of its methods.
type failingHandler struct{ atEnabled bool }

func (h failingHandler) Enabled(context.Context, slog.Level) bool {
	if h.atEnabled {
		panic("enabled")
	}
	return true
}
func (failingHandler) Handle(context.Context, slog.Record) error { panic("handle") }
func (h failingHandler) WithAttrs([]slog.Attr) slog.Handler      { return h }
func (h failingHandler) WithGroup(string) slog.Handler           { return h }

// A panic of a log handler or an observer must not lose an order that was created,
// nor the one-time passwords of its users.
func TestPanicsOfTheCallersFunctions(t *testing.T) {
	t.Parallel()
	start := func(context.Context, licensespring.CallStarted) context.Context { panic("start call") }
	for name, option := range map[string]licensespring.Option{
		"handler":         licensespring.WithLogger(slog.New(failingHandler{})),
		"handler.Enabled": licensespring.WithLogger(slog.New(failingHandler{atEnabled: true})),
		"StartCall":       licensespring.WithObserver(licensespring.Observer{StartCall: start}),
		"StartAttempt": licensespring.WithObserver(licensespring.Observer{
			StartAttempt: func(context.Context, licensespring.AttemptStarted) context.Context { panic("start attempt") },
		}),
		"EndAttempt": licensespring.WithObserver(licensespring.Observer{
			EndAttempt: func(context.Context, licensespring.Attempt) { panic("end attempt") },
		}),
		"EndCall": licensespring.WithObserver(licensespring.Observer{
			EndCall: func(context.Context, licensespring.CallEnded) { panic("end call") },
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ended := 0
			client, srv := onLoopback(t, nil, option, licensespring.WithObserver(licensespring.Observer{
				EndCall: func(context.Context, licensespring.CallEnded) { ended++ },
			}))
			order := licensespring.NewOrder("inv-1").AddItem("acmeweb", licensespring.NewUserLicense("ada@example.com"))
			res, err := client.CreateOrder(t.Context(), order)
			require.NoError(t, err)
			assert.Equal(t, licensespring.OutcomeCreated, res.Outcome)
			assert.NotEmpty(t, res.Order.Users()[0].InitialPassword.Reveal())
			assert.Len(t, srv.Orders(), 1)
			assert.Equal(t, 1, ended, "the other observers are called")
			_, err = client.CreateOrder(t.Context(), order)
			require.ErrorIs(t, err, licensespring.ErrOrderExists)
		})
	}
}
