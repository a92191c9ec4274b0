package uitest

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/chromedp/chromedp"
)

// A State is a state of a page that is worth looking at.
type State struct {
	Name     string
	Document string // empty: Everyday
	ReadOnly bool
	Visit    bool // with traffic
	Out      bool // not signed in

	// Prepare changes the lab before the page is opened. Nil: nothing.
	Prepare func(*Lab) error

	// Path is opened; Then are the steps from there.
	Path string
	Then func(*Lab) []Step
}

// Editor is the path of the editor of endpoints.
func Editor(patterns ...string) string {
	return "/endpoint?" + url.Values{"p": patterns}.Encode()
}

func steps(list ...Step) func(*Lab) []Step {
	return func(*Lab) []Step { return list }
}

// Choose picks a value of a drop-down as a person would.
func Choose(id, value string) Step {
	return chromedp.Steps(
		chromedp.SetValue(chromedp.CSS("#"+id), value),
		Run(`(e => { e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})); })(document.getElementById('`+id+`'))`),
	)
}

// Type types a text into the field with the id.
func Type(id, text string) Step {
	return chromedp.SendKeys(chromedp.CSS("#"+id), text)
}

// Press clicks what the selector finds.
func Press(selector string) Step { return chromedp.Click(chromedp.CSS(selector)) }

// See waits until the selector finds something that can be seen.
func See(selector string) Step {
	return Await(fmt.Sprintf("document.querySelector(%q)?.checkVisibility()", selector))
}

const broken = `upstream: http://127.0.0.1:1
endpoints:
  - endpoint: GET /api/account
    cors: {allow: selected, domains: [docs.example.com], credential: true}
`

// States are the states of all pages.
func States() []State {
	orders := Editor("POST /api/orders")
	return []State{
		{Name: "signin", Out: true, Path: "/login"},
		{Name: "signin-wrong", Out: true, Path: "/login", Then: steps(
			Type("token", "wrong"), Press(".signin button"), See("#signin-problem"),
		)},
		{Name: "list", Path: "/", Visit: true},
		{Name: "list-quiet", Path: "/"},
		{Name: "list-empty", Path: "/", Document: "endpoints: []\n"},
		{Name: "list-nothing-found", Path: "/?q=nowhere"},
		{Name: "list-many", Path: "/", Document: Many(10_000)},
		{Name: "list-chosen", Path: "/", Then: steps(Press(`input[value="POST /api/orders"]`), Press(`input[value="PUT /api/account"]`), See("[data-bulk-button]"))},
		{Name: "list-read-only", Path: "/", ReadOnly: true, Visit: true},
		{Name: "list-broken", Path: "/", Prepare: (*Lab).Break},
		{Name: "editor-none", Path: orders, Visit: true},
		{Name: "editor-all", Path: Editor("GET /api/prices"), Then: steps(Choose("use", ""), Settled())},
		{Name: "editor-selected", Path: Editor("GET /api/orders/{id}")},
		{Name: "editor-mistakes", Path: orders, Then: steps(
			Choose("allow", "selected"), Type("domains-input", "docs.example.com,https://*.github.io,https://ok.example,https://ok.example:443\n"), Press("#credentials"), See(".repair"), Settled(),
		)},
		{Name: "editor-ready", Path: orders, Then: steps(
			Choose("allow", "selected"), Type("domains-input", "https://docs.example.com\n"), Press("#credentials"), See(".changes"), Settled(),
		)},
		{Name: "editor-more", Path: Editor("POST /login/sso"), Then: steps(See(".more[open]"))},
		{Name: "editor-policy", Path: Editor("PUT /api/account"), Visit: true},
		{Name: "editor-observing", Path: Editor("GET /api/search"), Visit: true},
		{Name: "editor-try", Path: Editor("GET /api/orders/{id}"), Then: steps(Press("[data-inplace]"), See(".verdict"))},
		{Name: "editor-try-refused", Path: Editor("PUT /api/account"), Then: steps(
			chromedp.SetValue(chromedp.CSS("#try_origin"), "https://evil.example"), Press("[data-inplace]"), See(".verdict"),
		)},
		{Name: "editor-new", Path: "/endpoint/new"},
		{Name: "editor-bulk", Path: Editor("POST /api/orders", "PUT /api/account", "GET /api/prices")},
		{Name: "editor-allow-origin", Path: "/allow?" + url.Values{"endpoint": {"POST /api/orders"}, "origin": {"https://shop.example.com"}}.Encode(), Visit: true},
		{Name: "editor-allow-stranger", Path: "/allow?" + url.Values{"endpoint": {"GET /api/account"}, "origin": {"https://evil.example"}}.Encode(), Visit: true},
		{Name: "editor-saved", Path: orders, Then: steps(
			Choose("allow", "selected"), Type("domains-input", "https://docs.example.com\n"), Settled(), Press("#save"), See("#saved"),
		)},
		{Name: "editor-stale", Path: orders, Then: func(l *Lab) []Step {
			return []Step{
				Choose("allow", "selected"), Type("domains-input", "https://docs.example.com\n"), Settled(),
				chromedp.Func(func(context.Context, *chromedp.Target) error { return l.SaveElsewhere() }), Press("#save"), See("#stale"),
			}
		}},
		{Name: "editor-remove", Path: orders, Then: steps(Press(`button[value="ask-remove"]`), See("#removal"))},
		{Name: "editor-read-only", Path: Editor("GET /api/orders/{id}"), ReadOnly: true},
		{Name: "editor-broken", Path: orders, Prepare: (*Lab).Break},
		{Name: "policies", Path: "/policies"},
		{Name: "policies-empty", Path: "/policies", Document: "endpoints: [{endpoint: GET /}]\n"},
		{Name: "policy", Path: "/policy?name=front-end"},
		{Name: "policy-new", Path: "/policy/new"},
		{Name: "traffic", Path: "/traffic", Visit: true},
		{Name: "traffic-empty", Path: "/traffic"},
		{Name: "traffic-allowed", Path: "/traffic?show=allowed", Visit: true},
		{Name: "history", Path: "/history", Prepare: (*Lab).Live},
		{Name: "history-first", Path: "/history"},
		{Name: "check", Path: "/live?endpoint=" + url.QueryEscape("GET /a")},
		{Name: "check-done", Path: "/live", Prepare: (*Lab).WriteBypassed, Then: steps(Press("[data-check] button"), See("#checked section"))},
		{Name: "file", Path: "/file"},
		{Name: "file-broken", Path: "/file", Prepare: (*Lab).Break},
		{Name: "error", Path: Editor("GET /gone")},
		{Name: "not-found", Path: "/nowhere"},
	}
}

