package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// keep takes note that s is live and to be kept in the history. Precondition: mu
// is held.
func (f *File) keep(s Snapshot) {
	f.unkept = append(f.unkept, versionOf(s))
	f.unkept = f.unkept[max(0, len(f.unkept)-HistoryLen):]
}

// rememberAll keeps what was live in the history until ctx ends. It is apart
// from what follows the file, as it waits for the lock and for the disk.
func (f *File) rememberAll(ctx context.Context) {
	for range f.keeper.watch(ctx) {
		f.mu.Lock()
		due := len(f.unkept) > 0
		f.mu.Unlock()
		if !due {
			continue
		}
		at, err := resolve(f.path)
		if err != nil || at.gone {
			continue // it was moved away at this moment; the next change tries again
		}
		unlock, err := lockFor(ctx, at)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			f.remembered(err)
		default:
			f.remember()
			unlock()
		}
	}
}

// remember keeps in the history what was live and is not kept yet. A history
// that cannot be kept stops nothing else. Precondition: the file is locked.
func (f *File) remember() {
	f.mu.Lock()
	unkept := f.unkept
	f.unkept = nil
	f.mu.Unlock()
	mode := fs.FileMode(0o600)
	if info, err := os.Stat(f.path); err == nil {
		mode = info.Mode()
	}
	var err error
	for _, v := range unkept {
		err = errors.Join(err, f.history.add(v, mode))
	}
	if len(unkept) > 0 {
		f.remembered(err)
	}
}

// remembered takes note of whether the history could be kept.
func (f *File) remembered(err error) {
	if err != nil {
		err = fmt.Errorf("store: the history of %s cannot be kept: %w", f.path, err)
	}
	if f.unable.set(err) && err != nil {
		f.keeper.opts.Logger.Warn("the history cannot be kept", "document", f.keeper.name, "error", err)
	}
}

// A failure is the last error of something that does not stop the rest.
type failure struct {
	mu  sync.Mutex
	err error // guarded by mu
}

// set replaces the error and reports whether it is another one.
func (f *failure) set(err error) (news bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	news = (err == nil) != (f.err == nil) || err != nil && err.Error() != f.err.Error()
	f.err = err
	return news
}

func (f *failure) get() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}
