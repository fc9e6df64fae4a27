package licensespring

import (
	"encoding/json"
	"strings"
)

func (o *Order) rules(ch *checker) {
	ch.identifier("id", o.ID, true)
	if len(o.Items) == 0 {
		ch.fault("items", RuleRequired, "an order needs at least one item")
	}
	if o.OrderType != "" && o.OrderType != NormalOrder {
		ch.warn("order_type", RuleUnknownValue, "is not the known type, which is normal")
	}
	if o.Metadata != "" && !json.Valid([]byte(o.Metadata)) {
		ch.warn("metadata", RuleMetadataNotJSON, "is not a text that holds JSON")
	}
}

func (i *OrderItem) rules(ch *checker) {
	ch.identifier("product_code", i.ProductCode, true)
	// What an item of a bundle needs is not documented.
	if len(i.Licenses) == 0 && !ch.bundle {
		ch.warn("licenses", RuleNoLicenses, "there are none, so nothing is made for this item")
	}
}

func (c *Customer) rules(ch *checker) { ch.email("email", c.Email, false) }

// identifier checks a text by which something is found again. Space around it
// is cut off by the service.
func (c *checker) identifier(name, s string, required bool) (tidy bool) {
	trimmed := strings.TrimSpace(s)
	switch {
	case required && trimmed == "":
		c.fault(name, RuleRequired, "is required")
	case trimmed != s:
		c.fault(name, RuleSurroundingSpace, "must not begin or end with space")
	default:
		return true
	}
	return false
}

// email checks an e-mail address.
func (c *checker) email(name, s string, required bool) {
	if c.identifier(name, s, required) && s != "" && validText(s) && !validEmail(s) {
		c.fault(name, RuleMalformedEmail, "is not an e-mail address")
	}
}
