package fulfillment

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// names are what things are called in JetStream. Order ids are arbitrary text
// of arbitrary length, and subjects and keys are neither: so an id goes into
// them as a hash only.
type names struct{ prefix string }

func (n names) orders() string  { return n.prefix + "-orders" }
func (n names) dead() string    { return n.prefix + "-dead" }
func (n names) tries() string   { return n.prefix + "-tries" }
func (n names) results() string { return n.prefix + "-results" }

// streams are all streams there are. A bucket is one, too.
func (n names) streams() [4]string {
	return [...]string{n.orders(), n.dead(), n.tries(), "KV_" + n.results()}
}

func (n names) consumer() string { return n.prefix + "-workers" }

func (n names) orderSubject(e entryKey) string { return n.prefix + ".orders." + e.String() }
func (n names) deadSubject(e entryKey) string  { return n.prefix + ".dead." + e.String() }
func (n names) triesSubject(e entryKey) string { return n.prefix + ".tries." + e.String() }

// entryKey names an entry of the queue: by the order's id and its content.
// Another content is another entry, or an order that differs from the first
// under its id would be dropped as a repetition of it, in silence. It also tells
// the appends to one order apart.
type entryKey struct {
	order   string
	content string
}

const (
	// orderKeyBytes make an accident impossible, and contentKeyBytes one among
	// the contents that are sent under one id.
	orderKeyBytes   = 16
	contentKeyBytes = 8
	// rejected stands in place of a content. It is not hexadecimal.
	rejected = "rejected"
)

// orderKey is the name of an order in subjects and in the results bucket.
func orderKey(orderID string) string {
	sum := sha256.Sum256([]byte(orderID))
	return hex.EncodeToString(sum[:orderKeyBytes])
}

func newEntryKey(orderID string, body []byte) entryKey {
	sum := sha256.Sum256(body)
	return entryKey{order: orderKey(orderID), content: hex.EncodeToString(sum[:contentKeyBytes])}
}

// entryKeyOf reads the key from the subject of a message.
func entryKeyOf(subject string) entryKey {
	parts := strings.Split(subject, ".")
	if len(parts) != 4 {
		return entryKey{}
	}
	return entryKey{order: parts[2], content: parts[3]}
}

func (e entryKey) String() string { return e.order + "." + e.content }
