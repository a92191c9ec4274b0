package blackbox

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
)

// A Diff is one way in which an answer is not the one wanted.
type Diff struct {
	What string // the same for the same kind of difference
	Text string
}

// Judge compares what happened with every reading of the design, and returns
// the differences from the closest, none if one fits. The record is nil if the
// upstream never saw the request.
func Judge(q *Question, a *Answer, rec *Record) (Want, []Diff) {
	best := Expect(q)
	least := differences(q, &best, a, rec)
	if len(least) == 0 {
		return best, nil
	}
	for _, w := range Alternatives(q) {
		if d := differences(q, &w, a, rec); len(d) < len(least) {
			best, least = w, d
		}
	}
	return best, least
}

// judging collects the differences of one answer.
type judging struct {
	q      *Question
	w      *Want
	a      *Answer
	theirs http.Header // what the upstream replied with, if it was asked
	diffs  []Diff
}

func (j *judging) fail(what, format string, args ...any) {
	j.diffs = append(j.diffs, Diff{what, fmt.Sprintf(format, args...)})
}

func differences(q *Question, w *Want, a *Answer, rec *Record) []Diff {
	j := &judging{q: q, w: w, a: a, theirs: http.Header{}}
	status := w.Status
	if w.Gateway != 0 {
		status = w.Gateway
	}
	if w.Reached {
		p := profiles[q.Answer]
		status = p.status
		for _, f := range p.header {
			j.theirs.Add(f.Name, f.Value)
		}
	}
	if a.Status != status {
		j.fail("status", "want %d, got %d", status, a.Status)
	}
	j.request(rec)
	if w.Untouched {
		j.untouched()
	} else {
		j.accessControl()
		j.vary()
		j.resourcePolicy()
		j.cookies()
	}
	if w.Refusal {
		j.refusal()
	}
	if w.Allow != nil {
		j.allow()
	}
	if !w.Reached {
		for _, o := range q.values("Origin") {
			if len(o) > 8 && strings.Contains(a.Body, o) {
				j.fail("echo", "the body repeats the Origin: %.200s", a.Body)
			}
		}
	}
	return j.diffs
}

// request: what reached the upstream.
func (j *judging) request(rec *Record) {
	if !j.w.Reached {
		if rec != nil {
			j.fail("reached the upstream", "it must not have")
		}
		return
	}
	if rec == nil {
		j.fail("never reached the upstream", "it should have")
		return
	}
	if rec.Times != 1 {
		j.fail("reached the upstream twice", "%d times", rec.Times)
	}
	if rec.Method != j.q.Method || rec.Target != j.q.Target || rec.Body != j.q.Body {
		j.fail("request line or body changed", "upstream saw %s %s with %d bytes", rec.Method, rec.Target, len(rec.Body))
	}
	names := []string{"Cookie"}
	for _, f := range j.q.Header {
		if j.q.World.identifies(f.Name) {
			names = append(names, f.Name)
		}
	}
	for _, name := range names {
		sent, got := j.q.values(name), rec.Header.Values(name)
		if j.w.Anonymous {
			sent = nil
		}
		if name == "Cookie" { // HTTP/2 servers join what clients split
			sent, got = joined(sent), joined(got)
		}
		if !slices.Equal(sent, got) {
			j.fail("upstream's "+http.CanonicalHeaderKey(name), "want %q, got %q", sent, got)
		}
	}
	j.authorization(rec)
	if j.w.Untouched {
		for _, name := range []string{"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"} {
			if sent, got := j.q.values(name), rec.Header.Values(name); !slices.Equal(sent, got) {
				j.fail("upstream's "+name+" (not enforced)", "want %.300q, got %.300q", sent, got)
			}
		}
	}
}

func joined(values []string) []string {
	if len(values) == 0 {
		return nil
	}
	return []string{strings.Join(values, "; ")}
}

// authorization: dropped with the other credentials, unless it is listed and
// of a scheme that browsers do not send unasked.
func (j *judging) authorization(rec *Record) {
	sent, got := j.q.values("Authorization"), rec.Header.Values("Authorization")
	want := sent
	if j.w.Anonymous {
		want = nil
		if j.w.KeepAuthorization {
			for _, v := range sent {
				if !sentUnasked(v) {
					want = append(want, v)
				}
			}
			if len(sent) > 1 && len(got) == 0 {
				want = nil // of several lines, all may go
			}
		}
	}
	if !slices.Equal(want, got) {
		j.fail("upstream's Authorization", "want %q, got %q", want, got)
	}
}

func sentUnasked(authorization string) bool {
	scheme := strings.FieldsFunc(authorization, func(r rune) bool { return r == ' ' || r == '\t' })
	return len(scheme) > 0 && slices.Contains([]string{"basic", "digest", "negotiate", "ntlm"}, strings.ToLower(scheme[0]))
}

