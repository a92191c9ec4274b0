package cors

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"github.com/concors/concors/cors/internal/fetchspec"
	"github.com/concors/concors/cors/internal/origin"
)

// A SiteConfig says what the policies of one API have in common. The zero value
// declares nothing and is valid.
type SiteConfig struct {
	// Origins are the API's own public origins, such as
	// https://api.example.com: exact, no wildcards. Where none are declared, a
	// request is the API's own if the host and port of its Origin equal Host.
	// Declare them if a proxy in front rewrites Host.
	Origins []string

	// TrustedProxies are IP addresses and CIDR ranges whose X-Forwarded-Proto
	// and X-Forwarded-Host are believed.
	TrustedProxies []string

	// IdentityHeaders are request headers that a proxy in front derives from
	// credentials, such as X-Remote-User. They are dropped with Cookie.
	IdentityHeaders []string

	// Hosts are the names under which the API is served, such as
	// api.example.com or api.example.com:8443. A name without a port stands for
	// all ports. If there are any, a request for another Host is refused with
	// 421, whatever the policy: a website whose name was pointed at the API's
	// address (DNS rebinding) passes for the API's own pages otherwise.
	Hosts []string

	// Debug makes refusals name the setting to change, echoing the request,
	// and answers refused preflights so that the browser's own message names
	// the cause. For development.
	Debug bool
}

// A Site is a validated [SiteConfig]. It is immutable and safe for concurrent
// use. A nil *Site declares nothing.
type Site struct {
	origins  []ownOrigin
	proxies  []netip.Prefix
	identity []string // canonical header names
	hosts    []string // lower case, with or without port; nil: any
	debug    bool
	warnings []*Error
}

// ownOrigin is one of the API's origins in the parts that requests tell.
type ownOrigin struct {
	text   string // serialized
	scheme string
	host   string // host and, unless default, port
}

var noSite = new(Site)

// NewSite validates c. The error joins every mistake as an [*Error].
func NewSite(c SiteConfig) (*Site, error) {
	s := &Site{debug: c.Debug}
	var errs []error
	for i, text := range c.Origins {
		field := fmt.Sprintf("origins[%d]", i)
		p, mistakes := parseOrigin(field, text)
		errs = append(errs, mistakes...)
		if len(mistakes) > 0 {
			continue
		}
		switch {
		case !p.Exact():
			errs = append(errs, &Error{Code: OwnOriginWildcard, Field: field, Value: text})
		case p.Scheme != "https" && p.Scheme != "http":
			errs = append(errs, &Error{Code: OwnOriginScheme, Field: field, Value: text})
		default:
			s.origins = append(s.origins, ownOrigin{text, p.Scheme, text[len(p.Scheme)+len("://"):]})
		}
	}
	for i, text := range c.TrustedProxies {
		prefix, err := netip.ParsePrefix(text)
		if ip, ipErr := netip.ParseAddr(text); ipErr == nil && ip.Zone() == "" {
			prefix, err = netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen()), nil
		}
		if err != nil {
			errs = append(errs, &Error{Code: ProxyInvalid, Field: fmt.Sprintf("trusted_proxies[%d]", i), Value: text})
			continue
		}
		if ip := prefix.Addr(); ip.Is4In6() && prefix.Bits() >= 96 { // addresses are compared unmapped
			prefix = netip.PrefixFrom(ip.Unmap(), prefix.Bits()-96)
		}
		s.proxies = append(s.proxies, prefix.Masked())
	}
	for i, name := range c.IdentityHeaders {
		if !fetchspec.IsToken(name) {
			errs = append(errs, &Error{Code: HeaderInvalid, Field: fmt.Sprintf("identity_headers[%d]", i), Value: name})
			continue
		}
		s.identity = append(s.identity, http.CanonicalHeaderKey(name))
	}
	for i, host := range c.Hosts {
		if repair, ok := checkHost(host); !ok {
			errs = append(errs, &Error{Code: HostInvalid, Field: fmt.Sprintf("hosts[%d]", i), Value: host, Repair: repair})
			continue
		}
		s.hosts = append(s.hosts, host)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return s, nil
}

// checkHost reports whether text is a host with or without a port, written as
// browsers do; if not, perhaps how it would be.
func checkHost(text string) (repair string, ok bool) {
	host := text
	if scheme, rest, found := strings.Cut(host, "://"); found && fetchspec.IsToken(scheme) {
		host = rest
	}
	host, _, _ = strings.Cut(host, "/")
	p, codes, fixed := origin.Parse("https://" + host)
	if len(codes) > 0 && fixed != "" {
		p, codes, _ = origin.Parse(fixed)
		host = strings.TrimPrefix(fixed, "https://")
	}
	if len(codes) > 0 || !p.Exact() {
		return "", false
	}
	return host, host == text
}

