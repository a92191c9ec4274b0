package explain

import (
	"encoding/json"
	"net/http"

	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/internal/plain"
)

// MarshalJSON writes the answer for machines. Secrets are left out, and what
// strangers sent is made harmless, see package plain.
func (a *Answer) MarshalJSON() ([]byte, error) { return plainJSON(json.Marshal(a.report())) }

// Report returns the answer as its JSON tells it.
func (a *Answer) Report() (r Report) {
	data, err := a.MarshalJSON()
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		panic(err) // it holds nothing that cannot be written and read
	}
	return r
}

func (a *Answer) report() *Report {
	q := &a.Question
	out := &Report{
		Outcome: a.Outcome, Origin: q.Page.Origin, Method: q.Call.Method, URL: q.Call.URL,
		Kind: q.Call.Kind.String(), Credentials: string(q.Call.Credentials), Browser: q.Profile.String(), Held: a.Held,
		Withheld: a.Withheld, Verdict: a.Verdict(), File: a.File,
	}
	if a.Err != nil {
		out.Error = a.Err.Error()
	}
	if r := a.Result; r != nil {
		for _, step := range r.Steps {
			out.Steps = append(out.Steps, stepJSON{step.OK, step.SectionURL(), indexJSON(step.Exchange), step.Text()})
		}
		for _, n := range r.Notes {
			out.Notes = append(out.Notes, noteJSON{n.Code, n.Subject, indexJSON(n.Exchange), n.Text()})
		}
		if a.Outcome == Blocked || a.Outcome == Refused && r.Blocked != nil {
			out.Failure = newFailureJSON(r.Blocked)
			if a.Outcome == Refused { // the browser can only guess why
				out.Failure.Why = capital(a.Verdict()) + "."
			}
			if a.Outcome == Refused || a.File != nil { // the file's changes are the repair
				out.Failure.Repair = repairJSON{}
			}
		}
		for i := range r.Exchanges {
			e := &r.Exchanges[i]
			x := Exchange{Preflight: e.Preflight, Method: e.Method, URL: e.URL, Request: publicRequest(e.Header), Status: e.Status, Response: publicAnswer(e.ResponseHeader), Decision: a.decision(i)}
			out.Exchanges = append(out.Exchanges, x)
		}
		if r.Response != nil {
			out.Readable = &readableJSON{Status: r.Response.Status, Header: r.Response.Header, Body: r.Response.BodyReadable}
		}
	}
	return out
}

func plainJSON(data []byte, err error) ([]byte, error) { return plain.JSON(data), err }

// A Report is an explained call as machines are told it.
type Report struct {
	Outcome     Outcome       `json:"outcome"`
	Verdict     string        `json:"verdict"`
	Origin      string        `json:"origin,omitempty"` // none: not known
	Method      string        `json:"method,omitempty"`
	URL         string        `json:"url"`
	Kind        string        `json:"kind"`
	Credentials string        `json:"credentials,omitempty"`
	Browser     string        `json:"browser"`
	Held        string        `json:"held_back,omitempty"`
	Error       string        `json:"error,omitempty"`
	Steps       []stepJSON    `json:"steps,omitempty"`
	Notes       []noteJSON    `json:"notes,omitempty"`
	Exchanges   []Exchange    `json:"exchanges,omitempty"`
	Withheld    []Withheld    `json:"withheld,omitempty"`
	File        *FileFinding  `json:"file,omitempty"`
	Readable    *readableJSON `json:"readable,omitempty"`
	Failure     *failureJSON  `json:"failure,omitempty"`
}

type stepJSON struct {
	OK       bool   `json:"ok"`
	Section  string `json:"section"`
	Exchange *int   `json:"exchange,omitempty"` // index of the exchange that the step is about
	Text     string `json:"text"`
}

type noteJSON struct {
	Code     browser.NoteCode `json:"code"`
	Subject  string           `json:"subject"`
	Exchange *int             `json:"exchange,omitempty"`
	Text     string           `json:"text"`
}

// indexJSON is nil for the index of no exchange.
func indexJSON(i int) *int {
	if i < 0 {
		return nil
	}
	return &i
}

// An Exchange is a request and its answer as machines are told them.
type Exchange struct {
	Preflight bool        `json:"preflight"`
	Method    string      `json:"method"`
	URL       string      `json:"url"`
	Request   http.Header `json:"request_header,omitempty"`
	Status    int         `json:"status,omitempty"` // none: there was no answer
	Response  http.Header `json:"response_header,omitempty"`
	Decision  string      `json:"concors,omitempty"`
}

// readableJSON is what the page may read.
type readableJSON struct {
	Status int         `json:"status"`
	Header http.Header `json:"header,omitempty"`
	Body   bool        `json:"body"`
}

type failureJSON struct {
	Code      browser.Code `json:"code"`
	Preflight bool         `json:"preflight"`
	Summary   string       `json:"summary"`
	Why       string       `json:"why"`
	Section   string       `json:"section,omitempty"`
	Chromium  messageJSON  `json:"chromium"`
	Firefox   messageJSON  `json:"firefox"`
	Safari    messageJSON  `json:"safari"`
	Repair    repairJSON   `json:"repair"`
}

type messageJSON struct {
	Code string `json:"code,omitempty"`
	Text string `json:"text,omitempty"`
}

type repairJSON struct {
	Headers []string `json:"headers,omitempty"`
	Server  string   `json:"server,omitempty"`
	Setting string   `json:"setting,omitempty"`
	Page    string   `json:"page,omitempty"`
}

func newRepairJSON(f *browser.Failure) repairJSON {
	r := f.Repair()
	return repairJSON{Headers: r.Headers, Server: r.Server, Setting: settingFor(f), Page: r.Page}
}

func newFailureJSON(f *browser.Failure) *failureJSON {
	return &failureJSON{
		Code: f.Code, Preflight: f.Preflight, Summary: f.Summary(), Why: f.Explain(), Section: f.SectionURL(),
		Chromium: messageJSON(f.Chromium()), Firefox: messageJSON(f.Firefox()), Safari: messageJSON(f.WebKit()),
		Repair: newRepairJSON(f),
	}
}

// publicRequest is h without the values of secrets.
func publicRequest(h http.Header) http.Header {
	h = h.Clone()
	for name := range h {
		if mayBeSecret(name) {
			h.Set(name, "…")
		}
	}
	return h
}

// publicAnswer is h without the cookies that it sets.
func publicAnswer(h http.Header) http.Header {
	h = h.Clone()
	if h.Get("Set-Cookie") != "" {
		h.Set("Set-Cookie", "…")
	}
	return h
}
