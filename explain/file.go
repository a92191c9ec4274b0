package explain

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/internal/nearest"
	"github.com/concors/concors/internal/rehearsal"
)

// A File is a document to ask instead of a live server.
type File struct {
	name  string // empty: it is in no file
	doc   *endpoints.Document
	table *endpoints.Table
	lines *endpoints.Lines // nil: it is in no file
}

// ReadFile reads a document that is called name. It is nil if the report has
// mistakes.
func ReadFile(name string, data []byte) (*File, *endpoints.Report) {
	doc, table, report := endpoints.Load(name, data, endpoints.Options{})
	if !report.OK() {
		return nil, report
	}
	return &File{name, doc, table, endpoints.LinesOf(data)}, report
}

// OfDocument is for a document that is in no file, and its table.
func OfDocument(doc *endpoints.Document, table *endpoints.Table) *File {
	return &File{doc: doc, table: table}
}

// A FileFinding is what a document says about a call.
type FileFinding struct {
	File       string   `json:"file,omitempty"`        // its name; empty: it is in no file
	Endpoint   string   `json:"endpoint,omitempty"`    // pattern of the endpoint that takes the call; empty: none does
	Line       int      `json:"line,omitempty"`        // of the endpoint
	Policy     string   `json:"policy,omitempty"`      // name of its policy; empty: it has none, or a setting of its own
	PolicyLine int      `json:"policy_line,omitempty"` // of the policy, or of the setting in place
	Setting    string   `json:"setting,omitempty"`     // the setting in words
	Changes    []Change `json:"changes,omitempty"`     // what to change so that the call succeeds

	bare    bool   // the endpoint has no setting
	verdict string // why Concors refuses it, or why nothing can be said
}

// A Change is a proposal.
type Change struct {
	Line int    `json:"line,omitempty"` // of the file; 0: not there
	Text string `json:"text"`
}

// place is where a line stands, as editors and terminals understand it.
func (f *FileFinding) place(line int) string { return fmt.Sprintf("%s:%d", f.File, line) }

// Target reads what to call: a URL, "[METHOD ]/path" under the API's own origin,
// or a pattern with a host.
func (f *File) Target(text string) (method, address string) {
	if m, rest, found := strings.Cut(text, " "); found {
		method, text = m, strings.TrimSpace(rest)
	}
	if u, err := url.Parse(text); err == nil && u.IsAbs() {
		return method, text
	}
	if !strings.HasPrefix(text, "/") { // HOST/path, as in a pattern
		return method, "https://" + text
	}
	return method, cmp.Or(f.doc.Address(), "https://"+placeholderHost) + text
}

// placeholderHost stands for an API that does not say where it is.
const placeholderHost = "the-api.example"

// Ask explains q by asking a gateway that enforces the document, and says which
// lines decide.
func (f *File) Ask(ctx context.Context, q Question) Answer {
	return f.AskOn(ctx, q, rehearsal.New(f.table))
}

// AskOn is Ask on a stage with the document's table.
func (f *File) AskOn(ctx context.Context, q Question, stage *rehearsal.Stage) Answer {
	a := rehearse(ctx, q, stage)
	if a.Result == nil || len(a.Result.Exchanges) == 0 {
		return a // the browser has not asked
	}
	m := &matter{f: f, ctx: ctx, a: &a, finding: &FileFinding{File: f.name}}
	a.File = m.finding
	m.look()
	return a
}

// A matter is an answer while it is looked up in the document.
type matter struct {
	f       *File
	ctx     context.Context
	a       *Answer
	finding *FileFinding

	method, path string
	ep           *endpoints.Endpoint
	policy       endpoints.Policy
	who          string // what decides, in words
	header       string // the request header that a preflight is refused for
}

func (m *matter) look() {
	last := &m.a.Result.Exchanges[len(m.a.Result.Exchanges)-1]
	m.method = last.Method
	if last.Preflight {
		m.method = last.Header.Get("Access-Control-Request-Method")
	}
	u, err := url.Parse(last.URL)
	if err != nil {
		return // the browser has asked there, so this does not happen
	}
	m.path = u.Path
	r := &http.Request{Method: m.method, Host: u.Host, URL: &url.URL{Path: u.Path, RawPath: u.RawPath}}
	ep, ok := m.f.table.Lookup(r)
	if !ok {
		m.unmatched(r)
		return
	}
	m.ep = ep
	m.describe()
	d := m.a.lastDecision()
	switch {
	case d == nil || !d.Made:
	case d.Observed:
		m.observed(d)
	case d.Verdict == cors.Refuse:
		m.refused(d)
	case m.a.Outcome == Blocked:
		m.blocked()
	}
}

