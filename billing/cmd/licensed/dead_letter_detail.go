package main

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/internal/mask"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// deadLetterDetail is a dead letter with its content. Personal data, license keys and
// free texts are masked.
type deadLetterDetail struct {
	deadLetterView

	Repeated bool                   `json:"repeated,omitzero"`
	Event    *stripehook.Inspection `json:"event,omitzero"`
	Order    any                    `json:"order,omitzero"`
}

// detail describes a dead letter. It fetches the lines of a Stripe event.
func (a *app) detail(ctx context.Context, l *fulfillment.DeadLetter) (deadLetterDetail, error) {
	d := deadLetterDetail{deadLetterView: newDeadLetterView(l), Repeated: l.Repeated}
	switch {
	case l.Order != nil:
		text, err := l.Order.MarshalJSON()
		if err != nil {
			return d, err
		}
		if d.Order, err = maskOrder(text); err != nil {
			return d, err
		}
	case isStripeEvent(l):
		in, err := a.hook.Inspect(ctx, l.Payload)
		if err != nil {
			return d, err
		}
		d.Event = &in
	}
	return d, nil
}

func isStripeEvent(l *fulfillment.DeadLetter) bool {
	return l.Order == nil && strings.HasPrefix(l.Source, "stripe ")
}

// plainMembers are the members of an order whose texts are neither personal nor free.
var plainMembers = map[string]bool{
	"id": true, "order_type": true, "language": true, "created": true, "product_code": true, "license_type": true, "policy_code": true,
	"valid_duration": true, "validity_period": true, "maintenance_duration": true, "maintenance_period": true, "start_date": true,
	"code": true, "product_features": true, "consumption_period": true, "expiry_date": true, "subscription_id": true,
}

// maskOrder decodes an order and masks its texts, except for known members.
func maskOrder(text []byte) (any, error) {
	value, err := decodeNumbers(text)
	return maskValue(value, ""), err
}

func maskValue(value any, member string) any {
	switch v := value.(type) {
	case map[string]any:
		for name := range v {
			v[name] = maskValue(v[name], name)
		}
	case []any:
		for i := range v {
			v[i] = maskValue(v[i], member)
		}
	case string:
		if !plainMembers[member] {
			return mask.Text(v)
		}
	}
	return value
}

// decodeNumbers decodes JSON without changing numbers.
func decodeNumbers(text []byte) (value any, err error) {
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	err = d.Decode(&value)
	return value, err
}
