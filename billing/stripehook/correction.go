package stripehook

import (
	"context"
	"maps"
	"regexp"
	"strconv"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/internal/mask"
)

// Correction replaces a value of an event that is replayed. The paths are
//
//	customer.email, customer.name, customer.company, customer.phone
//	metadata.NAME                  metadata of the session, invoice or subscription
//	lines[N].quantity              as in lines[0].quantity
//	lines[N].price.metadata.NAME   as in lines[0].price.metadata.product_short_code
//
// An empty value removes the value.
type Correction struct {
	Path  string `json:"path"`
	Value string `json:"value"`
}

// RuleCorrection is the rule of a finding about corrections: the path of a [Correction] does not exist.
const RuleCorrection licensespring.Rule = "correction"

var linePattern = regexp.MustCompile(`^lines\[(\d{1,4})\]\.(?:(quantity)|price\.metadata\.(.+))$`)

// correct applies the corrections of the purchase and its customer. Those of lines are
// applied when the lines are known.
func (p *purchase) correct(corrections []Correction) error {
	var found findings
	for _, c := range corrections {
		switch name, isMetadata := cutPrefix(c.Path, "metadata."); {
		case c.Path == "customer.email":
			p.customer.email = c.Value
		case c.Path == "customer.name":
			p.customer.name = c.Value
		case c.Path == "customer.company":
			p.customer.company = c.Value
		case c.Path == "customer.phone":
			p.customer.phone = c.Value
		case isMetadata:
			p.metadata = withValue(p.metadata, name, c.Value)
		case linePattern.MatchString(c.Path):
			p.lineCorrections = append(p.lineCorrections, c)
		default:
			found.add(c.Path, RuleCorrection, "the path cannot be set")
		}
	}
	return found.err()
}

// correctLines applies the corrections of lines to a copy.
func (p *purchase) correctLines(lines []Line) ([]Line, error) {
	if len(p.lineCorrections) == 0 {
		return lines, nil
	}
	lines = append([]Line(nil), lines...)
	var found findings
	for _, c := range p.lineCorrections {
		match := linePattern.FindStringSubmatch(c.Path)
		i, err := strconv.Atoi(match[1])
		if err != nil || i >= len(lines) {
			found.add(c.Path, RuleCorrection, "there is no such line")
			continue
		}
		line := &lines[i]
		switch {
		case match[2] != "":
			line.Quantity, line.QuantityDecimal = 1, c.Value
		case line.Price == nil:
			found.add(c.Path, RuleCorrection, "the line has no price")
		default:
			price := *line.Price
			price.Metadata = withValue(price.Metadata, match[3], c.Value)
			line.Price = &price
		}
	}
	return lines, found.err()
}

func cutPrefix(path, prefix string) (name string, ok bool) {
	if len(path) <= len(prefix) || path[:len(prefix)] != prefix {
		return "", false
	}
	return path[len(prefix):], true
}

// withValue returns a copy of metadata with another value.
func withValue(metadata map[string]string, name, value string) map[string]string {
	changed := maps.Clone(metadata)
	if changed == nil {
		changed = make(map[string]string)
	}
	if value == "" {
		delete(changed, name)
	} else {
		changed[name] = value
	}
	return changed
}

// Inspection describes an event for an operator. Personal data is masked.
type Inspection struct {
	EventID   string `json:"event_id"`
	EventType string `json:"event_type"`
	Account   string `json:"account,omitzero"`
	Live      bool   `json:"live"`
	// OrderID is the id of the order that the event leads to.
	OrderID string `json:"order_id,omitzero"`
	// Customer holds the members email, name, company and phone.
	Customer map[string]string `json:"customer,omitzero"`
	Lines    []Line            `json:"lines,omitzero"`
	// LinesError is the reason for which Lines is empty.
	LinesError string `json:"lines_error,omitzero"`
}

// Inspect describes an event. It fetches lines that the event does not contain.
func (h *Handler) Inspect(ctx context.Context, payload []byte) (Inspection, error) {
	e, err := parseEvent(payload)
	if err != nil {
		return Inspection{}, err
	}
	in := Inspection{EventID: e.id, EventType: e.kind, Account: firstNonEmpty(e.account, e.context), Live: e.live}
	p, err := h.purchase(e)
	if err != nil {
		in.LinesError = err.Error()
		return in, nil //nolint:nilerr // the event is described without its object
	}
	if p.id != "" {
		in.OrderID = h.orderID(p)
	}
	in.Customer = make(map[string]string)
	for name, value := range map[string]string{
		"email": p.customer.email, "name": p.customer.name, "company": p.customer.company, "phone": p.customer.phone,
	} {
		if value != "" {
			in.Customer[name] = mask.Text(value)
		}
	}
	lines, err := h.lines(ctx, p)
	if err != nil {
		in.LinesError = err.Error()
		return in, nil //nolint:nilerr // the event is described without its lines
	}
	for _, line := range lines {
		if user := line.user(); user != "" {
			price := *line.Price
			price.Metadata = withValue(price.Metadata, MetadataUser, mask.Text(user))
			line.Price = &price
		}
		in.Lines = append(in.Lines, line)
	}
	return in, nil
}

// user returns the address in the metadata of the price.
func (l *Line) user() string {
	if l.Price == nil {
		return ""
	}
	return l.Price.Metadata[MetadataUser]
}
