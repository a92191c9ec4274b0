package realbrowser

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// chromiumFlags are what every start gets; the reason stands beside each group.
var chromiumFlags = []string{
	// No display, no GPU; the sandbox needs privileges that containers lack.
	"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
	// Only fatal errors in the log: those about missing desktop services fill it.
	"--log-level=3",
	// No traffic of the browser's own, nothing that asks or reports.
	"--disable-background-networking", "--disable-component-update", "--disable-sync",
	"--disable-default-apps", "--disable-extensions", "--disable-breakpad", "--no-first-run",
	"--no-default-browser-check", "--password-store=basic", "--use-mock-keychain",
	"--disable-quic",
	// Tabs in the background run at full speed, and scripts may open windows.
	"--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows",
	"--disable-renderer-backgrounding", "--disable-popup-blocking",
	// Certificates of tests are self-signed. Pages stay secure contexts.
	"--ignore-certificate-errors",
	// The address bar would try https first for an http page on port 80. Requests
	// of pages are unaffected: mixed content is upgraded and blocked as ever.
	"--disable-features=HttpsUpgrades,HttpsFirstBalancedMode,HttpsFirstBalancedModeAutoEnable,Translate,OptimizationHints,MediaRouter",
	// Commands come through file descriptors 3 and 4; when they close, as when
	// the test dies, the browser ends.
	"--remote-debugging-pipe",
}

func (b *Browser) startChromium(ctx context.Context, executable, proxy string, opts Options) (err error) {
	b.proc, err = newProcess(executable, func(dir string) []string {
		args := append([]string{"--user-data-dir=" + dir}, chromiumFlags...)
		if proxy != "" {
			// By default loopback names bypass a proxy.
			args = append(args, "--proxy-server=socks5://"+proxy, "--proxy-bypass-list=<-loopback>")
		}
		return append(append(args, opts.Flags...), "about:blank")
	})
	if err != nil {
		return err
	}
	if opts.ThirdPartyCookies {
		if err := writePreferences(b.proc.dir, `{"profile": {"block_third_party_cookies": false, "cookie_controls_mode": 0}}`); err != nil {
			return err
		}
	}
	theirIn, ourOut, err := os.Pipe()
	if err != nil {
		return err
	}
	ourIn, theirOut, err := os.Pipe()
	if err != nil {
		return errors.Join(err, theirIn.Close(), ourOut.Close())
	}
	b.proc.cmd.ExtraFiles = []*os.File{theirIn, theirOut} // 3 and 4
	err = b.proc.start()
	// The browser has its copies now; with ours closed, its end is our end of file.
	theirIn.Close()
	theirOut.Close()
	if err != nil {
		return errors.Join(err, ourIn.Close(), ourOut.Close())
	}
	b.client = newClient(&pipeWire{in: ourIn, out: ourOut, scan: bufio.NewReaderSize(ourIn, 64<<10)})
	b.driver = chromiumDriver{b.client}
	var v struct{ Product string }
	if err := b.client.call(ctx, "", "Browser.getVersion", struct{}{}, &v); err != nil {
		return err
	}
	b.version = v.Product
	return nil
}

// writePreferences gives a fresh profile its first settings.
func writePreferences(dir, preferences string) error {
	if err := os.Mkdir(filepath.Join(dir, "Default"), 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "Default", "Preferences"), []byte(preferences), 0o600)
}

// pipeWire frames DevTools texts by NUL bytes.
type pipeWire struct {
	in, out *os.File
	scan    *bufio.Reader
}

func (w *pipeWire) read() ([]byte, error) {
	text, err := w.scan.ReadBytes(0)
	if err != nil {
		return nil, err
	}
	return text[:len(text)-1], nil
}

func (w *pipeWire) write(text []byte) error {
	_, err := w.out.Write(append(text, 0))
	return err
}

func (w *pipeWire) close() error { return errors.Join(w.in.Close(), w.out.Close()) }

// chromiumDriver speaks the DevTools Protocol; a tab's handle is
// "session/target".
type chromiumDriver struct{ *client }

func (d chromiumDriver) newTab(ctx context.Context) (string, error) {
	var target struct{ TargetID string }
	if err := d.call(ctx, "", "Target.createTarget", map[string]any{"url": "about:blank"}, &target); err != nil {
		return "", err
	}
	var attached struct{ SessionID string }
	err := d.call(ctx, "", "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	if err != nil {
		return "", err
	}
	// Otherwise a tab behind others counts as hidden and loads no media.
	err = d.call(ctx, attached.SessionID, "Emulation.setFocusEmulationEnabled", map[string]any{"enabled": true}, nil)
	return attached.SessionID + "/" + target.TargetID, err
}

func (d chromiumDriver) navigate(ctx context.Context, tab, url string) error {
	session, _, _ := strings.Cut(tab, "/")
	var r struct{ ErrorText string }
	if err := d.call(ctx, session, "Page.navigate", map[string]any{"url": url}, &r); err != nil {
		return err
	}
	if r.ErrorText != "" {
		return errors.New(r.ErrorText)
	}
	// The answer comes when the new document has replaced the old one, so this
	// runs in the new one.
	_, err := d.evaluate(ctx, tab, `new Promise(done => document.readyState === "complete" ? done("") : addEventListener("load", () => done("")))`)
	return err
}

func (d chromiumDriver) evaluate(ctx context.Context, tab, expression string) (string, error) {
	session, _, _ := strings.Cut(tab, "/")
	var r struct {
		Result           struct{ Value string }
		ExceptionDetails *struct{ Text string }
	}
	err := d.call(ctx, session, "Runtime.evaluate", map[string]any{
		"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true,
	}, &r)
	if err == nil && r.ExceptionDetails != nil { // a syntax error: exceptions are caught inside
		err = fmt.Errorf("%s in %.200q", r.ExceptionDetails.Text, expression)
	}
	return r.Result.Value, err
}

func (d chromiumDriver) closeTab(ctx context.Context, tab string) error {
	_, target, _ := strings.Cut(tab, "/")
	return d.call(ctx, "", "Target.closeTarget", map[string]any{"targetId": target}, nil)
}
