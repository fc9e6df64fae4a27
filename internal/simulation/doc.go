// Package simulation proves the promise of the SDK: one order, or a clear
// answer. It holds tests only.
//
// A run puts clients and the fake service of licensespringtest into one
// [testing/synctest] bubble, joined by a network in memory. A seed decides
// everything else before anything happens: the order, who sends it how often,
// with which options, where each connection breaks, which faults the service
// suffers, who gives up when, which process crashes and comes back. When all
// callers are done the weather clears, and whatever is still open is settled by
// a fresh client. Then the invariants are checked against the fake, which knows
// the truth.
//
//	go test ./internal/simulation                                     some seeds
//	go test -race -run=TestSimulation ./internal/simulation -seeds=10000         more
//	go test -timeout=4h -run=TestSimulation ./internal/simulation -seeds=1000000 many
//	go test -v -run=TestSimulation ./internal/simulation -seed=4711   one, told step by step
//	go test -run=TestSweep ./internal/simulation -every=1             every byte of one exchange
//
// What a seed draws does not depend on the machine, but which of two goroutines
// comes first at one and the same instant does. So a failing seed is told in
// full when it fails, and replays as a rule, not always.
//
// The files, in the order in which a reader may want them:
//
//	plan_test.go        what a seed decides
//	dice_test.go        how it draws
//	asked_test.go       the orders that are asked for
//	variants_test.go    … and what others ask for under the same id
//	weather_test.go     what goes wrong, on the lines and in the service
//	caller_test.go      what a caller does, from its first call to its last
//	process_test.go     the clients, and how they crash
//	witness_test.go     who watches each attempt from outside the SDK
//	observer_test.go    who listens to what the SDK tells an observer
//	run_test.go         one run in its bubble
//	truth_test.go       whether the fake holds what was asked for
//	invariants_test.go  what must hold of each call
//	attempts_test.go    … of the journal of its attempts
//	unsettled_test.go   … of an outcome that stayed unknown
//	ending_test.go      … when everything is over
//	secrets_test.go     … of every text that came out
//	states_test.go      which of the interesting states a run came through
//	story_test.go       a run, told step by step
//	simulation_test.go  the tests
//	sweep_test.go       one exchange broken at every byte
package simulation
