package uitest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestSigningIn(t *testing.T) {
	l := lab(t, Everyday)
	p := visitor(t, l)
	p.do(chromedp.Navigate(l.Admin+"/traffic"), See("#token"))
	p.do(Type("token", "wrong"), Press(".signin button"), See("#signin-problem"))
	p.do(Type("token", l.Token), Press(".signin button"), See(".strip"))
	p.do(Press(".status button"), See("#token"))
	p.do(chromedp.Navigate(l.Admin+"/"), See("#token"))

	p.do(chromedp.Navigate(l.Link), See(".rows"))
	if at := ask[string](p, `location.href`); strings.Contains(at, l.Token) {
		t.Errorf("the token stays in the address bar: %s", at)
	}
}

func TestAllowThisOrigin(t *testing.T) {
	l := lab(t, Everyday)
	if err := l.Visit(); err != nil {
		t.Fatal(err)
	}
	p := user(t, l)
	p.open("/traffic")
	first := p.says(".traffic tbody tr:first-child")
	if !strings.Contains(first, "https://shop.example.com") || !strings.Contains(first, "looks like yours") {
		t.Errorf("the first row is\n%s\nwant the refused origin of one's own site", first)
	}
	p.do(Press(".traffic tbody tr:first-child .act a"), See("#allow"), Settled())
	p.sees(".offer", "https://shop.example.com is prepared below")
	p.sees("#changes", "https://shop.example.com may now call POST /api/orders")
	p.do(Press("#save"), See("#saved"))
	if status, err := l.Call("POST", "/api/orders", "https://shop.example.com"); err != nil || status != http.StatusOK {
		t.Errorf("the allowed origin gets %d, %v", status, err)
	}

	t.Run("only here, or for a whole policy on purpose", func(t *testing.T) {
		open := func() {
			p.open("/allow?" + url.Values{"endpoint": {"GET /api/account"}, "origin": {"https://evil.example"}}.Encode())
			p.sees(".offer", "for this endpoint alone")
			p.sees(".offer", "can act as your visitors")
		}
		p.open("/allow?" + url.Values{"endpoint": {"GET /api/account"}, "origin": {"https://new.example.com"}}.Encode())
		if offer := p.says(".offer"); strings.Contains(offer, "your visitors") {
			t.Errorf("an origin of one's own site is warned of: %s", offer)
		}
		open()
		p.do(Press(".offer a"), See("#name"), Settled())
		p.sees(".offer", "for every endpoint with the policy front-end")
		p.do(Press(".offer a"), See("#allow"), Settled())
		p.sees(".offer", "for this endpoint alone")
		open()
		p.do(Press("#save"), See("#saved"))
		for pattern, want := range map[string]int{"GET": http.StatusOK, "PUT": http.StatusForbidden} {
			if got, err := l.Call(pattern, "/api/account", "https://evil.example"); err != nil || got != want {
				t.Errorf("%s from the allowed origin: %d, %v; want %d", pattern, got, err, want)
			}
		}
	})
}

func TestLiveTraffic(t *testing.T) {
	l := lab(t, Everyday)
	p := user(t, l)
	p.open("/traffic")
	p.do(Await(`document.querySelector('[data-feed-state]').textContent.startsWith('Live')`))
	call := func(origin string) {
		t.Helper()
		if _, err := l.Call("POST", "/api/orders", origin); err != nil {
			t.Fatal(err)
		}
	}
	call("https://one.example")
	p.do(Await(`document.querySelector('.feed').textContent.includes('https://one.example')`))
	p.do(Press("[data-pause]"))
	call("https://two.example")
	p.do(Await(`document.querySelector('[data-feed-state]').textContent === 'Paused, 1 more'`))
	if strings.Contains(p.says(".feed"), "https://two.example") {
		t.Error("the paused strip went on")
	}
	p.do(Press("[data-pause]"), Await(`document.querySelector('.feed').textContent.includes('https://two.example')`))
}

func TestBulkChange(t *testing.T) {
	l := lab(t, Everyday)
	p := user(t, l)
	p.do(Press(`input[value="POST /api/orders"]`))
	// What is chosen stays chosen while one searches.
	p.do(Type("q", "search"), Await(`document.querySelectorAll('.rows tbody tr').length === 1`))
	p.do(Press(`input[value="GET /api/search"]`))
	p.sees("[data-bulk-button]", "2 endpoints")
	p.do(Press("[data-bulk-button]"), See("#allow"), Settled())
	p.sees("h1", "2 endpoints")
	p.sees("#blocked", "Choose a setting for these endpoints first.")
	p.do(Choose("use", "front-end"), Settled())
	p.sees("#changes", "POST /api/orders")
	p.do(Press("#save"), See("#saved"))
	for path, method := range map[string]string{"/api/orders": "POST", "/api/search": "GET"} {
		if got, err := l.Call(method, path, "https://partner.example"); err != nil || got != http.StatusOK {
			t.Errorf("%s %s: %d, %v", method, path, got, err)
		}
	}
}

