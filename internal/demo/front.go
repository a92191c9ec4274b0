package demo

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/concors/concors/admin"
	adminapi "github.com/concors/concors/admin/api"
	"github.com/concors/concors/admin/ui"
	"github.com/concors/concors/gateway"
	"github.com/concors/concors/insight"
	"github.com/concors/concors/store"
)

// A front is the gateway with its admin side, as concors serve has them.
type front struct {
	gateway *gateway.Gateway
	log     *slog.Logger
	traffic *insight.Recorder
	token   string // that logs in to the admin pages

	admin atomic.Pointer[adminapi.Handler] // nil until the document can be reached
}

// open opens the listeners of the gateway and the admin side: their addresses
// are in the document, which does not exist yet.
func (f *front) open(port int) (*gateway.Server, error) {
	options := gateway.ServerOptions{
		Listen: loopback(next(port, 1)), Admin: loopback(next(port, 3)), AdminHandler: f,
		ShutdownTimeout: time.Millisecond, // whoever ends a demo does not want to wait
	}
	s, err := gateway.NewServer(f.gateway, options)
	if errors.Is(err, syscall.EADDRINUSE) {
		options.Listen, options.Admin = loopback(0), loopback(0)
		s, err = gateway.NewServer(f.gateway, options)
	}
	return s, err
}

// serveAdmin makes the admin side of documents.
func (f *front) serveAdmin(documents store.Store) error {
	service, err := admin.New(admin.Options{
		Store: documents, Traffic: f.traffic, Log: f.log,
		Enforce: func(ctx context.Context) error { return f.gateway.Load(ctx, documents) },
	})
	if err != nil {
		return err
	}
	pages, err := ui.New(service, f.log)
	if err != nil {
		return err
	}
	f.admin.Store(adminapi.New(adminapi.Options{
		Service: service, Auth: adminapi.NewAuth(adminapi.HashToken(f.token), false, nil), Pages: pages, Log: f.log,
	}))
	return nil
}

// ServeHTTP implements http.Handler: it is the admin side.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.admin.Load().ServeHTTP(w, r) }
