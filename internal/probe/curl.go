package probe

import (
	"net/http"
	"slices"
	"strings"
)

// secret are request and response headers whose values no report shows.
var secret = []string{"Authorization", "Cookie", "Proxy-Authorization", "Set-Cookie"}

// Public returns the header for a report: secrets are masked, and so are the
// values of names, those of the session.
func Public(h http.Header, names http.Header) http.Header {
	out := h.Clone()
	for name := range out {
		if _, ours := names[name]; ours || slices.Contains(secret, name) {
			for i := range out[name] {
				out[name][i] = "…"
			}
		}
	}
	return out
}

// Curl writes r as a command that asks the same. Session headers are shell
// variables that the reader sets.
func (r *Request) Curl(session http.Header) string {
	parts := []string{"curl", "-i"}
	if r.Method == http.MethodHead {
		parts = append(parts, "-I")
	} else if r.Method != http.MethodGet {
		parts = append(parts, "-X", quote(r.Method))
	}
	for _, name := range sorted(r.Header) {
		for _, v := range r.Header[name] {
			if slices.Contains(secret, http.CanonicalHeaderKey(name)) {
				v = "…"
			}
			parts = append(parts, "-H", quote(name+": "+v))
		}
	}
	if r.Session {
		for _, name := range sorted(session) {
			if r.CookiesOnly && http.CanonicalHeaderKey(name) != "Cookie" {
				continue
			}
			parts = append(parts, "-H", `"`+name+": $"+variable(name)+`"`)
		}
	}
	if r.Body != nil {
		parts = append(parts, "--data-binary", quote(string(r.Body)))
	}
	return strings.Join(append(parts, quote(r.URL)), " ")
}

// variable is a name of a shell variable for a header.
func variable(name string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToUpper(name))
}

func sorted(h http.Header) []string {
	var names []string
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// quote quotes text for a shell where it must be.
func quote(text string) string {
	if text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+") == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
