package licensespring_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// Messages of the service about single fields have the paths that validation
// uses.
func ExampleError() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	key := licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN")
	for _, id := range []string{"inv-1", "inv-2"} {
		_, err = client.CreateOrder(context.Background(), licensespring.NewOrder(id).AddItem("acmecad", key))
	}
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		fmt.Println(e.Outcome, e.Kind, e.StatusCode)
		for _, field := range e.Fields {
			fmt.Println(field.Path, field.Messages)
		}
	}
	// Output:
	// rejected licensespring: invalid request 400
	// items[0].licenses[0].key [License key already exists.]
}

// errors.Is matches the kind of the error and the error of the context.
func ExampleError_Is() {
	client, err := licensespring.New("key")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()

	_, err = client.CreateOrder(ctx, licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense()))
	fmt.Println(errors.Is(err, licensespring.ErrNotSent))
	fmt.Println(errors.Is(err, licensespring.ErrOutcomeUnknown))
	fmt.Println(errors.Is(err, context.Canceled))
	// Output:
	// true
	// false
	// true
}

// Unwrap returns the causes: the error of the context, or one of package net.
func ExampleError_Unwrap() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()), licensespring.WithMaxAttempts(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := srv.Offline(); err != nil {
		fmt.Println(err)
		return
	}

	_, err = client.CreateOrder(context.Background(),
		licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense()))
	fmt.Println(errors.Is(err, licensespring.ErrNotSent))
	if network, ok := errors.AsType[*net.OpError](err); ok {
		fmt.Println(network.Op)
	}
	// Output:
	// true
	// dial
}

// The kind decides what to do next. The order of the cases does not matter.
func ExampleErrorKind() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New("not.the-key-of-the-fake", licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}

	_, err = client.CreateOrder(context.Background(),
		licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense()))
	switch {
	case err == nil:
		fmt.Println("created")
	case errors.Is(err, licensespring.ErrOutcomeUnknown):
		fmt.Println("call EnsureOrder later")
	case errors.Is(err, licensespring.ErrRateLimited), errors.Is(err, licensespring.ErrUnavailable):
		fmt.Println("nothing was created, retry later")
	case errors.Is(err, licensespring.ErrUnauthorized):
		fmt.Println("nothing was created, check the key")
	default:
		fmt.Println("nothing was created:", err)
	}
	// Output: nothing was created, check the key
}

// An invalid order is not sent, and the error lists all findings.
func ExampleValidationError() {
	client, err := licensespring.New("key")
	if err != nil {
		fmt.Println(err)
		return
	}
	order := licensespring.NewOrder("").AddItem("acmecad",
		licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN").WithUsers("grace@example").WithMaxActivations(-1))
	_, err = client.CreateOrder(context.Background(), order)
	if invalid, ok := errors.AsType[*licensespring.ValidationError](err); ok {
		for _, finding := range invalid.Findings {
			fmt.Println(finding)
		}
	}
	// Output:
	// id: is required [required]
	// items[0].licenses[0].users: a license has either a key or users [key_and_users]
	// items[0].licenses[0].max_activations: must not be negative [negative]
}

// The kind distinguishes an invalid order from an invalid option.
func ExampleValidationError_Is() {
	_, err := licensespring.New("")
	fmt.Println(errors.Is(err, licensespring.ErrInvalidConfig), errors.Is(err, licensespring.ErrInvalidRequest))

	err = licensespring.NewOrder("").Validate()
	fmt.Println(errors.Is(err, licensespring.ErrInvalidConfig), errors.Is(err, licensespring.ErrInvalidRequest))
	// Output:
	// true false
	// false true
}

// A finding contains no data of the order except the path, so it can be logged
// and counted by its rule.
func ExampleFinding() {
	order := licensespring.NewOrder("inv-1").
		AddItem("acmeweb", licensespring.NewUserLicense("grace@"))
	for _, finding := range order.Check() {
		fmt.Println(finding)
		b, err := json.Marshal(finding)
		fmt.Println(string(b), err)
	}
	// Output:
	// items[0].licenses[0].users[0].email: is not an e-mail address [malformed_email]
	// {"path":"items[0].licenses[0].users[0].email","rule":"malformed_email","severity":"error","message":"is not an e-mail address"} <nil>
}

// An order with errors is not sent; warnings do not prevent that.
func ExampleSeverity() {
	order := licensespring.NewOrder("inv-1").WithOrderType("express").
		AddItem("acmecad", licensespring.NewLicense().WithMaxActivations(-1))
	for _, finding := range order.Check() {
		switch finding.Severity {
		case licensespring.SeverityError:
			fmt.Println("error", finding.Path)
		case licensespring.SeverityWarning:
			fmt.Println("warning", finding.Path)
		}
	}
	// Output:
	// error items[0].licenses[0].max_activations
	// warning order_type
}

func ExampleDifference() {
	difference := licensespring.Difference{Path: "items[0].licenses[2].max_activations", Want: "3", Got: "5"}
	fmt.Println(difference)
	// Output: items[0].licenses[2].max_activations: want 3, got 5 [value_mismatch]
}

// Dropped features are reported as warnings and do not cause a conflict.
func ExampleDifference_Tolerated() {
	for _, rule := range []licensespring.Rule{licensespring.RuleFeatureDropped, licensespring.RuleValueMismatch} {
		difference := licensespring.Difference{Path: "items[0].licenses[0].product_features[0].code", Rule: rule}
		fmt.Println(rule, difference.Tolerated())
	}
	// Output:
	// feature_dropped true
	// value_mismatch false
}

// Returns the outcome of a failed call.
func ExampleOutcomeOf() {
	client, err := licensespring.New("key")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.CreateOrder(context.Background(), licensespring.NewOrder(""))
	fmt.Println(licensespring.OutcomeOf(err))
	fmt.Println(licensespring.OutcomeOf(fmt.Errorf("invoice 417: %w", err)))
	fmt.Println(licensespring.OutcomeOf(nil) == "")
	// Output:
	// not sent
	// not sent
	// true
}
