package cors

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/concors/concors/cors/mistake"
)

// An Error is one mistake in what somebody wrote: a policy, a site, a method
// list. Functions that validate return all mistakes at once, joined; [Errors]
// walks them. Beyond 1,000 they are only counted, see [mistake.MistakesOmitted].
type Error struct {
	Code   mistake.Code // which mistake; stable
	Field  string       // where, such as "domains[2]", "headers[0]", "cache"
	Value  string       // the value as written; may be empty
	Repair string       // a value to put in its place; empty if none can be guessed

	detail  string // overrides the general message of Code
	omitted int    // how many mistakes it stands for: mistake.MistakesOmitted and mistake.WarningsOmitted
}

// Omitted returns how many mistakes e stands for beyond those that are listed,
// where its code is [mistake.MistakesOmitted] or [mistake.WarningsOmitted]; else 0.
func (e *Error) Omitted() int { return e.omitted }

// maxMistakes is how many mistakes, and how many warnings, are listed of one
// text. Who has made more has made them all the same way.
const maxMistakes = 1000

// A mistakeList collects mistakes, or warnings, and counts those that are too
// many to be listed.
type mistakeList struct {
	list    []*Error
	omitted int
}

func (l *mistakeList) add(e *Error) {
	if len(l.list) < maxMistakes {
		l.list = append(l.list, e)
	} else {
		l.omitted++
	}
}

// all returns what was added, and how many more there were under code.
func (l *mistakeList) all(code mistake.Code) []*Error {
	if l.omitted == 0 {
		return l.list
	}
	return append(slices.Clip(l.list), &Error{
		Code: code, omitted: l.omitted, detail: fmt.Sprintf("%d more are not listed", l.omitted),
	})
}

// err joins the mistakes; nil if there are none.
func (l *mistakeList) err() error {
	var errs []error
	for _, e := range l.all(mistake.MistakesOmitted) {
		errs = append(errs, e)
	}
	return errors.Join(errs...)
}

// Message says what is wrong, without place and value.
func (e *Error) Message() string {
	if e.detail != "" {
		return e.detail
	}
	return mistake.Of(e.Code).Message
}

// Error returns place, value and message in one line.
func (e *Error) Error() string {
	s := "cors: "
	if e.Field != "" {
		s += e.Field + ": "
	}
	if e.Value != "" {
		s += fmt.Sprintf("%.200q: ", e.Value)
	}
	s += e.Message()
	if e.Repair != "" {
		s += fmt.Sprintf(" (use %.200q)", e.Repair)
	}
	return s
}

// Errors walks every [*Error] in err, in order, through joined and wrapped
// errors.
func Errors(err error) iter.Seq[*Error] {
	return func(yield func(*Error) bool) { walkErrors(err, yield) }
}

func walkErrors(err error, yield func(*Error) bool) bool {
	switch e := err.(type) {
	case nil:
		return true
	case *Error:
		return yield(e)
	case interface{ Unwrap() error }:
		return walkErrors(e.Unwrap(), yield)
	case interface{ Unwrap() []error }:
		for _, sub := range e.Unwrap() {
			if !walkErrors(sub, yield) {
				return false
			}
		}
	}
	return true
}
