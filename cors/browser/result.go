package browser

import "net/http"

// A Result is everything a call led to. Either Blocked or Response is nil.
type Result struct {
	// Exchanges holds every request that was sent, in order, with its answer.
	Exchanges []Exchange

	// Response is what the page gets to see. Nil when Blocked is not.
	Response *Response

	// Blocked is the one step that made the call fail. Nil: it succeeded.
	Blocked *Failure

	// Steps is the story: each step that was taken, up to the one that failed.
	Steps []Step
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

// An Exchange is one request on the wire and the answer to it.
type Exchange struct {
	// Preflight says that the request is a CORS-preflight request.
	Preflight bool

	Method string
	URL    string
	// Header holds the request's headers that matter here: those the page
	// set, and Accept, Content-Type, Origin, Referer, Cookie, Authorization,
	// Access-Control-Request-* and Sec-Fetch-*. Keys are canonical.
	Header http.Header
	// HasBody says whether a body was sent.
	HasBody bool

	// Status and ResponseHeader are the answer, as the server gave it.
	// Status 0: there was none, and Err says why.
	Status         int
	ResponseHeader http.Header
	Err            error
}

// A Response is what the page gets to see of the answer.
type Response struct {
	Type ResponseType
	// Status is 0 for opaque responses.
	Status int
	// URL is the address the response came from, after redirects. Empty for
	// opaque responses.
	URL        string
	Redirected bool
	// Header holds the headers that the page may read. Keys are canonical.
	Header http.Header
	// BodyReadable says whether a script may read the body. An image or a
	// classic script with an opaque response is used, but cannot be read.
	BodyReadable bool
	// Body is the body if BodyReadable, up to 64 KiB of it. Nil where the
	// answerer's body was not kept.
	Body []byte
}

// ResponseType is a response's type (#concept-response-type).
type ResponseType string

const (
	TypeBasic          ResponseType = "basic"
	TypeCORS           ResponseType = "cors"
	TypeOpaque         ResponseType = "opaque"
	TypeOpaqueRedirect ResponseType = "opaqueredirect"
	// TypeWebSocket stands for an established WebSocket connection.
	TypeWebSocket ResponseType = "websocket"
)

// A Step is one line of the story that led to a Result.
type Step struct {
	// OK is false for the step that failed.
	OK bool
	// Section is the fragment of the Fetch standard, "#cors-check", or the
	// full address of a section of another standard.
	Section string
	// Exchange is the index of the exchange the step is about, -1 for none.
	Exchange int

	format string
	args   [3]string
}
