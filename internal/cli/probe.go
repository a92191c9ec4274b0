package cli

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/concors/concors/internal/probe"
)

// probeFlags are the flags of commands that ask live servers.
type probeFlags struct {
	headers, cookies, resolve []string
	rate                      float64
	delay, timeout            time.Duration
	parallel                  int
	insecure                  bool
}

func (p *probeFlags) add(cmd *cobra.Command, parallel int) {
	f := cmd.Flags()
	f.StringArrayVarP(&p.headers, "header", "H", nil, "`'Name: value'` of a person who is logged in; may be repeated")
	f.StringArrayVarP(&p.cookies, "cookie", "b", nil, "`cookies` of a person who is logged in, such as 'session=1'")
	f.Float64Var(&p.rate, "rate", 0, fmt.Sprintf("`requests` a second to one host at most (default %d, and no limit on this machine)", probe.DefaultRate))
	f.DurationVar(&p.delay, "delay", 0, "least `time` between two requests to one host")
	f.DurationVar(&p.timeout, "timeout", probe.DefaultTimeout, "longest `time` for one request")
	f.IntVar(&p.parallel, "parallel", parallel, "how `many` are asked at once")
	f.StringArrayVar(&p.resolve, "resolve", nil, "`HOST:PORT:ADDRESS` connects there instead, as curl does; may be repeated")
	f.BoolVarP(&p.insecure, "insecure", "k", false, "accept any certificate")
}

// options returns what the flags say. The session is for the host that the
// addresses name, which must be one: a secret goes where it was meant to go.
func (p *probeFlags) options(addresses []string) (probe.Options, error) {
	o := probe.Options{
		Rate: p.rate, Delay: p.delay, Timeout: p.timeout, Resolve: p.resolve, Insecure: p.insecure,
		UserAgent: "Mozilla/5.0 (compatible; concors; +https://github.com/concors/concors)", Session: http.Header{},
	}
	for _, h := range p.headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return o, fmt.Errorf("--header has no colon: write 'Name: value'")
		}
		o.Session.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	if len(p.cookies) > 0 {
		o.Session.Set("Cookie", strings.Join(append(o.Session["Cookie"], p.cookies...), "; "))
	}
	names := make(map[string]bool)
	for _, a := range addresses {
		if u, err := url.Parse(a); err == nil && u.Host != "" {
			o.SessionHosts = append(o.SessionHosts, u.Host)
			names[strings.ToLower(u.Hostname())] = true
		}
	}
	if len(o.Session) > 0 && len(names) > 1 {
		return o, fmt.Errorf("--cookie and --header would go to %d hosts: ask one at a time", len(names))
	}
	return o, nil
}

// progress shows how far a run is, on a terminal.
type progress struct {
	w     io.Writer // nil: nobody watches
	total int

	mu   sync.Mutex // guards done
	done int
}

func newProgress(w io.Writer, total int) *progress {
	p := &progress{total: total}
	if total > 1 && isTerminal(w) {
		p.w = w
	}
	return p
}

// step counts one more.
func (p *progress) step() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if p.w == nil {
		return
	}
	const width = 30
	full := width * p.done / p.total
	fmt.Fprintf(p.w, "\r%s%s %d/%d", strings.Repeat("█", full), strings.Repeat("░", width-full), p.done, p.total)
	if p.done == p.total {
		p.clear()
	}
}

// clear makes room for other output.
func (p *progress) clear() {
	if p.w != nil {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

// outputFile is where a report goes: standard output, or a file.
func outputFile(cmd *cobra.Command, name string) (w io.Writer, done func() error, err error) {
	if name == "" || name == "-" {
		return cmd.OutOrStdout(), func() error { return nil }, nil
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // proofs are not for everybody
	if err != nil {
		return nil, nil, err
	}
	return f, f.Close, nil
}

// readInput reads a file, "-" being standard input, of at most most bytes.
func readInput(cmd *cobra.Command, name string, most int64) ([]byte, error) {
	var r io.Reader = cmd.InOrStdin()
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		r = f
	}
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(data)) > most {
		err = errors.New("it is too large")
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return data, nil
}
