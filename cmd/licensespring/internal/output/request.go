package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// WriteRequest writes a request with an indented body.
func WriteRequest(w io.Writer, method, url string, header http.Header, body []byte) error {
	var out bytes.Buffer
	fmt.Fprintln(&out, method, url)
	for _, name := range slices.Sorted(maps.Keys(header)) {
		fmt.Fprintf(&out, "%s: %s\n", name, strings.Join(header[name], ", "))
	}
	if len(body) > 0 {
		out.WriteByte('\n')
		if err := json.Indent(&out, body, "", "  "); err != nil {
			return err
		}
		out.WriteByte('\n')
	}
	_, err := out.WriteTo(w)
	return err
}
