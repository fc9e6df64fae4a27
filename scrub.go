package licensespring

import (
	"net/http"
	"slices"
	"strings"

	"github.com/licensespring-go/licensespring/internal/redact"
	"github.com/licensespring-go/licensespring/internal/wire"
)

// requestID is the service's name for an answer, if it looks like one. A proxy
// may make it of what it was sent, so one that repeats any of that is none.
func (k *call) requestID(h http.Header) string {
	id := h.Get("X-Request-Id")
	if id == "" || len(id) > 128 || !headerSafe(id) || k.scrubber().Text(id) != id {
		return ""
	}
	return id
}

// scrubber takes what the call has sent out of texts.
func (k *call) scrubber() *redact.Scrubber { return redact.New(k.body, k.c.secrets()...) }

// scrubPath scrubs a path name by name. Those of the wire stay as they are: a
// customer named Grace must not hide allow_grace_period. Others are scrubbed
// together, for an address that stands as a name has dots of its own.
func scrubPath(scrub *redact.Scrubber, path string) string {
	if strings.Contains(path, "@") {
		return scrub.Text(path)
	}
	names := strings.Split(path, ".")
	kept := make([]string, 0, len(names))
	for from := 0; from < len(names); {
		to := from
		for to < len(names) && !isWireName(names[to]) {
			to++
		}
		if to > from {
			kept = append(kept, scrub.Text(strings.Join(names[from:to], ".")))
			from = to
			continue
		}
		bare, index := cutIndex(names[from])
		kept = append(kept, wire.PageSpelling(bare)+index) // as validation has it, whatever the dialect
		from++
	}
	return strings.Join(kept, ".")
}

// isWireName reports whether a part of a path is a member of an order, with or
// without an index.
func isWireName(name string) bool {
	bare, index := cutIndex(name)
	return isFieldName(bare) && strings.Trim(index, "[]0123456789") == ""
}

func cutIndex(name string) (bare, index string) {
	if bracket := strings.IndexByte(name, '['); bracket >= 0 {
		return name[:bracket], name[bracket:]
	}
	return name, ""
}

// isFieldName reports whether any object of an order has a member of the name.
func isFieldName(name string) bool {
	return slices.ContainsFunc([]object{
		&Order{}, &Customer{}, &OrderItem{}, &License{}, &LicenseUser{}, &ProductFeature{}, &CustomField{},
	}, func(o object) bool { return hasField(o, name) })
}
