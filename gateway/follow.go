package gateway

import (
	"context"
	"errors"
	"log/slog"

	"github.com/concors/concors/store"
)

// Follow enforces the newest good document of st until ctx ends or st is
// closed. A broken document replaces nothing; log and metrics say so. A gateway
// has one store in its life, as the states of two cannot be put in order.
//
// To know that a first document is in force before serving, call [Gateway.Load]
// first.
func (g *Gateway) Follow(ctx context.Context, st store.Store) {
	for s := range st.Watch(ctx) {
		g.take(s)
	}
}

// Load enforces the newest good document of st. The error says why there is
// none, or why what is stored is not the one in force.
func (g *Gateway) Load(ctx context.Context, st store.Store) error {
	s, err := st.Get(ctx)
	if err != nil {
		return err
	}
	g.take(s)
	if s.Problem != nil {
		return s.Problem.Err
	}
	return nil
}

// take enforces a snapshot, unless a newer one has come first: between its
// leaving the store and this call, others may have been taken.
func (g *Gateway) take(s store.Snapshot) {
	g.followMu.Lock()
	defer g.followMu.Unlock()
	if s.Number <= g.taken {
		return
	}
	g.taken = s.Number
	recovered := g.problem != nil && s.Problem == nil
	if p := s.Problem; p != nil {
		g.problem = p
		g.metrics.reloaded(false, s.Time)
		g.log.LogAttrs(context.Background(), slog.LevelError, "document refused; the last good one stays in force",
			slog.String("revision", string(p.Revision)), slog.String("in_force", string(s.Revision)), slog.Any("error", p.Err))
		g.logMistakes(p.Err)
		// No return: the last good document may be news too.
	} else {
		g.problem = nil
	}
	if s.Table == nil || s.Table == g.Table() {
		if recovered {
			g.metrics.lastSuccess.Set(1)
			g.log.LogAttrs(context.Background(), slog.LevelInfo, "document is good again; it is the one in force",
				slog.String("revision", string(s.Revision)))
		}
		return
	}
	g.swap(s.Table, string(s.Revision))
	if s.Problem == nil {
		g.metrics.reloaded(true, s.Time)
	}
	g.log.LogAttrs(context.Background(), slog.LevelInfo, "document in force",
		slog.String("revision", string(s.Revision)), slog.Int("endpoints", len(s.Table.Endpoints())))
	for _, w := range s.Report.Warnings() {
		g.log.LogAttrs(context.Background(), slog.LevelWarn, "document warning", slog.String("warning", w.String()))
	}
}

// maxMistakesLogged is how many mistakes of one document are logged; concors
// check tells all.
const maxMistakesLogged = 20

// logMistakes logs what is wrong with a document, each mistake with its place.
func (g *Gateway) logMistakes(err error) {
	var invalid *store.InvalidError
	if !errors.As(err, &invalid) {
		return
	}
	for i, m := range invalid.Report.Errors() {
		if i == maxMistakesLogged {
			return
		}
		g.log.LogAttrs(context.Background(), slog.LevelError, "document mistake", slog.String("mistake", m.String()))
	}
}
