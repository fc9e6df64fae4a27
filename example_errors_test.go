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

// What the service says of single fields has the paths that validation uses.
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
		_, err = client.CreateOrder(context.Background(), licensespring.NewOrder(id).AddItem("acme-cad", key))
	}
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		fmt.Println(e.Outcome, e.Kind, e.StatusCode)
		for _, field := range e.Fields {
			fmt.Println(field.Path, field.Messages)
		}
	}
	// Output:
	// refused licensespring: invalid request 400
	// items[0].licenses[0].key [License key already exists.]
}

// The kind says what went wrong, errors.As finds the detail.
func ExampleError_Is() {
	client, err := licensespring.New("key")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()

	_, err = client.CreateOrder(ctx, licensespring.NewOrder("inv-1").AddItem("acme-cad", licensespring.NewLicense()))
	fmt.Println(errors.Is(err, licensespring.ErrNotSent))
	fmt.Println(errors.Is(err, licensespring.ErrOutcomeUnknown))
	fmt.Println(errors.Is(err, context.Canceled))
	// Output:
	// true
	// false
	// true
}

// What caused an error can be found in it: the context's error, or one of the
// network.
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
		licensespring.NewOrder("inv-1").AddItem("acme-cad", licensespring.NewLicense()))
	fmt.Println(errors.Is(err, licensespring.ErrNotSent))
	if network, ok := errors.AsType[*net.OpError](err); ok {
		fmt.Println(network.Op)
	}
	// Output:
	// true
	// dial
}

// What to do next depends on the kind. An outcome that is not known comes first:
// it may have another reason besides.
func ExampleErrorKind() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New("not.the-key-of-the-fake", licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}

	_, err = client.CreateOrder(context.Background(),
		licensespring.NewOrder("inv-1").AddItem("acme-cad", licensespring.NewLicense()))
	switch {
	case err == nil:
		fmt.Println("made")
	case errors.Is(err, licensespring.ErrOutcomeUnknown):
		fmt.Println("ask EnsureOrder later")
	case errors.Is(err, licensespring.ErrRateLimited), errors.Is(err, licensespring.ErrUnavailable):
		fmt.Println("nothing was made, try again later")
	case errors.Is(err, licensespring.ErrUnauthorized):
		fmt.Println("nothing was made, look at the key")
	default:
		fmt.Println("nothing was made:", err)
	}
	// Output: nothing was made, look at the key
}

// An order that is wrong is not sent, and everything that is wrong is said.
func ExampleValidationError() {
	client, err := licensespring.New("key")
	if err != nil {
		fmt.Println(err)
		return
	}
	order := licensespring.NewOrder("").AddItem("acme-cad",
		licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN").WithUsers("grace@example").WithMaxActivations(-1))
	_, err = client.CreateOrder(context.Background(), order)
	if wrong, ok := errors.AsType[*licensespring.ValidationError](err); ok {
		for _, finding := range wrong.Findings {
			fmt.Println(finding)
		}
	}
	// Output:
	// id: is required [required]
	// items[0].licenses[0].users: a license has a key or users, not both [key_and_users]
	// items[0].licenses[0].max_activations: must not be negative [negative]
}

// A wrong order and a wrong option are told apart by their kinds.
func ExampleValidationError_Is() {
	_, err := licensespring.New("")
	fmt.Println(errors.Is(err, licensespring.ErrInvalidConfig), errors.Is(err, licensespring.ErrInvalidRequest))

	err = licensespring.NewOrder("").Validate()
	fmt.Println(errors.Is(err, licensespring.ErrInvalidConfig), errors.Is(err, licensespring.ErrInvalidRequest))
	// Output:
	// true false
	// false true
}

// A finding holds nothing of the order but the path, so that it can be logged
// and counted by its rule.
func ExampleFinding() {
	order := licensespring.NewOrder("inv-1").
		AddItem("acme-web", licensespring.NewUserLicense("grace@"))
	for _, finding := range order.Check() {
		fmt.Println(finding)
		b, err := json.Marshal(finding)
		fmt.Println(string(b), err)
	}
	// Output:
	// items[0].licenses[0].users[0].email: is not an e-mail address [malformed_email]
	// {"path":"items[0].licenses[0].users[0].email","rule":"malformed_email","severity":"fault","message":"is not an e-mail address"} <nil>
}

// Faults stop an order, warnings do not.
func ExampleSeverity() {
	order := licensespring.NewOrder("inv-1").WithOrderType("express").
		AddItem("acme-cad", licensespring.NewLicense().WithMaxActivations(-1))
	for _, finding := range order.Check() {
		switch finding.Severity {
		case licensespring.Fault:
			fmt.Println("mend", finding.Path)
		case licensespring.Warning:
			fmt.Println("look at", finding.Path)
		}
	}
	// Output:
	// mend items[0].licenses[0].max_activations
	// look at order_type
}

func ExampleDifference() {
	difference := licensespring.Difference{Path: "items[0].licenses[2].max_activations", Asked: "3", Found: "5"}
	fmt.Println(difference)
	// Output: items[0].licenses[2].max_activations: asked for 3, found 5
}
