package browser

import (
	"unicode/utf8"

	"github.com/concors/concors/cors/internal/fetchspec"
)

// A request is the standard's request (#concept-request), as far as it decides
// anything here.
type request struct {
	kind           Kind
	method         string
	urls           []*address // the URL list; the last is the current URL
	headers        []HeaderField
	body           []byte
	hasBody        bool
	stream         bool // the body's source is null: it cannot be sent twice
	origin         origin
	originText     string // origin, serialized
	dest           string
	mode           Mode
	credentials    CredentialsMode
	redirect       RedirectMode
	tainting       ResponseType
	referrerPolicy ReferrerPolicy

	useCORSPreflight   bool
	unsafeRequest      bool // set for fetch(), XMLHttpRequest and sendBeacon
	keepalive          bool
	redirects          int  // the redirect count
	crossed            bool // a redirect led to another origin
	upgradeTainted     bool // see behaviour.upgradeTaints
	policyFromRedirect bool // the referrer policy is one that a redirect set
	conditional        bool // the page set If-None-Match or the like: no cache is asked
	impliedType        bool // Content-Type follows from the body of an XMLHttpRequest
}

// url returns the current URL.
func (r *request) url() *address { return r.urls[len(r.urls)-1] }

// serializedOrigin is "serializing a request origin"
// (#serializing-a-request-origin).
func (r *request) serializedOrigin() string {
	if r.tainted() {
		return "null"
	}
	return r.originText
}

// tainted reports whether the redirect-taint is not "same-origin"
// (#concept-request-redirect-taint): a server of another origin redirected to
// a third one, and must not speak in the page's name.
func (r *request) tainted() bool {
	if r.upgradeTainted {
		return true
	}
	for i := 1; i < len(r.urls); i++ {
		last := r.urls[i-1].origin()
		if !r.urls[i].origin().sameOrigin(last) && !r.origin.sameOrigin(last) {
			return true
		}
	}
	return false
}

// taintedCrossSite reports whether the redirect-taint is "cross-site".
func (r *request) taintedCrossSite() bool {
	for i := 1; i < len(r.urls); i++ {
		last := r.urls[i-1].origin()
		if !r.urls[i].origin().sameSite(last) && !r.origin.sameSite(last) {
			return true
		}
	}
	return false
}

// get returns the values of the header name, combined (#concept-header-list-get).
func (r *request) get(name string) (value string, ok bool) {
	for _, h := range r.headers {
		if !fetchspec.EqualFold(h.Name, name) {
			continue
		}
		if ok {
			value += ", " + h.Value
		} else {
			value, ok = h.Value, true
		}
	}
	return value, ok
}

func (r *request) has(name string) bool { return has(r.headers, name) }

func has(headers []HeaderField, name string) bool {
	for _, h := range headers {
		if fetchspec.EqualFold(h.Name, name) {
			return true
		}
	}
	return false
}

// remove deletes every header that drop reports true for.
func (r *request) remove(drop func(name string) bool) {
	kept := r.headers[:0]
	for _, h := range r.headers {
		if !drop(h.Name) {
			kept = append(kept, h)
		}
	}
	r.headers = kept
}

// defaults are the request's properties that follow from the kind of call:
// HTML's "create a potential-CORS request" and the algorithms of each API.
type defaults struct {
	dest        string
	mode        Mode
	credentials CredentialsMode
	accept      string
}

var kindDefaults = [...]defaults{
	FetchAPI:       {"empty", CORS, SameOriginCredentials, "*/*"},
	XMLHttpRequest: {"empty", CORS, SameOriginCredentials, "*/*"},
	Form:           {"document", Navigate, Include, acceptDocument},
	Beacon:         {"empty", NoCORS, Include, "*/*"},
	EventSource:    {"empty", CORS, SameOriginCredentials, "text/event-stream"},
	WebSocket:      {"empty", WebSocketMode, Include, ""},
	Image:          {"image", NoCORS, Include, "image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"},
	Script:         {"script", NoCORS, Include, "*/*"},
	ModuleScript:   {"script", CORS, SameOriginCredentials, "*/*"},
	Stylesheet:     {"style", NoCORS, Include, "text/css,*/*;q=0.1"},
	Font:           {"font", CORS, SameOriginCredentials, "*/*"},
	Media:          {"video", NoCORS, Include, "*/*"},
	Iframe:         {"iframe", Navigate, Include, acceptDocument},
	Navigation:     {"document", Navigate, Include, acceptDocument},
	WebTransport:   {"webtransport", WebTransportMode, Omit, ""},
}

