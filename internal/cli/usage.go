package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// sectionKey is the annotation of a flag that holds its section's title.
const sectionKey = "concors-section"

// sections returns a function that begins a section of cmd's flags: those that
// are defined until its next call stand under title.
func sections(cmd *cobra.Command) func(title string) {
	set := cmd.Flags()
	seen := make(map[string]bool)
	current := ""
	return func(title string) {
		set.VisitAll(func(f *pflag.Flag) {
			if !seen[f.Name] {
				seen[f.Name] = true
				f.Annotations = map[string][]string{sectionKey: {current}}
			}
		})
		current = title
	}
}

// usage prints what stands below a command's description in its help.
func usage(cmd *cobra.Command) error {
	out := cmd.OutOrStderr()
	line := cmd.UseLine()
	if cmd.HasAvailableSubCommands() {
		line = cmd.CommandPath() + " <command>"
	}
	fmt.Fprintf(out, "Usage:\n  %s\n", line)
	if cmd.HasExample() {
		fmt.Fprintf(out, "\nExamples:\n%s\n", cmd.Example)
	}
	for _, g := range append(cmd.Groups(), &cobra.Group{Title: "And:"}) {
		var b strings.Builder
		for _, sub := range cmd.Commands() {
			if sub.GroupID == g.ID && sub.IsAvailableCommand() {
				fmt.Fprintf(&b, "  %-12s%s\n", sub.Name(), sub.Short)
			}
		}
		if b.Len() > 0 {
			fmt.Fprintf(out, "\n%s\n%s", g.Title, b.String())
		}
	}
	printFlags(out, cmd.LocalFlags())
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(out, "\nMore about a command: %s <command> --help\n", cmd.CommandPath())
	}
	return nil
}

// printFlags prints flags under the titles of their sections, in the order in
// which they were defined.
func printFlags(out io.Writer, flags *pflag.FlagSet) {
	const rest = "Flags"
	var titles []string
	bySection := make(map[string]*pflag.FlagSet)
	flags.SortFlags = false
	flags.VisitAll(func(f *pflag.Flag) {
		title := rest
		if a := f.Annotations[sectionKey]; len(a) > 0 && a[0] != "" {
			title = a[0]
		}
		set := bySection[title]
		if set == nil {
			set = pflag.NewFlagSet("", pflag.ContinueOnError)
			set.SortFlags = false
			bySection[title] = set
			titles = append(titles, title)
		}
		set.AddFlag(f)
	})
	for _, title := range titles {
		fmt.Fprintf(out, "\n%s:\n%s", title, bySection[title].FlagUsages())
	}
}
