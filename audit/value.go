package audit

import (
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/internal/probe"
)

// list splits the lines of a list header; ok is false if it is not there.
func list(a *probe.Answer, name string) (items []string, ok bool) {
	for _, line := range a.Header[http.CanonicalHeaderKey(name)] {
		for item := range strings.SplitSeq(line, ",") {
			if item = strings.Trim(item, " \t"); item != "" {
				items = append(items, item)
			}
		}
		ok = true
	}
	return items, ok
}

// lists reports whether items has name, in any case.
func lists(items []string, name string) bool {
	return slices.ContainsFunc(items, func(i string) bool { return strings.EqualFold(i, name) })
}

// validOrigin reports whether v is what a browser compares an origin with: *,
// null, or an origin as browsers write it.
func validOrigin(v string) bool {
	if v == "*" || v == "null" {
		return true
	}
	scheme, rest, ok := strings.Cut(v, "://")
	if !ok || scheme == "" || rest == "" || strings.ToLower(v) != v || strings.ContainsAny(rest, "/?#@*\"' \\,;") {
		return false
	}
	if strings.Trim(scheme, "abcdefghijklmnopqrstuvwxyz0123456789+-.") != "" {
		return false
	}
	host, port := rest, ""
	if i := strings.LastIndexByte(rest, ':'); i > strings.LastIndexByte(rest, ']') {
		host, port = rest[:i], rest[i+1:]
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || strconv.FormatUint(n, 10) != port || scheme == "https" && n == 443 || scheme == "http" && n == 80 {
			return false
		}
	}
	if strings.HasPrefix(host, "[") {
		_, err := netip.ParseAddr(strings.Trim(host, "[]"))
		return err == nil
	}
	return host != "" && !strings.Contains(host, "..") && !strings.HasPrefix(host, ".")
}

// permitted is the answer to look at: the one to whoever is granted most.
func (in *inspection) permitted() *probe.Answer { return in.ask(in.main, in.asker()) }

// asker is the origin that is granted most, as far as is known: the base, one
// that is said to be good, or a stranger.
func (in *inspection) asker() string {
	switch {
	case in.granted != nil:
		return in.granted.origin
	case len(in.known) > 0:
		return in.known[0]
	}
	return in.random
}

// checkValues looks at what the headers say.
func (in *inspection) checkValues() {
	actual := in.permitted()
	answers := []*probe.Answer{actual, in.strange, in.none}
	if p := in.bestPreflight(); p != nil {
		answers = append(answers, p)
	}
	for _, a := range answers {
		in.checkAllowOrigin(a)
		in.checkAllowCredentials(a)
	}
	in.checkSensitive()
	in.checkExposed(actual)
	in.checkTransport()
}

func (in *inspection) checkAllowOrigin(a *probe.Answer) {
	values := a.Header["Access-Control-Allow-Origin"]
	if len(values) == 0 || len(values) == 1 && values[0] == "" && a.Request.Header.Get("Origin") == "" {
		return
	}
	v := values[0]
	items := strings.FieldsFunc(strings.Join(values, ","), func(r rune) bool { return r == ',' || r == ' ' || r == ';' })
	proof := shown{"Browsers refuse this answer.", a}
	switch {
	case len(values) > 1 || len(items) > 1:
		in.report("acao-multiple", "The answer allows "+strings.Join(values, " and ")+".", None, engines, nil, proof)
	case !validOrigin(strings.Trim(v, " \t")):
		in.report("acao-invalid", "The answer allows "+strconv.Quote(v)+", which is no origin.", None, engines, nil, proof)
	case v == "*" && a.Header.Get("Access-Control-Allow-Credentials") == "true":
		in.report("wildcard-credentials", "The answer allows * and credentials.", None, engines, nil, shown{"Calls with credentials cannot read this answer.", a})
	}
}

