package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// encodings encode a text as editors and PowerShell do.
var encodings = map[string]func(string) []byte{
	"UTF-8":                 func(text string) []byte { return []byte(text) },
	"UTF-8 with a mark":     func(text string) []byte { return []byte(utf8Mark + text) },
	"UTF-16, little endian": func(text string) []byte { return encodeUTF16(binary.LittleEndian, "\xff\xfe", text) },
	"UTF-16, big endian":    func(text string) []byte { return encodeUTF16(binary.BigEndian, "\xfe\xff", text) },
}

func encodeUTF16(order binary.AppendByteOrder, mark, text string) []byte {
	data := []byte(mark)
	for _, unit := range utf16.Encode([]rune(text)) {
		data = order.AppendUint16(data, unit)
	}
	return data
}

// readAll reads orders as texts, with the position and the error of each.
func readAll(in io.Reader) (lines []string, err error) {
	for order, err := range readOrders(in) {
		if err != nil {
			return lines, errors.New(order.position + ": " + err.Error())
		}
		text := string(bytes.Join(bytes.Fields(order.json), nil))
		if order.err != nil {
			text = order.err.Error()
		}
		lines = append(lines, order.position+": "+text)
	}
	return lines, nil
}

// Orders are read in every encoding, with every line end and layout.
func TestReadOrders(t *testing.T) {
	t.Parallel()
	lines := []string{`line 1: {"id":"ä😀"}`, `line 3: {"id":"b"}`}
	values := []string{`order 1: {"id":"ä😀"}`, `order 2: {"id":"b"}`}
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"lines":              {"{\"id\":\"ä😀\"}\n\n {\"id\": \"b\"} \n", lines},
		"no final line end":  {"{\"id\":\"ä😀\"}\n\n{\"id\":\"b\"}", lines},
		"array on one line":  {`[{"id":"ä😀"}, {"id":"b"}]`, values},
		"array":              {"\n [\n  {\n \"id\": \"ä😀\"\n},\n {\"id\":\n\"b\"}\n]\n\n", values},
		"objects":            {"{\n  \"id\": \"ä😀\"\n}\n\n{\n  \"id\": \"b\"\n}\n", values},
		"first object spans": {"{\n\"id\": \"ä😀\"}\n{\"id\":\"b\"}", values},
		"empty":              {"", nil},
		"blank":              {"\n \n\n", nil},
		"empty array":        {"[]\n", nil},
		"mark in the middle": {"{\"id\":\"ä😀\"}\n\n" + utf8Mark + "{\"id\":\"b\"}", lines},
		"unreadable line":    {"{\"id\":\"ä😀\"}\n{\"id\":\n{\"id\":\"b\"}", []string{lines[0], "line 2: " + errNotJSON.Error(), lines[1]}},
	} {
		for encoding, encode := range encodings {
			for _, end := range []string{"\n", "\r\n", "\r"} {
				text := encode(strings.ReplaceAll(tt.text, "\n", end))
				got, err := readAll(iotest.HalfReader(bytes.NewReader(text)))
				require.NoError(t, err, "%s, %s, %q", name, encoding, end)
				assert.Equal(t, tt.want, got, "%s, %s, %q", name, encoding, end)
			}
		}
	}
}

