package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/internal/probe"
)

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
	partType = "multipart/form-data"
)

// placeholder in a body stands for a random word.
const placeholder = "{{random}}"

// checkCSRF sends what may change something, in the name of a stranger.
func (in *inspection) checkCSRF() {
	in.checkWebSocket()
	if in.reflect != nil || in.wild && len(in.a.o.Probe.Session["Cookie"]) == 0 {
		return // strangers are let in: what runs is allowed
	}
	c := in.control()
	if c == nil {
		return
	}
	// A page of https would send null to a server without TLS.
	stranger := in.postedURL().Scheme + "://" + in.a.o.Label() + "." + in.commonSuffix()
	form := post{"csrf-simple-post", stranger, browser.Body{Kind: browser.URLSearchParams, Data: c.form}}
	text := post{"csrf-text-plain-json", stranger, browser.Body{Kind: browser.Text, Data: c.json}}
	tries := []post{form, {form.id, stranger, browser.Body{Kind: browser.FormData, Data: c.form}},
		text, {text.id, stranger, browser.Body{Kind: browser.Bytes, Data: c.json}}, // no Content-Type at all
		// A parameter that a search for the type in the header finds.
		{text.id, stranger, browser.Body{Kind: browser.Blob, Type: "text/plain; " + jsonType, Data: c.json}},
		{"csrf-null-origin", "null", form.body}, {"csrf-null-origin", "null", text.body}}
	for _, p := range in.screen(c, tries) {
		if in.confirm(c, p) {
			return
		}
	}
}

// A control is a POST of the API's own page, which runs.
type control struct {
	answer     *probe.Answer
	marker     string
	form, json []byte // bodies, with the placeholder
	readable   bool   // the effect can be read back
}

// control posts as the API's own page, or as one that is let in. It returns nil
// if that does not run, so that nothing can be compared.
func (in *inspection) control() *control {
	c := new(control)
	c.form, c.json = in.bodies()
	types := []string{jsonType, formType, partType}
	if strings.HasPrefix(in.t.BodyType, formType) {
		types = []string{formType, jsonType, partType}
	}
	origins := []string{in.own.origin, ""}
	if in.granted != nil {
		origins = []string{in.granted.origin, in.own.origin, ""}
	} else {
		origins = append(slices.Clone(in.known), origins...) // may send, though it gets no CORS headers
	}
	for _, typ := range types {
		for _, origin := range origins {
			in.postOwn(c, typ, origin)
			if s := c.answer.Status; !c.answer.Tested() || slices.Contains([]int{404, 405, 426, 501}, s) {
				return nil // there is no POST, or it cannot be asked
			} else if s < 400 {
				return c
			} else if s != 401 && s != 403 {
				break // not a matter of who asks
			}
		}
		if s := c.answer.Status; s == 401 || s == 403 {
			break // nor of the type
		}
	}
	in.untested[fmt.Sprintf("what a POST does: one of the API's own page is answered with %d; --data gives a body that it takes", c.answer.Status)] = true
	return nil
}

// postOwn posts as a page of origin does, or as a program if there is none.
func (in *inspection) postOwn(c *control, typ, origin string) {
	c.marker = in.a.o.Label()
	body := c.json
	switch typ {
	case formType:
		body = c.form
	case partType:
		parts := multipart(c.form, c.marker)
		typ, body = parts.Type, parts.Data
	}
	h := in.pageHeader(in.main, origin)
	h.Set("Content-Type", typ)
	if origin == in.own.origin && h.Get("Sec-Fetch-Site") != "" {
		h.Set("Sec-Fetch-Site", "same-origin")
	}
	c.answer = in.send(&probe.Request{Method: http.MethodPost, URL: in.u.String(), Header: h, Body: mark(body, c.marker), Session: true})
}

// bodies are the form and the JSON to send.
func (in *inspection) bodies() (form, text []byte) {
	body := []byte(in.t.Body)
	if len(body) == 0 {
		return []byte("concors=" + placeholder), []byte(`{"concors":"` + placeholder + `"}`)
	}
	var object map[string]any
	if json.Unmarshal(body, &object) == nil {
		values := url.Values{}
		for name, v := range object {
			if s, ok := v.(string); ok {
				values.Set(name, s)
			} else {
				encoded, _ := json.Marshal(v) // came from JSON
				values.Set(name, string(encoded))
			}
		}
		return []byte(strings.ReplaceAll(values.Encode(), url.QueryEscape(placeholder), placeholder)), body
	}
	if values, err := url.ParseQuery(string(body)); err == nil && bytes.ContainsRune(body, '=') {
		fields := make(map[string]string)
		for name := range values {
			fields[name] = values.Get(name)
		}
		encoded, _ := json.Marshal(fields) // strings
		return body, encoded
	}
	return body, body
}

