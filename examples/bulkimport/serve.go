package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

// serve runs the fake service alone, so that several runs can talk to the same
// one. When ctx ends it writes what it holds to the results.
func serve(ctx context.Context, set *settings, stdout, stderr io.Writer) error {
	listen, err := listenAt(set.serve)
	if err != nil {
		return err
	}
	fake := set.startFake(listen)
	defer fake.Close()
	say(stderr, "A fake of the service, until Ctrl-C. To talk to it:")
	say(stderr, "export %s=%s", envKey, fake.APIKey())
	say(stderr, "export %s=%s", envBaseURL, fake.URL())
	<-ctx.Done()
	printBooks(stderr, fake)
	return writeBooks(set.out, stdout, fake)
}

// booked is what the fake holds of an order.
type booked struct {
	ID       string `json:"id"`
	Licenses int    `json:"licenses"`
}

// writeBooks writes the orders of the fake as JSON Lines.
func writeBooks(name string, stdout io.Writer, fake *licensespringtest.Server) error {
	out, err := openResults(name, stdout)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(out.w)
	for _, order := range fake.Orders() {
		if err := encoder.Encode(booked{ID: order.StoreID, Licenses: len(order.Licenses())}); err != nil {
			return fmt.Errorf("the orders cannot be written: %w", err)
		}
	}
	return out.close()
}
