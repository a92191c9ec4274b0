package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/concors/concors/store"
	"github.com/concors/concors/store/file"
)

// openers are the stores that a document can be in. To add one is to add a line.
var openers = store.Openers{
	"file": func(address string, o store.Options) (store.Opened, error) { return file.Open(address, o) },
}

// documentFlags say where the document of a command is.
type documentFlags struct {
	config string // a file; empty: address says
	store  string // an address; empty: config says
}

func (d *documentFlags) register(cmd *cobra.Command) {
	set := cmd.Flags()
	set.StringVarP(&d.config, "config", "c", defaultFile, "the `file` to enforce")
	set.StringVar(&d.store, "store", "", "`address` of the store to take it from instead, such as file:concors.yaml")
	mustComplete(cmd, "config", completeYAML)
}

// settle sets flags from the environment, and decides between the two that say
// where the document is.
func (d *documentFlags) settle(set *pflag.FlagSet) error {
	config, address := set.Changed("config"), set.Changed("store") // on the command line, which wins
	if config && address {
		return errors.New("--config and --store both say where the document is; give one of them")
	}
	err := fromEnvironment(set)
	switch {
	case config:
		d.store = ""
	case d.store == "":
	case !address && set.Changed("config"):
		return errors.Join(err, errors.New("CONCORS_CONFIG and CONCORS_STORE both say where the document is; set one of them"))
	default:
		d.config = ""
	}
	return err
}

// String names the document as the person did.
func (d *documentFlags) String() string { return cmp.Or(d.config, d.store) }

// open opens the store of the document, which must be good to begin with. Of a
// document with mistakes, all of them are told, as concors check does.
func (d *documentFlags) open(ctx context.Context, opts store.Options, stderr io.Writer) (store.Opened, error) {
	address := d.store
	if d.config != "" {
		address = "file:" + d.config
		if strings.HasPrefix(d.config, "//") {
			address = "file:" + filepath.Clean(d.config)
		}
	}
	documents, err := openers.Open(address, opts)
	if err != nil {
		return nil, err
	}
	now, err := documents.Get(ctx)
	if err == nil && now.Problem != nil {
		err = d.explain(now.Problem.Err, documents, stderr)
	}
	if err != nil {
		_ = documents.Close()
		return nil, err
	}
	return documents, nil
}

// explain says why a document cannot be used.
func (d *documentFlags) explain(err error, documents store.Store, stderr io.Writer) error {
	if invalid, ok := errors.AsType[*store.InvalidError](err); ok {
		for _, m := range invalid.Report.Mistakes {
			fmt.Fprintln(stderr, m)
		}
		return fmt.Errorf("%s has %s, so nothing is served", d, count(len(invalid.Report.Errors()), "mistake"))
	}
	local, isFile := documents.(store.Local)
	if !isFile {
		return fmt.Errorf("the document in %s cannot be used: %w", d, err)
	}
	name := cmp.Or(d.config, local.Path())
	if errors.Is(err, store.ErrEmpty) && !errors.Is(err, fs.ErrNotExist) {
		return &hintError{fmt.Errorf("%s is empty", name), "To write a starter file: concors init --force " + name}
	}
	return unreadable(name, err)
}
