package licensespring

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// NewOrder returns an order with an id and nothing else. Its methods fill it in
// and return it, so that they can be chained; each also changes the order it is
// called on.
func NewOrder(id string) *Order { return &Order{ID: id} }

// AddItem adds a product to the order, with the licenses to make for it. The
// licenses are copied.
func (o *Order) AddItem(productCode string, licenses ...License) *Order {
	return o.AddItems(OrderItem{ProductCode: productCode, Licenses: licenses})
}

// AddItems adds items to the order. They are copied, with their licenses.
func (o *Order) AddItems(items ...OrderItem) *Order {
	before := len(o.Items)
	o.Items = slices.Concat(o.Items, items)
	for i := range items {
		o.Items[before+i].fields(cloner{})
	}
	return o
}

// WithCustomer sets the customer the order is made for. It is copied.
func (o *Order) WithCustomer(c Customer) *Order {
	c.fields(cloner{})
	o.Customer = &c
	return o
}

// Appending makes the order add to one that has the same ID, if there is one.
// Sent twice, it adds its licenses twice: see the Append field of [Order].
func (o *Order) Appending() *Order {
	o.Append = true
	return o
}

// AsTest marks the order as a test order.
func (o *Order) AsTest() *Order {
	o.IsTest = true
	return o
}

// AsBundle makes the items name bundles and not products.
func (o *Order) AsBundle() *Order {
	o.IsBundle = true
	return o
}

// WithCreated sets when the order was made. It is sent in UTC and whole
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

// WithLanguage sets the language of the order, a short code such as en.
func (o *Order) WithLanguage(code string) *Order {
	o.Language = code
	return o
}

// WithCampaignParams sets the parameters of an advertising campaign.
func (o *Order) WithCampaignParams(params string) *Order {
	o.CampaignParams = params
	return o
}

// WithDownloadID sets an id for the download.
func (o *Order) WithDownloadID(id string) *Order {
	o.DownloadID = id
	return o
}

// WithPreventVM says whether the licenses of the order are refused on virtual
// machines.
func (o *Order) WithPreventVM(prevent bool) *Order {
	o.PreventVM = &prevent
	return o
}

// WithMetadata sets free data stored with the order, as a text that holds JSON.
func (o *Order) WithMetadata(serialized string) *Order {
	o.Metadata = serialized
	return o
}

// WithCustomerAccount sets the service's number of the customer account.
func (o *Order) WithCustomerAccount(id int64) *Order {
	o.CustomerAccountID = &id
	return o
}

// WithoutCustomerAccount keeps the order out of the customer's account.
func (o *Order) WithoutCustomerAccount() *Order {
	o.AddToCustomerAccount = new(false)
	return o
}

// WithReference sets the order's reference in your system, beside the ID.
func (o *Order) WithReference(reference string) *Order {
	o.Reference = reference
	return o
}

// WithExtra adds a member that [Order] has no field for, as raw JSON, and
// replaces one of the same name. What is wrong with it [Order.Check] reports.
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
