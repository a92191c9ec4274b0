package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/store"
)

func nothingYet(b *bench) {
	s := b.get(b.Store)
	if s.Problem == nil {
		b.Fatalf("an empty store has no problem: %s", describe(s))
	}
	if s.Document != nil || s.Table != nil || s.Revision != "" || s.Stored() != "" {
		b.Errorf("an empty store holds something: %s", describe(s))
	}
	if !errors.Is(s.Problem.Err, store.ErrEmpty) {
		b.Errorf("the problem is %v; want one that is ErrEmpty", s.Problem.Err)
	}
}

func firstPut(b *bench) {
	doc := with(&endpoints.Document{Upstream: "http://127.0.0.1:3000"}, "/a")
	if _, err := b.Store.Put(b.ctx, doc, "0123456789abcdef"); !errors.Is(err, store.ErrStale) {
		b.Errorf("Put into an empty store based on some revision: %v; want ErrStale", err)
	}
	b.put(b.Store, doc, "")
	b.wantPaths(b.get(b.Store), "/a")
}

func getReturnsAll(b *bench) {
	raw := text("/a", "/b")
	b.write(raw)
	s := b.get(b.Store)
	b.wantPaths(s, "/a /b")
	if string(s.Raw) != string(raw) {
		b.Errorf("Raw is %q; want %q", s.Raw, raw)
	}
	if s.Revision != store.RevisionOf(raw) || s.Stored() != s.Revision || len(s.Revision) != 16 {
		b.Errorf("Revision is %q, Stored %q; want %q", s.Revision, s.Stored(), store.RevisionOf(raw))
	}
	if s.Table == nil || s.Problem != nil || s.Time.IsZero() || !s.Report.OK() {
		b.Errorf("snapshot is incomplete: table %v, problem %v, time %v, report %v", s.Table, s.Problem, s.Time, s.Report)
	}
}

func putRevision(b *bench) {
	s := b.write(text("/a"))
	rev := b.put(b.Store, with(s.Document, "/b"), s.Stored())
	if rev == s.Revision || rev == "" {
		b.Errorf("Put returned revision %q after %q", rev, s.Revision)
	}
	got := b.get(b.Store)
	if got.Revision != rev || got.Problem != nil || store.RevisionOf(got.Raw) != rev {
		b.Errorf("after Put returned %q, Get returns %s", rev, describe(got))
	}
	b.wantPaths(got, "/a /b")
	for w := range b.Store.Watch(b.ctx) {
		if w.Revision != rev {
			b.Errorf("after Put returned %q, Watch begins with %s", rev, describe(w))
		}
		break
	}
	if again := b.put(b.Store, with(got.Document, "/c"), rev); again == rev {
		b.Errorf("another Put returned the same revision %q", again)
	}
}

func putKeepsComments(b *bench) {
	s := b.write(text("/a", "/b"))
	doc := s.Document.Clone()
	doc.Endpoints[1].Upstream = "http://127.0.0.1:4000"
	b.put(b.Store, doc, s.Stored())
	got := string(b.get(b.Store).Raw)
	for _, want := range []string{"# a comment that every change keeps", "# and another", "127.0.0.1:4000"} {
		if !strings.Contains(got, want) {
			b.Errorf("after Put, %q is missing from:\n%s", want, got)
		}
	}
	if strings.Index(got, "/a") > strings.Index(got, "/b") {
		b.Errorf("after Put, the order is another:\n%s", got)
	}
}

func putOfSame(b *bench) {
	s := b.write(text("/a"))
	rev := b.put(b.Store, s.Document.Clone(), s.Stored())
	got := b.get(b.Store)
	if rev != s.Revision || string(got.Raw) != string(s.Raw) {
		b.Errorf("Put of the same document led from %s to %s, bytes %q", describe(s), describe(got), got.Raw)
	}
	if h, ok := b.Store.(store.History); ok {
		b.awaitRevisions(h, s.Revision)
	}
}

func (b *bench) wantStale(err error, base, current store.Revision) {
	b.Helper()
	var stale *store.StaleError
	if !errors.Is(err, store.ErrStale) || !errors.As(err, &stale) {
		b.Fatalf("error is %v; want a *StaleError", err)
	}
	if stale.Base != base || stale.Current != current {
		b.Errorf("stale with base %q and current %q; want %q and %q", stale.Base, stale.Current, base, current)
	}
}

func putStale(b *bench) {
	first := b.write(text("/a"))
	rev := b.put(b.Store, with(first.Document, "/b"), first.Stored())
	_, err := b.Store.Put(b.ctx, with(first.Document, "/c"), first.Stored())
	b.wantStale(err, first.Stored(), rev)
	b.wantPaths(b.get(b.Store), "/a /b")
	_, err = b.Store.Put(b.ctx, with(first.Document, "/c"), "")
	b.wantStale(err, "", rev)
	b.wantPaths(b.get(b.Store), "/a /b")
}

func putAfterRemoval(b *bench) {
	s := b.write(text("/a"))
	b.spoil(nil)
	_, err := b.Store.Put(b.ctx, with(s.Document, "/b"), s.Revision)
	b.wantStale(err, s.Revision, "")
	b.put(b.Store, with(s.Document, "/b"), "")
	got := b.get(b.Store)
	b.wantPaths(got, "/a /b")
	if !strings.Contains(string(got.Raw), "# a comment that every change keeps") {
		b.Errorf("the comments of the last good document are lost:\n%s", got.Raw)
	}
}

