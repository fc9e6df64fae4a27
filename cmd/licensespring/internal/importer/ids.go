package importer

import (
	"encoding/json"
	"fmt"
	"hash/maphash"
	"strings"
	"sync"

	"github.com/licensespring-go/licensespring"
)

// orderIDs finds ids that come back in the input, where they would mean something
// else than the user wrote: rows of one CSV order that do not follow each other
// would be two orders, and the service would reject the second. An id may come back
// in an append, and in JSON Lines in an order with the same content.
//
// It stores hashes instead of ids. Two ids with the same hash of 64 bits would be an
// error although the input is correct, which is improbable for any input that fits
// the service.
type orderIDs struct {
	seed  maphash.Seed
	first map[uint64]firstUse // by the hash of the id; nil after the input was read
	clash map[uint64]clash
	from  int // first line to import
	// skipped contains the lines of the orders before it to which an append follows.
	skipped map[uint64]int
}

// firstUse is the first entry with an id.
type firstUse struct {
	line    int
	content uint64
}

// The values of firstUse.content for entries without an order to compare with.
const (
	contentInvalid uint64 = iota
	contentAppend
)

// clash is an id that came back.
type clash struct {
	first, second int // lines
	// appendOnly reports that only appends follow the first order, which is invalid.
	appendOnly bool
}

func newOrderIDs(from int) *orderIDs {
	return &orderIDs{
		seed: maphash.MakeSeed(), first: make(map[uint64]firstUse), clash: make(map[uint64]clash),
		from: from, skipped: make(map[uint64]int),
	}
}

// add records the id of an entry.
func (o *orderIDs) add(e *entry) {
	if e.id == "" {
		return
	}
	hash := o.hash(e.id)
	content := o.content(e)
	first, ok := o.first[hash]
	switch {
	case !ok:
		o.first[hash] = firstUse{line: e.line, content: content}
	case e.append && first.content != contentInvalid:
		if first.line < o.from {
			o.skipped[hash] = first.line
		}
	case !e.fromRows && !e.append && content == first.content && content > contentAppend && !losesDigits(e.id):
	default:
		if known, ok := o.clash[hash]; !ok || known.appendOnly {
			o.clash[hash] = clash{first: first.line, second: e.line, appendOnly: e.append}
		}
	}
}

// hash returns the hash of an id. White space around an id is an error, and the id may
// be the same without it.
func (o *orderIDs) hash(id string) uint64 { return maphash.String(o.seed, strings.TrimSpace(id)) }

// content returns a hash of the order.
func (o *orderIDs) content(e *entry) uint64 {
	switch {
	case e.append:
		return contentAppend
	case e.order == nil:
		return contentInvalid
	}
	document, err := json.Marshal(e.order)
	if err != nil { // the order is invalid, and EnsureOrder reports it
		return contentInvalid
	}
	return max(maphash.Bytes(o.seed, document), contentAppend+1)
}

// done releases the memory that only add needs.
func (o *orderIDs) done() { o.first = nil }

// check makes an entry invalid if its id has come back, or comes back later in an
// input that has been read before.
func (o *orderIDs) check(e *entry) {
	if e.id == "" {
		return
	}
	hash := o.hash(e.id)
	if e.append {
		e.skippedLine = o.skipped[hash]
	}
	c, ok := o.clash[hash]
	if !ok {
		return
	}
	other := c.first
	if e.line == c.first {
		other = c.second
	}
	var message string
	switch {
	case e.append && e.line != c.first:
		message = fmt.Sprintf("adds licenses to the order of line %d, which is not created", c.first)
	case c.appendOnly:
		return
	case e.fromRows:
		message = fmt.Sprintf("line %d has the same id, and the rows of an order must follow each other: sort the rows by id", other)
	default:
		message = fmt.Sprintf("line %d has the same id and is another order, or cannot be compared", other)
	}
	e.order = nil
	e.errors = append(e.errors, newError("id", ruleRepeatedID, message))
}

// failedOrders are the orders of a run that were not created. An append to one of
// them is not sent: the service would create an order with the licenses of the append
// only.
type failedOrders struct {
	mu   sync.Mutex
	seed maphash.Seed
	// repeat reports, by the hash of the id, whether a repeated import may create
	// the order.
	repeat map[uint64]bool
}

func newFailedOrders() *failedOrders {
	return &failedOrders{seed: maphash.MakeSeed(), repeat: make(map[uint64]bool)}
}

// add records whether an order failed.
func (f *failedOrders) add(e *entry, r *result) {
	if e.append {
		return
	}
	hash, class := maphash.String(f.seed, e.id), r.class()
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.Error == nil {
		delete(f.repeat, hash)
		return
	}
	f.repeat[hash] = class == classNotSent || class == classFailed || class == classUnknown
}

// result returns the result of an append that must not be sent, or nil.
func (f *failedOrders) result(e *entry) *result {
	if !e.append {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	repeat, ok := f.repeat[maphash.String(f.seed, e.id)]
	if !ok {
		return nil
	}
	e.errors = []finding{newError("id", ruleRepeatedID, "adds licenses to an order that was not created")}
	r := invalidResult(e)
	if repeat {
		r.Error.Kind, r.Error.Message = licensespring.ErrNotSent, "the order has not been created yet"
	}
	return r
}
