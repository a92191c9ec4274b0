package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/concors/concors/admin"
	"github.com/concors/concors/admin/api"
	"github.com/concors/concors/admin/ui"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/gateway"
	"github.com/concors/concors/insight"
	"github.com/concors/concors/store"
)

// adminFlags are the flags of concors serve about its admin side.
type adminFlags struct {
	token     string
	tokenFile string
	readOnly  bool
}

func (a *adminFlags) register(cmd *cobra.Command, server *gateway.ServerOptions) {
	set := cmd.Flags()
	set.StringVar(&server.Admin, "admin", gateway.DefaultAdmin, "`address` of the admin pages and API, /healthz, /readyz and /metrics, or off")
	set.StringVar(&server.AdminOrigin, "admin-origin", "", "public `origin` of the admin side, if a proxy gives it one: https://concors.example.com")
	set.StringVar(&server.AdminCertFile, "admin-tls-cert", "", "`file` with the admin side's certificate chain (PEM)")
	set.StringVar(&server.AdminKeyFile, "admin-tls-key", "", "`file` with its private key (PEM)")
	set.BoolVar(&server.DangerouslyAllowPlainAdmin, "admin-insecure-plain-http", false, "let other machines reach the admin side without TLS: the token can be read on the way")
	set.StringVar(&a.tokenFile, "admin-token-file", "", "`file` that keeps the hash of the admin token (default .NAME.admin beside the file)")
	set.StringVar(&a.token, "admin-token", "", "the admin `token` itself; better in the environment, which other users cannot see")
	set.BoolVar(&server.MetricsOpen, "metrics-open", false, "show /metrics without the token to other machines that can reach the admin side")
	set.BoolVar(&a.readOnly, "admin-read-only", false, "let nothing be saved through the admin side")
}

// An adminSide is the admin side of concors serve.
type adminSide struct {
	auth    *api.Auth
	handler *api.Handler
	file    string // that keeps the token's hash; empty: none does
	created string // the token, if it was made just now
}

// openAdmin makes the admin side of g.
func (f *serveFlags) openAdmin(g *gateway.Gateway, documents *store.File, traffic *insight.Recorder, log *slog.Logger) (*adminSide, error) {
	a := new(adminSide)
	hash, err := a.login(&f.admin, f.config, log)
	if err != nil {
		return nil, err
	}
	a.auth = api.NewAuth(hash, strings.HasPrefix(f.server.AdminOrigin, "https://"), nil)
	service, err := admin.New(admin.Options{
		Store: documents, Traffic: traffic, ReadOnly: f.admin.readOnly, Log: log,
		Enforce: func(ctx context.Context) error { return g.Load(ctx, documents) },
		Build:   endpoints.Options{Debug: f.debug},
	})
	if err != nil {
		return nil, err
	}
	pages, err := ui.New(service, log)
	if err != nil {
		return nil, err
	}
	a.handler = api.New(api.Options{
		Service: service, Auth: a.auth, Pages: pages, Log: log, Insecure: f.server.DangerouslyAllowPlainAdmin && f.server.AdminOrigin == "",
	})
	return a, nil
}

// login finds the hash of the admin token: of the one that was given, or of the
// one that the first start has made. Where nothing can be written, a new token
// is made at each start.
func (a *adminSide) login(f *adminFlags, config string, log *slog.Logger) (api.TokenHash, error) {
	if f.token != "" {
		hash, err := api.ChosenToken(f.token)
		if err != nil {
			return hash, fmt.Errorf("--admin-token: %w", err)
		}
		return hash, nil
	}
	a.file = cmp.Or(f.tokenFile, api.TokenFile(config))
	hash, created, err := api.LoadToken(a.file)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		log.Warn("the admin token cannot be kept, so each start makes a new one; --admin-token gives a lasting one", "error", err)
		a.file, created = "", api.NewToken()
		hash, err = api.HashToken(created), nil
	}
	a.created = created
	return hash, err
}

// forget removes the hash of a token that nobody has seen. A nil a has none.
func (a *adminSide) forget() {
	if a != nil && a.created != "" && a.file != "" {
		_ = os.Remove(a.file)
	}
}

// greet prints how to log in.
func (a *adminSide) greet(out io.Writer, o *gateway.ServerOptions, addr net.Addr) {
	origin := cmp.Or(o.AdminOrigin, adminAddress(addr, o.AdminCertFile != ""))
	if a.created == "" {
		fmt.Fprintf(out, "Admin pages: %s\n", origin)
		return
	}
	fmt.Fprintf(out, "Admin pages, with the token that is shown this once:\n  %s\n", api.LoginLink(origin, a.created))
	if a.file != "" {
		fmt.Fprintf(out, "Only its hash is kept, in %s. If the token is lost, remove that file and start again.\n", a.file)
	}
}

// adminAddress is where the admin side can be reached from this machine.
func adminAddress(addr net.Addr, tls bool) string {
	scheme := "http"
	if tls {
		scheme = "https"
	}
	host := addr.String()
	if ap, err := netip.ParseAddrPort(host); err == nil && ap.Addr().IsUnspecified() {
		host = fmt.Sprintf("localhost:%d", ap.Port())
	}
	return scheme + "://" + host
}

// recordInto has every decision of the gateway recorded.
func recordInto(traffic *insight.Recorder) func(gateway.Event) {
	return func(e gateway.Event) {
		pattern := ""
		if e.Endpoint != nil {
			pattern = e.Endpoint.Pattern
		}
		traffic.Record(e.Request, pattern, e.Decision)
	}
}
