package simulation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// A licenseRun is one run of a plan about licenses, with its results.
type licenseRun struct {
	environment

	plan    *licensePlan
	ids     []int64        // of the licenses of the plan
	initial []*licenseView // of each of them
	records []string       // of each of them, before the writers start
	calls   []*licenseCall // guarded by mu
	actions []*adminAction

	// Results of the run.
	faultsEnded time.Time
	dials       int
	stored      []lst.License
	received    map[int][]serverRequest // by number of the call
	untagged    []string                // requests without a tag
	model       *licenseModel
}

// A licenseCall is one call for a license.
type licenseCall struct {
	callRecord

	plan   *licenseCallPlan
	writer int
	id     int64 // of the license
	final  bool  // all faults have ended, and no other call is active
	result *ls.LicenseResult
	// passwords are the passwords of all users at the end of the call, by address in
	// lower case.
	passwords map[string]string
	shown     []*licenseView // by the response to each attempt, of whatever license
	readable  []bool         // whether the response to each attempt is complete and JSON
	writes    []licenseWrite
}

// simulateLicenses runs a plan in a bubble.
func simulateLicenses(t *testing.T, p *licensePlan) *licenseRun {
	t.Helper()
	r := &licenseRun{plan: p}
	r.jitter.random = newRandom(p.seed, streamJitter)
	synctest.Test(t, func(t *testing.T) { r.execute(t.Context()) })
	return r
}

func (r *licenseRun) execute(ctx context.Context) {
	r.start(r.options()...)
	defer r.close()
	if r.plan.limit > 0 {
		r.limiter = ls.NewRateLimiter(r.plan.limit)
	}
	r.createLicenses(ctx)

	r.startFaults()
	var running sync.WaitGroup
	outages := r.outages(r.plan.faults.outages)
	for i := range r.plan.writers {
		running.Go(func() { r.writer(ctx, i) })
	}
	for i := range r.plan.actions {
		running.Go(func() { r.administer(&r.plan.actions[i]) })
	}
	running.Wait()
	outages.Wait()
	r.server.ClearFaults()
	r.network.OnDial(nil)
	r.faultsEnded = time.Now()
	r.settle(ctx)

	r.dials, r.stored = r.network.Dials(), r.server.Licenses()
	r.received = make(map[int][]serverRequest)
	for _, req := range r.server.Requests() {
		t, ok := parseTag(req.Header.Get(headerTag))
		if !ok {
			r.untagged = append(r.untagged, req.Method+" "+req.Path)
		}
		r.received[t.call] = append(r.received[t.call], serverRequest{req, t})
	}
	r.model = newLicenseModel(r)
	for _, c := range r.calls {
		c.decodeViews()
		c.writes = r.writesOf(c)
	}
}

func (r *licenseRun) options() []lst.Option {
	p := r.plan
	options := []lst.Option{
		lst.WithProducts(licenseProducts()...), lst.WithDialect(p.dialect), lst.WithQuirks(p.quirks...),
		lst.WithLookupDelay(p.lookupDelay), lst.WithStaleReads(p.staleReads), lst.WithRateLimit(p.rateLimit), lst.WithSeed(int64(p.seed % (1 << 62))),
	}
	if p.rejectedRepeats {
		options = append(options, lst.WithRejectedRepeats())
	}
	if p.rejectedFeatures {
		options = append(options, lst.WithRejectedFeatures())
	}
	if p.cap > 0 {
		options = append(options, lst.WithCappedActivations(p.cap))
	}
	return options
}

// createLicenses creates the licenses of the plan, in one order.
func (r *licenseRun) createLicenses(ctx context.Context) {
	p := r.startHealthy(clientDialect(r.plan.dialect))
	ctx = withCall(ctx, &callRecord{process: p})
	order := ls.NewOrder("sub-1")
	for _, l := range r.plan.licenses {
		license, product := ls.NewLicense(), keyProduct
		if l.userBased {
			product = userProduct
		}
		for _, address := range l.users {
			license = license.WithUser(ls.LicenseUser{Email: address})
		}
		if l.validity != "" {
			license.ValidityPeriod = dateOf(l.validity).Time()
		}
		license.Metadata = l.metadata
		order.AddItem(product, license)
	}
	created, err := p.client.CreateOrder(ctx, order)
	if err != nil {
		panic(err)
	}
	wait(r.plan.lookupDelay)
	for _, l := range created.Order.Licenses() {
		rec, err := p.client.GetLicense(ctx, l.ID)
		if err != nil {
			panic(err)
		}
		r.ids = append(r.ids, l.ID)
		r.records = append(r.records, string(rec.Raw()))
		r.initial = append(r.initial, decodeView(rec.Raw()))
	}
}

