package differential

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/internal/proof/realbrowser"
)

//go:embed call.js
var callJS string

// framePage is a page in an iframe: it runs what its parent sends it. (Its
// source is also the content of the data: frames.)
const framePage = `<!doctype html><script>
onmessage = async e => {
	if (e.source !== parent) return;
	const AsyncFunction = (async () => {}).constructor;
	let result;
	try { result = await new AsyncFunction(e.data)(); } catch (x) { result = {threw: String(x)}; }
	parent.postMessage({result}, "*");
};
parent.postMessage("ready", "*");
</script>`

// Lab is a real browser together with the server that its pages talk to.
type Lab struct {
	server  *server
	browser *realbrowser.Browser
	profile browser.Profile
	cookies browser.ThirdPartyCookies // the model's setting, to match the browser's
	lastRun atomic.Int64
}

// profiles maps browsers to the model's profiles.
var profiles = map[realbrowser.Kind]browser.Profile{
	realbrowser.Chromium: browser.Chromium,
	realbrowser.Firefox:  browser.Firefox,
	realbrowser.WebKit:   browser.WebKit,
}

// jsCall is a call in the words of call.js.
type jsCall struct {
	Kind, Method, URL                                  string
	Headers                                            [][2]string
	BodyKind, BodyType, Body                           string
	Mode, Credentials, Redirect, ReferrerPolicy, Token string
	UploadListener, Keepalive, InFrame                 bool
	Patience                                           int // ms to wait for what may never come
}

var kindNames = map[browser.Kind]string{
	browser.FetchAPI: "fetch", browser.XMLHttpRequest: "xhr", browser.Form: "form",
	browser.Beacon: "beacon", browser.EventSource: "eventsource", browser.WebSocket: "websocket",
	browser.Image: "image", browser.Script: "script", browser.ModuleScript: "module",
	browser.Stylesheet: "stylesheet", browser.Font: "font", browser.Media: "media",
	browser.Iframe: "iframe", browser.Navigation: "navigation", browser.WebTransport: "webtransport",
}

var bodyNames = map[browser.BodyKind]string{
	browser.NoBody: "none", browser.Text: "text", browser.URLSearchParams: "params",
	browser.FormData: "formdata", browser.Blob: "blob", browser.Bytes: "bytes", browser.Stream: "stream",
}

func newJSCall(c browser.Call, token string, patience time.Duration) jsCall {
	j := jsCall{
		Kind: kindNames[c.Kind], Method: c.Method, URL: c.URL, Headers: [][2]string{},
		BodyKind: bodyNames[c.Body.Kind], BodyType: c.Body.Type, Body: string(c.Body.Data),
		Mode: string(c.Mode), Credentials: string(c.Credentials), Redirect: string(c.Redirect),
		ReferrerPolicy: string(c.ReferrerPolicy), Token: token,
		UploadListener: c.UploadListener, Keepalive: c.Keepalive, InFrame: c.InFrame, Patience: int(patience.Milliseconds()),
	}
	for _, h := range c.Headers {
		j.Headers = append(j.Headers, [2]string{h.Name, h.Value})
	}
	return j
}

// fromLatin1 turns a string with a code point per byte into those bytes; code
// points above 255 stay.
func fromLatin1(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 255 {
			return s
		}
		b = append(b, byte(r))
	}
	return string(b)
}

// run runs a scenario in the real browser. quiet is how long to wait for
// requests after calls that tell nothing, and 25 times that for pages to load.
// model is only used to know how many requests are worth waiting for longer.
func (l *Lab) run(ctx context.Context, sc *Scenario, model *Observation, quiet time.Duration) (real *Observation, err error) {
	token := fmt.Sprintf("x%d", l.lastRun.Add(1))
	prefix := "/" + token
	placed := sc.placed(prefix)
	run := l.server.begin(prefix, placed)
	defer l.server.end(prefix)

	done := map[string]bool{}
	for _, c := range placed.Cookies {
		if done[c.Origin] {
			continue
		}
		done[c.Origin] = true
		if _, err := l.browser.Eval(ctx, c.Origin+"/page", "await fetch('"+prefix+"/"+cookieFile+"')"); err != nil {
			return nil, fmt.Errorf("setting cookies of %s: %w", c.Origin, err)
		}
	}
	real = &Observation{}
	calls := make([]jsCall, len(placed.Calls))
	for i, c := range placed.Calls {
		calls[i] = newJSCall(c, token, 25*quiet)
	}
	step := 1
	if sc.Page.Frame != Top {
		step = len(calls) // a second frame would be another origin
	}
	for next := range slices.Chunk(calls, step) {
		outcomes, err := l.call(ctx, &placed.Page, next)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(outcomes, func(o Outcome) bool { return o.Verdict == "unobservable" }) {
			expected := 0
			if n := len(real.Calls) + len(next) - 1; n < len(model.sentAfter) {
				expected = model.sentAfter[n]
			}
			run.settle(ctx, quiet, expected)
		}
		real.Calls = append(real.Calls, outcomes...)
	}
	real.Requests = run.seen()
	real.unplace(prefix)
	return real, nil
}

// call makes calls one after the other, in the same page.
func (l *Lab) call(ctx context.Context, p *Page, calls []jsCall) ([]Outcome, error) {
	args, err := json.Marshal(calls)
	if err != nil {
		return nil, err
	}
	script := callJS + "\nreturn await callAll(" + string(args) + ");"
	top := p.topOrigin() + p.pagePath("page")
	if p.Frame != Top {
		quoted, err := json.Marshal(script)
		if err != nil {
			return nil, err
		}
		src, sandbox := p.Origin+p.pagePath("frame"), ""
		top = p.topOrigin() + "/page"
		switch p.Frame {
		case Sandboxed:
			sandbox = "allow-scripts allow-forms allow-popups"
		case Data:
			src = "data:text/html," + url.PathEscape(framePage)
		}
		script = fmt.Sprintf("%s\nreturn await inFrame(%q, %q, %s);", callJS, src, sandbox, quoted)
	}
	raw, err := l.browser.Eval(ctx, top, script)
	if err != nil {
		return nil, err
	}
	var results []struct {
		Outcome
		Pairs [][2]string
	}
	if err := json.Unmarshal(raw, &results); err != nil || len(results) != len(calls) {
		return nil, fmt.Errorf("calls failed in the page: %s", raw)
	}
	outcomes := make([]Outcome, len(calls))
	for i, r := range results {
		if r.Pairs != nil {
			r.Headers = map[string]string{}
			for _, pair := range r.Pairs {
				r.Headers[pair[0]] = fromLatin1(pair[1])
			}
		}
		outcomes[i] = r.Outcome
	}
	return outcomes, nil
}
