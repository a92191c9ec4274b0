package gateway

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/endpoints/route"
)

// ServeHTTP judges r by the table in force and answers it, or has its upstream
// answer.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := exchanges.Get().(*exchange)
	*x = exchange{ResponseWriter: w, g: g, in: r, live: g.live.Load(), stats: &g.metrics.unrouted}
	if g.access != nil {
		x.start = time.Now()
	}
	defer x.finish()
	switch {
	case x.live == nil:
		x.fail(problemNoDocument)
	case !wellFormed(r):
		x.fail(problemMalformed)
	case !x.live.table.Site().Serves(r):
		x.decide(x.live.table.Site().Misdirected())
		x.carryOut()
	case r.URL.Path == "*":
		x.WriteHeader(http.StatusNoContent) // about the server, not about an endpoint
	default:
		if method, ok := cors.Preflight(r); ok {
			x.preflight(method)
		} else {
			x.request()
		}
	}
}

// preflight answers a preflight for method, unless its endpoint only observes.
func (x *exchange) preflight(method string) {
	path := x.live.table.Path(x.in)
	ep, ok := x.live.table.LookupMethod(x.in, method)
	switch {
	case ok:
		if x.route(ep, method) {
			x.decide(path.Decide(x.in))
			x.carryOut()
		}
	case route.Suspicious(x.in.URL):
		x.fail(problemPath)
	case path == nil:
		x.fail(problemNoEndpoint)
	default:
		x.preflightForNone(path)
	}
}

// preflightForNone answers a preflight that asks for a method which no endpoint
// at the path takes.
func (x *exchange) preflightForNone(path *cors.Path) {
	d := path.Decide(x.in)
	if !d.Observed {
		x.decide(d)
		d.Respond(x, x.in)
		return
	}
	// All endpoints here stand aside, so any of them knows the upstream.
	method, _, _ := strings.Cut(path.Allow(), ",")
	if ep, ok := x.live.table.LookupMethod(x.in, method); ok && x.route(ep, method) {
		x.decide(d)
		x.carryOut()
	}
}

// request answers what is not a preflight.
func (x *exchange) request() {
	ep, ok := x.live.table.Lookup(x.in)
	if !ok {
		x.unrouted()
		return
	}
	if !x.route(ep, x.in.Method) {
		return
	}
	x.decide(ep.Policy.Decide(x.in))
	x.carryOut()
}

// route makes ep, which takes method, the endpoint of x, unless the path means
// different things to different servers: then it answers 400 and returns false.
func (x *exchange) route(ep *endpoints.Endpoint, method string) bool {
	ambiguous := route.DotSegments(x.in.URL)
	if !ambiguous && !ep.EncodedPaths {
		ambiguous = route.Suspicious(x.in.URL) || x.live.table.Ambiguous(x.in, method, ep)
	}
	if ambiguous {
		x.fail(problemPath)
		return false
	}
	x.ep, x.stats = ep, x.live.stats[ep.Index]
	return true
}

// unrouted answers a request that no endpoint takes.
func (x *exchange) unrouted() {
	if route.Suspicious(x.in.URL) {
		x.fail(problemPath)
		return
	}
	path := x.live.table.Path(x.in)
	if path == nil {
		x.fail(problemNoEndpoint)
		return
	}
	// It is no decision: there is nothing to run. The headers are there so that a
	// page that is allowed here can read what is wrong.
	d := path.Decide(x.in)
	d.SetHeaders(x.Header())
	x.Header()["Allow"] = []string{path.Allow()}
	x.fail(problemNoMethod)
}

// carryOut does what was decided.
func (x *exchange) carryOut() {
	d := &x.decision
	switch {
	case d.Observed:
		x.forward(x.in)
	case d.Verdict != cors.Run:
		d.Respond(x, x.in)
	default:
		x.forward(d.Request(x.in))
	}
}

// forward has the upstream answer r.
func (x *exchange) forward(r *http.Request) {
	if x.start.IsZero() {
		x.start = time.Now()
	}
	if !isPrintable(r.Header["Upgrade"]) {
		x.fail(problemMalformed)
		return
	}
	limit := x.g.options.MaxBodyBytes
	if limit >= 0 && r.ContentLength > limit {
		x.fail(problemBodyTooLarge)
		return
	}
	out := r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
	if r.ContentLength != 0 {
		x.body = newClientBody(x, limit)
		out.Body = x.body
	}
	x.forwarding = true
	x.g.proxy.ServeHTTP(x, out)
	if x.body != nil {
		x.body.settle()
	}
	x.cleanTrailers()
}

// wellFormed reports whether the request line and Host are such that everybody
// reads them the same way. The target is a path, the asterisk of OPTIONS, or an
// absolute http or https URL, whose host then counts (RFC 9112, section 3.2.2);
// net/http has put it into r.Host.
func wellFormed(r *http.Request) bool {
	u := r.URL
	asterisk := r.Method == http.MethodOptions && u.Path == "*"
	if r.Method == http.MethodConnect || u.Opaque != "" || !strings.HasPrefix(u.Path, "/") && !asterisk {
		return false
	}
	if u.Host != "" && (u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Host != r.Host) {
		return false
	}
	return validHost(r.Host)
}

// validHost reports whether host is a name or an address, with or without
// port. Names may hold what DNS does not allow but people use: underscores. An
// empty one comes from HTTP/1.0 clients.
func validHost(host string) bool {
	name, port := host, ""
	if strings.HasPrefix(host, "[") {
		end := strings.IndexByte(host, ']')
		if end < 0 {
			return false
		}
		name, port = host[1:end], host[end+1:]
		for i := range len(name) {
			if c := name[i]; !isHex(c) && c != ':' && c != '.' {
				return false
			}
		}
		if port != "" && port[0] != ':' {
			return false
		}
		port = strings.TrimPrefix(port, ":")
		return name != "" && isPort(port)
	}
	if colon := strings.IndexByte(host, ':'); colon >= 0 {
		name, port = host[:colon], host[colon+1:]
		if name == "" {
			return false
		}
	}
	for i := range len(name) {
		if c := name[i]; !isLetterOrDigit(c) && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return isPort(port)
}

func isPort(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return len(s) <= 5
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

func isLetterOrDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