func dateOf(text string) ls.Date {
	d, err := ls.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

// startFaults starts the faults, also on existing connections.
func (r *licenseRun) startFaults() {
	preview, err := r.processes[0].client.PreviewDisableLicense(r.ids[0])
	if err != nil {
		panic(err)
	}
	headers, request := r.requestLength(preview)
	r.breakLines(r.plan.faults.lines, headers, request)
	for _, m := range r.plan.misrouted {
		other := (m.license + 1) % len(r.ids)
		options := []lst.StatusOption{injected(), lst.Body("application/json", r.records[other])}
		if m.applied {
			options = append(options, lst.Stored())
		}
		r.server.Inject(lst.Status(http.StatusOK, options...).On(lst.GetLicense, lst.UpdateLicense, lst.UpdateFeatures).
			Nth(m.nth).When(func(req *http.Request) bool { return licenseOf(req.URL.Path) == r.ids[m.license] }))
	}
	r.server.Inject(r.plan.faults.service...)
	switch h := r.plan.hidden; {
	case h.times > 0:
		r.server.Inject(hide(h.name).Nth(h.nth).Times(h.times))
	case h.name != "":
		r.server.Inject(hide(h.name).Forever())
	}
}

// hide returns a fault that hides a member of records.
func hide(name string) lst.Fault {
	return lst.Custom(func(w http.ResponseWriter, req *http.Request, next http.Handler) {
		recorder := httptest.NewRecorder()
		next.ServeHTTP(recorder, req)
		body := recorder.Body.Bytes()
		var record map[string]json.RawMessage
		if recorder.Code == http.StatusOK && json.Unmarshal(body, &record) == nil {
			delete(record, name)
			if name == "license_users" {
				delete(record, "license_user")
			}
			body, _ = json.Marshal(record)
		}
		maps.Copy(w.Header(), recorder.Header())
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		w.WriteHeader(recorder.Code)
		_, _ = w.Write(body)
	}).On(lst.GetLicense, lst.UpdateLicense, lst.UpdateFeatures)
}

// administer performs an action.
func (r *licenseRun) administer(a *adminAction) {
	wait(a.at)
	id := r.ids[a.license]
	r.mu.Lock()
	defer r.mu.Unlock()
	a.done, a.effective = time.Now(), true
	switch {
	case a.enable != nil && *a.enable:
		r.server.EnableLicense(id)
	case a.enable != nil:
		r.server.DisableLicense(id, "admin")
	case a.values != nil:
		r.server.SetLicense(id, a.values)
	case a.add != "":
		a.effective = r.server.AddUser(id, a.add)
	default:
		a.effective = r.server.RemoveUser(id, a.remove)
	}
	r.actions = append(r.actions, a)
}

// writer behaves as a careful program: it repeats a call whose outcome is unknown or
// that was not possible. After a crash it repeats the call that the crash has ended.
func (r *licenseRun) writer(ctx context.Context, n int) {
	plan := &r.plan.writers[n]
	p := r.startProcess(&r.plan.processes[n])
	wait(plan.after)
	for i := range plan.calls {
		call := &plan.calls[i]
		l := call.limits
		for range call.tries {
			c := r.call(ctx, p, n, call, l)
			wait(call.pause)
			if p.crashed() {
				c.crashed = true
				wait(call.restart)
				p = r.startProcess(p.plan)
				c = r.call(ctx, p, n, call, limits{})
				wait(call.pause)
			}
			if !errors.Is(c.err, ls.ErrOutcomeUnknown) && !errors.Is(c.err, ls.ErrUnavailable) && !errors.Is(c.err, ls.ErrRateLimited) {
				break
			}
			l = limits{}
		}
	}
}

// settler is the writer of the calls after the faults.
const settler = -1

// settle makes each license as the plan wants it at last, twice, after all late
// requests have arrived.
func (r *licenseRun) settle(ctx context.Context) {
	p := r.startHealthy(clientDialect(r.plan.dialect))
	for i, w := range r.plan.settled {
		for range 2 {
			wait(time.Hour)
			r.call(ctx, p, settler, &licenseCallPlan{license: i, op: ls.OpEnsureLicense, wanted: w}, limits{}).final = true
		}
	}
}

// call makes one call and records its result.
func (r *licenseRun) call(ctx context.Context, p *process, writer int, plan *licenseCallPlan, l limits) *licenseCall {
	c := &licenseCall{
		callRecord: callRecord{caller: fmt.Sprintf("writer %d", writer+1), process: p},
		plan:       plan, writer: writer, id: r.ids[plan.license],
	}
	r.mu.Lock()
	r.calls = append(r.calls, c)
	c.number = len(r.calls)
	r.mu.Unlock()
	ctx, stop := c.begin(ctx, l)
	defer stop()
	var err error
	if c.result, err = c.send(ctx, p.client); c.result != nil {
		c.finish(c.result.Outcome, c.result.Attempts, c.result.Warnings, err)
	} else {
		c.finish("", nil, nil, err)
	}
	c.passwords = make(map[string]string)
	for _, license := range r.server.Licenses() {
		for _, u := range license.Users {
			c.passwords[strings.ToLower(u.Email)] = u.Password
		}
	}
	return c
}

func (c *licenseCall) send(ctx context.Context, client *ls.Client) (*ls.LicenseResult, error) {
	w := &c.plan.wanted
	switch c.plan.op {
	case ls.OpUpdateLicense:
		return client.UpdateLicense(ctx, c.id, w.update())
	case ls.OpUpdateFeatures:
		return client.UpdateFeatures(ctx, c.id, w.featureList())
	case ls.OpEnableLicense:
		return client.EnableLicense(ctx, c.id)
	case ls.OpDisableLicense:
		return client.DisableLicense(ctx, c.id)
	case ls.OpAssignUser:
		return client.AssignUser(ctx, c.id, w.assigned.assignment())
	case ls.OpUnassignUser:
		return client.UnassignUser(ctx, c.id, w.unassigned)
	case ls.OpSetUserPassword:
		return client.SetUserPassword(ctx, c.plan.address, ls.NewSecret(c.plan.secret))
	default:
		return client.EnsureLicense(ctx, c.id, w.state())
	}
}

// newUsers returns the users that the call reports to have assigned.
func (c *licenseCall) newUsers() []ls.UserRecord {
	switch {
	case c.result != nil:
		return c.result.NewUsers
	case c.e != nil:
		return c.e.NewUsers()
	default:
		return nil
	}
}

// converges reports whether the call reads and compares before it sends.
func (c *licenseCall) converges() bool {
	return slices.Contains([]ls.Op{ls.OpEnsureLicense, ls.OpAssignUser, ls.OpUnassignUser}, c.plan.op)
}

// state returns the state for EnsureLicense.
func (w *wanted) state() ls.LicenseState {
	s := ls.LicenseState{
		Enabled: w.enabled, LicenseUpdate: w.update(), ProductFeatures: w.featureList(),
		AllowShorten: w.allowShorten, AllowEnable: w.allowEnable,
	}
	if w.namesUsers {
		s.Users = []ls.UserAssignment{}
	}
	for i := range w.users {
		s.Users = append(s.Users, w.users[i].assignment())
	}
	return s
}

func (w *wanted) featureList() []ls.ProductFeature {
	if !w.namesFeatures {
		return nil
	}
	list := []ls.ProductFeature{}
	for _, f := range w.features {
		feature := ls.ProductFeature{Code: f.code}
		if f.expiry != "" {
			feature.ExpiryDate = dateOf(f.expiry)
		}
		if f.maxConsumption > 0 {
			feature.MaxConsumption = new(f.maxConsumption)
		}
		list = append(list, feature)
	}
	return list
}

func (u *wantedUser) assignment() ls.UserAssignment {
	a := ls.UserAssignment{Email: u.email}
	if u.password != "" {
		a.Password = ls.NewSecret(u.password)
	}
	return a
}

func (w *wanted) update() ls.LicenseUpdate {
	u := ls.LicenseUpdate{Metadata: w.metadata}
	flag := func(name string) *bool {
		if value, ok := w.values[name].(bool); ok {
			return &value
		}
		return nil
	}
	number := func(name string) *int {
		if value, ok := w.values[name].(int); ok {
			return &value
		}
		return nil
	}
	if date, ok := w.values["validity_period"].(string); ok {
		u.ValidityPeriod = dateOf(date)
	}
	if date, ok := w.values["maintenance_period"].(string); ok {
		u.MaintenancePeriod = dateOf(date)
	}
	if note, ok := w.values["note"].(string); ok {
		u.Note = &note
	}
	u.IsTrial, u.AllowUnlimitedActivation, u.PreventVM = flag("is_trial"), flag("allow_unlimited_activation"), flag("prevent_vm")
	u.EnableMaintenancePeriod, u.AllowGracePeriod = flag("enable_maintenance_period"), flag("allow_grace_period")
	u.MaxActivations, u.MaxTransfers, u.MaxLicenseUsers = number("max_activations"), number("max_transfers"), number("max_license_users")
	u.GracePeriod = number("grace_period")
	return u
}
