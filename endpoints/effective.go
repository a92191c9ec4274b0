package endpoints

// Effective returns the policy of each endpoint, in their order: the one that
// is written in place, or the one that its name stands for. Its Allow is never
// empty. A name that no policy has, and a setting that is not written, mean the
// zero policy. Endpoints that use the same named policy share one pointer, so
// that what is known of one is known of all; the slices are those of d.
func (d *Document) Effective() []*Policy {
	filled := func(p Policy) *Policy {
		p.Allow = p.allow()
		return &p
	}
	named := make(map[string]*Policy, len(d.Policies))
	for _, np := range d.Policies {
		if named[np.Name] == nil {
			named[np.Name] = filled(np.Policy)
		}
	}
	none := filled(Policy{})
	list := make([]*Policy, len(d.Endpoints))
	for i := range d.Endpoints {
		switch set := &d.Endpoints[i].CORS; {
		case set.Inline != nil:
			list[i] = filled(*set.Inline)
		case named[set.Name] != nil:
			list[i] = named[set.Name]
		default:
			list[i] = none
		}
	}
	return list
}