// Serves reports whether r is for one of the hosts that the site declares; true
// if it declares none. What a trusted proxy says of Host counts.
func (s *Site) Serves(r *http.Request) bool {
	if s.hosts == nil {
		return true
	}
	scheme, host := s.seenAs(r)
	name := host
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		name = host[:i]
	}
	for _, h := range s.hosts {
		switch {
		case fetchspec.EqualFold(h, name):
			return true
		case scheme != "http" && sameHost(h, host, "https"), scheme != "https" && sameHost(h, host, "http"):
			return true
		}
	}
	return false
}

// Warnings returns what is valid but perhaps not meant.
func (s *Site) Warnings() []*Error { return s.warnings }

// parseOrigin reads an origin pattern at field; its mistakes are *Error.
func parseOrigin(field, text string) (origin.Pattern, []error) {
	p, codes, repair := origin.Parse(text)
	if len(codes) == 0 {
		return p, nil
	}
	errs := make([]error, len(codes))
	for i, code := range codes {
		errs[i] = &Error{Code: Code(code), Field: field, Value: text, Repair: repair}
	}
	return p, errs
}

// isOwn reports whether a page of the given origin belongs to the API itself,
// as far as Host tells: design rule for requests without Sec-Fetch-Site.
//
// If own origins are declared, it must be one of those whose host is Host; if
// Host is none of their hosts, a proxy rewrote it and any of them will do. Else
// its host and port must equal Host. Its scheme must equal the request's, where
// that is known.
func (s *Site) isOwn(originText string, r *http.Request) bool {
	scheme, host := s.seenAs(r)
	if len(s.origins) == 0 {
		originScheme := "https"
		originHost, ok := strings.CutPrefix(originText, "https://")
		if !ok {
			originScheme = "http"
			originHost, ok = strings.CutPrefix(originText, "http://")
		}
		return ok && (scheme == "" || scheme == originScheme) && sameHost(originHost, host, originScheme)
	}
	named, listed := false, false // Host is one of ours; so is the origin, with and without regard to it
	matched := false
	for i := range s.origins {
		o := &s.origins[i]
		here := sameHost(o.host, host, o.scheme)
		named = named || here
		if o.text == originText && (scheme == "" || scheme == o.scheme) {
			listed = true
			matched = matched || here
		}
	}
	if named {
		return matched
	}
	return listed
}

// seenAs returns scheme and host as the client used them. The scheme is "" if
// unknown: without TLS of our own, somebody in front may have ended it.
func (s *Site) seenAs(r *http.Request) (scheme, host string) {
	host = r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	if len(s.proxies) == 0 {
		return scheme, host
	}
	proto, forwarded := lastElement(r.Header["X-Forwarded-Proto"]), lastElement(r.Header["X-Forwarded-Host"])
	if proto == "" && forwarded == "" || !s.Trusts(r.RemoteAddr) {
		return scheme, host
	}
	switch {
	case fetchspec.EqualFold(proto, "https"), fetchspec.EqualFold(proto, "wss"):
		scheme = "https"
	case fetchspec.EqualFold(proto, "http"), fetchspec.EqualFold(proto, "ws"):
		scheme = "http"
	}
	if forwarded != "" {
		host = forwarded
	}
	return scheme, host
}

// lastElement returns the last element of a header list: the one which the
// nearest proxy, the only one we know to trust, has added.
func lastElement(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	line := lines[len(lines)-1]
	return strings.Trim(line[strings.LastIndexByte(line, ',')+1:], " \t")
}

// Trusts reports whether remote, an address with port as in
// [http.Request.RemoteAddr], is a trusted proxy's.
func (s *Site) Trusts(remote string) bool {
	addr, err := netip.ParseAddrPort(remote)
	if err != nil {
		return false
	}
	ip := addr.Addr().Unmap().WithZone("")
	for _, p := range s.proxies {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// sameHost reports whether two hosts with optional ports are the same for a
// scheme: letters in any case, the default port written or not.
func sameHost(a, b, scheme string) bool {
	return fetchspec.EqualFold(withoutDefaultPort(a, scheme), withoutDefaultPort(b, scheme))
}

func withoutDefaultPort(host, scheme string) string {
	port := ":80"
	if scheme == "https" {
		port = ":443"
	}
	return strings.TrimSuffix(host, port)
}
