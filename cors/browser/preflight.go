package browser

import (
	"slices"
	"strings"
	"time"

	"github.com/concors/concors/cors/internal/fetchspec"
)

// unsafeHeaderNames returns the CORS-unsafe request-header names, lower-cased,
// sorted and without duplicates (#cors-unsafe-request-header-names).
func (f *fetch) unsafeHeaderNames() []string { return f.unsafeNamesOf(f.req.headers) }

func (f *fetch) unsafeNamesOf(headers []HeaderField) []string {
	if len(headers) == 0 {
		return nil
	}
	if f.prof.combinesBeforeSafelisting {
		headers = combine(headers)
	}
	var unsafe []string
	total := 0
	for _, h := range headers {
		if f.safelisted(h.Name, h.Value) {
			total += len(h.Value)
		} else {
			unsafe = append(unsafe, strings.ToLower(h.Name))
		}
	}
	if total > fetchspec.MaxSafelistedTotal && !f.prof.noSafelistedTotal {
		for _, h := range headers {
			unsafe = append(unsafe, strings.ToLower(h.Name))
		}
	}
	slices.Sort(unsafe)
	if f.prof.repeatsUnsafeNames {
		return unsafe
	}
	return slices.Compact(unsafe)
}

// safelisted is the standard's rule plus the names that a browser adds.
func (f *fetch) safelisted(name, value string) bool {
	if fetchspec.IsCORSSafelistedRequestHeader(name, value) {
		return f.prof.unsafelists == nil || !f.prof.unsafelists(name, value)
	}
	return f.prof.safelists != nil && len(value) <= fetchspec.MaxSafelistedValue && f.prof.safelists(name, value)
}

// combine joins headers of the same name into one.
func combine(headers []HeaderField) []HeaderField {
	for i, h := range headers {
		for _, k := range headers[:i] {
			if fetchspec.EqualFold(h.Name, k.Name) {
				return combineAll(headers)
			}
		}
	}
	return headers
}

func combineAll(headers []HeaderField) []HeaderField {
	var out []HeaderField
next:
	for _, h := range headers {
		for i := range out {
			if fetchspec.EqualFold(out[i].Name, h.Name) {
				out[i].Value += ", " + h.Value
				continue next
			}
		}
		out = append(out, h)
	}
	return out
}

// namesToAnnounce is what Access-Control-Request-Headers lists. Firefox keeps
// the names of the first request, without those that the last redirect removed.
func (f *fetch) namesToAnnounce() []string {
	switch {
	case f.prof.redirectsFromFirst && len(f.req.urls) > 1:
		return f.unsafeNamesOf(f.firstHeaders)
	case f.prof.announcesFirstNames && len(f.req.urls) > 1:
		return f.keptNames
	case f.unsafeFor == len(f.req.urls):
		return f.unsafe // just found out
	}
	return f.unsafeHeaderNames()
}

// keepNames is called for each redirect, see namesToAnnounce.
func (f *fetch) keepNames(rewritten, strippedAuthorization bool) {
	if !f.prof.announcesFirstNames {
		return
	}
	if len(f.req.urls) == 1 {
		f.firstNames = f.unsafeHeaderNames()
	}
	if rewritten && f.req.impliedType && len(f.firstNames) == 1 && f.firstNames[0] == "content-type" {
		f.keptNames = f.firstNames // nothing makes the list anew, so it stays
		return
	}
	f.keptNames = slices.DeleteFunc(slices.Clone(f.firstNames), func(name string) bool {
		return rewritten && fetchspec.IsRequestBodyHeader(name) ||
			strippedAuthorization && fetchspec.IsCORSNonWildcardRequestHeader(name)
	})
}

// preflightOrigin is the origin in whose name a preflight asks.
func (f *fetch) preflightOrigin() string {
	if f.prof.preflightsUntainted {
		return f.req.originText
	}
	return f.req.serializedOrigin()
}

// preflightUnlessCached is HTTP fetch's step 5.1.
func (f *fetch) preflightUnlessCached() *Failure {
	unsafe := f.namesToAnnounce()
	if n := len(f.req.urls); f.prof.asksOncePerURL && f.preflighted && !f.req.conditional && n > 1 && f.req.urls[n-2].wire() == f.req.url().wire() {
		return nil
	}
	f.preflighted = true
	if f.b.Preflights != nil && !(f.prof.conditionalAsksAgain && f.req.conditional) && f.b.Preflights.match(f, unsafe) {
		f.step("#cors-preflight-cache", "An earlier preflight answer is still remembered: no preflight is sent.")
		return nil
	}
	return f.preflight(unsafe)
}

