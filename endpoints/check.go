package endpoints

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/mistake"
	"github.com/concors/concors/internal/nearest"
	"go.yaml.in/yaml/v4"
)

// A checker collects the mistakes of a document that can be read.
type checker struct {
	doc    *Document
	src    *source // nil: the document did not come from text
	report *Report

	site      *cors.Site           // nil if it has mistakes
	settings  map[string]*setting  // by what they say, so that equal ones are compiled once
	upstreams map[string]*upstream // by what is written
	used      map[string]bool      // names of policies
	named     map[string]*setting  // by name
	meant     map[string]string    // names that no policy has: the one that was probably meant
}

// A setting is a policy after compilation.
type setting struct {
	compiled *cors.Compiled // nil if it has mistakes
	mistakes []*cors.Error  // warnings included
}

// A spot is a part of the document that has fields: the whole, a policy or an
// entry.
type spot struct {
	path Field
	node *yaml.Node // the mapping; nil if the document did not come from text
	key  *yaml.Node // where to point if a field is not there; nil: at node
}

// find returns where field, which is in the part, stands: its key, nil if it is
// not there, and the node to point at.
func (s spot) find(field Field) (key, at *yaml.Node) {
	if s.node == nil || s.node.Kind != yaml.MappingNode {
		return nil, s.node
	}
	for i := 0; i+1 < len(s.node.Content); i += 2 {
		k, v := s.node.Content[i], s.node.Content[i+1]
		if k.Value != field.Key() {
			continue
		}
		if n, ok := field.Element(); ok && v.Kind == yaml.SequenceNode && n < len(v.Content) {
			v = v.Content[n]
		}
		return k, v
	}
	if s.key != nil {
		return nil, s.key
	}
	return nil, s.node
}

// at returns the key called name, nil if it is not there, and the node to point
// at.
func (s spot) at(name string) (key, at *yaml.Node) { return s.find(s.path.At(name)) }

// add reports a mistake at the key called name of s, or at s itself if name is
// empty.
func (c *checker) add(s spot, name string, code mistake.Code, value, repair, detail string) {
	c.addTo(s, s.path.At(name), code, value, repair, detail)
}

// addTo reports a mistake at a field of s.
func (c *checker) addTo(s spot, field Field, code mistake.Code, value, repair, detail string) {
	_, at := s.find(field)
	c.addAt(at, field, code, value, repair, detail)
}

func (c *checker) addAt(at *yaml.Node, field Field, code mistake.Code, value, repair, detail string) {
	var p place
	var file string
	if c.src != nil {
		file = c.src.file
	}
	if at != nil {
		p = placeOf(at)
		if c.src.broken[p] {
			return
		}
	}
	c.report.add(mistakeAt(file, p, code, field, value, repair, detail))
}

// addAll reports mistakes of the library at s.
func (c *checker) addAll(s spot, errs []*cors.Error) {
	for _, e := range errs {
		if n := e.Omitted(); n > 0 {
			c.report.tally(e.Code.IsWarning()).omitted += n
			continue
		}
		field, value := s.path.within(e.Field), e.Value
		if _, at := s.find(field); field.Key() == "cache" && at != nil {
			value = at.Value // as written: the library gets a duration
		}
		c.addTo(s, field, e.Code, value, e.Repair, e.Message())
	}
}

func (c *checker) whole() spot {
	if c.src == nil {
		return spot{}
	}
	return spot{node: c.src.root}
}

func (c *checker) policySpot(i int) spot {
	s := spot{path: PolicyField(c.doc.Policies[i].Name)}
	if c.src != nil {
		s.node, s.key = c.src.policies[i], c.src.policyNames[i]
	}
	return s
}

func (c *checker) entrySpot(i int) spot {
	s := spot{path: EndpointField(i)}
	if c.src != nil {
		s.node = c.src.entries[i]
	}
	return s
}

// checkSite checks the fields that belong to the whole document.
func (c *checker) checkSite(opts Options) {
	site, err := cors.NewSite(&cors.Options{
		Origins: c.doc.Origins, TrustedProxies: c.doc.TrustedProxies,
		IdentityHeaders: c.doc.IdentityHeaders, Hosts: c.doc.Hosts, Debug: opts.Debug,
	})
	if err != nil {
		c.addAll(c.whole(), slices.Collect(cors.Errors(err)))
	} else {
		c.site = site
	}
	if c.doc.Upstream != "" {
		c.checkUpstream(c.whole(), c.doc.Upstream)
	}
	if len(c.doc.Endpoints) == 0 {
		c.add(c.whole(), "endpoints", EndpointsNone, "", "", "")
	}
}

// checkPolicies checks and compiles the named policies.
func (c *checker) checkPolicies() {
	first := make(map[string]int)
	for i, np := range c.doc.Policies {
		s := c.policySpot(i)
		set := c.checkPolicy(s, np.Policy)
		if _, again := first[np.Name]; again {
			detail := ""
			if c.src != nil {
				detail = onLine(PolicyDuplicate, c.src.policyNames[first[np.Name]].Line)
			}
			c.addAt(s.key, s.path, PolicyDuplicate, np.Name, "", detail)
			continue
		}
		first[np.Name] = i
		c.named[np.Name] = set
		if !validPolicyName(np.Name) {
			repair := strings.TrimSpace(np.Name)
			if !validPolicyName(repair) {
				repair = ""
			}
			c.addAt(s.key, s.path, PolicyNameInvalid, np.Name, repair, "")
		}
	}
}

// checkUnused reports named policies that no endpoint refers to.
func (c *checker) checkUnused() {
	for i, np := range c.doc.Policies {
		if !c.used[np.Name] {
			c.used[np.Name] = true // once, if there are several
			s := c.policySpot(i)
			c.addAt(s.key, s.path, PolicyUnused, np.Name, "", "")
		}
	}
}

