package audit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/concors/concors/internal/probe"
)

// An inspection is the audit of one target.
type inspection struct {
	a   *Auditor
	ctx context.Context
	t   *Target
	u   *url.URL

	own     site // the API's own origin
	session bool // there is a session

	answers  map[string]*probe.Answer // by what was asked
	requests int
	failed   int // answers in a row that did not come
	untested map[string]bool
	findings []*Finding

	main shape // how the API is asked as a rule

	none    *probe.Answer // to a request without Origin
	random  string        // an origin that nobody can have allowed
	strange *probe.Answer // to a request of random

	known   []string // origins that are said or found to be granted
	base    site     // the one that is varied
	granted *grant   // base's, nil if it is not granted
	oracle  shape    // how base is granted: main, or a preflight
	wild    bool     // everybody is granted with *
	reflect *grant   // random's, nil if it is not granted
	openEnd *grant   // a name that only begins like base
	static  bool     // Access-Control-Allow-Origin is the same whoever asks

	preflight       *grant // the preflight that base, or anybody, is granted
	preflightAsked  bool   // whether bestPreflight has looked for it
	preflightAnswer *probe.Answer
	missing         string // a name for what is not there
}

// A shape is a way to ask.
type shape struct {
	method  string
	url     string
	session bool
	// asks makes it a preflight for this method and these header names.
	asks, headers string
	private       bool // Access-Control-Request-Private-Network
}

// errGone ends an inspection whose server does not answer any more.
var errGone = errors.New("it does not answer any more")

// ask asks as a page of an origin would, "" being no page. No question is asked
// twice. Where requests may not go on, the answer is an untested one.
func (in *inspection) ask(s shape, origin string) *probe.Answer {
	key := fmt.Sprintf("%s|%s|%v|%s|%s|%v|%s", s.method, s.url, s.session, s.asks, s.headers, s.private, origin)
	if a, ok := in.answers[key]; ok {
		return a
	}
	a := in.send(&probe.Request{Method: s.method, URL: s.url, Header: in.pageHeader(s, origin), Session: s.session})
	in.answers[key] = a
	return a
}

// again asks once more what has been asked before.
func (in *inspection) again(s shape, origin string) *probe.Answer {
	return in.send(&probe.Request{Method: s.method, URL: s.url, Header: in.pageHeader(s, origin), Session: s.session})
}

// send sends r, if there is room left.
func (in *inspection) send(r *probe.Request) *probe.Answer {
	if in.failed >= 3 || in.requests >= in.a.o.MaxRequests {
		in.untested["the rest: "+in.stopped()] = true
		return &probe.Answer{Request: r, Err: errGone}
	}
	in.requests++
	a := in.a.client.Do(in.ctx, r)
	switch {
	case a.Status == 0:
		in.failed++
	default:
		in.failed = 0
	}
	if !a.Tested() {
		what := r.Method + " of " + r.Header.Get("Origin")
		if r.Header.Get("Origin") == "" {
			what = r.Method + " without Origin"
		}
		if a.Err != nil {
			what += ": " + a.Err.Error()
		} else {
			what += fmt.Sprintf(": status %d", a.Status)
		}
		in.untested[what] = true
	}
	return a
}

func (in *inspection) stopped() string {
	if in.failed >= 3 {
		return errGone.Error()
	}
	return fmt.Sprintf("%d requests are enough", in.a.o.MaxRequests)
}

// pageHeader is the header of a page's request, as browsers write it.
func (in *inspection) pageHeader(s shape, origin string) http.Header {
	h := http.Header{"Accept": {"*/*"}}
	if origin == "" {
		return h
	}
	h.Set("Origin", origin)
	if in.trustworthy() {
		where := "cross-site"
		if from, ok := parseSite(origin); ok && from.scheme == in.u.Scheme && from.domain != "" && from.domain == in.own.domain {
			where = "same-site"
		}
		h.Set("Sec-Fetch-Site", where)
		h.Set("Sec-Fetch-Mode", "cors")
		h.Set("Sec-Fetch-Dest", "empty")
	}
	if s.asks != "" {
		h.Set("Access-Control-Request-Method", s.asks)
		if s.headers != "" {
			h.Set("Access-Control-Request-Headers", s.headers)
		}
		if s.private {
			h.Set("Access-Control-Request-Private-Network", "true")
		}
	}
	return h
}

// trustworthy reports whether browsers send Sec-Fetch-* to the API: over https,
// to loopback addresses, and, as it will be behind its TLS, to a server that runs
// on this machine under the API's name.
func (in *inspection) trustworthy() bool {
	return in.u.Scheme == "https" || in.own.isLoopback() || in.none != nil && in.none.Loopback
}

// preflightFor is the preflight of a call.
func (in *inspection) preflightFor(method string, headers ...string) shape {
	return shape{method: http.MethodOptions, url: in.u.String(), asks: method, headers: strings.Join(headers, ",")}
}

// shapeOf is how an answer to a preflight was asked for.
func (in *inspection) shapeOf(a *probe.Answer) shape {
	h := a.Request.Header
	return in.preflightFor(h.Get("Access-Control-Request-Method"), h.Get("Access-Control-Request-Headers"))
}

// run asks and reports. The error says why the target could not be asked.
func (in *inspection) run() error {
	in.none = in.ask(in.main, "")
	if in.none.Status == 0 {
		in.none = in.again(in.main, "")
	}
	if in.none.Status == 0 {
		return in.none.Err
	}
	in.findBase()
	in.checkOrigins()
	in.checkValues()
	in.checkCache()
	in.checkConsistency()
	in.checkPreflight()
	if in.a.o.SendUnsafe {
		in.checkCSRF()
	}
	in.checkRarer()
	return in.ctx.Err()
}
