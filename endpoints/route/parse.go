package route

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"
)

const (
	maxPatternLength = 4096
	maxHostLength    = 253 // a DNS name in text form
)

// Parse returns the pattern that s is, or [Errors] with every mistake in it.
func Parse(s string) (Pattern, error) {
	p := parser{text: s}
	p.pattern()
	if len(p.errs) > 0 {
		slices.SortStableFunc(p.errs, func(a, b *Error) int { return a.Offset - b.Offset })
		return Pattern{}, p.errs
	}
	return p.out, nil
}

// A parser goes through the pattern once and carries on after a mistake, so
// that all of them come back together.
type parser struct {
	text string
	out  Pattern
	errs Errors
}

// fail notes a mistake in text[from:to].
func (p *parser) fail(code Code, from, to int, repair, detail string) {
	p.errs = append(p.errs, &Error{
		Code: code, Pattern: p.text, Offset: from, Length: to - from, Repair: repair, detail: detail,
	})
}

// with returns the text with text[from:to] replaced.
func (p *parser) with(from, to int, replacement string) string {
	return p.text[:from] + replacement + p.text[to:]
}

// pattern splits [METHOD ][HOST]/path. A method ends at the first space that
// comes before the first slash.
func (p *parser) pattern() {
	s := p.text
	body := strings.Trim(s, " \t")
	switch {
	case body == "":
		p.fail(PatternEmpty, 0, len(s), "", "")
		return
	case len(s) > maxPatternLength:
		p.fail(PatternTooLong, maxPatternLength, len(s), "", "")
		return
	}
	from := strings.Index(s, body)
	to := from + len(body)
	method, tail := "", from // text[tail:to] is host and path
	if i := strings.IndexAny(body, " \t/"); i >= 0 && body[i] != '/' {
		method = body[:i]
		tail = to - len(strings.TrimLeft(body[i:], " \t"))
	}
	p.spaces(to, method, tail)
	if method != "" {
		p.method(from, method)
	}
	if scheme, _, ok := strings.Cut(s[tail:to], "://"); ok && isToken(scheme) {
		skip := tail + len(scheme) + len("://")
		p.fail(PatternScheme, tail, skip, p.with(tail, skip, ""), "")
		tail = skip
	}
	slash := strings.IndexByte(s[tail:to], '/')
	if slash < 0 {
		p.missingSlash(tail, to, method != "")
		return
	}
	slash += tail
	if p.host(tail, slash, method != "") {
		p.path(slash, to)
	}
	p.out.text, p.out.method, p.out.host, p.out.path = s, method, s[tail:slash], s[slash:to]
}

// spaces checks for a single space after the method and none at the ends.
func (p *parser) spaces(to int, method string, tail int) {
	want := p.text[tail:to]
	if method != "" {
		want = method + " " + want
	}
	if p.text == want {
		return
	}
	at := 0
	for at < len(want) && p.text[at] == want[at] {
		at++
	}
	same := 0 // bytes at the end
	for same < len(want)-at && p.text[len(p.text)-1-same] == want[len(want)-1-same] {
		same++
	}
	p.fail(PatternSpace, at, len(p.text)-same, want, "")
}

func (p *parser) method(at int, method string) {
	to := at + len(method)
	switch {
	case strings.Trim(method, "*") == "":
		next := to + len(p.text[to:]) - len(strings.TrimLeft(p.text[to:], " \t"))
		p.fail(PatternMethodInvalid, at, to, p.with(at, next, ""), "a pattern for any method has none written")
	case strings.ContainsAny(method, ",|"):
		p.fail(PatternMethodInvalid, at, to, "", "a pattern has one method, or none to take any")
	case !isToken(method):
		p.fail(PatternMethodInvalid, at, to, "", "")
	case strings.EqualFold(method, "CONNECT"):
		p.fail(PatternMethodConnect, at, to, "", "")
	case strings.ToUpper(method) != method:
		p.fail(PatternMethodLowerCase, at, to, p.with(at, to, strings.ToUpper(method)), "")
	}
}

