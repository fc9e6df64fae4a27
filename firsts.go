package licensespring

// firsts remembers where each text was seen first. A few are kept in an array,
// so that checking the common order needs no map.
type firsts[P any] struct {
	few  [4]seenAt[P]
	n    int
	many map[string]P
}

type seenAt[P any] struct {
	text string
	at   P
}

// find returns where a text was seen first, and whether it was.
func (f *firsts[P]) find(text string) (at P, seen bool) {
	for i := range f.few[:f.n] {
		if f.few[i].text == text {
			return f.few[i].at, true
		}
	}
	at, seen = f.many[text]
	return at, seen
}

// see returns what find returns, and remembers a text that is new.
func (f *firsts[P]) see(text string, at P) (first P, seen bool) {
	if first, seen = f.find(text); seen {
		return first, true
	}
	switch {
	case f.n < len(f.few):
		f.few[f.n] = seenAt[P]{text, at}
		f.n++
	case f.many == nil:
		f.many = map[string]P{text: at}
	default:
		f.many[text] = at
	}
	return at, false
}
