package stripetest

import (
	"time"

	"github.com/stripe/stripe-go/v85"
)

// disputeResponseTime is the time in which evidence can be submitted.
const disputeResponseTime = 9 * day

type dispute struct {
	identity

	charge  *charge
	status  stripe.DisputeStatus
	inquiry bool
	dueBy   time.Time
}

// Dispute opens a dispute of a charge, and withdraws its amount.
func (s *Server) Dispute(chargeID string) *stripe.Dispute { return s.openDispute(chargeID, false) }

// Inquire opens an inquiry of a charge, which withdraws no funds.
func (s *Server) Inquire(chargeID string) *stripe.Dispute { return s.openDispute(chargeID, true) }

// CloseDispute closes a dispute. If it is won, its amount is reinstated. An inquiry is
// closed in the same way in both cases.
func (s *Server) CloseDispute(disputeID string, won bool) *stripe.Dispute {
	return locked(s, func() *stripe.Dispute {
		d := get[*dispute](s, disputeID)
		if !d.isOpen() {
			misuse("dispute %q is %s", disputeID, d.status)
		}
		switch {
		case d.inquiry:
			d.status = stripe.DisputeStatusWarningClosed
		case won:
			d.status = stripe.DisputeStatusWon
		default:
			d.status = stripe.DisputeStatusLost
		}
		s.emit(stripe.EventTypeChargeDisputeClosed, d)
		if d.status == stripe.DisputeStatusWon {
			s.emit(stripe.EventTypeChargeDisputeFundsReinstated, d)
		}
		return decode[stripe.Dispute](s, d)
	})
}

func (s *Server) openDispute(chargeID string, inquiry bool) *stripe.Dispute {
	return locked(s, func() *stripe.Dispute {
		c := get[*charge](s, chargeID)
		switch {
		case c.status != stripe.ChargeStatusSucceeded:
			misuse("charge %q is %s", chargeID, c.status)
		case c.dispute != nil:
			misuse("charge %q has a dispute already", chargeID)
		}
		d := &dispute{
			identity: s.identify(Disputes, "du", nil), charge: c, inquiry: inquiry,
			status: stripe.DisputeStatusNeedsResponse, dueBy: s.now.Add(disputeResponseTime),
		}
		if inquiry {
			d.status = stripe.DisputeStatusWarningNeedsResponse
		}
		c.dispute = d
		s.add(d)
		s.emit(stripe.EventTypeChargeDisputeCreated, d)
		if !inquiry {
			s.emit(stripe.EventTypeChargeDisputeFundsWithdrawn, d)
		}
		return decode[stripe.Dispute](s, d)
	})
}

func (d *dispute) isOpen() bool {
	return d.status == stripe.DisputeStatusNeedsResponse || d.status == stripe.DisputeStatusWarningNeedsResponse
}
