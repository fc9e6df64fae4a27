//go:build race

package importer

// raceEnabled reports whether the race detector is on, which makes tests ten times
// slower.
const raceEnabled = true
