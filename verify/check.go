package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/internal/probe"
)

var (
	errObserved = errors.New("enforce: false: nothing is promised")
	errHeld     = errors.New("the call may change something; --send-unsafe sends it")
)

// live lets a server answer what a browser asks.
type live struct {
	ctx    context.Context
	client *probe.Client
	q      *question
	last   *probe.Answer
}

// RoundTrip implements http.RoundTripper.
func (l *live) RoundTrip(req *http.Request) (*http.Response, error) {
	preflight := req.Method == http.MethodOptions && req.Header.Get("Access-Control-Request-Method") != ""
	if !preflight && !l.q.send {
		return nil, errHeld
	}
	r := &probe.Request{Method: req.Method, URL: req.URL.String(), Header: req.Header.Clone()}
	r.Header.Del("User-Agent")
	if l.q.call.Kind == browser.WebSocket {
		r.URL = strings.Replace(r.URL, "ws", "http", 1)
		for name, v := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "Y29uY29ycyBwcm9iZXM9PQ=="} {
			r.Header.Set(name, v)
		}
	}
	r.Session = !preflight && l.q.call.Credentials == browser.Include
	if req.Body != nil && req.Body != http.NoBody {
		r.Body, _ = io.ReadAll(req.Body) // in memory
		_ = req.Body.Close()
	}
	l.last = l.client.Do(l.ctx, r)
	return response(l.last, req)
}

