package file

import (
	"time"

	"github.com/concors/concors/store"
)

// FailBefore makes hook run before each step of a write of f; its error makes
// the step fail. Steps are taken in several goroutines.
func (f *Store) FailBefore(hook func(step string) error) { f.before.Store(&hook) }

// OpenUnpolled is [Open] without a look at the file that nothing gave a
// reason for: what it notices, it was told.
func OpenUnpolled(path string, opts store.Options) (*Store, error) {
	return open(path, opts, unpolled())
}

func unpolled() conditions {
	c := usualConditions()
	c.poll = 24 * time.Hour
	return c
}

// OpenHasty is [OpenUnpolled] with next to no pause before a history that cannot
// be kept is tried again, and patience for locks.
func OpenHasty(path string, opts store.Options, patience time.Duration) (*Store, error) {
	c := unpolled()
	c.patience, c.retry = patience, time.Millisecond
	return open(path, opts, c)
}

// OpenWatching is [OpenUnpolled] with a hook that runs before a folder
// is watched, again each time.
func OpenWatching(path string, opts store.Options, before func(dir string)) (*Store, error) {
	c := unpolled()
	c.notify = func() notifier { return hooked{newNotifier(), before} }
	return open(path, opts, c)
}

type hooked struct {
	notifier
	before func(dir string)
}

func (h hooked) add(dir string) error {
	h.before(dir)
	return h.notifier.add(dir)
}

// OpenUnwatched is [Open] where the operating system does not report
// changes: watching a folder fails with err, or seems to work if err is nil.
func OpenUnwatched(path string, opts store.Options, err error) (*Store, error) {
	c := usualConditions()
	c.notify = func() notifier { return noNotifier{err} }
	return open(path, opts, c)
}

// OpenBlind is [OpenUnpolled] without being told of changes either: it notices
// them when it is asked.
func OpenBlind(path string, opts store.Options) (*Store, error) {
	c := unpolled()
	c.notify = func() notifier { return noNotifier{} }
	return open(path, opts, c)
}
