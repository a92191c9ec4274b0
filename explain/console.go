package explain

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/browser"
)

// A Message is what a browser wrote to its console about a call that failed.
type Message struct {
	Failure *browser.Failure
	By      browser.Profile

	// Answer is what a document says about the call. Nil: none was asked, or
	// the message says too little. Remark is what had to be guessed for it, or
	// why there is none.
	Answer *Answer
	Remark string
}

// unknownPage stands for the page that a message does not name, as Firefox'
// never do.
const unknownPage = "https://your-page.example"

// ReadConsole finds the messages in what was pasted from a console, each once.
// Those that only say that there was no answer are left out where another one
// names the cause.
func ReadConsole(text string) []Message {
	var all []Message
	cause := make(map[string]bool) // URLs whose cause is named
	for line := range strings.Lines(text) {
		f, by, ok := browser.ParseConsole(line)
		if !ok || slices.ContainsFunc(all, func(m Message) bool { return m.By == by && sameFailure(m.Failure, f) }) {
			continue
		}
		all = append(all, Message{Failure: f, By: by})
		cause[f.URL] = cause[f.URL] || f.Code != browser.NetworkError
	}
	return slices.DeleteFunc(all, func(m Message) bool { return m.Failure.Code == browser.NetworkError && cause[m.Failure.URL] })
}

func sameFailure(a, b *browser.Failure) bool {
	return a.Code == b.Code && a.URL == b.URL && a.Origin == b.Origin && a.Preflight == b.Preflight && a.Got == b.Got && a.Want == b.Want
}

// LookUp asks a document about the call of the message. origin is the page's,
// if the message does not say.
func (m *Message) LookUp(ctx context.Context, f *File, origin string) {
	failure := m.Failure
	if failure.Origin != unknownPage {
		origin = failure.Origin
	}
	switch {
	case failure.URL == "":
		m.Remark = "The message does not say what was called, so it cannot be looked up."
		return
	case origin == "":
		m.Remark = "The message does not say which page called; --from ORIGIN does."
		return
	}
	q := Question{Profile: m.By, Page: browser.Page{Origin: origin}, Call: browser.Call{URL: failure.URL, Kind: failure.Kind}}
	if failure.Credentials {
		q.Call.Credentials = browser.Include
	}
	if failure.Code == browser.HeaderNotAllowed {
		q.Call.Headers = []browser.HeaderField{{Name: failure.Want, Value: placeholder}}
	}
	methods := m.methods(f)
	for _, method := range methods {
		q.Call.Method = method
		a := f.Ask(ctx, q)
		if a.File == nil {
			continue // no browser makes this call
		}
		if fits := m.fits(&a); fits || m.Answer == nil {
			m.Answer = &a
			if fits {
				break
			}
		}
	}
	if len(methods) > 1 && m.Answer != nil {
		m.Remark = "The message does not say which method was called: this is what holds for " + m.Answer.Question.Call.Method + "."
	}
}

// fits reports whether a fails as the message says.
func (m *Message) fits(a *Answer) bool {
	if d := a.lastDecision(); d != nil && d.Reason == cors.HeaderNotAllowed {
		return m.Failure.Code == browser.HeaderNotAllowed || m.Failure.Preflight // named in debug mode only
	}
	blocked := a.Result.Blocked
	return blocked != nil && blocked.Code == m.Failure.Code && blocked.Preflight == m.Failure.Preflight
}

// methods returns the methods that the call may have had, the likely first: only
// one kind of message names it.
func (m *Message) methods(f *File) []string {
	if m.Failure.Code == browser.MethodNotAllowed {
		return []string{m.Failure.Want}
	}
	u, err := url.Parse(m.Failure.URL)
	if err != nil {
		return []string{http.MethodGet}
	}
	path := f.table.Path(&http.Request{Host: u.Host, URL: &url.URL{Path: u.Path, RawPath: u.RawPath}})
	if path == nil {
		return []string{http.MethodGet}
	}
	all := []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	there := slices.DeleteFunc(all, func(method string) bool { return path.Policy(method) == nil })
	if len(there) == 0 {
		return []string{http.MethodGet}
	}
	if m.Failure.Preflight {
		slices.Reverse(there) // it is most often the method that needs one
	}
	return there
}

// Write explains the message.
func (m *Message) Write(w io.Writer, s Style) {
	fmt.Fprintln(w, s.bad(s.bold("✗ "+capital(clean(m.Failure.Summary()))))+s.dim(" (a message of "+m.By.String()+")"))
	if m.Answer == nil {
		writeFailure(w, m.Failure, s)
		if m.Remark != "" {
			fmt.Fprintln(w, "\n"+m.Remark)
		}
		return
	}
	a := m.Answer
	fmt.Fprintln(w, clean(title(&a.Question)))
	a.File.write(w, s)
	if m.Remark != "" {
		fmt.Fprintln(w, "  "+m.Remark)
	}
	fmt.Fprintln(w)
	if a.Outcome == Allowed {
		fmt.Fprintln(w, s.good(s.bold("✓ "+clean(a.File.File)+" allows this call"))+". Is it the file that is served? Did the browser still have an old answer?")
		return
	}
	a.writeVerdict(w, s)
	a.File.writeChanges(w, s)
}

// MarshalJSON writes the message for machines.
func (m *Message) MarshalJSON() ([]byte, error) {
	out := struct {
		*failureJSON
		Browser string  `json:"browser"`
		Remark  string  `json:"remark,omitempty"`
		Answer  *Answer `json:"answer,omitempty"`
	}{newFailureJSON(m.Failure), m.By.String(), m.Remark, m.Answer}
	if m.Answer != nil {
		out.Repair = repairJSON{}
	}
	return plainJSON(json.Marshal(out))
}
