package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/concors/concors/admin"
	"github.com/concors/concors/admin/api"
	"github.com/concors/concors/store"
)

// allowsOrigin asks the traffic listener as a page of origin would.
func (s *side) allowsOrigin(method, path, origin string) bool {
	s.t.Helper()
	got := s.send("OPTIONS", s.api+path, "", "Origin: "+origin, "Access-Control-Request-Method: "+method)
	return got.StatusCode == 204 && got.Header.Get("Access-Control-Allow-Origin") == origin
}

// A save is answered when it is enforced: the next request is judged by it. The
// file has its comments and order after many of them, and two sides that save
// at once lose nothing.
func TestTwentyEditsAreEnforcedAndKeepTheFile(t *testing.T) {
	s := newSide(t, document)
	before := s.read()
	var slowest time.Duration
	for i := range 20 {
		origin := fmt.Sprintf("https://site%d.example", i)
		policy := fmt.Sprintf(`{"allow":"selected","domains":[%q],"headers":["Content-Type"],"credentials":%v,"cache":"5m"}`, origin, i%2 == 0)
		if s.allowsOrigin("POST", "/api/orders", origin) {
			t.Fatalf("edit %d: allowed before", i)
		}
		match := s.match()
		start := time.Now()
		saved := decode[admin.Saved](s.ask("PATCH", "/document", setting("POST /api/orders", policy), match).want(200))
		if !s.allowsOrigin("POST", "/api/orders", origin) {
			t.Fatalf("edit %d: not enforced", i)
		}
		slowest = max(slowest, time.Since(start))
		if !saved.Enforced || len(saved.Diff.Changes) == 0 || !strings.Contains(saved.Diff.Changes[0].Sentence, origin) {
			t.Fatalf("edit %d: %+v", i, saved)
		}
	}
	t.Logf("the slowest of 20 saves was enforced after %v", slowest)
	after := s.read()
	for line := range strings.Lines(before) {
		if strings.Contains(line, "POST /api/orders") {
			line = "POST /api/orders"
		}
		at := strings.Index(after, line)
		if at < 0 {
			t.Fatalf("the line %q is gone or has moved:\n%s", line, after)
		}
		after = after[at+len(strings.TrimSuffix(line, "\n")):]
	}
	for _, comment := range []string{"# The API of the shop.", "# pages of the documentation", "# who one is", "# the same", "# nobody"} {
		if !strings.Contains(s.read(), comment) {
			t.Errorf("the comment %q is gone:\n%s", comment, s.read())
		}
	}
	// All the way back, one undo after the other leads between two states, so
	// the first revision is restored.
	h := decode[admin.History](s.ask("GET", "/history?limit=100", ""))
	if len(h.Revisions) != 21 || !h.Revisions[0].Live || !h.Revisions[20].First {
		t.Fatalf("%d revisions", len(h.Revisions))
	}
	s.ask("POST", "/history/restore", fmt.Sprintf(`{"revision":%q}`, h.Revisions[20].Revision), s.match()).want(200)
	if s.read() != before {
		t.Errorf("restored is\n%s\nwant\n%s", s.read(), before)
	}
	if s.allowsOrigin("POST", "/api/orders", "https://site19.example") {
		t.Error("what was restored is not enforced")
	}
}

// Of many who save on the same revision, one wins; the others learn what
// changed, and merge.
func TestRacingEditors(t *testing.T) {
	s := newSide(t, document)
	match := s.match()
	const editors = 8
	var all sync.WaitGroup
	stale := make(chan api.Problem, editors)
	for i := range editors {
		all.Go(func() {
			pattern := fmt.Sprintf("GET /api/thing%d", i)
			got := s.ask("PUT", "/endpoint"+query("pattern", pattern), fmt.Sprintf(`{"endpoint":%q,"cors":{"allow":"all"}}`, pattern), match)
			if got.StatusCode == 412 {
				stale <- decode[api.Problem](got)
			} else if got.StatusCode != 200 {
				t.Errorf("status %d: %s", got.StatusCode, got.body)
			}
			for got.StatusCode == 412 { // merge until it is in
				again := decode[api.Problem](got).Stale
				if !again.Known || !again.Mergeable || len(again.Theirs.Changes) == 0 || len(again.Yours.Changes) != 1 {
					t.Errorf("stale: %+v", again)
					return
				}
				got = s.ask("PUT", "/endpoint"+query("pattern", pattern), fmt.Sprintf(`{"endpoint":%q,"cors":{"allow":"all"}}`, pattern), fmt.Sprintf("If-Match: %q", again.Current))
			}
		})
	}
	all.Wait()
	if len(stale) != editors-1 {
		t.Errorf("%d of %d were stale", len(stale), editors)
	}
	list := decode[admin.EndpointList](s.ask("GET", "/endpoints?search=thing", ""))
	if list.Matched != editors {
		t.Errorf("%d endpoints, want %d", list.Matched, editors)
	}
}

