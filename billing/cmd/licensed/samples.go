package main

import (
	"embed"
	"fmt"
)

//go:embed samples/*.json
var samples embed.FS

// sample is an event of Stripe's, as the demo posts it.
func sample(name string) ([]byte, error) {
	data, err := samples.ReadFile("samples/" + name + ".json")
	if err != nil {
		return nil, fmt.Errorf("no sample %s", name)
	}
	return data, nil
}
