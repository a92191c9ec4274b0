package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/gateway"
	"github.com/concors/concors/insight"
	"github.com/concors/concors/store"
)

// serveFlags are the flags of concors serve.
type serveFlags struct {
	document    documentFlags
	debug       bool
	logLevel    slog.Level
	logFormat   string
	accessLog   bool
	cpuProfile  string
	acmeDomains []string
	acme        gateway.ACMEOptions
	gateway     gateway.Options
	server      gateway.ServerOptions
	admin       adminFlags
}

func newServe() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Enforce the file on real traffic",
		Long: `Stand in front of the API and enforce the file. Preflights are answered here;
requests that the file refuses never reach the API; all others are passed on, and
their answers get the right headers.

A saved file is enforced at once, without a dropped connection. A file with
mistakes is reported and changes nothing: the last good one stays in force.

SIGHUP has it read the file at once, and say so. SIGINT and SIGTERM end it in an
orderly way: requests that run may finish.

Every flag can be set in the environment: --tls-cert as CONCORS_TLS_CERT. A flag
on the command line wins.`,
		Example: `  concors serve
  concors serve --config api.yaml --listen :443 --tls-cert cert.pem --tls-key key.pem
  concors serve --listen :443 --acme-domain api.example.com`,
		Args: cobra.NoArgs,
		PreRunE: func(cmd *cobra.Command, _ []string) error {
			return errors.Join(f.document.settle(cmd.Flags()), refuseZeros(cmd.Flags()), checkAddresses(cmd.Flags()))
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.serve(cmd.Context(), cmd.ErrOrStderr())
		},
	}
	f.register(cmd)
	return cmd
}

func (f *serveFlags) register(cmd *cobra.Command) {
	set := cmd.Flags()
	set.SortFlags = false
	section := sections(cmd)

	section("What and where")
	f.document.register(cmd)
	set.StringVarP(&f.server.Listen, "listen", "l", gateway.DefaultListen, "`address` where requests come in")

	section("Admin side")
	f.admin.register(cmd, &f.server)

	section("TLS")
	set.StringVar(&f.server.CertFile, "tls-cert", "", "`file` with the certificate chain (PEM)")
	set.StringVar(&f.server.KeyFile, "tls-key", "", "`file` with its private key (PEM)")
	set.StringSliceVar(&f.acmeDomains, "acme-domain", nil, "get certificates for this `name` from Let's Encrypt; may be repeated")
	set.StringVar(&f.acme.Directory, "acme-directory", "", "`url` of the ACME directory of another authority")
	set.StringVar(&f.acme.Storage, "acme-storage", "", "`folder` for keys and certificates (default in the user's configuration folder)")
	set.StringVar(&f.acme.Email, "acme-email", "", "`address` the authority may write to")

	section("What it tells")
	set.BoolVar(&f.debug, "debug", false, "let refusals name the setting to change; for development")
	set.TextVar(&f.logLevel, "log-level", slog.LevelInfo, "`level`: debug, info, warn or error")
	set.StringVar(&f.logFormat, "log-format", "text", "`format`: text or json")
	set.BoolVar(&f.accessLog, "access-log", true, "log each request")
	set.StringVar(&f.server.Metrics, "metrics", "", "`address` of another listener, for probes and scrapers: /healthz, /readyz and /metrics alone")
	set.Uint64Var(&f.gateway.AccessSample, "access-sample", 1, "of the requests that went well, log every `n`th only")

	section("Upstreams and limits")
	set.BoolVar(&f.gateway.UpstreamHost, "upstream-host", false, "send the upstream its own name in Host, not the client's")
	set.Int64Var(&f.gateway.MaxBodyBytes, "max-body", gateway.DefaultMaxBodyBytes, "largest request body in `bytes`; -1 for any")
	set.IntVar(&f.server.MaxHeaderBytes, "max-header", gateway.DefaultMaxHeaderBytes, "largest request header in `bytes`")
	set.DurationVar(&f.server.ReadHeaderTimeout, "read-header-timeout", gateway.DefaultReadHeaderTimeout, "`time` for the header of a request to arrive")
	set.DurationVar(&f.server.IdleTimeout, "idle-timeout", gateway.DefaultIdleTimeout, "`time` between two requests of a connection")
	set.DurationVar(&f.gateway.DialTimeout, "dial-timeout", gateway.DefaultDialTimeout, "`time` to connect to an upstream")
	set.DurationVar(&f.gateway.ResponseTimeout, "response-timeout", gateway.DefaultResponseTimeout, "`time` for an upstream to begin its answer; -1s for any")
	set.DurationVar(&f.server.ShutdownTimeout, "shutdown-timeout", gateway.DefaultShutdownTimeout, "`time` for requests to finish at the end")
	section("")
	set.StringVar(&f.cpuProfile, "cpu-profile", "", "write to this `file` what the processor did until the end")
	_ = set.MarkHidden("cpu-profile") // for default.pgo, see bench/gateway

	mentionEnvironment(set)
	mustComplete(cmd, "log-level", cobra.FixedCompletions([]string{"debug", "info", "warn", "error"}, cobra.ShellCompDirectiveNoFileComp))
	mustComplete(cmd, "log-format", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp))
}

