package reconcile_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/billing/audit"
	"github.com/licensespring-go/licensespring/billing/reconcile"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// invariant names what must be true after a quiet period.
type invariant string

const (
	paidIsLicensed   invariant = "every paying customer has exactly the licenses that are paid for"
	dateFollowsMoney invariant = "a license ends after the paid period, and before it plus slack"
	unpaidIsDisabled invariant = "no license is enabled for longer than the slack without a payment"
	issuedOnce       invariant = "no license is issued twice"
	manualStays      invariant = "no license that was disabled manually is enabled"
	dateNeverBack    invariant = "no date moves to an earlier day"
	valuesAsSold     invariant = "a license has the limits of its price"
	booksAreRight    invariant = "an audit after a quiet period finds nothing but reviews"
	reviewsAreRight  invariant = "the dead letters are the reviews that are open"
	ordersAreKnown   invariant = "the licenses of every order are known"
	everySubject     invariant = "every license belongs to a subject"
)

func (s *simulation) violated(subject string, i invariant, format string, args ...any) {
	s.t.Helper()
	s.failed[subject] = true
	s.t.Errorf("seed %d, day %d, %s: %s: %s", s.seed, s.day, subject, i, fmt.Sprintf(format, args...))
}

// quiet ends the faults, audits unless no event was lost, and compares the licenses with
// the model.
func (s *simulation) quiet(fix bool) {
	s.t.Helper()
	s.clearFaults()
	for range 4 { // delayed deliveries
		if !s.keepEvents {
			s.nextDay(false)
		}
	}
	s.log(nil, "quiet")
	s.settle()
	var fixed []audit.Difference
	if fix {
		fixed = s.audit(true)
		s.settle()
	}
	s.compare()
	s.checkRequests()
	s.checkReviews()
	for rec, err := range s.machine.reconciler.Records(s.t.Context()) {
		require.NoError(s.t, err)
		if rec.IsPending() {
			s.violated(rec.Subject.ID, ordersAreKnown, "%d orders are pending", len(rec.Orders))
		}
	}
	found := s.audit(false)
	for _, d := range found {
		if d.Kind != audit.KindReview {
			s.violated(d.Subject, booksAreRight, "%s: %s (%s)", d.Kind, d.Cause, d.Change)
		}
	}
	s.log(nil, "compared; the audit has corrected %d differences, and leaves %d", len(fixed), len(found))
	for _, l := range s.lives {
		v := s.expectation(l)
		for product, b := range l.bounds {
			if r := v.rights[product]; r.exact || v.exact {
				b.floor = r.count
			}
		}
	}
	if s.t.Failed() {
		s.explainRecords()
	}
}

// settle waits until nothing waits.
func (s *simulation) settle() {
	s.t.Helper()
	for end := time.Now().Add(3 * time.Minute); ; <-time.After(5 * time.Millisecond) {
		b, err := s.machine.backlog(s.t.Context())
		require.NoError(s.t, err)
		if b == (backlog{}) {
			break
		}
		if time.Now().After(end) {
			s.failed[""] = true
			s.explainRecords()
			require.FailNow(s.t, "the machine does not become idle", "%+v", b)
		}
	}
	<-time.After(2 * staleTime)
}

// audit audits, and returns the differences.
func (s *simulation) audit(fix bool) []audit.Difference {
	s.t.Helper()
	a := &audit.Audit{Subjects: s.machine.reader, Reconciler: s.machine.reconciler, Client: s.machine.client, Fix: fix, FixTimeout: 3 * time.Minute}
	var found []audit.Difference
	summary, err := a.Run(s.t.Context(), audit.Position{}, func(d audit.Difference) error {
		found = append(found, d)
		return nil
	})
	require.NoError(s.t, err)
	require.True(s.t, summary.Complete)
	return found
}

// licensesOf returns the licenses of a subject, oldest first.
func (s *simulation) licensesOf(subject string) []licensespringtest.License {
	return slices.DeleteFunc(s.service.Licenses(), func(l licensespringtest.License) bool { return l.OrderStoreID != subject })
}

