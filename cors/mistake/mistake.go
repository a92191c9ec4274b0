// Package mistake names what can be wrong with a policy, and explains it. Codes
// are stable: tools, documentation and user interfaces key on them. The texts may
// improve at any time.
package mistake

import (
	"maps"
	"slices"

	"github.com/concors/concors/cors/internal/origin"
)

// A Code names a kind of mistake.
type Code string

// Mistakes in an origin pattern: in Domains, Senders and a site's Origins.
const (
	OriginEmpty             Code = origin.Empty
	OriginNull              Code = origin.Null
	OriginMissingScheme     Code = origin.MissingScheme
	OriginInvalidScheme     Code = origin.InvalidScheme
	OriginOpaqueScheme      Code = origin.OpaqueScheme
	OriginWebSocketScheme   Code = origin.WebSocketScheme
	OriginUserinfo          Code = origin.Userinfo
	OriginPath              Code = origin.Path
	OriginUpperCase         Code = origin.UpperCase
	OriginUnicodeHost       Code = origin.UnicodeHost
	OriginInvalidHost       Code = origin.InvalidHost
	OriginHostTooLong       Code = origin.HostTooLong
	OriginIPNotCanonical    Code = origin.IPNotCanonical
	OriginInvalidPort       Code = origin.InvalidPort
	OriginDefaultPort       Code = origin.DefaultPort
	OriginWildcardAll       Code = origin.WildcardAll
	OriginWildcardMisplaced Code = origin.WildcardMisplaced
	OriginPublicSuffix      Code = origin.PublicSuffix
	OriginInsecure          Code = "origin-insecure-with-credentials"
)

// Mistakes in the other fields of a policy, and in method lists.
const (
	DomainsMissing            Code = "domains-missing"
	HeaderInvalid             Code = "header-invalid"
	HeaderForbidden           Code = "header-forbidden"
	HeaderIsResponseHeader    Code = "header-is-response-header"
	ExposeForbidden           Code = "expose-forbidden"
	ExposeIsRequestHeader     Code = "expose-is-request-header"
	ExposeWildcardCredentials Code = "expose-wildcard-with-credentials"
	CacheInvalid              Code = "cache-invalid"
	EmbedUnknown              Code = "embed-unknown"
	SendersAnyAmongOthers     Code = "senders-any-among-others"
	MethodInvalid             Code = "method-invalid"
	MethodForbidden           Code = "method-forbidden"
)

// Mistakes in a [SiteConfig].
const (
	OwnOriginWildcard Code = "own-origin-wildcard"
	OwnOriginScheme   Code = "own-origin-scheme"
	ProxyInvalid      Code = "proxy-invalid"
	HostInvalid       Code = "host-invalid"
)

// MistakesOmitted stands behind the first 1,000 mistakes of one text and says
// how many more there are; [WarningsOmitted] does so for warnings.
const MistakesOmitted Code = "mistakes-omitted"

// Warnings: the policy works, but perhaps not as meant.
const (
	WarningsOmitted       Code = "warnings-omitted"
	OriginDuplicate       Code = "origin-duplicate"
	OriginCovered         Code = "origin-covered"
	OriginPlainHTTP       Code = "origin-plain-http"
	InsecureUnneeded      Code = "insecure-origins-unneeded"
	OriginPerInstallation Code = "origin-per-installation"
	OriginSharedDomain    Code = "origin-shared-domain"
	SenderIsDomain        Code = "sender-is-domain"
	SendersAny            Code = "senders-any"
	HeaderRedundant       Code = "header-redundant"
	ExposeReadable        Code = "expose-readable"
	CacheAboveCap         Code = "cache-above-browser-cap"
	OwnOriginInsecure     Code = "own-origin-insecure"
)

// A Kind is what there is to say about a [Code], whoever makes the mistake.
type Kind struct {
	Code    Code
	Warning bool   // the policy works nevertheless
	Message string // what is wrong, as in error texts: lower case, no full stop
	Cause   string // why it matters, in sentences
	Remedy  string // how to mend it, in sentences
}

// Kinds returns every kind of mistake that package cors reports, ordered by
// code.
func Kinds() []Kind {
	all := make([]Kind, 0, len(kinds))
	for _, code := range slices.Sorted(maps.Keys(kinds)) {
		all = append(all, Of(code))
	}
	return all
}

// Of returns the kind of a code; its texts are empty if package cors does not
// report it.
func Of(code Code) Kind {
	k := kinds[code]
	k.Code = code
	return k
}

// IsWarning reports whether code is a warning of package cors: what it marks
// works, but perhaps not as meant.
func (c Code) IsWarning() bool { return kinds[c].Warning }

