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
	pageOrigins = []string{
		"https://app.example.com", "https://app.example.com", "https://app.example.com", "http://app.example.net", "http://localhost:5173", "https://www.example.co.uk",
		"http://app.localhost", "https://app.example.com:8443", "http://app.example.com", "https://example.com", "http://127.0.0.1:8000",
	}
	serverOrigins = []string{
		"https://api.other.org", "https://api.other.org", "https://api.example.com", "https://app.example.com", "http://localhost:3000", "https://cdn.third.net",
		"https://api.other.org:8443", "http://api.other.org", "https://api.example.co.uk", "http://app.example.net", "http://127.0.0.1:3000", "http://api.localhost",
		"http://api.example.com", "https://other.org",
	}
	methods     = []string{"", "GET", "HEAD", "POST", "POST", "PUT", "DELETE", "PATCH", "patch", "put", "Post", "OPTIONS", "QUERY", "TRACE", "FOO"}
	headerLines = []browser.HeaderField{
		{Name: "X-A", Value: "1"}, {Name: "X-B", Value: "2"}, {Name: "x-a", Value: "3"}, {Name: "Authorization", Value: "Bearer x"}, {Name: "Authorization", Value: "Basic eDp5"},
		{Name: "Content-Type", Value: "application/json"}, {Name: "Content-Type", Value: "text/plain"}, {Name: "Content-Type", Value: "text/plain;charset=utf-8"}, {Name: "Content-Type", Value: "application/json; charset=iso-8859-1"},
		{Name: "Content-Type", Value: "application/x-www-form-urlencoded;charset=utf-8"}, {Name: "content-type", Value: "TEXT/HTML"}, {Name: "Content-Type", Value: "multipart/form-data; boundary=x"},
		{Name: "Accept", Value: "text/html"}, {Name: "Accept", Value: `a"b`}, {Name: "Accept-Language", Value: "de"}, {Name: "Accept-Language", Value: "de_DE"},
		{Name: "Content-Language", Value: "de"}, {Name: "Range", Value: "bytes=0-99"}, {Name: "Range", Value: "bytes=-5"}, {Name: "Range", Value: "bytes=5-"}, {Name: "DPR", Value: "2"}, {Name: "Save-Data", Value: "on"}, {Name: "Viewport-Width", Value: "800"},
		{Name: "Cookie", Value: "b=1"}, {Name: "Sec-X", Value: "1"}, {Name: "Accept", Value: strings.Repeat("a", 100)}, {Name: "Accept", Value: strings.Repeat("a", 129)},
		{Name: "X-HTTP-Method-Override", Value: "TRACE"}, {Name: "Cache-Control", Value: "no-cache"}, {Name: "Pragma", Value: "no-cache"}, {Name: "X-Requested-With", Value: "x"}, {Name: "Referer", Value: "https://x.example/"},
		{Name: "If-None-Match", Value: `"x"`}, {Name: "If-Modified-Since", Value: "Sat, 29 Oct 1994 19:43:31 GMT"}, {Name: "If-Match", Value: `"x"`}, {Name: "If-Range", Value: `"x"`}, {Name: "User-Agent", Value: "agent-7"}, {Name: "X-Empty", Value: ""},
	}
	bodies = []browser.Body{
		{Kind: browser.Text, Data: []byte("x")}, {Kind: browser.Text, Data: []byte("x")}, {Kind: browser.URLSearchParams, Data: []byte("a=b")}, {Kind: browser.FormData, Data: []byte("x")}, {Kind: browser.Bytes, Data: []byte("x")},
		{Kind: browser.Blob, Type: "application/json", Data: []byte("{}")}, {Kind: browser.Blob, Type: "text/plain", Data: []byte("x")}, {Kind: browser.Blob, Data: []byte("x")}, {Kind: browser.Blob, Type: "Text/Plain;Charset=UTF-8", Data: []byte("x")},
	}
	cookieLines   = []string{"a=1", "b=1; SameSite=Lax", "c=1; SameSite=Strict", "d=1; SameSite=None; Secure", "e=1; Secure", "f=1; HttpOnly"}
	listSeparator = []string{", ", ",", " ,\t", ",,"}
	policies      = []browser.ReferrerPolicy{
		browser.NoReferrer, browser.NoReferrerWhenDowngrade, browser.SameOriginReferrer, browser.OriginOnly, browser.OriginWhenCrossOrigin,
		browser.UnsafeURL, browser.UnsafeURL, browser.StrictOrigin, browser.StrictOriginWhenCrossOrigin,
	}
)

