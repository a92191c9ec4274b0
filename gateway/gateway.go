package gateway

import (
	"errors"
	"log/slog"
	"net/http/httputil"
	"sync"
	"sync/atomic"

	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/store"
	"github.com/prometheus/client_golang/prometheus"
)

// A Gateway is the handler that enforces a table. It is safe for concurrent
// use. Until it has a table it answers 503.
type Gateway struct {
	options Options
	log     *slog.Logger
	proxy   *httputil.ReverseProxy
	metrics *metrics
	access  *accessLog // nil: off

	live   atomic.Pointer[live]
	swapMu sync.Mutex // held while live is replaced

	followMu sync.Mutex
	taken    uint64         // the number of the newest snapshot; guarded by followMu
	problem  *store.Problem // of the newest document, nil if it is in force; guarded by followMu

	tunnels tunnels
}

// live is what requests are judged by: one pointer, so none sees half of
// a change.
type live struct {
	table    *endpoints.Table
	stats    []*endpointStats // by Endpoint.Index
	revision string           // "" if unknown
}

// New returns a gateway without a table.
func New(o Options) (*Gateway, error) {
	switch {
	case o.DialTimeout < 0:
		return nil, errors.New("gateway: DialTimeout is negative")
	case o.MaxBodyBytes == 0:
		o.MaxBodyBytes = DefaultMaxBodyBytes
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Transport == nil {
		o.Transport = newTransport(&o)
	}
	g := &Gateway{options: o, log: o.Log, access: newAccessLog(&o)}
	g.metrics = newMetrics(g)
	g.proxy = newProxy(g)
	return g, nil
}

// Swap replaces the table. Requests that run keep the one they began with. A
// nil table is ignored.
func (g *Gateway) Swap(t *endpoints.Table) { g.swap(t, "") }

func (g *Gateway) swap(t *endpoints.Table, revision string) {
	if t == nil {
		return
	}
	g.swapMu.Lock()
	defer g.swapMu.Unlock()
	known := make(map[string]*endpointStats)
	if old := g.live.Load(); old != nil {
		for _, s := range old.stats {
			known[s.pattern] = s
		}
	}
	next := &live{table: t, revision: revision, stats: make([]*endpointStats, len(t.Endpoints()))}
	for i, ep := range t.Endpoints() {
		s := known[ep.Pattern]
		if s == nil {
			s = &endpointStats{pattern: ep.Pattern}
		}
		// The setting may have changed, so a contradiction is news again.
		s.contradicted.Store(false)
		next.stats[i] = s
	}
	g.live.Store(next)
}

// Table returns the table in force, nil if there is none yet.
func (g *Gateway) Table() *endpoints.Table {
	if l := g.live.Load(); l != nil {
		return l.table
	}
	return nil
}

// Metrics returns the registry of the gateway's metrics. More collectors may be
// registered in it.
func (g *Gateway) Metrics() *prometheus.Registry { return g.metrics.registry() }
