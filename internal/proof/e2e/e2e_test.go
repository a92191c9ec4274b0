package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/internal/proof/realbrowser"
)

// What pages do. URL stands for the address of the case. Each script returns
// what the page got to see.
const (
	read = `
		try {
			const r = await fetch(URL, OPTIONS);
			return r.status + " " + (await r.text()).trim() + " " + r.headers.get("X-Total") + " " + r.headers.get("X-Secret");
		} catch (e) { return e.name; }`

	form = `
		const frame = document.createElement("iframe");
		frame.name = "answer";
		document.body.append(frame);
		const form = document.createElement("form");
		Object.assign(form, {method: "post", action: URL, target: "answer"});
		document.body.append(form);
		const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, {once: true}));
		form.submit();
		await loaded;
		frame.remove(); // the page is used again, and the name must be free
		return "sent";`

	beacon = `return String(navigator.sendBeacon(URL, "x=1"));`

	socket = `
		return await new Promise((resolve) => {
			const s = new WebSocket(URL.replace("https:", "wss:"));
			s.onmessage = (e) => resolve(e.data);
			s.onerror = () => resolve("error");
		});`

	image = `
		return await new Promise((resolve) => {
			const i = new Image();
			i.onload = () => resolve("loaded");
			i.onerror = () => resolve("error");
			i.src = URL;
		});`
)

// fetching is read with the given options of fetch.
func fetching(options string) string { return strings.ReplaceAll(read, "OPTIONS", options) }

const (
	anonymous   = `{}`
	credentials = `{credentials: "include"}`
	simplePost  = `{method: "POST", credentials: "include", body: "x=1"}`
	jsonPut     = `{method: "PUT", credentials: "include", headers: {"Content-Type": "application/json"}, body: "{}"}`
	customPut   = `{method: "PUT", credentials: "include", headers: {"X-Custom": "1"}}`
	opaquePost  = `{method: "POST", mode: "no-cors", credentials: "include", body: "x=1"}`
	opaqueGet   = `{mode: "no-cors", credentials: "include"}`
)

// A scenario is one thing that a page does.
type scenario struct {
	what     string
	page     string
	path     string
	script   string
	sees     string   // what the page gets to see
	gateway  []string // what the gateway did: method and status of each request
	upstream []string // what reached the upstream
}

var scenarios = append([]scenario{
	{"an allowed page reads with cookies", docs, "/private", fetching(credentials), "200 hello 7 null", []string{"GET 200"}, []string{"GET with cookie"}},
	{"an allowed page reads without cookies", docs, "/private", fetching(anonymous), "200 hello 7 null", []string{"GET 200"}, []string{"GET"}},
	{"an allowed page posts", docs, "/private", fetching(simplePost), "200 hello 7 null", []string{"POST 200"}, []string{"POST with cookie"}},
	{"an allowed page puts JSON after a preflight", docs, "/private", fetching(jsonPut), "200 hello 7 null", []string{"OPTIONS 204", "PUT 200"}, []string{"PUT with cookie"}},
	{"an allowed page may not set other headers", docs, "/private", fetching(customPut), "TypeError", []string{"OPTIONS 403"}, nil},
	{"an allowed page reads an error of the upstream", docs, "/failing", fetching(credentials), "500 it failed null null", []string{"GET 500"}, []string{"GET with cookie"}},
	{"an allowed page reads that the upstream is down", docs, "/down", `return String((await fetch(URL)).status);`, "502", []string{"GET 502"}, nil},
	{"an allowed page sends a form", docs, "/private", form, "sent", []string{"POST 200"}, []string{"POST with cookie"}},
	{"an allowed page sends a beacon", docs, "/private", beacon, "true", []string{"POST 200"}, []string{"POST with cookie"}},
	{"an allowed page opens a WebSocket", docs, "/socket", socket, "hello", []string{"GET 101"}, []string{"GET with cookie"}},
	{"no page of another origin posts where nothing is set", docs, "/own", form, "sent", []string{"POST 403"}, nil},
	{"the API's own page posts where nothing is set", api, "/own", form, "sent", []string{"POST 200"}, []string{"POST with cookie"}},
}, append(refused(sibling), refused(stranger)...)...)

// refused is what pages of an origin that is not allowed do.
func refused(page string) []scenario {
	who := strings.TrimPrefix(page, "https://")
	return []scenario{
		{who + " cannot read", page, "/private", fetching(credentials), "TypeError", []string{"GET 403"}, nil},
		{who + " cannot post", page, "/private", fetching(simplePost), "TypeError", []string{"POST 403"}, nil},
		{who + " cannot put", page, "/private", fetching(jsonPut), "TypeError", []string{"OPTIONS 403"}, nil},
		{who + " cannot send a form", page, "/private", form, "sent", []string{"POST 403"}, nil},
		{who + " cannot send a no-cors POST", page, "/private", fetching(opaquePost), "0  null null", []string{"POST 403"}, nil},
		{who + " cannot send a beacon", page, "/private", beacon, "true", []string{"POST 403"}, nil},
		{who + " cannot open a WebSocket", page, "/socket", socket, "error", []string{"GET 403"}, nil},
		{who + " cannot load an image", page, "/private", image, "error", []string{"GET 403"}, nil},
		{who + " reads what is public", page, "/public", fetching(anonymous), "200 hello null null", []string{"GET 200"}, []string{"GET"}},
		{who + " loads what is public without the visitor's cookie", page, "/public", fetching(opaqueGet), "0  null null", []string{"GET 200"}, []string{"GET"}},
		{who + " posts to what is public without the visitor's cookie", page, "/public", form, "sent", []string{"POST 200"}, []string{"POST"}},
	}
}

func TestBrowsersAndGatewayAgree(t *testing.T) {
	binary := buildProgram(t)
	for _, kind := range realbrowser.Kinds {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t, binary)
			b := realbrowser.ForTest(t, kind, realbrowser.Options{Dial: w.dial, ThirdPartyCookies: true})
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			if _, err := b.Eval(ctx, api+"/login", ""); err != nil {
				t.Fatal(err)
			}
			for i, s := range scenarios {
				t.Run(s.what, func(t *testing.T) { s.play(ctx, t, w, b, i) })
			}
		})
	}
}

// play lets a page do what s says, and compares what page, gateway and upstream
// saw of it.
func (s scenario) play(ctx context.Context, t *testing.T, w *world, b *realbrowser.Browser, id int) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	path := fmt.Sprintf("%s/%d", s.path, id)
	page := s.page + "/"
	if s.page == api {
		page = api + "/login"
	}
	raw, err := b.Eval(ctx, page, fmt.Sprintf("const URL = %q;", api+path)+s.script)
	if err != nil {
		t.Fatal(err)
	}
	var sees string
	if err := json.Unmarshal(raw, &sees); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	if sees != s.sees {
		t.Errorf("the page sees %q, want %q", sees, s.sees)
	}
	if got := w.handledFor(ctx, path, len(s.gateway)); !slices.Equal(got, s.gateway) {
		t.Errorf("the gateway did %q, want %q", got, s.gateway)
	}
	if got := w.upstream.seenFor(path); !slices.Equal(got, s.upstream) {
		t.Errorf("the upstream saw %q, want %q", got, s.upstream)
	}
}
