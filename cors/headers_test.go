package cors

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// refusedTwin is the naive reading of Access-Control-Request-Headers: join the
// lines, split at commas, and compare each name with the list.
func refusedTwin(list, lines []string) (name string, found bool) {
	for _, element := range strings.Split(strings.Join(lines, ","), ",") {
		element = strings.Trim(element, " \t")
		if element == "" {
			continue
		}
		lower := strings.Map(func(r rune) rune {
			if 'A' <= r && r <= 'Z' {
				return r + 'a' - 'A'
			}
			return r
		}, element)
		allowed := slices.Contains(list, lower)
		if slices.Contains(list, "*") && !slices.Contains([]string{"authorization", "x-http-method", "x-http-method-override", "x-method-override"}, lower) {
			allowed = allowed || strings.Trim(lower, "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~") == ""
		}
		if !allowed {
			return element, true
		}
	}
	return "", false
}

func checkTwin(t *testing.T, list, lines []string) {
	t.Helper()
	c := &compiler{out: new(Compiled)}
	h := c.compileHeaders(list, false)
	if c.mistakes.err() != nil {
		t.Fatal(c.mistakes.err())
	}
	name, found := h.refused(lines)
	wantName, want := refusedTwin(list, lines)
	if found != want || name != wantName {
		t.Errorf("list %q, lines %q: refused %q, %v; twin says %q, %v", list, lines, name, found, wantName, want)
	}
}

func TestRequestedHeadersAgreeWithTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	names := []string{"x-a", "x-b", "content-type", "authorization", "x-ab", "x", "x-method-override"}
	pieces := append([]string{"", " ", "\t", "X-A", "Authorization", "x-c", "x a", "x\u212A", "é"}, names...)
	refused := 0
	for range 50_000 {
		var list, lines []string
		for _, name := range names {
			if r.IntN(2) == 0 {
				list = append(list, name)
			}
		}
		if r.IntN(4) == 0 {
			list = append(list, "*")
		}
		for range r.IntN(3) {
			line := ""
			for range r.IntN(4) {
				line += []string{"", " ", "\t "}[r.IntN(3)] + pieces[r.IntN(len(pieces))] + []string{",", ", ", " ,,", ""}[r.IntN(4)]
			}
			lines = append(lines, line)
		}
		checkTwin(t, list, lines)
		if _, found := refusedTwin(list, lines); found {
			refused++
		}
		if t.Failed() {
			return
		}
	}
	if refused < 5000 || refused > 45_000 {
		t.Errorf("%d of 50,000 lists refused: the test asks too little", refused)
	}
}

func FuzzRequestedHeaders(f *testing.F) {
	f.Add("content-type,x-a", "", false)
	f.Add(" Authorization ,,", "x-b", true)
	f.Fuzz(func(t *testing.T, a, b string, any bool) {
		list := []string{"content-type", "x-a", "x-b"}
		if any {
			list = append(list, "*")
		}
		checkTwin(t, list, []string{a, b})
	})
}