// untouched: of an upstream's answer under enforce: false, nothing is added or
// removed.
func (j *judging) untouched() {
	names := []string{"Vary", "Cross-Origin-Resource-Policy", "Set-Cookie", "Clear-Site-Data"}
	for name := range j.a.Header {
		if strings.HasPrefix(name, "Access-Control-") {
			names = append(names, name)
		}
	}
	for name := range j.theirs {
		names = append(names, name)
	}
	for _, name := range names {
		if want, got := j.theirs.Values(name), j.a.Header.Values(name); !slices.Equal(want, got) {
			j.fail(name+" (not enforced)", "want the upstream's %q, got %q", want, got)
		}
	}
}

func (j *judging) accessControl() {
	w, want := j.w, http.Header{}
	if w.AllowOrigin != "" {
		want.Set("Access-Control-Allow-Origin", w.AllowOrigin)
	}
	if w.AllowCredentials {
		want.Set("Access-Control-Allow-Credentials", "true")
	}
	if w.MaxAge != "" {
		want.Set("Access-Control-Max-Age", w.MaxAge)
	}
	for name := range j.a.Header {
		if strings.HasPrefix(name, "Access-Control-") && want[name] == nil {
			want[name] = nil
		}
	}
	delete(want, "Access-Control-Allow-Methods")
	delete(want, "Access-Control-Allow-Headers")
	delete(want, "Access-Control-Expose-Headers")
	for name := range want {
		if got := j.a.Header.Values(name); !slices.Equal(got, want.Values(name)) {
			j.fail(name, "want %q, got %q", want.Values(name), got)
		}
	}
	j.allowHeaders()
	if !w.Preflight {
		j.set("Access-Control-Expose-Headers", w.ExposeHeaders, nil)
		j.set("Access-Control-Allow-Methods", nil, nil)
		return
	}
	if w.AnyMethods {
		got := tokens(j.a.Header, "Access-Control-Allow-Methods")
		for _, m := range append([]string{w.RequestedMethod}, w.AllowMethods...) {
			covered := slices.Contains(got, "*") && !w.AllowCredentials || m == "HEAD" && slices.Contains(got, "GET")
			if !slices.Contains(got, m) && !slices.Contains(got, normalMethod(m)) && !covered {
				j.fail("Access-Control-Allow-Methods (any method)", "want %q among %q", m, got)
			}
		}
		return
	}
	j.set("Access-Control-Allow-Methods", w.AllowMethods, []string{"HEAD"})
}

// allowHeaders: all the headers that the setting allows. Where `*` is among them
// and credentials are allowed, browsers take it literally, so that "an allowed
// answer echoes the requested names instead". Without credentials it may do so
// too: browsers take `*` to cover the method overrides, which ours does not.
func (j *judging) allowHeaders() {
	const name = "Access-Control-Allow-Headers"
	w := j.w
	listed := slices.DeleteFunc(slices.Clone(w.AllowHeaders), func(h string) bool { return h == "*" })
	got := tokens(j.a.Header, name)
	if len(listed) == len(w.AllowHeaders) || contains(got, "*") && !w.AllowCredentials && !contains(w.RequestedHeaders, "*") {
		j.set(name, w.AllowHeaders, nil)
		return
	}
	for _, h := range w.RequestedHeaders {
		if !contains(got, h) {
			j.fail(name+" (any header)", "want %q among %q", h, got)
		}
	}
	for _, h := range got {
		if !contains(w.RequestedHeaders, h) && !contains(listed, h) {
			j.fail(name+" (any header)", "want %q or some of %q, got %q", w.RequestedHeaders, listed, got)
		}
	}
}

// normalMethod is the method as browsers send it: fetch() normalises these
// six, so that an answer to "Get" need not list it (Fetch, "normalize a
// method").
func normalMethod(m string) string {
	if upper := strings.ToUpper(m); slices.Contains([]string{"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"}, upper) {
		return upper
	}
	return m
}

