//go:build unix

package file_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/store"
	"github.com/concors/concors/store/file"
)

// steps are the steps of a write before which it can fail or be killed, up to
// the one that makes the change.
var steps = []string{"create", "write", "keep owner and mode", "sync", "rename"}

// with returns a copy of doc with another endpoint.
func with(doc *endpoints.Document, path string) *endpoints.Document {
	doc = doc.Clone()
	doc.Endpoints = append(doc.Endpoints, endpoints.Entry{Endpoint: "GET " + path})
	return doc
}

func get(t *testing.T, f *file.Store) store.Snapshot {
	t.Helper()
	s, err := f.Get(t.Context())
	do(t, err)
	return s
}

// leftovers returns the temporary files in a folder.
func leftovers(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	do(t, err)
	var names []string
	for _, e := range entries {
		if strings.Contains(e.Name(), "writing") {
			names = append(names, e.Name())
		}
	}
	return names
}

func TestFileWriteFails(t *testing.T) {
	t.Parallel()
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "concors.yaml")
			before := text("/a")
			write(t, path, before)
			f := open(t, path, store.Options{})
			full, failing := errors.New("disk full"), true
			f.FailBefore(func(s string) error {
				if failing && s == step {
					return full
				}
				return nil
			})
			s := get(t, f)
			if _, err := f.Put(t.Context(), with(s.Document, "/b"), s.Stored()); !errors.Is(err, full) {
				t.Fatalf("Put returned %v; want %v", err, full)
			}
			raw, err := os.ReadFile(path)
			do(t, err)
			if string(raw) != string(before) {
				t.Errorf("the file became %q", raw)
			}
			if left := leftovers(t, filepath.Dir(path)); left != nil {
				t.Errorf("left behind: %q", left)
			}
			if got := get(t, f); got.Revision != s.Revision || got.Problem != nil {
				t.Errorf("the state became %q, problem %v", got.Revision, got.Problem)
			}
			failing = false
			if _, err := f.Put(t.Context(), with(s.Document, "/b"), s.Stored()); err != nil {
				t.Errorf("the next Put: %v", err)
			}
		})
	}
	t.Run("sync folder: the change is made, but may not last", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "concors.yaml")
		write(t, path, text("/a"))
		f := open(t, path, store.Options{})
		broken := errors.New("input/output error")
		f.FailBefore(func(s string) error {
			if s == "sync folder" {
				return broken
			}
			return nil
		})
		s := get(t, f)
		if _, err := f.Put(t.Context(), with(s.Document, "/b"), s.Stored()); !errors.Is(err, broken) {
			t.Fatalf("Put returned %v; want %v", err, broken)
		}
		if got := get(t, f); len(got.Document.Endpoints) != 2 || got.Problem != nil {
			t.Errorf("the state has %d endpoints, problem %v; want what is in the file", len(got.Document.Endpoints), got.Problem)
		}
	})
}

// childRole is the environment variable that makes the test binary another
// process that works on the file in childPath.
const childRole, childPath = "CONCORS_TEST_ROLE", "CONCORS_TEST_PATH"

func TestMain(m *testing.M) {
	role := os.Getenv(childRole)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := child(role, os.Getenv(childPath)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child adds endpoints to the document, or dies before a step of that.
func child(role, path string) error {
	f, err := file.Open(path, store.Options{})
	if err != nil {
		return err
	}
	defer f.Close()
	dieBefore, dies := strings.CutPrefix(role, "die before ")
	if dies {
		f.FailBefore(func(step string) error {
			if step == dieBefore {
				// Nothing runs after this: no deferred call, no clean-up.
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
			return nil
		})
	}
	ctx := context.Background()
	for n := 0; n < 10; {
		s, err := f.Get(ctx)
		if err != nil {
			return err
		}
		_, err = f.Put(ctx, with(s.Document, fmt.Sprintf("/%s/%d", strings.ReplaceAll(role, " ", "-"), n)), s.Stored())
		switch {
		case err == nil:
			n++
		case !errors.Is(err, store.ErrStale):
			return err
		}
	}
	return nil
}

// start runs child in another process.
func start(t *testing.T, role, path string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childRole+"="+role, childPath+"="+path)
	cmd.Stderr = os.Stderr
	do(t, cmd.Start())
	return cmd
}

func TestFileWriteKilled(t *testing.T) {
	t.Parallel()
	for _, step := range append(slices.Clone(steps), "sync folder") {
		t.Run(step, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "concors.yaml")
			before := text("/a")
			write(t, path, before)
			cmd := start(t, "die before "+step, path)
			var exit *exec.ExitError
			if err := cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Fatalf("the other process ended with %v; want it killed", err)
			}
			raw, err := os.ReadFile(path)
			do(t, err)
			if changed := string(raw) != string(before); changed != (step == "sync folder") {
				t.Errorf("the file is %q", raw)
			}
			if left := leftovers(t, filepath.Dir(path)); (left != nil) != (step != "create" && step != "sync folder") {
				t.Errorf("left behind: %q", left)
			}
			// The dead process holds no lock, and its rest is swept away.
			f := open(t, path, store.Options{})
			s := get(t, f)
			if s.Problem != nil || s.Revision != store.RevisionOf(raw) {
				t.Fatalf("the next process reads revision %q, problem %v", s.Revision, s.Problem)
			}
			if _, err := f.Put(t.Context(), with(s.Document, "/after"), s.Stored()); err != nil {
				t.Errorf("the next Put: %v", err)
			}
			if left := leftovers(t, filepath.Dir(path)); left != nil {
				t.Errorf("still left behind: %q", left)
			}
		})
	}
}

