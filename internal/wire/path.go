package wire

import "strconv"

// maxDepth is the deepest nesting of modelled objects: item, license, feature,
// and, in an answer, the product's feature within it.
const maxDepth = 4

// Path is a place in a document, such as items[0].licenses[2]. It keeps the
// steps only; the text is made when somebody asks for it. The zero Path is the
// document itself.
type Path struct {
	steps [maxDepth]step
	depth int
}

type step struct {
	name  string
	index int // -1 where the step is a member that holds no array
}

// Enter steps into the object held by the member called name.
func (p *Path) Enter(name string) { p.EnterAt(name, -1) }

// EnterAt steps into element index of the array held by the member called name.
func (p *Path) EnterAt(name string, index int) {
	p.steps[p.depth] = step{name, index}
	p.depth++
}

// Leave steps out again.
func (p *Path) Leave() { p.depth-- }

// String returns the path of the place, empty for the document itself.
func (p *Path) String() string { return string(p.append(nil)) }

// At returns the path of the member called name at the place. An empty name
// means the place itself.
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
