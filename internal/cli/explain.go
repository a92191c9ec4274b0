package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/cors/mistake"
	"github.com/concors/concors/explain"
)

// Exit codes of explain.
const (
	exitBlocked  = 1
	exitNotAsked = 2
)

// maxConsole is how much pasted text is read.
const maxConsole = 1 << 20

type explainOptions struct {
	from, method, credentials, mode, kind, data, profile string
	headers, cookies                                     []string
	config, har                                          string
	live                                                 explain.Live
	asJSON                                               bool
	color                                                string
}

func newExplain() *cobra.Command {
	var o explainOptions
	cmd := &cobra.Command{
		Use:   "explain [--from origin] [[METHOD] URL | [METHOD] /path | console text]",
		Short: "Tell what a browser does with a call, and what to change if it fails",
		Long: `Tell step by step what a browser does with a page's call to a server, and what
to change if it fails. There are four ways to ask:

  a live server    explain --from ORIGIN [METHOD] URL
  the file         explain --config concors.yaml --from ORIGIN [METHOD] /path
  a recording      explain --har FILE, as saved by a browser's developer tools
  console lines    explain 'Access to fetch at …', or on standard input; with
                   --config they are looked up in the file

A live server is asked what a browser would ask it: the preflight, then the call.
Calls that may change something (POST, PUT, …) are sent with --send only. What you
give in --header, --cookie and --data is told to the origin of URL alone: where
redirects lead elsewhere, a placeholder is sent, and the story says so.

Exit code 0: the call is allowed, 1: it is blocked, 2: the server could not be
asked.`,
		Example: `  concors explain --from https://docs.example.com https://api.example.com/prices
  concors explain --from https://docs.example.com -X PUT -H 'Authorization: x' \
      --credentials include --preflight-only https://api.example.com/account
  concors explain --config concors.yaml --from https://docs.example.com PUT /api/account
  pbpaste | concors explain`,
		RunE: func(cmd *cobra.Command, args []string) error {
			err := runExplain(cmd, &o, strings.Join(args, " "))
			if _, said := errors.AsType[exitCode](err); err != nil && !said {
				err = &codedError{err, exitNotAsked}
			}
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "`origin` of the page, such as https://docs.example.com; null for an opaque one")
	f.StringVarP(&o.method, "method", "X", "", "request `method` (default GET)")
	f.StringArrayVarP(&o.headers, "header", "H", nil, "request header `'Name: value'` that the page sets; may be repeated")
	f.StringVar(&o.credentials, "credentials", "", "omit, same-origin or include (default: that of the kind of call)")
	f.StringVar(&o.mode, "mode", "", "cors, no-cors or same-origin (default: that of the kind of call)")
	f.StringVar(&o.kind, "kind", "fetch", "what makes the call: "+strings.Join(kindNames(), ", "))
	f.StringVar(&o.data, "data", "", "body `text` to send")
	f.StringArrayVar(&o.cookies, "cookie", nil, "`Set-Cookie` line that the server is taken to have sent; may be repeated")
	f.StringVar(&o.profile, "browser", "standard", "whose `behaviour`: standard, chromium (chrome, edge), firefox, webkit (safari), or all browsers side by side")
	f.BoolVar(&o.live.PreflightOnly, "preflight-only", false, "ask the preflight only")
	f.BoolVar(&o.live.Send, "send", false, "also send calls that may change something")
	f.StringArrayVar(&o.live.SecretsTo, "secrets-to", nil, "`origin` that may get what you give here when redirects lead to it; may be repeated")
	f.DurationVar(&o.live.Timeout, "timeout", explain.DefaultTimeout, "longest `duration` of one request")
	f.BoolVarP(&o.live.InsecureTLS, "insecure", "k", false, "accept any certificate of the server")
	f.StringVar(&o.config, "config", "", "ask this `file` instead of a live server")
	f.StringVar(&o.har, "har", "", "explain every cross-origin call of a recording (HAR) `file`")
	f.BoolVar(&o.asJSON, "json", false, "print JSON")
	f.StringVar(&o.color, "color", "auto", "auto, always or never")
	for flag, values := range map[string][]string{
		"browser": {"standard", "chrome", "firefox", "safari", "all"}, "kind": kindNames(),
		"credentials": {"omit", "same-origin", "include"}, "mode": {"cors", "no-cors", "same-origin"}, "color": {"auto", "always", "never"},
	} {
		mustComplete(cmd, flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	mustComplete(cmd, "config", completeYAML)
	return cmd
}

func kindNames() []string {
	var names []string
	for _, k := range browser.Kinds() {
		names = append(names, k.String())
	}
	return names
}

func runExplain(cmd *cobra.Command, o *explainOptions, target string) error {
	p := &explainPrinter{out: cmd.OutOrStdout(), asJSON: o.asJSON, style: explain.Style{Color: useColor(o.color, cmd.OutOrStdout())}}
	if o.profile == allBrowsers {
		return p.compare(cmd, o, target)
	}
	profile, err := profileNamed(o.profile)
	if err != nil {
		return err
	}
	if o.har != "" {
		if o.config != "" || o.from != "" || target != "" {
			return errors.New("--har explains the calls of a recording, and takes neither --config nor --from nor a URL")
		}
		return p.recording(cmd.Context(), o.har, profile)
	}
	if asks := o.from != "" && target != "" && target != "-"; asks && len(explain.ReadConsole(target)) == 0 {
		q, err := question(o, profile)
		if err != nil {
			return err
		}
		if o.config != "" {
			return p.file(cmd.Context(), o.config, cmd.InOrStdin(), q, target)
		}
		return p.live(cmd.Context(), o.live, q, target)
	}
	if strings.HasPrefix(target, "/") || isMethodAndTarget(target) {
		return errors.New("--from is missing: the origin of the page, such as --from https://docs.example.com")
	}
	if target == "" || target == "-" {
		if isTerminal(cmd.InOrStdin()) {
			fmt.Fprintln(cmd.ErrOrStderr(), "Paste what the browser's console says, then press Ctrl-D.")
		}
		data, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), maxConsole))
		if err != nil {
			return err
		}
		target = string(data)
	}
	return p.console(cmd.Context(), o, profile, target, cmd.InOrStdin())
}

