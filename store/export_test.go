package store

import "time"

// FailBefore makes hook run before each step of a write of f; its error makes
// the step fail. Steps are taken in several goroutines.
func (f *File) FailBefore(hook func(step string) error) { f.before.Store(&hook) }

// OpenFileUnpolled is [OpenFile] without a look at the file that nothing gave a
// reason for: what it notices, it was told.
func OpenFileUnpolled(path string, opts Options) (*File, error) {
	return openFile(path, opts, unpolled())
}

func unpolled() conditions {
	c := usualConditions()
	c.poll = 24 * time.Hour
	return c
}

// OpenFileHasty is [OpenFileUnpolled] with little patience for locks, and
// without a pause before a history that cannot be kept is tried again.
func OpenFileHasty(path string, opts Options) (*File, error) {
	c := unpolled()
	c.patience, c.retry = 20*time.Millisecond, time.Millisecond
	return openFile(path, opts, c)
}

// OpenFileWatching is [OpenFileUnpolled] with a hook that runs before a folder
// is watched, again each time.
func OpenFileWatching(path string, opts Options, before func(dir string)) (*File, error) {
	c := unpolled()
	c.notify = func() notifier { return hooked{newNotifier(), before} }
	return openFile(path, opts, c)
}

type hooked struct {
	notifier
	before func(dir string)
}

func (h hooked) add(dir string) error {
	h.before(dir)
	return h.notifier.add(dir)
}

// OpenFileUnwatched is [OpenFile] where the operating system does not report
// changes: watching a folder fails with err, or seems to work if err is nil.
func OpenFileUnwatched(path string, opts Options, err error) (*File, error) {
	c := usualConditions()
	c.notify = func() notifier { return noNotifier{err} }
	return openFile(path, opts, c)
}
