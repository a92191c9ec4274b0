package origin

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

func newSet(t testing.TB, texts ...string) *Set {
	t.Helper()
	s := NewSet(len(texts))
	for _, text := range texts {
		p, codes, _ := Parse(text)
		if len(codes) > 0 {
			t.Fatalf("Parse(%q): %v", text, codes)
		}
		s.Add(p, text)
	}
	return s
}

func TestContains(t *testing.T) {
	s := newSet(t, "https://docs.example.com", "https://*.example.org", "https://example.net:8443",
		"http://localhost:*", "https://*.a.example.io:*", "capacitor://localhost", "http://[::1]:*")
	for origin, want := range map[string]bool{
		"https://docs.example.com":                  true,
		"http://docs.example.com":                   false,
		"https://docs.example.com:8443":             false,
		"https://docs.example.com:443":              false,
		"https://docs.example.com/":                 false,
		"https://Docs.example.com":                  false,
		"https://docs.example.com.evil":             false,
		"https://xdocs.example.com":                 false,
		"https://evil.com#https://docs.example.com": false,
		"https://docsxexample.com":                  false,

		"https://a.example.org":           true,
		"https://a.b.c.example.org":       true,
		"https://example.org":             false, // not the apex
		"https://aexample.org":            false,
		"https://.example.org":            false,
		"https://a..example.org":          false,
		"https://-_0.example.org":         true,
		"https://A.example.org":           false,
		"https://a b.example.org":         false,
		"https://a@b.example.org":         false,
		"https://evil.com/x.example.org":  false,
		"https://evil.com:1.example.org":  false,
		"http://a.example.org":            false,
		"https://a.example.org:8443":      false,
		"https://a.example.org:443":       false,
		"https://a.example.organic":       false,
		"https://example.org.example.org": true,

		"https://example.net:8443": true,
		"https://example.net":      false,

		"http://localhost":            true,
		"http://localhost:1":          true,
		"http://localhost:65535":      true,
		"http://localhost:80":         false, // browsers leave it out
		"http://localhost:65536":      false,
		"http://localhost:0":          false,
		"http://localhost:08":         false,
		"http://localhost:":           false,
		"http://localhost:80@evil":    false,
		"https://localhost":           false,
		"http://localhost.evil":       false,
		"http://[::1]":                true,
		"http://[::1]:8080":           true,
		"http://[::1]8080":            false,
		"http://[::1":                 false,
		"http://[]":                   false,
		"https://x.a.example.io":      true,
		"https://x.a.example.io:4000": true,
		"https://a.example.io:4000":   false,
		"capacitor://localhost":       true,
		"null":                        false,
		"":                            false,
		"://":                         false,
		"https://":                    false,
	} {
		if got := s.Contains(origin); got != want {
			t.Errorf("Contains(%q) = %v, want %v", origin, got, want)
		}
	}
}

// Bugs of other matchers, each by its number.
func TestScars(t *testing.T) {
	for _, tt := range []struct {
		name, pattern, origin string
		want                  bool
	}{
		{"barfoo.com let in (GHSA-vhxv-fg4m-p2w8)", "https://foo.com", "https://barfoo.com", false},
		{"community let in by example.com/* (CVE-2019-25211)", "https://example.com", "https://example.community", false},
		{"suffix without its dot (CVE-2024-27302)", "https://*.example.com", "https://evilexample.com", false},
		{"unanchored expression (CVE-2022-1996)", "https://example.com", "https://example.com.evil.com", false},
		{"dot as any character", "https://docs.example.com", "https://docsxexample.com", false},
		{"* over a dot", "https://pr-*.preview.example.com", "https://pr-evil.com.preview.example.com", false},
		{"* over nothing", "https://pr-*.preview.example.com", "https://pr-.preview.example.com", false},
		{"* over another host", "https://*--site.example.com", "https://evil.com/--site.example.com", false},
		{"* beside the label it is in", "https://pr-*.preview.example.com", "https://a.pr-1.preview.example.com", false},
		{"* over the prefix of Unicode names", "https://*--site.netlify.app", "https://xn--site.netlify.app", false},
		{"* in place", "https://*--site.netlify.app", "https://deploy-preview-7--site.netlify.app", true},
		{"https trusted, http let in (CVE-2025-47909)", "https://example.com", "http://example.com", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := newSet(t, tt.pattern).Contains(tt.origin); got != tt.want {
				t.Errorf("%q contains %q: %v, want %v", tt.pattern, tt.origin, got, tt.want)
			}
		})
	}
}

// twin is the naive matcher: a regular expression for each pattern, written
// from the description of the setting rather than from the set.
type twin []twinPattern

