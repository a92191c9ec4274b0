package cors

import (
	"fmt"
	"strings"

	"github.com/concors/concors/cors/internal/fetchspec"
	"github.com/concors/concors/cors/mistake"
)

// CheckMethods returns every mistake in a list of methods, joined as [*Error]:
// browsers do not let pages ask for them. Names are case-sensitive.
func CheckMethods(names ...string) error {
	var mistakes mistakeList
	for i, name := range names {
		if e := methodMistake(name); e != nil {
			e.Field = fmt.Sprintf("methods[%d]", i)
			mistakes.add(e)
		}
	}
	return mistakes.err()
}

// methodMistake says why no browser ever sends name, nil if one can.
func methodMistake(name string) *Error {
	switch {
	case !fetchspec.IsToken(name):
		return &Error{Code: mistake.MethodInvalid, Value: name}
	case fetchspec.IsForbiddenMethod(name):
		return &Error{Code: mistake.MethodForbidden, Value: name}
	case fetchspec.NormalizeMethod(name) != name:
		return &Error{Code: mistake.MethodInvalid, Value: name, Repair: fetchspec.NormalizeMethod(name)}
	}
	return nil
}

// cutMethod returns the method of a pattern of [http.ServeMux], "" for any: it
// ends at the first space or tab.
func cutMethod(pattern string) string {
	if i := strings.IndexAny(pattern, " \t"); i >= 0 {
		return pattern[:i]
	}
	return ""
}
