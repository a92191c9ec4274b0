package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/concors/concors/cors/mistake"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/insight"
	"github.com/concors/concors/internal/words"
	"github.com/concors/concors/store"
)

// Options are what a [Service] works on.
type Options struct {
	// Store holds the document. If it is a [store.History] too, there are
	// revisions and undo.
	Store store.Store

	// Traffic counts decisions. Nil: nothing is counted, and [Service.Traffic]
	// is empty.
	Traffic *insight.Recorder

	// Enforce, if not nil, is called after each write and returns when what is
	// stored is in force on real traffic.
	Enforce func(context.Context) error

	// ReadOnly refuses every write with a store.ErrReadOnly.
	ReadOnly bool

	// Build is how tables are built, as in the store's options.
	Build endpoints.Options

	// Log hears of every write. Nil: nobody.
	Log *slog.Logger

	// Transport reaches the live API for [Service.CheckLive], in tests. Nil:
	// the network.
	Transport http.RoundTripper
}

// A Service is what the admin API and the pages have in common. Its methods
// may be called concurrently. What they return belongs to the caller, unless
// it says otherwise.
//
// Lists are never nil, so that they are [] in JSON.
type Service struct {
	opts    Options
	history store.History // nil: there is none
	newest  atomic.Pointer[view]
	diffs   diffCache
	looking sync.Mutex // held by CheckLive
}

// New returns the service of o.
func New(o Options) (*Service, error) {
	if o.Store == nil {
		return nil, errors.New("admin: Options.Store is missing")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{opts: o}
	s.history, _ = o.Store.(store.History)
	// So that traffic is told apart from the beginning; what cannot be read now
	// is reported to who asks.
	_, _ = s.view(context.Background())
	return s, nil
}

// Errors that callers tell apart with errors.Is, beside those of package store:
// store.ErrStale (a [*StaleError]), store.ErrInvalid (an [*InvalidError]),
// store.ErrUnknownRevision.
var (
	ErrBroken          = errors.New("the stored document is broken; saving would replace it")
	ErrUnknownEndpoint = errors.New("there is no such endpoint")
	ErrUnknownPolicy   = errors.New("there is no such policy")
	ErrBusy            = errors.New("this is more than the admin side does at once")
)

// errReadOnlySide refuses a write on behalf of [Options.ReadOnly].
var errReadOnlySide = fmt.Errorf("%w: the admin side is read-only; change the document itself", store.ErrReadOnly)

// readOnly reports whether nothing can be saved, as far as can be seen.
func (s *Service) readOnly() bool {
	st, canTell := s.opts.Store.(store.Writable)
	return s.opts.ReadOnly || canTell && st.Writable() != nil
}

// A State is what every page shows.
type State struct {
	// Revision is of what is stored, be it good or broken: the base of a save
	// and the ETag. Empty: nothing is stored.
	Revision store.Revision `json:"revision"`

	// Live is the revision that is enforced, and Since is when it became so.
	// They differ from Revision while the stored document is broken. Empty:
	// nothing is enforced.
	Live  store.Revision `json:"live"`
	Since time.Time      `json:"since,omitzero"`

	Endpoints int `json:"endpoints"`
	Policies  int `json:"policies"`

	// Observing is how many endpoints only observe.
	Observing int `json:"observing"`

	// RefusedOrigins is how many of the origins that [Service.Traffic] lists
	// were refused in the last 24 hours.
	RefusedOrigins int `json:"refused_origins"`

	// ReadOnly: nothing can be saved here.
	ReadOnly bool `json:"read_only"`

	// Warnings are about the document in force.
	Warnings []Mistake `json:"warnings"`

	// Problem says why what is stored is not what is enforced. Nil: it is.
	Problem *BrokenDocument `json:"problem"`
}

// A BrokenDocument is what is stored and cannot be used.
type BrokenDocument struct {
	Summary  string    `json:"summary"`  // in one sentence
	Mistakes []Mistake `json:"mistakes"` // with lines; empty if it cannot be read at all
	Text     string    `json:"text"`     // the stored text, at most 64 KiB of it
}

// State returns the state of the document and of its enforcement.
func (s *Service) State(ctx context.Context) (State, error) {
	v, err := s.view(ctx)
	if err != nil {
		return State{}, err
	}
	return s.stateOf(v), nil
}

func (s *Service) stateOf(v *view) State {
	st := State{
		Revision: v.snap.Stored(), Live: v.snap.Revision, Since: v.snap.Time,
		Endpoints: len(v.rows), Policies: len(v.doc.Policies), Observing: v.observing,
		RefusedOrigins: s.refusedOrigins(), ReadOnly: s.readOnly(),
		Warnings: explainAll(v.snap.Report.Warnings()),
	}
	if p := v.snap.Problem; p != nil {
		st.Problem = brokenDocument(p)
	}
	return st
}

// maxBrokenText is how much of a broken document is shown.
const maxBrokenText = 64 << 10

func brokenDocument(p *store.Problem) *BrokenDocument {
	b := &BrokenDocument{Mistakes: []Mistake{}, Text: strings.ToValidUTF8(string(p.Raw[:min(len(p.Raw), maxBrokenText)]), "\uFFFD")}
	invalid, ok := errors.AsType[*store.InvalidError](p.Err)
	switch {
	case ok:
		b.Mistakes = explainAll(invalid.Report.Errors())
		n, more := len(b.Mistakes), ""
		if n > 0 && b.Mistakes[n-1].Code == mistake.MistakesOmitted {
			n, more = n-1, "more than "
		}
		b.Summary = "The stored document has " + more + words.Count(n, "mistake") + "."
	case errors.Is(p.Err, store.ErrEmpty):
		b.Summary = "Nothing is stored: the document is empty or missing."
	default:
		b.Summary = "The stored document cannot be read: " + p.Err.Error() + "."
	}
	return b
}