type twinPattern struct {
	*regexp.Regexp
	labelled bool // a part of the first label is free
}

func newTwin(texts []string) twin {
	var tw twin
	for _, text := range texts {
		e := regexp.QuoteMeta(text)
		e = strings.Replace(e, `://\*\.`, `://([a-z0-9_-]+\.)+`, 1)
		whole := strings.TrimSuffix(e, `:\*`)
		labelled := strings.Contains(whole, `\*`)
		e = strings.Replace(whole, `\*`, `[a-z0-9_-]+`, 1) + e[len(whole):]
		if rest, ok := strings.CutSuffix(e, `:\*`); ok {
			e = rest + `(:[1-9][0-9]{0,4})?`
		}
		tw = append(tw, twinPattern{regexp.MustCompile("^" + e + "$"), labelled})
	}
	return tw
}

func (tw twin) contains(origin string) bool {
	// What no browser serializes matches nothing with a wildcard.
	if strings.HasPrefix(origin, "https://") && strings.HasSuffix(origin, ":443") ||
		strings.HasPrefix(origin, "http://") && strings.HasSuffix(origin, ":80") {
		return false
	}
	if i := strings.LastIndexByte(origin, ':'); i > 5 {
		port, n := origin[i+1:], 0
		for _, c := range port {
			if c < '0' || c > '9' {
				n = 0
				break
			}
			n = n*10 + int(c-'0')
		}
		if n > 65535 {
			return false
		}
	}
	_, host, _ := strings.Cut(origin, "://")
	label, _, _ := strings.Cut(host, ".")
	for _, e := range tw {
		if e.MatchString(origin) && !(e.labelled && (strings.HasPrefix(label, "xn--") || len(label) > 63)) {
			return true
		}
	}
	return false
}

// alphabets from which patterns and origins are drawn, small enough that they
// meet often and differ in one place.
var (
	schemes = []string{"https", "http", "app"}
	labels  = []string{"a", "b", "ab", "x-y", "example", "xn--a"}
	forms   = []string{"a*", "*b", "x-*", "*-y", "x*y", "*--b"} // of labels
	ports   = []string{"", ":8443", ":443", ":80", ":1", ":65535", ":65536", ":0", ":01", ":"}
)

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

func randomHost(r *rand.Rand) string {
	host := "example"
	for range r.IntN(4) {
		host = pick(r, labels) + "." + host
	}
	return host
}

func randomPatterns(r *rand.Rand, n int) []string {
	var texts []string
	for len(texts) < n {
		text := pick(r, schemes) + "://"
		switch r.IntN(4) {
		case 0, 1:
			text += "*."
		case 2:
			text += pick(r, forms) + "."
		}
		text += randomHost(r)
		if r.IntN(3) == 0 {
			text += ":*"
		} else {
			text += pick(r, ports)
		}
		if _, codes, _ := Parse(text); len(codes) == 0 {
			texts = append(texts, text)
		}
	}
	return texts
}

func randomOrigin(r *rand.Rand, patterns []string) string {
	origin := pick(r, schemes) + "://" + randomHost(r) + pick(r, ports)
	if r.IntN(3) == 0 { // near a pattern
		origin = strings.Replace(strings.TrimSuffix(pick(r, patterns), ":*"), "*", pick(r, labels), 1)
		if r.IntN(4) == 0 {
			origin = strings.Replace(pick(r, patterns), "*", pick(r, []string{"", ".", "a.b", "-", "xn--a"}), 1)
		}
	}
	if r.IntN(3) == 0 && origin != "" { // and a byte beside it
		i := r.IntN(len(origin))
		origin = origin[:i] + string("a.:/-_*@A[ "[r.IntN(11)]) + origin[i+r.IntN(2):]
	}
	return origin
}

func TestSetAgreesWithTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	hits := 0
	for range 300 {
		patterns := randomPatterns(r, 1+r.IntN(12))
		set, tw := newSet(t, patterns...), newTwin(patterns)
		for range 300 {
			origin := randomOrigin(r, patterns)
			got, want := set.Contains(origin), tw.contains(origin)
			if got != want {
				t.Fatalf("patterns %q: Contains(%q) = %v, twin says %v", patterns, origin, got, want)
			}
			if got {
				hits++
			}
		}
	}
	if hits < 1000 {
		t.Errorf("only %d of 90000 origins matched: the test asks too little", hits)
	}
}

