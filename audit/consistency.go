package audit

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/concors/concors/internal/probe"
)

// bestPreflight is the answer to the preflight that whoever is granted most
// got: the first that lets them in, else the most demanding one. Nil: nobody is
// known to be let in anywhere, and a stranger's preflight is looked at.
func (in *inspection) bestPreflight() *probe.Answer {
	if in.preflight != nil {
		return in.preflight.answer
	}
	if in.preflightAsked {
		return in.preflightAnswer
	}
	in.preflightAsked = true
	origin := in.asker()
	for i, s := range in.preflights() {
		a := in.ask(s, origin)
		if i == 0 {
			in.preflightAnswer = a
		}
		if g := in.judged(origin, a); g != nil && 200 <= a.Status && a.Status <= 299 {
			in.preflight, in.preflightAnswer = g, a
			return a
		}
		if a.Header.Get("Access-Control-Allow-Origin") != "" || a.Status/100 == 3 || a.Status == http.StatusUnauthorized {
			in.preflightAnswer = a // it fails for a reason of its own
			return a
		}
		if in.granted == nil && !in.wild && in.reflect == nil {
			return a // nothing is let in: once is enough
		}
	}
	return in.preflightAnswer
}

// checkConsistency looks for answers of one API that contradict each other.
func (in *inspection) checkConsistency() {
	in.checkWiderPreflight()
	in.checkAnswerAfterPreflight()
	in.checkErrors()
	in.checkRedirect()
}

// checkWiderPreflight asks preflights in the name of strangers.
func (in *inspection) checkWiderPreflight() {
	if in.wild || in.reflect != nil {
		return
	}
	s := in.preflights()[0]
	if in.preflight != nil {
		s = in.shapeOf(in.preflight.answer) // the one that works
	}
	s.private = true
	g := in.grant(s, in.random)
	if g == nil || g.answer.Status < 200 || g.answer.Status > 299 {
		return
	}
	if !in.strange.Tested() || in.judged(in.random, in.strange) != nil {
		return
	}
	if in.granted == nil && !g.echoes() {
		return // meant for everybody: it is the answer that lacks something
	}
	again := in.judged(in.random, in.again(s, in.random))
	if again == nil {
		return
	}
	f := in.report("preflight-wider", "A stranger's preflight is answered with yes, and the request itself is not.", None, g.browsers, []string{in.random},
		shown{"The preflight lets a stranger in.", g.answer}, shown{"The answer does not.", in.strange})
	if f != nil && !g.credentials {
		f.Severity = Medium // what follows has no cookies
	}
}

// checkAnswerAfterPreflight compares a preflight that lets an origin in with
// the answer that follows.
func (in *inspection) checkAnswerAfterPreflight() {
	p := in.bestPreflight()
	if in.preflight == nil || in.found("acao-multiple", "acao-invalid") || in.found("preflight-wider") && len(in.known) == 0 {
		return
	}
	origin := in.preflight.origin
	actual := in.ask(in.main, origin)
	if !actual.Tested() || actual.Status/100 == 3 {
		return
	}
	g := in.judged(origin, actual)
	if g == nil {
		if in.otherMethodsOnly(actual) {
			return
		}
		if actual.Status >= 400 {
			in.report("error-cors-missing", fmt.Sprintf("The answer with status %d cannot be read by %s, although the preflight lets it in.", actual.Status, origin), None, engines, []string{origin},
				shown{"The error has no CORS headers.", actual}, shown{"The preflight is answered with yes.", p})
			return
		}
		in.report("actual-cors-missing", "The preflight lets "+origin+" in, and the answer does not.", None, engines, []string{origin},
			shown{"The preflight is answered with yes.", p}, shown{"The answer cannot be read.", actual})
		return
	}
	if g.credentials != in.preflight.credentials && !in.wild {
		where := "the preflight's answer"
		if g.credentials {
			where = "the answer itself"
		}
		if !in.found("acac-invalid", "wildcard-credentials") {
			in.report("acac-inconsistent", "Credentials are allowed by "+where+" only.", None, engines, []string{origin},
				shown{"The preflight's answer.", p}, shown{"The answer.", actual})
		}
	}
}

// otherMethodsOnly reports whether an answer says that the address has no GET,
// so that it says nothing about other methods.
func (in *inspection) otherMethodsOnly(a *probe.Answer) bool {
	return a.Status == http.StatusMethodNotAllowed || a.Status == http.StatusNotImplemented || a.Status == http.StatusNotFound
}

// errorShapes are ways to get an error: without the session, and for something
// that is not there.
func (in *inspection) errorShapes() []shape {
	if in.missing == "" {
		in.missing = in.a.o.Label()
	}
	var list []shape
	if in.session && in.none.Status < 400 {
		s := in.main
		s.session = false
		list = append(list, s)
	}
	parent := in.u.Path[:strings.LastIndexByte(in.u.Path, '/')+1]
	for _, path := range []string{strings.TrimSuffix(in.u.Path, "/") + "/" + in.missing, parent + in.missing} {
		u := url.URL{Scheme: in.u.Scheme, Host: in.u.Host, Path: path}
		list = append(list, shape{method: http.MethodGet, url: u.String(), session: in.session})
	}
	return list
}

// checkErrors compares errors with successes.
func (in *inspection) checkErrors() {
	if in.found("acao-multiple", "acao-invalid", "error-cors-missing") {
		return
	}
	origin := in.asker()
	success := in.permitted()
	readable := success.Status < 400 && in.judged(origin, success) != nil
	var lacking []*probe.Answer
	for _, s := range in.errorShapes() {
		a := in.ask(s, origin)
		if !a.Tested() || a.Status < 400 {
			continue
		}
		if readable && in.judged(origin, a) == nil {
			if lacking = append(lacking, a); s.url == in.main.url {
				break // the same address
			}
			continue // another path may belong to another server
		}
		in.checkWiderError(s)
		return
	}
	if len(lacking) > 0 {
		in.report("error-cors-missing", fmt.Sprintf("The answer with status %d cannot be read by %s.", lacking[0].Status, origin), None, engines, []string{origin},
			shown{"The error has no CORS headers.", lacking[0]}, shown{"The success has them.", success})
	}
}

// checkWiderError asks for an error in the name of a stranger.
func (in *inspection) checkWiderError(s shape) {
	if in.wild || in.reflect != nil || !in.strange.Tested() || in.judged(in.random, in.strange) != nil {
		return
	}
	stranger := in.ask(s, in.random)
	wide := in.judged(in.random, stranger)
	if wide == nil || stranger.Status < 400 {
		return
	}
	f := in.report("error-cors-wider", fmt.Sprintf("A stranger may read the answer with status %d, and no success.", stranger.Status), None, wide.browsers, []string{in.random},
		shown{"The error lets a stranger in.", stranger}, shown{"The success does not.", in.strange})
	if f != nil && !wide.credentials {
		f.Severity = Low
	}
}

// checkRedirect looks at a redirect that the address answers with, or that it
// answers with for another spelling.
func (in *inspection) checkRedirect() {
	if in.found("acao-multiple", "acao-invalid") {
		return
	}
	origin := in.asker()
	a := in.permitted()
	if a.Status/100 == 3 && a.Header.Get("Location") != "" {
		known := len(in.known) > 0 || in.preflight != nil
		if known && in.judged(origin, a) == nil {
			in.report("redirect-cors-missing", fmt.Sprintf("The address redirects to %s, and browsers refuse to follow.", a.Header.Get("Location")), None, engines, []string{origin},
				shown{"The redirect has no CORS headers.", a})
		}
	}
}
