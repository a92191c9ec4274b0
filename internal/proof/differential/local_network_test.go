package differential

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/internal/proof/realbrowser"
)

// TestLocalNetworkAccess asks Chromium about address spaces, as far as loopback
// permits: the browser is told to take a server's address for a public or a
// local one. Nobody answers its question for permission, so it is denied.
func TestLocalNetworkAccess(t *testing.T) {
	if testing.Short() {
		t.Skip("real browsers are slow")
	}
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html><title>page</title>")
	})
	servers := map[browser.AddressSpace]*httptest.Server{}
	var overrides []string
	spaces := []browser.AddressSpace{browser.Public, browser.Local, browser.Loopback}
	for _, space := range spaces {
		s := httptest.NewServer(answer)
		t.Cleanup(s.Close)
		servers[space] = s
		if space != browser.Loopback {
			overrides = append(overrides, s.Listener.Addr().String()+"="+string(space))
		}
	}
	b := realbrowser.ForTest(t, realbrowser.Chromium, realbrowser.Options{Flags: []string{
		"--ip-address-space-overrides=" + strings.Join(overrides, ","), "--host-resolver-rules=MAP page.test 127.0.0.1",
	}})
	model := &browser.Browser{Profile: browser.Chromium}
	for _, from := range spaces {
		for _, to := range spaces {
			page, server := servers[from], servers[to]
			// A loopback address is trustworthy, a name over http is not.
			for _, origin := range []string{page.URL, strings.Replace(page.URL, "127.0.0.1", "page.test", 1)} {
				name := fmt.Sprintf("%s page to a %s address, trustworthy %t", from, to, origin == page.URL)
				t.Run(name, func(t *testing.T) {
					raw, err := b.Eval(t.Context(), origin+"/", fmt.Sprintf(`try { await fetch(%q); return true } catch (e) { return false }`, server.URL+"/"))
					if err != nil {
						t.Fatal(err)
					}
					var real bool
					if err := json.Unmarshal(raw, &real); err != nil {
						t.Fatal(err)
					}
					r := model.Fetch(context.Background(), browser.Page{Origin: origin, AddressSpace: from},
						browser.Call{URL: server.URL + "/", ServerAddressSpace: to}, browser.Handler(answer))
					if r.Allowed() != real {
						t.Errorf("%s: allowed %t, model %t (%v)", b.Version(), real, r.Allowed(), r.Blocked)
					}
				})
			}
		}
	}
}
