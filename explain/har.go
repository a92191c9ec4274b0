package explain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/concors/concors/cors/browser"
)

type harEntry struct {
	Request struct {
		Method  string     `json:"method"`
		URL     string     `json:"url"`
		Headers []harField `json:"headers"`
	} `json:"request"`
	Response struct {
		Status      int        `json:"status"`
		Headers     []harField `json:"headers"`
		RedirectURL string     `json:"redirectURL"`
		Error       string     `json:"_error"`       // Chromium's developer tools
		FailureText string     `json:"_failureText"` // Playwright
	} `json:"response"`
	ResourceType string `json:"_resourceType"` // Chromium only

	header http.Header // of Request
	used   bool        // part of a call that was explained
}

type harField struct{ Name, Value string }

// ReadHAR explains every cross-origin call of a browser's recording, in order.
// The error says why r is not a recording, or that it is too large; a recording
// without cross-origin calls has no answers.
//
// Recordings leave things out: cookies and Authorization unless exported with
// sensitive data, preflights answered from a cache, answers that the browser
// refused. What is missing is said in the answer.
func ReadHAR(ctx context.Context, r io.Reader, profile browser.Profile) ([]Answer, error) {
	entries, err := decodeHAR(r, maxHAR)
	if err != nil {
		return nil, err
	}
	har := newArchive(entries)
	var answers []Answer
	for i := range entries {
		e := &entries[i]
		if e.used || e.isPreflight() || !e.crossOrigin() {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		answers = append(answers, har.explain(ctx, e, profile))
	}
	// Preflights that no call followed: the browser stopped there.
	for i := range entries {
		if e := &entries[i]; !e.used && e.isPreflight() {
			e.used = true
			answers = append(answers, explainPreflight(ctx, e, profile))
		}
	}
	return answers, nil
}

// An archive finds the entries that belong to a call. Those used are dropped
// from the front of each list when they are met, so that all calls together
// look at each entry once.
type archive struct {
	preflights map[[2]string][]*harEntry // by URL and the method they ask for
	others     map[string][]*harEntry    // by URL
}

func newArchive(entries []harEntry) *archive {
	har := &archive{preflights: make(map[[2]string][]*harEntry), others: make(map[string][]*harEntry)}
	for i := range entries {
		e := &entries[i]
		if e.isPreflight() {
			key := [2]string{e.Request.URL, e.header.Get("Access-Control-Request-Method")}
			har.preflights[key] = append(har.preflights[key], e)
		} else {
			har.others[e.Request.URL] = append(har.others[e.Request.URL], e)
		}
	}
	return har
}

// next returns the first entry at key that is not used yet, or nil.
func next[K comparable](lists map[K][]*harEntry, key K) *harEntry {
	list := lists[key]
	for len(list) > 0 && list[0].used {
		list = list[1:]
	}
	lists[key] = list
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// explain explains the call that e began.
func (har *archive) explain(ctx context.Context, e *harEntry, profile browser.Profile) Answer {
	q := Question{Profile: profile, Page: browser.Page{Origin: e.pageOrigin()}, Call: e.call()}
	var recorded []browser.Exchange
	// Its preflight may be recorded before or behind it.
	if p := next(har.preflights, [2]string{e.Request.URL, e.Request.Method}); p != nil {
		p.used = true
		recorded = p.answered(recorded)
		q.Call.Headers = append(q.Call.Headers, missing(p.requestedHeaders(), q.Call.Headers)...)
	}
	failure := ""
	for ; e != nil; e = har.redirectTarget(e) { // and what it was redirected to
		e.used = true
		recorded = e.answered(recorded)
		failure = e.failure()
	}
	return ask(ctx, q, recorded, failure)
}

// explainPreflight explains the call that e asks for.
func explainPreflight(ctx context.Context, e *harEntry, profile browser.Profile) Answer {
	q := Question{Page: browser.Page{Origin: e.header.Get("Origin")}, Profile: profile, Call: browser.Call{
		Method: e.header.Get("Access-Control-Request-Method"), URL: e.Request.URL, Headers: e.requestedHeaders(),
	}}
	if q.Page.Origin == "" {
		return Answer{Question: q, Outcome: Unknown, Err: errors.New("the recording does not say which page asked")}
	}
	return ask(ctx, q, e.answered(nil), e.failure())
}

// ask lets the browser hear what was recorded. failure is how the browser that
// recorded it calls the end of the call, if it does.
func ask(ctx context.Context, q Question, recorded []browser.Exchange, failure string) Answer {
	a := Ask(ctx, q, browser.Recorded(recorded))
	if !errors.Is(a.Err, browser.ErrNotRecorded) {
		return a
	}
	last := a.Result.Exchanges[len(a.Result.Exchanges)-1]
	why := "the browser may have refused it, or never got one"
	switch {
	case last.Preflight:
		why = "the browser may have refused it, or remembered an earlier one"
	case failure == "net::ERR_FAILED": // where there is no connection, the code says so
		why = "the browser refused it"
	case failure != "":
		why = "the browser got none"
	}
	if failure != "" {
		why += " (" + failure + ")"
	}
	a.Outcome = Unknown
	a.Err = fmt.Errorf("the recording has no answer to %s %s: %s", last.Method, last.URL, why)
	return a
}

// redirectTarget returns the entry that e's answer led to, nil if it is none.
func (har *archive) redirectTarget(e *harEntry) *harEntry {
	if e.Response.RedirectURL == "" {
		return nil
	}
	from, err := url.Parse(e.Request.URL)
	if err != nil {
		return nil
	}
	to, err := from.Parse(e.Response.RedirectURL)
	if err != nil {
		return nil
	}
	return next(har.others, to.String())
}

func (e *harEntry) isPreflight() bool {
	return e.Request.Method == http.MethodOptions && e.header.Get("Access-Control-Request-Method") != ""
}

// pageOrigin returns the origin of the page that made the request, "" if the
// recording does not say.
func (e *harEntry) pageOrigin() string {
	if o := e.header.Get("Origin"); o != "" {
		return o
	}
	return originOf(e.header.Get("Referer"))
}

func (e *harEntry) crossOrigin() bool {
	page, server := e.pageOrigin(), originOf(e.Request.URL)
	return page != "" && server != "" && page != server
}

func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	scheme := strings.Replace(u.Scheme, "ws", "http", 1) // WebSocket handshakes
	host := strings.ToLower(u.Host)
	if scheme == "https" {
		host = strings.TrimSuffix(host, ":443")
	} else {
		host = strings.TrimSuffix(host, ":80")
	}
	return scheme + "://" + host
}

// call makes the page's call out of what was sent.
func (e *harEntry) call() browser.Call {
	c := browser.Call{URL: e.Request.URL, Kind: e.kind(), Method: e.Request.Method}
	if c.Kind == browser.FetchAPI || c.Kind == browser.XMLHttpRequest {
		if mode := e.header.Get("Sec-Fetch-Mode"); mode == "no-cors" {
			c.Mode = browser.Mode(mode)
		}
		c.Headers = e.pageHeaders()
		if e.header.Get("Cookie") != "" {
			c.Credentials = browser.Include
		}
		return c
	}
	if c.Kind != browser.Form {
		c.Method = ""
	}
	if e.header.Get("Sec-Fetch-Mode") == "cors" {
		c.Mode = browser.CORS
	}
	return c
}

// kinds by Chromium's resource type and by Sec-Fetch-Dest.
var kinds = map[string]browser.Kind{
	"fetch": browser.FetchAPI, "xhr": browser.XMLHttpRequest, "websocket": browser.WebSocket, "eventsource": browser.EventSource,
	"image": browser.Image, "script": browser.Script, "stylesheet": browser.Stylesheet, "style": browser.Stylesheet,
	"font": browser.Font, "media": browser.Media, "video": browser.Media, "audio": browser.Media, "ping": browser.Beacon,
	"iframe": browser.Iframe,
}

func (e *harEntry) kind() browser.Kind {
	for _, name := range []string{e.ResourceType, e.header.Get("Sec-Fetch-Dest")} {
		if kind, ok := kinds[name]; ok {
			return kind
		}
	}
	switch {
	case e.header.Get("Sec-Fetch-Mode") == "navigate" && e.Request.Method == http.MethodPost:
		return browser.Form
	case e.header.Get("Sec-Fetch-Mode") == "navigate":
		return browser.Navigation
	case strings.HasPrefix(e.Request.URL, "ws"):
		return browser.WebSocket
	}
	return browser.FetchAPI
}

// sentByBrowsers are headers that are there whether or not a page sets them.
var sentByBrowsers = []string{
	"Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Connection", "Content-Length", "Cookie", "Dnt", "Host",
	"If-Modified-Since", "If-None-Match", "Origin", "Pragma", "Priority", "Referer", "Te", "Upgrade-Insecure-Requests", "User-Agent",
}

// pageHeaders returns the headers that the page must have set.
func (e *harEntry) pageHeaders() []browser.HeaderField {
	var fields []browser.HeaderField
	for name, lines := range e.header {
		if !slices.Contains(sentByBrowsers, name) && !strings.HasPrefix(name, "Sec-") && !strings.HasPrefix(name, "Proxy-") && !strings.HasPrefix(name, ":") {
			fields = append(fields, browser.HeaderField{Name: name, Value: strings.Join(lines, ", ")})
		}
	}
	slices.SortFunc(fields, func(a, b browser.HeaderField) int { return strings.Compare(a.Name, b.Name) })
	return fields
}

// requestedHeaders returns the headers that a preflight announces, with values
// that need one.
func (e *harEntry) requestedHeaders() []browser.HeaderField {
	var fields []browser.HeaderField
	for name := range strings.SplitSeq(strings.Join(e.header.Values("Access-Control-Request-Headers"), ","), ",") {
		if name = strings.TrimSpace(name); name != "" {
			value := "(recorded)" // not a safelisted value of any header
			if strings.EqualFold(name, "content-type") {
				value = "application/json"
			}
			fields = append(fields, browser.HeaderField{Name: name, Value: value})
		}
	}
	return fields
}

// missing returns the fields whose names are not among those there.
func missing(fields, there []browser.HeaderField) []browser.HeaderField {
	return slices.DeleteFunc(fields, func(f browser.HeaderField) bool {
		return slices.ContainsFunc(there, func(t browser.HeaderField) bool { return strings.EqualFold(t.Name, f.Name) })
	})
}

// failure is how the browser calls the reason why there is no answer, if it does.
func (e *harEntry) failure() string { return cmp.Or(e.Response.Error, e.Response.FailureText) }

// answered appends e to recorded, if there is an answer in it: a status of 0 or
// -1 stands for none.
func (e *harEntry) answered(recorded []browser.Exchange) []browser.Exchange {
	if e.Response.Status <= 0 {
		return recorded
	}
	return append(recorded, browser.Exchange{
		Preflight: e.isPreflight(), Method: e.Request.Method, URL: e.Request.URL, Header: e.header,
		Status: e.Response.Status, ResponseHeader: headerOf(e.Response.Headers),
	})
}

// headerOf collects a recording's fields. Chromium joins lines of one name with
// a line feed.
func headerOf(fields []harField) http.Header {
	h := make(http.Header)
	for _, f := range fields {
		for line := range strings.SplitSeq(f.Value, "\n") {
			h.Add(f.Name, line)
		}
	}
	return h
}
