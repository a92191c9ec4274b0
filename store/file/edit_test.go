//go:build unix

package file_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/concors/concors/store"
	"github.com/concors/concors/store/file"
)

// text is a document whose only endpoints are paths.
func text(paths ...string) []byte {
	raw := []byte("upstream: http://127.0.0.1:3000\nendpoints:\n")
	for _, p := range paths {
		raw = fmt.Appendf(raw, "  - endpoint: GET %s\n", p)
	}
	return raw
}

var broken = []byte("upstream: http://127.0.0.1:3000\nendpont:\n  - endpoint: GET /a\n")

// await returns the first state of f for which done is true.
func await(t *testing.T, f *file.Store, what string, done func(store.Snapshot) bool) store.Snapshot {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var last store.Snapshot
	for last = range f.Watch(ctx) {
		if done(last) {
			return last
		}
	}
	t.Fatalf("waited in vain for %s; the last state is %q with problem %+v", what, last.Revision, last.Problem)
	return last
}

// awaitText waits until raw is live.
func awaitText(t *testing.T, f *file.Store, raw []byte) store.Snapshot {
	t.Helper()
	return await(t, f, fmt.Sprintf("%q", raw), func(s store.Snapshot) bool {
		return s.Problem == nil && s.Revision == store.RevisionOf(raw)
	})
}

// awaitProblem waits until what is stored cannot be used.
func awaitProblem(t *testing.T, f *file.Store) store.Snapshot {
	t.Helper()
	return await(t, f, "a problem", func(s store.Snapshot) bool { return s.Problem != nil })
}

// do fails the test if one of the steps failed.
func do(t *testing.T, steps ...error) {
	t.Helper()
	if err := errors.Join(steps...); err != nil {
		t.Fatal(err)
	}
}

// Each way to save a file that people's programs use, and what a watcher sees
// from the old content to the new: nothing else.
func TestFileSavedByEditors(t *testing.T) {
	t.Parallel()
	before, after := text("/a"), text("/a", "/b")
	tests := []struct {
		name string
		save func(t *testing.T, path string)
	}{
		{"truncate and write", func(t *testing.T, path string) { write(t, path, after) }},
		{"write elsewhere and rename into place", func(t *testing.T, path string) {
			write(t, path+".new", after)
			do(t, os.Rename(path+".new", path))
		}},
		{"rename to a backup and write anew (vim)", func(t *testing.T, path string) {
			do(t, os.Rename(path, path+"~"))
			write(t, path, after)
			do(t, os.Remove(path+"~"))
		}},
		{"remove and write anew", func(t *testing.T, path string) {
			do(t, os.Remove(path))
			write(t, path, after)
		}},
		{"hard link put in place", func(t *testing.T, path string) {
			write(t, path+".new", after)
			do(t, os.Remove(path), os.Link(path+".new", path))
		}},
		{"one byte at a time", func(t *testing.T, path string) {
			w, err := os.Create(path)
			do(t, err)
			for i := range after {
				_, err := w.Write(after[i : i+1])
				do(t, err)
			}
			do(t, w.Close())
		}},
		{"truncate in one go, append in another", func(t *testing.T, path string) {
			do(t, os.Truncate(path, 0))
			w, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			do(t, err)
			_, err = w.Write(after)
			do(t, err, w.Close())
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "concors.yaml")
			write(t, path, before)
			f := open(t, path, store.Options{})
			first, took := true, time.Duration(0)
			for s := range f.Watch(t.Context()) {
				if first {
					first = false
					start := time.Now()
					tt.save(t, path)
					took = time.Since(start)
					continue
				}
				if s.Problem != nil && took > 100*time.Millisecond {
					continue // the machine has made a long gap of a short one
				}
				if s.Problem != nil || s.Revision != store.RevisionOf(after) {
					t.Errorf("between the old content and the new: revision %q, problem %+v", s.Revision, s.Problem)
				}
				break
			}
		})
	}
}

