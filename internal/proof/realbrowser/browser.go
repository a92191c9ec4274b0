// Package realbrowser starts the real Chromium, Firefox and WebKit of the
// machine, headless and with a fresh profile, and runs scripts in pages of
// theirs. It exists for tests: what a browser really does with a cross-origin
// request is asked here, not guessed.
//
// The browsers are spoken to in their own remote protocols (the Chrome DevTools
// Protocol over a pipe, WebDriver BiDi over a WebSocket, WebDriver over HTTP), of
// which it needs four commands each. Scripts run in the page's own realm, as if the page had
// contained them: origin, cookies, mixed content and Sec-Fetch-* are the page's.
//
// Settings that differ from a browser as people use it are listed, with the
// reason, in chromium.go, firefox.go and webkit.go.
package realbrowser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// Kind is a family of browsers.
type Kind string

const (
	Chromium Kind = "chromium"
	Firefox  Kind = "firefox"
	WebKit   Kind = "webkit"
)

// Kinds are all browsers that Start knows.
var Kinds = []Kind{Chromium, Firefox, WebKit}

// ErrNotInstalled is in the chain of Start's error when no executable is found.
var ErrNotInstalled = errors.New("not installed")

// Options says how a browser is started. The zero value starts the installed
// browser with direct connections.
type Options struct {
	// Executable is the browser's program. Empty: the environment variable
	// CONCORS_CHROMIUM, CONCORS_FIREFOX or CONCORS_WEBKIT (a MiniBrowser), else
	// what the machine has under the usual names.
	Executable string

	// Dial, if set, makes every connection of the browser, loopback included; the
	// address is "host:port" with the name that the page used. It allows any host
	// name and the default ports 80 and 443 without root or DNS. The browser
	// reaches it through a SOCKS proxy, so Local Network Access sees no addresses.
	// Nil: the browser connects by itself (names below .localhost are loopback).
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// ThirdPartyCookies allows cookies in requests to other sites, as Chrome does
	// by default. Debian's Chromium blocks them unless told otherwise. Firefox keeps
	// them in a jar per top-level site; WebKit sends old ones and keeps no new ones.
	ThirdPartyCookies bool

	// Flags are further command-line arguments, Prefs further Firefox preferences
	// (bool, int or string).
	Flags []string
	Prefs map[string]any
}

// startTimeout is generous: a cold browser on a busy CI machine takes seconds.
const startTimeout = 90 * time.Second

// Browser is a running browser. All methods may be called concurrently.
type Browser struct {
	kind    Kind
	version string
	proc    *process
	client  *client
	driver  driver
	proxy   *socksProxy // nil if the browser connects by itself
	display *process    // the X server of WebKit

	mu    sync.Mutex // guards pages
	pages map[string]*sharedPage
}

// driver is what differs between the two remote protocols.
type driver interface {
	// newTab opens an empty tab and returns its handle.
	newTab(ctx context.Context) (tab string, err error)
	// navigate loads url as if typed into the address bar, and waits for it.
	navigate(ctx context.Context, tab, url string) error
	// evaluate runs an expression that yields a promise of a string.
	evaluate(ctx context.Context, tab, expression string) (string, error)
	closeTab(ctx context.Context, tab string) error
}

type sharedPage struct {
	once sync.Once
	page *Page
	err  error
}

// Start starts a browser. ctx bounds the start only; Close ends the browser.
// Certificates are not checked, so any TLS server will do, and https pages are
// secure contexts nevertheless.
func Start(ctx context.Context, kind Kind, opts Options) (_ *Browser, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("not ready after %v", startTimeout))
	defer cancel()
	executable, err := find(kind, opts.Executable)
	if err != nil {
		return nil, err
	}
	b := &Browser{kind: kind, pages: map[string]*sharedPage{}}
	defer func() {
		if err != nil {
			err = fmt.Errorf("realbrowser: starting %s: %w", executable, b.explain(ctx, err))
			b.Close()
		}
	}()
	proxy := ""
	if opts.Dial == nil && kind == WebKit {
		opts.Dial = loopbackDial
	}
	if opts.Dial != nil {
		if b.proxy, err = startSOCKS(opts.Dial); err != nil {
			return nil, err
		}
		proxy = b.proxy.addr()
	}
	switch kind {
	case Chromium:
		err = b.startChromium(ctx, executable, proxy, opts)
	case Firefox:
		err = b.startFirefox(ctx, executable, proxy, opts)
	case WebKit:
		err = b.startWebKit(ctx, executable, proxy, opts)
	}
	if err != nil {
		return nil, err
	}
	return b, nil
}

// Kind tells which browser this is.
func (b *Browser) Kind() Kind { return b.kind }

// Version is the browser's name and version as it states them.
func (b *Browser) Version() string { return b.version }

