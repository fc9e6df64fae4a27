package exchange_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// jsonHead is the start of a response. Its framing follows in further headers.
const jsonHead = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

// Responses with a wrong length or unexpected content. A 2xx means that the
// request took effect, whatever follows. If the headers cannot be read the ending
// is Ambiguous. Only a single JSON value is a readable body.
func TestHostileResponses(t *testing.T) {
	t.Parallel()
	const (
		truncated = "response truncated"
		notJSON   = "response is not json"
		invalid   = "transport error"
	)
	for _, row := range []struct {
		name   string
		bytes  string
		ending exchange.Ending
		reason string
		body   string // where the ending is OK
	}{
		// Content-Length.
		{name: "longer than the body", bytes: jsonHead + "Content-Length: 9\r\n\r\n{\"id\":1}", ending: exchange.BadBody, reason: truncated},
		{name: "shorter than the body", bytes: jsonHead + "Content-Length: 7\r\n\r\n{\"id\":1}", ending: exchange.BadBody, reason: notJSON},
		{name: "shorter than the body, and a complete value", bytes: jsonHead + "Content-Length: 8\r\n\r\n{\"id\":1}{\"id\":2}", ending: exchange.OK, body: `{"id":1}`},
		{name: "zero, before a body", bytes: jsonHead + "Content-Length: 0\r\n\r\n{\"id\":1}", ending: exchange.BadBody, reason: notJSON},
		{name: "the largest int64", bytes: jsonHead + "Content-Length: 9223372036854775807\r\n\r\n{\"id\":1}", ending: exchange.BadBody, reason: truncated},
		{name: "beyond int64", bytes: jsonHead + "Content-Length: 9223372036854775808\r\n\r\n{\"id\":1}", ending: exchange.Ambiguous, reason: invalid},
		{name: "negative", bytes: jsonHead + "Content-Length: -1\r\n\r\n{\"id\":1}", ending: exchange.Ambiguous, reason: invalid},
		{name: "signed", bytes: jsonHead + "Content-Length: +8\r\n\r\n{\"id\":1}", ending: exchange.Ambiguous, reason: invalid},
		{name: "not a number", bytes: jsonHead + "Content-Length: canary\r\n\r\n{\"id\":1}", ending: exchange.Ambiguous, reason: invalid},
		{name: "two that differ", bytes: jsonHead + "Content-Length: 8\r\nContent-Length: 3\r\n\r\n{\"id\":1}", ending: exchange.Ambiguous, reason: invalid},
		{name: "two that agree", bytes: jsonHead + "Content-Length: 8\r\nContent-Length: 8\r\n\r\n{\"id\":1}", ending: exchange.OK, body: `{"id":1}`},
		{name: "none, until the connection closes", bytes: jsonHead + "\r\n{\"id\":1}", ending: exchange.OK, body: `{"id":1}`},
		{name: "none, and closed early", bytes: jsonHead + "\r\n{\"id\":", ending: exchange.BadBody, reason: notJSON}, // only the JSON shows the truncation

		// Chunks.
		{name: "chunks and a length", bytes: jsonHead + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"id\":1}\r\n0\r\n\r\n", ending: exchange.OK, body: `{"id":1}`},
		{name: "a chunk of a huge size", bytes: jsonHead + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{\"id\":1}", ending: exchange.BadBody, reason: truncated},
		{name: "a chunk size that overflows", bytes: jsonHead + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{\"id\":1}", ending: exchange.BadBody, reason: truncated},
		{name: "a chunk of a negative size", bytes: jsonHead + "Transfer-Encoding: chunked\r\n\r\n-8\r\n{\"id\":1}\r\n0\r\n\r\n", ending: exchange.BadBody, reason: truncated},
		{name: "a chunk with an endless extension", bytes: jsonHead + "Transfer-Encoding: chunked\r\n\r\n8;" + strings.Repeat("x", 100_000), ending: exchange.BadBody, reason: truncated},
		{name: "a chunk without its terminator", bytes: jsonHead + "Transfer-Encoding: chunked\r\n\r\n8\r\n{\"id\":1}x", ending: exchange.BadBody, reason: truncated},
		{name: "endless trailers", bytes: jsonHead + "Transfer-Encoding: chunked\r\n\r\n8\r\n{\"id\":1}\r\n0\r\n" + strings.Repeat("X: y\r\n", 20_000), ending: exchange.BadBody, reason: truncated},
		{name: "an unknown encoding", bytes: jsonHead + "Transfer-Encoding: canary\r\n\r\n{\"id\":1}", ending: exchange.Ambiguous, reason: invalid},

		// What is in the body.
		{name: "declared as html", bytes: "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-16\r\n\r\n{\"id\":1}", ending: exchange.OK, body: `{"id":1}`}, // the content type is ignored
		{name: "an invalid content type", bytes: "HTTP/1.1 200 OK\r\nContent-Type: \xff;;=\r\n\r\n{\"id\":1}", ending: exchange.OK, body: `{"id":1}`},
		{name: "html declared as json", bytes: jsonHead + "\r\n<html>{\"id\":1}</html>", ending: exchange.BadBody, reason: notJSON},
		{name: "a byte order mark", bytes: jsonHead + "\r\n\xef\xbb\xbf{\"id\":1}", ending: exchange.BadBody, reason: notJSON},
		{name: "UTF-16", bytes: jsonHead + "\r\n\xff\xfe{\x00\"\x00i\x00d\x00\"\x00:\x001\x00}\x00", ending: exchange.BadBody, reason: notJSON},
		{name: "garbage after it", bytes: jsonHead + "\r\n{\"id\":1}garbage", ending: exchange.BadBody, reason: notJSON},
		{name: "a comment after it", bytes: jsonHead + "\r\n{\"id\":1} // done", ending: exchange.BadBody, reason: notJSON},
		{name: "NULs after it", bytes: jsonHead + "\r\n{\"id\":1}\x00\x00", ending: exchange.BadBody, reason: notJSON},
		{name: "white space after it", bytes: jsonHead + "\r\n{\"id\":1}\r\n\t ", ending: exchange.OK, body: `{"id":1}`},
		{name: "an anti-hijacking prefix before it", bytes: jsonHead + "\r\n)]}',\n{\"id\":1}", ending: exchange.BadBody, reason: notJSON},
		{name: "a callback around it", bytes: jsonHead + "\r\ncallback({\"id\":1})", ending: exchange.BadBody, reason: notJSON},
		{name: "a raw NUL in a string", bytes: jsonHead + "\r\n{\"id\":\"\x00\"}", ending: exchange.BadBody, reason: notJSON},
		{name: "NaN", bytes: jsonHead + "\r\n{\"id\":NaN}", ending: exchange.BadBody, reason: notJSON},
		{name: "an exponent out of range", bytes: jsonHead + "\r\n{\"id\":1e999999999}", ending: exchange.OK, body: `{"id":1e999999999}`}, // the reader of the value decides
		{name: "bytes that are not UTF-8", bytes: jsonHead + "\r\n{\"id\":\"\xff\"}", ending: exchange.OK, body: "{\"id\":\"\xff\"}"},     // likewise

		// Content-Encoding.
		{name: "gzip", bytes: jsonHead + "Content-Encoding: gzip\r\n\r\n" + gzipped(`{"id":1}`), ending: exchange.OK, body: `{"id":1}`},
		{name: "gzip, truncated", bytes: jsonHead + "Content-Encoding: gzip\r\n\r\n" + gzipped(`{"id":1}`)[:20], ending: exchange.BadBody, reason: truncated},
		{name: "gzip with a wrong checksum", bytes: jsonHead + "Content-Encoding: gzip\r\n\r\n" + withWrongChecksum(gzipped(`{"id":1}`)), ending: exchange.BadBody, reason: truncated},
		{name: "gzip, and garbage after it", bytes: jsonHead + "Content-Encoding: gzip\r\n\r\n" + gzipped(`{"id":1}`) + "garbage", ending: exchange.BadBody, reason: truncated},
		{name: "gzip twice", bytes: jsonHead + "Content-Encoding: gzip\r\n\r\n" + gzipped(gzipped(`{"id":1}`)), ending: exchange.BadBody, reason: notJSON},
		{name: "an encoding that was not requested", bytes: jsonHead + "Content-Encoding: br\r\n\r\n\x0b\x03\x80{\"id\":1}\x03", ending: exchange.BadBody, reason: notJSON},

		// Status lines.
		{name: "a status of four digits", bytes: "HTTP/1.1 2000 OK\r\n\r\n{\"id\":1}", ending: exchange.Ambiguous, reason: invalid},
		{name: "a negative status", bytes: "HTTP/1.1 -20 OK\r\n\r\n{\"id\":1}", ending: exchange.Ambiguous, reason: invalid},
		{name: "a status of 999", bytes: "HTTP/1.1 999 \x1b[31mcanary\r\n\r\n{\"id\":1}", ending: exchange.Ambiguous, reason: "server error"},
		{name: "a status of 099", bytes: "HTTP/1.1 099 canary\r\n\r\n{\"id\":1}", ending: exchange.Ambiguous, reason: "unexpected status"},
		{name: "an unknown version", bytes: "HTTP/9.9 200 OK\r\n\r\n{\"id\":1}", ending: exchange.OK, body: `{"id":1}`}, // net/http checks only the form
		{name: "204 with a body", bytes: "HTTP/1.1 204 No Content\r\nContent-Length: 8\r\n\r\n{\"id\":1}", ending: exchange.BadBody, reason: notJSON},
		{name: "205 with a body", bytes: "HTTP/1.1 205 Reset Content\r\n\r\n{\"id\":1}", ending: exchange.OK, body: `{"id":1}`},
		{name: "304", bytes: "HTTP/1.1 304 Not Modified\r\n\r\n", ending: exchange.Rejected, reason: "redirected"},
	} {
		for _, safety := range safeties {
			t.Run(row.name+"/"+safetyName(safety), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					h := newHarness(t, raw(row.bytes))
					resp := h.do(t, safety)
					assertConsistent(t, resp)
					assert.Equal(t, row.ending, resp.Ending, "%v", resp.Attempts)
					assert.Len(t, resp.Attempts, wantAttempts(row.ending, safety, h.cfg.MaxAttempts), "%v", resp.Attempts)
					assert.EqualValues(t, len(resp.Attempts), h.seen.Load(), "net/http replayed none")
					assert.LessOrEqual(t, len(resp.Body), int(h.cfg.MaxBody))
					if row.ending == exchange.OK {
						assert.Equal(t, row.body, strings.TrimSpace(string(resp.Body)))
						return
					}
					assert.Equal(t, row.reason, lastAttempt(t, resp).Reason)
					assert.Equal(t, row.ending != exchange.Rejected, resp.MayHaveActed())
				})
			})
		}
	}
}

