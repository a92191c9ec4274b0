// Command library serves a world of package blackbox with Concors' library, in
// one of the ways in which programs use it: cors.Mux, a middleware before an
// http.ServeMux, or a middleware before each handler.
//
//	library mux|servemux|handler world.json upstream [cert key]
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/internal/proof/blackbox"
)

func main() {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err := run(os.Args[1:]); err != nil {
		slog.Error(err.Error())
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 5 {
		return errors.New("usage: library mux|servemux|handler world.json upstream cert key")
	}
	data, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	var w blackbox.World
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	s, err := newServer(&w, args[2])
	if err != nil {
		return err
	}
	ways := map[string]func() (http.Handler, error){"mux": s.mux, "servemux": s.serveMux, "handler": s.handler}
	way := ways[args[0]]
	if way == nil {
		return fmt.Errorf("no way %q", args[0])
	}
	h, err := way()
	if err != nil {
		return err
	}
	return serve(h, args[3], args[4])
}

// serve serves until SIGTERM.
func serve(h http.Handler, cert, key string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute, MaxHeaderBytes: 1 << 20}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	served := make(chan error, 1)
	go func() {
		if cert != "" {
			served <- server.ServeTLS(l, cert, key)
			return
		}
		served <- server.Serve(l)
	}()
	slog.Info("listening", "addr", l.Addr().String())
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		return server.Close()
	}
}

// server makes handlers of a world.
type server struct {
	world    *blackbox.World
	options  cors.Options
	policies map[string]cors.Policy // by the setting's name
	proxies  map[string]http.Handler
	upstream string
}

func newServer(w *blackbox.World, upstream string) (*server, error) {
	options := cors.Options{Origins: w.Origins, TrustedProxies: w.TrustedProxies, IdentityHeaders: w.IdentityHeaders, Hosts: w.OnlyHosts}
	s := &server{world: w, options: options, policies: map[string]cors.Policy{}, proxies: map[string]http.Handler{}, upstream: upstream}
	for _, setting := range w.Settings {
		p, err := policyOf(setting)
		if err != nil {
			return nil, err
		}
		s.policies[setting.Name] = p
	}
	return s, nil
}

func policyOf(s *blackbox.Setting) (cors.Policy, error) {
	cache, err := cacheOf(s)
	if err != nil {
		return nil, err
	}
	embed := cors.Embed(s.Embed)
	senders := s.Senders
	if len(senders) == 1 && senders[0] == "any" {
		senders = []string{cors.AnySender}
	}
	switch s.Allow {
	case "none":
		return cors.None{Embed: embed, Senders: senders, ObserveOnly: s.Observe, DangerouslyAllowInsecureOrigins: s.Insecure}, nil
	case "all":
		return cors.All{Headers: s.Headers, Expose: s.Expose, Cache: cache, Embed: embed, ObserveOnly: s.Observe}, nil
	}
	return cors.Selected{Domains: s.Domains, Credentials: s.Credentials, Headers: s.Headers, Expose: s.Expose,
		Cache: cache, Embed: embed, Senders: senders, ObserveOnly: s.Observe, DangerouslyAllowInsecureOrigins: s.Insecure}, nil
}

func cacheOf(s *blackbox.Setting) (time.Duration, error) {
	if s.Cache == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(s.Cache)
	if err == nil && d == 0 {
		d = cors.NoCache
	}
	return d, err
}

// endpoint is the application's handler: it asks the upstream.
func (s *server) endpoint(e *blackbox.Endpoint) http.Handler {
	to := e.Upstream
	if to == "" {
		to = s.upstream
	}
	if s.proxies[to] == nil {
		target, err := url.Parse(to)
		if err != nil {
			panic(err)
		}
		s.proxies[to] = &httputil.ReverseProxy{
			Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
			Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 16},
		}
	}
	return s.proxies[to]
}

// mux is one cors.Mux with a policy for each pattern.
func (s *server) mux() (http.Handler, error) {
	m, err := cors.NewMux(&s.options)
	if err != nil {
		return nil, err
	}
	for _, e := range s.world.Endpoints {
		for _, pattern := range patterns(e) {
			m.Handle(pattern, s.policies[e.Setting.Name], s.endpoint(e))
		}
	}
	return m, nil
}

// patterns are an endpoint's for a ServeMux: one for each of its methods.
func patterns(e *blackbox.Endpoint) []string {
	if e.Method != "" {
		return []string{e.Method + " " + e.Path}
	}
	if len(e.Methods) == 0 {
		return []string{e.Path}
	}
	var all []string
	for _, m := range e.Methods {
		all = append(all, m+" "+e.Path)
	}
	return all
}

// serveMux has a ServeMux with a middleware before it for each setting; the
// first segment of a path says which.
func (s *server) serveMux() (http.Handler, error) {
	top := http.NewServeMux()
	for _, setting := range s.world.Settings {
		inner := http.NewServeMux()
		prefix := "/" + setting.Name + "/"
		for _, e := range s.world.Endpoints {
			if strings.HasPrefix(e.Path, prefix) {
				for _, pattern := range patterns(e) {
					inner.Handle(pattern, s.endpoint(e))
				}
			}
		}
		m, err := cors.New(s.policies[setting.Name], &s.options)
		if err != nil {
			return nil, err
		}
		top.Handle(prefix, m.Handler(inner))
	}
	return top, nil
}

// handler has a middleware before the handler of each path, which looks at the
// method itself, as those of frameworks do.
func (s *server) handler() (http.Handler, error) {
	top := http.NewServeMux()
	for _, path := range s.paths() {
		here := slices.DeleteFunc(slices.Clone(s.world.Endpoints), func(e *blackbox.Endpoint) bool { return e.Path != path })
		options := s.options
		for _, e := range here {
			if e.Method != "" {
				options.Methods = append(options.Methods, e.Method)
			}
			options.Methods = append(options.Methods, e.Methods...)
		}
		m, err := cors.New(s.policies[here[0].Setting.Name], &options)
		if err != nil {
			return nil, err
		}
		top.Handle(path, m.Handler(s.endpoint(here[0])))
	}
	return top, nil
}

// paths are those whose endpoints have one setting.
func (s *server) paths() []string {
	settings := map[string]string{}
	var all []string
	for _, e := range s.world.Endpoints {
		switch known, ok := settings[e.Path]; {
		case !ok:
			settings[e.Path] = e.Setting.Name
			all = append(all, e.Path)
		case known != e.Setting.Name:
			settings[e.Path] = ""
		}
	}
	return slices.DeleteFunc(all, func(path string) bool { return settings[path] == "" })
}
