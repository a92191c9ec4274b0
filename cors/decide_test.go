package cors

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// request builds a request from lines such as "Origin: https://a.example".
func request(method string, lines ...string) *http.Request {
	r := httptest.NewRequest(method, "http://api.example.com/x", nil)
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	return r
}

func compile(t testing.TB, p Policy, o Options) *Compiled {
	t.Helper()
	s, err := NewSite(&o)
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := Compile(p, s)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

const (
	docs     = "Origin: https://docs.example.com"
	evil     = "Origin: https://evil.example"
	sso      = "Origin: https://sso.example"
	cross    = "Sec-Fetch-Site: cross-site"
	sameSite = "Sec-Fetch-Site: same-site"
	same     = "Sec-Fetch-Site: same-origin"
)

var docsDomains = []string{"https://docs.example.com"}

// outcome is a decision in a word: run, anonymous, preflight or the reason.
func outcome(d Decision) string {
	switch {
	case d.Verdict == Refuse:
		return string(d.Reason)
	case d.Anonymous:
		return "anonymous"
	}
	return d.Verdict.String()
}

func TestDecide(t *testing.T) {
	none, all := None{}, All{Headers: []string{"Content-Type"}}
	plain := Selected{Domains: docsDomains, Headers: []string{"Content-Type"}}
	creds := Selected{Domains: docsDomains, Credentials: true, Headers: []string{"Content-Type"}}
	senders := []string{"https://sso.example"}
	for _, tt := range []struct {
		name    string
		request *http.Request
		policy  Policy
		want    string
	}{
		{"curl posts", request("POST"), none, "run"},
		{"Node fetch sends Sec-Fetch-Mode alone (magic-frame 95)", request("POST", "Sec-Fetch-Mode: cors"), none, "run"},
		{"own page by Sec-Fetch-Site", request("POST", "Origin: https://rewritten.example", same), none, "run"},
		{"typed address", request("GET", "Sec-Fetch-Site: none"), none, "run"},
		{"own form under no-referrer", request("POST", "Origin: null", same), none, "run"},
		{"own page by Host", request("POST", "Origin: https://api.example.com"), none, "run"},
		{"own page on another port", request("POST", "Origin: https://api.example.com:8443"), none, "origin-not-allowed"},
		{"same-site is not same-origin", request("POST", "Origin: https://api.example.com", sameSite), none, "origin-not-allowed"},
		{"unknown Sec-Fetch-Site", request("POST", "Origin: https://api.example.com", "Sec-Fetch-Site: martian"), none, "origin-not-allowed"},
		{"several Sec-Fetch-Site", request("GET", same, same), none, "embed-not-allowed"},
		{"empty Sec-Fetch-Site", request("GET", "Sec-Fetch-Site: "), none, "embed-not-allowed"},
		{"empty Origin", request("POST", "Origin: "), none, "origin-not-allowed"},
		{"two Origin lines", request("POST", docs, docs, same), all, "origin-malformed"},
		{"huge Origin", request("GET", "Origin: https://"+strings.Repeat("a", 600)), all, "origin-malformed"},

		{"link from elsewhere", request("GET", cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"), none, "run"},
		{"link without a dest", request("GET", cross, "Sec-Fetch-Mode: navigate"), none, "run"},
		{"link in an iframe", request("GET", cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"), none, "embed-not-allowed"},
		{"link in a frame", request("GET", cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: frame"), none, "embed-not-allowed"},
		{"link in an embed", request("GET", cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: embed"), none, "embed-not-allowed"},
		{"link in an object", request("HEAD", cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: object"), none, "embed-not-allowed"},
		{"link in a fenced frame", request("GET", cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: fencedframe"), none, "embed-not-allowed"},
		{"mode without Sec-Fetch-Site is not believed", request("GET", evil, "Sec-Fetch-Mode: navigate"), none, "origin-not-allowed"},
		{"form post from elsewhere", request("POST", evil, cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"), none, "origin-not-allowed"},
		{"form post from elsewhere, old browser", request("POST", evil), none, "origin-not-allowed"},
		{"foreign null", request("POST", "Origin: null", cross), none, "null-origin"},
		{"foreign null, old browser", request("POST", "Origin: null"), creds, "null-origin"},
		{"unknown methods are unsafe", request("BREW", cross), none, "origin-missing"},
		{"no Origin, unsafe, all", request("POST", cross), all, "anonymous"},
		{"no Origin, unsafe, selected", request("POST", cross), creds, "origin-missing"},

		{"sender posts", request("POST", sso, cross), None{Senders: senders}, "run"},
		{"sender only posts", request("PUT", sso, cross), None{Senders: senders}, "origin-not-allowed"},
		{"sender without reading credentials", request("POST", sso), Selected{Domains: docsDomains, Senders: senders}, "run"},
		{"any sender includes null", request("POST", "Origin: null", cross), None{Senders: []string{AnySender}}, "run"},
		{"any sender needs an Origin", request("POST", cross), None{Senders: []string{AnySender}}, "origin-missing"},

		{"all runs anonymously", request("DELETE", evil, cross), all, "anonymous"},
		{"all does not parse Origin", request("GET", "Origin: ::garbage", cross), all, "anonymous"},
		{"selected, allowed, credentials", request("DELETE", docs, cross), creds, "run"},
		{"selected, allowed, no credentials", request("DELETE", docs, cross), plain, "anonymous"},
		{"selected, not allowed", request("GET", evil, cross), creds, "origin-not-allowed"},
		{"foreign WebSocket (no Sec-Fetch in Chromium)", request("GET", evil, "Connection: Upgrade", "Upgrade: websocket"), creds, "origin-not-allowed"},
		{"own WebSocket", request("GET", "Origin: http://api.example.com", "Upgrade: websocket"), creds, "run"},

		{"image, none", request("GET", cross, "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"), none, "embed-not-allowed"},
		{"image, all", request("GET", cross, "Sec-Fetch-Mode: no-cors"), all, "anonymous"},
		{"image, all narrowed", request("GET", cross), All{Embed: EmbedSameOrigin}, "embed-not-allowed"},
		{"image, selected", request("HEAD", sameSite), creds, "embed-not-allowed"},
		{"same-site image", request("GET", sameSite), None{Embed: EmbedSameSite}, "run"},
		{"cross-site image where same-site may", request("GET", cross), None{Embed: EmbedSameSite}, "embed-not-allowed"},
		{"any image", request("GET", cross), Selected{Domains: docsDomains, Credentials: true, Embed: EmbedAny}, "anonymous"},

		{"OPTIONS alone is ordinary", request("OPTIONS", docs), creds, "run"},
		{"OPTIONS with two requested methods is ordinary", request("OPTIONS", evil, "Access-Control-Request-Method: PUT", "Access-Control-Request-Method: GET"), creds, "origin-not-allowed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := compile(t, tt.policy, Options{}).Decide(tt.request)
			if got := outcome(d); got != tt.want {
				t.Errorf("%s %v under %#v: %s, want %s", tt.request.Method, tt.request.Header, tt.policy, got, tt.want)
			}
		})
	}
}

func TestDecidePreflight(t *testing.T) {
	const put = "Access-Control-Request-Method: PUT"
	acrh := func(v string) string { return "Access-Control-Request-Headers: " + v }
	headers := []string{"Content-Type", "X-Trace"}
	creds := Selected{Domains: docsDomains, Credentials: true, Headers: headers}
	for _, tt := range []struct {
		name    string
		request *http.Request
		policy  Policy
		want    string
	}{
		{"none", request("OPTIONS", docs, put), None{}, "origin-not-allowed"},
		{"none, own page too", request("OPTIONS", docs, put, same), None{}, "origin-not-allowed"},
		{"none, null", request("OPTIONS", "Origin: null", put), None{}, "null-origin"},
		{"none, senders send no preflights", request("OPTIONS", sso, put), None{Senders: []string{"https://sso.example"}}, "origin-not-allowed"},
		{"all", request("OPTIONS", evil, put), All{}, "preflight"},
		{"selected", request("OPTIONS", docs, put, acrh("content-type,x-trace")), creds, "preflight"},
		{"selected, not allowed", request("OPTIONS", evil, put), creds, "origin-not-allowed"},
		{"HEAD counts as GET", request("OPTIONS", docs, "Access-Control-Request-Method: HEAD"), creds, "preflight"},
		{"method that no endpoint has", request("OPTIONS", docs, "Access-Control-Request-Method: DELETE"), creds, "method-not-allowed"},
		{"methods are case-sensitive", request("OPTIONS", docs, "Access-Control-Request-Method: put"), creds, "method-not-allowed"},
		{"two Origin lines are no preflight", request("OPTIONS", docs, docs, put), creds, "no-method"},

		{"header not listed", request("OPTIONS", docs, put, acrh("authorization,content-type")), creds, "header-not-allowed"},
		{"any header", request("OPTIONS", docs, put, acrh("x-a,x-b")), All{Headers: []string{"*"}}, "preflight"},
		{"* does not cover Authorization", request("OPTIONS", docs, put, acrh("authorization")), All{Headers: []string{"*"}}, "header-not-allowed"},
		{"* does not cover method overrides", request("OPTIONS", docs, put, acrh("x-a,x-http-method-override")), All{Headers: []string{"*"}}, "header-not-allowed"},
		{"* does not cover method overrides with underscores", request("OPTIONS", docs, put, acrh("x_http_method-override")), All{Headers: []string{"*"}}, "header-not-allowed"},
		{"* remembered, with a method override", request("PUT", docs, cross, "X-HTTP-Method: DELETE"), All{Headers: []string{"*"}}, "header-not-allowed"},
		{"* remembered, with a method override with underscores", request("PUT", docs, cross, "X_http_method: DELETE"), All{Headers: []string{"*"}}, "header-not-allowed"},
		{"* with a method override listed", request("OPTIONS", docs, put, acrh("x-a,x-http-method-override")), All{Headers: []string{"*", "X-HTTP-Method-Override"}}, "preflight"},
		{"* with Authorization listed", request("OPTIONS", docs, put, acrh("authorization,x-a")), All{Headers: []string{"*", "Authorization"}}, "preflight"},
		{"list with spaces (jub0bs 8)", request("OPTIONS", docs, put, acrh("content-type, \tx-trace")), creds, "preflight"},
		{"list over several lines (rs/cors 184)", request("OPTIONS", docs, put, acrh("content-type"), acrh("x-trace")), creds, "preflight"},
		{"list with empty elements", request("OPTIONS", docs, put, acrh(",,content-type,,x-trace,")), creds, "preflight"},
		{"list out of order (jub0bs 15)", request("OPTIONS", docs, put, acrh("x-trace,content-type")), creds, "preflight"},
		{"list in capitals", request("OPTIONS", docs, put, acrh("Content-Type")), creds, "preflight"},
		{"empty list", request("OPTIONS", docs, put, acrh("")), creds, "preflight"},
		{"4,096 bytes of list", request("OPTIONS", docs, put, acrh(strings.Repeat(",", 4096))), creds, "preflight"},
		{"4,097 bytes of list", request("OPTIONS", docs, put, acrh(strings.Repeat(",", 4097))), creds, "header-list-too-large"},
		{"a megabyte of commas (CVE-2025-47908)", request("OPTIONS", docs, put, acrh(strings.Repeat(",", 1<<20))), creds, "header-list-too-large"},
		{"list over 100 lines", request("OPTIONS", append([]string{docs, put}, slicesRepeat(acrh(""), 100)...)...), creds, "preflight"},
		{"list over 101 lines, short as it is", request("OPTIONS", append([]string{docs, put}, slicesRepeat(acrh(""), 101)...)...), creds, "header-list-too-large"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := compile(t, tt.policy, Options{})
			d := NewPath(map[string]*Compiled{"GET": c, "PUT": c}).Decide(tt.request)
			if got := outcome(d); got != tt.want {
				t.Errorf("under %#v: %s, want %s", tt.policy, got, tt.want)
			}
			if !d.Foreign {
				t.Error("a preflight is never our own")
			}
		})
	}
}

func slicesRepeat(s string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = s
	}
	return out
}

// Same-origin traffic behind proxies: echo 2782, spring 31277, quarkus 34741,
// gorilla/csrf 187, and the check that never ran, CVE-2025-24358.
func TestOwnOrigin(t *testing.T) {
	const proxy, stranger = "10.0.0.9:4000", "192.0.2.1:4000"
	declared := Options{Origins: []string{"https://api.example.com", "http://localhost:3000"}}
	trusting := Options{TrustedProxies: []string{"10.0.0.0/8"}}
	for _, tt := range []struct {
		name         string
		site         Options
		host, remote string
		tls          bool
		lines        []string
		want         bool
	}{
		{"Host equals", Options{}, "api.example.com", "", false, []string{"Origin: https://api.example.com"}, true},
		{"Host in capitals", Options{}, "API.example.com", "", false, []string{"Origin: https://api.example.com"}, true},
		{"default port written in Host", Options{}, "api.example.com:443", "", false, []string{"Origin: https://api.example.com"}, true},
		{"port 80 is not https's default", Options{}, "api.example.com:80", "", false, []string{"Origin: https://api.example.com"}, false},
		{"port equals", Options{}, "localhost:8080", "", false, []string{"Origin: http://localhost:8080"}, true},
		{"port differs", Options{}, "localhost:8080", "", false, []string{"Origin: http://localhost:8081"}, false},
		{"http page, https API", Options{}, "api.example.com", "", true, []string{"Origin: http://api.example.com"}, false},
		{"https page, https API", Options{}, "api.example.com", "", true, []string{"Origin: https://api.example.com"}, true},
		{"suffix of Host", Options{}, "api.example.com", "", false, []string{"Origin: https://evilapi.example.com"}, false},
		{"app of the same name", Options{}, "api.example.com", "", false, []string{"Origin: app://api.example.com"}, false},
		{"proxy rewrote Host, nothing declared", Options{}, "backend:3000", "", false, []string{"Origin: https://api.example.com"}, false},
		{"proxy rewrote Host, declared", declared, "backend:3000", "", false, []string{"Origin: https://api.example.com"}, true},
		{"declared, Host equals", declared, "api.example.com", "", false, []string{"Origin: https://api.example.com"}, true},
		{"declared, Host is another own one", declared, "localhost:3000", "", false, []string{"Origin: https://api.example.com"}, false},
		{"declared as https, http page", declared, "api.example.com", "", false, []string{"Origin: http://api.example.com"}, false},
		{"not declared although Host equals", declared, "evil.example", "", false, []string{"Origin: https://evil.example"}, false},
		{"trusted proxy's Host", trusting, "backend", proxy, false, []string{"Origin: https://api.example.com", "X-Forwarded-Host: api.example.com"}, true},
		{"stranger's Host", trusting, "backend", stranger, false, []string{"Origin: https://evil.example", "X-Forwarded-Host: evil.example"}, false},
		{"trusted proxy's scheme", trusting, "api.example.com", proxy, false, []string{"Origin: http://api.example.com", "X-Forwarded-Proto: https"}, false},
		{"stranger's scheme", trusting, "api.example.com", stranger, false, []string{"Origin: http://api.example.com", "X-Forwarded-Proto: https"}, true},
		{"the nearest proxy's word counts", trusting, "backend", proxy, false, []string{"Origin: https://evil.example", "X-Forwarded-Host: evil.example, api.example.com"}, false},
		{"range of IPv4 in IPv6", Options{TrustedProxies: []string{"::ffff:10.0.0.0/104"}}, "backend", proxy, false, []string{"Origin: https://api.example.com", "X-Forwarded-Host: api.example.com"}, true},
		{"IPv4 in IPv6", trusting, "backend", "[::ffff:10.0.0.9]:4000", false, []string{"Origin: https://api.example.com", "X-Forwarded-Host: api.example.com"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := request("POST", tt.lines...)
			r.Host = tt.host
			if tt.remote != "" {
				r.RemoteAddr = tt.remote
			}
			if tt.tls {
				r.TLS = new(tls.ConnectionState)
			}
			d := compile(t, None{}, tt.site).Decide(r)
			if d.Foreign == tt.want {
				t.Errorf("own: %v, want %v (%s)", !d.Foreign, tt.want, outcome(d))
			}
		})
	}
}

func TestDropsCredentials(t *testing.T) {
	const cookie, bearer, basic = "Cookie: id=1", "Authorization: Bearer x", "Authorization: Basic eDp5"
	site := Options{IdentityHeaders: []string{"x-remote-user"}}
	listed := All{Headers: []string{"authorization"}}
	for _, tt := range []struct {
		name   string
		policy Policy
		lines  []string
		want   string // names of the headers that survive, in order
	}{
		{"cookie and token", All{}, []string{evil, cross, cookie, bearer}, ""},
		{"listed token", listed, []string{evil, cross, cookie, bearer}, "Authorization"},
		{"listed token, selected", Selected{Domains: docsDomains, Headers: []string{"Authorization"}}, []string{docs, bearer}, "Authorization"},
		{"ambient scheme", listed, []string{evil, cross, basic}, ""},
		{"ambient scheme in capitals", listed, []string{evil, cross, "Authorization: BASIC eDp5"}, ""},
		{"ambient scheme with a tab", listed, []string{evil, cross, "Authorization: Negotiate\tYII"}, ""},
		{"NTLM", listed, []string{evil, cross, "Authorization: NTLM TlRMTVNTUAAB"}, ""},
		{"a scheme that begins like one", listed, []string{evil, cross, "Authorization: NTLMv9 x"}, "Authorization"},
		{"digest", listed, []string{evil, cross, `Authorization: Digest username="x"`}, ""},
		{"two tokens", listed, []string{evil, cross, bearer, basic}, ""},
		{"listed token, but no Origin", listed, []string{cross, bearer}, ""},
		{"identity of a proxy", All{}, []string{evil, cross, "X-Remote-User: ann"}, ""},
		{"own page keeps all", All{}, []string{same, cookie, basic, "X-Remote-User: ann"}, "Authorization Cookie X-Remote-User"},
		{"curl keeps all", All{}, []string{cookie}, "Cookie"},
		{"credentials allowed", Selected{Domains: docsDomains, Credentials: true}, []string{docs, cookie, basic}, "Authorization Cookie"},
		{"sender keeps all", None{Senders: docsDomains}, []string{docs, cookie}, "Cookie"},
		{"embedded anywhere", None{Embed: EmbedAny}, []string{cross, "Sec-Fetch-Mode: no-cors", cookie}, "?"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			method := "POST"
			if tt.want == "?" {
				method, tt.want = "GET", ""
			}
			r := request(method, tt.lines...)
			before := r.Header.Clone()
			d := compile(t, tt.policy, site).Decide(r)
			if d.Verdict != Run {
				t.Fatalf("refused: %s", d.Reason)
			}
			out := d.Request(r)
			var got []string
			for _, name := range []string{"Authorization", "Cookie", "X-Remote-User"} {
				if out.Header.Get(name) != "" {
					got = append(got, name)
				}
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("survived: %v, want %q", got, tt.want)
			}
			if !headersEqual(r.Header, before) {
				t.Errorf("the caller's request was modified: %v, was %v", r.Header, before)
			}
		})
	}
}

func headersEqual(a, b http.Header) bool {
	if len(a) != len(b) {
		return false
	}
	for name := range a {
		if strings.Join(a[name], "\n") != strings.Join(b[name], "\n") {
			return false
		}
	}
	return true
}

func TestDropsClientCertificates(t *testing.T) {
	r := request("GET", evil, cross)
	r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{}}, VerifiedChains: [][]*x509.Certificate{{}}, ServerName: "api"}
	d := compile(t, All{}, Options{}).Decide(r)
	out := d.Request(r)
	if len(out.TLS.PeerCertificates) != 0 || len(out.TLS.VerifiedChains) != 0 || out.TLS.ServerName != "api" {
		t.Errorf("TLS state: %+v", out.TLS)
	}
	if len(r.TLS.PeerCertificates) != 1 {
		t.Error("the caller's TLS state was modified")
	}
}

// Whatever strangers send, a decision is made without a panic, and what runs
// with credentials is our own, navigates, comes from an allowed origin or posts
// as a sender.
func FuzzDecide(f *testing.F) {
	f.Add("POST", "https://docs.example.com", "cross-site", "navigate", "iframe", "PUT", "content-type", uint8(3))
	f.Add("OPTIONS", "null", "", "", "", "GET", ",,", uint8(1))
	policies := []Policy{None{}, All{Headers: []string{"*"}}, Selected{Domains: docsDomains},
		Selected{Domains: []string{"https://*.example.com:*"}, Credentials: true}, None{Senders: []string{"https://sso.example"}, Embed: EmbedSameSite}}
	var compiled []*Compiled
	for _, p := range policies {
		compiled = append(compiled, compile(f, p, Options{Debug: true}))
	}
	f.Fuzz(func(t *testing.T, method, origin, site, mode, dest, acrm, acrh string, which uint8) {
		c := compiled[int(which)%len(compiled)]
		r := request("GET", "Cookie: id=1")
		r.Method = method
		for name, value := range map[string]string{hOrigin: origin, hFetchSite: site, hFetchMode: mode, hFetchDest: dest, hRequestMethod: acrm, hRequestHeaders: acrh} {
			if value != "" {
				r.Header[name] = []string{value}
			}
		}
		d := c.Decide(r)
		_, preflight := Preflight(r)
		if d.Verdict != Run {
			w := httptest.NewRecorder()
			d.Respond(w, r)
			if d.Verdict == Refuse && w.Code != http.StatusForbidden && !preflight {
				t.Errorf("refused with %d", w.Code)
			}
			return
		}
		w := httptest.NewRecorder()
		d.SetHeaders(w.Header())
		if got := w.Header().Get("Access-Control-Allow-Credentials"); got != "" && (origin == "" || w.Header().Get("Access-Control-Allow-Origin") != origin) {
			t.Errorf("credentials for %q: %v", origin, w.Header())
		}
		withCookie := d.Request(r).Header.Get("Cookie") != ""
		ours := site == "same-origin" || site == "none" || site == "" && (origin == "" || strings.EqualFold(origin, "http://api.example.com") || strings.EqualFold(origin, "https://api.example.com") || strings.HasSuffix(origin, "://api.example.com:80") || strings.HasSuffix(origin, "://api.example.com:443"))
		navigates := (method == "GET" || method == "HEAD") && mode == "navigate" && site != ""
		selected := strings.HasPrefix(origin, "https://") && strings.Contains(origin, ".example.com") && int(which)%len(compiled) == 3
		sender := method == "POST" && origin == "https://sso.example"
		sameSiteImage := (method == "GET" || method == "HEAD") && origin == "" && site == "same-site" && int(which)%len(compiled) == 4
		if withCookie && !ours && !navigates && !selected && !sender && !sameSiteImage {
			t.Errorf("%s from %q (Sec-Fetch-Site %q, mode %q) ran with its cookie under %#v", method, origin, site, mode, c.Policy())
		}
	})
}
