package fulfillment

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// names builds the names of streams, subjects and buckets. Order ids are
// arbitrary text and appear in them as a hash only.
type names struct{ prefix string }

func (n names) orders() string      { return n.prefix + "-orders" }
func (n names) deadLetters() string { return n.prefix + "-dead-letters" }
func (n names) attempts() string    { return n.prefix + "-attempts" }
func (n names) accepted() string    { return n.prefix + "-accepted" }
func (n names) results() string     { return n.prefix + "-results" }
func (n names) consumer() string    { return n.prefix + "-workers" }
func (n names) undelivered() string { return n.prefix + "-undelivered" }
func (n names) notices() string     { return n.prefix + "-notices" }

// streams returns the names of all streams, including that of the results bucket.
func (n names) streams() [7]string {
	return [...]string{n.orders(), n.deadLetters(), n.attempts(), n.accepted(), "KV_" + n.results(), n.undelivered(), n.announcements()}
}

func (n names) allAccepted() string    { return n.prefix + ".accepted.>" }
func (n names) allDeadLetters() string { return n.prefix + ".dead-letters.>" }

func (n names) orderSubject(k entryKey) string { return n.prefix + ".orders." + k.String() }
func (n names) deadLetterSubject(k entryKey) string {
	return n.prefix + ".dead-letters." + k.String()
}
func (n names) acceptedSubject(k entryKey) string { return n.prefix + ".accepted." + k.String() }
func (n names) attemptsSubject(k entryKey) string { return n.prefix + ".attempts." + k.String() }

// entryKey identifies an entry of the queue by the order's id and its content.
// Without the content, JetStream would silently drop a different order under the
// same id as a duplicate, and appends to one order would collide.
type entryKey struct {
	order   string
	content string
}

const (
	// The hash of an id is longer than that of a content, which only has to be
	// unique among the contents under one id.
	orderKeyBytes   = 16
	contentKeyBytes = 8
	// rejectedContent is the content of a Rejection. It is not hexadecimal, so
	// that it cannot equal the hash of an order.
	rejectedContent = "rejected"
	// messageContent precedes the name of the queue in the content of a message of a
	// [Queue]. It is not hexadecimal either.
	messageContent = "queue-"
)

// probeKey is the key of the message that a probe writes to the ledger. It is not
// hexadecimal, so that it cannot equal the key of an order.
var probeKey = entryKey{order: "probe", content: "probe"} //nolint:gochecknoglobals // a constant

// orderKey returns the key of an order in subjects and in the results bucket.
func orderKey(orderID string) string {
	sum := sha256.Sum256([]byte(orderID))
	return hex.EncodeToString(sum[:orderKeyBytes])
}

func newEntryKey(orderID string, body []byte) entryKey {
	sum := sha256.Sum256(body)
	return entryKey{order: orderKey(orderID), content: hex.EncodeToString(sum[:contentKeyBytes])}
}

// messageKey returns the key of a message in the ledger.
func messageKey(queue, messageID string) entryKey {
	return entryKey{order: orderKey(messageID), content: messageContent + queue}
}

// queue returns the name of the queue of a message, and "" for an order.
func (k entryKey) queue() string {
	if name, ok := strings.CutPrefix(k.content, messageContent); ok {
		return name
	}
	return ""
}

// parseEntryKey returns the key in a subject, or the zero key.
func parseEntryKey(subject string) entryKey {
	tokens := strings.Split(subject, ".")
	if len(tokens) != 4 {
		return entryKey{}
	}
	return entryKey{order: tokens[2], content: tokens[3]}
}

func (k entryKey) String() string { return k.order + "." + k.content }
