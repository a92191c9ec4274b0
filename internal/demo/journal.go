package demo

import (
	"context"
	"sync"
	"time"
)

// An event is one decision of the gateway, in words.
type event struct {
	Seq     int       `json:"seq"`
	Time    time.Time `json:"-"`
	Origin  string    `json:"-"`
	Request string    `json:"request"` // method and path
	Verdict string    `json:"verdict"` // run, preflight or refuse
	Says    string    `json:"says"`
}

// A journal remembers the last decisions.
type journal struct {
	executed func() int64 // requests that reached the API so far

	mu     sync.Mutex    // guards the rest
	events []event       // the newest last
	last   int           // Seq of the newest
	more   chan struct{} // closed and replaced with each event
}

const journalLen = 200

func newJournal(executed func() int64) *journal {
	return &journal{executed: executed, more: make(chan struct{})}
}

func (j *journal) add(e event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	e.Seq = j.last
	j.events = append(j.events, e)
	if len(j.events) > journalLen {
		j.events = j.events[1:]
	}
	close(j.more)
	j.more = make(chan struct{})
}

// An account of what happened, as pages get it.
type account struct {
	Last      int     `json:"last"`
	Executed  int64   `json:"executed"`
	Decisions []event `json:"decisions"`
}

// patience is how long a page waits for a decision that does not come.
const patience = 3 * time.Second

// since returns the decisions about requests of origin after number seq. If wait
// is set and there are none, it waits for the first.
func (j *journal) since(ctx context.Context, origin string, seq int, wait bool) account {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		a, more := j.look(origin, seq)
		if !wait || len(a.Decisions) > 0 {
			return a
		}
		select {
		case <-more:
		case <-ctx.Done():
			return a
		}
	}
}

func (j *journal) look(origin string, seq int) (account, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	a := account{Last: j.last, Executed: j.executed(), Decisions: []event{}}
	for _, e := range j.events {
		if e.Seq > seq && e.Origin == origin {
			a.Decisions = append(a.Decisions, e)
		}
	}
	return a, j.more
}
