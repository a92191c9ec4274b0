package demo

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"
)

//go:embed site
var files embed.FS

var templates = template.Must(template.ParseFS(files, "site/*.html"))

// A site is one of the three websites. All are served by one listener; the host
// name tells them apart.
type site struct {
	Name   string // of the host, before .localhost
	Title  string
	Short  string // Title among the others
	Role   string // what it stands for, for the reader
	Intro  string
	Before string // what to do first, at the bookshop
	Cards  []card
	Origin string // where it is served
}

// A card is one call that the visitor can let the page make.
type card struct {
	ID          string
	Title       string
	About       string
	Kind        string // json, no-cors, form, beacon or websocket: see demo.js
	Method      string
	Path        string
	Body        string
	Credentials bool
	Button      string
	Compare     string // a second button that leaves the gateway out
}

func sites(host func(name string) string) []site {
	list := []site{
		{
			Name:  "shop",
			Title: "The bookshop",
			Short: "Bookshop",
			Role:  "An allowed website",
			Intro: "The bookshop and its API belong together. The API's settings list this website among the allowed domains, with credentials.",
			Cards: []card{
				{ID: "signin", Title: "Sign in", Kind: "json", Method: "POST", Path: "/session", Body: `{"name": "Ada"}`, Credentials: true,
					About:  "A JSON body needs a preflight. The gateway answers it alone; the API sees the POST only, and sets a cookie.",
					Button: "Sign in"},
				{ID: "account", Title: "Read my account", Kind: "json", Method: "GET", Path: "/account", Credentials: true,
					About:  "The cookie travels along, and the page may read the answer.",
					Button: "Read my account"},
				{ID: "rename", Title: "Change my name", Kind: "json", Method: "PUT", Path: "/account", Body: `{"name": "Ada Lovelace"}`, Credentials: true,
					About:  "PUT needs a preflight too. The answer may be kept for ten minutes: do it twice, and the second time there is none.",
					Button: "Change it"},
				{ID: "customers", Title: "List all customers", Kind: "json", Method: "GET", Path: "/customers", Credentials: true,
					About:  "This endpoint has no cross-origin setting, so it is for the API's own pages. Not even the bookshop gets in.",
					Button: "Try it"},
			},
		},
		{
			Name:   "prices",
			Title:  "The price comparison",
			Short:  "Price comparison",
			Role:   "A website that is not on the list",
			Intro:  "Somebody else's website. It may read what the API gives to everyone, and nothing else.",
			Before: "Sign in at the bookshop before you try.",
			Cards: []card{
				{ID: "books", Title: "Read the book list", Kind: "json", Method: "GET", Path: "/books", Credentials: false,
					About:  "This endpoint allows all websites, as anonymous callers: whatever cookies come along are dropped.",
					Button: "Read the books"},
				{ID: "account", Title: "Read the visitor's account", Kind: "json", Method: "GET", Path: "/account", Credentials: true,
					About:  "Refused before the API sees it. The page cannot read even the refusal.",
					Button: "Try it"},
				{ID: "rename", Title: "Change the visitor's name", Kind: "json", Method: "PUT", Path: "/account", Body: `{"name": "Nobody"}`, Credentials: true,
					About:  "The browser asks first, hears no, and never sends the PUT.",
					Button: "Try it"},
			},
		},
		{
			Name:   "evil",
			Title:  "Win a free book!",
			Short:  "Free books",
			Role:   "An evil website",
			Intro:  "It does not want to read anything. It wants your browser, which is signed in to the bookshop, to order books. Browsers send all of these requests without asking first.",
			Before: "Sign in at the bookshop before you play.",
			Cards: []card{
				{ID: "form", Title: "A cross-site form", Kind: "form", Method: "POST", Path: "/orders", Body: "book=42",
					About:  "The oldest trick there is: no script, no preflight, and CORS headers alone do not stop it.",
					Button: "Send the form", Compare: "Send it past the gateway"},
				{ID: "no-cors", Title: "A fetch that does not want the answer", Kind: "no-cors", Method: "POST", Path: "/orders", Body: "book=42",
					About:  "With mode no-cors the browser sends the request and hides the answer. The order would stand nevertheless.",
					Button: "Send it"},
				{ID: "beacon", Title: "A beacon", Kind: "beacon", Method: "POST", Path: "/orders", Body: "book=42",
					About:  "Made for statistics, sent with cookies, never waits for an answer.",
					Button: "Send it"},
				{ID: "websocket", Title: "A WebSocket", Kind: "websocket", Method: "GET", Path: "/live",
					About:  "Browsers let every page connect anywhere, cookies included. It is up to the server to look at Origin.",
					Button: "Connect"},
			},
		},
	}
	for i := range list {
		list[i].Origin = "http://" + host(list[i].Name)
	}
	return list
}

