package blackbox

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// A generator puts questions to one world together.
type generator struct {
	rng    *rand.Rand
	world  *World
	http2  bool
	nextID *int
	out    []*Question

	origins map[string][]lines // originCases of a setting and a host
}

// originCases remembers what it has put together.
func (g *generator) originCases(s *Setting, host string) []lines {
	key := s.Name + " " + host
	if g.origins[key] == nil {
		if g.origins == nil {
			g.origins = map[string][]lines{}
		}
		g.origins[key] = originCases(g.world, s, host)
	}
	return g.origins[key]
}

// Questions is the whole enumeration, about n questions, the same for the same
// seed. They come in a shuffled order, so that neighbours on a connection have
// nothing to do with each other.
func Questions(worlds []*World, n int, seed uint64) []*Question {
	rng := rand.New(rand.NewPCG(seed, 0))
	var out []*Question
	id := 1
	for _, part := range []struct {
		world     string
		http2     bool
		essential bool // the combinations that every run has
		share     int  // in a hundred, of n
	}{
		{"plain", false, true, 28},
		{"plain-declared", false, false, 17},
		{"plain-proxied", false, false, 9},
		{"plain-named", false, false, 4},
		{"tls", false, false, 5},
		{"tls-declared", false, false, 5},
		{"tls", true, true, 24},
		{"tls-declared", true, false, 5},
		{"tls-named", true, false, 3},
	} {
		i := slices.IndexFunc(worlds, func(w *World) bool { return w.Name == part.world })
		g := &generator{rng: rng, world: worlds[i], http2: part.http2, nextID: &id}
		if part.essential {
			g.essentials()
		}
		for want := n * part.share / 100; len(g.out) < want; {
			g.sample()
		}
		out = append(out, g.out...)
	}
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// essentials are the table's rows and columns, each with and without
// Sec-Fetch-Site.
func (g *generator) essentials() {
	for _, s := range g.world.Settings {
		host := g.host()
		origins := g.originCases(s, host)
		headers := requestHeaderCases(s)
		for i, o := range origins {
			if i < essentialOrigins {
				for _, m := range metadataCases[:essentialMetadata] {
					for _, method := range []string{"GET", "POST", pick(g, methodCases)} {
						g.request(s, host, method, o, m)
					}
				}
			}
			// Each Origin once as a request without and with metadata.
			g.request(s, host, pick(g, methodCases), o, metadata{})
			g.request(s, host, pick(g, []string{"GET", "POST"}), o, pick(g, metadataCases))
			if i%essentialOrigins == 0 || i < essentialOrigins {
				for _, h := range headers[:essentialRequestHeaders] {
					g.preflight(s, host, o, lines{"GET"}, h)
					g.preflight(s, host, o, lines{"PUT"}, h)
				}
				g.preflight(s, host, o, lines{"PATCH"}, nil)
			}
		}
		for _, h := range headers {
			g.preflight(s, host, lines{allowedExample(s)}, lines{"PUT"}, h)
		}
		for _, m := range requestMethodCases {
			g.preflight(s, host, lines{allowedExample(s)}, m, nil)
		}
	}
	for range 5 {
		g.paths()
	}
}

// sample adds one question from the whole product; the rows of the table that
// few combinations reach get more than their share.
func (g *generator) sample() {
	s, host := pick(g, g.world.Settings), g.host()
	origin, m, method := pick(g, g.originCases(s, host)), pick(g, metadataCases), pick(g, methodCases)
	switch n := g.rng.IntN(1000); {
	case n < 3:
		g.paths()
		return
	case n < 100: // allowed
		origin = lines{allowedExample(s)}
	case n < 250: // rule 3, where the forwarded headers matter
		origin, m = pick(g, g.originCases(s, host)[essentialOrigins-1:ownOrigins]), metadata{}
		if declared := g.world.Origins; len(declared) > 0 && g.rng.IntN(2) == 0 {
			origin = lines{pick(g, declared)}
		}
	case n < 350: // embedded
		origin, m, method = nil, pick(g, metadataCases), pick(g, []string{"GET", "GET", "HEAD", "POST", "PURGE"})
	case n < 400:
		origin, method = lines{pick(g, append([]string{"https://idp.example.net", "https://eu.pay.example.net", "null"}, s.Senders...))}, "POST"
	case n < 600:
		ask, headers := lines{pick(g, []string{"GET", "POST", "PUT", "DELETE"})}, requestHeaderCases(s)[1]
		if g.rng.IntN(3) == 0 {
			ask = pick(g, requestMethodCases)
		}
		if g.rng.IntN(2) == 0 {
			headers = pick(g, requestHeaderCases(s))
		}
		if g.rng.IntN(2) == 0 {
			origin = lines{allowedExample(s)}
		}
		g.preflight(s, host, origin, ask, headers)
		return
	}
	g.request(s, host, method, origin, m)
}

func pick[T any](g *generator, from []T) T { return from[g.rng.IntN(len(from))] }

// host is what the question puts into Host.
func (g *generator) host() string { return pick(g, g.world.Hosts) }

// request adds a question that is no preflight (an OPTIONS may be one by
// accident: the oracle sees that for itself).
func (g *generator) request(s *Setting, host, method string, origin lines, m metadata) {
	q := g.question(host, method, g.target(s, method), origin, m)
	if method != "GET" && method != "HEAD" && method != "OPTIONS" {
		if g.rng.IntN(2) == 0 {
			q.Body = strings.Repeat("body ", 1+g.rng.IntN(40))
		}
		if t := pick(g, contentTypes); t != "" {
			q.add("Content-Type", t)
		}
	}
	g.ask(q)
}

// preflight adds an OPTIONS with the lines given.
func (g *generator) preflight(s *Setting, host string, origin, method, headers lines) {
	m := metadata{}
	if g.rng.IntN(2) == 0 {
		m = pick(g, []metadata{{lines{"cross-site"}, "cors", "empty"}, {lines{"same-site"}, "cors", "empty"}, {lines{"same-origin"}, "cors", "empty"}, {lines{"cross-site"}, "no-cors", "image"}})
	}
	target := g.target(s, "GET")
	if len(method) == 1 && (method[0] == "" || strings.ContainsAny(method[0], ", @")) {
		target = "/" + s.Name + "/item/7" // what is no method could still be "any"
	}
	q := g.question(host, "OPTIONS", target, origin, m)
	q.add("Access-Control-Request-Method", method...)
	q.add("Access-Control-Request-Headers", headers...)
	g.ask(q)
}

// target is one of the setting's paths.
func (g *generator) target(s *Setting, method string) string {
	p := "/" + s.Name
	switch n := g.rng.IntN(100); {
	case n < 2:
		return pick(g, []string{"/mixed/0", "/mixed/1", "/mixed/2", "/mixed/3"})
	case n < 4:
		return p + "/dead"
	case n < 5:
		return p + "/no/such/path"
	case n < 15:
		return p + "/listed"
	case n < 25:
		return p + "/options"
	case n < 40 || !slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "DELETE", "PURGE"}, method) && n < 92:
		return p + "/anything"
	}
	return p + pick(g, []string{"/item/7", "/item/7?q=a%2fb&r=..", "/item/caf%C3%A9", "/item/a%20b", "/item/a%2eb", "/item/%252f", "/item/a..b", "/item/..."})
}

