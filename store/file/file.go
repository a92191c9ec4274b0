// Package file keeps a document in a file that people edit as they like, that
// several processes may share, and that may be a symbolic link or be made later.
package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/store"
)

// How long the file may be in a state that editors only pass through before
// that counts as a problem.
const (
	missingGrace = 250 * time.Millisecond // missing, empty or unreadable
	writingGrace = 5 * time.Second        // written to without end
)

// getPatience is how long Get waits for a program that is writing the file.
const getPatience = 100 * time.Millisecond

// conditions are what a Store works under; tests set their own.
type conditions struct {
	notify   func() notifier
	poll     time.Duration // between two looks without a reason
	patience time.Duration // with a lock that somebody else holds
	retry    time.Duration // until a history that could not be kept is tried again
}

func usualConditions() conditions {
	return conditions{newNotifier, pollWatched, 10 * time.Second, 5 * time.Second}
}

// A Store is a [store.Store] and [store.History] whose document is a YAML or JSON
// file.
//
// A change made by hand is live some 20 ms after the file was last written and,
// on Linux, closed: that keeps half-written files out. Where the operating
// system cannot report changes, Store looks for them 20 times a second.
//
// Revisions are kept in a folder beside the file: .concors.yaml.history for
// concors.yaml.
type Store struct {
	path       string // absolute
	conditions conditions
	history    archive
	unable     failure       // to keep the history
	due        chan struct{} // holds a value if there is something to keep in the history
	stop       context.CancelFunc
	running    sync.WaitGroup

	mu      sync.Mutex    // held from looking at the file until what was seen is told
	keeper  *store.Keeper // what changes it happens under mu
	seen    fs.FileInfo   // of the content that keeper knows; nil if there is none; guarded by mu
	young   bool          // a change since might not show in seen, as clocks tick slowly; guarded by mu
	ailing  time.Time     // since when the file cannot be used; zero: it can; guarded by mu
	sighted uint64        // sightings so far; guarded by mu
	unkept  []sighting    // were live and are to be kept in the history, oldest first; guarded by mu
	kept    int           // the archive's number of the last one that was unkept; guarded by mu

	// before is called before each step of a write; its error makes the step
	// fail. Tests use it, it is nil otherwise.
	before atomic.Pointer[func(step string) error]
}

var (
	_ store.Store   = (*Store)(nil)
	_ store.History = (*Store)(nil)
)

// Open returns the store of the document in the file at address: its path,
// or file: and its path. A file that is missing or broken is no error: the first snapshot tells, and the store
// waits for a better one. The error is about address itself. The store must be
// closed.
func Open(address string, opts store.Options) (*Store, error) {
	return open(address, opts, usualConditions())
}

func open(address string, opts store.Options, c conditions) (*Store, error) {
	path, err := pathOf(address)
	if err != nil {
		return nil, err
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("store: finding the folder of %s: %w", path, err)
	}
	if info, err := os.Stat(abs); err == nil && info.IsDir() {
		return nil, fmt.Errorf("store: %s is a folder; name the file in it", path)
	}
	ctx, stop := context.WithCancel(context.Background())
	f := &Store{
		path: abs, conditions: c, keeper: store.NewKeeper(path, opts), history: archiveOf(abs),
		due: make(chan struct{}, 1), stop: stop,
	}
	// The first look is patient with a file that is being written, but tells at
	// once that there is none.
	if _, err := f.settled(ctx, writingGrace); err != nil {
		f.keeper.Failed(err)
	}
	f.running.Go(func() { f.follow(ctx, c.notify(), c.poll) })
	f.running.Go(func() { f.rememberAll(ctx) })
	return f, nil
}

// pathOf returns the path in an address: file:concors.yaml, and
// file:///etc/concors.yaml, as URLs of files are written.
func pathOf(address string) (string, error) {
	path, isAddress := strings.CutPrefix(address, "file:")
	if afterSlashes, isURL := strings.CutPrefix(path, "//"); isAddress && isURL {
		if !strings.HasPrefix(afterSlashes, "/") {
			return "", fmt.Errorf("store: %s: after // the path must begin with a slash, as files of other hosts cannot be opened (use file:%s)", address, afterSlashes)
		}
		path = afterSlashes
	}
	if path == "" {
		return "", fmt.Errorf("store: %q names no file (use file:concors.yaml)", address)
	}
	return path, nil
}

// Path returns the absolute path of the document, for what belongs beside it.
func (f *Store) Path() string { return f.path }

// Close ends every Watch and everything that runs for the store; all other
// methods return [store.ErrClosed] from then on.
func (f *Store) Close() error {
	f.keeper.Close()
	f.stop()
	f.running.Wait()
	return nil
}

