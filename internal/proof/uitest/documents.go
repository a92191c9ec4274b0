package uitest

import (
	"fmt"
	"strings"
)

// Everyday is a document with every kind of setting, without its upstream.
const Everyday = `origins: [https://api.example.com]   # our own
policies:
  # Everything that the documentation needs.
  front-end:
    allow: selected
    domains: [https://docs.example.com, "https://*.app.example.com", https://partner.example]
    headers: [Authorization, Content-Type]
    credentials: true
    cache: 10m
  open: {allow: all, cache: 1h}
endpoints:
  - endpoint: GET /api/account
    cors: front-end
  - endpoint: PUT /api/account
    cors: front-end
  - endpoint: GET /api/prices   # public on purpose
    cors: open
  - endpoint: POST /api/orders
  - endpoint: GET /api/orders/{id}
    cors:
      allow: selected
      domains: [https://docs.example.com]
      headers: [Content-Type]
      cache: 5m
  - endpoint: POST /login/sso
    cors: {allow: none, senders: [https://login.example.com]}
  - endpoint: GET /api/search
    cors: {allow: selected, domains: [https://shop.example.com], enforce: false}
  - endpoint: /assets/
    cors: {allow: none, embed: any}
`

// Many is a document of n endpoints.
func Many(n int) string {
	var b strings.Builder
	b.WriteString("policies:\n  front-end: {allow: selected, domains: [https://docs.example.com], credentials: true, headers: [Content-Type]}\nendpoints:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - endpoint: %s /service%d/resource%d/{id}\n", []string{"GET", "POST", "PUT"}[i%3], i%100, i)
		switch i % 4 {
		case 0:
			b.WriteString("    cors: front-end\n")
		case 1:
			b.WriteString("    cors: {allow: all}\n")
		case 2:
			fmt.Fprintf(&b, "    cors: {allow: selected, domains: [https://site%d.example]}\n", i)
		}
	}
	return b.String()
}

// visits is traffic for [Everyday].
var visits = []struct {
	method, path, origin string
	times                int
}{
	{"GET", "/api/account", "https://docs.example.com", 5},
	{"GET", "/api/account", "https://evil.example", 3},
	{"POST", "/api/orders", "https://shop.example.com", 31},
	{"POST", "/api/orders", "https://evil.example", 4},
	{"GET", "/api/orders/7", "https://new-docs.partner.example", 2},
	{"GET", "/api/search", "https://other-site.test", 6},
	{"GET", "/api/prices", "https://anyone.test", 9},
	{"PUT", "/api/account", "null", 1},
	{"POST", "/api/orders", "", 1},
}

// Visit sends traffic of other websites through the gateway.
func (l *Lab) Visit() error {
	for _, v := range visits {
		for range v.times {
			if _, err := l.Call(v.method, v.path, v.origin); err != nil {
				return err
			}
		}
	}
	return nil
}
