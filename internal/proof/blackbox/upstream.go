package blackbox

import (
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A profile is what the upstream replies with.
type profile struct {
	status int
	header []Field
}

// profiles: an upstream that knows nothing of CORS, ones that do it wrong in
// every way, and errors.
var profiles = map[string]profile{
	"plain": {200, nil},
	"login": {200, []Field{
		{"Set-Cookie", "session=new; HttpOnly"}, {"Set-Cookie", "theme=dark"}, {"Clear-Site-Data", `"cookies"`}, {"Cache-Control", "private"}}},
	"own cors": {200, []Field{
		{"Access-Control-Allow-Origin", "*"}, {"Access-Control-Allow-Origin", "https://evil.example"}, {"Access-Control-Allow-Credentials", "true"},
		{"access-control-allow-methods", "DELETE"}, {"Access-Control-Allow-Headers", "X-Theirs"}, {"Access-Control-Max-Age", "9"},
		{"Access-Control-Expose-Headers", "X-Theirs"}, {"Access-Control-Allow-Private-Network", "true"}, {"Access-Control-Of-Tomorrow", "1"},
		{"Cross-Origin-Resource-Policy", "cross-origin"}, {"Vary", "Accept-Encoding, origin"}, {"X-Total", "7"}}},
	"two corps": {201, []Field{
		{"Cross-Origin-Resource-Policy", "same-origin"}, {"Cross-Origin-Resource-Policy", "cross-origin"}, {"Vary", "Accept-Language"}, {"Vary", "Accept"}}},
	"vary star":    {200, []Field{{"Vary", "*"}, {"Set-Cookie", "a=b"}}},
	"redirect":     {302, []Field{{"Location", "https://elsewhere.example/"}, {"Set-Cookie", "a=b"}, {"Access-Control-Allow-Origin", "null"}}},
	"not modified": {304, []Field{{"ETag", `"v1"`}, {"Vary", "Cookie"}, {"Access-Control-Allow-Origin", "https://old.example"}}},
	"unauthorized": {401, []Field{{"WWW-Authenticate", `Basic realm="r"`}, {"Vary", "Origin"}, {"Set-Cookie", "a=b"}}},
	"not found":    {404, []Field{{"Access-Control-Allow-Origin", "*"}, {"Clear-Site-Data", `"*"`}}},
	"teapot":       {418, []Field{{"Content-Type", "application/problem+json"}, {"Access-Control-Allow-Origin", ""}}},
	"error":        {500, []Field{{"Set-Cookie", "a=b"}, {"Cross-Origin-Resource-Policy", "same-site"}}},
	"socket": {101, []Field{
		{"Set-Cookie", "session=new"}, {"Clear-Site-Data", `"cookies"`}, {"Access-Control-Allow-Origin", "https://evil.example"}, {"Vary", "Accept"},
		{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}}},
	"no content": {204, []Field{{"Access-Control-Allow-Methods", "PUT"}, {"Vary", "X-Mine"}}},
}

// quiet profiles are those without what they say of CORS.
const quiet = "quiet "

func init() {
	for name, p := range maps.Clone(profiles) {
		p.header = slices.DeleteFunc(slices.Clone(p.header), func(f Field) bool { return speaksOfCORS(f.Name) })
		profiles[quiet+name] = p
	}
}

func speaksOfCORS(header string) bool {
	name := strings.ToLower(header)
	return strings.HasPrefix(name, "access-control-") || name == "cross-origin-resource-policy"
}

// quieted is the profile without what it says of CORS.
func quieted(answer string) string {
	if strings.HasPrefix(answer, quiet) {
		return answer
	}
	return quiet + answer
}

// answerNames in a fixed order, the plain one more often.
var answerNames = []string{
	"plain", "plain", "login", "own cors", "own cors", "two corps", "vary star", "redirect", "not modified", "unauthorized", "not found", "teapot", "error", "no content",
}

// A Record is one request as it reached the upstream.
type Record struct {
	Method, Target string
	Header         http.Header
	Body           string
	Times          int // how often it came
}

// An Upstream records what reaches it, and replies with the profile that the
// request names. Handle gives a path to a handler of the test's own.
type Upstream struct {
	URL string

	server   *http.Server
	mu       sync.Mutex // guards what follows
	handlers map[string]http.HandlerFunc
	records  map[int]*Record
	stranger []string
}

// NewUpstream listens on a port that the system chooses.
func NewUpstream() (*Upstream, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	u := &Upstream{URL: "http://" + l.Addr().String(), handlers: map[string]http.HandlerFunc{}, records: map[int]*Record{}}
	u.server = &http.Server{Handler: http.HandlerFunc(u.serve), ReadHeaderTimeout: time.Minute, MaxHeaderBytes: 1 << 20}
	go func() { _ = u.server.Serve(l) }()
	return u, nil
}

// Handle serves a path with a handler of the test's own.
func (u *Upstream) Handle(path string, h http.HandlerFunc) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.handlers[path] = h
}

func (u *Upstream) serve(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	h := u.handlers[r.URL.Path]
	u.mu.Unlock()
	if h == nil {
		h = u.reply
	}
	h(w, r)
}

// Close ends it at once.
func (u *Upstream) Close() { _ = u.server.Close() }

// Taken removes and returns what is recorded under a question's number, nil if
// it never arrived.
func (u *Upstream) Taken(id int) *Record {
	u.mu.Lock()
	defer u.mu.Unlock()
	r := u.records[id]
	delete(u.records, id)
	return r
}

// Left is what has been recorded and never taken: requests that arrived after
// their answer had been judged, or that nobody sent.
func (u *Upstream) Left() (ids []int, strangers []string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for id := range u.records {
		ids = append(ids, id)
	}
	return ids, u.stranger
}

// record notes a request; the number is 0 for one that has none.
func (u *Upstream) record(r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	id, _ := strconv.Atoi(r.Header.Get("X-Question"))
	u.mu.Lock()
	defer u.mu.Unlock()
	if id == 0 {
		u.stranger = append(u.stranger, r.Method+" "+r.RequestURI)
		return
	}
	if old := u.records[id]; old != nil {
		old.Times++
		return
	}
	u.records[id] = &Record{Method: r.Method, Target: r.RequestURI, Header: r.Header.Clone(), Body: string(body), Times: 1}
}

// Socket answers a WebSocket handshake and then returns every byte.
func (u *Upstream) Socket(w http.ResponseWriter, r *http.Request) {
	u.record(r)
	c, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer c.Close()
	_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\n")
	for _, f := range profiles[r.Header.Get("X-Answer")].header {
		_, _ = fmt.Fprintf(rw, "%s: %s\r\n", f.Name, f.Value)
	}
	_, _ = rw.WriteString("\r\n")
	_ = rw.Flush()
	_, _ = io.Copy(c, rw.Reader)
}

func (u *Upstream) reply(w http.ResponseWriter, r *http.Request) {
	u.record(r)
	p := profiles[r.Header.Get("X-Answer")]
	for _, f := range p.header {
		w.Header().Add(f.Name, f.Value)
	}
	if p.status == 0 {
		p.status = 599
	}
	w.WriteHeader(p.status)
	if p.status != 204 && p.status != 304 {
		_, _ = io.WriteString(w, strings.Repeat("upstream ", 3))
	}
}
