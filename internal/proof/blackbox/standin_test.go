package blackbox

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// A standIn answers as the oracle says, except for one planted fault: with it
// the driver and the judge are tested themselves. It knows the questions by
// their number and reads nothing else of a request.
type standIn struct {
	questions map[int]*Question
	upstream  string
	fault     func(w *Want, out, back http.Header) // out: to the upstream; back: to the client
	misroute  func(w *Want)
}

var standInTransport = &http.Transport{MaxIdleConnsPerHost: 16, DisableCompression: true}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.Atoi(r.Header.Get("X-Question"))
	q := s.questions[id]
	want := Expect(q)
	if s.misroute != nil {
		s.misroute(&want)
	}
	back := http.Header{}
	var body io.Reader = strings.NewReader("")
	status := want.Status
	if want.Gateway != 0 {
		status = want.Gateway
	}
	out := r.Header.Clone()
	if want.Anonymous {
		drop(q, &want, out)
	}
	if s.fault != nil {
		s.fault(&want, out, nil)
	}
	if want.Reached {
		res, err := standInTransport.RoundTrip((&http.Request{
			Method: r.Method, URL: &url.URL{Scheme: "http", Host: strings.TrimPrefix(s.upstream, "http://"), Opaque: q.Target}, Host: "upstream",
			Header: out, Body: r.Body, ContentLength: r.ContentLength,
		}).WithContext(r.Context()))
		if err != nil {
			panic(err)
		}
		defer res.Body.Close()
		back, body, status = res.Header, res.Body, res.StatusCode
	}
	if !want.Untouched {
		dress(&want, back)
	}
	if want.Refusal {
		body = refuse(q, &want, back)
	}
	if s.fault != nil {
		s.fault(&want, nil, back)
	}
	clear(w.Header())
	for name, values := range back {
		w.Header()[name] = values
	}
	w.WriteHeader(status)
	_, _ = io.Copy(w, body)
}

func drop(q *Question, want *Want, out http.Header) {
	kept := slices.DeleteFunc(slices.Clone(out.Values("Authorization")), sentUnasked)
	for name := range out {
		if name == "Cookie" || name == "Authorization" || q.World.identifies(name) {
			delete(out, name)
		}
	}
	if want.KeepAuthorization {
		for _, v := range kept {
			out.Add("Authorization", v)
		}
	}
}

func dress(want *Want, back http.Header) {
	for name := range back {
		if strings.HasPrefix(name, "Access-Control-") {
			delete(back, name)
		}
	}
	back.Del("Cross-Origin-Resource-Policy")
	put := func(name, value string) {
		if value != "" {
			back.Set(name, value)
		}
	}
	put("Cross-Origin-Resource-Policy", want.CORP)
	put("Access-Control-Allow-Origin", want.AllowOrigin)
	put("Access-Control-Expose-Headers", strings.Join(want.ExposeHeaders, ","))
	headers := want.AllowHeaders
	if contains(headers, "*") && want.AllowCredentials {
		headers = want.RequestedHeaders
	}
	put("Access-Control-Allow-Headers", strings.Join(headers, ","))
	put("Access-Control-Max-Age", want.MaxAge)
	put("Allow", strings.Join(want.Allow, ", "))
	if want.AllowCredentials {
		put("Access-Control-Allow-Credentials", "true")
	}
	methods := want.AllowMethods
	if want.AnyMethods {
		methods = append(slices.Clone(methods), want.RequestedMethod)
	}
	put("Access-Control-Allow-Methods", strings.Join(methods, ", "))
	for _, v := range want.VaryHas {
		back.Add("Vary", v)
	}
	if want.Anonymous {
		back.Del("Set-Cookie")
		back.Del("Clear-Site-Data")
	}
}

