package licensespring_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	ls "github.com/licensespring-go/licensespring"
)

func TestOrderBuilders(t *testing.T) {
	t.Parallel()
	created := time.Date(2031, 3, 1, 0, 0, 0, 0, time.UTC)
	customer := ls.Customer{Email: "ada@example.com"}
	got := ls.NewOrder("a").
		WithCustomer(customer).
		AddItem("p", ls.NewLicense(), ls.NewKeyLicense("k")).
		AddItems(ls.OrderItem{ProductCode: "q", Note: "n"}, ls.OrderItem{ProductCode: "r"}).
		Appending().AsTest().AsBundle().
		WithCreated(created).WithOrderType(ls.NormalOrder).WithLanguage("en").
		WithCampaignParams("c").WithDownloadID("d").WithPreventVM(true).
		WithMetadata(`{}`).WithCustomerAccount(7).WithoutCustomerAccount().WithReference("r").
		WithExtra("x", json.RawMessage(`1`))
	assert.Equal(t, &ls.Order{
		ID: "a", Customer: &customer,
		Items: []ls.OrderItem{
			{ProductCode: "p", Licenses: []ls.License{{}, {Key: "k"}}},
			{ProductCode: "q", Note: "n"},
			{ProductCode: "r"},
		},
		Append: true, IsTest: true, IsBundle: true,
		Created: created, OrderType: ls.NormalOrder, Language: "en", CampaignParams: "c", DownloadID: "d", PreventVM: new(true),
		Metadata: `{}`, CustomerAccountID: new(int64(7)), AddToCustomerAccount: new(false), Reference: "r",
		Extra: map[string]json.RawMessage{"x": json.RawMessage(`1`)},
	}, got)
}

func TestOrderBuildersChangeTheOrder(t *testing.T) {
	t.Parallel()
	o := ls.NewOrder("a")
	o.AddItem("p") // the result is ignored, and the item is added
	o.AsTest()
	assert.Equal(t, &ls.Order{ID: "a", IsTest: true, Items: []ls.OrderItem{{ProductCode: "p"}}}, o)
}

// TestOrderBuildersCopy checks that an order shares nothing with the values it
// was built from.
func TestOrderBuildersCopy(t *testing.T) {
	t.Parallel()
	raw := json.RawMessage(`1`)
	customer := ls.Customer{Extra: map[string]json.RawMessage{"a": raw}}
	license := ls.NewUserLicense("a").WithMaxActivations(1)
	items := []ls.OrderItem{{ProductCode: "p", Licenses: []ls.License{license}}}
	o := ls.NewOrder("a").WithCustomer(customer).AddItem("q", license).AddItems(items...).WithExtra("a", raw)
	before := o.Clone()
	customer.Extra["b"] = raw
	license.Users[0].Email = "b"
	*license.MaxActivations = 2
	items[0].ProductCode = "x"
	items[0].Licenses[0].Key = "x"
	raw[0] = '2'
	assert.Equal(t, before, o)

	// An order that was copied by assignment is independent, too.
	other := *o
	o.AddItem("one")
	other.AddItem("two")
	assert.Equal(t, "one", o.Items[2].ProductCode)
	assert.Equal(t, "two", other.Items[2].ProductCode)
}
