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

	// Logger hears of every change and every broken document. Nil: nobody.
	Logger *slog.Logger

	// OnReload is called for every change of what is stored: ok says whether it
	// could be used. It serves metrics such as "the last reload worked". It is
	// called in order, must return quickly and must not call the store. Nil:
	// nobody.
	OnReload func(ok bool)
}

// A keeper judges what is stored and keeps the newest state. The stores differ
// in where the bytes are; all else is here. Its methods found, accept and
// failed must not be called concurrently.
type keeper struct {
	*feed
	name string // of the document, for reports
	opts Options
}

func newKeeper(name string, opts Options) keeper {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.OnReload == nil {
		opts.OnReload = func(bool) {}
	}
	return keeper{feed: newFeed(), name: name, opts: opts}
}

// judge reads raw as a document that is live since at. The error is an
// [*InvalidError].
func (k *keeper) judge(raw []byte, at time.Time) (Snapshot, error) {
	doc, table, report := endpoints.Load(k.name, raw, k.opts.Build)
	if !report.OK() {
		return Snapshot{}, &InvalidError{Report: report}
	}
	return Snapshot{
		Revision: RevisionOf(raw), Raw: raw, Document: doc, Table: table,
		Report: report, Time: at,
	}, nil
}

// found takes note that raw was stored at the time at.
func (k *keeper) found(raw []byte, at time.Time) {
	rev, state := RevisionOf(raw), k.get()
	switch {
	case rev == "":
		k.failed(&Problem{Err: ErrEmpty})
	case state.Problem == nil && rev == state.Revision:
		// Nothing new.
	case state.Problem != nil && rev == state.Revision:
		state.Problem = nil
		k.accept(state)
	case state.Problem != nil && rev == state.Problem.Revision:
		// Still the same mistakes.
	default:
		s, err := k.judge(raw, at)
		if err != nil {
			k.failed(&Problem{Revision: rev, Raw: raw, Err: err})
			return
		}
		k.accept(s)
	}
}

// accept makes the good snapshot s the newest state.
func (k *keeper) accept(s Snapshot) {
	k.set(s)
	k.opts.OnReload(true)
	k.opts.Logger.Info("document is live", "document", k.name, "revision", s.Revision,
		"endpoints", len(s.Document.Endpoints), "warnings", len(s.Report.Warnings()))
}

// failed makes p visible beside the last good document.
func (k *keeper) failed(p *Problem) {
	state := k.get()
	if p.same(state.Problem) {
		return
	}
	state.Problem = p
	k.set(state)
	k.opts.OnReload(false)
	k.opts.Logger.Error("document cannot be used; the last good one stays", "document", k.name,
		"revision", p.Revision, "last_good", state.Revision, "error", p.Err)
}

// A change makes new document bytes from what is stored, which may be nothing
// or broken, and the newest state.
type change func(stored []byte, state Snapshot) ([]byte, error)

// putting is the change that writes doc. It works on the last good document
// where what is stored is nothing or broken, so that comments survive.
// Mistakes that keep doc from being written as text at all are an
// [*InvalidError] as well.
func (k *keeper) putting(doc *endpoints.Document) change {
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

// restoring is the change that writes raw.
func restoring(raw []byte) change {
	return func([]byte, Snapshot) ([]byte, error) { return raw, nil }
}

// prepare makes the snapshot that c leads to. Stored is what is stored and has
// been found before. Changed is false if there is nothing to write.
func (k *keeper) prepare(stored []byte, base Revision, c change) (next Snapshot, changed bool, err error) {
	if current := RevisionOf(stored); current != base {
		return Snapshot{}, false, &StaleError{Base: base, Current: current}
	}
	raw, err := c(stored, k.get())
	if err != nil {
		return Snapshot{}, false, err
	}
	next, err = k.judge(raw, time.Now())
	if err != nil {
		return Snapshot{}, false, err
	}
	return next, !bytes.Equal(raw, stored), nil
}