func refuse(q *Question, want *Want, back http.Header) io.Reader {
	if q.Method == "GET" || q.Method == "HEAD" {
		back.Set("Cache-Control", "no-store")
	}
	if strings.Contains(q.one("Accept"), "text/html") {
		back.Set("Content-Type", "text/html; charset=utf-8")
		return strings.NewReader("<title>Refused</title>")
	}
	back.Set("Content-Type", "application/problem+json")
	reason := want.Reasons[0]
	if reason == "" {
		reason = "some-reason"
	}
	return strings.NewReader(`{"type":"about:blank","title":"Refused","status":403,"reason":"` + reason + `"}`)
}

// standIns serves all worlds by one stand-in.
func standIns(t *testing.T, s *standIn, worlds []*World) map[string]Target {
	t.Helper()
	targets := map[string]Target{}
	for _, w := range worlds {
		server := httptest.NewUnstartedServer(s)
		if w.TLS {
			server.EnableHTTP2 = true
			server.StartTLS()
			config := server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
			config.ServerName, config.NextProtos = "example.com", nil
			targets[w.Name] = Target{Addr: server.Listener.Addr().String(), TLS: config}
		} else {
			server.Start()
			targets[w.Name] = Target{Addr: server.Listener.Addr().String()}
		}
		t.Cleanup(server.Close)
	}
	return targets
}

var standInQuestions = sync.OnceValues(func() ([]*World, []*Question) {
	worlds := Worlds()
	return worlds, Questions(worlds, 20000, 7)
})

func runStandIn(t *testing.T, s *standIn, n int) *Tally {
	t.Helper()
	u, err := NewUpstream()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(u.Close)
	worlds, questions := standInQuestions()
	questions = questions[:min(n, len(questions))]
	s.questions, s.upstream = map[int]*Question{}, u.URL
	for _, q := range questions {
		s.questions[q.ID] = q
	}
	return Run(questions, standIns(t, s, worlds), u, 4)
}

// A gateway that does what the oracle says passes.
func TestDriverAcceptsWhatTheOracleSays(t *testing.T) {
	if tally := runStandIn(t, &standIn{}, 4000); len(tally.Wrong) > 0 {
		t.Errorf("%d kinds of mistake:\n%s", len(tally.Wrong), tally)
	}
}

