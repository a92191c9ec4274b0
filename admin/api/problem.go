package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/concors/concors/admin"
	"github.com/concors/concors/internal/problemjson"
	"github.com/concors/concors/internal/words"
	"github.com/concors/concors/store"
)

// ProblemType is the beginning of the type of the admin API's problems; the
// reason follows.
const ProblemType = "https://github.com/concors/concors/blob/HEAD/docs/admin.md#"

// A Problem is an answer that says what went wrong (RFC 9457), with what is
// needed to mend it.
type Problem struct {
	problemjson.Document

	Field    string            `json:"field,omitempty"`    // of the question that cannot be understood
	Mistakes []admin.Mistake   `json:"mistakes,omitempty"` // of the draft, with codes, fields and repairs
	Stale    *admin.StaleError `json:"stale,omitempty"`    // what somebody else saved
}

// The reasons of problems.
const (
	ReasonUnauthorized    = "unauthorized"
	ReasonTooManyAttempts = "too-many-attempts"
	ReasonMalformed       = "malformed"
	ReasonBodyTooLarge    = "body-too-large"
	ReasonContentType     = "content-type"
	ReasonNotFound        = "not-found"
	ReasonMethod          = "method-not-allowed"
	ReasonPath            = "ambiguous-path"
	ReasonNoRevision      = "revision-missing"
	ReasonStale           = "stale"
	ReasonInvalid         = "invalid"
	ReasonBroken          = "document-broken"
	ReasonReadOnly        = "read-only"
	ReasonUnknownEndpoint = "unknown-endpoint"
	ReasonUnknownPolicy   = "unknown-policy"
	ReasonUnknownRevision = "unknown-revision"
	ReasonTooManyFeeds    = "too-many-feeds"
	ReasonBusy            = "busy"
	ReasonLocked          = "locked"
	ReasonUnavailable     = "unavailable"
)

// problems is the one table from reasons to answers.
var problems = map[string]struct {
	status int
	title  string
}{
	ReasonUnauthorized:    {http.StatusUnauthorized, "Log in first: the first start gave a link with the token"},
	ReasonTooManyAttempts: {http.StatusTooManyRequests, "Too many wrong tokens: wait a moment"},
	ReasonMalformed:       {http.StatusBadRequest, "The question cannot be understood"},
	ReasonBodyTooLarge:    {http.StatusRequestEntityTooLarge, "The body is too large"},
	ReasonContentType:     {http.StatusUnsupportedMediaType, "The body must be application/json"},
	ReasonNotFound:        {http.StatusNotFound, "There is nothing at this address"},
	ReasonMethod:          {http.StatusMethodNotAllowed, "This address does not take this method"},
	ReasonPath:            {http.StatusBadRequest, "Servers disagree about what this path means"},
	ReasonNoRevision:      {http.StatusPreconditionRequired, "Say in If-Match which revision this is based on"},
	ReasonStale:           {http.StatusPreconditionFailed, "Somebody else has saved since"},
	ReasonInvalid:         {http.StatusUnprocessableEntity, "The draft has mistakes, so nothing was saved"},
	ReasonBroken:          {http.StatusConflict, "The stored document is broken, and saving would replace it"},
	ReasonReadOnly:        {http.StatusForbidden, "Nothing can be saved here: change the file itself"},
	ReasonUnknownEndpoint: {http.StatusNotFound, "There is no such endpoint"},
	ReasonUnknownPolicy:   {http.StatusNotFound, "There is no such policy"},
	ReasonUnknownRevision: {http.StatusNotFound, "This revision is not remembered"},
	ReasonTooManyFeeds:    {http.StatusServiceUnavailable, "Too many feeds are open: close one"},
	ReasonBusy:            {http.StatusServiceUnavailable, "This is more than the admin side does at once: wait a moment, or ask for less"},
	ReasonLocked:          {http.StatusServiceUnavailable, "Nothing was saved: another program is writing the file"},
	ReasonUnavailable:     {http.StatusServiceUnavailable, "The document cannot be reached"},
}

func newProblem(reason, detail string) *Problem {
	p := &Problem{Document: problemjson.New(ProblemType, problems[reason].status, reason, problems[reason].title)}
	p.Detail = detail
	return p
}

// ProblemOf puts an error of a [admin.Service] into the form of an answer.
func ProblemOf(err error) *Problem {
	if p, ok := sentinelProblem(err); ok {
		return p
	}
	// What keeps a store from writing has words of its own.
	why := words.Sentence(strings.TrimPrefix(err.Error(), "store: "))
	switch {
	case errors.Is(err, store.ErrReadOnly):
		return newProblem(ReasonReadOnly, why)
	case errors.Is(err, store.ErrLocked):
		return newProblem(ReasonLocked, why)
	}
	if e, ok := errors.AsType[*admin.StaleError](err); ok {
		p := newProblem(ReasonStale, "")
		p.Stale = e
		return p
	}
	if e, ok := errors.AsType[*admin.InvalidError](err); ok {
		p := newProblem(ReasonInvalid, "")
		p.Mistakes = e.Mistakes
		return p
	}
	if e, ok := errors.AsType[*admin.MalformedError](err); ok {
		p := newProblem(ReasonMalformed, "")
		p.Mistakes = e.Mistakes
		return p
	}
	if e, ok := errors.AsType[*admin.InputError](err); ok {
		p := newProblem(ReasonMalformed, words.Sentence(e.Message))
		p.Field = e.Field
		return p
	}
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return newProblem(ReasonBodyTooLarge, "At most "+words.Count(int(e.Limit), "byte")+" are read.")
	}
	// What is left is about files and folders; the log has it.
	return newProblem(ReasonUnavailable, "")
}

// sentinelProblem returns the problem of an error without data.
func sentinelProblem(err error) (*Problem, bool) {
	for _, s := range []struct {
		err    error
		reason string
	}{
		{errNoBase, ReasonNoRevision},
		{admin.ErrBroken, ReasonBroken},
		{admin.ErrUnknownEndpoint, ReasonUnknownEndpoint},
		{admin.ErrUnknownPolicy, ReasonUnknownPolicy},
		{store.ErrUnknownRevision, ReasonUnknownRevision},
		{store.ErrClosed, ReasonUnavailable},
		{admin.ErrBusy, ReasonBusy},
		{context.DeadlineExceeded, ReasonBusy},
		{context.Canceled, ReasonUnavailable},
	} {
		if errors.Is(err, s.err) {
			return newProblem(s.reason, ""), true
		}
	}
	return nil, false
}

// write answers with p.
func (p *Problem) write(w http.ResponseWriter) {
	switch p.Reason {
	case ReasonUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="Concors"`)
	case ReasonTooManyAttempts, ReasonBusy:
		w.Header().Set("Retry-After", retryAfter)
	}
	problemjson.Encode(p.Status, p).Write(w)
}
