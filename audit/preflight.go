package audit

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/internal/probe"
)

const day = 24 * 60 * 60

// checkPreflight looks at whether browsers may ask what they need to.
func (in *inspection) checkPreflight() {
	p := in.bestPreflight()
	if p == nil || !p.Tested() && !(p.Status >= 500 && in.judged(in.asker(), p) != nil) { // such an error is no accident
		return
	}
	if in.preflight == nil {
		in.checkNoPreflight(p)
		return
	}
	in.checkMaxAge(p)
	in.checkLists(p)
	in.checkPrivateNetwork()
}

// checkNoPreflight tells why no preflight lets anybody in.
func (in *inspection) checkNoPreflight(p *probe.Answer) {
	if in.found("acao-multiple", "acao-invalid") {
		return
	}
	origin := in.asker()
	wanted := in.granted != nil || in.reflect != nil || in.wild || len(in.known) > 0
	if !wanted {
		return
	}
	proof := shown{"The preflight.", p}
	allows := in.judged(origin, p) != nil
	switch {
	case in.granted == nil && in.reflect == nil && !in.wild && !allows && in.succeeds(origin):
		// Calls run and get nothing: not for want of a preflight.
	case p.Status == http.StatusUnauthorized || p.Status == http.StatusProxyAuthRequired || p.Status == http.StatusForbidden && p.Header.Get("Www-Authenticate") != "":
		in.report("preflight-auth", fmt.Sprintf("The preflight is answered with %d: it must be logged in.", p.Status), None, engines, []string{origin}, proof)
	case p.Status/100 == 3 && p.Header.Get("Location") != "":
		in.report("preflight-redirect", "The preflight is redirected to "+p.Header.Get("Location")+".", None, engines, []string{origin}, proof)
	case in.wild && p.Status == http.StatusMethodNotAllowed && p.Header.Get("Allow") != "" && !in.saysOtherMethods(p) && !in.wantsAuthorization():
		// Every method that it names can be called without a preflight.
	case allows:
		in.report("preflight-bad-status", fmt.Sprintf("The preflight is answered with CORS headers and status %d.", p.Status), None, engines, []string{origin}, proof)
	case in.granted == nil && in.reflect == nil && !in.wild:
		// An origin that is said to be good, and gets nothing anywhere.
	case in.wild && !in.saysOtherMethods(p) && !in.wantsAuthorization():
		// Calls that need no preflight are all there is.
	default:
		in.report("preflight-missing", fmt.Sprintf("The preflight is answered with %d and without Access-Control-Allow-Origin, the request itself with it.", p.Status), None, engines, []string{origin},
			proof, shown{"The request.", in.permitted()})
	}
}

// succeeds reports whether the call of an origin is answered with success.
func (in *inspection) succeeds(origin string) bool {
	a := in.ask(in.main, origin)
	return a.Tested() && a.Status/100 == 2
}

// saysOtherMethods reports whether the API says that it has methods for which
// browsers ask first.
func (in *inspection) saysOtherMethods(p *probe.Answer) bool {
	return slices.ContainsFunc(in.methods(p), needsPreflight)
}

func needsPreflight(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions, http.MethodTrace, http.MethodConnect:
		return false
	}
	return true
}

// methods are those that the API says it has.
func (in *inspection) methods(answers ...*probe.Answer) []string {
	methods := slices.Clone(in.t.Methods)
	for _, a := range append(answers, in.none, in.strange) {
		allow, _ := list(a, "Allow")
		methods = append(methods, allow...)
		if a.Header.Get("Accept-Patch") != "" {
			methods = append(methods, http.MethodPatch)
		}
	}
	return methods
}

func (in *inspection) checkMaxAge(p *probe.Answer) {
	values := p.Header["Access-Control-Max-Age"]
	if len(values) == 0 || len(values) == 1 && values[0] == "-1" { // a common way to say no
		return
	}
	proof := shown{"The preflight's answer.", p}
	n, err := strconv.ParseUint(strings.Trim(values[0], " \t"), 10, 64)
	overflow := err != nil && strings.Trim(values[0], "0123456789") == "" && values[0] != ""
	switch {
	case len(values) > 1 || err != nil && !overflow:
		in.report("max-age-invalid", "Access-Control-Max-Age is "+strconv.Quote(strings.Join(values, ", "))+".", None, engines, nil, proof)
	case overflow || n > day:
		in.report("max-age-excessive", "Access-Control-Max-Age is "+values[0]+" seconds.", None, engines, nil, proof)
	}
}

// checkLists looks at the methods and headers that preflights allow.
func (in *inspection) checkLists(p *probe.Answer) {
	methods, _ := list(p, "Access-Control-Allow-Methods")
	headers, hasHeaders := list(p, "Access-Control-Allow-Headers")
	proof := shown{"The preflight's answer.", p}
	origin := in.preflight.origin
	credentials := in.preflight.credentials
	if credentials && (lists(methods, "*") || lists(headers, "*")) {
		in.report("list-wildcard-credentials", "With credentials * is a name.", None, engines, nil, proof)
		return
	}
	if lists(headers, "*") && !lists(headers, "Authorization") && (in.wantsAuthorization() || in.granted != nil && in.granted.echoes()) {
		in.report("acah-wildcard-authorization", "The preflight's answer allows * and not Authorization.", None, nil, nil, proof)
	}
	for _, m := range methods {
		upper := strings.ToUpper(m)
		if m != upper && needsPreflight(upper) && !slices.Contains(methods, upper) {
			call := browser.Call{Method: upper}
			if fail := in.permits(browser.Chromium, origin, call, p); fail != nil && fail.Code == browser.MethodNotAllowed {
				in.report("acam-case", "The list has "+m+", and browsers ask for "+upper+".", None, engines, nil, proof)
				break
			}
		}
	}
	in.checkMethods(p, methods)
	in.checkHeaders(methods, headers, hasHeaders)
}

