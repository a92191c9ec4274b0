package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"time"

	"github.com/concors/concors/admin"
)

// The admin side shares the machine with the traffic, so what it does is
// bounded, whoever asks for however much.
const (
	// workTime is how long one request may take, from the moment at which it is
	// there to that at which its answer goes out.
	workTime = 30 * time.Second

	// wireTime is how long a body may take to come, and an answer to go.
	wireTime = 30 * time.Second

	// Bodies and answers larger than small are large: only maxLarge of each are
	// held at once, and an answer has at most maxAnswer bytes.
	small     = 64 << 10
	maxLarge  = 4
	maxAnswer = 48 << 20
)

// slots are taken by what happens at the same time.
type slots chan struct{}

// take waits for a slot until ctx ends.
func (s slots) take(ctx context.Context) error {
	select {
	case s <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// takeNow takes a slot if there is one.
func (s slots) takeNow() bool {
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s slots) free() { <-s }

// bounds let few requests be worked on at once. Whoever waits for a body to
// come or an answer to go keeps nobody else waiting.
type bounds struct{ turns, bodies, answers slots }

func newBounds() *bounds {
	// At most half of the cores, so that the rest is for the traffic.
	turns := min(4, max(1, runtime.GOMAXPROCS(0)/2))
	return &bounds{turns: make(slots, turns), bodies: make(slots, maxLarge), answers: make(slots, maxLarge)}
}

// do has answer work on r when it is its turn. The body, at most limit bytes of
// it, is in memory by then, and what answer writes goes out when the turn is
// over. The context of r ends when the client leaves and when the time is up.
// If there is an error, nothing was written: [admin.ErrBusy], an
// [*http.MaxBytesError], and others if the client has left.
func (b *bounds) do(w http.ResponseWriter, r *http.Request, limit int64, answer func(http.ResponseWriter, *http.Request)) error {
	out, err := b.work(w, r, limit, answer)
	if err != nil {
		return err
	}
	if out.body.Len() > small {
		defer b.answers.free()
	}
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(wireTime))
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body.Bytes())
	_ = control.Flush()
	_ = control.SetWriteDeadline(time.Time{})
	return nil
}

// work does what comes before the answer is sent. If that is large, it has a
// slot.
func (b *bounds) work(w http.ResponseWriter, r *http.Request, limit int64, answer func(http.ResponseWriter, *http.Request)) (*heldAnswer, error) {
	body, large, err := b.read(w, r, limit)
	if err != nil {
		return nil, err
	}
	if large {
		defer b.bodies.free()
	}
	ctx, cancel := context.WithTimeoutCause(r.Context(), workTime, admin.ErrBusy)
	defer cancel()
	if err := b.turns.take(ctx); err != nil {
		return nil, err
	}
	defer b.turns.free()
	r = r.WithContext(ctx)
	r.Body = io.NopCloser(bytes.NewReader(body))
	out := &heldAnswer{header: w.Header(), ctx: ctx, status: http.StatusOK}
	answer(out, r)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if out.body.Len() > small && !b.answers.takeNow() {
		return nil, admin.ErrBusy // to wait here would keep the turn
	}
	return out, nil
}

// read reads the body of r; a large one has a slot. It reads all of it, also
// because a server notices only then that its client has left.
func (b *bounds) read(w http.ResponseWriter, r *http.Request, limit int64) (body []byte, large bool, err error) {
	switch {
	case r.ContentLength == 0:
		return nil, false, nil
	case r.ContentLength > limit:
		return nil, false, &http.MaxBytesError{Limit: limit}
	}
	if large = limit > small && (r.ContentLength < 0 || r.ContentLength > small); large {
		ctx, cancel := context.WithTimeoutCause(r.Context(), wireTime, admin.ErrBusy)
		defer cancel()
		if err := b.bodies.take(ctx); err != nil {
			return nil, false, err
		}
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(wireTime)) // not every writer can
	body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	_ = control.SetReadDeadline(time.Time{}) // the connection goes on
	if err == nil {
		return body, large, nil
	}
	if large {
		b.bodies.free()
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); !ok {
		err = &admin.InputError{Message: "the body did not come, or not in time"}
	}
	return nil, false, err
}

// A heldAnswer is an answer that waits to be sent. It takes no more of it when
// nobody waits for it any longer, so that whoever writes it can stop.
type heldAnswer struct {
	header http.Header
	ctx    context.Context
	status int
	wrote  bool // the status
	body   bytes.Buffer
}

func (a *heldAnswer) Header() http.Header { return a.header }

func (a *heldAnswer) WriteHeader(status int) {
	if !a.wrote {
		a.status, a.wrote = status, true
	}
}

func (a *heldAnswer) Write(p []byte) (int, error) {
	switch {
	case a.ctx.Err() != nil:
		return 0, context.Cause(a.ctx)
	case a.body.Len()+len(p) > maxAnswer:
		return 0, admin.ErrBusy
	}
	a.wrote = true
	return a.body.Write(p)
}