// Each fault that a gateway may have is seen: no test here that cannot fail.
func TestDriverSeesPlantedFaults(t *testing.T) {
	back := func(f func(w *Want, h http.Header)) func(*Want, http.Header, http.Header) {
		return func(w *Want, _, h http.Header) {
			if h != nil {
				f(w, h)
			}
		}
	}
	for name, tc := range map[string]struct {
		what     string // the end of the mistake's key
		fault    func(w *Want, out, back http.Header)
		misroute func(w *Want)
	}{
		"refused requests reach the upstream": {what: "reached the upstream", misroute: func(w *Want) {
			if w.Refusal {
				w.Reached = true
			}
		}},
		"a foreign POST runs": {what: "status", misroute: func(w *Want) {
			if w.Row == rowUnsafe && w.Refusal {
				*w = Want{Reached: true, CORP: "same-origin"}
			}
		}},
		"our own requests are refused": {what: "never reached the upstream", misroute: func(w *Want) {
			if w.Row == rowOurs && w.Reached {
				*w = Want{Row: rowOurs, Column: "none", Status: 403, Refusal: true, Reasons: []string{"origin-not-allowed"}, VaryHas: []string{"Origin"}}
			}
		}},
		"cookies are kept": {what: "upstream's Cookie", misroute: func(w *Want) { w.Anonymous = false }},
		"authorization is dropped": {what: "upstream's Authorization", fault: func(_ *Want, out, _ http.Header) {
			out.Del("Authorization")
		}},
		"Set-Cookie passes": {what: "Set-Cookie", misroute: func(w *Want) { w.Anonymous = false }},
		"Vary is overwritten": {what: "Vary lacks Accept-Language", fault: back(func(w *Want, h http.Header) {
			h["Vary"] = w.VaryHas
		})},
		"Vary lacks Origin": {what: "Vary lacks Origin", fault: back(func(w *Want, h http.Header) {
			if !w.Refusal {
				h.Del("Vary")
			}
		})},
		"Vary lacks Sec-Fetch-Dest where credentials came along": {what: "Vary lacks Sec-Fetch-Dest", fault: back(func(w *Want, h http.Header) {
			h["Vary"] = slices.DeleteFunc(h["Vary"], func(v string) bool { return v == "Sec-Fetch-Dest" })
		})},
		"Vary names Sec-Fetch-Site always": {what: "Vary has Sec-Fetch-Site", fault: back(func(_ *Want, h http.Header) {
			h.Add("Vary", "Sec-Fetch-Site")
		})},
		"two Access-Control-Allow-Origin": {what: "Access-Control-Allow-Origin", fault: back(func(_ *Want, h http.Header) {
			h.Add("Access-Control-Allow-Origin", h.Get("Access-Control-Allow-Origin"))
		})},
		"the upstream's private network header passes": {what: "Access-Control-Allow-Private-Network", fault: back(func(_ *Want, h http.Header) {
			h.Set("Access-Control-Allow-Private-Network", "true")
		})},
		"two resource policies": {what: "Cross-Origin-Resource-Policy", fault: back(func(_ *Want, h http.Header) {
			h.Add("Cross-Origin-Resource-Policy", "same-origin")
		})},
		"refusals may be cached": {what: "Cache-Control of a refusal", fault: back(func(_ *Want, h http.Header) { h.Del("Cache-Control") })},
		"refusals of what no cache stores say so": {what: "Cache-Control of a refusal", fault: back(func(w *Want, h http.Header) {
			if w.Refusal {
				h.Set("Cache-Control", "no-store")
			}
		})},
		"refusals carry a resource policy": {what: "Cross-Origin-Resource-Policy", fault: back(func(w *Want, h http.Header) {
			if w.Refusal {
				h.Set("Cross-Origin-Resource-Policy", "same-origin")
			}
		})},
		"refusals carry more than they must": {what: "refusal has X-Content-Type-Options", fault: back(func(w *Want, h http.Header) {
			if w.Refusal {
				h.Set("X-Content-Type-Options", "nosniff")
			}
		})},
		"refusals carry CORS headers": {what: "Access-Control-Allow-Origin", fault: back(func(w *Want, h http.Header) {
			if w.Refusal {
				h.Set("Access-Control-Allow-Origin", "*")
			}
		})},
		"the wrong reason": {what: "reason", misroute: func(w *Want) { w.Reasons = []string{"because"} }},
		"a preflight forgets a method": {what: "Access-Control-Allow-Methods", fault: back(func(w *Want, h http.Header) {
			if len(w.AllowMethods) > 1 {
				h.Set("Access-Control-Allow-Methods", w.AllowMethods[0])
			}
		})},
		"a preflight forgets a header": {what: "Access-Control-Allow-Headers", fault: back(func(_ *Want, h http.Header) {
			h.Del("Access-Control-Allow-Headers")
		})},
		"star with credentials is sent as it is": {what: "Access-Control-Allow-Headers (any header)", fault: back(func(w *Want, h http.Header) {
			if w.AllowCredentials && contains(w.AllowHeaders, "*") {
				h.Set("Access-Control-Allow-Headers", "*")
			}
		})},
		"another Host is served": {what: "status", misroute: func(w *Want) {
			if w.Row == rowMisdirected {
				w.Reached = true
			}
		}},
		"405 without Allow": {what: "Allow", fault: back(func(_ *Want, h http.Header) { h.Del("Allow") })},
		"a tricky path is proxied": {what: "status", misroute: func(w *Want) {
			if w.NoPolicy {
				w.Reached = true
			}
		}},
		"upstream's own headers are touched where nothing is enforced": {what: "(not enforced)", misroute: func(w *Want) { w.Untouched = false }},
	} {
		t.Run(name, func(t *testing.T) {
			tally := runStandIn(t, &standIn{fault: tc.fault, misroute: tc.misroute}, 1200)
			for key := range tally.Wrong {
				if strings.HasSuffix(key, tc.what) {
					return
				}
			}
			t.Errorf("no mistake %q among:\n%s", tc.what, tally)
		})
	}
}
