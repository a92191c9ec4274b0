package realbrowser

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/coder/websocket"
)

// firefoxPrefs are what every start gets; the reason stands beside each group.
var firefoxPrefs = map[string]any{
	// The remote agent would set a long list of preferences "for automation",
	// some of which touch the network. We choose our own.
	"remote.prefs.recommended": false,
	// No traffic of the browser's own, nothing that asks or reports.
	"app.normandy.enabled":                                        false,
	"app.update.enabled":                                          false,
	"browser.aboutwelcome.enabled":                                false,
	"browser.safebrowsing.malware.enabled":                        false,
	"browser.safebrowsing.phishing.enabled":                       false,
	"browser.safebrowsing.blockedURIs.enabled":                    false,
	"browser.safebrowsing.downloads.enabled":                      false,
	"browser.search.update":                                       false,
	"browser.shell.checkDefaultBrowser":                           false,
	"browser.startup.homepage":                                    "about:blank",
	"browser.startup.homepage_override.mstone":                    "ignore",
	"browser.startup.page":                                        0,
	"browser.newtabpage.enabled":                                  false,
	"browser.newtabpage.activity-stream.feeds.topsites":           false,
	"browser.topsites.contile.enabled":                            false,
	"browser.region.network.url":                                  "",
	"browser.region.update.enabled":                               false,
	"captivedetect.canonicalURL":                                  "",
	"network.captive-portal-service.enabled":                      false,
	"network.connectivity-service.enabled":                        false,
	"datareporting.healthreport.uploadEnabled":                    false,
	"datareporting.policy.dataSubmissionEnabled":                  false,
	"datareporting.policy.dataSubmissionPolicyBypassNotification": true,
	"toolkit.telemetry.server":                                    "",
	"toolkit.telemetry.reportingpolicy.firstRun":                  false,
	"toolkit.startup.max_resumed_crashes":                         -1,
	"extensions.update.enabled":                                   false,
	"extensions.getAddons.cache.enabled":                          false,
	"extensions.systemAddon.update.enabled":                       false,
	"media.gmp-manager.updateEnabled":                             false,
	"services.settings.server":                                    "data:,#remote-settings-dummy/v1",
	"signon.rememberSignons":                                      false,
	"network.prefetch-next":                                       false,
	"network.http.speculative-parallel-limit":                     0,
	// Tabs in the background run at full speed, and scripts may open windows.
	"dom.disable_open_during_load":               false,
	"dom.popup_maximum":                          1000,
	"dom.min_background_timeout_value":           4,
	"dom.timeout.enable_budget_timer_throttling": false,
	"network.http.throttle.enable":               false,
	"dom.ipc.processPrelaunch.enabled":           false,
	// A tab per page of a test, not a process per site.
	"browser.tabs.unloadOnLowMemory": false,
	// The address bar would try https first for an http page on port 80. Requests
	// of pages are unaffected: mixed content is upgraded and blocked as ever.
	"dom.security.https_first":            false,
	"dom.security.https_first_schemeless": false,
	// A form on an https page with an http action would ask the visitor.
	"security.warn_submit_secure_to_insecure": false,
	// Names below .localhost are loopback without asking DNS (the default).
	"network.proxy.type": 0,
}

