package origin

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// endsInNumber reports whether browsers take host for an IPv4 address.
// See https://url.spec.whatwg.org/#ends-in-a-number-checker.
func endsInNumber(host string) bool {
	last := strings.TrimSuffix(host, ".")
	last = last[strings.LastIndexByte(last, '.')+1:]
	if last == "" {
		return false
	}
	if strings.Trim(last, "0123456789") == "" {
		return true
	}
	_, ok := ipv4Number(last)
	return ok
}

// canonicalIP returns the form in which browsers serialize an IP address that
// is written in any form that they accept. IPv6 addresses stand in brackets.
// See https://url.spec.whatwg.org/#host-serializing.
func canonicalIP(host string) (string, bool) {
	if host[0] != '[' {
		ip, ok := parseIPv4(host)
		return ip.String(), ok
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil || !ip.Is6() || ip.Zone() != "" {
		return "", false
	}
	if ip.Is4In6() { // netip writes ::ffff:127.0.0.1, browsers write pieces
		b := ip.As16()
		return fmt.Sprintf("[::ffff:%x:%x]", uint16(b[12])<<8|uint16(b[13]), uint16(b[14])<<8|uint16(b[15])), true
	}
	return "[" + ip.String() + "]", true
}

// parseIPv4 reads an IPv4 address as browsers do: one to four parts, each
// decimal, octal or hexadecimal, the last filling the remaining bytes.
// See https://url.spec.whatwg.org/#concept-ipv4-parser.
func parseIPv4(host string) (netip.Addr, bool) {
	parts := strings.Split(strings.TrimSuffix(host, "."), ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var ip uint64
	for i, part := range parts {
		n, ok := ipv4Number(part)
		if !ok {
			return netip.Addr{}, false
		}
		if i < len(parts)-1 {
			if n > 255 {
				return netip.Addr{}, false
			}
			ip = ip<<8 | n
			continue
		}
		left := 8 * uint(5-len(parts))
		if n >= 1<<left {
			return netip.Addr{}, false
		}
		ip = ip<<left | n
	}
	return netip.AddrFrom4([4]byte{byte(ip >> 24), byte(ip >> 16), byte(ip >> 8), byte(ip)}), true
}

// ipv4Number follows https://url.spec.whatwg.org/#ipv4-number-parser.
func ipv4Number(s string) (uint64, bool) {
	base := 10
	switch {
	case s == "":
		return 0, false
	case len(s) >= 2 && (s[:2] == "0x" || s[:2] == "0X"):
		s, base = s[2:], 16
	case len(s) >= 2 && s[0] == '0':
		s, base = s[1:], 8
	}
	if s == "" { // "0x" is zero
		return 0, true
	}
	if s[0] == '+' || s[0] == '-' || s[0] == '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(s, base, 33)
	// What is out of range is a number nevertheless, and none of an address.
	return n, err == nil || errors.Is(err, strconv.ErrRange)
}
