package blackbox

import (
	"crypto/tls"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// scratch holds the program, the certificate and the documents of one run.
var scratch string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "concors-blackbox-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	scratch = dir
	return m.Run()
}

// The program and the certificate are made once per run, when first needed.
var (
	build = sync.OnceValues(func() (string, error) {
		return Build(filepath.Join("..", "..", ".."), scratch, "./cmd/concors")
	})
	buildLibrary = sync.OnceValues(func() (string, error) {
		return Build(filepath.Join("..", "..", ".."), scratch, "./internal/proof/blackbox/library")
	})
	certificate = sync.OnceValues(func() (made struct {
		pair   [2]string
		client *tls.Config
	}, err error) {
		made.pair, made.client, err = Certificate(scratch)
		return made, err
	})
)

// serve starts the program with a document and stops it when the test ends; it
// fails the test if the program panicked or ended badly.
func serve(t *testing.T, document string, withTLS bool, flags ...string) (*Program, Target) {
	t.Helper()
	bin, err := build()
	if err != nil {
		t.Fatal(err)
	}
	pair, client := keys(t, withTLS)
	p, err := Start(bin, scratch, document, pair, flags...)
	if err != nil {
		t.Fatalf("%v\nthe document:\n%.3000s", err, document)
	}
	return p, watched(t, p, client)
}

// keys are the certificate's files and what a client needs to trust it, if TLS
// is wanted.
func keys(t *testing.T, withTLS bool) (pair [2]string, client *tls.Config) {
	t.Helper()
	if !withTLS {
		return pair, nil
	}
	c, err := certificate()
	if err != nil {
		t.Fatal(err)
	}
	return c.pair, c.client
}

// watched stops the program when the test ends, which fails if it panicked or
// ended badly.
func watched(t *testing.T, p *Program, client *tls.Config) Target {
	t.Helper()
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Errorf("after SIGTERM: %v; its last lines:\n%s", err, p.Log())
		}
		for _, line := range p.Panics() {
			t.Errorf("its log speaks of a panic or a race: %s", line)
		}
	})
	return Target{Addr: p.Addr, TLS: client}
}

func newUpstream(t *testing.T) *Upstream {
	t.Helper()
	u, err := NewUpstream()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(u.Close)
	return u
}

// ask sends one question on a connection of its own and judges the answer.
func ask(t *testing.T, target Target, u *Upstream, q *Question) *Answer {
	t.Helper()
	a, err := askOnce(target, q)
	if err != nil {
		t.Errorf("%s: %v", q, err)
		return &Answer{}
	}
	if _, diffs := Judge(q, a, u.Taken(q.ID)); len(diffs) > 0 {
		t.Errorf("%s\n    → %d %q\n    %v", q, a.Status, a.Header, diffs)
	}
	return a
}

func askOnce(target Target, q *Question) (*Answer, error) {
	c := clients{targets: map[string]Target{q.World.Name: target}, one: map[string]*Conn{}, two: map[string]*Client2{}}
	defer c.close()
	return c.ask(q)
}

// environment reads a variable, if it is set.
func environment[T any](t *testing.T, name string, parse func(string) (T, error), otherwise T) T {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return otherwise
	}
	parsed, err := parse(v)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return parsed
}