// missingSlash guesses what text[from:to] is: it has no slash at all.
func (p *parser) missingSlash(from, to int, afterMethod bool) {
	word := p.text[from:to]
	switch {
	case !afterMethod && isKnownMethod(word):
		p.fail(PatternMissingSlash, to, to, p.with(to, to, " /"), "the path is missing after the method")
	case word == "localhost" || strings.ContainsAny(word, ".:[") && !strings.ContainsAny(word, "{}?#"):
		p.fail(PatternMissingSlash, to, to, p.with(to, to, "/"), "")
	default:
		p.fail(PatternMissingSlash, from, from, p.with(from, from, "/"), "")
	}
}

// path checks text[from:to], which begins with a slash.
func (p *parser) path(from, to int) {
	if i := from + indexQuery(p.text[from:to]); i >= from {
		p.fail(PatternQuery, i, to, p.with(i, to, ""), "")
		to = i
	}
	p.out.segments = make([]segment, 0, strings.Count(p.text[from:to], "/"))
	unclean := false
	for at := from + 1; ; {
		next := to
		if i := strings.IndexByte(p.text[at:to], '/'); i >= 0 {
			next = at + i
		}
		last := next == to
		switch seg := p.text[at:next]; {
		case seg == "" && last:
			p.add(rest, "")
		case seg == "" || seg == "." || seg == "..":
			if !unclean {
				p.fail(PatternPathUnclean, at, next, p.with(from, to, cleaned(p.text[from:to])), "")
			}
			unclean = true // one mistake: its repair mends all of them
		default:
			p.segment(at, next, to)
		}
		if last {
			return
		}
		at = next + 1
	}
}

// indexQuery returns where a query or fragment begins in path, or -1. What
// stands in braces is a name, however strange.
func indexQuery(path string) int {
	braces := false
	for i := range len(path) {
		switch path[i] {
		case '{':
			braces = true
		case '}', '/':
			braces = false
		case '?', '#':
			if !braces {
				return i
			}
		}
	}
	return -1
}

// cleaned returns path without empty and dot segments.
func cleaned(s string) string {
	clean := path.Clean(s)
	if clean != "/" && strings.HasSuffix(s, "/") {
		clean += "/"
	}
	return clean
}

func (p *parser) add(k kind, text string) {
	p.out.segments = append(p.out.segments, segment{k, text})
}

// segment checks text[from:to], a segment of the path that ends at pathEnd.
func (p *parser) segment(from, to, pathEnd int) {
	seg := p.text[from:to]
	if strings.ContainsAny(seg, "{}") {
		p.wildcard(from, to, pathEnd)
		return
	}
	if name, ok := strings.CutPrefix(seg, ":"); ok {
		repair := ""
		if isName(name) {
			repair = p.with(from, to, "{"+name+"}")
		}
		p.fail(PatternWildcardSyntax, from, to, repair, "")
		return
	}
	if strings.Contains(seg, "*") {
		repair := ""
		if strings.Trim(seg, "*") == "" {
			suffix := ""
			if to == pathEnd {
				suffix = "..."
			}
			repair = p.with(from, to, "{"+p.freeName("rest")+suffix+"}")
		}
		p.fail(PatternWildcardSyntax, from, to, repair, "")
		return
	}
	for i := 0; i < len(seg); i++ {
		switch c := seg[i]; {
		case c == ' ':
			p.fail(PatternPathCharacter, from+i, from+i+1, p.with(from+i, from+i+1, "%20"), "a space in a path is written %20")
		case c < ' ' || c == 0x7f || c == '\\':
			p.fail(PatternPathCharacter, from+i, from+i+1, "", "")
		case c == '%' && !isEscape(seg[i:]):
			p.fail(PatternPathEscape, from+i, from+i+1, p.with(from+i, from+i+1, "%25"), "")
		}
	}
	text, err := url.PathUnescape(seg)
	switch {
	case err != nil: // reported above
	case text == "." || text == "..":
		p.fail(PatternPathUnclean, from, to, "", "")
	case seg != text && strings.ContainsAny(text, "\\\x00"):
		p.fail(PatternPathCharacter, from, to, "", "an encoded backslash or NUL cannot stand in a path")
	default:
		p.add(literal, text)
	}
}

