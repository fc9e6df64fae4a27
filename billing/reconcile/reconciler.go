package reconcile

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// Client is the part of [licensespring.Client] that a [Reconciler] uses.
type Client interface {
	AssignKeys(ctx context.Context, order *licensespring.Order) (*licensespring.Order, error)
	EnableLicense(ctx context.Context, id int64) (*licensespring.LicenseResult, error)
	EnsureLicense(ctx context.Context, id int64, state licensespring.LicenseState) (*licensespring.LicenseResult, error)
	GetLicense(ctx context.Context, id int64) (*licensespring.LicenseRecord, error)
	GetOrder(ctx context.Context, id int64) (*licensespring.OrderRecord, error)
	ListLicenses(ctx context.Context, filter licensespring.LicenseFilter) iter.Seq2[*licensespring.LicenseRecord, error]
}

// Reader reads subjects. [lifecycle.Reader] implements it.
type Reader interface {
	// Subject reads a subject.
	Subject(ctx context.Context, of stripehook.Source) (lifecycle.Subject, error)
	// Resolve returns the subject that an event names, or [lifecycle.ErrNoSubject].
	Resolve(ctx context.Context, payload []byte) (lifecycle.Named, error)
}

// Reconciler reconciles subjects. [Open] returns one. It is safe for concurrent use.
type Reconciler struct {
	pipeline *fulfillment.Pipeline
	jobs     *fulfillment.Jobs
	client   Client
	reader   Reader
	cfg      config
}

// Option configures a [Reconciler].
type Option func(*config)

type config struct {
	lifecycle lifecycle.Config
	logger    *slog.Logger
	observe   func(Report)
	now       func() time.Time
	orderWait time.Duration
	announce  bool
}

// WithConfig sets the rules that no price determines.
func WithConfig(c lifecycle.Config) Option { return func(cfg *config) { cfg.lifecycle = c } }

// WithLogger sets the logger. The default discards everything.
func WithLogger(l *slog.Logger) Option { return func(cfg *config) { cfg.logger = l } }

// WithObserver sets a function that is called after each job. It must be safe for
// concurrent use.
func WithObserver(observe func(Report)) Option { return func(cfg *config) { cfg.observe = observe } }

// WithClock sets the clock of the history. The default is time.Now. No decision depends
// on it.
func WithClock(now func() time.Time) Option { return func(cfg *config) { cfg.now = now } }

// WithOrderWait sets the time after which a job looks for licenses that it ordered. The
// default is 5 seconds. It doubles with each look.
func WithOrderWait(d time.Duration) Option { return func(cfg *config) { cfg.orderWait = d } }

// defaultOrderWait is the time after which a job looks for licenses that it ordered.
const defaultOrderWait = 5 * time.Second

// Open opens a reconciler in the store of a pipeline, and creates its jobs if they do
// not exist. It is usable until the pipeline is closed.
func Open(ctx context.Context, pipeline *fulfillment.Pipeline, client Client, reader Reader, options ...Option) (*Reconciler, error) {
	if pipeline == nil || client == nil || reader == nil {
		return nil, errors.New("reconcile: the pipeline, the client or the reader is nil")
	}
	r := &Reconciler{pipeline: pipeline, client: client, reader: reader, cfg: config{
		logger: slog.New(slog.DiscardHandler), observe: func(Report) {}, now: time.Now, orderWait: defaultOrderWait,
	}}
	for _, option := range options {
		if option != nil {
			option(&r.cfg)
		}
	}
	var err error
	r.jobs, err = pipeline.OpenJobs(ctx, "subjects")
	return r, err
}

// RequestEvent requests a job for the subject that a Stripe event names. It returns nil
// if the request is stored, or if the event names none.
func (r *Reconciler) RequestEvent(ctx context.Context, payload []byte) error {
	named, err := r.reader.Resolve(ctx, payload)
	if errors.Is(err, lifecycle.ErrNoSubject) {
		return nil
	}
	if err != nil {
		return err
	}
	return r.Request(ctx, named.Subject)
}

// Request requests a job for a subject.
func (r *Reconciler) Request(ctx context.Context, subject stripehook.Source) error {
	return r.jobs.Request(ctx, Key(subject))
}

// Stats returns the counts of the jobs.
func (r *Reconciler) Stats(ctx context.Context) (fulfillment.JobStats, error) {
	return r.jobs.Stats(ctx)
}

// Run runs requested jobs until ctx ends and active calls return. It can run several
// times concurrently, in this process and on other machines. The options are those of
// [fulfillment.Jobs.Run].
func (r *Reconciler) Run(ctx context.Context, options ...fulfillment.RunOption) error {
	return r.jobs.Run(ctx, func(ctx context.Context, job fulfillment.Job) error {
		subject, ok := ParseKey(job.Key)
		if !ok {
			r.cfg.logger.LogAttrs(ctx, slog.LevelError, "reconcile: the key of a job is invalid")
			return nil
		}
		return r.reconcile(ctx, subject, job.Attempt)
	}, options...)
}

// keySeparator is in no Stripe id.
const keySeparator = "/"

// Key returns the key of the job of a subject.
func Key(s stripehook.Source) string {
	return strings.Join([]string{string(s.Kind), s.Account, s.Context, s.ID}, keySeparator)
}

// ParseKey returns the subject of a key.
func ParseKey(key string) (s stripehook.Source, ok bool) {
	parts := strings.Split(key, keySeparator)
	if len(parts) != 4 || parts[0] == "" || parts[3] == "" {
		return s, false
	}
	return stripehook.Source{Kind: stripehook.SourceKind(parts[0]), Account: parts[1], Context: parts[2], ID: parts[3]}, true
}
