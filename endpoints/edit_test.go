package endpoints_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/endpoints"
)

// A maker makes random documents that can be read, whether they make sense or
// not.
type maker struct{ *rand.Rand }

func pick[T any](m maker, list ...T) T { return list[m.IntN(len(list))] }

func (m maker) some(from ...string) []string {
	var list []string
	for range m.IntN(4) {
		s := pick(m, from...)
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

func (m maker) origins() []string {
	return m.some("https://docs.example.com", "https://*.example.com", "http://localhost:*", "app://x", "https://a.example",
		"https://b.example", "https://a-very-long-name-of-a-host-that-fills-the-line.example.com", "https://another-very-long-name.example.com")
}

func (m maker) headers() []string {
	return m.some("Authorization", "Content-Type", "X-Token", "*", "ETag", "X-'quoted'", "# no comment", "a: b", "yes", "12", "null")
}

func (m maker) policy() endpoints.Policy {
	p := endpoints.Policy{Allow: pick(m, "none", "all", "selected"), ObserveOnly: m.IntN(5) == 0}
	if m.IntN(3) == 0 {
		p.Embed = pick(m, "same-origin", "same-site", "any")
	}
	if p.Allow == "selected" {
		p.Domains = m.origins()
		p.Credentials = m.IntN(2) == 0
	}
	if p.Allow != "none" {
		p.Headers, p.Expose = m.headers(), m.headers()
		p.Cache = pick(m, 0, endpoints.Duration(cors.NoCache), endpoints.Duration(time.Hour), endpoints.Duration(90*time.Second))
	}
	if p.Allow != "all" {
		p.Senders = endpoints.Senders(m.origins())
		if m.IntN(4) == 0 {
			p.Senders = endpoints.Senders{cors.AnySender}
		}
	}
	return p
}

func (m maker) entry(pattern string) endpoints.Entry {
	e := endpoints.Entry{Endpoint: pattern, EncodedPaths: m.IntN(6) == 0}
	switch m.IntN(4) {
	case 0:
		e.CORS.Name = pick(m, "front-end", "public", "x: y")
	case 1, 2:
		p := m.policy()
		e.CORS.Inline = &p
	}
	if m.IntN(4) == 0 {
		e.Upstream = pick(m, "http://127.0.0.1:4000", "https://a.example/#{x}")
	}
	if m.IntN(4) == 0 {
		e.Methods = m.some("GET", "POST", "PUT", "NO")
	}
	return e
}

var somePatterns = []string{"GET /a", "POST /a", "GET /b/{id}", "/c/{rest...}", "PUT x.example/d", "DELETE /{$}", "GET /e"}

func (m maker) document() *endpoints.Document {
	d := &endpoints.Document{Upstream: pick(m, "", "http://127.0.0.1:3000", "http://127.0.0.1:5000")}
	if m.IntN(2) == 0 {
		d.Origins, d.TrustedProxies = m.origins(), m.some("10.0.0.0/8", "::1", "127.0.0.1")
	}
	if m.IntN(3) == 0 {
		d.IdentityHeaders = m.headers()
	}
	for _, name := range m.some("front-end", "public", "x: y", "Öffentlich", "12") {
		d.Policies = append(d.Policies, endpoints.NamedPolicy{Name: name, Policy: m.policy()})
	}
	for _, pattern := range append(m.some(somePatterns...), m.some(somePatterns...)...) {
		if !slices.ContainsFunc(d.Endpoints, func(e endpoints.Entry) bool { return e.Endpoint == pattern }) {
			d.Endpoints = append(d.Endpoints, m.entry(pattern))
		}
	}
	return d
}

// change returns d with a few things different, as somebody at an editor would.
func (m maker) change(d *endpoints.Document) *endpoints.Document {
	d = d.Clone()
	for range 1 + m.IntN(3) {
		switch n := len(d.Endpoints); m.IntN(10) {
		case 0:
			return m.document()
		case 1:
			if p := pick(m, somePatterns...); !slices.ContainsFunc(d.Endpoints, func(e endpoints.Entry) bool { return e.Endpoint == p }) {
				d.Endpoints = slices.Insert(d.Endpoints, m.IntN(n+1), m.entry(p))
			}
		case 2:
			if n > 0 {
				i := m.IntN(n)
				d.Endpoints = slices.Delete(d.Endpoints, i, i+1)
			}
		case 3:
			if n > 0 {
				i := m.IntN(n)
				d.Endpoints[i] = m.entry(d.Endpoints[i].Endpoint)
			}
		case 4:
			m.Shuffle(n, func(i, j int) { d.Endpoints[i], d.Endpoints[j] = d.Endpoints[j], d.Endpoints[i] })
		case 5:
			m.Shuffle(len(d.Policies), func(i, j int) { d.Policies[i], d.Policies[j] = d.Policies[j], d.Policies[i] })
		case 6:
			if len(d.Policies) > 0 {
				d.Policies[m.IntN(len(d.Policies))].Policy = m.policy()
			}
		case 7:
			d.Policies = m.document().Policies
		case 8:
			d.Origins, d.Upstream = m.origins(), pick(m, "", "http://127.0.0.1:3000")
		case 9:
			for i := range d.Endpoints {
				if p := d.Endpoints[i].CORS.Inline; p != nil && p.Allow == "selected" {
					p.Domains = append(slices.Clone(p.Domains[:len(p.Domains)/2]), m.origins()...)
				}
			}
		}
	}
	return d
}

// noisy adds comments and empty lines to a YAML file, each comment a different
// one.
func (m maker) noisy(text string) string {
	var b strings.Builder
	n := 0
	comment := func() string { n++; return fmt.Sprintf("# comment %d: a, b] \"c' {d", n) }
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		switch m.IntN(8) {
		case 0:
			b.WriteString("\n")
		case 1:
			b.WriteString(indent + comment() + "\n")
		case 2:
			b.WriteString("\n" + indent + comment() + "\n\n")
		case 3:
			line += "   " + comment()
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// flowing rewrites block lists as brackets over several lines, with comments.
func (m maker) flowing(text string) string {
	for _, list := range []string{"[Authorization, ", "[GET, ", "[https://a.example, ", `[http://localhost:*, `, "[10.0.0.0/8, "} {
		first := strings.TrimSuffix(list[1:], ", ")
		if m.IntN(2) == 0 {
			text = strings.ReplaceAll(text, list, "[ # all\n          "+first+",  # the first\n          # the next\n          ")
		}
	}
	return text
}

func TestEditSaysWhatItShould(t *testing.T) {
	m := maker{rand.New(rand.NewPCG(3, 4))}
	for range 400 {
		doc := m.document()
		text := mustEdit(t, nil, doc)
		switch m.IntN(4) {
		case 0:
			asJSON, err := json.MarshalIndent(doc, "", pick(m, "", "  ", "\t"))
			if err != nil {
				t.Fatal(err)
			}
			text = string(asJSON)
		case 1:
			asJSON, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			text = string(asJSON)
		case 2:
			text = m.noisy(m.flowing(text))
			if m.IntN(3) == 0 {
				text = strings.ReplaceAll(text, "\n", "\r\n")
			}
		}
		for range 4 {
			doc = m.change(doc)
			text = mustEdit(t, []byte(text), doc)
		}
	}
}

// mustEdit edits text, which must succeed: Edit itself compares what the result
// says.
func mustEdit(t *testing.T, text []byte, next *endpoints.Document) string {
	t.Helper()
	out, err := endpoints.Edit(text, next)
	if err != nil {
		want, _ := json.MarshalIndent(next, "", " ")
		t.Fatalf("%v\nin\n%s\nto say\n%s", err, text, want)
	}
	if !read(t, out).Equal(next) {
		t.Fatalf("%s\nedited to\n%s\nsays something else", text, out)
	}
	return string(out)
}

// read parses a text that may make no sense, but can be read.
func read(t *testing.T, text []byte) *endpoints.Document {
	t.Helper()
	doc, report := endpoints.Parse("", text)
	for _, m := range report.Mistakes {
		if m.Code == endpoints.YAMLSyntax || m.Code == endpoints.KeyUnknown || m.Code == endpoints.ValueType {
			t.Fatalf("%s\n%s", text, m)
		}
	}
	return doc
}

func TestEditGoldens(t *testing.T) {
	for _, g := range goldens(t, "edits") {
		t.Run(g.name, func(t *testing.T) {
			before := g.file(t, "before")
			next := read(t, []byte(g.file(t, "say")))
			g.want(t, "after", mustEdit(t, []byte(before), next))
		})
	}
}

// touch returns d with one value changed or added, and nothing removed or moved.
func (m maker) touch(d *endpoints.Document) *endpoints.Document {
	d = d.Clone()
	touchPolicy := func(p *endpoints.Policy) {
		switch m.IntN(4) {
		case 0:
			p.ObserveOnly = !p.ObserveOnly
		case 1:
			p.Embed = pick(m, "same-origin", "same-site", "any")
		case 2:
			if p.Allow == "selected" {
				p.Credentials = !p.Credentials
				p.Domains = append(p.Domains, fmt.Sprintf("https://added%d.example", m.IntN(1000)))
			}
		case 3:
			if p.Allow != "none" {
				p.Cache = endpoints.Duration(time.Duration(1+m.IntN(9)) * time.Minute)
				p.Headers = slices.Insert(p.Headers, 0, fmt.Sprintf("X-Added-%d", m.IntN(1000)))
			}
		}
	}
	switch m.IntN(5) {
	case 0:
		d.Upstream = fmt.Sprintf("http://127.0.0.1:%d", 1000+m.IntN(1000))
	case 1:
		d.Endpoints = slices.Insert(d.Endpoints, m.IntN(len(d.Endpoints)+1), m.entry(fmt.Sprintf("GET /added/%d", m.IntN(1e6))))
	case 2:
		d.Policies = append(d.Policies, endpoints.NamedPolicy{Name: fmt.Sprintf("added %d", m.IntN(1e6)), Policy: m.policy()})
	case 3:
		if n := len(d.Policies); n > 0 {
			touchPolicy(&d.Policies[m.IntN(n)].Policy)
		}
	case 4:
		for i := range d.Endpoints {
			if p := d.Endpoints[i].CORS.Inline; p != nil {
				touchPolicy(p)
			}
		}
	}
	return d
}

func TestTwentyEditsKeepEveryComment(t *testing.T) {
	m := maker{rand.New(rand.NewPCG(5, 6))}
	total := 0
	for range 40 {
		doc := m.document()
		text := m.noisy(m.flowing(mustEdit(t, nil, doc)))
		comments := commentsIn(text)
		total += len(comments)
		for range 20 {
			doc = m.touch(doc)
			next := mustEdit(t, []byte(text), doc)
			if got := commentsIn(next); !slices.Equal(got, comments) {
				t.Fatalf("comments\n%q became\n%q\nfrom\n%s\nto\n%s", comments, got, text, next)
			}
			text = next
		}
	}
	if total < 200 {
		t.Errorf("only %d comments were there to keep", total)
	}
}

// commentsIn returns the comments in a text of [maker.noisy] in order.
func commentsIn(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		for _, mark := range []string{"# comment ", "# all", "# the "} {
			if i := strings.Index(line, mark); i >= 0 {
				all = append(all, strings.TrimSpace(line[i:]))
				break
			}
		}
	}
	return all
}

// FuzzEdit asks of every text that can be read: an edit says what it should or
// is refused, and a text that says it already is not touched.
func FuzzEdit(f *testing.F) {
	for _, g := range goldens(f, "edits") {
		f.Add([]byte(g.file(f, "before")), uint64(1))
		f.Add([]byte(g.file(f, "after")), uint64(2))
	}
	for _, g := range goldens(f, "mistakes") {
		f.Add([]byte(g.file(f, "concors.yaml")), uint64(3))
	}
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		doc, _ := endpoints.Parse("", text)
		m := maker{rand.New(rand.NewPCG(seed, 7))}
		if same, err := endpoints.Edit(text, doc); err == nil && len(doc.Endpoints) > 0 && string(same) != string(text) {
			t.Fatalf("%q says %q already, but became %q", text, same, same)
		}
		next := m.change(doc)
		out, err := endpoints.Edit(text, next)
		if err != nil {
			return
		}
		if got, _ := endpoints.Parse("", out); !got.Equal(next) {
			t.Fatalf("%q became %q, which says something else", text, out)
		}
	})
}

func BenchmarkEdit10000Endpoints(b *testing.B) {
	text := []byte(manyEndpoints(10_000))
	doc, _ := endpoints.Parse("", text)
	next := doc.Clone()
	next.Endpoints[5000].CORS = endpoints.Setting{Inline: &endpoints.Policy{Allow: "all"}}
	next.Endpoints = slices.Delete(next.Endpoints, 10, 11)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := endpoints.Edit(text, next); err != nil {
			b.Fatal(err)
		}
	}
}
