package store

import (
	"context"
	"iter"
	"sync"
)

// A feed holds the newest snapshot and wakes who waits for a newer one. It has
// no goroutine and no queue: watchers look at the one place where the newest
// state is, so none can lag behind by more than the change it is working on.
type feed struct {
	mu      sync.Mutex
	state   Snapshot      // guarded by mu
	changed chan struct{} // closed when state is replaced; guarded by mu
	closed  bool          // guarded by mu
}

func newFeed() *feed { return &feed{changed: make(chan struct{})} }

// State returns the newest snapshot.
func (f *feed) State() Snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state
}

// set makes s the newest snapshot and gives it its number.
func (f *feed) set(s Snapshot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	s.Number = f.state.Number + 1
	f.state = s
	close(f.changed)
	f.changed = make(chan struct{})
}

// Close ends every Watch, and has Err return [ErrClosed].
func (f *feed) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.closed = true
		close(f.changed)
	}
}

// Err returns why the store cannot be used by somebody with ctx: [ErrClosed], or
// the error of ctx. Nil: it can.
func (f *feed) Err(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return ErrClosed
	}
	return ctx.Err()
}

// Watch implements [Store.Watch].
func (f *feed) Watch(ctx context.Context) iter.Seq[Snapshot] {
	return func(yield func(Snapshot) bool) {
		var seen uint64
		for {
			f.mu.Lock()
			state, changed, closed := f.state, f.changed, f.closed
			f.mu.Unlock()
			if closed || ctx.Err() != nil {
				return
			}
			if state.Number != seen {
				seen = state.Number
				if !yield(state) {
					return
				}
				continue
			}
			select {
			case <-ctx.Done():
			case <-changed:
			}
		}
	}
}
