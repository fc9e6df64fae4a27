package main

import "time"

// rateCounter counts events of the last minute with a resolution of one second.
type rateCounter struct {
	buckets [60]struct {
		second int64
		n      int
	}
}

func (c *rateCounter) add(now time.Time) {
	b := &c.buckets[now.Unix()%60]
	if b.second != now.Unix() {
		b.second, b.n = now.Unix(), 0
	}
	b.n++
}

func (c *rateCounter) sum(now time.Time) (n int) {
	for i := range c.buckets {
		b := &c.buckets[i]
		if age := now.Unix() - b.second; 0 <= age && age < 60 {
			n += b.n
		}
	}
	return n
}
