package browser

import (
	"strconv"
	"strings"
	"sync"
)

// ParseConsole recognises what a browser wrote to its console about a failed
// call, in a line or several pasted from there, and returns the failure with as
// much as the text says: its Code, URL, Origin, Preflight, Got and Want. Its
// methods explain it as they do for a Result. The sentences are those of the
// table of mistakes, for Chromium, Firefox and WebKit.
//
// ok is false if no line is known. Where several are, the first that names a
// cause wins over those that only say that there was no answer.
func ParseConsole(text string) (f *Failure, by Profile, ok bool) {
	for line := range strings.Lines(text) {
		line = plainQuotes(strings.Join(strings.Fields(line), " "))
		for _, p := range consolePatterns() {
			values, matched := p.match(line)
			if !matched {
				continue
			}
			if g := p.failure(values, line); f == nil || f.Code == NetworkError && g.Code != NetworkError {
				f, by = g, p.by
			}
			break
		}
	}
	return f, by, f != nil
}

// A consolePattern is a template of the table of mistakes, taken apart.
type consolePattern struct {
	by        Profile
	code      Code
	preflight bool
	// names and literals alternate: literals[0] names[0] literals[1] …
	literals, names []string
}

var consolePatterns = sync.OnceValue(func() (patterns []consolePattern) {
	add := func(by Profile, code Code, preflight bool, template string) {
		// Old versions leave the status out; it is looked for apart.
		template, _, _ = strings.Cut(template, " Status code: ")
		p := consolePattern{by: by, code: code, preflight: preflight}
		rest, weight := plainQuotes(template), 0
		for {
			literal, after, found := strings.Cut(rest, "{")
			p.literals = append(p.literals, literal)
			weight += len(literal)
			if !found {
				break
			}
			name, after, _ := strings.Cut(after, "}")
			p.names, rest = append(p.names, name), after
		}
		if weight >= 20 { // shorter ones would match anything
			patterns = append(patterns, p)
		}
	}
	for i := range mistakes {
		m := &mistakes[i]
		preflight := strings.HasPrefix(string(m.code), "preflight-") || strings.Contains(m.summary, "preflight's") && !strings.Contains(m.summary, "{answer}")
		if (&Failure{Code: m.code}).corsCheckCode() {
			add(Chromium, m.code, true, strings.Replace(m.chromium.text, "CORS policy: ", "CORS policy: "+pre, 1))
		}
		add(Chromium, m.code, preflight, m.chromium.text)
		add(Firefox, m.code, preflight, m.firefox.text)
		add(WebKit, m.code, preflight, m.webkit.text)
	}
	return patterns
})

// match looks for the pattern in line. Each placeholder takes as little as it
// can, the last one as much, up to the end.
func (p *consolePattern) match(line string) (values []string, ok bool) {
	i := strings.Index(line, p.literals[0])
	if i < 0 {
		return nil, false
	}
	rest := line[i+len(p.literals[0]):]
	for _, literal := range p.literals[1:] {
		end := len(rest)
		if literal != "" {
			if end = strings.Index(rest, literal); end < 0 {
				return nil, false
			}
		}
		values = append(values, rest[:end])
		rest = rest[end+len(literal):]
	}
	return values, true
}

// failure makes a Failure of what the placeholders took.
func (p *consolePattern) failure(values []string, line string) *Failure {
	f := &Failure{Code: p.code, Preflight: p.preflight, Exchange: -1}
	for i, name := range p.names {
		v := values[i]
		switch name {
		case "url":
			f.URL = v
		case "redirected":
			f.FirstURL = between(v, "(redirected from '", "')")
		case "origin":
			f.Origin = v
		case "got":
			f.Got = v
		case "want":
			f.Want = v
		case "resource":
			f.Kind = kindOfResource(v)
		}
	}
	if f.FirstURL == "" {
		f.FirstURL = f.URL
	}
	if _, after, ok := strings.Cut(line, "Status code: "); ok {
		digits := after[:len(after)-len(strings.TrimLeft(after, "0123456789"))]
		f.Status, _ = strconv.Atoi(digits)
	}
	f.complete()
	return f
}

// complete fills in what follows from the rest.
func (f *Failure) complete() {
	switch f.Code {
	case AllowOriginMismatch, InvalidAllowOrigin:
		// Firefox has one sentence for several mistakes.
		f.Code, f.Want = allowOriginMistake(f.Got), f.Origin
	case WildcardWithCredentials:
		f.Got, f.Credentials = "*", true
	case MissingAllowCredentials:
		f.Want, f.Credentials = "true", true
	case MissingAllowOrigin:
		f.Want = f.Origin
	}
	if f.Origin == "" {
		// Firefox does not say whose call it was.
		f.Origin = "https://your-page.example"
		if f.Want == "" && f.corsCheckCode() && f.Code != MissingAllowCredentials {
			f.Want = f.Origin
		}
	}
}

func kindOfResource(word string) Kind {
	for k := range kindDefaults {
		if chromiumResource(Kind(k)) == word {
			return Kind(k)
		}
	}
	return FetchAPI
}

func between(s, open, end string) string {
	_, s, _ = strings.Cut(s, open)
	s, _, _ = strings.Cut(s, end)
	return s
}

// plainQuotes makes curly quotes straight: they do not survive every clipboard.
func plainQuotes(s string) string {
	return strings.NewReplacer("‘", "'", "’", "'", "“", `"`, "”", `"`).Replace(s)
}