// checkMethods looks for methods that the API has and preflights do not allow.
func (in *inspection) checkMethods(p *probe.Answer, allowed []string) {
	if lists(allowed, "*") || in.found("acam-case") {
		return
	}
	known := in.methods(p)
	if len(known) == 0 && !(lists(allowed, http.MethodPut) && lists(allowed, http.MethodDelete)) {
		known = in.methods(in.ask(shape{method: http.MethodOptions, url: in.u.String()}, ""))
	}
	for _, m := range known {
		if !needsPreflight(m) || lists(allowed, m) {
			continue
		}
		a := in.ask(in.preflightFor(m), in.preflight.origin) // the list may depend on the question
		fail := in.permits(browser.Chromium, in.preflight.origin, browser.Call{Method: m}, a)
		if a.Tested() && fail != nil {
			in.report("acam-missing-method", "The API has "+m+", and preflights do not allow it.", None, engines, []string{in.preflight.origin},
				shown{"The preflight for " + m + ".", a}, shown{"The methods are named here.", p})
			return
		}
	}
}

var headerName = regexp.MustCompile(`(?i)\b(x-[a-z0-9-]*(?:key|token|auth|id|client|tenant|version)[a-z0-9-]*|authorization|api-key)\b`)

// checkHeaders looks for request headers that calls need and preflights do not
// allow.
func (in *inspection) checkHeaders(methods, allowed []string, listed bool) {
	if lists(allowed, "*") && in.preflight != nil && !in.preflight.credentials {
		return
	}
	var needed []string
	add := func(name string) {
		if name = strings.ToLower(name); !slices.Contains(needed, name) && name != "cookie" {
			needed = append(needed, name)
		}
	}
	for _, h := range in.t.Headers {
		add(h)
	}
	for h := range in.a.o.Probe.Session {
		add(h)
	}
	if in.wantsAuthorization() {
		add("authorization")
	}
	for _, a := range []*probe.Answer{in.none, in.strange, in.permitted()} {
		if a.Status >= 400 && a.Status < 404 {
			for _, m := range headerName.FindAllString(string(a.Body[:min(len(a.Body), 4096)]), -1) {
				add(m)
			}
		}
	}
	bodies := lists(methods, http.MethodPut) || lists(methods, http.MethodPatch) || lists(methods, http.MethodPost) && listed
	if bodies {
		add("content-type")
	}
	for _, name := range needed {
		if lists(allowed, name) || name == "authorization" && lists(allowed, "*") {
			continue
		}
		method := http.MethodGet
		if name == "content-type" {
			method = http.MethodPost
		}
		// The list may depend on the question.
		a := in.ask(in.preflightFor(method, name), in.preflight.origin)
		value := "x"
		if name == "content-type" {
			value = "application/json"
		}
		call := browser.Call{Method: method, Headers: []browser.HeaderField{{Name: name, Value: value}}}
		if fail := in.permits(browser.Chromium, in.preflight.origin, call, a); a.Tested() && fail != nil {
			in.report("acah-missing-header", "Calls need "+http.CanonicalHeaderKey(name)+", and preflights do not allow it.", None, engines, []string{in.preflight.origin},
				shown{"The preflight for " + http.CanonicalHeaderKey(name) + ".", a})
			return
		}
	}
}

// wantsAuthorization reports whether the API is seen to take an Authorization
// header.
func (in *inspection) wantsAuthorization() bool {
	if _, ok := in.a.o.Probe.Session["Authorization"]; ok || lists(in.t.Headers, "Authorization") {
		return true
	}
	cookies := in.granted != nil && in.granted.credentials || in.reflect != nil && in.reflect.credentials
	if in.none.Status == http.StatusUnauthorized && !cookies && in.none.Header.Get("Www-Authenticate") == "" {
		return true // how else could a page be logged in
	}
	for _, a := range in.answers {
		// Basic is what browsers do by themselves.
		if challenge := strings.ToLower(a.Header.Get("Www-Authenticate")); challenge != "" && !strings.HasPrefix(challenge, "basic") {
			return true
		}
	}
	return false
}

// checkPrivateNetwork asks for the private network in the name of a stranger.
func (in *inspection) checkPrivateNetwork() {
	s := in.shapeOf(in.preflight.answer)
	s.private = true
	g := in.grant(s, in.random)
	if g != nil && g.answer.Header.Get("Access-Control-Allow-Private-Network") == "true" {
		in.report("pna-any-origin", "A stranger's preflight is told that it may reach into the private network.", None, []browser.Profile{}, []string{in.random}, shown{"The preflight.", g.answer})
	}
}
