package licensespring

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/licensespring-go/licensespring/internal/jsonread"
)

// Values for a probe, which no record has.
const (
	noSuchText  = "no-such-value-5f0e7c1d9a3b4826b1c7"
	noSuchCode  = "nosuchcode5f0e7c1d9a3b4826b1c7"
	noSuchEmail = "no-such-value-5f0e7c1d9a3b4826@licensespring-go.invalid"
	noSuchID    = "9223372036854775807"
	// A range begins after the first date, or ends before the second one.
	endOfDates   = "9999-12-31"
	startOfDates = "1900-01-01"
)

// shown is what a record shows about a filter.
type shown uint8

const (
	showsNothing shown = iota // the record does not show the member, or not legibly
	showsMatch
	showsOther // null and empty included
)

func showsThat(matches bool) shown {
	if matches {
		return showsMatch
	}
	return showsOther
}

// filter is a filter of a list that was sent. The service ignores a filter that it
// does not know, and then returns all records.
type filter[R any] struct {
	name string // on the wire
	// judge compares a record with the filter. It is nil if records never show the
	// member.
	judge func(*R) shown
	// noSuch is a value that no record has, for the probe. It is empty if there is
	// none.
	noSuch string
	proven bool // a probe has shown that the service knows the filter
}

func (f *filter[R]) shown(rec *R) shown {
	if f.judge == nil {
		return showsNothing
	}
	return f.judge(rec)
}

// filters are the filters of one loop over a list.
type filters[R any, P record[R]] []filter[R]

// check compares each record of a page with each filter. If a record does not show
// the member of a filter, a probe shows whether the service knows the filter: once
// for each filter. The query is that of the page.
func (fs filters[R, P]) check(op *operation, query url.Values, p *page[R]) error {
	res := P(nil).resource()
	switch {
	case p.size > len(p.records):
		return op.badResponse(p.resp, "the list holds an element that is not "+res.one)
	case p.size == 0 && !p.last:
		return op.badResponse(p.resp, "the page is empty and names a next page")
	}
	hidden := make([]*filter[R], 0, len(fs)) // a page that contradicts a filter needs no probe
	for i := range fs {
		f, n := &fs[i], 0
		for j := range p.records {
			switch f.shown(&p.records[j]) {
			case showsOther:
				return op.badResponse(p.resp, ignoredFilter(f.name))
			case showsNothing:
				n++
			case showsMatch:
			}
		}
		switch {
		case n == 0 || f.proven:
		case f.noSuch == "":
			return op.badResponse(p.resp, "the response does not show "+f.name)
		default:
			hidden = append(hidden, f)
		}
	}
	for _, f := range hidden {
		if err := probe[R, P](op, query, f.name, f.noSuch); err != nil {
			return err
		}
		f.proven = true
	}
	return nil
}

// probe requests a list with a value of one filter that no record has. It fails if
// the service returns a record nevertheless.
func probe[R any, P record[R]](op *operation, query url.Values, name, noSuch string) error {
	query = maps.Clone(query)
	query.Set(name, noSuch)
	p, err := listPage[R, P](op, op.name, query, 0, 1, 0)
	switch {
	case rejectsFilter(err, name):
		return nil
	case err != nil:
		return err
	case p.size > 0:
		return op.badResponse(p.resp, ignoredFilter(name))
	default:
		return nil
	}
}

// rejectsFilter reports whether an error is that of a service that rejects the value
// of a filter, which it therefore knows.
func rejectsFilter(err error, name string) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.StatusCode == http.StatusBadRequest &&
		slices.ContainsFunc(e.Fields, func(f FieldError) bool { return f.Path == name })
}

// ignoredFilter is the detail of an error: the service returned records that do not
// match a filter.
func ignoredFilter(name string) string { return "the service ignored the filter " + name }

// showsText compares the text of member name. Raw is the object with the member.
func showsText(text string, raw []byte, name string, same func(string) bool) shown {
	if text != "" {
		return showsThat(same(text))
	}
	switch jsonread.KindOf(memberOf(raw, name)) {
	case jsonread.Null, jsonread.String: // an empty one
		return showsOther
	default:
		return showsNothing
	}
}

// showsBool compares a boolean.
func showsBool(value *bool, raw []byte, name string, want bool) shown {
	switch {
	case value != nil:
		return showsThat(*value == want)
	case jsonread.KindOf(memberOf(raw, name)) == jsonread.Null:
		return showsOther
	default:
		return showsNothing
	}
}

// showsID compares an ID, which is 0 if it is not shown.
func showsID(id int64, raw []byte, name string, same func(int64) bool) shown {
	switch {
	case id != 0:
		return showsThat(same(id))
	case jsonread.KindOf(memberOf(raw, name)) == jsonread.Null:
		return showsOther
	default:
		return showsNothing
	}
}

// memberOf returns the value of the last member of an object with a name, and nil
// if it has none.
func memberOf(object []byte, name string) (value []byte) {
	jsonread.Members(object, func(n, val []byte) {
		if string(n) == name {
			value = val
		}
	})
	return value
}

// filterText checks a text that selects records. The service may trim it, and may
// select all records if nothing is left of it.
func (c *checker) filterText(name, s string, required bool) {
	c.text(name, s)
	c.identifier(name, s, required)
}

// private returns values of a query as JSON, as an operation scrubs them from
// messages of the service.
func private(values ...string) []byte {
	b, err := json.Marshal(values)
	if err != nil {
		return nil
	}
	return b
}
