package demo

import (
	"context"
	"sync"

	"github.com/concors/concors/gateway"
	"github.com/concors/concors/store"
)

// changes tells pages when another document is in force.
type changes struct {
	mu    sync.Mutex    // guards the rest
	count int           // of documents so far
	more  chan struct{} // closed and replaced with each
}

func newChanges() *changes { return &changes{more: make(chan struct{})} }

// follow counts the documents that gw enforces, until ctx ends.
func (c *changes) follow(ctx context.Context, gw *gateway.Gateway, documents store.Store) {
	for range documents.Watch(ctx) {
		_ = gw.Load(ctx, documents) // so that it is in force; if it is broken, the old one is
		c.mu.Lock()
		c.count++
		close(c.more)
		c.more = make(chan struct{})
		c.mu.Unlock()
	}
}

// since returns the count once it is not what it was, or when ctx ends.
func (c *changes) since(ctx context.Context, was int) int {
	for {
		c.mu.Lock()
		count, more := c.count, c.more
		c.mu.Unlock()
		if count != was {
			return count
		}
		select {
		case <-more:
		case <-ctx.Done():
			return count
		}
	}
}
