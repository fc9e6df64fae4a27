package view

import "github.com/licensespring-go/licensespring"

// Order is an order. It is encoded as its record, with the users of its licenses.
type Order struct {
	*licensespring.OrderRecord

	OrderItems []Item `json:"order_items,omitzero"`
	NewUsers   []User `json:"new_users,omitzero"`
}

// Item is an item of an order.
type Item struct {
	*licensespring.ItemRecord

	Licenses []License `json:"licenses,omitzero"`
}

// OrderOf returns an order, with initial passwords if secrets is set. It returns nil for
// nil.
func OrderOf(record *licensespring.OrderRecord, secrets bool) *Order {
	if record == nil {
		return nil
	}
	o := &Order{OrderRecord: record, NewUsers: Users(record.NewUsers, secrets)}
	for i := range record.OrderItems {
		item := Item{ItemRecord: &record.OrderItems[i]}
		for j := range item.ItemRecord.Licenses {
			item.Licenses = append(item.Licenses, *LicenseOf(&item.ItemRecord.Licenses[j], secrets))
		}
		o.OrderItems = append(o.OrderItems, item)
	}
	return o
}
