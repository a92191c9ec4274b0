package realbrowser

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// WebKit is WebKitGTK's MiniBrowser, driven by WebKitWebDriver on a display of
// its own (Xvfb): Debian's packages webkit2gtk-driver, libwebkit2gtk-4.1-0 and
// xvfb. The engine is Safari's, the network stack (libsoup) is not.

// miniBrowserFlags are what every start gets; the reason stands beside each.
var miniBrowserFlags = []string{
	"--automation",
	// Scripts may open windows, and media play without a click.
	"--javascript-can-open-windows-automatically=true", "--autoplay-policy=allow",
	// A page is judged as it is loaded, not as it was kept.
	"--enable-page-cache=false",
}

// miniBrowsers are where distributions put MiniBrowser.
var miniBrowsers = []string{
	"/usr/lib/*/webkit2gtk-4.1/MiniBrowser",
	"/usr/libexec/webkit2gtk-4.1/MiniBrowser",
	"/usr/lib/webkit2gtk-4.1/MiniBrowser",
}

// findWebKit returns MiniBrowser, and fails unless the other two programs are
// there as well.
func findWebKit(executable string) (string, error) {
	names := miniBrowsers
	if executable != "" {
		names = []string{executable}
	}
	for _, name := range names {
		if found, err := filepath.Glob(name); err != nil || len(found) == 0 {
			continue
		} else if path, err := exec.LookPath(found[0]); err == nil {
			for _, other := range []string{"WebKitWebDriver", "Xvfb"} {
				if _, err := exec.LookPath(other); err != nil {
					return "", fmt.Errorf("realbrowser: %s is %w: %s is missing (Debian: webkit2gtk-driver, xvfb)", WebKit, ErrNotInstalled, other)
				}
			}
			return path, nil
		}
	}
	return "", fmt.Errorf("realbrowser: %s is %w: looked for %s (Debian: libwebkit2gtk-4.1-0)", WebKit, ErrNotInstalled, strings.Join(names, ", "))
}

func (b *Browser) startWebKit(ctx context.Context, executable, proxy string, opts Options) (err error) {
	display, err := b.startDisplay(ctx)
	if err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	b.proc, err = newProcess("WebKitWebDriver", func(string) []string { return []string{"--port=" + port} })
	if err != nil {
		return err
	}
	b.proc.cmd.Env = append(b.proc.cmd.Env, "DISPLAY="+display,
		// Containers lack what the sandbox needs, and the desktop's services.
		"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS=1", "NO_AT_BRIDGE=1", "GSETTINGS_BACKEND=memory", "GIO_USE_VFS=local",
		// Nothing that is drawn is looked at.
		"WEBKIT_DISABLE_COMPOSITING_MODE=1", "LIBGL_ALWAYS_SOFTWARE=1", "XDG_RUNTIME_DIR="+b.proc.dir)
	// WebKitWebDriver waits for ever for a browser that dies.
	try := exec.CommandContext(ctx, executable, "--version")
	try.Env = b.proc.cmd.Env
	if said, err := try.CombinedOutput(); err != nil {
		return fmt.Errorf("%s --version: %w: %s", executable, err, bytes.TrimSpace(said))
	}
	if err := b.proc.start(); err != nil {
		return err
	}
	d := &webkitDriver{base: "http://127.0.0.1:" + port}
	if err := d.waitReady(ctx, b.proc); err != nil {
		return err
	}
	flags := append(append([]string(nil), miniBrowserFlags...), "--proxy=socks5://"+proxy)
	var session struct {
		SessionID    string
		Capabilities struct{ BrowserName, BrowserVersion string }
	}
	err = d.call(ctx, "POST", "/session", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{
		"acceptInsecureCerts":      true, // certificates of tests are self-signed; pages stay secure contexts
		"webkitgtk:browserOptions": map[string]any{"binary": executable, "args": append(flags, opts.Flags...)},
		"unhandledPromptBehavior":  "dismiss",
	}}}, &session)
	if err != nil {
		return err
	}
	d.base += "/session/" + session.SessionID
	if err := d.call(ctx, "GET", "/window", nil, &d.first); err != nil {
		return err
	}
	b.driver = d
	b.version = "WebKitGTK/" + session.Capabilities.BrowserVersion
	return nil
}

// startDisplay starts an X server without a screen, which chooses its number and
// writes it to a pipe.
func (b *Browser) startDisplay(ctx context.Context) (string, error) {
	var err error
	b.display, err = newProcess("Xvfb", func(string) []string {
		return []string{"-displayfd", "3", "-screen", "0", "800x600x24", "-nolisten", "tcp"}
	})
	if err != nil {
		return "", err
	}
	in, out, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer in.Close()
	b.display.cmd.ExtraFiles = []*os.File{out} // 3
	err = b.display.start()
	out.Close() // the server has its own; when it ends, so does the pipe
	if err != nil {
		return "", err
	}
	stop := context.AfterFunc(ctx, func() { in.Close() })
	defer stop()
	number, err := bufio.NewReader(in).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("the display (Xvfb) does not start: %w%s", err, b.display.said())
	}
	return ":" + strings.TrimSpace(number), nil
}

