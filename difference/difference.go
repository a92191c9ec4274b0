package difference

import (
	"cmp"
	"context"
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/internal/words"
)

// A Diff is the difference between two documents in what they do.
type Diff struct {
	// Changes are in the order of weight: what opens something first.
	Changes []Change `json:"changes"`

	// More is how many changes were left out of an enormous difference.
	More int `json:"more"`
}

// None is the difference of a document to itself.
func None() Diff { return Diff{Changes: []Change{}} }

// A Change is one sentence of a difference, and what is behind it.
type Change struct {
	Kind      Kind     `json:"kind"`
	Effect    Effect   `json:"effect"`    // for foreign websites
	Sentence  string   `json:"sentence"`  // https://x.example may now send credentials to PUT /api/account.
	Endpoints []string `json:"endpoints"` // patterns; empty: all
	Values    []string `json:"values"`    // domains, headers and so on, as the kind says
}

// A Kind is what a change is about. Kinds are stable.
type Kind string

// The kinds of changes, beside those that the keys of policies have in
// [endpoints.Words].
const (
	EveryoneAllowed    Kind = "everyone-allowed"    // every website may call
	EveryoneRefused    Kind = "everyone-refused"    // no longer; Values: who still may
	DomainAdded        Kind = "domain-added"        // may call, without credentials
	DomainRemoved      Kind = "domain-removed"      // may no longer call
	CredentialsAllowed Kind = "credentials-allowed" // Values: the domains; new ones among them
	CredentialsDropped Kind = "credentials-dropped" // Values: the domains, which may still call
	CacheChanged       Kind = "cache-changed"
	EmbedChanged       Kind = "embed-changed" // Values: same-origin, same-site or any
	PolicyUsed         Kind = "policy-used"
	EndpointAdded      Kind = "endpoint-added" // Values: the domains that may call
	EndpointRemoved    Kind = "endpoint-removed"
	MethodsChanged     Kind = "methods-changed"
	UpstreamChanged    Kind = "upstream-changed"
	EncodedPaths       Kind = "encoded-paths-changed"
	UnusedPolicy       Kind = "unused-policy-changed" // added, changed or removed, and no endpoint uses it
	OwnOriginAdded     Kind = "own-origin-added"
	OwnOriginRemoved   Kind = "own-origin-removed"
	ProxyAdded         Kind = "trusted-proxy-added"
	ProxyRemoved       Kind = "trusted-proxy-removed"
	IdentityAdded      Kind = "identity-header-added"
	IdentityRemoved    Kind = "identity-header-removed"
	HostsChanged       Kind = "hosts-changed" // Values: the only ones that are served; none: any
)

// An Effect is what a change means for foreign websites.
type Effect string

// The effects of changes, in the order of weight.
const (
	Wider    Effect = "wider"    // foreign websites may do more
	Narrower Effect = "narrower" // foreign websites may do less
	Neutral  Effect = "neutral"
)

// maxChanges is how many changes a [Diff] has at most.
const maxChanges = 200

// Between returns the difference between two documents in what they do. The
// error is that of ctx.
func Between(ctx context.Context, old, next *endpoints.Document) (Diff, error) {
	c := &comparison{
		old: side{old, old.Effective()}, next: side{next, next.Effective()},
		known: make(map[key]*change), pairs: make(map[[2]*endpoints.Policy][]change),
	}
	c.site()
	err := c.entries(ctx)
	if err != nil {
		return None(), err
	}
	c.unusedPolicies()
	return c.diff(), nil
}

// First returns the pattern of the first endpoint in next that old does not have
// or has with another policy, empty if there is none.
func First(old, next *endpoints.Document) string {
	was := make(map[string]*endpoints.Policy, len(old.Endpoints))
	for i, p := range old.Effective() {
		was[old.Endpoints[i].Endpoint] = p
	}
	equal := make(map[[2]*endpoints.Policy]bool)
	for i, p := range next.Effective() {
		pattern := next.Endpoints[i].Endpoint
		before := was[pattern]
		if before == nil {
			return pattern
		}
		pair := [2]*endpoints.Policy{before, p}
		if !equal[pair] && !before.Equal(*p) {
			return pattern
		}
		equal[pair] = true
	}
	return ""
}

// A side is one of the two documents.
type side struct {
	*endpoints.Document
	policies []*endpoints.Policy // of its endpoints
}

// A comparison collects changes. Changes that say the same about several
// endpoints become one.
type comparison struct {
	old, next side
	changes   []*change       // that are told
	more      int             // that are not
	known     map[key]*change // nil: one that is not told
	told      [3]int          // how many changes of each effect are told
	pairs     map[[2]*endpoints.Policy][]change
}

