package audit

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"
)

var errSeverity = errors.New("the severities are info, low, medium, high and critical")

// A Target is an address to audit, with what is known about it.
type Target struct {
	URL string
	// Origins are origins that may call the API, as far as is known.
	Origins []string
	// Methods are the methods that the API has at URL, Headers the request
	// headers that calls need, as far as is known.
	Methods, Headers []string
	// Body and BodyType are what a POST sends that changes something
	// harmless; "{{random}}" in it is replaced, so that the effect can be read
	// back. Empty: a form or JSON object with one field.
	Body, BodyType string
	// ReadBack is where the effect can be read. Empty: URL.
	ReadBack string
}

// Valid reports what is wrong with the address.
func (t *Target) Valid() error {
	_, err := t.parse()
	return err
}

// parse checks the URL.
func (t *Target) parse() (*url.URL, error) {
	u, err := url.Parse(t.URL)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q is not a URL", t.URL)
	case u.Scheme == "ws":
		u.Scheme = "http"
	case u.Scheme == "wss":
		u.Scheme = "https"
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, fmt.Errorf("%q is not a URL of an API: write https://api.example.com/account", t.URL)
	case u.User != nil:
		return nil, fmt.Errorf("%s: give user and password with --header 'Authorization: …'", u.Redacted())
	}
	u.Fragment, u.RawFragment = "", ""
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}

// A site is an origin in the parts that mistakes are made with.
type site struct {
	origin             string
	scheme, host, port string
	domain             string // registrable: example.com; empty for addresses and localhost
	suffix             string // public: com
	sub                string // what stands before domain, without the dot: app
}

// parseSite takes origins of http and https apart; ok is false for others.
func parseSite(origin string) (s site, ok bool) {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return site{origin: origin}, false
	}
	s = site{origin: origin, scheme: u.Scheme, host: strings.ToLower(u.Hostname()), port: u.Port()}
	if _, err := netip.ParseAddr(s.host); err == nil || !strings.Contains(s.host, ".") || strings.HasSuffix(s.host, ".localhost") {
		return s, true
	}
	if s.domain, err = publicsuffix.EffectiveTLDPlusOne(s.host); err == nil {
		s.suffix, _ = publicsuffix.PublicSuffix(s.host)
		s.sub = strings.TrimSuffix(strings.TrimSuffix(s.host, s.domain), ".")
	} else {
		s.domain = ""
	}
	return s, true
}

// with returns the origin with another host.
func (s *site) with(host string) string {
	if s.port != "" {
		host += ":" + s.port
	}
	return s.scheme + "://" + host
}

// isLoopback reports whether the host is this machine.
func (s *site) isLoopback() bool {
	ip, err := netip.ParseAddr(strings.Trim(s.host, "[]"))
	return err == nil && ip.IsLoopback() || s.host == "localhost" || strings.HasSuffix(s.host, ".localhost")
}

// randomLabel returns a label for host names that nobody has guessed.
func randomLabel() string {
	var b [9]byte
	_, _ = rand.Read(b[:]) // never fails
	for i := range b {
		b[i] = 'a' + b[i]%26
	}
	return string(b[:])
}