// wildcard checks text[from:to], a segment with a brace in it.
func (p *parser) wildcard(from, to, pathEnd int) {
	seg := p.text[from:to]
	fail := func(code Code, replacement string) {
		repair := ""
		if replacement != "" {
			repair = p.with(from, to, replacement)
		}
		p.fail(code, from, to, repair, "")
	}
	name, opened := strings.CutPrefix(seg, "{")
	name, closed := strings.CutSuffix(name, "}")
	switch {
	case opened && !closed && isName(strings.TrimSuffix(name, "...")):
		fail(PatternWildcardSyntax, seg+"}")
		return
	case !opened || !closed || strings.ContainsAny(name, "{}"):
		fail(PatternWildcardSyntax, "")
		return
	}
	bare, multi := strings.CutSuffix(name, "...")
	if (multi || name == "$") && to < pathEnd {
		repair := ""
		switch {
		case p.text[to:pathEnd] == "/": // nothing but a slash too many
			repair = p.with(to, pathEnd, "")
		case multi:
			repair = p.with(from, to, "{"+bare+"}")
		}
		p.fail(PatternWildcardNotLast, from, to, repair, "")
		return
	}
	switch {
	case name == "$":
		p.add(end, "")
	case !isName(bare):
		fail(PatternWildcardName, "{"+p.freeName(asName(bare))+strings.TrimPrefix(name, bare)+"}")
	case p.hasWildcard(bare):
		fail(PatternWildcardDuplicate, "{"+p.freeName(bare)+strings.TrimPrefix(name, bare)+"}")
	case multi:
		p.add(rest, bare)
	default:
		p.add(wild, bare)
	}
}

func (p *parser) hasWildcard(name string) bool {
	return slices.ContainsFunc(p.out.segments, func(s segment) bool {
		return s.kind != literal && s.text == name
	})
}

// freeName returns name, with a number if it is taken: the pattern may have
// that name further on, too.
func (p *parser) freeName(name string) string {
	free := name
	for n := 2; strings.Contains(p.text, "{"+free+"}") || strings.Contains(p.text, "{"+free+"..."); n++ {
		free = fmt.Sprint(name, n)
	}
	return free
}

// asName turns s into a wildcard's name: {user-id} was meant as {user_id},
// {id:[0-9]+} as {id}.
func asName(s string) string {
	s, _, _ = strings.Cut(s, ":")
	s = strings.Map(func(c rune) rune {
		switch {
		case unicode.IsLetter(c), unicode.IsDigit(c):
			return c
		case c == '*', c == '?', c == '+', c == ' ': // marks of other routers
			return -1
		}
		return '_'
	}, s)
	switch {
	case strings.Trim(s, "_") == "":
		return "name"
	case !isName(s):
		return "_" + s
	}
	return s
}

// isName reports whether s is a Go identifier.
func isName(s string) bool {
	for i, c := range s {
		if c != '_' && !unicode.IsLetter(c) && (i == 0 || !unicode.IsDigit(c)) {
			return false
		}
	}
	return s != ""
}

// isToken reports whether s is a token of RFC 9110, section 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func isKnownMethod(s string) bool {
	switch s {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE":
		return true
	}
	return false
}

// isEscape reports whether s begins with a percent-encoded byte.
func isEscape(s string) bool {
	return len(s) >= 3 && s[0] == '%' && isHex(s[1]) && isHex(s[2])
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
