package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/admin"
	"github.com/concors/concors/store"
)

const (
	apiPrefix = "/api/v1"

	maxBody         = 1 << 20  // bytes of what is about a few endpoints
	maxDocumentBody = 16 << 20 // bytes of what may hold a whole document

	// retryAfter is how many seconds to wait after too many wrong tokens, or
	// when there is too much to do.
	retryAfter = "10"
)

// An operation answers one method at one path of the API. Its answer is written
// as JSON, nil as 204; an error is written as a problem.
type operation struct {
	method, path string
	public       bool     // also for those who are not logged in
	limit        int64    // of the body, 0: maxBody
	query        []string // parameters that it takes
	stream       bool     // writes its answer bit by bit, and is bounded otherwise
	answer       func(*call) (any, error)
}

// A call is one request to the API.
type call struct {
	*admin.Service
	h     *Handler
	w     http.ResponseWriter
	r     *http.Request
	query url.Values
}

// errNoBase refuses a write that does not say what it is based on.
var errNoBase = errors.New("a write says which revision it is based on")

// errAnswered says that the answer was written already.
var errAnswered = &admin.InputError{Message: "answered"}

// registerAPI routes the operations. A path knows all its methods, so that
// what is wrong with a request is always a problem of ours.
func (h *Handler) registerAPI() {
	byPath := make(map[string][]operation)
	for _, op := range operations {
		byPath[op.path] = append(byPath[op.path], op)
	}
	for path, ops := range byPath {
		h.mux.HandleFunc(apiPrefix+path, func(w http.ResponseWriter, r *http.Request) { h.dispatch(w, r, ops) })
	}
	h.mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		if h.admit(w, r) {
			newProblem(ReasonNotFound, "").write(w)
		}
	})
}

func (h *Handler) dispatch(w http.ResponseWriter, r *http.Request, ops []operation) {
	i := slices.IndexFunc(ops, func(op operation) bool {
		return op.method == r.Method || op.method == http.MethodGet && r.Method == http.MethodHead
	})
	if (i < 0 || !ops[i].public) && !h.admit(w, r) {
		return
	}
	if i < 0 {
		var methods []string
		for _, op := range ops {
			methods = append(methods, op.method)
		}
		w.Header().Set("Allow", strings.Join(methods, ", "))
		newProblem(ReasonMethod, "").write(w)
		return
	}
	h.run(w, r, &ops[i])
}

// admit answers requests that bring neither a session nor the token. A request
// that brings both is judged by the token.
func (h *Handler) admit(w http.ResponseWriter, r *http.Request) bool {
	token, ok := bearer(r)
	if !ok {
		if _, ok := h.auth.session(r); ok {
			return true
		}
		newProblem(ReasonUnauthorized, "").write(w)
		return false
	}
	return h.enter(w, r, token)
}

// enter answers requests whose token is not right.
func (h *Handler) enter(w http.ResponseWriter, r *http.Request, token string) bool {
	switch h.auth.enter(r, token) {
	case granted:
		return true
	case tooFast:
		newProblem(ReasonTooManyAttempts, "").write(w)
	default:
		newProblem(ReasonUnauthorized, "").write(w)
	}
	return false
}

func (h *Handler) run(w http.ResponseWriter, r *http.Request, op *operation) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		newProblem(ReasonMalformed, "The query cannot be read.").write(w)
		return
	}
	answer := func(w http.ResponseWriter, r *http.Request) {
		c := &call{Service: h.service, h: h, w: w, r: r, query: query}
		c.answer(op)
	}
	if op.stream {
		answer(w, r)
		return
	}
	if err := h.bounds.do(w, r, cmp.Or(op.limit, maxBody), answer); err != nil {
		ProblemOf(err).write(w)
	}
}

// answer answers as op does.
func (c *call) answer(op *operation) {
	err := c.checkQuery(op.query)
	var out any
	if err == nil {
		out, err = op.answer(c)
	}
	switch {
	case err == errAnswered:
	case err != nil:
		c.fail(err)
	case out == nil:
		c.w.WriteHeader(http.StatusNoContent)
	default:
		c.write(out)
	}
}