func validPolicyName(name string) bool {
	return name != "" && len(name) <= 100 && utf8.ValidString(name) && strings.TrimSpace(name) == name &&
		!strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) &&
		!slices.Contains(everywhere, name)
}

// checkPolicy reports what is wrong with p and compiles it as far as it is
// clear what it means.
func (c *checker) checkPolicy(s spot, p Policy) *setting {
	p.Allow = c.checkAllow(s, p)
	if p.Allow == "" {
		return &setting{}
	}
	for i := range policyKeys {
		if k := &policyKeys[i]; !k.BelongsTo(p.Allow) && p.writes(s, k) {
			c.addWithoutEffect(s, k, p.Allow)
		}
	}
	set := c.compile(p)
	c.addAll(s, set.mistakes)
	return set
}

// checkAllow returns what allow is or was probably meant to be, empty if there
// is no good guess.
func (c *checker) checkAllow(s spot, p Policy) string {
	if slices.Contains(everywhere, p.Allow) {
		return p.Allow
	}
	if p.Allow == "" {
		if key, _ := s.at("allow"); key != nil {
			return "" // reported where it was read
		}
		for i := range policyKeys {
			if k := &policyKeys[i]; k.BelongsTo(AllowNone) || !p.writes(s, k) {
				continue
			}
			if p.writes(s, policyKeys.find("domains")) {
				c.add(s, "", AllowMissing, "", "", "allow is missing, which means none: write allow: selected for these domains")
				return AllowSelected
			}
			c.add(s, "", AllowMissing, "", "", "")
			return ""
		}
		return AllowNone
	}
	meant := meantAllow[strings.ToLower(p.Allow)]
	if meant == "" {
		meant = nearest.Of(p.Allow, everywhere)
	}
	c.add(s, "allow", AllowUnknown, p.Allow, meant, "")
	return meant
}

// meantAllow has words that people use for the values of allow.
var meantAllow = map[string]string{
	"any": AllowAll, "*": AllowAll, "everyone": AllowAll, "public": AllowAll,
	"nobody": AllowNone, "no": AllowNone, "false": AllowNone, "disallow": AllowNone, "deny": AllowNone, "disallowed": AllowNone,
	"list": AllowSelected, "some": AllowSelected, "listed": AllowSelected, "domains": AllowSelected,
}

// writes reports whether the policy at s has the key k: in the text if there is
// one, else by its value.
func (p Policy) writes(s spot, k *Key[Policy]) bool {
	if s.node != nil {
		key, _ := s.at(k.Name)
		return key != nil
	}
	return k.IsSet(&p)
}

func (c *checker) addWithoutEffect(s spot, k *Key[Policy], allow string) {
	at, _ := s.at(k.Name)
	if k.Name == "credentials" && allow == AllowAll {
		c.addAt(at, s.path.At(k.Name), CredentialsUnderAll, "", "", "")
		return
	}
	detail := fmt.Sprintf("%s means nothing under allow: %s; it belongs to allow: %s", k.Name, allow, strings.Join(k.Under, " or "))
	if k.Name == "senders" {
		detail = "senders means nothing under allow: all, where every website may send, without credentials"
	}
	c.addAt(at, s.path.At(k.Name), FieldWithoutEffect, "", "", detail)
}

// compile returns the setting that p means. Equal policies share one, wherever
// they are written: being the same setting is being the same *cors.Compiled.
func (c *checker) compile(p Policy) *setting {
	id, err := json.Marshal(p)
	if err != nil { // a Policy holds nothing that cannot be marshalled
		panic(err)
	}
	if s := c.settings[string(id)]; s != nil {
		return s
	}
	s := &setting{}
	compiled, err := cors.Compile(p.Clone().CORS(), c.site) // the document may change, the table must not
	if err != nil {
		s.mistakes = slices.Collect(cors.Errors(err))
	} else {
		s.compiled = compiled
		s.mistakes = compiled.Warnings()
	}
	c.settings[string(id)] = s
	return s
}

// checkSetting returns the compiled setting of an entry and the name of its
// policy, if it has one.
func (c *checker) checkSetting(s spot, set Setting) (*cors.Compiled, string) {
	switch {
	case set.Inline != nil:
		in := spot{path: s.path.At("cors")}
		_, in.node = s.at("cors")
		return c.checkPolicy(in, *set.Inline).compiled, ""
	case set.Name == "":
		return c.compile(Policy{Allow: AllowNone}).compiled, ""
	}
	c.used[set.Name] = true
	if found := c.named[set.Name]; found != nil {
		return found.compiled, set.Name
	}
	if slices.Contains(everywhere, set.Name) {
		c.add(s, "cors", PolicyUnknown, set.Name, "{allow: "+set.Name+"}",
			fmt.Sprintf("there is no policy of this name; %s is a value of allow", set.Name))
		return nil, ""
	}
	c.add(s, "cors", PolicyUnknown, set.Name, c.meantPolicy(set.Name), "")
	return nil, ""
}

// maxGuesses is how many names are compared with policies: where more are wrong,
// it is not for a slip of the pen.
const maxGuesses = 100

// meantPolicy returns the policy that somebody who wrote name probably meant,
// empty if there is no good guess.
func (c *checker) meantPolicy(name string) string {
	meant, known := c.meant[name]
	if known || len(c.meant) == maxGuesses {
		return meant
	}
	names := make([]string, 0, len(c.doc.Policies))
	for _, np := range c.doc.Policies {
		names = append(names, np.Name)
	}
	c.meant[name] = nearest.Of(name, names)
	return c.meant[name]
}
