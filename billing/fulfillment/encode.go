package fulfillment

import (
	"bytes"
	"encoding/json"
)

// encode writes v as JSON without the escapes for HTML, which would let an
// order that fitted into a message grow out of it.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