const acceptDocument = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

// newRequest turns a call into a request, or fails as the API would.
func (f *fetch) newRequest(call *Call) *Failure {
	r := &f.req
	d := &kindDefaults[call.Kind]
	r.kind = call.Kind
	r.dest = d.dest
	r.mode = orDefault(call.Mode, d.mode)
	r.credentials = orDefault(call.Credentials, d.credentials)
	r.redirect = orDefault(call.Redirect, Follow)
	r.referrerPolicy = orDefault(call.ReferrerPolicy, f.page.referrerPolicy)
	r.origin, r.originText = f.page.origin, f.page.originText
	r.keepalive = call.Keepalive

	u, err := parseAddress(call.URL, f.page.url)
	if err != nil {
		return f.fail(InvalidURL, "https://url.spec.whatwg.org/#url-parsing", call.URL, err.Error())
	}
	f.urls[0] = u
	r.urls = f.urls[:1]
	switch call.Kind {
	case FetchAPI:
		return f.newFetch(call)
	case XMLHttpRequest:
		return f.newXMLHttpRequest(call)
	case Form:
		return f.newForm(call)
	case Beacon:
		return f.newBeacon(call)
	case WebSocket:
		return f.newWebSocket(call)
	case WebTransport:
		return f.newWebTransport()
	}
	return f.newElement(call)
}

func orDefault[T ~string](v, def T) T {
	if v == "" {
		return def
	}
	return v
}

// newElement makes the request of an element, of EventSource and of plain
// navigations: always a GET, without headers.
func (f *fetch) newElement(call *Call) *Failure {
	r := &f.req
	r.method = "GET"
	if call.Mode == CORS && call.Credentials == "" {
		r.credentials = SameOriginCredentials // crossorigin="anonymous"
	}
	if call.Method != "" && call.Method != "GET" || len(call.Headers) > 0 || call.Body.Kind != NoBody {
		return f.fail(InvalidCall, "#fetch-elsewhere-request", "",
			call.Kind.String()+" always makes a GET without headers or body of the page's own")
	}
	r.redirect = Follow
	if call.Kind == Font && f.prof.fontsNoCORS {
		r.mode, r.credentials = NoCORS, Include
	}
	if call.Kind == Media && !f.prof.mediaWithoutRange {
		r.headers = append(r.headers, HeaderField{"Range", "bytes=0-"})
	}
	return nil
}

// newWebSocket follows "establish a WebSocket connection"
// (https://websockets.spec.whatwg.org/#concept-websocket-establish).
func (f *fetch) newWebSocket(*Call) *Failure {
	r := &f.req
	u := r.url()
	webSocketToHTTP(u)
	if !u.isHTTP() {
		return f.fail(InvalidURL, "https://websockets.spec.whatwg.org/#dom-websocket-websocket", u.String(),
			"a WebSocket address begins with ws: or wss:")
	}
	if u.fragment != "" {
		return f.fail(InvalidURL, "https://websockets.spec.whatwg.org/#dom-websocket-websocket", u.String(),
			"a WebSocket address has no fragment")
	}
	r.method, r.mode, r.redirect, r.credentials = "GET", WebSocketMode, Error, Include
	if f.prof.webSocketsRedirect {
		r.redirect = Follow
	}
	if f.prof.webSocketDest {
		r.dest = "websocket"
	}
	return nil
}

// newWebTransport follows the constructor
// (https://w3c.github.io/webtransport/#dom-webtransport-webtransport): the
// session begins with a CONNECT over HTTP/3, without cookies.
func (f *fetch) newWebTransport() *Failure {
	r := &f.req
	const section = "https://w3c.github.io/webtransport/#dom-webtransport-webtransport"
	switch u := r.url(); {
	case u.scheme != "https":
		return f.fail(InvalidURL, section, u.String(), "a WebTransport address begins with https:")
	case u.fragment != "":
		return f.fail(InvalidURL, section, u.String(), "a WebTransport address has no fragment")
	}
	r.method, r.mode, r.redirect, r.credentials = "CONNECT", WebTransportMode, Error, Omit
	return nil
}