// describe says which endpoint and which setting decide.
func (m *matter) describe() {
	f, i := m.finding, m.ep.Index
	f.Endpoint = m.ep.Pattern
	if m.f.lines != nil {
		f.Line = m.f.lines.Endpoint(i)
	}
	set := m.f.doc.Endpoints[i].CORS
	switch {
	case set.Inline != nil:
		m.policy = *set.Inline
		f.PolicyLine = m.line("allow")
		m.who = "the setting of " + m.ep.Pattern
	case set.Name != "":
		m.policy, _ = m.f.doc.Policies.Get(set.Name)
		f.Policy = set.Name
		if m.f.lines != nil {
			f.PolicyLine = m.f.lines.Policy(set.Name)
		}
		m.who = "policy " + set.Name
	default:
		f.bare, m.who = true, m.ep.Pattern
	}
	f.Setting = inWords(m.policy)
}

// inWords says what a setting is.
func inWords(p endpoints.Policy) string {
	s := "disallows cross-origin requests"
	switch p.Allow {
	case endpoints.AllowAll:
		s = "allows all websites, as anonymous callers"
	case endpoints.AllowSelected:
		s = "allows selected domains, without credentials"
		if p.Credentials {
			s = "allows selected domains, with credentials"
		}
	}
	if p.ObserveOnly {
		s += "; not enforced"
	}
	return s
}

// unmatched says that no endpoint takes the call, and what comes near.
func (m *matter) unmatched(r *http.Request) {
	m.a.Outcome = NoEndpoint
	m.a.dropFailedStep() // what the browser misses in a 404 is beside the point
	m.finding.verdict = "no endpoint matches " + m.method + " " + m.path
	if there := m.f.table.Path(r); there != nil {
		m.finding.verdict = "no endpoint takes " + m.method + " at " + m.path + ", only " + there.Allow()
	}
	if near := m.f.nearest(r); near != nil {
		at := ""
		if m.f.lines != nil {
			at = " (" + m.finding.place(m.f.lines.Endpoint(near.Index)) + ")"
		}
		m.finding.verdict += ". Did you mean " + near.Pattern + at + "?"
	}
}

// observed says that the setting is not enforced: what the browser makes of the
// call depends on the API then.
func (m *matter) observed(d *rehearsal.Decision) {
	m.a.Outcome = Unknown
	m.a.dropFailedStep()
	would := "let it run"
	if d.Verdict == cors.Refuse {
		would = "refuse it: " + m.because(d.Reason)
	}
	m.finding.verdict = "unknown: " + m.who + " is not enforced, so the headers of the API itself decide; Concors would " + would
}

func (m *matter) refused(d *rehearsal.Decision) {
	if d.Reason == cors.HeaderNotAllowed {
		m.header = m.refusedHeader()
	}
	m.finding.verdict = "refused by " + m.who + ": " + m.because(d.Reason)
	origin := m.a.Question.Page.Origin
	switch d.Reason {
	case cors.OriginNotAllowed:
		m.list(origin)
	case cors.OriginIsNull:
		m.change("", "Serve the page from an http or https origin, and list that. Sandboxed frames, local files and redirects between websites have none.")
	case cors.HeaderNotAllowed:
		m.change("headers", "Add "+m.header+" to headers. Or do not set it in the page.")
	case cors.EmbedNotAllowed:
		m.change("embed", "embed: same-site or embed: any lets other websites load it as an image, script or frame. Or let the page use CORS: fetch(), or the crossorigin attribute.")
	case cors.HostNotServed:
		m.change("", "Add the host to hosts if this API is reached by that name.")
	}
}

// because is the reason that Concors has, where the setting says more about it.
func (m *matter) because(reason cors.Reason) string {
	switch {
	case reason == cors.HeaderNotAllowed:
		return "the request header " + m.header + " is not listed"
	case reason != cors.OriginNotAllowed:
		return Why(reason, m.a.Question.Page.Origin)
	case m.policy.Allow == endpoints.AllowSelected:
		return m.a.Question.Page.Origin + " is not listed"
	case m.finding.bare:
		return "it has no setting, so cross-origin requests are disallowed"
	}
	return "cross-origin requests are disallowed"
}