// isMethodAndTarget reports whether text is [METHOD ]URL or METHOD /path.
func isMethodAndTarget(text string) bool {
	method, address := cutMethod(text)
	return !strings.Contains(address, " ") && (strings.Contains(address, "://") || method != "" && strings.HasPrefix(address, "/"))
}

// cutMethod takes the method from before a target.
func cutMethod(text string) (method, target string) {
	if method, target, found := strings.Cut(strings.TrimSpace(text), " "); found {
		return method, strings.TrimSpace(target)
	}
	return "", strings.TrimSpace(text)
}

// setTarget says what q calls. The method may stand in two places, but not with
// two meanings.
func setTarget(q *explain.Question, method, address string) error {
	if method != "" && q.Call.Method != "" && method != q.Call.Method {
		return fmt.Errorf("which method is meant, %s or --method %s?", method, q.Call.Method)
	}
	q.Call.Method, q.Call.URL = cmp.Or(method, q.Call.Method), address
	return nil
}

func (p *explainPrinter) recording(ctx context.Context, name string, profile browser.Profile) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	answers, err := explain.ReadHAR(ctx, file, profile)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return p.answers(answers)
}

// allBrowsers is the --browser that compares them.
const allBrowsers = "all"

// compare asks for the same call in each browser. A live server is asked anew
// each time.
func (p *explainPrinter) compare(cmd *cobra.Command, o *explainOptions, target string) error {
	if o.har != "" || o.from == "" || target == "" || target == "-" {
		return errors.New("--browser all compares a call: --from and a target are needed, a recording or a console line is one browser's")
	}
	ask, err := p.asker(cmd.Context(), o, cmd.InOrStdin(), target)
	if err != nil {
		return err
	}
	var c explain.Comparison
	for _, profile := range explain.Browsers() {
		q, err := question(o, profile)
		if err != nil {
			return err
		}
		a, err := ask(q)
		if err != nil {
			return err
		}
		c = append(c, a)
	}
	if p.asJSON {
		list := make([]*explain.Answer, len(c))
		for i := range c {
			list[i] = &c[i]
		}
		if err := printJSON(p.out, list); err != nil {
			return err
		}
	} else {
		c.Write(p.out, p.style)
	}
	for i := range c {
		err = worse(err, codeOf(c[i].Outcome))
	}
	return err
}

