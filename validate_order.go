package licensespring

import "encoding/json"

func (o *Order) rules(ch *checker) {
	ch.identifier("id", o.ID, true)
	ch.identifier("download_id", o.DownloadID, false)
	ch.identifier("reference", o.Reference, false)
	if len(o.Items) == 0 {
		ch.reject("items", RuleRequired, "an order needs at least one item")
	}
	if o.OrderType != "" && o.OrderType != NormalOrder {
		ch.warn("order_type", RuleUnknownValue, "is not a known type: normal")
	}
	if o.Metadata != "" && !json.Valid([]byte(o.Metadata)) {
		ch.warn("metadata", RuleMetadataNotJSON, "does not hold JSON")
	}
}

func (i *OrderItem) rules(ch *checker) {
	ch.productCode("product_code", i.ProductCode)
	// What an item of a bundle needs is not documented.
	if len(i.Licenses) == 0 && !ch.bundle {
		ch.warn("licenses", RuleNoLicenses, "is empty, so the item creates no licenses")
	}
}

func (c *Customer) rules(ch *checker) {
	ch.email("email", c.Email, false)
	ch.identifier("reference", c.Reference, false)
}
