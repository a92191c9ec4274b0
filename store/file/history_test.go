//go:build unix

package file_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/concors/concors/store"
	"github.com/concors/concors/store/file"
)

// awaitRevisions waits until the history of f is want, the newest first.
func awaitRevisions(t *testing.T, f *file.Store, want ...[]byte) {
	t.Helper()
	awaitRevisionsDespite(t, f, nil, want...)
}

// awaitRevisionsDespite is awaitRevisions while the history cannot be kept on
// the disk for the reason given.
func awaitRevisionsDespite(t *testing.T, f *file.Store, reason error, want ...[]byte) {
	t.Helper()
	wantRevs := make([]store.Revision, 0, len(want))
	for _, raw := range want {
		wantRevs = append(wantRevs, store.RevisionOf(raw))
	}
	var got []store.Revision
	eventually(t, func() string { return fmt.Sprintf("the history %q; it is %q", wantRevs, got) }, func() bool {
		entries, err := f.Revisions(t.Context())
		if err != nil && (reason == nil || !errors.Is(err, reason)) {
			t.Fatal(err)
		}
		got = got[:0]
		for _, e := range entries {
			got = append(got, e.Revision)
		}
		if len(got) > len(wantRevs) {
			t.Fatalf("the history is %q; want %q", got, wantRevs)
		}
		return slices.Equal(got, wantRevs)
	})
}

// awaitKept waits until the archive of the document at path is want, the newest
// first.
func awaitKept(t *testing.T, path string, want ...[]byte) {
	t.Helper()
	var got []string
	eventually(t, func() string { return fmt.Sprintf("the archive of %q; it holds %q", want, got) }, func() bool {
		files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".history", "*.yaml"))
		do(t, err)
		got = nil
		for _, file := range slices.Backward(files) {
			raw, err := os.ReadFile(file)
			if err == nil { // it may have been forgotten since
				got = append(got, string(raw))
			}
		}
		return slices.EqualFunc(got, want, func(got string, want []byte) bool { return got == string(want) })
	})
}

// eventually asks until done says so.
func eventually(t *testing.T, what func() string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what())
		}
	}
}

func TestFileHistorySurvivesRestart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "concors.yaml")
	write(t, path, text("/a"))
	f := open(t, path, store.Options{})
	awaitRevisions(t, f, text("/a"))
	write(t, path, text("/b"))
	awaitRevisions(t, f, text("/b"), text("/a"))
	do(t, f.Close())

	write(t, path, text("/unseen"))
	write(t, path, text("/c")) // while no store looks
	f = open(t, path, store.Options{})
	awaitRevisions(t, f, text("/c"), text("/b"), text("/a"))
	do(t, f.Close())

	f = open(t, path, store.Options{}) // nothing has changed
	awaitRevisions(t, f, text("/c"), text("/b"), text("/a"))
	s := get(t, f)
	rev, err := f.Restore(t.Context(), store.RevisionOf(text("/a")), s.Stored())
	do(t, err)
	raw, err := os.ReadFile(path)
	do(t, err)
	if string(raw) != string(text("/a")) || rev != store.RevisionOf(raw) {
		t.Errorf("Restore returned %q and left %q", rev, raw)
	}
	awaitRevisions(t, f, text("/a"), text("/c"), text("/b"), text("/a"))
}

func TestFileHistoryOfTwoStores(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "concors.yaml")
	write(t, path, text("/a"))
	one, two := open(t, path, store.Options{}), open(t, path, store.Options{})
	want := [][]byte{text("/a")}
	awaitRevisions(t, one, want...)
	for i := range 5 {
		raw := text(fmt.Sprintf("/b%d", i))
		write(t, path, raw)
		want = slices.Insert(want, 0, raw)
		awaitText(t, one, raw)
		s := awaitText(t, two, raw)
		if _, err := two.Put(t.Context(), with(s.Document, "/put"), s.Stored()); err != nil {
			t.Fatal(err)
		}
		want = slices.Insert(want, 0, get(t, two).Raw)
		awaitText(t, one, want[0])
	}
	awaitRevisions(t, one, want...)
	awaitRevisions(t, two, want...)
}

