package uitest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const docs = "https://docs.example.com"

// However often the link of the first start is opened, signed in or not, the
// token stays neither in the address bar nor in the addresses to go back to.
func TestTheLinkLeavesNoTokenInTheAddressBar(t *testing.T) {
	l := lab(t, Everyday)
	p := visitor(t, l)
	for _, test := range []struct{ name, link, want string }{
		{"signed out", l.Link, "/"},
		{"signed in", l.Link, "/"},
		{"signed in, with a page to go to", strings.Replace(l.Link, "#", "?next=%2Ftraffic#", 1), "/traffic"},
		{"signed in, on any page", l.Admin + "/history#token=" + l.Token, "/history"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p.t = t
			p.do(chromedp.Navigate("about:blank"), chromedp.Navigate(test.link), See(".top"), Await(`!location.href.includes('#')`))
			if got := ask[string](p, "location.href"); got != l.Admin+test.want {
				t.Errorf("the address is %q, want %q", got, l.Admin+test.want)
			}
			ctx, cancel := context.WithTimeout(p.tab, patience)
			defer cancel()
			past, err := chromedp.Run(ctx, chromedp.NavigationEntries())
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range past.Entries {
				if strings.Contains(entry.URL, l.Token) {
					t.Errorf("the token can be gone back to: %q", entry.URL)
				}
			}
		})
	}
}

// From the printed link to an enforced "allow https://docs.example.com with
// credentials" it takes six actions: open the link, choose the endpoint, choose
// the setting, type the domain, tick credentials, save.
func TestSixActionsToASavedSetting(t *testing.T) {
	l := lab(t, Everyday)
	p := visitor(t, l)
	before, err := l.Call("POST", "/api/orders", docs)
	if err != nil || before != http.StatusForbidden {
		t.Fatalf("before: %d, %v; want 403", before, err)
	}
	actions := 0
	act := func(step Step, until Step) {
		t.Helper()
		actions++
		p.do(step, until)
	}
	act(chromedp.Navigate(l.Link), See(".rows"))
	act(Press(`.rows a[href*="POST+%2Fapi%2Forders"]`), See("#allow"))
	act(Choose("allow", "selected"), See("#domains-input"))
	act(Type("domains-input", docs), Settled())
	act(Press("#credentials"), Settled())
	act(Press("#save"), See("#saved"))
	if actions > 6 {
		t.Errorf("%d actions, want at most 6", actions)
	}
	p.sees("#saved", "Enforced, revision")
	if after, err := l.Call("POST", "/api/orders", docs); err != nil || after != http.StatusOK {
		t.Errorf("after: %d, %v; want 200 as soon as the page says so", after, err)
	}
	l.fileHas(t, docs, "credentials: true", "Content-Type", "5m", "# public on purpose", "# Everything that the documentation needs.")

	p.do(Press("#saved button"), Await(`document.getElementById('allow')?.value === 'none'`))
	if again, err := l.Call("POST", "/api/orders", docs); err != nil || again != http.StatusForbidden {
		t.Errorf("after undo: %d, %v; want 403", again, err)
	}
	if text := l.file(t); text != Everyday {
		t.Errorf("undo did not bring back the document:\n%s", text)
	}
}

func TestTheThreeOptionsAreWordedAsAgreed(t *testing.T) {
	p := user(t, lab(t, Everyday))
	p.open(Editor("POST /api/orders"))
	got := ask[[]string](p, `[...document.querySelectorAll('#allow option')].map(o => o.textContent)`)
	want := []string{"Disallow cross-origin requests (default)", "Allow all cross-origin requests", "Allow from selected domains"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("options %q, want %q", got, want)
	}
}

