// Package fulfillment is the durable way from "this order is paid for" to "this
// license is issued". Orders are put into a queue on disk, workers take them
// out and make them at the LicenseSpring Management API, and what became of each
// is kept: as a result with the license keys, or as a dead letter with the
// reason. A restart, a kill at any moment, a machine that is lost in the middle
// of a call and an order that comes twice make no second license and lose no
// order.
//
//	pipeline, err := fulfillment.Open(ctx, fulfillment.WithStoreDir("/var/lib/acme/orders"))
//	…
//	defer pipeline.Close()
//
//	err = pipeline.Enqueue(ctx, order)       // in the webhook; nil: it is on disk
//	err = pipeline.Run(ctx, client)          // the workers, until ctx ends
//	res, err := pipeline.Result(ctx, "inv-2031-000417")
//
// The queue is NATS JetStream. By default a NATS server runs inside the process,
// without a port, and keeps its files in a directory ([WithStoreDir]); when one
// machine is not enough the same program uses a NATS cluster ([WithURL]).
//
// # What is promised
//
// [Pipeline.Enqueue] returns nil when JetStream has acknowledged that the order
// is stored; with the embedded server that is after fsync. From then on the
// order ends in exactly one of two ways: in a result, and then it was made once,
// or in a dead letter. Three guards stand behind "once", one behind the other:
//
//   - JetStream refuses a message it has: the same order under the same id, for
//     as long as the first waits in the queue, and within [WithDedupeWindow]
//     also after.
//   - A worker looks whether there is a result already before it calls.
//   - [licensespring.Client.EnsureOrder] decides in the end, for the service
//     gives each order id away once.
//
// The first two only spare requests; the third carries the promise. That is why
// nothing bad happens when two workers hold the same order, as they do when the
// first of them was paused for too long.
//
// "The same order" means the same id and the same content. Another order under
// an id that is taken is not dropped in silence: the worker finds that it
// differs from the one that is there, and it ends as a dead letter with the
// differences. An order with Append set must carry a key on every license
// ([licensespring.Client.ReserveKeys]), since without keys an append cannot be
// told from the same append made before; Enqueue refuses it otherwise.
//
// # The way of an order
//
//	Enqueue ──► ORDERS stream ──► worker: EnsureOrder ──┬─ made ──────► results bucket, then ack
//	(PubAck)    (work queue)   ▲                        ├─ may succeed later ──┐
//	                           └── redelivered later ◄──┼──────────────────────┘
//	Reject ─────────────────────────────────────────────┴─ never ─────► DEAD stream, then ack
//	                           ▲                                            │
//	                           └───────────────── Retry ────────────────────┘
//
// A worker acknowledges an order only after its end is stored, and waits until
// the acknowledgment is confirmed. While a call is under way it tells JetStream
// so, well within the time after which an order is given to another
// ([WithAckWait]).
//
// What becomes of an order whose call failed:
//
//	kind of error            what happens                           counts  pauses the worker
//	-----------------------  -------------------------------------  ------  --------------------------
//	ErrInvalidRequest        dead letter
//	ErrOrderConflict         dead letter
//	ErrOrderExists           dead letter
//	ErrOutcomeUnknown        later; EnsureOrder settles it          yes     after three in a row
//	ErrUnavailable           later                                  no      after three in a row
//	ErrRateLimited           later, not before RetryAt              no      yes, until RetryAt
//	ErrUnauthorized          later: the key is at fault, and not    no      yes
//	                         the order
//	ErrRedirected            later: the base URL is at fault        no      yes
//	ErrNotFound              later                                  yes     after three in a row
//	ErrBadResponse           later                                  yes     after three in a row
//	ErrNotSent               later: the call ran out of time        no      no
//	anything else            later                                  yes     after three in a row
//
// "Later" is a redelivery with backoff ([WithBackoff]). What counts becomes a
// dead letter after [WithMaxDeliveries] such tries; what does not is nobody's
// order's fault and is tried for as long as it takes. A worker that pauses takes
// no order, and then one at a time until a call succeeds, so that an outage of
// hours does not wear out the queue. What it took just before and has not called
// for yet it gives back ([ErrPaused]), for a machine that has no pause.
//
// # Crashes
//
// A call that panics failed: the panic is caught and logged with its stack, the
// order is tried again with backoff, it counts ([ErrPanicked]), and three in a row
// pause the worker. What the panic was called with is told only if it comes from
// the runtime, for it may hold a customer's data. The observer's panics are caught,
// too.
//
// A process may be killed in the middle of a call, perhaps by the order: out of
// memory, or a panic in a goroutine of the client's. So from the second delivery of
// an order on each call is noted on disk before it begins, and the note is taken back
// when the call returns. Orders whose call was lost that way are called for one
// at a time, so that the others are told apart from the one that kills. That one becomes a
// dead letter after [WithMaxDeliveries] lost calls ([ErrCallLost]). It may have been
// made: [Pipeline.Retry], once the cause is mended, finds out.
//
// # Several machines
//
// All processes with the same [WithName] on the same cluster share one durable
// consumer, and so the load. The vendor's limit is per company, and it is shared
// by configuration: give each process its part with [licensespring.NewBudget],
// as in Plan(600) for each of two machines on PlanBusinessPlus. A 429 that comes
// all the same pauses the worker that got it.
//
// # Passwords
//
// The initial password of a new license user comes in the answer to the create
// that made the user, and never again for sure. By default it is not stored.
// With [WithKeepPasswords] it is kept in the result. If a worker is killed
// between the answer and the result, the order is found again and the password
// may be gone: be ready to have the user ask for a new one.
//
// # What is on disk
//
// The orders (customers' names and addresses), the license keys, and passwords
// if they were asked for. Neither the management key nor anything else of the
// client's is. [WithEncryptionKey] encrypts the files of the embedded server.
//
// The embedded server syncs each write to disk before it acknowledges it, so
// that an order outlives a power cut and not only the process: see
// [WithSyncInterval] for the alternative. A directory belongs to one process at
// a time; Open refuses one that is in use, and one that it cannot read all of
// ([ErrStoreUnreadable]), as with another encryption key.
//
// When the disk fails or is full, Enqueue returns [ErrStoreFailed], and so does
// [Pipeline.Health]; workers make no order then. The server does not write again
// after that, so that the process has to be started again when there is room.
//
// It takes no more than three quarters of the space that was free when it was
// started, its own files included. An eighth of that, and 256 MiB at the most, is
// kept for the orders in the queue: Enqueue, Reject and Health return
// [ErrStoreFull] when no more than that is left, while workers go on until half of it
// is used up. They take no order then, for what comes of it could not be stored.
// Somebody has to make room: discard dead letters, let results expire
// ([WithResultTTL]), or start the process again with a larger disk. A server used
// by [WithURL] is not asked for its room; when it refuses a result the worker
// pauses, and calls for no order until it could store something again.
package fulfillment
