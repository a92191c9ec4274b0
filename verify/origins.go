package verify

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

const label = "concors-verify" // stands for * in patterns

// sampleOf is an origin that a pattern matches.
func sampleOf(pattern string) string {
	if stem, ok := strings.CutSuffix(pattern, ":*"); ok {
		pattern = stem + ":49731"
	}
	return strings.ReplaceAll(pattern, "*", label)
}

// near are origins that look like an allowed one. Whether they are allowed the
// document says.
func near(pattern string) []string {
	origin := sampleOf(pattern)
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return nil
	}
	host, port := u.Hostname(), u.Port()
	with := func(host string) string {
		if port != "" {
			host += ":" + port
		}
		return u.Scheme + "://" + host
	}
	twin := "http"
	if u.Scheme == "http" {
		twin = "https"
	}
	list := []string{twin + strings.TrimPrefix(origin, u.Scheme)}
	if port == "" {
		list = append(list, origin+":49732")
	} else {
		list = append(list, u.Scheme+"://"+host)
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return list
	}
	list = append(list, u.Scheme+"://"+host+"."+label+".net", with(label+"."+host), with(host+"."))
	if _, parent, ok := strings.Cut(host, "."); ok {
		list = append(list, with(parent))
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return list
	}
	suffix, _ := publicsuffix.PublicSuffix(host)
	list = append(list,
		with(domain), with(label+domain), with(label+"."+domain),
		with(strings.TrimSuffix(host, suffix)+"verify"),
		u.Scheme+"://"+host+"_."+label+".net",
	)
	if sub, ok := strings.CutSuffix(host, "."+domain); ok {
		list = append(list, with(sub+"x"+domain), with(strings.ReplaceAll(sub, ".", "-")+"-"+domain))
	}
	slices.Sort(list)
	list = slices.Compact(list)
	return slices.DeleteFunc(list, func(o string) bool { return o == origin })
}
