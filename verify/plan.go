package verify

import (
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/internal/probe"
)

// stranger is an origin that no document can mean.
const stranger = "https://concors-verify.net"

// A plan is what is asked of one endpoint.
type plan struct {
	v       *Verifier
	ep      *endpoints.Endpoint
	policy  endpoints.Policy
	url     string
	methods []string // of the endpoint
	absent  string   // a method that the path does not have
	unsafe  bool     // methods that may change something may be sent
	socket  bool     // it opens WebSockets

	allowed, others []string // origins that should be granted something, and that may not
	asked           []question
}

// A question is one call of a page, or one request as it is.
type question struct {
	what string
	url  string
	page browser.Page
	call browser.Call
	raw  *probe.Request // instead of a call
	// send says that the call itself may be sent, not only its preflight.
	send bool
}

func (v *Verifier) plan(ep *endpoints.Endpoint) (*plan, error) {
	p := &plan{v: v, ep: ep, policy: v.policy(ep)}
	var err error
	if p.url, err = v.address(ep); err != nil {
		return nil, err
	}
	if p.policy.ObserveOnly {
		return nil, errObserved
	}
	switch {
	case ep.Method != "":
		p.methods = []string{ep.Method}
	case len(ep.Methods) > 0:
		p.methods = ep.Methods
	default:
		p.methods = []string{http.MethodGet, http.MethodPost}
	}
	p.unsafe = v.o.SendUnsafe || slices.Contains(v.o.Safe, ep.Pattern)
	p.socket = slices.Contains(v.o.WebSocket, ep.Pattern)
	p.origins()
	p.absent = v.absentMethod(p.url)
	return p, nil
}

// policy is the setting of an endpoint, as it is written.
func (v *Verifier) policy(ep *endpoints.Endpoint) endpoints.Policy {
	s := v.doc.Endpoints[ep.Index].CORS
	if s.Inline != nil {
		return *s.Inline
	}
	p, _ := v.doc.Policies.Get(s.Name) // none: the default
	return p
}

// absentMethod is a method that browsers can send and the path does not have;
// empty if it has all.
func (v *Verifier) absentMethod(address string) string {
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return ""
	}
	for _, m := range []string{http.MethodDelete, http.MethodPatch, http.MethodPut, "CONCORS"} {
		req.Method = m
		if _, found := v.table.Lookup(req); !found {
			return m
		}
	}
	return ""
}

func (p *plan) origins() {
	switch p.policy.Allow {
	case endpoints.AllowSelected:
		for _, d := range p.policy.Domains {
			p.allowed = append(p.allowed, sampleOf(d))
			p.others = append(p.others, near(d)...)
		}
	case endpoints.AllowAll:
		p.allowed = []string{stranger, "null"}
	}
	for _, s := range p.policy.Senders {
		if s != "any" {
			p.others = append(p.others, sampleOf(s))
		}
	}
	p.others = append(p.others, stranger, "null")
	slices.Sort(p.others)
	p.others = slices.DeleteFunc(slices.Compact(p.others), func(o string) bool { return slices.Contains(p.allowed, o) })
}

// questions are asked in this order.
func (p *plan) questions() []question {
	for _, m := range p.methods {
		if isSafe(m) {
			p.withoutOrigin(m)
		}
		for _, o := range p.allowed {
			p.fetch(m, o, browser.Omit, "")
			p.fetch(m, o, browser.Include, "")
		}
		for _, o := range p.others {
			p.fetch(m, o, browser.Include, "")
		}
	}
	p.preflights()
	if slices.Contains(p.methods, http.MethodGet) {
		p.reads()
	} else if p.hasNoGet() {
		for _, o := range p.allowed[:min(1, len(p.allowed))] {
			p.ask("which is no method of this path", o, browser.Call{})
		}
	}
	return p.asked
}

// hasNoGet reports whether no endpoint at the path takes GET.
func (p *plan) hasNoGet() bool {
	req, err := http.NewRequest(http.MethodGet, p.url, nil)
	if err != nil {
		return false
	}
	_, found := p.v.table.Lookup(req)
	return !found
}

func isSafe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// ask adds a call.
func (p *plan) ask(what, origin string, call browser.Call) {
	if call.URL == "" {
		call.URL = p.url
	}
	if what != "" {
		what = ", " + what
	}
	method := call.Method
	if method == "" {
		method = http.MethodGet
	}
	p.asked = append(p.asked, question{
		what: method + " from " + origin + what, url: call.URL, page: pageOf(origin), call: call,
		send: isSafe(method) || p.unsafe,
	})
}

