package explain

import (
	"context"

	"github.com/concors/concors/internal/rehearsal"
)

// rehearse explains q by asking the gateway on a stage. If its table was built
// for debug mode, what fails is named more exactly.
func rehearse(ctx context.Context, q Question, stage *rehearsal.Stage) Answer {
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
