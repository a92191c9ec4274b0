package browser_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/cors/browser"
)

const (
	docs  = "https://docs.example.com" // the page of most tests
	api   = "https://api.example.com"  // same site, another origin
	other = "https://other.example.net"
	third = "https://third.example.org"
)

// An answer is a scripted answer: status and header lines "Name: value".
type answer struct {
	status int
	lines  []string
	body   string
	err    error
}

func ok(lines ...string) answer { return answer{status: 200, lines: lines} }

func status(code int, lines ...string) answer { return answer{status: code, lines: lines} }

// allow is an answer that allows docs.
func allow(lines ...string) answer {
	return ok(append([]string{"Access-Control-Allow-Origin: " + docs}, lines...)...)
}

// script answers requests in order.
type script struct {
	answers []answer
	got     []*http.Request
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.got = append(s.got, r)
	if len(s.answers) == 0 {
		return nil, errors.New("the script has no more answers")
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	if a.err != nil {
		return nil, a.err
	}
	h := make(http.Header)
	for _, line := range a.lines {
		name, value, _ := strings.Cut(line, ":")
		h.Add(name, strings.TrimPrefix(value, " "))
	}
	return &http.Response{StatusCode: a.status, Header: h, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

// sent lists what was sent, as "METHOD URL", followed by the headers named.
func sent(res *browser.Result, headers ...string) []string {
	var out []string
	for _, x := range res.Exchanges {
		line := x.Method + " " + x.URL
		for _, name := range headers {
			if v, ok := x.Header[name]; ok {
				line += " " + name + "=" + strings.Join(v, "|")
			}
		}
		out = append(out, line)
	}
	return out
}

func outcome(res *browser.Result) string {
	if res.Blocked != nil {
		return string(res.Blocked.Code)
	}
	return "allowed"
}

func hdr(name, value string) browser.HeaderField {
	return browser.HeaderField{Name: name, Value: value}
}

// readable lists the names of the headers the page may read, sorted.
func readable(res *browser.Result) string {
	if res.Response == nil {
		return ""
	}
	var names []string
	for k := range res.Response.Header {
		names = append(names, strings.ToLower(k))
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// check fails the test unless the story ends as it should.
func check(t *testing.T, res *browser.Result, want string, wantSent []string, headers ...string) {
	t.Helper()
	if got := outcome(res); got != want {
		t.Errorf("outcome %q, want %q\n%s", got, want, story(res))
	}
	if got := sent(res, headers...); wantSent != nil && !slices.Equal(got, wantSent) {
		t.Errorf("sent\n  %s\nwant\n  %s\n%s", strings.Join(got, "\n  "), strings.Join(wantSent, "\n  "), story(res))
	}
	// Exactly one of Blocked and Response, and only the last step may fail.
	if (res.Blocked == nil) == (res.Response == nil) {
		t.Errorf("Blocked %v and Response %v", res.Blocked, res.Response)
	}
	for i, s := range res.Steps {
		if s.OK == (res.Blocked != nil && i == len(res.Steps)-1) {
			t.Errorf("step %d of %d is %v", i, len(res.Steps), s)
		}
		if s.Section == "" || s.Text() == "" || strings.Contains(s.Text(), "%!") {
			t.Errorf("step %d: section %q, text %q", i, s.Section, s.Text())
		}
	}
}

func story(res *browser.Result) string {
	var b strings.Builder
	for _, s := range res.Steps {
		fmt.Fprintf(&b, "    %v\n", s)
	}
	for _, n := range res.Notes {
		fmt.Fprintf(&b, "    · %v\n", n)
	}
	return b.String()
}

func run(page browser.Page, call browser.Call, answers ...answer) *browser.Result {
	return browser.Fetch(page, call, &script{answers: answers})
}

func runAs(p browser.Profile, page browser.Page, call browser.Call, answers ...answer) *browser.Result {
	b := browser.Browser{Profile: p}
	return b.Fetch(context.Background(), page, call, &script{answers: answers})
}

// errScript is a server that does not answer.
var errScript = errors.New("connection refused")

// clock is a clock that tests set.
type clock struct{ t time.Time }

func newClock() *clock { return &clock{time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time          { return c.t }
func (c *clock) advance(d time.Duration) { c.t = c.t.Add(d) }
