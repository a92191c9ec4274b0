package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/concors/concors/cors"
	jub0bs "github.com/jub0bs/cors"
	rs "github.com/rs/cors"
)

// A setup is one policy in the words of each library.
type setup struct {
	name  string
	ours  cors.Policy
	peer  jub0bs.Config
	other rs.Options
	cases []question
}

// A question is one request.
type question struct {
	name   string
	method string
	header http.Header
	kind   string
}

// Kinds of questions.
const (
	preflightAllowed = "preflight allowed"
	preflightRefused = "preflight refused"
	actualAllowed    = "actual allowed"
	actualRefused    = "actual refused"
	noOrigin         = "no Origin"
)

var requestHeaders = []string{"Accept", "Content-Type", "X-Requested-With", "Authorization"}

func selected(name string, origins []string, credentials bool, cases ...question) setup {
	return setup{
		name:  name,
		ours:  cors.Selected{Domains: origins, Credentials: credentials, Headers: requestHeaders},
		peer:  jub0bs.Config{Origins: origins, Credentialed: credentials, RequestHeaders: requestHeaders},
		other: rs.Options{AllowedOrigins: origins, AllowCredentials: credentials, AllowedHeaders: requestHeaders},
		cases: cases,
	}
}

func actual(name, origin string) question {
	return question{name: name, method: "GET", header: http.Header{"Origin": {origin}}, kind: actualAllowed}
}

func preflight(name, origin string, requested ...string) question {
	return question{name: name, method: "OPTIONS", header: http.Header{
		"Origin": {origin}, "Access-Control-Request-Method": {"GET"}, "Access-Control-Request-Headers": requested,
	}, kind: preflightAllowed}
}

// refused says that q is to be refused.
func refused(q question) question {
	if q.kind = actualRefused; q.method == http.MethodOptions {
		q.kind = preflightRefused
	}
	return q
}

func setups() []setup {
	own := question{name: "no Origin", method: "GET", header: http.Header{}, kind: noOrigin}
	const allowed, other = "https://example.com", "https://example.computer"
	common := []question{
		preflight("preflight, allowed", allowed, "authorization"),
		refused(preflight("preflight, not allowed", other, "authorization")),
		actual("actual, allowed", allowed),
		refused(actual("actual, not allowed", other)),
		own,
	}
	hostile := []question{
		refused(preflight("hostile: one name a million bytes long list", allowed, strings.Repeat("accept,", http.DefaultMaxHeaderBytes/7))),
		refused(preflight("hostile: a megabyte of spaces", allowed, "accept,"+strings.Repeat(" ", http.DefaultMaxHeaderBytes)+"content-type")),
		refused(preflight("hostile: a thousand empty lines", allowed, make([]string, 1024)...)),
		refused(preflight("hostile: a megabyte of commas", allowed, strings.Repeat(",", http.DefaultMaxHeaderBytes))),
	}
	several := []string{allowed, "https://*.example.org", "http://localhost:*", "https://docs.example.net:8443", "https://app.example.net"}
	many := []string{allowed}
	for i := range 999 {
		many = append(many, fmt.Sprintf("https://customer-%03d.example.net", i))
	}
	deep := strings.Repeat(".a", 120)
	everybody := []question{
		preflight("preflight", allowed, "authorization"), actual("actual", allowed), own,
	}
	return []setup{
		selected("one origin", []string{allowed}, false, append(common, hostile...)...),
		selected("one origin, credentials", []string{allowed}, true, append(common, hostile...)...),
		selected("several origins", several, true, append(common,
			actual("actual, subdomain", "https://a.b.example.org"), actual("actual, any port", "http://localhost:5173"))...),
		selected("two origins that differ in their first label of 120", []string{"https://a" + deep, "https://b" + deep}, true,
			preflight("preflight, allowed", "https://a"+deep, "authorization"), actual("actual, allowed", "https://b"+deep), refused(actual("actual, not allowed", "https://c"+deep))),
		selected("1,000 origins", many, true, append(common, actual("actual, last", many[999]))...),
		{
			name:  "all",
			ours:  cors.All{Headers: []string{"*", "Authorization"}},
			peer:  jub0bs.Config{Origins: []string{"*"}, RequestHeaders: []string{"*", "Authorization"}},
			other: rs.Options{AllowedOrigins: []string{"*"}, AllowedHeaders: []string{"*"}},
			cases: everybody,
		},
	}
}
