package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestRequestID(t *testing.T) {
	const trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	made := regexp.MustCompile(`^[0-9a-f]{32}$`)
	for _, tt := range []struct {
		name   string
		header http.Header
		want   string // empty: a new one
	}{
		{"its own", http.Header{"X-Request-Id": {"01J9-abc_~+/=:@."}}, "01J9-abc_~+/=:@."},
		{"the trace's", http.Header{"Traceparent": {"00-" + trace + "-" + parent + "-01"}}, trace},
		{"its own before the trace's", http.Header{"X-Request-Id": {"a"}, "Traceparent": {"00-" + trace + "-" + parent + "-01"}}, "a"},
		{"the trace's in place of one that is none", http.Header{"X-Request-Id": {"a b"}, "Traceparent": {"00-" + trace + "-" + parent + "-01"}}, trace},
		{"of a later version", http.Header{"Traceparent": {"cc-" + trace + "-" + parent + "-01-more"}}, trace},
		{"the longest", http.Header{"X-Request-Id": {strings.Repeat("a", 128)}}, strings.Repeat("a", 128)},

		{"none", nil, ""},
		{"empty", http.Header{"X-Request-Id": {""}}, ""},
		{"too long", http.Header{"X-Request-Id": {strings.Repeat("a", 129)}}, ""},
		{"two", http.Header{"X-Request-Id": {"a", "b"}}, ""},
		{"a line of the log", http.Header{"X-Request-Id": {"a\" level=ERROR"}}, ""},
		{"not ASCII", http.Header{"X-Request-Id": {"ä"}}, ""},
		{"a trace of zeros", http.Header{"Traceparent": {"00-" + strings.Repeat("0", 32) + "-" + parent + "-01"}}, ""},
		{"a parent of zeros", http.Header{"Traceparent": {"00-" + trace + "-0000000000000000-01"}}, ""},
		{"upper case", http.Header{"Traceparent": {"00-" + strings.ToUpper(trace) + "-" + parent + "-01"}}, ""},
		{"more than this version has", http.Header{"Traceparent": {"00-" + trace + "-" + parent + "-01-more"}}, ""},
		{"no version", http.Header{"Traceparent": {"ff-" + trace + "-" + parent + "-01"}}, ""},
		{"too short", http.Header{"Traceparent": {"00-" + trace}}, ""},
		{"other separators", http.Header{"Traceparent": {"00_" + trace + "_" + parent + "_01"}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, again := requestID(tt.header), requestID(tt.header)
			switch {
			case tt.want != "" && got != tt.want:
				t.Errorf("the id is %q; want %q", got, tt.want)
			case tt.want == "" && (!made.MatchString(got) || got == again):
				t.Errorf("the ids are %q and %q; want two new ones", got, again)
			}
		})
	}
}

// The upstream and the log have the same id.
func TestRequestIDIsPassedOn(t *testing.T) {
	var got []string
	a := newAPI(t, document, func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Values("X-Request-Id") })
	for _, header := range []string{"X-Request-Id: kept", "X-Request-Id: not kept", "Accept: */*"} {
		a.do("GET", "/account", "", allowed, header)
		if len(got) != 1 {
			t.Fatalf("%s: the upstream gets the ids %q", header, got)
		}
		if kept := got[0] == "kept"; kept != (header == "X-Request-Id: kept") {
			t.Errorf("%s: the upstream gets the id %q", header, got[0])
		}
		a.access.until(t, fmt.Sprintf(`"request_id":%q`, got[0]))
	}
}

// fieldsInManual returns the fields of the table that the manual has below a
// heading.
func fieldsInManual(t *testing.T, heading string) []string {
	t.Helper()
	text, err := os.ReadFile("../docs/production.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n"+heading+"\n")
	if !found {
		t.Fatalf("the manual has no %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var fields []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(section, -1) {
		fields = append(fields, m[1])
	}
	return fields
}

// Requests of all kinds lead to each field, and to none that the manual does not
// explain.
func TestAccessLogAsInTheManual(t *testing.T) {
	written := make(map[string]bool)
	for _, kind := range []struct {
		document string
		upstream http.HandlerFunc
		requests [][]string // method, path, header lines
	}{
		{"trusted_proxies: [127.0.0.1]\n" + document, echo, [][]string{
			{"GET", "/account", allowed},
			{"GET", "/account", foreign, "Sec-Fetch-Site: cross-site", "X-Forwarded-Host: a.example", "X-Forwarded-Proto: https"},
			{"GET", "/prices", foreign, "Cookie: a=b", "X-Forwarded-For: 192.0.2.1"},
			{"GET", "/nothing"},
			{"OPTIONS", "/account", allowed, "Access-Control-Request-Method: GET"},
		}},
		{"upstream: $UPSTREAM\nendpoints:\n  - {endpoint: GET /a, cors: {allow: none, enforce: false}}\n", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			[][]string{{"GET", "/a", foreign}}},
		{"upstream: $UPSTREAM\nendpoints:\n  - endpoint: GET /a\n", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10")
			_, _ = w.Write([]byte("half"))
		}, [][]string{{"GET", "/a"}}},
	} {
		a := newAPI(t, kind.document, kind.upstream)
		for _, r := range kind.requests {
			a.try(r[0], r[1], r[2:]...)
		}
		a.front.Close() // all requests have ended, and their lines are written
		lines := strings.Split(strings.TrimSpace(a.access.String()), "\n")
		if len(lines) != len(kind.requests) {
			t.Fatalf("%d requests have %d lines", len(kind.requests), len(lines))
		}
		for _, line := range lines {
			var fields map[string]any
			if err := json.Unmarshal([]byte(line), &fields); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			for name := range fields {
				written[name] = true
			}
		}
	}
	explained := fieldsInManual(t, "## The log")
	for name := range written {
		if !slices.Contains(explained, name) {
			t.Errorf("the manual does not explain %s", name)
		}
	}
	for _, name := range explained {
		if !written[name] {
			t.Errorf("the manual explains %s, which no request has", name)
		}
	}
}

// try sends a request whose answer may be cut short.
func (a *api) try(method, path string, header ...string) {
	a.t.Helper()
	r, err := http.NewRequest(method, a.front.URL+path, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	if res, err := a.front.Client().Do(r); err == nil {
		_ = res.Body.Close()
	}
	a.front.Client().CloseIdleConnections()
}
