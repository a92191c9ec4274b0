package explain

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/concors/concors/cors/browser"
)

// A Comparison is one call as several browsers make it, an answer for each.
type Comparison []Answer

// Browsers are the profiles that a Comparison is made of.
func Browsers() []browser.Profile {
	return slices.DeleteFunc(browser.Profiles(), func(p browser.Profile) bool { return p == browser.Standard })
}

// A row is one fact, and what each browser makes of it.
type row struct {
	label string
	cells []string
}

func (r *row) differs() bool {
	return slices.ContainsFunc(r.cells, func(c string) bool { return c != r.cells[0] })
}

// comparedHeaders are those that browsers treat differently.
var comparedHeaders = []string{
	"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers", "Referer", "Cookie", "Authorization", "Content-Type",
	"Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest",
}

// rows puts the answers side by side.
func (c Comparison) rows() []row {
	var rows []row
	add := func(label string, cell func(*Answer) string) {
		r := row{label: label}
		for i := range c {
			r.cells = append(r.cells, clean(cell(&c[i])))
		}
		if slices.ContainsFunc(r.cells, func(s string) bool { return s != "" }) {
			rows = append(rows, r)
		}
	}
	longest := 0
	for i := range c {
		if c[i].Result != nil {
			longest = max(longest, len(c[i].Result.Exchanges))
		}
	}
	for n := range longest {
		exchange := func(a *Answer) *browser.Exchange {
			if a.Result == nil || n >= len(a.Result.Exchanges) {
				return &browser.Exchange{}
			}
			return &a.Result.Exchanges[n]
		}
		add(fmt.Sprintf("Request %d", n+1), func(a *Answer) string {
			e := exchange(a)
			if e.Method == "" {
				return ""
			}
			line := e.Method + " " + e.URL
			if e.Status != 0 {
				line += fmt.Sprintf(" ← %d", e.Status)
			}
			return line
		})
		for _, name := range comparedHeaders {
			add("  "+name, func(a *Answer) string { return publicRequest(exchange(a).Header).Get(name) })
		}
	}
	add("Outcome", func(a *Answer) string { return string(a.Outcome) })
	add("", func(a *Answer) string { return capital(a.Verdict()) })
	add("Page reads", func(a *Answer) string {
		if a.Result == nil || a.Result.Response == nil {
			return ""
		}
		return headerNames(a.Result.Response.Header)
	})
	return rows
}

func headerNames(h http.Header) string {
	var names []string
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// column is how wide a browser's column may get before its text wraps.
const column = 44

// Write prints a table: a column for each browser, and a ≠ before what differs.
// What is the same in all of them is written once.
func (c Comparison) Write(w io.Writer, s Style) {
	if len(c) == 0 {
		return
	}
	q := c[0].Question
	q.Profile = browser.Standard // the title names no browser
	fmt.Fprintln(w, s.bold(clean(title(&q))))
	fmt.Fprintln(w)
	rows := c.rows()
	label := 0
	for _, r := range rows {
		label = max(label, utf8.RuneCountInString(r.label))
	}
	line := func(mark, name string, cells []string) {
		var b strings.Builder
		fmt.Fprintf(&b, "%s %-*s", mark, label, name)
		for _, cell := range cells {
			fmt.Fprintf(&b, "  %-*s", column, cell)
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
	names := make([]string, len(c))
	for i := range c {
		names[i] = c[i].Question.Profile.String()
	}
	line(" ", "", names)
	for _, r := range rows {
		if !r.differs() {
			line(" ", r.label, r.cells[:1])
			continue
		}
		for n, cells := range wrapped(r.cells) {
			if n == 0 {
				line(s.bad("≠"), r.label, cells)
			} else {
				line(" ", "", cells)
			}
		}
	}
}

// wrapped breaks cells into lines of the column's width.
func wrapped(cells []string) [][]string {
	var lines [][]string
	for i, cell := range cells {
		if cell == "" {
			cell = "–"
		}
		runes := []rune(cell)
		for n := 0; len(runes) > 0; n++ {
			if n == len(lines) {
				lines = append(lines, make([]string, len(cells)))
			}
			end := min(column, len(runes))
			lines[n][i] = string(runes[:end])
			runes = runes[end:]
		}
	}
	return lines
}
