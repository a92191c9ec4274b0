package gateway

import (
	"sync/atomic"
	"time"
)

// logPause is how long the log is silent about what has been said and goes on:
// the metrics count all of it.
const logPause = 10 * time.Second

// A pause keeps what happens often from being told often. The zero value is
// ready.
type pause struct {
	last atomic.Int64 // when something was told, after processStart; 0: never
}

// Times are compared by the monotonic clock: that on the wall may be set back,
// and the log would be silent until it has caught up.
var processStart = time.Now()

// over reports whether it may be told now, which begins a new pause.
func (p *pause) over(now time.Time) bool {
	at, last := int64(now.Sub(processStart)), p.last.Load()
	return (last == 0 || at-last >= int64(logPause)) && p.last.CompareAndSwap(last, at)
}