// Some programs set back the time of what they have written.
func TestFileSameSizeAndTime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "concors.yaml")
	write(t, path, text("/a"))
	f := open(t, path, store.Options{})
	for _, raw := range [][]byte{text("/b"), text("/c")} {
		info, err := os.Stat(path)
		do(t, err)
		write(t, path, raw)
		do(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
		awaitText(t, f, raw)
	}
}

// Half of a document can be a document, and mean something else than the whole.
func TestFileHalfWritten(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells that a program still has a file open for writing")
	}
	path := filepath.Join(t.TempDir(), "concors.yaml")
	before := text("/a")
	write(t, path, before)
	f := open(t, path, store.Options{})

	w, err := os.Create(path)
	do(t, err)
	whole := text("/a", "/b")
	half := text("/b")[:len(text())]
	_, err = w.Write(append(half, "  - endpoint: GET /\n"...)) // a document by itself
	do(t, err)
	// Get looks at the file for as long as it has patience, which is longer than
	// a file has to be quiet once it is closed.
	s, err := f.Get(t.Context())
	do(t, err)
	if s.Revision != store.RevisionOf(before) || s.Problem != nil {
		t.Fatalf("while the file is being written: revision %q, problem %+v; want the old content", s.Revision, s.Problem)
	}
	_, err = w.WriteAt(whole, 0)
	do(t, err, w.Truncate(int64(len(whole))), w.Close())
	seen := 0
	for s := range f.Watch(t.Context()) {
		seen++
		switch s.Revision {
		case store.RevisionOf(before):
			continue
		case store.RevisionOf(whole):
		default:
			t.Errorf("state %d has revision %q; want the old content or the new", seen, s.Revision)
		}
		break
	}
}

func TestFileLinks(t *testing.T) {
	t.Parallel()
	t.Run("a Kubernetes ConfigMap is swapped", func(t *testing.T) {
		dir := t.TempDir()
		path := filepath.Join(dir, "concors.yaml")
		version := func(name string, raw []byte) {
			do(t, os.Mkdir(filepath.Join(dir, name), 0o755))
			write(t, filepath.Join(dir, name, "concors.yaml"), raw)
		}
		version("..2026_1", text("/a"))
		do(t, os.Symlink("..2026_1", filepath.Join(dir, "..data")), os.Symlink("..data/concors.yaml", path))
		f := open(t, path, store.Options{})
		awaitText(t, f, text("/a"))

		for i, raw := range [][]byte{text("/b"), text("/c"), text("/a")} {
			name := fmt.Sprintf("..2026_%d", i+2)
			version(name, raw)
			do(t, os.Symlink(name, filepath.Join(dir, "..data_tmp")),
				os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")),
				os.Rename(filepath.Join(dir, fmt.Sprintf("..2026_%d", i+1)), filepath.Join(t.TempDir(), "removed")))
			awaitText(t, f, raw)
		}
	})
	t.Run("the target changes in another folder", func(t *testing.T) {
		dir, other := t.TempDir(), t.TempDir()
		target, path := filepath.Join(other, "real.yaml"), filepath.Join(dir, "concors.yaml")
		write(t, target, text("/a"))
		do(t, os.Symlink(target, filepath.Join(dir, "middle")), os.Symlink("middle", path))
		f := open(t, path, store.Options{})
		awaitText(t, f, text("/a"))
		write(t, target, text("/b"))
		awaitText(t, f, text("/b"))
	})
	t.Run("the link is pointed elsewhere, and what it left is not followed", func(t *testing.T) {
		dir := t.TempDir()
		one, two, path := filepath.Join(dir, "one.yaml"), filepath.Join(dir, "two.yaml"), filepath.Join(dir, "concors.yaml")
		write(t, one, text("/a"))
		write(t, two, text("/b"))
		do(t, os.Symlink(one, path))
		f := open(t, path, store.Options{})
		awaitText(t, f, text("/a"))
		do(t, os.Symlink(two, path+".new"), os.Rename(path+".new", path))
		awaitText(t, f, text("/b"))
		write(t, one, text("/left"))
		write(t, two, text("/b", "/c"))
		awaitText(t, f, text("/b", "/c"))
	})
	t.Run("a folder on the way is a link that is swapped", func(t *testing.T) {
		dir := t.TempDir()
		do(t, os.MkdirAll(filepath.Join(dir, "v1/etc"), 0o755), os.MkdirAll(filepath.Join(dir, "v2/etc"), 0o755),
			os.Symlink("v1", filepath.Join(dir, "current")))
		write(t, filepath.Join(dir, "v1/etc/concors.yaml"), text("/a"))
		write(t, filepath.Join(dir, "v2/etc/concors.yaml"), text("/b"))
		f := open(t, filepath.Join(dir, "current/etc/concors.yaml"), store.Options{})
		awaitText(t, f, text("/a"))
		do(t, os.Symlink("v2", filepath.Join(dir, "next")), os.Rename(filepath.Join(dir, "next"), filepath.Join(dir, "current")))
		awaitText(t, f, text("/b"))
	})
	t.Run("a link without a target gets one", func(t *testing.T) {
		dir := t.TempDir()
		do(t, os.Symlink("later/real.yaml", filepath.Join(dir, "concors.yaml")))
		f := open(t, filepath.Join(dir, "concors.yaml"), store.Options{})
		awaitProblem(t, f)
		do(t, os.Mkdir(filepath.Join(dir, "later"), 0o755))
		write(t, filepath.Join(dir, "later/real.yaml"), text("/a"))
		awaitText(t, f, text("/a"))
	})
	t.Run("a link to itself is a problem until it is mended", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "concors.yaml")
		do(t, os.Symlink("concors.yaml", path))
		f := open(t, path, store.Options{})
		awaitProblem(t, f)
		do(t, os.Remove(path))
		write(t, path, text("/a"))
		awaitText(t, f, text("/a"))
	})
}

