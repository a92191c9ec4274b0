package frameworks

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	gorilla "github.com/gorilla/mux"
	"github.com/labstack/echo/v4"

	"github.com/concors/concors/cors"
)

const (
	docs = "https://docs.example.com"
	evil = "https://evil.example"
)

// An api is the same small API in one framework: GET /hello sets a cookie and
// says whether it saw one, POST /order says that it ran, GET /broken returns an
// error, for which the error handler sets a cookie too, GET /stream streams.
type api struct {
	name   string
	server func(t *testing.T, guard func(http.Handler) http.Handler) http.Handler
}

const stream = "one\ntwo\n"

func hello(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: "sid", Value: "1"})
	_, _ = io.WriteString(w, "cookie: "+r.Header.Get("Cookie"))
}

func broken(w http.ResponseWriter, _ *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: "sid", Value: "1"})
	http.Error(w, "broken", http.StatusTeapot)
}

func streamed(w http.ResponseWriter, _ *http.Request) {
	for line := range strings.Lines(stream) {
		_, _ = io.WriteString(w, line)
		w.(http.Flusher).Flush()
	}
}

var apis = []api{
	{"net/http", func(_ *testing.T, guard func(http.Handler) http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.HandleFunc("GET /hello", hello)
		mux.HandleFunc("POST /order", hello)
		mux.HandleFunc("GET /broken", broken)
		mux.HandleFunc("GET /stream", streamed)
		return guard(mux)
	}},
	{"chi", func(_ *testing.T, guard func(http.Handler) http.Handler) http.Handler {
		r := chi.NewRouter()
		r.Use(guard)
		r.Get("/hello", hello)
		r.Post("/order", hello)
		r.Get("/broken", broken)
		r.Get("/stream", streamed)
		return r
	}},
	{"gorilla/mux", func(_ *testing.T, guard func(http.Handler) http.Handler) http.Handler {
		r := gorilla.NewRouter()
		r.HandleFunc("/hello", hello).Methods("GET")
		r.HandleFunc("/order", hello).Methods("POST")
		r.HandleFunc("/broken", broken).Methods("GET")
		r.HandleFunc("/stream", streamed).Methods("GET")
		return guard(r)
	}},
	{"gin", func(_ *testing.T, guard func(http.Handler) http.Handler) http.Handler {
		gin.SetMode(gin.ReleaseMode)
		e := gin.New()
		e.GET("/hello", gin.WrapF(hello))
		e.POST("/order", gin.WrapF(hello))
		e.GET("/broken", gin.WrapF(broken))
		e.GET("/stream", func(c *gin.Context) {
			lines := strings.SplitAfter(strings.TrimSuffix(stream, "\n"), "\n")
			c.Stream(func(w io.Writer) bool {
				_, _ = io.WriteString(w, strings.TrimSuffix(lines[0], "\n")+"\n")
				lines = lines[1:]
				return len(lines) > 0
			})
		})
		return guard(e)
	}},
	{"echo", func(_ *testing.T, guard func(http.Handler) http.Handler) http.Handler {
		e := echo.New()
		e.Pre(echo.WrapMiddleware(guard))
		e.GET("/hello", echo.WrapHandler(http.HandlerFunc(hello)))
		e.POST("/order", echo.WrapHandler(http.HandlerFunc(hello)))
		e.GET("/broken", func(echo.Context) error { return errors.New("broken") })
		e.HTTPErrorHandler = func(_ error, c echo.Context) { // runs when the middleware has returned
			c.SetCookie(&http.Cookie{Name: "sid", Value: "1"})
			_ = c.String(http.StatusTeapot, "broken")
		}
		e.GET("/stream", echo.WrapHandler(http.HandlerFunc(streamed)))
		return e
	}},
	{"http.TimeoutHandler inside", func(_ *testing.T, guard func(http.Handler) http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.HandleFunc("GET /hello", hello)
		mux.HandleFunc("POST /order", hello)
		mux.HandleFunc("GET /broken", broken)
		mux.HandleFunc("GET /stream", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, stream) })
		return guard(http.TimeoutHandler(mux, time.Hour, ""))
	}},
	{"http.TimeoutHandler outside", func(_ *testing.T, guard func(http.Handler) http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.HandleFunc("GET /hello", hello)
		mux.HandleFunc("POST /order", hello)
		mux.HandleFunc("GET /broken", broken)
		mux.HandleFunc("GET /stream", func(w http.ResponseWriter, _ *http.Request) {
			if _, ok := w.(http.Flusher); ok {
				panic("TimeoutHandler's writer cannot flush")
			}
			_, _ = io.WriteString(w, stream)
		})
		return http.TimeoutHandler(guard(mux), time.Hour, "")
	}},
}

