package gateway

import (
	"context"
	"sync"
)

// tunnels counts the upgraded connections, which http.Server forgets about.
type tunnels struct {
	mu    sync.Mutex
	n     int           // guarded by mu
	empty chan struct{} // closed when n falls to 0; nil if nobody waits; guarded by mu
}

func (t *tunnels) enter() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n++
}

func (t *tunnels) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n--
	if t.n == 0 && t.empty != nil {
		close(t.empty)
		t.empty = nil
	}
}

// wait returns when there are no tunnels, or ctx ends.
func (t *tunnels) wait(ctx context.Context) {
	t.mu.Lock()
	if t.n == 0 {
		t.mu.Unlock()
		return
	}
	if t.empty == nil {
		t.empty = make(chan struct{})
	}
	empty := t.empty
	t.mu.Unlock()
	select {
	case <-empty:
	case <-ctx.Done():
	}
}