// pageOf is a page of an origin; where it was loaded from does not matter to
// what a server allows.
func pageOf(origin string) browser.Page {
	return browser.Page{Origin: origin, Secure: browser.ContextInsecure, AddressSpace: browser.Loopback}
}

// fetch asks a call with a method, with a request header unless it is empty.
func (p *plan) fetch(method, origin string, c browser.CredentialsMode, header string) {
	call := browser.Call{Method: method, Credentials: c}
	what := "without credentials"
	if c == browser.Include {
		what = "with credentials"
	}
	if header != "" {
		call.Headers = []browser.HeaderField{{Name: header, Value: valueFor(header)}}
		what += " and " + header
	}
	p.ask(what, origin, call)
}

// valueFor is a value that makes a browser ask first.
func valueFor(header string) string {
	if strings.EqualFold(header, "Content-Type") {
		return "application/json"
	}
	return "concors"
}

// preflights asks for every header that is allowed, for one that is not, and
// for a method that is not there.
func (p *plan) preflights() {
	from := append(slices.Clone(p.allowed), p.others...)
	if len(from) == 0 {
		return
	}
	allowed := from[0]
	credentials := browser.Omit
	if p.policy.Credentials {
		credentials = browser.Include
	}
	method := p.methods[0]
	names := slices.DeleteFunc(slices.Clone(p.policy.Headers), func(h string) bool { return h == "*" })
	for _, h := range names {
		p.fetch(method, allowed, credentials, h)
	}
	p.fetch(method, allowed, credentials, "Authorization")
	p.fetch(method, allowed, credentials, "X-Concors-Verify")
	for _, o := range p.others {
		p.fetch(method, o, credentials, "X-Concors-Verify")
		if len(names) > 0 {
			p.fetch(method, o, credentials, names[0])
		}
	}
	if p.absent != "" {
		p.fetch(p.absent, allowed, credentials, "")
		p.asked[len(p.asked)-1].send = false
	}
	if len(names) > 0 {
		lower := strings.ToLower(names[0])
		p.preflight("a preflight with a space before the header", method, allowed, " "+lower)
		p.preflight("a preflight with two lines of headers", method, allowed, lower, "")
	}
}

// preflight asks a preflight as an intermediary may have rewritten it.
func (p *plan) preflight(what, method, origin string, lines ...string) {
	h := http.Header{"Origin": {origin}, "Access-Control-Request-Method": {method}}
	h["Access-Control-Request-Headers"] = lines
	p.asked = append(p.asked, question{what: what + ", from " + origin, url: p.url, page: pageOf(origin), raw: &probe.Request{Method: http.MethodOptions, URL: p.url, Header: h}})
}

// withoutOrigin asks as a link or a program does.
func (p *plan) withoutOrigin(method string) {
	p.asked = append(p.asked, question{what: method + " without Origin", url: p.url, raw: &probe.Request{Method: method, URL: p.url, Header: http.Header{"Accept": {"*/*"}}, Session: true}})
}

// reads asks what a GET can show.
func (p *plan) reads() {
	if !slices.Contains(p.methods, http.MethodHead) {
		for _, o := range append(slices.Clone(p.allowed), stranger) {
			p.fetch(http.MethodHead, o, browser.Omit, "")
		}
	}
	p.ask("without CORS, as an image or script is loaded", stranger, browser.Call{Mode: browser.NoCORS, Credentials: browser.Include})
	// A path that the document does not know, and loose servers do.
	if p.policy.Allow != endpoints.AllowAll && !strings.HasSuffix(p.url, "/") && !strings.HasSuffix(p.ep.Path, "}") {
		p.ask("with a slash at the end", stranger, browser.Call{URL: p.url + "/"})
	}
	if p.socket {
		for _, o := range append(slices.Clone(p.allowed), p.others...) {
			p.ask("a WebSocket", o, browser.Call{Kind: browser.WebSocket, URL: "ws" + strings.TrimPrefix(p.url, "http")})
		}
	}
	if strings.Contains(p.ep.Path, "{") && !strings.HasSuffix(p.ep.Path, "{$}") { // something that is not there
		missing := p.v.base.String() + samplePath(p.ep.Path, map[string]string{})
		missing = strings.TrimSuffix(missing, "1") + "concors-verify-missing"
		for _, o := range p.allowed[:min(1, len(p.allowed))] {
			p.ask("something that is not there", o, browser.Call{URL: missing})
		}
	}
}
