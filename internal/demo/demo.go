// Package demo shows Concors at work on one machine: the API of a bookshop, the
// gateway in front of it, and three websites that call it. What the gateway
// decides is told on the terminal, what the browser makes of it on the pages.
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

	"github.com/concors/concors/gateway"
	"github.com/concors/concors/store"
	"github.com/concors/concors/store/file"
)

// Options are what a demo needs to know.
type Options struct {
	Out   io.Writer // where the story is told
	Color bool      // tell it in colours, for a terminal

	// Port is the port of the websites. The gateway and the API take the next
	// two. Ports that are in use are replaced by free ones; 0 is any free port.
	Port int

	// JSON tells where everything listens as one line of JSON, and no story.
	JSON bool
}

// Addresses are where the parts of a demo are reached.
type Addresses struct {
	Shop     string `json:"shop"`   // the allowed website
	Prices   string `json:"prices"` // the one that is not
	Evil     string `json:"evil"`
	API      string `json:"api"`    // the gateway
	Direct   string `json:"direct"` // the API itself, past the gateway
	Document string `json:"document"`
}

// Run runs the demo until ctx ends.
func Run(ctx context.Context, o Options) error {
	listeners, err := listen(o.Port, 3)
	if err != nil {
		return err
	}
	defer closeAll(listeners)
	folder, err := os.MkdirTemp("", "concors-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	ports := portsOf(listeners)
	all := sites(func(name string) string { return name + ".localhost:" + ports[0] })
	at := Addresses{
		Shop: all[0].Origin, Prices: all[1].Origin, Evil: all[2].Origin,
		API:      "http://api.shop.localhost:" + ports[1],
		Direct:   "http://api.shop.localhost:" + ports[2],
		Document: filepath.Join(folder, "concors.yaml"),
	}
	if err := writeDocument(at, "http://127.0.0.1:"+ports[2]); err != nil {
		return err
	}

	api := newSampleAPI()
	teller := &teller{out: o.Out, sites: all, journal: newJournal(api.executed.Load), silent: o.JSON, color: o.Color}
	gw, err := gateway.New(gateway.Options{OnDecision: teller.decided, Log: slog.New(teller.log())})
	if err != nil {
		return err
	}
	documents, err := file.Open(at.Document, store.Options{})
	if err != nil {
		return err
	}
	defer documents.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := gw.Load(ctx, documents); err != nil {
		return err
	}
	go gw.Follow(ctx, documents)

	if o.JSON {
		if err := json.NewEncoder(o.Out).Encode(at); err != nil {
			return err
		}
	} else {
		teller.welcome(at)
	}
	handlers := []http.Handler{
		&pages{sites: all, api: at.API, direct: at.Direct, journal: teller.journal},
		teller.watch(gw),
		api,
	}
	return serve(ctx, cancel, listeners, handlers)
}

// serve serves each listener with its handler until ctx ends or one fails.
func serve(ctx context.Context, cancel context.CancelCauseFunc, listeners []net.Listener, handlers []http.Handler) error {
	var servers []*http.Server
	for i, l := range listeners {
		s := &http.Server{Handler: handlers[i], ReadHeaderTimeout: 10 * time.Second}
		servers = append(servers, s)
		go func() {
			if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				cancel(err)
			}
		}()
	}
	<-ctx.Done()
	for _, s := range servers {
		_ = s.Close() // whoever ends a demo does not want to wait
	}
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// listen listens on n ports from first, or on others where one is in use.
func listen(first, n int) ([]net.Listener, error) {
	var list []net.Listener
	for i := range n {
		port := 0
		if first != 0 {
			port = first + i
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil && port != 0 {
			l, err = net.Listen("tcp", "127.0.0.1:0")
		}
		if err != nil {
			closeAll(list)
			return nil, err
		}
		list = append(list, l)
	}
	return list, nil
}

func closeAll(list []net.Listener) {
	for _, l := range list {
		_ = l.Close()
	}
}

func portsOf(list []net.Listener) []string {
	var ports []string
	for _, l := range list {
		_, port, _ := net.SplitHostPort(l.Addr().String())
		ports = append(ports, port)
	}
	return ports
}

//go:embed document.yaml
var documentText string

var documentTemplate = template.Must(template.New("document").Parse(documentText))

func writeDocument(at Addresses, upstream string) error {
	var b bytes.Buffer
	if err := documentTemplate.Execute(&b, map[string]string{"Upstream": upstream, "Shop": at.Shop}); err != nil {
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
