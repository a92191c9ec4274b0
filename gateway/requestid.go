package gateway

import (
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"strings"
)

// maxRequestID is how long a request's id may be, in bytes.
const maxRequestID = 128

// id returns the id by which log lines about the request find each other, here
// and at the upstream, which gets it as X-Request-Id: the one that it came with,
// or the trace it belongs to (W3C Trace Context), or else a new one. Callers can
// choose it, so it proves nothing.
func (x *exchange) id() string {
	if x.requestID == "" {
		x.requestID = requestID(x.in.Header)
	}
	return x.requestID
}

func requestID(h http.Header) string {
	if ids := h["X-Request-Id"]; len(ids) == 1 && isRequestID(ids[0]) {
		return ids[0]
	}
	if traces := h["Traceparent"]; len(traces) == 1 {
		if id, ok := traceID(traces[0]); ok {
			return id
		}
	}
	return newRequestID()
}

// newRequestID makes an id that no other request has, in all likelihood.
func newRequestID() string {
	var b [16]byte
	for i := range 2 {
		n := rand.Uint64()
		for j := range 8 {
			b[8*i+j] = byte(n >> (8 * j))
		}
	}
	return hex.EncodeToString(b[:])
}

// isRequestID reports whether s is safe to log and to pass on: letters, digits
// and a few signs that ids are made with.
func isRequestID(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isLetterOrDigit(c) && strings.IndexByte("-._~+/=:@", c) < 0 {
			return false
		}
	}
	return 0 < len(s) && len(s) <= maxRequestID
}

// traceID returns the trace-id of a traceparent, as in
// 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01. Later versions may
// have more behind that.
func traceID(traceparent string) (id string, ok bool) {
	const length = len("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	if len(traceparent) < length || len(traceparent) > maxRequestID {
		return "", false
	}
	version, id := traceparent[:2], traceparent[3:35]
	parent, flags, rest := traceparent[36:52], traceparent[53:55], traceparent[55:]
	ok = traceparent[2] == '-' && traceparent[35] == '-' && traceparent[52] == '-' &&
		isLowerHex(version) && version != "ff" && isLowerHex(id) && isLowerHex(parent) && isLowerHex(flags) &&
		strings.Trim(id, "0") != "" && strings.Trim(parent, "0") != "" &&
		(rest == "" || version != "00" && rest[0] == '-')
	return id, ok
}

func isLowerHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || '9' < c) && (c < 'a' || 'f' < c) {
			return false
		}
	}
	return true
}
