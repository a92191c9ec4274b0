package explain

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/internal/plain"
)

// A Style says how a story is written.
type Style struct {
	Color bool // with the escape sequences of terminals
}

// marks of one style.
func (s Style) paint(code, text string) string {
	if !s.Color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s Style) good(text string) string { return s.paint("32", text) }
func (s Style) bad(text string) string  { return s.paint("31", text) }
func (s Style) bold(text string) string { return s.paint("1", text) }
func (s Style) dim(text string) string  { return s.paint("2", text) }

// Write tells the story of a: each step, the verdict, why, and what to change.
func (a *Answer) Write(w io.Writer, s Style) {
	q := &a.Question
	fmt.Fprintln(w, s.bold(clean(title(q))))
	if originOf(q.Call.URL) == "https://"+placeholderHost {
		fmt.Fprintln(w, s.dim("  "+placeholderHost+" stands for your API: its file does not say what it is called (origins, hosts)."))
	}
	if a.File != nil {
		a.File.write(w, s)
	}
	if a.Result != nil {
		a.writeSteps(w, s)
	}
	fmt.Fprintln(w)
	a.writeVerdict(w, s)
	switch a.Outcome {
	case Allowed:
		a.writeStatus(w)
	case Refused, Blocked:
		a.writeHelp(w, s)
	}
}

func (a *Answer) writeVerdict(w io.Writer, s Style) {
	verdict := capital(clean(a.Verdict()))
	switch a.Outcome {
	case Allowed, Held:
		fmt.Fprintln(w, s.good(s.bold("✓ "+verdict)))
	case Refused, Blocked:
		fmt.Fprintln(w, s.bad(s.bold("✗ "+verdict)))
	default:
		fmt.Fprintln(w, s.bad(s.bold("? "+verdict)))
	}
}

// writeHelp says why the call fails and what to change. Where a document was
// asked, its lines are what to change.
func (a *Answer) writeHelp(w io.Writer, s Style) {
	failure := a.Result.Blocked
	if a.File == nil && a.Outcome == Blocked {
		writeFailure(w, failure, s)
		return
	}
	if a.File == nil {
		fmt.Fprintln(w, "\n"+s.bold("What to change")+"\n  Concors answers here, so its file decides. With --config FILE this command names the line.")
		if failure != nil {
			writeConsoles(w, failure, s)
		}
		return
	}
	if failure != nil && a.Outcome == Blocked {
		writeWhy(w, failure)
	}
	a.File.writeChanges(w, s)
	if failure != nil {
		writeConsoles(w, failure, s)
	}
}

func title(q *Question) string {
	method := q.Call.Method
	if method == "" {
		method = "GET"
		if q.Call.Kind == browser.Beacon {
			method = "POST"
		}
	}
	t := method + " " + q.Call.URL
	switch q.Page.Origin {
	case "":
		t += " from an unknown page"
	case "null":
		t += " from a page with an opaque origin (null)"
	default:
		t += " from a page of " + q.Page.Origin
	}
	if q.Call.Kind != browser.FetchAPI {
		t += ", by " + q.Call.Kind.String()
	}
	if q.Call.Credentials != "" {
		t += ", credentials: " + string(q.Call.Credentials)
	}
	if q.Profile != browser.Standard {
		t += ", in " + q.Profile.String()
	}
	return t
}

// writeSteps writes each step under the request it is about.
func (a *Answer) writeSteps(w io.Writer, s Style) {
	shown := -1
	notes := a.Result.Notes
	show := func(exchange int) {
		for ; shown < exchange && shown+1 < len(a.Result.Exchanges); shown++ {
			e := &a.Result.Exchanges[shown+1]
			fmt.Fprintln(w, s.dim("    "+clean(wire(e))))
			if d := a.decision(shown + 1); d != "" {
				fmt.Fprintln(w, s.dim("    Concors: "+clean(d)))
			}
			for _, x := range a.Withheld {
				if x.Exchange == shown+1 {
					fmt.Fprintf(w, "  ! %s\n", clean(x.text()))
				}
			}
		}
	}
	for _, step := range a.Result.Steps {
		show(step.Exchange)
		mark := s.good("✓")
		if !step.OK {
			mark = s.bad("✗")
		}
		fmt.Fprintf(w, "  %s %s\n", mark, clean(step.Text()))
	}
	show(len(a.Result.Exchanges))
	told := make(map[string]bool) // each redirect may say the same
	for _, n := range notes {
		if text := n.Text(); !told[text] {
			told[text] = true
			fmt.Fprintf(w, "  ! %s\n", clean(text))
		}
	}
}

// decision is what Concors decided on exchange i, empty if nothing.
func (a *Answer) decision(i int) string {
	if i >= len(a.Decisions) {
		return ""
	}
	return a.Decisions[i].String()
}

// write says what matched and where it stands.
func (f *FileFinding) write(w io.Writer, s Style) {
	if f.Endpoint == "" {
		return
	}
	endpoint := "endpoint " + f.Endpoint
	if f.bare {
		endpoint += " " + f.Setting
	}
	rows := [][2]string{{f.place(f.Line), endpoint}}
	switch {
	case f.Policy != "":
		rows = append(rows, [2]string{f.place(f.PolicyLine), "policy " + f.Policy + " " + f.Setting})
	case !f.bare:
		rows = append(rows, [2]string{f.place(f.PolicyLine), "its setting " + f.Setting})
	}
	writeRows(w, s, rows)
}

