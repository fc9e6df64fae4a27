// Command bare creates an order with net/http and encoding/json alone. It is what
// the size of the others is measured against.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
)

type order struct {
	ID    string `json:"id"`
	Items []item `json:"items"`
}

type item struct {
	ProductCode string `json:"product_code"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	body, err := json.Marshal(order{ID: "inv-1", Items: []item{{ProductCode: "acme-cad"}}})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "https://saas.licensespring.com/api/v1/orders/create_order/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Api-Key key")
	var client http.Client
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	var made struct {
		ID int64 `json:"id"`
	}
	err = json.Unmarshal(answer, &made)
	fmt.Println(made.ID)
	return err
}
