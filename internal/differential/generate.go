package differential

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/concors/concors/cors/browser"
)

// Generate returns n random scenarios. The same seed makes the same ones. All
// dimensions are combined, weighted so that most calls get past the first check:
// a uniform choice would fail nearly always at the first header.
func Generate(seed uint64, n int) []*Scenario {
	g := &generator{rand.New(rand.NewPCG(seed, 0))}
	all := make([]*Scenario, n)
	for i := range all {
		all[i] = g.scenario(fmt.Sprintf("seed %d, number %d", seed, i))
	}
	return all
}

type generator struct{ *rand.Rand }

// in reports true in about one of n cases.
func (g *generator) in(n int) bool { return g.IntN(n) == 0 }

func pick[T any](g *generator, values ...T) T { return values[g.IntN(len(values))] }

var (
	pageOrigins   = []string{"https://app.example.com", "https://app.example.com", "https://app.example.com", "http://app.example.net", "http://localhost:5173", "https://www.example.co.uk", "http://app.localhost", "https://app.example.com:8443"}
	serverOrigins = []string{"https://api.other.org", "https://api.other.org", "https://api.example.com", "https://app.example.com", "http://localhost:3000", "https://cdn.third.net", "https://api.other.org:8443", "http://api.other.org", "https://api.example.co.uk", "http://app.example.net", "http://127.0.0.1:3000", "http://api.localhost", "https://refused.other.org"}
	methods       = []string{"", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "patch", "put", "Post", "OPTIONS", "QUERY", "TRACE"}
	headerLines   = []browser.HeaderField{
		{Name: "X-A", Value: "1"}, {Name: "X-B", Value: "2"}, {Name: "x-a", Value: "3"}, {Name: "Authorization", Value: "Bearer x"}, {Name: "Content-Type", Value: "application/json"},
		{Name: "Content-Type", Value: "text/plain"}, {Name: "Accept", Value: "text/html"}, {Name: "Accept", Value: `a"b`}, {Name: "Accept-Language", Value: "de"}, {Name: "Accept-Language", Value: "de_DE"},
		{Name: "Content-Language", Value: "de"}, {Name: "Range", Value: "bytes=0-99"}, {Name: "Range", Value: "bytes=-5"}, {Name: "DPR", Value: "2"}, {Name: "Cookie", Value: "b=1"}, {Name: "Sec-X", Value: "1"},
		{Name: "Accept", Value: strings.Repeat("a", 100)}, {Name: "Accept", Value: strings.Repeat("a", 129)}, {Name: "X-HTTP-Method-Override", Value: "TRACE"}, {Name: "Cache-Control", Value: "no-cache"}, {Name: "X-Requested-With", Value: "x"},
	}
	bodies        = []browser.Body{{Kind: browser.Text, Data: []byte("x")}, {Kind: browser.URLSearchParams, Data: []byte("a=b")}, {Kind: browser.FormData, Data: []byte("x")}, {Kind: browser.Bytes, Data: []byte("x")}, {Kind: browser.Blob, Type: "application/json", Data: []byte("{}")}, {Kind: browser.Blob, Type: "text/plain", Data: []byte("x")}}
	cookieLines   = []string{"a=1", "b=1; SameSite=Lax", "c=1; SameSite=Strict", "d=1; SameSite=None; Secure", "e=1; Secure", "f=1; HttpOnly"}
	listSeparator = []string{", ", ",", " ,\t", ",,"}
	policies      = []browser.ReferrerPolicy{browser.NoReferrer, browser.SameOriginReferrer, browser.OriginOnly, browser.UnsafeURL, browser.StrictOrigin}
)

