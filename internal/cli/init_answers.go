package cli

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/mistake"
	"github.com/concors/concors/endpoints"
)

// starterAnswers are what a starter file is made of.
type starterAnswers struct {
	upstream string // empty: http://127.0.0.1:3000
	website  string // empty: the starter's example, or none if an upstream is named
}

// ask asks for what flags do not say. An answer that makes no sense is asked
// for again; the end of the input is an empty answer.
func (a *starterAnswers) ask(flags *pflag.FlagSet, in io.Reader, out io.Writer) {
	lines := bufio.NewScanner(in)
	question := func(text, otherwise string, accept func(string) (string, error)) string {
		for {
			fmt.Fprint(out, text)
			if !lines.Scan() {
				fmt.Fprintln(out)
				return otherwise
			}
			answer := strings.TrimSpace(lines.Text())
			if answer == "" {
				return otherwise
			}
			accepted, err := accept(answer)
			if err == nil {
				return accepted
			}
			fmt.Fprintf(out, "  %s.\n", err)
		}
	}
	if !flags.Changed("upstream") {
		guess := cmp.Or(listening(3000, 8000, 5000, 4000), "http://127.0.0.1:3000")
		a.upstream = question("Where does your API listen? ["+guess+"] ", guess, upstreamOf)
	}
	if !flags.Changed("website") {
		a.website = question("Which website may call it, with its visitors' cookies? [none yet] ", "", websiteOf)
	}
}

// check reads what flags say.
func (a *starterAnswers) check() (err error) {
	if a.upstream != "" {
		if a.upstream, err = upstreamOf(a.upstream); err != nil {
			return fmt.Errorf("--upstream %w", err)
		}
	}
	if a.website != "" {
		if a.website, err = websiteOf(a.website); err != nil {
			return fmt.Errorf("--website %w", err)
		}
	}
	return nil
}

// upstreamOf reads the address of an API as people write it: 8000,
// localhost:8000, http://localhost:8000/.
func upstreamOf(text string) (string, error) {
	text = strings.TrimSuffix(text, "/")
	switch {
	case strings.Trim(text, "0123456789") == "":
		text = "http://127.0.0.1:" + text
	case !strings.Contains(text, "://"):
		text = "http://" + text
	}
	return text, starterMistake(text, "")
}

// websiteOf reads an origin as people write it: a bare name means https.
func websiteOf(text string) (string, error) {
	_, err := cors.Compile(cors.Selected{Domains: []string{text}, Credentials: true}, nil)
	for e := range cors.Errors(err) {
		if e.Repair != "" && e.Code != mistake.OriginInsecure { // that would be another website
			text = e.Repair
		}
	}
	return text, starterMistake("", text)
}

// starterMistake returns the first mistake of the starter with these answers.
func starterMistake(upstream, website string) error {
	_, _, report := endpoints.Load("", endpoints.StarterFor(upstream, website), endpoints.Options{})
	for _, m := range report.Errors() {
		return errors.New(m.Value + ": " + m.Message)
	}
	return nil
}

// listening returns the address of the first of the ports on which something
// listens on this machine, empty if there is none.
func listening(ports ...int) string {
	for _, port := range ports {
		address := fmt.Sprintf("127.0.0.1:%d", port)
		if c, err := net.DialTimeout("tcp", address, time.Second); err == nil {
			_ = c.Close()
			return "http://" + address
		}
	}
	return ""
}

// meaning says what the file means.
func (a *starterAnswers) meaning() string {
	switch {
	case a.website != "":
		return "every request goes to " + cmp.Or(a.upstream, "http://127.0.0.1:3000") + ", and of all other websites only " + a.website + " may call it."
	case a.upstream != "":
		return "every request goes to " + a.upstream + ", and no other website may call it yet."
	}
	return "put your API's address and your website into it."
}

// next is the command to type next.
func (a *starterAnswers) next(file string) string {
	command := "concors serve"
	if file != defaultFile {
		command += " --config " + file
	}
	if u, err := url.Parse(a.upstream); err == nil && u.Port() == "8080" {
		command += " --listen :8081" // 8080 is the API's own
	}
	return command
}
