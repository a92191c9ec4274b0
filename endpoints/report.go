package endpoints

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/cors/mistake"
)

// A Report holds the mistakes and warnings found in a document, in the order of
// the file. Beyond 1,000 of each they are only counted: a last one with the code
// [mistake.MistakesOmitted] or [mistake.WarningsOmitted] says how many. A nil Report is
// empty.
type Report struct {
	Mistakes []Mistake `json:"mistakes"`

	mistakes, warnings tally
}

// A tally counts mistakes, or warnings.
type tally struct{ listed, omitted int }

// Limits of a report, so that a document full of mistakes costs no more than one
// without.
const (
	maxMistakes = 1000 // of them, and of warnings
	maxQuoted   = 1000 // bytes of a value that are quoted
)

// add appends m, or counts it if there are enough of its kind.
func (r *Report) add(m Mistake) {
	t := r.tally(m.Warning)
	if t.listed == maxMistakes {
		t.omitted++
		return
	}
	t.listed++
	if len(m.Value) > maxQuoted {
		m.Value = strings.ToValidUTF8(m.Value[:maxQuoted], "") + "…"
	}
	if len(m.Repair) > maxQuoted {
		m.Repair = ""
	}
	r.Mistakes = append(r.Mistakes, m)
}

func (r *Report) tally(warning bool) *tally {
	if warning {
		return &r.warnings
	}
	return &r.mistakes
}

// finish puts the mistakes into the order of the file, the ones without a place
// first, and says how many were omitted. Nothing is added afterwards.
func (r *Report) finish(file string) *Report {
	slices.SortStableFunc(r.Mistakes, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	for _, o := range []struct {
		code  mistake.Code
		count int
	}{{mistake.MistakesOmitted, r.mistakes.omitted}, {mistake.WarningsOmitted, r.warnings.omitted}} {
		if o.count > 0 {
			r.Mistakes = append(r.Mistakes, mistakeAt(file, place{}, o.code, Field{}, "", "", fmt.Sprintf("%d more are not listed", o.count)))
		}
	}
	return r
}

// A Mistake is one thing that is wrong, or perhaps not as meant, in a document.
type Mistake struct {
	File    string       `json:"file,omitempty"`   // as passed to [Parse]
	Line    int          `json:"line,omitempty"`   // from 1; 0 if the document did not come from text
	Column  int          `json:"column,omitempty"` // from 1, in characters; 0 as Line
	Code    mistake.Code `json:"code"`             // stable; see [Kinds] for all
	Warning bool         `json:"warning,omitempty"`
	Field   Field        `json:"field,omitzero"`   // such as policies.front-end.domains[2] or endpoints[0].cors
	Value   string       `json:"value,omitempty"`  // as written; may be empty
	Message string       `json:"message"`          // lower case, no full stop
	Repair  string       `json:"repair,omitempty"` // a value to put in its place; empty if none can be guessed
	Remedy  string       `json:"remedy,omitempty"` // how to mend it, in sentences
}

// mistakeAt returns the mistake code at p. An empty detail means the general
// message of code.
func mistakeAt(file string, p place, code mistake.Code, field Field, value, repair, detail string) Mistake {
	m := known[code]
	if detail == "" {
		detail = m.Message
	}
	return Mistake{
		File: file, Line: p.line, Column: p.column, Code: code, Warning: m.Warning,
		Field: field, Value: value, Message: detail, Repair: repair, Remedy: m.Remedy,
	}
}

// onLine is the message of code for something that stands on another line.
func onLine(code mistake.Code, line int) string {
	return fmt.Sprintf("%s, on line %d", known[code].Message, line)
}

// String returns the mistake in one line, file:line:col: code: message (repair).
// In place of a value that mends it there may be the remedy.
func (m Mistake) String() string {
	var b strings.Builder
	if m.File != "" {
		b.WriteString(m.File + ":")
	}
	if m.Line > 0 {
		fmt.Fprintf(&b, "%d:%d:", m.Line, m.Column)
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	fmt.Fprintf(&b, "%s: ", m.Code)
	if m.Warning {
		b.WriteString("warning: ")
	}
	if m.Line == 0 && m.Field != (Field{}) {
		b.WriteString(m.Field.String() + ": ")
	}
	if m.Value != "" {
		fmt.Fprintf(&b, "%.200q: ", m.Value)
	}
	b.WriteString(m.Message)
	if m.Code == ValueType && m.Repair != "" {
		fmt.Fprintf(&b, " (use %.200s)", m.Repair) // as YAML, with quotes of its own
	} else if m.Repair != "" {
		fmt.Fprintf(&b, " (use %.200q)", m.Repair)
	} else if m.Remedy != "" {
		fmt.Fprintf(&b, " (%s)", strings.TrimSuffix(m.Remedy, "."))
	}
	return b.String()
}

// Error makes a mistake an error, so that a Report can be one.
func (m Mistake) Error() string { return m.String() }

// OK reports whether the document can be used: it has no mistakes, at most
// warnings.
func (r *Report) OK() bool {
	return r == nil || !slices.ContainsFunc(r.Mistakes, func(m Mistake) bool { return !m.Warning })
}

// Errors returns the mistakes that are not warnings.
func (r *Report) Errors() []Mistake { return r.filter(false) }

// Warnings returns the mistakes with which the document works nevertheless.
func (r *Report) Warnings() []Mistake { return r.filter(true) }

func (r *Report) filter(warning bool) []Mistake {
	if r == nil {
		return nil
	}
	var list []Mistake
	for _, m := range r.Mistakes {
		if m.Warning == warning {
			list = append(list, m)
		}
	}
	return list
}

// Err returns the mistakes that are not warnings, joined; nil if there is none.
// errors.As finds the first [Mistake] in it.
func (r *Report) Err() error {
	var errs []error
	for _, m := range r.Errors() {
		errs = append(errs, m)
	}
	return errors.Join(errs...)
}
