package licensespringtest

// An AuthMethod is the authorization method of a product: license keys or users.
// The server rejects an order that uses the other method, and one without users for
// a user-based product.
type AuthMethod int

const (
	// KeyBased products have licenses with a license key.
	KeyBased AuthMethod = iota
	// UserBased products have licenses assigned to users by e-mail.
	UserBased
)

// String returns the service's name of the method: "license-key" or "user".
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

// A Product is a product that orders may name. It provides defaults for its
// licenses.
type Product struct {
	// Code is the product code. It is required and must be unique.
	Code string
	// Name is the display name. The default is the code.
	Name string
	// Auth is the authorization method.
	Auth AuthMethod
	// Features are the product's features. A license that names no features gets
	// all of them. Unknown features in an order are dropped silently, as the
	// service does.
	Features []Feature
	// LicenseType is the default license type. Its own default is perpetual.
	LicenseType string
	// MaxActivations is the default of max_activations. Its own default is 1.
	MaxActivations int
	// MaxConsumptions is the default of max_consumptions for consumption
	// licenses.
	MaxConsumptions int
	// ValidDuration is the default of valid_duration for time-limited licenses.
	// Its own default is one year.
	ValidDuration string
	// Bundle marks a bundle. An order names either bundles only, with is_bundle,
	// or products only.
	Bundle bool
	// Disabled makes the server reject orders of the product with the code
	// disabled_product.
	Disabled bool
	// Archived makes the server reject orders of the product with the code
	// archived_product.
	Archived bool
}

// A Feature is a feature of a [Product].
type Feature struct {
	// Code is the feature code.
	Code string
	// Name is the display name. The default is the code.
	Name string
	// Consumption marks a consumption feature.
	Consumption bool
	// MaxConsumption is the default of max_consumption for a consumption feature.
	MaxConsumption int
}

// A Policy is a license policy. It provides defaults for licenses that name it.
type Policy struct {
	// Code is the policy code. It is required and must be unique.
	Code string
	// Properties holds license members by their names in [DialectClassic]. Values
	// have the types that encoding/json decodes into an any, or are ints.
	Properties map[string]any
}

// DefaultProducts returns the products of a server without [WithProducts]:
//
//   - acmecad: key-based, with the features render and export
//   - acmeweb: user-based subscriptions, with the feature teams
//   - acmeapi: key-based, 1000 consumptions, with the feature calls
//   - acmesuite: a key-based bundle
func DefaultProducts() []Product {
	return []Product{
		{
			Code: "acmecad", Name: "Acme CAD", Auth: KeyBased,
			Features: []Feature{{Code: "render", Name: "Renderer"}, {Code: "export", Name: "Export"}},
		},
		{
			Code: "acmeweb", Name: "Acme Web", Auth: UserBased,
			LicenseType: typeSubscription,
			Features:    []Feature{{Code: "teams", Name: "Teams"}},
		},
		{
			Code: "acmeapi", Name: "Acme API", Auth: KeyBased,
			LicenseType: typeConsumption, MaxConsumptions: 1000,
			Features: []Feature{{Code: "calls", Name: "Calls", Consumption: true, MaxConsumption: 100}},
		},
		{Code: "acmesuite", Name: "Acme Suite", Auth: KeyBased, Bundle: true},
	}
}
