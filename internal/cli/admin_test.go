package cli

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
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

// tokenIn returns the token of the link in a file, which must be readable for
// its owner alone.
func tokenIn(t *testing.T, file string) string {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	_, token, found := strings.Cut(strings.TrimSpace(string(text)), "/login#token=")
	if err != nil || !found || len(token) < 43 || info.Mode().Perm() != 0o600 {
		t.Fatalf("%s has mode %v and holds %q, error %v", file, info.Mode(), text, err)
	}
	return token
}

func adminFolder(document string) string {
	return filepath.Join(filepath.Dir(document), "."+filepath.Base(document)+".admin")
}

// What is no terminal is kept and read by others: a journal, a container's log.
func TestServeKeepsTheTokenOutOfTheLog(t *testing.T) {
	file := document(t, newUpstream(t), "{allow: all}")
	first := startServe(t, "--config", file)
	link := filepath.Join(adminFolder(file), "token.link")
	if said := first.log.wait(t, "file="); said != link {
		t.Fatalf("the log says that the link is in %s; want %s", said, link)
	}
	token := tokenIn(t, link)
	if status := adminStatus(t, first.admin, token); status != 200 {
		t.Errorf("the token gets %d", status)
	}
	first.stop()
	<-first.done
	if log := first.log.String(); strings.Contains(log, token) || strings.Contains(log, "token=") {
		t.Errorf("the log has the token:\n%s", log)
	}
	if text, err := os.ReadFile(filepath.Join(adminFolder(file), "token")); err != nil || strings.Contains(string(text), token) {
		t.Fatalf("kept is %q, error %v", text, err)
	}

	second := startServe(t, "--config", file)
	second.log.wait(t, "still lies in a file")
	if status := adminStatus(t, second.admin, token); status != 200 {
		t.Errorf("the token gets %d at the second start", status)
	}
	second.stop()
	<-second.done
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}

	third := startServe(t, "--config", file)
	third.log.wait(t, `msg="admin pages" url=`)
	if _, err := os.Stat(link); err == nil || strings.Contains(third.log.String(), "still lies") {
		t.Errorf("the third start knows of a link, Stat says %v:\n%s", err, third.log)
	}
}

func TestServeWhereNoTokenCanBeKept(t *testing.T) {
	const nowhere = "/sys" // not even root makes files there
	if err := os.WriteFile(nowhere+"/token", nil, 0o600); !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EROFS) {
		t.Skipf("making a file in %s: %v", nowhere, err)
	}
	file := document(t, newUpstream(t), "{allow: all}")

	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	p := startServe(t, "--config", file, "--admin-token-file", nowhere+"/token")
	link := p.log.wait(t, "file=")
	if filepath.Dir(filepath.Dir(link)) != temp {
		t.Errorf("the link is in %s; want it below %s", link, temp)
	}
	token := tokenIn(t, link)
	if status := adminStatus(t, p.admin, token); status != 200 {
		t.Errorf("the token gets %d", status)
	}
	p.stop()
	<-p.done
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, error %v", left, err)
	}

	t.Setenv("TMPDIR", nowhere)
	p = startServe(t, "--config", file, "--admin-token-file", nowhere+"/token")
	p.log.wait(t, "nobody can log in to the admin pages")
	get(t, p.addr, docs) // and the rest works
	if strings.Contains(p.log.String(), "token=") {
		t.Errorf("the log has the token:\n%s", p.log)
	}
}

func TestServeStartsWithAnEmptyTokenFile(t *testing.T) {
	for _, name := range []string{".concors.yaml.admin", ".concors.yaml.admin/token"} { // as before there was a folder, and since
		t.Run(name, func(t *testing.T) {
			config := document(t, newUpstream(t), "{allow: all}")
			file := filepath.Join(filepath.Dir(config), name)
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			p := startServe(t, "--config", config)
			if status := adminStatus(t, p.admin, tokenIn(t, p.log.wait(t, "file="))); status != 200 {
				t.Errorf("the token gets %d", status)
			}
		})
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
			for _, name := range []string{"token", "token.link"} {
				if _, err := os.Stat(filepath.Join(adminFolder(file), name)); err == nil {
					t.Errorf("%s is kept", name)
				}
			}
		})
	}
}
