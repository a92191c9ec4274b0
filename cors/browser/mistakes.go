package browser

// A mistake is what is known about a Code. The texts are templates, see
// Failure.fill; those of the browsers are also matched against pasted console
// lines (ParseConsole), so that there is one table for both directions.
type mistake struct {
	code    Code
	summary string // one sentence, lower case, no full stop
	why     string // the reason behind the rule; sentences

	chromium, firefox, webkit console

	// fixes are tried in order; see repair.go.
	repair Repair
}

// console is what one browser says: its code or key, and its sentence.
type console struct{ code, text string }

const (
	cors = "Access to {resource} at '{url}'{redirected} from origin '{origin}' has been blocked by CORS policy: "
	pre  = "Response to preflight request doesn't pass access control check: "
	ff   = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at {url}. "
)

func mistakeOf(code Code) *mistake {
	for i := range mistakes {
		if mistakes[i].code == code {
			return &mistakes[i]
		}
	}
	return &mistake{code: code, summary: string(code)}
}

var mistakes = [...]mistake{
	{code: InvalidPage, summary: "{got}: {want}"},
	{code: InvalidCall, summary: "{want} {got}"},
	{
		code: InvalidURL, summary: `"{got}" is not a URL: {want}`,
		chromium: console{"", "Failed to parse URL from {got}"},
		firefox:  console{"", "{got} is not a valid URL."},
		webkit:   console{"", "URL is not valid or contains user credentials."},
	},
	{
		code: URLCredentials, summary: "fetch() refuses a URL with a user name or password",
		chromium: console{"", "Request cannot be constructed from a URL that includes credentials: {got}"},
		firefox:  console{"", "{got} is an url with embedded credentials."},
		webkit:   console{"", "URL is not valid or contains user credentials."},
		repair:   Repair{Page: "Remove user:password@ from the URL and set an Authorization header instead."},
	},
	{
		code: CredentialedSubresource, summary: "Chromium does not load elements from URLs with a user name or password",
		chromium: console{"", "Subresource requests whose URLs contain embedded credentials (e.g. `https://user:pass@host/`) are blocked."},
		repair:   Repair{Page: "Remove user:password@ from the URL."},
	},
	{
		code: InvalidMethod, summary: `"{got}" is not a method`,
		chromium: console{"", "'{got}' is not a valid HTTP method."},
		firefox:  console{"", "{got} is not a valid request method."},
		repair:   Repair{Page: "Use a method made of letters, such as PUT."},
	},
	{
		code: ForbiddenMethod, summary: "no page may use the method {got}",
		chromium: console{"", "'{got}' HTTP method is unsupported."},
		firefox:  console{"", "{got} is not a valid request method."},
		repair:   Repair{Page: "Use another method than CONNECT, TRACE and TRACK."},
	},
	{
		code: InvalidHeader, summary: `the header "{got}" has an illegal name or value`,
		chromium: console{"", "Invalid name or value"},
		repair:   Repair{Page: "Header names are letters, digits and hyphens; values are one line without characters above U+00FF."},
	},
	{
		code: NoCORSMethod, summary: `mode "no-cors" allows GET, HEAD and POST, not {got}`,
		chromium: console{"", "'{got}' is unsupported in no-cors mode."},
		firefox:  console{"", "Invalid request method {got}."},
		repair:   Repair{Page: `Leave out mode: "no-cors". It does not switch CORS off, it only hides the answer.`},
	},
	{
		code: BodyWithGet, summary: "a {got} request cannot have a body",
		chromium: console{"", "Request with GET/HEAD method cannot have body."},
		firefox:  console{"", "HEAD or GET Request cannot have a body."},
		repair:   Repair{Page: "Send the data in the URL, or use POST."},
	},
	{
		code: KeepaliveTooLarge, summary: "requests that outlive their page may carry 64 KiB, this one is larger",
		repair: Repair{Page: "Send less than 64 KiB, or use fetch() without keepalive."},
	},
	{
		code: SchemeNotSupported, summary: "{got}: is not a scheme that can be fetched from another origin",
		chromium: console{"CorsDisabledScheme", cors + "Cross origin requests are only supported for protocol schemes: {any}."},
		firefox:  console{"CORSRequestNotHttp", ff + "(Reason: CORS request not http)."},
		webkit:   console{"", "Cross origin requests are only supported for HTTP."},
		repair:   Repair{Page: "Fetch an http or https URL. A page opened as a local file has to be served by a web server."},
	},
	{
		code: BadPort, summary: "browsers never connect to port {got}: it belongs to another protocol",
		chromium: console{"", "net::ERR_UNSAFE_PORT"},
		firefox:  console{"", "This address is restricted"},
		webkit:   console{"", "Not allowed to use restricted network port {got}: {url}"},
		repair:   Repair{Server: "Listen on another port, such as 8080 or 8443."},
	},
	{
		code: MixedContent, summary: "a page on https may not fetch {got}, which is plain http",
		why:      "Anyone on the way could read or change it.",
		chromium: console{"", "Mixed Content: The page at '{any}' was loaded over HTTPS, but requested an insecure {any} '{url}'. This request has been blocked; the content must be served over HTTPS."},
		firefox:  console{"BlockMixedActiveContent", "Blocked loading mixed active content “{url}”"},
		webkit:   console{"", "The page at {any} requested insecure content from {url}. This content was blocked and must be served over HTTPS."},
		repair:   Repair{Server: "Serve {server} over https.", Page: "Use the https address."},
	},
	{
		code: SameOriginMode, summary: `mode "same-origin" forbids a request to {got}`,
		chromium: console{"DisallowedByMode", "Fetch API cannot load {url}. Request mode is \"same-origin\" but the URL's origin is not same as the request origin {origin}."},
		firefox:  console{"", "Security Error: Content at {origin} may not load data from {url}."},
		repair:   Repair{Page: `Leave out mode: "same-origin".`},
	},
	{
		code: NoCORSRedirectMode, summary: `mode "no-cors" goes only with redirect mode "follow"`,
		chromium: console{"NoCorsRedirectModeNotFollow", "Fetch API cannot load {url}. Request mode is \"no-cors\" but the redirect mode is not \"follow\"."},
		repair:   Repair{Page: `Leave out mode: "no-cors", or the redirect member.`},
	},
	{
		code: LocalNetworkInsecure, summary: "a page on plain http may not reach a server on a nearer network ({got})",
		why:      "Local Network Access keeps websites away from routers, printers and development servers. Access-Control-Allow-Private-Network, which once helped, is no longer read.",
		chromium: console{"InsecureLocalNetwork", cors + "The request client is not a secure context and the resource is in more-private address space `{got}`."},
		repair:   Repair{Page: "Serve the page over https (or from localhost). The browser then asks the visitor for permission.", Server: "No response header helps."},
	},
	{
		code: LocalNetworkPermission, summary: "the visitor did not allow this page to reach servers on a nearer network ({got})",
		why:      "Local Network Access asks the visitor before a public website may talk to local devices.",
		chromium: console{"LocalNetworkAccessPermissionDenied", cors + "Permission was denied for this request to access the `{got}` address space."},
		repair:   Repair{Page: "Ask the visitor to allow access to the local network in the site's settings.", Server: "No response header helps."},
	},
	{
		code: NetworkError, summary: "there was no answer: {got}",
		chromium: console{"", "net::ERR_FAILED"},
		firefox:  console{"CORSDidNotSucceed", ff + "(Reason: CORS request did not succeed). Status code: {any}."},
		webkit:   console{"", "Could not connect to the server."},
		repair:   Repair{Server: "This is not about CORS: make the server answer (address, port, certificate, timeouts)."},
	},
	{
		code: MissingAllowOrigin, summary: "the {answer} has no Access-Control-Allow-Origin",
		why:      "Without this header no page of another origin may read it.",
		chromium: console{"MissingAllowOriginHeader", cors + "No 'Access-Control-Allow-Origin' header is present on the requested resource."},
		firefox:  console{"CORSMissingAllowOrigin", ff + "(Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: {status}."},
		webkit:   console{"", "Origin {origin} is not allowed by Access-Control-Allow-Origin. Status code: {status}"},
		repair: Repair{
			Headers: []string{"Access-Control-Allow-Origin: {origin}", "Vary: Origin"},
			Server:  "Send the header on every answer to this origin, errors and preflights included.",
		},
	},
	{
		code: MultipleAllowOrigin, summary: `the {answer} has more than one Access-Control-Allow-Origin: "{got}"`,
		why:      "The header takes exactly one origin. A list is not understood, not even if the right origin is in it.",
		chromium: console{"MultipleAllowOriginValues", cors + "The 'Access-Control-Allow-Origin' header contains multiple values '{got}', but only one is allowed."},
		firefox:  console{"CORSMultipleAllowOriginNotAllowed", ff + "(Reason: Multiple CORS header ‘Access-Control-Allow-Origin’ not allowed)."},
		webkit:   console{"", "Access-Control-Allow-Origin cannot contain more than one origin."},
		repair: Repair{
			Headers: []string{"Access-Control-Allow-Origin: {origin}", "Vary: Origin"},
			Server:  "Two layers set the header (an application and the proxy in front of it?): let only one of them do it.",
		},
	},
	{
		code: InvalidAllowOrigin, summary: `"{got}" in the {answer}'s Access-Control-Allow-Origin is not an origin`,
		why:      "An origin is scheme, host and, if it is not the default, port.",
		chromium: console{"InvalidAllowOriginValue", cors + "The 'Access-Control-Allow-Origin' header contains the invalid value '{got}'."},
		firefox:  console{"CORSAllowOriginNotMatchingOrigin", ff + "(Reason: CORS header ‘Access-Control-Allow-Origin’ does not match ‘{got}’)."},
		webkit:   console{"", "Origin {origin} is not allowed by Access-Control-Allow-Origin. Status code: {status}"},
		repair: Repair{
			Headers: []string{"Access-Control-Allow-Origin: {origin}", "Vary: Origin"},
			Server:  "Send the page's origin as it stands in the request's Origin header.",
		},
	},
	{
		code: AllowOriginMismatch, summary: `the {answer} allows "{got}", but the page's origin is {want}`,
		why:      "The two are compared letter by letter.",
		chromium: console{"AllowOriginMismatch", cors + "The 'Access-Control-Allow-Origin' header has a value '{got}' that is not equal to the supplied origin."},
		firefox:  console{"CORSAllowOriginNotMatchingOrigin", ff + "(Reason: CORS header ‘Access-Control-Allow-Origin’ does not match ‘{got}’)."},
		webkit:   console{"", "Origin {origin} is not allowed by Access-Control-Allow-Origin. Status code: {status}"},
		repair: Repair{
			Headers: []string{"Access-Control-Allow-Origin: {origin}", "Vary: Origin"},
			Server:  "Send the origin of the request if it is one that you allow.",
		},
	},
	{
		code: WildcardWithCredentials, summary: "the {answer} allows any origin (*), which does not count for a call with credentials",
		why:      "With the visitor's cookies, * would let every website read private data, so browsers want the origin spelled out.",
		chromium: console{"WildcardOriginNotAllowed", cors + "The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is 'include'."},
		firefox:  console{"CORSNotSupportingCredentials", "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at ‘{url}’. (Reason: Credential is not supported if the CORS header ‘Access-Control-Allow-Origin’ is ‘*’)."},
		webkit:   console{"", "Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true."},
		repair: Repair{
			Headers: []string{"Access-Control-Allow-Origin: {origin}", "Access-Control-Allow-Credentials: true", "Vary: Origin"},
			Server:  "Spell the origin out, for origins that you trust with the visitor's data.",
			Page:    `Or leave out credentials: "include" (withCredentials) if the call needs no cookies.`,
		},
	},
	{
		code: MissingAllowCredentials, summary: `the call is made with credentials, but the {answer}'s Access-Control-Allow-Credentials is "{got}", not "true"`,
		why:      "Access-Control-Allow-Credentials must be exactly true, in lower case.",
		chromium: console{"InvalidAllowCredentials", cors + "The value of the 'Access-Control-Allow-Credentials' header in the response is '{got}' which must be 'true' when the request's credentials mode is 'include'."},
		firefox:  console{"CORSMissingAllowCredentials", ff + "(Reason: expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’)."},
		webkit:   console{"", "Credentials flag is true, but Access-Control-Allow-Credentials is not \"true\"."},
		repair: Repair{
			Headers: []string{"Access-Control-Allow-Credentials: true"},
			Server:  "Send the header on the preflight's answer and on the answer itself.",
			Page:    `Or leave out credentials: "include" (withCredentials) if the call needs no cookies.`,
		},
	},
	{
		code: PreflightStatus, summary: "the preflight is answered with status {status}, which is not a success",
		why:      "The answer to a preflight must have a status from 200 to 299, best 204.",
		chromium: console{"PreflightInvalidStatus", cors + pre + "It does not have HTTP ok status."},
		firefox:  console{"CORSPreflightDidNotSucceed", ff + "(Reason: CORS preflight response did not succeed). Status code: {status}."},
		webkit:   console{"", "Preflight response is not successful. Status code: {status}"},
		repair: Repair{
			Server: "Answer OPTIONS requests that have Access-Control-Request-Method with 204, before authentication and routing.",
		},
	},
	{
		code: PreflightRedirect, summary: "the preflight is answered with a redirect (status {status})",
		why:      "Browsers do not follow redirects of preflights.",
		chromium: console{"PreflightDisallowedRedirect", cors + pre + "Redirect is not allowed for a preflight request."},
		firefox:  console{"CORSExternalRedirectNotAllowed", ff + "(Reason: CORS request external redirect not allowed)."},
		webkit:   console{"", "Preflight response is not successful. Status code: {status}"},
		repair: Repair{
			Server: "Answer OPTIONS at {url} itself with 204.",
			Page:   "Call the address that the redirect leads to.",
		},
	},
	{
		code: InvalidAllowMethods, summary: `the preflight's Access-Control-Allow-Methods cannot be understood: "{got}" is not a method`,
		why:      "It is a list of methods, separated by commas.",
		chromium: console{"InvalidAllowMethodsPreflightResponse", cors + "Cannot parse Access-Control-Allow-Methods response header field in preflight response."},
		firefox:  console{"CORSInvalidAllowMethod", ff + "(Reason: invalid token ‘{got}’ in CORS header ‘Access-Control-Allow-Methods’)."},
		webkit:   console{"", "Header Access-Control-Allow-Methods has an invalid value: {got}"},
		repair: Repair{
			Headers: []string{"Access-Control-Allow-Methods: {method}"},
			Server:  "Separate methods by commas, without quotes.",
		},
	},
	{
		code: InvalidAllowHeaders, summary: `the preflight's Access-Control-Allow-Headers cannot be understood: "{got}" is not a header name`,
		why:      "It is a list of header names, separated by commas.",
		chromium: console{"InvalidAllowHeadersPreflightResponse", cors + "Cannot parse Access-Control-Allow-Headers response header field in preflight response."},
		firefox:  console{"CORSInvalidAllowHeader", ff + "(Reason: invalid token ‘{got}’ in CORS header ‘Access-Control-Allow-Headers’)."},
		webkit:   console{"", "Header Access-Control-Allow-Headers has an invalid value: {got}"},
		repair: Repair{
			Server: "Separate names by commas, without quotes, values or spaces inside a name.",
		},
	},
	{
		code: MethodNotAllowed, summary: "the preflight's answer does not allow the method {want}",
		why:      "Methods other than GET, HEAD and POST must be listed in Access-Control-Allow-Methods, in the same case.",
		chromium: console{"MethodDisallowedByPreflightResponse", cors + "Method {want} is not allowed by Access-Control-Allow-Methods in preflight response."},
		firefox:  console{"CORSMethodNotFound", ff + "(Reason: Did not find method in CORS header ‘Access-Control-Allow-Methods’)."},
		webkit:   console{"", "Method {want} is not allowed by Access-Control-Allow-Methods."},
		repair: Repair{
			Headers: []string{"Access-Control-Allow-Methods: {want}"},
			Server:  "Add the method to those that the preflight's answer lists.",
		},
	},
	{
		code: HeaderNotAllowed, summary: "the preflight's answer does not allow the request header {want}",
		why:      "A header that not every page may send must be listed in Access-Control-Allow-Headers.",
		chromium: console{"HeaderDisallowedByPreflightResponse", cors + "Request header field {want} is not allowed by Access-Control-Allow-Headers in preflight response."},
		firefox:  console{"CORSMissingAllowHeaderFromPreflight", ff + "(Reason: header ‘{want}’ is not allowed according to header ‘Access-Control-Allow-Headers’ from CORS preflight response)."},
		webkit:   console{"", "Request header field {want} is not allowed by Access-Control-Allow-Headers."},
		repair: Repair{
			Headers: []string{"Access-Control-Allow-Headers: {want}"},
			Server:  "Add the name to those that the preflight's answer lists.",
			Page:    "Or do not set the header.",
		},
	},
	{
		code: RedirectModeError, summary: `the server redirects (status {got}), which redirect mode "error" forbids`,
		repair: Repair{Page: `Leave out redirect: "error", or call the address that the redirect leads to.`},
	},
	{
		code: RedirectInvalid, summary: `the redirect's Location "{got}" is not a URL: {want}`,
		chromium: console{"", "net::ERR_INVALID_REDIRECT"},
		repair:   Repair{Server: "Send a URL in Location."},
	},
	{
		code: RedirectScheme, summary: "the redirect leads to a {got}: URL, only http and https are followed",
		chromium: console{"", "net::ERR_UNSAFE_REDIRECT"},
		webkit:   console{"", "not allowed to follow a cross-origin CORS redirection with non CORS scheme"},
		repair:   Repair{Server: "Redirect to an http or https URL."},
	},
	{
		code: TooManyRedirects, summary: "more than {got} redirects follow one another",
		webkit:   console{"", "Load cannot follow more than 20 redirections"},
		chromium: console{"", "net::ERR_TOO_MANY_REDIRECTS"},
		repair:   Repair{Server: "The redirects go in a circle: send the answer at one of the addresses."},
	},
	{
		code: RedirectCredentials, summary: "the redirect leads to a URL with a user name or password, which cross-origin calls may not follow",
		chromium: console{"RedirectContainsCredentials", cors + "Redirect location '{got}' contains a username and password, which is disallowed for cross-origin requests."},
		webkit:   console{"", "redirection URL {got} has credentials"},
		repair:   Repair{Server: "Redirect without user:password@."},
	},
	{
		code: RedirectStreamBody, summary: "the server redirects (status {got}), but a streamed body cannot be sent again",
		repair: Repair{Page: "Send a body that is known beforehand, or call the address that the redirect leads to."},
	},
	{
		code: StreamProtocol, summary: "a streamed body is sent over HTTP/2 only, and the server speaks {got}",
		repair: Repair{
			Page:   "Send a body that is known beforehand: a string, a Blob, an ArrayBuffer.",
			Server: "Serve the API over https with HTTP/2.",
		},
	},
	{
		code: WebTransportRefused, summary: "the server does not accept the WebTransport session: it answers with status {got}",
		repair: Repair{Server: "Answer the CONNECT with a status from 200 to 299 if the Origin may use it."},
	},
	{
		code: FrameEmbedderPolicy, summary: "the page has Cross-Origin-Embedder-Policy: {want}, and the document in its frame does not",
		repair: Repair{
			Headers: []string{"Cross-Origin-Embedder-Policy: {want}"},
			Server:  "Send it with the document that is framed.",
		},
	},
	{
		code: CORP, summary: "the answer's Cross-Origin-Resource-Policy is {got}: pages of {origin} may not embed it",
		why:      "The header says who may use an answer without CORS, as images and scripts do.",
		chromium: console{"NotSameOrigin", "net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin"},
		firefox:  console{"CORP", "The resource at “{url}” was blocked due to its Cross-Origin-Resource-Policy header (or lack thereof)."},
		webkit:   console{"", "Cancelled load to {url} because it violates the resource's Cross-Origin-Resource-Policy response header."},
		repair: Repair{
			Headers: []string{"Cross-Origin-Resource-Policy: cross-origin"},
			Server:  "Send this if any website may embed it, same-site if only your own sites may.",
		},
	},
	{
		code: CORPMissing, summary: "the page's Cross-Origin-Embedder-Policy ({got}) asks for a Cross-Origin-Resource-Policy, which the answer does not have",
		chromium: console{"NotSameOriginAfterDefaultedToSameOriginByCoep", "net::ERR_BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByCoep"},
		firefox:  console{"CORP", "The resource at “{url}” was blocked due to its Cross-Origin-Resource-Policy header (or lack thereof)."},
		webkit:   console{"", "Cancelled load to {url} because it violates the resource's Cross-Origin-Resource-Policy response header."},
		repair: Repair{
			Headers: []string{"Cross-Origin-Resource-Policy: cross-origin"},
			Page:    "Or load it with CORS (crossorigin attribute).",
		},
	},
	{
		code: MIMEType, summary: `the answer's Content-Type is "{got}", it should be {want}`,
		chromium: console{"", "Refused to execute script from '{url}' because its MIME type ('{got}') is not executable."},
		firefox:  console{"", "Script from “{url}” was blocked because of a disallowed MIME type (“{got}”)."},
		repair:   Repair{Headers: []string{"Content-Type: {want}"}},
	},
	{
		code: WebSocketRefused, summary: "the server does not open the WebSocket: it answers with status {got} instead of 101",
		chromium: console{"", "WebSocket connection to '{any}' failed: Error during WebSocket handshake: Unexpected response code: {got}"},
		firefox:  console{"", "Firefox can’t establish a connection to the server at {any}."},
		webkit:   console{"", "WebSocket connection to '{any}' failed: Unexpected response code: {got}"},
		repair: Repair{
			Server: "WebSockets know no CORS: the server checks the Origin header by itself. Allow {origin} there.",
		},
	},
	{
		code: EventSourceRefused, summary: `EventSource needs status 200 and text/event-stream, and got "{got}"`,
		chromium: console{"", "EventSource's response has a MIME type (\"{any}\") that is not \"text/event-stream\". Aborting the connection."},
		firefox:  console{"", "Firefox can’t establish a connection to the server at {any}."},
		repair:   Repair{Headers: []string{"Content-Type: text/event-stream"}},
	},
	{
		code: LoadStatus, summary: "the answer's status is {got}, and a {kind} needs a success",
		repair: Repair{Server: "Answer with status 200."},
	},
}
