package origin

import "strings"

// This file reads and matches patterns with a * inside the first label, such as
// https://pr-*.preview.example.com: preview deployments.

// A Label is the form of a label of which a part is free: one or more characters
// between Before and After, at least one of which is not empty.
type Label struct{ Before, After string }

// matches reports whether a label has the form. Labels that stand for Unicode
// names never do: xn--mysite may be anybody's, whatever it looks like.
func (l Label) matches(label string) bool {
	return len(label) > len(l.Before)+len(l.After) && len(label) <= maxLabel &&
		strings.HasPrefix(label, l.Before) && strings.HasSuffix(label, l.After) &&
		!strings.HasPrefix(label, punycode) && validLabel(label)
}

// label cuts off a first label of which a part is free.
func (ps *parser) label(h string) (rest string) {
	first, rest, _ := strings.Cut(h, ".")
	before, after, found := strings.Cut(first, "*")
	if !found || ps.p.Sub || before+after == "" || rest == "" || strings.Contains(after+rest, "*") {
		return h
	}
	switch lower := strings.ToLower(first); {
	case !isASCII(first): // its ASCII form depends on all of the label
		ps.fail(UnicodeHost)
		return ""
	case lower != first:
		ps.mistake(UpperCase)
		before, after, _ = strings.Cut(lower, "*")
	}
	// The free part may be any letter, for what else has to be right.
	switch any := before + "x" + after; {
	case len(any) > maxLabel:
		ps.fail(HostTooLong)
	case !validLabel(any) || !canBeName(any) || strings.HasPrefix(before, punycode):
		ps.fail(InvalidHost)
	}
	ps.p.Label = Label{before, after}
	return rest
}

// suffix looks for wildcards directly over a public suffix. What providers of
// preview deployments put between the name of a deployment and that of the site,
// two hyphens, they let nobody have in names of sites. Registries do: a--shop.com
// is anybody's.
func (ps *parser) suffix() {
	if !ps.p.Sub && ps.p.Label == (Label{}) {
		return
	}
	public, icann := publicSuffix(ps.p.Host)
	label := ps.p.Label
	twoHyphens := strings.HasPrefix(label.After, "--")
	switch {
	case !public, twoHyphens && !icann:
	case twoHyphens:
		ps.fail(PublicSuffix)
	case label.After != "" && label.Before == "": // *example.com
		ps.mistake(WildcardMisplaced)
		ps.p = Pattern{Scheme: ps.p.Scheme, Sub: true, Host: label.After + "." + ps.p.Host}
	default:
		ps.fail(PublicSuffix)
	}
}