// isHeld reports whether a license is disabled manually.
func (s *simulation) isHeld(id int64) bool {
	held := s.holds[id]
	return len(held) > 0 && held[len(held)-1].until.IsZero()
}

// compare compares the licenses of all lives with the model.
func (s *simulation) compare() {
	s.t.Helper()
	known := map[string]bool{}
	for _, l := range s.lives {
		v := s.expectation(l)
		known[v.subject] = true
		licenses := s.licensesOf(v.subject)
		for product, b := range l.bounds {
			s.compareProduct(&v, product, b, slices.DeleteFunc(slices.Clone(licenses), func(one licensespringtest.License) bool {
				return one.ProductCode != product
			}))
		}
		for _, one := range licenses {
			if l.bounds[one.ProductCode] == nil {
				s.violated(v.subject, everySubject, "license %d is of the product %s", one.ID, one.ProductCode)
			}
		}
	}
	for _, one := range s.service.Licenses() {
		if !known[one.OrderStoreID] {
			s.violated(one.OrderStoreID, everySubject, "license %d", one.ID)
		}
	}
}

// compareProduct compares the licenses of one product of a subject.
func (s *simulation) compareProduct(v *expectation, product string, b *bounds, licenses []licensespringtest.License) {
	s.t.Helper()
	r, ok := v.rights[product]
	exact := r.exact || !ok && v.exact
	today := s.stripe.Now().Truncate(day)
	enabled, held, valid := 0, 0, 0
	for _, one := range licenses {
		end := endOf(&one)
		switch {
		case s.isHeld(one.ID):
			held++
			if one.Enabled {
				s.violated(v.subject, manualStays, "license %d is enabled", one.ID)
			}
			continue
		case !one.Enabled:
			continue
		}
		enabled++
		if end.IsZero() || !end.Before(today) {
			valid++
		}
		switch {
		case !exact:
			if end.After(b.latest) {
				s.violated(v.subject, dateFollowsMoney, "license %d ends on %s, after %s", one.ID, date(end), date(b.latest))
			}
			continue
		case r.date.IsZero() != end.IsZero(), end.Before(r.date), end.After(b.latest):
			s.violated(v.subject, dateFollowsMoney, "license %d ends on %s instead of %s", one.ID, date(end), date(r.date))
		}
		if n, _ := one.Properties["max_activations"].(int64); r.devices > 0 && int(n) != r.devices {
			s.violated(v.subject, valuesAsSold, "license %d has %d activations instead of %d", one.ID, n, r.devices)
		}
		if is, _ := one.Properties["is_trial"].(bool); is != r.trial {
			s.violated(v.subject, valuesAsSold, "license %d: is_trial is %v", one.ID, is)
		}
	}
	if exact {
		if enabled < r.count-held {
			s.violated(v.subject, paidIsLicensed, "%s: %d licenses are enabled and %d disabled manually, instead of %d", product, enabled, held, r.count)
		}
		if enabled > r.count {
			s.violated(v.subject, unpaidIsDisabled, "%s: %d licenses are enabled instead of %d", product, enabled, r.count)
		}
		if len(licenses) < r.count {
			s.violated(v.subject, paidIsLicensed, "%s: there are %d licenses instead of %d", product, len(licenses), r.count)
		}
	} else if enabled < b.floor-held {
		s.violated(v.subject, paidIsLicensed, "%s: %d licenses are enabled and %d disabled manually, instead of at least %d", product, enabled, held, b.floor)
	}
	if valid > b.most {
		s.violated(v.subject, unpaidIsDisabled, "%s: %d licenses are valid, and at most %d were paid for", product, valid, b.most)
	}
	if len(licenses) > b.most {
		s.violated(v.subject, issuedOnce, "%s: %d licenses were issued, and at most %d were wanted at a time", product, len(licenses), b.most)
	}
}

func date(t time.Time) string { return t.Format(time.DateOnly) }

// endOf returns the end of a license, or zero.
func endOf(l *licensespringtest.License) time.Time {
	text, _ := l.Properties["validity_period"].(string)
	end, _ := time.Parse(time.DateOnly, text[:min(len(text), len(time.DateOnly))])
	return end
}

