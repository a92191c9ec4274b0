package route

import "strings"

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
