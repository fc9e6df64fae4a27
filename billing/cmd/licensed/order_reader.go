package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"unicode/utf8"
)

// orderText is the text of one order in a file.
type orderText struct {
	// position identifies the order in messages, as in "line 3".
	position string
	json     []byte
	// err is set if the text cannot be an order. The next order is not affected.
	err error
}

var (
	errNotJSON      = errors.New("not valid JSON: write each order as a JSON object on one line, or all orders in a JSON array")
	errTooLong      = fmt.Errorf("longer than %d MiB", maxOrderBytes>>20)
	errBrokenJSON   = errors.New("the JSON is invalid or incomplete")
	errTrailingJSON = errors.New("unexpected text after the JSON array")
)

// readOrders yields the orders of a file: one JSON object per line, a JSON array, or
// objects that span lines. Lines end with LF, CRLF or CR. The sequence ends after an
// error. No error quotes the file.
func readOrders(in io.Reader) iter.Seq2[orderText, error] {
	return func(yield func(orderText, error) bool) {
		lines := lineReader{in: bufio.NewReader(newTextReader(in))}
		first := true
		for lines.next() {
			line := bytes.TrimSpace(bytes.TrimPrefix(lines.text, []byte(utf8Mark))) // of a concatenated file
			if len(line) == 0 {
				continue
			}
			if first && lines.lineErr == nil && spansLines(line) {
				readValues(io.MultiReader(bytes.NewReader(line), bytes.NewReader([]byte("\n")), lines.in), line[0] == '[', yield)
				return
			}
			first = false
			order := orderText{position: "line " + strconv.Itoa(lines.number), json: line, err: lines.lineErr}
			if order.err == nil {
				order.err = checkOrder(line)
			}
			if !yield(order, nil) {
				return
			}
		}
		if lines.err != nil {
			yield(orderText{position: "line " + strconv.Itoa(lines.number+1)}, lines.err)
		}
	}
}

// spansLines reports whether the first line begins an array, or an object that is
// continued on the next line.
func spansLines(line []byte) bool {
	if line[0] == '[' {
		return true
	}
	var value json.RawMessage
	err := json.NewDecoder(bytes.NewReader(line)).Decode(&value)
	return line[0] == '{' && errors.Is(err, io.ErrUnexpectedEOF)
}

func checkOrder(text []byte) error {
	switch {
	case len(text) > maxOrderBytes:
		return errTooLong
	case !utf8.Valid(text):
		return errNotUTF8
	case !json.Valid(text):
		return errNotJSON
	default:
		return nil
	}
}

// readValues yields the elements of an array, or successive values.
func readValues(in io.Reader, isArray bool, yield func(orderText, error) bool) {
	values := json.NewDecoder(in)
	if isArray {
		_, _ = values.Token()
	}
	for number := 1; ; number++ {
		order := orderText{position: "order " + strconv.Itoa(number)}
		if isArray && !values.More() {
			if _, err := values.Token(); err != nil {
				yield(order, readError(err))
				return
			}
			if err := checkEnd(values); err != nil {
				yield(order, err)
			}
			return
		}
		var value json.RawMessage
		err := values.Decode(&value)
		if errors.Is(err, io.EOF) && !isArray {
			return
		}
		if err != nil {
			yield(order, readError(err))
			return
		}
		order.json, order.err = value, checkOrder(value)
		if !yield(order, nil) {
			return
		}
	}
}

// checkEnd reports text after an array.
func checkEnd(values *json.Decoder) error {
	_, err := values.Token()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err = readError(err); err == nil || errors.Is(err, errBrokenJSON) {
		return errTrailingJSON
	}
	return err
}

// readError replaces the errors of the decoder, which may quote the file.
func readError(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errBrokenJSON
	}
	return err
}

// lineReader reads lines that end with LF, CRLF or CR.
type lineReader struct {
	in      *bufio.Reader
	number  int
	text    []byte
	lineErr error // the line is too long
	err     error // reading failed
}

func (r *lineReader) next() bool {
	r.text, r.lineErr = nil, nil
	for read := false; ; read = true {
		c, err := r.in.ReadByte()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				r.err = err
				return false
			}
			if read {
				r.number++
			}
			return read
		}
		if c == '\n' || c == '\r' {
			r.number++
			if c == '\r' {
				r.skipLineFeed()
			}
			return true
		}
		if len(r.text) <= maxOrderBytes {
			r.text = append(r.text, c)
		} else {
			r.lineErr = errTooLong
		}
	}
}

func (r *lineReader) skipLineFeed() {
	if next, err := r.in.Peek(1); err == nil && next[0] == '\n' {
		_, _ = r.in.ReadByte()
	}
}