// A key tells changes apart.
type key [sha256.Size]byte

// A change is a [Change] whose sentence is not put together yet: in the text,
// {endpoints} and {values} stand for lists.
type change struct {
	kind      Kind
	effect    Effect
	text      string
	values    []string
	endpoints []string
	instead   map[string]string // what is said of some values in their place
	key       key               // zero: not made yet
}

func (ch *change) makeKey() {
	h := sha256.New()
	for _, s := range append([]string{string(ch.kind), ch.text}, ch.values...) {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	h.Sum(ch.key[:0])
}

var effects = []Effect{Wider, Narrower, Neutral}

// add adds a change at an endpoint, or of the whole if endpoint is empty. Of
// each effect there are as many as can be told; the rest is only counted, so
// that an enormous difference needs no enormous memory.
func (c *comparison) add(endpoint string, ch change) {
	if ch.key == (key{}) {
		ch.makeKey()
	}
	at, ok := c.known[ch.key]
	if !ok {
		effect := slices.Index(effects, ch.effect)
		if c.told[effect] < maxChanges {
			c.told[effect]++
			at = &ch
			c.changes = append(c.changes, at)
		} else {
			c.more++
		}
		c.known[ch.key] = at
	}
	if at != nil && endpoint != "" {
		at.endpoints = append(at.endpoints, endpoint)
	}
}

func (c *comparison) diff() Diff {
	slices.SortStableFunc(c.changes, func(a, b *change) int {
		return slices.Index(effects, a.effect) - slices.Index(effects, b.effect)
	})
	told := c.changes[:min(len(c.changes), maxChanges)]
	d := Diff{Changes: []Change{}, More: c.more + len(c.changes) - len(told)}
	for _, ch := range told {
		sentence := strings.NewReplacer("{endpoints}", words.List(ch.endpoints, "endpoint"),
			"{values}", words.List(ch.spoken(), "")).Replace(words.Upper(ch.text))
		if strings.HasPrefix(sentence, everyWebsite) { // a value in words, no address
			sentence = words.Upper(sentence)
		}
		d.Changes = append(d.Changes, Change{
			Kind: ch.kind, Effect: ch.effect, Sentence: sentence,
			Endpoints: append([]string{}, ch.endpoints...), Values: append([]string{}, ch.values...),
		})
	}
	return d
}

// site compares what the endpoints have in common.
func (c *comparison) site() {
	for _, list := range []struct {
		old, next      []string
		added, removed change
	}{
		{c.old.Origins, c.next.Origins,
			change{kind: OwnOriginAdded, effect: Wider, text: "pages of {values} now count as this API's own."},
			change{kind: OwnOriginRemoved, effect: Narrower, text: "pages of {values} no longer count as this API's own."}},
		{c.old.TrustedProxies, c.next.TrustedProxies,
			change{kind: ProxyAdded, effect: Wider, text: "{values} may now say under which scheme and host a request was made."},
			change{kind: ProxyRemoved, effect: Narrower, text: "{values} may no longer say under which scheme and host a request was made."}},
		{c.old.IdentityHeaders, c.next.IdentityHeaders,
			change{kind: IdentityAdded, effect: Narrower, text: "the request header {values} is now dropped wherever cookies are dropped."},
			change{kind: IdentityRemoved, effect: Wider, text: "the request header {values} is no longer dropped together with cookies."}},
	} {
		for _, ch := range listChanges(list.old, list.next, list.added, list.removed) {
			c.add("", ch)
		}
	}
	c.hosts()
}

// hosts compares the hosts that are served. Without any, all are: the first one
// narrows, the last one that goes widens.
func (c *comparison) hosts() {
	ch := change{kind: HostsChanged, effect: Narrower, text: "only requests for {values} are answered now.", values: c.next.Hosts}
	switch added, removed := without(c.next.Hosts, c.old.Hosts), without(c.old.Hosts, c.next.Hosts); {
	case len(added)+len(removed) == 0:
		return
	case len(c.next.Hosts) == 0:
		ch.effect, ch.text = Wider, "requests for any host are answered now."
	case len(c.old.Hosts) > 0 && len(added) > 0:
		ch.effect = Wider
	}
	c.add("", ch)
}

// without returns the elements of a that are not in b.
func without(a, b []string) []string {
	if len(a) == 0 || slices.Equal(a, b) {
		return nil
	}
	in := make(map[string]bool, len(b))
	for _, s := range b {
		in[s] = true
	}
	var out []string
	for _, s := range a {
		if !in[s] {
			in[s] = true // once, if there are several
			out = append(out, s)
		}
	}
	return out
}

// entries compares the endpoints.
func (c *comparison) entries(ctx context.Context) error {
	was := make(map[string]int, len(c.old.Endpoints))
	for i := range c.old.Endpoints {
		was[c.old.Endpoints[i].Endpoint] = i
	}
	for k := range c.next.Endpoints {
		if err := ctx.Err(); err != nil {
			return err
		}
		pattern := c.next.Endpoints[k].Endpoint
		i, existed := was[pattern]
		delete(was, pattern)
		if existed {
			c.entry(i, k)
		} else {
			c.add(pattern, added(c.next.policies[k]))
		}
	}
	for i := range c.old.Endpoints {
		if pattern := c.old.Endpoints[i].Endpoint; hasIndex(was, pattern, i) {
			c.add(pattern, change{kind: EndpointRemoved, effect: Narrower, text: "{endpoints} no longer exists here."})
		}
	}
	return ctx.Err()
}

func hasIndex(m map[string]int, name string, i int) bool {
	at, ok := m[name]
	return ok && at == i
}

// entry compares entry i of the old document with entry k of the next.
func (c *comparison) entry(i, k int) {
	old, next := &c.old.Endpoints[i], &c.next.Endpoints[k]
	add := func(ch change) { c.add(next.Endpoint, ch) }
	changes := c.policies(c.old.policies[i], c.next.policies[k])
	for _, ch := range changes {
		add(ch)
	}
	if len(changes) == 0 && old.CORS.Name != next.CORS.Name {
		text := "{endpoints} now uses the policy {values}; nothing changes for websites."
		if next.CORS.Name == "" {
			text = "{endpoints} now has a setting of its own; nothing changes for websites."
		}
		add(change{kind: PolicyUsed, effect: Neutral, text: text, values: some(next.CORS.Name)})
	}
	if u := cmp.Or(next.Upstream, c.next.Upstream); u != cmp.Or(old.Upstream, c.old.Upstream) {
		add(change{kind: UpstreamChanged, effect: Neutral, text: "requests to {endpoints} now go to {values}.", values: some(u)})
	}
	if !slices.Equal(old.Methods, next.Methods) {
		ch := change{kind: MethodsChanged, effect: Neutral, text: "{endpoints} now takes the methods {values}.", values: next.Methods}
		if len(next.Methods) == 0 {
			ch.text = "{endpoints} now takes every method."
		}
		add(ch)
	}
	switch {
	case next.EncodedPaths && !old.EncodedPaths:
		add(change{kind: EncodedPaths, effect: Wider, text: "{endpoints} now lets paths through that servers read differently."})
	case old.EncodedPaths && !next.EncodedPaths:
		add(change{kind: EncodedPaths, effect: Narrower, text: "{endpoints} now answers 400 to paths that servers read differently."})
	}
}

// maxPairs is how many pairs of policies are remembered.
const maxPairs = 1000

// policies is [policyChanges], once for endpoints that share their policies.
func (c *comparison) policies(old, next *endpoints.Policy) []change {
	pair := [2]*endpoints.Policy{old, next}
	changes, known := c.pairs[pair]
	if known {
		return changes
	}
	changes = policyChanges(old, next)
	for i := range changes {
		changes[i].makeKey()
	}
	if len(c.pairs) < maxPairs {
		c.pairs[pair] = changes
	}
	return changes
}

// some is a list of s, if there is one.
func some(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// unusedPolicies compares the named policies that no endpoint uses: the others
// show at their endpoints.
func (c *comparison) unusedPolicies() {
	used := make(map[string]bool)
	named := make(map[string]*endpoints.Policy, len(c.old.Policies))
	for _, doc := range []side{c.old, c.next} {
		for i := range doc.Endpoints {
			used[doc.Endpoints[i].CORS.Name] = true
		}
	}
	for i := range c.old.Policies {
		named[c.old.Policies[i].Name] = &c.old.Policies[i].Policy
	}
	say := func(name, text string) {
		if !used[name] {
			c.add("", change{kind: UnusedPolicy, effect: Neutral, text: text, values: some(name)})
		}
	}
	for _, np := range c.next.Policies {
		old := named[np.Name]
		delete(named, np.Name)
		switch {
		case old == nil:
			say(np.Name, "the policy {values} is new; no endpoint uses it.")
		case !old.Equal(np.Policy):
			say(np.Name, "the policy {values} has changed; no endpoint uses it.")
		}
	}
	for _, np := range c.old.Policies {
		if named[np.Name] != nil {
			say(np.Name, "the policy {values} is gone; no endpoint used it.")
		}
	}
}
