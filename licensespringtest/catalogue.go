package licensespringtest

import (
	"fmt"
	"maps"
)

// A product is a Product with defaults and ids.
type product struct {
	Product

	id       int64
	features map[string]feature
}

type feature struct {
	Feature

	id int64
}

// A catalogue holds the products and policies that orders may name. It is
// immutable, so readers need no lock.
type catalogue struct {
	products map[string]*product
	sequence []*product // in the order of their ids
	policies map[string]map[string]any
}

func newCatalogue(products []Product, policies []Policy) *catalogue {
	c := &catalogue{
		products: make(map[string]*product, len(products)),
		policies: make(map[string]map[string]any, len(policies)),
	}
	// The ids are not random: they are the same on every server, as those of a
	// real account are.
	id := int64(1500000000000000)
	nextID := func() int64 { id++; return id }

	for _, p := range products {
		if _, taken := c.products[p.Code]; taken || p.Code == "" {
			panic(fmt.Sprintf("licensespringtest: product code %q is empty or duplicate", p.Code))
		}
		q := newProduct(p, nextID)
		c.products[p.Code] = q
		c.sequence = append(c.sequence, q)
	}
	for _, p := range policies {
		if _, taken := c.policies[p.Code]; taken || p.Code == "" {
			panic(fmt.Sprintf("licensespringtest: policy code %q is empty or duplicate", p.Code))
		}
		c.policies[p.Code] = normalProperties(p.Properties)
	}

	return c
}

// byID returns the product with an id, or nil.
func (c *catalogue) byID(id int64) *product {
	for _, p := range c.products {
		if p.id == id {
			return p
		}
	}

	return nil
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
	q := &product{Product: p, id: nextID(), features: make(map[string]feature, len(p.Features))}
	q.Features = append([]Feature(nil), p.Features...)
	for _, f := range p.Features {
		if f.Name == "" {
			f.Name = f.Code
		}
		q.features[f.Code] = feature{Feature: f, id: nextID()}
	}

	return q
}

// normalProperties returns a deep copy of properties with ints converted to int64,
// the type of decoded integers.
func normalProperties(properties map[string]any) map[string]any {
	normal := make(map[string]any, len(properties))
	for name, value := range properties {
		normal[name] = normalValue(value)
	}

	return normal
}

func normalValue(v any) any {
	switch v := v.(type) {
	case int:
		return int64(v)
	case map[string]any:
		return normalProperties(v)
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = normalValue(element)
		}

		return list
	default:
		return v
	}
}

// licenseType returns the type of a license: that of the request, else of the
// policy, else of the product. It returns "" if none of them has a type.
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

// defaults returns the default properties of a license. Those of the policy
// override those of the product.
func (c *catalogue) defaults(p *product, license *object) map[string]any {
	licenseType := c.licenseType(p, license)
	properties := map[string]any{
		"license_type":           licenseType,
		"max_activations":        int64(p.MaxActivations),
		"is_trial":               false,
		"prevent_vm":             false,
		"max_transfers":          int64(0),
		classicEnableMaintenance: false,
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
	maps.Copy(properties, cloneMap(c.policies[license.text("policy_code")]))

	return properties
}
