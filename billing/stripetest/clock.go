package stripetest

import (
	"slices"
	"time"
)

// job is something that is due at a time.
type job struct {
	at  time.Time
	seq int
	run func()
}

// Now returns the time of the server's clock.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Advance moves the clock by a duration, and plays everything that is due.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advanceTo(s.now.Add(d))
}

// AdvanceTo moves the clock to a time, and plays everything that is due. It panics if
// the time has passed.
func (s *Server) AdvanceTo(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advanceTo(t.UTC())
}

// NextDue returns the earliest time at which the account may change without a call, or
// false if nothing is scheduled.
func (s *Server) NextDue() (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.jobs) == 0 {
		return time.Time{}, false
	}
	return s.jobs[0].at, true
}

// at schedules a job. It must check whether its reason still exists.
func (s *Server) at(t time.Time, run func()) {
	s.jobCount++
	j := job{at: t, seq: s.jobCount, run: run}
	i, _ := slices.BinarySearchFunc(s.jobs, j, func(a, b job) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return a.seq - b.seq
	})
	s.jobs = slices.Insert(s.jobs, i, j)
}

func (s *Server) advanceTo(t time.Time) {
	if t.Before(s.now) {
		misuse("the clock cannot go back from %s to %s", s.now.Format(time.RFC3339), t.Format(time.RFC3339))
	}
	for len(s.jobs) > 0 && !s.jobs[0].at.After(t) {
		next := s.jobs[0]
		s.jobs = s.jobs[1:]
		if next.at.After(s.now) {
			s.now = next.at
		}
		next.run()
	}
	s.now = t
}
