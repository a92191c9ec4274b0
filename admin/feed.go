package admin

import (
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/concors/concors/insight"
)

// An Event is something that happened just now: a decision, or a new state of
// the document. Exactly one of the fields is set.
type Event struct {
	Decision *Decision `json:"decision,omitempty"`
	State    *State    `json:"state,omitempty"`
	Dropped  uint64    `json:"dropped,omitempty"` // decisions that this subscriber was too slow for
}

// A Decision is one decision about a foreign request.
type Decision struct {
	ID         uint64    `json:"id"` // grows by time
	Time       time.Time `json:"time"`
	Method     string    `json:"method"`
	Preflight  bool      `json:"preflight"`
	Origin     string    `json:"origin"`
	Endpoint   string    `json:"endpoint"`
	Outcome    string    `json:"outcome"` // as in [TrafficRow]
	Reason     string    `json:"reason"`
	ReasonText string    `json:"reason_text"`
}

func newDecision(d insight.Decision) Decision {
	return Decision{
		ID: d.ID, Time: d.Time, Method: shown(d.Method), Preflight: d.Preflight, Origin: shown(d.Origin),
		Endpoint: d.Endpoint, Outcome: d.Outcome.String(), Reason: string(d.Reason), ReasonText: reasonText(d.Reason),
	}
}

// Decisions returns the last decisions about foreign requests, at most 256, the
// newest first.
func (s *Service) Decisions(context.Context) ([]Decision, error) {
	list := []Decision{}
	if s.opts.Traffic != nil {
		for _, d := range slices.Backward(s.opts.Traffic.Recent()) {
			list = append(list, newDecision(d))
		}
	}
	return list, nil
}

// feedPause is how long a feed gathers decisions before it looks again. What
// comes in faster than 256 a pause is dropped: nobody reads that.
const feedPause = 100 * time.Millisecond

// Feed returns what happens from now on, the current state first, until ctx
// ends.
func (s *Service) Feed(ctx context.Context) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		ctx, cancel := context.WithCancel(ctx)
		events := make(chan Event)
		var sources sync.WaitGroup
		defer sources.Wait()
		defer cancel()
		send := func(e Event) bool {
			select {
			case events <- e:
				return true
			case <-ctx.Done():
				return false
			}
		}
		sources.Go(func() { s.feedStates(ctx, send) })
		if s.opts.Traffic != nil {
			decisions := s.opts.Traffic.Follow(ctx)
			sources.Go(func() { feedDecisions(ctx, decisions, send) })
		}
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-events:
				if !yield(e) {
					return
				}
			}
		}
	}
}

func (s *Service) feedStates(ctx context.Context, send func(Event) bool) {
	for snap := range s.opts.Store.Watch(ctx) {
		st := s.stateOf(s.viewOf(snap))
		if !send(Event{State: &st}) {
			return
		}
	}
}

func feedDecisions(ctx context.Context, batches iter.Seq2[[]insight.Decision, uint64], send func(Event) bool) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for batch, missed := range batches {
		for _, d := range batch {
			shown := newDecision(d)
			if !send(Event{Decision: &shown, Dropped: missed}) {
				return
			}
			missed = 0
		}
		pause.Reset(feedPause)
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
	}
}
