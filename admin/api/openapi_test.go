package api_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/concors/concors/admin/api"
)

var description = sync.OnceValues(func() (*openapi3.T, error) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(api.OpenAPI)
	if err != nil {
		return nil, err
	}
	return doc, doc.Validate(loader.Context)
})

func described(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := description()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// holds holds an answer of the API, and the question if it was a good one,
// against the description.
func holds(t *testing.T, method, target, body string, lines []string, got *reply) {
	t.Helper()
	doc := described(t)
	path, rawQuery, _ := strings.Cut(target, "?")
	item := doc.Paths.Value(path)
	if item == nil || item.GetOperation(method) == nil {
		if got.StatusCode < 400 {
			t.Errorf("%s %s is not described, and answers %d", method, path, got.StatusCode)
		}
		return
	}
	r, err := http.NewRequest(method, "/api/v1"+path, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.URL = &url.URL{Path: "/api/v1" + path, RawQuery: rawQuery}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	in := &openapi3filter.RequestValidationInput{
		Request: r,
		Route:   &routers.Route{Spec: doc, Server: doc.Servers[0], Path: path, PathItem: item, Method: method, Operation: item.GetOperation(method)},
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true, MultiError: true,
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
		},
	}
	if err := openapi3filter.ValidateRequest(t.Context(), in); err != nil && got.StatusCode < 400 {
		t.Errorf("%s %s is answered %d, and the question is not as described: %v", method, target, got.StatusCode, err)
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: got.StatusCode, Header: got.Header, Options: in.Options}
	out.SetBodyBytes([]byte(got.body))
	if err := openapi3filter.ValidateResponse(t.Context(), out); err != nil {
		t.Errorf("%s %s: the answer %d is not as described: %v", method, target, got.StatusCode, err)
	}
}

func init() {
	for _, kind := range []string{"application/yaml", "text/event-stream"} {
		openapi3filter.RegisterBodyDecoder(kind, func(body io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
			data, err := io.ReadAll(body)
			return string(data), err
		})
	}
}

// Every operation that is served is described, and the other way round.
func TestEveryOperationIsDescribed(t *testing.T) {
	var want []string
	for path, item := range described(t).Paths.Map() {
		for method := range item.Operations() {
			want = append(want, method+" "+path)
		}
	}
	slices.Sort(want)
	served := api.Operations()
	slices.Sort(served)
	if !slices.Equal(served, want) {
		t.Errorf("served:    %q\ndescribed: %q", served, want)
	}
}

// Every operation once with a good question, held against the description, and
// once without the token.
func TestEveryOperationAnswersAsDescribed(t *testing.T) {
	s := newSide(t, document)
	s.send("GET", s.api+"/api/account", "", "Origin: https://evil.example").want(403)
	s.send("GET", s.api+"/api/watched", "", "Origin: https://evil.example").want(200)
	first := strings.Trim(s.etag(), `"`)
	const draft = `{"endpoints":[{"pattern":"POST /api/orders","setting":{"allow":"selected","domains":["https://docs.example.com","docs.example.com/"],"senders":"any"}}]}`
	seen := make(map[string]bool)
	for _, tc := range []struct {
		method, path, body string
		status             int
		write              bool
	}{
		{"GET", "/openapi.yaml", "", 200, false},
		{"GET", "/session", "", 200, false},
		{"POST", "/session", `{"token":"` + token + `"}`, 200, false},
		{"DELETE", "/session", "", 204, false},
		{"GET", "/state", "", 200, false},
		{"GET", "/document", "", 200, false},
		{"GET", "/endpoints?search=account&allow=selected&sort=-path&limit=1&refused=true", "", 200, false},
		{"GET", "/endpoint" + query("pattern", "GET /api/prices"), "", 200, false},
		{"GET", "/policies", "", 200, false},
		{"GET", "/policy?name=front-end", "", 200, false},
		{"POST", "/judge", draft, 200, false},
		{"POST", "/diff", draft, 200, false},
		{"POST", "/try", `{"origin":"https://docs.example.com","url":"/api/account","method":"PUT","credentials":"include"}`, 200, false},
		{"POST", "/try", `{"origin":"https://evil.example","url":"/api/account","method":"PUT"}`, 200, false},
		{"POST", "/live", `{"endpoint":"GET /api/prices"}`, 200, false},
		{"POST", "/allow", `{"endpoint":"POST /api/orders","origin":"https://evil.example"}`, 200, false},
		{"GET", "/traffic?outcome=refused&limit=5", "", 200, false},
		{"GET", "/traffic", "", 200, false},
		{"GET", "/decisions", "", 200, false},
		{"PATCH", "/document", setting("POST /api/orders", `"front-end"`), 200, true},
		{"PUT", "/endpoint" + query("pattern", "DELETE /api/account"), `{"endpoint":"DELETE /api/account","cors":{"allow":"all"}}`, 200, true},
		{"DELETE", "/endpoint" + query("pattern", "DELETE /api/account"), "", 200, true},
		{"PUT", "/policy?name=partners", `{"allow":"selected","domains":["https://partner.example"]}`, 200, true},
		{"DELETE", "/policy?name=partners", "", 200, true},
		{"PUT", "/document", `{"upstream":"http://127.0.0.1:1","endpoints":[{"endpoint":"/"}]}`, 200, true},
		{"POST", "/history/undo", "", 200, true},
		{"POST", "/history/restore", `{"revision":"` + first + `"}`, 200, true},
		{"GET", "/history?limit=50", "", 200, false},
	} {
		t.Run(tc.method+" "+tc.path, func(t *testing.T) {
			s.t = t
			path, _, _ := strings.Cut(tc.path, "?")
			seen[tc.method+" "+path] = true
			var lines []string
			if tc.write {
				lines = append(lines, s.match())
				s.ask(tc.method, tc.path, tc.body).wantProblem(428, api.ReasonNoRevision)
				s.ask(tc.method, tc.path, tc.body, `If-Match: "0123456789abcdef"`).wantProblem(412, api.ReasonStale)
				s.ask(tc.method, tc.path, tc.body, `If-Match: *`).wantProblem(400, api.ReasonMalformed)
			}
			got := s.ask(tc.method, tc.path, tc.body, lines...).want(tc.status)
			if tc.write && got.Header.Get("ETag") != s.etag() {
				t.Errorf("ETag is %s, stored is %s", got.Header.Get("ETag"), s.etag())
			}
			if path != "/openapi.yaml" && tc.path != "/session" {
				s.send(tc.method, s.admin+"/api/v1"+tc.path, tc.body, lines...).wantProblem(401, api.ReasonUnauthorized)
			}
		})
	}
	s.t = t
	seen["GET /feed"] = true // has a test of its own
	for _, op := range api.Operations() {
		if !seen[op] {
			t.Errorf("%s is not tried here", op)
		}
	}
	if got := strings.Trim(s.etag(), `"`); got != first {
		t.Errorf("restored revision %s is %s", first, got)
	}
}
