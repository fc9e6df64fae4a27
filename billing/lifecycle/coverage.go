package lifecycle

import (
	"slices"
	"strings"
	"time"
)

// coverage is what has been paid for one item of a subscription.
type coverage struct {
	// until is the end of the paid period, or zero if none is paid.
	until time.Time
	// trial reports whether the period is a trial.
	trial bool
	// by describes what covers the period.
	by string
	// start and end are the period that was paid last, and invoice its index. The
	// invoice is -1 for a trial.
	start, end time.Time
	invoice    int
	// partial reports whether the invoice bills only a part of the period of the item.
	partial bool
}

// paidLine is a line of a paid invoice.
type paidLine struct {
	*Line
	invoice int
	// end is that of the line, or the end of the trial.
	end time.Time
	// reversed is set if the invoice was refunded or disputed.
	reversed, trial bool
}

// coverage returns what has been paid for an item.
func (s *Subject) coverage(item *Item) coverage {
	if s.Status == StatusTrialing {
		return coverage{until: s.TrialEnd, trial: true, by: "trial", invoice: -1}
	}
	own := func(l *Line) bool { return l.Item == item.ID }
	line := s.lastLine(func(l *Line) bool { return own(l) && !l.Proration })
	if line == nil { // the item was added within the period
		line = s.lastLine(func(l *Line) bool { return own(l) && l.Amount > 0 && !s.isDifference(l) })
	}
	if line == nil { // it replaced an item, or its proration is not billed yet
		line = s.lastLine(func(l *Line) bool { return l.Item != "" && !l.Proration && l.End.Equal(item.PeriodEnd) })
	}
	metered := item.Price != nil && item.Price.Metered
	switch {
	case line == nil && metered && (!item.PeriodStart.After(s.Created) || !item.PeriodStart.After(s.TrialEnd)):
		// Usage is paid after the period, so that the first period is covered.
		return coverage{until: item.PeriodEnd, by: "first period, billed by usage", invoice: -1}
	case line == nil:
		return coverage{invoice: -1}
	}
	c := coverage{
		until: line.end, trial: line.trial, by: "invoice " + s.Invoices[line.invoice].ID,
		start: line.Start, end: line.End, invoice: line.invoice, partial: line.Proration || !own(line.Line),
	}
	if metered && !line.end.Before(item.PeriodStart) {
		// The usage of the previous period is paid, or that period was a trial.
		c.until, c.trial = item.PeriodEnd, false
	}
	return c
}

// isDifference reports whether a line bills only a change of its item: the invoice also
// credits the item.
func (s *Subject) isDifference(line *Line) bool {
	for i := range s.Invoices {
		lines := s.Invoices[i].Lines
		if slices.ContainsFunc(lines, func(l Line) bool { return l.ID == line.ID }) {
			return slices.ContainsFunc(lines, func(l Line) bool { return l.Item == line.Item && l.Amount < 0 })
		}
	}
	return false
}

// lastLine returns the matching line whose period begins last. Of the lines with the same
// beginning, one that was not refunded or disputed has precedence if it bills the same
// period, or replaces the other on a newer invoice; otherwise one that ends last.
func (s *Subject) lastLine(match func(*Line) bool) *paidLine {
	var last *paidLine
	for i := range s.Invoices {
		invoice := &s.Invoices[i]
		standing := invoice.standing()
		for j := range invoice.Lines {
			l := &invoice.Lines[j]
			if l.Amount < 0 || l.End.IsZero() || !match(l) {
				continue
			}
			one := &paidLine{Line: l, invoice: i, end: l.End, reversed: standing == standingRefunded || standing == standingDisputed}
			if l.Amount == 0 && l.Start.Before(s.TrialEnd) { // the trial may have been shortened
				one.trial = true
				if s.TrialEnd.Before(l.End) {
					one.end = s.TrialEnd
				}
			}
			if last == nil || one.isLaterThan(last) {
				last = one
			}
		}
	}
	return last
}

func (l *paidLine) isLaterThan(other *paidLine) bool {
	switch {
	case !l.Start.Equal(other.Start):
		return l.Start.After(other.Start)
	case l.reversed == other.reversed:
		return l.end.After(other.end)
	case l.end.Equal(other.end):
		return other.reversed
	case l.invoice != other.invoice && (l.invoice < other.invoice) == other.reversed: // newest first
		return other.reversed
	default:
		return l.end.After(other.end)
	}
}

// periodInvoices returns the indexes of the invoices that bill the item in its paid
// period: the one that paid it, and changes within the period.
func (s *Subject) periodInvoices(item *Item, c *coverage) []int {
	if c.invoice < 0 {
		return nil
	}
	invoices := []int{c.invoice}
	for i := range s.Invoices {
		overlaps := func(l Line) bool {
			// The item may have replaced one whose invoice paid most of the period.
			isReplaced := c.partial && l.End.Equal(c.end) && !l.Proration && l.Item != "" && !slices.ContainsFunc(s.Items, func(i Item) bool { return i.ID == l.Item })
			return (l.Item == item.ID && l.Proration || isReplaced) && l.Amount > 0 && l.End.After(c.start) && l.Start.Before(c.end)
		}
		if i != c.invoice && slices.ContainsFunc(s.Invoices[i].Lines, overlaps) {
			invoices = append(invoices, i)
		}
	}
	return invoices
}

// decisiveInvoices returns the indexes of the invoices whose refunds and disputes matter.
func (s *Subject) decisiveInvoices() []int {
	var invoices []int
	switch s.Status {
	case StatusActive, StatusPastDue:
		for i := range s.Items {
			c := s.coverage(&s.Items[i])
			invoices = append(invoices, s.periodInvoices(&s.Items[i], &c)...)
		}
	default:
	}
	for i := range s.Invoices {
		if slices.ContainsFunc(s.Invoices[i].Lines, func(l Line) bool { return l.isPurchase() }) {
			invoices = append(invoices, i)
		}
	}
	slices.Sort(invoices)
	return slices.Compact(invoices)
}

// isPurchase reports whether a line sells something once.
func (l *Line) isPurchase() bool {
	return l.Item == "" && !l.Proration && l.Price != nil && l.Amount >= 0
}

// standing is what became of the payment of an invoice.
type standing int

const (
	standingPaid standing = iota
	standingPartlyRefunded
	standingRefunded
	standingDisputed
	// standingUnknown: a status or a currency cannot be interpreted.
	standingUnknown
)

// refunded returns the amount that was refunded or credited.
func (inv *Invoice) refunded() int64 {
	var sum int64
	for i := range inv.Payments {
		sum += inv.Payments[i].Refunded
	}
	return max(sum, inv.Credited)
}

// standing returns what became of the payment. A dispute that was lost counts as one
// that is open: the money is gone.
func (inv *Invoice) standing() standing {
	open := false
	for i := range inv.Payments {
		p := &inv.Payments[i]
		if p.Refunded > 0 && p.Currency != inv.Currency {
			return standingUnknown
		}
		for _, d := range p.Disputes {
			switch {
			case d.Status == "needs_response", d.Status == "under_review", d.Status == "lost":
				open = true
			case d.Status == "won", d.Status == "prevented": // a prevented one was refunded
			case strings.HasPrefix(d.Status, "warning_"): // an inquiry, without a withdrawal
			default:
				return standingUnknown
			}
		}
	}
	refunded := inv.refunded()
	switch {
	case open:
		return standingDisputed
	case refunded <= 0:
		return standingPaid
	case inv.Total > 0 && refunded >= inv.Total:
		return standingRefunded
	default:
		return standingPartlyRefunded
	}
}
