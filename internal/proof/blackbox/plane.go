package blackbox

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Plane is something that enforces a world before an upstream: the gateway, a
// program made with the library, another server with an exported configuration.
// All of them are asked the same questions and judged by the same oracle.
type Plane struct {
	Name string

	// Start serves w, whose endpoints without an upstream of their own have
	// this one. Files go below dir; pair is the certificate's file and the
	// key's, or empty for plain HTTP.
	Start func(dir string, w *World, upstream string, pair [2]string) (*Program, error)

	// Misses says why the plane cannot be asked q, "" if it can: a part of the
	// design that it does not claim.
	Misses func(q *Question) string

	// KeepsUpstreamCORS: what an upstream says of CORS is left to it, so that
	// upstreams say nothing of it here.
	KeepsUpstreamCORS bool
}

// Gateway is `concors serve`; bin is the program.
func Gateway(bin string, flags ...string) *Plane {
	return &Plane{
		Name: "gateway",
		Start: func(dir string, w *World, upstream string, pair [2]string) (*Program, error) {
			return Start(bin, dir, w.Document(upstream), pair, flags...)
		},
		Misses: func(*Question) string { return "" },
	}
}

// Library lists the programs of package library, which serve worlds with
// cors.Mux and with the plain middleware; bin is their program.
//
// With the library, routing is the application's own. What is not asked is what
// its router decides: paths that are not clean, and where the middleware judges
// before the router, what that answers where there is no endpoint.
func Library(bin string) []*Plane {
	plane := func(name string, misses func(q *Question, here []*Endpoint) string) *Plane {
		return &Plane{
			Name: name, KeepsUpstreamCORS: true,
			Start: func(dir string, w *World, upstream string, pair [2]string) (*Program, error) {
				return startLibrary(bin, dir, name, w, upstream, pair)
			},
			Misses: func(q *Question) string {
				here := endpointsAt(q.World, q.path())
				switch {
				case dotSegments(q.path()), encodesSeparators(q.path()), strings.Contains(q.path(), "//"):
					return "the router's way with odd paths"
				case isPreflight(q) && slices.ContainsFunc(here, func(e *Endpoint) bool { return e.Setting.Observe }) && serving(here, "OPTIONS") == nil:
					return "the router's own answer to OPTIONS"
				}
				return misses(q, here)
			},
		}
	}
	differ := func(q *Question, here []*Endpoint) string {
		switch {
		case strings.HasPrefix(q.path(), "/mixed/"):
			return "several policies at a path"
		case len(here) == 0:
			return "paths that the router leads to no middleware"
		case !isPreflight(q) && serving(here, q.Method) == nil:
			return "judged before the router says that there is no endpoint"
		}
		return ""
	}
	return []*Plane{
		plane("mux", func(*Question, []*Endpoint) string { return "" }),
		plane("servemux", differ),
		plane("handler", differ),
	}
}

func startLibrary(bin, dir, plane string, w *World, upstream string, pair [2]string) (*Program, error) {
	world, err := json.Marshal(w)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(dir, plane+"-")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(folder, "world.json")
	if err := os.WriteFile(file, world, 0o644); err != nil {
		return nil, err
	}
	return launch(folder, bin, 1, plane, file, upstream, pair[0], pair[1])
}

// For returns those of the questions that the plane can be asked, and counts the
// others by what it misses.
func (p *Plane) For(questions []*Question) (asked []*Question, missed map[string]int) {
	missed = map[string]int{}
	for _, q := range questions {
		if why := p.Misses(q); why != "" {
			missed[why]++
			continue
		}
		if p.KeepsUpstreamCORS {
			quiet := *q
			quiet.Answer = quieted(q.Answer)
			q = &quiet
		}
		asked = append(asked, q)
	}
	return asked, missed
}