// Messages are bounded, and contain no part of the file.
func TestReadOrdersErrors(t *testing.T) {
	t.Parallel()
	const private = "ada@example.com"
	down := errors.New("the disk failed")
	for name, tt := range map[string]struct {
		in    io.Reader
		lines int
		last  string
		err   string
	}{
		"not UTF-8":             {strings.NewReader("{\"id\": \"" + private + "\xe4\"}\n{}"), 2, "", ""},
		"not JSON":              {strings.NewReader(private + "\n{}"), 2, "", ""},
		"UTF-16 without a mark": {bytes.NewReader(encodeUTF16(binary.LittleEndian, "", `{"id":"`+private+`"}`)), 0, "", "line 1: " + errUnmarked.Error()},
		"UTF-32":                {strings.NewReader("\xff\xfe\x00\x00{\x00\x00\x00"), 0, "", "line 1: " + errUnmarked.Error()},
		"truncated UTF-16":      {strings.NewReader("\xff\xfe{\x00}\x00\n\x00{"), 1, "", "line 2: " + errNotUTF16.Error()},
		"unpaired surrogate":    {strings.NewReader("\xff\xfe{\x00\x00\xd8}\x00"), 0, "", "line 1: " + errNotUTF16.Error()},
		"surrogate at the end":  {strings.NewReader("\xff\xfe\x00\xd8"), 0, "", "line 1: " + errNotUTF16.Error()},
		"array, not JSON":       {strings.NewReader(`[{"id": "a"}, {"id": ` + private + `}]`), 1, "", "order 2: " + errBrokenJSON.Error()},
		"array, truncated":      {strings.NewReader(`[{"id": "a"}, {"id": "` + private), 1, "", "order 2: " + errBrokenJSON.Error()},
		"array, not closed":     {strings.NewReader(`[{"id": "a"}`), 1, "", "order 2: " + errBrokenJSON.Error()},
		"array and more":        {strings.NewReader(`[{"id": "a"}] ` + private), 1, "", "order 2: " + errTrailingJSON.Error()},
		"array, not UTF-8":      {strings.NewReader("[{\"id\": \"\xe4\"}]"), 1, "order 1: " + errNotUTF8.Error(), ""},
		"object, truncated":     {strings.NewReader("{\n\"id\": \"" + private), 0, "", "order 1: " + errBrokenJSON.Error()},
		"object, not JSON":      {strings.NewReader("{\n\"id\": " + private + "}"), 0, "", "order 1: " + errBrokenJSON.Error()},
		"array and half a unit": {strings.NewReader("\xff\xfe[\x00\n\x00]\x00\n"), 0, "", "order 1: " + errNotUTF16.Error()},
		"reading fails":         {io.MultiReader(strings.NewReader("{}\n{"), iotest.ErrReader(down)), 1, "", "line 2: the disk failed"},
		"reading an array":      {io.MultiReader(strings.NewReader("[\n{}"), iotest.ErrReader(down)), 1, "", "order 2: the disk failed"},
		"too long":              {strings.NewReader(strings.Repeat("x", maxOrderBytes+2) + "\n{}"), 2, "", ""},
	} {
		got, err := readAll(tt.in)
		if tt.err == "" {
			require.NoError(t, err, name)
		} else {
			require.EqualError(t, err, tt.err, name)
		}
		assert.Len(t, got, tt.lines, name)
		if tt.last != "" {
			assert.Equal(t, tt.last, got[len(got)-1], name)
		}
		all := strings.Join(got, "\n")
		assert.NotContains(t, all, private, name)
		assert.Less(t, len(all), 500, name)
	}
	got, _ := readAll(strings.NewReader(strings.Repeat("x", maxOrderBytes+2) + "\r\n{}"))
	assert.Equal(t, []string{"line 1: longer than 16 MiB", "line 2: {}"}, got)
}

// FuzzReadOrders reads arbitrary files. The reader must end, yield valid JSON only, and
// read UTF-16 like UTF-8.
func FuzzReadOrders(f *testing.F) {
	for _, text := range []string{"{}\r\n{}", "[{}, {\"a\": 1}]", "{\n}\n{}", "\xff\xfe{\x00", "{\r{}\r", "[\n", utf8Mark + "{}"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for order, err := range readOrders(bytes.NewReader(data)) {
			if err == nil && order.err == nil {
				assert.True(t, json.Valid(order.json))
			}
		}
		text, err := decodeText(data)
		if err != nil || len(text) == 0 || bytes.HasPrefix(text, []byte(utf8Mark)) || bytes.IndexByte(text[:min(len(text), 4)], 0) >= 0 {
			return
		}
		want, wantErr := readAll(bytes.NewReader(text))
		got, gotErr := readAll(bytes.NewReader(encodings["UTF-16, little endian"](string(text))))
		assert.Equal(t, want, got)
		assert.Equal(t, wantErr, gotErr)
	})
}

// The command accepts the files of PowerShell, and the admin API the same encodings.
func TestEnqueueEncodings(t *testing.T) {
	t.Parallel()
	r := startServe(t, env())
	order := func(id string) string {
		return `{"id": "` + id + `", "customer": {"first_name": "Zoë"}, "items": [{"product_code": "acmecad", "licenses": [{}]}]}`
	}
	n := 0
	for encoding, encode := range encodings {
		text := "[" + order("a"+strconv.Itoa(n)) + ",\r\n" + order("b"+strconv.Itoa(n)) + "]\r\n"
		name := filepath.Join(t.TempDir(), "orders.json")
		require.NoError(t, os.WriteFile(name, encode(text), 0o600))
		code, out, stderr := r.command("enqueue", name)
		assert.Equal(t, exitOK, code, "%s: %s", encoding, stderr)
		assert.Equal(t, "2 queued, 0 rejected\n", out)

		status, body := postBody(t, r.admin+"/api/orders", encode(order("c"+strconv.Itoa(n))))
		assert.Equal(t, http.StatusAccepted, status, body)
		n++
	}
	r.waitUntilEmpty(3*n, 0)

	status, body := postBody(t, r.admin+"/api/orders", []byte("{\"id\": \"\xe4\"}"))
	assert.Equal(t, http.StatusUnprocessableEntity, status)
	assert.Contains(t, body, errNotUTF8.Error())
}

func postBody(t *testing.T, url string, data []byte) (int, string) {
	t.Helper()
	status, body, _ := do(t, http.MethodPost, url, func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
	})
	return status, body
}

// The findings of an order with many licenses do not fill the terminal.
func TestMessagesAreBounded(t *testing.T) {
	t.Parallel()
	r := startServe(t, env())
	licenses := strings.TrimSuffix(strings.Repeat(`{"max_activations": -1},`, 500), ",")
	code, _, stderr := r.command("enqueue", file(t, `{"id": "inv-1", "items": [{"product_code": "acmecad", "licenses": [`+licenses+`]}]}`))
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, stderr, "; and 490 more\n")
	assert.Less(t, len(stderr), 4000)
}
