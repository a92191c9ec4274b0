package differential

import (
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/cors/browser"
)

// The origins that most scenarios use: a page, and servers that are same-site
// and cross-site to it.
const (
	app   = "https://app.example.com"
	api   = "https://api.example.com/a" // same-site
	far   = "https://api.other.org/a"   // cross-site
	near  = "https://app.example.com/a" // same-origin
	plain = "http://app.example.net"    // a page that is not a secure context
)

// option adds something to a scenario.
type option func(*Scenario)

// scenario starts from a fetch() of far by a page of app.
func scenario(name string, options ...option) *Scenario {
	s := &Scenario{Name: name, Page: Page{Origin: app}, Calls: []browser.Call{{URL: far}}}
	for _, o := range options {
		o(s)
	}
	return s
}

// last changes the last call.
func last(change func(*browser.Call)) option {
	return func(s *Scenario) { change(&s.Calls[len(s.Calls)-1]) }
}

func from(origin string) option { return func(s *Scenario) { s.Page.Origin = origin } }

func framedIn(top string) option {
	return func(s *Scenario) { s.Page.Frame, s.Page.Top = Framed, top }
}

func sandboxed() option { return func(s *Scenario) { s.Page.Frame = Sandboxed } }
func dataPage() option  { return func(s *Scenario) { s.Page.Frame = Data } }

func pagePolicy(p browser.ReferrerPolicy) option {
	return func(s *Scenario) { s.Page.ReferrerPolicy = p }
}

func upgrading() option { return func(s *Scenario) { s.Page.Upgrade = true } }

func embedder(p browser.EmbedderPolicy) option {
	return func(s *Scenario) { s.Page.EmbedderPolicy = p }
}

func to(url string) option       { return last(func(c *browser.Call) { c.URL = url }) }
func kind(k browser.Kind) option { return last(func(c *browser.Call) { c.Kind = k }) }
func method(m string) option     { return last(func(c *browser.Call) { c.Method = m }) }
func mode(m browser.Mode) option { return last(func(c *browser.Call) { c.Mode = m }) }
func include() option            { return last(func(c *browser.Call) { c.Credentials = browser.Include }) }
func omit() option               { return last(func(c *browser.Call) { c.Credentials = browser.Omit }) }
func keepalive() option          { return last(func(c *browser.Call) { c.Keepalive = true }) }
func uploadListener() option     { return last(func(c *browser.Call) { c.UploadListener = true }) }
func sameOriginCreds() option {
	return last(func(c *browser.Call) { c.Credentials = browser.SameOriginCredentials })
}
func redirects(m browser.RedirectMode) option {
	return last(func(c *browser.Call) { c.Redirect = m })
}
func referrer(p browser.ReferrerPolicy) option {
	return last(func(c *browser.Call) { c.ReferrerPolicy = p })
}

// header sets a request header, "Name: value".
func header(line string) option {
	name, value, _ := strings.Cut(line, ":")
	return last(func(c *browser.Call) {
		c.Headers = append(c.Headers, browser.HeaderField{Name: name, Value: strings.TrimPrefix(value, " ")})
	})
}

// cutHeader splits "Name: value".
func cutHeader(line string) (name, value string, ok bool) { return strings.Cut(line, ": ") }

func body(kind browser.BodyKind, data string) option {
	return last(func(c *browser.Call) { c.Body.Kind, c.Body.Data = kind, []byte(data) })
}

func blob(contentType, data string) option {
	return last(func(c *browser.Call) {
		c.Body = browser.Body{Kind: browser.Blob, Type: contentType, Data: []byte(data)}
	})
}

// form makes the call a form submission.
func form(method, enctype string) option {
	return last(func(c *browser.Call) {
		c.Kind, c.Method = browser.Form, method
		c.Body = browser.Body{Kind: browser.FormData, Type: enctype, Data: []byte("a=v")}
		if method == "" || strings.EqualFold(method, "GET") {
			c.Body = browser.Body{}
		}
	})
}

func inFrame() option { return last(func(c *browser.Call) { c.InFrame = true }) }

func cookie(origin, line string) option {
	return func(s *Scenario) { s.Cookies = append(s.Cookies, Cookie{origin, line}) }
}

// again adds a second call like the last one, changed.
func again(options ...option) option {
	return func(s *Scenario) {
		s.Calls = append(s.Calls, s.Calls[len(s.Calls)-1])
		for _, o := range options {
			o(s)
		}
	}
}

// then adds another call, a fetch() of far to begin with.
func then(options ...option) option {
	return func(s *Scenario) {
		s.Calls = append(s.Calls, browser.Call{URL: far})
		for _, o := range options {
			o(s)
		}
	}
}

func rule(r Rule) option {
	return func(s *Scenario) {
		r := r
		r.Answers = slices.Clone(r.Answers) // options may be shared, scenarios changed
		s.Rules = append(s.Rules, r)
	}
}

func reply(status int, lines ...string) Answer { return Answer{Status: status, Lines: lines} }

// pre answers preflights, act all other requests.
func pre(status int, lines ...string) option {
	return rule(Rule{Preflight: true, Answers: []Answer{reply(status, lines...)}})
}

func act(status int, lines ...string) option {
	return rule(Rule{Answers: []Answer{reply(status, lines...)}})
}

// preEach and actEach give one answer after the other.
func preEach(answers ...Answer) option { return rule(Rule{Preflight: true, Answers: answers}) }
func actEach(answers ...Answer) option { return rule(Rule{Answers: answers}) }

// at and preAt do the same for one URL's host and path only; they must come
// before act and pre.
func at(url string, status int, lines ...string) option {
	return rule(atRule(false, url, status, lines))
}
func preAt(url string, status int, lines ...string) option {
	return rule(atRule(true, url, status, lines))
}

func atRule(preflight bool, url string, status int, lines []string) Rule {
	_, rest, _ := strings.Cut(url, "://")
	host, path, _ := strings.Cut(rest, "/")
	path, _, _ = strings.Cut(path, "?")
	return Rule{Preflight: preflight, Host: host, Path: "/" + path, Answers: []Answer{reply(status, lines...)}}
}

// broken answers what is not a preflight with something that is not HTTP.
func broken() option { return rule(Rule{Answers: []Answer{{Broken: true}}}) }

// Header lines.
func acao(v string) string     { return "Access-Control-Allow-Origin: " + v }
func acam(v string) string     { return "Access-Control-Allow-Methods: " + v }
func acah(v string) string     { return "Access-Control-Allow-Headers: " + v }
func aceh(v string) string     { return "Access-Control-Expose-Headers: " + v }
func maxAge(v string) string   { return "Access-Control-Max-Age: " + v }
func location(v string) string { return "Location: " + v }
func corp(v string) string     { return "Cross-Origin-Resource-Policy: " + v }

const acac = "Access-Control-Allow-Credentials: true"

// open is a server that allows everything to app, with credentials.
func open() option {
	return func(s *Scenario) {
		pre(204, acao(app), acac, acam("GET, POST, PUT, DELETE, PATCH"), acah("x-a, x-b, content-type, authorization"))(s)
		act(200, acao(app), acac)(s)
	}
}

// each makes one scenario per value; name and option get the value.
func each[T any](name string, values []T, options func(T) []option) []*Scenario {
	var all []*Scenario
	for _, v := range values {
		all = append(all, scenario(fmt.Sprintf(name, v), options(v)...))
	}
	return all
}

// plus joins options without touching those shared by several scenarios.
func plus(shared []option, more ...option) []option { return slices.Concat(shared, more) }
