package endpoints

import (
	"slices"
	"time"

	"github.com/concors/concors/cors"
)

// A Document says which endpoints exist and which websites may call them, as
// people wrote it: nothing is resolved, no default is filled in. The zero value
// is a document without endpoints. A Document is plain data; whoever shares one
// between goroutines must not change it any more (see [Document.Clone]).
//
// Marshalled as JSON it is a document that [Parse] reads back.
type Document struct {
	// Origins are the API's own public origins, such as
	// https://api.example.com. Requests of their pages are never foreign.
	// Empty: the Host header says which origin is the API's own.
	Origins []string

	// TrustedProxies are the IP addresses and CIDR ranges whose
	// X-Forwarded-Proto and X-Forwarded-Host count. Empty: nobody's.
	TrustedProxies []string

	// IdentityHeaders are the request headers that name the caller because a
	// proxy in front derived them from a cookie or certificate, such as
	// X-Remote-User. They are dropped wherever cookies are dropped.
	IdentityHeaders []string

	// Hosts are the names under which the API is served, such as
	// api.example.com or api.example.com:8443; without a port: on every port.
	// Requests for any other Host are answered 421. Empty: Host does not
	// matter.
	Hosts []string

	// Upstream is the URL requests are forwarded to unless their endpoint has
	// an upstream of its own: http:// or https://, host, optional port and
	// optional path prefix.
	Upstream string

	// Policies are the named settings, in the order of the file. Names are
	// unique.
	Policies Policies

	// Endpoints are the endpoints, in the order of the file. The order means
	// nothing: of several patterns that match, the most specific one counts.
	Endpoints []Entry
}

// Policies are named policies in the order of the file. In JSON and YAML they
// are one object with the names as keys.
type Policies []NamedPolicy

// A NamedPolicy is a policy that endpoints refer to by name.
type NamedPolicy struct {
	Name   string // not empty, at most 100 bytes, no control characters, not none, all or selected
	Policy Policy
}

// Get returns the policy called name.
func (p Policies) Get(name string) (Policy, bool) {
	i := slices.IndexFunc(p, func(np NamedPolicy) bool { return np.Name == name })
	if i < 0 {
		return Policy{}, false
	}
	return p[i].Policy, true
}

// A Policy is the cross-origin setting of an endpoint. Which fields mean
// something depends on Allow; the others must keep their zero values. The zero
// value disallows cross-origin requests.
type Policy struct {
	// Allow says who may call: [AllowNone], [AllowAll] or [AllowSelected].
	// Empty: [AllowNone].
	Allow string

	// Domains are the origin patterns that may call, such as
	// https://docs.example.com, https://*.example.com (its subdomains) or
	// https://pr-*.example.com (its direct subdomains of this form).
	// Required under selected, which alone has it.
	Domains []string

	// Credentials lets cookies, HTTP authentication and client certificates
	// travel with the requests of Domains. Only under selected.
	Credentials bool

	// Headers are the request headers that websites may set beyond those that
	// need no permission; "*" stands for all but Authorization and method
	// overrides. Under all and selected.
	Headers []string

	// Expose are the response headers that scripts may read beyond those that
	// are always readable; "*" stands for all. Under all and selected.
	Expose []string

	// Cache is how long browsers may reuse a preflight answer. Zero: not said
	// (browsers then assume 5 seconds); [cors.NoCache], written 0 in a file:
	// not at all. Under all and selected.
	Cache Duration

	// Embed says who may load the endpoint without CORS, by img, script or
	// iframe: same-origin, same-site or any. Empty: same-origin under none and
	// selected, any under all.
	Embed string

	// Senders are the origins that may send a POST with the visitor's
	// credentials but never read the answer; or [cors.AnySender] alone,
	// written as a scalar in a file. Under none and selected.
	Senders Senders

	// DangerouslyAllowInsecureOrigins lets http: origins beyond loopback stand
	// where the visitor's credentials go along. Under none, for Senders, and
	// selected.
	DangerouslyAllowInsecureOrigins bool

	// ObserveOnly, written enforce: false in a file, makes Concors stand aside
	// and only count what it would have decided.
	ObserveOnly bool
}

// The values of [Policy.Allow].
const (
	AllowNone     = "none"     // disallow cross-origin requests
	AllowAll      = "all"      // allow all cross-origin requests, as anonymous callers
	AllowSelected = "selected" // allow from selected domains
)

// Senders is a list of origin patterns, or [cors.AnySender] alone.
type Senders []string

