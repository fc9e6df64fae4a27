package reconcile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/licensespring-go/licensespring/billing/audit"
	"github.com/licensespring-go/licensespring/billing/stripetest"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

var throughputFlag = flag.Int("throughput", 0, "number of subscriptions of TestThroughput, at most 99,999; 0 skips it")

var monthsFlag = flag.Int("months", 2, "number of months of TestThroughput: with 1, all licenses are adopted and renewed at once")

// envAudit makes the child process audit instead of serving.
const envAudit = "RECONCILE_TEST_AUDIT"

// runAudit audits once and prints the summary.
func runAudit(ctx context.Context, m *machine) error {
	a := &audit.Audit{Subjects: m.reader, Reconciler: m.reconciler, Client: m.client}
	summary, err := a.Run(ctx, audit.Position{}, func(audit.Difference) error { return nil })
	if err != nil {
		return err
	}
	fmt.Println(summary.Subjects, summary.Licenses, len(summary.Differences), summary.EndedAt.Sub(summary.StartedAt).Round(time.Millisecond), peakMemory(os.Getpid()))
	return m.close()
}

// The ids of a copy contain its number between two marks.
var (
	copyNumber = regexp.MustCompile(`55(\d{5})55`)
	stripeID   = regexp.MustCompile(`\b(sub|in|ch|pi|si|il|inpay|cus|cs|pm|evt|seti|txn)_(live_|test_)?[A-Za-z0-9]{8,}`)
)

const copyMark = "55@@@@@55"

func copyText(n int) string { return fmt.Sprintf("55%05d55", n) }

// recording holds the requests and responses of one subscription and its license, with
// a mark in place of the number of a copy.
type recording struct {
	stripe   map[string]string
	service  [2]map[string]string // before and after the license was changed
	events   []string
	sub      string // object
	invoices []string
	license  string
}

// recorder is a transport that records.
type recorder struct {
	next   http.RoundTripper
	record func(r *http.Request, body string)
}

func (t *recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	res.Body = io.NopCloser(bytes.NewReader(body))
	res.ContentLength = int64(len(body))
	if res.StatusCode == http.StatusOK {
		t.record(r, string(body))
	}
	return res, err
}

func keyOf(r *http.Request) string { return r.Method + " " + r.URL.Path + "?" + r.URL.Query().Encode() }

// record plays two months of one subscription. Its license exists before the store.
func record(t *testing.T) []*recording {
	t.Helper()
	shop := stripetest.New(start, stripetest.WithTB(t), stripetest.WithSigningTime(time.Now))
	shop.AddPrice(stripetest.Price{ID: "price_month", UnitAmount: 2500, Interval: "month", Metadata: map[string]string{"product_short_code": "acmecad"}})
	service := licensespringtest.NewServer(t)
	var current *recording
	var mu sync.Mutex
	changed := 0
	access := services{
		stripe: &http.Client{Transport: &recorder{shop.Client().Transport, func(r *http.Request, body string) {
			mu.Lock()
			defer mu.Unlock()
			current.stripe[keyOf(r)] = body
		}}},
		stripeURL: shop.URL(), stripeKey: shop.APIKey(), licenseURL: service.URL(), licenseKey: service.APIKey(),
	}
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		out, err := http.NewRequestWithContext(r.Context(), r.Method, service.URL()+r.URL.RequestURI(), bytes.NewReader(body))
		if err != nil {
			panic(err)
		}
		out.Header = r.Header.Clone()
		out.Header.Del("Accept-Encoding")
		res, err := client.Do(out)
		if err != nil {
			panic(err)
		}
		defer res.Body.Close()
		response, _ := io.ReadAll(res.Body)
		mu.Lock()
		if r.Method == http.MethodPatch {
			changed = 1
		}
		current.service[changed][keyOf(r)] = string(response)
		mu.Unlock()
		w.Header().Set("Content-Type", res.Header.Get("Content-Type"))
		w.WriteHeader(res.StatusCode)
		_, _ = w.Write(response)
	}))
	t.Cleanup(proxy.Close)
	access.licenseURL = strings.Replace(service.URL(), "http://"+strings.Split(strings.TrimPrefix(service.URL(), "http://"), "/")[0], proxy.URL, 1)

	begin := func() {
		mu.Lock()
		defer mu.Unlock()
		changed = 0
		current = &recording{stripe: map[string]string{}, service: [2]map[string]string{{}, {}}}
	}
	reconcileOnce := func(dir, id string) {
		m, err := openMachine(t.Context(), dir, access)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- m.run(ctx) }()
		require.NoError(t, m.reconciler.Request(t.Context(), subscription(id)))
		require.Eventually(t, func() bool {
			b, err := m.backlog(t.Context())
			return err == nil && b == (backlog{})
		}, 3*time.Minute, 10*time.Millisecond)
		_, err = m.reconciler.Compare(t.Context(), subscription(id)) // as an audit does
		require.NoError(t, err)
		cancel()
		require.NoError(t, <-done)
		require.NoError(t, m.close())
	}
	begin()
	id := shop.Checkout(stripetest.Checkout{Email: "ada@example.com", Items: []stripetest.Item{{Price: "price_month"}}}).Subscription.ID
	reconcileOnce(t.TempDir(), id)
	require.Len(t, service.Licenses(), 1)
	license := service.Licenses()[0]
	ids := map[string]string{}
	replace := func(text string) string {
		text = strings.ReplaceAll(text, strconv.FormatInt(license.ID, 10), "1"+copyMark)
		text = strings.ReplaceAll(text, license.Key, "KEY-"+copyMark)
		return stripeID.ReplaceAllStringFunc(text, func(id string) string {
			if ids[id] == "" {
				ids[id] = id[:strings.LastIndex(id, "_")+1] + string(rune('A'+len(ids)/26)) + string(rune('A'+len(ids)%26)) + copyMark
			}
			return ids[id]
		})
	}
	dir := t.TempDir()
	var months []*recording
	for range 2 {
		begin()
		shop.DropPending(func(stripetest.PendingEvent) bool { return true })
		var events []string
		shop.Play(t.Context(), 32*day, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			var e struct {
				Type string `json:"type"`
			}
			if json.Unmarshal(body, &e) == nil && (e.Type == "invoice.paid" || e.Type == "customer.subscription.updated") {
				events = append(events, string(body))
			}
			w.WriteHeader(http.StatusOK)
		})
		reconcileOnce(dir, id)
		mu.Lock()
		r := current
		mu.Unlock()
		months = append(months, r.templates(t, replace, events))
	}
	return months
}