func (b *Browser) startFirefox(ctx context.Context, executable, proxy string, opts Options) (err error) {
	b.proc, err = newProcess(executable, func(dir string) []string {
		return append([]string{
			"--headless", "--no-remote", "--new-instance", "--profile", dir, "--remote-debugging-port=0",
		}, append(opts.Flags, "about:blank")...)
	})
	if err != nil {
		return err
	}
	prefs := maps.Clone(firefoxPrefs)
	if proxy != "" {
		host, port, err := net.SplitHostPort(proxy)
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(port)
		if err != nil {
			return err
		}
		maps.Copy(prefs, map[string]any{
			"network.proxy.type":                      1,
			"network.proxy.socks":                     host,
			"network.proxy.socks_port":                n,
			"network.proxy.socks_version":             5,
			"network.proxy.socks_remote_dns":          true,
			"network.proxy.no_proxies_on":             "",
			"network.proxy.allow_hijacking_localhost": true, // by default loopback names bypass a proxy
			"network.proxy.failover_direct":           false,
		})
	}
	if opts.ThirdPartyCookies {
		prefs["network.cookie.cookieBehavior"] = 0
	}
	maps.Copy(prefs, opts.Prefs)
	if err := writePrefs(filepath.Join(b.proc.dir, "user.js"), prefs); err != nil {
		return err
	}
	b.proc.cmd.Env = append(b.proc.cmd.Env, "MOZ_CRASHREPORTER_DISABLE=1", "MOZ_DISABLE_CONTENT_SANDBOX=1", "MOZ_REMOTE_SETTINGS_DEVTOOLS=1")
	if err := b.proc.start(); err != nil {
		return err
	}
	address, err := b.proc.waitFor(ctx, "WebDriver BiDi listening on ")
	if err != nil {
		return err
	}
	conn, _, err := websocket.Dial(ctx, address+"/session", nil)
	if err != nil {
		return err
	}
	conn.SetReadLimit(-1)
	b.client = newClient(socketWire{conn})
	b.driver = firefoxDriver{b.client}
	var session struct {
		Capabilities struct{ BrowserName, BrowserVersion string }
	}
	err = b.client.call(ctx, "", "session.new", map[string]any{"capabilities": map[string]any{
		"alwaysMatch": map[string]any{
			"acceptInsecureCerts":     true, // certificates of tests are self-signed; pages stay secure contexts
			"unhandledPromptBehavior": map[string]any{"default": "dismiss"},
		},
	}}, &session)
	if err != nil {
		return err
	}
	b.version = session.Capabilities.BrowserName + "/" + session.Capabilities.BrowserVersion
	return nil
}

func writePrefs(file string, prefs map[string]any) error {
	var text strings.Builder
	for name, value := range prefs {
		switch v := value.(type) {
		case string:
			fmt.Fprintf(&text, "user_pref(%q, %q);\n", name, v)
		case bool, int:
			fmt.Fprintf(&text, "user_pref(%q, %v);\n", name, v)
		default:
			return fmt.Errorf("preference %s: %T is neither bool, int nor string", name, value)
		}
	}
	return os.WriteFile(file, []byte(text.String()), 0o600)
}

// socketWire carries BiDi texts. Its reads and writes end when it is closed;
// commands have their own deadlines.
type socketWire struct{ conn *websocket.Conn }

func (w socketWire) read() ([]byte, error) {
	_, text, err := w.conn.Read(context.Background())
	return text, err
}

func (w socketWire) write(text []byte) error {
	return w.conn.Write(context.Background(), websocket.MessageText, text)
}

func (w socketWire) close() error { return w.conn.CloseNow() }

// firefoxDriver speaks WebDriver BiDi; a tab's handle is its browsing context.
type firefoxDriver struct{ *client }

func (d firefoxDriver) newTab(ctx context.Context) (string, error) {
	var tab struct{ Context string }
	err := d.call(ctx, "", "browsingContext.create", map[string]any{"type": "tab", "background": true}, &tab)
	return tab.Context, err
}

func (d firefoxDriver) navigate(ctx context.Context, tab, url string) error {
	return d.call(ctx, "", "browsingContext.navigate", map[string]any{"context": tab, "url": url, "wait": "complete"}, nil)
}

func (d firefoxDriver) evaluate(ctx context.Context, tab, expression string) (string, error) {
	var r struct {
		Type   string
		Result struct {
			Type  string
			Value string
		}
		ExceptionDetails struct{ Text string }
	}
	err := d.call(ctx, "", "script.evaluate", map[string]any{
		"expression": expression, "awaitPromise": true, "userActivation": true,
		"target": map[string]any{"context": tab},
	}, &r)
	if err == nil && r.Type != "success" { // a syntax error: exceptions are caught inside
		err = errors.New(r.ExceptionDetails.Text)
	}
	return r.Result.Value, err
}

func (d firefoxDriver) closeTab(ctx context.Context, tab string) error {
	return d.call(ctx, "", "browsingContext.close", map[string]any{"context": tab}, nil)
}