var kinds = map[Code]Kind{
	OriginEmpty: {
		Message: "an origin is missing here",
		Cause:   "The entry is empty or holds nothing but spaces.",
		Remedy:  "Write the origin, such as https://docs.example.com, or remove the entry.",
	},
	OriginNull: {
		Message: `"null" is not a website: sandboxed frames, local files and redirects of anybody send it`,
		Cause:   "Browsers send the origin null for every page without an origin of its own. Any website can produce it with a sandboxed frame, so to allow null is to allow everybody, with credentials.",
		Remedy:  "Serve the page from an http(s) origin and list that. An endpoint that must accept posts from null, as some identity providers send them, can use senders: any.",
	},
	OriginMissingScheme: {
		Message: "an origin needs its scheme",
		Cause:   "https://docs.example.com and http://docs.example.com are different origins; a bare host name is neither, and browsers never send one.",
		Remedy:  "Put https:// in front.",
	},
	OriginInvalidScheme: {
		Message: "this is not a scheme: letters first, then letters, digits and any of + - . before the ://",
		Cause:   "What stands before :// is not a URL scheme, so no browser ever sends this origin.",
		Remedy:  "Use https:// (or the exact scheme of your app).",
	},
	OriginOpaqueScheme: {
		Message: "pages of this scheme have no origin of their own; browsers send null for them",
		Cause:   "file:, data:, blob:, about: and javascript: pages send Origin: null, which every website can produce as well.",
		Remedy:  "Serve the page over http(s), for development from http://localhost, and list that origin.",
	},
	OriginWebSocketScheme: {
		Message: "an origin is the page's, so its scheme is http or https, also for WebSockets",
		Cause:   "A page that opens a WebSocket sends its own origin, which begins with https:// or http://, never with wss:// or ws://.",
		Remedy:  "Write https:// instead of wss://, and http:// instead of ws://.",
	},
	OriginUserinfo: {
		Message: "an origin has no user name or password",
		Cause:   "Browsers leave user name and password out of the origin, so this pattern never matches.",
		Remedy:  "Remove everything up to and including the @.",
	},
	OriginPath: {
		Message: "an origin ends after host and port: no slash, path, query or fragment",
		Cause:   "Browsers send scheme, host and port only. A trailing slash is enough to make the comparison fail.",
		Remedy:  "Remove the slash and all that follows.",
	},
	OriginUpperCase: {
		Message: "browsers send origins in lower case",
		Cause:   "Origins are compared byte by byte, and browsers lower-case scheme and host before they send them.",
		Remedy:  "Write it in lower case.",
	},
	OriginUnicodeHost: {
		Message: "browsers send this host name in its ASCII form (punycode)",
		Cause:   "The origin of a page at https://bücher.example is sent as https://xn--bcher-kva.example.",
		Remedy:  "Write the ASCII form.",
	},
	OriginInvalidHost: {
		Message: "this is not a host name",
		Cause:   "The host has an empty label, a character that host names cannot have, a label that begins or ends with a hyphen, or one that begins with xn-- and is no Unicode name. No page is ever loaded from such a host.",
		Remedy:  "Write the host as the browser's address bar shows it.",
	},
	OriginHostTooLong: {
		Message: "a host name has at most 253 bytes, each of its labels at most 63",
		Cause:   "Such a name cannot exist in the DNS.",
		Remedy:  "Write the host as the browser's address bar shows it.",
	},
	OriginIPNotCanonical: {
		Message: "browsers send this IP address in another form",
		Cause:   "Browsers rewrite IP addresses before they send them: 127.1 becomes 127.0.0.1, and [0:0:0:0:0:0:0:1] becomes [::1].",
		Remedy:  "Write the form that browsers send.",
	},
	OriginInvalidPort: {
		Message: "a port is a number from 1 to 65535 without leading zeros, or * for any",
		Cause:   "No browser ever sends an origin with this port.",
		Remedy:  "Correct the port, or leave it out for the scheme's default.",
	},
	OriginDefaultPort: {
		Message: "browsers leave out the default port",
		Cause:   "The origin of https://example.com:443 is sent as https://example.com, so a pattern with the port never matches.",
		Remedy:  "Remove :443 from https origins and :80 from http origins.",
	},
	OriginWildcardAll: {
		Message: "this would be every website",
		Cause:   "A pattern needs a host. Every website is a setting of its own, because credentials must not go with it.",
		Remedy:  "Use allow: all if every website may call this endpoint, else list the domains.",
	},
	OriginWildcardMisplaced: {
		Message: "* stands for whole labels at the front of a host (https://*.example.com), for a part of the first one (https://pr-*.example.com) or for any port (http://localhost:*)",
		Cause:   "Several *, or one behind other labels, before an IP address or on the name of a domain itself (https://*example.com) would match hosts that belong to others.",
		Remedy:  "List the origins, or put *. in front of a domain that is yours.",
	},
	OriginPublicSuffix: {
		Message: "anybody can register a name below this domain",
		Cause:   "The domain is on the Public Suffix List: its subdomains belong to different people, so the pattern would allow strangers.",
		Remedy:  "List each origin that is yours; previews of a site have a pattern of their own, https://*--your-site.netlify.app.",
	},
	OriginInsecure: {
		Message: "an http: origin must not be allowed credentials: whoever controls a network on the way can forge its pages",
		Cause:   "Pages loaded over plain http can be altered by anybody on the network path, who then acts with the visitor's credentials.",
		Remedy:  "Serve the page over https and list that. Only loopback (localhost, *.localhost, 127.0.0.1, [::1]) is exempt. On a network without https, dangerously_allow_insecure_origins: true lets it through.",
	},
	DomainsMissing: {
		Message: "allow: selected needs at least one domain",
		Cause:   "Nobody is selected, so nobody would get in.",
		Remedy:  "List the domains, or use allow: none.",
	},
	HeaderInvalid: {
		Message: "this is not a header name",
		Cause:   "Header names consist of letters, digits and !#$%&'*+-.^_`|~ (RFC 9110, section 5.6.2).",
		Remedy:  "Correct the name; one name an entry.",
	},
	HeaderForbidden: {
		Message: "scripts cannot set this request header, so there is nothing to allow",
		Cause:   "The browser alone controls this header; it never appears in Access-Control-Request-Headers. Cookies are sent by credentials, not by this list.",
		Remedy:  "Remove the entry.",
	},
	HeaderIsResponseHeader: {
		Message: "this is a header that servers send, not one that websites send",
		Cause:   "Access-Control-Allow-* and the like belong to the answer; Concors sets them.",
		Remedy:  "Remove it, also from the front end's request, where it only causes a preflight.",
	},
	ExposeForbidden: {
		Message: "scripts can never read this response header",
		Cause:   "Set-Cookie and Set-Cookie2 are forbidden response-header names: no setting makes them readable.",
		Remedy:  "Remove the entry; put what scripts need into the body or another header.",
	},
	ExposeIsRequestHeader: {
		Message: "this is a header that websites send, not one that servers send",
		Cause:   "expose lists headers of the answer. What websites may send in the request stands in headers.",
		Remedy:  "Move it to headers if scripts set it, else remove it.",
	},
	ExposeWildcardCredentials: {
		Message: "browsers take * literally when credentials are allowed",
		Cause:   "With credentials, Access-Control-Expose-Headers: * exposes one header whose name is an asterisk (Fetch, main fetch).",
		Remedy:  "List the response headers that scripts need.",
	},
	CacheInvalid: {
		Message: "a cache lifetime is zero or more whole seconds",
		Cause:   "Access-Control-Max-Age is written in whole seconds.",
		Remedy:  "Write a duration such as 5m. Leave it out for the browsers' default of 5 s.",
	},
	EmbedUnknown: {
		Message: "embed is one of same-origin, same-site and any",
		Cause:   "The value is not known, and a guess could open the endpoint.",
		Remedy:  "Choose one of the three, or leave it out for the default.",
	},
	SendersAnyAmongOthers: {
		Message: "any stands alone: it includes every origin",
		Cause:   "A list that holds both any and origins contradicts itself.",
		Remedy:  "Remove any, or everything else.",
	},
	MethodInvalid: {
		Message: "this is not a method name",
		Cause:   "Methods consist of letters, digits and !#$%&'*+-.^_`|~, and are case-sensitive (RFC 9110, section 9.1).",
		Remedy:  "Correct the name; standard methods are written in upper case.",
	},
	MethodForbidden: {
		Message: "browsers refuse to send this method",
		Cause:   "CONNECT, TRACE and TRACK are forbidden methods of the Fetch standard.",
		Remedy:  "Remove the entry.",
	},
	OwnOriginWildcard: {
		Message: "an own origin is one exact origin",
		Cause:   "Requests from an own origin run with all credentials, so each must be known exactly.",
		Remedy:  "List each public origin of this API.",
	},
	OwnOriginScheme: {
		Message: "the API's own origin begins with https:// or http://",
		Cause:   "This API is reached over HTTP; pages with another scheme are other origins.",
		Remedy:  "Write the public address of the API. Apps with a scheme of their own belong into domains.",
	},
	HostInvalid: {
		Message: "this is not a host name, with or without a port",
		Cause:   "Hosts are compared with the Host header, which holds a name and, unless it is the default one, a port: no scheme, no path, no wildcard.",
		Remedy:  "Write the name as browsers show it, such as api.example.com or api.example.com:8443.",
	},
	ProxyInvalid: {
		Message: "this is not an IP address or a range such as 10.0.0.0/8",
		Cause:   "X-Forwarded-Proto and X-Forwarded-Host are read only from these addresses.",
		Remedy:  "Write addresses or CIDR ranges.",
	},
	MistakesOmitted: {
		Message: "more mistakes are not listed",
		Cause:   "Of more than 1,000 mistakes the first are shown and the others counted, so that a text full of them costs no more than it must.",
		Remedy:  "Mend those that are listed; the others are perhaps of the same kind. Check that this is the right file.",
	},
	WarningsOmitted: {
		Warning: true,
		Message: "more warnings are not listed",
		Cause:   "Of more than 1,000 warnings the first are shown and the others counted.",
		Remedy:  "Mend those that are listed; the others are perhaps of the same kind.",
	},
	OriginDuplicate: {
		Warning: true,
		Message: "this origin is listed twice",
		Cause:   "It has no effect; perhaps another origin was meant.",
		Remedy:  "Remove one of them.",
	},
	OriginCovered: {
		Warning: true,
		Message: "another pattern of the list covers this one",
		Cause:   "It has no effect. If the wider pattern goes one day, this one stays.",
		Remedy:  "Remove the narrower one, or the wider one if it allows more than you want.",
	},
	OriginPlainHTTP: {
		Warning: true,
		Message: "pages of an http: origin can be forged by anybody on the network path",
		Cause:   "Whoever controls a network on the way can act as this website.",
		Remedy:  "Serve the page over https and list that.",
	},
	InsecureUnneeded: {
		Warning: true,
		Message: "dangerously_allow_insecure_origins is not needed: no http: origin gets credentials here",
		Cause:   "What is allowed without need is there the day somebody adds an http: origin by mistake.",
		Remedy:  "Remove the key.",
	},
	OriginPerInstallation: {
		Warning: true,
		Message: "Firefox gives an extension a different id in every installation",
		Cause:   "The id in a moz-extension:// origin is random, so the pattern matches one installation only.",
		Remedy:  "Let the extension ask for host permissions: its requests then need no CORS.",
	},
	OriginSharedDomain: {
		Warning: true,
		Message: "anybody can register a name below this domain; what follows the * must be yours alone",
		Cause:   "The domain is on the Public Suffix List: its subdomains belong to different people. Providers of preview deployments put two hyphens between the name of a deployment and that of its site, and let nobody have them in the name of a site; it rests on that.",
		Remedy:  "Make sure that all of what follows -- is the name of your site, or serve previews below a domain of your own.",
	},
	SenderIsDomain: {
		Warning: true,
		Message: "this origin is among domains too",
		Cause:   "As a sender its POSTs run with the visitor's credentials even where domains would drop them.",
		Remedy:  "Keep it in one of the lists: domains to let it read answers, senders to let it only send.",
	},
	SendersAny: {
		Warning: true,
		Message: "every website can make visitors post to this endpoint with their credentials",
		Cause:   "senders: any gives up the protection against forged posts, for origin null too.",
		Remedy:  "Use it only where the endpoint verifies a signed message or a state value, such as a SAML answer. Else list the origins.",
	},
	HeaderRedundant: {
		Warning: true,
		Message: "this header is listed twice or covered by *",
		Cause:   "It has no effect. (* covers all request headers but Authorization and method overrides.)",
		Remedy:  "Remove the entry.",
	},
	ExposeReadable: {
		Warning: true,
		Message: "scripts can read this header anyway",
		Cause:   "Cache-Control, Content-Language, Content-Length, Content-Type, Expires, Last-Modified and Pragma are always readable (CORS-safelisted response-header names).",
		Remedy:  "Remove the entry.",
	},
	CacheAboveCap: {
		Warning: true,
		Message: "no browser keeps a preflight answer longer than 24 hours",
		Cause:   "Firefox caps it at 24 hours, Chromium at 2 hours, WebKit at 10 minutes.",
		Remedy:  "Write 24h or less.",
	},
	OwnOriginInsecure: {
		Warning: true,
		Message: "credentials are allowed, but the API's own origin is plain http",
		Cause:   "Cookies for cross-site requests need SameSite=None; Secure, and Secure cookies are not sent over plain http. Everything is readable on the way.",
		Remedy:  "Serve the API over https.",
	},
}
