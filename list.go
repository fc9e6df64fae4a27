package licensespring

import (
	"context"
	"hash/maphash"
	"net/url"
	"reflect"
	"strconv"

	"github.com/licensespring-go/licensespring/internal/exchange"
	"github.com/licensespring-go/licensespring/internal/jsonread"
)

const (
	maxPageSize    = 100    // the service returns at most 100 records, whatever the limit
	maxPageRecords = 10_000 // of a service that ignores the limit

	// maxEmptyPages is the maximum number of pages in a row without a new record
	// that matches. A service that ignores the offset returns the same page for
	// ever.
	maxEmptyPages = 50
	// maxRepeatedPages is the maximum number of pages that equal an earlier page. A
	// service that ignores the offset may alternate between two pages.
	maxRepeatedPages = 10
	// maxListSize is the maximum number of records of a list that shows no count. One
	// that shows it can have ten times as many and 10,000, since a count may be an
	// estimate.
	maxListSize  = 10_000_000
	maxUncounted = 10_000
)

// pageSize checks the PageSize of a filter; 0 means the maximum.
func (c *checker) pageSize(size int) {
	if size < 0 || size > maxPageSize {
		c.reject("page_size", RuleOutOfRange, "must be from 1 to "+strconv.Itoa(maxPageSize))
	}
}

// listing is one loop over a list of the service.
type listing[R any, P record[R]] struct {
	name     Op
	query    url.Values // the filters and the order
	pageSize int        // from 1 to maxPageSize
	private  []byte     // JSON with the values to scrub from messages, or nil
	invalid  error      // why nothing can be requested, or nil
	// matches reports whether a record is yielded; the others are skipped. It is nil
	// for a strict list, in which a record that does not match filters is an error,
	// and so is an element that is not a record.
	matches func(*R) bool
	filters filters[R, P]

	offset      int
	seed        maphash.Seed
	previous    map[recordKey]bool // records of the previous page: a new record shifts the pages
	emptyPages  int                // in a row
	repetitions repetitions
}

// run yields the records of all pages. It reports whether it reached the end of the
// list: it does not after an error, or if the loop was left.
func (l *listing[R, P]) run(ctx context.Context, c *Client, yield func(*R, error) bool) bool {
	l.seed = maphash.MakeSeed()
	for {
		records, last, err := l.next(ctx, c)
		if err != nil {
			yield(nil, err)
			return false
		}
		for _, rec := range records {
			if !yield(rec, nil) {
				return false
			}
		}
		if last {
			return true
		}
	}
}

// next requests the next page, and returns its new records that match.
func (l *listing[R, P]) next(ctx context.Context, c *Client) (records []*R, last bool, err error) {
	op := c.begin(ctx, l.name, "")
	defer op.finish()

	if l.invalid != nil {
		return nil, false, op.invalid(l.invalid)
	}
	op.body = l.private
	p, err := listPage[R, P](op, l.name, l.query, l.offset, l.pageSize, 0)
	if err == nil {
		err = l.checkEnd(op, p)
	}
	if err == nil && l.matches == nil {
		err = l.filters.check(op, l.query, p)
	}
	if err == nil {
		records, err = l.advance(op, p)
	}
	if err != nil {
		return nil, false, op.fail(asError(err))
	}
	op.succeed("", 0)
	return records, p.last || p.size == 0, nil
}

// checkEnd compares the end of a list with its count. A page without a next member
// that is shorter than requested is the last one only if the count agrees. A list that
// must be complete and names a higher count is an error: what is missing would not be
// noticed.
func (l *listing[R, P]) checkEnd(op *operation, p *page[R]) error {
	// The service counts before it reads the page, and records may be removed between.
	const removed = 10
	missing := p.count - int64(l.offset) - int64(p.size)
	if !p.last || missing <= 0 {
		return nil
	}
	switch {
	case !p.hasNext && p.size > 0:
		p.last = false
		return nil
	case l.matches != nil, missing <= removed:
		return nil
	default:
		return op.badResponse(p.resp, "the list ends before the number of "+P(nil).resource().noun+"s that it names")
	}
}

