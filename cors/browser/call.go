package browser

// A Call is what a page asks the browser to do: which API, with which
// arguments. The zero values of its fields are the API's own defaults.
type Call struct {
	// Kind is the API or element that makes the request. Zero: fetch().
	Kind Kind

	// Method as the page writes it, before normalization. Empty: GET, except
	// for sendBeacon, which always posts.
	Method string

	// URL as the page writes it: absolute, or relative to the page.
	URL string

	// Headers as the page sets them, in order. Only fetch() and
	// XMLHttpRequest can set any. Names that occur twice are combined.
	Headers []HeaderField

	// Body is what is sent along. The zero value is no body.
	Body Body

	// Mode is the request's mode. Empty: the default of Kind ("cors" for
	// fetch(), "no-cors" for an img; "cors" there stands for a crossorigin
	// attribute).
	Mode Mode

	// Credentials is the credentials mode. Empty: the default of Kind.
	// Include also stands for withCredentials and for
	// crossorigin="use-credentials".
	Credentials CredentialsMode

	// Redirect is the redirect mode. Empty: "follow".
	Redirect RedirectMode

	// ReferrerPolicy overrides that of the page.
	ReferrerPolicy ReferrerPolicy

	// UploadListener says that an XMLHttpRequest has listeners on its upload
	// object, which makes every such request need a preflight.
	UploadListener bool

	// InFrame says that a form's target is a frame of the page.
	InFrame bool

	// Keepalive is fetch()'s keepalive member.
	Keepalive bool

	// ServerAddressSpace says where the server's address lies, for Local
	// Network Access. Empty: derived from the URL's host.
	ServerAddressSpace AddressSpace

	// ServerHTTP1 says that the server speaks HTTP/1.1 only, over which browsers
	// send no streamed bodies. Servers at http: URLs always do.
	ServerHTTP1 bool
}

// HeaderField is one header as a page sets it.
type HeaderField struct{ Name, Value string }

// Kind is the API or element that makes a request.
type Kind uint8

const (
	FetchAPI       Kind = iota // fetch()
	XMLHttpRequest             // new XMLHttpRequest()
	Form                       // <form> submission: a navigation
	Beacon                     // navigator.sendBeacon()
	EventSource                // new EventSource()
	WebSocket                  // new WebSocket()
	Image                      // <img>
	Script                     // <script>
	ModuleScript               // <script type=module>
	Stylesheet                 // <link rel=stylesheet>
	Font                       // @font-face
	Media                      // <video>, <audio>
	Iframe                     // <iframe>: a navigation in a frame
	Navigation                 // a link or location.href: a top-level navigation
	WebTransport               // new WebTransport()

	numKinds
)

// Kinds lists all kinds.
func Kinds() []Kind {
	all := make([]Kind, numKinds)
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

var kindNames = [...]string{"fetch", "xmlhttprequest", "form", "beacon", "eventsource", "websocket", "image",
	"script", "module", "stylesheet", "font", "media", "iframe", "navigation", "webtransport"}

// String returns the kind in lower case: "fetch", "xmlhttprequest", "form",
// "beacon", "eventsource", "websocket", "image", "script", "module",
// "stylesheet", "font", "media", "iframe", "navigation", "webtransport".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "kind " + itoa(int(k))
}

// isElement reports whether an element makes the request, and no script.
func (k Kind) isElement() bool { return Image <= k && k <= Media }

// Mode is a request's mode (#concept-request-mode).
type Mode string

const (
	SameOrigin    Mode = "same-origin"
	CORS          Mode = "cors"
	NoCORS        Mode = "no-cors"
	Navigate      Mode = "navigate"
	WebSocketMode Mode = "websocket"

	WebTransportMode Mode = "webtransport"
)

// CredentialsMode is a request's credentials mode
// (#concept-request-credentials-mode).
type CredentialsMode string

const (
	Omit                  CredentialsMode = "omit"
	SameOriginCredentials CredentialsMode = "same-origin"
	Include               CredentialsMode = "include"
)

// RedirectMode is a request's redirect mode
// (#concept-request-redirect-mode).
type RedirectMode string

const (
	Follow RedirectMode = "follow"
	Error  RedirectMode = "error"
	Manual RedirectMode = "manual"
)

// A Body is what a page sends along with a request (#bodyinit-unions).
type Body struct {
	Kind BodyKind
	// Type is the type of a Blob, the enctype of a Form ("" is
	// application/x-www-form-urlencoded), else unused.
	Type string
	Data []byte
}

// BodyKind is the JavaScript type of a body. It decides the Content-Type that
// is sent when the page sets none.
type BodyKind uint8

const (
	NoBody          BodyKind = iota
	Text                     // a string: text/plain;charset=UTF-8
	URLSearchParams          // application/x-www-form-urlencoded;charset=UTF-8
	FormData                 // multipart/form-data; boundary=…
	Blob                     // the blob's type, or none
	Bytes                    // ArrayBuffer or view: no type
	Stream                   // ReadableStream: no type, cannot be sent twice
)
