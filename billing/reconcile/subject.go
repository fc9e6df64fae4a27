package reconcile

import (
	"strings"

	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// SubjectOf returns the subject with a Stripe id.
func SubjectOf(id string) (s stripehook.Source, ok bool) {
	for prefix, kind := range map[string]stripehook.SourceKind{
		"sub_": stripehook.SourceSubscription, "in_": stripehook.SourceInvoice, "cs_": stripehook.SourceSession,
	} {
		if strings.HasPrefix(id, prefix) {
			return stripehook.Source{Kind: kind, ID: id}, true
		}
	}
	return s, false
}

// SubjectOfOrder returns the subject of an order: its id is that of the subject, after
// the prefix and the connected account, and before the number of a later order.
func SubjectOfOrder(orderID, prefix string) (s stripehook.Source, ok bool) {
	id, ok := strings.CutPrefix(orderID, prefix)
	if !ok {
		return s, false
	}
	var account string
	if before, after, found := strings.Cut(id, "-"); found && strings.HasPrefix(before, "acct_") {
		account, id = before, after
	}
	id, _, _ = strings.Cut(id, "-")
	s, ok = SubjectOf(id)
	s.Account = account
	return s, ok
}
