// Package uitest tests the web UI in a real Chromium, against a whole Concors:
// document on disk, gateway, admin side, traffic.
package uitest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/concors/concors/admin"
	"github.com/concors/concors/admin/api"
	"github.com/concors/concors/admin/ui"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/gateway"
	"github.com/concors/concors/insight"
	"github.com/concors/concors/store"
	"github.com/concors/concors/store/file"
)

// Options are what a [Lab] is made of.
type Options struct {
	Document string // YAML
	ReadOnly bool
	Log      *slog.Logger // nil: nothing is logged
}

// A Lab is a running Concors with an API behind it.
type Lab struct {
	Admin   string // address of the admin side
	Gateway string // address of the gateway
	Link    string // what the first start prints
	Token   string
	File    string // the document

	documents *file.Store
	stop      func()
}

// Start starts a lab in a folder of its own. It runs until [Lab.Close].
func Start(o Options) (_ *Lab, err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	l := &Lab{Token: api.NewToken()}
	ctx, cancel := context.WithCancel(context.Background())
	closers := []func(){cancel}
	l.stop = func() {
		for i := len(closers) - 1; i >= 0; i-- {
			closers[i]()
		}
	}
	defer func() {
		if err != nil {
			l.stop()
		}
	}()

	folder, err := os.MkdirTemp("", "concors-uitest-")
	if err != nil {
		return nil, err
	}
	closers = append(closers, func() { _ = os.RemoveAll(folder) })
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "ok\n")
	}))
	closers = append(closers, upstream.Close)
	l.File = filepath.Join(folder, "concors.yaml")
	document := fmt.Sprintf("upstream: %s\n%s", upstream.URL, o.Document)
	if err := os.WriteFile(l.File, []byte(document), 0o600); err != nil {
		return nil, err
	}
	documents, err := file.Open(l.File, store.Options{})
	if err != nil {
		return nil, err
	}
	closers = append(closers, func() { _ = documents.Close() })
	l.documents = documents

	traffic := insight.NewRecorder(nil)
	g, err := gateway.New(gateway.Options{Log: o.Log, OnDecision: func(e gateway.Event) {
		pattern := ""
		if e.Endpoint != nil {
			pattern = e.Endpoint.Pattern
		}
		traffic.Record(e.Request, pattern, e.Decision)
	}})
	if err != nil {
		return nil, err
	}
	service, err := admin.New(admin.Options{
		Store: documents, Traffic: traffic, ReadOnly: o.ReadOnly, Log: o.Log, Build: endpoints.Options{},
		Enforce: func(ctx context.Context) error { return g.Load(ctx, documents) },
	})
	if err != nil {
		return nil, err
	}
	pages, err := ui.New(service, o.Log)
	if err != nil {
		return nil, err
	}
	hash, err := api.ChosenToken(l.Token)
	if err != nil {
		return nil, err
	}
	s, err := gateway.NewServer(g, gateway.ServerOptions{
		Listen: "127.0.0.1:0", Admin: "127.0.0.1:0",
		AdminHandler: api.New(api.Options{
			Service: service, Auth: api.NewAuth(hash, false, nil), Pages: pages,
		}),
	})
	if err != nil {
		return nil, err
	}
	if err := g.Load(ctx, documents); err != nil {
		return nil, errors.Join(err, errors.New("uitest: the document of the lab is broken"))
	}
	go g.Follow(ctx, documents)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := s.Run(ctx); err != nil {
			o.Log.Error("the lab ended", "error", err)
		}
	}()
	closers = append(closers, func() { cancel(); <-ended })
	l.Admin = "http://" + s.AdminAddr().String()
	l.Gateway = "http://" + s.Addr().String()
	l.Link = api.LoginLink(l.Admin, l.Token)
	return l, nil
}

// Close ends the lab and leaves nothing behind.
func (l *Lab) Close() { l.stop() }

// Write replaces the document on disk, as somebody with an editor would, and
// waits until Concors has seen it.
func (l *Lab) Write(text string) error {
	temporary := l.File + ".new"
	if err := os.WriteFile(temporary, []byte(text), 0o600); err != nil {
		return err
	}
	if err := os.Rename(temporary, l.File); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for snap := range l.documents.Watch(ctx) {
		if snap.Stored() == store.RevisionOf([]byte(text)) {
			return nil
		}
	}
	return errors.New("uitest: the document on disk was not seen")
}

// Read returns the document on disk.
func (l *Lab) Read() (string, error) {
	text, err := os.ReadFile(l.File)
	return string(text), err
}

// Call sends a request to the gateway as a page of origin would, and returns
// the status of the answer.
func (l *Lab) Call(method, path, origin string) (int, error) {
	r, err := http.NewRequest(method, l.Gateway+path, nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.Header.Set("Sec-Fetch-Mode", "cors")
	r.Header.Set("Sec-Fetch-Dest", "empty")
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}
