package gateway

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/concors/concors/cors"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// This file counts. What belongs to an endpoint is an array of atomic counters
// beside it, found without a lookup; a collector reads them when somebody
// scrapes. So the series are those of the endpoints in force, and nothing that
// a stranger sends can make more of them.

// outcomes are what can be decided, in the order of endpointStats.decided.
var outcomes = func() []outcome {
	list := []outcome{{cors.Run, ""}, {cors.AnswerPreflight, ""}}
	for _, reason := range cors.Reasons() {
		list = append(list, outcome{cors.Refuse, reason})
	}
	return list
}()

type outcome struct {
	verdict cors.Verdict
	reason  cors.Reason
}

const maxOutcomes = 16 // at least len(outcomes)

// upstreamReasons are the ways in which an upstream can fail.
var upstreamReasons = [...]string{problemUnreachable.reason, problemTimeout.reason}

// endpointStats counts what happens at an endpoint. It outlives a change of the
// document if the pattern stays.
type endpointStats struct {
	pattern        string // "": no endpoint
	decided        [maxOutcomes]atomic.Uint64
	observed       [maxOutcomes]atomic.Uint64
	upstreamErrors [len(upstreamReasons)]atomic.Uint64
	contradictions atomic.Uint64
	contradicted   atomic.Bool // said so in the log since the last change
	failures       pause       // between two lines about the upstream
}

func (s *endpointStats) count(d *cors.Decision) {
	i := outcomeIndex(d)
	if d.Observed {
		s.observed[i].Add(1)
	} else {
		s.decided[i].Add(1)
	}
}

// outcomeIndex returns where d is in outcomes.
func outcomeIndex(d *cors.Decision) int {
	for i := range outcomes {
		if outcomes[i].verdict == d.Verdict && outcomes[i].reason == d.Reason {
			return i
		}
	}
	panic("gateway: a decision that is none of the outcomes")
}

func (s *endpointStats) upstreamError(reason string) {
	for i := range upstreamReasons {
		if upstreamReasons[i] == reason {
			s.upstreamErrors[i].Add(1)
		}
	}
}

// metrics is what the gateway counts.
type metrics struct {
	g         *Gateway
	registry  func() *prometheus.Registry // made when somebody asks for it: a rehearsal never does
	unrouted  endpointStats               // requests without an endpoint
	durations prometheus.Histogram

	problems []prometheus.Counter // by problem.index

	acceptErrors *prometheus.CounterVec

	reloads      *prometheus.CounterVec
	lastSuccess  prometheus.Gauge
	lastReloadAt prometheus.Gauge
}

var (
	descDecisions = prometheus.NewDesc("concors_decisions_total",
		"Requests by what was decided about them.", []string{"endpoint", "decision", "reason"}, nil)
	descObserved = prometheus.NewDesc("concors_observed_decisions_total",
		"Requests to endpoints with enforce: false by what would have been decided about them.", []string{"endpoint", "decision", "reason"}, nil)
	descUpstreamErrors = prometheus.NewDesc("concors_upstream_errors_total",
		"Requests that the gateway answered because the upstream did not.", []string{"endpoint", "reason"}, nil)
	descContradictions = prometheus.NewDesc("concors_contradictions_total",
		"Answers whose upstream had set CORS headers that contradict the document.", []string{"endpoint"}, nil)
	descEndpoints = prometheus.NewDesc("concors_endpoints",
		"Endpoints of the document in force.", nil, nil)
	descDocument = prometheus.NewDesc("concors_document_info",
		"The document in force, by its revision.", []string{"revision"}, nil)
)

func newMetrics(g *Gateway) *metrics {
	if len(outcomes) > maxOutcomes {
		panic("gateway: maxOutcomes is too small")
	}
	m := &metrics{g: g}
	m.durations = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "concors_request_duration_seconds",
		Help:    "Time from a request that goes to the upstream to the end of its answer.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
	})
	answers := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "concors_own_answers_total",
		Help: "Requests that the gateway itself answered, for a reason other than CORS.",
	}, []string{"reason"})
	for _, p := range problems {
		m.problems = append(m.problems, answers.WithLabelValues(p.reason))
	}
	m.acceptErrors = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "concors_accept_errors_total",
		Help: "How often a listener could not accept the next connection at once.",
	}, []string{"listener", "reason"})
	for _, listener := range []string{listenerTraffic, listenerAdmin, listenerMetrics} {
		for _, reason := range []string{acceptLimit, acceptDescriptors, acceptOther} {
			m.acceptErrors.WithLabelValues(listener, reason)
		}
	}
	m.reloads = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "concors_document_reloads_total",
		Help: "Documents that were seen, by whether they could be used.",
	}, []string{"result"})
	m.reloads.WithLabelValues("success")
	m.reloads.WithLabelValues("failure")
	m.lastSuccess = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "concors_document_last_reload_success",
		Help: "1 if the newest document is in force, 0 if it is broken and an older one is.",
	})
	m.lastReloadAt = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "concors_document_last_reload_timestamp_seconds",
		Help: "When the document in force came into force, in Unix time.",
	})
	m.registry = sync.OnceValue(func() *prometheus.Registry {
		r := prometheus.NewRegistry()
		r.MustRegister(m.durations, answers, m.acceptErrors, m.reloads, m.lastSuccess, m.lastReloadAt, m,
			collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
		return r
	})
	return m
}

// reloaded records that a document was seen.
func (m *metrics) reloaded(ok bool, at time.Time) {
	if !ok {
		m.reloads.WithLabelValues("failure").Inc()
		m.lastSuccess.Set(0)
		return
	}
	m.reloads.WithLabelValues("success").Inc()
	m.lastSuccess.Set(1)
	m.lastReloadAt.Set(float64(at.UnixMilli()) / 1e3)
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry(), promhttp.HandlerOpts{Registry: m.registry()})
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descDecisions, descObserved, descUpstreamErrors, descContradictions, descEndpoints, descDocument} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. It leaves out what is still zero:
// ten thousand endpoints have many of those.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	m.unrouted.collect(ch)
	l := m.g.live.Load()
	if l == nil {
		return
	}
	ch <- prometheus.MustNewConstMetric(descEndpoints, prometheus.GaugeValue, float64(len(l.stats)))
	if l.revision != "" {
		ch <- prometheus.MustNewConstMetric(descDocument, prometheus.GaugeValue, 1, l.revision)
	}
	for _, s := range l.stats {
		s.collect(ch)
	}
}

func (s *endpointStats) collect(ch chan<- prometheus.Metric) {
	send := func(d *prometheus.Desc, n *atomic.Uint64, labels ...string) {
		if v := n.Load(); v > 0 {
			ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
		}
	}
	for i, o := range outcomes {
		send(descDecisions, &s.decided[i], s.pattern, o.verdict.String(), string(o.reason))
		send(descObserved, &s.observed[i], s.pattern, o.verdict.String(), string(o.reason))
	}
	for i, reason := range upstreamReasons {
		send(descUpstreamErrors, &s.upstreamErrors[i], s.pattern, reason)
	}
	send(descContradictions, &s.contradictions, s.pattern)
}
