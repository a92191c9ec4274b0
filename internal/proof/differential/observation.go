package differential

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/concors/concors/cors/browser"
)

// Observation is what happened when a scenario ran, in a browser or in the model.
type Observation struct {
	Calls    []Outcome
	Requests []Request

	sentAfter []int // how many requests there were after each call; the model only
}

// Outcome is what the page learned from one call.
type Outcome struct {
	// Verdict is "ok", "blocked", or "unobservable" for APIs that tell nothing.
	Verdict    string
	Type       string            `json:",omitempty"` // of the response, for fetch()
	Status     int               `json:",omitempty"`
	URL        string            `json:",omitempty"`
	Redirected bool              `json:",omitempty"`
	Headers    map[string]string `json:",omitempty"` // readable ones, lower-case names, lines joined
	Body       string            `json:",omitempty"` // as far as readable
	Detail     string            `json:",omitempty"` // for people; never compared
}

// Request is one request as the server saw it.
type Request struct {
	Preflight bool `json:",omitempty"`
	Method    string
	URL       string
	HasBody   bool              `json:",omitempty"`
	Headers   map[string]string `json:",omitempty"` // lower-case names, lines joined
}

// compared tells which request headers are compared: those that Fetch's CORS
// steps, cookies and Fetch Metadata write; and what the page has set, but not a
// browser's own value of the same name (Accept-Language, User-Agent …).
func compared(name, value string, calls []browser.Call) bool {
	switch name {
	case "origin", "access-control-request-method", "access-control-request-headers",
		"cookie", "authorization", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest",
		"content-type", "range", "referer":
		return true
	}
	for _, c := range calls {
		for _, h := range c.Headers {
			if strings.EqualFold(h.Name, name) {
				if set := strings.Trim(h.Value, " \t\r\n"); set == "" && value == "" || set != "" && strings.Contains(value, set) {
					return true
				}
			}
		}
	}
	return false
}

var boundary = regexp.MustCompile(`boundary=\S+`)

func newRequest(method, url string, h http.Header, hasBody bool, calls []browser.Call) Request {
	r := Request{Method: method, URL: url, HasBody: hasBody, Headers: map[string]string{}}
	for name, lines := range h {
		name = strings.ToLower(name)
		value := strings.Join(lines, ", ")
		if !compared(name, value, calls) {
			continue
		}
		switch name {
		case "content-type":
			value = boundary.ReplaceAllString(value, "boundary=…")
		case "sec-fetch-dest":
			if value == "audio" {
				value = "video" // the harness has a sound, the model one kind for both
			}
		case "cookie":
			cookies := strings.Split(value, "; ")
			slices.Sort(cookies)
			value = strings.Join(cookies, "; ")
		}
		r.Headers[name] = value
	}
	r.Preflight = method == http.MethodOptions && r.Headers["origin"] != "" && r.Headers["access-control-request-method"] != ""
	return r
}

// unplace takes a scenario's prefix away again.
func (o *Observation) unplace(prefix string) {
	without := func(s string) string { return strings.ReplaceAll(s, prefix+"/", "/") }
	for i := range o.Calls {
		c := &o.Calls[i]
		c.URL = without(c.URL)
		for name, value := range c.Headers {
			c.Headers[name] = without(value)
		}
	}
	for i := range o.Requests {
		o.Requests[i].URL = without(o.Requests[i].URL)
	}
}
