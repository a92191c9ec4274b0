package explain

import (
	"context"
	"strings"
	"testing"

	"github.com/concors/concors/cors/browser"
)

func TestComparisonMarksWhatDiffers(t *testing.T) {
	ask := func(call browser.Call, lines ...string) string {
		var c Comparison
		for _, p := range Browsers() {
			q := Question{Profile: p, Page: browser.Page{Origin: "https://docs.example.com", AddressSpace: browser.Loopback}, Call: call}
			c = append(c, Ask(context.Background(), q, browser.Handler(headers(200, lines...))))
		}
		var w strings.Builder
		c.Write(&w, Style{})
		return w.String()
	}
	same := ask(browser.Call{URL: "https://api.example.com/"}, "Access-Control-Allow-Origin: *")
	if strings.Contains(same, "≠") || !strings.Contains(same, "chromium") || !strings.Contains(same, "webkit") {
		t.Errorf("what is the same is marked, or a column is missing:\n%s", same)
	}
	if strings.Count(same, "https://docs.example.com\n") != 2 { // the title and the Origin
		t.Errorf("what is the same is not written once:\n%s", same)
	}
	mixed := ask(browser.Call{URL: "http://localhost:3000/"}, "Access-Control-Allow-Origin: *")
	for _, want := range []string{"≠ Request 1", "≠ Outcome", "–"} {
		if !strings.Contains(mixed, want) {
			t.Errorf("no %q in\n%s", want, mixed)
		}
	}
	secret := ask(browser.Call{URL: "https://api.example.com/", Headers: []browser.HeaderField{{Name: "Authorization", Value: "Bearer hunter2"}}}, "Access-Control-Allow-Origin: *", "Access-Control-Allow-Headers: authorization")
	if strings.Contains(secret, "hunter2") {
		t.Errorf("a secret is shown:\n%s", secret)
	}
}
