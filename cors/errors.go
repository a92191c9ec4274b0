package cors

import (
	"fmt"
	"iter"
)

// An Error is one mistake in what somebody wrote: a policy, a site, a method
// list. Functions that validate return all mistakes at once, joined; [Errors]
// walks them.
type Error struct {
	Code   Code   // which mistake; stable
	Field  string // where, such as "domains[2]", "headers[0]", "cache"
	Value  string // the value as written; may be empty
	Repair string // a value to put in its place; empty if none can be guessed

	detail string // overrides the general message of Code
}

// NewError returns the mistake code at field, with the value as written, the
// proposed repair if there is one, and a message of its own if detail is not
// empty. Packages that read policies from elsewhere use it for mistakes of
// their formats.
func NewError(code Code, field, value, repair, detail string) *Error {
	return &Error{Code: code, Field: field, Value: value, Repair: repair, detail: detail}
}

// Message says what is wrong, without place and value.
func (e *Error) Message() string {
	if e.detail != "" {
		return e.detail
	}
	return mistakes[e.Code].Message
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
