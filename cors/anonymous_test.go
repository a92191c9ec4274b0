package cors

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
)

// The handler gets a copy of the request, but the server looks at its own when
// it deletes uploaded files.
func TestUploadsOfAnonymousCallersAreDeleted(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	m, err := New(All{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	files := make(chan int, 1)
	s := httptest.NewServer(m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1); err != nil {
			t.Error(err)
		}
		list, _ := os.ReadDir(temp)
		files <- len(list)
	})))
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, _ := form.CreateFormFile("upload", "large.bin")
	_, _ = part.Write(make([]byte, 11<<20)) // more than is kept in memory in any case
	_ = form.Close()
	r, _ := http.NewRequest("POST", s.URL, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Origin", "https://evil.example")
	r.Header.Set("Cookie", "a=b")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	if n := <-files; n != 1 {
		t.Fatalf("the handler has %d files, want 1, or this test tests nothing", n)
	}
	s.Close() // waits for the server to be done with the request
	if list, _ := os.ReadDir(temp); len(list) > 0 {
		t.Errorf("%d uploaded files are left", len(list))
	}
}

// Logs and metrics around the middleware go by the pattern.
func TestPatternOfAnonymousRequestsReachesWhatIsOutside(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/{id}", func(http.ResponseWriter, *http.Request) {})
	r := request("GET", evil, "Cookie: a=b")
	r.URL.Path = "/items/1"
	serve(t, All{}, nil, mux, r)
	if r.Pattern != "GET /items/{id}" {
		t.Errorf("pattern %q", r.Pattern)
	}
}

// brokenFlush is a writer whose client has gone away.
type brokenFlush struct{ http.ResponseWriter }

var errGone = errors.New("gone")

func (brokenFlush) FlushError() error { return errGone }

// A handler that streams learns from Flush that nobody listens any more.
func TestFlushErrorsReachTheHandlerOfAnAnonymousRequest(t *testing.T) {
	m, err := New(All{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got error
	m.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		got = http.NewResponseController(w).Flush()
	})).ServeHTTP(brokenFlush{httptest.NewRecorder()}, request("GET", evil))
	if !errors.Is(got, errGone) {
		t.Errorf("Flush returned %v", got)
	}
}
