package simulation

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	ls "github.com/licensespring-go/licensespring"
)

// unjustifiedUnknown returns why a call should not have an unknown outcome, or "".
// An unknown outcome requires an ambiguous create, or an id or keys that are taken
// by something that lookups do not show. In addition one of these must hold:
//
//   - The order is an append without keys, which nothing can settle.
//   - There was no time for another lookup.
//   - All lookups failed or did not show the order.
//   - Lookups showed a different order of unknown origin.
func (r *run) unjustifiedUnknown(c *call) string {
	var ambiguous []int
	for i := range c.observed {
		if c.mayBeApplied(i) {
			ambiguous = append(ambiguous, i)
		}
	}
	if len(ambiguous) == 0 && !c.idTaken() && !c.keysTaken() {
		return "no attempt can have been applied"
	}
	if !c.spec.ensurable() {
		// An ambiguous create must be the last request: a retry could add the
		// licenses twice.
		if len(ambiguous) != 1 || ambiguous[0] != len(c.observed)-1 {
			return "retried although it may have been applied"
		}
		return ""
	}
	if reason := r.whyNotFound(c); reason == "" {
		return "there was time for a lookup, and lookups showed the order"
	}
	return ""
}

func (c *call) mayBeApplied(i int) bool { return c.mayHaveActed(i, c.spec.order.Append) }

// mayHaveActed reports whether the service may have applied an attempt, as far as a
// client can know. Once reports whether the attempt must not be received twice. It
// relies on the Phase of the attempt, which compareReceived checks.
func (c *callRecord) mayHaveActed(i int, once bool) bool {
	o := c.observed[i]
	switch {
	case o.method == http.MethodGet:
		return false
	case o.repeated(once):
		return true
	case o.status == 0:
		return i >= len(c.attempts()) || c.attempts()[i].Phase != ls.PhaseNotSent
	default:
		return mayHideEffect(o.status)
	}
}

// mayHideEffect reports whether a response with this status, or no response if it is
// 0, may follow a request that was applied.
func mayHideEffect(status int) bool {
	switch status {
	case http.StatusSeeOther, http.StatusRequestTimeout, 460, 499: // the last three: a proxy did not wait
		return true
	default:
		return status < 300 || status >= 500
	}
}

// idTaken reports whether an attempt received a conflict.
func (c *call) idTaken() bool {
	return slices.ContainsFunc(c.observed, func(o *observation) bool {
		return o.method == http.MethodPost && o.status == http.StatusConflict
	})
}

// keysTaken reports whether an append may have been rejected because its keys are
// taken. The form of that response is undocumented.
func (c *call) keysTaken() bool {
	return c.isKeyed() && c.op == ensure && slices.ContainsFunc(c.observed, func(o *observation) bool {
		return o.method == http.MethodPost && o.status >= 400 && o.status < 500 && o.status != http.StatusTooManyRequests
	})
}

// whyNotFound returns why the call could not find the order, or "" if it could.
func (r *run) whyNotFound(c *call) string {
	lookups := c.lookupResponses()
	productsMissing := false
	for _, o := range lookups {
		if !r.isShownIn(c, o) {
			continue
		}
		if reason := r.whyNotSettled(c, o); reason != "" || r.knowsProducts(c, o) {
			return reason
		}
		productsMissing = true
	}
	last := c.observed[len(c.observed)-1]
	remaining := c.deadline.Sub(c.end)
	switch {
	case !c.deadline.IsZero() && remaining <= c.process.plan.waitMax:
		return "there was no time"
	case c.e != nil && c.e.RateLimitSource != "" && !c.hasTimeUntil(c.e.RetryAt):
		return "it was rate limited"
	case last.status >= 300 && last.status < 500 && last.status != http.StatusTooManyRequests && last.method == http.MethodGet:
		return "the lookup was rejected"
	case !c.deadline.IsZero() && last.retryAt.Sub(c.end) >= remaining:
		return "Retry-After exceeds the remaining time"
	case c.spec.order.Append && c.lookupCount() >= maxLookups && (last.method == http.MethodPost || !last.isComplete()):
		return "the last lookup or retry failed"
	}
	if productsMissing && c.pollsAfterLastCreate() >= maxLookups {
		return "the codes of the products could not be read"
	}
	rounds := 1
	if c.spec.order.Append {
		rounds = max(1, c.process.plan.attempts)
	}
	if c.lookupCount() >= maxLookups*rounds || c.isPartlyShown(lookups) {
		return "lookups did not show it"
	}
	return ""
}

// hasTimeUntil reports whether the call could wait until t.
func (c *call) hasTimeUntil(t time.Time) bool {
	return t.Sub(c.end) <= maxWait && (c.deadline.IsZero() || t.Before(c.deadline))
}

