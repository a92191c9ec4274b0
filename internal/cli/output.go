package cli

import (
	"encoding/json"
	"io"
	"os"
	"sync"

	"golang.org/x/term"
)

// output is standard output, and remembers whether all of it was written: what
// a full disk has swallowed must not look like success. Write is safe for
// concurrent use.
type output struct {
	w io.Writer

	mu  sync.Mutex // guards err, and w while writing
	err error      // the first
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := o.w.Write(p)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// lost returns why something could not be written, nil if all was.
func (o *output) lost() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// printJSON prints v for machines that people look over the shoulder of.
func printJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// useColor decides whether out gets colours: when is "always", "never" or
// "auto", which means where a person is looking.
func useColor(when string, out io.Writer) bool {
	switch when {
	case "always":
		return true
	case "never":
		return false
	}
	return isTerminal(out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// isTerminal reports whether a person reads what is written to stream, or types
// what is read from it.
func isTerminal(stream any) bool {
	if o, ok := stream.(*output); ok {
		stream = o.w
	}
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
