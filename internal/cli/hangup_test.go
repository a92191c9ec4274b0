//go:build unix

package cli

import (
	"os"
	"syscall"
	"testing"

	"github.com/concors/concors/store"
)

func TestServeReloadsOnHangup(t *testing.T) {
	hangUp := func() {
		t.Helper()
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	file := document(t, newUpstream(t), selected)
	p := startServe(t, "--config", file)
	hangUp()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if rev := p.log.wait(t, `msg="SIGHUP: the document was read and is in force" revision=`); rev != string(store.RevisionOf(text)) {
		t.Errorf("the revision is said to be %s; want %s", rev, store.RevisionOf(text))
	}
	if err := os.WriteFile(file, []byte("endpoints: 1"), 0o644); err != nil {
		t.Fatal(err)
	}
	p.log.wait(t, "document refused")
	hangUp()
	p.log.wait(t, `msg="SIGHUP: the document cannot be used; the last good one stays in force"`)
	if resp := get(t, p.addr, docs); resp.StatusCode != 200 {
		t.Errorf("after that: got %d", resp.StatusCode)
	}
}
