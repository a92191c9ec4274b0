package cors

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Whoever is made anonymous stays it, however a header is spelt.
func TestSpellingsOfCredentials(t *testing.T) {
	o := &Options{IdentityHeaders: []string{"X-Remote-User", "X_Client_Dn"}}
	policies := map[string]Policy{
		"all":      All{Headers: []string{"Authorization"}},
		"selected": Selected{Domains: []string{"https://evil.example"}, Headers: []string{"Authorization"}},
	}
	for name, policy := range policies {
		for _, spelling := range []string{
			"Cookie", "cookie", "COOKIE", "authorization", "AUTHORIZATION",
			"X-Remote-User", "X_remote_user", "x_remote-user", "X-REMOTE_USER", "x-remote-user",
			"X_client_dn", "X-Client-Dn", "x-client_dn",
		} {
			t.Run(name+" drops "+spelling, func(t *testing.T) {
				var got http.Header
				r := request("GET", evil, cross)
				r.Header[spelling] = []string{"ann"}
				r.Header["X-Other"] = []string{"stays"}
				serve(t, policy, o, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header }), r)
				if _, found := got[spelling]; found || got.Get("X-Other") != "stays" {
					t.Errorf("the handler got %v", got)
				}
			})
		}
		t.Run(name+" keeps what only looks like one", func(t *testing.T) {
			var got http.Header
			r := request("GET", evil, cross, "X-Remote-Users: b", "Authorization: Bearer c")
			for _, lookalike := range []string{"X.Remote.User", "Set_Cookie", "X@Remote@User", "Xmremote-User"} {
				r.Header[lookalike] = []string{"b"}
			}
			serve(t, policy, o, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header }), r)
			if len(got) != len(r.Header) {
				t.Errorf("the handler got %v of %v", got, r.Header)
			}
		})
	}
	t.Run("the API's own pages keep theirs, and caches are told", func(t *testing.T) {
		var got http.Header
		r := request("GET", "Sec-Fetch-Site: same-origin", "X_remote_user: ann")
		res := serve(t, All{}, o, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header }), r)
		if len(got) != len(r.Header) {
			t.Errorf("the handler got %v", got)
		}
		wantHeaders(t, res.Header, map[string]string{"Vary": varyCredentials})
	})
}

func TestAnswersToAnonymousCallersKeepNoCookieHoweverItIsSpelt(t *testing.T) {
	for _, spelling := range []string{"Set-Cookie", "set-cookie", "SET-COOKIE", "Set-cookie", "clear-site-data", "CLEAR-SITE-DATA"} {
		t.Run(spelling, func(t *testing.T) {
			res := serve(t, All{}, nil, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header()[spelling] = []string{"a=b"}
				_, _ = io.WriteString(w, "done")
			}), request("GET", evil))
			if lines, found := res.Header[spelling]; found {
				t.Errorf("%s: %q", spelling, lines)
			}
		})
	}
}

// Trailers are no place for credentials, announced or not.
func TestTrailersOfAnonymousCallers(t *testing.T) {
	m, err := New(All{}, &Options{IdentityHeaders: []string{"X-Remote-User"}})
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan http.Header, 1)
	s := httptest.NewServer(m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		got <- r.Trailer.Clone()
	})))
	defer s.Close()
	const body = "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Sum: 1\r\nCookie: a=b\r\nAuthorization: Bearer x\r\nX_Remote_User: ann\r\nX-Remote-User: ann\r\n\r\n"
	for name, announced := range map[string]string{
		"announced":   "Trailer: X-Sum, Cookie, Authorization, X-Remote-User, X_Remote_User\r\n",
		"in part":     "Trailer: X-Sum\r\n",
		"unannounced": "",
	} {
		t.Run(name, func(t *testing.T) {
			raw(t, s, "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"+evil+"\r\n"+announced+body)
			if trailers := <-got; len(trailers) != 1 || trailers.Get("X-Sum") != "1" {
				t.Errorf("the handler got the trailers %v, want X-Sum alone", trailers)
			}
		})
		t.Run(name+", by the API's own page", func(t *testing.T) {
			raw(t, s, "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"+announced+body)
			if trailers := <-got; len(trailers) != 5 {
				t.Errorf("the handler got the trailers %v, want all five", trailers)
			}
		})
	}
}

// raw sends text to s and waits for the end of its answer.
func raw(t *testing.T, s *httptest.Server, text string) {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.Copy(conn, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil {
		t.Fatal(err)
	}
}