// Duration is a preflight lifetime: zero is unset, [cors.NoCache] is none. In
// JSON and YAML it is written like 90s, 10m or 1h30m, and NoCache as 0.
type Duration time.Duration

// An Entry is one element of the document's endpoints.
type Entry struct {
	// Endpoint is a pattern of net/http.ServeMux: [METHOD ][HOST]/path/{name}.
	// GET includes HEAD. A trailing slash or {name...} takes everything below.
	Endpoint string

	// CORS is the cross-origin setting. The zero value disallows cross-origin
	// requests.
	CORS Setting

	// Upstream is where requests of this endpoint go, as in
	// [Document.Upstream]. Empty: to the document's upstream.
	Upstream string

	// Methods are the methods that a pattern without a method takes. Empty:
	// any. A pattern with a method must not have it.
	Methods []string

	// EncodedPaths lets paths through that routers and upstreams read
	// differently: with an encoded slash or backslash, NUL or empty segments.
	// They are answered 400 otherwise. Paths with dot segments always are.
	EncodedPaths bool
}

// A Setting is what stands at cors: the name of a policy, or a policy written
// in place. At most one of them is set; the zero value is none.
type Setting struct {
	Name   string  // of one of the document's policies
	Inline *Policy // written in place
}

// Clone returns a copy that shares nothing with d.
func (d *Document) Clone() *Document {
	c := *d
	documentKeys.clone(&c)
	return &c
}

// Clone returns a copy that shares nothing with p.
func (p Policy) Clone() Policy {
	policyKeys.clone(&p)
	return p
}

// Clone returns a copy that shares nothing with e.
func (e Entry) Clone() Entry {
	entryKeys.clone(&e)
	return e
}

// Clone returns a copy that shares nothing with s.
func (s Setting) Clone() Setting {
	if s.Inline != nil {
		p := s.Inline.Clone()
		s.Inline = &p
	}
	return s
}

// Address returns the origin under which pages call the API, as far as d says:
// the first of Origins, or https:// and the first of Hosts. It is "" if d has
// neither.
func (d *Document) Address() string {
	switch {
	case len(d.Origins) > 0:
		return d.Origins[0]
	case len(d.Hosts) > 0:
		return "https://" + d.Hosts[0]
	}
	return ""
}

// Equal reports whether both documents say the same in the same order. Nil and
// empty lists are the same, and so are an allow left out and allow: none.
func (d *Document) Equal(o *Document) bool { return documentKeys.equal(d, o) }

// Equal reports whether both policies say the same, see [Document.Equal].
func (p Policy) Equal(o Policy) bool { return policyKeys.equal(&p, &o) }

// Equal reports whether both entries say the same, see [Document.Equal].
func (e Entry) Equal(o Entry) bool { return entryKeys.equal(&e, &o) }

// Equal reports whether both settings say the same. A policy in place never
// equals a name, whatever the name stands for.
func (s Setting) Equal(o Setting) bool {
	if s.Inline == nil || o.Inline == nil {
		return s.Name == o.Name && s.Inline == o.Inline
	}
	return s.Name == o.Name && s.Inline.Equal(*o.Inline)
}

// IsZero reports whether no setting is written.
func (s Setting) IsZero() bool { return s.Name == "" && s.Inline == nil }

// allow is Allow with its default.
func (p Policy) allow() string {
	if p.Allow == "" {
		return AllowNone
	}
	return p.Allow
}

// CORS returns the policy as the library takes it: [cors.None], [cors.All] or
// [cors.Selected]. Fields that mean nothing for Allow are left out, and so is
// everything if Allow is unknown; [Parse] and [Build] report both.
func (p Policy) CORS() cors.Policy {
	embed := cors.Embed(p.Embed)
	switch p.allow() {
	case AllowAll:
		return cors.All{Headers: p.Headers, Expose: p.Expose, Cache: time.Duration(p.Cache), Embed: embed, ObserveOnly: p.ObserveOnly}
	case AllowSelected:
		return cors.Selected{
			Domains: p.Domains, Credentials: p.Credentials, Headers: p.Headers, Expose: p.Expose,
			Cache: time.Duration(p.Cache), Embed: embed, Senders: p.Senders, ObserveOnly: p.ObserveOnly,
			DangerouslyAllowInsecureOrigins: p.DangerouslyAllowInsecureOrigins,
		}
	default:
		return cors.None{
			Embed: embed, Senders: p.Senders, ObserveOnly: p.ObserveOnly,
			DangerouslyAllowInsecureOrigins: p.DangerouslyAllowInsecureOrigins,
		}
	}
}
