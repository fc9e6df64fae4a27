package fulfillment

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/licensespring-go/licensespring"
)

// storedResult is a result as it stands in the bucket.
type storedResult struct {
	OrderID    string                  `json:"order_id"`
	Outcome    licensespring.Outcome   `json:"outcome"`
	Order      json.RawMessage         `json:"order,omitzero"`
	ServiceID  int64                   `json:"service_id,omitzero"`
	Licenses   int                     `json:"licenses"`
	Warnings   []licensespring.Finding `json:"warnings,omitzero"`
	Enqueued   time.Time               `json:"enqueued"`
	Done       time.Time               `json:"done"`
	Deliveries int                     `json:"deliveries"`
	// Contents are the entries that this is the result of: one, and for an
	// order that is appended to one for each append.
	Contents []string `json:"contents"`
	// Passwords are by user, if they are to be kept. A record is written
	// without them.
	Passwords map[string]string `json:"passwords,omitzero"`
}

func (p *Pipeline) newStoredResult(d *delivery, res *licensespring.OrderResult) (storedResult, error) {
	s := storedResult{
		OrderID: d.order.ID, Outcome: res.Outcome, Warnings: res.Warnings,
		Enqueued: d.enqueued, Done: time.Now().UTC(), Deliveries: d.deliveries,
		Contents: []string{d.key.content},
	}
	if res.Order == nil {
		return s, nil
	}
	s.ServiceID, s.Licenses = res.Order.ID, len(res.Order.Licenses())
	var err error
	if s.Order, err = json.Marshal(res.Order); err != nil {
		return s, err
	}
	if !p.cfg.keepPasswords {
		return s, nil
	}
	eachUser(res.Order, func(u *licensespring.UserRecord) {
		if u.InitialPassword.IsZero() {
			return
		}
		if s.Passwords == nil {
			s.Passwords = make(map[string]string)
		}
		s.Passwords[passwordKey(u)] = u.InitialPassword.Reveal()
	})
	return s, nil
}

func (s *storedResult) result() (*Result, error) {
	r := &Result{
		OrderID: s.OrderID, Outcome: s.Outcome, ServiceID: s.ServiceID, Warnings: s.Warnings,
		Enqueued: s.Enqueued, Done: s.Done, Deliveries: s.Deliveries,
	}
	if s.Order == nil {
		return r, nil
	}
	r.Order = &licensespring.OrderRecord{}
	if err := json.Unmarshal(s.Order, r.Order); err != nil {
		return nil, err
	}
	eachUser(r.Order, func(u *licensespring.UserRecord) {
		u.InitialPassword = licensespring.NewSecret(s.Passwords[passwordKey(u)])
	})
	return r, nil
}

// merge adds a later result of the same order to one that is stored, and reports
// whether that changed it. Results of one order meet when it was enqueued twice,
// when two workers had it, and when it is appended to. The order as it was when
// it had most licenses is kept, for licenses are only ever added; of two alike,
// what the maker of the order says and not who found it there.
func (s *storedResult) merge(later *storedResult) bool {
	changed := false
	for _, content := range later.Contents {
		if !slices.Contains(s.Contents, content) {
			s.Contents, changed = append(s.Contents, content), true
		}
	}
	for user, password := range later.Passwords {
		if s.Passwords[user] != "" {
			continue
		}
		if s.Passwords == nil {
			s.Passwords = make(map[string]string)
		}
		s.Passwords[user], changed = password, true
	}
	isMaker := s.Outcome == licensespring.Existing && later.Outcome != licensespring.Existing
	if later.Licenses < s.Licenses || (later.Licenses == s.Licenses && !isMaker) {
		return changed
	}
	contents, passwords, enqueued := s.Contents, s.Passwords, s.Enqueued
	*s = *later
	s.Contents, s.Passwords = contents, passwords
	if enqueued.Before(s.Enqueued) {
		s.Enqueued = enqueued
	}
	return true
}

func passwordKey(u *licensespring.UserRecord) string {
	if u.ID != 0 {
		return strconv.FormatInt(u.ID, 10)
	}
	return u.Email
}

func eachUser(order *licensespring.OrderRecord, do func(*licensespring.UserRecord)) {
	for i := range order.OrderItems {
		for j := range order.OrderItems[i].Licenses {
			users := order.OrderItems[i].Licenses[j].LicenseUsers
			for k := range users {
				do(&users[k])
			}
		}
	}
	for i := range order.NewUsers {
		do(&order.NewUsers[i])
	}
}