// A cover matches whatever the covered pattern matches.
func TestCover(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	covered := 0
	for range 2000 {
		patterns := randomPatterns(r, 8)
		set := newSet(t, patterns...)
		for _, text := range patterns {
			p, _, _ := Parse(text)
			by := set.Cover(p)
			if by == "" {
				continue
			}
			covered++
			if by == text {
				t.Fatalf("%q covers itself", text)
			}
			wide := newSet(t, by)
			narrow := newTwin([]string{text})
			for range 50 {
				if o := randomOrigin(r, []string{text}); narrow.contains(o) && !wide.Contains(o) {
					t.Fatalf("%q should cover %q, but does not match %q", by, text, o)
				}
			}
		}
	}
	if covered == 0 {
		t.Error("nothing was covered: the test asks nothing")
	}
	for narrow, wide := range map[string]string{
		"https://a.example.com":      "https://*.example.com",
		"https://*.a.example.com":    "https://*.example.com",
		"http://localhost:8080":      "http://localhost:*",
		"https://pr-1.example.com":   "https://pr-*.example.com",
		"https://pr-*.example.com":   "https://*.example.com",
		"https://pr-*.a.example.com": "https://*.example.com",
		"https://pr-*.example.com:8": "https://pr-*.example.com:*",
		"https://*.example.com:8":    "https://*.example.com:*",
	} {
		p, _, _ := Parse(narrow)
		if by := newSet(t, narrow, wide).Cover(p); by != wide {
			t.Errorf("Cover(%q) = %q, want %q", narrow, by, wide)
		}
	}
}

func FuzzSet(f *testing.F) {
	f.Add("https://*.example.com:*", "https://docs.example.com", "https://a.example.com:8443")
	f.Add("http://localhost:*", "https://*.b.example", "http://localhost:80")
	f.Add("https://pr-*.b.example", "https://*--site.b.example", "https://xn--site.b.example")
	f.Fuzz(func(t *testing.T, a, b, origin string) {
		var patterns []string
		for _, text := range []string{a, b} {
			if p, codes, _ := Parse(text); len(codes) == 0 && len(p.Host) < 200 {
				patterns = append(patterns, text)
			}
		}
		if len(patterns) == 0 || len(origin) > maxHost {
			return
		}
		if got, want := newSet(t, patterns...).Contains(origin), newTwin(patterns).contains(origin); got != want {
			t.Errorf("patterns %q: Contains(%q) = %v, twin says %v", patterns, origin, got, want)
		}
	})
}

func exactOrigins(n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf("https://customer-%07d.example.com", i)
	}
	return texts
}

func TestContainsDoesNotAllocate(t *testing.T) {
	s := newSet(t, "https://docs.example.com", "https://*.example.org:*")
	for _, o := range []string{"https://docs.example.com", "https://a.b.example.org:8443", "https://evil.example"} {
		if n := testing.AllocsPerRun(100, func() { s.Contains(o) }); n != 0 {
			t.Errorf("Contains(%q) allocates %v times", o, n)
		}
	}
}

// BenchmarkExact looks up a handful of origins again and again (hot), as sites
// with busy front ends do, or random ones (cold), so that with a million of them
// nearly every lookup waits for main memory.
func BenchmarkExact(b *testing.B) {
	for _, n := range []int{1, 10, 1000, 1_000_000} {
		texts := exactOrigins(n)
		s := newSet(b, texts...)
		for name, spread := range map[string]int{"hot": min(n, 10), "cold": n} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				r := rand.New(rand.NewPCG(1, 1))
				order := make([]string, 1<<14)
				for i := range order {
					// A request brings a text of its own, fresh in the caches.
					order[i] = strings.Clone(texts[r.IntN(spread)*(n/spread)])
				}
				i := 0
				for b.Loop() {
					if !s.Contains(order[i&(1<<14-1)]) {
						b.Fatal("not found")
					}
					i++
				}
			})
		}
	}
}

// BenchmarkMemory reports what the set of a million exact origins takes beyond
// their text.
func BenchmarkMemory(b *testing.B) {
	texts := exactOrigins(1_000_000)
	var before, after runtime.MemStats
	var s *Set
	for b.Loop() {
		s = nil
		runtime.GC()
		runtime.ReadMemStats(&before)
		s = newSet(b, texts...)
		runtime.GC()
		runtime.ReadMemStats(&after)
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(len(texts)), "B/origin")
	runtime.KeepAlive(s)
}

func BenchmarkWildcards(b *testing.B) {
	var texts []string
	for i := range 1000 {
		texts = append(texts, fmt.Sprintf("https://*.customer-%04d.example.com", i))
	}
	s := newSet(b, texts...)
	for b.Loop() {
		s.Contains("https://a.b.customer-0500.example.com")
	}
}