// templates puts the marks into a recording.
func (r *recording) templates(t *testing.T, replace func(string) string, events []string) *recording {
	t.Helper()
	out := &recording{stripe: map[string]string{}, service: [2]map[string]string{{}, {}}}
	for key, body := range r.stripe {
		key, body = replace(key), replace(body)
		out.stripe[key] = body
		switch {
		case strings.HasPrefix(key, "GET /v1/subscriptions/"):
			out.sub = body
		case strings.HasPrefix(key, "GET /v1/invoices?"):
			var page struct {
				Data []json.RawMessage `json:"data"`
			}
			require.NoError(t, json.Unmarshal([]byte(body), &page))
			for _, one := range page.Data {
				out.invoices = append(out.invoices, string(one))
			}
		}
	}
	for i := range r.service {
		for key, body := range r.service[i] {
			out.service[i][replace(key)] = replace(body)
			var page struct {
				Results []json.RawMessage `json:"results"`
			}
			if i == 1 && json.Unmarshal([]byte(body), &page) == nil && len(page.Results) == 1 {
				out.license = replace(string(page.Results[0]))
			}
		}
	}
	for _, e := range events {
		out.events = append(out.events, replace(e))
	}
	require.NotEmpty(t, out.sub)
	require.NotEmpty(t, out.invoices)
	require.NotEmpty(t, out.license)
	require.Len(t, out.events, 2)
	return out
}

// copies serves both services for copies of a recording.
type copies struct {
	n       int
	current atomic.Pointer[recording]
	changed []atomic.Bool
	done    atomic.Int64 // number of copies that were changed
	stripe  atomic.Int64 // numbers of requests
	service atomic.Int64
	unknown atomic.Pointer[string]
}

func (c *copies) begin(r *recording) {
	c.changed = make([]atomic.Bool, c.n)
	c.done.Store(0)
	c.stripe.Store(0)
	c.service.Store(0)
	c.current.Store(r)
}

func (c *copies) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	rec := c.current.Load()
	key := keyOf(r)
	number := -1
	if found := copyNumber.FindStringSubmatch(key); found != nil {
		number, _ = strconv.Atoi(found[1])
		key = copyNumber.ReplaceAllLiteralString(key, copyMark)
	}
	isStripe := strings.HasPrefix(r.URL.Path, "/v1/")
	if isStripe {
		c.stripe.Add(1)
	} else {
		c.service.Add(1)
	}
	query := r.URL.Query()
	body, ok := "", false
	switch {
	case r.URL.Path == "/v1/subscriptions":
		body, ok = c.stripePage(number, 100, rec.sub), true
	case r.URL.Path == "/v1/invoices" && !query.Has("subscription"):
		body, ok = c.stripePage(number, 100/len(rec.invoices), rec.invoices...), true
	case r.URL.Path == "/v1/checkout/sessions":
		body, ok = `{"object":"list","data":[],"has_more":false}`, true
	case query.Get("enabled") == "true":
		offset, _ := strconv.Atoi(query.Get("offset"))
		body, ok = c.licensePage(offset, rec), true
	case isStripe:
		body, ok = rec.stripe[key]
	case number >= 0 && number < c.n:
		state := 0
		if r.Method == http.MethodPatch && !c.changed[number].Swap(true) {
			c.done.Add(1)
		}
		if c.changed[number].Load() {
			state = 1
		}
		body, ok = rec.service[state][key]
	}
	if !ok {
		c.unknown.Store(&key)
		w.WriteHeader(http.StatusNotFound)
		return
	}
	_, _ = io.WriteString(w, strings.ReplaceAll(body, copyMark, copyText(max(number, 0))))
}

