package cors

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/concors/concors/cors/internal/origin"
	"github.com/concors/concors/cors/mistake"
)

// browserCacheCap is the longest preflight lifetime that any browser honours.
const browserCacheCap = 24 * time.Hour

// Compiled is a validated [Policy] in the form that requests are judged by. It
// is immutable and safe for concurrent use. Two endpoints have the same setting
// if they share one *Compiled.
type Compiled struct {
	policy   Policy
	site     *Site
	warnings []*Error

	kind        kind
	observe     bool
	credentials bool
	embed       Embed       // never ""
	domains     *origin.Set // kind selected
	senders     *origin.Set // nil if there are none
	anySender   bool
	headers     headerNames
	expose      string // Access-Control-Expose-Headers, "" to leave it out
	maxAge      string // Access-Control-Max-Age, "" to leave it out
	resource    string // Cross-Origin-Resource-Policy

	everyMethod Path // all methods have this policy
	templates   templates

	// listsAuthorization: Authorization is among the allowed headers.
	listsAuthorization bool
}

type kind uint8

const (
	kindNone kind = iota
	kindAll
	kindSelected
)

// Compile validates p for the site s; nil stands for None{} and for a site that
// declares nothing. The error joins every mistake as an [*Error].
func Compile(p Policy, s *Site) (*Compiled, error) {
	if s == nil {
		s = noSite
	}
	p = ownCopy(p)
	c := &compiler{out: &Compiled{policy: p, site: s}}
	switch p := p.(type) {
	case None:
		c.none(p)
	case All:
		c.all(p)
	case Selected:
		c.selected(p)
	}
	if err := c.mistakes.err(); err != nil {
		return nil, err
	}
	c.out.warnings = c.warnings.all(mistake.WarningsOmitted)
	c.out.prepare()
	return c.out, nil
}

// prepare makes what only depends on the compiled policy.
func (c *Compiled) prepare() {
	c.makeTemplates()
	c.everyMethod = Path{groups: []methodGroup{{policy: c, rest: true, alone: true}}}
}

// Policy returns a copy of what c was compiled from.
func (c *Compiled) Policy() Policy { return ownCopy(c.policy) }

// Warnings returns what is valid but perhaps not meant.
func (c *Compiled) Warnings() []*Error { return c.warnings }

// ObserveOnly reports whether c stands aside and only reports decisions.
func (c *Compiled) ObserveOnly() bool { return c.observe }

// compiler collects mistakes while it fills out.
type compiler struct {
	out                *Compiled
	mistakes, warnings mistakeList

	insecure bool // http: origins may get credentials
	needed   bool // and one does
}

func (c *compiler) mistake(code mistake.Code, field, value, repair string) {
	c.mistakes.add(&Error{Code: code, Field: field, Value: value, Repair: repair})
}

func (c *compiler) warn(code mistake.Code, field, value, detail string) {
	c.warnings.add(&Error{Code: code, Field: field, Value: value, detail: detail})
}

func (c *compiler) none(p None) {
	out := c.out
	out.kind, out.observe = kindNone, p.ObserveOnly
	c.embed(p.Embed, EmbedSameOrigin)
	c.insecure = p.DangerouslyAllowInsecureOrigins
	c.compileSenders(p.Senders)
	c.insecureOrigins()
}

func (c *compiler) all(p All) {
	out := c.out
	out.kind, out.observe = kindAll, p.ObserveOnly
	out.headers = c.compileHeaders(p.Headers, false)
	out.expose = c.compileExpose(p.Expose, false)
	c.cache(p.Cache)
	c.embed(p.Embed, EmbedAny)
	out.listsAuthorization = slices.Contains(out.headers.names, authorization)
}

func (c *compiler) selected(p Selected) {
	out := c.out
	out.kind, out.observe, out.credentials = kindSelected, p.ObserveOnly, p.Credentials
	if len(p.Domains) == 0 {
		c.mistake(mistake.DomainsMissing, "domains", "", "")
	}
	c.insecure = p.DangerouslyAllowInsecureOrigins
	out.domains = c.origins("domains", p.Domains, p.Credentials)
	out.headers = c.compileHeaders(p.Headers, p.Credentials)
	out.expose = c.compileExpose(p.Expose, p.Credentials)
	c.cache(p.Cache)
	c.embed(p.Embed, EmbedSameOrigin)
	c.compileSenders(p.Senders)
	c.insecureOrigins()
	if out.senders != nil {
		for i, text := range p.Domains {
			if out.senders.Contains(text) {
				c.warn(mistake.SenderIsDomain, fmt.Sprintf("domains[%d]", i), text, "")
			}
		}
	}
	if p.Credentials {
		for _, o := range out.site.origins {
			if q, _, _ := origin.Parse(o.text); o.scheme == "http" && !q.Loopback() {
				c.warn(mistake.OwnOriginInsecure, "credentials", o.text, "")
			}
		}
	}
	out.listsAuthorization = slices.Contains(out.headers.names, authorization)
}

