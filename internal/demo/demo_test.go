package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/internal/proof/realbrowser"
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
	l, err := listen(port)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if got := l.Addr().(*net.TCPAddr).Port; got == port || got == 0 {
		t.Errorf("port %d is in use, got %d", port, got)
	}
}

func TestPagesAskNobodyElse(t *testing.T) {
	p := &pages{at: Addresses{Shop: "http://shop.localhost:1", Evil: "http://evil.localhost:1", API: "http://api.shop.localhost:2", Direct: "http://api.shop.localhost:3"}}
	policy := p.csp("'none'")
	for _, source := range []string{"*", "https:", "'unsafe-inline'", "data:"} {
		if slices.Contains(strings.Fields(strings.ReplaceAll(policy, ";", " ")), source) {
			t.Errorf("%s is in %s", source, policy)
		}
	}
}

func TestAnUnknownNameLeadsToTheStage(t *testing.T) {
	at := start(t)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(strings.Replace(at.Shop, "shop.localhost", "127.0.0.1", 1) + "/")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := resp.Header.Get("Location"); got != at.Stage+"/" {
		t.Errorf("Location is %q, want %q", got, at.Stage+"/")
	}
}

// decisions returns what the gateway decided on an origin's requests after
// number seq; it waits for one.
func decisions(t *testing.T, origin string, seq int) account {
	t.Helper()
	host := hostOf(origin)
	_, port, _ := strings.Cut(host, ":")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("http://127.0.0.1:%s/journal?since=%d&wait", port, seq), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host // browsers find such names on this machine, Go may not
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var a account
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	return a
}

// await waits until the gateway decides so on a request of origin, and returns
// the number of the decision.
func await(t *testing.T, origin string, seq int, request, says string) int {
	t.Helper()
	var all []event
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		a := decisions(t, origin, seq)
		all = append(all, a.Decisions...)
		for _, e := range a.Decisions {
			if seq = e.Seq; e.Request == request && e.Says == says {
				return seq
			}
		}
	}
	t.Fatalf("no decision %q on %s of %s; those are %v", says, request, origin, all)
	return 0
}

// A setting that changes is tried again from both websites at once.
func TestTheStageFollowsTheSettings(t *testing.T) {
	for _, kind := range realbrowser.Kinds {
		t.Run(string(kind), func(t *testing.T) {
			b := realbrowser.ForTest(t, kind, realbrowser.Options{})
			at := start(t)
			page, err := b.Open(t.Context(), at.Stage+"/")
			if err != nil {
				t.Fatal(err)
			}
			defer page.Close()
			shop := await(t, at.Shop, 0, "GET /account", "Runs, with credentials")
			evil := await(t, at.Evil, 0, "GET /account", "Refused before the API sees it: origin-not-allowed")
			document, err := os.ReadFile(at.Document)
			if err != nil {
				t.Fatal(err)
			}
			changed := strings.Replace(string(document), "  - endpoint: GET /account\n    cors: bookshop\n", "  - endpoint: GET /account\n    cors: {allow: all}\n", 1)
			if err := os.WriteFile(at.Document, []byte(changed), 0o644); err != nil || changed == string(document) {
				t.Fatal("the document is as it was", err)
			}
			await(t, at.Shop, shop, "GET /account", "Runs, credentials dropped")
			await(t, at.Evil, evil, "GET /account", "Runs, credentials dropped")
		})
	}
}

func TestTheAdminPagesAreThere(t *testing.T) {
	at := start(t)
	link, err := url.Parse(at.Admin)
	if err != nil {
		t.Fatal(err)
	}
	origin := link.Scheme + "://" + link.Host
	_, token, _ := strings.Cut(link.Fragment, "=")
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	resp, err := client.PostForm(origin+"/login", url.Values{"token": {token}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), "/account") || !strings.Contains(string(body), "bookshop") {
		t.Errorf("%s, %v\n%.2000s", resp.Status, err, body)
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
	// WebKit keeps no cookies of other sites, and the demo signs in from one.
	for _, kind := range []realbrowser.Kind{realbrowser.Chromium, realbrowser.Firefox} {
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
