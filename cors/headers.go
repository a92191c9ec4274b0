package cors

import (
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/cors/internal/fetchspec"
)

const (
	wildcard      = "*"
	authorization = "authorization"
)

// headerNames is a policy's list of allowed request headers.
type headerNames struct {
	names []string // byte-lowercased and sorted, without "*"
	any   bool     // "*" is among them
	value string   // as Access-Control-Allow-Headers; "" to leave it out
}

// allows reports whether one element of Access-Control-Request-Headers is
// allowed. Browsers send the names byte-lowercased; others need not.
// "*" does not cover Authorization, see
// https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name.
func (h *headerNames) allows(name string) bool {
	for _, n := range h.names {
		if len(n) == len(name) && (n == name || fetchspec.EqualFold(n, name)) {
			return true
		}
	}
	return h.any && !fetchspec.EqualFold(name, authorization) && fetchspec.IsToken(name)
}

// refused returns the first element of the lines of an
// Access-Control-Request-Headers field that is not allowed. Lists may come
// split over lines, with spaces and empty elements, as intermediaries leave
// them (RFC 9110, section 5.6.1.2).
func (h *headerNames) refused(lines []string) (name string, found bool) {
	for _, line := range lines {
		for line != "" {
			name, line, _ = strings.Cut(line, ",")
			name = strings.Trim(name, " \t")
			if name != "" && !h.allows(name) {
				return name, true
			}
		}
	}
	return "", false
}

// compileHeaders validates the request headers of a policy.
func (c *compiler) compileHeaders(list []string, credentials bool) headerNames {
	var h headerNames
	for i, name := range list {
		field := fmt.Sprintf("headers[%d]", i)
		lower := strings.ToLower(name)
		switch {
		case name == wildcard && credentials:
			c.mistake(HeaderWildcardCredentials, field, name, "")
		case name == wildcard:
			if h.any {
				c.warn(HeaderRedundant, field, name, "")
			}
			h.any = true
		case !fetchspec.IsToken(name):
			c.mistake(HeaderInvalid, field, name, "")
		case isResponseHeader(lower):
			c.mistake(HeaderIsResponseHeader, field, name, "")
		case fetchspec.IsForbiddenRequestHeader(name, ""):
			c.mistake(HeaderForbidden, field, name, "")
		case slices.Contains(h.names, lower):
			c.warn(HeaderRedundant, field, name, "")
		default:
			h.names = append(h.names, lower)
		}
	}
	if h.any {
		for i, name := range list {
			if lower := strings.ToLower(name); lower != authorization && name != wildcard && slices.Contains(h.names, lower) {
				c.warn(HeaderRedundant, fmt.Sprintf("headers[%d]", i), name, "")
			}
		}
		h.names = slices.DeleteFunc(h.names, func(n string) bool { return n != authorization })
	}
	slices.Sort(h.names)
	h.value = strings.Join(h.names, ", ")
	if h.any {
		h.value = strings.TrimSuffix(wildcard+", "+h.value, ", ")
	}
	return h
}

// isResponseHeader reports whether a byte-lowercased name is one that people
// put into front ends by mistake although only servers send it.
func isResponseHeader(lower string) bool {
	switch lower {
	case "access-control-request-method", "access-control-request-headers", "access-control-request-local-network":
		return false
	case "cross-origin-resource-policy", "set-cookie", "vary":
		return true
	}
	return strings.HasPrefix(lower, "access-control-")
}

// compileExpose validates the exposed response headers of a policy and returns
// the value of Access-Control-Expose-Headers.
func (c *compiler) compileExpose(list []string, credentials bool) string {
	var names []string
	any := slices.Contains(list, wildcard) && !credentials
	for i, name := range list {
		field := fmt.Sprintf("expose[%d]", i)
		lower := strings.ToLower(name)
		switch {
		case name == wildcard && credentials:
			c.mistake(ExposeWildcardCredentials, field, name, "")
		case !fetchspec.IsToken(name):
			c.mistake(HeaderInvalid, field, name, "")
		case fetchspec.IsForbiddenResponseHeader(name):
			c.mistake(ExposeForbidden, field, name, "")
		case slices.Contains(names, lower), any && name != wildcard:
			c.warn(HeaderRedundant, field, name, "")
		default:
			names = append(names, lower)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
