package browser

import (
	"net/netip"
	"strings"
)

// addressSpace guesses an address space from a host: names say nothing, unless
// they are reserved for the local network.
func addressSpace(host string) AddressSpace {
	if isLoopback(host) {
		return Loopback
	}
	if ip, ok := hostIP(host); ok {
		ip = ip.Unmap()
		if ip.IsPrivate() || ip.IsLinkLocalUnicast() || sharedSpace.Contains(ip) {
			return Local
		}
		if ip.IsUnspecified() {
			return Loopback
		}
		return Public
	}
	if strings.HasSuffix(host, ".local") {
		return Local
	}
	return Public
}

// sharedSpace is RFC 6598's, which Local Network Access counts as local.
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// localNetworkAccess decides whether the page may connect to the server's
// address at all (https://wicg.github.io/local-network-access/). Preflights of
// the older Private Network Access are gone: browsers ask the visitor. Only pages
// from public addresses are restricted, those of the local network are not.
func (f *fetch) localNetworkAccess() *Failure {
	r := &f.req
	if !f.prof.localNetworkAccess || r.dest == "document" {
		return nil
	}
	server := f.lnaSpace
	if server == "" || len(r.urls) > 1 {
		server = addressSpace(r.url().host)
	}
	if f.page.space != Public || server == Public {
		return nil
	}
	const section = "https://wicg.github.io/local-network-access/"
	switch {
	case !f.page.secure:
		return f.fail(LocalNetworkInsecure, section, string(server), string(f.page.space))
	case server == Loopback && !f.page.loopbackAllowed, server == Local && !f.page.localAllowed:
		return f.fail(LocalNetworkPermission, section, string(server), string(f.page.space))
	}
	f.step(section, "The visitor allowed the page to reach %s addresses.", string(server))
	return nil
}
