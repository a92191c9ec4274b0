package admin

import (
	"context"
	"fmt"

	"github.com/concors/concors/endpoints"
)

// LooksOwn reports whether origin is of the same site as the API or one of the
// domains that the document allows.
func (s *Service) LooksOwn(ctx context.Context, origin string) (bool, error) {
	v, err := s.view(ctx)
	if err != nil {
		return false, err
	}
	return v.sites[siteOf(origin)], nil
}

// AllowOrigin prepares the draft that lets origin call the endpoint, see
// "Allow this origin". Where the endpoint uses a named policy, the policy is
// changed, or, if here is true, the endpoint gets a copy of its own. An endpoint
// that disallowed cross-origin requests now allows selected domains, and the
// header Content-Type; credentials stay off. It is not judged yet.
func (s *Service) AllowOrigin(ctx context.Context, pattern, origin string, here bool) (Draft, error) {
	v, err := s.view(ctx)
	if err != nil {
		return Draft{}, err
	}
	i, ok := v.index[pattern]
	if !ok {
		return Draft{}, fmt.Errorf("admin: %w: %q", ErrUnknownEndpoint, pattern)
	}
	d := Draft{Base: v.snap.Stored()}
	row := &v.rows[i]
	p := row.Setting.Clone()
	switch p.Allow {
	case endpoints.AllowAll:
		return Draft{}, &InputError{Field: "endpoint", Value: pattern, Message: "this endpoint allows every website already"}
	case endpoints.AllowNone:
		p.Allow = endpoints.AllowSelected
		p.Headers = []string{"Content-Type"}
	}
	p.Domains = append(p.Domains, origin)
	if row.Policy != "" && !here {
		d.Policies = []PolicyChange{{Name: row.Policy, Policy: &p}}
	} else {
		d.Endpoints = []EndpointChange{{Pattern: pattern, Setting: &endpoints.Setting{Inline: &p}}}
	}
	return d, nil
}
