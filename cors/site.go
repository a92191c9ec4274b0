package cors

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"

	"github.com/concors/concors/cors/internal/fetchspec"
	"github.com/concors/concors/cors/internal/origin"
	"github.com/concors/concors/cors/mistake"
)

// A Site is validated [Options]: what the policies of one API have in common.
// It is safe for concurrent use; nothing but debug mode changes. A nil *Site
// declares nothing.
type Site struct {
	origins  []ownOrigin
	proxies  []netip.Prefix
	identity []string // canonical header names
	hosts    []string // lower case, with or without port; nil: any
	refused  func(http.ResponseWriter, *http.Request, *Decision)
	debug    atomic.Bool

	// unknown stands where no policy applies: it allows nothing and says
	// nothing.
	unknown *Compiled
}

// ownOrigin is one of the API's origins in the parts that requests tell.
type ownOrigin struct {
	text   string // serialized
	scheme string
	host   string // host and, unless default, port
}

var noSite, _ = NewSite(nil)

// NewSite validates what o says of the API; nil declares nothing. The error
// joins every mistake as an [*Error].
func NewSite(o *Options) (*Site, error) {
	s := new(Site)
	s.unknown = &Compiled{site: s}
	s.unknown.prepare()
	if o == nil {
		return s, nil
	}
	s.refused = o.Refused
	s.debug.Store(o.Debug)
	if err := s.declare(o); err != nil {
		return nil, err
	}
	return s, nil
}

// declare fills s and returns the mistakes.
func (s *Site) declare(o *Options) error {
	var mistakes mistakeList
	each := func(name string, list []string, add func(text string) []*Error) {
		for i, text := range list {
			for _, e := range add(text) {
				e.Field, e.Value = fmt.Sprintf("%s[%d]", name, i), text
				mistakes.add(e)
			}
		}
	}
	each("origins", o.Origins, s.addOrigin)
	each("trusted_proxies", o.TrustedProxies, s.addProxy)
	each("identity_headers", o.IdentityHeaders, s.addIdentityHeader)
	each("hosts", o.Hosts, s.addHost)
	return mistakes.err()
}

func (s *Site) addOrigin(text string) (mistakes []*Error) {
	p, codes, repair := origin.Parse(text)
	for _, code := range codes {
		mistakes = append(mistakes, &Error{Code: mistake.Code(code), Repair: repair})
	}
	switch {
	case len(codes) > 0:
	case !p.Exact():
		mistakes = append(mistakes, &Error{Code: mistake.OwnOriginWildcard})
	case p.Scheme != "https" && p.Scheme != "http":
		mistakes = append(mistakes, &Error{Code: mistake.OwnOriginScheme})
	default:
		s.origins = append(s.origins, ownOrigin{text, p.Scheme, text[len(p.Scheme)+len("://"):]})
	}
	return mistakes
}

func (s *Site) addProxy(text string) []*Error {
	prefix, err := netip.ParsePrefix(text)
	if ip, ipErr := netip.ParseAddr(text); ipErr == nil && ip.Zone() == "" {
		prefix, err = netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen()), nil
	}
	if err != nil {
		return []*Error{{Code: mistake.ProxyInvalid}}
	}
	if ip := prefix.Addr(); ip.Is4In6() && prefix.Bits() >= 96 { // addresses are compared unmapped
		prefix = netip.PrefixFrom(ip.Unmap(), prefix.Bits()-96)
	}
	s.proxies = append(s.proxies, prefix.Masked())
	return nil
}

func (s *Site) addIdentityHeader(name string) []*Error {
	if !fetchspec.IsToken(name) {
		return []*Error{{Code: mistake.HeaderInvalid}}
	}
	s.identity = append(s.identity, http.CanonicalHeaderKey(name))
	return nil
}

func (s *Site) addHost(host string) []*Error {
	if repair, ok := checkHost(host); !ok {
		e := &Error{Code: mistake.HostInvalid, Repair: repair}
		if strings.Contains(host, wildcard) {
			e.detail = "hosts are listed one by one: * stands for nothing in them"
		}
		return []*Error{e}
	}
	s.hosts = append(s.hosts, host)
	return nil
}

// SetDebug switches debug mode, see [Options].
func (s *Site) SetDebug(on bool) { s.debug.Store(on) }

// Misdirected is the decision on a request for a host that s does not serve, see
// [Site.Serves]: for who has no path to ask.
func (s *Site) Misdirected() Decision {
	return Decision{c: s.unknown, Reason: HostNotServed}
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
