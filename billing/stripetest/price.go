package stripetest

import (
	"maps"
	"strconv"
	"time"

	"github.com/stripe/stripe-go/v85"
)

// Price is a price to add.
type Price struct {
	// ID is the id, as in "price_month". The default is generated.
	ID string
	// Product is the id of the product. The default is a product of its own.
	Product  string
	Metadata map[string]string
	// UnitAmount is the amount of one unit, in cents.
	UnitAmount int64
	// Currency is the currency. The default is "eur".
	Currency string
	// Interval is the unit of the billing period: day, week, month or year. A price
	// without an interval is not recurring.
	Interval string
	// IntervalCount is the number of units in a billing period. The default is 1.
	IntervalCount int64
	// Metered prices bill usage, of which there is none.
	Metered bool
	// Inactive prices can be bought no more.
	Inactive bool
}

type price struct {
	identity
	Price

	product *product
}

type product struct {
	identity
}

// AddPrice adds a price, and its product. It replaces a price with the same id; the
// invoices and subscriptions that use it show the new one.
func (s *Server) AddPrice(p Price) *stripe.Price {
	return locked(s, func() *stripe.Price {
		p.Currency = first(p.Currency, "eur")
		p.IntervalCount = first(p.IntervalCount, 1)
		p.Metadata = maps.Clone(p.Metadata)
		if p.Interval != "" {
			addPeriods(s.now, p.Interval, p.IntervalCount, 1) // panics if it is unknown
		}
		if p.Metered && p.Interval == "" {
			misuse("the metered price %q is not recurring", p.ID)
		}
		if old, ok := s.entities[p.ID].(*price); ok {
			old.Price, old.metadata = p, p.Metadata
			return decode[stripe.Price](s, old)
		}
		id := s.identify(Prices, "price", p.Metadata)
		id.id = first(p.ID, id.id)
		one := &price{identity: id, Price: p}
		if existing, ok := s.entities[p.Product].(*product); ok {
			one.product = existing
		} else {
			one.product = &product{identity: s.identify(Products, "prod", nil)}
			one.product.id = first(p.Product, one.product.id)
			s.add(one.product)
		}
		s.add(one)
		return decode[stripe.Price](s, one)
	})
}

// addPeriods returns the end of the nth billing period after an anchor. A day that the
// month does not have becomes its last one.
func addPeriods(anchor time.Time, interval string, count, n int64) time.Time {
	units := int(count * n)
	switch interval {
	case "day":
		return anchor.AddDate(0, 0, units)
	case "week":
		return anchor.AddDate(0, 0, 7*units)
	case "month":
		return addMonths(anchor, units)
	case "year":
		return addMonths(anchor, 12*units)
	default:
		misuse("unknown interval %q", interval)
		return anchor
	}
}

func addMonths(t time.Time, months int) time.Time {
	month := time.Date(t.Year(), t.Month(), 1, t.Hour(), t.Minute(), t.Second(), 0, time.UTC).AddDate(0, months, 0)
	last := month.AddDate(0, 1, -1).Day()
	return month.AddDate(0, 0, min(t.Day(), last)-1)
}

func (p *price) sameInterval(q *price) bool {
	return p.Interval == q.Interval && p.IntervalCount == q.IntervalCount
}

func (p *price) render(s *Server, _ Version) object {
	kind, recurring := "one_time", any(nil)
	if p.Interval != "" {
		kind = "recurring"
		recurring = object{
			"interval": p.Interval, "interval_count": p.IntervalCount, "meter": nil,
			"trial_period_days": nil, "usage_type": p.usageType(),
		}
	}
	return object{
		"id": p.id, "object": "price", "active": !p.Inactive, "billing_scheme": "per_unit", "created": p.created.Unix(),
		"currency": p.Currency, "custom_unit_amount": nil, "livemode": s.isLive(), "lookup_key": nil,
		"metadata": metadataOf(p.metadata), "nickname": nil, "product": p.product.id, "recurring": recurring,
		"tax_behavior": "unspecified", "tiers_mode": nil, "transform_quantity": nil, "type": kind,
		"unit_amount": p.UnitAmount, "unit_amount_decimal": p.decimal(),
	}
}

// renderPlan returns the plan of a recurring price, which objects of subscriptions
// contain beside the price.
func (p *price) renderPlan(s *Server) any {
	if p.Interval == "" {
		return nil
	}
	return object{
		"id": p.id, "object": "plan", "active": !p.Inactive, "amount": p.UnitAmount, "amount_decimal": p.decimal(),
		"billing_scheme": "per_unit", "created": p.created.Unix(), "currency": p.Currency,
		"interval": p.Interval, "interval_count": p.IntervalCount, "livemode": s.isLive(), "metadata": metadataOf(p.metadata),
		"meter": nil, "nickname": nil, "product": p.product.id, "tiers_mode": nil, "transform_usage": nil,
		"trial_period_days": nil, "usage_type": p.usageType(),
	}
}

func (p *price) usageType() string {
	if p.Metered {
		return "metered"
	}
	return "licensed"
}

func (p *price) decimal() string { return strconv.FormatInt(p.UnitAmount, 10) }

func (p *product) render(s *Server, _ Version) object {
	return object{
		"id": p.id, "object": "product", "active": true, "created": p.created.Unix(), "default_price": nil,
		"description": nil, "images": []string{}, "livemode": s.isLive(), "marketing_features": []string{},
		"metadata": metadataOf(p.metadata), "name": "Product " + p.id, "package_dimensions": nil, "shippable": nil,
		"statement_descriptor": nil, "tax_code": nil, "type": "service", "unit_label": nil,
		"updated": p.created.Unix(), "url": nil,
	}
}

func (s *Server) isLive() bool { return !s.cfg.testMode }