func response(a *probe.Answer, req *http.Request) (*http.Response, error) {
	if a.Status == 0 {
		return nil, a.Err
	}
	return &http.Response{
		StatusCode: a.Status, Header: a.Header, Body: io.NopCloser(bytes.NewReader(a.Body)), Request: req,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// check asks one question twice and compares.
func (v *Verifier) check(ctx context.Context, q question, m *model) (c *Check, answered bool) {
	c = &Check{What: q.what, URL: q.url}
	if q.raw != nil {
		return v.checkRaw(ctx, &q, m, c)
	}
	b := browser.Browser{}
	l := &live{ctx: ctx, client: v.client, q: &q}
	got := b.Fetch(ctx, q.page, q.call, l)
	if l.last == nil { // there was nothing to send, or it is held back
		if len(got.Exchanges) > 0 {
			c.NotTested = errHeld.Error()
		}
		return c, true
	}
	c.Curl = l.last.Request.Curl(v.o.Probe.Session)
	for i := range got.Exchanges {
		if x := &got.Exchanges[i]; x.Err == nil && untested(x.Status) {
			c.NotTested = fmt.Sprintf("status %d", x.Status)
			return c, true
		} else if x.Err != nil && !errors.Is(x.Err, errHeld) {
			c.NotTested = x.Err.Error()
			return c, false
		}
	}
	want := b.Fetch(ctx, q.page, q.call, m)
	c.Differences = compare(&q, want, got)
	return c, true
}

func untested(status int) bool { return status == 429 || status >= 500 && status != 501 }

// compare says what is otherwise.
func compare(q *question, want, got *browser.Result) []Difference {
	var list []Difference
	differ := func(k Kind, want, got string) { list = append(list, Difference{k, want, got}) }
	wantPasses, gotPasses := passes(want), passes(got)
	if want.Preflight() != nil || got.Preflight() != nil {
		switch {
		case wantPasses && !gotPasses:
			differ(PreflightBlocked, "the preflight is answered with yes", got.Blocked.Summary())
		case !wantPasses && gotPasses:
			differ(PreflightAllowed, "the preflight is refused: "+want.Blocked.Summary(), "it is answered with yes")
		case wantPasses:
			if w, g := lifetime(want.Preflight()), lifetime(got.Preflight()); w != g {
				differ(Lifetime, "the preflight's answer is kept for "+w.String(), "for "+g.String())
			}
		}
		if !wantPasses || !gotPasses {
			return list
		}
	}
	actual := got.Actual()
	if actual == nil || errors.Is(actual.Err, errHeld) {
		return list
	}
	expected := want.Actual()
	if expected == nil {
		return list
	}
	refused := expected.Status == http.StatusForbidden
	switch {
	case q.call.Kind == browser.WebSocket:
		if refused && got.Allowed() {
			differ(WebSocket, "the handshake is refused", "it succeeds")
		} else if !refused && actual.Status == http.StatusForbidden {
			differ(Blocked, "the handshake is let through", "it is refused with 403")
		}
		return list
	case q.call.Mode == browser.NoCORS:
		return append(list, compareEmbedding(want, got)...)
	case want.Allowed() && !got.Allowed():
		differ(Blocked, want.Verdict(), got.Blocked.Summary())
	case !want.Allowed() && got.Allowed():
		differ(Allowed, want.Blocked.Summary(), got.Verdict())
	case refused && actual.Status < 400:
		differ(Runs, "the request is refused with 403 before it runs", fmt.Sprintf("it is answered with %d, and the page cannot read that", actual.Status))
		return list // what else differs comes of that
	}
	if want.Allowed() && got.Allowed() {
		if w, g := exposed(expected.ResponseHeader), exposed(actual.ResponseHeader); w != g {
			differ(Expose, "exposed: "+w, "exposed: "+g)
		}
	}
	if expected.Status != http.StatusNotFound {
		list = append(list, compareVary(expected.ResponseHeader, actual.ResponseHeader, actual.Status)...)
	}
	return list
}

// passes reports whether the preflight, if there is one, is answered with yes.
func passes(r *browser.Result) bool { return r.Blocked == nil || !r.Blocked.Preflight }

// lifetime is how long a preflight's answer is kept, by the standard.
func lifetime(x *browser.Exchange) time.Duration {
	const unsaid = 5 * time.Second
	v := x.ResponseHeader["Access-Control-Max-Age"]
	if len(v) != 1 {
		return unsaid
	}
	d, err := time.ParseDuration(strings.TrimSpace(v[0]) + "s")
	if err != nil || d < 0 {
		return unsaid
	}
	return d
}

// exposed is the sorted list of exposed headers.
func exposed(h http.Header) string {
	list := tokens(h, "Access-Control-Expose-Headers")
	if slices.Contains(list, "*") && h.Get("Access-Control-Allow-Credentials") != "true" {
		return "*"
	}
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, ", ")
}

// tokens are the elements of a list header, in lower case and sorted.
func tokens(h http.Header, name string) []string {
	var list []string
	for _, line := range h[name] {
		for t := range strings.SplitSeq(line, ",") {
			if t = strings.ToLower(strings.Trim(t, " \t")); t != "" {
				list = append(list, t)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// compareEmbedding compares what another site may load without CORS.
func compareEmbedding(want, got *browser.Result) []Difference {
	w, g := want.Actual(), got.Actual()
	loads := func(r *browser.Result, x *browser.Exchange) bool { return r.Allowed() && x.Status < 400 }
	switch wants, gets := loads(want, w), loads(got, g); {
	case wants && !gets && (!got.Allowed() || g.Status == http.StatusForbidden):
		return []Difference{{Embed, "other sites may load it", got.Verdict()}}
	case !wants && gets:
		return []Difference{{Embed, "other sites may not load it", "they may: there is no Cross-Origin-Resource-Policy that forbids it"}}
	}
	return nil
}

// compareVary looks for what caches are not told.
func compareVary(want, got http.Header, status int) []Difference {
	if slices.ContainsFunc(tokens(got, "Cache-Control"), func(t string) bool { return t == "no-store" }) || status == http.StatusForbidden {
		return nil // never stored, or never served in place of anything else
	}
	has := tokens(got, "Vary")
	if slices.Contains(has, "*") {
		return nil
	}
	var missing []string
	for _, t := range tokens(want, "Vary") {
		if !slices.Contains(has, t) {
			missing = append(missing, t)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return []Difference{{Vary, "Vary: " + strings.Join(tokens(want, "Vary"), ", "), "Vary lacks " + strings.Join(missing, ", ")}}
}

// checkRaw asks a request as it is.
func (v *Verifier) checkRaw(ctx context.Context, q *question, m *model, c *Check) (*Check, bool) {
	c.Curl = q.raw.Curl(v.o.Probe.Session)
	a := v.client.Do(ctx, q.raw)
	if !a.Tested() {
		c.NotTested = fmt.Sprintf("status %d", a.Status)
		if a.Err != nil {
			c.NotTested = a.Err.Error()
		}
		return c, a.Status != 0
	}
	req, err := http.NewRequestWithContext(ctx, q.raw.Method, q.raw.URL, nil)
	if err != nil {
		c.NotTested = err.Error()
		return c, true
	}
	req.Header = q.raw.Header.Clone()
	res, err := m.RoundTrip(req)
	if err != nil {
		c.NotTested = err.Error()
		return c, true
	}
	_ = res.Body.Close()
	if q.raw.Method == http.MethodOptions {
		header := strings.TrimSpace(q.raw.Header["Access-Control-Request-Headers"][0])
		want, got := grants(res.StatusCode, res.Header, q.page.Origin, header), grants(a.Status, a.Header, q.page.Origin, header)
		if want && !got {
			c.Differences = []Difference{{PreflightBlocked, "the preflight is answered with yes", fmt.Sprintf("it is answered with %d, and allows nothing", a.Status)}}
		} else if !want && got {
			c.Differences = []Difference{{PreflightAllowed, "the preflight is refused", "it is answered with yes"}}
		}
		return c, true
	}
	if w, g := res.Header.Get("Access-Control-Allow-Origin"), a.Header.Get("Access-Control-Allow-Origin"); w == "*" && g != "*" {
		c.Differences = append(c.Differences, Difference{Vary, "Access-Control-Allow-Origin: *, also without Origin", "it lacks it, so that a stored answer is of no use to others"})
		return c, true
	}
	c.Differences = append(c.Differences, compareVary(res.Header, a.Header, a.Status)...)
	return c, true
}

// grants reports whether a preflight's answer lets an origin in, with a header.
func grants(status int, h http.Header, origin, header string) bool {
	v := h["Access-Control-Allow-Origin"]
	headers := tokens(h, "Access-Control-Allow-Headers")
	return 200 <= status && status <= 299 && len(v) == 1 && (v[0] == origin || v[0] == "*") &&
		(slices.Contains(headers, header) || slices.Contains(headers, "*"))
}
