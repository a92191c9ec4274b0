package audit

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/concors/concors/internal/probe"
)

// findBase finds out whom the API grants anything: everybody, nobody, or an
// origin that can be varied.
func (in *inspection) findBase() {
	in.oracle = in.main
	in.known = in.goodOrigins()
	in.random = "https://" + in.a.o.Label() + "." + in.commonSuffix()
	in.strange = in.ask(in.main, in.random)
	in.reflect = in.judged(in.random, in.strange)
	if in.reflect != nil && !in.reflect.echoes() {
		in.wild, in.reflect = true, nil
	}
	for _, o := range in.known {
		if in.try(in.main, o) {
			break
		}
	}
	if in.granted == nil && !in.wild && in.reflect == nil {
		in.discover()
	}
	if in.granted != nil && in.oracle == in.main {
		// The same value for a stranger: it does not depend on who asks.
		value := in.granted.answer.Header.Get("Access-Control-Allow-Origin")
		in.static = !in.wild && in.strange.Tested() && in.strange.Header.Get("Access-Control-Allow-Origin") == value && value != in.random
		for _, o := range in.known {
			in.static = in.static && in.ask(in.main, o).Header.Get("Access-Control-Allow-Origin") == value
		}
	}
	if in.base.origin == "" {
		in.base = in.own
		in.base.port = "" // the API's own name, as a website has it
		if in.base.domain != "" {
			in.base.scheme = "https"
		}
	}
}

// goodOrigins are those that the person names.
func (in *inspection) goodOrigins() []string {
	var list []string
	for _, o := range in.t.Origins {
		o = strings.TrimSuffix(o, "/")
		if o != in.own.origin && !slices.Contains(list, o) {
			list = append(list, o)
		}
	}
	return list
}

// commonSuffix is the public suffix of the origins at hand: a stranger has a
// name under it too.
func (in *inspection) commonSuffix() string {
	for _, o := range append(slices.Clone(in.known), in.own.origin) {
		if s, ok := parseSite(o); ok && s.suffix != "" {
			return s.suffix
		}
	}
	return "com"
}

// try takes an origin as the base if it is granted.
func (in *inspection) try(s shape, origin string) bool {
	g := in.grant(s, origin)
	if g == nil {
		return false
	}
	in.granted, in.oracle = g, s
	in.base, _ = parseSite(origin)
	if !slices.Contains(in.known, origin) {
		in.known = append(in.known, origin)
	}
	return true
}

// discover looks for a granted origin where none is known: in answers, among
// likely siblings, and with preflights.
func (in *inspection) discover() {
	for _, a := range []*probe.Answer{in.strange, in.none} {
		v := a.Header.Get("Access-Control-Allow-Origin")
		if _, ok := parseSite(v); ok && validOrigin(v) && in.try(in.main, v) {
			return
		}
	}
	if len(in.known) == 0 {
		for _, o := range in.likely() {
			if in.try(in.main, o) {
				return
			}
		}
	}
	// The requests that count may be others than GET.
	for _, o := range append(slices.Clone(in.known), in.random) {
		for _, s := range in.preflights() {
			g := in.grant(s, o)
			if g == nil {
				continue
			}
			if o != in.random {
				in.try(s, o)
			}
			in.preflight = g
			return
		}
	}
}

// preflights are the preflights that a call is likely to have, the most
// demanding one first.
func (in *inspection) preflights() []shape {
	headers := []string{"authorization", "content-type"}
	for _, h := range in.t.Headers {
		headers = append(headers, strings.ToLower(h))
	}
	for h := range in.a.o.Probe.Session {
		if h = strings.ToLower(h); h != "cookie" {
			headers = append(headers, h)
		}
	}
	slices.Sort(headers)
	headers = slices.Compact(headers)
	list := []shape{in.preflightFor(http.MethodGet, headers...), in.preflightFor(http.MethodGet), in.preflightFor(http.MethodPost, "content-type")}
	method := http.MethodPut
	for _, m := range in.t.Methods {
		if needsPreflight(m) {
			method = m
			break
		}
	}
	return append(list, in.preflightFor(method))
}

var anOrigin = regexp.MustCompile(`https?://[a-z0-9.-]+(?::[0-9]+)?`)

// likely are origins that the API might grant: those that it names itself, and
// the usual siblings of its own.
func (in *inspection) likely() []string {
	if in.own.domain == "" {
		return nil
	}
	text := in.none.Header.Get("Content-Security-Policy") + " " + in.none.Header.Get("Link") + " " + string(in.none.Body[:min(len(in.none.Body), 4096)])
	var list []string
	for _, o := range anOrigin.FindAllString(text, -1) {
		if s, ok := parseSite(o); ok && s.domain == in.own.domain && s.host != in.own.host && len(list) < 2 && !slices.Contains(list, o) {
			list = append(list, o)
		}
	}
	for _, host := range []string{"app." + in.own.domain, "www." + in.own.domain, in.own.domain} {
		if o := "https://" + host; host != in.own.host && !slices.Contains(list, o) {
			list = append(list, o)
		}
	}
	return list
}
