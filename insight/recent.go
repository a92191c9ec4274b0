package insight

import (
	"context"
	"iter"
	"strings"
	"sync"
	"time"
)

// A Decision is one decision about a foreign request.
type Decision struct {
	ID        uint64 // from 1, without gaps
	Time      time.Time
	Method    string // that it is about: of a preflight, the one it asks for; at most 32 bytes
	Preflight bool
	Key
}

// recent keeps the last decisions in a ring. Who follows them reads the ring,
// so that followers need no queues: one that is too slow misses what has been
// overwritten, and is told how much.
type recent struct {
	mu   sync.Mutex
	ring [recentSize]Decision // number n is at n % recentSize; guarded by mu
	last uint64               // number of the newest, 0: none; guarded by mu
	wake chan struct{}        // closed at the next one; nil: nobody waits; guarded by mu
}

func (r *recent) add(d Decision) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	d.ID = r.last
	r.ring[r.last%recentSize] = d
	if r.wake != nil {
		close(r.wake)
		r.wake = nil
	}
}

// after returns the decisions after number seen, how many of them were
// overwritten, and if there are none, what is closed at the next one.
func (r *recent) after(seen uint64) (list []Decision, missed uint64, next <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == seen {
		if r.wake == nil {
			r.wake = make(chan struct{})
		}
		return nil, 0, r.wake
	}
	if r.last-seen > recentSize {
		missed = r.last - seen - recentSize
		seen += missed
	}
	list = make([]Decision, 0, r.last-seen)
	for n := seen + 1; n <= r.last; n++ {
		list = append(list, r.ring[n%recentSize])
	}
	return list, missed, nil
}

// Recent returns the last decisions, at most 256, the newest last.
func (r *Recorder) Recent() []Decision {
	list, _, _ := r.recent.after(0)
	return list
}

// Follow returns the decisions from now on until ctx ends: those since the last
// round, the newest last, and how many were missed before them because the
// loop body took too long. It queues nothing.
func (r *Recorder) Follow(ctx context.Context) iter.Seq2[[]Decision, uint64] {
	r.recent.mu.Lock()
	seen := r.recent.last
	r.recent.mu.Unlock()
	return func(yield func([]Decision, uint64) bool) {
		for {
			list, missed, next := r.recent.after(seen)
			if next != nil {
				select {
				case <-ctx.Done():
					return
				case <-next:
				}
				continue
			}
			if ctx.Err() != nil {
				return
			}
			seen = list[len(list)-1].ID
			if !yield(list, missed) {
				return
			}
		}
	}
}

// cut returns at most n bytes of s, as a copy where that spares memory.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.Clone(s[:n])
}
