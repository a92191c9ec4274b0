package browser

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// This file parses URLs as browsers do (https://url.spec.whatwg.org/), as far
// as requests need it: the special schemes http, https, ws and wss. net/url
// follows RFC 3986 instead, and the differences (backslashes, "http:host",
// IPv4 numbers, percent-encoded hosts) decide which origin a URL has.

// An address is a parsed URL. Those that are not hierarchical (data:, blob:,
// about:) keep everything after the scheme in path.
type address struct {
	scheme     string // lower case
	user, pass string // percent-encoded
	host       string // serialized: "example.com", "127.0.0.1", "[::1]"
	port       string // without default ports
	path       string // begins with "/" if special
	query      string // with its "?", "" for none
	fragment   string // with its "#", "" for none

	originText string // see serializedOrigin
}

var errRelative = errors.New("relative URL without a base")

// parseAddress parses raw against base, which may be nil.
func parseAddress(raw string, base *address) (*address, error) {
	s := strings.TrimFunc(raw, func(r rune) bool { return r <= ' ' })
	if strings.ContainsAny(s, "\t\n\r") {
		s = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(s)
	}
	a := new(address)
	if i := strings.IndexByte(s, '#'); i >= 0 {
		a.fragment = "#" + encodeFragment(s[i+1:])
		s = s[:i]
	}
	scheme, rest, ok := cutScheme(s)
	switch {
	case !ok:
		if base == nil || !base.special() {
			return nil, errRelative
		}
		a.scheme = base.scheme
		return a, a.parseRelative(s, base)
	case !isSpecial(scheme):
		a.scheme, a.path = scheme, rest
		return a, nil
	}
	a.scheme = scheme
	// "https:path" is relative to a base of the same scheme.
	if base != nil && base.scheme == scheme && !hasSlashes(rest) {
		return a, a.parseRelative(rest, base)
	}
	return a, a.parseAuthority(strings.TrimLeft(rest, `/\`))
}

func isSpecial(scheme string) bool {
	switch scheme {
	case "http", "https", "ws", "wss":
		return true
	}
	return false
}

func (a *address) special() bool { return isSpecial(a.scheme) }

func hasSlashes(s string) bool {
	return len(s) >= 2 && (s[0] == '/' || s[0] == '\\') && (s[1] == '/' || s[1] == '\\')
}

// cutScheme splits "Scheme:rest" and lower-cases the scheme.
func cutScheme(s string) (scheme, rest string, ok bool) {
	i := strings.IndexByte(s, ':')
	if i <= 0 {
		return "", "", false
	}
	for j := 0; j < i; j++ {
		c := s[j] | 0x20
		alpha := 'a' <= c && c <= 'z'
		if !alpha && (j == 0 || !strings.ContainsRune("0123456789+-.", rune(s[j]))) {
			return "", "", false
		}
	}
	return strings.ToLower(s[:i]), s[i+1:], true
}

// parseRelative fills a, whose scheme is set, from s and base.
func (a *address) parseRelative(s string, base *address) error {
	if hasSlashes(s) {
		return a.parseAuthority(strings.TrimLeft(s, `/\`))
	}
	a.user, a.pass, a.host, a.port = base.user, base.pass, base.host, base.port
	if s == "" {
		a.path, a.query = base.path, base.query
		return nil
	}
	path, query := cutQuery(s)
	switch {
	case path == "":
		a.path = base.path
	case path[0] == '/' || path[0] == '\\':
		a.path = normalizePath(path)
	default:
		dir := base.path[:strings.LastIndexByte(base.path, '/')+1]
		a.path = normalizePath(dir + path)
	}
	a.query = query
	return nil
}

// parseAuthority parses "user:pass@host:port/path?query".
func (a *address) parseAuthority(s string) error {
	end := strings.IndexAny(s, `/\?`)
	if end < 0 {
		end = len(s)
	}
	authority, rest := s[:end], s[end:]
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		user, pass, _ := strings.Cut(authority[:i], ":")
		a.user, a.pass = encodeUserinfo(user), encodeUserinfo(pass)
		authority = authority[i+1:]
	}
	host, port := authority, ""
	if i := strings.LastIndexByte(authority, ':'); i >= 0 && i > strings.LastIndexByte(authority, ']') {
		host, port = authority[:i], authority[i+1:]
	}
	var err error
	if a.host, err = parseHost(host); err != nil {
		return err
	}
	if a.port, err = parsePort(port, a.scheme); err != nil {
		return err
	}
	path, query := cutQuery(rest)
	a.path, a.query = normalizePath(path), query
	return nil
}

func parsePort(port, scheme string) (string, error) {
	if port == "" {
		return "", nil
	}
	for i := 0; i < len(port); i++ {
		if port[i] < '0' || '9' < port[i] {
			return "", fmt.Errorf("invalid port %q", port)
		}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", fmt.Errorf("port %s is out of range", port)
	}
	if n == defaultPort(scheme) {
		return "", nil
	}
	if port[0] == '0' {
		return strconv.FormatUint(n, 10), nil
	}
	return port, nil
}

func defaultPort(scheme string) uint64 {
	switch scheme {
	case "http", "ws":
		return 80
	case "https", "wss":
		return 443
	}
	return 0
}

// parseHost serializes a special URL's host
// (https://url.spec.whatwg.org/#concept-host-parser).
func parseHost(s string) (string, error) {
	if s == "" {
		return "", errors.New("empty host")
	}
	if s[0] == '[' {
		ip, err := netip.ParseAddr(strings.TrimSuffix(s[1:], "]"))
		if err != nil || s[len(s)-1] != ']' || !ip.Is6() || ip.Zone() != "" {
			return "", fmt.Errorf("invalid IPv6 address %q", s)
		}
		return "[" + serializeIPv6(ip) + "]", nil
	}
	host, plain := s, true
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_') {
			plain = false
			break
		}
	}
	if !plain || strings.Contains(s, "xn--") {
		decoded := unescape(s)
		ascii, err := hostProfile.ToASCII(decoded)
		host = strings.ToLower(ascii)
		if err != nil || !utf8.ValidString(decoded) || host == "" || strings.ContainsAny(host, forbiddenDomainBytes) {
			return "", fmt.Errorf("invalid host %q", s)
		}
		// What Punycode hides must itself be a valid name.
		if again, err := hostProfile.ToASCII(host); err != nil || again != host {
			return "", fmt.Errorf("invalid host %q", s)
		}
	}
	if endsInNumber(host) {
		return parseIPv4(host)
	}
	return host, nil
}

// hostProfile is UTS 46 as the URL standard configures it.
var hostProfile = idna.New(idna.MapForLookup(), idna.Transitional(false),
	idna.StrictDomainName(false), idna.CheckHyphens(false), idna.VerifyDNSLength(false))

const forbiddenDomainBytes = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f" +
	"\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f #/:<>?@[\\]^|%\x7f"

func serializeIPv6(ip netip.Addr) string {
	if !ip.Is4In6() {
		return ip.String()
	}
	// netip writes ::ffff:1.2.3.4, the URL standard ::ffff:102:304.
	b := ip.As16()
	return fmt.Sprintf("::ffff:%x:%x", uint16(b[12])<<8|uint16(b[13]), uint16(b[14])<<8|uint16(b[15]))
}

// endsInNumber reports whether the host must be an IPv4 address
// (https://url.spec.whatwg.org/#ends-in-a-number-checker).
func endsInNumber(host string) bool {
	host = strings.TrimSuffix(host, ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last == "" || last[0] < '0' || '9' < last[0] {
		return false
	}
	if strings.Trim(last, "0123456789") == "" {
		return true
	}
	_, err := parseIPv4Number(last)
	return err == nil
}

func parseIPv4Number(s string) (uint64, error) {
	base := 10
	if len(s) >= 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		if s, base = s[2:], 16; s == "" {
			return 0, nil
		}
	} else if len(s) >= 2 && s[0] == '0' {
		s, base = s[1:], 8
	}
	n, err := strconv.ParseUint(s, base, 64)
	if errors.Is(err, strconv.ErrRange) {
		err = nil // a number, and n is larger than any part of an address
	}
	return n, err
}

func parseIPv4(host string) (string, error) {
	parts := strings.Split(strings.TrimSuffix(host, "."), ".")
	bad := fmt.Errorf("invalid IPv4 address %q", host)
	if len(parts) > 4 {
		return "", bad
	}
	var ip uint64
	for i, p := range parts {
		n, err := parseIPv4Number(p)
		if err != nil || p == "" {
			return "", bad
		}
		if i < len(parts)-1 {
			if n > 255 {
				return "", bad
			}
			ip += n << (8 * (3 - i))
			continue
		}
		if n >= 1<<(8*(5-len(parts))) {
			return "", bad
		}
		ip += n
	}
	return netip.AddrFrom4([4]byte{byte(ip >> 24), byte(ip >> 16), byte(ip >> 8), byte(ip)}).String(), nil
}

func cutQuery(s string) (path, query string) {
	if i := strings.IndexByte(s, '?'); i >= 0 {
		return s[:i], "?" + encodeQuery(s[i+1:])
	}
	return s, ""
}

// normalizePath turns backslashes into slashes, removes dot segments and
// encodes what must be encoded.
func normalizePath(p string) string {
	if p == "" {
		return "/"
	}
	if strings.IndexByte(p, '\\') >= 0 {
		p = strings.ReplaceAll(p, `\`, "/")
	}
	if p[0] != '/' {
		p = "/" + p
	}
	p = encodePath(p)
	if strings.Contains(p, "/.") || strings.Contains(p, "/%2") {
		p = removeDots(p)
	}
	return p
}

func removeDots(p string) string {
	in := strings.Split(p[1:], "/")
	out := make([]string, 0, len(in))
	for i, seg := range in {
		last := i == len(in)-1
		switch dots(seg) {
		case 2:
			if len(out) > 0 {
				out = out[:len(out)-1]
			}
			if last {
				out = append(out, "")
			}
		case 1:
			if last {
				out = append(out, "")
			}
		default:
			out = append(out, seg)
		}
	}
	return "/" + strings.Join(out, "/")
}

// dots returns 1 or 2 for a single- or double-dot segment, else 0.
func dots(seg string) int {
	n := 0
	for seg != "" {
		switch {
		case seg[0] == '.':
			seg = seg[1:]
		case len(seg) >= 3 && seg[0] == '%' && seg[1] == '2' && seg[2]|0x20 == 'e':
			seg = seg[3:]
		default:
			return 0
		}
		if n++; n > 2 {
			return 0
		}
	}
	return n
}

func encodeUserinfo(s string) string { return percentEncode(s, " \"#<>?^`{}/:;=@[\\]|") }
func encodePath(s string) string     { return percentEncode(s, " \"#<>?^`{}") }
func encodeQuery(s string) string    { return percentEncode(s, " \"#<>'") }
func encodeFragment(s string) string { return percentEncode(s, " \"<>`") }

// percentEncode encodes controls, non-ASCII bytes and those in set.
func percentEncode(s, set string) string {
	needs := func(c byte) bool { return c < 0x20 || c > 0x7e || strings.IndexByte(set, c) >= 0 }
	i := 0
	for i < len(s) && !needs(s[i]) {
		i++
	}
	if i == len(s) {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:i])
	for ; i < len(s); i++ {
		if c := s[i]; needs(c) {
			const hex = "0123456789ABCDEF"
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// unescape decodes percent-escapes and keeps those that are none.
func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// isHTTP reports whether a has an HTTP(S) scheme (#http-scheme).
func (a *address) isHTTP() bool { return a.scheme == "http" || a.scheme == "https" }

// hasCredentials reports whether a includes credentials.
func (a *address) hasCredentials() bool { return a.user != "" || a.pass != "" }

// hostPort returns the host and, unless it is the default, the port.
func (a *address) hostPort() string {
	if a.port == "" {
		return a.host
	}
	return a.host + ":" + a.port
}

// serializedOrigin is a.origin().String(), put together once.
func (a *address) serializedOrigin() string {
	if a.originText == "" {
		a.originText = a.origin().String()
	}
	return a.originText
}

// wire returns the URL as it is requested: without credentials and fragment.
func (a *address) wire() string {
	if !a.special() {
		return a.scheme + ":" + a.path
	}
	return a.serializedOrigin() + a.path + a.query
}

// String serializes a.
func (a *address) String() string {
	if !a.special() {
		return a.scheme + ":" + a.path + a.fragment
	}
	if !a.hasCredentials() {
		return a.wire() + a.fragment
	}
	userinfo := a.user
	if a.pass != "" {
		userinfo += ":" + a.pass
	}
	return a.scheme + "://" + userinfo + "@" + a.hostPort() + a.path + a.query + a.fragment
}