func TestFileWrittenByProcesses(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "concors.yaml")
	write(t, path, text("/a"))
	f := open(t, path, store.Options{})
	const processes = 3
	var cmds []*exec.Cmd
	for i := range processes {
		cmds = append(cmds, start(t, fmt.Sprintf("writer%d", i), path))
	}
	for _, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			t.Errorf("a writer ended with %v", err)
		}
	}
	const want = 1 + 10*processes
	if got := len(get(t, f).Document.Endpoints); got != want {
		t.Errorf("%d endpoints are left; want %d", got, want)
	}
	entries, err := f.Revisions(t.Context())
	do(t, err)
	if len(entries) != want {
		t.Errorf("the history has %d revisions; want %d", len(entries), want)
	}
}

func TestFileHandEditInTheLastMoment(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "concors.yaml")
	write(t, path, text("/a"))
	f := open(t, path, store.Options{})
	edited := text("/a", "/by-hand")
	f.FailBefore(func(step string) error {
		if step == "rename" {
			write(t, path, edited) // after Put compared the file with base
		}
		return nil
	})
	s := get(t, f)
	_, err := f.Put(t.Context(), with(s.Document, "/b"), s.Stored())
	var stale *store.StaleError
	if !errors.As(err, &stale) || stale.Current != store.RevisionOf(edited) {
		t.Errorf("Put returned %v; want a StaleError with the revision of the edit", err)
	}
	raw, err := os.ReadFile(path)
	do(t, err)
	if string(raw) != string(edited) {
		t.Errorf("the file became %q; want the edit by hand", raw)
	}
	awaitText(t, f, edited)
}

func TestFileKeepsModeOwnerAndLink(t *testing.T) {
	t.Parallel()
	dir, other := t.TempDir(), t.TempDir()
	target, path := filepath.Join(other, "real.yaml"), filepath.Join(dir, "concors.yaml")
	write(t, target, text("/a"))
	do(t, os.Chmod(target, 0o640), os.Symlink(target, path))
	uid, gid := os.Getuid(), os.Getgid()
	if uid == 0 { // only root may give files away
		uid, gid = 1234, 2345
		do(t, os.Chown(target, uid, gid))
	}
	f := open(t, path, store.Options{})
	s := get(t, f)
	rev, err := f.Put(t.Context(), with(s.Document, "/b"), s.Stored())
	do(t, err)

	link, err := os.Readlink(path)
	if err != nil || link != target {
		t.Errorf("the link became %q, %v; want %q", link, err, target)
	}
	raw, err := os.ReadFile(target)
	do(t, err)
	if store.RevisionOf(raw) != rev {
		t.Errorf("the target has revision %q; want %q", store.RevisionOf(raw), rev)
	}
	info, err := os.Lstat(target)
	do(t, err)
	if info.Mode() != 0o640 {
		t.Errorf("the mode became %v; want -rw-r-----", info.Mode())
	}
	if st := info.Sys().(*syscall.Stat_t); int(st.Uid) != uid || int(st.Gid) != gid {
		t.Errorf("the owner became %d:%d; want %d:%d", st.Uid, st.Gid, uid, gid)
	}
}

func TestFileReadOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "concors.yaml")
	write(t, path, text("/a"))
	f := open(t, path, store.Options{})
	s := get(t, f)
	do(t, f.Writable(), os.Chmod(path, 0o444))
	if err := f.Writable(); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("Writable returned %v; want ErrReadOnly", err)
	}
	if _, err := f.Put(t.Context(), with(s.Document, "/b"), s.Stored()); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("Put returned %v; want ErrReadOnly", err)
	}
	do(t, os.Chmod(path, 0o644))
	_, err := f.Put(t.Context(), with(s.Document, "/b"), s.Stored())
	do(t, err, os.Remove(path), f.Writable())

	missing := open(t, filepath.Join(dir, "no/such/concors.yaml"), store.Options{})
	if err := missing.Writable(); !errors.Is(err, store.ErrReadOnly) || !strings.Contains(err.Error(), "folder does not exist") {
		t.Errorf("Writable of a file whose folder is missing returned %v; want ErrReadOnly", err)
	}
}

