package store

import "time"

// FailBefore makes hook run before each step of a write of f; its error makes
// the step fail. Precondition: nobody writes yet.
func (f *File) FailBefore(hook func(step string) error) { f.before = hook }

// OpenFileUnpolled is [OpenFile] without a look at the file that nothing gave a
// reason for: what it notices, it was told.
func OpenFileUnpolled(path string, opts Options) (*File, error) {
	return openFile(path, opts, newNotifier, 24*time.Hour)
}

// OpenFileWatching is [OpenFileUnpolled] with a hook that runs before a folder
// is watched, again each time.
func OpenFileWatching(path string, opts Options, before func(dir string)) (*File, error) {
	return openFile(path, opts, func() notifier { return hooked{newNotifier(), before} }, 24*time.Hour)
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
	return openFile(path, opts, func() notifier { return noNotifier{err} }, pollWatched)
}
