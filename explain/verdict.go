package explain

import (
	"net/http"
	"strings"
)

// Verdict says in one line how the call ends.
func (a *Answer) Verdict() string {
	switch a.Outcome {
	case Allowed:
		verdict := a.Result.Verdict()
		if names := a.unsentCookies(); len(names) > 0 {
			return but(verdict, "without your "+cookies(names))
		}
		return verdict
	case Refused:
		return "refused by Concors before it ran"
	case Held:
		return "nothing stands in the way so far; the call itself was not sent: " + a.Held
	case NotAsked:
		return "the server could not be asked: " + sentence(a.Err)
	case Unknown:
		return "unknown: " + sentence(a.Err)
	}
	return a.Result.Verdict()
}

// but puts a reservation behind the first words of a verdict: "allowed, but …:
// the page reads status 200".
func but(verdict, reservation string) string {
	head, rest, found := strings.Cut(verdict, ": ")
	if !found {
		return verdict + ", but " + reservation
	}
	return head + ", but " + reservation + ": " + rest
}

func cookies(names []string) string {
	if len(names) == 1 {
		return "cookie " + names[0]
	}
	return "cookies " + and(names)
}

func sentence(err error) string { return strings.TrimSuffix(err.Error(), ".") }

// unsentCookies returns the names of those of the question's cookies that did
// not travel with the call.
func (a *Answer) unsentCookies() []string {
	var sent []*http.Cookie
	for i := range a.Result.Exchanges {
		if e := &a.Result.Exchanges[i]; !e.Preflight {
			sent = (&http.Request{Header: e.Header}).Cookies()
			break
		}
	}
	var names []string
	for _, line := range a.Question.Cookies {
		name, _, _ := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		found := false
		for _, c := range sent {
			found = found || c.Name == name
		}
		if !found {
			names = append(names, name)
		}
	}
	return names
}
