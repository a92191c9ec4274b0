// Package differential runs scenarios of cross-origin requests in real browsers
// and in the model (package browser), and compares what happened: every request
// on the wire and everything the page learned.
//
// A scenario is data: a page, the calls that it makes, and a server that answers
// as scripted, byte for byte. The hand-written ones stand in scenarios_*_test.go;
// Generate makes more from a seed.
//
//	go test ./internal/proof/differential                  a sample, two or three minutes
//	go test ./internal/proof/differential -full -v         everything, about ten minutes
//	go test ./internal/proof/differential -full -run Random/firefox -seed 7 -random 5000
//	go test ./internal/proof/differential -run TestRecord -record    asks again for testdata/verdicts
//	go test ./internal/proof/differential -run Replay -replay FILE   what -keep FILE has written before
//
// CONCORS_REQUIRE_BROWSERS=1 makes a missing browser a failure. Where the model knowingly differs from a
// browser, Known says why, and docs/known-differences.md repeats it.
package differential

import (
	"fmt"
	"strings"

	"github.com/concors/concors/cors/browser"
)

// Scenario is a page, its calls in order, and the server that answers them.
// URLs are written without regard to other scenarios: when one runs, every path
// gets a prefix of its own, so that caches and cookies never meet.
type Scenario struct {
	Name    string
	Page    Page
	Cookies []Cookie
	Calls   []browser.Call
	Rules   []Rule
}

// Page is the document that makes the calls.
type Page struct {
	Origin         string // of its URL; an opaque origin comes from Frame
	Frame          Frame
	Top            string // origin of the top-level page when Frame is not Top; empty: Origin
	ReferrerPolicy browser.ReferrerPolicy
	EmbedderPolicy browser.EmbedderPolicy
	Upgrade        bool // Content-Security-Policy: upgrade-insecure-requests
}

// Frame says in what kind of browsing context the page is.
type Frame string

const (
	Top       Frame = ""          // a tab
	Framed    Frame = "framed"    // an iframe in a page of Top
	Sandboxed Frame = "sandboxed" // the same, with sandbox="allow-scripts …": opaque origin
	Data      Frame = "data"      // an iframe with a data: URL: opaque origin
)

// Cookie is set by a visit to an origin before the calls, as a first party. Its
// Path attribute is added.
type Cookie struct {
	Origin string
	Line   string // a Set-Cookie value
}

// Rule says how the server answers requests of one kind.
type Rule struct {
	Preflight bool   // whether it is for preflights or for all others
	Method    string // empty: any
	Host      string // empty: any
	Path      string // empty: any
	// Answers are given one after the other; the last one repeats.
	Answers []Answer
}

// Answer is a response as it goes over the wire.
type Answer struct {
	Status int
	Lines  []string // header lines, written exactly so
	Body   string   // empty: something that suits the call
	Broken bool     // something that is not HTTP, which browsers treat as a network error
}

// place gives a URL's path the scenario's prefix. What is not an http(s) or
// ws(s) URL, nor a path from the root, stays as it is.
func place(prefix, url string) string {
	start := 0
	if _, rest, ok := strings.Cut(url, "://"); ok {
		if scheme := strings.ToLower(url[:len(url)-len(rest)-3]); scheme != "http" && scheme != "https" && scheme != "ws" && scheme != "wss" {
			return url
		}
		start = len(url) - len(rest)
	} else if strings.HasPrefix(url, "//") {
		start = 2
	} else if !strings.HasPrefix(url, "/") {
		return url
	}
	end := strings.IndexAny(url[start:], "/?#")
	if end < 0 {
		return url + prefix + "/"
	}
	end += start
	path := url[end:]
	if path[0] != '/' {
		path = "/" + path
	}
	return url[:end] + prefix + path
}

// placed returns the scenario as it runs under a prefix.
func (s *Scenario) placed(prefix string) *Scenario {
	p := *s
	p.Calls = make([]browser.Call, len(s.Calls))
	for i, c := range s.Calls {
		c.URL = place(prefix, c.URL)
		// The model must not see addresses that the browsers, behind a proxy, do not see.
		c.ServerAddressSpace = browser.Public
		c.ServerHTTP1 = true
		p.Calls[i] = c
	}
	p.Cookies = make([]Cookie, len(s.Cookies))
	for i, c := range s.Cookies {
		c.Line += "; Path=" + prefix
		p.Cookies[i] = c
	}
	p.Rules = make([]Rule, len(s.Rules))
	for i, r := range s.Rules {
		if r.Path != "" {
			r.Path = place(prefix, r.Path)
		}
		answers := make([]Answer, len(r.Answers))
		for j, a := range r.Answers {
			lines := make([]string, len(a.Lines))
			for k, line := range a.Lines {
				if name, value, ok := strings.Cut(line, ": "); ok && strings.EqualFold(name, "Location") {
					line = name + ": " + place(prefix, value)
				}
				lines[k] = line
			}
			a.Lines = lines
			answers[j] = a
		}
		r.Answers = answers
		p.Rules[i] = r
	}
	return &p
}

// pagePath is where the test server serves the page itself; the query carries
// what its headers should say.
func (p *Page) pagePath(file string) string {
	path := fmt.Sprintf("/%s?referrer=%s&embedder=%s", file, p.ReferrerPolicy, p.EmbedderPolicy)
	if p.Upgrade {
		path += "&upgrade=1"
	}
	return path
}

// topOrigin is the origin in the address bar.
func (p *Page) topOrigin() string {
	if p.Top != "" {
		return p.Top
	}
	return p.Origin
}

// kind is the API of the first call; it decides which bodies suit.
func (s *Scenario) kind() browser.Kind {
	if len(s.Calls) == 0 {
		return browser.FetchAPI
	}
	return s.Calls[0].Kind
}

// document reports whether a document is loaded: it must be one that can say so.
func (s *Scenario) document() bool {
	switch s.kind() {
	case browser.Form, browser.Navigation, browser.Iframe:
		return true
	}
	return false
}
