package audit

import "strings"

// enough is how many requests an address without findings takes at most; one
// with findings is worth more.
const (
	enough     = 38
	worthwhile = 60
)

// checkRarer asks for what is seldom wrong, as long as few requests were made.
func (in *inspection) checkRarer() {
	if in.wild || in.static || in.reflect != nil || in.found("substring-match") {
		return
	}
	if in.preflight != nil && in.oracle.asks != "" && in.grant(in.oracle, in.random) != nil {
		return // everybody is let in there
	}
	b := in.base
	subdomain := func(domain string) candidate {
		return func(label string) string { return "https://" + label + "." + domain }
	}
	type rare struct {
		id     ID
		detail string
		c      candidate
	}
	const sandbox = "Anybody can run scripts there."
	list := []rare{
		{"localhost-origin", "Port 8080 of localhost is let in.", fixed("http://localhost:8080")},
		{"third-party-sandbox", sandbox, subdomain("netlify.app")},
	}
	if b.domain != "" && b.sub != "" && in.granted != nil {
		head, tail, _ := strings.Cut(b.domain, ".")
		list = append(list, rare{"unescaped-dot", "The dot in " + b.domain + " stands for any character.", fixed(b.with(b.sub + "." + head + "x" + tail))})
	}
	list = append(list,
		rare{"extension-origin", "Extensions that nobody can have listed are let in.", mozExtension},
		rare{"private-ip-origin", "http://172.16.0.23 is let in.", fixed("http://172.16.0.23")},
		rare{"localhost-origin", "https://localhost:3000 is let in.", fixed("https://localhost:3000")},
		rare{"localhost-origin", "http://127.0.0.1:3000 is let in.", fixed("http://127.0.0.1:3000")},
		rare{"third-party-sandbox", sandbox, fixed("https://cdpn.io")},
		rare{"third-party-sandbox", sandbox, subdomain("herokuapp.com")},
		rare{"localhost-origin", "Port 5173 of localhost is let in.", fixed("http://localhost:5173")},
		rare{"localhost-origin", "Port 4200 of localhost is let in.", fixed("http://localhost:4200")},
		rare{"third-party-sandbox", sandbox, subdomain("pages.dev")},
		rare{"third-party-sandbox", sandbox, fixed("https://codesandbox.io")},
		rare{"third-party-sandbox", sandbox, subdomain("web.app")},
		rare{"third-party-sandbox", sandbox, fixed("https://repl.it")},
		rare{"third-party-sandbox", sandbox, fixed("https://stackblitz.com")},
		rare{"third-party-sandbox", sandbox, subdomain("s3.amazonaws.com")},
		rare{"third-party-sandbox", sandbox, fixed("http://jsbin.com")},
	)
	for _, r := range list {
		most := enough
		if len(in.findings) > 0 {
			most = worthwhile
		}
		if in.requests >= most {
			return
		}
		if in.found(r.id, "suffix-match") || r.id == "localhost-origin" && in.found("prefix-match") || r.id == "third-party-sandbox" && in.found("public-suffix-wildcard") || r.id == "localhost-origin" && b.isLoopback() {
			continue
		}
		if g := in.grants(r.c); g != nil {
			in.letIn(r.id, g, r.detail)
		}
	}
}

// mozExtension is a candidate for an extension of Firefox.
func mozExtension(label string) string {
	id := []byte("7d1c3a52-90be-4f66-8d0e-000000000000")
	for i := range 12 {
		id[len(id)-1-i] = "0123456789abcdef"[label[i%len(label)]%16]
	}
	return "moz-extension://" + string(id)
}