// set compares a header's values as a set; header names are compared without
// regard to case, methods with.
func (j *judging) set(name string, want, optional []string) {
	fold := func(v []string) []string {
		out := slices.Clone(v)
		if name != "Access-Control-Allow-Methods" && name != "Allow" {
			for i := range out {
				out[i] = strings.ToLower(out[i])
			}
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	want = fold(want)
	got := slices.DeleteFunc(fold(tokens(j.a.Header, name)), func(v string) bool {
		return slices.Contains(optional, v) && !slices.Contains(want, v)
	})
	if !slices.Equal(want, got) {
		j.fail(name, "want the set %q, got %q", want, j.a.Header.Values(name))
	}
	if len(want) == 0 && len(j.a.Header.Values(name)) > 0 {
		j.fail(name, "want no such header, got %q", j.a.Header.Values(name))
	}
}

func tokens(h http.Header, name string) []string {
	var out []string
	for _, line := range h.Values(name) {
		for _, t := range strings.Split(line, ",") {
			if t = strings.TrimSpace(t); t != "" {
				out = append(out, t)
			}
		}
	}
	return out
}

func contains(list []string, token string) bool {
	return slices.ContainsFunc(list, func(t string) bool { return strings.EqualFold(t, token) })
}

// vary: the upstream's is merged, ours is there, and what must not be there is
// not, unless the upstream said it.
func (j *judging) vary() {
	got, theirs := tokens(j.a.Header, "Vary"), tokens(j.theirs, "Vary")
	star := contains(theirs, "*") && contains(got, "*") // says all
	for _, t := range append(slices.Clone(theirs), j.w.VaryHas...) {
		if !contains(got, t) && !star {
			j.fail("Vary lacks "+t, "got %q", got)
		}
	}
	for _, t := range j.w.VaryNot {
		if contains(got, t) && !contains(theirs, t) {
			j.fail("Vary has "+t, "got %q, the upstream's was %q", got, theirs)
		}
	}
}

func (j *judging) resourcePolicy() {
	got := j.a.Header.Values("Cross-Origin-Resource-Policy")
	if j.w.AnyCORP || j.w.NoPolicy {
		if len(got) > 1 {
			j.fail("Cross-Origin-Resource-Policy", "want one at most, got %q", got)
		}
	} else if strings.Join(got, " and ") != j.w.CORP {
		j.fail("Cross-Origin-Resource-Policy", "want exactly %q, got %q", j.w.CORP, got)
	}
}

// cookies: Set-Cookie and Clear-Site-Data pass as the upstream wrote them, or
// not at all where the caller is anonymous.
func (j *judging) cookies() {
	for _, name := range []string{"Set-Cookie", "Clear-Site-Data"} {
		want, got := j.theirs.Values(name), j.a.Header.Values(name)
		if j.w.Anonymous {
			want = nil
		}
		if !slices.Equal(want, got) {
			j.fail(name, "want %q, got %q", want, got)
		}
	}
}

func (j *judging) allow() {
	got := slices.DeleteFunc(tokens(j.a.Header, "Allow"), func(m string) bool { return m == "HEAD" || m == "OPTIONS" })
	want := slices.DeleteFunc(slices.Clone(j.w.Allow), func(m string) bool { return m == "OPTIONS" })
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(slices.Compact(got), slices.Compact(want)) {
		j.fail("Allow", "want %q, got %q", want, j.a.Header.Values("Allow"))
	}
}

// refusal: application/problem+json, or a short page for a person who
// navigated; never cached, and as small as can be.
func (j *judging) refusal() {
	h := j.a.Header
	want := ""
	if j.q.Method == "GET" || j.q.Method == "HEAD" {
		want = "no-store"
	}
	if got := strings.Join(h.Values("Cache-Control"), ", "); got != want {
		j.fail("Cache-Control of a refusal", "want %q, got %q", want, got)
	}
	media, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	for name := range h {
		switch name {
		case "Vary", "Content-Type", "Cache-Control", "Content-Length", "Date", "Connection":
			continue
		case "Content-Security-Policy":
			if media == "text/html" {
				continue
			}
		}
		j.fail("refusal has "+name, "got %q", h.Values(name))
	}
	html := strings.Contains(j.q.one("Accept"), "text/html")
	navigated := j.q.Method != "OPTIONS" && (j.q.one("Sec-Fetch-Mode") == "navigate" || j.q.one("Sec-Fetch-Mode") == "")
	switch {
	case media == "text/html" && html:
		return
	case html && navigated:
		j.fail("page for a person", "want text/html, got %q", h.Get("Content-Type"))
		return
	case media != "application/problem+json":
		j.fail("Content-Type of a refusal", "want application/problem+json, got %q", h.Get("Content-Type"))
		return
	case j.q.Method == "HEAD":
		return
	}
	var p struct {
		Type, Title, Reason string
		Status              int
	}
	if err := json.Unmarshal([]byte(j.a.Body), &p); err != nil || p.Title == "" || p.Status != 403 || p.Type == "" {
		j.fail("problem document", "want type, title and status 403, got %.200q (%v)", j.a.Body, err)
	}
	if p.Reason == "" || !slices.Contains(j.w.Reasons, p.Reason) && !slices.Contains(j.w.Reasons, "") {
		j.fail("reason", "want one of %q, got %q", j.w.Reasons, p.Reason)
	}
}
