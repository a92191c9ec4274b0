package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/concors/concors/cors/mistake"
	"github.com/concors/concors/endpoints"
)

// A reportPrinter prints the mistakes of a file for people.
type reportPrinter struct {
	out      io.Writer
	terminal bool // show the lines of the file as well
	color    bool
}

// How much is shown of what is repeated.
const (
	maxRepeats  = 2  // a warning that is there more often is shown once
	linesListed = 10 // of the others
)

// print prints what r says about the text.
func (p *reportPrinter) print(r *endpoints.Report, text []byte) {
	lines := strings.Split(string(text), "\n")
	repeats := repeated(r.Mistakes)
	for _, m := range r.Mistakes {
		others := repeats[repeatOf(m)]
		if m.Warning && len(others) > maxRepeats {
			if m.Line != others[0].Line || m.Column != others[0].Column {
				continue // shown with the first
			}
			fmt.Fprintf(p.out, "%s [%d×, also on %s]\n", m, len(others), listLines(others[1:]))
		} else {
			fmt.Fprintln(p.out, m)
		}
		if p.terminal && m.Line > 0 && m.Line <= len(lines) {
			p.frame(m, lines[m.Line-1])
		}
	}
}

// A repeat is what warnings have in common that are the same.
type repeat struct {
	code    mistake.Code
	message string
}

func repeatOf(m endpoints.Mistake) repeat { return repeat{m.Code, m.Message} }

// repeated returns the warnings by what they have in common.
func repeated(mistakes []endpoints.Mistake) map[repeat][]endpoints.Mistake {
	all := make(map[repeat][]endpoints.Mistake)
	for _, m := range mistakes {
		if m.Warning {
			all[repeatOf(m)] = append(all[repeatOf(m)], m)
		}
	}
	return all
}

// listLines names the lines of mistakes.
func listLines(mistakes []endpoints.Mistake) string {
	var list []string
	last := 0
	for _, m := range mistakes {
		if m.Line == last {
			continue
		}
		last = m.Line
		if len(list) == linesListed {
			return "lines " + strings.Join(list, ", ") + " and more"
		}
		list = append(list, fmt.Sprint(m.Line))
	}
	if len(list) == 1 {
		return "line " + list[0]
	}
	return "lines " + strings.Join(list, ", ")
}

// frameWidth is how many characters of a line are shown.
const frameWidth = 100

// frame shows the line of m with a caret below its place.
func (p *reportPrinter) frame(m endpoints.Mistake, line string) {
	chars := []rune(strings.TrimRight(line, "\r"))
	for i, c := range chars {
		if !unicode.IsPrint(c) { // tabs, and what would change the terminal
			chars[i] = ' '
		}
	}
	at := min(m.Column-1, len(chars))
	from := max(0, min(at-frameWidth/2, len(chars)-frameWidth))
	to := min(len(chars), from+frameWidth)
	width := 1
	rest := string(chars[at:to])
	for _, written := range []string{`"` + m.Value + `"`, "'" + m.Value + "'", m.Value} {
		if m.Value != "" && strings.HasPrefix(rest, written) {
			width = len([]rune(written))
			break
		}
	}
	carets := strings.Repeat("^", width)
	if p.color {
		color := "31" // red
		if m.Warning {
			color = "33" // yellow
		}
		carets = "\x1b[" + color + "m" + carets + "\x1b[0m"
	}
	fmt.Fprintf(p.out, "%6d | %s\n       | %s%s\n", m.Line, string(chars[from:to]), strings.Repeat(" ", at-from), carets)
}
