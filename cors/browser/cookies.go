package browser

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"
)

// Cookies is a cookie store (RFC 6265bis). The zero value is empty and ready.
// It may be used by several goroutines at once.
type Cookies struct {
	mu  sync.Mutex
	all []cookie // guarded by mu
}

type cookie struct {
	name, value string
	domain      string // without a leading dot
	hostOnly    bool
	path        string
	secure      bool
	sameSite    SameSite
	partition   string // the top-level site it is confined to, "" for none
	created     time.Time
	expires     time.Time // zero: a session cookie
}

// ThirdPartyCookies says what becomes of cookies of another site than the one
// in the address bar.
type ThirdPartyCookies uint8

const (
	ThirdPartyDefault     ThirdPartyCookies = iota // as the profile's browser does when it is new
	ThirdPartySent                                 // they are like any other
	ThirdPartyPartitioned                          // each top-level site has its own
	ThirdPartyBlocked                              // none are sent or kept
	ThirdPartyNotKept                              // those that are there are sent, none are kept
)

// SameSite is a cookie's SameSite attribute.
type SameSite uint8

const (
	SameSiteUnset SameSite = iota // browsers assume Lax (Chromium) or None
	SameSiteNone
	SameSiteLax
	SameSiteStrict
)

// String returns the attribute's value, "" for SameSiteUnset.
func (s SameSite) String() string { return [...]string{"", "None", "Lax", "Strict"}[s] }

// Set stores a cookie as a server at rawURL would set it with the Set-Cookie
// line, while the visitor has that site open. The error says why browsers
// would reject it.
func (c *Cookies) Set(rawURL, setCookie string) error {
	u, err := parseAddress(rawURL, nil)
	if err != nil {
		return fmt.Errorf("browser: %q: %w", rawURL, err)
	}
	reason := c.store(setCookie, u, cookieContext{sameSite: modeStrict, now: time.Now(), prof: &behaviours[Standard]})
	if reason != "" {
		return fmt.Errorf("browser: a cookie of %s: %s", u.origin(), reason) // what it says is a secret
	}
	return nil
}

// sameSiteMode is what "determine the same-site mode" returns
// (#determine-the-same-site-mode).
type sameSiteMode uint8

const (
	modeCrossSite sameSiteMode = iota // "unset-or-less"
	modeLax                           // "lax-or-less"
	modeStrict                        // "strict-or-less"
)

type cookieContext struct {
	sameSite   sameSiteMode
	unsafeTop  bool   // a top-level navigation with an unsafe method
	partition  string // the top-level site if that is not the server's, else ""
	thirdParty bool
	now        time.Time
	prof       *behaviour

	thirdPartyCookies ThirdPartyCookies
}

// cookieContext describes the current request to the cookie store.
func (f *fetch) cookieContext() cookieContext {
	r := &f.req
	to := r.url().origin()
	sameSite := origin.sameSite
	if f.prof.cookiesIgnoreScheme {
		sameSite = origin.schemelesslySameSite
	}
	ctx := cookieContext{now: f.now(), prof: f.prof, sameSite: modeStrict, thirdPartyCookies: f.thirdPartyCookies()}
	if r.dest == "document" {
		if !sameSite(r.origin, to) || f.prof.cookiesByTopDomain && !sameSite(f.page.top, to) || r.taintedCrossSite() && f.prof.cookiesSeeRedirects {
			ctx.sameSite = modeLax
			if r.method != "GET" && r.method != "HEAD" {
				ctx.sameSite, ctx.unsafeTop = modeCrossSite, true
			}
		}
		return ctx // top-level navigations are never third-party
	}
	if f.prof.cookiesByTopDomain {
		if !f.page.top.schemelesslySameSite(to) {
			ctx.sameSite, ctx.thirdParty, ctx.partition = modeCrossSite, true, f.page.top.site()
		}
		if r.taintedCrossSite() && !to.sameOrigin(f.page.origin) {
			ctx.sameSite = modeCrossSite
		}
		return ctx
	}
	if f.page.crossSiteAncestor || !sameSite(f.page.top, f.page.origin) || !sameSite(f.page.top, to) || r.taintedCrossSite() && f.prof.cookiesSeeRedirects {
		ctx.sameSite = modeCrossSite
	}
	switch {
	case f.page.origin.opaque() && ctx.thirdPartyCookies == ThirdPartyPartitioned:
		ctx.thirdParty, ctx.partition = true, "null" // a partition of its own
	case !sameSite(f.page.top, to), !sameSite(f.page.top, f.page.origin):
		ctx.thirdParty, ctx.partition = true, f.page.top.site()
	}
	return ctx
}

// thirdPartyCookies is the visitor's setting, or else the browser's.
func (f *fetch) thirdPartyCookies() ThirdPartyCookies {
	if f.b.ThirdPartyCookies != ThirdPartyDefault {
		return f.b.ThirdPartyCookies
	}
	return f.prof.thirdPartyCookies
}

