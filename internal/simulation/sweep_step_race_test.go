//go:build race

package simulation

// sweepStep is the distance in bytes between two breaks of the sweep. With the race
// detector a run takes ten times as long, so the sweep covers fewer bytes.
const sweepStep = 5
