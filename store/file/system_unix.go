//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/concors/concors/store"
)

// lockPoll is how soon a lock that others hold is tried again, and lockPollMax
// how rarely after a while; flock cannot wait and listen to a context as well.
const (
	lockPoll    = 2 * time.Millisecond
	lockPollMax = 20 * time.Millisecond
)

// lockIsShared says that lock keeps other processes out too.
const lockIsShared = true

// lock locks the file at path, which it makes if needed, for all processes. If
// ctx ends before, the error is its cause.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if errors.Is(err, fs.ErrPermission) { // another user made it; most file systems lock it all the same
		f, err = os.Open(path)
	}
	if err != nil {
		return nil, err
	}
	for pause := lockPoll; ; pause = min(2*pause, lockPollMax) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return func() { _ = f.Close() }, nil // closing unlocks
		case errors.Is(err, syscall.EWOULDBLOCK):
			err = sleep(ctx, pause)
		case errors.Is(err, syscall.EINTR):
			err = context.Cause(ctx)
		}
		if err != nil {
			_ = f.Close()
			return nil, err
		}
	}
}

// access returns why this process may not write to path.
func access(path string) error { return unix.Access(path, unix.W_OK) }

// keepOwner gives f the owner and group of old.
func keepOwner(f *os.File, old fs.FileInfo) error {
	mine, err := f.Stat()
	if err != nil {
		return err
	}
	have, want := mine.Sys().(*syscall.Stat_t), old.Sys().(*syscall.Stat_t)
	if have.Uid == want.Uid && have.Gid == want.Gid {
		return nil
	}
	if err := f.Chown(int(want.Uid), int(want.Gid)); err != nil {
		return fmt.Errorf("%w: it belongs to user %d and group %d, which this process (user %d) cannot keep; "+
			"run it as that user, or make the file its own: %w", store.ErrReadOnly, want.Uid, want.Gid, os.Geteuid(), err)
	}
	return nil
}

// syncFolder makes the names in a folder durable.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
