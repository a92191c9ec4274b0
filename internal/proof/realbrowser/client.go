package realbrowser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
)

// wire carries the texts of a remote protocol. Only one goroutine reads; writes
// are serialised by the client.
type wire interface {
	read() ([]byte, error)
	write([]byte) error
	close() error
}

// errGone is in the chain of errors of a connection that ended.
var errGone = errors.New("connection to the browser ended")

// client pairs commands with their answers. The DevTools Protocol and WebDriver
// BiDi share the shape: a command has an id, its answer repeats it.
type client struct {
	wire wire

	writing sync.Mutex // serialises wire.write

	mu      sync.Mutex // guards the rest
	lastID  int
	pending map[int]chan answer
	err     error // why the connection ended
}

type answer struct {
	result json.RawMessage
	err    error
}

func newClient(w wire) *client {
	c := &client{wire: w, pending: map[int]chan answer{}}
	go c.readAll()
	return c
}

func (c *client) readAll() {
	for {
		text, err := c.wire.read()
		if err != nil {
			c.fail(fmt.Errorf("%w: %w", errGone, err))
			return
		}
		var m struct {
			ID      int             `json:"id"`
			Result  json.RawMessage `json:"result"`
			Error   json.RawMessage `json:"error"`   // an object in DevTools, a code in BiDi
			Message string          `json:"message"` // BiDi only
		}
		if err := json.Unmarshal(text, &m); err != nil {
			c.fail(fmt.Errorf("the browser sent %.100q: %w", text, err))
			return
		}
		c.mu.Lock()
		waiting := c.pending[m.ID]
		delete(c.pending, m.ID)
		c.mu.Unlock()
		if waiting == nil {
			continue // an event, or nobody waits any more
		}
		a := answer{result: m.Result}
		if m.Error != nil {
			a.err = fmt.Errorf("%s %s", m.Error, m.Message)
		}
		waiting <- a
	}
}

func (c *client) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
	for id, waiting := range c.pending {
		delete(c.pending, id)
		waiting <- answer{err: c.err}
	}
}

// call sends a command and stores its result in out, unless that is nil.
// session is DevTools' tab session, empty for the browser itself and for BiDi.
func (c *client) call(ctx context.Context, session, method string, params, out any) error {
	waiting := make(chan answer, 1)
	c.mu.Lock()
	if c.err != nil {
		defer c.mu.Unlock()
		return fmt.Errorf("%s: %w", method, c.err)
	}
	c.lastID++
	id := c.lastID
	c.pending[id] = waiting
	c.mu.Unlock()

	text, err := json.Marshal(struct {
		ID      int    `json:"id"`
		Session string `json:"sessionId,omitempty"`
		Method  string `json:"method"`
		Params  any    `json:"params"`
	}{id, session, method, params})
	if err == nil {
		c.writing.Lock()
		if err = c.wire.write(text); err != nil {
			err = fmt.Errorf("%w: %w", errGone, err)
		}
		c.writing.Unlock()
	}
	var a answer
	if err != nil {
		a.err = err
	} else {
		select {
		case a = <-waiting:
		case <-ctx.Done():
			a.err = ctx.Err()
		}
	}
	c.mu.Lock()
	delete(c.pending, id)
	c.mu.Unlock()
	if a.err != nil {
		return fmt.Errorf("%s: %w", method, a.err)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(a.result, out); err != nil {
		return fmt.Errorf("%s: result %.100q: %w", method, a.result, err)
	}
	return nil
}

func (c *client) close() {
	c.fail(fmt.Errorf("%w: closed", errGone))
	_ = c.wire.close()
}