// recordKey identifies a record: by its ID or, without one, by a hash of its JSON.
type recordKey struct {
	id   int64
	hash uint64
}

// advance returns the records of a page that match and are not on the previous
// page. It fails if the list does not seem to end.
func (l *listing[R, P]) advance(op *operation, p *page[R]) ([]*R, error) {
	records := make([]*R, 0, len(p.records))
	var (
		keys map[recordKey]bool
		sum  uint64
	)
	if !p.last {
		keys = make(map[recordKey]bool, len(p.records))
	}
	for i := range p.records {
		rec := &p.records[i]
		key := l.key(rec)
		sum = sum*31 + uint64(key.id) + key.hash //nolint:gosec // a sum of bits
		if !p.last {
			keys[key] = true
		}
		if !l.previous[key] && (l.matches == nil || l.matches(rec)) {
			records = append(records, rec)
		}
	}
	if l.previous = keys; p.last || p.size == 0 {
		return records, nil
	}
	l.offset += p.size // the service may return less than the limit
	if l.emptyPages++; len(records) > 0 {
		l.emptyPages = 0
	}
	noun := P(nil).resource().noun
	switch {
	case l.emptyPages == maxEmptyPages:
		return nil, op.badResponse(p.resp, "many pages in a row hold no new "+noun+" that matches")
	case l.repetitions.add(sum) == maxRepeatedPages:
		return nil, op.badResponse(p.resp, "the service returns the same pages again")
	case l.offset > p.maxSize():
		return nil, op.badResponse(p.resp, "the list does not end")
	}
	return records, nil
}

func (l *listing[R, P]) key(rec *R) recordKey {
	id, raw := P(rec).header()
	if id != 0 {
		return recordKey{id: id}
	}
	return recordKey{hash: maphash.Bytes(l.seed, raw.get())}
}

// repetitions counts the pages that equal an earlier one, in constant memory. Each
// page is compared with one earlier page, which is replaced at powers of two, so
// that it becomes part of any cycle (Brent's algorithm).
type repetitions struct {
	earlier      uint64
	pages, renew int
	found        int
}

// add adds a page, by a sum of its records, and returns the number of repetitions.
func (r *repetitions) add(sum uint64) int {
	if r.pages > 0 && sum == r.earlier {
		r.found++
	}
	if r.pages++; r.pages >= r.renew {
		r.earlier, r.renew = sum, 2*r.pages
	}
	return r.found
}

// page is one page of a list.
type page[R any] struct {
	pageInfo

	records []R
}

// pageInfo is what a page shows in addition to its records.
type pageInfo struct {
	unreadable map[int][]string // paths of unreadable members, by the index of the record
	size       int              // elements, including those that are not records
	last       bool
	hasNext    bool  // the page has a member next, which may be null
	count      int64 // of all records of the list; 0 or less if the page does not show it
	resp       *exchange.Response
}

// maxSize returns the maximum number of records of the list.
func (p *pageInfo) maxSize() int {
	if 0 < p.count && p.count < maxListSize/10 {
		return 10*int(p.count) + maxUncounted
	}
	return maxListSize
}

// readPage reads a page. It fails if there is no list in the document, since "no
// records" is a result with consequences.
func readPage[R any, P record[R]](document *jsonread.Document, limit int) (*page[R], bool) {
	p := &page[R]{}
	ok := p.read(document, limit, func(r *recordReader, list jsonread.Value) { readElements[R, P](p, r, list) })
	return p, ok && len(p.records) <= maxPageRecords
}

// read reads what is around the records of a page, and calls elements for its lists.
func (p *pageInfo) read(document *jsonread.Document, limit int, elements func(*recordReader, jsonread.Value)) bool {
	r := newRecordReader(document)
	ok := false
	for it := document.Root().Members(); it.Next(); {
		switch string(it.Name) {
		case "count":
			p.count, _ = jsonread.Int(it.Value.Bytes())
		case "next":
			// Its URL is not used: it may name another host, which would receive the
			// management key.
			p.last, p.hasNext = it.Value.Kind() != jsonread.String || string(it.Value.Bytes()) == `""`, true
		case "results":
			ok = it.Value.Kind() == jsonread.Array
			elements(r, it.Value)
		}
	}
	if !p.hasNext { // an incomplete page is the last one
		p.last = p.size < limit
	}
	return ok && !r.memory.exhausted()
}

