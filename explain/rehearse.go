package explain

import (
	"context"
	"net/url"
	"strings"

	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/internal/rehearsal"
)

// Rehearse explains q by asking the gateway on a stage. If its table was built
// for debug mode, what fails is named more exactly.
func Rehearse(ctx context.Context, q Question, stage *rehearsal.Stage) Answer {
	before := len(stage.Scenes)
	a := Ask(ctx, q, stage)
	for i := range stage.Scenes[before:] {
		a.Decisions = append(a.Decisions, stage.Scenes[before+i].Decision)
	}
	a.heedConcors()
	return a
}

// heedConcors makes a refusal of Concors the outcome, whether or not browsers are
// content to show it.
func (a *Answer) heedConcors() {
	if last := a.lastDecision(); last != nil && last.Refuses() {
		a.Outcome = Refused
	}
}

// lastDecision returns the decision on the last exchange, nil if Concors was not
// asked.
func (a *Answer) lastDecision() *rehearsal.Decision {
	if len(a.Decisions) == 0 {
		return nil
	}
	return &a.Decisions[len(a.Decisions)-1]
}

// Target reads what to call in a document: a URL, "[METHOD ]/path" under the
// API's own origin, or a pattern with a host.
func Target(doc *endpoints.Document, text string) (method, address string) {
	if m, rest, found := strings.Cut(text, " "); found {
		method, text = m, strings.TrimSpace(rest)
	}
	if u, err := url.Parse(text); err == nil && u.IsAbs() {
		return method, text
	}
	if !strings.HasPrefix(text, "/") { // HOST/path, as in a pattern
		return method, "https://" + text
	}
	if doc != nil && len(doc.Origins) > 0 {
		return method, doc.Origins[0] + text
	}
	return method, "https://" + placeholderHost + text
}

// placeholderHost stands for an API that does not say where it is.
const placeholderHost = "the-api.example"