func start(t *testing.T, a api, p cors.Policy) string {
	t.Helper()
	m, err := cors.New(p, &cors.Options{Methods: []string{"GET", "POST"}})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(a.server(t, m.Handler))
	t.Cleanup(s.Close)
	return s.URL
}

// ask sends a request from a page of the given origin, with a cookie.
func ask(t *testing.T, method, url, origin string, lines ...string) (*http.Response, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", origin)
	r.Header.Set("Cookie", "a=b")
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func TestFrameworks(t *testing.T) {
	for _, a := range apis {
		t.Run(a.name, func(t *testing.T) {
			selected := start(t, a, cors.Selected{Domains: []string{docs}, Credentials: true})
			open := start(t, a, cors.All{})
			for _, tt := range []struct {
				name, method, url, origin string
				lines                     []string
				status                    int
				body                      string
				cookie                    bool // of the answer
			}{
				{"preflight", "OPTIONS", selected + "/order", docs, []string{"Access-Control-Request-Method: POST"}, 204, "", false},
				{"preflight of a stranger", "OPTIONS", selected + "/order", evil, []string{"Access-Control-Request-Method: POST"}, 403, "origin-not-allowed", false},
				{"allowed", "GET", selected + "/hello", docs, nil, 200, "cookie: a=b", true},
				{"a stranger's form", "POST", selected + "/order", evil, nil, 403, "origin-not-allowed", false},
				{"anonymous", "GET", open + "/hello", evil, nil, 200, "cookie: ", false},
				{"anonymous error", "GET", open + "/broken", evil, nil, 418, "broken", false},
				{"anonymous stream", "GET", open + "/stream", evil, nil, 200, stream, false},
			} {
				t.Run(tt.name, func(t *testing.T) {
					res, body := ask(t, tt.method, tt.url, tt.origin, tt.lines...)
					if res.StatusCode != tt.status || !strings.Contains(body, tt.body) || tt.status == 200 && body != tt.body {
						t.Errorf("%d %q, want %d %q", res.StatusCode, body, tt.status, tt.body)
					}
					if got := res.Header.Get("Set-Cookie") != ""; got != tt.cookie {
						t.Errorf("cookie: %v", got)
					}
					allowed := tt.status != 403
					if got := res.Header.Get("Access-Control-Allow-Origin") != ""; got != allowed {
						t.Errorf("Access-Control-Allow-Origin %q", res.Header.Get("Access-Control-Allow-Origin"))
					}
				})
			}
		})
	}
}

// Files are served in parts, and to anonymous callers too.
func TestServeContent(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 100_000)
	url := start(t, api{server: func(_ *testing.T, guard func(http.Handler) http.Handler) http.Handler {
		return guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "digits.txt", time.Time{}, bytes.NewReader(content))
		}))
	}}, cors.All{})
	res, body := ask(t, "GET", url, evil, "Range: bytes=10-19")
	if res.StatusCode != 206 || body != "0123456789" {
		t.Errorf("%d %q", res.StatusCode, body)
	}
	if res, body := ask(t, "GET", url, evil); res.StatusCode != 200 || body != string(content) {
		t.Errorf("%d with %d bytes", res.StatusCode, len(body))
	}
}
