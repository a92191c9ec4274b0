//go:build unix

package store_test

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
	"testing"

	"github.com/concors/concors/store"
)

// awaitRevisions waits until the history of f is want, the newest first.
func awaitRevisions(t *testing.T, f *store.File, want ...[]byte) {
	t.Helper()
	wantRevs := make([]store.Revision, 0, len(want))
	for _, raw := range want {
		wantRevs = append(wantRevs, store.RevisionOf(raw))
	}
	var got []store.Revision
	for t.Context().Err() == nil {
		entries, err := f.Revisions(t.Context())
		do(t, err)
		got = got[:0]
		for _, e := range entries {
			got = append(got, e.Revision)
		}
		if slices.Equal(got, wantRevs) {
			return
		}
		if len(got) > len(wantRevs) {
			break
		}
	}
	t.Fatalf("the history is %q; want %q", got, wantRevs)
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
	awaitRevisions(t, f, text("/a"))

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

func (b *logBook) logger() *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }

func TestFileHistoryCannotBeKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "concors.yaml")
	write(t, filepath.Join(dir, ".concors.yaml.history"), []byte("in the way"))
	write(t, path, text("/a"))
	var log logBook
	f := open(t, path, store.Options{Logger: log.logger()})
	for i := range 3 {
		raw := text(fmt.Sprintf("/b%d", i))
		write(t, path, raw)
		awaitText(t, f, raw) // the document goes on all the same
		for {
			entries, err := f.Revisions(t.Context())
			if len(entries) > 0 {
				t.Fatalf("the history has %d entries", len(entries))
			}
			if err != nil {
				break
			}
		}
	}
	if n := log.count("the history cannot be kept"); n != 1 {
		t.Errorf("the log says %d times that the history cannot be kept; want once", n)
	}
	s := get(t, f)
	if _, err := f.Put(t.Context(), with(s.Document, "/c"), s.Stored()); err == nil {
		t.Error("Put without a lock succeeded")
	}
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
		`level=INFO msg="document is live"`, "revision=" + string(store.RevisionOf(text("/a"))),
		`level=ERROR msg="document cannot be used; the last good one stays"`, "endpont", "last_good=" + string(store.RevisionOf(text("/a"))),
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
	f, err := store.OpenFileUnwatched(path, store.Options{Logger: log.logger()}, errors.New("too many open files"))
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
