package realbrowser

import (
	"errors"
	"testing"
)

// ForTest starts a browser for one test and closes it at the test's end. When
// the browser is not installed the test is skipped; with the environment
// variable CONCORS_REQUIRE_BROWSERS=1 it fails instead.
func ForTest(tb testing.TB, kind Kind, opts Options) *Browser {
	tb.Helper()
	b, err := Start(tb.Context(), kind, opts)
	if errors.Is(err, ErrNotInstalled) && !required() {
		tb.Skipf("%v (CONCORS_REQUIRE_BROWSERS=1 makes this a failure)", err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := b.Close(); err != nil {
			tb.Errorf("closing %s: %v", kind, err)
		}
	})
	return b
}
