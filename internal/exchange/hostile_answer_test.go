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

// head begins an answer whose length is told by the headers that follow.
const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

// Answers that lie about their length or hold something else than they say. On
// 2xx what was asked for was done, whatever the rest looks like; where not even
// the headers can be read nobody knows; and only what is plainly one JSON value
// is an answer.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	const (
		notRead = "the answer was cut short"
		notJSON = "the answer is not json"
		junk    = "transport error"
	)
	for _, row := range []struct {
		name   string
		bytes  string
		ending exchange.Ending
		reason string
		body   string // where the answer is Done
	}{
		// Content-Length.
		{name: "longer than the body", bytes: head + "Content-Length: 9\r\n\r\n{\"id\":1}", ending: exchange.Unreadable, reason: notRead},
		{name: "shorter than the body", bytes: head + "Content-Length: 7\r\n\r\n{\"id\":1}", ending: exchange.Unreadable, reason: notJSON},
		{name: "shorter than the body, and a value by itself", bytes: head + "Content-Length: 8\r\n\r\n{\"id\":1}{\"id\":2}", ending: exchange.Done, body: `{"id":1}`},
		{name: "nothing, before a body", bytes: head + "Content-Length: 0\r\n\r\n{\"id\":1}", ending: exchange.Unreadable, reason: notJSON},
		{name: "the largest int64", bytes: head + "Content-Length: 9223372036854775807\r\n\r\n{\"id\":1}", ending: exchange.Unreadable, reason: notRead},
		{name: "beyond int64", bytes: head + "Content-Length: 9223372036854775808\r\n\r\n{\"id\":1}", ending: exchange.Lost, reason: junk},
		{name: "negative", bytes: head + "Content-Length: -1\r\n\r\n{\"id\":1}", ending: exchange.Lost, reason: junk},
		{name: "signed", bytes: head + "Content-Length: +8\r\n\r\n{\"id\":1}", ending: exchange.Lost, reason: junk},
		{name: "words", bytes: head + "Content-Length: canary\r\n\r\n{\"id\":1}", ending: exchange.Lost, reason: junk},
		{name: "two that differ", bytes: head + "Content-Length: 8\r\nContent-Length: 3\r\n\r\n{\"id\":1}", ending: exchange.Lost, reason: junk},
		{name: "two that agree", bytes: head + "Content-Length: 8\r\nContent-Length: 8\r\n\r\n{\"id\":1}", ending: exchange.Done, body: `{"id":1}`},
		{name: "none, to the end of the connection", bytes: head + "\r\n{\"id\":1}", ending: exchange.Done, body: `{"id":1}`},
		{name: "none, and the end comes early", bytes: head + "\r\n{\"id\":", ending: exchange.Unreadable, reason: notJSON}, // nothing else tells that it was cut

		// Chunks.
		{name: "chunks and a length", bytes: head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"id\":1}\r\n0\r\n\r\n", ending: exchange.Done, body: `{"id":1}`},
		{name: "a chunk of an absurd size", bytes: head + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{\"id\":1}", ending: exchange.Unreadable, reason: notRead},
		{name: "a chunk beyond any size", bytes: head + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{\"id\":1}", ending: exchange.Unreadable, reason: notRead},
		{name: "a chunk of a negative size", bytes: head + "Transfer-Encoding: chunked\r\n\r\n-8\r\n{\"id\":1}\r\n0\r\n\r\n", ending: exchange.Unreadable, reason: notRead},
		{name: "a chunk with an endless extension", bytes: head + "Transfer-Encoding: chunked\r\n\r\n8;" + strings.Repeat("x", 100_000), ending: exchange.Unreadable, reason: notRead},
		{name: "a chunk without its end", bytes: head + "Transfer-Encoding: chunked\r\n\r\n8\r\n{\"id\":1}x", ending: exchange.Unreadable, reason: notRead},
		{name: "endless trailers", bytes: head + "Transfer-Encoding: chunked\r\n\r\n8\r\n{\"id\":1}\r\n0\r\n" + strings.Repeat("X: y\r\n", 20_000), ending: exchange.Unreadable, reason: notRead},
		{name: "an encoding nobody knows", bytes: head + "Transfer-Encoding: canary\r\n\r\n{\"id\":1}", ending: exchange.Lost, reason: junk},

		// What is in the body.
		{name: "said to be html", bytes: "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-16\r\n\r\n{\"id\":1}", ending: exchange.Done, body: `{"id":1}`}, // it is JSON all the same
		{name: "a type that is none", bytes: "HTTP/1.1 200 OK\r\nContent-Type: \xff;;=\r\n\r\n{\"id\":1}", ending: exchange.Done, body: `{"id":1}`},
		{name: "html that is said to be json", bytes: head + "\r\n<html>{\"id\":1}</html>", ending: exchange.Unreadable, reason: notJSON},
		{name: "a byte order mark", bytes: head + "\r\n\xef\xbb\xbf{\"id\":1}", ending: exchange.Unreadable, reason: notJSON},
		{name: "UTF-16", bytes: head + "\r\n\xff\xfe{\x00\"\x00i\x00d\x00\"\x00:\x001\x00}\x00", ending: exchange.Unreadable, reason: notJSON},
		{name: "garbage after it", bytes: head + "\r\n{\"id\":1}garbage", ending: exchange.Unreadable, reason: notJSON},
		{name: "a comment after it", bytes: head + "\r\n{\"id\":1} // done", ending: exchange.Unreadable, reason: notJSON},
		{name: "NULs after it", bytes: head + "\r\n{\"id\":1}\x00\x00", ending: exchange.Unreadable, reason: notJSON},
		{name: "white space after it", bytes: head + "\r\n{\"id\":1}\r\n\t ", ending: exchange.Done, body: `{"id":1}`},
		{name: "a guard against scripts before it", bytes: head + "\r\n)]}',\n{\"id\":1}", ending: exchange.Unreadable, reason: notJSON},
		{name: "a callback around it", bytes: head + "\r\ncallback({\"id\":1})", ending: exchange.Unreadable, reason: notJSON},
		{name: "a naked NUL in a text", bytes: head + "\r\n{\"id\":\"\x00\"}", ending: exchange.Unreadable, reason: notJSON},
		{name: "a number that is none", bytes: head + "\r\n{\"id\":NaN}", ending: exchange.Unreadable, reason: notJSON},
		{name: "an exponent beyond any number", bytes: head + "\r\n{\"id\":1e999999999}", ending: exchange.Done, body: `{"id":1e999999999}`}, // who reads it decides
		{name: "bytes that are not UTF-8", bytes: head + "\r\n{\"id\":\"\xff\"}", ending: exchange.Done, body: "{\"id\":\"\xff\"}"},          // likewise

		// Packed.
		{name: "packed", bytes: head + "Content-Encoding: gzip\r\n\r\n" + packed(`{"id":1}`), ending: exchange.Done, body: `{"id":1}`},
		{name: "packed and cut", bytes: head + "Content-Encoding: gzip\r\n\r\n" + packed(`{"id":1}`)[:20], ending: exchange.Unreadable, reason: notRead},
		{name: "packed with a wrong sum", bytes: head + "Content-Encoding: gzip\r\n\r\n" + spoilt(packed(`{"id":1}`)), ending: exchange.Unreadable, reason: notRead},
		{name: "packed, and garbage after it", bytes: head + "Content-Encoding: gzip\r\n\r\n" + packed(`{"id":1}`) + "garbage", ending: exchange.Unreadable, reason: notRead},
		{name: "packed twice", bytes: head + "Content-Encoding: gzip\r\n\r\n" + packed(packed(`{"id":1}`)), ending: exchange.Unreadable, reason: notJSON},
		{name: "packed in a way nobody asked for", bytes: head + "Content-Encoding: br\r\n\r\n\x0b\x03\x80{\"id\":1}\x03", ending: exchange.Unreadable, reason: notJSON},

		// Status lines.
		{name: "a status of four digits", bytes: "HTTP/1.1 2000 OK\r\n\r\n{\"id\":1}", ending: exchange.Lost, reason: junk},
		{name: "a status below nothing", bytes: "HTTP/1.1 -20 OK\r\n\r\n{\"id\":1}", ending: exchange.Lost, reason: junk},
		{name: "a status above all", bytes: "HTTP/1.1 999 \x1b[31mcanary\r\n\r\n{\"id\":1}", ending: exchange.Lost, reason: "server error"},
		{name: "a status below all", bytes: "HTTP/1.1 099 canary\r\n\r\n{\"id\":1}", ending: exchange.Lost, reason: "unexpected status"},
		{name: "a version of tomorrow", bytes: "HTTP/9.9 200 OK\r\n\r\n{\"id\":1}", ending: exchange.Done, body: `{"id":1}`}, // net/http minds the form only
		{name: "204 with a body", bytes: "HTTP/1.1 204 No Content\r\nContent-Length: 8\r\n\r\n{\"id\":1}", ending: exchange.Unreadable, reason: notJSON},
		{name: "205 with a body", bytes: "HTTP/1.1 205 Reset Content\r\n\r\n{\"id\":1}", ending: exchange.Done, body: `{"id":1}`},
		{name: "304", bytes: "HTTP/1.1 304 Not Modified\r\n\r\n", ending: exchange.Refused, reason: "redirected"},
	} {
		for _, safety := range safeties {
			t.Run(row.name+"/"+safetyName(safety), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t, raw(row.bytes))
					reply := r.do(t, safety)
					assertJournal(t, reply)
					assert.Equal(t, row.ending, reply.Ending, "%v", reply.Attempts)
					assert.Len(t, reply.Attempts, attemptsOf(row.ending, safety, r.cfg.MaxAttempts), "%v", reply.Attempts)
					assert.EqualValues(t, len(reply.Attempts), r.seen.Load(), "net/http sent none by itself")
					assert.LessOrEqual(t, len(reply.Body), int(r.cfg.MaxBody))
					if row.ending == exchange.Done {
						assert.Equal(t, row.body, strings.TrimSpace(string(reply.Body)))
						return
					}
					assert.Equal(t, row.reason, last(t, reply).Reason)
					assert.Equal(t, row.ending != exchange.Refused, reply.MayHaveActed())
				})
			})
		}
	}
}

