package admin

import (
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/explain"
	"github.com/concors/concors/internal/rehearsal"
)

// A Preview is what browsers and websites will see of an endpoint.
type Preview struct {
	Endpoint string `json:"endpoint"` // its pattern; empty if there is nothing to show
	URL      string `json:"url"`      // an example of an address of it

	// Partial: values with mistakes were left out.
	Partial bool `json:"partial"`

	// Samples are the kinds of requests and their answers, by the gateway
	// itself.
	Samples []Sample `json:"samples"`

	// Snippet is the front-end call that fits the setting. Empty: no website
	// may call.
	Snippet string `json:"snippet"`

	// Advice is what else the setting needs, in sentences: cookies that must
	// be SameSite=None; Secure, an API that is not served securely.
	Advice []string `json:"advice"`
}

// A Sample is a request and the answer that it gets.
type Sample struct {
	Kind  string `json:"kind"`  // stable, see the SampleKind constants
	Title string `json:"title"` // in words: Preflight from https://docs.example.com

	// The request with the headers that matter, and the answer with those that
	// Concors sets; status 200 stands for whatever the API answers.
	explain.Exchange

	Refused bool   `json:"refused"` // before it runs
	Reason  string `json:"reason"`  // of the refusal, else empty
	Outcome string `json:"outcome"` // in words: passed on with cookies
	Cookies string `json:"cookies"` // what the API got: kept, dropped, or empty: none were sent
}

// The kinds of samples, in the order in which they appear. Which of them do
// depends on the setting and the methods.
const (
	SamplePreflight        = "preflight"         // of an allowed origin
	SamplePreflightRefused = "preflight-refused" // of an origin that is not allowed
	SampleAllowed          = "allowed"           // fetch() of an allowed origin, with cookies
	SampleRefused          = "refused"           // fetch() of an origin that is not allowed
	SampleFormPost         = "form-post"         // a form on a foreign website
	SampleSender           = "sender"            // a form on a website among senders
	SampleEmbed            = "embed"             // an image or script on a foreign website
	SampleLink             = "link"              // a link on a foreign website
	SampleOwn              = "own"               // a page of the API itself
)

// A HeaderField is a line of a header.
type HeaderField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func noPreview() Preview { return Preview{Samples: []Sample{}, Advice: []string{}} }

// preview shows the endpoint with the pattern in doc, whose table is given.
func (s *Service) preview(ctx context.Context, doc *endpoints.Document, table *endpoints.Table, pattern string) Preview {
	p := noPreview()
	at := slices.IndexFunc(doc.Endpoints, func(e endpoints.Entry) bool { return e.Endpoint == pattern })
	if table == nil || at < 0 {
		return p
	}
	sub := &subject{ep: table.Endpoints()[at], setting: *doc.Effective()[at], stage: rehearsal.New(table)}
	sub.method = exampleMethod(sub.ep)
	sub.url = exampleURL(doc, table, sub.ep, sub.method)
	p.Endpoint, p.URL = pattern, sub.url.String()
	for _, probe := range sub.probes() {
		if sample, ok := sub.sample(ctx, probe); ok {
			p.Samples = append(p.Samples, sample)
		}
	}
	p.Snippet = sub.snippet()
	p.Advice = append(p.Advice, sub.advice()...)
	return p
}

// A subject is the endpoint that a preview is about.
type subject struct {
	ep      *endpoints.Endpoint
	setting endpoints.Policy
	stage   *rehearsal.Stage
	method  string
	url     *url.URL
}

// takes reports whether the endpoint takes the method.
func (s *subject) takes(method string) bool {
	switch {
	case s.ep.Method != "":
		return s.ep.Method == method
	case len(s.ep.Methods) > 0:
		return slices.Contains(s.ep.Methods, method)
	}
	return true
}

// exampleMethod returns a method that the endpoint takes.
func exampleMethod(ep *endpoints.Endpoint) string {
	switch {
	case ep.Method != "":
		return ep.Method
	case len(ep.Methods) > 0:
		return ep.Methods[0]
	}
	return http.MethodPost
}

// exampleURL returns an address that leads to the endpoint.
func exampleURL(doc *endpoints.Document, table *endpoints.Table, ep *endpoints.Endpoint, method string) *url.URL {
	base := baseURL(doc)
	if ep.Host != "" {
		base.Host = ep.Host
	}
	// What stands for a wildcard might be a more specific endpoint.
	for _, word := range []string{"1", "example", "x7"} {
		u := *base
		u.Path = examplePath(ep.Path, word)
		found, ok := table.Lookup(&http.Request{Method: method, Host: u.Host, URL: &url.URL{Path: u.Path}})
		if ok && found == ep {
			return &u
		}
		*base = u
	}
	return base
}

// baseURL returns the address that pages call the API by.
func baseURL(doc *endpoints.Document) *url.URL {
	if u, err := url.Parse(doc.Address()); err == nil && u.Host != "" {
		return &url.URL{Scheme: u.Scheme, Host: u.Host}
	}
	return &url.URL{Scheme: "https", Host: "api.example.com"}
}

