package differential

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/concors/concors/cors/browser"
)

// RunModel runs a scenario in the model, whose visitor has the given setting for
// third-party cookies.
func RunModel(profile browser.Profile, cookies browser.ThirdPartyCookies, sc *Scenario) (o *Observation) {
	const prefix = "/x0"
	sc = sc.placed(prefix)
	o = &Observation{}
	defer o.unplace(prefix)
	defer func() {
		if r := recover(); r != nil {
			o.Calls = append(o.Calls, Outcome{Verdict: fmt.Sprintf("panic: %v", r)})
		}
	}()
	b := &browser.Browser{Profile: profile, ThirdPartyCookies: cookies, Cookies: &browser.Cookies{}, Preflights: &browser.PreflightCache{}}
	answerer := modelAnswerer{newScript(sc)}
	done := map[string]bool{}
	for _, c := range sc.Cookies {
		if done[c.Origin] {
			continue
		}
		done[c.Origin] = true
		_, path, _ := strings.Cut(c.Line, "; Path=")
		b.Fetch(context.Background(), browser.Page{Origin: c.Origin, AddressSpace: browser.Loopback}, browser.Call{URL: c.Origin + path + "/" + cookieFile}, answerer)
	}
	page := modelPage(&sc.Page)
	for _, c := range sc.Calls {
		r := b.Fetch(context.Background(), page, c, answerer)
		o.Calls = append(o.Calls, modelOutcome(c.Kind, r))
		for _, e := range r.Exchanges {
			if errors.Is(e.Err, errRefused) {
				continue // no server sees it
			}
			o.Requests = append(o.Requests, newRequest(e.Method, httpScheme(e.URL), e.Header, e.HasBody && hasBytes(c.Body), sc.Calls))
		}
		o.sentAfter = append(o.sentAfter, len(o.Requests))
	}
	return o
}

// hasBytes: on the wire, an empty body looks like none.
func hasBytes(b browser.Body) bool { return len(b.Data) > 0 || b.Kind == browser.FormData }

// httpScheme: the server sees WebSocket handshakes as http.
func httpScheme(url string) string {
	url, _, _ = strings.Cut(url, "#")
	if rest, ok := strings.CutPrefix(url, "ws"); ok {
		return "http" + rest
	}
	return url
}

func modelPage(p *Page) browser.Page {
	m := browser.Page{
		Origin: p.Origin, URL: p.Origin + p.pagePath("page"),
		ReferrerPolicy: p.ReferrerPolicy, EmbedderPolicy: p.EmbedderPolicy, UpgradeInsecureRequests: p.Upgrade,
		// The browsers, behind a proxy, see no addresses.
		AddressSpace: browser.Loopback,
	}
	switch p.Frame {
	case Framed:
		m.TopLevel = p.topOrigin()
		m.URL = p.Origin + p.pagePath("frame")
	case Sandboxed:
		m.TopLevel = p.topOrigin()
		m.Origin = "null"
		m.URL = p.Origin + p.pagePath("frame")
	case Data:
		m.TopLevel = p.topOrigin()
		m.Origin = "null"
		m.URL = "data:text/html,frame"
		m.ReferrerPolicy, m.EmbedderPolicy, m.UpgradeInsecureRequests = "", "", false // it has no headers
	}
	return m
}

func modelOutcome(kind browser.Kind, r *browser.Result) Outcome {
	if kind == browser.Beacon || kind == browser.Font {
		return Outcome{Verdict: "unobservable", Detail: detail(r)}
	}
	if r.Blocked != nil {
		return Outcome{Verdict: "blocked", Detail: detail(r)}
	}
	o := Outcome{Verdict: "ok"}
	if kind != browser.FetchAPI && kind != browser.XMLHttpRequest {
		return o // pages learn no more from the others
	}
	o.Status, o.URL = r.Response.Status, r.Response.URL
	if kind == browser.FetchAPI {
		o.Type, o.Redirected = string(r.Response.Type), r.Response.Redirected
	}
	o.Headers = map[string]string{}
	for name, lines := range r.Response.Header {
		o.Headers[strings.ToLower(name)] = strings.Join(lines, ", ")
	}
	if r.Response.BodyReadable {
		o.Body = string(r.Response.Body)
	}
	return o
}

func detail(r *browser.Result) string {
	if r.Blocked == nil {
		return ""
	}
	return r.Blocked.Error()
}

var errRefused = errors.New("connection refused")

// modelAnswerer answers the model's requests with the same bytes that the real
// server writes.
type modelAnswerer struct{ script *script }

func (m modelAnswerer) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	if strings.HasPrefix(host, "refused.") {
		return nil, errRefused
	}
	if strings.HasSuffix(r.URL.Path, "/"+cookieFile) {
		return readResponse(setCookies(m.script.scenario, strings.ToLower(r.URL.Scheme+"://"+host)), r)
	}
	q := r.Clone(r.Context())
	q.Host = host
	a := m.script.answer(q)
	if a.Broken {
		return nil, errors.New("not HTTP")
	}
	return readResponse(m.script.wire(q, a), r)
}

func readResponse(wire []byte, r *http.Request) (*http.Response, error) {
	return http.ReadResponse(bufio.NewReader(bytes.NewReader(wire)), r)
}
