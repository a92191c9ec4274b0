package route

import (
	"fmt"
	"net/netip"
	"strings"
)

// host checks text[from:to], and reports whether what follows is worth reading
// as a path.
func (p *parser) host(from, to int, afterMethod bool) bool {
	host := p.text[from:to]
	switch {
	case strings.HasPrefix(host, "{") && (strings.HasSuffix(host, "}") || !strings.Contains(host, "}")):
		p.fail(PatternMissingSlash, from, from, p.with(from, from, "/"), "")
		return false
	case strings.ContainsAny(host, "{}*"):
		p.fail(PatternHostWildcard, from, to, "", "")
	case strings.ContainsAny(host, " \t"):
		repair := ""
		if name := strings.TrimRight(host, " \t"); !strings.ContainsAny(name, " \t") {
			repair = p.with(from, to, name)
		}
		p.fail(PatternSpace, from, to, repair, "no space stands between host and path")
	case !afterMethod && isKnownMethod(host):
		p.fail(PatternSpace, to, to, p.with(to, to, " "), "a space belongs between method and path")
	case strings.Contains(host, "@"):
		at := from + strings.LastIndexByte(host, '@') + 1
		p.fail(PatternHostInvalid, from, at, p.with(from, at, ""), "a host has no user name")
	default:
		name, port := cutPort(host)
		if port != "" {
			p.fail(PatternHostPort, from+len(name), to, p.with(from+len(name), to, ""), "")
		}
		if name != "" {
			p.hostName(from, from+len(name))
		}
	}
	return true
}

// hostName checks text[from:to], a host without port.
func (p *parser) hostName(from, to int) {
	name := p.text[from:to]
	canonical := strings.ToLower(strings.TrimSuffix(name, "."))
	fail := func(code Code, repaired, detail string) {
		repair := ""
		if repaired != "" {
			repair = p.with(from, to, repaired)
		}
		p.fail(code, from, to, repair, detail)
	}
	switch {
	case strings.ContainsAny(name, "[]:"):
		addr, err := netip.ParseAddr(strings.Trim(name, "[]"))
		switch canonical := "[" + addr.String() + "]"; {
		case err != nil || !addr.Is6() || addr.Is4In6() || addr.Zone() != "":
			fail(PatternHostInvalid, "", "this is not an IPv6 address as browsers send it")
		case name != canonical:
			fail(PatternHostInvalid, canonical, "IPv6 addresses stand in brackets, in the canonical form that browsers send")
		}
	case len(canonical) > maxHostLength:
		fail(PatternHostInvalid, "", fmt.Sprintf("a host name has at most %d bytes", maxHostLength))
	case !isHostName(canonical):
		fail(PatternHostInvalid, "", "")
	case endsInNumber(canonical) && !isIPv4(canonical):
		fail(PatternHostInvalid, "", "a host that ends in a number is an IPv4 address of four decimal numbers")
	case name != strings.ToLower(name):
		fail(PatternHostUpperCase, strings.ToLower(name), "")
	case name != canonical:
		fail(PatternHostInvalid, canonical, "the dot at the end is left out; hosts are compared without it")
	}
}

// cutPort splits the port with its colon off a host as in a Host header. What
// is neither a name nor an IPv4 address nor an IPv6 address in brackets stays
// whole, so it equals the host of no pattern.
func cutPort(host string) (name, port string) {
	colon := strings.IndexByte(host, ':')
	if strings.HasPrefix(host, "[") {
		colon = strings.IndexByte(host, ']') + 1
		if colon == 0 || colon < len(host) && host[colon] != ':' {
			return host, ""
		}
	}
	if colon < 0 || strings.IndexByte(host[min(colon+1, len(host)):], ':') >= 0 {
		return host, ""
	}
	return host[:colon], host[colon:]
}

// isHostName reports whether s could stand in a Host header as a name or an
// IPv4 address: labels of letters, digits, hyphens and underscores.
func isHostName(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for i := range len(label) {
			if c := label[i]; !isAlphanumeric(c) && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}

// endsInNumber reports whether browsers would take s for an IPv4 address.
// See https://url.spec.whatwg.org/#ends-in-a-number-checker.
func endsInNumber(s string) bool {
	label := s[strings.LastIndexByte(s, '.')+1:]
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

func isIPv4(s string) bool {
	addr, err := netip.ParseAddr(s)
	return err == nil && addr.Is4()
}