// examplePath puts word in the place of the wildcards of a pattern's path.
func examplePath(pattern, word string) string {
	segments := strings.Split(pattern, "/")
	for i, segment := range segments {
		switch {
		case segment == "{$}":
			segments[i] = ""
		case strings.HasPrefix(segment, "{"):
			segments[i] = word
		}
	}
	return strings.Join(segments, "/")
}

// A probe is a request that a preview tries.
type probe struct {
	kind, title string
	method      string
	header      [][2]string
	cookie      bool
}

const (
	strangerOrigin = "https://evil.example"
	anyOrigin      = "https://any-website.example"
	exampleCookie  = "session=example"
)

// probes returns the requests that are worth showing.
func (s *subject) probes() []probe {
	var list []probe
	allowed := s.allowedOrigin()
	own := s.url.Scheme + "://" + s.url.Host
	if allowed != "" {
		list = append(list, s.preflight(SamplePreflight, allowed),
			s.fetch(SampleAllowed, "Request from "+allowed, allowed, "cross-site"))
	}
	if s.setting.Allow != endpoints.AllowAll {
		list = append(list, s.preflight(SamplePreflightRefused, strangerOrigin),
			s.fetch(SampleRefused, "Request from "+strangerOrigin, strangerOrigin, "cross-site"))
	}
	if s.takes(http.MethodPost) {
		list = append(list, s.form(SampleFormPost, strangerOrigin))
		if sender := s.sender(); sender != "" {
			list = append(list, s.form(SampleSender, sender))
		}
	}
	if s.takes(http.MethodGet) {
		list = append(list,
			probe{SampleEmbed, "Image on " + strangerOrigin, http.MethodGet,
				[][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "no-cors"}, {"Sec-Fetch-Dest", "image"}}, true},
			probe{SampleLink, "Link on " + strangerOrigin, http.MethodGet,
				[][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "navigate"}, {"Sec-Fetch-Dest", "document"}}, true})
	}
	return append(list, s.fetch(SampleOwn, "Request from this API's own pages", own, "same-origin"))
}

func (s *subject) preflight(kind, origin string) probe {
	h := [][2]string{{"Origin", origin}, {"Access-Control-Request-Method", s.method}}
	if names := s.requestHeaders(); names != "" {
		h = append(h, [2]string{"Access-Control-Request-Headers", names})
	}
	return probe{kind, "Preflight from " + origin, http.MethodOptions, append(h, fetchMetadata("cross-site", "cors")...), false}
}

// requestHeaders returns the headers that a page asks for, as browsers write
// them: sorted, in lower case.
func (s *subject) requestHeaders() string {
	var names []string
	for _, name := range s.setting.Headers {
		if name == "*" {
			name = "Content-Type" // the one that most calls need
		}
		names = append(names, strings.ToLower(name))
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ",")
}

func (s *subject) fetch(kind, title, origin, site string) probe {
	h := fetchMetadata(site, "cors")
	// Pages send no Origin with a GET or HEAD to their own server.
	if site != "same-origin" || s.method != http.MethodGet && s.method != http.MethodHead {
		h = append([][2]string{{"Origin", origin}}, h...)
	}
	return probe{kind, title, s.method, h, true}
}

func (s *subject) form(kind, origin string) probe {
	return probe{kind, "Form post from " + origin, http.MethodPost, [][2]string{
		{"Origin", origin}, {"Content-Type", "application/x-www-form-urlencoded"},
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "navigate"}, {"Sec-Fetch-Dest", "document"}}, true}
}

func fetchMetadata(site, mode string) [][2]string {
	return [][2]string{{"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", mode}, {"Sec-Fetch-Dest", "empty"}}
}

// allowedOrigin returns an origin that may call, empty if none may.
func (s *subject) allowedOrigin() string {
	switch {
	case s.setting.Allow == endpoints.AllowAll:
		return anyOrigin
	case s.setting.Allow == endpoints.AllowSelected && len(s.setting.Domains) > 0:
		return exampleOrigin(s.setting.Domains[0])
	}
	return ""
}

func (s *subject) sender() string {
	switch {
	case len(s.setting.Senders) == 0:
		return ""
	case s.setting.Senders[0] == cors.AnySender:
		return "https://any-identity-provider.example"
	}
	return exampleOrigin(s.setting.Senders[0])
}

// exampleOrigin returns an origin that the pattern matches.
func exampleOrigin(pattern string) string {
	return strings.Replace(strings.TrimSuffix(pattern, ":*"), "://*.", "://app.", 1)
}

