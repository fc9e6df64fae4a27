package licensespring

import (
	"time"

	"github.com/licensespring-go/licensespring/internal/budget"
)

// Plan is how many requests the service allows a company in any 60 seconds,
// for all its keys together. The presets are those of the vendor's plans; any
// other number is a limit of one's own, as in Plan(300) for a machine that may
// use half of PlanFree.
type Plan int

// The plans, in requests of a company in 60 seconds.
const (
	PlanFree            Plan = 600
	PlanBusinessStarter Plan = 900
	PlanBusinessPlus    Plan = 1200
	PlanEnterprise      Plan = 2400

	// PlanUnknown keeps only to what holds for everybody: 50 requests in a
	// second, and 200 in ten seconds from one address. It is what a client
	// does without [WithBudget].
	PlanUnknown Plan = 0
	// Unlimited keeps to nothing. It is for tests against a fake service.
	Unlimited Plan = -1
)

// What holds for everybody, whatever the plan.
const (
	// A burst of 10 and 40 in a second besides: never more than 50 in any
	// second.
	spreadPerSecond = 40
	spreadBurst     = 10
	// perAddress is the limit for one IP address in ten seconds.
	perAddress = 200
)

// Budget is a share of the service's limits. Make one with [NewBudget]: [New]
// refuses the zero Budget. Every request spends from it, the repeated ones and
// the lookups that settle an outcome too, and waits its turn when it is used
// up: first come, first served. A 429 pauses everybody who shares it, for as
// long as the service says.
//
// Share one Budget between all clients of a company in a program, through
// [WithBudget]. On several machines give each its part of the plan.
//
// A request that cannot be granted before its deadline is refused at once with
// [ErrRateLimited]; RetryAt and LimitedBy of the [*Error] say when to come back
// and who refused.
type Budget struct{ b *budget.Budget }

// NewBudget returns a budget for the plan. It keeps to the plan's limit in
// every stretch of 60 seconds, and to what holds for everybody, whatever the
// plan: 50 requests in a second, and 200 in ten seconds from one address. The
// latter comes to 1200 a minute, so that one machine alone cannot use
// [PlanEnterprise] up. [Unlimited], or any other negative plan, keeps to
// nothing.
func NewBudget(plan Plan) *Budget {
	if plan < 0 {
		return &Budget{b: budget.New(0, 0)}
	}
	limits := []budget.Limit{{Requests: perAddress, Per: 10 * time.Second}}
	if plan > 0 {
		limits = append(limits, budget.Limit{Requests: int(plan), Per: time.Minute})
	}
	return &Budget{b: budget.New(spreadPerSecond, spreadBurst, limits...)}
}

// WithBudget makes the client spend its requests from the budget. Clients that
// work for the same company should share one.
func WithBudget(b *Budget) Option {
	return func(c *config) {
		if b == nil || b.b == nil {
			c.fault("budget", "is not one that NewBudget has made")
			return
		}
		c.budget = b
	}
}

// LimitedBy says who refused a request for the sake of a rate limit.
type LimitedBy string

// The two who can refuse.
const (
	// LimitedByService means that the service answered 429, to this request or
	// to one of another call that shares the budget.
	LimitedByService LimitedBy = "service"
	// LimitedByBudget means that the budget on this side is used up. The
	// service was not asked.
	LimitedByBudget LimitedBy = "budget"
)
