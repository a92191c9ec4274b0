package gateway

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/concors/concors/cors"
)

// A problem is an answer of the gateway itself, as problem details (RFC 9457).
// Refusals by a policy are the library's.
type problem struct {
	status int
	reason string // stable; in answers, logs and metrics
	index  int    // in problems
	body   []byte
	length string
}

// The answers of the gateway itself.
var (
	problemNoDocument   = newProblem(http.StatusServiceUnavailable, "no-document", "This gateway has no document of endpoints yet")
	problemMalformed    = newProblem(http.StatusBadRequest, "malformed-request", "The request target, Host or Upgrade is malformed")
	problemPath         = newProblem(http.StatusBadRequest, "ambiguous-path", "Servers disagree about what this path means")
	problemNoEndpoint   = newProblem(http.StatusNotFound, "no-endpoint", "There is no endpoint at this path")
	problemNoMethod     = newProblem(http.StatusMethodNotAllowed, "no-method", "No endpoint at this path takes this method")
	problemBodyTooLarge = newProblem(http.StatusRequestEntityTooLarge, "body-too-large", "The body of the request is too large")
	problemBody         = newProblem(http.StatusBadRequest, "body-incomplete", "The body of the request could not be read")
	problemUnreachable  = newProblem(http.StatusBadGateway, "upstream-unreachable", "The upstream could not be reached, or did not answer with HTTP")
	problemTimeout      = newProblem(http.StatusGatewayTimeout, "upstream-timeout", "The upstream did not answer in time")
	problemInternal     = newProblem(http.StatusInternalServerError, "internal-error", "The gateway failed")
)

// reasonCanceled is the reason, in logs and metrics, when the client went away
// before there was an answer.
const reasonCanceled = "client-canceled"

// problems are all answers of gateways and admin listeners.
var problems []*problem

func newProblem(status int, reason, title string) *problem {
	body, err := json.Marshal(struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Reason string `json:"reason"`
	}{cors.RefusalType + reason, title, status, reason})
	if err != nil {
		panic(err) // strings and an int
	}
	body = append(body, '\n')
	p := &problem{status, reason, len(problems), body, strconv.Itoa(len(body))}
	problems = append(problems, p)
	return p
}

func (p *problem) write(w http.ResponseWriter) {
	h := w.Header()
	h["Cache-Control"] = []string{"no-store"}
	h["Content-Length"] = []string{p.length}
	h["Content-Type"] = []string{"application/problem+json"}
	h["X-Content-Type-Options"] = []string{"nosniff"}
	w.WriteHeader(p.status)
	_, _ = w.Write(p.body)
}