// maxWait is the longest wait of the SDK.
const maxWait = 5 * time.Minute

// whyNotSettled returns why an order that a lookup showed did not settle the call, or
// "". The order must be that of another caller. The SDK cannot know who appended to
// an order and who was given the same keys.
func (r *run) whyNotSettled(c *call, o *observation) string {
	if c.stored == nil || c.spec.matches(c.stored, r.shows) {
		return ""
	}
	_, licenses := c.keysShown(o)
	switch {
	case r.lastCreate(c).status < 300:
		return "the response reported success, and the order is a different one"
	case c.spec.order.Append:
		return "other licenses have the keys"
	case licenses > len(c.spec.licenses) && c.spec.headMatches(c.stored, r.shows) && c.spec.isPartOf(c.stored):
		return "the order contains more licenses than were sent"
	}
	return ""
}

// isComplete reports whether the response is a complete list or order within the
// size limit.
func (o *observation) isComplete() bool {
	if o.status != http.StatusOK || !o.complete || len(o.body) > maxBody {
		return false
	}
	p := o.decode()
	return p.Results != nil || p.StoreID != ""
}

// decode decodes the body, once.
func (o *observation) decode() *page {
	if o.page == nil {
		o.page = new(page)
		if json.Unmarshal(o.body, o.page) != nil {
			*o.page = page{}
		}
	}
	return o.page
}

// lookupResponses returns the lookup attempts with a complete response.
func (c *call) lookupResponses() []*observation {
	return slices.DeleteFunc(slices.Clone(c.observed), func(o *observation) bool {
		return o.method != http.MethodGet || o.isProduct() || !o.isComplete()
	})
}

// lookupCount counts lookups as the SDK does: retries do not count, nor does the
// request for the order after the list.
func (c *call) lookupCount() int {
	n := 0
	for i := range c.attempts() {
		isRetry := i > 0 && c.attempts()[i-1].Decision == retried
		if !isRetry && i < len(c.observed) && strings.HasSuffix(c.observed[i].path, "/orders/") {
			n++
		}
	}
	return n
}

// pollsAfterLastCreate counts the lookups after the last create, including those that
// only read products again.
func (c *call) pollsAfterLastCreate() int {
	n := 1
	for i, a := range slices.Backward(c.attempts()) {
		if i < len(c.observed) && c.observed[i].method == http.MethodPost {
			break
		}
		if a.Decision == "poll again" {
			n++
		}
	}
	return n
}

// A page is a list of orders or a single order.
type page struct {
	Results []record `json:"results"`
	record
}

// A record is the part of a service record that identifies an order.
type record struct {
	StoreID string `json:"store_id"`
	Items   []struct {
		ProductID int64 `json:"product_id"`
		Product   struct {
			Code string `json:"short_code"`
		} `json:"product"`
		Licenses []struct {
			Key   string `json:"license_key"`
			Order string `json:"order_store_id"`
		} `json:"licenses"`
	} `json:"order_items"`
}

// isShownIn reports whether a response shows the order: for an append the keys of
// all its licenses, otherwise at least one license. An order that has only a part of
// the licenses, and differs in nothing else, may be the one that was sent, not yet
// visible as a whole.
func (r *run) isShownIn(c *call, o *observation) bool {
	n, total := c.keysShown(o)
	if !c.spec.order.Append {
		isPart := total < len(c.spec.licenses) && c.stored != nil && c.spec.headMatches(c.stored, r.shows) && c.spec.isMoreThan(c.stored)
		return total > 0 && !isPart
	}
	return n == len(c.spec.licenses)
}

// isPartlyShown reports whether the last lookup shows only some keys of an append.
func (c *call) isPartlyShown(lookups []*observation) bool {
	if !c.spec.order.Append || len(lookups) == 0 {
		return false
	}
	n, _ := c.keysShown(lookups[len(lookups)-1])
	return n > 0 && n < len(c.spec.licenses)
}

// keysShown returns the number of keys of the spec and the number of licenses that a
// response shows.
func (c *call) keysShown(o *observation) (keys, licenses int) {
	p := o.decode()
	for _, rec := range slices.Concat(p.Results, []record{p.record}) {
		if rec.StoreID != c.spec.order.ID {
			continue
		}
		for _, item := range rec.Items {
			for _, l := range item.Licenses {
				licenses++
				if l.Key != "" && slices.ContainsFunc(c.spec.licenses, func(s licenseSpec) bool { return s.key == l.Key }) {
					keys++
				}
			}
		}
	}
	return keys, licenses
}