func TestFieldsAppearWithTheChoiceAndKeepTheirValues(t *testing.T) {
	l := lab(t, Everyday)
	p := user(t, l)
	p.open(Editor("POST /api/orders"))
	visible := func(id string) bool {
		return ask[bool](p, `document.getElementById('`+id+`').checkVisibility()`)
	}
	expect := func(choice string, want map[string]bool) {
		t.Helper()
		for id, w := range want {
			if got := visible(id); got != w {
				t.Errorf("under %s, %s visible: %v, want %v", choice, id, got, w)
			}
		}
	}
	expect("none", map[string]bool{"domains-input": false, "headers-input": false, "cache": false, "credentials": false})
	p.do(Choose("allow", "selected"), Type("domains-input", "https://a.example https://b.example\n"), Press("#credentials"), Settled())
	expect("selected", map[string]bool{"domains-input": true, "headers-input": true, "cache": true, "credentials": true})
	p.do(Choose("allow", "all"), Settled())
	expect("all", map[string]bool{"domains-input": false, "headers-input": true, "cache": true, "credentials": false})
	p.sees("#changes", "Every website may now call POST /api/orders")
	p.do(Choose("allow", "none"), Settled())
	p.sees("#blocked", "Nothing to save")
	p.do(Choose("allow", "selected"), Settled())
	if got := ask[[]string](p, `[...document.querySelectorAll('[data-chips=domains] .chip .text')].map(e => e.textContent)`); strings.Join(got, " ") != "https://a.example https://b.example" {
		t.Errorf("domains after switching: %q", got)
	}
	if !ask[bool](p, `document.getElementById('credentials').checked`) {
		t.Error("credentials were lost while switching")
	}
	if got := ask[string](p, `document.getElementById('headers').value`); got != "Content-Type" {
		t.Errorf("headers are prefilled with %q, want Content-Type", got)
	}
	if got := ask[string](p, `document.getElementById('cache').value`); got != "5m" {
		t.Errorf("cache is prefilled with %q, want 5m", got)
	}
}

func TestABadChipSaysWhyAndIsRepairedWithOneClick(t *testing.T) {
	l := lab(t, Everyday)
	p := user(t, l)
	p.open(Editor("POST /api/orders"))
	p.do(Choose("allow", "selected"), Type("domains-input", "docs.example.com\n"), See(".chip.wrong"))
	p.sees("#issues-domains", "An origin needs its scheme.")
	p.sees("#issues-domains .repair", "Use "+docs)
	p.sees("#blocked", "One thing needs a correction first.")
	if !ask[bool](p, `document.getElementById('save').disabled`) {
		t.Error("a draft with a mistake can be saved")
	}
	p.do(Press(".repair"), Settled())
	p.sees("[data-chips=domains] .chips", docs)
	if ask[bool](p, `!!document.querySelector('.chip.wrong') || document.getElementById('save').disabled`) {
		t.Error("after the repair something is still wrong")
	}
	if got := ask[string](p, `document.activeElement.id`); got != "domains-input" {
		t.Errorf("after the repair the focus is on %q, want the field", got)
	}
	p.do(Press("#save"), See("#saved"))
	l.fileHas(t, docs)
}

// paste pastes a text into the field with the id.
func (p *person) paste(id, text string) {
	p.t.Helper()
	ask[bool](p, fmt.Sprintf(`(() => {
		const field = document.getElementById(%q), data = new DataTransfer();
		data.setData('text/plain', %q);
		field.focus();
		return field.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
	})()`, id, text))
}

func TestTwentyDomainsArePastedAtOnce(t *testing.T) {
	l := lab(t, Everyday)
	p := user(t, l)
	p.open(Editor("POST /api/orders"))
	var text strings.Builder
	for i := range 20 {
		fmt.Fprintf(&text, "https://site%d.example%s", i, []string{", ", "\n", " ", ";\t", "\r\n"}[i%5])
	}
	p.do(Choose("allow", "selected"))
	p.paste("domains-input", text.String())
	p.do(Settled())
	if got := ask[int](p, `document.querySelectorAll('[data-chips=domains] .chip').length`); got != 20 {
		t.Fatalf("%d chips, want 20", got)
	}
	p.do(Press("#save"), See("#saved"))
	for i := range 20 {
		l.fileHas(t, fmt.Sprintf("https://site%d.example", i))
	}
}

