package licensespring_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"log"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// tamperer is called with a request that the service has processed. It returns
// the bytes to send instead of the response, or "" to forward the response.
type tamperer func(req *http.Request, number int) string

// tampered returns a client and a fake with a tampering proxy between them, for
// use in a synctest bubble. The proxy forwards requests unchanged.
func tampered(t *testing.T, tamper tamperer, options ...licensespring.Option) (*licensespring.Client, *lst.Server) {
	t.Helper()
	behind, front := lst.NewNetwork(), lst.NewNetwork()
	s := lst.NewServer(t, lst.WithNetwork(behind))
	onward := &http.Transport{DialContext: behind.DialContext}
	number := 0 // the requests of a client are sequential
	proxy := &http.Server{
		ReadHeaderTimeout: time.Hour,
		ErrorLog:          log.New(io.Discard, "", 0),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			number++
			body, err := io.ReadAll(req.Body)
			if err != nil {
				return
			}
			again := req.Clone(req.Context())
			again.URL.Scheme, again.URL.Host = "http", strings.TrimPrefix(s.URL(), "http://")
			again.Body, again.RequestURI = io.NopCloser(bytes.NewReader(body)), ""
			resp, err := onward.RoundTrip(again)
			if err != nil {
				return
			}
			defer resp.Body.Close()
			instead := tamper(req, number)
			if instead == "" {
				w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
				w.WriteHeader(resp.StatusCode)
				_, _ = io.Copy(w, resp.Body)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, instead)
			_ = conn.Close()
		}),
	}
	listener := front.Listener()
	go func() { _ = proxy.Serve(listener) }()
	transport := &http.Transport{DialContext: front.DialContext, MaxResponseHeaderBytes: 64 << 10}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		onward.CloseIdleConnections()
		_ = proxy.Close()
	})
	return newClient(t, s.APIKey(), append([]licensespring.Option{
		licensespring.WithBaseURL("http://127.0.0.1:1"), licensespring.WithHTTPClient(&http.Client{Transport: transport}),
		licensespring.WithMaxResponseBytes(64 << 10),
	}, options...)...), s
}

// always replaces every response.
func always(bytes string) tamperer { return func(*http.Request, int) string { return bytes } }

// firstCreate replaces the response to the first create.
func firstCreate(bytes string) tamperer {
	done := false
	return func(req *http.Request, _ int) string {
		if done || req.Method != http.MethodPost {
			return ""
		}
		done = true
		return bytes
	}
}

// status200 begins a response to which headers may be added.
const status200 = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

func zipped(s string) string {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	_, _ = zip.Write([]byte(s))
	_ = zip.Close()
	return b.String()
}

// nested returns a value at the given nesting depth.
func nested(levels int, begin, inner, end string) string {
	return strings.Repeat(begin, levels) + inner + strings.Repeat(end, levels)
}

// junkBodies are bodies without useful content, for any status.
func junkBodies() map[string]string {
	return map[string]string{
		"nothing":                     "\r\n",
		"html":                        "\r\n<html>https://internal.example/" + strings.Repeat("<p>", 1<<15) + "</html>",
		"a bomb":                      "Content-Encoding: gzip\r\n\r\n" + zipped(strings.Repeat(" ", 1<<20)+"{}"),
		"packed and cut":              "Content-Encoding: gzip\r\n\r\n" + zipped(`{"id": 5, "message": "internal.example"}`)[:30],
		"arrays without end":          "\r\n" + strings.Repeat("[", 50_000),
		"arrays in arrays":            "\r\n" + nested(30_000, "[", "", "]"),
		"objects without end":         "\r\n" + strings.Repeat(`{"a":`, 12_000),
		"too deep for its size":       "\r\n" + nested(10_001, `{"a":`, "1", "}"),
		"a byte order mark":           "\r\n\xef\xbb\xbf{\"id\": 5}",
		"UTF-16":                      "\r\n{\x00\"\x00i\x00d\x00\"\x00:\x005\x00}\x00",
		"garbage after it":            "\r\n{\"id\": 5}internal.example",
		"longer than Content-Length":  "Content-Length: 3\r\n\r\n{\"id\": 5}",
		"shorter than Content-Length": "Content-Length: 300\r\n\r\n{\"id\": 5}",
		"an absurd length":            "Content-Length: 9223372036854775807\r\n\r\n{\"id\": 5}",
		"an absurd chunk":             "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{\"id\": 5}",
	}
}
