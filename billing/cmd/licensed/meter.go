package main

import "time"

// meter counts what happened in the last minute, second by second.
type meter struct {
	buckets [60]struct {
		second int64
		n      int
	}
}

func (m *meter) add(now time.Time) {
	b := &m.buckets[now.Unix()%60]
	if b.second != now.Unix() {
		b.second, b.n = now.Unix(), 0
	}
	b.n++
}

func (m *meter) sum(now time.Time) (n int) {
	for i := range m.buckets {
		b := &m.buckets[i]
		if age := now.Unix() - b.second; 0 <= age && age < 60 {
			n += b.n
		}
	}
	return n
}
