package endpoints

import (
	_ "embed"
	"strconv"
	"strings"
)

//go:embed starter.yaml
var starter string

// What the starter says by itself.
const (
	starterUpstream = "http://127.0.0.1:3000"
	starterDomains  = `[https://docs.example.com, "http://localhost:*"]`
)

// Starter returns a document to start from: YAML that explains itself in
// comments and has no mistakes. It passes every request to one upstream.
func Starter() []byte { return []byte(starter) }

// StarterFor returns the starter for an upstream and a website that may call it
// with the visitor's credentials. Either may be empty: then it is as in
// [Starter], and no website may call. What they say is not checked.
func StarterFor(upstream, website string) []byte {
	text := starter
	if upstream != "" {
		text = strings.Replace(text, "upstream: "+starterUpstream, "upstream: "+quoteIfNeeded(upstream), 1)
	}
	if website != "" {
		return []byte(strings.Replace(text, starterDomains, "["+quoteIfNeeded(website)+"]", 1))
	}
	// The policy would be one that nothing uses.
	before, rest, _ := strings.Cut(text, "policies:\n")
	policies, after, _ := strings.Cut(rest, "# Only what is listed")
	var b strings.Builder
	b.WriteString(before)
	for line := range strings.Lines("policies:\n" + policies) {
		if line != "\n" {
			b.WriteString("# ")
		}
		b.WriteString(line)
	}
	b.WriteString("# Only what is listed" + strings.Replace(after, "    cors: front-end\n", "    # cors: front-end\n", 1))
	return []byte(b.String())
}

// quoteIfNeeded writes a value so that YAML reads it as it is.
func quoteIfNeeded(s string) string {
	if strings.ContainsAny(s, "*&[]{},#'\"\\\n\t") || strings.Contains(s, ": ") || strings.TrimSpace(s) != s || s == "" {
		return strconv.Quote(s)
	}
	return s
}
