package uitest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// ErrNoChromium says that there is no browser on this machine.
var ErrNoChromium = errors.New("uitest: chromium is not installed")

// NewBrowser starts a Chromium with a fresh profile. It ends with cancel.
func NewBrowser(ctx context.Context) (_ context.Context, cancel func(), err error) {
	executable, err := exec.LookPath("chromium")
	if err != nil {
		return nil, nil, ErrNoChromium
	}
	profile, err := os.MkdirTemp("", "concors-chromium-")
	if err != nil {
		return nil, nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(executable), chromedp.UserDataDir(profile), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true), chromedp.Flag("font-render-hinting", "none"),
	)
	allocator, stop := chromedp.NewExecAllocator(ctx, options...)
	browser, end := chromedp.NewContext(allocator)
	cancel = func() {
		end()
		stop()
		_ = os.RemoveAll(profile)
	}
	if err := chromedp.Do(browser); err != nil {
		cancel()
		return nil, nil, fmt.Errorf("uitest: starting chromium: %w", err)
	}
	return browser, cancel, nil
}

// A Step is something that is done in a tab.
type Step = chromedp.Action[chromedp.Void]

// Run runs a script in the page.
func Run(script string) Step { return chromedp.Evaluate[chromedp.Void](script) }

// Screen makes the tab as wide and high as given, light or dark, without motion.
func Screen(width, height int64, dark bool) Step {
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}}
	return chromedp.Steps(
		chromedp.EmulateViewport(width, height),
		chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media)
			return err
		}),
	)
}

// LeaveFreely lets the tab leave pages with unsaved changes without asking.
func LeaveFreely(ctx context.Context) {
	dialogs := chromedp.Events(ctx, page.JavascriptDialogOpening)
	go func() {
		for _, err := range dialogs {
			if err != nil {
				return
			}
			_, _ = chromedp.Call(ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
		}
	}()
}

// Await waits until the expression is true, also across navigations: a page
// that goes away is asked again as soon as there is another.
func Await(expression string) Step {
	ask := chromedp.Evaluate[bool]("!!(" + expression + ")")
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			if yes, err := ask(ctx, t); err == nil && yes {
				return chromedp.Void{}, nil
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return chromedp.Void{}, fmt.Errorf("waiting for %s: %w", expression, ctx.Err())
			}
		}
	}
}

// Settled waits until what was typed has been judged and no answer is on its
// way.
func Settled() Step {
	return Await(`document.readyState === 'complete' && !document.querySelector('[aria-busy=true]') &&
		(!document.querySelector('[data-editor]') || document.documentElement.dataset.settled === 'yes')`)
}