func TestConflictingEditorsAreNotMerged(t *testing.T) {
	s := newSide(t, document)
	match := s.match()
	s.ask("PATCH", "/document", setting("POST /api/orders", `{"allow":"all"}`), match).want(200)
	p := s.ask("PATCH", "/document", setting("POST /api/orders", `"front-end"`), match).wantProblem(412, api.ReasonStale)
	if p.Stale.Mergeable || !slices.Equal(p.Stale.Overlap, []string{"POST /api/orders"}) ||
		!slices.Contains(sentences(p.Stale.Theirs), "Every website may now call POST /api/orders, without credentials.") ||
		!slices.Contains(sentences(p.Stale.Yours), "Only https://docs.example.com may call POST /api/orders now; every other website is refused.") {
		t.Errorf("got %+v", p.Stale)
	}
	s.ask("PATCH", "/document", `{"base":"0123456789abcdef"}`, s.match()).wantProblem(400, api.ReasonMalformed)
}

// A feed tells the state first, then what happens, and ends with its client.
func TestFeed(t *testing.T) {
	s := newSide(t, document)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", s.admin+"/api/v1/feed", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if kind := res.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Fatalf("got %s", kind)
	}
	lines := bufio.NewScanner(res.Body)
	next := func(name string) string {
		t.Helper()
		for lines.Scan() {
			got, ok := strings.CutPrefix(lines.Text(), "event: ")
			if !ok {
				continue
			}
			if got != name || !lines.Scan() {
				t.Fatalf("got event %q, want %q", got, name)
			}
			return strings.TrimPrefix(lines.Text(), "data: ")
		}
		t.Fatalf("the feed has ended: %v", lines.Err())
		return ""
	}
	var state admin.State
	if err := json.Unmarshal([]byte(next("state")), &state); err != nil || fmt.Sprintf("%q", state.Revision) != s.etag() {
		t.Fatalf("state %+v, error %v", state, err)
	}
	s.send("POST", s.api+"/api/orders", "", "Origin: https://evil.example").want(403)
	var d admin.Decision
	if err := json.Unmarshal([]byte(next("decision")), &d); err != nil || d.Outcome != "refused" || d.Origin != "https://evil.example" || d.Endpoint != "POST /api/orders" {
		t.Fatalf("decision %+v, error %v", d, err)
	}
	s.ask("PATCH", "/document", setting("POST /api/orders", `{"allow":"all"}`), s.match()).want(200)
	if err := json.Unmarshal([]byte(next("state")), &state); err != nil || fmt.Sprintf("%q", state.Revision) != s.etag() {
		t.Fatalf("state %+v, error %v", state, err)
	}
}

