package wire

import "strconv"

// maxDepth is the maximum nesting of modeled objects: item, license, feature, and
// in a response the product feature in it.
const maxDepth = 4

// Path is a position in a document, such as items[0].licenses[2]. It stores the
// steps and builds the text only on request. The zero Path is the document itself.
type Path struct {
	steps [maxDepth]step
	depth int
}

type step struct {
	name  string
	index int // -1 if the member is not an array
}

// Enter steps into the object in member name.
func (p *Path) Enter(name string) { p.EnterAt(name, -1) }

// EnterAt steps into element index of the array in member name.
func (p *Path) EnterAt(name string, index int) {
	p.steps[p.depth] = step{name, index}
	p.depth++
}

// Leave undoes the last Enter or EnterAt.
func (p *Path) Leave() { p.depth-- }

// String returns the path as text, empty for the document itself.
func (p *Path) String() string { return string(p.append(nil)) }

// At returns the path of member name of p, or of p itself if name is empty.
func (p *Path) At(name string) string {
	if name == "" {
		return p.String()
	}
	b := p.append(make([]byte, 0, 64))
	if len(b) > 0 {
		b = append(b, '.')
	}
	return string(append(b, name...))
}

func (p *Path) append(b []byte) []byte {
	for i, s := range p.steps[:p.depth] {
		if i > 0 {
			b = append(b, '.')
		}
		b = append(b, s.name...)
		if s.index >= 0 {
			b = append(b, '[')
			b = strconv.AppendInt(b, int64(s.index), 10)
			b = append(b, ']')
		}
	}
	return b
}
