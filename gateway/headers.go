package gateway

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// altSvc is where an upstream says that it speaks other protocols, which would
// lead around the gateway.
const altSvc = "Alt-Svc"

// upstreamCORS is what an upstream said about CORS itself.
type upstreamCORS struct {
	set                 bool // there is an Access-Control-Allow-Origin or -Credentials
	origin, credentials []string
}

const (
	accessControl  = "Access-Control-"
	resourcePolicy = "Cross-Origin-Resource-Policy"
)

// dropUpstream removes the upstream's own word on what the policy decides: all
// Access-Control-* headers, and Cross-Origin-Resource-Policy, however a
// Transport spells them.
func dropUpstream(h http.Header) (was upstreamCORS) {
	for name, lines := range h {
		if len(name) == len(resourcePolicy) && strings.EqualFold(name, resourcePolicy) {
			delete(h, name)
			continue
		}
		if len(name) < len(accessControl) || !strings.EqualFold(name[:len(accessControl)], accessControl) {
			continue
		}
		switch http.CanonicalHeaderKey(name) {
		case "Access-Control-Allow-Origin":
			was.set, was.origin = true, lines
		case "Access-Control-Allow-Credentials":
			was.set, was.credentials = true, lines
		}
		delete(h, name)
	}
	return was
}

// agrees reports whether ours says what the upstream said.
func (u upstreamCORS) agrees(ours http.Header) bool {
	same := func(theirs []string, name string) bool {
		return strings.Join(theirs, ", ") == strings.Join(ours[name], ", ")
	}
	return same(u.origin, "Access-Control-Allow-Origin") && same(u.credentials, "Access-Control-Allow-Credentials")
}

// String writes it for a log. Cut short, for who knows what an upstream echoes.
func (u upstreamCORS) String() string {
	var parts []string
	if u.origin != nil {
		parts = append(parts, "Access-Control-Allow-Origin: "+strings.Join(u.origin, ", "))
	}
	if u.credentials != nil {
		parts = append(parts, "Access-Control-Allow-Credentials: "+strings.Join(u.credentials, ", "))
	}
	return cut(strings.Join(parts, "; "), 256)
}

// notInTrailers reports whether a name has no business behind a body: browsers
// read none of them there, but clients and caches may merge trailers into the
// header (RFC 9110, section 6.5.1).
func notInTrailers(name string) bool {
	switch name {
	case "Set-Cookie", "Clear-Site-Data", resourcePolicy, "Vary":
		return true
	}
	return strings.HasPrefix(name, accessControl)
}

// trailersOf removes from the trailers that res announces what must not be
// there, and remembers to look at the others once they have come.
func (x *exchange) trailersOf(res *http.Response) {
	if !x.enforced() {
		return
	}
	for name := range res.Trailer {
		if notInTrailers(name) {
			delete(res.Trailer, name)
		}
	}
	x.trailers = res
}

// cleanTrailers removes from the answer's header what the reverse proxy put
// there to be sent as trailers that were not announced.
func (x *exchange) cleanTrailers() {
	if x.trailers == nil || len(x.trailers.Trailer) == 0 {
		return
	}
	h := x.Header()
	for name := range x.trailers.Trailer {
		if notInTrailers(name) {
			delete(h, http.TrailerPrefix+name)
		}
	}
}

// onlyWebSocket withdraws an offer to upgrade the connection to anything else.
// A tunnel of another protocol, h2c above all, would carry requests that nobody
// judges.
func onlyWebSocket(h http.Header) {
	upgrade := h["Upgrade"]
	if len(upgrade) == 0 || len(upgrade) == 1 && strings.EqualFold(upgrade[0], "websocket") {
		return
	}
	delete(h, "Upgrade")
	delete(h, "Connection")
	delete(h, "Http2-Settings")
}

// isPrintable reports whether the first line of Upgrade is ASCII that can be
// printed. The reverse proxy takes anything else for a fault of the upstream.
func isPrintable(upgrade []string) bool {
	return len(upgrade) == 0 || strings.IndexFunc(upgrade[0], func(r rune) bool { return r < ' ' || '~' < r }) < 0
}

// spoofable are headers that say how a request came in, which upstreams
// believe. X-Forwarded-For, -Host and -Proto are replaced.
var spoofable = [...]string{
	"X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Scheme", "X-Forwarded-Server",
	"X-Forwarded-Ssl", "X-Original-Url", "X-Real-Ip", "X-Rewrite-Url",
}

// forwardedHeaders tells the upstream who called, and how. What came in is kept
// and added to if a trusted proxy sent it, else it is anybody's invention. The
// reverse proxy has removed Forwarded and the three X-Forwarded headers.
func (x *exchange) forwardedHeaders(h http.Header) {
	in := x.in
	client, host, proto := in.RemoteAddr, in.Host, "http"
	if ip, _, err := net.SplitHostPort(in.RemoteAddr); err == nil {
		client = ip
	}
	if in.TLS != nil {
		proto = "https"
	}
	if x.live.table.Site().Trusts(in.RemoteAddr) {
		if before := in.Header["X-Forwarded-For"]; len(before) > 0 {
			client = strings.Join(before, ", ") + ", " + client
		}
		if before := in.Header["X-Forwarded-Host"]; len(before) > 0 {
			host = strings.Join(before, ", ")
		}
		if before := in.Header["X-Forwarded-Proto"]; len(before) > 0 {
			proto = strings.Join(before, ", ")
		}
	} else {
		for _, name := range spoofable {
			delete(h, name)
		}
	}
	dropLookalikes(h)
	x.forwarded = [...]string{client, host, proto, x.id()}
	h["X-Forwarded-For"] = x.forwarded[0:1:1]
	h["X-Forwarded-Host"] = x.forwarded[1:2:2]
	h["X-Forwarded-Proto"] = x.forwarded[2:3:3]
	h["X-Request-Id"] = x.forwarded[3:4:4]
}

// dropLookalikes removes headers that say the same with underscores: to CGI and
// WSGI programs, X_Forwarded_For and X-Forwarded-For are one.
func dropLookalikes(h http.Header) {
	for name := range h {
		if strings.IndexByte(name, '_') >= 0 && saysHowItCame(meant(name)) {
			delete(h, name)
		}
	}
}

// meant returns the header name that an underscored one stands for.
func meant(name string) string {
	if strings.IndexByte(name, '_') < 0 {
		return name
	}
	return http.CanonicalHeaderKey(strings.ReplaceAll(name, "_", "-"))
}

// saysHowItCame reports whether a header is one by which proxies tell how a
// request came in.
func saysHowItCame(name string) bool {
	return strings.HasPrefix(name, "X-Forwarded-") || slices.Contains(spoofable[:], name)
}

func cut(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}
