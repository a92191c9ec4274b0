package cli

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/concors/concors/gateway"
)

// variable is the environment variable of a flag: CONCORS_TLS_CERT of
// --tls-cert.
func variable(f *pflag.Flag) string {
	return "CONCORS_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
}

// mentionEnvironment names each flag's variable in its help.
func mentionEnvironment(set *pflag.FlagSet) {
	set.VisitAll(func(f *pflag.Flag) { f.Usage += " [" + variable(f) + "]" })
}

// fromEnvironment sets the flags that are not on the command line from the
// environment. An empty variable is as good as none.
func fromEnvironment(set *pflag.FlagSet) error {
	var errs []error
	set.VisitAll(func(f *pflag.Flag) {
		value := os.Getenv(variable(f))
		if f.Changed || value == "" || f.Name == "help" {
			return
		}
		if err := set.Set(f.Name, value); err != nil {
			errs = append(errs, fmt.Errorf("%s=%s: %w", variable(f), value, err))
		}
	})
	return errors.Join(errs...)
}

// checkAddresses refuses addresses to listen at that lack something, and proposes
// what was probably meant.
func checkAddresses(set *pflag.FlagSet) error {
	var errs []error
	for _, f := range []struct{ name, none, host string }{
		{"listen", "", ""},
		{"admin", gateway.AdminOff, "127.0.0.1"},
		{"metrics", "", ""},
	} {
		value := set.Lookup(f.name).Value.String()
		if value == f.none {
			continue
		}
		if _, _, err := net.SplitHostPort(value); err != nil {
			if meant := meantAddress(value, f.host); meant != "" {
				err = fmt.Errorf("an address is a host and a port; use %s", meant)
			}
			errs = append(errs, fmt.Errorf("--%s %s: %w", f.name, value, err))
		}
	}
	return errors.Join(errs...)
}

// meantAddress guesses the address meant by value, empty if it cannot. Host
// stands before a mere port.
func meantAddress(value, host string) string {
	if _, err := strconv.ParseUint(value, 10, 16); err == nil {
		return host + ":" + value
	}
	if u, err := url.Parse(value); err == nil && u.Host != "" {
		value = u.Host
		if u.Port() != "" {
			return value
		}
	}
	if strings.ContainsAny(value, ":/ ") && !strings.HasPrefix(value, "[") {
		return ""
	}
	return value + ":8080"
}

// refuseZeros refuses the limits that are set to 0: it would quietly stand for
// the default.
func refuseZeros(set *pflag.FlagSet) error {
	var errs []error
	for _, name := range []string{"max-body", "max-header", "read-header-timeout", "idle-timeout",
		"dial-timeout", "response-timeout", "shutdown-timeout", "access-sample"} {
		f := set.Lookup(name)
		if value := f.Value.String(); value == "0" || value == "0s" {
			errs = append(errs, fmt.Errorf("--%s %s: it must not be 0; leave it out for the default, %s", name, value, f.DefValue))
		}
	}
	return errors.Join(errs...)
}
