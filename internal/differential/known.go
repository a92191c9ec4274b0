package differential

import (
	"github.com/concors/concors/internal/realbrowser"
)

// KnownDifference is a case in which the model knowingly says something else
// than a browser.
type KnownDifference struct {
	ID      string
	Browser realbrowser.Kind
	// What happens, why the model does not follow, and where that is written.
	Browsers, Model, Why, Reference string
	// Applies tells whether it explains all the differences of a scenario.
	Applies func(sc *Scenario, diffs []Difference) bool
}

// Known lists all known differences.
var Known []*KnownDifference

func explain(kind realbrowser.Kind, sc *Scenario, diffs []Difference) []*KnownDifference {
	for _, k := range Known {
		if k.Browser == kind && k.Applies(sc, diffs) {
			return []*KnownDifference{k}
		}
	}
	return nil
}
