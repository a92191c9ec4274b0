// Package problemjson writes the answers that say what went wrong, as problem
// details (RFC 9457), of the gateway and the admin side.
package problemjson

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// A Document is what every problem says.
type Document struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Reason string `json:"reason"` // stable
	Detail string `json:"detail,omitempty"`
}

// New returns the problem of a reason. Base is the beginning of its type.
func New(base string, status int, reason, title string) Document {
	return Document{Type: base + reason, Title: title, Status: status, Reason: reason}
}

// An Answer is a problem as it is sent.
type Answer struct {
	status int
	body   []byte
	length string
}

// Encode returns the answer with a document, a [Document] or what embeds one.
// It panics if that cannot be JSON.
func Encode(status int, document any) *Answer {
	body, err := json.Marshal(document)
	if err != nil {
		panic(err)
	}
	body = append(body, '\n')
	return &Answer{status, body, strconv.Itoa(len(body))}
}

// Write sends the answer. Header fields that are there stay, beside those of
// the answer itself.
func (a *Answer) Write(w http.ResponseWriter) {
	h := w.Header()
	h["Cache-Control"] = []string{"no-store"}
	h["Content-Length"] = []string{a.length}
	h["Content-Type"] = []string{"application/problem+json"}
	h["X-Content-Type-Options"] = []string{"nosniff"}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client has gone
}
