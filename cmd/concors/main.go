// Command concors enforces the cross-origin settings of an HTTP API. Run it
// without arguments to see what it can do.
package main

import (
	"os"

	"github.com/concors/concors/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
