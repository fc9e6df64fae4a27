// Command bare creates an order with net/http and encoding/json only. It is the
// baseline of the size measurements.
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
	body, err := json.Marshal(order{ID: "inv-1", Items: []item{{ProductCode: "acmecad"}}})
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
	responseBody, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	var created struct {
		ID int64 `json:"id"`
	}
	err = json.Unmarshal(responseBody, &created)
	fmt.Println(created.ID)
	return err
}