func (in *inspection) checkAllowCredentials(a *probe.Answer) {
	values := a.Header["Access-Control-Allow-Credentials"]
	if len(values) == 0 || len(values) == 1 && (values[0] == "true" || values[0] == "false") {
		return // false is as good as nothing
	}
	if a.Header.Get("Access-Control-Allow-Origin") == "" {
		return
	}
	in.report("acac-invalid", "Access-Control-Allow-Credentials is "+strings.Join(values, ", ")+".", None, engines, nil, shown{"Calls with credentials cannot read this answer.", a})
}

// checkSensitive looks for private data that everybody is granted.
func (in *inspection) checkSensitive() {
	if !in.wild {
		return
	}
	a := in.strange
	if in.session { // pages of strangers are not logged in
		s := in.main
		s.session = false
		a = in.ask(s, in.random)
	}
	g := in.judged(in.random, a)
	if g == nil || a.Status >= 300 {
		return
	}
	if what := sensitive(a.Body); len(what) > 0 {
		in.report("wildcard-sensitive", "Every website may read this answer, and it has "+strings.Join(what, ", ")+".", None, g.browsers, []string{in.random}, shown{"A stranger reads this answer.", a})
	}
}

var (
	secretKey   = regexp.MustCompile(`(?i)"((?:[a-z0-9]*[_-])?(?:password|passwd|secret|api[_-]?key|secret[_-]?key|access[_-]?key|access[_-]?token|refresh[_-]?token|auth[_-]?token|session[_-]?(?:id|token)|private[_-]?key|ssn|social[_-]?security|iban|bank[_-]?account|card[_-]?number|credit[_-]?card|cvv|cvc|passport|date[_-]?of[_-]?birth|dob|birth[_-]?date|salary|medical[_-]?record|diagnosis|tax[_-]?id|csrf[_-]?token)(?:[_-]?(?:number|no|hash|value))?|token|jwt|session|otp)"\s*:\s*("[^"]+"|[0-9]+|\{|\[)`)
	secretValue = regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.|-----BEGIN [A-Z ]*PRIVATE KEY|\bsk_live_[A-Za-z0-9]{8,}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,}`)
	reachKey    = regexp.MustCompile(`(?i)"(e-?mail(?:[_-]?address)?|phone(?:[_-]?number)?|mobile|balance|account(?:[_-]?(?:number|id|no))?)"\s*:\s*("[^"]+"|[0-9.]+)`)
	personKey   = regexp.MustCompile(`(?i)"(name|first[_-]?name|last[_-]?name|full[_-]?name|user|user[_-]?name|user[_-]?id|login|role|roles|is[_-]?admin|address|street|orders|balance)"\s*:`)
	mail        = regexp.MustCompile(`(?i)\b([a-z0-9._%+-]+)@[a-z0-9-]+(?:\.[a-z0-9-]+)+\b`)
	// office are mail addresses that are meant for everybody.
	office = regexp.MustCompile(`(?i)^(support|info|contact|hello|admin|sales|help|api|no-?reply|press|security|shop|office|team|service|kontakt|legal|privacy|jobs|feedback|webmaster|postmaster|abuse)$`)
)

// sensitive names what in a body looks private: a secret, a person with a way to
// reach them, or the mail addresses of several people.
func sensitive(body []byte) []string {
	var what []string
	add := func(name string) {
		if name = strconv.Quote(strings.ToLower(name)); !slices.Contains(what, name) {
			what = append(what, name)
		}
	}
	for _, m := range secretKey.FindAllSubmatch(body, 8) {
		add(string(m[1]))
	}
	if secretValue.Match(body) {
		what = append(what, "a key or token")
	}
	if len(what) > 0 {
		return what
	}
	people := make(map[string]bool)
	for _, m := range mail.FindAllSubmatch(body, 64) {
		if !office.Match(m[1]) {
			people[strings.ToLower(string(m[0]))] = true
		}
	}
	for _, m := range reachKey.FindAllSubmatch(body, 16) {
		if value := strings.Trim(string(m[2]), `"`); strings.Contains(value, "@") && !people[strings.ToLower(value)] {
			continue // an office's
		}
		add(string(m[1]))
	}
	if reach := len(what); reach > 0 {
		for _, m := range personKey.FindAllSubmatch(body, 16) {
			add(string(m[1]))
		}
		if len(what) > 1 {
			return what
		}
	}
	if len(people) > 1 {
		return []string{"mail addresses of " + strconv.Itoa(len(people)) + " people"}
	}
	return nil
}

