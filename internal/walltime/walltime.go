// Package walltime makes the times that a clock tells after it was set, for
// tests: the wall clock jumps, the monotonic reading does not.
package walltime

import (
	"time"
	"unsafe"
)

// Set returns t as a clock tells it that was set by d, a number of whole
// seconds, since it told t. It knows how time.Time is made, and panics where
// that has changed.
func Set(t time.Time, d time.Duration) time.Time {
	set := t
	// The first word has, from the top, a flag for the monotonic reading, 33
	// bits of seconds and 30 bits of nanoseconds.
	*(*uint64)(unsafe.Pointer(&set)) += uint64(int64(d/time.Second)) << 30
	if set.Sub(t) != 0 || set.Round(0).Sub(t.Round(0)) != d {
		panic("walltime: time.Time is made otherwise, or has no monotonic reading")
	}
	return set
}
