package main

import (
	"bufio"
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

// adminClient calls the admin API of a running serve.
type adminClient struct {
	baseURL string
	token   licensespring.Secret
	http    *http.Client
}

// adminFlags declares the flags of all commands that use the admin API.
func adminFlags(name string, env environment, out io.Writer, baseURL *string) *envFlags {
	f := newEnvFlags(name, env, out)
	f.string(baseURL, "server", "LICENSED_SERVER", "http://127.0.0.1:8081", "`url` of the admin port of a running serve")
	return f
}

func newAdminClient(baseURL string, env environment) (*adminClient, error) {
	token, err := readSecret(env, envAdminToken)
	if err != nil {
		return nil, err
	}
	return &adminClient{
		baseURL: strings.TrimRight(baseURL, "/"), token: token,
		http: &http.Client{Timeout: time.Minute},
	}, nil
}

// adminError is an error response of the admin API.
type adminError struct {
	status   int
	message  string
	findings []licensespring.Finding
}

// isOrderError reports whether the order in the request caused the error.
func (e *adminError) isOrderError() bool {
	return e.status == http.StatusUnprocessableEntity || e.status == http.StatusRequestEntityTooLarge
}

// Error returns the findings, or the message if there are none.
func (e *adminError) Error() string {
	if len(e.findings) == 0 {
		return truncate(e.message)
	}
	return findingsText(e.findings)
}

// maxFindings is the maximum number of findings in a message. An order with many
// licenses may have one for each.
const maxFindings = 10

func findingsText(findings []licensespring.Finding) string {
	var texts []string
	for _, f := range findings[:min(len(findings), maxFindings)] {
		texts = append(texts, truncate(f.String()))
	}
	if more := len(findings) - maxFindings; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(texts, "; ")
}

// do sends a request and decodes the response into a value.
func (c *adminClient) do(ctx context.Context, method, path string, body []byte, into any) error {
	res, err := c.send(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxOrderBytes))
	if err != nil {
		return errors.New("the response was truncated")
	}
	if err := json.Unmarshal(data, into); err != nil {
		return errors.New("the response is not from licensed serve")
	}
	return nil
}

// lines sends a request and calls each for each line of the response. A line that
// holds an error ends it.
func (c *adminClient) lines(ctx context.Context, method, path string, body []byte, each func(line []byte) error) error {
	streaming := *c
	streaming.http = &http.Client{} // an export may take longer than the timeout of c
	res, err := streaming.send(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	scanner := bufio.NewScanner(res.Body)
	scanner.Buffer(nil, maxOrderBytes)
	for scanner.Scan() {
		var e errorResponse
		if json.Unmarshal(scanner.Bytes(), &e) == nil && e.Error != "" {
			return errors.New(truncate(e.Error))
		}
		if err := each(scanner.Bytes()); err != nil {
			return err
		}
	}
	if scanner.Err() != nil {
		return errors.New("the response was truncated")
	}
	return nil
}

// send sends a request and returns its response, or the error that it reports.
func (c *adminClient) send(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.baseURL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if !c.token.IsZero() {
		r.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	}
	res, err := c.http.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("no response from %s: is licensed serve running?", c.baseURL)
	}
	if res.StatusCode < http.StatusMultipleChoices {
		return res, nil
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxOrderBytes))
	if err != nil {
		return nil, errors.New("the response was truncated")
	}
	var e errorResponse
	if json.Unmarshal(data, &e) != nil || e.Error == "" {
		e.Error = fmt.Sprintf("status %d", res.StatusCode)
	}
	return nil, &adminError{status: res.StatusCode, message: e.Error, findings: e.Findings}
}
