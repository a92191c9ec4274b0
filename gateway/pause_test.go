package gateway

import (
	"testing"
	"time"

	"github.com/concors/concors/internal/walltime"
)

func TestPause(t *testing.T) {
	for name, set := range map[string]time.Duration{"clock left alone": 0, "clock set back": -time.Hour, "clock set forward": time.Hour} {
		t.Run(name, func(t *testing.T) {
			var p pause
			now := time.Now()
			want := func(want bool, what string) {
				t.Helper()
				if p.over(now) != want {
					t.Errorf("%s: told: %v", what, !want)
				}
			}
			want(true, "the first time")
			want(false, "at once again")
			now = walltime.Set(now, set)
			want(false, "the clock was set")
			now = now.Add(logPause - time.Second)
			want(false, "shortly before the pause is over")
			now = now.Add(time.Second)
			want(true, "after the pause")
			want(false, "and at once again")
		})
	}
}
