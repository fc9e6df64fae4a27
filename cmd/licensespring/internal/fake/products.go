package fake

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

// catalogue is the file of --products.
type catalogue struct {
	Products []product `json:"products"`
	Policies []policy  `json:"policies"`
}

type product struct {
	Code                string    `json:"code"`
	Name                string    `json:"name"`
	AuthorizationMethod string    `json:"authorization_method"` // license-key (the default) or user
	Features            []feature `json:"features"`
	LicenseType         string    `json:"license_type"`
	MaxActivations      int       `json:"max_activations"`
	MaxConsumptions     int       `json:"max_consumptions"`
	ValidDuration       string    `json:"valid_duration"`
	IsBundle            bool      `json:"is_bundle"`
	Disabled            bool      `json:"disabled"`
	IsArchived          bool      `json:"is_archived"`
}

type feature struct {
	Code           string `json:"code"`
	Name           string `json:"name"`
	Consumption    bool   `json:"consumption"`
	MaxConsumption int    `json:"max_consumption"`
}

type policy struct {
	Code       string         `json:"code"`
	Properties map[string]any `json:"properties"`
}

// readCatalogue returns the options for the products and the policies of a file.
func readCatalogue(name string) ([]licensespringtest.Option, error) {
	file, err := os.Open(name) //nolint:gosec // the user names the file
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // read only
	var c catalogue
	decoder := json.NewDecoder(file)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	options, err := c.options()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return options, nil
}

func (c *catalogue) options() ([]licensespringtest.Option, error) {
	if len(c.Products) == 0 {
		return nil, fmt.Errorf("no products")
	}
	seen := make(map[string]bool)
	var products []licensespringtest.Product
	for _, p := range c.Products {
		if p.Code == "" || seen[p.Code] {
			return nil, fmt.Errorf("product %q: want a code, and each once", p.Code)
		}
		seen[p.Code] = true
		to := licensespringtest.Product{
			Code: p.Code, Name: p.Name, LicenseType: p.LicenseType, MaxActivations: p.MaxActivations,
			MaxConsumptions: p.MaxConsumptions, ValidDuration: p.ValidDuration,
			Bundle: p.IsBundle, Disabled: p.Disabled, Archived: p.IsArchived,
		}
		switch p.AuthorizationMethod {
		case "", licensespringtest.KeyBased.String():
		case licensespringtest.UserBased.String():
			to.Auth = licensespringtest.UserBased
		default:
			return nil, fmt.Errorf("product %q: authorization_method: want license-key or user", p.Code)
		}
		for _, f := range p.Features {
			to.Features = append(to.Features, licensespringtest.Feature(f))
		}
		products = append(products, to)
	}
	var policies []licensespringtest.Policy
	seen = make(map[string]bool)
	for _, p := range c.Policies {
		if p.Code == "" || seen[p.Code] {
			return nil, fmt.Errorf("policy %q: want a code, and each once", p.Code)
		}
		seen[p.Code] = true
		policies = append(policies, licensespringtest.Policy(p))
	}
	return []licensespringtest.Option{licensespringtest.WithProducts(products...), licensespringtest.WithPolicies(policies...)}, nil
}
