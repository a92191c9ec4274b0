package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/store"
)

func watchStarts(b *bench) {
	s := b.write(text("/a"))
	for w := range b.Store.Watch(b.ctx) {
		if w.Revision != s.Revision || w.Problem != nil {
			b.Errorf("Watch begins with %s; want %s", describe(w), describe(s))
		}
		return
	}
	b.Error("Watch ended without a state")
}

func watchSeesHandEdit(b *bench) {
	b.write(text("/a"))
	raw := text("/a", "/b")
	var seen []string
	for s := range b.Store.Watch(b.ctx) {
		seen = append(seen, paths(s))
		if len(seen) == 1 {
			b.Write(raw)
			continue
		}
		if s.Problem != nil || s.Revision != store.RevisionOf(raw) {
			b.Errorf("Watch goes on with %s; want revision %q", describe(s), store.RevisionOf(raw))
		}
		break
	}
	if want := []string{"/a", "/a /b"}; !slices.Equal(seen, want) {
		b.Errorf("Watch saw %q; want %q", seen, want)
	}
}

func watchSeesAnother(b *bench) {
	s := b.write(text("/a"))
	rev := b.put(b.Another(), with(s.Document, "/b"), s.Stored())
	got := b.await(b.Store, "the change of another store", func(s store.Snapshot) bool { return s.Revision == rev })
	b.wantPaths(got, "/a /b")
}

func watchCoalesces(b *bench) {
	s := b.write(text("/a"))
	const changes = 20
	var seen []store.Revision
	for w := range b.Store.Watch(b.ctx) {
		seen = append(seen, w.Revision)
		if len(seen) == 1 { // the watcher is slow: all changes happen before it looks again
			for i := range changes {
				s.Revision = b.put(b.Store, with(s.Document, fmt.Sprintf("/b%d", i)), s.Stored())
			}
		}
		if w.Revision == s.Revision {
			break
		}
	}
	if len(seen) != 2 {
		b.Errorf("after %d changes Watch told %d states; want the first and the newest: %q", changes, len(seen), seen)
	}
}

func watchMonotonic(b *bench) {
	s := b.write(text("/a"))
	const changes = 20
	var watchers sync.WaitGroup
	for range 4 {
		ready := make(chan struct{})
		watchers.Go(func() {
			newest, number := -1, uint64(0)
			for w := range b.Store.Watch(b.ctx) {
				if newest < 0 {
					close(ready)
				}
				n := len(w.Document.Endpoints)
				if n <= newest || w.Number <= number {
					b.Errorf("Watch went from state %d with %d endpoints to state %d with %d", number, newest, w.Number, n)
				}
				newest, number = n, w.Number
				if n == 1+changes {
					return
				}
			}
			b.Errorf("Watch ended at %d endpoints; want %d", newest, 1+changes)
		})
		<-ready
	}
	for i := range changes {
		rev := b.put(b.Store, with(s.Document, fmt.Sprintf("/b%d", i)), s.Stored())
		if s = b.get(b.Store); s.Revision != rev {
			b.Fatalf("Get after Put returned %s; want %q", describe(s), rev)
		}
	}
	watchers.Wait()
}

func numbered(b *bench) {
	states := []store.Snapshot{b.get(b.Store)}
	states = append(states, b.write(text("/a")), b.spoil(broken), b.write(text("/a")))
	b.put(b.Store, with(states[3].Document, "/b"), states[3].Stored())
	states = append(states, b.get(b.Store))
	last := uint64(0)
	for _, s := range states {
		if s.Number <= last {
			b.Errorf("number %d follows number %d: %s", s.Number, last, describe(s))
		}
		last = s.Number
	}
	if again := b.get(b.Store); again.Number != last {
		b.Errorf("the state of number %d became number %d without a change", last, again.Number)
	}
}

func brokenKeepsLastGood(b *bench) {
	good := b.write(text("/a"))
	s := b.spoil(broken)
	b.wantPaths(s, "/a")
	if s.Revision != good.Revision || string(s.Raw) != string(good.Raw) {
		b.Errorf("the last good document became %s; want %s", describe(s), describe(good))
	}
	if string(s.Problem.Raw) != string(broken) {
		b.Errorf("the problem shows %q; want %q", s.Problem.Raw, broken)
	}
	var invalid *store.InvalidError
	if !errors.As(s.Problem.Err, &invalid) || !errors.Is(s.Problem.Err, store.ErrInvalid) {
		b.Fatalf("the problem is %v; want an *InvalidError", s.Problem.Err)
	}
	mistakes := invalid.Report.Errors()
	if !slices.ContainsFunc(mistakes, func(m endpoints.Mistake) bool { return m.Line == 3 && strings.Contains(m.String(), "endpont") }) {
		b.Errorf("no mistake in line 3 names endpont: %v", mistakes)
	}
	if got := b.get(b.Store); got.Problem == nil || got.Revision != good.Revision {
		b.Errorf("Get returns %s; want the problem beside the last good document", describe(got))
	}
}

