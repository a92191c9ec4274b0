package cors

import (
	"slices"
	"time"
)

// A Policy is the cross-origin setting of an endpoint, as people write it. It
// is one of [None], [All] and [Selected]; there are no others. A nil Policy
// means None{}.
//
// Fields that mean nothing for a setting do not exist on its type: credentials
// can only be allowed to selected domains, so "any website, with the visitor's
// cookies" cannot be written down.
type Policy interface {
	policy()
}

// None disallows cross-origin requests. Only the API's own pages and clients
// that are not browsers get in. The zero value is ready to use.
type None struct {
	// Embed says who may load the endpoint without CORS: images, scripts,
	// frames. The zero value means [EmbedSameOrigin].
	Embed Embed

	// Senders are the origins that may send a POST with the visitor's
	// credentials although they can never read the answer: single sign-on,
	// payment pages. Origin patterns as in [Selected.Domains], or the single
	// value [AnySender].
	Senders []string

	// DangerouslyAllowInsecureOrigins lets http: origins beyond loopback stand
	// among Senders, see [Selected].
	DangerouslyAllowInsecureOrigins bool

	// ObserveOnly makes Concors stand aside: every request runs as if it were
	// not there, and decisions are only reported.
	ObserveOnly bool
}

// All lets every website call the endpoint, as an anonymous caller: credentials
// that come along are dropped before the handler sees the request. The zero
// value is ready to use.
type All struct {
	// Headers are the request headers a website may set beyond those that
	// need no permission. "*" stands for all of them except Authorization and
	// method overrides (X-HTTP-Method-Override, X-HTTP-Method,
	// X-Method-Override), which must be listed. A JSON body needs Content-Type.
	Headers []string

	// Expose are the response headers scripts may read beyond the few that
	// are always readable. "*" stands for all of them.
	Expose []string

	// Cache is how long a browser may reuse a preflight answer, in whole
	// seconds. Zero leaves Access-Control-Max-Age out (browsers then assume
	// 5 s); [NoCache] sends 0. Browsers cap it: WebKit at 10 minutes,
	// Chromium at 2 hours, Firefox at 24 hours.
	// See https://fetch.spec.whatwg.org/#http-access-control-max-age.
	Cache time.Duration

	// Embed says who may load the endpoint without CORS. The zero value means
	// [EmbedAny].
	Embed Embed

	// ObserveOnly makes Concors stand aside and only report, see [None].
	ObserveOnly bool
}

// Selected lets the listed domains call the endpoint.
type Selected struct {
	// Domains are origin patterns; at least one is required. An origin is
	// scheme, host and, unless it is the scheme's default, port:
	//
	//	https://docs.example.com      this origin
	//	https://*.example.com         its subdomains at any depth, not example.com itself
	//	https://pr-*.example.com      its direct subdomains of this form: preview deployments
	//	https://example.com:8443      a port other than the default one
	//	http://localhost:*            any port, also none
	//	capacitor://localhost         custom schemes of apps and extensions
	Domains []string

	// Credentials lets the requests of Domains carry cookies, HTTP
	// authentication and client certificates. If false, they are dropped.
	Credentials bool

	// Headers are the request headers as in [All.Headers]. Browsers take "*"
	// literally where they send credentials, so with Credentials the answer to
	// a preflight lists the requested names in its place.
	Headers []string

	// Expose are the readable response headers as in [All.Expose]; "*" cannot
	// be combined with Credentials.
	Expose []string

	// Cache is the preflight lifetime as in [All.Cache].
	Cache time.Duration

	// Embed says who may load the endpoint without CORS. The zero value means
	// [EmbedSameOrigin].
	Embed Embed

	// Senders are the origins that may send but not read, as in
	// [None.Senders]. Domains need not be repeated here.
	Senders []string

	// DangerouslyAllowInsecureOrigins lets http: origins beyond loopback stand
	// where the visitor's credentials go along: in Senders, and in Domains with
	// Credentials. Whoever controls a network on the way can forge the pages of
	// such an origin and act as its visitor. For networks without https.
	DangerouslyAllowInsecureOrigins bool

	// ObserveOnly makes Concors stand aside and only report, see [None].
	ObserveOnly bool
}

func (None) policy()     {}
func (All) policy()      {}
func (Selected) policy() {}

// ownCopy returns a copy of p that shares no slice with it: what is enforced
// must not change with what the caller does to its own. It is None{} for nil.
func ownCopy(p Policy) Policy {
	switch p := p.(type) {
	case None:
		p.Senders = slices.Clone(p.Senders)
		return p
	case All:
		p.Headers, p.Expose = slices.Clone(p.Headers), slices.Clone(p.Expose)
		return p
	case Selected:
		p.Domains, p.Senders = slices.Clone(p.Domains), slices.Clone(p.Senders)
		p.Headers, p.Expose = slices.Clone(p.Headers), slices.Clone(p.Expose)
		return p
	}
	return None{}
}

// NoCache as a Cache lifetime tells browsers not to reuse preflight answers.
const NoCache time.Duration = -1

// AnySender as the only element of Senders lets every origin send, "null"
// included (many identity providers send it). Only endpoints that verify a
// signed message or state can bear that.
const AnySender = "any"

// Embed says which pages may load an endpoint without CORS: by img, script,
// video, iframe and the like. It becomes Cross-Origin-Resource-Policy and
// decides GET and HEAD requests that carry no Origin. The zero value means the
// default of the policy it stands in.
// See https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header.
type Embed string

const (
	EmbedSameOrigin Embed = "same-origin" // the API's own pages
	EmbedSameSite   Embed = "same-site"   // pages of the same site; their credentials are kept
	EmbedAny        Embed = "any"         // every page; credentials are dropped
)