// The history is files that people can read, as private as the document.
func TestFileHistoryFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, history := filepath.Join(dir, "concors.yaml"), filepath.Join(dir, ".concors.yaml.history")
	write(t, path, text("/a"))
	do(t, os.Chmod(path, 0o640))
	f := open(t, path, store.Options{})
	awaitKept(t, path, text("/a"))

	info, err := os.Stat(history)
	do(t, err)
	if info.Mode().Perm()&0o007 != 0 {
		t.Errorf("the history has mode %v though others must not read the document", info.Mode())
	}
	rev := store.RevisionOf(text("/a"))
	kept, err := filepath.Glob(filepath.Join(history, "00000001-*-"+string(rev)+".yaml"))
	do(t, err)
	if len(kept) != 1 {
		t.Fatalf("the revision is kept in %q; want one file", kept)
	}
	raw, err := os.ReadFile(kept[0])
	do(t, err)
	if string(raw) != string(text("/a")) {
		t.Errorf("the history holds %q", raw)
	}
	if info, err := os.Stat(kept[0]); err != nil || info.Mode().Perm()&^0o640 != 0 {
		t.Errorf("the revision has mode %v, %v; the document has -rw-r-----", info.Mode(), err)
	}

	// What others put there is none of ours.
	for _, name := range []string{"notes.yaml", "00000002-yesterday-" + string(rev) + ".yaml", "2-3-4", "x-20261123T064500.000000000Z-0.yaml"} {
		write(t, filepath.Join(history, name), text("/other"))
	}
	awaitRevisions(t, f, text("/a"))

	write(t, kept[0], text("/forged"))
	if _, err := f.Raw(t.Context(), rev); err == nil || errors.Is(err, store.ErrUnknownRevision) {
		t.Errorf("Raw of a forged revision: %v; want an error that says so", err)
	}
	write(t, path, text("/b"))
	s := awaitText(t, f, text("/b"))
	if _, err := f.Restore(t.Context(), rev, s.Stored()); err == nil {
		t.Error("Restore of a forged revision succeeded")
	}
	if got := get(t, f); got.Revision != store.RevisionOf(text("/b")) {
		t.Errorf("live is %q; want it untouched", got.Revision)
	}
}

// A logBook is a slog handler's writer that tests can read while others write.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBook) count(part string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Count(b.text.String(), part)
}

func (b *logBook) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func TestFileHistoryCannotBeKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "concors.yaml")
	write(t, filepath.Join(dir, ".concors.yaml.history"), []byte("in the way"))
	write(t, path, text("/a"))
	var log logBook
	f := open(t, path, store.Options{Logger: log.logger()})
	want := []store.Revision{store.RevisionOf(text("/a"))}
	for i := range 3 {
		raw := text(fmt.Sprintf("/b%d", i))
		write(t, path, raw)
		awaitText(t, f, raw) // the document goes on all the same
		want = slices.Insert(want, 0, store.RevisionOf(raw))
		eventually(t, func() string { return "why the history cannot be kept" }, func() bool {
			entries, err := f.Revisions(t.Context())
			if len(entries) != len(want) || entries[0].Revision != want[0] {
				t.Fatalf("the history is %v; want %q", entries, want)
			}
			return err != nil
		})
	}
	if n := log.count("the history cannot be kept"); n != 1 {
		t.Errorf("the log says %d times that the history cannot be kept; want once", n)
	}
	s := get(t, f)
	if _, err := f.Put(t.Context(), with(s.Document, "/c"), s.Stored()); err == nil {
		t.Error("Put without a lock succeeded")
	}
}

// full fails every step of a write with name, until it is emptied.
type full struct {
	step  string
	empty atomic.Bool
	tries atomic.Int64
}

var errFull = errors.New("no space left on device")

func (d *full) before(step string) error {
	if step != d.step || d.empty.Load() {
		return nil
	}
	d.tries.Add(1)
	return errFull
}

