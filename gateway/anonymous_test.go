package gateway

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// No trailer may stand in for a header that was judged, or that only the gateway
// may say: who called, from where, and how.
func TestRequestTrailersThatCouldBeTakenForHeaders(t *testing.T) {
	var got http.Header
	a := newAPI(t, document, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		got = r.Trailer
	})
	client, front := secureClient(t, a)
	for proto, via := range map[string]struct {
		client *http.Client
		front  string
	}{"HTTP/1.1": {a.front.Client(), a.front.URL}, "HTTP/2": {client, front}} {
		for _, name := range []string{
			"Origin", "Host", "Forwarded", "Cookie", "Authorization", "Sec-Fetch-Site", "Sec_fetch_site", "X-Forwarded-For", "X_forwarded_for",
			"X-Real-Ip", "X_real_ip", "X-Original-Url", "X-Remote-User", "X_remote_user", "X-Remote_user",
		} {
			if proto == "HTTP/2" && (name == "Host" || name == "Authorization") {
				continue // net/http refuses the request
			}
			for caller, header := range map[string]string{"own": "X-None: 1", "allowed": allowed} {
				t.Run(strings.Join([]string{proto, caller, name}, " "), func(t *testing.T) {
					r, err := http.NewRequest("POST", via.front+"/upload", io.MultiReader(strings.NewReader("some"))) // of unknown length
					if err != nil {
						t.Fatal(err)
					}
					key, value, _ := strings.Cut(header, ": ")
					r.Header.Set(key, value)
					r.Trailer = http.Header{"X-Request-Sum": {"3"}, name: {"forged"}}
					got = nil
					send(t, via.client, r).wantStatus(t, 200)
					if fmt.Sprint(got) != "map[X-Request-Sum:[3]]" {
						t.Errorf("the upstream got the trailers %v", got)
					}
				})
			}
		}
	}
}

// Underscores lead around neither the dropping of identity headers nor that of
// their proxies' other headers.
func TestUnderscoresDoNotSmuggleAnIdentity(t *testing.T) {
	var got http.Header
	a := newAPI(t, document, func(_ http.ResponseWriter, r *http.Request) { got = r.Header })
	a.raw("GET /prices HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"+foreign+"\r\nX_Remote_User: ann\r\nX-Remote_User: ann\r\nX_Custom: stays\r\n\r\n").wantStatus(t, 200)
	for name := range got {
		if strings.Contains(strings.ToLower(name), "user") && name != "User-Agent" {
			t.Errorf("the upstream got %s", name)
		}
	}
	if got["X_custom"] == nil {
		t.Errorf("the upstream got %v", got)
	}
}

// A transport of somebody's own may spell header names as it likes; what is
// removed from answers is removed nevertheless.
func TestOddlySpeltAnswersOfATransport(t *testing.T) {
	a := newAPI(t, document, echo, func(o *Options) {
		o.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			h := http.Header{
				"set-cookie": {"a=b"}, "CLEAR-SITE-DATA": {`"*"`}, "access-control-allow-origin": {"https://evil.example"},
				"ACCESS-control-allow-credentials": {"true"}, "cross-origin-resource-policy": {"cross-origin"}, "x-other": {"stays"},
			}
			return &http.Response{StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, Header: h, Body: http.NoBody, Request: r}, nil
		})
	})
	// The client would make all names canonical, so look at what was sent.
	sent := sentHeader(t, a, "GET /prices HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"+foreign+"\r\n\r\n")
	want := []string{"Access-Control-Allow-Origin: *", "Cross-Origin-Resource-Policy: cross-origin", "x-other: stays"}
	for _, line := range want {
		if !slices.Contains(sent, line) {
			t.Errorf("%s is missing among %q", line, sent)
		}
	}
	for _, line := range sent {
		name, _, _ := strings.Cut(strings.ToLower(line), ":")
		if slices.Contains([]string{"set-cookie", "clear-site-data", "access-control-allow-credentials"}, name) ||
			strings.HasPrefix(name, "access-control-allow-origin") && line != want[0] || strings.HasPrefix(name, "cross-origin-resource-policy") && line != want[1] {
			t.Errorf("the client got %s", line)
		}
	}
	a.wantMetric(`concors_contradictions_total{endpoint="GET /prices"} 1`)
}

// sentHeader sends a request and returns the lines of the answer's header as
// they come.
func sentHeader(t *testing.T, a *api, request string) (lines []string) {
	t.Helper()
	conn := a.dial()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(conn)
	for in.Scan() && in.Text() != "" {
		lines = append(lines, in.Text())
	}
	return lines
}
