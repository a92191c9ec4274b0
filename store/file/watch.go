package file

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// How often the file is looked at without a reason. Some file systems, those of
// networks above all, let themselves be watched and never report anything.
const (
	pollWatched   = 2 * time.Second
	pollUnwatched = 50 * time.Millisecond
)

// A notifier reports changes in folders, see [fsnotify.Watcher].
type notifier interface {
	events() <-chan fsnotify.Event
	errors() <-chan error
	add(dir string) error
	remove(dir string) error
	close()
}

// follow looks at the file whenever it may have changed, and every poll without
// a reason, until ctx ends.
func (f *Store) follow(ctx context.Context, n notifier, poll time.Duration) {
	defer n.close()
	var (
		known   place
		watched = true // so that the first failure is news
	)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		reason := true // to read the file even if it looks the same
		select {
		case <-ctx.Done():
			return
		case e := <-n.events():
			if !known.concerns(e.Name) {
				continue
			}
		case err := <-n.errors(): // events may be lost, the queue has overflowed
			f.keeper.Log().Debug("watching the folder", "document", f.keeper.Name(), "error", err)
		case <-timer.C:
			reason = false
		}
		// Watch first, look then: what changes in between is reported.
		before := known
		known, watched = f.rewatch(n, known, watched)
		if !slices.Equal(before.dirs, known.dirs) {
			reason = true // what happened before they were watched
		}
		wait := f.check(reason)
		if wait == 0 && watched {
			wait = poll
		} else if wait == 0 {
			wait = pollUnwatched
		}
		timer.Reset(wait)
	}
}

// concerns reports whether a change of name can make p lead elsewhere. It goes
// by the last element alone: one look too many does no harm, and names of
// folders that were moved are not known for sure.
func (p place) concerns(name string) bool {
	return slices.Contains(p.names, filepath.Base(name)) || slices.Contains(p.dirs, name)
}

// rewatch makes n watch the folders that the file depends on now instead of
// those it depended on before. Watched says whether that works for all of them.
func (f *Store) rewatch(n notifier, before place, wasWatched bool) (now place, watched bool) {
	var err error
	for range maxLinks {
		now, err = resolve(f.path)
		for _, dir := range before.dirs {
			if !slices.Contains(now.dirs, dir) {
				_ = n.remove(dir) // it may be gone, and its watch with it
			}
		}
		for _, dir := range now.dirs {
			// Adding a folder again is how to watch it again after it was replaced.
			err = errors.Join(err, n.add(dir))
		}
		// Nobody reports what changed the way before its folders were watched.
		if again, _ := resolve(f.path); slices.Equal(again.dirs, now.dirs) && slices.Equal(again.names, now.names) {
			watched = err == nil
			break
		}
		before = now
	}
	if !watched && wasWatched {
		f.keeper.Log().Warn("cannot watch the folder; looking at the document 20 times a second instead",
			"document", f.keeper.Name(), "error", err)
	}
	return now, watched
}

// newNotifier returns fsnotify's watcher, or one that reports nothing if the
// operating system has none to give.
func newNotifier() notifier {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return noNotifier{err}
	}
	return fsNotifier{w}
}

type fsNotifier struct{ w *fsnotify.Watcher }

func (n fsNotifier) events() <-chan fsnotify.Event { return n.w.Events }
func (n fsNotifier) errors() <-chan error          { return n.w.Errors }
func (n fsNotifier) add(dir string) error          { return n.w.Add(dir) }
func (n fsNotifier) remove(dir string) error       { return n.w.Remove(dir) }
func (n fsNotifier) close()                        { _ = n.w.Close() }

// noNotifier reports nothing, for the reason err.
type noNotifier struct{ err error }

func (n noNotifier) events() <-chan fsnotify.Event { return nil }
func (n noNotifier) errors() <-chan error          { return nil }
func (n noNotifier) add(string) error              { return n.err }
func (n noNotifier) remove(string) error           { return nil }
func (n noNotifier) close()                        {}
