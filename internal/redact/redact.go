// Package redact removes from a text what an error or a log must not contain: the
// values of a request, e-mail addresses and URLs.
//
// The error messages of a service often quote the request ("license key AB2C-D3EF-…
// already exists"), in another case, with collapsed space, escaped for HTML, JSON
// or a URL, or truncated. All of these are found. Not found, because they cannot
// be distinguished from other words: values of less than four bytes, the tail or
// middle of a value without its beginning, and spellings that differ in more than
// case, such as other accents or another encoding.
package redact

import (
	"slices"
	"sort"
	"strings"

	"github.com/licensespring-go/licensespring/internal/jsonread"
)

// Mark replaces what was removed.
const Mark = "[redacted]"

const (
	// minValue is the minimum length in bytes of a value to remove: a last name
	// such as "Li" is part of too many words.
	minValue = 4
	// minPrefix is the minimum length of the beginning of a value to remove at the
	// end of a text, where it may be truncated. Shorter ones are often only a
	// word. Before an ellipsis the minimum is minValue.
	minPrefix = 8
	maxText   = 300
	maxInput  = 2 << 10 // of a text, before redaction
)

// Scrubber removes known values from texts. The zero Scrubber removes only e-mail
// addresses and URLs.
type Scrubber struct {
	values []string // folded, sorted, without duplicates
}

// isPublic reports whether the values of a member of a request are kept: they do
// not identify a customer and are useful in a message. All other strings are
// removed.
func isPublic(member string) bool {
	switch member {
	case "product_code", "code", "policy_code", "product_features", "license_type", "order_type", "language",
		"consumption_period", "valid_duration", "maintenance_duration",
		"created", "validity_period", "maintenance_period", "start_date", "expiry_date":
		return true
	default:
		return false
	}
}

// New returns a Scrubber for the strings of a JSON request body and for others.
func New(body []byte, others ...string) *Scrubber {
	s := &Scrubber{}
	for _, value := range others {
		s.add(value)
	}
	if jsonread.Valid(body) {
		s.collect("", body, position{})
	}
	slices.Sort(s.values)
	s.values = slices.Compact(s.values)
	return s
}

// position is the position of a value in a request body.
type position struct {
	depth    int
	metadata bool // within metadata, where member names such as "code" are the caller's
}

func (s *Scrubber) collect(member string, val []byte, at position) {
	const maxDepth = 32
	if at.depth > maxDepth {
		return
	}
	at.metadata = at.metadata || member == "metadata"
	below := position{depth: at.depth + 1, metadata: at.metadata}
	switch jsonread.KindOf(val) {
	case jsonread.String:
		text, ok := jsonread.Text(val)
		switch {
		case !ok:
		case at.metadata:
			s.add(text)
			// The metadata of an order is a string that contains JSON.
			if jsonread.Valid([]byte(text)) {
				s.collect("", []byte(text), below)
			}
		case !isPublic(member) && (member != "id" || at.depth > 1):
			s.add(text)
		}
	case jsonread.Array:
		jsonread.Elements(val, func(_ int, el []byte) { s.collect(member, el, below) })
	case jsonread.Object:
		jsonread.Members(val, func(name, el []byte) { s.collect(string(name), el, below) })
	default:
	}
}

// add adds a value in each spelling that normalize and fold do not unify.
func (s *Scrubber) add(value string) {
	text := normalize(decode(value))
	for _, v := range [...]string{
		text,
		normalize(value),
		strings.ReplaceAll(text, " ", "+"), // as in a URL query
		normalize(strings.ReplaceAll(decode(value), " ", "+")), // likewise, with other space escaped
		strings.ReplaceAll(text, "ß", "ss"),                    // the upper case of ß is SS
	} {
		if len(v) >= minValue {
			s.values = append(s.values, fold(v).text)
		}
	}
}

// Text returns text on one line, truncated and redacted.
func (s *Scrubber) Text(text string) string {
	if len(text) > maxInput {
		text = text[:maxInput] + "…"
	}
	text = s.scrub(normalize(decode(text)))
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

// looksPrivate reports whether a word is an e-mail address, a URL, a query or a
// license key.
func looksPrivate(word string) bool {
	_, query, hasQuery := strings.Cut(word, "?")
	return strings.Contains(word, "@") || strings.Contains(word, "://") ||
		(hasQuery && strings.Contains(query, "=")) || looksLikeKey(word)
}

// looksLikeKey reports whether a word has the form of the service's license keys, such
// as AB2C-D3EF-GH4J-K5MN. A message about a license may name a key that the request
// does not hold.
func looksLikeKey(word string) bool {
	const minGroups, minGroup = 3, 4
	groups := strings.Split(strings.Trim(word, `.,:;!?"'()[]{}<>=`), "-")
	for _, group := range groups {
		if len(group) < minGroup || strings.Trim(group, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return false
		}
	}
	return len(groups) >= minGroups
}

// scrub replaces all known values, in any case. Overlapping values are replaced
// together, because the rest of one may be part of another.
func (s *Scrubber) scrub(text string) string {
	f := fold(text)
	ends := s.find(f.text)
	var out strings.Builder
	done := 0
	for i := 0; i < len(ends); i++ {
		if ends[i] == 0 {
			continue
		}
		from, to := i, ends[i]
		for ; i+1 < to; i++ {
			to = max(to, ends[i+1])
		}
		out.WriteString(text[done:f.originalOffset(from)])
		out.WriteString(Mark)
		done = f.originalOffset(to)
	}
	out.WriteString(text[done:])
	return out.String()
}

// find returns, for each byte of a folded text, the end of the longest value that
// starts there, or 0. A truncated value ends at the end of the text or before an
// ellipsis.
func (s *Scrubber) find(text string) []int {
	found := make([]int, len(text))
	minLengths := truncations(text)
	for from := range found {
		// The values whose first n bytes match the text. They are adjacent, because
		// the values are sorted, and each further byte leaves fewer of them. So the
		// work depends on the length of the text and hardly on the number of values.
		matching := s.values
		for n := 0; len(matching) > 0; n++ {
			if len(matching[0]) == n { // the shortest sorts first
				found[from] = from + n
				matching = matching[1:]
			}
			if minLength, ok := minLengths[from+n]; ok && n >= minLength && len(matching) > 0 {
				found[from] = from + n
			}
			if from+n == len(text) {
				break
			}
			matching = withByte(matching, n, text[from+n])
		}
	}
	return found
}

// withByte returns the values that have byte b at index n. The values must be
// sorted, longer than n, and equal up to n.
func withByte(values []string, n int, b byte) []string {
	first := sort.Search(len(values), func(i int) bool { return values[i][n] >= b })
	values = values[first:]
	return values[:sort.Search(len(values), func(i int) bool { return values[i][n] > b })]
}

// truncations returns the positions in a folded text at which a value may be
// truncated, before each ellipsis and at the end, with the minimum length of the
// remaining part.
func truncations(text string) map[int]int {
	positions := map[int]int{len(text): minPrefix}
	for i := 0; i < len(text); i++ {
		if strings.HasPrefix(text[i:], "…") || strings.HasPrefix(text[i:], "...") {
			positions[len(strings.TrimRight(text[:i], " "))] = minValue
			i += 2 // a longer run of dots is one ellipsis
			for i+1 < len(text) && text[i+1] == '.' {
				i++
			}
		}
	}
	return positions
}
