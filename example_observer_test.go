package licensespring_test

import (
	"context"
	"fmt"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// An observer is told of every attempt when it ends: here the answer to the
// first one is lost, and the order looked up.
func ExampleWithObserver() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.DropAfter())

	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()),
		licensespring.WithObserver(licensespring.Observer{
			EndAttempt: func(_ context.Context, a licensespring.Attempt) {
				fmt.Printf("  %s #%d: %s\n", a.Op, a.Number, a.Reason)
			},
			EndCall: func(_ context.Context, call licensespring.CallEnded) {
				fmt.Printf("%s %s: %s after %d attempts\n", call.Op, call.OrderID, call.Outcome, len(call.Attempts))
			},
		}))
	if err != nil {
		fmt.Println(err)
		return
	}

	order := licensespring.NewOrder("inv-2031-000417").AddItem("acme-cad", licensespring.NewLicense().Perpetual())
	if _, err := client.CreateOrder(context.Background(), order); err != nil {
		fmt.Println(err)
		return
	}
	// Output:
	//   create order #1: connection cut
	//   create order #2: refused
	//   look up order #1: answered
	// create order inv-2031-000417: recovered after 3 attempts
}
