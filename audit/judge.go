package audit

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/internal/probe"
)

// engines are the browsers that are asked.
var engines = []browser.Profile{browser.Chromium, browser.Firefox, browser.WebKit}

// A grant is an answer that a page of an origin may read.
type grant struct {
	origin      string
	answer      *probe.Answer
	credentials bool              // also if it was asked with credentials
	browsers    []browser.Profile // that let it
}

// grant asks in the name of an origin and returns nil if a page there may not
// read the answer, or if that could not be found out.
func (in *inspection) grant(s shape, origin string) *grant {
	return in.judged(origin, in.ask(s, origin))
}

// judged is the grant that an answer is.
func (in *inspection) judged(origin string, a *probe.Answer) *grant {
	if a.Status == 0 {
		return nil
	}
	if with := in.readers(origin, a, true); len(with) > 0 {
		return &grant{origin, a, true, with}
	}
	if without := in.readers(origin, a, false); len(without) > 0 {
		return &grant{origin, a, false, without}
	}
	if strings.Contains(origin, "@") && a.Header.Get("Access-Control-Allow-Origin") == origin {
		return &grant{origin: origin, answer: a} // which no browser sends
	}
	return nil
}

// echoes reports whether the grant names its origin: it is not for everybody.
func (g *grant) echoes() bool {
	return g != nil && g.answer.Header.Get("Access-Control-Allow-Origin") == g.origin
}

// readers are the browsers in which a page of origin may read the answer.
func (in *inspection) readers(origin string, a *probe.Answer, credentials bool) []browser.Profile {
	call := browser.Call{URL: in.judgedURL(), Credentials: browser.Omit, Redirect: browser.Manual}
	if credentials {
		call.Credentials = browser.Include
	}
	var list []browser.Profile
	for _, p := range engines {
		if in.fetch(p, origin, call, a, nil).Allowed() {
			list = append(list, p)
		}
	}
	return list
}

// permits reports why browsers would not send the call of a page of origin after
// the answer to its preflight; nil: they send it.
func (in *inspection) permits(p browser.Profile, origin string, call browser.Call, preflight *probe.Answer) *browser.Failure {
	call.URL = in.judgedURL()
	agreed := &probe.Answer{Status: http.StatusOK, Header: http.Header{
		"Access-Control-Allow-Origin": {origin}, "Access-Control-Allow-Credentials": {"true"},
	}}
	return in.fetch(p, origin, call, agreed, preflight).Blocked
}

// fetch makes the call in a browser that gets these answers.
func (in *inspection) fetch(p browser.Profile, origin string, call browser.Call, actual, preflight *probe.Answer) *browser.Result {
	// Where the server is reached from does not matter to what it allows.
	page := browser.Page{Origin: origin, AddressSpace: browser.Loopback, Secure: browser.ContextSecure}
	b := browser.Browser{Profile: p}
	return b.Fetch(context.Background(), page, call, recorded{actual, preflight})
}

// judgedURL is the address as pages of https origins can call it: an API that
// is asked over plain http has the same rules behind its TLS.
func (in *inspection) judgedURL() string {
	if in.u.Scheme == "http" && !in.own.isLoopback() {
		u := *in.u
		u.Scheme = "https"
		return u.String()
	}
	return in.u.String()
}

// recorded answers preflights and calls with what was answered before.
type recorded struct{ actual, preflight *probe.Answer }

// RoundTrip implements http.RoundTripper.
func (r recorded) RoundTrip(req *http.Request) (*http.Response, error) {
	a := r.actual
	if r.preflight != nil && req.Method == http.MethodOptions && req.Header.Get("Access-Control-Request-Method") != "" {
		a = r.preflight
	}
	return &http.Response{
		StatusCode: a.Status, Header: a.Header, Body: io.NopCloser(bytes.NewReader(nil)), Request: req,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}
