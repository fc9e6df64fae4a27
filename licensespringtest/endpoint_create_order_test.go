package licensespringtest_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestCreateOrder_keyBased(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	record := create(t, srv, `{"id":"inv-1","created":"2031-01-02 03:04:05","is_test":true,"metadata":"{\"po\":7}",
		"customer":{"email":"ada@example.com","company":"Analytical Engines"},
		"items":[{"product_code":"acmecad","note":"seat","licenses":[
			{"license_type":"time-limited","valid_duration":"2m","max_activations":3,"product_features":["render","bogus"]},
			{"key":"AB2C-D3EF-GH4J-K5MN","max_transfers":-1,"max_activations":0}]}]}`)

	assert.Equal(t, "inv-1", record["store_id"])
	assert.InDelta(t, 1.6e15, record["id"], 0.2e15, "sixteen digits")
	assert.Equal(t, true, record["is_test"])
	assert.Equal(t, `{"po":7}`, record["metadata"])
	assert.Equal(t, "normal", record["type"])
	assert.Equal(t, "2031-01-02T03:04:05.000000Z", record["created_at"], "with fraction")
	assert.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`, record["updated_at"], "without fraction")
	assert.Equal(t, "Analytical Engines", dig(t, record, "customer", "company"))
	assert.Equal(t, "acmecad", dig(t, record, "order_items", 0, "product", "short_code"))
	assert.Equal(t, dig(t, record, "order_items", 0, "product", "id"), dig(t, record, "order_items", 0, "product_id"))

	first := dig(t, record, "order_items", 0, "licenses", 0)
	assert.Regexp(t, keyForm, dig(t, first, "license_key"))
	assert.Equal(t, record["id"], dig(t, first, "order"))
	assert.Equal(t, "inv-1", dig(t, first, "order_store_id"))
	assert.Equal(t, "2m", dig(t, first, "valid_duration"))
	assert.Len(t, dig(t, first, "product_features"), 1, "an unknown feature is dropped silently")
	assert.Equal(t, "render", dig(t, first, "product_features", 0, "product_feature", "code"))
	second := dig(t, record, "order_items", 0, "licenses", 1)
	assert.Equal(t, "AB2C-D3EF-GH4J-K5MN", dig(t, second, "license_key"))
	assert.Equal(t, -1.0, dig(t, second, "max_transfers"))
	assert.Equal(t, 0.0, dig(t, second, "max_activations"), "zero differs from absent")
	assert.Equal(t, "perpetual", dig(t, second, "license_type"), "from the product")
	assert.Nil(t, dig(t, second, "validity_period"))
	assert.Len(t, dig(t, second, "product_features"), 2, "from the product")
	assert.Empty(t, dig(t, second, "license_users"))
	assert.Nil(t, dig(t, second, "license_user"))

	stored, ok := srv.Order("inv-1")
	require.True(t, ok)
	assert.Equal(t, int64(record["id"].(float64)), stored.ID)
	assert.Equal(t, time.Date(2031, 1, 2, 3, 4, 5, 0, time.UTC), stored.CreatedAt)
	assert.Equal(t, "seat", stored.Items[0].Note)
	assert.Equal(t, "acmecad", stored.Items[0].ProductCode)
	assert.Equal(t, 2, srv.LicenseCount())
	license := stored.Licenses()[0]
	assert.Equal(t, dig(t, first, "license_key"), license.Key)
	assert.Equal(t, "time-limited", license.Type)
	assert.Equal(t, map[string]any{
		"license_type": "time-limited", "valid_duration": "2m", "max_activations": int64(3), "is_trial": false,
		"prevent_vm": false, "max_transfers": int64(0), "enable_maintenance_duration": false,
	}, license.Properties)
	assert.Equal(t, "render", license.Features[0].Code)
}

const keyForm = `^[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}$`

func TestCreateOrder_userBased(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	record := create(t, srv, `{"id":"inv-1","items":[{"product_code":"acmeweb","licenses":[
		{"users":[{"email":"Grace@example.com","is_manager":true,"max_activations":2}]},
		{"users":[{"email":"grace@example.com"},{"email":"ada@example.com"}]}]}]}`)

	single := dig(t, record, "order_items", 0, "licenses", 0)
	assert.Nil(t, dig(t, single, "license_key"))
	user := dig(t, single, "license_user")
	assert.Equal(t, user, dig(t, single, "license_users", 0))
	assert.Equal(t, "Grace@example.com|acme", dig(t, user, "email"))
	assert.Equal(t, "Grace@example.com", dig(t, user, "true_email"))
	assert.Equal(t, true, dig(t, user, "is_manager"))
	assert.Equal(t, map[string]any{}, dig(t, user, "is_admin"))
	assert.Equal(t, true, dig(t, user, "is_initial_password"))
	assert.Len(t, dig(t, user, "initial_password"), 10)
	assert.Equal(t, 2.0, dig(t, user, "max_activations"))

	shared := dig(t, record, "order_items", 0, "licenses", 1)
	assert.Nil(t, dig(t, shared, "license_user"), "the license has two users")
	assert.Equal(t, dig(t, user, "id"), dig(t, shared, "license_users", 0, "id"), "a user exists once")
	assert.Equal(t, false, dig(t, shared, "license_users", 0, "is_manager"))
	assert.Nil(t, dig(t, shared, "license_users", 0, "max_activations"))

	stored, _ := srv.Order("inv-1")
	users := stored.Licenses()[0].Users
	require.Len(t, users, 1)
	assert.Equal(t, "Grace@example.com", users[0].Email)
	assert.Equal(t, int64(2), *users[0].MaxActivations)
	assert.Equal(t, dig(t, user, "initial_password"), users[0].InitialPassword)
	assert.Nil(t, stored.Licenses()[1].Users[0].MaxActivations)

	require.True(t, srv.SignIn("GRACE@example.com"))
	assert.False(t, srv.SignIn("unknown@example.com"))
	record = do(t, srv, http.MethodGet, fmt.Sprintf("%s%d/", ordersPath, stored.ID), "").json(t)
	user = dig(t, record, "order_items", 0, "licenses", 0, "license_user")
	assert.Equal(t, false, dig(t, user, "is_initial_password"))
	assert.Nil(t, dig(t, user, "initial_password"))
}

func TestCreateOrder_defaults(t *testing.T) {
	t.Parallel()
	products := lst.WithProducts(
		lst.Product{Code: "p", LicenseType: "time-limited", ValidDuration: "30d", MaxActivations: 5},
		lst.Product{Code: "c", LicenseType: "consumption", MaxConsumptions: 9, Features: []lst.Feature{{Code: "f", Consumption: true, MaxConsumption: 4}}},
	)
	policies := lst.WithPolicies(lst.Policy{Code: "gold", Properties: map[string]any{"license_type": "consumption", "max_consumptions": 70, "is_floating": true}})
	tests := []struct {
		name, product, license string
		want                   map[string]any
	}{
		{"from the product", "p", `{}`, map[string]any{"license_type": "time-limited", "valid_duration": "30d", "max_activations": int64(5)}},
		{"another type without the product's duration", "p", `{"license_type":"perpetual"}`, map[string]any{"license_type": "perpetual", "valid_duration": nil}},
		{"consumption", "c", `{}`, map[string]any{"max_consumptions": int64(9), "allow_overages": false, "max_overages": int64(0), "reset_consumption": false}},
		{"zero differs from absent", "c", `{"max_consumptions":0,"max_overages":1.5}`, map[string]any{"max_consumptions": int64(0), "max_overages": 1.5}},
		{"policy overrides product", "p", `{"policy_code":"gold"}`, map[string]any{"license_type": "consumption", "max_consumptions": int64(70), "is_floating": true, "max_activations": int64(5)}},
		{"request overrides policy", "p", `{"policy_code":"gold","max_consumptions":1,"is_floating":false}`, map[string]any{"max_consumptions": int64(1), "is_floating": false}},
		{"type of the policy allows members", "p", `{"policy_code":"gold","reset_consumption":true}`, map[string]any{"reset_consumption": true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := lst.NewServer(t, products, policies)
			create(t, srv, withLicense(tt.product, tt.license))
			stored := srv.Orders()[0].Licenses()[0].Properties
			for name, want := range tt.want {
				assert.Equal(t, want, stored[name], name)
			}
		})
	}
}

func TestCreateOrder_preventVMOfOrder(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	create(t, srv, `{"id":"a","prevent_vm":true,"items":[{"product_code":"acmecad","licenses":[{"prevent_vm":false}]}]}`)
	assert.Equal(t, true, srv.Orders()[0].Licenses()[0].Properties["prevent_vm"], `the Create Order page: "all created licenses"`)
}

func TestCreateOrder_features(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	record := create(t, srv, withLicense("acmeapi", `{"product_features":[{"code":"calls","max_consumption":33,"expiry_date":"2031-01-01"},{"code":"bogus"}]},{}`))
	sent := dig(t, record, "order_items", 0, "licenses", 0, "product_features")
	require.Len(t, sent, 1)
	assert.Equal(t, 33.0, dig(t, sent, 0, "max_consumption"))
	assert.Equal(t, "2031-01-01", dig(t, sent, 0, "expiry_date"))
	assert.Equal(t, "consumption", dig(t, sent, 0, "product_feature", "feature_type"))
	assert.Equal(t, 100.0, dig(t, record, "order_items", 0, "licenses", 1, "product_features", 0, "max_consumption"), "from the product")
}

// TestCreateOrder_rejected has well-formed requests that cannot be fulfilled.
func TestCreateOrder_rejected(t *testing.T) {
	t.Parallel()
	options := []lst.Option{
		lst.WithProducts(append(lst.DefaultProducts(),
			lst.Product{Code: "old", Archived: true, Disabled: true}, lst.Product{Code: "off", Disabled: true})...),
		lst.WithCustomerAccounts(7, 8),
	}
	tests := []struct{ name, body, code string }{
		{"unknown product", withLicense("no-such-product", `{}`), "unknown_product"},
		{"unknown product in a later item", `{"id":"a","items":[{"product_code":"acmecad"},{"product_code":"no-such-product"}]}`, "unknown_product"},
		{"bundle in an order of products", withLicense("acmesuite", `{}`), "unknown_product"},
		{"product in an order of bundles", `{"id":"a","is_bundle":true,"items":[{"product_code":"acmecad"}]}`, "unknown_product"},
		{"archived has priority over disabled", withLicense("old", `{}`), "archived_product"},
		{"disabled", withLicense("off", `{}`), "disabled_product"},
		{"users on a key-based product", withLicense("acmecad", `{"users":[{"email":"a@example.com"}]}`), "invalid_product_auth_method"},
		{"no users on a user-based product", `{"id":"o-1","items":[{"product_code":"acmeweb","licenses":[{}]}]}`, "invalid_product_auth_method"},
		{"key on a user-based product", withLicense("acmeweb", `{"key":"K-1"}`), "invalid_product_auth_method"},
		{"unknown policy", withLicense("acmecad", `{"policy_code":"no-such-policy"}`), "validation_error"},
		{"unknown customer account", `{"id":"a","customer_account_id":9,"items":[{"product_code":"acmecad"}]}`, "customer_account_not_found"},
		{"customer account of another order", `{"id":"existing","append":true,"customer_account_id":8,"items":[{"product_code":"acmecad"}]}`, "customer_account_id_mismatch"},
		{"bundle appended to products", `{"id":"existing","append":true,"is_bundle":true,"items":[{"product_code":"acmesuite"}]}`, "validation_error"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := lst.NewServer(t, options...)
			create(t, srv, `{"id":"existing","customer_account_id":7,"items":[{"product_code":"acmecad","licenses":[{}]}]}`)
			before := srv.Orders()
			resp := do(t, srv, http.MethodPost, createPath, tt.body)
			assert.Equal(t, http.StatusBadRequest, resp.status)
			assert.Equal(t, tt.code, resp.json(t)["code"])
			assert.Equal(t, 400.0, resp.json(t)["status"])
			assert.NotEmpty(t, resp.json(t)["message"])
			assert.Equal(t, before, srv.Orders())
		})
	}
}

func TestCreateOrder_orderExists(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	body := withLicense("acmecad", `{"key":"K-1"}`)
	create(t, srv, body)
	before := srv.Orders()
	replays := []struct{ name, body string }{
		{"replay with its own key", body},
		{"append set to false", `{"append":false,` + body[1:]},
		{"another order with this id", order("o-1")},
		{"unknown product", withLicense("no-such-product", `{}`)},
	}
	for _, tt := range replays {
		resp := do(t, srv, http.MethodPost, createPath, tt.body)
		assert.Equal(t, http.StatusConflict, resp.status, tt.name)
		assert.JSONEq(t, `{"status":409,"code":"order_id_exists","message":"Order with this ID already exists."}`, resp.body, tt.name)
		assert.Equal(t, before, srv.Orders(), tt.name)
	}
	assert.Equal(t, []bool{true, false, false, false, false}, changed(srv))
}

func changed(srv *lst.Server) []bool {
	var c []bool
	for _, r := range srv.Requests() {
		c = append(c, r.Changed)
	}

	return c
}

func TestCreateOrder_append(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	body := `{"id":"o-1","append":true,"items":[{"product_code":"acmecad","licenses":[{}]}]}`
	first := create(t, srv, body)
	assert.Len(t, first["order_items"], 1, "an append without an existing order creates it")
	second := create(t, srv, body)
	assert.Equal(t, first["id"], second["id"])
	assert.Len(t, second["order_items"], 2, "a replay adds the licenses again, and the response shows the whole order")
	assert.Equal(t, dig(t, first, "order_items", 0), dig(t, second, "order_items", 0))

	create(t, srv, `{"id":"o-1","append":true,"is_test":true,"customer":{"phone":"1"},"items":[{"product_code":"acmecad","licenses":[{"key":"K-1"}]}]}`)
	stored, _ := srv.Order("o-1")
	assert.Len(t, stored.Licenses(), 3)
	assert.Len(t, stored.Requests, 3)
	assert.Nil(t, stored.Customer, "order-level members of an append are ignored")
	assert.Equal(t, false, stored.Properties["is_test"])

	// One taken key rejects the whole request.
	before := srv.Orders()
	resp := do(t, srv, http.MethodPost, createPath, `{"id":"o-1","append":true,"items":[{"product_code":"acmecad"},
		{"product_code":"acmecad","licenses":[{"key":"K-2"},{"key":"K-1"},{}]}]}`)
	assert.Equal(t, http.StatusBadRequest, resp.status)
	assert.JSONEq(t, `{"items":[{},{"licenses":[{},{"key":["License key already exists."]},{}]}]}`, resp.body)
	assert.Equal(t, before, srv.Orders())
	create(t, srv, `{"id":"o-1","append":true,"items":[{"product_code":"acmecad","licenses":[{"key":"K-2"}]}]}`)
}

func TestCreateOrder_takenKeys(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, items, want string }{
		{"in another order and product", `[{"product_code":"acmeapi","licenses":[{"key":"K-1"}]}]`, `{"items":[{"licenses":[{"key":["License key already exists."]}]}]}`},
		{"twice in one license list", `[{"product_code":"acmecad","licenses":[{"key":"K-2"},{"key":"K-2"}]}]`, `{"items":[{"licenses":[{},{"key":["License key already exists."]}]}]}`},
		{"twice in one order", `[{"product_code":"acmecad","licenses":[{"key":"K-2"}]},{"product_code":"acmeapi","licenses":[{"key":"K-2"}]}]`, `{"items":[{},{"licenses":[{"key":["License key already exists."]}]}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := lst.NewServer(t)
			create(t, srv, `{"id":"existing","items":[{"product_code":"acmecad","licenses":[{"key":"K-1"}]}]}`)
			resp := do(t, srv, http.MethodPost, createPath, `{"id":"a","items":`+tt.items+`}`)
			assert.Equal(t, http.StatusBadRequest, resp.status)
			assert.JSONEq(t, tt.want, resp.body)
			assert.Len(t, srv.Orders(), 1)
			create(t, srv, `{"id":"a","items":[{"product_code":"acmecad","licenses":[{"key":"K-2"}]}]}`)
		})
	}
}

