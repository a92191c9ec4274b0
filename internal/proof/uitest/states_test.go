package uitest

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// In every state of every page, light and dark, axe-core finds nothing, the
// page is no wider than a phone of 320 px, and the browser has nothing to
// complain about.
func TestEveryStateIsAccessible(t *testing.T) {
	needBrowser(t)
	if _, err := axeScript(); err != nil {
		t.Skipf("axe-core cannot be fetched: %v", err)
	}
	// Answers that are errors on purpose are logged by the browser.
	expected := []string{"signin-wrong", "editor-stale", "error", "not-found"}
	for _, s := range States() {
		t.Run(s.Name, func(t *testing.T) {
			if testing.Short() && s.Name == "list-many" {
				t.Skip("slow")
			}
			var complaints func() []string
			_, tab, cancel, err := s.Open(browser, func(tab context.Context) { complaints = listen(tab) })
			if err != nil {
				t.Fatal(err)
			}
			defer cancel()
			for _, dark := range []bool{false, true} {
				if err := chromedp.Do(tab, Screen(1280, 800, dark)); err != nil {
					t.Fatal(err)
				}
				found, err := Axe(tab)
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range found {
					t.Errorf("dark %v: %v", dark, v)
				}
			}
			if err := chromedp.Do(tab, Screen(320, 640, false)); err != nil {
				t.Fatal(err)
			}
			wide, err := chromedp.Run(tab, chromedp.Evaluate[int]("document.documentElement.scrollWidth"))
			if err != nil {
				t.Fatal(err)
			}
			if wide > 320 {
				t.Errorf("the page is %d px wide on a screen of 320 px", wide)
			}
			if !slices.Contains(expected, s.Name) {
				for _, c := range complaints() {
					t.Errorf("the browser complains: %s", c)
				}
			}
		})
	}
}

// listen collects what the browser says about the page from now on: errors of
// scripts, violations of the Content-Security-Policy, requests that failed.
func listen(tab context.Context) (all func() []string) {
	var mu sync.Mutex
	var list []string
	add := func(s string) {
		mu.Lock()
		defer mu.Unlock()
		list = append(list, s)
	}
	logged := chromedp.Events(tab, log.EntryAdded)
	thrown := chromedp.Events(tab, runtime.ExceptionThrown)
	go func() {
		for e, err := range logged {
			if err != nil {
				return
			}
			add(e.Entry.Text)
		}
	}()
	go func() {
		for e, err := range thrown {
			if err != nil {
				return
			}
			add(e.ExceptionDetails.Text)
		}
	}()
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(list)
	}
}