// paths adds paths that routers and upstreams read differently, for requests
// and preflights, and some that only look so.
func (g *generator) paths() {
	s := pick(g, g.world.Settings)
	p := "/" + s.Name + "/item/"
	for _, target := range []string{
		p + "a%2fb", p + "a%2Fb", p + "a%5cb", p + "a%5Cb", p + "a%00b", p + "%2e%2e", p + "%2E.", p + ".%2e/x", p + "..", p + ".", p + "%2e",
		p + "../anything", p + "%2e%2e/anything", "/../" + s.Name + "/item/7", "/%2e%2e%2f" + s.Name, p + `a\b`, p + `..\x`, "/nowhere/..", "/nowhere%2f",
		"/" + p + "7", p + "/7", p + "7/", "/" + strings.ToUpper(s.Name) + "/item/7",
	} {
		if g.http2 && strings.HasPrefix(target, "//") {
			continue // net/http's client reads a host in it
		}
		if g.rng.IntN(4) == 0 {
			q := g.question(g.host(), "OPTIONS", target, lines{allowedExample(s)}, metadata{})
			q.add("Access-Control-Request-Method", "GET")
			g.ask(q)
			continue
		}
		q := g.question(g.host(), pick(g, methodCases), target, pick(g, g.originCases(s, "api.test")), pick(g, metadataCases))
		g.ask(q)
	}
}

// question starts one with all the headers that every kind of request may
// have.
func (g *generator) question(host, method, target string, origin lines, m metadata) *Question {
	q := &Question{
		World: g.world, HTTP2: g.http2, Method: method, Target: target, Host: host,
		Peer:   pick(g, []string{"127.0.0.1", "127.0.0.2"}),
		Answer: pick(g, answerNames),
	}
	q.add("Origin", origin...)
	q.add("Sec-Fetch-Site", m.site...)
	if m.mode != "" {
		q.add("Sec-Fetch-Mode", m.mode)
	}
	if m.dest != "" {
		q.add("Sec-Fetch-Dest", m.dest)
	}
	if g.rng.IntN(2) == 0 {
		q.Header = append(q.Header, pick(g, credentialCases)...)
	}
	if len(g.world.IdentityHeaders) > 0 && g.rng.IntN(3) == 0 {
		q.Header = append(q.Header, pick(g, identityCases)...)
	}
	if g.rng.IntN(2) == 0 {
		cases := forwardedCases
		if g.world.TLS {
			cases = cases[:httpsForwardedCases]
		}
		q.Header = append(q.Header, pick(g, cases)...)
	}
	if a := pick(g, acceptCases); a != "" {
		q.add("Accept", a)
	}
	if g.rng.IntN(3) == 0 {
		q.add("Referer", pick(g, []string{"https://evil.example/page", "https://docs.example.com/", "https://" + host + "/"}))
	}
	return q
}

// ask takes the question, its header lines in any order (those of one name
// keep theirs) and its names written in any case.
func (g *generator) ask(q *Question) {
	q.ID = *g.nextID
	*g.nextID++
	order := g.rng.Perm(len(q.Header))
	rank := map[string]int{}
	for i, f := range q.Header {
		if _, ok := rank[strings.ToLower(f.Name)]; !ok {
			rank[strings.ToLower(f.Name)] = order[i]
		}
	}
	slices.SortStableFunc(q.Header, func(a, b Field) int {
		return rank[strings.ToLower(a.Name)] - rank[strings.ToLower(b.Name)]
	})
	for i, f := range q.Header {
		switch g.rng.IntN(8) {
		case 0:
			q.Header[i].Name = strings.ToLower(f.Name)
		case 1:
			q.Header[i].Name = strings.ToUpper(f.Name)
		}
	}
	g.out = append(g.out, q)
}
