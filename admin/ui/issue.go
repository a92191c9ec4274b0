package ui

import (
	"fmt"

	"github.com/concors/concors/admin"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/internal/words"
)

// An issue is a mistake or warning as it stands at a field of the editor.
type issue struct {
	Field   string // of the form; empty: it is about the whole
	Index   int    // of the value in the field, -1: of the field itself
	Value   string
	Text    string // what is wrong, a sentence
	Why     string
	Help    string // what to do
	Repair  string // the value to use instead; empty: none is known
	Warning bool
}

// Action is the value of the button that repairs the issue.
func (i issue) Action() string {
	return fmt.Sprintf("repair:%s:%d:%s", i.Field, i.Index, i.Repair)
}

// Removes reports whether the repair is to remove the value.
func (i issue) Removes() bool { return i.Repair == "" && i.Index >= 0 }

// issues are the mistakes and warnings of a draft by field.
type issues map[string][]issue

// isField reports whether issues can stand at a field of the form.
func isField(name string) bool {
	switch name {
	case "methods", "upstream", "endpoint", "use", "name":
		return true
	}
	return name != "allow" && endpoints.PolicyKey(name) != nil
}

// sorted puts the mistakes and warnings of j to their fields. Of changes that
// are the same for many endpoints only the first counts.
func sorted(j admin.Judgement) issues {
	out := make(issues)
	for _, list := range [][]admin.Mistake{j.Mistakes, j.Warnings} {
		for _, m := range list {
			if m.Change != nil && m.Change.Index > 0 {
				continue
			}
			is := issue{
				Index: -1, Value: m.Value, Text: words.Sentence(m.Message), Why: m.Cause, Help: m.Remedy,
				Repair: m.Repair, Warning: m.Warning,
			}
			if m.Change != nil {
				is.Field, is.Index = fieldOf(m.Change)
			}
			out[is.Field] = append(out[is.Field], is)
		}
	}
	return out
}

// fieldOf returns the field of the form that a place in a draft stands for.
func fieldOf(place *admin.MistakePlace) (field string, index int) {
	name, index := place.Field.Key(), -1
	if i, ok := place.Field.Element(); ok {
		index = i
	}
	switch {
	case place.Part == "policies" && name == "":
		name = "name"
	case name == "cors":
		name = "use"
	}
	if !isField(name) {
		return "", -1
	}
	return name, index
}

// count returns how many issues are mistakes.
func (i issues) count() int {
	n := 0
	for _, list := range i {
		for _, is := range list {
			if !is.Warning {
				n++
			}
		}
	}
	return n
}