func removedKeepsLastGood(b *bench) {
	good := b.write(text("/a"))
	s := b.spoil(nil)
	b.wantPaths(s, "/a")
	if s.Revision != good.Revision || s.Stored() != "" || !errors.Is(s.Problem.Err, store.ErrEmpty) {
		b.Errorf("after a removal: %s; want revision %q and a problem that is ErrEmpty", describe(s), good.Revision)
	}
	b.wantPaths(b.write(text("/a", "/b")), "/a /b")
}

func recovery(b *bench) {
	b.write(text("/a"))
	b.spoil(broken)
	s := b.write(text("/a", "/b"))
	b.wantPaths(s, "/a /b")
	if s.Problem != nil {
		b.Errorf("the problem stays: %s", describe(s))
	}
}

func recoveryToSame(b *bench) {
	good := b.write(text("/a"))
	b.spoil(broken)
	s := b.write(text("/a"))
	if s.Problem != nil || s.Revision != good.Revision || s.Document == nil || s.Table == nil {
		b.Errorf("after undoing the mistake: %s; want %s", describe(s), describe(good))
	}
}

func reloadCallback(b *bench) {
	expect := func(what string, want bool) {
		b.Helper()
		select {
		case got := <-b.reloads:
			if got != want {
				b.Errorf("%s: OnReload(%v); want %v", what, got, want)
			}
		case <-b.ctx.Done():
			b.Fatalf("%s: OnReload was not called", what)
		}
	}
	expect("nothing stored", false)
	b.write(text("/a"))
	expect("a good document", true)
	b.spoil(broken)
	expect("a broken document", false)
	s := b.write(text("/a"))
	expect("recovery", true)
	b.put(b.Store, with(s.Document, "/b"), s.Stored())
	expect("put", true)
	b.spoil(nil)
	expect("a removal", false)
	for range 3 {
		b.get(b.Store) // looking is no change
	}
	if len(b.reloads) > 0 {
		b.Errorf("OnReload(%v) without a change", <-b.reloads)
	}
}

func cancelWatch(b *bench) {
	b.write(text("/a"))
	ctx, cancel := context.WithCancel(b.ctx)
	started, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for range b.Store.Watch(ctx) {
			close(started)
		}
	}()
	<-started
	cancel()
	select {
	case <-ended:
	case <-b.ctx.Done():
		b.Fatal("Watch did not end")
	}
	for range b.Store.Watch(ctx) {
		b.Error("Watch with a cancelled context told a state")
	}
}

func closing(b *bench) {
	s := b.write(text("/a"))
	started, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for range b.Store.Watch(b.ctx) {
			close(started)
		}
	}()
	<-started
	for range 2 { // closing twice is harmless
		if err := b.Close(); err != nil {
			b.Errorf("Close: %v", err)
		}
	}
	select {
	case <-ended:
	case <-b.ctx.Done():
		b.Fatal("Watch did not end")
	}
	if _, err := b.Store.Get(b.ctx); !errors.Is(err, store.ErrClosed) {
		b.Errorf("Get after Close: %v; want ErrClosed", err)
	}
	if _, err := b.Store.Put(b.ctx, s.Document, s.Stored()); !errors.Is(err, store.ErrClosed) {
		b.Errorf("Put after Close: %v; want ErrClosed", err)
	}
	for range b.Store.Watch(b.ctx) {
		b.Error("Watch after Close told a state")
	}
}

func noLeaks(b *bench) {
	s := b.write(text("/a"))
	before := storeGoroutines()
	ctx, cancel := context.WithCancel(b.ctx)
	var watchers sync.WaitGroup
	for range 20 {
		started := make(chan struct{})
		watchers.Go(func() {
			first := true
			for range b.Store.Watch(ctx) {
				if first {
					close(started)
				}
				first = false
			}
		})
		<-started
	}
	for range b.Store.Watch(b.ctx) {
		break // leaving the loop is another way to end
	}
	b.put(b.Store, with(s.Document, "/b"), s.Stored())
	cancel()
	watchers.Wait()
	b.waitForGoroutines(before)
	if err := b.Close(); err != nil {
		b.Errorf("Close: %v", err)
	}
	b.waitForGoroutines(0)
}

// waitForGoroutines waits until at most want goroutines run a store: one that
// has just said that it is done needs a moment to be gone.
func (b *bench) waitForGoroutines(want int) {
	b.Helper()
	for b.ctx.Err() == nil {
		if storeGoroutines() <= want {
			return
		}
		runtime.Gosched()
	}
	b.Errorf("%d goroutines of the store are left; want %d", storeGoroutines(), want)
}
