package uitest

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// browser is shared by all tests; each has tabs with cookies of their own.
var browser context.Context

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	b, end, err := NewBrowser(context.Background())
	if err != nil && !errors.Is(err, ErrNoChromium) {
		panic(err)
	}
	if err == nil {
		browser = b
		defer end()
	}
	return m.Run()
}

// A person is somebody in front of a tab.
type person struct {
	t   *testing.T
	lab *Lab
	tab context.Context
}

func needBrowser(t *testing.T) {
	t.Helper()
	if browser == nil {
		t.Skip(ErrNoChromium)
	}
}

// lab starts a lab of the document.
func lab(t *testing.T, document string) *Lab {
	t.Helper()
	needBrowser(t)
	l, err := Start(Options{Document: document})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// visitor opens a tab that is not signed in.
func visitor(t *testing.T, l *Lab) *person {
	t.Helper()
	tab, end, err := l.Tab(browser)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	p := &person{t, l, tab}
	p.do(Screen(1280, 800, false))
	return p
}

// user opens a tab and signs in.
func user(t *testing.T, l *Lab) *person {
	t.Helper()
	p := visitor(t, l)
	p.do(l.SignIn())
	return p
}

func (p *person) do(steps ...Step) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.tab, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%v\nthe page says: %s", err, p.says("h1, .notice, .issue, #blocked"))
	}
}

func (p *person) open(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.lab.Admin+path), Settled())
}

// keys types into whatever has the focus.
func (p *person) keys(text string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(text))
}

// ask evaluates an expression in the page.
func ask[T any](p *person, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.tab, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// says returns the text of what the selector finds, as it can be seen.
func (p *person) says(selector string) string {
	text, err := chromedp.Run(p.tab, chromedp.Evaluate[string](`[...document.querySelectorAll(`+"`"+selector+"`"+`)].map(e => e.innerText).join('\n')`))
	if err != nil {
		return err.Error()
	}
	return text
}

func (p *person) sees(selector, want string) {
	p.t.Helper()
	if got := p.says(selector); !strings.Contains(got, want) {
		p.t.Errorf("%s says\n%s\nwant something with\n%s", selector, got, want)
	}
}

// file returns the document on disk without its first line, the upstream.
func (l *Lab) file(t *testing.T) string {
	t.Helper()
	text, err := l.Read()
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(text, "\n")
	return rest
}

func (l *Lab) fileHas(t *testing.T, want ...string) {
	t.Helper()
	text := l.file(t)
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("the document has no %q:\n%s", w, text)
		}
	}
}
