// Package reconcile keeps the licenses of Stripe customers as they are paid for.
//
// An event names only a subject: a subscription or a one-off payment. [Reconciler]
// requests one job for it, and the job does the rest:
//
//	read the subject at Stripe ──► lifecycle.Wanted ──► read the licenses ──► lifecycle.Plan
//	                                                                               │
//	history and memory ◄── orders to the pipeline, EnsureLicense ◄─────────────────┘
//
// Because a job reads the present state at Stripe, events can be duplicated, reordered,
// delayed and lost: the next job of the subject ends in the same state. The jobs of a
// subject run one after the other on all machines; see [fulfillment.Jobs].
//
// # What is stored
//
// For each subject the store holds what the program remembers ([lifecycle.Memory]) and
// a history of what was seen, wanted and done. The memory is stored before a change is
// sent, so that a kill in between cannot hide that this program has disabled a license.
// An order is stored with its license keys before it is sent, so that licenses are not
// ordered twice.
//
// # What is not believed
//
// A list of licenses may be behind: it may lack licenses, and show others as they were.
// Each license that was seen once counts from then on, whatever later lists show. More
// licenses of an order are ordered only after its licenses are known, from the list or
// from the result in the pipeline. A license that has to be disabled and is not shown is
// looked for again. A license that this program has disabled, and that a list shows
// enabled, is enabled explicitly. A license was disabled manually if this program has not
// disabled it, or the service shows another time.
//
// # What an operator decides
//
// What cannot be decided, such as a partial refund, becomes a dead letter of the
// pipeline, once. It is removed when its reason no longer exists. A license that was
// disabled manually is never enabled.
package reconcile
