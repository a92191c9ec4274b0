package gateway

import (
	"net/http"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/internal/problemjson"
)

// A problem is an answer of the gateway itself, as problem details (RFC 9457).
// Refusals by a policy are the library's.
type problem struct {
	reason string // stable; in answers, logs and metrics
	index  int    // in problems
	answer *problemjson.Answer
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
	p := &problem{reason, len(problems), problemjson.Encode(status, problemjson.New(cors.RefusalType, status, reason, title))}
	problems = append(problems, p)
	return p
}
