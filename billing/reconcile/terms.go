package reconcile

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/licensespring-go/licensespring"
)

// termBytes is the number of bytes of a hashed term. A collision shows a subject that
// was not searched for.
const termBytes = 12

// termsOf returns the hashes of an address and of license keys. The store holds neither
// of them for a search.
func termsOf(email string, licenses []*licensespring.LicenseRecord) []string {
	var terms []string
	if email != "" {
		terms = append(terms, hashTerm(email))
	}
	for _, l := range licenses {
		if l.LicenseKey != "" {
			terms = append(terms, hashTerm(l.LicenseKey))
		}
	}
	slices.Sort(terms)
	return slices.Compact(terms)
}

func hashTerm(text string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(text))))
	return hex.EncodeToString(sum[:termBytes])
}

// Matches reports whether the subject belongs to a text: the id of the subject, of an
// order or of a license, the address of the customer, or a license key.
func (r *Record) Matches(text string) bool {
	text = strings.TrimSpace(text)
	if text == "" {
		return false
	}
	if strings.EqualFold(text, r.Subject.ID) || strings.EqualFold(text, r.OrderID) || slices.Contains(r.Terms, hashTerm(text)) {
		return true
	}
	id, err := strconv.ParseInt(text, 10, 64)
	_, known := r.Memory.Licenses[id]
	return err == nil && known
}
