package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/concors/concors/difference"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/store"
)

// A Saved is what a write led to.
type Saved struct {
	Revision store.Revision  `json:"revision"` // the new one, or Previous if nothing changed
	Previous store.Revision  `json:"previous"` // what undo goes back to
	Enforced bool            `json:"enforced"` // it is in force on real traffic by now
	Diff     difference.Diff `json:"diff"`     // to what was live
	Warnings []Mistake       `json:"warnings"`
}

// Save stores d, which must name its base; an empty one says that nothing was
// stored. Errors beside those of the store:
// [ErrBroken], [ErrUnknownEndpoint], [ErrUnknownPolicy],
// [*StaleError], [*InvalidError], [*InputError].
func (s *Service) Save(ctx context.Context, d Draft) (Saved, error) {
	return s.write(ctx, d.Base, func(v *view) (store.Revision, error) {
		if v.snap.Problem != nil && v.snap.Problem.Raw != nil && !d.ReplaceBroken {
			return "", ErrBroken
		}
		next, err := d.apply(v.doc)
		if err != nil {
			return "", err
		}
		rev, err := s.opts.Store.Put(ctx, next.doc, d.Base)
		return rev, next.invalid(err)
	}, &d)
}

// enforceTime is how long a save waits for what it has stored to be in force.
const enforceTime = 10 * time.Second

// write changes what is stored and is based on base. The draft is nil if it is
// none that is written.
func (s *Service) write(ctx context.Context, base store.Revision, change func(*view) (store.Revision, error), d *Draft) (Saved, error) {
	if s.opts.ReadOnly {
		return Saved{}, errReadOnlySide
	}
	v, err := s.view(ctx)
	if err != nil {
		return Saved{}, err
	}
	if base != v.snap.Stored() {
		return Saved{}, s.stale(ctx, v, base, d)
	}
	rev, err := change(v)
	switch {
	case errors.Is(err, store.ErrStale): // somebody was quicker by a moment
		if v, again := s.view(ctx); again == nil {
			return Saved{}, s.stale(ctx, v, base, d)
		}
		return Saved{}, err
	case err != nil:
		return Saved{}, err
	}
	// It is done: what follows is told to the log, whoever still waits for it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), enforceTime)
	defer cancel()
	saved := Saved{Revision: rev, Previous: v.snap.Revision, Diff: difference.None(), Warnings: []Mistake{}}
	if s.opts.Enforce != nil {
		if err := s.opts.Enforce(ctx); err != nil {
			s.opts.Log.Error("the document was saved, but is not in force", "revision", rev, "error", err)
		} else {
			saved.Enforced = true
		}
	}
	s.opts.Log.Info("saved through the admin side", "revision", rev, "before", base)
	if now, err := s.view(ctx); err == nil && now.snap.Revision == rev {
		saved.Diff, _ = s.difference(ctx, v, now) // empty if it takes too long
		saved.Warnings = explainAll(now.snap.Report.Warnings())
	}
	return saved, nil
}

// difference is that between two views, remembered for the history.
func (s *Service) difference(ctx context.Context, old, next *view) (difference.Diff, error) {
	return s.diffs.get(old.snap.Revision, next.snap.Revision, func() (difference.Diff, error) {
		return difference.Between(ctx, old.doc, next.doc)
	})
}

// A StaleError refuses a draft because somebody else saved in between. It is a
// store.ErrStale.
type StaleError struct {
	Base    store.Revision `json:"base"`
	Current store.Revision `json:"current"`

	// Known: the base is remembered, so that Theirs can be told.
	Known  bool            `json:"known"`
	Theirs difference.Diff `json:"theirs"` // from base to current
	Yours  difference.Diff `json:"yours"`  // from current to the draft on top of it

	// Overlap has the endpoints and policies that both changed. If it is empty
	// and the draft is no whole document, saving it again with Base set to
	// Current merges the two.
	Overlap   []string `json:"overlap"`
	Mergeable bool     `json:"mergeable"`
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("admin: %v: it was based on revision %q, stored is %q", store.ErrStale, e.Base, e.Current)
}

// Is makes e a store.ErrStale.
func (e *StaleError) Is(target error) bool { return target == store.ErrStale }

// stale explains that d is based on base, while v is stored.
func (s *Service) stale(ctx context.Context, v *view, base store.Revision, d *Draft) error {
	e := &StaleError{
		Base: base, Current: v.snap.Stored(), Overlap: []string{},
		Theirs: difference.None(), Yours: difference.None(),
	}
	old, err := s.revision(ctx, base)
	if err == nil {
		e.Known = true
		if e.Theirs, err = difference.Between(ctx, old, v.doc); err != nil {
			return err
		}
	}
	if d == nil {
		return e
	}
	next, err := d.apply(v.doc)
	if err != nil {
		return e // what it changes is gone
	}
	if e.Yours, err = difference.Between(ctx, v.doc, next.doc); err != nil {
		return err
	}
	if e.Known {
		e.Overlap = append(e.Overlap, d.overlap(old, v.doc)...)
		e.Mergeable = d.Document == nil && len(e.Overlap) == 0
	}
	return e
}

// overlap returns what d changes and differs between two documents: patterns
// of endpoints, names of policies.
func (d *Draft) overlap(old, now *endpoints.Document) []string {
	var list []string
	before, after := newLookup(old), newLookup(now)
	for _, c := range d.Endpoints {
		pattern := c.Pattern
		if pattern == "" {
			pattern = c.Entry.Endpoint
		}
		if !before.entries[pattern].Equal(after.entries[pattern]) {
			list = append(list, pattern)
		}
	}
	for _, c := range d.Policies {
		was, existed := before.policies[c.Name]
		is, exists := after.policies[c.Name]
		if existed != exists || !was.Equal(is) {
			list = append(list, c.Name)
		}
	}
	if d.Site != nil {
		before, after := &endpoints.Document{}, &endpoints.Document{}
		for _, c := range []struct{ to, from *endpoints.Document }{{before, old}, {after, now}} {
			c.to.Origins, c.to.TrustedProxies = c.from.Origins, c.from.TrustedProxies
			c.to.IdentityHeaders, c.to.Hosts, c.to.Upstream = c.from.IdentityHeaders, c.from.Hosts, c.from.Upstream
		}
		if !before.Equal(after) {
			list = append(list, "site")
		}
	}
	return list
}

// A lookup finds the parts of a document by their names.
type lookup struct {
	entries  map[string]endpoints.Entry
	policies map[string]endpoints.Policy
}

func newLookup(doc *endpoints.Document) lookup {
	l := lookup{make(map[string]endpoints.Entry, len(doc.Endpoints)), make(map[string]endpoints.Policy, len(doc.Policies))}
	for _, e := range doc.Endpoints {
		l.entries[e.Endpoint] = e
	}
	for _, np := range doc.Policies {
		l.policies[np.Name] = np.Policy
	}
	return l
}