func TestCheckLive(t *testing.T) {
	l := lab(t, Everyday)
	if err := l.WriteBypassed(); err != nil {
		t.Fatal(err)
	}
	p := user(t, l)
	p.open(Editor("GET /b"))
	p.do(Press(`a[href^="/live"]`), See("[data-check]"), Press("[data-check] button"), See("#checked section"))
	p.sees("#checked", "1 of 1 endpoint differs")
	p.open("/live")
	p.do(Press("[data-check] button"), See("#checked section"))
	for _, want := range []string{"2 of 2 endpoints differ", "GET /a", "A call that is allowed here fails", "A request that is refused here is not refused"} {
		p.sees("#checked", want)
	}
}

func TestHistoryGoesBack(t *testing.T) {
	l := lab(t, Everyday)
	if err := l.Live(); err != nil {
		t.Fatal(err)
	}
	p := user(t, l)
	p.open("/history")
	if got := ask[int](p, `document.querySelectorAll('.history > li').length`); got != 4 {
		t.Fatalf("%d revisions, want 4:\n%s", got, p.says(".history"))
	}
	p.sees(".history > li:first-child", "https://partner.example may now send credentials to DELETE /api/account")
	p.do(Press(".history > li:last-child button"), See("#saved"))
	if text := l.file(t); text != Everyday {
		t.Errorf("the oldest revision is not back:\n%s", text)
	}
	p.do(Press("#saved button"), Await(`document.querySelector('.history > li:first-child')?.innerText.includes('DELETE /api/account is new')`))
	l.fileHas(t, "DELETE /api/account")
}

func TestABrokenFileStopsNothing(t *testing.T) {
	l := lab(t, Everyday)
	p := user(t, l)
	if err := l.Break(); err != nil {
		t.Fatal(err)
	}
	p.open("/")
	p.sees("#banners", "The stored document has 2 mistakes.")
	p.sees("#banners", "https://docs.example.com")
	if got, err := l.Call("GET", "/api/account", docs); err != nil || got != http.StatusOK {
		t.Errorf("while the file is broken: %d, %v; want what was live", got, err)
	}
	p.do(Press(".mistakes a"), See(".file"))
	p.sees(".file .wrong", "credential: true")

	p.open(Editor("POST /api/orders"))
	p.do(Choose("allow", "all"), Settled(), Press("#save"), See("#banners .bad"), Settled())
	p.sees("#blocked", "tick the box above to replace it")
	if text, err := l.Read(); err != nil || text != broken {
		t.Errorf("the broken file was replaced without asking: %v", err)
	}
	p.do(Press("[name=replace_broken]"), Settled(), Press("#save"), See("#saved"))
	l.fileHas(t, "endpoint: GET /api/prices", "allow: all")
}

func TestABrokenFileCanBePutBack(t *testing.T) {
	l := lab(t, Everyday)
	p := user(t, l)
	if err := l.Break(); err != nil {
		t.Fatal(err)
	}
	p.open("/history")
	p.do(Press(".history .button"), See("#saved"))
	if text := l.file(t); text != Everyday {
		t.Errorf("the last good document is not back:\n%s", text)
	}
}

func TestReadOnlyShowsAndSavesNothing(t *testing.T) {
	needBrowser(t)
	l, err := Start(Options{Document: Everyday, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	p := user(t, l)
	for _, path := range []string{"/", Editor("POST /api/orders"), "/policies", "/traffic", "/history"} {
		p.open(path)
		p.sees("#banners", "Read-only.")
		if ask[bool](p, `[...document.querySelectorAll('main button')].some(b => /save|undo|remove|change the setting/i.test(b.textContent))`) {
			t.Errorf("%s offers to save", path)
		}
	}
}

// offline cuts or restores the tab's connection.
func (p *person) offline(cut bool) {
	p.t.Helper()
	p.connection(network.Conditions{Offline: cut, DownloadThroughput: -1, UploadThroughput: -1})
}

// connection makes the tab's connection worse.
func (p *person) connection(c network.Conditions) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
			return err
		}
		_, err := chromedp.Call(ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{&c},
		})
		return err
	}))
}

func TestALostConnectionLosesNothing(t *testing.T) {
	l := lab(t, Everyday)
	p := user(t, l)
	p.open(Editor("POST /api/orders"))
	p.offline(true)
	p.do(Choose("allow", "selected"), Type("domains-input", docs+"\n"), Await(`document.getElementById('blocked').textContent.includes('could not be checked')`))
	p.sees(".chips", docs)
	p.offline(false)
	p.do(Press("#credentials"), Settled())
	p.sees("#changes", docs+" may now send credentials")

	p.open("/")
	p.offline(true)
	p.do(Type("q", "x"), See("#found .bad"))
	p.offline(false)
	p.do(Press("#found .bad button"), Await(`!document.querySelector('#found .bad')`))
}

