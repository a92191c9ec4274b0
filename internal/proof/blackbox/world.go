package blackbox

import (
	"fmt"
	"strings"
)

// A Setting is the cors setting of an endpoint, as a person would write it.
type Setting struct {
	Name        string
	Omitted     bool   // the endpoint has no cors key at all
	Allow       string // "none", "all" or "selected"
	Domains     []string
	Credentials bool
	Headers     []string
	Expose      []string
	Cache       string // as written, such as "10m"; "" leaves the field out
	MaxAge      string // what Cache means, in seconds
	Embed       string // "" leaves the field out
	Senders     []string
	Insecure    bool // dangerously_allow_insecure_origins
	Observe     bool // enforce: false
}

// An Endpoint is one entry of the document.
type Endpoint struct {
	Method   string   // "" takes any method, or those in Methods
	Methods  []string // only where Method is ""
	Path     string   // a literal path, or one whose segments may be {name}
	Setting  *Setting
	Upstream string // "" is the recording upstream; else the URL of another

	EncodedPaths bool // let tricky paths through
}

// A World is one document served by one process.
type World struct {
	Name            string
	TLS             bool
	Origins         []string // the API's own origins
	TrustedProxies  []string
	IdentityHeaders []string
	OnlyHosts       []string // the document's hosts
	Hosts           []string // what questions put into Host, beside what the declared origins suggest
	Settings        []*Setting
	Endpoints       []*Endpoint
}

// identifies: the header is one of the world's identity headers, with hyphens or
// with underscores (CGI and WSGI make one of both).
func (w *World) identifies(header string) bool {
	return contains(w.IdentityHeaders, strings.ReplaceAll(header, "_", "-"))
}

// Document is the world's concors.yaml. Strings are written as JSON strings,
// which YAML reads as they are.
func (w *World) Document(upstream string) string {
	var b strings.Builder
	list := func(indent, key string, values []string) {
		if len(values) > 0 {
			fmt.Fprintf(&b, "%s%s: [%s]\n", indent, key, quoted(values))
		}
	}
	list("", "origins", w.Origins)
	list("", "trusted_proxies", w.TrustedProxies)
	list("", "identity_headers", w.IdentityHeaders)
	list("", "hosts", w.OnlyHosts)
	fmt.Fprintf(&b, "upstream: %q\npolicies:\n", upstream)
	for _, s := range w.Settings {
		if s.Omitted {
			continue
		}
		fmt.Fprintf(&b, "  the-%s:\n    allow: %s\n", s.Name, s.Allow)
		list("    ", "domains", s.Domains)
		list("    ", "headers", s.Headers)
		list("    ", "expose", s.Expose)
		if len(s.Senders) == 1 && s.Senders[0] == "any" {
			b.WriteString("    senders: any\n")
		} else {
			list("    ", "senders", s.Senders)
		}
		if s.Credentials {
			b.WriteString("    credentials: true\n")
		}
		if s.Cache != "" {
			fmt.Fprintf(&b, "    cache: %s\n", s.Cache)
		}
		if s.Embed != "" {
			fmt.Fprintf(&b, "    embed: %s\n", s.Embed)
		}
		if s.Insecure {
			b.WriteString("    dangerously_allow_insecure_origins: true\n")
		}
		if s.Observe {
			b.WriteString("    enforce: false\n")
		}
	}
	b.WriteString("endpoints:\n")
	for _, e := range w.Endpoints {
		fmt.Fprintf(&b, "  - endpoint: %q\n", strings.TrimSpace(e.Method+" "+e.Path))
		list("    ", "methods", e.Methods)
		if e.Upstream != "" {
			fmt.Fprintf(&b, "    upstream: %q\n", e.Upstream)
		}
		if e.EncodedPaths {
			b.WriteString("    encoded_paths: true\n")
		}
		if !e.Setting.Omitted {
			fmt.Fprintf(&b, "    cors: the-%s\n", e.Setting.Name)
		}
	}
	return b.String()
}

func quoted(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fmt.Sprintf("%q", v)
	}
	return strings.Join(out, ", ")
}