func TestTheWholeEditorWorksByKeyboard(t *testing.T) {
	l := lab(t, Everyday)
	p := visitor(t, l)
	p.do(chromedp.Navigate(l.Link), See(".rows"))
	// reach presses Tab until what the selector finds has the focus, and sees
	// on the way that the focus can be seen.
	reach := func(selector string) {
		t.Helper()
		for range 60 {
			p.keys(kb.Tab)
			here := ask[string](p, `document.activeElement.matches(`+"`"+selector+"`"+`) ? 'here' :
				(() => { const s = getComputedStyle(document.activeElement), b = document.activeElement.closest('.chips'); return s.outlineStyle === 'none' && !b ? document.activeElement.outerHTML : ''; })()`)
			if here == "here" {
				return
			}
			if here != "" {
				t.Errorf("the focus cannot be seen on %.200s", here)
			}
		}
		t.Fatalf("Tab does not lead to %s", selector)
	}
	reach(`.rows a[href*="POST+%2Fapi%2Forders"]`)
	p.keys(kb.Enter)
	p.do(See("#allow"), Settled())
	reach("#allow")
	p.keys(kb.ArrowDown)
	p.keys(kb.ArrowDown)
	p.do(Await(`document.getElementById('allow').value === 'selected'`))
	reach("#domains-input")
	p.keys("docs.example.com")
	p.keys(kb.Enter)
	p.do(See(".chip.wrong"), Settled())
	p.keys(kb.ArrowLeft) // to the chip
	p.sees(":focus", "×")
	p.keys(kb.Delete)
	p.do(Await(`!document.querySelector('[data-chips=domains] .chip')`), Settled())
	p.keys("other.example")
	p.keys(kb.Enter)
	p.do(See(".repair"), Settled())
	reach(".repair")
	p.keys(kb.Enter)
	p.do(Await(`!document.querySelector('.chip.wrong')`), Settled())
	reach("#credentials")
	p.keys(" ")
	p.do(Settled())
	reach("#save")
	p.keys(kb.Enter)
	p.do(See("#saved"))
	l.fileHas(t, "https://other.example", "credentials: true")
}

func TestTwoEditorsRace(t *testing.T) {
	open := func(t *testing.T) (l *Lab, slow *person) {
		l = lab(t, Everyday)
		slow = user(t, l)
		slow.open(Editor("POST /api/orders"))
		slow.do(Choose("allow", "selected"), Type("domains-input", docs+"\n"), Settled())
		return l, slow
	}
	save := func(t *testing.T, l *Lab, pattern, domain string) {
		t.Helper()
		quick := user(t, l)
		quick.open(Editor(pattern))
		quick.do(Choose("allow", "selected"), Type("domains-input", domain+"\n"), Settled(), Press("#save"), See("#saved"))
	}
	t.Run("changes of different endpoints are merged", func(t *testing.T) {
		l, slow := open(t)
		save(t, l, "POST /login/sso", "https://quick.example")
		slow.do(See("#elsewhere"), Press("#save"), See("#stale"))
		slow.sees("#stale", "https://quick.example may now call POST /login/sso")
		slow.sees("#stale", docs+" may now call POST /api/orders")
		slow.do(Press("#stale button"), See("#saved"))
		l.fileHas(t, docs, "https://quick.example")
	})
	t.Run("changes of one endpoint are told apart, and one may keep one's own", func(t *testing.T) {
		l, slow := open(t)
		save(t, l, "POST /api/orders", "https://quick.example")
		slow.do(Press("#save"), See("#stale"))
		slow.sees("#stale", "You both changed POST /api/orders")
		slow.sees("#stale .button", "Keep mine")
		slow.do(Press("#stale button"), See("#saved"))
		l.fileHas(t, docs)
		if text := l.file(t); strings.Contains(text, "https://quick.example") {
			t.Errorf("keeping one's own kept theirs too:\n%s", text)
		}
	})
	t.Run("or start again from theirs", func(t *testing.T) {
		l, slow := open(t)
		save(t, l, "POST /api/orders", "https://quick.example")
		slow.do(Press("#save"), See("#stale"), Press("#stale a.button"), See("#allow"), Settled())
		if got := ask[string](slow, `document.getElementById('domains').value`); got != "https://quick.example" {
			t.Errorf("domains %q, want theirs", got)
		}
	})
}

func TestASaveIsEnforcedWhenThePageSaysSo(t *testing.T) {
	l := lab(t, Everyday)
	p := user(t, l)
	p.open(Editor("POST /api/orders"))
	p.do(Choose("allow", "selected"), Type("domains-input", docs+"\n"), Settled())
	if status, err := l.Call("POST", "/api/orders", docs); err != nil || status != http.StatusForbidden {
		t.Errorf("before: a website gets %d, %v", status, err)
	}
	p.do(Press("#save"), See("#saved"))
	if status, err := l.Call("POST", "/api/orders", docs); err != nil || status != http.StatusOK {
		t.Errorf("after: a website gets %d, %v", status, err)
	}
}
