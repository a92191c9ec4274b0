package insight

import (
	"sync"
	"time"
)

// A stopwatch tells how much time has passed since it was made, whatever
// becomes of the clock on the wall: that may be set forward or back, and what
// happened an hour ago must not thereby be of tomorrow, or forgotten.
type stopwatch struct {
	clock func() time.Time // its times have monotonic readings, unless it is a test's

	mu     sync.Mutex
	last   time.Time     // that clock has told; guarded by mu
	passed time.Duration // until then; never less than before; guarded by mu
}

func newStopwatch(clock func() time.Time) *stopwatch {
	return &stopwatch{clock: clock, last: clock()}
}

// read returns how much time has passed, and what the clock says.
func (s *stopwatch) read() (passed time.Duration, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now = s.clock()
	s.passed += max(now.Sub(s.last), 0)
	s.last = now
	return s.passed, now
}