// refusedHeader names the request header that a preflight is refused for: in
// debug mode the answer lists those that are allowed, and the browser finds the
// one that is not.
func (m *matter) refusedHeader() string {
	debug, _ := endpoints.Build(m.f.doc, endpoints.Options{Debug: true})
	if debug == nil {
		return "of the page" // the table was built, so this does not happen
	}
	told := rehearse(m.ctx, m.a.Question, rehearsal.New(debug))
	if told.Result.Blocked != nil && told.Result.Blocked.Code == browser.HeaderNotAllowed {
		return told.Result.Blocked.Want
	}
	return "of the page"
}

// list proposes to list origin, without recommending it.
func (m *matter) list(origin string) {
	if m.policy.Allow != endpoints.AllowSelected {
		m.change("allow", "If "+origin+" is yours, give "+m.ep.Pattern+" a setting that lists it: the name of a policy, or allow: selected with its domains.")
		return
	}
	text := "If " + origin + " is yours, add it to domains."
	if n := m.users(); n > 1 {
		text += fmt.Sprintf(" That opens all %d endpoints of %s to it.", n, m.who)
	}
	m.change("domains", text)
}

// users is how many endpoints have the named policy.
func (m *matter) users() int {
	n := 0
	for _, e := range m.f.doc.Endpoints {
		if m.finding.Policy != "" && e.CORS.Name == m.finding.Policy {
			n++
		}
	}
	return n
}

// blocked proposes what helps where Concors lets the call run and the browser
// does not.
func (m *matter) blocked() {
	failure := m.a.Result.Blocked
	page := failure.Repair().Page
	switch failure.Code {
	case browser.MissingAllowCredentials:
		m.change("credentials", "Set credentials: true, if the call needs the visitor's cookies.")
	case browser.WildcardWithCredentials:
		m.change("allow", "allow: all never carries credentials. A website that needs them has to be listed, under allow: selected.")
	case browser.CORP, browser.CORPMissing:
		m.change("embed", "embed: same-site or embed: any lets other websites load it.")
	}
	if page != "" {
		m.change("", "In the page: "+capital(strings.TrimPrefix(page, "Or ")))
	}
}

// change proposes text for a field of the setting; for none if it is empty.
func (m *matter) change(field, text string) {
	c := Change{Text: text}
	if field != "" {
		c.Line = m.line(field)
	}
	m.finding.Changes = append(m.finding.Changes, c)
}

// line is where a field of the setting stands, or would stand.
func (m *matter) line(field string) int {
	if m.f.lines == nil {
		return 0
	}
	return m.f.lines.Setting(m.ep.Index, field)
}

// nearest returns the endpoint that whoever asked for r probably meant, nil if
// none is close.
func (f *File) nearest(r *http.Request) *endpoints.Endpoint {
	var best *endpoints.Endpoint
	least := 0
	for _, ep := range f.table.Endpoints() {
		d, ok := distance(r.URL.Path, ep.Path)
		if d *= 2; ep.Method != r.Method && ep.Method != "" {
			d++ // of two that are equally close, the one with the method
		}
		if ok && (best == nil || d < least) {
			best, least = ep, d
		}
	}
	return best
}

// distance is how far path is from the pattern of a path, whose wildcards are
// no distance away. It is not ok if it is too far to be a slip.
func distance(path, pattern string) (d int, ok bool) {
	const most = 200 // longer ones are no typing mistakes
	if len(path) > most || len(pattern) > most {
		return 0, false
	}
	there, want := strings.Split(path, "/"), strings.Split(pattern, "/")
	for i, segment := range want {
		switch {
		case !strings.HasPrefix(segment, "{") || i >= len(there):
		case segment == "{$}":
			want[i] = ""
		case strings.HasSuffix(segment, "...}"):
			want = append(want[:i:i], there[i:]...)
		default:
			want[i] = there[i]
		}
	}
	meant := strings.Join(want, "/")
	d = nearest.Distance(strings.ToLower(path), strings.ToLower(meant))
	return d, d <= max(1, len(meant)/3)
}
