package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/concors/concors/difference"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/store"
)

// A History is the revisions that were live, the newest first.
type History struct {
	Revision  store.Revision `json:"revision"` // see [State.Revision]
	Revisions []Revision     `json:"revisions"`
	More      int            `json:"more"`    // revisions left out by the limit
	Problem   string         `json:"problem"` // why the history cannot be kept; empty: it can
}

// A Revision is one of them and what it changed.
type Revision struct {
	Revision store.Revision  `json:"revision"`
	Time     time.Time       `json:"time"`
	Live     bool            `json:"live"`
	First    bool            `json:"first"` // nothing older is remembered
	Diff     difference.Diff `json:"diff"`  // to the one before
}

// History returns the last revisions, at most limit of them (0: 20).
func (s *Service) History(ctx context.Context, limit int) (History, error) {
	if limit < 0 {
		return History{}, &InputError{Field: "limit", Message: "limit is zero or more"}
	}
	v, err := s.view(ctx)
	if err != nil {
		return History{}, err
	}
	h := History{Revision: v.snap.Stored(), Revisions: []Revision{}}
	if s.history == nil {
		h.Problem = "this store keeps no history"
		return h, nil
	}
	entries, err := s.history.Revisions(ctx)
	if err != nil {
		if ctx.Err() != nil || errors.Is(err, store.ErrClosed) {
			return History{}, err
		}
		h.Problem = err.Error()
	}
	n := min(len(entries), cmp.Or(limit, 20))
	h.More = len(entries) - n
	for i, e := range entries[:n] {
		r := Revision{Revision: e.Revision, Time: e.Time, Live: i == 0 && e.Revision == v.snap.Revision, First: i == len(entries)-1, Diff: difference.None()}
		if !r.First {
			if r.Diff, err = s.between(ctx, entries[i+1].Revision, e.Revision); err != nil {
				return History{}, err
			}
		}
		h.Revisions = append(h.Revisions, r)
	}
	return h, nil
}

// between returns the difference between two revisions, an empty one if they
// can no longer be read. The error is that of ctx.
func (s *Service) between(ctx context.Context, old, next store.Revision) (difference.Diff, error) {
	return s.diffs.get(old, next, func() (difference.Diff, error) {
		a, err := s.revision(ctx, old)
		if err == nil {
			var b *endpoints.Document
			if b, err = s.revision(ctx, next); err == nil {
				return difference.Between(ctx, a, b)
			}
		}
		return difference.None(), ctx.Err()
	})
}

// revision returns the document of a revision. [store.ErrUnknownRevision].
func (s *Service) revision(ctx context.Context, rev store.Revision) (*endpoints.Document, error) {
	if rev == "" {
		return new(endpoints.Document), nil // nothing was stored
	}
	if v := s.newest.Load(); v != nil && v.snap.Revision == rev {
		return v.doc, nil
	}
	if s.history == nil {
		return nil, store.ErrUnknownRevision
	}
	raw, err := s.history.Raw(ctx, rev)
	if err != nil {
		return nil, err
	}
	// It was live once, so it has no mistakes; what it says is all that counts.
	doc := new(endpoints.Document)
	if err := doc.UnmarshalJSON(raw); err != nil {
		return nil, fmt.Errorf("admin: reading revision %s: %w", rev, err)
	}
	return doc, nil
}

// Restore makes a revision of the history live again, as it was stored. Errors
// as with [Service.Save].
func (s *Service) Restore(ctx context.Context, rev, base store.Revision) (Saved, error) {
	return s.restore(ctx, base, func() (store.Revision, error) { return rev, nil })
}

// Undo goes back to the revision that was live before base.
func (s *Service) Undo(ctx context.Context, base store.Revision) (Saved, error) {
	return s.restore(ctx, base, func() (store.Revision, error) {
		entries, err := s.history.Revisions(ctx)
		if len(entries) == 0 && err != nil {
			return "", err
		}
		for i, e := range entries {
			if e.Revision == base && i+1 < len(entries) {
				return entries[i+1].Revision, nil
			}
		}
		return "", fmt.Errorf("admin: there is nothing before revision %q: %w", base, store.ErrUnknownRevision)
	})
}

func (s *Service) restore(ctx context.Context, base store.Revision, choose func() (store.Revision, error)) (Saved, error) {
	if s.history == nil {
		return Saved{}, store.ErrUnknownRevision
	}
	return s.write(ctx, base, func(*view) (store.Revision, error) {
		rev, err := choose()
		if err != nil {
			return "", err
		}
		rev, err = s.history.Restore(ctx, rev, base)
		if refused, ok := errors.AsType[*store.InvalidError](err); ok {
			return "", &InvalidError{Mistakes: explainAll(refused.Report.Errors())}
		}
		return rev, err
	}, nil)
}

// A diffCache remembers differences between revisions: they never change, and
// to read two large documents takes a while. It holds as many as two histories,
// and what is enormous not at all.
type diffCache struct {
	mu    sync.Mutex
	known map[[2]store.Revision]difference.Diff // guarded by mu
}

// maxRemembered is how many endpoints and values a difference names at most
// that is remembered.
const maxRemembered = 20_000

func (c *diffCache) get(old, next store.Revision, compute func() (difference.Diff, error)) (difference.Diff, error) {
	key := [2]store.Revision{old, next}
	c.mu.Lock()
	d, ok := c.known[key]
	c.mu.Unlock()
	if ok {
		return d, nil
	}
	d, err := compute()
	size := 0
	for _, ch := range d.Changes {
		size += len(ch.Endpoints) + len(ch.Values)
	}
	if err != nil || size > maxRemembered {
		return d, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= 2*store.HistoryLen {
		c.known = make(map[[2]store.Revision]difference.Diff)
	}
	c.known[key] = d
	return d, nil
}
