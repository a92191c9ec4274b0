package audit

import (
	"net/http"
	"slices"

	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/internal/probe"
)

// An Exposure says what a finding really exposes.
type Exposure string

const (
	Credentials Exposure = "credentials" // answers to requests with cookies
	Private     Exposure = "private"     // data that look private, for whoever asks
	Public      Exposure = "public"      // data that everybody gets anyway
	None        Exposure = ""            // nothing is read: the finding is about something else
)

// A Finding is something that is wrong, with its proof. Secrets are masked.
type Finding struct {
	ID       ID       `json:"id"`
	Group    Group    `json:"group"`
	Severity Severity `json:"severity"`
	URL      string   `json:"url"`
	Title    string   `json:"title"`
	// Detail says what was found here.
	Detail string `json:"detail"`
	// Origins are origins that show it.
	Origins  []string `json:"origins,omitempty"`
	Exposure Exposure `json:"exposure,omitempty"`
	// Browsers are those that do what Detail says.
	Browsers []string `json:"browsers"`
	Cause    string   `json:"cause"`
	Danger   string   `json:"danger"`
	Repair   Repair   `json:"repair"`
	Proof    []Proof  `json:"proof"`
}

// A Repair says how a finding is closed.
type Repair struct {
	Text    string   `json:"text"`
	Headers []string `json:"headers,omitempty"`
	Setting string   `json:"setting"`
}

// A Proof is one request with its answer.
type Proof struct {
	Shows    string      `json:"shows"` // what it is there for
	Method   string      `json:"method"`
	URL      string      `json:"url"`
	Request  http.Header `json:"request_header"`
	Status   int         `json:"status"`
	Response http.Header `json:"response_header"`
	Curl     string      `json:"curl"`
}

// lowered is the severity of a class of group Origin for what is exposed: that
// of the class for credentials, at most medium for data that look private, and
// at most low for data that everybody gets.
func lowered(s Severity, e Exposure) Severity {
	switch {
	case e == Private:
		return min(s, Medium)
	case e == Public && s >= Medium:
		return Low
	case e == Public:
		return Info
	}
	return s
}

// a shown is an answer and what it shows.
type shown struct {
	text   string
	answer *probe.Answer
}

// report adds a finding of the class id, unless there is one already.
func (in *inspection) report(id ID, detail string, e Exposure, browsers []browser.Profile, origins []string, proof ...shown) *Finding {
	if in.found(id) {
		return nil
	}
	c := ClassOf(id)
	f := &Finding{
		ID: id, Group: c.Group, Severity: lowered(c.Severity, e), URL: in.t.URL, Title: c.Title, Detail: detail,
		Origins: origins, Exposure: e, Browsers: []string{}, Cause: c.Cause, Danger: c.Danger,
		Repair: Repair{Text: c.Repair, Headers: c.Header, Setting: c.Setting},
	}
	for _, p := range browsers {
		f.Browsers = append(f.Browsers, p.String())
	}
	session := in.a.o.Probe.Session
	for _, p := range proof {
		if p.answer == nil {
			continue
		}
		r := p.answer.Request
		f.Proof = append(f.Proof, Proof{
			Shows: p.text, Method: r.Method, URL: r.URL, Request: probe.Public(r.Header, session),
			Status: p.answer.Status, Response: probe.Public(p.answer.Header, session), Curl: r.Curl(session),
		})
	}
	in.findings = append(in.findings, f)
	return f
}

// found reports whether there is a finding of one of the classes.
func (in *inspection) found(ids ...ID) bool {
	return slices.ContainsFunc(in.findings, func(f *Finding) bool { return slices.Contains(ids, f.ID) })
}