func TestCreateOrder_race(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	var created, conflicts sync.Map
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			switch resp := do(t, srv, http.MethodPost, createPath, order("o-1")); resp.status {
			case http.StatusOK:
				created.Store(i, true)
			case http.StatusConflict:
				conflicts.Store(i, true)
			}
		})
	}
	wg.Wait()
	assert.Equal(t, 1, length(&created))
	assert.Equal(t, 19, length(&conflicts))
	assert.Equal(t, 1, srv.LicenseCount())
}

func length(m *sync.Map) int {
	n := 0
	m.Range(func(any, any) bool { n++; return true })

	return n
}

func TestCreateOrder_seeds(t *testing.T) {
	t.Parallel()
	body := `{"id":"a","items":[{"product_code":"acmecad","licenses":[{},{}]},{"product_code":"acmeweb","licenses":[{"users":[{"email":"a@example.com"}]}]}]}`
	secrets := func(opts ...lst.Option) []string {
		srv := lst.NewServer(t, opts...)
		create(t, srv, body)
		licenses := srv.Orders()[0].Licenses()
		require.NotEqual(t, licenses[0].Key, licenses[1].Key)

		return []string{licenses[0].Key, licenses[1].Key, licenses[2].Users[0].InitialPassword, fmt.Sprint(licenses[0].ID)}
	}
	byDefault, again := secrets(), secrets()
	assert.Equal(t, byDefault, again)
	five, again, six := secrets(lst.WithSeed(5)), secrets(lst.WithSeed(5)), secrets(lst.WithSeed(6))
	assert.Equal(t, five, again)
	assert.NotEqual(t, five, six)
	assert.Regexp(t, `^\d{16}$`, byDefault[3])
}