func (g *generator) scenario(name string) *Scenario {
	s := &Scenario{Name: name, Page: Page{Origin: pick(g, pageOrigins...)}}
	switch g.IntN(12) {
	case 0:
		s.Page.Frame = Sandboxed
	case 1:
		s.Page.Frame = Data
	case 2:
		s.Page.Frame, s.Page.Top = Framed, pick(g, "https://top.example.net", "https://www.example.com", "https://api.other.org")
		if s.Page.Origin == "http://app.example.net" {
			s.Page.Top = "http://top.example.net" // https pages cannot frame it
		}
	}
	if g.in(8) {
		s.Page.ReferrerPolicy = pick(g, policies...)
	}
	for range g.IntN(3) {
		if g.in(2) {
			s.Cookies = append(s.Cookies, Cookie{pick(g, serverOrigins[:len(serverOrigins)-1]...), pick(g, cookieLines...)})
		}
	}
	c := g.call()
	c.URL = pick(g, serverOrigins...) + "/a"
	if c.Kind == browser.WebSocket {
		c.URL = "ws" + strings.TrimPrefix(c.URL, "http")
	}
	s.Calls = []browser.Call{c}
	// Pages load an image or script of the same URL only once.
	repeats := c.Kind == browser.FetchAPI || c.Kind == browser.XMLHttpRequest || c.Kind == browser.Beacon && s.Page.Frame == Top
	for repeats && g.in(3) && len(s.Calls) < 3 {
		s.Calls = append(s.Calls, g.changed(s.Calls[0]))
	}
	g.server(s)
	return s
}

// call makes a call without a URL.
func (g *generator) call() browser.Call {
	var c browser.Call
	switch g.IntN(20) {
	case 0, 1, 2, 3:
		c.Kind = browser.XMLHttpRequest
	case 4:
		c.Kind = pick(g, browser.Image, browser.Script, browser.ModuleScript, browser.Stylesheet, browser.Media)
		if g.in(2) {
			c.Mode = browser.CORS
			if g.in(2) {
				c.Credentials = browser.Include
			}
		}
		return c
	case 5:
		c.Kind = pick(g, browser.EventSource, browser.WebSocket)
		if c.Kind == browser.EventSource && g.in(2) {
			c.Credentials = browser.Include
		}
		return c
	case 6:
		c.Kind = browser.Beacon
		c.Body = pick(g, bodies...)
		return c
	case 7:
		if g.in(2) {
			c.Kind = pick(g, browser.Form, browser.Navigation, browser.Iframe)
			if c.Kind == browser.Form {
				c.Method, c.Body = "POST", browser.Body{Kind: browser.FormData, Type: pick(g, "", "text/plain", "multipart/form-data"), Data: []byte("a=v")}
			}
			return c
		}
	}
	c.Method = pick(g, methods...)
	for range g.IntN(4) {
		c.Headers = append(c.Headers, pick(g, headerLines...))
	}
	unsafe := c.Method != "" && !strings.EqualFold(c.Method, "GET") && !strings.EqualFold(c.Method, "HEAD")
	if unsafe && g.in(2) {
		c.Body = pick(g, bodies...)
	}
	if g.in(2) {
		c.Credentials = browser.Include
	}
	if c.Kind == browser.XMLHttpRequest {
		c.UploadListener = g.in(6)
		return c
	}
	if g.in(8) {
		c.Credentials = browser.Omit
	}
	switch g.IntN(10) {
	case 0:
		c.Mode = browser.NoCORS
	case 1:
		c.Mode = browser.SameOrigin
	}
	switch g.IntN(10) {
	case 0:
		c.Redirect = browser.Manual
	case 1:
		c.Redirect = browser.Error
	}
	if g.in(10) {
		c.ReferrerPolicy = pick(g, policies...)
	}
	c.Keepalive = g.in(12)
	return c
}

// changed is a later call that differs a little, for the preflight cache.
func (g *generator) changed(c browser.Call) browser.Call {
	if c.Kind != browser.FetchAPI {
		return c
	}
	switch g.IntN(5) {
	case 0:
		c.Method = pick(g, "GET", "PUT", "DELETE", "POST")
		if c.Method == "GET" {
			c.Body = browser.Body{}
		}
	case 1:
		c.Headers = []browser.HeaderField{pick(g, headerLines...)}
	case 2:
		c.Credentials = pick(g, browser.Omit, browser.Include, browser.SameOriginCredentials)
	case 3:
		c.URL += "?b"
	}
	return c
}