// Get implements [store.Store]. It looks at the file, so that a change is not missed
// that nobody has reported yet.
func (f *Store) Get(ctx context.Context) (store.Snapshot, error) {
	if err := f.keeper.Err(ctx); err != nil {
		return store.Snapshot{}, err
	}
	f.mu.Lock()
	known := f.known()
	f.mu.Unlock()
	if !known {
		// What makes the file unusable is part of the state.
		_, _ = f.settled(ctx, getPatience)
		if err := f.keeper.Err(ctx); err != nil {
			return store.Snapshot{}, err
		}
	}
	return f.keeper.State(), nil
}

// Watch implements [store.Store].
func (f *Store) Watch(ctx context.Context) iter.Seq[store.Snapshot] { return f.keeper.Watch(ctx) }

// Put implements [store.Store]. The file keeps its mode, owner and group; of a
// symbolic link the target is written. Whoever reads the file meanwhile sees
// the old content or the new one, also after a crash.
//
// An edit by hand that hits the very microseconds between the last comparison
// with base and the replacement is lost: editors do not know our lock.
func (f *Store) Put(ctx context.Context, doc *endpoints.Document, base store.Revision) (store.Revision, error) {
	return f.change(ctx, base, f.keeper.Putting(doc))
}

// Revisions implements [store.History].
func (f *Store) Revisions(ctx context.Context) ([]store.Entry, error) {
	if err := f.keeper.Err(ctx); err != nil {
		return nil, err
	}
	entries, err := f.entries()
	return entries, errors.Join(err, f.unable.get())
}

// Raw implements [store.History].
func (f *Store) Raw(ctx context.Context, rev store.Revision) ([]byte, error) {
	if err := f.keeper.Err(ctx); err != nil {
		return nil, err
	}
	unkept := f.unkeptRaw(rev)
	raw, err := f.history.read(rev)
	if unkept != nil && errors.Is(err, store.ErrUnknownRevision) {
		return unkept, nil
	}
	return raw, err
}

// Restore implements [store.History].
func (f *Store) Restore(ctx context.Context, rev, base store.Revision) (store.Revision, error) {
	raw, err := f.Raw(ctx, rev)
	if err != nil {
		return "", err
	}
	return f.change(ctx, base, store.Restoring(raw))
}

// known reports whether the file still is what its content was taken from, as
// far as identity, size and time tell. Precondition: mu is held.
func (f *Store) known() bool {
	if f.seen == nil {
		return false
	}
	info, err := os.Stat(f.path)
	return err == nil && unchanged(f.seen, info)
}

// check looks at the file and tells what it found. Without a reason it spares
// the reading if the file is known. It returns how long to wait before the next
// check, zero if nothing is in the air.
func (f *Store) check(reason bool) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !reason && !f.young && f.known() {
		return 0
	}
	return f.take(f.look())
}

// look is [lookAt] after a look at the archive, so that what is archived later
// can be told from what was archived before. Precondition: mu is held.
func (f *Store) look() sight {
	list, _ := f.history.list() // whoever adds to it meets the error too
	s := lookAt(f.path)
	s.archive = list
	return s
}

// take tells what was seen. It returns how long to wait before the next look,
// see check. Precondition: mu is held since s was seen.
func (f *Store) take(s sight) time.Duration {
	if s.usable() {
		f.seen, f.young, f.ailing = s.info, false, time.Time{}
		before := f.keeper.State().Revision
		f.keeper.Found(s.raw, s.at)
		if now := f.keeper.State(); now.Revision != before {
			f.keep(now, s.archive)
		}
		return 0
	}
	f.seen = nil
	if f.ailing.IsZero() {
		f.ailing = time.Now()
	}
	grace := missingGrace
	if s.wait > 0 {
		grace = writingGrace
	}
	left := grace - time.Since(f.ailing)
	if left <= 0 {
		f.keeper.Failed(s.err)
	}
	if s.wait > 0 {
		return s.wait
	}
	return max(0, left)
}

// settled looks at the file until nobody is writing it, tells what it found and
// returns it. The error is why it cannot be used, see [sight], or that of ctx.
func (f *Store) settled(ctx context.Context, patience time.Duration) (sight, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errWriting)
	defer cancel()
	for {
		f.mu.Lock()
		s := f.look()
		f.take(s)
		f.mu.Unlock()
		if s.wait == 0 {
			return s, s.err
		}
		switch err := sleep(ctx, s.wait); {
		case errors.Is(err, errWriting): // patience has ended
			return s, s.err
		case err != nil:
			return s, err
		}
	}
}

// sleep waits for d or the end of ctx, whose cause it returns.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// unchanged reports whether a and b are the same file with the same size and
// time.
func unchanged(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
