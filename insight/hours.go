package insight

import (
	"sync"
	"time"
)

// Hours is how many hours an [Activity] looks back.
const Hours = 24

// maxEndpoints bounds the patterns that are remembered. They come from
// documents, not from strangers; this is for those who reload without end.
const maxEndpoints = 100_000

// An Activity is what happened at an endpoint in the last [Hours].
type Activity struct {
	Allowed, Refused, Observed uint64
	LastRefused                time.Time     // zero: never
	Hours                      [Hours]uint32 // Refused + Observed, the current hour last
}

// hours counts by endpoint and hour.
type hours struct {
	offset time.Duration // how far the hour had gone at the start
	mu     sync.RWMutex
	byName map[string]*activity // guarded by mu
}

type activity struct {
	mu          sync.Mutex
	newest      int64            // hour, see hourOf; guarded by mu
	refused     bool             // ever; guarded by mu
	lastRefused time.Duration    // by the stopwatch; guarded by mu
	counts      [Hours][3]uint32 // of hour h at h % Hours, by outcome; guarded by mu
}

func (h *hours) add(pattern string, o Outcome, passed time.Duration) {
	h.mu.RLock()
	a := h.byName[pattern]
	h.mu.RUnlock()
	if a == nil {
		if a = h.make(pattern); a == nil {
			return
		}
	}
	a.mu.Lock()
	a.turn(h.hourOf(passed))
	a.counts[a.newest%Hours][o]++
	if o == Refused {
		a.refused, a.lastRefused = true, passed
	}
	a.mu.Unlock()
}

func (h *hours) make(pattern string) *activity {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a := h.byName[pattern]; a != nil || len(h.byName) >= maxEndpoints {
		return a
	}
	if h.byName == nil {
		h.byName = make(map[string]*activity)
	}
	a := new(activity)
	h.byName[pattern] = a
	return a
}

// hourOf returns the number of the hour that a reading of the stopwatch is in.
// The first hour began when the clock last struck before the start.
func (h *hours) hourOf(passed time.Duration) int64 { return int64((h.offset + passed) / time.Hour) }

// turn empties the hours that have passed. Precondition: mu is held.
func (a *activity) turn(hour int64) {
	if hour-a.newest >= Hours {
		a.counts = [Hours][3]uint32{}
		a.newest = hour
	}
	for a.newest < hour {
		a.newest++
		a.counts[a.newest%Hours] = [3]uint32{}
	}
}

// Activity returns what happened at the endpoint with the pattern.
func (r *Recorder) Activity(pattern string) Activity {
	r.hours.mu.RLock()
	a := r.hours.byName[pattern]
	r.hours.mu.RUnlock()
	if a == nil {
		return Activity{}
	}
	passed, now := r.watch.read()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turn(r.hours.hourOf(passed))
	var sum Activity
	if a.refused {
		sum.LastRefused = now.Add(a.lastRefused - passed)
	}
	for i := range Hours {
		c := a.counts[(a.newest+1+int64(i))%Hours]
		sum.Allowed += uint64(c[Allowed])
		sum.Refused += uint64(c[Refused])
		sum.Observed += uint64(c[Observed])
		sum.Hours[i] = c[Refused] + c[Observed]
	}
	return sum
}

// Retain forgets the activity at endpoints for which keep is false: those that
// a new document has no more.
func (r *Recorder) Retain(keep func(pattern string) bool) {
	r.hours.mu.Lock()
	defer r.hours.mu.Unlock()
	for pattern := range r.hours.byName {
		if !keep(pattern) {
			delete(r.hours.byName, pattern)
		}
	}
}
