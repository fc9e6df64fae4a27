package licensespring

// CheckProducts returns all findings about an order that follow from the products of
// the service, in the order of the document and with the paths of [Order.Check],
// which it does not repeat. The service would reject the order, create licenses of
// the wrong form or drop features silently, so all findings are errors:
// [RuleUnknownProduct], [RuleProductUnavailable], [RuleBundleMismatch],
// [RuleWrongLicenseForm] and [RuleUnknownFeature].
//
// The products must be complete, as those of [Client.ListProducts]: a product that
// is not among them is unknown. What they do not show is not judged, and neither are
// the licenses of a bundle, since the products in it are not known.
func (o *Order) CheckProducts(products []ProductRecord) []Finding {
	byCode := make(map[string]*ProductRecord, len(products))
	for i := range products {
		byCode[products[i].ShortCode] = &products[i]
	}
	c := checker{bundle: o.IsBundle}
	for i := range o.Items {
		item := &o.Items[i]
		if item.ProductCode == "" {
			continue // Check reports it
		}
		c.path.EnterAt("items", i)
		c.catalogued(item, byCode[item.ProductCode])
		c.path.Leave()
	}
	return c.findings
}

// catalogued checks an item. The product is nil if there is none with its code.
func (c *checker) catalogued(item *OrderItem, product *ProductRecord) {
	if product == nil {
		c.reject("product_code", RuleUnknownProduct, "there is no such product")
		return
	}
	switch {
	case isTrue(product.IsArchived):
		c.reject("product_code", RuleProductUnavailable, "the product is archived")
	case isFalse(product.Active):
		c.reject("product_code", RuleProductUnavailable, "the product is not active")
	}
	switch {
	case c.bundle && isFalse(product.IsBundle):
		c.reject("product_code", RuleBundleMismatch, "is not a bundle, and the order is one of bundles")
	case !c.bundle && isTrue(product.IsBundle):
		c.reject("product_code", RuleBundleMismatch, "is a bundle, and the order is not one of bundles")
	}
	if c.bundle || isTrue(product.IsBundle) {
		return
	}
	features := product.featureCodes()
	for j := range item.Licenses {
		c.path.EnterAt("licenses", j)
		c.licenseForm(&item.Licenses[j], product.AuthorizationMethod)
		if features != nil {
			c.features(&item.Licenses[j], features)
		}
		c.path.Leave()
	}
}

// licenseForm checks whether a license has a key or users, as its product requires.
func (c *checker) licenseForm(l *License, method AuthorizationMethod) {
	switch method {
	case AuthorizationLicenseKey:
		if len(l.Users) > 0 {
			c.reject("users", RuleWrongLicenseForm, "must be absent: the licenses of the product have keys")
		}
	case AuthorizationUser:
		if l.Key != "" {
			c.reject("key", RuleWrongLicenseForm, "must be absent: the licenses of the product have users")
		}
		if len(l.Users) == 0 {
			c.reject("users", RuleWrongLicenseForm, "is required: the licenses of the product have users")
		}
	}
}

// features checks the features of a license by the codes that its product has. The
// service drops others silently.
func (c *checker) features(l *License, known map[string]bool) {
	for k := range l.ProductFeatures {
		if code := l.ProductFeatures[k].Code; code != "" && !known[code] {
			c.path.EnterAt("product_features", k)
			c.reject("code", RuleUnknownFeature, "the product has no such feature; the service would drop it")
			c.path.Leave()
		}
	}
}