// Eval runs a script in a tab that shows pageURL, opening the tab on first use;
// see Page.Eval. Calls for the same URL share the tab and may overlap.
func (b *Browser) Eval(ctx context.Context, pageURL, script string) (json.RawMessage, error) {
	b.mu.Lock()
	s := b.pages[pageURL]
	if s == nil {
		s = &sharedPage{}
		b.pages[pageURL] = s
	}
	b.mu.Unlock()
	s.once.Do(func() { s.page, s.err = b.Open(ctx, pageURL) })
	if s.err != nil {
		b.forget(pageURL, s)
		return nil, s.err
	}
	result, err := s.page.Eval(ctx, script)
	if _, threw := errors.AsType[*ScriptError](err); err != nil && !threw {
		b.forget(pageURL, s) // the tab may have crashed or gone elsewhere
	}
	return result, err
}

// forget makes the next Eval for pageURL open a new tab.
func (b *Browser) forget(pageURL string, s *sharedPage) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pages[pageURL] == s {
		delete(b.pages, pageURL)
	}
}

// Open opens a new tab and waits until url has loaded in it.
func (b *Browser) Open(ctx context.Context, url string) (*Page, error) {
	tab, err := b.driver.newTab(ctx)
	if err != nil {
		return nil, fmt.Errorf("realbrowser: %s: opening a tab: %w", b.kind, b.explain(ctx, err))
	}
	p := &Page{b: b, tab: tab}
	if err := p.Navigate(ctx, url); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// explain adds what the browser said last when it is gone or silent; an
// ordinary error answer passes unchanged.
func (b *Browser) explain(ctx context.Context, err error) error {
	if b.proc == nil {
		return err
	}
	if errors.Is(err, errGone) { // the exit status follows at once
		select {
		case <-b.proc.done:
		case <-ctx.Done():
		}
	}
	if gone := b.proc.exited(); gone != nil {
		return fmt.Errorf("%w (%v)%s", err, gone, b.proc.said())
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w (%v)%s", err, context.Cause(ctx), b.proc.said())
	}
	return err
}

// Close ends the browser with all its processes and removes its profile.
func (b *Browser) Close() error {
	var errs []error
	if b.client != nil {
		b.client.close()
	}
	if b.proc != nil {
		errs = append(errs, b.proc.kill())
	}
	if b.display != nil {
		errs = append(errs, b.display.kill())
	}
	if b.proxy != nil {
		errs = append(errs, b.proxy.close())
	}
	return errors.Join(errs...)
}

// Page is a tab. Its methods may be called concurrently.
type Page struct {
	b   *Browser
	tab string
}

// Navigate loads url as if a person had typed it, and waits for its load event.
func (p *Page) Navigate(ctx context.Context, url string) error {
	if err := p.b.driver.navigate(ctx, p.tab, url); err != nil {
		return fmt.Errorf("realbrowser: %s: loading %s: %w", p.b.kind, url, p.b.explain(ctx, err))
	}
	return nil
}

// ScriptError is an exception that the script did not catch.
type ScriptError struct {
	Message string // the exception as a string
	Stack   string
}

func (e *ScriptError) Error() string { return "realbrowser: script threw: " + e.Message }

// Eval runs script as the body of an async function in the page and returns
// what it returns, as JSON (undefined becomes null). An exception comes back as
// *ScriptError. When ctx ends first, the script may still be running.
func (p *Page) Eval(ctx context.Context, script string) (json.RawMessage, error) {
	answer, err := p.b.driver.evaluate(ctx, p.tab, wrap(script))
	if err != nil {
		return nil, fmt.Errorf("realbrowser: %s: running a script: %w", p.b.kind, p.b.explain(ctx, err))
	}
	var r struct {
		Value json.RawMessage
		Error *ScriptError
	}
	if err := json.Unmarshal([]byte(answer), &r); err != nil {
		return nil, fmt.Errorf("realbrowser: %s: the script's answer %.100q: %w", p.b.kind, answer, err)
	}
	if r.Error != nil {
		return nil, r.Error
	}
	return r.Value, nil
}

// wrap makes an expression of a function body, the same for both protocols: a
// promise of a JSON text that carries either the value or the exception.
func wrap(script string) string {
	return `(async () => {
	try {
		const value = await (async () => {` + "\n" + script + "\n" + `})();
		return JSON.stringify({Value: value === undefined ? null : value});
	} catch (e) {
		return JSON.stringify({Error: {Message: String(e), Stack: String(e && e.stack)}});
	}
})()`
}

// Close closes the tab.
func (p *Page) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return p.b.driver.closeTab(ctx, p.tab)
}

// required tells whether a missing browser is a failure rather than a skip.
func required() bool { return os.Getenv("CONCORS_REQUIRE_BROWSERS") == "1" }
