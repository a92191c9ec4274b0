package explain

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/concors/concors/cors/browser"
)

const recording = `{"log": {"version": "1.2", "entries": [
 {"request": {"method": "GET", "url": "https://docs.example.com/", "headers": []}, "response": {"status": 200, "headers": []}},
 {"_resourceType": "preflight", "request": {"method": "OPTIONS", "url": "https://api.example.com/a", "headers": [
    {"name": "origin", "value": "https://docs.example.com"}, {"name": "access-control-request-method", "value": "PUT"}, {"name": "access-control-request-headers", "value": "content-type,x-a"}]},
  "response": {"status": 204, "headers": [{"name": "access-control-allow-origin", "value": "https://docs.example.com"}, {"name": "access-control-allow-methods", "value": "PUT"}, {"name": "access-control-allow-headers", "value": "content-type"}]}},
 {"_resourceType": "fetch", "request": {"method": "PUT", "url": "https://api.example.com/a", "headers": [
    {"name": ":authority", "value": "api.example.com"}, {"name": "origin", "value": "https://docs.example.com"}, {"name": "content-type", "value": "application/json"}, {"name": "x-a", "value": "1"}]},
  "response": {"status": 0, "headers": []}},
 {"_resourceType": "fetch", "request": {"method": "GET", "url": "https://api.example.com/b", "headers": [
    {"name": "Origin", "value": "https://docs.example.com"}, {"name": "Cookie", "value": "a=b"}]},
  "response": {"status": 200, "headers": [{"name": "access-control-allow-origin", "value": "*"}]}},
 {"_resourceType": "fetch", "request": {"method": "GET", "url": "https://api.example.com/c", "headers": [{"name": "Origin", "value": "https://docs.example.com"}]},
  "response": {"status": 302, "redirectURL": "/d", "headers": [{"name": "access-control-allow-origin", "value": "*"}, {"name": "location", "value": "/d"}]}},
 {"_resourceType": "fetch", "request": {"method": "GET", "url": "https://api.example.com/d", "headers": [{"name": "Origin", "value": "https://docs.example.com"}]},
  "response": {"status": 200, "headers": [{"name": "access-control-allow-origin", "value": "https://docs.example.com\n*"}]}},
 {"_resourceType": "image", "request": {"method": "GET", "url": "https://cdn.example.net/i.png", "headers": [{"name": "Referer", "value": "https://docs.example.com/"}]},
  "response": {"status": 200, "headers": [{"name": "content-type", "value": "image/png"}, {"name": "cross-origin-resource-policy", "value": "same-origin"}]}},
 {"_resourceType": "fetch", "request": {"method": "GET", "url": "https://api.example.com/e", "headers": [{"name": "Origin", "value": "https://docs.example.com"}, {"name": "x-b", "value": "1"}]},
  "response": {"status": 200, "headers": [{"name": "access-control-allow-origin", "value": "*"}]}},
 {"_resourceType": "preflight", "request": {"method": "OPTIONS", "url": "https://api.example.com/f", "headers": [{"name": "Origin", "value": "https://docs.example.com"}, {"name": "Access-Control-Request-Method", "value": "DELETE"}]},
  "response": {"status": 401, "headers": []}}
]}}`