// readElements appends the elements of a list. The last one of duplicate lists does
// not count alone: each may hold the record that is looked for.
func readElements[R any, P record[R]](p *page[R], r *recordReader, list jsonread.Value) {
	if n := min(list.Len(), maxPageRecords); p.records == nil && r.memory.reserve(int64(n)*int64(reflect.TypeFor[R]().Size())) { //nolint:gosec // no record is that large
		p.records = make([]R, 0, n)
	}
	for it := list.Elements(); it.Next(); {
		p.size++
		if it.Value.Kind() != jsonread.Object || len(p.records) > maxPageRecords {
			continue
		}
		n := len(p.records)
		p.records = append(p.records, *new(R))
		r.start(it.Value)
		P(&p.records[n]).decode(r, it.Value)
		if r.unreadable != nil {
			if p.unreadable == nil {
				p.unreadable = make(map[int][]string)
			}
			p.unreadable[n] = r.unreadable
		}
	}
}

// listPage requests one page of the list that the query selects.
func listPage[R any, P record[R]](op *operation, name Op, query url.Values, offset, limit, maxAttempts int) (*page[R], error) {
	res := P(nil).resource()
	resp, err := op.listPage(name, res, query, offset, limit, maxAttempts)
	if err != nil {
		return nil, err
	}
	p, ok := readPage[R, P](resp.Document, limit)
	if !ok {
		return nil, op.badResponse(resp, "the response is not a list of "+res.noun+"s")
	}
	p.resp = resp
	return p, nil
}

func (op *operation) listPage(name Op, res resource, query url.Values, offset, limit, maxAttempts int) (*exchange.Response, error) {
	query.Set("limit", strconv.Itoa(limit))
	if query.Del("offset"); offset > 0 {
		query.Set("offset", strconv.Itoa(offset))
	}
	resp := op.read(name, res.path, query.Encode(), maxAttempts)
	if resp.Ending != exchange.OK {
		e := op.responseError(resp)
		if e.Kind == ErrNotFound {
			// A missing list does not mean that there are no records.
			e.Kind, e.detail = ErrBadResponse, "there is no list of "+res.noun+"s at this address; check the base URL"
		}
		return nil, e
	}
	return resp, nil
}

// getByID is a call that returns the record with the service's ID.
func getByID[R any, P record[R]](ctx context.Context, c *Client, name Op, id int64) (*R, error) {
	op := c.begin(ctx, name, "")
	defer op.finish()

	if err := checkID(id); err != nil {
		return nil, op.invalid(err)
	}
	rec, _, err := getRecord[R, P](op, name, id, 0)
	if err != nil {
		return nil, op.fail(asError(err))
	}
	op.succeed("", 0)
	return rec, nil
}

// checkID returns an error for a number that is not an ID of the service.
func checkID(id int64) error {
	if id <= 0 {
		return &ValidationError{Findings: []Finding{invalidID()}}
	}
	return nil
}

// getRecord returns the record with the service's ID, and the paths of unreadable
// members.
func getRecord[R any, P record[R]](op *operation, name Op, id int64, maxAttempts int) (*R, []string, error) {
	rec := new(R)
	unreadable, err := getInto(op, P(rec), name, id, maxAttempts)
	if err != nil {
		return nil, nil, err
	}
	return rec, unreadable, nil
}

func getInto(op *operation, rec anyRecord, name Op, id int64, maxAttempts int) ([]string, error) {
	res := rec.resource()
	resp := op.read(name, res.path+strconv.FormatInt(id, 10)+"/", "", maxAttempts)
	if resp.Ending != exchange.OK {
		return nil, op.responseError(resp)
	}
	unreadable, ok := readInto(rec, resp.Document)
	switch got, _ := rec.header(); {
	case !ok, got == 0:
		return nil, op.badResponse(resp, "the response is not "+res.one)
	case got != id:
		return nil, op.badResponse(resp, "the response shows another "+res.noun)
	}
	return unreadable, nil
}
