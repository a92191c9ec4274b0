package file

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/concors/concors/store"
)

// The history must say in which order revisions were live, and clocks cannot
// tell: they are set back, and differ between machines. So it goes by what was
// in the archive when a revision was seen.

// A sighting is a good document that was seen live.
type sighting struct {
	store.Snapshot
	number uint64 // of the sighting
	after  int    // the newest number in the archive before it was seen
}

// keep takes note that s is live and to be kept in the history; list is what was
// archived before s was seen. Precondition: mu is held.
func (f *Store) keep(s store.Snapshot, list []archived) {
	last := lastOf(list)
	if len(f.missing(list)) == 0 && last.Revision == s.Revision {
		return // somebody else was quicker
	}
	f.sighted++
	f.unkept = append(f.unkept, sighting{s, f.sighted, last.number})
	f.unkept = f.unkept[max(0, len(f.unkept)-store.HistoryLen):]
	f.remind()
}

// remind wakes rememberAll.
func (f *Store) remind() {
	select {
	case f.due <- struct{}{}:
	default: // it is awake already
	}
}

// lastOf returns what was archived last; its number is 0 if nothing is.
func lastOf(list []archived) archived {
	if len(list) == 0 {
		return archived{}
	}
	return list[0]
}

// find returns the number under which list has s, which other processes may
// have archived, and 0 if it has not. Kept is the number of the sighting
// before s.
func find(list []archived, s sighting, kept int) int {
	for _, e := range slices.Backward(list) {
		if e.Revision == s.Revision && e.number > max(s.after, kept) {
			return e.number
		}
	}
	return 0
}

// missing returns what is to be kept and list does not have, the oldest first.
// Precondition: mu is held.
func (f *Store) missing(list []archived) []sighting {
	var missing []sighting
	kept := f.kept
	for _, s := range f.unkept {
		if n := find(list, s, kept); n > 0 {
			kept = n
		} else {
			missing = append(missing, s)
		}
	}
	return missing
}

// entries returns what [store.History.Revisions] does: what is archived, and what is
// yet to be.
func (f *Store) entries() ([]store.Entry, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	list, err := f.history.list()
	entries := make([]store.Entry, 0, len(list)+len(f.unkept))
	for _, s := range slices.Backward(f.missing(list)) {
		entries = append(entries, s.Entry())
	}
	for _, e := range list {
		entries = append(entries, e.Entry)
	}
	return entries[:min(len(entries), store.HistoryLen)], err
}

// unkeptRaw returns a copy of revision rev if it is not yet kept in the
// history.
func (f *Store) unkeptRaw(rev store.Revision) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.unkept {
		if s.Revision == rev {
			return bytes.Clone(s.Raw)
		}
	}
	return nil
}

// rememberAll keeps what was live in the history until ctx ends. It is apart
// from what follows the file, as it waits for the lock and for the disk.
func (f *Store) rememberAll(ctx context.Context) {
	retry := time.NewTimer(0) // at the start there may be something to tidy up
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			_ = f.lockAndRemember(ctx) // what is left, if nobody has to be waited for
			return
		case <-f.due:
		case <-retry.C:
		}
		if f.lockAndRemember(ctx) != nil {
			retry.Reset(f.conditions.retry)
		}
	}
}

// lockAndRemember locks the file and keeps in the history what is to be kept.
func (f *Store) lockAndRemember(ctx context.Context) error {
	ending := ctx.Err() != nil
	f.mu.Lock()
	nothing := len(f.unkept) == 0 && (ending || f.seen == nil)
	f.mu.Unlock()
	if nothing {
		return nil
	}
	at, err := resolve(f.path)
	if err == nil && at.gone {
		err = fs.ErrNotExist
	}
	if err != nil {
		return err // it was moved away at this moment
	}
	unlock, err := lockFor(ctx, at, f.conditions.patience)
	if err != nil {
		if ctx.Err() == nil {
			f.remembered(err)
		}
		return err
	}
	defer unlock()
	if !ending {
		f.sweep(at)
		f.check(true) // what is live may have become so before the file was locked
	}
	return f.remember(!ending)
}

// remember keeps in the history what was live and is not kept yet. What cannot
// be kept stays to be kept. Looked says that the file was looked at since it is
// locked. Precondition: it is.
func (f *Store) remember(looked bool) error {
	err := f.tryRemember(looked)
	f.remembered(err)
	return err
}

func (f *Store) tryRemember(looked bool) error {
	mode := fs.FileMode(0o600)
	if info, err := os.Stat(f.path); err == nil {
		mode = info.Mode()
	}
	list, err := f.history.list()
	for err == nil {
		next, due := f.nextUnkept(list, looked)
		if !due {
			return nil
		}
		f.mu.Lock()
		n := find(list, next, f.kept)
		f.mu.Unlock()
		if n == 0 {
			err = f.step("keep", func() error {
				list, err = f.history.add(list, next.Snapshot, mode)
				return err
			})
			if err != nil {
				break
			}
			n = list[0].number
		}
		f.mu.Lock()
		f.kept = n
		f.unkept = slices.DeleteFunc(f.unkept, func(s sighting) bool { return s.number <= next.number })
		f.mu.Unlock()
	}
	return err
}

// nextUnkept returns what is to be kept next: the oldest sighting or, after
// all of them, what is live if list does not end with it. That can be when two
// processes saw a document come, go and come back at different moments. Who has
// not looked may not know what is live.
func (f *Store) nextUnkept(list []archived, looked bool) (next sighting, due bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.unkept) > 0 {
		return f.unkept[0], true
	}
	live := f.keeper.State()
	if !looked || f.seen == nil || live.Problem != nil {
		return sighting{}, false // what is live is not in the file, or who knows
	}
	last := lastOf(list)
	return sighting{Snapshot: live, after: last.number}, last.Revision != live.Revision
}

// remembered takes note of whether the history could be kept.
func (f *Store) remembered(err error) {
	if err != nil {
		err = fmt.Errorf("store: the history of %s cannot be kept: %w", f.path, err)
	}
	if !f.unable.set(err) {
		return
	}
	if err != nil {
		f.keeper.Log().Warn("the history cannot be kept; what is missing will be added when it can", "document", f.keeper.Name(), "error", err)
	} else {
		f.keeper.Log().Info("the history is kept again", "document", f.keeper.Name())
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