func TestFileNewFileIsReadable(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "concors.yaml")
	f := open(t, path, store.Options{})
	_, err := f.Put(t.Context(), &endpoints.Document{Upstream: "http://127.0.0.1:3000"}, "")
	do(t, err)
	info, err := os.Stat(path)
	do(t, err)
	if info.Mode().Perm()&0o600 != 0o600 || info.Mode().Perm()&0o133 != 0 {
		t.Errorf("the new file has mode %v; want -rw-r--r-- less the umask", info.Mode())
	}
}

func TestFileWaitsForTheLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "concors.yaml")
	write(t, path, text("/a"))
	holder, waiter := open(t, path, store.Options{}), open(t, path, store.Options{})
	held, release := make(chan struct{}), make(chan struct{})
	holder.FailBefore(func(step string) error {
		if step == "write" {
			close(held)
			<-release
		}
		return nil
	})
	s := get(t, holder)
	put := make(chan error)
	go func() {
		_, err := holder.Put(context.Background(), with(s.Document, "/b"), s.Stored())
		put <- err
	}()
	<-held
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := waiter.Put(ctx, with(s.Document, "/c"), s.Stored()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Put of a locked file returned %v; want the end of its context", err)
	}
	if got := get(t, waiter); got.Revision != s.Revision {
		t.Errorf("Get of a locked file returned %q; want %q", got.Revision, s.Revision)
	}
	close(release)
	do(t, <-put)
	if _, err := waiter.Put(t.Context(), with(s.Document, "/c"), s.Stored()); !errors.Is(err, store.ErrStale) {
		t.Errorf("Put after that returned %v; want ErrStale", err)
	}
}

// Some programs never close what they have opened.
func TestFileHeldOpen(t *testing.T) {
	t.Parallel()
	hold := func(t *testing.T) (path string, holder *os.File) {
		path = filepath.Join(t.TempDir(), "concors.yaml")
		write(t, path, text("/a"))
		holder, err := os.OpenFile(path, os.O_RDWR, 0)
		do(t, err)
		t.Cleanup(func() { _ = holder.Close() })
		return path, holder
	}
	t.Run("but written no more", func(t *testing.T) {
		t.Parallel()
		path, _ := hold(t)
		f := open(t, path, store.Options{})
		s := awaitText(t, f, text("/a"))
		_, err := f.Put(t.Context(), with(s.Document, "/b"), s.Stored())
		do(t, err)
	})
	t.Run("and written without end", func(t *testing.T) {
		t.Parallel()
		if runtime.GOOS != "linux" {
			t.Skip("only Linux tells that a program has a file open for writing")
		}
		path, holder := hold(t)
		later := time.Now().Add(time.Hour) // never long enough ago
		do(t, os.Chtimes(path, later, later))
		f := open(t, path, store.Options{})
		s := awaitProblem(t, f)
		if !strings.Contains(s.Problem.Err.Error(), "still writing") {
			t.Errorf("the problem is %v", s.Problem.Err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if _, err := f.Put(ctx, &endpoints.Document{}, ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Put returned %v; want the end of its context", err)
		}
		do(t, holder.Close())
		awaitText(t, f, text("/a"))
	})
}

func TestFileLinkPointedElsewhereMeanwhile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, two, path := filepath.Join(dir, "one.yaml"), filepath.Join(dir, "two.yaml"), filepath.Join(dir, "concors.yaml")
	write(t, one, text("/a"))
	write(t, two, text("/a"))
	do(t, os.Symlink(one, path))
	f := open(t, path, store.Options{})
	times := 0
	f.FailBefore(func(step string) error {
		if step == "rename" {
			if times++; times == 1 {
				do(t, os.Symlink(two, path+".new"), os.Rename(path+".new", path))
			}
		}
		return nil
	})
	s := get(t, f)
	rev, err := f.Put(t.Context(), with(s.Document, "/b"), s.Stored())
	do(t, err)
	for target, want := range map[string]store.Revision{one: s.Revision, two: rev} {
		raw, err := os.ReadFile(target)
		do(t, err)
		if got := store.RevisionOf(raw); got != want {
			t.Errorf("%s has revision %q; want %q", filepath.Base(target), got, want)
		}
	}
}
