//go:build unix

package file_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/concors/concors/store"
)

// holdLock locks the document at path as a program that is none of ours, and
// does not let go before the end of the test or the call of release.
func holdLock(t *testing.T, path string) (release func()) {
	t.Helper()
	dir := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".history")
	do(t, os.MkdirAll(dir, 0o755))
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	do(t, err, syscall.Flock(int(f.Fd()), syscall.LOCK_EX))
	t.Cleanup(func() { _ = f.Close() })
	return func() { do(t, f.Close()) }
}

// Who holds the lock and never lets go keeps nobody from reading, and a change
// gives up and says why.
func TestFileLockedForGood(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "concors.yaml")
	write(t, path, text("/a"))
	release := holdLock(t, path)

	f := hastyWith(t, path, store.Options{}, 20*time.Millisecond)
	s := get(t, f)
	if s.Problem != nil || s.Revision != store.RevisionOf(text("/a")) {
		t.Fatalf("read is revision %q, problem %v", s.Revision, s.Problem)
	}
	write(t, path, text("/b"))
	s = awaitText(t, f, text("/b"))
	awaitRevisionsDespite(t, f, store.ErrLocked, text("/b"), text("/a"))

	_, err := f.Put(t.Context(), with(s.Document, "/c"), s.Stored())
	if !errors.Is(err, store.ErrLocked) {
		t.Fatalf("Put returned %v; want ErrLocked", err)
	}
	for _, part := range []string{path + ": ", "another program has locked", ".concors.yaml.history/lock", "lsof"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("Put says %q, without %q", err, part)
		}
	}
	if _, err := f.Restore(t.Context(), store.RevisionOf(text("/a")), s.Stored()); !errors.Is(err, store.ErrLocked) {
		t.Errorf("Restore returned %v; want ErrLocked", err)
	}
	release()
	awaitKept(t, path, text("/b"), text("/a"))
	_, err = open(t, path, store.Options{}).Put(t.Context(), with(s.Document, "/c"), s.Stored())
	do(t, err)
}

func TestFileClosedWhileLocked(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "concors.yaml")
	write(t, path, text("/a"))
	holdLock(t, path)
	f := open(t, path, store.Options{}) // patient
	awaitText(t, f, text("/a"))
	do(t, f.Close())
}

func TestFileSweeps(t *testing.T) {
	t.Parallel()
	const entry = "00000042-20261123T064500.123456789Z-0123456789abcdef.yaml"
	tests := []struct {
		name  string
		stale bool
	}{
		{".concors.yaml.writing-4711", true},
		{".concors.yaml.history/" + entry + ".writing", true},

		{".concors.yaml.writing-notes", false},
		{".concors.yaml.writing-", false},
		{".other.yaml.writing-4711", false},
		{"concors.yaml.writing", false},
		{".concors.yaml.history/notes.yaml.writing", false},
		{".concors.yaml.history/" + entry + ".writing~", false},
	}
	prepare := func(t *testing.T) (path string, release func()) {
		path = filepath.Join(t.TempDir(), "concors.yaml")
		write(t, path, text("/a"))
		release = holdLock(t, path)
		for _, tt := range tests {
			write(t, filepath.Join(filepath.Dir(path), tt.name), []byte("half"))
		}
		return path, release
	}
	exists := func(path, name string) bool {
		_, err := os.Lstat(filepath.Join(filepath.Dir(path), name))
		return err == nil
	}
	t.Run("at the start", func(t *testing.T) {
		t.Parallel()
		path, release := prepare(t)
		var log logBook
		f := hastyWith(t, path, store.Options{Logger: log.logger()}, 20*time.Millisecond)
		awaitRevisionsDespite(t, f, store.ErrLocked, text("/a"))
		eventually(t, func() string { return "a try to lock" }, func() bool { return log.count("the history cannot be kept") > 0 })
		for _, tt := range tests {
			if !exists(path, tt.name) {
				t.Errorf("%s is gone, though somebody who holds the lock may be writing it", tt.name)
			}
		}
		release()
		awaitKept(t, path, text("/a")) // sweeping comes before
		for _, tt := range tests {
			if exists(path, tt.name) == tt.stale {
				t.Errorf("%s: stale %v, there %v", tt.name, tt.stale, exists(path, tt.name))
			}
		}
	})
	t.Run("the name of this very process", func(t *testing.T) {
		t.Parallel()
		path, release := prepare(t)
		release()
		write(t, filepath.Join(filepath.Dir(path), fmt.Sprintf(".concors.yaml.writing-%d", os.Getpid())), []byte("half"))
		f := open(t, path, store.Options{})
		s := get(t, f)
		_, err := f.Put(t.Context(), with(s.Document, "/b"), s.Stored())
		do(t, err)
	})
}

// Whatever keeps a file from being written is the same error.
func TestFileReadOnlyIsOneError(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		step string
		err  error
	}{
		{"no permission to make a file", "create", os.ErrPermission},
		{"a file system that became read-only", "write", syscall.EROFS},
		{"no permission to replace it", "rename", syscall.EPERM},
		{"no permission to keep what is replaced", "keep", syscall.EACCES},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "concors.yaml")
			write(t, path, text("/a"))
			f := open(t, path, store.Options{})
			awaitKept(t, path, text("/a"))
			f.FailBefore(func(step string) error {
				if step == tt.step {
					return tt.err
				}
				return nil
			})
			write(t, path, text("/b"))
			s := awaitText(t, f, text("/b"))
			if _, err := f.Put(t.Context(), with(s.Document, "/c"), s.Stored()); !errors.Is(err, store.ErrReadOnly) {
				t.Errorf("Put returned %v; want ErrReadOnly", err)
			}
		})
	}
}
