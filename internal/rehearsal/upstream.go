package rehearsal

import (
	"io"
	"net/http"
	"strings"
)

// Agreeable is an upstream that has no opinion: whatever is asked for, it is
// there, and every WebSocket is opened.
type Agreeable struct{}

// RoundTrip implements http.RoundTripper.
func (Agreeable) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
	}
	res := &http.Response{
		StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: http.Header{"Content-Type": {wantedType(req)}},
		Body:   io.NopCloser(strings.NewReader("{}")), ContentLength: 2,
	}
	if protocol := req.Header.Get("Upgrade"); protocol != "" {
		res.StatusCode, res.ContentLength, res.Body = http.StatusSwitchingProtocols, -1, silence{}
		res.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {protocol}}
	}
	return res, nil
}

// wantedType is the Content-Type that the browser hopes for.
func wantedType(req *http.Request) string {
	switch req.Header.Get("Sec-Fetch-Dest") {
	case "script":
		return "text/javascript"
	case "style":
		return "text/css"
	}
	if accept, _, _ := strings.Cut(req.Header.Get("Accept"), ","); accept == "text/event-stream" {
		return accept
	}
	return "application/json"
}

// silence is a connection on which nothing is said.
type silence struct{}

func (silence) Read([]byte) (int, error)    { return 0, io.EOF }
func (silence) Write(p []byte) (int, error) { return len(p), nil }
func (silence) Close() error                { return nil }