// WriteBypassed puts a document in place that gives the API's own address for
// the public one: whoever calls there passes Concors by.
func (l *Lab) WriteBypassed() error {
	text, err := l.Read()
	if err != nil {
		return err
	}
	upstream, _, _ := strings.Cut(strings.TrimPrefix(text, "upstream: "), "\n")
	return l.Write(fmt.Sprintf(`origins: [%s]
upstream: %[1]s
endpoints:
  - endpoint: GET /a
    cors: {allow: selected, domains: [https://docs.example.com], headers: [Content-Type]}
  - endpoint: GET /b
`, upstream))
}

// Break puts a document with mistakes in the place of the good one.
func (l *Lab) Break() error { return l.Write(broken) }

// Live makes a few revisions.
func (l *Lab) Live() error {
	text, err := l.Read()
	if err != nil {
		return err
	}
	for _, more := range []string{
		"  - endpoint: DELETE /api/account\n",
		"  - endpoint: DELETE /api/account\n    cors: {allow: selected, domains: [https://docs.example.com], credentials: true}\n",
		"  - endpoint: DELETE /api/account\n    cors: {allow: selected, domains: [https://docs.example.com, https://partner.example], credentials: true, cache: 5m}\n",
	} {
		if err := l.Write(text + more); err != nil {
			return err
		}
	}
	return nil
}

// SaveElsewhere saves a change that has nothing to do with any endpoint of
// [Everyday], as somebody else would.
func (l *Lab) SaveElsewhere() error {
	text, err := l.Read()
	if err != nil {
		return err
	}
	return l.Write(text + "  - endpoint: GET /added/elsewhere\n    cors: {allow: all}\n")
}
