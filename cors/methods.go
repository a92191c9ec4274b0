package cors

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/cors/internal/fetchspec"
)

// Methods is an immutable set of request methods: those of the endpoints at a
// path. A nil *Methods holds every method.
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
	m := new(Methods)
	for i, name := range names {
		field := fmt.Sprintf("methods[%d]", i)
		switch {
		case !fetchspec.IsToken(name):
			errs = append(errs, &Error{Code: MethodInvalid, Field: field, Value: name})
		case fetchspec.IsForbiddenMethod(name):
			errs = append(errs, &Error{Code: MethodForbidden, Field: field, Value: name})
		case fetchspec.NormalizeMethod(name) != name:
			errs = append(errs, &Error{Code: MethodInvalid, Field: field, Value: name, Repair: fetchspec.NormalizeMethod(name)})
		}
		m.names = append(m.names, name)
		if name == "GET" {
			m.names = append(m.names, "HEAD")
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	slices.Sort(m.names)
	m.names = slices.Compact(m.names)
	m.value = strings.Join(m.names, ", ")
	return m, nil
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