// freePort returns a port that was free a moment ago: WebKitWebDriver does not
// say which one it would choose by itself.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

// webkitDriver speaks WebDriver; a tab's handle is its window's. WebDriver
// knows one current window and runs one script at a time, so scripts that wait
// are started, and asked later on whether they are done.
type webkitDriver struct {
	base  string
	first string // the window that is never closed: a new one needs an old one

	mu     sync.Mutex // serialises commands that depend on the current window
	lastID int        // guarded by mu
}

// call sends a command and stores its value in out, unless that is nil.
func (d *webkitDriver) call(ctx context.Context, method, path string, params, out any) error {
	var body io.Reader
	if params != nil {
		text, err := json.Marshal(params)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, d.base+path, body)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	var r struct{ Value json.RawMessage }
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("%s %s: answer %.100q: %w", method, path, text, err)
	}
	if res.StatusCode != http.StatusOK {
		var e struct{ Error, Message string }
		if err := json.Unmarshal(r.Value, &e); err != nil {
			return fmt.Errorf("%s %s: status %d: %.100q", method, path, res.StatusCode, text)
		}
		return fmt.Errorf("%s %s: %s %s", method, path, e.Error, e.Message)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(r.Value, out)
}

// waitReady waits until the driver listens.
func (d *webkitDriver) waitReady(ctx context.Context, p *process) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := d.call(ctx, "GET", "/status", nil, nil)
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-p.done:
			return p.exited()
		case <-ctx.Done():
			return err
		}
	}
}

// inTab runs do with tab as the current window.
func (d *webkitDriver) inTab(ctx context.Context, tab string, do func() error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.call(ctx, "POST", "/window", map[string]any{"handle": tab}, nil); err != nil {
		return err
	}
	return do()
}

// newTab opens a window: only tabs in front count as visible, and timers of
// others are slow.
func (d *webkitDriver) newTab(ctx context.Context) (string, error) {
	var tab struct{ Handle string }
	err := d.inTab(ctx, d.first, func() error {
		return d.call(ctx, "POST", "/window/new", map[string]any{"type": "window"}, &tab)
	})
	return tab.Handle, err
}

func (d *webkitDriver) navigate(ctx context.Context, tab, url string) error {
	return d.inTab(ctx, tab, func() error {
		if err := d.call(ctx, "POST", "/url", map[string]any{"url": url}, nil); err != nil {
			return err
		}
		// A page that cannot be had is no error, but an error page at about:blank.
		var at string
		if err := d.script(ctx, &at, "return location.href"); err != nil {
			return err
		}
		if strings.HasPrefix(at, "about:") && at != url {
			return fmt.Errorf("the browser shows %s instead", at)
		}
		return nil
	})
}

func (d *webkitDriver) evaluate(ctx context.Context, tab, expression string) (string, error) {
	id := ""
	err := d.inTab(ctx, tab, func() error {
		d.lastID++
		id = strconv.Itoa(d.lastID)
		return d.script(ctx, nil, `const done = window.concorsEvals ??= {}, id = arguments[0];
(`+expression+`).then(value => { done[id] = value });`, id)
	})
	if err != nil {
		return "", err
	}
	wait := 5 * time.Millisecond
	for {
		select {
		case <-time.After(wait):
			wait = min(2*wait, 80*time.Millisecond)
		case <-ctx.Done():
			return "", ctx.Err()
		}
		var value *string
		err := d.inTab(ctx, tab, func() error {
			return d.script(ctx, &value, `const done = window.concorsEvals, id = arguments[0], value = done[id];
if (value === undefined) return null;
delete done[id];
return value;`, id)
		})
		if err != nil {
			return "", err
		}
		if value != nil {
			return *value, nil
		}
	}
}

func (d *webkitDriver) script(ctx context.Context, out any, text string, args ...any) error {
	return d.call(ctx, "POST", "/execute/sync", map[string]any{"script": text, "args": append([]any{}, args...)}, out)
}

func (d *webkitDriver) closeTab(ctx context.Context, tab string) error {
	return d.inTab(ctx, tab, func() error { return d.call(ctx, "DELETE", "/window", nil, nil) })
}

// loopbackDial connects directly, names below .localhost to loopback: other
// browsers do so by themselves.
func loopbackDial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(host, ".localhost") {
		address = net.JoinHostPort("localhost", port)
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}
