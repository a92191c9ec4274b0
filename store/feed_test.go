package store

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// A watcher that is always slower than the changes skips states and still ends
// up with the newest.
func TestFeedSlowWatcher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed()
		const changes = 100
		go func() {
			for i := range changes {
				f.set(Snapshot{Revision: Revision(rune('0' + i))})
				time.Sleep(time.Second)
			}
		}()
		synctest.Wait()
		seen := 0
		for s := range f.Watch(t.Context()) {
			seen++
			if s.Revision == Revision(rune('0'+changes-1)) {
				break
			}
			time.Sleep(10*time.Second + time.Millisecond)
		}
		if seen < changes/10 || seen > changes/10+1 {
			t.Errorf("a watcher ten times slower than %d changes saw %d states", changes, seen)
		}
	})
}

// Between an unheard change and the end of the context, the end wins: a watcher
// that was told to stop does not act any more.
func TestFeedEndBeforeChange(t *testing.T) {
	f := newFeed()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.set(Snapshot{Revision: "1"})
	for s := range f.Watch(ctx) {
		if s.Revision != "1" {
			t.Errorf("saw %q after the end", s.Revision)
		}
		f.set(Snapshot{Revision: "2"})
		cancel()
	}
}

func TestFeedCloseBeforeChange(t *testing.T) {
	f := newFeed()
	f.set(Snapshot{Revision: "1"})
	for s := range f.Watch(t.Context()) {
		if s.Revision != "1" {
			t.Errorf("saw %q after the close", s.Revision)
		}
		f.Close()
		f.Close()
		f.set(Snapshot{Revision: "2"})
	}
	if got := f.State(); got.Revision != "1" {
		t.Errorf("a closed feed took %q", got.Revision)
	}
}