// preflight is "CORS-preflight fetch" (#cors-preflight-fetch).
func (f *fetch) preflight(unsafe []string) *Failure {
	r := &f.req
	const section = "#cors-preflight-fetch"
	// Steps 1 to 6.
	res, fail := f.sendPreflight(unsafe)
	if fail != nil {
		return fail
	}
	redirects := isRedirectStatus(res.status) && len(res.header["Location"]) > 0
	if redirects && f.prof.preflightRedirectFirst {
		return f.fail(PreflightRedirect, section, itoa(res.status), "200 to 299")
	}
	// Step 7.
	if fail := f.corsCheck(res, f.preflightOrigin()); fail != nil {
		return fail
	}
	switch {
	case redirects:
		return f.fail(PreflightRedirect, section, itoa(res.status), "200 to 299")
	case !isOKStatus(res.status):
		return f.fail(PreflightStatus, section, itoa(res.status), "200 to 299")
	}
	f.step(section, "The preflight's status is %s, a success.", itoa(res.status))
	p := preflightAnswer{
		methods: listOf(res.header, "Access-Control-Allow-Methods"),
		headers: listOf(res.header, "Access-Control-Allow-Headers"),
	}
	// Step 7.3.
	if p.methods.failed() {
		return f.fail(InvalidAllowMethods, section, p.methods.invalid, "")
	}
	if p.headers.failed() {
		return f.fail(InvalidAllowHeaders, section, p.headers.invalid, "")
	}
	// Step 7.4.
	if !p.methods.present && r.useCORSPreflight && !f.prof.forcedNeedsMethod {
		p.methods = list{present: true, items: []string{r.method}}
	}
	if f.prof.remembersRefusals {
		f.remember(&p, res)
	}
	// Step 7.5.
	include := r.credentials == Include
	if !p.methods.has(r.method) && !fetchspec.IsCORSSafelistedMethod(r.method) && (include || !p.methods.has("*")) {
		v, _ := headerValue(res.header, "Access-Control-Allow-Methods")
		return f.fail(MethodNotAllowed, section, v, r.method)
	}
	f.step(section, "Method %s is allowed.", r.method)
	// Steps 7.6 and 7.7.
	if fail := f.headersAllowed(unsafe, &p.headers, include, res); fail != nil {
		return fail
	}
	if !f.prof.remembersRefusals {
		f.remember(&p, res)
	}
	return nil
}

// remember is steps 7.8 to 7.15.
func (f *fetch) remember(p *preflightAnswer, res *response) {
	if f.b.Preflights != nil {
		p.maxAge, p.cacheable = f.maxAge(res)
		f.b.Preflights.store(f, p)
	}
}

// headersAllowed checks Access-Control-Allow-Headers.
func (f *fetch) headersAllowed(unsafe []string, allowed *list, include bool, res *response) *Failure {
	const section = "#cors-preflight-fetch"
	wildcard := !include && allowed.has("*")
	for _, name := range unsafe {
		if allowed.hasFold(name) {
			continue
		}
		nonWildcard := fetchspec.IsCORSNonWildcardRequestHeader(name)
		if wildcard && (!nonWildcard || f.prof.wildcardCoversAuthorization) {
			if nonWildcard {
				f.note(NoteAuthorizationWildcard, section, name)
			}
			continue
		}
		v, _ := headerValue(res.header, "Access-Control-Allow-Headers")
		return f.fail(HeaderNotAllowed, section, v, name)
	}
	if len(unsafe) > 0 {
		f.step(section, "Header %s is allowed.", strings.Join(unsafe, ", "))
	}
	return nil
}

// A preflightAnswer is what a preflight permits.
type preflightAnswer struct {
	methods, headers list
	maxAge           time.Duration
	cacheable        bool
}

// maxAge returns for how long the preflight's answer is remembered.
func (f *fetch) maxAge(res *response) (age time.Duration, cacheable bool) {
	age, cacheable = f.prof.maxAge(res.header)
	if f.prof.maxAgeCap > 0 && age > f.prof.maxAgeCap {
		age = f.prof.maxAgeCap
	}
	if cacheable {
		f.step("#http-access-control-max-age", "The answer is remembered for %s.", age.String())
	}
	return age, cacheable
}