// sample asks the gateway.
func (s *subject) sample(ctx context.Context, p probe) (Sample, bool) {
	r := (&http.Request{Method: p.method, URL: s.url, Host: s.url.Host, Header: http.Header{}}).WithContext(ctx)
	for _, line := range p.header {
		r.Header.Add(line[0], line[1])
	}
	out := Sample{Kind: p.kind, Title: p.title, Exchange: explain.Exchange{
		Preflight: p.method == http.MethodOptions, Method: p.method, URL: s.url.String(), Request: r.Header.Clone(),
	}}
	if p.cookie {
		r.Header.Set("Cookie", exampleCookie)
		out.Request.Set("Cookie", "…")
	}
	res, err := s.stage.RoundTrip(r)
	if err != nil {
		return Sample{}, false
	}
	_ = res.Body.Close()
	scene := s.stage.Last()
	out.Status, out.Decision, out.Response = res.StatusCode, scene.String(), ownHeaders(res.Header, scene.Upstream != nil)
	out.Refused, out.Reason = scene.Refuses(), string(scene.Reason)
	if p.cookie && !out.Refused {
		out.Cookies = scene.Credentials()
	}
	out.Outcome = outcomeWords(&scene.Decision, out.Cookies)
	return out, scene.Made
}

func outcomeWords(d *rehearsal.Decision, cookies string) string {
	reason := reasonText(d.Reason)
	switch {
	case d.Observed && d.Verdict == cors.Refuse:
		return "Passed on untouched, and counted: it would be refused, because " + reason + "."
	case d.Observed:
		return "Passed on untouched, and counted: it would be allowed."
	case d.Verdict == cors.Refuse:
		return "Refused before anything runs: " + reason + "."
	case d.Verdict == cors.AnswerPreflight:
		return "Allowed: the browser may send the request."
	case cookies == "dropped":
		return "Runs as an anonymous caller: cookies are dropped."
	case cookies == "kept":
		return "Runs, with the visitor's cookies."
	}
	return "Runs."
}

// ownHeaders returns the headers of an answer that Concors sets: of an
// upstream's answer only those of CORS, of its own all.
func ownHeaders(h http.Header, upstream bool) http.Header {
	out := make(http.Header)
	for name, lines := range h {
		about := strings.HasPrefix(name, "Access-Control-") || name == "Vary" || name == "Cross-Origin-Resource-Policy"
		if about || !upstream && name != "Content-Length" && name != "Date" {
			out[name] = lines
		}
	}
	return out
}

// snippet returns the call that fits the setting.
func (s *subject) snippet() string {
	if s.allowedOrigin() == "" {
		return ""
	}
	var fields []string
	if s.method != http.MethodGet {
		fields = append(fields, "method: "+quoteJS(s.method))
	}
	if s.setting.Credentials {
		fields = append(fields, "credentials: 'include'")
	}
	var headers []string
	lists := func(name string) bool {
		return slices.ContainsFunc(s.setting.Headers, func(h string) bool { return strings.EqualFold(h, name) })
	}
	body := s.method != http.MethodGet && s.method != http.MethodHead && s.method != http.MethodDelete
	if body && (lists("Content-Type") || lists("*")) {
		headers = append(headers, "'Content-Type': 'application/json'")
	}
	if lists("Authorization") {
		headers = append(headers, "Authorization: `Bearer ${token}`")
	}
	if len(headers) > 0 {
		fields = append(fields, "headers: { "+strings.Join(headers, ", ")+" }")
	}
	if body && len(headers) > 0 && strings.HasPrefix(headers[0], "'Content-Type'") {
		fields = append(fields, "body: JSON.stringify(data)")
	}
	if len(fields) == 0 {
		return "fetch(" + quoteJS(s.url.String()) + ")"
	}
	return "fetch(" + quoteJS(s.url.String()) + ", {\n  " + strings.Join(fields, ",\n  ") + ",\n})"
}

// quoteJS returns s as a string of JavaScript.
func quoteJS(s string) string {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string
	}
	inner := strings.ReplaceAll(strings.ReplaceAll(string(quoted[1:len(quoted)-1]), `\"`, `"`), "'", `\'`)
	return "'" + inner + "'"
}

// advice returns what else the setting needs.
func (s *subject) advice() []string {
	var list []string
	if s.setting.Credentials {
		list = append(list, "Cookies travel from other sites only if they are set with SameSite=None; Secure.",
			"If the API's own origin has a service worker, it must not call respondWith for navigations other than GET: in Firefox, forms of other sites would pass for its own.")
		if s.url.Scheme == "http" && !isLoopback(s.url.Hostname()) {
			list = append(list, "The API's own origin is http:, so browsers keep Secure cookies at home. Serve it over https.")
		}
	}
	body := s.takes(http.MethodPost) || s.takes(http.MethodPut) || s.takes(http.MethodPatch)
	if s.allowedOrigin() != "" && body && !slices.ContainsFunc(s.setting.Headers, func(h string) bool {
		return h == "*" || strings.EqualFold(h, "Content-Type")
	}) {
		list = append(list, "A JSON body needs Content-Type among the allowed headers.")
	}
	if s.setting.ObserveOnly {
		list = append(list, "Nothing is enforced here: requests pass untouched and are only counted.")
	}
	return list
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}
