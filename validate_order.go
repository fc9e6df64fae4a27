package licensespring

import (
	"encoding/json"
	"strings"

	"github.com/licensespring-go/licensespring/internal/wire"
)

func (o *Order) rules(ch *checker) {
	ch.identifier("id", o.ID, true)
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
	ch.identifier("product_code", i.ProductCode, true)
	// What an item of a bundle needs is not documented.
	if len(i.Licenses) == 0 && !ch.bundle {
		ch.warn("licenses", RuleNoLicenses, "is empty, so the item creates no licenses")
	}
}

func (c *Customer) rules(ch *checker) { ch.email("email", c.Email, false) }

// identifier checks a text that identifies something. The service trims white
// space.
func (c *checker) identifier(name, s string, required bool) (ok bool) {
	trimmed := strings.TrimSpace(s)
	switch {
	case required && trimmed == "":
		c.reject(name, RuleRequired, "is required")
	case trimmed != s:
		c.reject(name, RuleSurroundingSpace, "must not begin or end with white space")
	default:
		return true
	}
	return false
}

// email checks an e-mail address.
func (c *checker) email(name, s string, required bool) {
	if c.identifier(name, s, required) && s != "" && wire.ValidText(s) && !validEmail(s) {
		c.reject(name, RuleMalformedEmail, "is not an e-mail address")
	}
}