// attemptsOf is the retry table once more, as the documentation shows it.
func attemptsOf(e exchange.Ending, s exchange.Safety, most int) int {
	again := map[exchange.Ending][]exchange.Safety{
		exchange.NotSent:    {exchange.Read, exchange.Guarded, exchange.Unguarded},
		exchange.Limited:    {exchange.Read, exchange.Guarded, exchange.Unguarded},
		exchange.Lost:       {exchange.Read, exchange.Guarded},
		exchange.Unreadable: {exchange.Read},
	}
	if slices.Contains(again[e], s) {
		return most
	}
	return 1
}

func packed(s string) string {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	_, _ = zip.Write([]byte(s))
	_ = zip.Close()
	return b.String()
}

// spoilt changes the sum that a packed text ends with.
func spoilt(s string) string {
	b := []byte(s)
	b[len(b)-8] ^= 0xff
	return string(b)
}

// A hundred thousand levels are no JSON for encoding/json; what is just below
// its limit is JSON, and walked without a stack.
func TestHostileNesting(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		body  string
		valid bool
	}{
		{"arrays without end", strings.Repeat("[", 100_000), false},
		{"arrays", strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), false},
		{"objects without end", strings.Repeat(`{"a":`, 100_000), false},
		{"objects", strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000), false},
		{"both", strings.Repeat(`[{"a":`, 50_000) + "1" + strings.Repeat("}]", 50_000), false},
		{"as deep as goes", strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), true},
		{"one more", strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001), false},
	} {
		for _, status := range []int{http.StatusOK, http.StatusBadRequest} {
			t.Run(row.name+"/"+http.StatusText(status), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t, answer(status, row.body), func(r *rig) { r.cfg.MaxBody = 1 << 20 })
					reply := r.do(t, exchange.Guarded)
					assertJournal(t, reply)
					want := exchange.Refused
					switch {
					case status == http.StatusOK && row.valid:
						want = exchange.Done
					case status == http.StatusOK:
						want = exchange.Unreadable
					}
					assert.Equal(t, want, reply.Ending)
					assert.Len(t, reply.Attempts, 1)
					require.Len(t, reply.Body, len(row.body))
				})
			})
		}
	}
}