func TestASlowAnswerIsAnnounced(t *testing.T) {
	p := user(t, lab(t, Everyday))
	p.open(Editor("POST /api/orders"))
	p.connection(network.Conditions{Latency: 2000, DownloadThroughput: -1, UploadThroughput: -1})
	p.do(Choose("allow", "all"), Await(`document.getElementById('blocked').textContent === 'Checking…'`))
	p.connection(network.Conditions{DownloadThroughput: -1, UploadThroughput: -1})
	p.do(Settled())
	p.sees("#changes", "Every website may now call POST /api/orders")
}

func TestRemoving(t *testing.T) {
	l := lab(t, Everyday)
	p := user(t, l)
	p.open(Editor("POST /api/orders"))
	p.do(Press(`button[value="ask-remove"]`), See("#removal"))
	if err := l.SaveElsewhere(); err != nil {
		t.Fatal(err)
	}
	p.do(Press(`button[value="remove"]`), See("#stale"))
	l.fileHas(t, "POST /api/orders")
	p.do(Press("#stale button"), See("#saved"))
	if text := l.file(t); strings.Contains(text, "POST /api/orders") || !strings.Contains(text, "GET /added/elsewhere") {
		t.Errorf("after removing:\n%s", text)
	}
	p.open("/policy?name=front-end")
	p.do(Press(`button[value="ask-remove"]`), See("#removal"))
	p.sees("#removal", "2 endpoints still use it")
}

func TestEverythingWorksWithoutScripts(t *testing.T) {
	l := lab(t, Everyday)
	p := visitor(t, l)
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	p.do(chromedp.Navigate(l.Admin+"/"), chromedp.WaitVisible(chromedp.CSS("#token")), Type("token", l.Token), enter(".signin button"),
		chromedp.WaitVisible(chromedp.CSS(".rows")))
	p.do(chromedp.Navigate(l.Admin+Editor("POST /api/orders")), chromedp.WaitVisible(chromedp.CSS("#allow")))
	p.do(chromedp.SetValue(chromedp.CSS("#allow"), "selected"), chromedp.WaitVisible(chromedp.CSS("#domains")),
		Type("domains", "docs.example.com, https://two.example"), enter("#save"),
		chromedp.WaitVisible(chromedp.CSS(".repair")))
	p.do(enter(".repair"), chromedp.WaitNotPresent(chromedp.CSS(".repair")), chromedp.WaitVisible(chromedp.CSS("#save")), enter("#save"),
		chromedp.WaitVisible(chromedp.CSS("#saved")))
	l.fileHas(t, docs, "https://two.example")
	p.do(enter("#saved button"), chromedp.WaitReady(chromedp.CSS(`#allow option[value="none"][selected]`)))
	p.do(chromedp.Navigate(l.Admin+"/?q=prices"), chromedp.WaitVisible(chromedp.CSS(".rows")))
	if n := ask[int](p, `document.querySelectorAll('.rows tbody tr').length`); n != 1 {
		t.Errorf("searching without scripts finds %d rows, want 1", n)
	}
}

// Strangers choose origins, and colleagues patterns and names; all are text.
func TestTextOfStrangersStaysText(t *testing.T) {
	const script = `<img src=x onerror="document.title=1">`
	l := lab(t, fmt.Sprintf("policies:\n  '%s': {allow: all}\nendpoints:\n  - endpoint: GET /a\n    cors: '%s'\n  - endpoint: POST /b/{x}\n", script, script))
	for _, origin := range []string{"https://" + script, `"><script>document.title=1</script>`, "javascript:alert(1)", "https://x.example/\u202e</td>"} {
		if _, err := l.Call("POST", "/b/1", origin); err != nil {
			t.Logf("not even sent: %v", err)
		}
	}
	p := user(t, l)
	for _, path := range []string{"/", "/policies", "/policy?" + url.Values{"name": {script}}.Encode(), "/traffic", "/history", "/file",
		Editor("GET /a"), "/?" + url.Values{"q": {script}}.Encode(), Editor(script), "/allow?" + url.Values{"endpoint": {"POST /b/{x}"}, "origin": {script}}.Encode(),
	} {
		p.open(path)
		if got := ask[int](p, `document.querySelectorAll('main img, main script').length`); got != 0 {
			t.Errorf("%s: markup of strangers is in the page", path)
		}
		if title := ask[string](p, `document.title`); strings.HasPrefix(title, "1") {
			t.Errorf("%s: a script of strangers ran", path)
		}
	}
	p.open("/traffic")
	p.do(Await(`document.querySelector('[data-feed-state]').textContent.startsWith('Live')`))
	if _, err := l.Call("POST", "/b/1", "https://live"+script); err != nil {
		t.Fatal(err)
	}
	p.do(Await(`document.querySelector('.feed').textContent.includes('https://live')`))
	if got := ask[int](p, `document.querySelectorAll('main img').length`); got != 0 {
		t.Error("the live strip makes markup of what strangers sent")
	}
}

// enter presses a button by the keyboard. Whole pages load here, and a click
// lands where the button was a moment ago.
func enter(selector string) Step { return chromedp.SendKeys(chromedp.CSS(selector), kb.Enter) }
