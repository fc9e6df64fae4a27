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

// meddler is what stands between the client and the service. It is told of a
// request that the service has answered and returns the bytes to answer instead,
// or nothing, to pass the answer on.
type meddler func(req *http.Request, number int) string

// meddled returns a client and a fake with a meddler between them, for use in a
// bubble. Requests reach the service whole; what comes back is the meddler's.
func meddled(t *testing.T, meddle meddler, options ...licensespring.Option) (*licensespring.Client, *lst.Server) {
	t.Helper()
	behind, front := lst.NewNetwork(), lst.NewNetwork()
	s := lst.NewServer(t, lst.WithNetwork(behind))
	onward := &http.Transport{DialContext: behind.DialContext}
	number := 0 // a client's requests come one after the other
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
			instead := meddle(req, number)
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

// always meddles with every request in the same way.
func always(bytes string) meddler { return func(*http.Request, int) string { return bytes } }

// firstCreate meddles with the first request that makes something.
func firstCreate(bytes string) meddler {
	done := false
	return func(req *http.Request, _ int) string {
		if done || req.Method != http.MethodPost {
			return ""
		}
		done = true
		return bytes
	}
}

// status200 begins an answer to which headers may be added.
const status200 = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

func zipped(s string) string {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	_, _ = zip.Write([]byte(s))
	_ = zip.Close()
	return b.String()
}

// nested is a value of so many levels around another.
func nested(levels int, begin, inner, end string) string {
	return strings.Repeat(begin, levels) + inner + strings.Repeat(end, levels)
}

// The answers that say nothing of use, at any status.
func junkBodies() map[string]string {
	return map[string]string{
		"nothing":               "\r\n",
		"html":                  "\r\n<html>https://internal.example/" + strings.Repeat("<p>", 1<<15) + "</html>",
		"a bomb":                "Content-Encoding: gzip\r\n\r\n" + zipped(strings.Repeat(" ", 1<<20)+"{}"),
		"packed and cut":        "Content-Encoding: gzip\r\n\r\n" + zipped(`{"id": 5, "message": "internal.example"}`)[:30],
		"arrays without end":    "\r\n" + strings.Repeat("[", 50_000),
		"arrays in arrays":      "\r\n" + nested(30_000, "[", "", "]"),
		"objects without end":   "\r\n" + strings.Repeat(`{"a":`, 12_000),
		"too deep for its size": "\r\n" + nested(10_001, `{"a":`, "1", "}"),
		"a byte order mark":     "\r\n\xef\xbb\xbf{\"id\": 5}",
		"UTF-16":                "\r\n{\x00\"\x00i\x00d\x00\"\x00:\x005\x00}\x00",
		"garbage after it":      "\r\n{\"id\": 5}internal.example",
		"longer than it says":   "Content-Length: 3\r\n\r\n{\"id\": 5}",
		"shorter than it says":  "Content-Length: 300\r\n\r\n{\"id\": 5}",
		"an absurd length":      "Content-Length: 9223372036854775807\r\n\r\n{\"id\": 5}",
		"an absurd chunk":       "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{\"id\": 5}",
	}
}
