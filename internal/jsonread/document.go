package jsonread

import (
	"math"
	"strings"
	"unicode/utf8"
)

// maxDepth is the nesting that encoding/json allows.
const maxDepth = 10000

// Document is a valid JSON document. Parse checks it and notes where each object and
// array ends, so that reading it skips nested values without scanning them again.
type Document struct {
	data []byte
	tape []container // in the order of their beginnings
}

// container is an object or an array: the index after it in the data, and that of the
// next container after its own in the tape.
type container struct{ end, next uint32 }

// Parse returns the document in data, which must not be changed afterwards. It
// accepts what [Valid] accepts, up to 4 GiB.
func Parse(data []byte) (*Document, bool) {
	if uint64(len(data)) > math.MaxUint32 {
		return nil, false
	}
	var levels [32]level
	p := parser{data: data, tape: make([]container, 0, 8+len(data)/96), stack: levels[:0]}
	if !p.document() {
		return nil, false
	}
	return &Document{data: data, tape: p.tape}, true
}

// Bytes returns the data of the document.
func (d *Document) Bytes() []byte { return d.data }

// offset converts an index of the data or the tape. Parse limits both to 4 GiB.
func offset(i int) uint32 { return uint32(i) } //nolint:gosec // see above

// Root returns the value of the document.
func (d *Document) Root() Value {
	start := skipSpace(d.data, 0)
	return d.value(start, 0)
}

// value returns the value that begins at start. Tape is the index of the next
// container.
func (d *Document) value(start int, tape uint32) Value {
	v := Value{doc: d, start: offset(start), tape: tape}
	switch d.data[start] {
	case '{', '[':
		v.end = d.tape[tape].end
	case '"':
		v.end = offset(endOfString(d.data, start))
	default:
		v.end = offset(endOfValue(d.data, start))
	}
	return v
}

// Value is a value of a [Document]. The zero Value is absent.
type Value struct {
	doc        *Document
	start, end uint32
	tape       uint32 // index of the value, if it is a container
}

// Bytes returns the JSON of the value.
func (v Value) Bytes() []byte {
	if v.doc == nil {
		return nil
	}
	return v.doc.data[v.start:v.end:v.end]
}

// Span returns where the value begins and ends in the data of the document.
func (v Value) Span() (from, to int) { return int(v.start), int(v.end) }

// Kind returns the JSON type of the value.
func (v Value) Kind() Kind { return KindOf(v.Bytes()) }

// Len returns the number of elements of an array, and 0 for another value.
func (v Value) Len() int {
	n := 0
	for it := v.Elements(); it.Next(); {
		n++
	}
	return n
}

// Text appends the text of a string, or the literal of a number, to the arena and
// returns it.
func (v Value) Text(arena *strings.Builder) (string, bool) {
	b := v.Bytes()
	switch KindOf(b) {
	case String:
		inner := b[1 : len(b)-1]
		if !isPlainText(inner) {
			return unquoteEscaped(b)
		}
		return appendText(arena, inner), true
	case Number:
		return appendText(arena, b), true
	default:
		return "", false
	}
}

// appendText returns the text as a part of the arena.
func appendText(arena *strings.Builder, text []byte) string {
	from := arena.Len()
	arena.Write(text)
	return arena.String()[from:]
}

