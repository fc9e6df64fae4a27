package licensespring

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"github.com/licensespring-go/licensespring/internal/wire"
)

// Clone returns a deep copy of the order. Only values of your own types in the
// metadata of a license are shared.
func (o *Order) Clone() *Order {
	c := *o
	c.fields(cloner{})
	return &c
}

// Clone returns a deep copy of the license; see [Order.Clone].
func (l License) Clone() License {
	if l.sharesNothing() {
		return l
	}
	c := l // so that l itself stays on the stack
	c.fields(cloner{})
	return c
}

// sharesNothing reports whether the license has no pointer, slice or map, as most
// licenses of a builder. Copying them then needs no allocation.
func (l *License) sharesNothing() bool {
	return l.Users == nil && l.MaxActivations == nil && l.MaxConsumptions == nil && l.EnableMaintenanceDuration == nil &&
		l.ProductFeatures == nil && l.IsTrial == nil && l.PreventVM == nil && l.MaxTransfers == nil &&
		l.ConsumptionOptions.sharesNothing() && l.FloatingOptions == FloatingOptions{} &&
		l.TrialDays == nil && l.Metadata == nil && l.CustomFields == nil && l.IsFloatingCloud == nil &&
		l.CanBorrow == nil && l.MaxBorrowTime == nil && l.AllowGracePeriod == nil && l.GracePeriod == nil &&
		l.MaxLicenseUsers == nil && l.IsAirGapped == nil && l.IsHardwareKeyAuth == nil &&
		l.AllowUnlimitedActivations == nil && l.AllowUnlimitedConsumptions == nil && l.AllowNegativeConsumptions == nil &&
		l.Active == nil && l.Enabled == nil && l.Extra == nil
}

func (o *ConsumptionOptions) sharesNothing() bool {
	return o.AllowOverages == nil && o.MaxOverages == nil && o.ResetConsumption == nil
}

// cloner is the visitor that replaces what an object, copied by assignment, shares
// with the original.
type cloner struct{}

func (cloner) member(name string, p any) {
	switch p := p.(type) {
	case *string, *bool, *ConsumptionPeriod, *Duration, *time.Time, *Date, *Secret: // copied by assignment
	case **string:
		*p = clonePointer(*p)
	case **bool:
		*p = clonePointer(*p)
	case **int:
		*p = clonePointer(*p)
	case **int64:
		*p = clonePointer(*p)
	case **float64:
		*p = clonePointer(*p)
	case *map[string]any:
		*p = wire.CloneMap(*p)
	case *any:
		*p = wire.CloneValue(*p)
	case **Customer:
		if *p = clonePointer(*p); *p != nil {
			(*p).fields(cloner{})
		}
	case *[]OrderItem:
		cloneList(name, p)
	case *[]License:
		cloneList(name, p)
	case *[]LicenseUser:
		cloneList(name, p)
	case *[]ProductFeature:
		cloneList(name, p)
	case *[]CustomField:
		cloneList(name, p)
	case *[]UserAssignment:
		cloneList(name, p)
	default:
		panic(unknownField(name, p))
	}
}

func cloneList[T any](name string, p *[]T) {
	*p = slices.Clone(*p)
	l := listOf(name, p)
	for i := range l.len() {
		l.at(i).fields(cloner{})
	}
}

func (cloner) extra(_ object, p *map[string]json.RawMessage) { *p = cloneExtra(*p) }

func clonePointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return new(*p)
}

func cloneExtra(extra map[string]json.RawMessage) map[string]json.RawMessage {
	if extra == nil {
		return nil
	}
	c := make(map[string]json.RawMessage, len(extra))
	for name, raw := range extra {
		c[name] = bytes.Clone(raw)
	}
	return c
}
