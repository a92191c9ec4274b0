package admin

import (
	"context"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/explain"
	"github.com/concors/concors/insight"
)

// A TrafficQuery selects rows of the traffic.
type TrafficQuery struct {
	Outcome  string // refused, observed or allowed; "": refused and observed
	Endpoint string // pattern; "": all
	Origin   string // "": all
	Limit    int    // 0: 100; at most 10,000
}

// Traffic is what foreign websites did lately, the most important first:
// origins that look like the owner's own, then by count.
type Traffic struct {
	Since time.Time    `json:"since"` // when counting began
	Rows  []TrafficRow `json:"rows"`
	More  int          `json:"more"` // rows left out by the limit

	// Approximate: more origins came than can be kept apart. Counts are then
	// between Count and Count + Error, and rare rows may be missing.
	Approximate bool `json:"approximate"`
}

// A TrafficRow counts the requests of one origin to one endpoint with one
// outcome.
type TrafficRow struct {
	Origin     string    `json:"origin"`   // as sent, escaped and cut; empty: the request had none
	Endpoint   string    `json:"endpoint"` // pattern; empty: none takes the method
	Outcome    string    `json:"outcome"`  // refused, observed (would be refused) or allowed
	Reason     string    `json:"reason"`   // code; empty if allowed
	ReasonText string    `json:"reason_text"`
	Count      uint64    `json:"count"` // at least
	Error      uint64    `json:"error"` // at most so many more
	First      time.Time `json:"first"`
	Last       time.Time `json:"last"`

	// Related: the origin is of the same site as the API or one of the
	// document's domains.
	Related bool `json:"related"`

	// CanAllow: [Service.AllowOrigin] makes a draft for it.
	CanAllow bool `json:"can_allow"`
}

// Traffic returns what q selects.
func (s *Service) Traffic(ctx context.Context, q TrafficQuery) (Traffic, error) {
	switch q.Outcome {
	case "", insight.Refused.String(), insight.Observed.String(), insight.Allowed.String():
	default:
		return Traffic{}, &InputError{Field: "outcome", Value: q.Outcome, Message: "outcome is one of refused, observed and allowed"}
	}
	if q.Limit < 0 {
		return Traffic{}, &InputError{Field: "limit", Message: "limit is zero or more"}
	}
	t := Traffic{Rows: []TrafficRow{}}
	v, err := s.view(ctx)
	if err != nil || s.opts.Traffic == nil {
		return t, err
	}
	t.Since, t.Approximate = s.opts.Traffic.Since(), s.opts.Traffic.Full()
	var related, others []TrafficRow
	for _, c := range s.opts.Traffic.Counts() {
		if q.Outcome != "" && q.Outcome != c.Outcome.String() || q.Outcome == "" && c.Outcome == insight.Allowed ||
			q.Endpoint != "" && q.Endpoint != c.Endpoint || q.Origin != "" && q.Origin != shown(c.Origin) {
			continue
		}
		row := TrafficRow{
			Origin: shown(c.Origin), Endpoint: c.Endpoint, Outcome: c.Outcome.String(),
			Reason: string(c.Reason), ReasonText: reasonText(c.Reason),
			Count: c.Count, Error: c.Error, First: c.First, Last: c.Last,
			Related: v.sites[siteOf(c.Origin)],
		}
		_, exists := v.index[c.Endpoint]
		row.CanAllow = exists && c.Reason == cors.OriginNotAllowed && c.Outcome != insight.Allowed && isOrigin(c.Origin)
		if row.Related {
			related = append(related, row)
		} else {
			others = append(others, row)
		}
	}
	rows := append(related, others...)
	n := min(len(rows), limited(q.Limit))
	t.Rows, t.More = append(t.Rows, rows[:n]...), len(rows)-n
	return t, nil
}

// refusedOrigins counts the origins that were refused in the last 24 hours.
func (s *Service) refusedOrigins() int {
	if s.opts.Traffic == nil {
		return 0
	}
	since := time.Now().Add(-24 * time.Hour)
	origins := make(map[string]bool)
	for _, c := range s.opts.Traffic.Counts() {
		if c.Outcome == insight.Refused && c.Last.After(since) && c.Origin != "" {
			origins[c.Origin] = true
		}
	}
	return len(origins)
}

// isOrigin reports whether what was sent as Origin is one that can be listed.
func isOrigin(origin string) bool {
	_, err := cors.Compile(cors.Selected{Domains: []string{origin}}, nil)
	return err == nil && !strings.Contains(origin, "*")
}

// sitesOf returns the sites of the API and of the domains in doc.
func sitesOf(doc *endpoints.Document) map[string]bool {
	sites := make(map[string]bool)
	add := func(origins []string) {
		for _, o := range origins {
			if site := siteOf(o); site != "" {
				sites[site] = true
			}
		}
	}
	add(doc.Origins)
	for _, np := range doc.Policies {
		add(np.Policy.Domains)
	}
	for _, e := range doc.Endpoints {
		if e.CORS.Inline != nil {
			add(e.CORS.Inline.Domains)
		}
	}
	return sites
}

// siteOf returns the registrable domain of an origin or pattern, empty if it
// has none.
func siteOf(origin string) string {
	_, host, ok := strings.Cut(origin, "://")
	if !ok || strings.ContainsAny(host, "/@") {
		return ""
	}
	host = strings.TrimPrefix(host, "*.")
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	site, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return ""
	}
	return site
}

// maxShown is how many bytes of what strangers send are shown.
const maxShown = 256

// shown returns what a stranger sent in a form that is safe to show and to
// log: printable ASCII, everything else escaped as in Go and JavaScript, and
// not too long.
func shown(s string) string {
	long := len(s) > maxShown
	if long {
		s = s[:maxShown]
	}
	q := strconv.QuoteToASCII(s)
	q = strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
	if long {
		q += "…"
	}
	return q
}

// reasonText says why a request is refused; nothing if it is not.
func reasonText(r cors.Reason) string { return explain.Why(r, "") }
