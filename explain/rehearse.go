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

// Rehearse explains q by asking a gateway in this process that enforces table.
// No network is used: its upstream is one that answers 200 to everything. If
// table was built for debug mode, what fails is named more exactly.
func Rehearse(ctx context.Context, q Question, table *endpoints.Table) (Answer, error) {
	var heard string
	refused := false
	g, err := gateway.New(gateway.Options{
		Log:       slog.New(slog.DiscardHandler),
		Transport: agreeable{},
		OnDecision: func(e gateway.Event) {
			heard = decisionText(e)
			refused = e.Decision.Verdict == cors.Refuse && !e.Decision.Observed
		},
	})
	if err != nil {
		return Answer{}, err
	}
	g.Swap(table)
	asked := &listening{next: browser.Handler(g), heard: &heard}
	a := Ask(ctx, q, asked)
	a.Decisions = asked.decisions
	if a.Outcome == Allowed && refused {
		a.Outcome = Refused // browsers are content to show the refusal
	}
	return a, nil
}

// decisionText puts a decision in the words of the access log.
func decisionText(e gateway.Event) string {
	d := e.Decision
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
	if detail := d.Detail(e.Request); detail != "" {
		s += ". " + detail
	}
	return s
}

// listening notes what was decided on each request.
type listening struct {
	next      http.RoundTripper
	heard     *string
	decisions []string
}

func (l *listening) RoundTrip(req *http.Request) (*http.Response, error) {
	*l.heard = ""
	res, err := l.next.RoundTrip(req)
	l.decisions = append(l.decisions, *l.heard)
	return res, err
}

// agreeable is an upstream that has no opinion.
type agreeable struct{}

func (agreeable) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
	}
	return &http.Response{
		StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   io.NopCloser(strings.NewReader("{}")), ContentLength: 2,
	}, nil
}

// Target reads what to call in a document: a URL, or "[METHOD ]/path" under the
// API's own origin.
func Target(doc *endpoints.Document, text string) (method, address string) {
	if m, rest, found := strings.Cut(text, " "); found {
		method, text = m, strings.TrimSpace(rest)
	}
	if u, err := url.Parse(text); err == nil && u.IsAbs() {
		return method, text
	}
	base := "https://the-api.example"
	if doc != nil && len(doc.Origins) > 0 {
		base = doc.Origins[0]
	} else if !strings.HasPrefix(text, "/") { // HOST/path, as in a pattern
		return method, "https://" + text
	}
	return method, base + text
}
