package explain

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/internal/rehearsal"
)

// A Question is a call to explain.
type Question struct {
	Page    browser.Page // Origin "null": an opaque one; empty: not known
	Call    browser.Call
	Profile browser.Profile // whose behaviour; zero: the standard's

	// Cookies are Set-Cookie lines that the server at Call.URL is taken to have
	// sent earlier, such as "session=1; SameSite=None; Secure".
	Cookies []string

	// Jar holds what the browser has stored before. Nil: nothing.
	Jar *browser.Cookies
}

// An Outcome is how an explained call ends.
type Outcome string

const (
	Allowed  Outcome = "allowed"   // the page gets what it asked for
	Blocked  Outcome = "blocked"   // the browser stops it
	Refused  Outcome = "refused"   // the server stops it: Concors refused it before it ran
	Held     Outcome = "held back" // all is well so far, but the call was not sent
	NotAsked Outcome = "not asked" // the server could not be asked
	Unknown  Outcome = "unknown"   // a recording, or a document that enforces nothing here, does not say

	NoEndpoint Outcome = "no endpoint" // a document has no endpoint for it
)

// An Answer is an explained call.
type Answer struct {
	Question Question
	Outcome  Outcome
	Result   *browser.Result

	// Held says why the call itself was not sent, if it was not.
	Held string
	// Err is why the server could not be asked, or what a recording lacks.
	Err error
	// Withheld are the secrets that a live server on the way was not told.
	Withheld []Withheld
	// Decisions are what Concors decided on each exchange, in order, if it was
	// in front of the server.
	Decisions []rehearsal.Decision
	// File is what a document says about the call, if one was asked.
	File *FileFinding
}

// Ask makes q's call in the model of the browser and lets server answer.
func Ask(ctx context.Context, q Question, server http.RoundTripper) Answer {
	b := &browser.Browser{Profile: q.Profile, Cookies: q.Jar}
	if q.Profile == browser.WebKit {
		b.ThirdPartyCookies = browser.ThirdPartyBlocked // as Safari's visitors have it
	}
	a := Answer{Question: q, Outcome: Allowed}
	if len(q.Cookies) > 0 {
		if b.Cookies == nil {
			b.Cookies = new(browser.Cookies)
		}
		for _, line := range q.Cookies {
			if err := b.Cookies.Set(q.Call.URL, line); err != nil {
				a.Outcome, a.Err = NotAsked, &cookieError{line, err}
				return a
			}
		}
	}
	a.Result = b.Fetch(ctx, q.Page, q.Call, server)
	if a.Result.Blocked == nil {
		return a
	}
	a.Outcome = Blocked
	if a.Result.Blocked.Code != browser.NetworkError {
		return a
	}
	// The last exchange has no answer: was it held back, or could it not be had?
	last := a.Result.Exchanges[len(a.Result.Exchanges)-1]
	if held, ok := errors.AsType[*heldError](last.Err); ok {
		a.Outcome, a.Held = Held, held.reason
		a.Result.Exchanges = a.Result.Exchanges[:len(a.Result.Exchanges)-1]
		a.dropFailedStep()
		return a
	}
	a.Outcome, a.Err = NotAsked, last.Err
	a.dropFailedStep() // the verdict says it better
	return a
}

// dropFailedStep forgets that the browser got no answer.
func (a *Answer) dropFailedStep() {
	if n := len(a.Result.Steps); n > 0 && !a.Result.Steps[n-1].OK {
		a.Result.Steps = a.Result.Steps[:n-1]
	}
}

// A cookieError is a cookie that browsers would not store.
type cookieError struct {
	Line string
	Err  error
}

// Error names the cookie and keeps its value to itself.
func (e *cookieError) Error() string {
	return "the cookie " + cookieName(e.Line) + ": " + e.Err.Error()
}

// cookieName is the name in a Set-Cookie line, in words if it has none.
func cookieName(line string) string {
	pair, _, _ := strings.Cut(line, ";")
	name, _, found := strings.Cut(pair, "=")
	if name = strings.TrimSpace(name); !found || name == "" {
		return "without a name"
	}
	return name
}

func (e *cookieError) Unwrap() error { return e.Err }

// heldError ends a call that must not be sent.
type heldError struct{ reason string }

func (e *heldError) Error() string { return e.reason }