// writeChanges says what to change so that the call succeeds.
func (f *FileFinding) writeChanges(w io.Writer, s Style) {
	if len(f.Changes) == 0 {
		return
	}
	fmt.Fprintln(w, "\n"+s.bold("What to change"))
	var rows [][2]string
	for _, c := range f.Changes {
		at := ""
		if c.Line > 0 {
			at = f.place(c.Line)
		}
		rows = append(rows, [2]string{at, c.Text})
	}
	writeRows(w, s, rows)
}

// writeRows writes places and what is to say about them.
func writeRows(w io.Writer, s Style, rows [][2]string) {
	width := 0
	for _, row := range rows {
		width = max(width, len(row[0]))
	}
	for _, row := range rows {
		if row[0] == "" {
			fmt.Fprintf(w, "  %s\n", clean(row[1]))
			continue
		}
		fmt.Fprintf(w, "  %s  %s\n", s.bold(fmt.Sprintf("%-*s", width, clean(row[0]))), clean(row[1]))
	}
}

// wire writes an exchange as a line: what was sent and what came back.
func wire(e *browser.Exchange) string {
	line := "→ " + e.Method + " " + e.URL
	var sent []string
	for _, name := range []string{"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers", "Cookie", "Authorization"} {
		switch value := e.Header.Get(name); {
		case value == "":
		case name == "Cookie" || name == "Authorization": // not for screens and logs
			sent = append(sent, name+": …")
		default:
			sent = append(sent, name+": "+value)
		}
	}
	if len(sent) > 0 {
		line += " (" + strings.Join(sent, "; ") + ")"
	}
	switch {
	case errors.Is(e.Err, browser.ErrNotRecorded):
		line += " ← unknown"
	case e.Err != nil:
		line += " ← no answer"
	default:
		line += fmt.Sprintf(" ← %d", e.Status)
	}
	return line
}

// writeStatus says so if the answer is an error.
func (a *Answer) writeStatus(w io.Writer) {
	actual := a.Result.Actual()
	switch {
	case actual == nil || actual.Status < 400:
		return
	case a.Result.Response.Status == 0:
		fmt.Fprintf(w, "The status is %d: the server answers with an error, which the page does not see.\n", actual.Status)
	default:
		fmt.Fprintf(w, "The status is %d: that is the server's own answer, not a matter of CORS.\n", actual.Status)
	}
	for _, n := range a.Result.Notes {
		switch n.Code {
		case browser.NoteCookiesNotIncluded, browser.NoteCookieSameSite, browser.NoteCookieSecure, browser.NoteCookieThirdParty:
			fmt.Fprintln(w, "Perhaps it misses the cookie that did not come along, see ! above.")
			return
		}
	}
}

// writeFailure explains a failure and says what to change.
func writeFailure(w io.Writer, f *browser.Failure, s Style) {
	writeWhy(w, f)
	writeRepair(w, f, s)
	writeConsoles(w, f, s)
}

func writeWhy(w io.Writer, f *browser.Failure) {
	// The explanation begins with the summary, which the verdict has said.
	if why := strings.TrimPrefix(clean(f.Explain()), capital(clean(f.Summary()))+"."); why != "" {
		fmt.Fprintln(w, "\n"+strings.TrimSpace(why))
	}
}

func writeRepair(w io.Writer, f *browser.Failure, s Style) {
	r, setting := f.Repair(), settingFor(f)
	if r.Server+setting+r.Page != "" || len(r.Headers) > 0 {
		fmt.Fprintln(w, "\n"+s.bold("What to change"))
	}
	if r.Server != "" || len(r.Headers) > 0 {
		fmt.Fprintf(w, "  On the server:   %s\n", cmp.Or(clean(r.Server), "Send these headers."))
		for _, h := range r.Headers {
			fmt.Fprintln(w, "                   "+s.bold(clean(h)))
		}
	}
	if setting != "" {
		fmt.Fprintf(w, "  With Concors:    %s\n", clean(setting))
	}
	if r.Page != "" {
		fmt.Fprintf(w, "  In the page:     %s\n", clean(r.Page))
	}
}

func writeConsoles(w io.Writer, f *browser.Failure, s Style) {
	fmt.Fprintln(w, "\n"+s.bold("What browsers say"))
	for _, b := range []struct {
		name string
		m    browser.Message
	}{{"Chromium", f.Chromium()}, {"Firefox", f.Firefox()}, {"Safari", f.WebKit()}} {
		text := clean(b.m.Text)
		if text == "" {
			text = "(nothing in the console)"
		}
		if b.m.Code != "" {
			text += " [" + b.m.Code + "]"
		}
		fmt.Fprintf(w, "  %-10s %s\n", b.name, s.dim(text))
	}
	if f.Section != "" {
		fmt.Fprintf(w, "  %-10s %s\n", "Standard", s.dim(f.SectionURL()))
	}
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// clean makes what strangers sent harmless, and shortens what they send by the
// megabyte.
func clean(s string) string {
	s = plain.Text(s)
	const most = 1000
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
