package store

import (
	"bytes"
	"fmt"
	"log/slog"
	"time"

	"github.com/concors/concors/endpoints"
)

// Options are what all stores have in common. The zero value is ready to use.
type Options struct {
	// Build is how the table of the snapshots is built.
	Build endpoints.Options

	// Logger hears what no caller is told, such as a history that cannot be
	// kept. Changes and broken documents are told at debug level, as who
	// enforces a document says so too. Nil: nobody.
	Logger *slog.Logger

	// OnReload is called for every change of what is stored: ok says whether it
	// could be used. It serves metrics such as "the last reload worked". It is
	// called in order, must return quickly and must not call the store. Nil:
	// nobody.
	OnReload func(ok bool)
}

// A Keeper is what all stores have in common, whatever keeps the bytes: it
// judges what is stored, holds the newest [Snapshot] and wakes who waits for a
// newer one. A store passes Get, Watch and its end on to it, tells it what it
// found, and writes what Prepare makes. Package file is the example to follow,
// and storetest.Run says whether a store keeps the promises.
//
// Found, Failed and Accept must not be called concurrently; all other methods
// may.
type Keeper struct {
	*feed
	name string
	opts Options
}

// NewKeeper returns the keeper of a document that mistakes are reported of under
// the given name. Its state is empty until Found, Failed or Accept is called.
func NewKeeper(name string, opts Options) *Keeper {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.OnReload == nil {
		opts.OnReload = func(bool) {}
	}
	return &Keeper{feed: newFeed(), name: name, opts: opts}
}

// Name returns the name of the document.
func (k *Keeper) Name() string { return k.name }

// Log returns where to tell operators what no caller hears.
func (k *Keeper) Log() *slog.Logger { return k.opts.Logger }

// judge reads raw as a document that is live since at. The error is an
// [*InvalidError].
func (k *Keeper) judge(raw []byte, at time.Time) (Snapshot, error) {
	doc, table, report := endpoints.Load(k.name, raw, k.opts.Build)
	if !report.OK() {
		return Snapshot{}, &InvalidError{Report: report}
	}
	return Snapshot{
		Revision: RevisionOf(raw), Raw: raw, Document: doc, Table: table,
		Report: report, Time: at,
	}, nil
}

// Found takes note that raw was stored at the time at: if it is news, it becomes
// the newest state, or the problem beside the last good document.
func (k *Keeper) Found(raw []byte, at time.Time) {
	rev, state := RevisionOf(raw), k.State()
	switch {
	case rev == "":
		k.Failed(ErrEmpty)
	case state.Problem == nil && rev == state.Revision:
		// Nothing new.
	case state.Problem != nil && rev == state.Revision:
		state.Problem = nil
		k.Accept(state)
	case state.Problem != nil && rev == state.Problem.Revision:
		// Still the same mistakes.
	default:
		s, err := k.judge(raw, at)
		if err != nil {
			k.failed(&Problem{Revision: rev, Raw: raw, Err: err})
			return
		}
		k.Accept(s)
	}
}

// Accept makes the snapshot that Prepare has returned the newest state: it is
// stored now.
func (k *Keeper) Accept(s Snapshot) {
	k.set(s)
	k.opts.OnReload(true)
	k.opts.Logger.Debug("document is live", "document", k.name, "revision", s.Revision,
		"endpoints", len(s.Document.Endpoints), "warnings", len(s.Report.Warnings()))
}

// Failed takes note that what is stored cannot be told, or that there is nothing
// ([ErrEmpty]). The last good document stays.
func (k *Keeper) Failed(err error) { k.failed(&Problem{Err: err}) }

// failed makes p visible beside the last good document.
func (k *Keeper) failed(p *Problem) {
	state := k.State()
	if p.same(state.Problem) {
		return
	}
	state.Problem = p
	k.set(state)
	k.opts.OnReload(false)
	k.opts.Logger.Debug("document cannot be used; the last good one stays", "document", k.name,
		"revision", p.Revision, "last_good", state.Revision, "error", p.Err)
}

// A Change makes new document bytes from what is stored, which may be nothing
// or broken, and the newest state.
type Change func(stored []byte, state Snapshot) ([]byte, error)

// Putting is the change of a [Store.Put] of doc. It works on the last good document
// where what is stored is nothing or broken, so that comments survive.
// Mistakes that keep doc from being written as text at all are an
// [*InvalidError] as well.
func (k *Keeper) Putting(doc *endpoints.Document) Change {
	return func(stored []byte, state Snapshot) ([]byte, error) {
		if state.Problem != nil || len(stored) == 0 {
			stored = state.Raw
		}
		raw, err := endpoints.Edit(stored, doc)
		if err != nil {
			if _, report := endpoints.Build(doc, k.opts.Build); !report.OK() {
				return nil, &InvalidError{Report: report}
			}
			return nil, fmt.Errorf("store: writing the document as text: %w", err)
		}
		return raw, nil
	}
}

// Restoring is the change of a [History.Restore]: it writes raw.
func Restoring(raw []byte) Change {
	return func([]byte, Snapshot) ([]byte, error) { return raw, nil }
}

// Prepare makes the snapshot that c leads to: its Raw is to be stored in the
// place of stored, unless that is no longer what is stored then. Stored has been
// given to Found before. Changed is false if there is nothing to write. Errors
// are those of [Store.Put].
func (k *Keeper) Prepare(stored []byte, base Revision, c Change) (next Snapshot, changed bool, err error) {
	if current := RevisionOf(stored); current != base {
		return Snapshot{}, false, &StaleError{Base: base, Current: current}
	}
	raw, err := c(stored, k.State())
	if err != nil {
		return Snapshot{}, false, err
	}
	next, err = k.judge(raw, time.Now())
	if err != nil {
		return Snapshot{}, false, err
	}
	return next, !bytes.Equal(raw, stored), nil
}
