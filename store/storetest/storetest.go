// Package storetest holds every [store.Store] to one contract.
package storetest

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/store"
)

// A Subject is a store to be tested, in which nothing is stored yet.
type Subject struct {
	Store store.Store

	// Write stores raw behind the store's back, as a person with an editor
	// does. Empty: removes what is stored.
	Write func(raw []byte)

	// Another returns a store that shares what is stored with Store, as
	// another process does. A store that no other process can share returns
	// itself.
	Another func() store.Store

	// Close closes Store.
	Close func() error
}

// Run tests the stores that newSubject makes, each in a subtest of its own,
// which closes it at its end if it is still open.
func Run(t *testing.T, newSubject func(t *testing.T, opts store.Options) Subject) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.run(newBench(t, newSubject)) })
	}
}

// RunInBubble is Run with every subtest in a bubble of package synctest, for
// stores that need neither files nor network.
func RunInBubble(t *testing.T, newSubject func(t *testing.T, opts store.Options) Subject) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { c.run(newBench(t, newSubject)) })
		})
	}
}

var cases = []struct {
	name string
	run  func(b *bench)
}{
	{"nothing stored yet is a problem, not an error", nothingYet},
	{"the first put needs no base", firstPut},
	{"get returns document, table, bytes and revision of what is stored", getReturnsAll},
	{"put returns the revision that get and watch tell", putRevision},
	{"put keeps comments and order", putKeepsComments},
	{"put of what is stored already changes nothing", putOfSame},
	{"put on a stale base is refused with both revisions", putStale},
	{"put after a removal is stale until based on nothing", putAfterRemoval},
	{"put of an invalid document is refused with the report", putInvalid},
	{"put over a broken document needs the revision of the broken one", putOverBroken},
	{"an edit by hand since the base is not overwritten", putAfterHandEdit},
	{"of racing writers exactly one wins", racingWriters},
	{"increments of many writers that retry are never lost", retryingWriters},
	{"watch starts with the newest state", watchStarts},
	{"watch sees an edit by hand", watchSeesHandEdit},
	{"watch sees the changes of another store", watchSeesAnother},
	{"a slow watcher gets the newest state, not a backlog", watchCoalesces},
	{"revisions never go backwards for a watcher", watchMonotonic},
	{"get and watch number the states as they follow each other", numbered},
	{"a broken document leaves the last good one and shows its mistakes", brokenKeepsLastGood},
	{"a removed document leaves the last good one", removedKeepsLastGood},
	{"recovery from a broken document is visible", recovery},
	{"recovery to the last good document is visible", recoveryToSame},
	{"reload callback tells good from broken", reloadCallback},
	{"cancelling ends watch", cancelWatch},
	{"a cancelled context ends get and put", cancelledCalls},
	{"closing ends watch and refuses the rest", closing},
	{"watchers that end leave no goroutine behind", noLeaks},
	{"history lists what was live, the newest first", historyLists},
	{"history includes edits by hand and leaves out broken documents", historyHandEdits},
	{"history is bounded", historyBounded},
	{"restoring brings a revision back as it was", historyRestore},
	{"restoring obeys the rules of put", historyRestoreRules},
}

// A bench is a store on the test bench.
type bench struct {
	*testing.T
	Subject
	ctx     context.Context
	reloads chan bool // what OnReload was called with
}

func newBench(t *testing.T, newSubject func(t *testing.T, opts store.Options) Subject) *bench {
	// A test that waits for what never comes ends with a message rather than
	// with the whole run's timeout.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	b := &bench{T: t, ctx: ctx, reloads: make(chan bool, 1000)}
	b.Subject = newSubject(t, store.Options{OnReload: func(ok bool) { b.reloads <- ok }})
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return b
}

// text is a document with comments whose only endpoints are paths.
func text(paths ...string) []byte {
	s := "# a comment that every change keeps\nupstream: http://127.0.0.1:3000 # and another\nendpoints:\n"
	for _, p := range paths {
		s += "  - endpoint: GET " + p + "\n"
	}
	return []byte(s)
}

// broken is a document with a mistake.
var broken = []byte("endpoints:\n  - endpoint: GET /a\n  - endpont: GET /b\n")

// with returns a copy of doc with another endpoint.
func with(doc *endpoints.Document, path string) *endpoints.Document {
	doc = doc.Clone()
	doc.Endpoints = append(doc.Endpoints, endpoints.Entry{Endpoint: "GET " + path})
	return doc
}

// paths returns the endpoints of a snapshot, as in "/a /b".
func paths(s store.Snapshot) string {
	if s.Document == nil {
		return "(no document)"
	}
	var list []string
	for _, e := range s.Document.Endpoints {
		list = append(list, strings.TrimPrefix(e.Endpoint, "GET "))
	}
	return strings.Join(list, " ")
}

// get returns the newest state of s.
func (b *bench) get(s store.Store) store.Snapshot {
	b.Helper()
	snap, err := s.Get(b.ctx)
	if err != nil {
		b.Fatalf("Get: %v", err)
	}
	return snap
}

// put puts doc and fails the test if it is refused.
func (b *bench) put(s store.Store, doc *endpoints.Document, base store.Revision) store.Revision {
	b.Helper()
	rev, err := s.Put(b.ctx, doc, base)
	if err != nil {
		b.Fatalf("Put based on %q: %v", base, err)
	}
	return rev
}

// await returns the first state of s for which done is true.
func (b *bench) await(s store.Store, what string, done func(store.Snapshot) bool) store.Snapshot {
	b.Helper()
	var last store.Snapshot
	for last = range s.Watch(b.ctx) {
		if done(last) {
			return last
		}
	}
	b.Fatalf("waited in vain for %s; the last state is %s", what, describe(last))
	return last
}

// write writes raw by hand and waits until it is live.
func (b *bench) write(raw []byte) store.Snapshot {
	b.Helper()
	b.Write(raw)
	return b.await(b.Store, "an edit by hand", func(s store.Snapshot) bool {
		return s.Problem == nil && s.Revision == store.RevisionOf(raw)
	})
}

// spoil writes raw, which is broken, by hand and waits until that is visible.
func (b *bench) spoil(raw []byte) store.Snapshot {
	b.Helper()
	b.Write(raw)
	return b.await(b.Store, "a problem", func(s store.Snapshot) bool {
		return s.Problem != nil && s.Stored() == store.RevisionOf(raw)
	})
}

func describe(s store.Snapshot) string {
	d := fmt.Sprintf("revision %q with %s", s.Revision, paths(s))
	if s.Problem != nil {
		d += fmt.Sprintf(", problem with revision %q: %v", s.Problem.Revision, s.Problem.Err)
	}
	return d
}

// wantPaths checks what is live.
func (b *bench) wantPaths(s store.Snapshot, want string) {
	b.Helper()
	if got := paths(s); got != want {
		b.Errorf("live are %s; want %s (%s)", got, want, describe(s))
	}
}

// storeGoroutines counts the goroutines that run code of a store, this
// package's own not included.
func storeGoroutines() int {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	n := 0
	for stack := range strings.SplitSeq(string(buf), "\n\n") {
		if strings.Contains(stack, "/concors/store.") && !strings.Contains(stack, "storetest") {
			n++
		}
	}
	return n
}
