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

// OpenFileUnwatched is [OpenFile] where the operating system does not report
// changes: watching a folder fails with err, or seems to work if err is nil.
func OpenFileUnwatched(path string, opts Options, err error) (*File, error) {
	return openFile(path, opts, func() notifier { return noNotifier{err} }, pollWatched)
}
