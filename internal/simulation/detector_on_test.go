//go:build race

package simulation

// sweepStep is every how many bytes the sweep breaks an exchange. The race
// detector makes each run ten times as long and finds the same at the next byte.
const sweepStep = 5
