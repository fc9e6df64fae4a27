package stripehook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// subscriptionItems is a source of lines and of a subscription.
type subscriptionItems struct {
	lineItemsFunc
	subscription stripehook.Subscription
	err          error
	requested    []stripehook.Source
}

func (s *subscriptionItems) Subscription(_ context.Context, of stripehook.Source) (stripehook.Subscription, error) {
	s.requested = append(s.requested, of)
	return s.subscription, s.err
}

// A license of a subscription in a trial is a trial license until the end of the trial.
func TestTrial(t *testing.T) {
	t.Parallel()
	end := time.Date(2026, 12, 19, 0, 0, 0, 0, time.UTC)
	line := func(amount int64, interval string) stripehook.Line {
		return stripehook.Line{Quantity: 1, Amount: amount, Price: &stripehook.Price{
			ID: "p", Interval: interval, Metadata: map[string]string{"product_short_code": "acmecad"},
		}}
	}
	trial, paid, setup := line(0, "month"), line(3300, "month"), line(9900, "")
	tests := []struct {
		name   string
		lines  []stripehook.Line
		end    time.Time
		looked bool
		trials []bool // of the licenses
	}{
		{"trial", []stripehook.Line{trial}, end, true, []bool{true}},
		{"trial with a paid setup", []stripehook.Line{trial, setup}, end, true, []bool{true, false}},
		{"a coupon, or the trial has ended", []stripehook.Line{trial}, time.Time{}, true, []bool{false}},
		{"paid", []stripehook.Line{paid, setup}, end, false, []bool{false, false}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			items := &subscriptionItems{
				lineItemsFunc: func(context.Context, stripehook.Source) ([]stripehook.Line, error) { return tt.lines, nil },
				subscription:  stripehook.Subscription{TrialEnd: tt.end},
			}
			payload := bytes.Replace(event(t, "invoice_subscription"), []byte(`"object": "event",`), []byte(`"object": "event", "account": "acct_1",`), 1)
			report, queue := delivered(t, payload, stripehook.WithLineItems(items))
			require.Equal(t, stripehook.DispositionQueued, report.Disposition, report.Reason)
			want := []stripehook.Source(nil)
			if tt.looked {
				want = []stripehook.Source{{Kind: stripehook.SourceSubscription, ID: "sub_s1", Account: "acct_1"}}
			}
			assert.Equal(t, want, items.requested)
			var order licensespring.Order
			require.NoError(t, json.Unmarshal([]byte(queue.orders["acct_1-sub_s1"]), &order))
			for i, item := range order.Items {
				license := item.Licenses[0]
				if !tt.trials[i] {
					assert.Nil(t, license.IsTrial)
					assert.Zero(t, license.ValidityPeriod)
					continue
				}
				assert.True(t, *license.IsTrial)
				assert.True(t, end.Equal(license.ValidityPeriod))
				assert.True(t, license.ValidDuration.IsZero())
			}
		})
	}
}

// Without the subscription it is not known whether it is in a trial.
func TestTrialUnknown(t *testing.T) {
	t.Parallel()
	items := &subscriptionItems{err: errors.New("down")}
	report, queue := delivered(t, event(t, "invoice_trial"), stripehook.WithLineItems(items))
	assert.Equal(t, stripehook.DispositionFailed, report.Disposition)
	assert.Equal(t, "the subscription could not be fetched", report.Reason)
	assert.Empty(t, queue.orders)
}
