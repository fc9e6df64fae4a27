package main

import (
	"time"

	"github.com/licensespring-go/licensespring"
)

// products are the codes that the built-in order names.
type products struct {
	keyBased, userBased, consumption string
	policy                           string // empty: no license is taken from a policy
}

// builtInOrder is one order that holds every kind of license. A real one would
// have two or three of these; what each says stands in its note.
func builtInOrder(codes products) *licensespring.Order {
	return licensespring.NewOrder("inv-2031-000417").
		AsTest().
		WithCreated(time.Date(2031, time.March, 1, 10, 20, 30, 0, time.UTC)).
		WithLanguage("en").
		WithCampaignParams("utm_source=newsletter").
		WithReference("po-88127").
		WithMetadata(`{"channel":"webshop"}`).
		WithCustomer(licensespring.Customer{
			Email:     "ada@example.com",
			FirstName: "Ada",
			LastName:  "Lovelace",
			Company:   "Analytical Engines",
			Phone:     "+44 20 7946 0018",
			Reference: "cust-0007",
		}).
		AddItems(
			licensespring.OrderItem{
				ProductCode: codes.keyBased,
				Note:        "key-based: a license is its key",
				Licenses:    keyLicenses(codes.policy),
			},
			licensespring.OrderItem{
				ProductCode: codes.consumption,
				Note:        "key-based, counted by use",
				Licenses:    consumptionLicenses(),
			},
			licensespring.OrderItem{
				ProductCode: codes.userBased,
				Note:        "user-based: a license is assigned to people",
				Licenses:    userLicenses(),
			},
		)
}

func keyLicenses(policy string) []licensespring.License {
	// Methods return a changed copy: a license can be the template of others.
	license := licensespring.NewLicense()
	licenses := []licensespring.License{
		license.WithNote("a key of our own").
			WithKey("AB2C-D3EF-GH4J-K5MN").
			Perpetual().
			WithUnlimitedTransfers(),
		license.WithNote("a key made by the service").
			TimeLimited(licensespring.Years(1)).
			WithMaxActivations(3).
			WithoutTransfers(),
		license.WithNote("ends on a day").
			TimeLimitedUntil(time.Date(2032, time.January, 1, 0, 0, 0, 0, time.UTC)).
			WithStartDate(licensespring.Date{Year: 2031, Month: time.April, Day: 1}),
		license.WithNote("a month to try it out").
			TimeLimited(licensespring.Days(30)).
			Trial().
			WithPreventVM(true),
		license.WithNote("for ever, with updates for two years").
			Perpetual().
			WithMaintenance(licensespring.Years(2)),
		license.WithNote("paid by the month").
			Subscription().
			WithSubscriptionID("sub-4711"),
		license.WithNote("shared by five at a time").
			Perpetual().
			Floating(5).
			WithFloatingTimeout(120),
		license.WithNote("one feature of two, by its code").
			Perpetual().
			WithFeatures("render"),
		license.WithNote("without features, with data of ours").
			Perpetual().
			WithoutFeatures().
			WithMetadata(map[string]any{"cost_center": "R&D", "seats": 12}).
			WithCustomField("order_channel", "webshop").
			WithCustomField("discount", 12.5),
	}
	if policy != "" {
		licenses = append(licenses, license.WithNote("as its policy says").WithPolicy(policy))
	}
	return licenses
}

func consumptionLicenses() []licensespring.License {
	return []licensespring.License{
		licensespring.NewLicense().WithNote("a thousand a month, and a little more").
			Consumption(1000).
			WithOverages(250).
			WithReset(licensespring.Monthly),
		// The same in plain structs: the methods only fill these in. Nil is not
		// sent, new(0) and new(false) are.
		{
			Note:            "ten, and not one more; a feature with a count of its own",
			LicenseType:     licensespring.Consumption,
			MaxConsumptions: new(10),
			ConsumptionOptions: licensespring.ConsumptionOptions{
				AllowOverages:    new(false),
				ResetConsumption: new(false),
			},
			ProductFeatures: []licensespring.ProductFeature{{Code: "calls", MaxConsumption: new(33)}},
		},
	}
}

func userLicenses() []licensespring.License {
	return []licensespring.License{
		licensespring.NewUserLicense("grace@example.com").WithNote("one user"),
		licensespring.NewUserLicense("alan@example.com", "edsger@example.com").
			WithManager("ada@example.com").
			WithNote("three users, one of them a manager").
			TimeLimited(licensespring.Months(6)).
			WithMaxActivations(2).
			WithFeatures("teams"),
	}
}
