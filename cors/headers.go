package cors

import (
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/cors/internal/fetchspec"
	"github.com/concors/concors/cors/mistake"
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

	// echo: browsers take "*" literally where credentials are allowed, so the
	// answer lists the requested names behind value instead.
	echo bool
}

// allows reports whether one element of Access-Control-Request-Headers is
// allowed. Browsers send the names byte-lowercased; others need not.
func (h *headerNames) allows(name string) bool {
	return h.lists(name) || h.any && wildcardCovers(name) && fetchspec.IsToken(name)
}

func (h *headerNames) lists(name string) bool {
	for _, n := range h.names {
		if len(n) == len(name) && (n == name || fetchspec.EqualFold(n, name)) {
			return true
		}
	}
	return false
}

// wildcardCovers reports whether "*" stands for the request header name. To
// browsers it does not for Authorization, see
// https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name. To us it
// does not for method overrides either: under a POST they would smuggle in
// methods that the policy of this path, or of another, refuses.
func wildcardCovers(name string) bool {
	return !fetchspec.IsCORSNonWildcardRequestHeader(name) && !isMethodOverride(name)
}

// isMethodOverride reports whether a request header is a method override to any
// server, in whatever spelling: X_HTTP_Method_Override is one to CGI, WSGI and
// the like.
func isMethodOverride(name string) bool {
	for _, n := range fetchspec.MethodOverrideHeaders {
		if sameVariable(name, n) {
			return true
		}
	}
	return false
}

// override returns a method override that r carries although it is not listed
// beside "*". Browsers that have cached "*" send it without asking, so requests
// are judged like preflights.
func (h *headerNames) override(r *http.Request) (name string, found bool) {
	for name := range r.Header {
		if isMethodOverride(name) && !h.lists(name) {
			return name, true
		}
	}
	return "", false
}

// answer returns the value of Access-Control-Allow-Headers for a preflight that
// asks for lines, which are within limits. Of what was asked for it has only
// names that are allowed.
func (h *headerNames) answer(lines []string) string {
	if !h.echo {
		return h.value
	}
	var b strings.Builder
	b.Grow(len(h.value) + 2*size(lines) + 2)
	b.WriteString(h.value)
	for name := range elements(lines) {
		if h.lists(name) || !h.allows(name) {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		for i := range len(name) { // tokens are ASCII
			c := name[i]
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			b.WriteByte(c)
		}
	}
	return b.String()
}

// elements yields the elements of the lines of a list field. Lists may come
// split over lines, with spaces and empty elements, as intermediaries leave them
// (RFC 9110, section 5.6.1.2).
func elements(lines []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, line := range lines {
			for line != "" {
				var name string
				name, line, _ = strings.Cut(line, ",")
				name = strings.Trim(name, " \t")
				if name != "" && !yield(name) {
					return
				}
			}
		}
	}
}

// refused returns the first element of the lines of an
// Access-Control-Request-Headers field that is not allowed.
func (h *headerNames) refused(lines []string) (name string, found bool) {
	for name := range elements(lines) {
		if !h.allows(name) {
			return name, true
		}
	}
	return "", false
}

// compileHeaders validates the request headers of a policy.
func (c *compiler) compileHeaders(list []string, credentials bool) headerNames {
	h := headerNames{any: slices.Contains(list, wildcard)}
	h.echo = h.any && credentials
	seen := make(map[string]bool, len(list))
	for i, name := range list {
		field := fmt.Sprintf("headers[%d]", i)
		lower := strings.ToLower(name)
		switch {
		case !fetchspec.IsToken(name):
			c.mistake(mistake.HeaderInvalid, field, name, "")
		case isResponseHeader(lower):
			c.mistake(mistake.HeaderIsResponseHeader, field, name, "")
		case fetchspec.IsForbiddenRequestHeader(name, ""):
			c.mistake(mistake.HeaderForbidden, field, name, "")
		case seen[lower], h.any && name != wildcard && wildcardCovers(name):
			c.warn(mistake.HeaderRedundant, field, name, "")
		default:
			seen[lower] = true
			if name != wildcard {
				h.names = append(h.names, lower)
			}
		}
	}
	slices.Sort(h.names)
	h.value = strings.Join(h.names, ", ")
	if h.any && !h.echo {
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

// isRequestHeader reports whether a byte-lowercased name is one that only clients
// send, which people list where they mean a header of the answer.
func isRequestHeader(lower string) bool {
	switch lower {
	case "accept-charset", "accept-language", "authorization", "cookie", "cookie2", "dnt", "expect", "forwarded", "from",
		"host", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "max-forwards", "origin",
		"proxy-authorization", "range", "referer", "te", "upgrade-insecure-requests", "user-agent", "x-requested-with":
		return true
	}
	return fetchspec.IsMethodOverrideHeader(lower) || strings.HasPrefix(lower, "access-control-request-") ||
		strings.HasPrefix(lower, "sec-fetch-") || strings.HasPrefix(lower, "sec-ch-") || strings.HasPrefix(lower, "x-forwarded-")
}

// compileExpose validates the exposed response headers of a policy and returns
// the value of Access-Control-Expose-Headers.
func (c *compiler) compileExpose(list []string, credentials bool) string {
	var names []string
	any := slices.Contains(list, wildcard) && !credentials
	seen := make(map[string]bool, len(list))
	for i, name := range list {
		field := fmt.Sprintf("expose[%d]", i)
		lower := strings.ToLower(name)
		switch {
		case name == wildcard && credentials:
			c.mistake(mistake.ExposeWildcardCredentials, field, name, "")
		case !fetchspec.IsToken(name):
			c.mistake(mistake.HeaderInvalid, field, name, "")
		case fetchspec.IsForbiddenResponseHeader(name):
			c.mistake(mistake.ExposeForbidden, field, name, "")
		case isRequestHeader(lower):
			c.mistake(mistake.ExposeIsRequestHeader, field, name, "")
		case seen[lower], any && name != wildcard:
			c.warn(mistake.HeaderRedundant, field, name, "")
		case fetchspec.IsCORSSafelistedResponseHeader(name):
			c.warn(mistake.ExposeReadable, field, name, "")
		default:
			seen[lower] = true
			names = append(names, lower)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
