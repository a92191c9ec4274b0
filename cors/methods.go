package cors

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/cors/internal/fetchspec"
)

// Methods is an immutable set of request methods: those of the endpoints at a
// path. A nil *Methods holds every method, the zero value none.
type Methods struct {
	names []string // sorted
	value string   // names as Access-Control-Allow-Methods
}

// NewMethods returns the set of the given methods; GET brings HEAD with it. No
// names mean every method, for which NewMethods returns nil. Names are
// case-sensitive. The error joins every mistake as an [*Error].
func NewMethods(names ...string) (*Methods, error) {
	if len(names) == 0 {
		return nil, nil
	}
	var errs []error
	for i, name := range names {
		if e := methodMistake(name); e != nil {
			e.Field = fmt.Sprintf("methods[%d]", i)
			errs = append(errs, e)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return MethodsAtPath(names), nil
}

// MethodsAtPath returns those of names that browsers can ask for, never nil:
// the methods of routes, which may have some that no browser sends (TRACE, or
// get for GET) and that therefore need no permission. Without any, it returns
// the set that holds none.
func MethodsAtPath(names []string) *Methods {
	m := new(Methods)
	for _, name := range names {
		if methodMistake(name) != nil {
			continue
		}
		m.names = append(m.names, name)
		if name == "GET" {
			m.names = append(m.names, "HEAD")
		}
	}
	slices.Sort(m.names)
	m.names = slices.Compact(m.names)
	m.value = strings.Join(m.names, ", ")
	return m
}

// methodMistake says why no browser ever sends name, nil if one can.
func methodMistake(name string) *Error {
	switch {
	case !fetchspec.IsToken(name):
		return &Error{Code: MethodInvalid, Value: name}
	case fetchspec.IsForbiddenMethod(name):
		return &Error{Code: MethodForbidden, Value: name}
	case fetchspec.NormalizeMethod(name) != name:
		return &Error{Code: MethodInvalid, Value: name, Repair: fetchspec.NormalizeMethod(name)}
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

// Contains reports whether m holds method.
func (m *Methods) Contains(method string) bool {
	return m == nil || slices.Contains(m.names, method)
}

// Names returns the methods in order; nil means every method.
func (m *Methods) Names() []string {
	if m == nil {
		return nil
	}
	return slices.Clone(m.names)
}

// String returns the methods as Access-Control-Allow-Methods lists them, and
// "*" for every method.
func (m *Methods) String() string {
	if m == nil {
		return "*"
	}
	return m.value
}
