package ui

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/concors/concors/admin"
	"github.com/concors/concors/internal/words"
	"github.com/concors/concors/store"
)

// A failure is what the error page says.
type failure struct {
	Status  int
	Title   string // what did not work
	Reason  string // why, in a sentence
	Help    string // what to do, in a sentence
	Retry   bool   // asking again may help
	Address string // to ask again
}

// errMissing says that there is no such page.
var errMissing = errors.New("there is no page at this address")

func (h *Handler) missing(http.ResponseWriter, *http.Request) error { return errMissing }

// A requestError is a request that no page of ours makes.
type requestError string

func (e requestError) Error() string { return string(e) }

func failureOf(err error) failure {
	f := failure{Reason: words.Sentence(strings.TrimPrefix(strings.TrimPrefix(err.Error(), "admin: "), "store: "))}
	input, isInput := errors.AsType[*admin.InputError](err)
	large, isLarge := errors.AsType[*http.MaxBytesError](err)
	_, isRequest := errors.AsType[requestError](err)
	switch {
	case errors.Is(err, errMissing):
		f.Status, f.Title = http.StatusNotFound, "Page not found"
		f.Help = "The navigation above leads to everything there is."
	case errors.Is(err, admin.ErrUnknownEndpoint):
		f.Status, f.Title = http.StatusNotFound, "Endpoint not found"
		f.Help = "Perhaps somebody renamed or removed it. The list shows what is there now."
	case errors.Is(err, admin.ErrUnknownPolicy):
		f.Status, f.Title = http.StatusNotFound, "Policy not found"
		f.Help = "Perhaps somebody renamed or removed it. The list of policies shows what is there now."
	case errors.Is(err, store.ErrUnknownRevision):
		f.Status, f.Title = http.StatusNotFound, "Revision not found"
		f.Help = "The history keeps the last hundred revisions."
	case errors.Is(err, store.ErrReadOnly):
		f.Status, f.Title = http.StatusForbidden, "Nothing was saved"
	case errors.Is(err, store.ErrLocked):
		f.Status, f.Title = http.StatusServiceUnavailable, "Nothing was saved"
	case isLarge:
		f.Status, f.Title = http.StatusRequestEntityTooLarge, "This is too large"
		f.Reason = fmt.Sprintf("At most %s bytes are read.", words.Number(uint64(large.Limit)))
		f.Help = "Nothing was changed. Save it in parts, or change the file itself."
	case errors.Is(err, admin.ErrBusy), errors.Is(err, context.DeadlineExceeded):
		f.Status, f.Title = http.StatusServiceUnavailable, "The admin side is busy"
		f.Reason = "It does little at a time, so that traffic is not slowed."
		f.Help = "Wait a moment, then try again."
	case isInput:
		f.Status, f.Title, f.Reason = http.StatusBadRequest, "This cannot be done", words.Sentence(input.Message)
	case isRequest:
		f.Status, f.Title = http.StatusBadRequest, "This request cannot be understood"
		f.Help = "Nothing was changed. Go back and try again."
	default:
		f.Status, f.Title = http.StatusInternalServerError, "The document cannot be reached"
		f.Help = "What was enforced last stays enforced. Nothing was changed."
	}
	return f
}
