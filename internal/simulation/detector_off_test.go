//go:build !race

package simulation

// sweepStep is every how many bytes the sweep breaks an exchange.
const sweepStep = 1