func putInvalid(b *bench) {
	s := b.write(text("/a"))
	bad := s.Document.Clone()
	bad.Endpoints[0].CORS.Inline = &endpoints.Policy{Allow: "selected", Domains: []string{"docs.example.com"}}
	_, err := b.Store.Put(b.ctx, bad, s.Stored())
	var invalid *store.InvalidError
	if !errors.Is(err, store.ErrInvalid) || !errors.As(err, &invalid) {
		b.Fatalf("Put of an invalid document: %v; want an *InvalidError", err)
	}
	if invalid.Report.OK() || !strings.Contains(invalid.Report.Err().Error(), "docs.example.com") {
		b.Errorf("the report does not name the mistake: %v", invalid.Report.Err())
	}
	conflicting := with(with(s.Document, "/{x}/b"), "/b/{y}")
	if _, err := b.Store.Put(b.ctx, conflicting, s.Stored()); !errors.Is(err, store.ErrInvalid) {
		b.Errorf("Put of conflicting endpoints: %v; want ErrInvalid", err)
	}
	unwritable := s.Document.Clone()
	for range 2 {
		unwritable.Policies = append(unwritable.Policies, endpoints.NamedPolicy{Name: "twice"})
	}
	if _, err := b.Store.Put(b.ctx, unwritable, s.Stored()); !errors.Is(err, store.ErrInvalid) {
		b.Errorf("Put of two policies with one name: %v; want ErrInvalid", err)
	}
	if got := b.get(b.Store); got.Revision != s.Revision || got.Problem != nil {
		b.Errorf("a refused Put left %s; want %s", describe(got), describe(s))
	}
}

func putOverBroken(b *bench) {
	s := b.write(text("/a"))
	bad := b.spoil(broken)
	_, err := b.Store.Put(b.ctx, with(s.Document, "/b"), s.Revision)
	b.wantStale(err, s.Revision, bad.Problem.Revision)
	rev := b.put(b.Store, with(s.Document, "/b"), bad.Stored())
	got := b.get(b.Store)
	b.wantPaths(got, "/a /b")
	if got.Revision != rev || got.Problem != nil {
		b.Errorf("after a Put over a broken document: %s; want revision %q", describe(got), rev)
	}
	if !strings.Contains(string(got.Raw), "# a comment that every change keeps") {
		b.Errorf("the comments of the last good document are lost:\n%s", got.Raw)
	}
}

func putAfterHandEdit(b *bench) {
	s := b.write(text("/a"))
	edited := text("/a", "/by-hand")
	b.Write(edited) // Put itself must look; nothing here waits for the watch
	_, err := b.Store.Put(b.ctx, with(s.Document, "/b"), s.Stored())
	b.wantStale(err, s.Stored(), store.RevisionOf(edited))
	b.wantPaths(b.await(b.Store, "the edit by hand", func(s store.Snapshot) bool {
		return s.Revision == store.RevisionOf(edited)
	}), "/a /by-hand")
}

func racingWriters(b *bench) {
	stores := []store.Store{b.Store, b.Another()}
	s := b.write(text("/a"))
	for round := range 5 {
		const writers = 8
		var (
			wg   sync.WaitGroup
			errs [writers]error
			revs [writers]store.Revision
		)
		for i := range writers {
			wg.Go(func() {
				doc := with(s.Document, fmt.Sprintf("/round%d/writer%d", round, i))
				revs[i], errs[i] = stores[i%len(stores)].Put(b.ctx, doc, s.Stored())
			})
		}
		wg.Wait()
		winner := -1
		for i, err := range errs {
			switch {
			case err == nil && winner >= 0:
				b.Fatalf("round %d: writers %d and %d both won", round, winner, i)
			case err == nil:
				winner = i
			case !errors.Is(err, store.ErrStale):
				b.Fatalf("round %d: writer %d: %v; want ErrStale", round, i, err)
			}
		}
		if winner < 0 {
			b.Fatalf("round %d: nobody won", round)
		}
		for i, st := range stores {
			got := b.get(st)
			if got.Revision != revs[winner] || !strings.HasSuffix(paths(got), fmt.Sprintf("/round%d/writer%d", round, winner)) {
				b.Fatalf("round %d: writer %d won, but store %d holds %s", round, winner, i, describe(got))
			}
			s = got
		}
	}
}

func retryingWriters(b *bench) {
	stores := []store.Store{b.Store, b.Another()}
	b.write(text("/a"))
	const writers, rounds = 4, 5
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			st := stores[i%len(stores)]
			for n := 0; n < rounds; {
				s, err := st.Get(b.ctx)
				if err != nil {
					b.Errorf("Get: %v", err)
					return
				}
				_, err = st.Put(b.ctx, with(s.Document, fmt.Sprintf("/w%d/n%d", i, n)), s.Stored())
				switch {
				case err == nil:
					n++
				case !errors.Is(err, store.ErrStale):
					b.Errorf("Put: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	if got := len(b.get(b.Store).Document.Endpoints); got != 1+writers*rounds {
		b.Errorf("%d endpoints are left; want %d: %s", got, 1+writers*rounds, paths(b.get(b.Store)))
	}
}

func cancelledCalls(b *bench) {
	s := b.write(text("/a"))
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	if _, err := b.Store.Get(ctx); !errors.Is(err, context.Canceled) {
		b.Errorf("Get with a cancelled context: %v", err)
	}
	if _, err := b.Store.Put(ctx, with(s.Document, "/b"), s.Stored()); !errors.Is(err, context.Canceled) {
		b.Errorf("Put with a cancelled context: %v", err)
	}
	b.wantPaths(b.get(b.Store), "/a")
}
