package browser

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// A Result is everything a call led to. Either Blocked or Response is nil.
type Result struct {
	Profile Profile

	// Exchanges holds every request that was sent, in order, with its answer.
	Exchanges []Exchange

	// Response is what the page gets to see. Nil if Blocked is not.
	Response *Response

	// Blocked is the one step that made the call fail. Nil: it succeeded.
	Blocked *Failure

	// Steps is the story: each step that was taken, up to the one that failed.
	Steps []Step

	// Notes holds what is worth knowing but stopped nothing.
	Notes []Note
}

// Allowed reports whether the call succeeded.
func (r *Result) Allowed() bool { return r.Blocked == nil }

// Preflight returns the first preflight that was sent, or nil.
func (r *Result) Preflight() *Exchange {
	for i := range r.Exchanges {
		if r.Exchanges[i].Preflight {
			return &r.Exchanges[i]
		}
	}
	return nil
}

// Actual returns the last request sent that is not a preflight, or nil.
func (r *Result) Actual() *Exchange {
	for i := len(r.Exchanges) - 1; i >= 0; i-- {
		if !r.Exchanges[i].Preflight {
			return &r.Exchanges[i]
		}
	}
	return nil
}

// Verdict says in one line how the call ended.
func (r *Result) Verdict() string {
	switch {
	case r.Blocked != nil && len(r.Exchanges) == 0:
		return "not sent: " + r.Blocked.Summary()
	case r.Blocked != nil:
		return "blocked: " + r.Blocked.Summary()
	}
	switch r.Response.Type {
	case TypeOpaque:
		return "sent, but the page cannot read the answer"
	case TypeOpaqueRedirect:
		return "redirected, and the page sees nothing of it"
	case TypeNavigation:
		return "the browser shows the answer, the page cannot read it"
	case TypeWebSocket:
		return "connected"
	}
	return fmt.Sprintf("allowed: the page reads status %d", r.Response.Status)
}

// An Exchange is one request on the wire and the answer to it.
type Exchange struct {
	// Preflight says that the request is a CORS-preflight request.
	Preflight bool

	Method string
	URL    string // without user, password and fragment
	// Header holds the request's headers that matter here: those the page
	// set, and Accept, Content-Type, Origin, Referer, Cookie,
	// Access-Control-Request-* and Sec-Fetch-*. Keys are canonical, each has
	// one value.
	Header http.Header
	// HasBody says whether a body was sent.
	HasBody bool
	// Credentials says whether the browser adds cookies, client certificates
	// and passwords that it knows.
	Credentials bool

	// Status and ResponseHeader are the answer, as the server gave it; keys
	// are canonical. Status 0: there was none, and Err says why.
	Status         int
	ResponseHeader http.Header
	Err            error
}

// A Response is what the page gets to see of the answer.
type Response struct {
	Type ResponseType
	// Status is 0 for opaque answers and navigations.
	Status int
	// URL is the address the answer came from, after redirects. Empty for
	// opaque answers.
	URL        string
	Redirected bool
	// Header holds the headers that the page may read. Keys are canonical.
	Header http.Header
	// BodyReadable says whether a script may read the body. An image or a
	// classic script with an opaque answer is used, but cannot be read.
	BodyReadable bool
	// Body is the body if BodyReadable, up to 64 KiB of it; nil if the answer
	// has none.
	Body []byte
}

// ResponseType is a response's type (#concept-response-type).
type ResponseType string

const (
	TypeBasic          ResponseType = "basic"
	TypeCORS           ResponseType = "cors"
	TypeOpaque         ResponseType = "opaque"
	TypeOpaqueRedirect ResponseType = "opaqueredirect"
	// TypeWebSocket, TypeWebTransport and TypeNavigation are not the standard's:
	// they stand for a WebSocket or a session that is open, and for a document that
	// is shown.
	TypeWebSocket    ResponseType = "websocket"
	TypeWebTransport ResponseType = "webtransport"
	TypeNavigation   ResponseType = "navigation"
)

// A Step is one line of the story that led to a Result.
type Step struct {
	// OK is false for the step that failed.
	OK bool
	// Section is the fragment of the Fetch standard, "#concept-cors-check", or
	// the full address of a section of another standard.
	Section string
	// Exchange is the index of the exchange the step is about, -1 before the
	// first.
	Exchange int

	format  string
	args    [3]string
	n       int
	failure *Failure
}

// Text says in plain words what happened. It is put together only when asked
// for: most results are never printed.
func (s Step) Text() string {
	if s.failure != nil {
		return upperFirst(s.failure.Summary()) + "."
	}
	args := make([]any, s.n)
	for i := range args {
		args[i] = s.args[i]
	}
	return fmt.Sprintf(s.format, args...)
}

// String returns the text behind a ✓ or ✗.
func (s Step) String() string {
	if s.OK {
		return "✓ " + s.Text()
	}
	return "✗ " + s.Text()
}

// SectionURL returns the address of the section.
func (s Step) SectionURL() string { return sectionURL(s.Section) }

// SectionURL returns the address of the section.
func (f *Failure) SectionURL() string { return sectionURL(f.Section) }

func sectionURL(section string) string {
	if section != "" && section[0] == '#' {
		return "https://fetch.spec.whatwg.org/" + section
	}
	return section
}

// MarshalJSON writes the step with its text.
func (s Step) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		OK       bool   `json:"ok"`
		Section  string `json:"section"`
		Exchange int    `json:"exchange"`
		Text     string `json:"text"`
	}{s.OK, s.SectionURL(), s.Exchange, s.Text()})
}
