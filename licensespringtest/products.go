package licensespringtest

import (
	"fmt"
	"maps"
)

// An AuthMethod says how the licenses of a product are told apart: by a key, or
// by the users they are assigned to. It is a property of the product; an order
// that uses the other form is refused.
type AuthMethod int

const (
	// KeyBased products have licenses with a license key.
	KeyBased AuthMethod = iota
	// UserBased products have licenses assigned to users by e-mail.
	UserBased
)

// String returns the name the service gives the method, "license-key" or
// "user".
func (a AuthMethod) String() string {
	if a == UserBased {
		return "user"
	}

	return "license-key"
}

// The license types of the service.
const (
	typeTimeLimited  = "time-limited"
	typePerpetual    = "perpetual"
	typeConsumption  = "consumption"
	typeSubscription = "subscription"
)

// A Product is an entry of the catalogue orders are checked against. Properties
// a license leaves out are taken from its product.
type Product struct {
	// Code is the product code orders name. It is required, and unique.
	Code string
	// Name is the product's display name, by default its code.
	Name string
	// Auth says which form the product's licenses take.
	Auth AuthMethod
	// Features are the product's features. A license gets all of them unless
	// it asks for some; those it asks for that are not here are dropped in
	// silence, as the service does.
	Features []Feature
	// LicenseType is the type of a license that does not say, by default
	// perpetual.
	LicenseType string
	// MaxActivations is the number of activations of a license that does not
	// say, by default 1.
	MaxActivations int
	// MaxConsumptions is the number of consumptions of a consumption license
	// that does not say, by default 0.
	MaxConsumptions int
	// ValidDuration is the duration of a license that is time-limited by its
	// product or policy and does not say, by default one year.
	ValidDuration string
	// Bundle says that this entry is a bundle: only orders with is_bundle may
	// name it, and those may name nothing else.
	Bundle bool
	// Disabled products are refused with the code disabled_product.
	Disabled bool
	// Archived products are refused with the code archived_product.
	Archived bool
}

// A Feature is a feature of a [Product].
type Feature struct {
	// Code is the code orders name.
	Code string
	// Name is the display name, by default the code.
	Name string
	// Consumption says that the feature is counted.
	Consumption bool
	// MaxConsumption is the default count of a consumption feature.
	MaxConsumption int
}

// A Policy is a license policy: properties a license takes when it names the
// policy and does not set them itself.
type Policy struct {
	// Code is what a license's policy_code names.
	Code string
	// Properties are license members by their names on the vendor's page, with
	// values as encoding/json would decode them into an any, or plain ints.
	Properties map[string]any
}

// DefaultProducts returns the catalogue of a server made without
// [WithProducts]: acme-cad (key-based, with the features render and export),
// acme-web (user-based subscriptions, with teams), acme-api (key-based, 1000
// consumptions, with calls) and the bundle acme-suite (key-based).
func DefaultProducts() []Product {
	return []Product{
		{
			Code: "acme-cad", Name: "Acme CAD", Auth: KeyBased,
			Features: []Feature{{Code: "render", Name: "Renderer"}, {Code: "export", Name: "Export"}},
		},
		{
			Code: "acme-web", Name: "Acme Web", Auth: UserBased,
			LicenseType: typeSubscription,
			Features:    []Feature{{Code: "teams", Name: "Teams"}},
		},
		{
			Code: "acme-api", Name: "Acme API", Auth: KeyBased,
			LicenseType: typeConsumption, MaxConsumptions: 1000,
			Features: []Feature{{Code: "calls", Name: "Calls", Consumption: true, MaxConsumption: 100}},
		},
		{Code: "acme-suite", Name: "Acme Suite", Auth: KeyBased, Bundle: true},
	}
}

// A product is a Product with its defaults filled in and its ids given.
type product struct {
	Product

	id       int64
	features map[string]feature
}

type feature struct {
	Feature

	id int64
}

// A catalogue is what orders may name. It does not change after the server was
// made, so it is read without a lock.
type catalogue struct {
	products map[string]*product
	policies map[string]map[string]any
}

func newCatalogue(products []Product, policies []Policy) *catalogue {
	c := &catalogue{
		products: make(map[string]*product, len(products)),
		policies: make(map[string]map[string]any, len(policies)),
	}
	// Ids of the catalogue are not random: they are the same on every server,
	// like those of a real account are the same in every test.
	id := int64(1500000000000000)
	nextID := func() int64 { id++; return id }

	for _, p := range products {
		if _, taken := c.products[p.Code]; taken || p.Code == "" {
			panic(fmt.Sprintf("licensespringtest: product code %q is empty or given twice", p.Code))
		}
		c.products[p.Code] = newProduct(p, nextID)
	}
	for _, p := range policies {
		if _, taken := c.policies[p.Code]; taken || p.Code == "" {
			panic(fmt.Sprintf("licensespringtest: policy code %q is empty or given twice", p.Code))
		}
		c.policies[p.Code] = normalProperties(p.Properties)
	}

	return c
}

func newProduct(p Product, nextID func() int64) *product {
	if p.Name == "" {
		p.Name = p.Code
	}
	if p.LicenseType == "" {
		p.LicenseType = typePerpetual
	}
	if p.MaxActivations == 0 {
		p.MaxActivations = 1
	}
	if p.ValidDuration == "" {
		p.ValidDuration = "1y"
	}
	made := &product{Product: p, id: nextID(), features: make(map[string]feature, len(p.Features))}
	made.Features = append([]Feature(nil), p.Features...)
	for _, f := range p.Features {
		if f.Name == "" {
			f.Name = f.Code
		}
		made.features[f.Code] = feature{Feature: f, id: nextID()}
	}

	return made
}

// normalProperties copies the properties of a policy and brings ints to the
// type decoded members have.
func normalProperties(properties map[string]any) map[string]any {
	normal := maps.Clone(properties)
	for name, value := range normal {
		if n, ok := value.(int); ok {
			normal[name] = int64(n)
		}
	}

	return normal
}

// licenseType is the type a license of the product will have: what was sent
// wins over the policy, the policy over the product. Any of them may be unknown.
func (c *catalogue) licenseType(p *product, license *object) string {
	if sent, ok := license.get("license_type").(string); ok {
		return sent
	}
	if code, ok := license.get("policy_code").(string); ok {
		if fromPolicy, ok := c.policies[code]["license_type"].(string); ok {
			return fromPolicy
		}
	}
	if p != nil {
		return p.LicenseType
	}

	return ""
}

// defaults are the properties of a license that says nothing itself: the
// policy's where it has a say, else the product's.
func (c *catalogue) defaults(p *product, wanted *object) map[string]any {
	licenseType := c.licenseType(p, wanted)
	properties := map[string]any{
		"license_type":        licenseType,
		"max_activations":     int64(p.MaxActivations),
		"is_trial":            false,
		"prevent_vm":          false,
		"max_transfers":       int64(0),
		pageEnableMaintenance: false,
	}
	switch licenseType {
	case typeTimeLimited:
		properties["valid_duration"] = p.ValidDuration
	case typeConsumption:
		properties["max_consumptions"] = int64(p.MaxConsumptions)
		properties["allow_overages"] = false
		properties["max_overages"] = int64(0)
		properties["reset_consumption"] = false
	}
	maps.Copy(properties, cloneMap(c.policies[wanted.text("policy_code")]))

	return properties
}
