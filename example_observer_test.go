package licensespring_test

import (
	"context"
	"fmt"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// An observer is called after every attempt: here the response to the first
// attempt is lost, and the order is looked up.
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

	order := licensespring.NewOrder("inv-2031-000417").AddItem("acmecad", licensespring.NewLicense().Perpetual())
	if _, err := client.CreateOrder(context.Background(), order); err != nil {
		fmt.Println(err)
		return
	}
	// Output:
	//   create order #1: connection closed
	//   create order #2: rejected
	//   look up order #1: ok
	// create order inv-2031-000417: recovered after 3 attempts
}