// isPlainText reports whether the inside of a string is its text: valid UTF-8
// without escapes.
func isPlainText(inner []byte) bool {
	ascii := true
	for _, c := range inner {
		if c == '\\' {
			return false
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	return ascii || utf8.Valid(inner)
}

// Iterator iterates over the members of an object or the elements of an array:
//
//	for it := v.Members(); it.Next(); {
//		use(it.Name, it.Value)
//	}
type Iterator struct {
	// Name is the name of the current member. It is nil for an element.
	Name []byte
	// Value is the current value.
	Value Value

	doc    *Document
	at     int
	tape   uint32
	object bool
}

// Members iterates over the members of an object in order, duplicates included. It
// yields nothing for another value.
func (v Value) Members() Iterator { return v.iterate('{') }

// Elements iterates over the elements of an array. It yields nothing for another
// value.
func (v Value) Elements() Iterator { return v.iterate('[') }

func (v Value) iterate(opening byte) Iterator {
	if v.doc == nil || v.doc.data[v.start] != opening {
		return Iterator{}
	}
	return Iterator{doc: v.doc, at: int(v.start) + 1, tape: v.tape + 1, object: opening == '{'}
}

// Next reports whether there is another member or element.
func (it *Iterator) Next() bool {
	if it.doc == nil {
		return false
	}
	data := it.doc.data
	i := skipSpace(data, it.at)
	if data[i] == ',' {
		i = skipSpace(data, i+1)
	}
	if data[i] == '}' || data[i] == ']' {
		it.doc = nil
		return false
	}
	if it.object {
		end := endOfString(data, i)
		it.Name = memberName(data[i:end])
		i = skipSpace(data, skipSpace(data, end)+1) // the colon
	}
	it.Value = it.doc.value(i, it.tape)
	if data[i] == '{' || data[i] == '[' {
		it.tape = it.doc.tape[it.tape].next
	}
	it.at = int(it.Value.end)
	return true
}

// parser checks a document and builds its tape. It does not recurse, so that nesting
// uses no stack.
type parser struct {
	data  []byte
	at    int
	tape  []container
	stack []level // the containers around the current value
}

// level is a container that has not ended: its index in the tape, and its kind.
type level struct {
	tape   uint32
	object bool
}

func (p *parser) document() bool {
	if !p.begin() {
		return false
	}
	for len(p.stack) > 0 {
		if !p.step() {
			return false
		}
	}
	p.space()
	return p.at == len(p.data)
}

// begin reads a value up to the end of its first scalar or empty container.
func (p *parser) begin() bool {
	for {
		p.space()
		if p.at >= len(p.data) {
			return false
		}
		switch c := p.data[p.at]; c {
		case '{', '[':
			if len(p.stack) == maxDepth {
				return false
			}
			p.stack = append(p.stack, level{tape: offset(len(p.tape)), object: c == '{'})
			p.tape = append(p.tape, container{})
			p.at++
			p.space()
			if p.at < len(p.data) && p.data[p.at] == c+2 { // } and ] follow { and [ by two
				p.pop()
				return true
			}
			if c == '{' && !p.name() {
				return false
			}
		case '"':
			return p.string()
		case 't':
			return p.literal("true")
		case 'f':
			return p.literal("false")
		case 'n':
			return p.literal("null")
		default:
			return p.number()
		}
	}
}

// step reads what follows a value within the innermost container.
func (p *parser) step() bool {
	p.space()
	if p.at >= len(p.data) {
		return false
	}
	object := p.stack[len(p.stack)-1].object
	switch c := p.data[p.at]; {
	case c == ',':
		p.at++
		if object {
			p.space()
			return p.name() && p.begin()
		}
		return p.begin()
	case c == '}' && object, c == ']' && !object:
		p.pop()
		return true
	default:
		return false
	}
}

// name reads the name of a member and the colon after it.
func (p *parser) name() bool {
	if p.at >= len(p.data) || p.data[p.at] != '"' || !p.string() {
		return false
	}
	p.space()
	if p.at >= len(p.data) || p.data[p.at] != ':' {
		return false
	}
	p.at++
	return true
}

// pop ends the innermost container at its closing bracket.
func (p *parser) pop() {
	p.at++
	last := len(p.stack) - 1
	p.tape[p.stack[last].tape] = container{end: offset(p.at), next: offset(len(p.tape))}
	p.stack = p.stack[:last]
}

func (p *parser) space() {
	for p.at < len(p.data) && isSpace(p.data[p.at]) {
		p.at++
	}
}

func (p *parser) literal(text string) bool {
	if len(p.data)-p.at < len(text) || string(p.data[p.at:p.at+len(text)]) != text {
		return false
	}
	p.at += len(text)
	return true
}

// string reads a string. Invalid UTF-8 is accepted, as encoding/json accepts it.
func (p *parser) string() bool {
	for i := p.at + 1; i < len(p.data); i++ {
		switch c := p.data[i]; {
		case c == '"':
			p.at = i + 1
			return true
		case c < ' ':
			return false
		case c == '\\':
			i++
			if i >= len(p.data) {
				return false
			}
			switch p.data[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				if len(p.data)-i <= 4 || !isHex(p.data[i+1:i+5]) {
					return false
				}
				i += 4
			default:
				return false
			}
		}
	}
	return false
}

func isHex(b []byte) bool {
	for _, c := range b {
		if !isDigit(c) && ('a' > c|0x20 || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// number reads a number: a sign, digits without a leading zero, a fraction and an
// exponent.
func (p *parser) number() bool {
	p.skip('-')
	switch {
	case p.skip('0'):
	case p.digits() == 0:
		return false
	}
	if p.skip('.') && p.digits() == 0 {
		return false
	}
	if p.skip('e') || p.skip('E') {
		if !p.skip('+') {
			p.skip('-')
		}
		return p.digits() > 0
	}
	return true
}

// skip reports whether the next byte is c, and passes it.
func (p *parser) skip(c byte) bool {
	if p.at < len(p.data) && p.data[p.at] == c {
		p.at++
		return true
	}
	return false
}

// digits reads digits and returns their number.
func (p *parser) digits() int {
	from := p.at
	for p.at < len(p.data) && isDigit(p.data[p.at]) {
		p.at++
	}
	return p.at - from
}
