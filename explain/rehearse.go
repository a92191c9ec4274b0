package explain

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/gateway"
)

// A Decision is what Concors decided on one request.
type Decision struct {
	Made      bool   // whether a setting applied; there is none where no endpoint matches
	Endpoint  string // pattern of the endpoint; empty: none that takes the method
	Verdict   cors.Verdict
	Reason    cors.Reason
	Anonymous bool // credentials are dropped
	Observed  bool // it is not enforced
}

// refuses reports whether the request does not run.
func (d *Decision) refuses() bool { return d.Made && d.Verdict == cors.Refuse && !d.Observed }

// String puts the decision in the words of the access log.
func (d *Decision) String() string {
	if !d.Made {
		return ""
	}
	s := d.Verdict.String()
	if d.Reason != "" {
		s += ", " + string(d.Reason)
	}
	if d.Anonymous {
		s += ", without credentials"
	}
	if d.Observed {
		s = "not enforced; would be: " + s
	}
	return s
}

// Rehearse explains q by asking a gateway in this process that enforces table.
// No network is used: its upstream is one that answers 200 to everything, and
// opens every WebSocket. If table was built for debug mode, what fails is named
// more exactly.
func Rehearse(ctx context.Context, q Question, table *endpoints.Table) (Answer, error) {
	var heard Decision
	g, err := gateway.New(gateway.Options{
		Log:        slog.New(slog.DiscardHandler),
		Transport:  agreeable{},
		OnDecision: func(e gateway.Event) { heard = decisionOf(e) },
	})
	if err != nil {
		return Answer{}, err
	}
	g.Swap(table)
	asked := &listening{next: browser.Handler(g), heard: &heard}
	a := Ask(ctx, q, asked)
	a.Decisions = asked.decisions
	a.heedConcors()
	return a, nil
}

// heedConcors makes a refusal of Concors the outcome, whether or not browsers are
// content to show it.
func (a *Answer) heedConcors() {
	if last := a.lastDecision(); last != nil && last.refuses() {
		a.Outcome = Refused
	}
}

func decisionOf(e gateway.Event) Decision {
	d := Decision{
		Made: true, Verdict: e.Decision.Verdict, Reason: e.Decision.Reason,
		Anonymous: e.Decision.Anonymous, Observed: e.Decision.Observed,
	}
	if e.Endpoint != nil {
		d.Endpoint = e.Endpoint.Pattern
	}
	return d
}

// lastDecision returns the decision on the last exchange, nil if Concors was not
// asked.
func (a *Answer) lastDecision() *Decision {
	if len(a.Decisions) == 0 {
		return nil
	}
	return &a.Decisions[len(a.Decisions)-1]
}

// listening notes what was decided on each request.
type listening struct {
	next      http.RoundTripper
	heard     *Decision
	decisions []Decision
}

func (l *listening) RoundTrip(req *http.Request) (*http.Response, error) {
	*l.heard = Decision{}
	res, err := l.next.RoundTrip(req)
	l.decisions = append(l.decisions, *l.heard)
	return res, err
}

// agreeable is an upstream that has no opinion: whatever is asked for, it is
// there.
type agreeable struct{}

func (agreeable) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
	}
	res := &http.Response{
		StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: http.Header{"Content-Type": {wantedType(req)}},
		Body:   io.NopCloser(strings.NewReader("{}")), ContentLength: 2,
	}
	if protocol := req.Header.Get("Upgrade"); protocol != "" {
		res.StatusCode, res.ContentLength, res.Body = http.StatusSwitchingProtocols, -1, silence{}
		res.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {protocol}}
	}
	return res, nil
}

// wantedType is the Content-Type that the browser hopes for.
func wantedType(req *http.Request) string {
	switch req.Header.Get("Sec-Fetch-Dest") {
	case "script":
		return "text/javascript"
	case "style":
		return "text/css"
	}
	if accept, _, _ := strings.Cut(req.Header.Get("Accept"), ","); accept == "text/event-stream" {
		return accept
	}
	return "application/json"
}

// silence is a connection on which nothing is said.
type silence struct{}

func (silence) Read([]byte) (int, error)    { return 0, io.EOF }
func (silence) Write(p []byte) (int, error) { return len(p), nil }
func (silence) Close() error                { return nil }

// Target reads what to call in a document: a URL, "[METHOD ]/path" under the
// API's own origin, or a pattern with a host.
func Target(doc *endpoints.Document, text string) (method, address string) {
	if m, rest, found := strings.Cut(text, " "); found {
		method, text = m, strings.TrimSpace(rest)
	}
	if u, err := url.Parse(text); err == nil && u.IsAbs() {
		return method, text
	}
	if !strings.HasPrefix(text, "/") { // HOST/path, as in a pattern
		return method, "https://" + text
	}
	if doc != nil && len(doc.Origins) > 0 {
		return method, doc.Origins[0] + text
	}
	return method, "https://" + placeholderHost + text
}

// placeholderHost stands for an API that does not say where it is.
const placeholderHost = "the-api.example"
