package store_test

import (
	"errors"
	"testing"

	"github.com/concors/concors/cors/mistake"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/store"
)

func TestRevisionOf(t *testing.T) {
	for raw, want := range map[string]store.Revision{
		"":    "",
		"abc": "ba7816bf8f01cfea", // FIPS 180-2, appendix B.1
	} {
		if got := store.RevisionOf([]byte(raw)); got != want {
			t.Errorf("RevisionOf(%q) = %q; want %q", raw, got, want)
		}
	}
}

func TestStored(t *testing.T) {
	tests := []struct {
		name string
		s    store.Snapshot
		want store.Revision
	}{
		{"nothing", store.Snapshot{}, ""},
		{"good", store.Snapshot{Revision: "1"}, "1"},
		{"broken beside good", store.Snapshot{Revision: "1", Problem: &store.Problem{Revision: "2"}}, "2"},
		{"removed beside good", store.Snapshot{Revision: "1", Problem: &store.Problem{}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.s.Stored(); got != tt.want {
				t.Errorf("Stored() = %q; want %q", got, tt.want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	report := &endpoints.Report{Mistakes: []endpoints.Mistake{
		{Code: "a-warning", Warning: true, Message: "odd"},
		{File: "f.yaml", Line: 2, Column: 3, Code: mistake.OriginEmpty, Message: "first"},
	}}
	two := &endpoints.Report{Mistakes: append(report.Mistakes, endpoints.Mistake{Code: "other", Message: "second"})}
	tests := []struct {
		err  error
		is   error
		want string
	}{
		{&store.StaleError{Base: "1", Current: "2"}, store.ErrStale,
			"store: the document has changed since it was read: it was based on revision 1, stored is 2"},
		{&store.StaleError{Base: "1"}, store.ErrStale,
			"store: the document has changed since it was read: it was based on revision 1, stored is (none)"},
		{&store.InvalidError{Report: report}, store.ErrInvalid,
			"store: the document has mistakes: f.yaml:2:3: origin-empty: first"},
		{&store.InvalidError{Report: two}, store.ErrInvalid,
			"store: the document has mistakes: f.yaml:2:3: origin-empty: first (and 1 more)"},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("error is %q; want %q", got, tt.want)
		}
		if !errors.Is(tt.err, tt.is) {
			t.Errorf("%v is not %v", tt.err, tt.is)
		}
	}
	if m, ok := errors.AsType[endpoints.Mistake](tests[2].err); !ok || m.Line != 2 {
		t.Errorf("an InvalidError gives mistake %+v, %v; want the one in line 2", m, ok)
	}
}
