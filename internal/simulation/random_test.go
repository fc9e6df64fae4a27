package simulation

import (
	"math"
	"math/rand/v2"
	"time"
)

// random is the source of random values. Each part of a plan has a stream of its
// own, so that a change to one part does not change the others.
type random struct{ *rand.Rand }

// The streams.
const (
	streamService uint64 = iota + 1
	streamOrders
	streamFaults
	streamCallers
	streamJitter
	streamLimits
	streamTransports
	streamCombination
	streamLicenses
	streamLicenseFaults
)

func newRandom(seed, stream uint64) random { return random{rand.New(rand.NewPCG(seed, stream))} }

func (r random) chance(percent int) bool { return r.IntN(100) < percent }

// between returns a number from lo to hi, both inclusive.
func (r random) between(lo, hi int) int { return lo + r.IntN(hi-lo+1) }

// duration returns a duration between lo and hi with a logarithmic distribution:
// one between 1 and 10 ms is as likely as one between 1 and 10 s. Two values are
// rarely equal, so that events rarely coincide and a replay keeps their order.
func (r random) duration(lo, hi time.Duration) time.Duration {
	return time.Duration(float64(lo) * math.Exp(r.Float64()*math.Log(float64(hi)/float64(lo))))
}

func pick[T any](r random, list ...T) T { return list[r.IntN(len(list))] }