func TestCreateOrder_legacyResponse(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t, lst.WithLegacyResponse())
	record := create(t, srv, `{"id":"a","items":[{"product_code":"acmeweb","licenses":[
		{"users":[{"email":"a@example.com"}]},{"users":[{"email":"a@example.com"}]}]}]}`)
	stored := srv.Orders()[0]
	assert.Equal(t, map[string]any{
		"order_id": float64(stored.ID),
		"new_passwords": []any{
			map[string]any{"email": "a@example.com", "new_password": stored.Licenses()[0].Users[0].InitialPassword},
		},
	}, record)
}

func TestCreateOrder_quirks(t *testing.T) {
	t.Parallel()
	user := `{"id":"a","customer":{"phone":"1"},"items":[{"product_code":"acmeweb","licenses":[{"users":[{"email":"a@example.com"}]}]}]}`
	license := []any{"order_items", 0, "licenses", 0}
	path := func(more ...any) []any { return append(append([]any{}, license...), more...) }
	t.Run("root id", func(t *testing.T) {
		t.Parallel()
		record := create(t, lst.NewServer(t, lst.WithQuirks(lst.QuirkNoRootID)), user)
		assert.NotContains(t, record, "id")
		assert.NotZero(t, dig(t, record, path("order")...))
	})
	t.Run("zero dates", func(t *testing.T) {
		t.Parallel()
		record := create(t, lst.NewServer(t, lst.WithQuirks(lst.QuirkZeroDates)), user)
		assert.Equal(t, "0000-00-00", dig(t, record, path("validity_period")...))
	})
	t.Run("customer", func(t *testing.T) {
		t.Parallel()
		record := create(t, lst.NewServer(t, lst.WithQuirks(lst.QuirkCustomerID)), user)
		assert.IsType(t, 0.0, record["customer"])
		record = create(t, lst.NewServer(t, lst.WithQuirks(lst.QuirkCustomerNull)), user)
		assert.Contains(t, record, "customer")
		assert.Nil(t, record["customer"])
	})
	t.Run("users and product", func(t *testing.T) {
		t.Parallel()
		record := create(t, lst.NewServer(t, lst.WithQuirks(lst.QuirkSingleUser, lst.QuirkNoProduct, lst.QuirkPlainEmails)), user)
		assert.NotContains(t, dig(t, record, license...), "license_users")
		assert.Equal(t, "a@example.com", dig(t, record, path("license_user", "email")...))
		assert.NotContains(t, dig(t, record, path("license_user")...), "true_email")
		assert.NotContains(t, dig(t, record, "order_items", 0), "product")
	})
}
