package insight

import (
	"strings"
	"time"
)

// A summary counts keys in fixed memory: the space-saving algorithm of
// Metwally, Agrawal and El Abbadi (2005). While there is room, counts are
// exact. When there is none, a new key takes the place of the one with the
// smallest count m and starts at m + 1, remembering m as its possible error.
// With n counters after N events:
//
//   - true count <= count, and count - error <= true count;
//   - no error exceeds N / n;
//   - every key with a true count above N / n is present.
//
// It is our own because it is short, and the libraries that were to be had
// either estimate (count-min) or keep no times and no error per key.
//
// A summary must not be used concurrently.
type summary struct {
	limit int
	byKey map[Key]*counter
	heap  []*counter // a binary heap, the smallest count first
}

// A counter counts one key.
type counter struct {
	key         Key
	count       uint64
	error       uint64        // of count, at most
	first, last time.Duration // by the stopwatch
	at          int           // in heap
}

func newSummary(limit int) *summary {
	return &summary{limit: limit, byKey: make(map[Key]*counter, limit), heap: make([]*counter, 0, limit)}
}

// add counts an event of key at the given reading of the stopwatch.
func (s *summary) add(key Key, at time.Duration) {
	c := s.byKey[key]
	switch {
	case c != nil:
	case len(s.heap) < s.limit:
		c = &counter{first: at, at: len(s.heap)}
		s.heap = append(s.heap, c)
		s.own(c, key)
		s.up(c) // its count is 0
	default:
		c = s.heap[0]
		delete(s.byKey, c.key)
		c.first, c.error = at, c.count
		s.own(c, key)
	}
	c.count++
	c.last = at
	s.down(c)
}

// own makes c the counter of key. The strings of key may be parts of larger
// ones, which a copy does not keep alive.
func (s *summary) own(c *counter, key Key) {
	key.Origin = strings.Clone(key.Origin)
	c.key = key
	s.byKey[key] = c
}

// full reports whether keys may have been forgotten.
func (s *summary) full() bool { return len(s.heap) == s.limit }

func (s *summary) up(c *counter) {
	for c.at > 0 {
		parent := s.heap[(c.at-1)/2]
		if parent.count <= c.count {
			return
		}
		s.swap(parent, c)
	}
}

func (s *summary) down(c *counter) {
	for {
		i := 2*c.at + 1
		if i >= len(s.heap) {
			return
		}
		child := s.heap[i]
		if i+1 < len(s.heap) && s.heap[i+1].count < child.count {
			child = s.heap[i+1]
		}
		if c.count <= child.count {
			return
		}
		s.swap(c, child)
	}
}

func (s *summary) swap(a, b *counter) {
	a.at, b.at = b.at, a.at
	s.heap[a.at], s.heap[b.at] = a, b
}