// ofItsKind says what is wrong with a pattern by an example of the same kind, ""
// where the general message does.
func ofItsKind(code mistake.Code, pattern string) string {
	_, domain, found := strings.Cut(pattern, "*.")
	if code != mistake.OriginPublicSuffix || !found {
		return ""
	}
	return "anybody can register a name below " + domain + ": only those that are yours can be listed, such as https://your-name." + domain
}

// insecureOrigins warns if http: origins are allowed credentials for nothing.
func (c *compiler) insecureOrigins() {
	if c.insecure && !c.needed {
		c.warn(mistake.InsecureUnneeded, "dangerously_allow_insecure_origins", "", "")
	}
}

// origins validates a list of origin patterns. Where credentials go along,
// plain http is a mistake unless it is allowed, and else a warning.
func (c *compiler) origins(name string, list []string, credentials bool) *origin.Set {
	set := origin.NewSet(len(list))
	patterns := make([]origin.Pattern, 0, len(list))
	field := func(i int) string { return name + "[" + strconv.Itoa(i) + "]" }
	for i, text := range list {
		p, codes, repair := origin.Parse(text)
		for _, code := range codes {
			c.mistakes.add(&Error{Code: mistake.Code(code), Field: field(i), Value: text, Repair: repair, detail: ofItsKind(mistake.Code(code), text)})
		}
		if len(codes) > 0 {
			patterns = append(patterns, origin.Pattern{})
			continue
		}
		patterns = append(patterns, p)
		switch {
		case p.Scheme == "http" && !p.Loopback() && credentials && c.insecure:
			c.needed = true
			c.warn(mistake.OriginPlainHTTP, field(i), text, "whoever controls a network on the way can forge pages of this http: origin, and act with the visitor's credentials")
		case p.Scheme == "http" && !p.Loopback() && credentials:
			c.mistake(mistake.OriginInsecure, field(i), text, "https"+text[len("http"):])
		case p.Scheme == "http" && !p.Loopback():
			c.warn(mistake.OriginPlainHTTP, field(i), text, "")
		case p.Shared():
			c.warn(mistake.OriginSharedDomain, field(i), text, "")
		case p.Scheme == "moz-extension":
			c.warn(mistake.OriginPerInstallation, field(i), text, "")
		}
		if set.Add(p, text) {
			c.warn(mistake.OriginDuplicate, field(i), text, "")
		}
	}
	if !set.HasWildcards() {
		return set
	}
	for i, p := range patterns {
		if p.Host == "" {
			continue
		}
		if by := set.Cover(p); by != "" {
			c.warn(mistake.OriginCovered, field(i), list[i], by+" covers this one")
		}
	}
	return set
}

func (c *compiler) compileSenders(list []string) {
	switch {
	case len(list) == 0:
		return
	case slices.Contains(list, AnySender):
		if len(list) > 1 {
			c.mistake(mistake.SendersAnyAmongOthers, fmt.Sprintf("senders[%d]", slices.Index(list, AnySender)), AnySender, "")
		}
		c.warn(mistake.SendersAny, "senders", AnySender, "")
		c.out.anySender = true
	default:
		c.out.senders = c.origins("senders", list, true)
	}
}

func (c *compiler) cache(d time.Duration) {
	switch {
	case d == 0:
	case d == NoCache:
		c.out.maxAge = "0"
	case d < 0 || d%time.Second != 0:
		c.mistake(mistake.CacheInvalid, "cache", d.String(), max(d.Truncate(time.Second), 0).String())
	default:
		if d > browserCacheCap {
			c.warn(mistake.CacheAboveCap, "cache", d.String(), "")
		}
		c.out.maxAge = strconv.FormatInt(int64(d/time.Second), 10)
	}
}

func (c *compiler) embed(e, byDefault Embed) {
	if e == "" {
		e = byDefault
	}
	c.out.embed = e
	switch e {
	case EmbedSameOrigin, EmbedSameSite:
		c.out.resource = string(e)
	case EmbedAny:
		c.out.resource = "cross-origin"
	default:
		c.mistake(mistake.EmbedUnknown, "embed", string(e), "")
	}
}
