package cli

import (
	"strings"
	"testing"

	"github.com/concors/concors/store"
)

// Nothing is wired to files: a store of another kind is one more line in the
// table, and everything works.
func TestServeFromAnotherStore(t *testing.T) {
	var memory *store.Memory
	upstream := newUpstream(t)
	text := func(setting string) []byte {
		return []byte("upstream: " + upstream + "\nendpoints:\n  - endpoint: GET /a\n    cors: " + setting + "\n")
	}
	openers["memory"] = func(address string, o store.Options) (store.Opened, error) {
		memory = store.NewMemory(text(selected), o)
		return memory, nil
	}
	t.Cleanup(func() { delete(openers, "memory") })

	t.Setenv("TMPDIR", t.TempDir())
	p := startServe(t, "--store", "memory:")
	p.log.wait(t, "--admin-token-file gives the token a place of its own")
	if status := adminStatus(t, p.admin, tokenIn(t, p.log.wait(t, "file="))); status != 200 {
		t.Errorf("the token gets %d", status)
	}
	if resp := get(t, p.addr, stranger); resp.StatusCode != 403 {
		t.Errorf("another origin: got %d", resp.StatusCode)
	}
	memory.Write(text("{allow: all}"))
	p.log.wait(t, "revision="+string(store.RevisionOf(text("{allow: all}"))))
	if resp := get(t, p.addr, stranger); resp.StatusCode != 200 {
		t.Errorf("after the change: got %d", resp.StatusCode)
	}
}

func TestServeFromAnotherStoreThatIsBroken(t *testing.T) {
	for text, want := range map[string]string{
		"":             "the document in memory: cannot be used: there is no document",
		"endpoints: 1": "memory: has 1 mistake, so nothing is served",
	} {
		openers["memory"] = func(_ string, o store.Options) (store.Opened, error) { return store.NewMemory([]byte(text), o), nil }
		t.Cleanup(func() { delete(openers, "memory") })
		var stderr strings.Builder
		code := run(t.Context(), []string{"serve", "--store", "memory:"}, strings.NewReader(""), &strings.Builder{}, &stderr)
		if code != exitFailed || !strings.Contains(stderr.String(), want) || strings.Contains(stderr.String(), "concors init") {
			t.Errorf("exit code %d, %s; want %s", code, stderr.String(), want)
		}
	}
}
