package gateway

import (
	"bufio"
	"context"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/endpoints"
)

// An exchange is one request and what becomes of it. It is also the
// ResponseWriter of its answer, which it watches and, where an informational
// answer passes, cleans.
type exchange struct {
	http.ResponseWriter
	g     *Gateway
	live  *live
	in    *http.Request // as received
	start time.Time     // zero: not measured

	requestID string // see id; "" until somebody asks

	ep       *endpoints.Endpoint // nil: none, or none that is judged alone
	stats    *endpointStats      // of ep; never nil
	decision cors.Decision       // valid if decided
	decided  bool                // a policy applies
	reason   string              // why the gateway itself answered; "" if it did not

	status   int   // of the answer; 0: not begun
	bytes    int64 // of the answer's body
	upgraded bool  // the connection is a tunnel now

	// Of the request to the upstream.
	forwarding bool           // there is one, and others may hold this exchange
	forwarded  [4]string      // room for the X-Forwarded values and X-Request-Id
	trailers   *http.Response // the upstream's answer, if it may have trailers
	body       *clientBody    // nil: the request has none
}

// exchanges are those of requests that were answered without the upstream, for
// use again: attacks come in great numbers and should cost little.
var exchanges = sync.Pool{New: func() any { return new(exchange) }}

// exchangeKey finds the exchange in a request's context.
type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange {
	return ctx.Value(exchangeKey{}).(*exchange)
}

// enforced reports whether a policy applies and does not merely observe.
func (x *exchange) enforced() bool { return x.decided && !x.decision.Observed }

// decide records a decision and tells who wants to hear of it.
func (x *exchange) decide(d cors.Decision) {
	x.decision, x.decided = d, true
	x.stats.count(&d)
	if x.g.options.OnDecision != nil {
		x.g.options.OnDecision(Event{Request: x.in, Endpoint: x.ep, Decision: &x.decision})
	}
}

// WriteHeader implements http.ResponseWriter.
func (x *exchange) WriteHeader(status int) {
	if status == http.StatusContinue {
		return // the server says so itself as soon as the upstream reads the body
	}
	if status < 200 && status != http.StatusSwitchingProtocols {
		// The upstream's hints; browsers apply no CORS to them, but cookies.
		delete(x.Header(), altSvc)
		if x.enforced() {
			dropUpstream(x.Header())
			x.decision.DropCredentials(x.Header())
		}
	} else if x.status == 0 {
		x.status = status
		if x.body != nil && x.reason == "" {
			x.body.answering()
		}
	}
	x.ResponseWriter.WriteHeader(status)
}

func (x *exchange) Write(p []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	n, err := x.ResponseWriter.Write(p)
	x.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController flush.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// finish is deferred by ServeHTTP: it answers 500 for a panic, counts and logs.
func (x *exchange) finish() {
	p := recover()
	if p != nil && p != http.ErrAbortHandler {
		x.g.log.Error("panic", "method", x.in.Method, "path", loggedPath(x.in.URL), "request_id", x.id(), "panic", p, "stack", string(debug.Stack()))
		if x.status == 0 && !x.upgraded {
			clear(x.Header()) // whatever was prepared
			x.fail(problemInternal)
			p = nil
		} else {
			p = http.ErrAbortHandler // what was sent is incomplete, and must be seen to be
		}
	}
	if x.upgraded {
		x.g.tunnels.leave()
	}
	if !x.start.IsZero() {
		took := time.Since(x.start)
		if x.forwarding && !x.upgraded {
			x.g.metrics.durations.Observe(took.Seconds())
		}
		if x.g.access != nil {
			x.g.access.write(x, took, p != nil)
		}
	}
	if !x.forwarding {
		*x = exchange{}
		exchanges.Put(x)
	}
	if p != nil {
		panic(p)
	}
}

// Hijack implements http.Hijacker. The reverse proxy calls it when an upgrade
// has been agreed.
func (x *exchange) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(x.ResponseWriter).Hijack()
	if err == nil {
		x.status, x.upgraded = http.StatusSwitchingProtocols, true
		x.g.tunnels.enter()
	}
	return conn, rw, err
}

// fail answers with a problem of the gateway's own. It carries the CORS headers
// of the endpoint, or scripts would see a CORS error in its place.
func (x *exchange) fail(p *problem) {
	x.reason = p.reason
	x.g.metrics.problems[p.index].Inc()
	if x.status != 0 || x.upgraded {
		return // the answer has begun
	}
	if x.enforced() && x.decision.Verdict == cors.Run {
		x.decision.SetHeaders(x.Header())
	}
	p.answer.Write(x)
}

// contradiction counts that the upstream's CORS headers say something else than
// the document, and logs it once per endpoint and table.
func (x *exchange) contradiction(upstream upstreamCORS) {
	x.stats.contradictions.Add(1)
	if x.stats.contradicted.Swap(true) {
		return
	}
	x.g.log.LogAttrs(context.Background(), slog.LevelWarn, "the upstream sets CORS headers that contradict the document; they are removed",
		slog.String("endpoint", x.stats.pattern), slog.String("upstream", upstream.String()))
}
