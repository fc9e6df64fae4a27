// Package fulfillment is a durable queue between a paid order and its licenses.
// Orders are stored on disk, workers create them at the LicenseSpring Management
// API, and each order ends in a result with the license keys or in a dead letter
// with the reason. Restarts, kills, lost machines and repeated orders neither
// create an order twice nor lose one.
//
//	pipeline, err := fulfillment.Open(ctx, fulfillment.WithStoreDir("/var/lib/acme/orders"))
//	…
//	defer pipeline.Close()
//
//	err = pipeline.Enqueue(ctx, order)       // in the webhook; nil means stored
//	err = pipeline.Run(ctx, client)          // the workers, until ctx ends
//	res, err := pipeline.Result(ctx, "inv-2031-000417")
//
// The queue is NATS JetStream. By default a NATS server runs in the process,
// without a port, and stores its files in a directory ([WithStoreDir]). For several
// machines the same program uses a NATS cluster ([WithURL]).
//
// # Guarantees
//
// [Pipeline.Enqueue] returns nil after JetStream has acknowledged that the order
// is stored. With the embedded server the acknowledgment follows fsync. From then
// on the order ends in a result, and exists exactly once, or in a dead letter.
// Three mechanisms prevent duplicates:
//
//   - JetStream rejects a message with the same order id and content while the
//     first one is in the queue, and within [WithDedupeWindow] afterwards.
//   - A worker makes no call for an order that has a result.
//   - [licensespring.Client.EnsureOrder] is idempotent, because the service assigns
//     each order id once.
//
// The guarantee depends on the third only; the first two save requests. Two workers
// that process the same order therefore do no harm, for example after one of them
// was suspended.
//
// Orders are the same if they have the same id and the same content. A different
// order under an existing id becomes a dead letter with the differences. An order
// with Append set requires a key on every license
// ([licensespring.Client.AssignKeys]), because an append without keys cannot be
// distinguished from an earlier one. Enqueue rejects it otherwise.
//
// # Processing
//
//	Enqueue ──► orders stream ──► worker: EnsureOrder ──┬─ done ──────► results bucket, then ack
//	(PubAck)    (work queue)   ▲                        ├─ retry ──────────────┐
//	                           └── redelivered later ◄──┼──────────────────────┘
//	Reject ─────────────────────────────────────────────┴─ dead ──────► dead letters, then ack
//	                           ▲                                            │
//	                           └───────────────── Retry ────────────────────┘
//
// A worker acknowledges an order after its result or dead letter is stored, and
// waits for the confirmation of the acknowledgment. During a call it extends the
// ack wait ([WithAckWait]).
//
// The kind of the error determines how a worker handles a failed call. An error
// with an unknown outcome is always handled as ErrOutcomeUnknown:
//
//	kind of error      disposition  counts  pauses the worker
//	-----------------  -----------  ------  ------------------
//	ErrInvalidRequest  dead letter  -       no
//	ErrOrderConflict   dead letter  -       no
//	ErrOrderExists     dead letter  -       no
//	ErrOutcomeUnknown  retry        yes     after 3 in a row
//	ErrUnavailable     retry        no      after 3 in a row
//	ErrRateLimited     retry        no      yes, until RetryAt
//	ErrUnauthorized    retry        no      yes
//	ErrRedirected      retry        no      yes
//	ErrNotFound        retry        yes     after 3 in a row
//	ErrBadResponse     retry        yes     after 3 in a row
//	ErrNotSent         retry        no      no
//	any other error    retry        yes     after 3 in a row
//
// An order is retried with backoff ([WithBackoff]), and not before the RetryAt of
// the error. Deliveries that count are limited by [WithMaxDeliveries]. The others
// are not caused by the order and are unlimited. A rate limit that prevents the
// lookup of an order whose outcome is unknown does not count and pauses the worker.
//
// A paused worker fetches no orders. After the pause it processes one order at a
// time until a call succeeds. It returns orders that it fetched before the pause to
// the queue ([ErrPaused]), so that another machine can process them.
//
// # Crashes
//
// A panic of the client counts as a failed call ([ErrPanicked]) and is logged with
// its stack. The panic value is reported only if the runtime created it, because it
// may contain customer data. Panics of the observer are recovered too.
//
// An order may end the process, for example by exhausting its memory. From the
// second delivery on, a worker therefore records each call before it starts, and
// removes the record when the call returns. Orders with an interrupted call are
// processed one at a time, which identifies the order that ends the process. That
// order becomes a dead letter after [WithMaxDeliveries] interrupted calls
// ([ErrCallInterrupted]). It may exist at the service: correct the cause and call
// [Pipeline.Retry] to settle it.
//
// # Several machines
//
// All processes with the same [WithName] on the same cluster share one durable
// consumer, and with it the load. The rate limit of the service applies per
// company. Divide it by configuration, for example with
// NewRateLimiter(RateLimitBusinessPlus/2) of package licensespring on each of two
// machines. A 429 response pauses the worker that received it.
//
// # Passwords
//
// The initial password of a new license user is in the response to the create that
// created the user, and may not be available later. It is stored in the result only
// with [WithKeepPasswords]. If a worker is killed between the response and the
// result, the password is lost, and the user has to request a new one.
//
// # Stored data
//
// The store contains the orders (with customers' names and addresses), the license
// keys and, with [WithKeepPasswords], initial passwords. It does not contain the
// management key. [WithEncryptionKey] encrypts the files of the embedded server.
//
// The embedded server syncs each write before it acknowledges it, so that an order
// survives a power failure; [WithSyncInterval] is faster and does not. One process
// at a time can use a directory. Open rejects a directory that is in use
// ([ErrStoreInUse]) or that it cannot read completely ([ErrStoreUnreadable]), for
// example because the encryption key is wrong.
//
// # Damage
//
// The embedded server verifies the checksum of every message when it starts, and
// cuts a damaged file off. A ledger beside the queue holds the id of each accepted
// order until its result is stored, and the id of each message of a [Queue] until it is
// processed. Open, and Run every 15 minutes, compare it with the queues, the results and
// the dead letters. [Pipeline.Missing] and the log list what is nowhere: enqueue or put
// it again, or call [Pipeline.Forget]. Lost results are not detected, because their
// orders exist at the service. Lost requests of [Jobs] are not detected.
//
// A kill can leave acknowledged messages in a queue, which JetStream never delivers
// again. When a queue or [Jobs] are opened, and every minute while they run, they are
// compared with their consumers, and all messages are delivered again if there are such
// messages. A damaged state of a consumer is moved aside, with the same effect.
// [Pipeline.Notify] then delivers all stored results, dead letters and announcements.
//
// [Backup] copies the store of a closed pipeline.
//
// # Full disk
//
// When the disk fails or is full, [Pipeline.Enqueue] and [Pipeline.Health] return
// [ErrStoreFailed], and workers process no orders. The server does not write again
// until the process is restarted with free space.
//
// An order reserves the space of its result when it is accepted: its message is
// padded to twice its size, 2 KiB, and 1 KiB for each license. Every accepted order
// can therefore be finished. A message of a [Queue] reserves the space of an order with
// one license.
//
// The server uses at most three quarters of the space that was free when it
// started, including its own files. It keeps an eighth of that, and at most
// 256 MiB, for writes while orders are processed. Enqueue, Retry, Reject and Health
// return [ErrStoreFull] when only that reserve is free. Workers continue until half
// of the reserve is used. To free space, discard dead letters, let results expire
// ([WithResultTTL]), remove old ones ([Pipeline.PruneResults]), or restart the
// process with a larger disk.
//
// The capacity of servers behind [WithURL] is unknown. When such a server rejects a
// result, the worker pauses, and makes no call until a write succeeds.
package fulfillment