// stripePage returns a page of the copies before one, newest first.
func (c *copies) stripePage(after, size int, templates ...string) string {
	if after < 0 {
		after = c.n
	}
	var data []string
	for n := after - 1; n >= 0 && n >= after-size; n-- {
		for _, one := range templates {
			data = append(data, strings.ReplaceAll(one, copyMark, copyText(n)))
		}
	}
	return fmt.Sprintf(`{"object":"list","has_more":%v,"data":[%s]}`, after > size, strings.Join(data, ","))
}

func (c *copies) licensePage(offset int, rec *recording) string {
	var data []string
	for n := offset; n < min(offset+100, c.n); n++ {
		data = append(data, strings.ReplaceAll(rec.license, copyMark, copyText(n)))
	}
	next := "null"
	if offset+100 < c.n {
		next = `"next page"`
	}
	return fmt.Sprintf(`{"count":%d,"next":%s,"previous":null,"results":[%s]}`, c.n, next, strings.Join(data, ","))
}

// TestThroughput measures renewals on the first of a month and an audit. The process
// that works is a child, so that its memory can be measured.
func TestThroughput(t *testing.T) {
	if *throughputFlag == 0 {
		t.Skip("it measures; see -throughput")
	}
	months := record(t)[:min(max(*monthsFlag, 1), 2)]
	c := &copies{n: *throughputFlag}
	c.begin(months[0])
	fakes := httptest.NewServer(c)
	t.Cleanup(fakes.Close)
	access := services{stripeURL: fakes.URL, stripeKey: "rk_live_51", licenseURL: fakes.URL, licenseKey: "key"}
	dir := t.TempDir()
	for i, month := range months {
		c.begin(month)
		p := startProcess(t, dir, access)
		start := time.Now()
		c.send(t, p.url, month.events)
		confirmed := time.Since(start)
		for int(c.done.Load()) < c.n {
			<-time.After(50 * time.Millisecond)
			if key := c.unknown.Load(); key != nil {
				require.FailNow(t, "a request was not recorded", *key)
			}
		}
		all := time.Since(start)
		<-time.After(2 * time.Second) // the last acknowledgments
		t.Logf("month %d: %d events confirmed in %v; %d licenses changed after %v, %.0f/s; %.2f requests to Stripe and %.2f to LicenseSpring for each; peak memory %s",
			i+1, 2*c.n, confirmed.Round(time.Millisecond), c.n, all.Round(time.Millisecond), float64(c.n)/all.Seconds(),
			float64(c.stripe.Load())/float64(c.n), float64(c.service.Load())/float64(c.n), peakMemory(p.cmd.Process.Pid))
		p.kill(t)
	}
	c.stripe.Store(0)
	c.service.Store(0)
	t.Setenv(envAudit, "1")
	p := startProcess(t, dir, access)
	p.wait(t)
	t.Logf("audit (subjects, licenses, kinds of differences, duration, peak memory): %s; %d requests to Stripe and %d to LicenseSpring",
		strings.TrimPrefix(p.url, "http://"), c.stripe.Load(), c.service.Load())
}

// send sends the events of all copies.
func (c *copies) send(t *testing.T, url string, events []string) {
	t.Helper()
	numbers := make(chan int)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	defer client.CloseIdleConnections()
	var senders sync.WaitGroup
	for range 32 {
		senders.Go(func() {
			for n := range numbers {
				for _, e := range events {
					payload := []byte(strings.ReplaceAll(e, copyMark, copyText(n)))
					signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: payload, Secret: stripetest.DefaultSecret, Timestamp: time.Now()})
					r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(payload))
					if err != nil {
						t.Error(err)
						return
					}
					r.Header.Set("Stripe-Signature", signed.Header)
					res, err := client.Do(r)
					if err != nil {
						t.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, res.Body)
					res.Body.Close()
					if res.StatusCode != http.StatusOK {
						t.Errorf("status %d", res.StatusCode)
					}
				}
			}
		})
	}
	for n := range c.n {
		numbers <- n
	}
	close(numbers)
	senders.Wait()
}

// peakMemory returns the peak of the resident memory of a process, on Linux.
func peakMemory(pid int) string {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}