func TestFileFolders(t *testing.T) {
	t.Parallel()
	t.Run("made later", func(t *testing.T) {
		dir := t.TempDir()
		path := filepath.Join(dir, "etc/concors/concors.yaml")
		f := open(t, path, store.Options{})
		s := awaitProblem(t, f)
		if !errors.Is(s.Problem.Err, store.ErrEmpty) || !errors.Is(s.Problem.Err, os.ErrNotExist) {
			t.Errorf("the problem is %v; want ErrEmpty and fs.ErrNotExist", s.Problem.Err)
		}
		if _, err := f.Put(t.Context(), s.Document, ""); err == nil {
			t.Error("Put into a folder that does not exist succeeded")
		}
		do(t, os.MkdirAll(filepath.Dir(path), 0o755))
		write(t, path, text("/a"))
		awaitText(t, f, text("/a"))
	})
	t.Run("removed and made again", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "etc")
		path := filepath.Join(dir, "concors.yaml")
		do(t, os.Mkdir(dir, 0o755))
		write(t, path, text("/a"))
		f := open(t, path, store.Options{})
		for range 2 {
			do(t, os.Rename(dir, filepath.Join(t.TempDir(), "removed")))
			awaitProblem(t, f)
			do(t, os.Mkdir(dir, 0o755))
			write(t, path, text("/b"))
			awaitText(t, f, text("/b"))
		}
	})
	t.Run("made before its parent is watched", func(t *testing.T) {
		dir := t.TempDir()
		path := filepath.Join(dir, "etc/concors.yaml")
		var once sync.Once
		f, err := file.OpenWatching(path, store.Options{}, func(watching string) {
			once.Do(func() {
				if watching != dir {
					t.Errorf("the first folder to be watched is %q; want %q", watching, dir)
				}
				err := os.Mkdir(filepath.Dir(path), 0o755)
				if err == nil {
					err = os.WriteFile(path+".new", text("/a"), 0o644)
				}
				if err == nil { // so old that nobody waits for more and looks again
					err = os.Chtimes(path+".new", time.Unix(0, 0), time.Unix(0, 0))
				}
				if err == nil {
					err = os.Rename(path+".new", path)
				}
				if err != nil {
					t.Error(err)
				}
			})
		})
		do(t, err)
		t.Cleanup(func() { do(t, f.Close()) })
		awaitText(t, f, text("/a"))
		write(t, path, text("/b"))
		awaitText(t, f, text("/b"))
	})
	t.Run("moved away, another in its place", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "etc")
		do(t, os.Mkdir(dir, 0o755), os.Mkdir(dir+".new", 0o755))
		write(t, filepath.Join(dir, "concors.yaml"), text("/a"))
		write(t, filepath.Join(dir+".new", "concors.yaml"), text("/b"))
		f := open(t, filepath.Join(dir, "concors.yaml"), store.Options{})
		do(t, os.Rename(dir, dir+".old"), os.Rename(dir+".new", dir))
		awaitText(t, f, text("/b"))
		write(t, filepath.Join(dir, "concors.yaml"), text("/c"))
		awaitText(t, f, text("/c"))
	})
}

