package store

import (
	"bytes"
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/concors/concors/endpoints"
)

// Memory is a [Store] and [History] in memory, for tests: it starts no
// goroutine and touches no file, so it works inside a synctest bubble.
type Memory struct {
	mu      sync.Mutex
	keeper  *Keeper    // what changes it happens under mu
	stored  []byte     // guarded by mu
	history []Snapshot // were live, oldest first; guarded by mu
}

var (
	_ Store   = (*Memory)(nil)
	_ History = (*Memory)(nil)
)

// NewMemory returns a store that holds raw, which may be broken. Empty: nothing
// yet.
func NewMemory(raw []byte, opts Options) *Memory {
	m := &Memory{keeper: NewKeeper("memory", opts)}
	m.Write(raw)
	return m
}

// Write replaces what is stored without a question, as a person does who edits
// a file. Empty: the document is removed.
func (m *Memory) Write(raw []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stored = bytes.Clone(raw)
	m.keeper.Found(m.stored, time.Now())
	m.remember()
}

// Close ends every Watch; all other methods return [ErrClosed] from then on.
func (m *Memory) Close() error {
	m.keeper.Close()
	return nil
}

// Get implements [Store].
func (m *Memory) Get(ctx context.Context) (Snapshot, error) {
	if err := m.keeper.Err(ctx); err != nil {
		return Snapshot{}, err
	}
	return m.keeper.State(), nil
}

// Watch implements [Store].
func (m *Memory) Watch(ctx context.Context) iter.Seq[Snapshot] { return m.keeper.Watch(ctx) }

// Put implements [Store].
func (m *Memory) Put(ctx context.Context, doc *endpoints.Document, base Revision) (Revision, error) {
	return m.change(ctx, base, m.keeper.Putting(doc))
}

// Restore implements [History].
func (m *Memory) Restore(ctx context.Context, rev, base Revision) (Revision, error) {
	raw, err := m.Raw(ctx, rev)
	if err != nil {
		return "", err
	}
	return m.change(ctx, base, Restoring(raw))
}

func (m *Memory) change(ctx context.Context, base Revision, c Change) (Revision, error) {
	if err := m.keeper.Err(ctx); err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	next, changed, err := m.keeper.Prepare(m.stored, base, c)
	if err != nil {
		return "", err
	}
	if changed {
		m.stored = next.Raw
		m.keeper.Accept(next)
		m.remember()
	}
	return next.Revision, nil
}

// remember adds the live revision to the history. Precondition: mu is held.
func (m *Memory) remember() {
	s := m.keeper.State()
	if s.Problem != nil || len(m.history) > 0 && m.history[len(m.history)-1].Revision == s.Revision {
		return
	}
	m.history = append(m.history, s)
	m.history = m.history[max(0, len(m.history)-HistoryLen):]
}

// Revisions implements [History].
func (m *Memory) Revisions(ctx context.Context) ([]Entry, error) {
	if err := m.keeper.Err(ctx); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	entries := make([]Entry, 0, len(m.history))
	for _, v := range slices.Backward(m.history) {
		entries = append(entries, v.Entry())
	}
	return entries, nil
}

// Raw implements [History].
func (m *Memory) Raw(ctx context.Context, rev Revision) ([]byte, error) {
	if err := m.keeper.Err(ctx); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, v := range slices.Backward(m.history) {
		if v.Revision == rev {
			return bytes.Clone(v.Raw), nil
		}
	}
	return nil, ErrUnknownRevision
}
