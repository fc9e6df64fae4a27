package licensespring

import (
	"encoding/json"
	"time"
)

// OrderType is the type of an order. Values other than the constants are sent
// unchanged.
type OrderType string

// NormalOrder is the only documented type of an order.
const NormalOrder OrderType = "normal"

// Order is an order to create: its items, their licenses, and the customer. Set
// the fields directly, or with the methods of [NewOrder].
//
// The ID makes a create safe to repeat: the service creates at most one order per
// ID. Use an id of your own records, such as an invoice number, and the same one
// for every repetition.
//
// Fields that are empty, zero or nil are not sent. In the comments of the fields,
// "Create Order page" and "newer reference" name the part of the vendor's
// documentation that describes the field.
//
// To store an order, marshal it as JSON: reading it back gives the same order.
// Encoders that use [encoding.BinaryMarshaler], [encoding.TextMarshaler] or the
// methods of the MongoDB driver store the same JSON; among them are encoding/gob,
// encoding/xml, CBOR, YAML and BSON. For an encoder that encodes the exported fields
// instead, marshal the order first and store the bytes.
//
// Do not embed an Order in a struct that is encoded. The struct would inherit the
// methods of the Order, which ignore its other fields; use a named field. The same
// applies to all types of this package that encode themselves.
type Order struct {
	// ID is the caller's id of the order, required and unique within a company. The
	// service returns it as store_id (Create Order page).
	ID string `json:"id,omitzero"`
	// Items are the items of the order, at least one (Create Order page).
	Items []OrderItem `json:"items,omitzero"`
	// Append adds the items to the order that has this ID, or creates it if there is
	// none (Create Order page). With Append, the ID no longer deduplicates retries:
	// the same request, sent twice, creates the licenses twice. See
	// [Client.AssignKeys]. False is not sent and is the default.
	Append bool `json:"append,omitzero"`
	// IsTest marks the order as a test order (Create Order page). False is not sent
	// and is the default.
	IsTest bool `json:"is_test,omitzero"`
	// Created is the creation time of the order (Create Order page). It is sent in
	// UTC, in whole seconds.
	Created time.Time `json:"created,omitzero"`
	// OrderType is the type of the order (Create Order page).
	OrderType OrderType `json:"order_type,omitzero"`
	// Language is the language code of the order, such as en (Create Order page).
	Language string `json:"language,omitzero"`
	// CampaignParams are the parameters of a marketing campaign (Create Order page).
	CampaignParams string `json:"campaign_params,omitzero"`
	// DownloadID identifies the download (Create Order page).
	DownloadID string `json:"download_id,omitzero"`
	// PreventVM sets whether the licenses of the order are rejected on virtual
	// machines (Create Order page). Nil leaves that to each license.
	PreventVM *bool `json:"prevent_vm,omitzero"`
	// Customer is the customer of the order (Create Order page).
	Customer *Customer `json:"customer,omitzero"`

	// IsBundle means that the items name bundles instead of products. An order
	// cannot hold both (newer reference). False is not sent and is the default.
	IsBundle bool `json:"is_bundle,omitzero"`
	// Metadata is stored with the order: a text that holds JSON (newer reference).
	Metadata string `json:"metadata,omitzero"`
	// CustomerAccountID is the ID of the customer account at the service (newer
	// reference).
	CustomerAccountID *int64 `json:"customer_account_id,omitzero"`
	// AddToCustomerAccount sets whether the order is added to the customer's account
	// (newer reference). Nil means true.
	AddToCustomerAccount *bool `json:"add_to_customer_account,omitzero"`
	// Reference is a second reference of the order in your system (not documented;
	// other clients send it).
	Reference string `json:"reference,omitzero"`
	// Extra holds members without a field of their own. They are sent unchanged.
	Extra map[string]json.RawMessage `json:"-"`
}

// OrderItem is one product of an order, with its licenses. A struct that embeds an
// OrderItem loses its other fields when it is encoded: use a named field.
type OrderItem struct {
	// ProductCode is the code of the product, or of the bundle, required (Create
	// Order page).
	ProductCode string `json:"product_code,omitzero"`
	// Note describes the item (Create Order page).
	Note string `json:"note,omitzero"`
	// Licenses are the licenses to create, one element for each (Create Order page).
	Licenses []License `json:"licenses,omitzero"`
	// Extra holds members without a field of their own. They are sent unchanged.
	Extra map[string]json.RawMessage `json:"-"`
}