// plumbing are response headers that are not meant for scripts.
var plumbing = regexp.MustCompile(`^X-(Powered-By|Frame-Options|Content-Type-Options|Xss-Protection|Request-Id|Correlation-Id|Trace.*|B3.*|Cache.*|Served-By|Runtime|Amz.*|Goog.*|Ms-.*|Azure.*|Envoy.*|Dns-Prefetch-Control|Robots-Tag|Download-Options|Permitted-Cross-Domain-Policies|Ua-Compatible|Response-Time|Timer|Varnish|Aspnet.*|Generator|Backend.*|Upstream.*|Server.*|Proxy.*|Forwarded.*|Real-Ip|Github.*|Accel.*|Vercel.*|Nf-.*|Fastly.*|Cdn.*|Edge.*|Cloud.*|Debug.*|Version|Api-Version|Environment|Node|Host.*|Pod.*|Instance.*|Kong.*|Content-Security-Policy|Webkit-Csp|Xrds-Location|Clacks-Overhead|Sourcemap|Csrf.*|Xsrf.*)$`)

// forScripts are headers that scripts have use for, and that are not readable
// unless they are exposed.
func forScripts(h http.Header) []string {
	var names []string
	for name := range h {
		switch {
		case slices.Contains([]string{"Content-Disposition", "Link", "Ratelimit", "Ratelimit-Limit", "Ratelimit-Remaining", "Ratelimit-Reset", "Total-Count", "Content-Range"}, name),
			strings.HasPrefix(name, "X-") && !plumbing.MatchString(name):
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// checkExposed looks at which response headers scripts may read.
func (in *inspection) checkExposed(actual *probe.Answer) {
	g := in.judged(in.asker(), actual)
	if g == nil || !actual.Tested() {
		return
	}
	exposed, _ := list(actual, "Access-Control-Expose-Headers")
	if lists(exposed, "*") && g.credentials {
		in.report("aceh-wildcard-credentials", "The answer exposes * and allows credentials.", None, engines, nil, shown{"Scripts that call with credentials read no other header than usual.", actual})
		return
	}
	if lists(exposed, "*") {
		return
	}
	if p := in.bestPreflight(); p != nil && len(exposed) == 0 {
		if early, ok := list(p, "Access-Control-Expose-Headers"); ok && len(early) > 0 {
			in.report("aceh-misplaced", strings.Join(early, ", ")+" is exposed by the preflight's answer, where it means nothing.", None, engines, nil,
				shown{"The preflight's answer exposes headers.", p}, shown{"The answer does not.", actual})
			return
		}
	}
	var hidden []string
	for _, name := range forScripts(actual.Header) {
		if !lists(exposed, name) {
			hidden = append(hidden, name)
		}
	}
	if len(hidden) > 0 {
		in.report("aceh-missing", "Scripts cannot read "+strings.Join(hidden, ", ")+".", None, engines, nil, shown{"The answer has headers that it does not expose.", actual})
	}
}

// checkTransport looks for credentials without encryption.
func (in *inspection) checkTransport() {
	g := in.granted
	if g == nil {
		g = in.reflect
	}
	if g == nil || !g.credentials {
		return
	}
	insecure := ""
	switch from, ok := parseSite(g.origin); {
	case in.u.Scheme == "http" && !in.own.isLoopback() && !g.answer.Loopback: // not a server under development
		insecure = "The API"
	case ok && from.scheme == "http" && !from.isLoopback():
		insecure = g.origin
	default:
		return
	}
	in.report("insecure-credentials", insecure+" is plain http, and credentials are allowed.", None, g.browsers, []string{g.origin}, shown{"Credentials are allowed.", g.answer})
}
