package origin

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
)

// plainTwin is a second naive matcher, quick enough for millions of origins: it
// tries one pattern after the other with prefix and suffix comparisons.
type plainTwin []struct {
	exact                string // the whole origin, or "" if there are wildcards
	scheme, host, suffix string // host to equal, or suffix to end in
	port                 string
	prefix               string // of a label of which a part is free
	labelled             bool
}

func newPlainTwin(texts []string) plainTwin {
	tw := make(plainTwin, len(texts))
	for i, text := range texts {
		if !strings.Contains(text, "*") {
			tw[i].exact = text
			continue
		}
		scheme, rest, _ := strings.Cut(text, "://")
		host, port, _ := strings.Cut(rest, ":")
		tw[i].scheme, tw[i].host, tw[i].port = scheme, host, port
		if before, after, ok := strings.Cut(host, "*"); ok {
			tw[i].host, tw[i].prefix, tw[i].suffix = "", before, after
			tw[i].labelled = after[0] != '.' || before != ""
		}
	}
	return tw
}

func (tw plainTwin) contains(origin string) bool {
	scheme, rest, _ := strings.Cut(origin, "://")
	host, port, hasPort := strings.Cut(rest, ":")
	n, err := strconv.Atoi(port)
	wellFormed := strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == "" &&
		!strings.Contains("."+host+".", "..") &&
		(!hasPort || err == nil && n >= 1 && n <= 65535 && strconv.Itoa(n) == port &&
			!(scheme == "https" && n == 443) && !(scheme == "http" && n == 80))
	for i := range tw {
		p := &tw[i]
		switch {
		case p.exact != "":
			if p.exact == origin {
				return true
			}
		case !wellFormed || p.scheme != scheme || p.port != "*" && p.port != port:
		case p.labelled:
			free, ok := strings.CutPrefix(host, p.prefix)
			free, ok2 := strings.CutSuffix(free, p.suffix)
			if ok && ok2 && free != "" && !strings.Contains(free, ".") && !strings.HasPrefix(host, "xn--") {
				return true
			}
		case p.suffix != "" && len(host) > len(p.suffix) && strings.HasSuffix(host, p.suffix),
			p.suffix == "" && p.host == host:
			return true
		}
	}
	return false
}

// TestThousandPatterns asks a set of 1,000 patterns and its twin about random
// origins: ten million of them where CONCORS_LONG is set.
func TestThousandPatterns(t *testing.T) {
	origins := 20_000
	if os.Getenv("CONCORS_LONG") != "" {
		origins = 10_000_000
	}
	r := rand.New(rand.NewPCG(5, 6))
	patterns := randomPatterns(r, 500)
	for i := range 500 {
		patterns = append(patterns, []string{
			fmt.Sprintf("https://*.customer-%d.example", i%90),
			fmt.Sprintf("https://customer-%d.example", i),
			fmt.Sprintf("app://c%d.b.example:*", i),
		}[i%3])
	}
	set, tw := newSet(t, patterns...), newPlainTwin(patterns)
	hits := 0
	for range origins {
		origin := randomOrigin(r, patterns)
		got, want := set.Contains(origin), tw.contains(origin)
		if got != want {
			t.Fatalf("Contains(%q) = %v, twin says %v", origin, got, want)
		}
		if got {
			hits++
		}
	}
	t.Logf("%d origins, %d of them matched", origins, hits)
	if hits < origins/20 || hits > origins*19/20 {
		t.Errorf("%d of %d origins matched: the test asks too little", hits, origins)
	}
}
