package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring"
)

// adminClient talks to a running serve.
type adminClient struct {
	base  string
	token licensespring.Secret
	http  *http.Client
}

// adminFlags declares what all commands that talk to a server have.
func adminFlags(name string, env environment, out io.Writer, base *string) *envFlags {
	f := newEnvFlags(name, env, out)
	f.string(base, "server", "LICENSED_SERVER", "http://127.0.0.1:8081", "`url` of the admin port of a running serve")
	return f
}

func newAdminClient(base string, env environment) (*adminClient, error) {
	token, err := readSecret(env, envAdminToken)
	if err != nil {
		return nil, err
	}
	return &adminClient{
		base: strings.TrimRight(base, "/"), token: token,
		http: &http.Client{Timeout: time.Minute},
	}, nil
}

// refusedError is an answer that says no. Findings are what is wrong with an order.
type refusedError struct {
	status   int
	message  string
	findings []licensespring.Finding
}

// isOrders reports whether it is about the order that was sent, and not about the
// server.
func (e *refusedError) isOrders() bool {
	return e.status == http.StatusUnprocessableEntity || e.status == http.StatusRequestEntityTooLarge
}

// Error returns what the server said, with all findings.
func (e *refusedError) Error() string {
	if len(e.findings) == 0 {
		return e.message
	}
	texts := make([]string, len(e.findings))
	for i, f := range e.findings {
		texts[i] = f.String()
	}
	return strings.Join(texts, "; ")
}

// do sends a request and reads the answer into a value.
func (c *adminClient) do(ctx context.Context, method, path string, body []byte, into any) error {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if !c.token.IsZero() {
		r.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	}
	res, err := c.http.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("no answer from %s: is licensed serve running?", c.base)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxOrder))
	if err != nil {
		return errors.New("the answer was cut")
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		var p problem
		if json.Unmarshal(data, &p) != nil || p.Error == "" {
			p.Error = fmt.Sprintf("status %d", res.StatusCode)
		}
		return &refusedError{status: res.StatusCode, message: p.Error, findings: p.Findings}
	}
	if err := json.Unmarshal(data, into); err != nil {
		return errors.New("the answer is not from licensed")
	}
	return nil
}
