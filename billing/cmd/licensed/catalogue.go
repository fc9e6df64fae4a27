package main

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/licensespring-go/licensespring"
)

const (
	// catalogueInterval is the interval at which serve reads the products again.
	catalogueInterval = time.Hour
	// catalogueTimeout bounds reading the products.
	catalogueTimeout = 30 * time.Second
)

// catalogue holds the products of the service. It is empty until they are read.
type catalogue struct {
	byCode atomic.Pointer[map[string]licensespring.ProductRecord]
}

// read reads the products. After an error the catalogue is unchanged.
func (c *catalogue) read(ctx context.Context, client *licensespring.Client) error {
	ctx, cancel := context.WithTimeout(ctx, catalogueTimeout)
	defer cancel()
	byCode := map[string]licensespring.ProductRecord{}
	for product, err := range client.ListProducts(ctx) {
		if err != nil {
			return err
		}
		byCode[product.ShortCode] = *product
	}
	c.byCode.Store(&byCode)
	return nil
}

// authorization returns the authorization method of a product, or an empty one if the
// product is not known.
func (c *catalogue) authorization(code string) licensespring.AuthorizationMethod {
	if byCode := c.byCode.Load(); byCode != nil {
		product := (*byCode)[code]
		return product.AuthorizationMethod
	}
	return ""
}

// products returns all products.
func (c *catalogue) products() []licensespring.ProductRecord {
	var list []licensespring.ProductRecord
	if byCode := c.byCode.Load(); byCode != nil {
		for _, product := range *byCode {
			list = append(list, product)
		}
	}
	return list
}

// refreshCatalogue reads the products at intervals, until ctx ends.
func (a *app) refreshCatalogue(ctx context.Context) {
	ticker := time.NewTicker(catalogueInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			a.readCatalogue(ctx)
		}
	}
}

// readCatalogue reads the products. Without them the metadata of prices determines
// which products are user-based.
func (a *app) readCatalogue(ctx context.Context) {
	if err := a.catalogue.read(ctx, a.client); err != nil && ctx.Err() == nil {
		a.logger.LogAttrs(ctx, slog.LevelWarn, "products not read", slog.Any("error", err))
	}
}
