package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/concors/concors/endpoints"
)

// A Store keeps one document. Its methods may be called concurrently, and
// several stores, also in different processes, may share what they keep.
type Store interface {
	// Get returns the newest state. A broken document is not an error but a
	// state, see [Snapshot.Problem]. The error is that of ctx, [ErrClosed], or
	// says that the store could not be reached.
	Get(ctx context.Context) (Snapshot, error)

	// Put replaces what is stored by doc, with the comments and the order of
	// what it replaces, and returns the new revision once it is stored durably.
	// Base is the [Snapshot.Stored] of the snapshot that doc was made from,
	// empty where nothing is stored. If something else is stored by now, Put
	// changes nothing and returns a [*StaleError]; if doc has mistakes, an
	// [*InvalidError]; if the store may not be written, an [ErrReadOnly]; if
	// somebody else keeps it from being written, after some seconds an
	// [ErrLocked]. A doc that says what is stored already is no change: Put
	// returns base. Doc must not change while Put runs.
	Put(ctx context.Context, doc *endpoints.Document, base Revision) (Revision, error)

	// Watch returns the newest state at once, and again whenever it has
	// changed, until ctx ends or the store is closed. A loop body that takes
	// long misses states in between, never the newest. Each range over the
	// sequence watches anew; a loop that ends leaves nothing behind.
	Watch(ctx context.Context) iter.Seq[Snapshot]
}

// A History is a store that remembers the revisions that were live before,
// however they came about: at most [HistoryLen], the oldest are forgotten.
// Broken documents are not among them.
type History interface {
	// Revisions returns the revisions in the order in which they became live,
	// the newest first. A revision that was left and came back is listed twice.
	// If the history cannot be kept, Revisions returns what there is and an
	// error that says why.
	Revisions(ctx context.Context) ([]Entry, error)

	// Raw returns a revision as it was stored, [ErrUnknownRevision] if it is
	// not remembered. The bytes are the caller's.
	Raw(ctx context.Context, rev Revision) ([]byte, error)

	// Restore is a [Store.Put] of revision rev as it was stored, comments
	// included.
	Restore(ctx context.Context, rev, base Revision) (Revision, error)
}

// An Entry says when a revision became live.
type Entry struct {
	Revision Revision
	Time     time.Time
}

// HistoryLen is how many revisions a [History] remembers.
const HistoryLen = 100

// A Revision names the content of a stored document: the first 16 hexadecimal
// digits of its SHA-256. All processes agree on it, and equal content has equal
// revisions. Empty: nothing is stored, or nothing but emptiness.
type Revision string

// RevisionOf returns the revision of a document's bytes.
func RevisionOf(raw []byte) Revision {
	if len(raw) == 0 {
		return ""
	}
	sum := sha256.Sum256(raw)
	return Revision(hex.EncodeToString(sum[:8]))
}

// A Snapshot is the state of a store at one moment: the last good document and,
// if what is stored is another one, the problem with that. What a snapshot
// points to is shared and must not be changed.
type Snapshot struct {
	Revision Revision            // of Raw; empty if there has been no good document yet
	Raw      []byte              // the last good document as it is stored
	Document *endpoints.Document // Raw, read; nil if there has been no good document yet
	Table    *endpoints.Table    // Document, built; nil as Document
	Report   *endpoints.Report   // warnings about Document
	Time     time.Time           // when this store first saw Revision

	// Number counts the states of the store it came from, from 1: of two of its
	// snapshots the one with the higher number is newer. Other stores, also of
	// the same document, count for themselves.
	Number uint64

	// Problem says why what is stored is not Document. Nil: it is.
	Problem *Problem
}

// Entry returns s as the history lists it.
func (s Snapshot) Entry() Entry { return Entry{Revision: s.Revision, Time: s.Time} }

// Stored returns the revision of what is stored, be it good or broken: the base
// of a Put by somebody who has seen this snapshot.
func (s Snapshot) Stored() Revision {
	if s.Problem != nil {
		return s.Problem.Revision
	}
	return s.Revision
}

// A Problem is why what is stored cannot be used.
type Problem struct {
	Revision Revision // of Raw
	Raw      []byte   // what is stored; nil if nothing is, or it cannot be read
	Err      error    // an [*InvalidError], [ErrEmpty], or why it cannot be read
}

// same reports whether p and o say the same about the same bytes.
func (p *Problem) same(o *Problem) bool {
	if p == nil || o == nil {
		return p == o
	}
	return p.Revision == o.Revision && p.Err.Error() == o.Err.Error()
}

// Errors that callers tell apart with errors.Is.
var (
	ErrStale           = errors.New("the document has changed since it was read")
	ErrInvalid         = errors.New("the document has mistakes")
	ErrEmpty           = errors.New("there is no document")
	ErrUnknownRevision = errors.New("this revision is not remembered")
	ErrReadOnly        = errors.New("the document may not be written here")
	ErrLocked          = errors.New("somebody else is writing the document")
	ErrClosed          = errors.New("the store is closed")
)

// A StaleError refuses a change that is not based on what is stored. It is an
// [ErrStale].
type StaleError struct {
	Base    Revision // what the change was based on
	Current Revision // what is stored instead
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("store: %v: it was based on revision %s, stored is %s", ErrStale, e.Base.orNone(), e.Current.orNone())
}

func (e *StaleError) Is(target error) bool { return target == ErrStale }

func (r Revision) orNone() string {
	if r == "" {
		return "(none)"
	}
	return string(r)
}

// An InvalidError refuses a document with mistakes. It is an [ErrInvalid].
type InvalidError struct {
	Report *endpoints.Report // not OK
}

func (e *InvalidError) Error() string {
	mistakes := e.Report.Errors()
	if len(mistakes) == 1 {
		return fmt.Sprintf("store: %v: %v", ErrInvalid, mistakes[0])
	}
	return fmt.Sprintf("store: %v: %v (and %d more)", ErrInvalid, mistakes[0], len(mistakes)-1)
}

func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }
func (e *InvalidError) Unwrap() error        { return e.Report.Err() }
