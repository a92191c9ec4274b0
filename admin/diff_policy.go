package admin

import (
	"cmp"
	"slices"
	"time"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/endpoints"
)

// policyChanges returns what changes at an endpoint whose setting was old and
// is next. Both have their Allow filled in.
func policyChanges(old, next endpoints.Policy) []change {
	list := callers(old, next)
	if old.Allow != endpoints.AllowNone && next.Allow != endpoints.AllowNone {
		list = append(list, details(old, next)...)
	}
	list = append(list, embedding(old, next)...)
	list = append(list, listChanges(old.Senders, next.Senders,
		change{kind: ChangeSenderAdded, effect: EffectWider, text: "{values} may now post to {endpoints} with the visitor's credentials, without reading the answer."},
		change{kind: ChangeSenderRemoved, effect: EffectNarrower, text: "{values} may no longer post to {endpoints} with the visitor's credentials."})...)
	switch {
	case next.ObserveOnly && !old.ObserveOnly:
		list = append(list, change{kind: ChangeObserved, effect: EffectWider, text: "{endpoints} is only observed now: nothing is refused or changed there, only counted."})
	case old.ObserveOnly && !next.ObserveOnly:
		list = append(list, change{kind: ChangeEnforced, effect: EffectNarrower, text: "{endpoints} is enforced now; it was only observed."})
	}
	return list
}

// callers returns what changes about who may call, and with which credentials.
func callers(old, next endpoints.Policy) []change {
	kept := without(old.Domains, without(old.Domains, next.Domains))
	allowed := change{kind: ChangeCredentialsAllowed, effect: EffectWider, text: "{values} may now send credentials to {endpoints}.", values: next.Domains}
	dropped := change{kind: ChangeCredentialsDropped, effect: EffectNarrower, text: "{values} may no longer send credentials to {endpoints}.", values: kept}
	added := change{kind: ChangeDomainAdded, effect: EffectWider, text: "{values} may now call {endpoints}, without credentials.", values: without(next.Domains, old.Domains)}
	removed := change{kind: ChangeDomainRemoved, effect: EffectNarrower, text: "{values} may no longer call {endpoints}.", values: without(old.Domains, next.Domains)}
	var list []change
	say := func(ch change) {
		if len(ch.values) > 0 {
			list = append(list, ch)
		}
	}
	switch {
	case old.Allow == next.Allow && next.Allow != endpoints.AllowSelected:
	case next.Allow == endpoints.AllowAll:
		list = append(list, change{kind: ChangeEveryoneAllowed, effect: EffectWider, text: "every website may now call {endpoints}, without credentials."})
		if old.Credentials {
			dropped.values = old.Domains
			say(dropped)
		}
	case old.Allow == endpoints.AllowAll && next.Allow == endpoints.AllowNone:
		list = append(list, change{kind: ChangeEveryoneRefused, effect: EffectNarrower, text: "other websites may no longer call {endpoints}."})
	case old.Allow == endpoints.AllowAll:
		list = append(list, change{kind: ChangeEveryoneRefused, effect: EffectNarrower, text: "only {values} may call {endpoints} now; every other website is refused.", values: next.Domains})
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

// details returns what changes about what callers may do.
func details(old, next endpoints.Policy) []change {
	list := listChanges(old.Headers, next.Headers,
		change{kind: ChangeHeaderAdded, effect: EffectWider, text: "websites may now send the header {values} to {endpoints}."},
		change{kind: ChangeHeaderRemoved, effect: EffectNarrower, text: "websites may no longer send the header {values} to {endpoints}."})
	list = append(list, listChanges(old.Expose, next.Expose,
		change{kind: ChangeExposeAdded, effect: EffectWider, text: "scripts of other websites may now read the header {values} of {endpoints}."},
		change{kind: ChangeExposeRemoved, effect: EffectNarrower, text: "scripts of other websites may no longer read the header {values} of {endpoints}."})...)
	if old.Cache != next.Cache {
		list = append(list, change{kind: ChangeCache, effect: EffectNeutral,
			text: "browsers may keep preflight answers of {endpoints} for {values}.", values: []string{cacheWords(next.Cache)}})
	}
	return list
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

// spoken is values as they stand in a sentence.
func spoken(kind string, values []string) []string {
	instead := map[string]string{}
	switch kind {
	case ChangeSenderAdded, ChangeSenderRemoved:
		instead[cors.AnySender] = "every website"
	case ChangeHeaderAdded, ChangeHeaderRemoved:
		instead["*"] = "* (every one but Authorization)"
	case ChangeExposeAdded, ChangeExposeRemoved:
		instead["*"] = "* (every one)"
	}
	out := slices.Clone(values)
	for i, v := range out {
		out[i] = cmp.Or(instead[v], v)
	}
	return out
}

// embedding returns what changes about who may embed the endpoint.
func embedding(old, next endpoints.Policy) []change {
	before, after := embed(old), embed(next)
	if before == after {
		return nil
	}
	ch := change{kind: ChangeEmbed, effect: EffectNarrower, values: []string{string(after)}}
	switch after {
	case cors.EmbedAny:
		ch.effect, ch.text = EffectWider, "every website may now embed {endpoints} as image, script or frame, without credentials."
	case cors.EmbedSameSite:
		ch.text = "only pages of the same site may embed {endpoints} as image, script or frame now, with credentials."
		if before == cors.EmbedSameOrigin {
			ch.effect, ch.text = EffectWider, "pages of the same site may now embed {endpoints} as image, script or frame, with credentials."
		}
	default:
		ch.text = "only this API's own pages may embed {endpoints} as image, script or frame now."
	}
	return []change{ch}
}

// embed returns who may embed an endpoint, with the default filled in.
func embed(p endpoints.Policy) cors.Embed {
	switch {
	case p.Embed != "":
		return cors.Embed(p.Embed)
	case p.Allow == endpoints.AllowAll:
		return cors.EmbedAny
	}
	return cors.EmbedSameOrigin
}
