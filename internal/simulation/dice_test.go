package simulation

import (
	"math"
	"math/rand/v2"
	"time"
)

// dice is where everything random comes from. Each concern throws its own, so
// that a change to how one draws leaves the others' draws as they were.
type dice struct{ *rand.Rand }

// The concerns.
const (
	diceWorld uint64 = iota + 1
	diceOrder
	diceWeather
	diceCallers
	diceJitter
	diceLimits
)

func newDice(seed, concern uint64) dice { return dice{rand.New(rand.NewPCG(seed, concern))} }

func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

// between is from lo to hi, both included.
func (d dice) between(lo, hi int) int { return lo + d.IntN(hi-lo+1) }

// span is from lo to hi, as often short as long: as likely between 1 and 10 ms
// as between 1 and 10 s. It is hardly ever the same twice, so that things
// happen at an instant of their own, and in the same order in each replay.
func (d dice) span(lo, hi time.Duration) time.Duration {
	return time.Duration(float64(lo) * math.Exp(d.Float64()*math.Log(float64(hi)/float64(lo))))
}

func pick[T any](d dice, list ...T) T { return list[d.IntN(len(list))] }
