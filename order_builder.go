package licensespring

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// NewOrder returns an order with the given id. Its methods modify the order and
// return it, so that calls can be chained.
func NewOrder(id string) *Order { return &Order{ID: id} }

// AddItem adds an item with the given product and licenses. The licenses are
// copied.
func (o *Order) AddItem(productCode string, licenses ...License) *Order {
	item := OrderItem{ProductCode: productCode}
	if len(licenses) > 0 {
		item.Licenses = make([]License, len(licenses)) // not slices.Clone, which would move the argument to the heap
		for i := range licenses {
			item.Licenses[i] = licenses[i]
			if l := &item.Licenses[i]; !l.sharesNothing() {
				l.fields(cloner{}) // in place: Clone would allocate another copy
			}
		}
	}
	o.Items = append(slices.Clip(o.Items), item) // never into an array of the caller's
	return o
}

// AddItems adds items to the order. The items and their licenses are copied.
func (o *Order) AddItems(items ...OrderItem) *Order {
	before := len(o.Items)
	o.Items = slices.Concat(o.Items, items)
	for i := range items {
		o.Items[before+i].fields(cloner{})
	}
	return o
}

// WithCustomer sets the customer of the order. The customer is copied.
func (o *Order) WithCustomer(c Customer) *Order {
	c.fields(cloner{})
	o.Customer = &c
	return o
}

// Appending makes the order an append: it adds its items to an existing order with
// the same ID. See the Append field of [Order].
func (o *Order) Appending() *Order {
	o.Append = true
	return o
}

// AsTest marks the order as a test order.
func (o *Order) AsTest() *Order {
	o.IsTest = true
	return o
}

// AsBundle makes the items name bundles instead of products.
func (o *Order) AsBundle() *Order {
	o.IsBundle = true
	return o
}

// WithCreated sets the creation time of the order. It is sent in UTC, in whole
// seconds.
func (o *Order) WithCreated(t time.Time) *Order {
	o.Created = t
	return o
}

// WithOrderType sets the type of the order.
func (o *Order) WithOrderType(t OrderType) *Order {
	o.OrderType = t
	return o
}

// WithLanguage sets the language code of the order, such as en.
func (o *Order) WithLanguage(code string) *Order {
	o.Language = code
	return o
}

// WithCampaignParams sets the parameters of a marketing campaign.
func (o *Order) WithCampaignParams(params string) *Order {
	o.CampaignParams = params
	return o
}

// WithDownloadID sets the id of the download.
func (o *Order) WithDownloadID(id string) *Order {
	o.DownloadID = id
	return o
}

// WithPreventVM sets whether the licenses of the order are rejected on virtual
// machines.
func (o *Order) WithPreventVM(prevent bool) *Order {
	o.PreventVM = &prevent
	return o
}

// WithMetadata sets the metadata of the order: a text that holds JSON.
func (o *Order) WithMetadata(serialized string) *Order {
	o.Metadata = serialized
	return o
}

// WithCustomerAccount sets the ID of the customer account at the service.
func (o *Order) WithCustomerAccount(id int64) *Order {
	o.CustomerAccountID = &id
	return o
}

// WithoutCustomerAccount excludes the order from the customer's account.
func (o *Order) WithoutCustomerAccount() *Order {
	o.AddToCustomerAccount = new(false)
	return o
}

// WithReference sets a second reference of the order in your system.
func (o *Order) WithReference(reference string) *Order {
	o.Reference = reference
	return o
}

// WithExtra adds a member without a field of [Order] as raw JSON, or replaces the
// one with the same name. [Order.Check] validates it.
func (o *Order) WithExtra(name string, raw json.RawMessage) *Order {
	o.Extra = withExtra(o.Extra, name, raw)
	return o
}

// withExtra returns a copy of extra with one more member.
func withExtra(extra map[string]json.RawMessage, name string, raw json.RawMessage) map[string]json.RawMessage {
	extra = maps.Clone(extra)
	if extra == nil {
		extra = make(map[string]json.RawMessage, 1)
	}
	extra[name] = slices.Clone(raw)
	return extra
}
