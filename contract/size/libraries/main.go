// Command libraries is command bare with the dependencies of the SDK, and without
// the SDK: the minimum size of a program that uses the SDK.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"os"

	"github.com/google/go-querystring/query"
	"github.com/hashicorp/go-retryablehttp"
	"golang.org/x/time/rate"
)

type order struct {
	ID    string `json:"id"`
	Items []item `json:"items"`
}

type item struct {
	ProductCode string `json:"product_code"`
}

type filter struct {
	Limit   int    `url:"limit"`
	StoreID string `url:"store_id"`
}

func main() {
	if err := run(context.Background()); err != nil {
		var tooLarge *http.MaxBytesError
		fmt.Fprintln(os.Stderr, err, errors.As(err, &tooLarge))
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	body, err := json.Marshal(order{ID: "inv-1", Items: []item{{ProductCode: "acmecad"}}})
	if err != nil {
		return err
	}
	values, err := query.Values(filter{Limit: 1, StoreID: "inv-1"})
	if err != nil {
		return err
	}
	if err := rate.NewLimiter(1, 1).Wait(ctx); err != nil {
		return err
	}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{})
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, "https://saas.licensespring.com/api/v1/orders/create_order/?"+values.Encode(), body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Api-Key key")
	client := retryablehttp.NewClient()
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	slog.New(slog.DiscardHandler).LogAttrs(ctx, slog.LevelDebug, "done", slog.Int("status", resp.StatusCode))
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
