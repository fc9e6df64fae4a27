//go:build !race

package simulation

// sweepStep is the distance in bytes between two breaks of the sweep.
const sweepStep = 1
