package difference

import (
	"cmp"
	"slices"
	"time"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/endpoints"
)

// policyChanges returns what changes at an endpoint whose setting was old and
// is next. Both have their Allow filled in.
func policyChanges(old, next *endpoints.Policy) []change {
	if old == next || old.Equal(*next) {
		return nil
	}
	list := callers(old, next)
	keys := endpoints.PolicyKeys()
	for i := range keys {
		switch k := &keys[i]; k.Name {
		case "cache":
			list = append(list, lifetime(old, next)...)
		case "embed":
			list = append(list, embedding(old, next)...)
		default:
			list = append(list, worded(k, old, next)...)
		}
	}
	return list
}

// worded returns what changes about a key whose changes have words of their own.
// What concerns callers alone is told where there were some and still are.
func worded(k *endpoints.Key[endpoints.Policy], old, next *endpoints.Policy) []change {
	told := k.BelongsTo(endpoints.AllowNone) || k.BelongsTo(old.Allow) && k.BelongsTo(next.Allow)
	if k.Words.More.Text == "" || !told || k.Equal(old, next) {
		return nil
	}
	more := change{kind: Kind(k.Words.More.Kind), effect: Wider, text: k.Words.More.Text, instead: k.Words.Spoken}
	less := change{kind: Kind(k.Words.Less.Kind), effect: Narrower, text: k.Words.Less.Text, instead: k.Words.Spoken}
	switch was, is := k.List(old), k.List(next); {
	case is != nil:
		return listChanges(*was, *is, more, less)
	case k.IsSet(next):
		return []change{more}
	}
	return []change{less}
}

// callers returns what changes about who may call, and with which credentials.
func callers(old, next *endpoints.Policy) []change {
	kept := without(old.Domains, without(old.Domains, next.Domains))
	allowed := change{kind: CredentialsAllowed, effect: Wider, text: "{values} may now send credentials to {endpoints}.", values: next.Domains}
	dropped := change{kind: CredentialsDropped, effect: Narrower, text: "{values} may no longer send credentials to {endpoints}.", values: kept}
	added := change{kind: DomainAdded, effect: Wider, text: "{values} may now call {endpoints}, without credentials.", values: without(next.Domains, old.Domains)}
	removed := change{kind: DomainRemoved, effect: Narrower, text: "{values} may no longer call {endpoints}.", values: without(old.Domains, next.Domains)}
	var list []change
	say := func(ch change) {
		if len(ch.values) > 0 {
			list = append(list, ch)
		}
	}
	switch {
	case old.Allow == next.Allow && next.Allow != endpoints.AllowSelected:
	case next.Allow == endpoints.AllowAll:
		list = append(list, change{kind: EveryoneAllowed, effect: Wider, text: "every website may now call {endpoints}, without credentials."})
		if old.Credentials {
			dropped.values = old.Domains
			say(dropped)
		}
	case old.Allow == endpoints.AllowAll && next.Allow == endpoints.AllowNone:
		list = append(list, change{kind: EveryoneRefused, effect: Narrower, text: "other websites may no longer call {endpoints}."})
	case old.Allow == endpoints.AllowAll:
		list = append(list, change{kind: EveryoneRefused, effect: Narrower, text: "only {values} may call {endpoints} now; every other website is refused.", values: next.Domains})
		if next.Credentials {
			say(allowed)
		}
	case next.Allow == endpoints.AllowNone:
		removed.text = "{values} may no longer call {endpoints}: cross-origin requests are disallowed."
		say(removed)
	case next.Credentials:
		if old.Credentials {
			allowed.values = added.values
		}
		say(allowed)
		say(removed)
	default:
		say(added)
		if old.Credentials {
			say(dropped)
		}
		say(removed)
	}
	return list
}

// lifetime returns what changes about the preflight cache, where callers were
// and still are.
func lifetime(old, next *endpoints.Policy) []change {
	if old.Cache == next.Cache || old.Allow == endpoints.AllowNone || next.Allow == endpoints.AllowNone {
		return nil
	}
	return []change{{kind: CacheChanged, effect: Neutral,
		text: "browsers may keep preflight answers of {endpoints} for {values}.", values: []string{cacheWords(next.Cache)}}}
}

func cacheWords(d endpoints.Duration) string {
	switch {
	case d == 0:
		return "their own default of 5 seconds"
	case time.Duration(d) == cors.NoCache:
		return "no time at all"
	}
	return d.String()
}

// listChanges returns what was added to a list and what was removed from it.
func listChanges(old, next []string, added, removed change) []change {
	var list []change
	if added.values = without(next, old); len(added.values) > 0 {
		list = append(list, added)
	}
	if removed.values = without(old, next); len(removed.values) > 0 {
		list = append(list, removed)
	}
	return list
}

const everyWebsite = "every website"

// spoken is values as they stand in a sentence.
func (ch *change) spoken() []string {
	out := slices.Clone(ch.values)
	for i, v := range out {
		out[i] = cmp.Or(ch.instead[v], v)
	}
	return out
}

// embedding returns what changes about who may embed the endpoint.
func embedding(old, next *endpoints.Policy) []change {
	before, after := embed(old), embed(next)
	if before == after {
		return nil
	}
	ch := change{kind: EmbedChanged, effect: Narrower, values: []string{string(after)}}
	switch after {
	case cors.EmbedAny:
		ch.effect, ch.text = Wider, "every website may now embed {endpoints} as image, script or frame, without credentials."
	case cors.EmbedSameSite:
		ch.text = "only pages of the same site may embed {endpoints} as image, script or frame now, with credentials."
		if before == cors.EmbedSameOrigin {
			ch.effect, ch.text = Wider, "pages of the same site may now embed {endpoints} as image, script or frame, with credentials."
		}
	default:
		ch.text = "only this API's own pages may embed {endpoints} as image, script or frame now."
	}
	return []change{ch}
}

// embed returns who may embed an endpoint, with the default filled in.
func embed(p *endpoints.Policy) cors.Embed {
	switch {
	case p.Embed != "":
		return cors.Embed(p.Embed)
	case p.Allow == endpoints.AllowAll:
		return cors.EmbedAny
	}
	return cors.EmbedSameOrigin
}

// added returns the change that an endpoint with the policy is new.
func added(p *endpoints.Policy) change {
	ch := change{kind: EndpointAdded, effect: Wider, values: p.Domains}
	switch {
	case p.Allow == endpoints.AllowAll:
		ch.text = "{endpoints} is new: every website may call it, without credentials."
	case p.Allow == endpoints.AllowSelected && p.Credentials:
		ch.text = "{endpoints} is new: {values} may call it and send credentials."
	case p.Allow == endpoints.AllowSelected:
		ch.text = "{endpoints} is new: {values} may call it, without credentials."
	default:
		ch.text, ch.effect = "{endpoints} is new: cross-origin requests are disallowed.", Neutral
	}
	return ch
}