func mark(body []byte, marker string) []byte {
	return bytes.ReplaceAll(body, []byte(placeholder), []byte(marker))
}

// readBack is what there is to read.
func (in *inspection) readBack() []byte {
	address := in.t.ReadBack
	if address == "" {
		address = in.u.String()
	}
	return in.send(&probe.Request{Method: http.MethodGet, URL: address, Header: in.pageHeader(in.main, ""), Session: true}).Body
}

// A post is a request that a page of an origin sends without being asked.
type post struct {
	id     ID
	origin string
	body   browser.Body // with the placeholder
}

// screen sends all posts that may run and returns those that seem to. What they
// did is read back once.
func (in *inspection) screen(c *control, tries []post) []post {
	var seem []post
	var markers []string
	refused := make(map[string]bool) // kind of body, for strangers; "null" for pages without an origin
	wrongType := make(map[ID]bool)
	for _, p := range tries {
		typed := p.body.Kind == browser.URLSearchParams || p.body.Kind == browser.Text
		kind := ID("csrf-simple-post")
		switch p.body.Kind {
		case browser.Text, browser.Bytes, browser.Blob:
			kind = "csrf-text-plain-json"
		}
		switch {
		case !typed && !wrongType[kind], // another type would not help
			p.origin == "null" && (wrongType[kind] || refused["null"] || len(seem) > 0):
			continue
		}
		a, marker := in.post(p)
		if in.looksRun(a, marker, c) {
			seem, markers = append(seem, p), append(markers, marker)
			continue
		}
		switch {
		case p.origin == "null":
			refused["null"] = a.Status == 401 || a.Status == 403
		case typed:
			wrongType[kind] = a.Status >= 400 && a.Status != 401 && a.Status != 403
		}
	}
	if len(seem) == 0 {
		return nil
	}
	now := in.readBack()
	c.readable = bytes.Contains(now, []byte(c.marker))
	effect := false
	for _, m := range markers {
		effect = effect || bytes.Contains(now, []byte(m))
	}
	switch {
	case c.readable && !effect:
		return nil // only the own page's is there
	case effect:
		c.readable = true
	case sameAnswer(c.answer, c.marker, in.none, ""):
		in.untested["what a POST does: it is answered like a GET, and its effect cannot be read"] = true
		return nil
	}
	return seem
}

// confirm sends p once more and reports it if it runs.
func (in *inspection) confirm(c *control, p post) bool {
	a, marker := in.post(p)
	if !in.looksRun(a, marker, c) || c.readable && !bytes.Contains(in.readBack(), []byte(marker)) {
		return false
	}
	how := "It has the same answer as the same request of an own page."
	if c.readable {
		how = "What it sent can be read back."
	}
	typ := a.Request.Header.Get("Content-Type")
	if p.body.Kind != browser.Blob { // else the parameter is what matters
		typ, _, _ = strings.Cut(typ, ";")
	}
	if typ == "" {
		typ = "no Content-Type"
	}
	in.report(p.id, fmt.Sprintf("A POST with %s runs in the name of %s. %s", typ, p.origin, how), None, engines, []string{p.origin},
		shown{"A page of another origin sends this.", a}, shown{"A page that may sends this.", c.answer})
	return true
}

// postedURL is the address as the browser takes it: https if the API will be
// reached so.
func (in *inspection) postedURL() *url.URL {
	u := *in.u
	if in.trustworthy() && !in.own.isLoopback() {
		u.Scheme = "https"
	}
	return &u
}

// post sends p as a browser does.
func (in *inspection) post(p post) (a *probe.Answer, marker string) {
	marker = in.a.o.Label()
	body := p.body
	if body.Kind == browser.FormData {
		body = multipart(body.Data, marker)
	} else {
		body.Data = mark(body.Data, marker)
	}
	to := in.postedURL()
	call := browser.Call{Method: http.MethodPost, URL: to.String(), Mode: browser.NoCORS, Credentials: browser.Include, Body: body}
	if body.Kind == browser.URLSearchParams {
		call = browser.Call{Kind: browser.Form, Method: http.MethodPost, URL: to.String(), Body: body}
	}
	sent := &sender{in: in}
	page := browser.Page{Origin: p.origin, AddressSpace: browser.Loopback, Secure: browser.ContextSecure}
	if to.Scheme == "http" {
		page.Secure = browser.ContextInsecure
	}
	b := browser.Browser{Profile: browser.Chromium}
	b.Fetch(in.ctx, page, call, sent)
	if sent.answer == nil {
		return &probe.Answer{Request: &probe.Request{}, Err: errGone}, marker
	}
	return sent.answer, marker
}

