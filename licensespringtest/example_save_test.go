package licensespringtest_test

import (
	"bytes"
	"fmt"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

func ExampleServer_Save() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, `{"id":"inv-1","items":[{"product_code":"acmecad","licenses":[{}]}]}`)
	var saved bytes.Buffer
	fmt.Println(srv.Save(&saved), saved.Len() > 0)
	// Output: <nil> true
}

func ExampleServer_Load() {
	first := licensespringtest.NewServer(nil)
	defer first.Close()
	post(first, `{"id":"inv-1","items":[{"product_code":"acmecad","licenses":[{}]}]}`)
	var saved bytes.Buffer
	if err := first.Save(&saved); err != nil {
		fmt.Println(err)
	}

	second := licensespringtest.NewServer(nil)
	defer second.Close()
	fmt.Println(second.Load(&saved), len(second.Orders()))
	// Output: <nil> 1
}

func ExampleWithObserver() {
	seen := make(chan licensespringtest.Request, 1)
	srv := licensespringtest.NewServer(nil, licensespringtest.WithObserver(func(r licensespringtest.Request) { seen <- r }))
	defer srv.Close()
	post(srv, `{"id":"inv-1","items":[{"product_code":"acmecad","licenses":[{}]}]}`)
	r := <-seen
	fmt.Println(r.Endpoint, r.Status, r.Changed)
	// Output: POST orders/create_order/ 200 true
}