// hasty opens a store that tries again at once what could not be kept.
func hasty(t *testing.T, path string, opts store.Options) *file.Store {
	t.Helper()
	return hastyWith(t, path, opts, time.Minute)
}

func hastyWith(t *testing.T, path string, opts store.Options, patience time.Duration) *file.Store {
	t.Helper()
	f, err := file.OpenHasty(path, opts, patience)
	do(t, err)
	t.Cleanup(func() { do(t, f.Close()) })
	return f
}

// What was live while the disk was full is in the history all the same, and on
// the disk as soon as there is room.
func TestFileHistoryOfAFullDisk(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "concors.yaml")
	write(t, path, text("/a"))
	var log logBook
	f := hasty(t, path, store.Options{Logger: log.logger()})
	awaitKept(t, path, text("/a"))
	disk := full{step: "keep"}
	f.FailBefore(disk.before)

	live := [][]byte{text("/a")}
	for _, raw := range [][]byte{text("/b"), text("/c"), text("/b"), text("/a")} {
		write(t, path, raw)
		awaitText(t, f, raw)
		live = slices.Insert(live, 0, raw)
		eventually(t, func() string { return "why the history cannot be kept" }, func() bool {
			_, err := f.Revisions(t.Context())
			return errors.Is(err, errFull)
		})
		entries, _ := f.Revisions(t.Context())
		if len(entries) != len(live) {
			t.Errorf("the history has %d entries; want %d", len(entries), len(live))
		}
	}
	awaitKept(t, path, text("/a"))
	if raw, err := f.Raw(t.Context(), store.RevisionOf(text("/c"))); err != nil || string(raw) != string(text("/c")) {
		t.Errorf("Raw of a revision that is not on the disk: %q, %v", raw, err)
	}

	// A change would replace what is not kept.
	s := get(t, f)
	_, err := f.Put(t.Context(), with(s.Document, "/d"), s.Stored())
	if !errors.Is(err, errFull) || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("Put says %v; want that nothing was changed, and why", err)
	}
	if raw, err := os.ReadFile(path); err != nil || string(raw) != string(text("/a")) {
		t.Errorf("the file holds %q, %v", raw, err)
	}

	disk.empty.Store(true)
	awaitKept(t, path, live...)
	awaitRevisionsDespite(t, f, errFull, live...)
	do(t, f.Close())
	if n := log.count("the history is kept again"); n != 1 {
		t.Errorf("the log says %d times that the history is kept again; want once", n)
	}
	f = open(t, path, store.Options{})
	awaitRevisions(t, f, live...)
}

// A change whose own revision finds no room is live, so it is in the history.
func TestFileHistoryOfADiskThatFillsUp(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "concors.yaml")
	write(t, path, text("/a"))
	f := hasty(t, path, store.Options{})
	awaitKept(t, path, text("/a"))
	disk := full{step: "keep"}
	f.FailBefore(disk.before)
	s := get(t, f)
	rev, err := f.Put(t.Context(), with(s.Document, "/b"), s.Stored())
	do(t, err)
	next := get(t, f)
	if next.Revision != rev {
		t.Fatalf("live is %q; want %q", next.Revision, rev)
	}
	awaitRevisionsDespite(t, f, errFull, next.Raw, text("/a"))
	eventually(t, func() string { return "a third try" }, func() bool { return disk.tries.Load() >= 3 })
	disk.empty.Store(true)
	awaitKept(t, path, next.Raw, text("/a"))
}

// What is tried at the end needs no other try.
func TestFileHistoryIsKeptAtTheEnd(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "concors.yaml")
	write(t, path, text("/a"))
	f := open(t, path, store.Options{}) // patient: its next try is far away
	awaitKept(t, path, text("/a"))
	disk := full{step: "keep"}
	f.FailBefore(disk.before)
	write(t, path, text("/b"))
	awaitText(t, f, text("/b"))
	eventually(t, func() string { return "the first try" }, func() bool { return disk.tries.Load() > 0 })
	disk.empty.Store(true)
	do(t, f.Close())
	awaitKept(t, path, text("/b"), text("/a"))
}