func (g *generator) scenario(name string) *Scenario {
	s := &Scenario{Name: name, Page: Page{Origin: pick(g, pageOrigins...)}}
	secure := strings.HasPrefix(s.Page.Origin, "https")
	switch g.IntN(12) {
	case 0:
		s.Page.Frame = Sandboxed
	case 1:
		s.Page.Frame = Data
	case 2, 3:
		s.Page.Frame, s.Page.Top = Framed, pick(g, "https://top.example.net", "https://www.example.com", "https://api.other.org")
		if !secure {
			s.Page.Top = pick(g, "http://top.example.net", "http://www.example.com") // https pages cannot frame it
		}
	}
	if g.in(3) {
		s.Page.ReferrerPolicy = pick(g, policies...)
	}
	s.Page.Upgrade = g.in(20)
	if g.in(20) {
		s.Page.EmbedderPolicy = pick(g, browser.RequireCORP, browser.Credentialless)
	}
	for range g.IntN(3) {
		if g.in(2) {
			s.Cookies = append(s.Cookies, Cookie{g.server(s), pick(g, cookieLines...)})
		}
	}
	c := g.call()
	c.URL = g.server(s) + pick(g, "/a", "/a", "/a", "/a", "/a?q=1", "/a#f")
	if document := c.Kind == browser.Form || c.Kind == browser.Navigation || c.Kind == browser.Iframe; g.in(30) && !document {
		c.URL = pick(g, "https://refused.other.org/a", "https://user:pw@api.other.org/a", "/a", "//api.other.org/a", "https://api.other.org:6000/a", "ftp://api.other.org/a", "data:text/plain,x", "https://app.example.com:443/a")
	}
	if c.Kind == browser.WebSocket && strings.HasPrefix(c.URL, "http") {
		c.URL = "ws" + strings.TrimPrefix(c.URL, "http")
	}
	s.Calls = []browser.Call{c}
	// Pages load an image or script of the same URL only once.
	repeats := c.Kind == browser.FetchAPI || c.Kind == browser.XMLHttpRequest || c.Kind == browser.Beacon && s.Page.Frame == Top
	for repeats && g.in(3) && len(s.Calls) < 3 {
		s.Calls = append(s.Calls, g.changed(s.Calls[0]))
	}
	g.rules(s)
	return s
}

// server is the page's own origin now and then.
func (g *generator) server(s *Scenario) string {
	if g.in(6) {
		return s.Page.Origin
	}
	return pick(g, serverOrigins...)
}

// call makes a call without a URL.
func (g *generator) call() browser.Call {
	var c browser.Call
	switch g.IntN(20) {
	case 0, 1, 2, 3:
		c.Kind = browser.XMLHttpRequest
	case 4:
		c.Kind = pick(g, browser.Image, browser.Script, browser.ModuleScript, browser.Stylesheet, browser.Media, browser.Font)
		if c.Kind == browser.Font {
			return c
		}
		if g.in(2) {
			c.Mode = browser.CORS
			if g.in(2) {
				c.Credentials = browser.Include
			}
		}
		if g.in(4) && c.Kind != browser.Media {
			c.ReferrerPolicy = pick(g, policies...)
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
				if g.in(4) {
					return c
				}
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
		if c.Kind == browser.FetchAPI && g.in(12) {
			c.Body = browser.Body{Kind: browser.Stream, Data: []byte("x")}
		}
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
	if g.in(4) {
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

// rules writes the rules: perhaps redirects, then answers.
func (g *generator) rules(s *Scenario) {
	url, _, _ := strings.Cut(s.Calls[0].URL, "#")
	url, _, _ = strings.Cut(url, "?")
	for hop := 'b'; hop < 'f' && g.in(3); hop++ {
		next := g.server(s) + "/" + string(hop)
		if strings.HasPrefix(url, "/") {
			url = s.Page.Origin + url
		}
		_, rest, _ := strings.Cut(url, "://")
		host, path, _ := strings.Cut(rest, "/")
		a := Answer{
			Status: pick(g, 301, 302, 303, 307, 307, 308),
			Lines:  append(g.corsLines(s), "Location: "+next),
		}
		if g.in(5) {
			a.Lines = append(a.Lines, "Referrer-Policy: "+string(pick(g, policies...)))
		}
		if g.in(12) {
			a.Lines = append(a.Lines, "Set-Cookie: r=1; "+pick(g, "SameSite=Lax", "SameSite=None; Secure", "HttpOnly"))
		}
		if g.in(40) {
			a.Lines = append(a.Lines, pick(g, "Location: "+next+"2", "Access-Control-Expose-Headers: location"))
		}
		if g.in(40) {
			a.Lines[len(a.Lines)-1] = pick(g, "X-No: location", "Location: ", "Location: /"+string(hop), "Location: ?x", "Location: data:,x", "Location: https://user:pw@api.other.org/e", "Location: https://[", "Location: #frag", "Location: //other.org/e")
		}
		s.Rules = append(s.Rules, Rule{Host: host, Path: "/" + path, Answers: []Answer{a}})
		url = next
	}
	pre := Answer{Status: pick(g, 200, 204, 204, 204, 204, 204, 204, 403, 302, 500), Lines: append(g.corsLines(s), g.permits(s)...)}
	actual := Answer{Status: pick(g, 200, 200, 200, 200, 200, 200, 200, 200, 201, 404, 401, 403, 500, 204, 205, 206, 304), Lines: g.corsLines(s)}
	if s.document() && (actual.Status == 204 || actual.Status == 205 || actual.Status == 304) {
		actual.Status = 200 // else nothing is shown that could say so
	}
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
	if g.in(20) && !s.document() {
		actual.Lines = append(actual.Lines, "X-Content-Type-Options: nosniff", "Content-Type: "+pick(g, "text/plain", "text/html", "image/png", "application/json", "text/javascript", ""))
	}
	if g.in(30) && !s.document() {
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
