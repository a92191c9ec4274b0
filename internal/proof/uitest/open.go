package uitest

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/chromedp/chromedp"
)

// patience is how long a state may take to come about on a loaded machine.
const patience = 30 * time.Second

// Open starts the lab of s and brings a new tab of browser into the state. The
// caller ends both with cancel. Watch, if not nil, sees the tab before it shows
// anything.
func (s State) Open(browser context.Context, watch func(tab context.Context)) (_ *Lab, _ context.Context, cancel func(), err error) {
	l, err := Start(Options{Document: cmp.Or(s.Document, Everyday), ReadOnly: s.ReadOnly})
	if err != nil {
		return nil, nil, nil, err
	}
	tab, closeTab, err := l.Tab(browser)
	end := func() {
		if closeTab != nil {
			closeTab()
		}
		l.Close()
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s: %w", s.Name, err)
			end()
		}
	}()
	if err != nil {
		return nil, nil, nil, err
	}
	if watch != nil {
		watch(tab)
	}
	if s.Visit {
		if err := l.Visit(); err != nil {
			return nil, nil, nil, err
		}
	}
	steps := []Step{Screen(1280, 800, false)}
	if !s.Out {
		steps = append(steps, l.SignIn())
	}
	ctx, stop := context.WithTimeout(tab, patience)
	defer stop()
	if err := chromedp.Do(ctx, steps...); err != nil {
		return nil, nil, nil, err
	}
	if s.Prepare != nil {
		if err := s.Prepare(l); err != nil {
			return nil, nil, nil, err
		}
	}
	steps = []Step{chromedp.Navigate(l.Admin + s.Path)}
	if s.Then != nil {
		steps = append(steps, s.Then(l)...)
	}
	if err := chromedp.Do(ctx, append(steps, Settled())...); err != nil {
		return nil, nil, nil, err
	}
	return l, tab, end, nil
}

// Tab opens a tab with cookies of its own.
func (l *Lab) Tab(browser context.Context) (context.Context, func(), error) {
	tab, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	LeaveFreely(tab)
	if err := chromedp.Do(tab); err != nil {
		cancel()
		return nil, nil, err
	}
	return tab, cancel, nil
}

// SignIn opens the link of the first start.
func (l *Lab) SignIn() Step {
	return chromedp.Steps(chromedp.Navigate(l.Link), See(".top"))
}