// worse is the first of two exit codes, unless it is none.
func worse(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// asker returns what asks the file, or the live server.
func (p *explainPrinter) asker(ctx context.Context, o *explainOptions, stdin io.Reader, target string) (func(explain.Question) (explain.Answer, error), error) {
	if o.config == "" {
		return func(q explain.Question) (explain.Answer, error) {
			if err := liveTarget(o.live, &q, target); err != nil {
				return explain.Answer{}, err
			}
			return explain.AskLive(ctx, q, o.live), nil
		}, nil
	}
	file, err := p.readFile(o.config, stdin)
	if err != nil {
		return nil, err
	}
	return func(q explain.Question) (explain.Answer, error) {
		method, address := file.Target(target)
		if err := setTarget(&q, method, address); err != nil {
			return explain.Answer{}, err
		}
		return file.Ask(ctx, q), nil
	}, nil
}

func (p *explainPrinter) live(ctx context.Context, l explain.Live, q explain.Question, target string) error {
	if err := liveTarget(l, &q, target); err != nil {
		return err
	}
	return p.answer(explain.AskLive(ctx, q, l))
}

// liveTarget says what q calls on a live server.
func liveTarget(l explain.Live, q *explain.Question, target string) error {
	method, address := cutMethod(target)
	if !strings.Contains(address, "://") {
		return &hintError{fmt.Errorf("%s is not the URL of a live server, such as https://api.example.com/prices", address), "To ask the file instead: --config " + defaultFile}
	}
	if err := setTarget(q, method, address); err != nil {
		return err
	}
	for _, origin := range l.SecretsTo {
		if _, err := originOf("--secrets-to", origin); err != nil {
			return err
		}
	}
	return nil
}

// engines are the profiles of browsers that people name instead.
var engines = map[string]browser.Profile{
	"chrome": browser.Chromium, "edge": browser.Chromium, "opera": browser.Chromium, "brave": browser.Chromium, "safari": browser.WebKit,
}

func profileNamed(name string) (browser.Profile, error) {
	if p, ok := engines[strings.ToLower(name)]; ok {
		return p, nil
	}
	for _, p := range browser.Profiles() {
		if strings.EqualFold(p.String(), name) {
			return p, nil
		}
	}
	return 0, fmt.Errorf("--browser %s is not known: use standard, chromium (or chrome), firefox, webkit (or safari) or all", name)
}

// question makes a question, but for its URL, out of the flags.
func question(o *explainOptions, profile browser.Profile) (explain.Question, error) {
	q := explain.Question{Profile: profile, Cookies: o.cookies}
	q.Page.Origin = "null"
	if o.from != "null" {
		var err error
		if q.Page.Origin, err = originOf("--from", o.from); err != nil {
			return q, err
		}
	}
	q.Call.Method = o.method
	q.Call.Credentials, q.Call.Mode = browser.CredentialsMode(o.credentials), browser.Mode(o.mode)
	known := false
	for _, k := range browser.Kinds() {
		if k.String() == o.kind {
			q.Call.Kind, known = k, true
		}
	}
	if !known {
		return q, fmt.Errorf("--kind %s is not known: use one of %s", o.kind, strings.Join(kindNames(), ", "))
	}
	for _, h := range o.headers {
		name, value, found := strings.Cut(h, ":")
		if !found {
			return q, fmt.Errorf("--header %q has no colon: write 'Name: value'", h)
		}
		q.Call.Headers = append(q.Call.Headers, browser.HeaderField{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
	}
	if o.data != "" {
		q.Call.Body = browser.Body{Kind: browser.Text, Data: []byte(o.data)}
	}
	return q, nil
}

// originOf returns the origin that flag names. A slash at the end is forgiven:
// it is there when the origin comes from an address bar.
func originOf(flag, value string) (string, error) {
	origin := strings.TrimSuffix(value, "/")
	_, err := cors.NewSite(&cors.Options{Origins: []string{origin}})
	for e := range cors.Errors(err) {
		switch e.Code {
		case mistake.OwnOriginScheme: // pages of apps and extensions
		case mistake.OriginUpperCase, mistake.OriginDefaultPort, mistake.OriginUnicodeHost: // as browsers do
			return e.Repair, nil
		case mistake.OriginOpaqueScheme:
			return "", &hintError{fmt.Errorf("%s %s: pages of this scheme have no origin of their own", flag, value), "Use: " + flag + " null"}
		default:
			err := fmt.Errorf("%s %s is not an origin: scheme, host and port, such as https://docs.example.com", flag, value)
			if e.Repair != "" {
				err = &hintError{err, "Use: " + flag + " " + e.Repair}
			}
			return "", err
		}
	}
	return origin, nil
}

// readFile reads the document that is asked. If it has mistakes, they are
// printed.
func (p *explainPrinter) readFile(name string, stdin io.Reader) (*explain.File, error) {
	name, data, err := readDocument(name, stdin)
	if err != nil {
		return nil, err
	}
	file, report := explain.ReadFile(name, data)
	if file == nil {
		for _, m := range report.Errors() {
			fmt.Fprintln(p.out, m)
		}
		return nil, exitCode(exitNotAsked)
	}
	return file, nil
}

func (p *explainPrinter) file(ctx context.Context, name string, stdin io.Reader, q explain.Question, target string) error {
	file, err := p.readFile(name, stdin)
	if err != nil {
		return err
	}
	method, address := file.Target(target)
	if err := setTarget(&q, method, address); err != nil {
		return err
	}
	return p.answer(file.Ask(ctx, q))
}

// explainPrinter writes answers and turns them into exit codes.
type explainPrinter struct {
	out    io.Writer
	asJSON bool
	style  explain.Style
}

func (p *explainPrinter) answer(a explain.Answer) error {
	if p.asJSON {
		if err := printJSON(p.out, &a); err != nil {
			return err
		}
	} else {
		a.Write(p.out, p.style)
	}
	return codeOf(a.Outcome)
}

func codeOf(o explain.Outcome) error {
	switch o {
	case explain.Blocked, explain.Refused, explain.NoEndpoint:
		return exitCode(exitBlocked)
	case explain.NotAsked, explain.Unknown:
		return exitCode(exitNotAsked)
	}
	return nil
}

// answers prints the calls of a recording. One that is blocked decides the exit
// code; those that nothing is known of do not.
func (p *explainPrinter) answers(answers []explain.Answer) error {
	number := make(map[explain.Outcome]int)
	list := make([]*explain.Answer, len(answers))
	for i := range answers {
		list[i] = &answers[i]
		number[answers[i].Outcome]++
	}
	if p.asJSON {
		if err := printJSON(p.out, list); err != nil {
			return err
		}
	} else {
		for _, a := range list {
			a.Write(p.out, p.style)
			fmt.Fprintln(p.out)
		}
		summary := fmt.Sprintf("%s, %d blocked", count(len(list), "cross-origin call"), number[explain.Blocked])
		if n := number[explain.Unknown]; n > 0 {
			summary += fmt.Sprintf(", %d unknown", n)
		}
		if len(list) == 0 {
			summary = "There is no cross-origin call in the recording."
		}
		fmt.Fprintln(p.out, summary)
	}
	if number[explain.Blocked] > 0 {
		return exitCode(exitBlocked)
	}
	return nil
}

// console explains what a browser wrote to its console, and looks it up in the
// file if there is one.
func (p *explainPrinter) console(ctx context.Context, o *explainOptions, profile browser.Profile, text string, stdin io.Reader) error {
	messages := explain.ReadConsole(text)
	if len(messages) == 0 {
		fmt.Fprintln(p.out, "No browser's message about cross-origin requests is known here. Paste the whole line from the console, from \"Access to\" (Chromium) or \"Cross-Origin Request Blocked\" (Firefox) on.")
		return exitCode(exitNotAsked)
	}
	if o.config != "" {
		file, err := p.readFile(o.config, stdin)
		if err != nil {
			return err
		}
		origin := ""
		if o.from != "" {
			q, err := question(o, profile)
			if err != nil {
				return err
			}
			origin = q.Page.Origin
		}
		for i := range messages {
			messages[i].LookUp(ctx, file, origin)
		}
	}
	if p.asJSON {
		list := make([]*explain.Message, len(messages))
		for i := range messages {
			list[i] = &messages[i]
		}
		if err := printJSON(p.out, list); err != nil {
			return err
		}
		return exitCode(exitBlocked)
	}
	for i := range messages {
		if i > 0 {
			fmt.Fprintln(p.out)
		}
		messages[i].Write(p.out, p.style)
	}
	return exitCode(exitBlocked)
}
