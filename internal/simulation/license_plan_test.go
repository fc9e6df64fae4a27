package simulation

import (
	"fmt"
	"maps"
	"slices"
	"time"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// A licensePlan is everything that a seed determines for a run about licenses.
type licensePlan struct {
	seed uint64

	// The service.
	dialect          lst.Dialect
	quirks           []lst.Quirk
	lookupDelay      time.Duration
	staleReads       time.Duration
	rejectedRepeats  bool
	rejectedFeatures bool
	cap              int // of max_activations in updates; 0: none
	rateLimit        lst.RateLimit

	limit     ls.RateLimit // that the processes share, or 0 for none
	licenses  []existingLicense
	processes []processPlan
	writers   []writerPlan
	actions   []adminAction
	faults    faultPlan
	// misrouted makes responses show another license. hidden is a member that some
	// records do not show.
	misrouted []misroute
	hidden    hiddenMember
	// settled is what the last calls want of each license.
	settled []wanted
}

// An existingLicense is a license before the writers start.
type existingLicense struct {
	userBased bool
	users     []string
	validity  string // a date, or "" for none
	metadata  map[string]any
}

// A writerPlan is the plan of a program that changes licenses, with one process.
type writerPlan struct {
	after time.Duration // delay of the first call
	calls []licenseCallPlan
}

// A licenseCallPlan is the plan of a call.
type licenseCallPlan struct {
	license int
	op      ls.Op
	wanted  wanted
	address string // of SetUserPassword
	secret  string // the password of SetUserPassword
	tries   int
	limits  limits
	pause   time.Duration // after the call
	restart time.Duration // after a crash
}

// An adminAction is a change by a user of the vendor's platform: exactly one of the
// fields enable, values, add and remove is set.
type adminAction struct {
	at      time.Duration // after the faults begin
	license int
	enable  *bool
	values  map[string]any // by their names in a record of the classic dialect
	add     string
	remove  string

	done      time.Time
	effective bool // whether the service accepted it
}

// A misroute is a fault: the response to a request shows another license. The service
// may have applied the request.
type misroute struct {
	license int
	applied bool
	nth     int
}

// A hiddenMember is a member that records do not show: from the nth on, a number of
// times or always.
type hiddenMember struct {
	name       string
	nth, times int
}

// The products of the licenses.
const (
	keyProduct         = "acmecad"
	userProduct        = "acmeweb"
	consumptionFeature = "calls"
	defaultConsumption = 100
	unknownFeature     = "no-such-feature"
)

func licenseProducts() []lst.Product {
	return []lst.Product{
		{Code: keyProduct, LicenseType: "subscription", Features: []lst.Feature{
			{Code: "render"}, {Code: "export"}, {Code: consumptionFeature, Consumption: true, MaxConsumption: defaultConsumption},
		}},
		{Code: userProduct, Auth: lst.UserBased, LicenseType: "subscription", Features: []lst.Feature{{Code: "teams"}, {Code: "render"}}},
	}
}

func featureCodes(userBased bool) []string {
	if userBased {
		return []string{"teams", "render"}
	}
	return []string{"render", "export", consumptionFeature}
}

func knownFeature(userBased bool, code string) bool {
	return slices.Contains(featureCodes(userBased), code)
}

// A licenseGenerator generates random plans about licenses.
type licenseGenerator struct{ random }

func newLicensePlan(seed uint64) *licensePlan {
	p := &licensePlan{seed: seed}
	g := licenseGenerator{newRandom(seed, streamLicenses)}
	g.service(p)
	for i := range g.between(1, 3) {
		p.licenses = append(p.licenses, g.license(i))
		p.settled = append(p.settled, g.settled(&p.licenses[i]))
	}
	for range pick(g.random, 1, 1, 2, 3) {
		q := g.process(clientDialect(p.dialect))
		if g.chance(15) {
			q.transport = g.repeating(pick(g.random, looping, retrying))
		}
		p.processes = append(p.processes, q)
		w := writerPlan{after: g.duration(time.Microsecond, 20*time.Second)}
		for range g.between(3, 8) {
			w.calls = append(w.calls, g.call(p))
		}
		p.writers = append(p.writers, w)
	}
	if len(p.writers) > 1 && g.chance(40) {
		g.meet(p)
	}
	if g.chance(60) {
		for range g.between(1, 4) {
			p.actions = append(p.actions, g.action(p))
		}
	}
	p.planFaults(newRandom(seed, streamLicenseFaults))
	return p
}

// meet makes two writers want the same at nearly the same time.
func (g *licenseGenerator) meet(p *licensePlan) {
	first, second := &p.writers[0], &p.writers[1]
	second.after = first.after + g.duration(time.Microsecond, 20*time.Millisecond)
	call := &first.calls[0]
	if l := &p.licenses[call.license]; l.userBased && g.chance(50) { // the service rejects the second request
		p.rejectedRepeats = true
		call.op, call.wanted = ls.OpUnassignUser, wanted{unassigned: l.users[0]}
		if g.chance(50) {
			call.op, call.wanted = ls.OpAssignUser, wanted{assigned: &wantedUser{email: userAddress(3)}}
		}
	}
	second.calls[0] = *call
}

func (g *licenseGenerator) service(p *licensePlan) {
	p.dialect = pick(g.random, lst.DialectClassic, lst.DialectCurrent)
	p.rejectedRepeats, p.rejectedFeatures = g.chance(40), g.chance(20)
	if g.chance(25) {
		p.staleReads = g.duration(time.Millisecond, 20*time.Second)
	}
	if g.chance(10) {
		p.lookupDelay = g.duration(time.Millisecond, 30*time.Second)
	}
	if g.chance(12) {
		p.cap = g.between(2, 4)
	}
	if g.chance(4) {
		p.rateLimit = lst.RateLimit{
			PerTenSeconds: g.between(4, 12), RetryAfter: pick(g.random, lst.RetryAfterSeconds, lst.RetryAfterDate, lst.NoRetryAfter),
		}
	}
	if g.chance(6) {
		p.limit = ls.RateLimit(g.between(4, 12))
	}
	for _, q := range []lst.Quirk{lst.QuirkZeroDates, lst.QuirkCustomerNull, lst.QuirkSingleUser, lst.QuirkPlainEmails} {
		if g.chance(8) {
			p.quirks = append(p.quirks, q)
		}
	}
}

func (g *licenseGenerator) license(n int) existingLicense {
	l := existingLicense{userBased: n > 0 && g.chance(60) || g.chance(40)}
	if l.userBased {
		for i := range g.between(1, 2) {
			l.users = append(l.users, userAddress(i))
		}
	}
	if g.chance(75) {
		l.validity = g.date()
	}
	if g.chance(60) {
		l.metadata = g.metadata()
	}
	return l
}

// userAddress returns the address of a user. There are few, so that calls meet.
func userAddress(n int) string { return fmt.Sprintf("%s.%d@example.com", secretWord, n) }

// address returns the address of a user, at times in another spelling.
func (g *licenseGenerator) address() string {
	n := g.IntN(4)
	if g.chance(20) {
		return fmt.Sprintf("%s.%d@Example.COM", secretWord, n)
	}
	return userAddress(n)
}

// date returns one of a few dates, all of which are later than the run.
func (g *licenseGenerator) date() string { return fmt.Sprintf("2031-0%d-11", g.between(1, 6)) }

func (g *licenseGenerator) metadata() map[string]any {
	m := make(map[string]any)
	for range g.between(1, 3) {
		m[pick(g.random, "plan", "region", "seat")] = pick[any](g.random, secretWord+" a", 7.0, 0.5, true, map[string]any{"deep": "x"})
	}
	return m
}

// call returns the plan of a call.
func (g *licenseGenerator) call(p *licensePlan) licenseCallPlan {
	c := licenseCallPlan{license: g.IntN(len(p.licenses)), tries: pick(g.random, 1, 1, 2, 3), op: ls.OpEnsureLicense}
	l := &p.licenses[c.license]
	if g.chance(35) {
		c.op = pick(g.random, ls.OpUpdateLicense, ls.OpUpdateFeatures, ls.OpEnableLicense, ls.OpDisableLicense)
		if l.userBased && g.chance(60) {
			c.op = pick(g.random, ls.OpAssignUser, ls.OpAssignUser, ls.OpUnassignUser, ls.OpSetUserPassword)
		}
	}
	switch c.op { //nolint:exhaustive // the writes
	case ls.OpEnsureLicense:
		c.wanted = g.state(l)
	case ls.OpUpdateLicense:
		c.wanted.values = g.values(l, pick(g.random, 1, 2))
		if c.wanted.values["validity_period"] != nil {
			c.wanted.values["is_trial"] = g.chance(30)
		}
		if g.chance(40) {
			c.wanted.metadata, c.wanted.replaces = g.metadata(), true
			if names := slices.Sorted(maps.Keys(l.metadata)); len(names) > 0 && g.chance(60) { // a part of that of the license
				c.wanted.metadata = map[string]any{names[0]: l.metadata[names[0]]}
			}
		}
	case ls.OpUpdateFeatures:
		c.wanted.features, c.wanted.namesFeatures = g.features(l), true
	case ls.OpEnableLicense, ls.OpDisableLicense:
		c.wanted.enabled = new(c.op == ls.OpEnableLicense)
	case ls.OpAssignUser:
		c.wanted.assigned = new(g.user())
	case ls.OpUnassignUser:
		c.wanted.unassigned = g.address()
	case ls.OpSetUserPassword:
		c.address, c.secret = g.address(), g.password()
	}
	c.pause = g.duration(time.Millisecond, time.Minute)
	switch n := g.IntN(100); {
	case n < 8:
		c.limits.cancel = g.duration(10*time.Microsecond, 40*time.Second)
	case n < 9:
		c.limits.cancel = -1
	case n < 14:
		c.limits.deadline = g.duration(time.Millisecond, 40*time.Second)
	case n < 26:
		c.limits.crash, c.limits.resets = g.duration(10*time.Microsecond, 5*time.Second), g.chance(50)
		c.restart = g.duration(time.Millisecond, 20*time.Second)
	}
	return c
}

func (g *licenseGenerator) user() wantedUser {
	u := wantedUser{email: g.address()}
	if g.chance(30) {
		u.password = g.password()
	}
	return u
}

func (g *licenseGenerator) password() string {
	return fmt.Sprintf("%s-%04d", secretWord, g.IntN(10000))
}

// state returns a state for EnsureLicense.
func (g *licenseGenerator) state(l *existingLicense) wanted {
	w := wanted{allowShorten: g.chance(35), allowEnable: g.chance(45)}
	if g.chance(50) {
		w.enabled = new(g.chance(60))
	}
	if g.chance(70) {
		w.values = g.values(l, g.between(1, 4))
		if w.values["validity_period"] != nil && g.chance(60) {
			w.values["is_trial"] = g.chance(30)
		}
	}
	if g.chance(25) {
		w.metadata = g.metadata()
	}
	if g.chance(30) {
		w.features, w.namesFeatures = g.features(l), true
	}
	if l.userBased && g.chance(50) {
		w.namesUsers = true
		for n := range 4 {
			if g.chance(40) {
				u := g.user()
				u.email = userAddress(n)
				w.users = append(w.users, u)
			}
		}
	}
	if w.enabled == nil && w.values == nil && w.metadata == nil && !w.namesFeatures && !w.namesUsers {
		w.values = g.values(l, 1)
	}
	return w
}

// settled returns a state whose permissions allow everything, without what the
// service may reject.
func (g *licenseGenerator) settled(l *existingLicense) wanted {
	w := g.state(l)
	w.allowShorten, w.allowEnable = true, true
	w.features = w.features[:min(1, len(w.features))]
	delete(w.values, "max_license_users")
	if len(w.values) == 0 {
		w.values = map[string]any{"note": "settled"}
	}
	return w
}

// values returns the members of an update.
func (g *licenseGenerator) values(l *existingLicense, n int) map[string]any {
	values := make(map[string]any)
	for range n {
		switch g.IntN(8) {
		case 0, 1, 2:
			values["validity_period"] = g.date()
		case 3:
			values["max_activations"] = g.between(1, 6)
		case 4:
			values["note"] = pick(g.random, "", secretWord+" note", "a note", "another note")
		case 5:
			values["enable_maintenance_period"], values["maintenance_period"] = true, g.date()
		case 6:
			values["allow_grace_period"], values["grace_period"] = true, g.between(1, 48)
		default:
			switch g.IntN(4) {
			case 0:
				values["prevent_vm"] = g.chance(50)
			case 1:
				values["max_transfers"] = g.between(0, 3)
			case 2:
				values["allow_unlimited_activation"] = g.chance(50)
			default:
				values["is_trial"] = g.chance(50)
				if l.userBased {
					values["max_license_users"] = pick(g.random, 0, 4, 5)
				}
			}
		}
	}
	return values
}

// features returns a list of features, without duplicates.
func (g *licenseGenerator) features(l *existingLicense) []wantedFeature {
	features := []wantedFeature{}
	for _, code := range featureCodes(l.userBased) {
		if !g.chance(55) {
			continue
		}
		f := wantedFeature{code: code}
		if g.chance(30) {
			f.expiry = g.date()
		}
		if code == consumptionFeature && g.chance(50) {
			f.maxConsumption = g.between(10, 12)
		}
		features = append(features, f)
	}
	if g.chance(8) {
		features = append(features, wantedFeature{code: unknownFeature})
	}
	return features
}

// action returns an action of an administrator.
func (g *licenseGenerator) action(p *licensePlan) adminAction {
	a := adminAction{at: g.duration(time.Millisecond, 3*time.Minute), license: g.IntN(len(p.licenses))}
	switch n := g.IntN(100); {
	case n < 45:
		a.enable = new(n >= 35)
	case n < 75:
		a.values = pick(g.random,
			map[string]any{"note": "by hand"}, map[string]any{"max_activations": g.between(1, 6)},
			map[string]any{"validity_period": g.date() + pick(g.random, "", "", "T12:30:00Z")}, map[string]any{"metadata": g.metadata()})
	case n < 77:
		a.values = map[string]any{"validity_period": "not a date"}
	case n < 90:
		a.add = g.address()
	default:
		a.remove = g.address()
	}
	return a
}

// planFaults plans the faults of the connections and of the service.
func (p *licensePlan) planFaults(r random) {
	g := &faultGenerator{random: r, secrets: []string{"no secret", lst.DefaultAPIKey}, maxDelay: time.Minute}
	for _, q := range p.processes {
		if q.wrongKey {
			g.secrets = g.secrets[:1]
		}
	}
	g.clientTimeout = max(p.processes[0].attemptTimeout, 100*time.Millisecond)
	g.request = g.licenseFault
	p.faults = g.healthy(20)
	if len(p.licenses) > 1 && g.chance(12) {
		for range g.between(1, 3) {
			p.misrouted = append(p.misrouted, misroute{license: g.IntN(len(p.licenses)), applied: g.chance(50), nth: g.between(1, 4)})
		}
	}
	if g.chance(10) {
		p.hidden.name = pick(r, "license_users", "metadata", "enabled", "is_trial", "product_features", "max_activations",
			"validity_period", "maintenance_period")
		if g.chance(50) {
			p.hidden.nth, p.hidden.times = g.between(2, 5), g.between(1, 4)
			if g.chance(40) {
				p.hidden.name = "is_trial"
			}
		}
	}
	switch severity := g.IntN(100); {
	case severity < 12:
	case severity < 40:
		for range g.between(1, 3) {
			p.faults.service = append(p.faults.service, g.licenseFault())
		}
	case severity < 50:
		g.breakLine(&p.faults.lines[g.IntN(5)])
	case severity < 85:
		g.several(&p.faults, 5)
	default:
		g.several(&p.faults, 12)
	}
	if p.hidden.times > 0 && g.chance(60) { // the read after a lost response shows less
		p.faults.service = append(p.faults.service, pick(r, g.loss(), lst.DropBefore(), lst.DropBefore()).On(lst.UpdateLicense).Times(2))
	}
}

// licenseFault returns a fault of the service and the requests that it affects.
func (g *faultGenerator) licenseFault() lst.Fault {
	if g.chance(25) {
		return g.repeated(pick(g.random, g.failure(), g.delay(), g.response(), g.response()).On(lst.GetLicense))
	}
	endpoint := pick(g.random, lst.UpdateLicense, lst.UpdateLicense, lst.UpdateFeatures, lst.EnableLicense, lst.DisableLicense,
		lst.AssignUser, lst.AssignUser, lst.UnassignUser, lst.SetUserPassword)
	endpoints := []lst.Endpoint{endpoint}
	if g.chance(30) { // any write
		endpoint, endpoints = "", []lst.Endpoint{
			lst.UpdateLicense, lst.UpdateFeatures, lst.EnableLicense, lst.DisableLicense, lst.AssignUser, lst.UnassignUser,
		}
	}
	var f lst.Fault
	switch n := g.IntN(100); {
	case n < 35:
		f = g.failure()
	case n < 50:
		f = g.delay()
	case n < 62:
		f = lst.DelayedApply(g.duration(time.Millisecond, g.maxDelay))
	case n < 70:
		f = lst.Combine(g.loss(), g.delay())
	case n < 78 && endpoint != lst.SetUserPassword: // the response of a proxy
		options := []lst.StatusOption{injected(), lst.Body("application/json", pick(g.random, `{"message":"welcome"}`, `{}`, `{"message":null}`))}
		if g.chance(40) {
			options = append(options, lst.Stored())
		}
		f = lst.Status(200, options...)
	case endpoint != lst.SetUserPassword:
		f = g.response()
	case n < 94:
		f = g.replaced(g.IntN(replacedStatuses))
	default: // no read can show that a message is not that of the service
		f = g.replaced(replacedBodies + g.IntN(100-replacedBodies))
	}
	return g.repeated(f.On(endpoints...))
}
