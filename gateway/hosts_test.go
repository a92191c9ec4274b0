package gateway

import (
	"net/http"
	"strings"
	"testing"
)

const hosted = "hosts: [api.example.com, \"other.example:8443\", \"127.0.0.1\"]\n" + document

// A website whose name was pointed at our address is told so, whatever it asks.
func TestOtherHostsReachNothing(t *testing.T) {
	a := newAPI(t, hosted, echo)
	for _, host := range []string{"rebound.example", "api.example.com.", "api.example.com.evil.example", "evilapi.example.com", "other.example", "other.example:81", "localhost", "[::1]"} {
		for name, request := range map[string]string{
			"a GET of its own page":         "GET /account HTTP/1.1\r\nOrigin: http://" + host + "\r\nSec-Fetch-Site: same-origin\r\n",
			"a GET without Origin":          "GET /account HTTP/1.1\r\n",
			"a POST":                        "POST /orders HTTP/1.1\r\nContent-Length: 1\r\n",
			"where all may call":            "GET /prices HTTP/1.1\r\n" + foreign + "\r\n",
			"a preflight":                   "OPTIONS /account HTTP/1.1\r\n" + allowed + "\r\n" + asks("PUT") + "\r\n",
			"a preflight that nobody takes": "OPTIONS /account HTTP/1.1\r\n" + allowed + "\r\n" + asks("PATCH") + "\r\n",
			"where nothing is enforced":     "GET /watched HTTP/1.1\r\n",
			"an unknown path":               "GET /nowhere HTTP/1.1\r\n",
			"an unknown method":             "PATCH /prices HTTP/1.1\r\n",
			"a path that is ambiguous":      "GET /tree/a%2Fb HTTP/1.1\r\n",
			"about the server":              "OPTIONS * HTTP/1.1\r\n",
			"a WebSocket":                   "GET /account HTTP/1.1\r\n" + allowed + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
			"a link that is followed":       "GET /account HTTP/1.1\r\nAccept: text/html\r\nSec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\n",
		} {
			t.Run(host+": "+name, func(t *testing.T) {
				r := a.raw(request + "Host: " + host + "\r\n" + "X-Forwarded-Host: api.example.com\r\n\r\nx")
				r.wantProblem(t, 421, "host-not-served")
				r.noCORS(t)
				r.wantHeader(t, "Allow")
			})
		}
	}
	t.Run("the absolute form names the host", func(t *testing.T) {
		a.raw("GET http://rebound.example/prices HTTP/1.1\r\nHost: api.example.com\r\n\r\n").wantProblem(t, 421, "host-not-served")
	})
	t.Run("no Host", func(t *testing.T) {
		a.raw("GET /prices HTTP/1.0\r\n\r\n").wantProblem(t, 421, "host-not-served")
	})
	t.Run("a malformed one stays malformed", func(t *testing.T) {
		a.raw("GET /prices HTTP/1.1\r\nHost: a,b\r\n\r\n").wantProblem(t, 400, "malformed-request")
	})
	t.Run(":authority of HTTP/2", func(t *testing.T) {
		client, front := secureClient(t, a)
		for _, path := range []string{"/prices", "/nowhere"} {
			r, err := http.NewRequest("GET", front+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = "rebound.example"
			res := send(t, client, r)
			res.wantProblem(t, 421, "host-not-served")
			if res.ProtoMajor != 2 {
				t.Errorf("%s", res.Proto)
			}
		}
	})
	a.untouched()
	if line := a.access.until(t, "host-not-served"); !strings.Contains(line, `"host":"rebound.example"`) {
		t.Errorf("the access log does not name the host:\n%s", line)
	}
	if text := a.scrape(); strings.Contains(text, "rebound") || !strings.Contains(text, `concors_decisions_total{decision="refuse",endpoint="",reason="host-not-served"} `) {
		t.Errorf("not counted, or by host:\n%s", grep(text, "concors_decisions"))
	}
}

func TestListedHostsAreServed(t *testing.T) {
	a := newAPI(t, hosted, echo)
	for _, host := range []string{"api.example.com", "API.Example.com", "api.example.com:80", "api.example.com:9999", "other.example:8443", "127.0.0.1:8080"} {
		a.do("GET", "/prices", "", "Host: "+host).wantStatus(t, 200)
		a.do("OPTIONS", "/account", "", "Host: "+host, allowed, asks("PUT")).wantStatus(t, 204)
		a.do("GET", "/nowhere", "", "Host: "+host).wantProblem(t, 404, "no-endpoint")
	}
	t.Run("as a trusted proxy tells", func(t *testing.T) {
		a.swap("trusted_proxies: [127.0.0.1]\n" + hosted)
		a.do("GET", "/prices", "", "Host: backend:3000", "X-Forwarded-Host: api.example.com").wantStatus(t, 200)
		a.do("GET", "/prices", "", "Host: api.example.com", "X-Forwarded-Host: rebound.example").wantProblem(t, 421, "host-not-served")
	})
	t.Run("any, where none are listed", func(t *testing.T) {
		a.swap(document)
		a.do("GET", "/prices", "", "Host: rebound.example").wantStatus(t, 200)
	})
}

// The document's hosts are not those of the admin listener.
func TestHostsDoNotConcernTheAdminListener(t *testing.T) {
	r := run(t, ServerOptions{}, echo)
	r.gateway.Swap(tableOf(t, "http://127.0.0.1:9", strings.Replace(hosted, `, "127.0.0.1"`, "", 1)))
	r.get(t, "http://"+r.Addr().String()+"/prices").wantProblem(t, 421, "host-not-served")
	r.get(t, "http://"+r.AdminAddr().String()+"/readyz").wantStatus(t, 200)
}