// A history whose newest entries are of the future is one of a machine whose
// clock was set back.
func TestFileHistoryAfterTheClockWasSetBack(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "concors.yaml")
	write(t, path, text("/a"))
	f := open(t, path, store.Options{})
	awaitKept(t, path, text("/a"))
	write(t, path, text("/b"))
	awaitKept(t, path, text("/b"), text("/a"))
	do(t, f.Close())
	files, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".concors.yaml.history", "*.yaml"))
	do(t, err)
	for i, file := range files {
		parts := strings.Split(filepath.Base(file), "-")
		parts[1] = fmt.Sprintf("2999010%dT000000.000000000Z", i+1)
		do(t, os.Rename(file, filepath.Join(filepath.Dir(file), strings.Join(parts, "-"))))
	}

	f = open(t, path, store.Options{})
	awaitRevisions(t, f, text("/b"), text("/a"))
	write(t, path, text("/a")) // it comes back, at an earlier time than it left
	awaitText(t, f, text("/a"))
	awaitRevisions(t, f, text("/a"), text("/b"), text("/a"))
	s := get(t, f)
	_, err = f.Put(t.Context(), with(s.Document, "/c"), s.Stored())
	do(t, err)
	c := get(t, f).Raw
	awaitRevisions(t, f, c, text("/a"), text("/b"), text("/a"))
	awaitKept(t, path, c, text("/a"), text("/b"), text("/a"))
}

func TestFileLog(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "concors.yaml")
	write(t, path, text("/a"))
	var log logBook
	f := open(t, path, store.Options{Logger: log.logger()})
	write(t, path, broken)
	awaitProblem(t, f)
	write(t, path, text("/b"))
	awaitText(t, f, text("/b"))
	do(t, f.Close())
	for _, want := range []string{
		`level=DEBUG msg="document is live"`, "revision=" + string(store.RevisionOf(text("/a"))),
		`level=DEBUG msg="document cannot be used; the last good one stays"`, "endpont", "last_good=" + string(store.RevisionOf(text("/a"))),
		"revision=" + string(store.RevisionOf(text("/b"))),
	} {
		if log.count(want) == 0 {
			t.Errorf("the log lacks %q:\n%s", want, log.text.String())
		}
	}
}

func TestFileUnwatchedIsLoggedOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "concors.yaml")
	write(t, path, text("/a"))
	var log logBook
	f, err := file.OpenUnwatched(path, store.Options{Logger: log.logger()}, errors.New("too many open files"))
	do(t, err)
	for i := range 3 {
		raw := text(fmt.Sprintf("/b%d", i))
		write(t, path, raw)
		awaitText(t, f, raw)
	}
	do(t, f.Close())
	if n := log.count("too many open files"); n != 1 {
		t.Errorf("the log says %d times that the folder cannot be watched; want once", n)
	}
}

// What a store that does not know the newest document keeps at its end does not
// come after that.
func TestFileHistoryIsKeptAtTheEndInOrder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "concors.yaml")
	write(t, path, text("/a"))
	one, err := file.OpenBlind(path, store.Options{})
	do(t, err)
	awaitKept(t, path, text("/a"))
	disk := full{step: "keep"}
	one.FailBefore(disk.before)
	write(t, path, text("/b"))
	eventually(t, func() string { return "the edit by hand" }, func() bool {
		return get(t, one).Revision == store.RevisionOf(text("/b"))
	})
	eventually(t, func() string { return "the first try" }, func() bool { return disk.tries.Load() > 0 })

	two := open(t, path, store.Options{})
	awaitKept(t, path, text("/b"), text("/a"))
	write(t, path, text("/c"))
	awaitText(t, two, text("/c"))
	awaitKept(t, path, text("/c"), text("/b"), text("/a"))
	disk.empty.Store(true)
	do(t, one.Close())
	awaitRevisions(t, two, text("/c"), text("/b"), text("/a"))
}
