package explain

import (
	"context"
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
	answers, err := ReadHAR(context.Background(), []byte(recording), browser.Standard)
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
		"GET https://api.example.com/e: not asked",
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
		if _, err := ReadHAR(context.Background(), []byte(data), browser.Standard); err == nil || !strings.Contains(err.Error(), "not a HAR") {
			t.Errorf("%q: %v", data, err)
		}
	}
}

func FuzzReadHAR(f *testing.F) {
	f.Add([]byte(recording))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		answers, err := ReadHAR(context.Background(), data, browser.Chromium)
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
