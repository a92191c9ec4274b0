package admin

import (
	"cmp"
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

// A Change is one sentence of a difference, and what is behind it.
type Change struct {
	Kind      string   `json:"kind"`      // stable, such as domain-added; see the ChangeKind constants
	Effect    string   `json:"effect"`    // wider, narrower or neutral: for foreign websites
	Sentence  string   `json:"sentence"`  // https://x.example may now send credentials to PUT /api/account.
	Endpoints []string `json:"endpoints"` // patterns; empty: all
	Values    []string `json:"values"`    // domains, headers, …
}

// The kinds of changes. Values are domains, headers and so on, as the name
// says.
const (
	ChangeEveryoneAllowed    = "everyone-allowed"    // every website may call
	ChangeEveryoneRefused    = "everyone-refused"    // no longer; Values: who still may
	ChangeDomainAdded        = "domain-added"        // may call, without credentials
	ChangeDomainRemoved      = "domain-removed"      // may no longer call
	ChangeCredentialsAllowed = "credentials-allowed" // Values: the domains; new ones among them
	ChangeCredentialsDropped = "credentials-dropped" // Values: the domains, which may still call
	ChangeHeaderAdded        = "header-added"
	ChangeHeaderRemoved      = "header-removed"
	ChangeExposeAdded        = "expose-added"
	ChangeExposeRemoved      = "expose-removed"
	ChangeCache              = "cache-changed"
	ChangeEmbed              = "embed-changed" // Values: same-origin, same-site or any
	ChangeSenderAdded        = "sender-added"
	ChangeSenderRemoved      = "sender-removed"
	ChangeObserved           = "observed" // only observed from now on
	ChangeEnforced           = "enforced" // again
	ChangePolicyUsed         = "policy-used"
	ChangeEndpointAdded      = "endpoint-added" // Values: the domains that may call
	ChangeEndpointRemoved    = "endpoint-removed"
	ChangeMethods            = "methods-changed"
	ChangeUpstream           = "upstream-changed"
	ChangeEncodedPaths       = "encoded-paths-changed"
	ChangeUnusedPolicy       = "unused-policy-changed" // added, changed or removed, and no endpoint uses it
	ChangeOwnOriginAdded     = "own-origin-added"
	ChangeOwnOriginRemoved   = "own-origin-removed"
	ChangeProxyAdded         = "trusted-proxy-added"
	ChangeProxyRemoved       = "trusted-proxy-removed"
	ChangeIdentityAdded      = "identity-header-added"
	ChangeIdentityRemoved    = "identity-header-removed"
)

// The effects of changes.
const (
	EffectWider    = "wider"    // foreign websites may do more
	EffectNarrower = "narrower" // foreign websites may do less
	EffectNeutral  = "neutral"
)

// maxChanges is how many changes a [Diff] has at most.
const maxChanges = 200

// compare returns the difference between two documents in what they do.
func compare(old, next *endpoints.Document) Diff {
	c := &comparison{old: old, next: next, byText: make(map[string]int)}
	c.site()
	c.entries()
	c.unusedPolicies()
	return c.diff()
}

// A comparison collects changes. Changes that say the same about several
// endpoints become one.
type comparison struct {
	old, next *endpoints.Document
	changes   []change
	byText    map[string]int // of changes
}

// A change is a [Change] whose sentence is not put together yet: in the text,
// {endpoints} and {values} stand for lists.
type change struct {
	kind, effect, text string
	values, endpoints  []string
}

func (c *comparison) add(endpoint string, ch change) {
	key := ch.kind + "\x00" + ch.text + "\x00" + strings.Join(ch.values, "\x00")
	i, ok := c.byText[key]
	if !ok {
		i = len(c.changes)
		c.byText[key] = i
		c.changes = append(c.changes, ch)
	}
	if endpoint != "" {
		c.changes[i].endpoints = append(c.changes[i].endpoints, endpoint)
	}
}

func (c *comparison) diff() Diff {
	rank := []string{EffectWider, EffectNarrower, EffectNeutral}
	slices.SortStableFunc(c.changes, func(a, b change) int {
		return slices.Index(rank, a.effect) - slices.Index(rank, b.effect)
	})
	d := Diff{Changes: []Change{}, More: max(0, len(c.changes)-maxChanges)}
	for _, ch := range c.changes[:len(c.changes)-d.More] {
		sentence := strings.NewReplacer("{endpoints}", words.List(ch.endpoints, "endpoint"), "{values}", words.List(spoken(ch.kind, ch.values), "")).Replace(words.Upper(ch.text))
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
			change{kind: ChangeOwnOriginAdded, effect: EffectWider, text: "pages of {values} now count as this API's own."},
			change{kind: ChangeOwnOriginRemoved, effect: EffectNarrower, text: "pages of {values} no longer count as this API's own."}},
		{c.old.TrustedProxies, c.next.TrustedProxies,
			change{kind: ChangeProxyAdded, effect: EffectWider, text: "{values} may now say under which scheme and host a request was made."},
			change{kind: ChangeProxyRemoved, effect: EffectNarrower, text: "{values} may no longer say under which scheme and host a request was made."}},
		{c.old.IdentityHeaders, c.next.IdentityHeaders,
			change{kind: ChangeIdentityAdded, effect: EffectNarrower, text: "the request header {values} is now dropped wherever cookies are dropped."},
			change{kind: ChangeIdentityRemoved, effect: EffectWider, text: "the request header {values} is no longer dropped together with cookies."}},
	} {
		if list.added.values = without(list.next, list.old); len(list.added.values) > 0 {
			c.add("", list.added)
		}
		if list.removed.values = without(list.old, list.next); len(list.removed.values) > 0 {
			c.add("", list.removed)
		}
	}
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
func (c *comparison) entries() {
	was := make(map[string]*endpoints.Entry, len(c.old.Endpoints))
	for i := range c.old.Endpoints {
		was[c.old.Endpoints[i].Endpoint] = &c.old.Endpoints[i]
	}
	for i := range c.next.Endpoints {
		e := &c.next.Endpoints[i]
		if old := was[e.Endpoint]; old != nil {
			delete(was, e.Endpoint)
			c.entry(old, e)
		} else {
			c.add(e.Endpoint, added(effective(c.next, e.CORS)))
		}
	}
	for i := range c.old.Endpoints {
		if pattern := c.old.Endpoints[i].Endpoint; was[pattern] != nil {
			c.add(pattern, change{kind: ChangeEndpointRemoved, effect: EffectNarrower, text: "{endpoints} no longer exists here."})
		}
	}
}

func added(p endpoints.Policy) change {
	ch := change{kind: ChangeEndpointAdded, effect: EffectWider, values: p.Domains}
	switch {
	case p.Allow == endpoints.AllowAll:
		ch.text = "{endpoints} is new: every website may call it, without credentials."
	case p.Allow == endpoints.AllowSelected && p.Credentials:
		ch.text = "{endpoints} is new: {values} may call it and send credentials."
	case p.Allow == endpoints.AllowSelected:
		ch.text = "{endpoints} is new: {values} may call it, without credentials."
	default:
		ch.text, ch.effect = "{endpoints} is new: cross-origin requests are disallowed.", EffectNeutral
	}
	return ch
}

// entry compares two entries with the same pattern.
func (c *comparison) entry(old, next *endpoints.Entry) {
	before, after := effective(c.old, old.CORS), effective(c.next, next.CORS)
	n := 0
	if !before.Equal(after) {
		for _, ch := range policyChanges(before, after) {
			c.add(next.Endpoint, ch)
			n++
		}
	}
	if n == 0 && old.CORS.Name != next.CORS.Name {
		text := "{endpoints} now uses the policy {values}; nothing changes for websites."
		if next.CORS.Name == "" {
			text = "{endpoints} now has a setting of its own; nothing changes for websites."
		}
		c.add(next.Endpoint, change{kind: ChangePolicyUsed, effect: EffectNeutral, text: text, values: some(next.CORS.Name)})
	}
	if u := cmp.Or(next.Upstream, c.next.Upstream); u != cmp.Or(old.Upstream, c.old.Upstream) {
		c.add(next.Endpoint, change{kind: ChangeUpstream, effect: EffectNeutral, text: "requests to {endpoints} now go to {values}.", values: some(u)})
	}
	if !slices.Equal(old.Methods, next.Methods) {
		ch := change{kind: ChangeMethods, effect: EffectNeutral, text: "{endpoints} now takes the methods {values}.", values: next.Methods}
		if len(next.Methods) == 0 {
			ch.text = "{endpoints} now takes every method."
		}
		c.add(next.Endpoint, ch)
	}
	switch {
	case next.EncodedPaths && !old.EncodedPaths:
		c.add(next.Endpoint, change{kind: ChangeEncodedPaths, effect: EffectWider, text: "{endpoints} now lets paths through that servers read differently."})
	case old.EncodedPaths && !next.EncodedPaths:
		c.add(next.Endpoint, change{kind: ChangeEncodedPaths, effect: EffectNarrower, text: "{endpoints} now answers 400 to paths that servers read differently."})
	}
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
	for _, doc := range []*endpoints.Document{c.old, c.next} {
		for i := range doc.Endpoints {
			used[doc.Endpoints[i].CORS.Name] = true
		}
	}
	say := func(text, name string) {
		c.add("", change{kind: ChangeUnusedPolicy, effect: EffectNeutral, text: text, values: some(name)})
	}
	for _, np := range c.next.Policies {
		old, existed := c.old.Policies.Get(np.Name)
		switch {
		case used[np.Name]:
		case !existed:
			say("the policy {values} is new; no endpoint uses it.", np.Name)
		case !old.Equal(np.Policy):
			say("the policy {values} has changed; no endpoint uses it.", np.Name)
		}
	}
	for _, np := range c.old.Policies {
		if _, exists := c.next.Policies.Get(np.Name); !exists && !used[np.Name] {
			say("the policy {values} is gone; no endpoint used it.", np.Name)
		}
	}
}