// fail answers with the problem of err.
func (c *call) fail(err error) {
	p := ProblemOf(err)
	if p.Reason == ReasonUnavailable {
		c.h.log.Error("the admin API cannot answer", "method", c.r.Method, "path", c.r.URL.Path, "error", err)
	}
	if p.Stale != nil {
		c.setETag(p.Stale.Current)
	}
	p.write(c.w)
}

func (c *call) write(out any) {
	body, err := json.Marshal(out)
	if err != nil {
		c.fail(err)
		return
	}
	c.w.Header().Set("Content-Type", "application/json")
	if _, err := c.w.Write(append(body, '\n')); err != nil {
		c.fail(err)
	}
}

// etag is a revision as a strong entity tag. Where nothing is stored it is
// "none", so that it can be matched.
func etag(rev store.Revision) string {
	if rev == "" {
		return `"none"`
	}
	return `"` + string(rev) + `"`
}

func (c *call) setETag(rev store.Revision) { c.w.Header().Set("ETag", etag(rev)) }

// tagged is the answer out with the revision as its ETag, unless there is an
// error.
func (c *call) tagged(rev store.Revision, out any, err error) (any, error) {
	if err == nil {
		c.setETag(rev)
	}
	return out, err
}

// base returns the revision that a write is based on: that of If-Match. It may
// stand in the body too, but must not be another one there. The wildcard is
// refused: it would undo what nobody has seen.
func (c *call) base(inBody store.Revision) (store.Revision, error) {
	lines := c.r.Header.Values("If-Match")
	if len(lines) == 0 {
		return "", errNoBase
	}
	tag := strings.TrimSpace(strings.Join(lines, ","))
	rev, ok := strings.CutPrefix(tag, `"`)
	rev, closed := strings.CutSuffix(rev, `"`)
	switch {
	case tag == "*":
		return "", &admin.InputError{Field: "If-Match", Message: "name the revision that you have seen; * would undo what you have not"}
	case !ok || !closed || rev == "" || strings.ContainsAny(rev, `",`):
		return "", &admin.InputError{Field: "If-Match", Value: tag, Message: `If-Match has one revision in quotes, as ETag has it`}
	case inBody != "" && etag(inBody) != tag:
		return "", &admin.InputError{Field: "base", Value: string(inBody), Message: "base and If-Match name different revisions"}
	case tag == etag(""):
		return "", nil
	}
	return store.Revision(rev), nil
}

// body reads the JSON of the request into out.
func (c *call) body(out any) error {
	kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		newProblem(ReasonContentType, "").write(c.w)
		return errAnswered
	}
	data, err := io.ReadAll(c.r.Body)
	if err != nil {
		return err
	}
	return admin.ReadJSON(data, out)
}

// checkQuery refuses parameters that are not known, and repeated ones.
func (c *call) checkQuery(names []string) error {
	for name, values := range c.query {
		switch {
		case !slices.Contains(names, name):
			return &admin.InputError{Field: name, Message: "this address does not take this parameter; it takes " + cmp.Or(strings.Join(names, ", "), "none")}
		case len(values) > 1:
			return &admin.InputError{Field: name, Message: "this parameter stands there several times"}
		}
	}
	return nil
}

// needed returns a parameter that must be there.
func (c *call) needed(name string) (string, error) {
	if c.query.Get(name) == "" {
		return "", &admin.InputError{Field: name, Message: "this parameter is missing"}
	}
	return c.query.Get(name), nil
}

// number returns a parameter that is a number, 0 if it is not there.
func (c *call) number(name string) (int, error) {
	text := c.query.Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, &admin.InputError{Field: name, Value: text, Message: "this is not a number from 0"}
	}
	return n, nil
}

// flag returns a parameter that is true or false, false if it is not there.
func (c *call) flag(name string) (bool, error) {
	switch text := c.query.Get(name); text {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, &admin.InputError{Field: name, Value: text, Message: "this is neither true nor false"}
	}
}