func TestReadHAR(t *testing.T) {
	answers, err := ReadHAR(context.Background(), strings.NewReader(recording), browser.Standard)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range answers {
		line := a.Question.Call.Method + " " + a.Question.Call.URL + ": " + string(a.Outcome)
		if a.Outcome == Blocked {
			line += ", " + string(a.Result.Blocked.Code)
		}
		got = append(got, line)
	}
	want := []string{
		"PUT https://api.example.com/a: blocked, header-not-allowed",
		"GET https://api.example.com/b: blocked, wildcard-with-credentials",
		"GET https://api.example.com/c: blocked, multiple-allow-origin",
		" https://cdn.example.net/i.png: blocked, corp",
		"GET https://api.example.com/e: unknown",
		"DELETE https://api.example.com/f: blocked, missing-allow-origin",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if err := answers[4].Err; err == nil || !strings.Contains(err.Error(), "OPTIONS https://api.example.com/e") {
		t.Errorf("the missing preflight is not named: %v", err)
	}
}

func TestReadHARRefusesOtherFiles(t *testing.T) {
	for _, data := range []string{"", "[]", "{}", `{"log": 1}`, "<html>"} {
		if _, err := ReadHAR(context.Background(), strings.NewReader(data), browser.Standard); err == nil || !strings.Contains(err.Error(), "not a HAR") {
			t.Errorf("%q: %v", data, err)
		}
	}
}

func TestReadHARTakesAByteOrderMark(t *testing.T) {
	answers, err := ReadHAR(context.Background(), strings.NewReader("\ufeff"+recording), browser.Standard)
	if err != nil || len(answers) != 6 {
		t.Errorf("%d answers, %v", len(answers), err)
	}
	_, err = ReadHAR(context.Background(), strings.NewReader("\xff\xfe{\x00}\x00"), browser.Standard)
	if err == nil || !strings.Contains(err.Error(), "save it as UTF-8") {
		t.Errorf("UTF-16: %v", err)
	}
}

func TestReadHARIsBounded(t *testing.T) {
	many := `{"log": {"entries": [` + strings.Repeat(`{},`, 20) + `{}]}}`
	for _, tt := range []struct {
		name  string
		limit harLimit
		want  string
	}{
		{"within both limits", harLimit{1 << 20, 21}, ""},
		{"bytes", harLimit{int64(len(many)) - 1, 100}, "larger than 0 MiB"},
		{"entries", harLimit{1 << 20, 20}, "more than 20 requests"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			entries, err := decodeHAR(strings.NewReader(many), tt.limit)
			if tt.want == "" {
				if err != nil || len(entries) != 21 {
					t.Errorf("%d entries, %v", len(entries), err)
				}
			} else if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}

// A file that is too large is not read at all.
func TestALargeFileIsNotRead(t *testing.T) {
	name := filepath.Join(t.TempDir(), "large.har")
	if err := os.WriteFile(name, []byte("this is no recording"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, maxHAR.bytes+1); err != nil { // a hole, on most systems
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := ReadHAR(context.Background(), file, browser.Standard); err == nil || !strings.Contains(err.Error(), "larger than 256 MiB") {
		t.Errorf("%v", err)
	}
}

// oneAddress is a recording of n calls of one address, each with a preflight
// behind it and a redirect to itself: whoever looked for them from the start
// would look at n²/2 entries.
func oneAddress(n int) string {
	var b strings.Builder
	b.WriteString(`{"log": {"entries": [`)
	const origin = `{"name": "Origin", "value": "https://docs.example.com"}`
	for range n {
		b.WriteString(`{"request": {"method": "PUT", "url": "https://api.example.com/", "headers": [` + origin + `]}, "response": {"status": 200, "headers": []}},`)
	}
	for range n {
		b.WriteString(`{"request": {"method": "OPTIONS", "url": "https://api.example.com/", "headers": [` + origin + `, {"name": "Access-Control-Request-Method", "value": "PUT"}]}, "response": {"status": 403, "headers": []}},`)
	}
	return strings.TrimSuffix(b.String(), ",") + "]}}"
}

func TestThousandsOfEntries(t *testing.T) {
	const n = 5000
	answers, err := ReadHAR(context.Background(), strings.NewReader(oneAddress(n)), browser.Standard)
	if err != nil || len(answers) != n {
		t.Fatalf("%d answers, %v", len(answers), err)
	}
	for i := range answers {
		if a := &answers[i]; a.Outcome != Blocked || !a.Result.Blocked.Preflight {
			t.Fatalf("answer %d: %s", i, a.Verdict())
		}
	}
}

func BenchmarkReadHAR(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			data := oneAddress(n)
			for b.Loop() {
				if _, err := ReadHAR(context.Background(), strings.NewReader(data), browser.Standard); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/call")
		})
	}
}

// Browsers write 0 or -1 for the status of what they blocked, and leave out
// what they do not know. None of that is passed off as an answer.
func TestWhatARecordingLacksIsUnknown(t *testing.T) {
	const (
		origin = `{"name": "Origin", "value": "https://docs.example.com"}`
		asks   = `{"name": "Access-Control-Request-Method", "value": "PUT"}`
	)
	for _, tt := range []struct{ name, entry, want string }{
		{"blocked, as Chromium writes it", `{"request": {"method": "GET", "url": "https://api.example.com/", "headers": [` + origin + `]}, "response": {"status": 0, "statusText": "", "headers": [], "bodySize": -1, "_error": "net::ERR_FAILED"}}`,
			"unknown: the recording has no answer to GET https://api.example.com/: the browser refused it (net::ERR_FAILED)"},
		{"no connection, as Playwright writes it", `{"request": {"method": "GET", "url": "https://api.example.com/", "headers": [{"name": "Referer", "value": "https://docs.example.com/"}]}, "response": {"status": -1, "statusText": "", "headers": [], "headersSize": -1, "_failureText": "net::ERR_CONNECTION_REFUSED"}}`,
			"unknown: the recording has no answer to GET https://api.example.com/: the browser got none (net::ERR_CONNECTION_REFUSED)"},
		{"status -1", `{"request": {"method": "GET", "url": "https://api.example.com/", "headers": [` + origin + `]}, "response": {"status": -1, "headers": []}}`,
			"unknown: the recording has no answer to GET https://api.example.com/: the browser may have refused it, or never got one"},
		{"a preflight with status 0", `{"request": {"method": "OPTIONS", "url": "https://api.example.com/", "headers": [` + origin + `, ` + asks + `]}, "response": {"status": 0, "headers": []}}`,
			"unknown: the recording has no answer to OPTIONS https://api.example.com/: the browser may have refused it, or remembered an earlier one"},
		{"a preflight of nobody", `{"request": {"method": "OPTIONS", "url": "https://api.example.com/", "headers": [` + asks + `]}, "response": {"status": 204, "headers": []}}`,
			"unknown: the recording does not say which page asked"},
		{"no address", `{"request": {"method": "", "url": "", "headers": [` + origin + `]}, "response": {}}`, ""},
		{"an address without a server", `{"request": {"method": "GET", "url": "data:,x", "headers": [` + origin + `]}, "response": {"status": 200}}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answers, err := ReadHAR(context.Background(), strings.NewReader(`{"log": {"entries": [`+tt.entry+`]}}`), browser.Standard)
			if err != nil {
				t.Fatal(err)
			}
			if tt.want == "" {
				if len(answers) > 0 {
					t.Errorf("%s", answers[0].Verdict())
				}
				return
			}
			a := &answers[0]
			if a.Verdict() != tt.want {
				t.Errorf("%s, want %s", a.Verdict(), tt.want)
			}
			var text strings.Builder
			a.Write(&text, Style{})
			data, err := a.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			for _, not := range []string{"status 0", "-1", "← 0", `"status":`, `""`, "no such exchange", "''"} {
				if strings.Contains(text.String()+string(data), not) {
					t.Errorf("%s is in\n%s\n%s", not, text.String(), data)
				}
			}
		})
	}
}

func FuzzReadHAR(f *testing.F) {
	f.Add([]byte(recording))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		answers, err := ReadHAR(context.Background(), bytes.NewReader(data), browser.Chromium)
		if err != nil {
			return
		}
		for i := range answers {
			answers[i].Write(new(strings.Builder), Style{Color: true})
			if _, err := answers[i].MarshalJSON(); err != nil {
				t.Error(err)
			}
		}
	})
}
