package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/concors/concors/store"
)

// change replaces the content of the file by what c makes of it.
func (f *Store) change(ctx context.Context, base store.Revision, c store.Change) (store.Revision, error) {
	if err := f.keeper.Err(ctx); err != nil {
		return "", err
	}
	for {
		rev, err := f.attempt(ctx, base, c)
		if !errors.Is(err, errOvertaken) {
			return rev, err
		}
	}
}

// errOvertaken says that somebody wrote the file while it was to be replaced.
var errOvertaken = errors.New("the file was changed meanwhile")

// attempt is one attempt to change the file.
func (f *Store) attempt(ctx context.Context, base store.Revision, c store.Change) (store.Revision, error) {
	at, err := resolve(f.path)
	if err != nil {
		return "", fmt.Errorf("store: writing %s: %w", f.path, err)
	}
	if err := mayWrite(at); err != nil {
		return "", fmt.Errorf("store: writing %s: %w", f.path, err)
	}
	unlock, err := lockFor(ctx, at, f.conditions.patience)
	if err != nil {
		return "", fmt.Errorf("store: writing %s: %w", f.path, readOnly(err))
	}
	defer unlock()

	old, err := f.settled(ctx, writingGrace)
	if err != nil && !errors.Is(err, store.ErrEmpty) {
		return "", err
	}
	next, changed, err := f.keeper.Prepare(old.raw, base, c)
	if err != nil || !changed {
		return next.Revision, err
	}
	// What is replaced now comes before what replaces it, and would be lost if
	// it could not be kept.
	if err := f.remember(true); err != nil {
		return "", fmt.Errorf("store: nothing was changed, as the history of %s cannot be kept: %w", f.path, readOnly(err))
	}
	f.sweep(at)
	temp := filepath.Join(at.dir, tempPrefix(at.name)+strconv.Itoa(os.Getpid()))
	if err := f.writeTemp(temp, next.Raw, old.info); err != nil {
		return "", fmt.Errorf("store: writing %s: %w", f.path, readOnly(err))
	}
	if err := f.swap(ctx, at, temp, old.info, next); err != nil {
		return "", errors.Join(err, os.Remove(temp))
	}
	err = f.step("sync folder", func() error { return syncFolder(at.dir) })
	if f.remember(true) != nil {
		f.remind() // it is live, so it is no failure of the change
	}
	if err != nil {
		return "", fmt.Errorf("store: %s has its new content, but a power failure might undo it: %w", f.path, err)
	}
	return next.Revision, nil
}

// Writable returns nil if Put may write the file as far as can be seen, and
// otherwise why not: an [store.ErrReadOnly].
func (f *Store) Writable() error {
	at, err := resolve(f.path)
	if err == nil {
		err = mayWrite(at)
	}
	if err != nil {
		return fmt.Errorf("store: %s: %w", f.path, err)
	}
	return nil
}

// mayWrite returns why the file at p must not be replaced, an [store.ErrReadOnly].
// Renaming could replace a file that is marked read-only, but somebody meant
// that mark, even where this process is root's.
func mayWrite(p place) error {
	if p.gone {
		return fmt.Errorf("%w: its folder does not exist", store.ErrReadOnly)
	}
	if err := access(p.dir); err != nil {
		return fmt.Errorf("%w: folder %s: %w", store.ErrReadOnly, p.dir, err)
	}
	info, err := os.Lstat(p.path())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%w: %w", store.ErrReadOnly, err)
	case info.Mode().Perm()&0o222 == 0:
		return fmt.Errorf("%w: it is marked read-only (%v)", store.ErrReadOnly, info.Mode())
	}
	if err := access(p.path()); err != nil {
		return fmt.Errorf("%w: %w", store.ErrReadOnly, err)
	}
	return nil
}

// readOnly makes err an [store.ErrReadOnly] if it says that writing is not allowed.
func readOnly(err error) error {
	if !errors.Is(err, store.ErrReadOnly) && (errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)) {
		return fmt.Errorf("%w: %w", store.ErrReadOnly, err)
	}
	return err
}

// swap puts temp in the place of the file and tells the watchers, unless the
// file is no longer the one of old.
func (f *Store) swap(ctx context.Context, at place, temp string, old fs.FileInfo, next store.Snapshot) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	written, err := os.Stat(temp)
	if err != nil {
		return fmt.Errorf("store: replacing %s: %w", f.path, err)
	}
	err = f.step("rename", func() error {
		if again, err := resolve(f.path); err != nil || again.path() != at.path() {
			return errors.Join(errOvertaken, err) // a link leads elsewhere now
		}
		now, err := os.Lstat(at.path())
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return err
		case (err == nil) != (old != nil), err == nil && !unchanged(now, old):
			return errOvertaken
		}
		return os.Rename(temp, at.path())
	})
	if err != nil {
		return fmt.Errorf("store: replacing %s: %w", f.path, readOnly(err))
	}
	f.seen, f.young, f.ailing = written, true, time.Time{}
	next.Time = time.Now() // later than whatever anybody has seen in the old file
	f.keeper.Accept(next)
	list, _ := f.history.list()
	f.keep(next, list)
	return nil
}

// writeTemp writes data to a new file at path, durably, with mode and owner of
// old.
func (f *Store) writeTemp(path string, data []byte, old fs.FileInfo) (err error) {
	mode := fs.FileMode(0o644)
	if old != nil {
		mode = 0o600 // until it has the owner it is to have
	}
	var temp *os.File
	err = f.step("create", func() error {
		temp, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		return err
	})
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := temp.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			err = errors.Join(err, os.Remove(temp.Name()))
		}
	}()
	err = f.step("write", func() error {
		_, err := temp.Write(data)
		return err
	})
	if err != nil {
		return err
	}
	if old != nil {
		err := f.step("keep owner and mode", func() error {
			if err := keepOwner(temp, old); err != nil {
				return err
			}
			return temp.Chmod(old.Mode())
		})
		if err != nil {
			return err
		}
	}
	return f.step("sync", temp.Sync)
}

// sweep removes what writes that were killed have left in the folder and in the
// archive. Precondition: the file is locked, so nobody is writing now.
func (f *Store) sweep(at place) {
	f.sweepFolder(at.dir, func(name string) bool {
		writer, ok := strings.CutPrefix(name, tempPrefix(at.name))
		pid, err := strconv.Atoi(writer)
		return ok && err == nil && (lockIsShared || pid == os.Getpid())
	})
	f.sweepFolder(f.history.dir, func(name string) bool {
		name, ok := strings.CutSuffix(name, writing)
		_, ours := f.history.parse(name)
		return ok && ours && lockIsShared
	})
}

// sweepFolder removes the files of a folder that are stale.
func (f *Store) sweepFolder(dir string, stale func(name string) bool) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return // it is only about tidiness
	}
	for _, file := range files {
		if file.Type().IsRegular() && stale(file.Name()) {
			if err := os.Remove(filepath.Join(dir, file.Name())); err != nil {
				f.keeper.Log().Warn("cannot remove the rest of an interrupted write", "error", err)
			}
		}
	}
}

// tempPrefix is how the names of the temporary files of a file begin.
func tempPrefix(name string) string { return "." + name + ".writing-" }

// step runs one step of a write.
func (f *Store) step(name string, run func() error) error {
	if before := f.before.Load(); before != nil {
		if err := (*before)(name); err != nil {
			return err
		}
	}
	return run()
}
