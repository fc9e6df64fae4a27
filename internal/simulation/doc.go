// Package simulation tests that each order is created exactly once, or that the
// SDK reports why not, and that each change of a license after the sale is reported
// truly. It contains only tests.
//
// A run puts clients and the fake service of licensespringtest into one
// [testing/synctest] bubble, connected by an in-memory network. A seed determines
// everything else before the run: the orders or licenses, the calls and their options,
// the faults of connections and service, cancellations and crashes. After the callers
// have finished, the faults end, and a new client settles what is still open. Then
// the invariants are checked against the data in the fake.
//
// In a run about licenses, several programs and an administrator change a few licenses
// at the same time. A model rebuilds every state of each license from the bodies that
// the service received. It shares code with neither the SDK nor the fake.
//
//	go test ./internal/simulation                                     default seeds
//	go test -race -run=TestSimulation ./internal/simulation -seeds=10000         more seeds
//	go test -timeout=4h -run=TestSimulation ./internal/simulation -seeds=1000000 many seeds
//	go test -v -run='^TestSimulation$' ./internal/simulation -seed=4711          one seed, with its timeline
//	go test -v -run=TestSimulationOfLicenses ./internal/simulation -seed=4711    the same, about licenses
//	go test -run=TestSweep ./internal/simulation -every=1             every byte of one exchange
//
// What a seed generates does not depend on the machine, but the order of
// simultaneous events does. A replay therefore usually, but not always, repeats a
// failure, and a failure prints the timeline of its run.
//
// The files that both kinds of runs share, in a useful reading order:
//
//	random_test.go               random values
//	environment_test.go          network, service and processes of a run
//	process_test.go              clients, and their crashes
//	transport_test.go            the transports of the processes
//	fault_plan_test.go           the faults of connections and service
//	observer_test.go             observation of attempts outside of the SDK
//	call_record_test.go          what is known about a call, and invariants of all calls
//	invariants_attempts_test.go  … of the attempts that a call reports
//	invariants_events_test.go    … of the events of an SDK observer
//	invariants_secrets_test.go   … of logs and error texts
//	simulation_test.go           the loop over the seeds, and the test about orders
//
// Those about orders:
//
//	plan_test.go                 what a seed determines
//	order_spec_test.go           the orders and the data expected for them
//	order_variants_test.go       other orders with the same id
//	order_match_test.go          comparison of stored orders with expected data
//	combination_test.go          combinations of properties that are rare at random
//	caller_test.go               the calls of a caller
//	run_test.go                  one run
//	invariants_test.go           invariants of each call
//	invariants_unknown_test.go   … of unknown outcomes
//	invariants_products_test.go  … of records that hide products
//	invariants_final_test.go     … of the end of a run
//	states_test.go               states that the runs must reach
//	timeline_test.go             the printed timeline of a run
//	regression_test.go           seeds that fail without a guard of the SDK
//	sweep_test.go                one exchange, broken at every byte
//
// Those about licenses:
//
//	license_plan_test.go         what a seed determines
//	license_view_test.go         what a record shows, and what a call wants
//	license_model_test.go        the model that rebuilds the states of the licenses
//	license_run_test.go          one run
//	license_invariants_test.go   invariants of outcomes
//	license_requests_test.go     … of the requests of a call
//	license_states_test.go       states that the runs must reach
//	license_simulation_test.go   the test, and the printed timeline of a run
//	license_regression_test.go   seeds that fail without a guard of the SDK
//	license_sweep_test.go        each write, broken at every byte
package simulation
