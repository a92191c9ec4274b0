// Package origin holds the grammar of origin patterns and the set that matches
// origins against them.
//
// There are two readers of one grammar. [Parse] is strict: it reads what people
// write, finds every mistake and proposes a repair. [Set.Contains] is cheap: it
// reads what browsers send. A pattern without wildcards is matched by comparing
// strings, so the two meet only where a wildcard stands.
//
// Origins are serialized as in https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin.
package origin

import (
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// Codes of the mistakes that Parse finds; package cors documents them.
const (
	Empty             = "origin-empty"
	Null              = "origin-null"
	MissingScheme     = "origin-missing-scheme"
	InvalidScheme     = "origin-invalid-scheme"
	OpaqueScheme      = "origin-opaque-scheme"
	WebSocketScheme   = "origin-websocket-scheme"
	Userinfo          = "origin-userinfo"
	Path              = "origin-path"
	UpperCase         = "origin-upper-case"
	UnicodeHost       = "origin-unicode-host"
	InvalidHost       = "origin-invalid-host"
	HostTooLong       = "origin-host-too-long"
	IPNotCanonical    = "origin-ip-not-canonical"
	InvalidPort       = "origin-invalid-port"
	DefaultPort       = "origin-default-port"
	WildcardAll       = "origin-wildcard-all"
	WildcardMisplaced = "origin-wildcard-misplaced"
	PublicSuffix      = "origin-public-suffix"
)

const (
	maxHost  = 253 // bytes of a host name, RFC 1035 section 2.3.4 less the root label
	maxLabel = 63
	anyPort  = "*"
	punycode = "xn--" // what the labels of Unicode names begin with
)

// A Pattern is a valid origin pattern in its parts.
type Pattern struct {
	Scheme string // lower case
	Sub    bool   // Host's subdomains at any depth rather than Host
	Label  Label  // if it is not zero, Host's direct subdomains of this form
	Host   string // lower case, without what Sub and Label stand for; IPv6 addresses in brackets
	Port   string // "" for the scheme's default, "*" for any, else a number
}

// Exact reports whether p matches one origin only, which is then its text.
func (p Pattern) Exact() bool { return !p.Sub && p.Label == Label{} && p.Port != anyPort }

// Shared reports whether strangers can have subdomains of p's Host of which p
// matches some: those that end in what p's Label ends in.
func (p Pattern) Shared() bool {
	if p.Label == (Label{}) {
		return false
	}
	public, _ := publicSuffix(p.Host)
	return public
}

// String returns the pattern as it is written.
func (p Pattern) String() string {
	s := p.Scheme + "://"
	if p.Sub {
		s += "*."
	}
	if p.Label != (Label{}) {
		s += p.Label.Before + "*" + p.Label.After + "."
	}
	s += p.Host
	if p.Port != "" {
		s += ":" + p.Port
	}
	return s
}

// Loopback reports whether p's hosts never leave the machine: localhost, its
// subdomains and loopback addresses.
// See https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy.
func (p Pattern) Loopback() bool {
	if p.Host == "localhost" || strings.HasSuffix(p.Host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(p.Host, "[]"))
	return err == nil && ip.Unmap().IsLoopback()
}

// Parse reads an origin pattern. It returns the pattern if codes is empty, else
// every mistake once, and the repaired text if one can be guessed.
func Parse(raw string) (p Pattern, codes []string, repair string) {
	var ps parser
	ps.parse(raw)
	if len(ps.codes) == 0 {
		return ps.p, nil, ""
	}
	if !ps.hopeless {
		// A repair must itself be free of mistakes.
		fixed := ps.p.String()
		var again parser
		again.parse(fixed)
		if len(again.codes) == 0 {
			repair = fixed
		}
	}
	return Pattern{}, ps.codes, repair
}

// parser fills p with the parts as they should be and collects what was wrong
// with them on the way.
type parser struct {
	p        Pattern
	codes    []string
	hopeless bool // no repair can be guessed
}

func (ps *parser) mistake(code string) {
	for _, c := range ps.codes {
		if c == code {
			return
		}
	}
	ps.codes = append(ps.codes, code)
}

func (ps *parser) fail(code string) {
	ps.mistake(code)
	ps.hopeless = true
}

func (ps *parser) parse(raw string) {
	s := strings.TrimSpace(raw)
	switch {
	case s == "":
		ps.fail(Empty)
		return
	case strings.EqualFold(s, "null"):
		ps.fail(Null)
		return
	case strings.Trim(s, "*") == "":
		ps.fail(WildcardAll)
		return
	}
	if len(s) != len(raw) {
		ps.mistake(InvalidHost)
	}
	rest, ok := ps.scheme(s)
	if !ok {
		return
	}
	if i := strings.IndexAny(rest, `/?#\`); i >= 0 {
		ps.mistake(Path)
		rest = rest[:i]
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		ps.mistake(Userinfo)
		rest = rest[i+1:]
	}
	host, port, ok := ps.splitPort(rest)
	if !ok {
		return
	}
	ps.host(host)
	if ps.p.Scheme == "" { // only now is it known which one to propose
		ps.p.Scheme = "https"
		if ps.p.Loopback() {
			ps.p.Scheme = "http"
		}
	}
	ps.port(port)
}

// scheme cuts the scheme off s.
func (ps *parser) scheme(s string) (rest string, ok bool) {
	scheme, rest, found := strings.Cut(s, "://")
	if !found || strings.ContainsAny(scheme, "/?#@[") {
		ps.mistake(MissingScheme)
		lower := strings.ToLower(s)
		if name, _, _ := strings.Cut(lower, ":"); opaque(name) {
			ps.codes = nil
			ps.fail(OpaqueScheme)
			return "", false
		}
		for _, known := range []string{"https", "http"} { // https:example.com, https:/example.com
			if strings.HasPrefix(lower, known+":") {
				ps.codes = []string{InvalidScheme}
				ps.p.Scheme = known
				return strings.TrimLeft(s[len(known)+1:], "/"), true
			}
		}
		return strings.TrimLeft(s, "/"), true
	}
	lower := strings.ToLower(scheme)
	if lower != scheme {
		ps.mistake(UpperCase)
	}
	switch {
	case opaque(lower):
		ps.fail(OpaqueScheme)
		return "", false
	case lower == "ws", lower == "wss":
		ps.mistake(WebSocketScheme)
		lower = strings.Replace(lower, "ws", "http", 1)
	case !validScheme(lower):
		ps.mistake(InvalidScheme)
		lower = ""
	}
	ps.p.Scheme = lower
	return rest, true
}

// opaque reports whether pages of this scheme have opaque origins.
func opaque(scheme string) bool {
	switch scheme {
	case "file", "data", "blob", "about", "javascript", "view-source", "filesystem":
		return true
	}
	return false
}

// validScheme follows RFC 3986 section 3.1, lower case only.
func validScheme(s string) bool {
	for i := range len(s) {
		c := s[i]
		if lower := 'a' <= c && c <= 'z'; lower || i > 0 && ('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.') {
			continue
		}
		return false
	}
	return s != ""
}

// splitPort separates host and port; ":" belongs to port.
func (ps *parser) splitPort(s string) (host, port string, ok bool) {
	if strings.HasPrefix(s, "[") {
		if i := strings.IndexByte(s, ']'); i >= 0 {
			host, port = s[:i+1], s[i+1:]
			if port == "" || port[0] == ':' {
				return host, port, true
			}
		}
		ps.fail(InvalidHost)
		return "", "", false
	}
	if strings.Count(s, ":") > 1 { // an IPv6 address without its brackets?
		if _, err := netip.ParseAddr(s); err != nil {
			ps.fail(InvalidHost)
			return "", "", false
		}
		ps.mistake(IPNotCanonical)
		return "[" + s + "]", "", true
	}
	if i := strings.IndexByte(s, ':'); i >= 0 {
		return s[:i], s[i:], true
	}
	return s, "", true
}

// port reads ":8443", ":*" or "".
func (ps *parser) port(s string) {
	if s == "" {
		return
	}
	s = s[1:]
	if s == anyPort {
		ps.p.Port = anyPort
		return
	}
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 {
		ps.fail(InvalidPort)
		return
	}
	canonical := strconv.FormatUint(n, 10)
	if canonical != s {
		ps.mistake(InvalidPort)
	}
	if canonical == defaultPort(ps.p.Scheme) {
		ps.mistake(DefaultPort)
		return
	}
	ps.p.Port = canonical
}

func defaultPort(scheme string) string {
	switch scheme {
	case "https":
		return "443"
	case "http":
		return "80"
	}
	return ""
}

func (ps *parser) host(h string) {
	if h == "" {
		ps.fail(InvalidHost)
		return
	}
	if strings.Trim(h, "*.") == "" {
		ps.fail(WildcardAll)
		return
	}
	if rest, ok := strings.CutPrefix(h, "*."); ok {
		ps.p.Sub, h = true, rest
	} else if h[0] == '.' {
		ps.mistake(InvalidHost)
		ps.p.Sub, h = true, h[1:]
	}
	if h = ps.label(h); ps.hopeless {
		return
	}
	if strings.Contains(h, "*") {
		ps.mistake(WildcardMisplaced)
		rest := strings.TrimLeft(h, "*.")
		ps.hopeless = ps.hopeless || ps.p.Sub || rest == h || strings.Contains(rest, "*")
		if ps.hopeless {
			return
		}
		ps.p.Sub, h = true, rest
	}
	if !isASCII(h) {
		ps.mistake(UnicodeHost)
		a, err := idna.Lookup.ToASCII(h)
		if err != nil || a == "" { // of characters that are ignored nothing is left
			ps.fail(InvalidHost)
			return
		}
		h = a
	}
	if lower := strings.ToLower(h); lower != h {
		ps.mistake(UpperCase)
		h = lower
	}
	special := ps.p.Scheme == "" || defaultPort(ps.p.Scheme) != "" // the URL standard's special schemes
	if h[0] == '[' || special && endsInNumber(h) {
		ps.ip(h)
		return
	}
	if trimmed := strings.TrimSuffix(h, "."); trimmed != h {
		ps.mistake(InvalidHost)
		h = trimmed
	}
	ps.p.Host = h
	if ps.shortest() > maxHost {
		ps.fail(HostTooLong)
	}
	for label := range strings.SplitSeq(h, ".") {
		if len(label) > maxLabel {
			ps.fail(HostTooLong)
		}
		if !validLabel(label) || special && !canBeName(label) {
			ps.fail(InvalidHost)
			break
		}
	}
	if !ps.hopeless {
		ps.suffix()
	}
}

// shortest is the length of the shortest host that the pattern matches.
func (ps *parser) shortest() int {
	n := len(ps.p.Host)
	switch {
	case ps.p.Sub:
		n += len("x.")
	case ps.p.Label != Label{}:
		n += len(ps.p.Label.Before) + len("x") + len(ps.p.Label.After) + len(".")
	}
	return n
}

// canBeName reports whether a valid label can be one of a name in the DNS: it
// neither begins nor ends with a hyphen (RFC 1123 section 2.1), and if it says
// that it stands for a Unicode name, it does.
func canBeName(label string) bool {
	if strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
		return false
	}
	if !strings.HasPrefix(label, punycode) {
		return true
	}
	ascii, err := unicodeNames.ToASCII(label)
	return err == nil && ascii == label
}

// unicodeNames reads names as browsers do.
// See https://url.spec.whatwg.org/#concept-domain-to-ascii.
var unicodeNames = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(), idna.CheckJoiners(true),
	idna.StrictDomainName(false), idna.CheckHyphens(false), idna.VerifyDNSLength(false))

func (ps *parser) ip(h string) {
	canonical, ok := canonicalIP(h)
	if !ok {
		ps.fail(InvalidHost)
		return
	}
	if canonical != h {
		ps.mistake(IPNotCanonical)
	}
	if ps.p.Sub || ps.p.Label != (Label{}) {
		ps.fail(WildcardMisplaced)
	}
	ps.p.Host = canonical
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// validLabel accepts what browsers let through in practice: letters, digits,
// hyphens, and underscores, which host names in the DNS do have.
func validLabel(s string) bool {
	for i := range len(s) {
		if c := s[i]; !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return s != ""
}

// publicSuffix reports whether strangers can register names below host, or
// below every name below host: the list has rules such as *.kawasaki.jp, of
// which kawasaki.jp is no match. Names that are not on the list and have one
// label (localhost, internal) are not for the public: nobody can register them.
// Names below the suffixes of icann come from registries, others from the
// company whose domain it is.
func publicSuffix(host string) (public, icann bool) {
	suffix, icann := publicsuffix.PublicSuffix(host)
	if suffix == host && (icann || strings.Contains(suffix, ".")) {
		return true, icann
	}
	below := "any-name." + host
	suffix, icann = publicsuffix.PublicSuffix(below)
	return suffix == below, icann
}
