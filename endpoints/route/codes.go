package route

import (
	"fmt"
	"strings"
)

// A Code names a kind of mistake. Codes are stable: tools, documentation and
// user interfaces key on them.
type Code string

// Mistakes in a pattern.
const (
	PatternEmpty             Code = "pattern-empty"
	PatternTooLong           Code = "pattern-too-long"
	PatternSpace             Code = "pattern-space"
	PatternMethodInvalid     Code = "pattern-method-invalid"
	PatternMethodLowerCase   Code = "pattern-method-lower-case"
	PatternMethodConnect     Code = "pattern-method-connect"
	PatternScheme            Code = "pattern-scheme"
	PatternMissingSlash      Code = "pattern-missing-slash"
	PatternHostInvalid       Code = "pattern-host-invalid"
	PatternHostPort          Code = "pattern-host-port"
	PatternHostUpperCase     Code = "pattern-host-upper-case"
	PatternHostWildcard      Code = "pattern-host-wildcard"
	PatternPathUnclean       Code = "pattern-path-unclean"
	PatternPathCharacter     Code = "pattern-path-character"
	PatternPathEscape        Code = "pattern-path-escape"
	PatternQuery             Code = "pattern-query"
	PatternWildcardSyntax    Code = "pattern-wildcard-syntax"
	PatternWildcardName      Code = "pattern-wildcard-name"
	PatternWildcardDuplicate Code = "pattern-wildcard-duplicate"
	PatternWildcardNotLast   Code = "pattern-wildcard-not-last"
)

// PatternConflict is the code for a [Conflict] of two patterns.
const PatternConflict Code = "pattern-conflict"

// An Error is one mistake in a pattern.
type Error struct {
	Code    Code   // which mistake; stable
	Pattern string // the pattern as written
	Offset  int    // where the mistake begins in Pattern, in bytes
	Length  int    // how many bytes are wrong; 0 if something is missing at Offset
	Repair  string // a pattern without this mistake; empty if none can be guessed

	detail string // overrides the general message of Code
}

// Message says what is wrong, without pattern and place.
func (e *Error) Message() string {
	if e.detail != "" {
		return e.detail
	}
	return kinds[e.Code].Message
}

// Error returns pattern, place and message in one line.
func (e *Error) Error() string {
	s := fmt.Sprintf("route: %.200q: at offset %d: %s", e.Pattern, e.Offset, e.Message())
	if e.Repair != "" {
		s += fmt.Sprintf(" (use %.200q)", e.Repair)
	}
	return s
}

// Errors is every mistake in a pattern, ordered by offset; never empty. It is
// what [Parse] returns as its error.
type Errors []*Error

// Error returns the mistakes, one a line.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the mistakes for errors.Is and errors.As.
func (es Errors) Unwrap() []error {
	errs := make([]error, len(es))
	for i, e := range es {
		errs[i] = e
	}
	return errs
}