// webSocketToHTTP makes a ws: or wss: address one of http: or https:.
func webSocketToHTTP(u *address) {
	switch u.scheme {
	case "ws":
		u.scheme, u.originText = "http", ""
	case "wss":
		u.scheme, u.originText = "https", ""
	}
}

// newBeacon follows navigator.sendBeacon
// (https://w3c.github.io/beacon/#sendbeacon-method).
func (f *fetch) newBeacon(call *Call) *Failure {
	r := &f.req
	const section = "https://w3c.github.io/beacon/#sendbeacon-method"
	if !r.url().isHTTP() {
		return f.fail(SchemeNotSupported, section, r.url().scheme, "")
	}
	r.method, r.keepalive, r.credentials, r.redirect = "POST", true, Include, Follow
	r.unsafeRequest = true
	r.mode = NoCORS
	if call.Body.Kind == Stream {
		return f.fail(InvalidCall, section, "", "sendBeacon() does not take a ReadableStream")
	}
	typ := f.setBody(call)
	if len(r.body) > maxKeepalive {
		return f.fail(KeepaliveTooLarge, section, "", "")
	}
	if typ != "" {
		if !fetchspec.IsCORSSafelistedRequestHeader("Content-Type", typ) {
			r.mode = CORS
		}
		r.headers, r.impliedType = append(r.headers, HeaderField{"Content-Type", typ}), true
	}
	return nil
}

// maxKeepalive is how many bytes keepalive requests may have in flight
// (#http-network-or-cache-fetch step 8.11).
const maxKeepalive = 64 << 10

// newForm follows form submission
// (https://html.spec.whatwg.org/#form-submission-algorithm).
func (f *fetch) newForm(call *Call) *Failure {
	r := &f.req
	r.mode, r.credentials, r.redirect = Navigate, Include, Follow
	if call.InFrame {
		r.dest = "iframe"
	}
	if len(call.Headers) > 0 {
		return f.fail(InvalidCall, "https://html.spec.whatwg.org/#form-submission-algorithm", "",
			"a form cannot set headers")
	}
	if !fetchspec.EqualFold(call.Method, "post") {
		// Everything else is a GET; the data becomes the query.
		r.method = "GET"
		r.url().query = "?" + encodeQuery(string(call.Body.Data))
		return nil
	}
	r.method, r.hasBody, r.body = "POST", true, call.Body.Data
	typ := "application/x-www-form-urlencoded"
	switch {
	case fetchspec.EqualFold(call.Body.Type, "multipart/form-data"):
		typ = formDataType
	case fetchspec.EqualFold(call.Body.Type, "text/plain"):
		typ = "text/plain"
	}
	r.headers = append(r.headers, HeaderField{"Content-Type", typ})
	return nil
}

// formDataType has a boundary as long as browsers make them.
const formDataType = "multipart/form-data; boundary=----ConcorsFormBoundary0123456789ABCD"

// setBody sets the body and returns the type that its kind implies
// (#concept-bodyinit-extract).
func (f *fetch) setBody(call *Call) (typ string) {
	r := &f.req
	if call.Body.Kind == NoBody {
		return ""
	}
	r.hasBody, r.body = true, call.Body.Data
	switch call.Body.Kind {
	case Text:
		return "text/plain;charset=UTF-8"
	case URLSearchParams:
		return "application/x-www-form-urlencoded;charset=UTF-8"
	case FormData:
		return formDataType
	case Blob:
		return blobType(call.Body.Type)
	case Stream:
		if f.prof.stringifiesStreams {
			r.body = []byte("[object ReadableStream]")
			return "text/plain;charset=UTF-8"
		}
		r.stream = true
	}
	return ""
}

// blobType is a Blob's type as its constructor keeps it
// (https://w3c.github.io/FileAPI/#constructorBlob): lower case, or empty if it
// has a byte outside printable ASCII.
func blobType(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c < 0x20 || c > 0x7e {
			return ""
		}
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// isomorphicEncode turns a JavaScript string into the bytes of a ByteString
// (https://webidl.spec.whatwg.org/#js-ByteString); ok is false where the page
// would get a TypeError.
func isomorphicEncode(s string) (string, bool) {
	ascii := true
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for _, c := range s {
		if c > 0xff {
			return "", false
		}
		b = append(b, byte(c))
	}
	return string(b), true
}
