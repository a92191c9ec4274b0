package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/internal/realbrowser"
)

// start runs a demo for one test and returns where it listens.
func start(t *testing.T) Addresses {
	t.Helper()
	r, w := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		err := Run(ctx, Options{Out: w, JSON: true})
		w.CloseWithError(io.EOF)
		done <- err
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the demo ended with: %v", err)
		}
	})
	line, err := bufio.NewReader(r).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var at Addresses
	if err := json.Unmarshal(line, &at); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return at
}

func TestTheDocumentHasNoMistakesAndNoWarnings(t *testing.T) {
	at := start(t)
	data, err := os.ReadFile(at.Document)
	if err != nil {
		t.Fatal(err)
	}
	if _, report := endpoints.Parse("concors.yaml", data); len(report.Mistakes) > 0 {
		t.Errorf("%v in\n%s", report.Mistakes, data)
	}
}

func TestNothingStaysBehind(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	t.Run("while it runs", func(t *testing.T) {
		if at := start(t); !strings.HasPrefix(at.Document, os.TempDir()) {
			t.Errorf("the document is in %s", at.Document)
		}
	})
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestPortsInUseAreReplaced(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	list, err := listen(port, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(list)
	if got := list[0].Addr().(*net.TCPAddr).Port; got == port || got == 0 {
		t.Errorf("port %d is in use, got %d", port, got)
	}
}

func TestPagesAskNobodyElse(t *testing.T) {
	p := &pages{sites: sites(func(name string) string { return name + ".localhost:1" }), api: "http://api.shop.localhost:2", direct: "http://api.shop.localhost:3"}
	policy := p.csp()
	for _, source := range []string{"*", "https:", "'unsafe-inline'", "data:"} {
		if slices.Contains(strings.Fields(strings.ReplaceAll(policy, ";", " ")), source) {
			t.Errorf("%s is in %s", source, policy)
		}
	}
}

func TestAnUnknownNameLeadsToTheBookshop(t *testing.T) {
	at := start(t)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(strings.Replace(at.Shop, "shop.localhost", "127.0.0.1", 1) + "/")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := resp.Header.Get("Location"); got != at.Shop+"/" {
		t.Errorf("Location is %q, want %q", got, at.Shop+"/")
	}
}

// click is a script that clicks the nth card's button and returns the story
// that the page tells then, a line each.
const click = `
	const card = document.querySelectorAll(".card[data-kind]")[%d];
	const button = card.querySelectorAll("button")[%d];
	const story = card.querySelector(".story");
	button.click();
	await new Promise((resolve) => {
		new MutationObserver(() => { if (!button.disabled) resolve(); }).observe(button, {attributes: true});
	});
	return [...story.children].map((row) => row.innerText.replace(/\s+/g, " "));`

func TestWhatThePagesTell(t *testing.T) {
	for _, kind := range realbrowser.Kinds {
		t.Run(string(kind), func(t *testing.T) {
			b := realbrowser.ForTest(t, kind, realbrowser.Options{})
			playAll(t, b, start(t))
		})
	}
}

// playAll clicks every button in the order in which a visitor would.
func playAll(t *testing.T, b *realbrowser.Browser, at Addresses) {
	steps := []struct {
		what         string
		page         string
		card, button int
		want         []string // the beginning of each line
	}{
		{"the allowed site signs in after a preflight", at.Shop, 0, 0, []string{"Browser ✓ The page may read the answer: 200", "Gateway ✓ Preflight answered: yes", "Gateway ✓ Runs, with credentials", "API Executed it"}},
		{"the allowed site reads with its cookie", at.Shop, 1, 0, []string{`Browser ✓ The page may read the answer: 200 {"name":"Ada","orders":0,"you_are":"signed in"}`, "Gateway ✓ Runs, with credentials", "API Executed it"}},
		{"the allowed site changes something", at.Shop, 2, 0, []string{"Browser ✓ The page may read the answer: 200", "Gateway ✓ Preflight answered: yes", "Gateway ✓ Runs, with credentials", "API Executed it"}},
		{"the allowed site is refused where there is no setting", at.Shop, 3, 0, []string{"Browser ✗ The page cannot read anything", "Gateway ✗ Refused before the API sees it: origin-not-allowed", "API Saw nothing of it"}},
		{"another site reads public data anonymously", at.Prices, 0, 0, []string{`Browser ✓ The page may read the answer: 200 {"books":["Emma","Middlemarch","Dracula"],"you_are":"anonymous"}`, "Gateway ✓ Runs, credentials dropped", "API Executed it"}},
		{"another site cannot read the account", at.Prices, 1, 0, []string{"Browser ✗ The page cannot read anything", "Gateway ✗ Refused before the API sees it: origin-not-allowed", "API Saw nothing of it"}},
		{"another site's preflight is refused", at.Prices, 2, 0, []string{"Browser ✗ The page cannot read anything", "Gateway ✗ Preflight answered: no, origin-not-allowed", "API Saw nothing of it"}},
		{"a cross-site form is refused", at.Evil, 0, 0, []string{"Browser Sent.", "Gateway ✗ Refused before the API sees it: origin-not-allowed", "API ✓ Saw nothing of it"}},
		{"without the gateway the form works", at.Evil, 0, 1, []string{"Browser Sent.", "Gateway Not asked", "API ✗ Executed it"}},
		{"a no-cors fetch is refused", at.Evil, 1, 0, []string{"Browser Sent. The page cannot see whether it worked", "Gateway ✗ Refused before the API sees it: origin-not-allowed", "API ✓ Saw nothing of it"}},
		{"a beacon is refused", at.Evil, 2, 0, []string{"Browser Sent.", "Gateway ✗ Refused before the API sees it: origin-not-allowed", "API ✓ Saw nothing of it"}},
		{"a WebSocket is refused", at.Evil, 3, 0, []string{"Browser ✗ The browser could not connect", "Gateway ✗ Refused before the API sees it: origin-not-allowed", "API ✓ Saw nothing of it"}},
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, step := range steps {
		raw, err := b.Eval(ctx, step.page+"/", fmt.Sprintf(click, step.card, step.button))
		if err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		var got []string
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got, step.want, strings.HasPrefix) {
			t.Errorf("%s:\n got %q\nwant %q", step.what, got, step.want)
		}
	}
}
