package browser

import "strings"

// A Failure is the one step that made a call fail. Its methods say what each
// browser writes to its console, what that means, and what to change.
type Failure struct {
	// Code names the mistake. Codes are stable.
	Code Code
	// Section is the fragment of the Fetch standard, "#concept-cors-check", or
	// the full address of a section of another standard.
	Section string
	// Exchange is the index of the exchange whose answer was refused, -1 if
	// the call failed before anything was sent.
	Exchange int
	// Preflight says whether that exchange is a preflight.
	Preflight bool
	// Status is that exchange's status, 0 for none.
	Status int
	// Got is what was found (a header's value, a status, a method), Want what
	// was asked for. Either may be empty.
	Got, Want string
	// URL is the URL of the request that failed, FirstURL the one that the
	// page asked for: they differ after a redirect.
	URL, FirstURL string
	// Origin is the page's origin as the request states it: "null" also after
	// some redirects.
	Origin string
	// Method and Credentials (mode "include") are those of the request, Kind
	// is that of the call.
	Method      string
	Credentials bool
	Kind        Kind

	res *Result // for the headers of the exchange
}

// Code names a cause of failure.
type Code string

// Mistakes in the call itself: nothing is sent.
const (
	InvalidPage             Code = "invalid-page"             // a Page this package cannot understand
	InvalidCall             Code = "invalid-call"             // a Call that the API does not offer
	InvalidURL              Code = "invalid-url"              // the URL does not parse
	URLCredentials          Code = "url-credentials"          // fetch() of user:password@
	CredentialedSubresource Code = "credentialed-subresource" // Chromium: an element with user:password@
	InvalidMethod           Code = "invalid-method"           // the method is no token
	ForbiddenMethod         Code = "forbidden-method"         // CONNECT, TRACE, TRACK
	InvalidHeader           Code = "invalid-header"           // a header name or value is malformed
	NoCORSMethod            Code = "no-cors-method"           // "no-cors" with another method than GET, HEAD, POST
	BodyWithGet             Code = "body-with-get"            // a GET or HEAD with a body
	KeepaliveTooLarge       Code = "keepalive-too-large"      // over 64 KiB
)

// Requests that the browser does not make.
const (
	SchemeNotSupported     Code = "scheme-not-supported"     // not http or https
	BadPort                Code = "bad-port"                 // a port of another protocol
	MixedContent           Code = "mixed-content"            // an https page and an http URL
	SameOriginMode         Code = "same-origin-mode"         // mode "same-origin" and another origin
	NoCORSRedirectMode     Code = "no-cors-redirect-mode"    // "no-cors" with redirect mode not "follow"
	LocalNetworkInsecure   Code = "local-network-insecure"   // an http page to a nearer network
	LocalNetworkPermission Code = "local-network-permission" // the visitor did not allow it
	NetworkError           Code = "network-error"            // no answer
)

// Answers that do not pass the CORS check.
const (
	MissingAllowOrigin      Code = "missing-allow-origin"      // no Access-Control-Allow-Origin
	MultipleAllowOrigin     Code = "multiple-allow-origin"     // more than one value
	InvalidAllowOrigin      Code = "invalid-allow-origin"      // a value that is no origin
	AllowOriginMismatch     Code = "allow-origin-mismatch"     // another origin
	WildcardWithCredentials Code = "wildcard-with-credentials" // "*" for a call with credentials
	MissingAllowCredentials Code = "missing-allow-credentials" // Access-Control-Allow-Credentials is not "true"
)

// Preflight answers that do not permit the request.
const (
	PreflightStatus     Code = "preflight-status"      // not 200 to 299
	PreflightRedirect   Code = "preflight-redirect"    // a redirect
	InvalidAllowMethods Code = "invalid-allow-methods" // Access-Control-Allow-Methods does not parse
	InvalidAllowHeaders Code = "invalid-allow-headers" // Access-Control-Allow-Headers does not parse
	MethodNotAllowed    Code = "method-not-allowed"    // the method is not listed
	HeaderNotAllowed    Code = "header-not-allowed"    // a header is not listed
)

// Redirects that are not followed.
const (
	RedirectModeError   Code = "redirect-mode-error"   // redirect mode "error"
	RedirectInvalid     Code = "redirect-invalid"      // Location does not parse
	RedirectScheme      Code = "redirect-scheme"       // to another scheme than http and https
	TooManyRedirects    Code = "too-many-redirects"    // more than 20
	RedirectCredentials Code = "redirect-credentials"  // to user:password@
	RedirectStreamBody  Code = "redirect-stream-body"  // a streamed body cannot be sent again
	WebTransportRefused Code = "webtransport-refused"  // the server does not accept the session
	FrameEmbedderPolicy Code = "frame-embedder-policy" // a frame's document lacks Cross-Origin-Embedder-Policy
	StreamProtocol      Code = "stream-protocol"       // a streamed body cannot be sent over HTTP/1.1
)

// Answers that are refused for another reason.
const (
	CORP               Code = "corp"                 // Cross-Origin-Resource-Policy forbids it
	CORPMissing        Code = "corp-missing"         // the page's embedder policy asks for the header
	MIMEType           Code = "mime-type"            // not a script, not a stylesheet
	WebSocketRefused   Code = "websocket-refused"    // status is not 101
	EventSourceRefused Code = "event-source-refused" // not 200 with text/event-stream
	LoadStatus         Code = "load-status"          // a script, stylesheet or video with an error status
)

// Error returns the failure in one line, such as
//
//	https://api.example.com/: the preflight's answer has no Access-Control-Allow-Origin (missing-allow-origin)
func (f *Failure) Error() string {
	s := f.Summary() + " (" + string(f.Code) + ")"
	if f.URL != "" {
		s = f.URL + ": " + s
	}
	return s
}

// Summary says in one plain sentence, without a full stop, what is wrong.
func (f *Failure) Summary() string { return f.fill(f.mistake().summary) }

// Explain says in a few plain sentences what happened and why browsers do so.
func (f *Failure) Explain() string {
	parts := []string{upperFirst(f.Summary()) + "."}
	if h := f.hint(); h != "" {
		parts = append(parts, h)
	}
	if why := f.fill(f.mistake().why); why != "" {
		parts = append(parts, why)
	}
	return strings.Join(parts, " ")
}

// fill replaces {name} in a template of the table of mistakes.
func (f *Failure) fill(template string) string {
	if strings.IndexByte(template, '{') < 0 {
		return template
	}
	answer := "answer"
	if f.Preflight {
		answer = "preflight's answer"
	}
	return strings.NewReplacer(
		"{url}", f.URL,
		"{first}", f.FirstURL,
		"{origin}", f.Origin,
		"{got}", f.Got,
		"{want}", f.Want,
		"{status}", itoa(f.Status),
		"{method}", f.Method,
		"{answer}", answer,
		"{server}", f.server(),
		"{kind}", f.Kind.String(),
	).Replace(template)
}

// server is the origin of the server that answered.
func (f *Failure) server() string {
	if a, err := parseAddress(f.URL, nil); err == nil {
		return a.origin().String()
	}
	return f.URL
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func (f *Failure) mistake() *mistake { return mistakeOf(f.Code) }

// Codes lists all codes, in the order of the constants.
func Codes() []Code {
	codes := make([]Code, len(mistakes))
	for i := range mistakes {
		codes[i] = mistakes[i].code
	}
	return codes
}
