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
	"path/filepath"
	"slices"
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
	set.StringVar(&a.tokenFile, "admin-token-file", "", "`file` that keeps the hash of the admin token (default token in the folder .NAME.admin beside the file)")
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
	link    string // the file with a link that is of no use after this process; empty: there is none
}

// openAdmin makes the admin side of g.
func (f *serveFlags) openAdmin(g *gateway.Gateway, documents store.Store, traffic *insight.Recorder, log *slog.Logger) (*adminSide, error) {
	a := new(adminSide)
	hash, err := a.login(&f.admin, documents, log)
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
func (a *adminSide) login(f *adminFlags, documents store.Store, log *slog.Logger) (api.TokenHash, error) {
	if f.token != "" {
		hash, err := api.ChosenToken(f.token)
		if err != nil {
			return hash, fmt.Errorf("--admin-token: %w", err)
		}
		return hash, nil
	}
	hash, created, err := a.load(f.tokenFile, documents)
	if isAny(err, errNoPlace, fs.ErrPermission, syscall.EROFS, syscall.ENOSPC) {
		log.Warn("the admin token cannot be kept, so each start makes a new one; --admin-token gives a lasting one", "error", err)
		a.file, created = "", api.NewToken()
		hash, err = api.HashToken(created), nil
	}
	a.created = created
	return hash, err
}

// errNoPlace says that there is nothing that a token's hash could be kept beside.
var errNoPlace = errors.New("the document is not in a file; --admin-token-file gives the token a place of its own")

// load loads the hash of the token from a file, by default the one beside the
// document.
func (a *adminSide) load(file string, documents store.Store) (hash api.TokenHash, created string, err error) {
	a.file = file
	if file == "" {
		local, ok := documents.(store.Local)
		if !ok {
			return hash, "", errNoPlace
		}
		if a.file, err = api.TokenFile(local.Path()); err != nil {
			return hash, "", err
		}
	}
	return api.LoadToken(a.file)
}

// forget removes the hash of a token that nobody has seen. A nil a has none.
func (a *adminSide) forget() {
	if a != nil && a.created != "" && a.file != "" {
		_ = os.Remove(a.file)
	}
}

// greet tells how to log in. The token is shown to a person at a terminal only:
// elsewhere the output is kept, and read by others. Then the link goes into a
// file for its owner alone.
func (a *adminSide) greet(out io.Writer, log *slog.Logger, o *gateway.ServerOptions, addr net.Addr) {
	origin := cmp.Or(o.AdminOrigin, adminAddress(addr, o.AdminCertFile != ""))
	link := api.LoginLink(origin, a.created)
	switch {
	case !isTerminal(out) && a.created == "":
		log.Info("admin pages", "url", origin)
		a.remindOfLink(log)
	case !isTerminal(out):
		file, err := a.leave(link)
		if err != nil {
			a.forget() // so that the next start tries again
			log.Error("nobody can log in to the admin pages: there is no terminal to show the link at, and no file to keep it in; "+
				"give a token in CONCORS_ADMIN_TOKEN", "url", origin, "error", err)
			return
		}
		log.Warn("admin pages: the file has the link that logs in, for its owner alone; open the link, then delete the file", "url", origin, "file", file)
	case a.created == "":
		fmt.Fprintf(out, "Admin pages: %s\n", origin)
		a.remindOfLink(log)
	default:
		fmt.Fprintf(out, "Admin pages, with the token that is shown this once:\n  %s\n", link)
		if a.file != "" {
			fmt.Fprintf(out, "Only its hash is kept, in %s. If the token is lost, remove that file and start again.\n", a.file)
		}
	}
}

// leave writes the link into a file that its owner alone can read, and returns
// the file's name: beside the token's hash or, if that is kept nowhere, in the
// folder for temporary files until close is called.
func (a *adminSide) leave(link string) (file string, err error) {
	if a.file != "" {
		file = api.LinkFile(a.file)
		return file, api.WritePrivate(file, link+"\n")
	}
	parent, _, _ := strings.Cut(os.Getenv("RUNTIME_DIRECTORY"), ":") // systemd's, if there is one
	dir, err := os.MkdirTemp(parent, "concors-admin-")
	if err != nil {
		return "", err
	}
	a.link = filepath.Join(dir, "link")
	if err := api.WritePrivate(a.link, link+"\n"); err != nil {
		a.close()
		return "", err
	}
	return a.link, nil
}

// remindOfLink warns of a file with a link that still logs in.
func (a *adminSide) remindOfLink(log *slog.Logger) {
	if a.file == "" {
		return
	}
	if _, err := os.Stat(api.LinkFile(a.file)); err == nil {
		log.Warn("the link that logs in to the admin pages still lies in a file: open it, then delete the file", "file", api.LinkFile(a.file))
	}
}

// close removes a link that leads nowhere from now on. A nil a has none.
func (a *adminSide) close() {
	if a != nil && a.link != "" {
		_ = os.RemoveAll(filepath.Dir(a.link))
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

// isAny reports whether err is one of targets.
func isAny(err error, targets ...error) bool {
	return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
}