// mustComplete registers how a flag's value is completed.
func mustComplete(cmd *cobra.Command, flag string, f cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err) // there is no such flag
	}
}

// serve runs the gateway until ctx ends.
func (f *serveFlags) serve(ctx context.Context, stderr io.Writer) error {
	// From the beginning: a hangup that nobody waits for ends the process.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	lines := newLineBuffer(stderr)
	defer lines.close()
	context.AfterFunc(ctx, lines.close) // a second signal ends the process at once
	log, err := f.logger(lines.urgent())
	if err != nil {
		return err
	}
	tuneGarbageCollection(log)
	if f.cpuProfile != "" {
		stop, err := profileCPU(f.cpuProfile)
		if err != nil {
			return err
		}
		defer stop()
	}
	f.gateway.Log = log
	if f.accessLog {
		if f.gateway.AccessLog, err = f.logger(lines); err != nil {
			return err
		}
	}
	if len(f.acmeDomains) > 0 {
		f.acme.Domains = f.acmeDomains
		f.server.ACME = &f.acme
	}
	documents, err := f.document.open(ctx, store.Options{Build: endpoints.Options{Debug: f.debug}, Logger: log}, stderr)
	if err != nil {
		return err
	}
	defer documents.Close()
	traffic := insight.NewRecorder(nil)
	f.gateway.OnDecision = recordInto(traffic)
	g, err := gateway.New(f.gateway)
	if err != nil {
		return err
	}
	var side *adminSide
	if f.server.Admin != gateway.AdminOff {
		if side, err = f.openAdmin(g, documents, traffic, log); err != nil {
			return err
		}
		f.server.AdminHandler, f.server.AdminGuard = side.handler, side.handler.Guard
	}
	s, err := gateway.NewServer(g, f.server)
	if err != nil {
		side.forget()
		return explainListen(err)
	}
	if side != nil {
		side.greet(stderr, log, &f.server, s.AdminAddr())
		defer side.close()
	}
	if err := g.Load(ctx, documents); err != nil {
		return err // it was broken since open has looked at it
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go g.Follow(ctx, documents)
	go reloadOn(ctx, hangups, g, documents, log)
	return s.Run(ctx)
}

// reloadOn enforces what is stored whenever a signal comes, until ctx ends.
// Changes are noticed without that; the signal is for people and scripts that
// are used to it, and for the doubtful.
func reloadOn(ctx context.Context, signals <-chan os.Signal, g *gateway.Gateway, documents store.Store, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-signals:
		}
		if err := g.Load(ctx, documents); err != nil {
			log.Error("SIGHUP: the document cannot be used; the last good one stays in force", "error", err)
			continue
		}
		now, _ := documents.Get(ctx) // it could be had a moment ago
		log.Info("SIGHUP: the document was read and is in force", "revision", now.Revision)
	}
}

// explainListen adds what to do where a listener cannot be opened.
func explainListen(err error) error {
	if _, ok := errors.AsType[*gateway.PlainAdminError](err); ok {
		return &hintError{err, "Stay on 127.0.0.1 and use an SSH tunnel, or give --admin-tls-cert and --admin-tls-key. Behind a proxy that does TLS, or in a network that is safe otherwise: --admin-insecure-plain-http."}
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return &hintError{err, "Another program listens there. Choose another address with --listen, --admin or --metrics; :0 takes any free port."}
	case errors.Is(err, syscall.EACCES):
		return &hintError{err, "Ports below 1024 need a permission: run under systemd with AmbientCapabilities=CAP_NET_BIND_SERVICE, or listen on :8080 behind a port forward."}
	}
	return err
}

func (f *serveFlags) logger(w io.Writer) (*slog.Logger, error) {
	o := &slog.HandlerOptions{Level: f.logLevel}
	switch f.logFormat {
	case "text":
		return slog.New(slog.NewTextHandler(w, o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, o)), nil
	}
	return nil, fmt.Errorf("--log-format is text or json, not %q", f.logFormat)
}