// looksRun reports whether the answer to a POST is like that of the control.
func (in *inspection) looksRun(a *probe.Answer, marker string, c *control) bool {
	if !a.Tested() || a.Status >= 400 {
		return false
	}
	if c.readable {
		return true // what it did is read back
	}
	return sameAnswer(a, marker, c.answer, c.marker) || alike(a, marker, c)
}

// no are words by which an answer with status 200 says no.
var no = regexp.MustCompile(`(?i)^(false|no|not|error|errors|fail.*|forbidden|denied|refused|reject.*|invalid|unauthorized|blocked|csrf|missing|ignored|disallowed|mismatch)$`)

// alike reports whether the successful answer to a POST says about the same as
// the control's, and does not say no.
func alike(a *probe.Answer, marker string, c *control) bool {
	if a.Status != c.answer.Status || a.Status/100 != 2 {
		return false
	}
	same := 0
	own, theirs := words(c.answer.Body, c.marker), words(a.Body, marker)
	for _, w := range theirs {
		if slices.Contains(own, w) {
			same++
			continue
		}
		if slices.ContainsFunc(strings.FieldsFunc(w, func(r rune) bool { return !unicode.IsLetter(r) }), no.MatchString) {
			return false
		}
	}
	return 2*same >= max(len(own), len(theirs)) && same > 0
}

// sameAnswer reports whether two answers say the same, but for the markers.
func sameAnswer(a *probe.Answer, aMarker string, b *probe.Answer, bMarker string) bool {
	if a.Status != b.Status {
		return false
	}
	if a.Status/100 == 3 {
		return slices.Equal(words([]byte(a.Header.Get("Location")), aMarker), words([]byte(b.Header.Get("Location")), bMarker))
	}
	return slices.Equal(words(a.Body, aMarker), words(b.Body, bMarker))
}

// words is a body without what differs from answer to answer: the marker, and
// everything with a digit in it.
func words(body []byte, marker string) []string {
	text := string(body)
	if marker != "" {
		text = strings.ReplaceAll(text, marker, "-")
	}
	fields := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n,{}[]\"", r) })
	return slices.DeleteFunc(fields, func(f string) bool { return strings.ContainsAny(f, "0123456789") })
}

// multipart is the form as multipart/form-data.
func multipart(form []byte, marker string) browser.Body {
	values, _ := url.ParseQuery(string(mark(form, marker))) // was made by us or checked
	var b strings.Builder
	for name := range values {
		fmt.Fprintf(&b, "--concors\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", name, values.Get(name))
	}
	b.WriteString("--concors--\r\n")
	return browser.Body{Kind: browser.Blob, Type: "multipart/form-data; boundary=concors", Data: []byte(b.String())}
}

// A sender sends what a browser would, and keeps the first answer. Redirects
// are not followed: what follows does not matter.
type sender struct {
	in     *inspection
	answer *probe.Answer
}

// RoundTrip implements http.RoundTripper.
func (s *sender) RoundTrip(req *http.Request) (*http.Response, error) {
	if s.answer != nil || req.Method == http.MethodOptions {
		return nil, errGone
	}
	var body []byte
	if req.Body != nil && req.Body != http.NoBody {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		_ = req.Body.Close()
	}
	h := req.Header.Clone()
	h.Del("User-Agent")
	s.answer = s.in.send(&probe.Request{Method: req.Method, URL: s.in.u.String(), Header: h, Body: body, Session: true, CookiesOnly: true})
	if s.answer.Status == 0 {
		return nil, s.answer.Err
	}
	return recorded{actual: s.answer}.RoundTrip(req)
}

// checkWebSocket opens a WebSocket in the name of a stranger.
func (in *inspection) checkWebSocket() {
	shake := func(origin string) *probe.Answer {
		h := http.Header{
			"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
			"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"Y29uY29ycyBwcm9iZXM9PQ=="},
			"Origin": {origin},
		}
		return in.send(&probe.Request{Method: http.MethodGet, URL: in.u.String(), Header: h, Session: true, CookiesOnly: true})
	}
	a := shake(in.random)
	if a.Status != http.StatusSwitchingProtocols {
		return
	}
	var open []browser.Profile
	for _, p := range engines {
		b := browser.Browser{Profile: p}
		call := browser.Call{Kind: browser.WebSocket, URL: "ws" + strings.TrimPrefix(in.judgedURL(), "http")}
		if b.Fetch(context.Background(), browser.Page{Origin: in.random, AddressSpace: browser.Loopback, Secure: browser.ContextSecure}, call, recorded{actual: a}).Allowed() {
			open = append(open, p)
		}
	}
	if len(open) > 0 {
		in.report("websocket-any-origin", "A page of "+in.random+" opens a WebSocket.", None, open, []string{in.random}, shown{"The handshake of a stranger succeeds.", a})
	}
}
