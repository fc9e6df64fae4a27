package fulfillment

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/licensespring-go/licensespring"
)

const (
	headerEnqueuedAt = "Licensespring-Enqueued-At"
	headerWarnings   = "Licensespring-Warnings"
	headerRetryOf    = "Licensespring-Retry-Of"
)

// orderHeaders holds what is stored beside an order in the queue. It does not
// distinguish orders.
type orderHeaders struct {
	// enqueuedAt preserves the enqueue time of an order that becomes a dead letter and
	// is retried.
	enqueuedAt time.Time
	warnings   []licensespring.Finding
	// retryOf identifies the failure of the dead letter that is retried.
	retryOf string
}

func (o *orderHeaders) set(h nats.Header) error {
	h.Set(headerEnqueuedAt, strconv.FormatInt(o.enqueuedAt.UnixMilli(), 10))
	if o.retryOf != "" {
		h.Set(headerRetryOf, o.retryOf)
	}
	if len(o.warnings) == 0 {
		return nil
	}
	text, err := json.Marshal(o.warnings)
	h.Set(headerWarnings, string(text))
	return err
}

// get reads the headers of an order. Headers of another version are ignored.
func (o *orderHeaders) get(h nats.Header) {
	if ms, err := strconv.ParseInt(h.Get(headerEnqueuedAt), 10, 64); err == nil {
		o.enqueuedAt = time.UnixMilli(ms).UTC()
	}
	o.retryOf = h.Get(headerRetryOf)
	_ = json.Unmarshal([]byte(h.Get(headerWarnings)), &o.warnings)
}
