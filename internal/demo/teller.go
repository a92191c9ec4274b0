package demo

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/gateway"
	"github.com/concors/concors/internal/plain"
)

// A teller tells what the gateway decides, to the terminal and to the journal.
type teller struct {
	out     io.Writer
	sites   []site
	journal *journal
	silent  bool // the journal only
	color   bool // ANSI sequences are wanted

	mu     sync.Mutex // guards out and headed
	headed bool       // the head of the table has been written
}

func (t *teller) welcome(at Addresses) {
	fmt.Fprintf(t.out, `
  %s  a bookshop's API, the gateway in front of it, its admin pages, three websites

  1  Open  %s
           the bookshop and an evil website, side by side
  2  Open  %s
           the admin pages: change a setting, save, and watch both websites change

  Click by click:  %s    an allowed website
                   %s  one that is not on the list
                   %s    an evil one, with a form that posts in your name

  The settings are in %s
  and may be edited there as well: a saved file is enforced at once. Ctrl-C ends.

  Chrome, Edge and Firefox find *.localhost on this machine; Safari may not.

`, t.bold("Concors demo"), t.bold(at.Stage), t.bold(at.Admin), at.Shop, at.Prices, at.Evil, at.Document)
}

// decided hears the gateway's decisions.
func (t *teller) decided(e gateway.Event) {
	ev := event{
		Time:    time.Now(),
		Origin:  e.Decision.Origin(),
		Request: plain.Text(asked(e.Request)),
		Verdict: e.Decision.Verdict.String(),
		Says:    words(e.Request, e.Decision),
	}
	t.journal.add(ev)
	if !t.silent {
		// Once the request is done: only then is it known whether the API has
		// seen it.
		context.AfterFunc(e.Request.Context(), func() { t.line(&ev) })
	}
}

// asked is the request as people name it; of a preflight, what it asks for.
func asked(r *http.Request) string {
	if method, ok := cors.Preflight(r); ok {
		return "may I " + method + " " + r.URL.Path + "?"
	}
	if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return "connect " + r.URL.Path
	}
	return r.Method + " " + r.URL.Path
}

// words says what a decision means.
func words(r *http.Request, d *cors.Decision) string {
	said := ""
	_, preflight := cors.Preflight(r)
	switch {
	case d.Verdict == cors.AnswerPreflight:
		said = "preflight answered: yes"
	case d.Verdict == cors.Refuse && preflight:
		said = "preflight answered: no, " + string(d.Reason)
	case d.Verdict == cors.Refuse:
		said = "refused before the API sees it: " + string(d.Reason)
	case d.Anonymous:
		said = "runs, credentials dropped"
	case d.Foreign:
		said = "runs, with credentials"
	default:
		said = "runs, not from another website"
	}
	if d.Observed {
		said = "only observed, or else: " + said
	}
	return strings.ToUpper(said[:1]) + said[1:]
}

// line writes one row of the table.
func (t *teller) line(e *event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	const columns = "  %-8s  %-8s  %-24s  %-54s  %s\n"
	if !t.headed {
		t.headed = true
		fmt.Fprintf(t.out, columns, "Time", "Website", "Request", "  Gateway", "Requests the API has seen")
	}
	sign := t.colour("32", "✓ ")
	if e.Verdict == cors.Refuse.String() {
		sign = t.colour("31", "✗ ")
	}
	// The sign may hold invisible bytes, so the column is padded without it.
	fmt.Fprintf(t.out, columns, e.Time.Format(time.TimeOnly), plain.Text(siteName(t.sites, e.Origin)), e.Request,
		sign+fmt.Sprintf("%-52s", e.Says), fmt.Sprint(t.journal.executed()))
}

// log is where the gateway's own messages go: what operators should know, such
// as mistakes in a changed document.
func (t *teller) log() slog.Handler {
	if t.silent {
		return slog.DiscardHandler
	}
	return slog.NewTextHandler(t, &slog.HandlerOptions{Level: slog.LevelWarn})
}

// Write implements io.Writer for the log.
func (t *teller) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.out.Write(append([]byte("  "), p...))
}

func (t *teller) bold(s string) string { return t.colour("1", s) }

// colour wraps s in an ANSI sequence if colours are wanted.
func (t *teller) colour(code, s string) string {
	if !t.color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
