// Package demo shows Concors at work on one machine: the API of a bookshop, the
// gateway in front of it with its admin pages, and three websites that call it.
// What the gateway decides is told on the terminal, what the browser makes of it
// on the pages.
package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	_ "embed"

	adminapi "github.com/concors/concors/admin/api"
	"github.com/concors/concors/gateway"
	"github.com/concors/concors/insight"
	"github.com/concors/concors/store"
	"github.com/concors/concors/store/file"
)

// Options are what a demo needs to know.
type Options struct {
	Out   io.Writer // where the story is told
	Color bool      // tell it in colours, for a terminal

	// Port is the port of the websites. The gateway, the API and the admin
	// pages take the next three. Ports that are in use are replaced by free
	// ones; 0 is any free port.
	Port int

	// JSON tells where everything listens as one line of JSON, and no story.
	JSON bool
}

// Addresses are where the parts of a demo are reached.
type Addresses struct {
	Stage    string `json:"stage"`  // bookshop and evil website side by side
	Admin    string `json:"admin"`  // the admin pages, with the token that logs in
	Shop     string `json:"shop"`   // the allowed website
	Prices   string `json:"prices"` // the one that is not
	Evil     string `json:"evil"`
	API      string `json:"api"`    // the gateway
	Direct   string `json:"direct"` // the API itself, past the gateway
	Document string `json:"document"`
}

// Run runs the demo until ctx ends.
func Run(ctx context.Context, o Options) error {
	websites, err := listen(o.Port)
	if err != nil {
		return err
	}
	defer websites.Close()
	upstream, err := listen(next(o.Port, 2))
	if err != nil {
		return err
	}
	defer upstream.Close()
	folder, err := os.MkdirTemp("", "concors-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)

	api := newSampleAPI()
	all := sites(func(name string) string { return name + ".localhost:" + portOf(websites.Addr()) })
	teller := &teller{out: o.Out, sites: all, journal: newJournal(api.executed.Load), silent: o.JSON, color: o.Color}
	traffic := insight.NewRecorder(nil)
	gw, err := gateway.New(gateway.Options{
		Log: slog.New(teller.log()),
		OnDecision: func(e gateway.Event) {
			teller.decided(e)
			pattern := ""
			if e.Endpoint != nil {
				pattern = e.Endpoint.Pattern
			}
			traffic.Record(e.Request, pattern, e.Decision)
		},
	})
	if err != nil {
		return err
	}
	token := adminapi.NewToken()
	front := &front{gateway: gw, log: slog.New(teller.log()), traffic: traffic, token: token}
	server, err := front.open(o.Port)
	if err != nil {
		return err
	}
	at := Addresses{
		// On the site of the bookshop: browsers keep the cookies of its API from
		// frames in pages of other sites.
		Stage: "http://stage.shop.localhost:" + portOf(websites.Addr()),
		Admin: adminapi.LoginLink("http://"+server.AdminAddr().String(), token),
		Shop:  all[0].Origin, Prices: all[1].Origin, Evil: all[2].Origin,
		API:      "http://api.shop.localhost:" + portOf(server.Addr()),
		Direct:   "http://api.shop.localhost:" + portOf(upstream.Addr()),
		Document: filepath.Join(folder, "concors.yaml"),
	}
	if err := writeDocument(at, "http://"+upstream.Addr().String()); err != nil {
		return err
	}
	documents, err := file.Open(at.Document, store.Options{})
	if err != nil {
		return err
	}
	defer documents.Close()
	if err := front.serveAdmin(documents); err != nil {
		return err
	}

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := gw.Load(ctx, documents); err != nil {
		return err
	}
	go gw.Follow(ctx, documents)
	changes := newChanges()
	go changes.follow(ctx, gw, documents)
	if o.JSON {
		if err := json.NewEncoder(o.Out).Encode(at); err != nil {
			return err
		}
	} else {
		teller.welcome(at)
	}
	serve(ctx, cancel, websites, &pages{sites: all, at: at, journal: teller.journal, changes: changes})
	serve(ctx, cancel, upstream, api)
	go func() { cancel(server.Run(ctx)) }()
	<-ctx.Done()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// serve serves l with h until ctx ends, and ends it if l fails.
func serve(ctx context.Context, cancel context.CancelCauseFunc, l net.Listener, h http.Handler) {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = s.Close() }) // whoever ends a demo does not want to wait
	go func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			cancel(err)
		}
	}()
}

// listen listens on a port of loopback, or on another where it is in use.
func listen(port int) (net.Listener, error) {
	l, err := net.Listen("tcp", loopback(port))
	if err != nil && port != 0 {
		return net.Listen("tcp", loopback(0))
	}
	return l, err
}

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// next is the nth port behind first, or any for any.
func next(first, n int) int {
	if first == 0 {
		return 0
	}
	return first + n
}

func portOf(a net.Addr) string {
	_, port, _ := net.SplitHostPort(a.String())
	return port
}

//go:embed document.yaml
var documentText string

var documentTemplate = template.Must(template.New("document").Parse(documentText))

func writeDocument(at Addresses, upstream string) error {
	var b bytes.Buffer
	if err := documentTemplate.Execute(&b, map[string]string{"Upstream": upstream, "Shop": at.Shop, "API": at.API}); err != nil {
		return err
	}
	return os.WriteFile(at.Document, b.Bytes(), 0o644)
}

// siteName is how the terminal calls the website of an origin.
func siteName(all []site, origin string) string {
	for _, s := range all {
		if s.Origin == origin {
			return s.Name
		}
	}
	if origin == "" {
		return "–"
	}
	return strings.TrimPrefix(origin, "http://")
}