// sideBySide are the calls that the bookshop and the evil website make beside
// each other.
var sideBySide = []card{
	{Title: "Read the book list", Kind: "json", Method: "GET", Path: "/books"},
	{Title: "Read the visitor's account", Kind: "json", Method: "GET", Path: "/account", Credentials: true},
	{Title: "Change the visitor's name", Kind: "json", Method: "PUT", Path: "/account", Body: `{"name": "Ada Lovelace"}`, Credentials: true},
	{Title: "Order a book for the visitor", Kind: "beacon", Method: "POST", Path: "/orders", Body: "book=42", Credentials: true},
	{Title: "List all customers", Kind: "json", Method: "GET", Path: "/customers", Credentials: true},
}

// pages serves the three websites and the stage, and the journal to each of
// them.
type pages struct {
	sites   []site
	at      Addresses
	journal *journal
	changes *changes
}

func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	switch r.URL.Path {
	case "/", "/side":
		p.page(w, r)
	case "/journal":
		p.since(w, r)
	case "/changes":
		p.changed(w, r)
	case "/style.css", "/calls.js", "/demo.js", "/side.js", "/stage.js", "/icon.svg":
		http.ServeFileFS(w, r, files, "site"+r.URL.Path)
	default:
		http.NotFound(w, r)
	}
}

func (p *pages) page(w http.ResponseWriter, r *http.Request) {
	data := map[string]any{"Sites": p.sites, "At": p.at, "Calls": sideBySide, "Shop": p.sites[0], "Evil": p.sites[2], "Admin": originOf(p.at.Admin)}
	if r.Host == hostOf(p.at.Stage) && r.URL.Path == "/" {
		p.write(w, "stage.html", "'none'", data)
		return
	}
	for _, s := range p.sites {
		if r.Host != hostOf(s.Origin) {
			continue
		}
		data["Site"] = s
		if r.URL.Path == "/side" {
			p.write(w, "side.html", p.at.Stage, data)
		} else {
			p.write(w, "page.html", "'none'", data)
		}
		return
	}
	// Somebody typed localhost or an IP address.
	http.Redirect(w, r, p.at.Stage+"/", http.StatusFound)
}

// write writes a page that ancestors may have in a frame.
func (p *pages) write(w http.ResponseWriter, name, ancestors string, data any) {
	var buf bytes.Buffer
	if err := templates.ExecuteTemplate(&buf, name, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", p.csp(ancestors))
	_, _ = w.Write(buf.Bytes())
}

// csp lets a page load from itself, talk to the API and show the websites in
// frames, and nothing else.
func (p *pages) csp(ancestors string) string {
	hosts := p.at.API + " " + p.at.Direct
	sockets := strings.ReplaceAll(p.at.API, "http:", "ws:")
	return "default-src 'self'; connect-src 'self' " + hosts + " " + sockets +
		"; form-action " + hosts + "; frame-src " + hosts + " " + p.at.Shop + " " + p.at.Evil +
		"; base-uri 'none'; frame-ancestors " + ancestors
}

func hostOf(origin string) string { return strings.TrimPrefix(origin, "http://") }

// originOf is a link without what logs in.
func originOf(link string) string {
	host, _, _ := strings.Cut(hostOf(link), "/")
	return "http://" + host
}

// maxWait is how long a page waits for another document before it asks again.
const maxWait = 25 * time.Second

// changed answers how many documents there were, once it is not what the page
// knows.
func (p *pages) changed(w http.ResponseWriter, r *http.Request) {
	was, err := strconv.Atoi(r.FormValue("since"))
	if err != nil {
		http.Error(w, "since is a number", http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), maxWait)
	defer cancel()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(p.changes.since(ctx, was))
}

// since answers what happened to the requests of the asking page's origin.
func (p *pages) since(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.Atoi(r.FormValue("since"))
	if err != nil {
		http.Error(w, "since is a number", http.StatusBadRequest)
		return
	}
	answer := p.journal.since(r.Context(), "http://"+r.Host, after, r.URL.Query().Has("wait"))
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}
