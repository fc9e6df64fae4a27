package licensespring

import (
	"encoding/json"
	"time"
)

// OrderType is the type of an order. It is an open type: a value this package
// does not know is sent as it is.
type OrderType string

// NormalOrder is the only type of order that the service documents.
const NormalOrder OrderType = "normal"

// Order is what to create: items, the licenses of each, and the customer they
// are for. It can be filled in as a plain struct or with the methods that
// [NewOrder] begins; both say the same.
//
// The ID is what makes an order happen once: the service refuses a second order
// with the same one. Take it from your own records, such as the number of an
// invoice, and never make a new one for another try.
//
// Text fields that are empty and times that are zero are not sent.
type Order struct {
	// ID is the order's id in your system, required and unique in a company
	// (page: id). The service gives it back as store_id.
	ID string
	// Items are what was bought, at least one (page: items).
	Items []OrderItem
	// Append adds the items to the order with this ID if there is one already
	// (page: append). Then the ID guards nothing any more: sent twice, the
	// licenses are made twice. False is not sent, which means the same.
	Append bool
	// IsTest marks a test order (page: is_test). False is not sent, which means
	// the same.
	IsTest bool
	// Created is when the order was made (page: created). It is sent in UTC and
	// whole seconds.
	Created time.Time
	// OrderType is the type of the order (page: order_type).
	OrderType OrderType
	// Language is the short code of the order's language, such as en (page:
	// language).
	Language string
	// CampaignParams are the parameters of an advertising campaign (page:
	// campaign_params).
	CampaignParams string
	// DownloadID is an id for the download (page: download_id).
	DownloadID string
	// PreventVM says whether the licenses of the order are refused on virtual
	// machines (page: prevent_vm); nil leaves that to each license.
	PreventVM *bool
	// Customer is who the order is made for (page: customer).
	Customer *Customer

	// IsBundle says that the items name bundles and not products; one order
	// holds one or the other (newer reference: is_bundle). False is not sent,
	// which means the same.
	IsBundle bool
	// Metadata is free data stored with the order (newer reference: metadata):
	// a text that holds JSON, which is how the service takes it here.
	Metadata string
	// CustomerAccountID is the service's number of the customer account (newer
	// reference: customer_account_id).
	CustomerAccountID *int64
	// AddToCustomerAccount says whether the order is added to the customer's
	// account (newer reference: add_to_customer_account). Nil means yes.
	AddToCustomerAccount *bool
	// Reference is the order in your system, beside the ID (seen in use:
	// reference).
	Reference string
	// Extra holds members that this type has no field for, sent as they are.
	Extra map[string]json.RawMessage
}

// OrderItem is one product of an order, with the licenses to make for it.
type OrderItem struct {
	// ProductCode is the code of the product, or of the bundle, required (page:
	// product_code).
	ProductCode string
	// Note describes the item (page: note).
	Note string
	// Licenses are the licenses to make (page: licenses).
	Licenses []License
	// Extra holds members that this type has no field for, sent as they are.
	Extra map[string]json.RawMessage
}