// secureFor reports whether Secure cookies go to u.
func (ctx *cookieContext) secureFor(u *address) bool {
	return u.scheme == "https" || u.scheme == "wss" || ctx.prof.secureCookiesOnLoopback && isLoopback(u.host)
}

// appendCookies is "append a request `Cookie` header"
// (#append-a-request-cookie-header). It also notes which cookies stayed home.
func (f *fetch) appendCookies(s *sentRequest, include bool) {
	if f.b.Cookies == nil {
		return
	}
	u := f.req.url()
	value, withheld := f.b.Cookies.retrieve(u, f.cookieContext())
	if !include {
		if value != "" {
			f.note(NoteCookiesNotIncluded, "#concept-request-credentials-mode", cookieNames(value))
		}
		return
	}
	for _, w := range withheld {
		f.note(w.reason, "https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-retrieval-algorithm", w.name)
	}
	if value != "" {
		s.set("Cookie", value)
	}
}

func cookieNames(header string) string {
	var names []string
	for pair := range strings.SplitSeq(header, "; ") {
		name, _, _ := strings.Cut(pair, "=")
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// storeCookies is "parse and store response `Set-Cookie` headers"
// (#parse-and-store-response-set-cookie-headers).
func (f *fetch) storeCookies(res *response) {
	if f.b.Cookies == nil {
		return
	}
	lines := res.header["Set-Cookie"]
	if len(lines) == 0 {
		return
	}
	ctx := f.cookieContext()
	for _, line := range lines {
		if reason := f.b.Cookies.store(line, res.url, ctx); reason != "" {
			name, _, _ := strings.Cut(line, "=")
			f.note(NoteCookieRejected, "https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-storage-model",
				strings.TrimSpace(name)+": "+reason)
		}
	}
}

type withheld struct {
	name   string
	reason NoteCode
}

// retrieve returns the Cookie header's value, and the cookies of u that are
// not sent because of how the request came about.
func (c *Cookies) retrieve(u *address, ctx cookieContext) (string, []withheld) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var send []*cookie
	var kept []withheld
	for i := range c.all {
		k := &c.all[i]
		if !k.matches(u) || !k.expires.IsZero() && !ctx.now.Before(k.expires) {
			continue
		}
		if k.partition != "" && k.partition != orDefault(ctx.partition, u.origin().site()) {
			continue
		}
		switch {
		case k.secure && !ctx.secureFor(u):
			kept = append(kept, withheld{k.name, NoteCookieSecure})
		case ctx.thirdParty && k.partition == "" && (ctx.thirdPartyCookies == ThirdPartyPartitioned || ctx.thirdPartyCookies == ThirdPartyBlocked):
			kept = append(kept, withheld{k.name, NoteCookieThirdParty})
		case !k.allowedIn(&ctx):
			kept = append(kept, withheld{k.name, NoteCookieSameSite})
		default:
			send = append(send, k)
		}
	}
	// Longer paths first, then older cookies.
	slices.SortStableFunc(send, func(a, b *cookie) int {
		if d := len(b.path) - len(a.path); d != 0 {
			return d
		}
		return a.created.Compare(b.created)
	})
	var b strings.Builder
	for i, k := range send {
		if i > 0 {
			b.WriteString("; ")
		}
		if k.name != "" {
			b.WriteString(k.name + "=")
		}
		b.WriteString(k.value)
	}
	return b.String(), kept
}

// laxAllowUnsafe is how young a cookie without SameSite must be for Chromium
// to send it with a cross-site POST navigation.
const laxAllowUnsafe = 2 * time.Minute

func (k *cookie) allowedIn(ctx *cookieContext) bool {
	switch k.sameSite {
	case SameSiteNone:
		return true
	case SameSiteStrict:
		return ctx.sameSite == modeStrict
	case SameSiteUnset:
		if !ctx.prof.laxByDefault {
			return true
		}
		if ctx.unsafeTop && ctx.now.Sub(k.created) < laxAllowUnsafe {
			return true
		}
	}
	return ctx.sameSite >= modeLax
}

func (k *cookie) matches(u *address) bool {
	if u.host != k.domain && (k.hostOnly || !domainMatch(u.host, k.domain)) {
		return false
	}
	rest, ok := strings.CutPrefix(u.path, k.path)
	return ok && (rest == "" || strings.HasSuffix(k.path, "/") || rest[0] == '/')
}

func domainMatch(host, domain string) bool {
	return strings.HasSuffix(host, "."+domain) && !isIP(host)
}

// store parses and stores one Set-Cookie line. It returns why the cookie was
// rejected, "" if it was not.
func (c *Cookies) store(line string, u *address, ctx cookieContext) (reason string) {
	k, attrs, reason := parseSetCookie(line, u, &ctx)
	if reason != "" {
		return reason
	}
	prefixed := strings.ToLower(k.name)
	switch {
	case k.secure && !ctx.secureFor(u):
		return "Secure, but set over http"
	case k.sameSite != SameSiteUnset && k.sameSite != SameSiteNone && ctx.sameSite == modeCrossSite && !ctx.unsafeTop:
		return "SameSite=" + k.sameSite.String() + ", but set by a cross-site request"
	case k.sameSite == SameSiteUnset && ctx.prof.laxByDefault && ctx.sameSite == modeCrossSite && !ctx.unsafeTop:
		return "no SameSite, which means Lax, but set by a cross-site request"
	case k.sameSite == SameSiteNone && !k.secure && ctx.prof.noneRequiresSecure:
		return "SameSite=None without Secure"
	case attrs.partitioned && !k.secure:
		return "Partitioned without Secure"
	case strings.HasPrefix(prefixed, "__secure-") && !k.secure:
		return "the prefix __Secure- asks for Secure"
	case strings.HasPrefix(prefixed, "__host-") && (!k.secure || !k.hostOnly || k.path != "/" || !attrs.path):
		return "the prefix __Host- asks for Secure, Path=/ and no Domain"
	}
	switch {
	case attrs.partitioned:
		k.partition = orDefault(ctx.partition, u.origin().site())
	case ctx.thirdParty && (ctx.thirdPartyCookies == ThirdPartyBlocked || ctx.thirdPartyCookies == ThirdPartyNotKept):
		return "third-party cookies are blocked"
	case ctx.thirdParty && ctx.thirdPartyCookies == ThirdPartyPartitioned:
		k.partition = ctx.partition
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.all, func(o cookie) bool {
		return o.name == k.name && o.domain == k.domain && o.hostOnly == k.hostOnly && o.path == k.path && o.partition == k.partition
	})
	expired := !k.expires.IsZero() && !ctx.now.Before(k.expires)
	switch {
	case i >= 0 && expired:
		c.all = slices.Delete(c.all, i, i+1)
	case i >= 0:
		k.created = c.all[i].created
		c.all[i] = *k
	case !expired:
		c.all = append(c.all, *k)
	}
	return ""
}

type cookieAttributes struct{ partitioned, path bool }

// parseSetCookie parses a Set-Cookie line (RFC 6265bis, section 5.6).
func parseSetCookie(line string, u *address, ctx *cookieContext) (*cookie, cookieAttributes, string) {
	var attrs cookieAttributes
	pair, rest, _ := strings.Cut(line, ";")
	name, value, ok := strings.Cut(pair, "=")
	if !ok {
		name, value = "", pair
	}
	k := &cookie{
		name: trimTabOrSpace(name), value: trimTabOrSpace(value),
		domain: u.host, hostOnly: true, path: defaultPath(u.path), created: ctx.now,
	}
	if k.name == "" && k.value == "" {
		return nil, attrs, "it has neither name nor value"
	}
	for _, c := range []byte(pair) {
		if c < 0x20 && c != '\t' || c == 0x7f {
			return nil, attrs, "it has a control character"
		}
	}
	maxAge := false
	for rest != "" {
		var av string
		av, rest, _ = strings.Cut(rest, ";")
		attr, v, _ := strings.Cut(av, "=")
		v = trimTabOrSpace(v)
		switch strings.ToLower(trimTabOrSpace(attr)) {
		case "secure":
			k.secure = true
		case "partitioned":
			attrs.partitioned = !ctx.prof.noPartitioned
		case "path":
			if strings.HasPrefix(v, "/") {
				k.path, attrs.path = v, true
			} else {
				k.path = defaultPath(u.path)
			}
		case "samesite":
			if k.sameSite == SameSiteUnset || !ctx.prof.noPartitioned {
				k.sameSite = parseSameSite(v)
			}
		case "max-age":
			if n, err := strconv.ParseInt(v, 10, 64); err == nil {
				maxAge = true
				k.expires = ctx.now.Add(time.Duration(min(max(n, 0), 400*24*3600)) * time.Second)
			}
		case "expires":
			if t, err := http.ParseTime(v); err == nil && !maxAge {
				k.expires = t
			}
		case "domain":
			if reason := k.setDomain(strings.ToLower(strings.TrimPrefix(v, ".")), u.host); reason != "" {
				return nil, attrs, reason
			}
		}
	}
	return k, attrs, ""
}

func parseSameSite(v string) SameSite {
	switch strings.ToLower(v) {
	case "none":
		return SameSiteNone
	case "lax":
		return SameSiteLax
	case "strict":
		return SameSiteStrict
	}
	return SameSiteUnset
}

func (k *cookie) setDomain(domain, host string) (reason string) {
	if domain == "" {
		k.domain, k.hostOnly = host, true
		return ""
	}
	if domain != host && !domainMatch(host, domain) {
		return "its Domain does not cover " + host
	}
	if _, err := netip.ParseAddr(domain); err != nil && isPublicSuffix(domain) {
		if domain != host {
			return "its Domain is a public suffix"
		}
		k.domain, k.hostOnly = host, true
		return ""
	}
	k.domain, k.hostOnly = domain, isIP(host)
	return ""
}

func isPublicSuffix(domain string) bool {
	suffix, _ := publicsuffix.PublicSuffix(domain)
	return suffix == domain
}

func defaultPath(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "/"
}