func TestFileUnreadable(t *testing.T) {
	t.Parallel()
	t.Run("no permission", func(t *testing.T) {
		if os.Getuid() == 0 {
			t.Skip("root may read everything")
		}
		path := filepath.Join(t.TempDir(), "concors.yaml")
		write(t, path, text("/a"))
		f := open(t, path, store.Options{})
		do(t, os.Chmod(path, 0))
		s := awaitProblem(t, f)
		if !errors.Is(s.Problem.Err, os.ErrPermission) || s.Revision != store.RevisionOf(text("/a")) {
			t.Errorf("revision %q, problem %v; want the last good one and fs.ErrPermission", s.Revision, s.Problem.Err)
		}
		do(t, os.Chmod(path, 0o600))
		awaitText(t, f, text("/a"))
	})
	t.Run("a named pipe", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "concors.yaml")
		do(t, syscall.Mkfifo(path, 0o644))
		f := open(t, path, store.Options{})
		s := awaitProblem(t, f)
		if errors.Is(s.Problem.Err, store.ErrEmpty) {
			t.Errorf("the problem is %v; want one that is not ErrEmpty", s.Problem.Err)
		}
		if _, err := f.Put(t.Context(), s.Document, ""); err == nil {
			t.Error("Put over a named pipe succeeded")
		}
		do(t, os.Remove(path))
		write(t, path, text("/a"))
		awaitText(t, f, text("/a"))
	})
	t.Run("a folder", func(t *testing.T) {
		if f, err := file.Open(t.TempDir(), store.Options{}); err == nil {
			t.Error("OpenFile of a folder succeeded")
			_ = f.Close()
		}
	})
	t.Run("too large", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "concors.yaml")
		write(t, path, text("/a"))
		f := open(t, path, store.Options{})
		do(t, os.Truncate(path, 65<<20))
		awaitProblem(t, f)
		write(t, path, text("/b"))
		awaitText(t, f, text("/b"))
	})
}

func TestFileUnwatched(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"the folder cannot be watched": errors.New("no space left on device"),
		"nothing is ever reported":     nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "concors.yaml")
			write(t, path, text("/a"))
			f, err := file.OpenUnwatched(path, store.Options{}, err)
			do(t, err)
			t.Cleanup(func() { do(t, f.Close()) })
			write(t, path, text("/b"))
			awaitText(t, f, text("/b"))
			write(t, path, broken)
			awaitProblem(t, f)
			write(t, path+".new", text("/c"))
			do(t, os.Rename(path+".new", path))
			awaitText(t, f, text("/c"))
		})
	}
}
