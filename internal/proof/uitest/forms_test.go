package uitest

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// baseField finds the revision that an editor was opened on.
var baseField = regexp.MustCompile(`name="base" value="([0-9a-f]+)"`)

func TestTwentyEditsKeepTheFileAsItWasWritten(t *testing.T) {
	l, err := Start(Options{Document: Everyday})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar}
	post := func(path string, fields url.Values) string {
		t.Helper()
		res, err := c.PostForm(l.Admin+path, fields)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var b strings.Builder
		if err := res.Write(&b); err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", path, b.String())
		}
		return b.String()
	}
	page := post("/login", url.Values{"token": {l.Token}, "next": {Editor("POST /api/orders")}})
	for i := range 20 {
		base := baseField.FindStringSubmatch(page)
		if base == nil {
			t.Fatalf("edit %d: the page has no base:\n%s", i, page)
		}
		page = post("/endpoint", url.Values{
			"action": {"save"}, "base": {base[1]}, "p": {"POST /api/orders"}, "pattern": {"POST /api/orders"},
			"allow": {"selected"}, "domains": {fmt.Sprintf("https://site%d.example, %s", i, docs)}, "headers": {"Content-Type"}, "cache": {"5m"},
		})
		if !strings.Contains(page, "Enforced") {
			t.Fatalf("edit %d was not saved:\n%s", i, page)
		}
	}
	// Without what was edited, the file is what it was, to the byte.
	text := l.file(t)
	before, rest, _ := strings.Cut(text, "  - endpoint: POST /api/orders\n")
	_, after, _ := strings.Cut(rest, "  - endpoint: GET /api/orders/{id}\n")
	wantBefore, wantAfter, _ := strings.Cut(Everyday, "  - endpoint: POST /api/orders\n  - endpoint: GET /api/orders/{id}\n")
	if before != wantBefore || after != wantAfter {
		t.Errorf("after twenty edits:\n%s", text)
	}
	if !strings.Contains(rest, "https://site19.example") || strings.Contains(rest, "https://site18.example") {
		t.Errorf("the last edit is not what stands there:\n%s", rest)
	}
}