// checkRequests checks the requests that were applied since the last check.
func (s *simulation) checkRequests() {
	s.t.Helper()
	all := s.service.Requests()
	applied := slices.DeleteFunc(slices.Clone(all[s.requests:]), func(r licensespringtest.Request) bool { return !r.Changed })
	s.requests = len(all)
	slices.SortStableFunc(applied, func(a, b licensespringtest.Request) int { return a.Applied.Compare(b.Applied) })
	subjects := map[string]string{}
	for _, one := range s.service.Licenses() {
		subjects[strconv.FormatInt(one.ID, 10)] = one.OrderStoreID
	}
	for _, r := range applied {
		parts := strings.Split(strings.Trim(r.Path, "/"), "/")
		i := slices.Index(parts, "licenses")
		if i < 0 || i+1 >= len(parts) {
			continue
		}
		id, subject := parts[i+1], subjects[parts[i+1]]
		switch r.Endpoint {
		case licensespringtest.EnableLicense:
			number, err := strconv.ParseInt(id, 10, 64)
			require.NoError(s.t, err)
			for _, h := range s.holds[number] {
				if r.Applied.After(h.from) && (h.until.IsZero() || r.Applied.Before(h.until)) {
					s.violated(subject, manualStays, "license %s was enabled %v after it was disabled manually", id, r.Applied.Sub(h.from))
				}
			}
		case licensespringtest.UpdateLicense:
			var body struct {
				ValidityPeriod string `json:"validity_period"`
			}
			require.NoError(s.t, json.Unmarshal(r.Body, &body))
			if body.ValidityPeriod == "" {
				continue
			}
			if last := s.dates[id]; body.ValidityPeriod < last {
				s.violated(subject, dateNeverBack, "license %s: from %s to %s", id, last, body.ValidityPeriod)
			}
			s.dates[id] = body.ValidityPeriod
		default:
		}
	}
}

// checkReviews compares the dead letters with the reviews of the model.
func (s *simulation) checkReviews() {
	s.t.Helper()
	rightsOf := map[string]*expectation{}
	open := map[string]int{} // dead letters by subject and part of the text
	for _, l := range s.lives {
		v := s.expectation(l)
		rightsOf[v.subject] = &v
	}
	for letter, err := range s.machine.pipeline.DeadLetters(s.t.Context()) {
		require.NoError(s.t, err)
		key, _ := reconcile.ParseKey(string(letter.Payload))
		v := rightsOf[key.ID]
		if letter.Source != reconcile.SourceOfReviews || v == nil || !v.expects(letter.Failure.Text) {
			s.violated(cmp.Or(key.ID, letter.OrderID), reviewsAreRight, "a dead letter (%s) is left: %s", letter.Source, letter.Failure.Text)
			continue
		}
		for _, part := range v.reviews {
			if strings.Contains(letter.Failure.Text, part) {
				open[v.subject+part]++
			}
		}
	}
	for subject, v := range rightsOf {
		for _, part := range v.reviews {
			if n := open[subject+part]; n != 1 {
				s.violated(subject, reviewsAreRight, "%d dead letters with the text %q", n, part)
			}
		}
	}
}

// explainRecords prints the histories of the subjects whose licenses are wrong.
func (s *simulation) explainRecords() {
	ctx := context.WithoutCancel(s.t.Context())
	for rec, err := range s.machine.reconciler.Records(ctx) {
		if err != nil {
			return
		}
		isOpen := s.failed[""] && (rec.IsPending() || rec.LastError() != "")
		if !s.failed[rec.Subject.ID] && !isOpen {
			continue
		}
		for _, e := range rec.History {
			s.t.Log(rec.Subject.ID, e.At.Format(time.TimeOnly), e.Status, e.Decision, e.Reason, e.Steps, e.Notes, e.Error)
		}
		memory, _ := json.Marshal(rec.Memory)
		s.t.Log(rec.Subject.ID, string(memory))
		for _, l := range s.licensesOf(rec.Subject.ID) {
			s.t.Log(l.ID, l.ProductCode, l.Enabled, l.DisabledBy, l.Properties["validity_period"], s.holds[l.ID])
		}
	}
}
