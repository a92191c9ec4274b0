package explain

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/concors/concors/cors"
)

// Verdict says in one line how the call ends.
func (a *Answer) Verdict() string {
	if a.File != nil && a.File.verdict != "" {
		return a.File.verdict
	}
	switch a.Outcome {
	case Allowed:
		verdict := a.Result.Verdict()
		sent, unsent := a.sentCookies()
		switch d := a.lastDecision(); {
		case len(unsent) > 0:
			return but(verdict, "without your "+cookies(unsent))
		case len(sent) > 0 && d != nil && d.Anonymous && !d.Observed:
			return but(verdict, "Concors drops your "+cookies(sent))
		}
		return verdict
	case Refused:
		return "refused by Concors: " + Why(a.lastDecision().Reason, a.Question.Page.Origin)
	case Held:
		return "nothing stands in the way so far; the call itself was not sent: " + a.Held
	case NotAsked:
		return "the server could not be asked: " + sentence(a.Err)
	case Unknown:
		return "unknown: " + sentence(a.Err)
	}
	return a.Result.Verdict()
}

// Why says why Concors refuses a request of a page on origin, to the owner of the
// API: the rest of a sentence after "refused because". Without an origin it says
// this website.
func Why(reason cors.Reason, origin string) string {
	switch reason {
	case cors.OriginNotAllowed:
		return cmp.Or(origin, "this website") + " is not allowed here"
	case cors.OriginIsNull:
		return "the page has no origin of its own (null), which cannot be listed"
	case cors.OriginMalformed:
		return "what came as Origin cannot be one"
	case cors.OriginMissing:
		return "another website sends it without saying which one"
	case cors.HeaderNotAllowed:
		return "a request header of the page is not allowed here"
	case cors.HeaderListTooLarge:
		return "the page would set too many request headers"
	case cors.MethodNotAllowed:
		return "no endpoint here takes the method"
	case cors.EmbedNotAllowed:
		return "other websites may not load it without CORS (embed)"
	case cors.HostNotServed:
		return "the host is none of those that are declared"
	}
	return string(reason)
}

// but puts a reservation behind the first words of a verdict: "allowed, but …:
// the page reads status 200".
func but(verdict, reservation string) string {
	head, rest, found := strings.Cut(verdict, ": ")
	if found {
		rest = ": " + rest
	}
	if strings.Contains(head, ", but ") {
		return head + ", and " + reservation + rest
	}
	return head + ", but " + reservation + rest
}

func cookies(names []string) string {
	if len(names) == 1 {
		return "cookie " + names[0]
	}
	return "cookies " + and(names)
}

func sentence(err error) string { return strings.TrimSuffix(err.Error(), ".") }

// sentCookies returns the names of those of the question's cookies that
// travelled with the call, and of those that did not.
func (a *Answer) sentCookies() (sent, unsent []string) {
	travelled := make(map[string]bool)
	for i := range a.Result.Exchanges {
		if e := &a.Result.Exchanges[i]; !e.Preflight {
			for _, c := range (&http.Request{Header: e.Header}).Cookies() {
				travelled[c.Name] = true
			}
			break
		}
	}
	for _, line := range a.Question.Cookies {
		if name := cookieName(line); travelled[name] {
			sent = append(sent, name)
		} else {
			unsent = append(unsent, name)
		}
	}
	return sent, unsent
}
