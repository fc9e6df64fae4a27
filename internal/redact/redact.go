// Package redact takes out of a text what must not be in an error or a log:
// the values a request held, e-mail addresses and URLs.
//
// A service's error message is a text of its own making, and services like to
// quote what they were sent ("license key AB2C-… already exists"). They quote
// it in another case, with its space collapsed, escaped for HTML, JSON or a
// URL, or cut short; all of that is found. What is not found, because it cannot
// be told from other words: values of less than four bytes, the tail or middle
// of a value whose head was cut off, and spellings that differ in more than
// case, as in other accents or another encoding.
package redact

import (
	"slices"
	"sort"
	"strings"

	"github.com/licensespring-go/licensespring/internal/jsonread"
)

// Mark stands where something was taken out.
const Mark = "[redacted]"

const (
	// shortest is the length in bytes below which a value is left alone: a last
	// name such as "Li" is part of too many words.
	shortest = 4
	// shortestEnd is the length from which the beginning of a value is taken out
	// at the end of a text, where it may have been cut. Shorter ones are too
	// often just a word; before an ellipsis, there is no doubt about the cut.
	shortestEnd = 8
	maxText     = 300
	maxInput    = 2 << 10 // what is looked at of a text
)

// Scrubber takes known values out of texts. The zero Scrubber still takes out
// e-mail addresses and URLs.
type Scrubber struct {
	values []string // folded, each once
}

// public names the members of a request whose values say nothing of a customer
// and help in a message; every other string is taken out.
func public(member string) bool {
	switch member {
	case "product_code", "code", "policy_code", "product_features", "license_type", "order_type", "language",
		"consumption_period", "valid_duration", "maintenance_duration",
		"created", "validity_period", "maintenance_period", "start_date", "expiry_date":
		return true
	default:
		return false
	}
}

// New returns a Scrubber for the strings of a JSON request body, and for those
// given besides.
func New(body []byte, others ...string) *Scrubber {
	s := &Scrubber{}
	for _, value := range others {
		s.add(value)
	}
	if jsonread.Valid(body) {
		s.collect("", body, place{})
	}
	slices.Sort(s.values)
	s.values = slices.Compact(s.values)
	return s
}

// place is where in a request body a value stands.
type place struct {
	depth    int
	metadata bool // in members the customer named: a "code" there is anything
}

func (s *Scrubber) collect(member string, val []byte, at place) {
	const maxDepth = 32
	if at.depth > maxDepth {
		return
	}
	at.metadata = at.metadata || member == "metadata"
	below := place{depth: at.depth + 1, metadata: at.metadata}
	switch jsonread.KindOf(val) {
	case jsonread.String:
		text, ok := jsonread.Text(val)
		switch {
		case !ok:
		case at.metadata:
			s.add(text)
			// The metadata of an order is a string that holds JSON.
			if jsonread.Valid([]byte(text)) {
				s.collect("", []byte(text), below)
			}
		case !public(member) && (member != "id" || at.depth > 1):
			s.add(text)
		}
	case jsonread.Array:
		jsonread.Elements(val, func(_ int, el []byte) { s.collect(member, el, below) })
	case jsonread.Object:
		jsonread.Members(val, func(name, el []byte) { s.collect(string(name), el, below) })
	default:
	}
}

// add takes a value in, in each spelling that plain would not make the same.
func (s *Scrubber) add(value string) {
	spelled := plain(decoded(value))
	for _, v := range [...]string{
		spelled,
		plain(value),
		strings.ReplaceAll(spelled, " ", "+"), // as in the query of a URL
		plain(strings.ReplaceAll(decoded(value), " ", "+")), // and where other space is escaped there
		strings.ReplaceAll(spelled, "ß", "ss"),              // its capital letters are SS
	} {
		if len(v) >= shortest {
			s.values = append(s.values, fold(v).text)
		}
	}
}

// Text returns text on one line, bounded, with everything taken out that must
// not be seen.
func (s *Scrubber) Text(text string) string {
	if len(text) > maxInput {
		text = text[:maxInput] + "…"
	}
	text = s.scrub(plain(decoded(text)))
	words := strings.Fields(text)
	for i, word := range words {
		if looksPrivate(word) {
			words[i] = Mark
		}
	}
	text = strings.Join(words, " ")
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	return text
}

// looksPrivate reports words that are an address of some sort, whoever wrote
// them, or a query.
func looksPrivate(word string) bool {
	_, query, asked := strings.Cut(word, "?")
	return strings.Contains(word, "@") || strings.Contains(word, "://") ||
		(asked && strings.Contains(query, "="))
}

// scrub replaces all known values, wherever they stand in any case. Those that
// overlap are taken out together: what one leaves may be a part of another.
func (s *Scrubber) scrub(text string) string {
	f := fold(text)
	hides := s.find(f.text)
	var out strings.Builder
	done := 0
	for i := 0; i < len(hides); i++ {
		if hides[i] == 0 {
			continue
		}
		from, to := i, hides[i]
		for ; i+1 < to; i++ {
			to = max(to, hides[i+1])
		}
		out.WriteString(text[done:f.at(from)])
		out.WriteString(Mark)
		done = f.at(to)
	}
	out.WriteString(text[done:])
	return out.String()
}

// find returns for each byte of a folded text the end of the longest value that
// begins there, 0 if none does. A value that is cut off ends where the text does,
// or before an ellipsis.
func (s *Scrubber) find(text string) []int {
	found := make([]int, len(text))
	ends := cuts(text)
	for from := range found {
		// The values that begin as the text does here, up to byte n of them: since
		// all are sorted they stand side by side, and each further byte leaves
		// fewer. So the work grows with the text and hardly with the values.
		alike := s.values
		for n := 0; len(alike) > 0; n++ {
			if len(alike[0]) == n { // the shortest comes first
				found[from] = from + n
				alike = alike[1:]
			}
			if cut, ok := ends[from+n]; ok && n >= cut && len(alike) > 0 {
				found[from] = from + n
			}
			if from+n == len(text) {
				break
			}
			alike = withByte(alike, n, text[from+n])
		}
	}
	return found
}

// withByte returns those of sorted values, all longer than n and the same before
// it, that have the byte b at n.
func withByte(values []string, n int, b byte) []string {
	first := sort.Search(len(values), func(i int) bool { return values[i][n] >= b })
	values = values[first:]
	return values[:sort.Search(len(values), func(i int) bool { return values[i][n] > b })]
}

// cuts finds the places in a folded text where a value may have been cut off, and
// how much of one has to be left there to be taken for one: before each ellipsis,
// and at the end.
func cuts(text string) map[int]int {
	ends := map[int]int{len(text): shortestEnd}
	for i := 0; i < len(text); i++ {
		if strings.HasPrefix(text[i:], "…") || strings.HasPrefix(text[i:], "...") {
			ends[len(strings.TrimRight(text[:i], " "))] = shortest
			i += 2 // however many dots follow, there is one end before them
			for i+1 < len(text) && text[i+1] == '.' {
				i++
			}
		}
	}
	return ends
}
