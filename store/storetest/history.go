package storetest

import (
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/concors/concors/store"
)

// history returns the store as a History; the test is skipped if it has none.
func (b *bench) history() store.History {
	b.Helper()
	h, ok := b.Store.(store.History)
	if !ok {
		b.Skip("this store keeps no history")
	}
	return h
}

func (b *bench) revisions(h store.History) []store.Revision {
	b.Helper()
	entries, err := h.Revisions(b.ctx)
	if err != nil {
		b.Fatalf("Revisions: %v", err)
	}
	revs := make([]store.Revision, 0, len(entries))
	for i, e := range entries {
		if e.Time.IsZero() || i > 0 && e.Time.After(entries[i-1].Time) {
			b.Errorf("entry %d has time %v after one of %v", i, e.Time, entries[max(0, i-1)].Time)
		}
		revs = append(revs, e.Revision)
	}
	return revs
}

// awaitRevisions waits until the history is want: a store may write its history
// after it has told its watchers.
func (b *bench) awaitRevisions(h store.History, want ...store.Revision) {
	b.Helper()
	var got []store.Revision
	for b.ctx.Err() == nil {
		if got = b.revisions(h); slices.Equal(got, want) {
			return
		}
		runtime.Gosched()
	}
	b.Fatalf("the history is %q; want %q", got, want)
}

func (b *bench) raw(h store.History, rev store.Revision) string {
	b.Helper()
	raw, err := h.Raw(b.ctx, rev)
	if err != nil {
		b.Fatalf("Raw(%q): %v", rev, err)
	}
	return string(raw)
}

func historyLists(b *bench) {
	h := b.history()
	b.awaitRevisions(h)
	first := b.write(text("/a"))
	second := b.put(b.Store, with(first.Document, "/b"), first.Stored())
	third := b.write(text("/c")).Revision
	back := b.put(b.Store, first.Document, third)
	b.awaitRevisions(h, back, third, second, first.Revision)
	if got, want := b.raw(h, first.Revision), string(first.Raw); got != want {
		b.Errorf("Raw of the first revision is %q; want %q", got, want)
	}
	if got, want := b.raw(h, third), string(text("/c")); got != want {
		b.Errorf("Raw of the third revision is %q; want %q", got, want)
	}
	if _, err := h.Raw(b.ctx, "0123456789abcdef"); !errors.Is(err, store.ErrUnknownRevision) {
		b.Errorf("Raw of an unknown revision: %v; want ErrUnknownRevision", err)
	}
	if other, ok := b.Another().(store.History); ok {
		b.awaitRevisions(other, back, third, second, first.Revision)
	}
}

func historyHandEdits(b *bench) {
	h := b.history()
	first := b.write(text("/a")).Revision
	b.spoil(broken)
	second := b.write(text("/b")).Revision
	b.spoil(nil)
	third := b.write(text("/c")).Revision
	b.awaitRevisions(h, third, second, first)
	again := b.write(text("/a")).Revision
	b.awaitRevisions(h, again, third, second, first)
}

func historyBounded(b *bench) {
	h := b.history()
	s := b.write(text("/a"))
	first := s.Revision
	want := []store.Revision{first}
	for i := range store.HistoryLen + 5 {
		doc := s.Document.Clone()
		doc.Endpoints[0].Endpoint = fmt.Sprintf("GET /a%d", i)
		rev := b.put(b.Store, doc, s.Stored())
		s = b.get(b.Store)
		want = append(want, rev)
	}
	slices.Reverse(want)
	b.awaitRevisions(h, want[:store.HistoryLen]...)
	if _, err := h.Raw(b.ctx, first); !errors.Is(err, store.ErrUnknownRevision) {
		b.Errorf("Raw of a forgotten revision: %v; want ErrUnknownRevision", err)
	}
}

func historyRestore(b *bench) {
	h := b.history()
	first := b.write(text("/a"))
	b.awaitRevisions(h, first.Revision)
	second := b.write([]byte("upstream: http://127.0.0.1:4000\nendpoints:\n  - endpoint: GET /other\n"))
	rev, err := h.Restore(b.ctx, first.Revision, second.Stored())
	if err != nil {
		b.Fatalf("Restore: %v", err)
	}
	got := b.get(b.Store)
	if rev != first.Revision || got.Revision != rev || string(got.Raw) != string(first.Raw) || got.Problem != nil {
		b.Errorf("Restore returned %q and left %s, bytes %q; want those of %s", rev, describe(got), got.Raw, describe(first))
	}
	b.awaitRevisions(h, first.Revision, second.Revision, first.Revision)

	bad := b.spoil(broken)
	if _, err := h.Restore(b.ctx, second.Revision, bad.Stored()); err != nil {
		b.Errorf("Restore over a broken document: %v", err)
	}
	b.wantPaths(b.get(b.Store), "/other")
}

func historyRestoreRules(b *bench) {
	h := b.history()
	first := b.write(text("/a"))
	b.awaitRevisions(h, first.Revision)
	second := b.write(text("/b"))
	_, err := h.Restore(b.ctx, first.Revision, first.Revision)
	b.wantStale(err, first.Revision, second.Revision)
	if _, err := h.Restore(b.ctx, "0123456789abcdef", second.Revision); !errors.Is(err, store.ErrUnknownRevision) {
		b.Errorf("Restore of an unknown revision: %v; want ErrUnknownRevision", err)
	}
	b.wantPaths(b.get(b.Store), "/b")
}