// Feeds are bounded; one that closes makes room.
func TestFeedsAreBounded(t *testing.T) {
	s := newSide(t, document)
	open := func(ctx context.Context) *http.Response {
		r, _ := http.NewRequestWithContext(ctx, "GET", s.admin+"/api/v1/feed", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		res, err := s.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	ctx, cancel := context.WithCancel(t.Context())
	var all []*http.Response
	for i := range 33 {
		res := open(ctx)
		all = append(all, res)
		if want := map[bool]int{true: 200, false: 503}[i < 32]; res.StatusCode != want {
			t.Fatalf("feed %d: status %d, want %d", i, res.StatusCode, want)
		}
	}
	cancel()
	for _, res := range all {
		res.Body.Close()
	}
	for { // until the server has noticed
		ctx, cancel := context.WithCancel(t.Context())
		res := open(ctx)
		status := res.StatusCode
		cancel()
		res.Body.Close()
		if status == 200 {
			return
		}
	}
}

func TestBrokenFile(t *testing.T) {
	s := newSide(t, document)
	good := s.etag()
	s.write(strings.Replace(s.read(), "allow: all", "allow: everybody", 1))
	st := decode[admin.State](s.ask("GET", "/state", ""))
	if st.Problem == nil || len(st.Problem.Mistakes) != 1 || st.Problem.Mistakes[0].Line == 0 || st.Live == st.Revision || fmt.Sprintf("%q", st.Live) != good {
		t.Fatalf("state %+v", st)
	}
	// What is enforced and shown is the last good document.
	if !s.allowsOrigin("GET", "/api/account", "https://docs.example.com") {
		t.Error("the last good document is not enforced")
	}
	draft := setting("POST /api/orders", `{"allow":"all"}`)
	s.ask("POST", "/judge", draft).want(200)
	s.ask("PATCH", "/document", draft, "If-Match: "+good).wantProblem(412, api.ReasonStale)
	s.ask("PATCH", "/document", draft, s.match()).wantProblem(409, api.ReasonBroken)
	s.ask("PATCH", "/document", strings.Replace(draft, "{", `{"replace_broken":true,`, 1), s.match()).want(200)
	if st := decode[admin.State](s.ask("GET", "/state", "")); st.Problem != nil {
		t.Errorf("still broken: %+v", st.Problem)
	}
	if !strings.Contains(s.read(), "# who one is") {
		t.Errorf("the comments are gone:\n%s", s.read())
	}
}

func TestBeginningWithoutFile(t *testing.T) {
	s := newSide(t, "")
	if tag := s.etag(); tag != `"none"` {
		t.Fatalf("ETag %s", tag)
	}
	for _, path := range []string{"/document", "/endpoints", "/policies", "/history", "/traffic"} {
		s.ask("GET", path, "").want(200)
	}
	s.ask("POST", "/try", `{"origin":"https://a.example","url":"/"}`).wantProblem(400, api.ReasonMalformed)
	s.ask("PUT", "/document", `{"upstream":"http://127.0.0.1:1","endpoints":[{"endpoint":"GET /x","cors":{"allow":"all"}}]}`, `If-Match: "none"`).want(200)
	if !s.allowsOrigin("GET", "/x", "*") && !strings.Contains(s.read(), "GET /x") {
		t.Error("nothing is stored")
	}
	s.ask("PUT", "/document", `{}`, `If-Match: "none"`).wantProblem(412, api.ReasonStale)
}

func TestReadOnly(t *testing.T) {
	s := newSide(t, document, func(o *admin.Options, _ *api.Options) { o.ReadOnly = true })
	if st := decode[admin.State](s.ask("GET", "/state", "")); !st.ReadOnly {
		t.Error("the state does not say so")
	}
	before := s.read()
	s.ask("PATCH", "/document", setting("POST /api/orders", `{"allow":"all"}`), s.match()).wantProblem(403, api.ReasonReadOnly)
	s.ask("POST", "/history/undo", "", s.match()).wantProblem(403, api.ReasonReadOnly)
	s.ask("POST", "/judge", setting("POST /api/orders", `{"allow":"all"}`)).want(200)
	if s.read() != before {
		t.Error("the file has changed")
	}
}

// A file that is marked read-only refuses like an admin side that is.
func TestReadOnlyFile(t *testing.T) {
	s := newSide(t, document)
	if st := decode[admin.State](s.ask("GET", "/state", "")); st.ReadOnly {
		t.Error("the state says that nothing can be saved")
	}
	if err := os.Chmod(s.file, 0o444); err != nil {
		t.Fatal(err)
	}
	if st := decode[admin.State](s.ask("GET", "/state", "")); !st.ReadOnly {
		t.Error("the state does not say that nothing can be saved")
	}
	before := s.read()
	p := decode[api.Problem](s.ask("PATCH", "/document", setting("POST /api/orders", `{"allow":"all"}`), s.match()))
	if p.Status != 403 || p.Reason != api.ReasonReadOnly || !strings.Contains(p.Detail, "marked read-only") {
		t.Errorf("the problem is %+v", p)
	}
	if s.read() != before {
		t.Error("the file has changed")
	}
}

func TestProblemOfLockedFile(t *testing.T) {
	p := api.ProblemOf(fmt.Errorf("store: writing /x.yaml: %w: another program is still writing the file", store.ErrLocked))
	if p.Status != 503 || p.Reason != api.ReasonLocked || p.Detail != "Writing /x.yaml: somebody else is writing the document: another program is still writing the file." {
		t.Errorf("the problem is %+v", p)
	}
}

func TestTokenFile(t *testing.T) {
	document := filepath.Join(t.TempDir(), "concors.yaml")
	file, err := api.TokenFile(document)
	if again, err := api.TokenFile(document); err != nil || again != file {
		t.Fatalf("the second time the file is %q, error %v", again, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Dir(file)); err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("the folder: %v, error %v", info.Mode(), err)
	}
	hash, created, err := api.LoadToken(file)
	if err != nil || len(created) < 43 || !hash.Matches(created) || hash.Matches("") || hash.Matches(created+"x") {
		t.Fatalf("created %q, error %v", created, err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, error %v", info.Mode(), err)
	}
	text, _ := os.ReadFile(file)
	if strings.Contains(string(text), created) || !strings.HasPrefix(string(text), "sha256:") {
		t.Fatalf("the file holds %q", text)
	}
	again, second, err := api.LoadToken(file)
	if err != nil || second != "" || !again.Matches(created) {
		t.Fatalf("second start: %q, error %v", second, err)
	}
	for _, broken := range []string{"sha256:", "sha256:abcd", strings.Repeat("a", 64), string(text) + "x"} {
		if err := os.WriteFile(file, []byte(broken), 0o600); err != nil {
			t.Fatal(err)
		}
		if hash, _, err := api.LoadToken(file); err == nil || hash.Matches("") {
			t.Errorf("%q is taken for a hash", broken)
		}
	}
	for _, empty := range []string{"", "\n", strings.Repeat("\x00", 72)} { // after a crash
		if err := os.WriteFile(file, []byte(empty), 0o644); err != nil {
			t.Fatal(err)
		}
		hash, created, err := api.LoadToken(file)
		if err != nil || created == "" || !hash.Matches(created) || hash.Matches("") {
			t.Errorf("%q: created %q, error %v; want a new token", empty, created, err)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the new file has mode %v, error %v", info.Mode(), err)
		}
	}
	inPlace := filepath.Join(filepath.Dir(document), ".other.yaml.admin")
	if err := os.WriteFile(inPlace, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if file, err := api.TokenFile(filepath.Join(filepath.Dir(document), "other.yaml")); err != nil || file != inPlace {
		t.Errorf("the file in the folder's place is not taken: %q, error %v", file, err)
	}
	if (api.TokenHash{}).Matches("") {
		t.Error("no token matches the empty one")
	}
	for token, ok := range map[string]bool{"short": false, strings.Repeat("a", 24): true, " " + strings.Repeat("a", 24): false, "": false} {
		if _, err := api.ChosenToken(token); (err == nil) != ok {
			t.Errorf("%q: %v", token, err)
		}
	}
}

// Programs that escape everything beyond ASCII write some characters in two
// halves.
func TestPutOfEscapedJSON(t *testing.T) {
	s := newSide(t, document)
	s.ask("PUT", "/document", `{"upstream":"http://127.0.0.1:1","policies":{"\ud83d\ude80":{"allow":"all"}},"endpoints":[{"endpoint":"GET /a","cors":"\ud83d\ude80"}]}`, s.match()).want(200)
	if got := s.ask("GET", "/policies", "").want(200); !strings.Contains(got.body, `"name":"🚀"`) {
		t.Errorf("got %s", got.body)
	}
	s.ask("PATCH", "/document", setting("GET /a", `{"allow":"selected","domains":["https://\ud83d\ude80.example"]}`), s.match()).want(422)
}
