package explain

import (
	"net/http"
	"strings"
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
		name, _, _ := strings.Cut(line, "=")
		if name = strings.TrimSpace(name); travelled[name] {
			sent = append(sent, name)
		} else {
			unsent = append(unsent, name)
		}
	}
	return sent, unsent
}