// wantAttempts returns the number of attempts by the documented retry table if
// each attempt ends in e.
func wantAttempts(e exchange.Ending, s exchange.Safety, maxAttempts int) int {
	retries := map[exchange.Ending][]exchange.Safety{
		exchange.NotSent:     {exchange.Safe, exchange.Idempotent, exchange.NonIdempotent},
		exchange.RateLimited: {exchange.Safe, exchange.Idempotent, exchange.NonIdempotent},
		exchange.Ambiguous:   {exchange.Safe, exchange.Idempotent},
		exchange.BadBody:     {exchange.Safe},
	}
	if slices.Contains(retries[e], s) {
		return maxAttempts
	}
	return 1
}

func gzipped(s string) string {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	_, _ = zip.Write([]byte(s))
	_ = zip.Close()
	return b.String()
}

// withWrongChecksum changes the checksum at the end of gzip data.
func withWrongChecksum(s string) string {
	b := []byte(s)
	b[len(b)-8] ^= 0xff
	return string(b)
}

// encoding/json rejects 100,000 levels. A body at its limit is valid and is read
// without recursion.
func TestHostileNesting(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		body  string
		valid bool
	}{
		{"unclosed arrays", strings.Repeat("[", 100_000), false},
		{"arrays", strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), false},
		{"unclosed objects", strings.Repeat(`{"a":`, 100_000), false},
		{"objects", strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000), false},
		{"both", strings.Repeat(`[{"a":`, 50_000) + "1" + strings.Repeat("}]", 50_000), false},
		{"at the limit", strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), true},
		{"above the limit", strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001), false},
	} {
		for _, status := range []int{http.StatusOK, http.StatusBadRequest} {
			t.Run(row.name+"/"+http.StatusText(status), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					h := newHarness(t, respond(status, row.body), func(h *harness) { h.cfg.MaxBody = 1 << 20 })
					resp := h.do(t, exchange.Idempotent)
					assertConsistent(t, resp)
					want := exchange.Rejected
					switch {
					case status == http.StatusOK && row.valid:
						want = exchange.OK
					case status == http.StatusOK:
						want = exchange.BadBody
					}
					assert.Equal(t, want, resp.Ending)
					assert.Len(t, resp.Attempts, 1)
					require.Len(t, resp.Body, len(row.body))
				})
			})
		}
	}
}
