package browser

import (
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// An origin is a tuple origin, or opaque if its scheme is empty
// (https://html.spec.whatwg.org/#origin). An opaque origin is the same as no
// other, not even as another opaque one.
type origin struct {
	scheme, host, port string
}

// parseOrigin parses a serialized origin; "" and "null" are opaque.
func parseOrigin(s string) (origin, error) {
	if s == "" || s == "null" {
		return origin{}, nil
	}
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return origin{}, fmt.Errorf("%q has no scheme", s)
	}
	if !isSpecial(scheme) {
		// chrome-extension://id, capacitor://localhost: a tuple of its own.
		host, port, _ := strings.Cut(rest, ":")
		if strings.ContainsAny(rest, "/?#@") || rest == "" {
			return origin{}, fmt.Errorf("%q is not an origin", s)
		}
		return origin{scheme, host, port}, nil
	}
	a, err := parseAddress(s, nil)
	if err != nil {
		return origin{}, err
	}
	if a.path != "/" || a.query != "" || a.fragment != "" || a.hasCredentials() || strings.HasSuffix(s, "/") {
		return origin{}, fmt.Errorf("%q has more than scheme, host and port", s)
	}
	return a.origin(), nil
}

// origin returns a's origin (https://url.spec.whatwg.org/#origin).
func (a *address) origin() origin {
	if !a.special() {
		return origin{}
	}
	return origin{a.scheme, a.host, a.port}
}

func (o origin) opaque() bool { return o.scheme == "" }

// sameOrigin reports whether o and p are the same tuple origin.
func (o origin) sameOrigin(p origin) bool { return !o.opaque() && o == p }

// sameSite reports whether o and p are schemefully same site
// (https://html.spec.whatwg.org/#same-site).
func (o origin) sameSite(p origin) bool { return o.scheme == p.scheme && o.schemelesslySameSite(p) }

// schemelesslySameSite is sameSite but for the scheme.
func (o origin) schemelesslySameSite(p origin) bool {
	if o.opaque() || p.opaque() {
		return false
	}
	return o.host == p.host || registrable(o.host) == registrable(p.host)
}

// within is schemelesslySameSite, and also reports true where p has no
// registrable domain and o's host ends with p's: app.localhost and localhost.
func (o origin) within(p origin) bool {
	return o.schemelesslySameSite(p) || !p.opaque() && strings.HasSuffix(o.host, "."+p.host) && registrable(p.host) == p.host
}

// site returns what partitions are keyed on: scheme and registrable domain.
func (o origin) site() string {
	if o.opaque() {
		return "null"
	}
	return o.scheme + "://" + registrable(o.host)
}

// registrable returns the registrable domain of host, or host where there is
// none: addresses, "localhost", public suffixes.
func registrable(host string) string {
	if isIP(host) {
		return host
	}
	if d, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return d
	}
	return host
}

func isIP(host string) bool {
	_, ok := hostIP(host)
	return ok
}

// hostIP returns the address that a serialized host is, if it is one.
func hostIP(host string) (netip.Addr, bool) {
	if host == "" || host[0] != '[' && (host[len(host)-1] < '0' || '9' < host[len(host)-1]) {
		return netip.Addr{}, false
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return ip, err == nil
}

// String serializes o: "https://example.com", "null" if it is opaque.
func (o origin) String() string {
	if o.opaque() {
		return "null"
	}
	if o.port == "" {
		return o.scheme + "://" + o.host
	}
	return o.scheme + "://" + o.host + ":" + o.port
}

// trustworthy reports whether o is potentially trustworthy
// (https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy).
func (o origin) trustworthy() bool {
	switch o.scheme {
	case "https", "wss", "file", "chrome-extension", "moz-extension":
		return true
	}
	return !o.opaque() && isLoopback(o.host)
}

// isLoopback reports whether host is a loopback address, "localhost" or under it.
func isLoopback(host string) bool {
	if ip, ok := hostIP(host); ok {
		return ip.Unmap().IsLoopback()
	}
	host = strings.TrimSuffix(host, ".")
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