// server writes the rules: perhaps redirects, then answers.
func (g *generator) server(s *Scenario) {
	url := s.Calls[0].URL
	for hop := 'b'; hop < 'e' && g.in(4); hop++ {
		next := pick(g, serverOrigins...) + "/" + string(hop)
		_, rest, _ := strings.Cut(url, "://")
		host, path, _ := strings.Cut(rest, "/")
		s.Rules = append(s.Rules, Rule{Host: host, Path: "/" + path, Answers: []Answer{{
			Status: pick(g, 301, 302, 303, 307, 307, 308),
			Lines:  append(g.corsLines(s), "Location: "+next),
		}}})
		url = next
	}
	pre := Answer{Status: pick(g, 200, 204, 204, 204, 204, 204, 204, 403, 302, 500), Lines: append(g.corsLines(s), g.permits(s)...)}
	actual := Answer{Status: pick(g, 200, 200, 200, 200, 200, 201, 404, 401, 500), Lines: g.corsLines(s)}
	if s.kind() == browser.WebSocket {
		actual.Status = pick(g, 101, 101, 101, 403)
	}
	if g.in(4) {
		actual.Lines = append(actual.Lines, "X-A: 1", "X-B: 2", "Access-Control-Expose-Headers: "+pick(g, "x-a", "*", "x-a,x-b", "X-B", ""))
	}
	if g.in(8) {
		actual.Lines = append(actual.Lines, "Cross-Origin-Resource-Policy: "+pick(g, "same-origin", "same-site", "cross-origin"))
	}
	if g.in(8) {
		actual.Lines = append(actual.Lines, "Set-Cookie: g=1; "+pick(g, "SameSite=Lax", "SameSite=None; Secure", "HttpOnly"))
	}
	if g.in(30) && s.kind() != browser.Form && s.kind() != browser.Navigation && s.kind() != browser.Iframe {
		actual = Answer{Broken: true}
	}
	s.Rules = append(s.Rules,
		Rule{Preflight: true, Answers: []Answer{pre}},
		Rule{Answers: []Answer{actual}})
}

// corsLines allow the page more often than not.
func (g *generator) corsLines(s *Scenario) []string {
	origin := s.Page.Origin
	if s.Page.Frame == Sandboxed || s.Page.Frame == Data {
		origin = "null"
	}
	var lines []string
	switch g.IntN(14) {
	case 0:
	case 1:
		lines = append(lines, "Access-Control-Allow-Origin: "+pick(g, "https://evil.example", origin+"/", "", "https://app.example.com, *", "null"))
	case 2, 3, 4:
		lines = append(lines, "Access-Control-Allow-Origin: *")
	default:
		lines = append(lines, "Access-Control-Allow-Origin: "+origin)
	}
	if g.in(20) {
		lines = append(lines, "Access-Control-Allow-Origin: "+origin)
	}
	if !g.in(5) {
		lines = append(lines, "Access-Control-Allow-Credentials: "+pick(g, "true", "true", "true", "true", "True", "false"))
	}
	return lines
}

// permits allow what the first call asks for more often than not.
func (g *generator) permits(s *Scenario) []string {
	var lines []string
	c := s.Calls[0]
	sep := pick(g, listSeparator...)
	switch g.IntN(8) {
	case 0:
		lines = append(lines, "Access-Control-Allow-Methods: *")
	case 1:
	default:
		lines = append(lines, "Access-Control-Allow-Methods: "+strings.Join([]string{"GET", c.Method, strings.ToUpper(c.Method), "DELETE"}, sep))
	}
	switch g.IntN(8) {
	case 0, 1:
		lines = append(lines, "Access-Control-Allow-Headers: *")
	case 2:
	default:
		names := []string{"x-a", "Content-Type", "range"}
		for _, h := range c.Headers {
			if !g.in(10) {
				names = append(names, pick(g, h.Name, strings.ToLower(h.Name)))
			}
		}
		lines = append(lines, "Access-Control-Allow-Headers: "+strings.Join(names, sep))
	}
	if g.in(2) {
		lines = append(lines, "Access-Control-Max-Age: "+pick(g, "600", "600", "0", "-1", "86400", "x"))
	}
	return lines
}
