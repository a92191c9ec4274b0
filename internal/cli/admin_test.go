package cli

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// adminStatus asks the admin API with a token.
func adminStatus(t *testing.T, addr, token string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+addr+"/api/v1/state", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

func TestServePrintsTheTokenOnce(t *testing.T) {
	file := document(t, newUpstream(t), "{allow: all}")
	first := startServe(t, "--config", file)
	link := first.log.wait(t, "/login#token=")
	if len(link) < 43 || strings.Count(first.log.String(), link) != 1 {
		t.Fatalf("token %q in\n%s", link, first.log)
	}
	if status := adminStatus(t, first.admin, link); status != 200 {
		t.Errorf("the token gets %d", status)
	}
	first.stop()
	<-first.done
	text, err := os.ReadFile(filepath.Join(filepath.Dir(file), "."+filepath.Base(file)+".admin"))
	if err != nil || strings.Contains(string(text), link) {
		t.Fatalf("kept is %q, error %v", text, err)
	}

	second := startServe(t, "--config", file)
	second.log.wait(t, "Admin pages: ")
	if strings.Contains(second.log.String(), "token=") {
		t.Errorf("the second start prints a token:\n%s", second.log)
	}
	if status := adminStatus(t, second.admin, link); status != 200 {
		t.Errorf("the token gets %d at the second start", status)
	}
}

func TestServeTakesATokenFromTheEnvironment(t *testing.T) {
	const token = "chosen-by-a-person-0123456789"
	t.Setenv("CONCORS_ADMIN_TOKEN", token)
	file := document(t, newUpstream(t), "{allow: all}")
	p := startServe(t, "--config", file)
	if status := adminStatus(t, p.admin, token); status != 200 {
		t.Errorf("the token gets %d", status)
	}
	if strings.Contains(p.log.String(), token) {
		t.Error("the token is in the log")
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(file), ".*.admin"))
	if err != nil || len(files) > 0 {
		t.Errorf("kept: %q, error %v", files, err)
	}
}

func TestServeRefusesUnsafeAdminSides(t *testing.T) {
	file := document(t, newUpstream(t), "{allow: all}")
	for _, tc := range []struct {
		name string
		args []string
		want string
	}{
		{"beyond loopback without TLS", []string{"--admin", ":0"}, "--admin-insecure-plain-http"},
		{"a weak token", []string{"--admin-token", "secret"}, "at least 24 characters"},
		{"an origin that is none", []string{"--admin-origin", "concors.example.com"}, "scheme"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var log strings.Builder
			args := append([]string{"serve", "--config", file, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, tc.args...)
			if code := run(context.Background(), args, strings.NewReader(""), io.Discard, &log); code == 0 || !strings.Contains(log.String(), tc.want) {
				t.Errorf("exit code %d, want %q in\n%s", code, tc.want, log.String())
			}
			// A token that nobody has seen is not kept.
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), "."+filepath.Base(file)+".admin")); err == nil {
				t.Error("the hash of a token is kept")
			}
		})
	}
}
