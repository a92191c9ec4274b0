package admin

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"time"

	"github.com/concors/concors/cors/browser"
	"github.com/concors/concors/endpoints"
	"github.com/concors/concors/insight"
	"github.com/concors/concors/store"
)

// Options are what a [Service] works on.
type Options struct {
	// Store holds the document. If it is a [store.History] too, there are
	// revisions and undo.
	Store store.Store

	// Traffic counts decisions. Nil: nothing is counted, and [Service.Traffic]
	// is empty.
	Traffic *insight.Recorder

	// Enforce, if not nil, is called after each write and returns when what is
	// stored is in force on real traffic.
	Enforce func(context.Context) error

	// ReadOnly refuses every write with [ErrReadOnly].
	ReadOnly bool

	// Build is how tables are built, as in the store's options.
	Build endpoints.Options

	// Log hears of every write. Nil: nobody.
	Log *slog.Logger
}

// A Service is what the admin API and the pages have in common. Its methods
// may be called concurrently. What they return belongs to the caller, unless
// it says otherwise.
//
// Lists are never nil, so that they are [] in JSON.
type Service struct {
	opts Options
}

// New returns the service of o.
func New(o Options) (*Service, error)

// Errors that callers tell apart with errors.Is, beside those of package store:
// store.ErrStale (a [*StaleError]), store.ErrInvalid (an [*InvalidError]),
// store.ErrUnknownRevision.
var (
	ErrReadOnly        = errors.New("this Concors is read-only here: change the file itself")
	ErrNoBase          = errors.New("the draft does not say which revision it is based on")
	ErrBroken          = errors.New("the stored document is broken; saving would replace it")
	ErrUnknownEndpoint = errors.New("there is no such endpoint")
	ErrUnknownPolicy   = errors.New("there is no such policy")
)

// A State is what every page shows.
type State struct {
	// Revision is of what is stored, be it good or broken: the base of a save
	// and the ETag. Empty: nothing is stored.
	Revision store.Revision `json:"revision"`

	// Live is the revision that is enforced, and Since is when it became so.
	// They differ from Revision while the stored document is broken. Empty:
	// nothing is enforced.
	Live  store.Revision `json:"live"`
	Since time.Time      `json:"since,omitzero"`

	Endpoints int `json:"endpoints"`
	Policies  int `json:"policies"`

	// Observing is how many endpoints only observe.
	Observing int `json:"observing"`

	// RefusedOrigins is how many of the origins that [Service.Traffic] lists
	// were refused in the last 24 hours.
	RefusedOrigins int `json:"refused_origins"`

	// ReadOnly: nothing can be saved here.
	ReadOnly bool `json:"read_only"`

	// Warnings are about the document in force.
	Warnings []Mistake `json:"warnings"`

	// Problem says why what is stored is not what is enforced. Nil: it is.
	Problem *BrokenDocument `json:"problem"`
}

// A BrokenDocument is what is stored and cannot be used.
type BrokenDocument struct {
	Summary  string    `json:"summary"`  // in one sentence
	Mistakes []Mistake `json:"mistakes"` // with lines; empty if it cannot be read at all
	Text     string    `json:"text"`     // the stored text, at most 64 KiB of it
}

// State returns the state of the document and of its enforcement.
func (s *Service) State(ctx context.Context) (State, error)

// An EndpointQuery selects endpoints. The zero value is the first hundred in
// the order of the document.
type EndpointQuery struct {
	Search  string // words that must all occur in pattern, domains, policy name or setting; case does not matter
	Allow   string // none, all or selected; "": any
	Policy  string // only endpoints of this named policy
	Refused bool   // only endpoints with refused requests lately
	Observe bool   // only endpoints that only observe
	Sort    string // "" (document), pattern, path, setting, refused; a "-" in front reverses
	Offset  int
	Limit   int // 0: 100; at most 10,000
}

// An EndpointList is a part of the endpoints.
type EndpointList struct {
	Revision  store.Revision `json:"revision"` // see [State.Revision]
	Total     int            `json:"total"`    // in the document
	Matched   int            `json:"matched"`  // by the query
	Offset    int            `json:"offset"`
	Endpoints []Endpoint     `json:"endpoints"`
}

// An Endpoint is an endpoint with its setting, and what happened to it lately.
type Endpoint struct {
	Pattern string   `json:"pattern"` // names the endpoint
	Method  string   `json:"method"`  // of the pattern; empty: see Methods
	Host    string   `json:"host"`    // of the pattern; empty: any
	Path    string   `json:"path"`
	Methods []string `json:"methods"` // that a pattern without a method takes; empty: any

	// Policy is the name of the policy, empty if the setting is written in
	// place or left out. Setting is the setting in full in both cases; its
	// Allow is never empty. The slices of Setting are shared: do not change.
	Policy  string           `json:"policy"`
	Setting endpoints.Policy `json:"setting"`

	// Upstream is where requests go, and OwnUpstream whether that is written
	// at the endpoint itself.
	Upstream     string `json:"upstream"`
	OwnUpstream  bool   `json:"own_upstream"`
	EncodedPaths bool   `json:"encoded_paths"`

	Traffic EndpointTraffic `json:"traffic"`
}

// EndpointTraffic is what foreign requests met at an endpoint in the last 24
// hours.
type EndpointTraffic struct {
	Refused     uint64    `json:"refused"`
	Observed    uint64    `json:"observed"` // would have been refused
	Allowed     uint64    `json:"allowed"`
	LastRefused time.Time `json:"last_refused,omitzero"`

	// Hours is Refused + Observed by hour, the current hour last. Empty if
	// both are zero.
	Hours []uint32 `json:"hours"`
}

// Endpoints returns the endpoints that q selects.
func (s *Service) Endpoints(ctx context.Context, q EndpointQuery) (EndpointList, error)

// An EndpointDetail is everything about one endpoint.
type EndpointDetail struct {
	Revision store.Revision  `json:"revision"` // see [State.Revision]
	Endpoint Endpoint        `json:"endpoint"`
	Entry    endpoints.Entry `json:"entry"` // as written
	Preview  Preview         `json:"preview"`
}

// Endpoint returns the endpoint with the pattern. [ErrUnknownEndpoint].
func (s *Service) Endpoint(ctx context.Context, pattern string) (EndpointDetail, error)

// A NamedPolicy is a policy of the document and who uses it.
type NamedPolicy struct {
	Name   string           `json:"name"`
	Policy endpoints.Policy `json:"policy"`
	UsedBy []string         `json:"used_by"` // patterns
}

// A PolicyList is the named policies in the order of the document.
type PolicyList struct {
	Revision store.Revision `json:"revision"` // see [State.Revision]
	Policies []NamedPolicy  `json:"policies"`
}

// Policies returns the named policies.
func (s *Service) Policies(ctx context.Context) (PolicyList, error)

// A DocumentView is the whole document.
type DocumentView struct {
	Revision store.Revision      `json:"revision"` // see [State.Revision]
	Document *endpoints.Document `json:"document"` // the last good one, never nil; shared: do not change
	Text     string              `json:"text"`     // as stored, comments included
}

// Document returns the document.
func (s *Service) Document(ctx context.Context) (DocumentView, error)

// A Draft is a change that somebody has in mind: a whole document, or changes
// to the one in force. The zero value changes nothing.
type Draft struct {
	// Base is the [State.Revision] that the draft was made from. It is needed
	// to save; judging and comparing ignore it, they compare with what is live.
	Base store.Revision `json:"base,omitempty"`

	// Document replaces everything. Nil: the fields below change what is live.
	Document *endpoints.Document `json:"document,omitempty"`

	Endpoints []EndpointChange `json:"endpoints,omitempty"`
	Policies  []PolicyChange   `json:"policies,omitempty"`
	Site      *SiteChange      `json:"site,omitempty"`

	// ReplaceBroken agrees to replace a stored document that is broken.
	ReplaceBroken bool `json:"replace_broken,omitempty"`
}

// An EndpointChange adds, replaces or removes an endpoint, or changes only its
// setting.
type EndpointChange struct {
	// Pattern names the endpoint as it is. Empty: Entry is a new one, which
	// comes last.
	Pattern string `json:"pattern,omitempty"`

	// Exactly one of these is set. Entry replaces the whole entry, its pattern
	// included; Setting only what stands at cors.
	Entry   *endpoints.Entry   `json:"entry,omitempty"`
	Setting *endpoints.Setting `json:"setting,omitempty"`
	Remove  bool               `json:"remove,omitempty"`
}

// A PolicyChange adds, replaces, renames or removes a named policy.
type PolicyChange struct {
	Name   string            `json:"name"`             // of the policy; if there is none, Policy is a new one
	Rename string            `json:"rename,omitempty"` // new name; endpoints that use it follow
	Policy *endpoints.Policy `json:"policy,omitempty"` // nil: as it is
	Remove bool              `json:"remove,omitempty"`
}

// A SiteChange changes what the endpoints have in common. Nil fields stay as
// they are.
type SiteChange struct {
	Origins         *[]string `json:"origins,omitempty"`
	TrustedProxies  *[]string `json:"trusted_proxies,omitempty"`
	IdentityHeaders *[]string `json:"identity_headers,omitempty"`
	Upstream        *string   `json:"upstream,omitempty"`
}

// A Mistake is something wrong, or perhaps not as meant, in a document or
// draft.
type Mistake struct {
	endpoints.Mistake

	// Change says which change of the draft it is about, nil if none: Part is
	// "endpoints" or "policies", Index the element, Field the field in it, such
	// as "domains[2]" of a setting or "endpoint", "upstream" of an entry.
	Change *MistakePlace `json:"change,omitempty"`

	Cause string `json:"cause,omitempty"` // why it matters, in sentences
}

// A MistakePlace is a place in a draft.
type MistakePlace struct {
	Part  string `json:"part"`
	Index int    `json:"index"`
	Field string `json:"field"`
}

// A Judgement is what would become of a draft.
type Judgement struct {
	Revision store.Revision `json:"revision"` // what it was compared with: [State.Revision]
	OK       bool           `json:"ok"`       // it can be saved
	Mistakes []Mistake      `json:"mistakes"` // why not
	Warnings []Mistake      `json:"warnings"` // what perhaps is not meant; only what the draft brings
	Diff     Diff           `json:"diff"`     // to what is live; empty unless OK
	Preview  Preview        `json:"preview"`  // of the first endpoint that the draft concerns
}

// Judge says what would become of d, without saving anything.
func (s *Service) Judge(ctx context.Context, d Draft) (Judgement, error)

// A Preview is what browsers and websites will see of an endpoint.
type Preview struct {
	Endpoint string `json:"endpoint"` // its pattern; empty if there is nothing to show
	URL      string `json:"url"`      // an example of an address of it

	// Partial: values with mistakes were left out.
	Partial bool `json:"partial"`

	// Samples are the kinds of requests and their answers, by the gateway
	// itself.
	Samples []Sample `json:"samples"`

	// Snippet is the front-end call that fits the setting. Empty: no website
	// may call.
	Snippet string `json:"snippet"`

	// Advice is what else the setting needs, in sentences: cookies that must
	// be SameSite=None; Secure, an API that is not served securely.
	Advice []string `json:"advice"`
}

// A Sample is a request and the answer that it gets.
type Sample struct {
	Kind  string `json:"kind"`  // stable, see the SampleKind constants
	Title string `json:"title"` // in words: Preflight from https://docs.example.com

	Method  string        `json:"method"`
	Path    string        `json:"path"`
	Request []HeaderField `json:"request"` // headers that matter

	Status      int           `json:"status"`      // 200 stands for whatever the API answers
	Refused     bool          `json:"refused"`     // before it runs
	Reason      string        `json:"reason"`      // of the refusal, else empty
	Outcome     string        `json:"outcome"`     // in words: passed on with cookies
	Credentials string        `json:"credentials"` // "kept", "dropped", or empty: none were sent
	Response    []HeaderField `json:"response"`    // headers that Concors sets
}

// The kinds of samples, in the order in which they appear. Which of them do
// depends on the setting and the methods.
const (
	SamplePreflight        = "preflight"         // of an allowed origin
	SamplePreflightRefused = "preflight-refused" // of an origin that is not allowed
	SampleAllowed          = "allowed"           // fetch() of an allowed origin, with cookies
	SampleRefused          = "refused"           // fetch() of an origin that is not allowed
	SampleFormPost         = "form-post"         // a form on a foreign website
	SampleSender           = "sender"            // a form on a website among senders
	SampleEmbed            = "embed"             // an image or script on a foreign website
	SampleLink             = "link"              // a link on a foreign website
	SampleOwn              = "own"               // a page of the API itself
)

// A HeaderField is a line of a header.
type HeaderField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

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

// Diff compares d with what is live. A draft with mistakes is compared as far
// as it can be understood.
func (s *Service) Diff(ctx context.Context, d Draft) (Diff, error)

// A Saved is what a write led to.
type Saved struct {
	Revision store.Revision `json:"revision"` // the new one, or Previous if nothing changed
	Previous store.Revision `json:"previous"` // what undo goes back to
	Enforced bool           `json:"enforced"` // it is in force on real traffic by now
	Diff     Diff           `json:"diff"`     // to what was live
	Warnings []Mistake      `json:"warnings"`
}

// Save stores d, which must name its base. Errors beside those of the store:
// [ErrReadOnly], [ErrNoBase], [ErrBroken], [*StaleError], [*InvalidError].
func (s *Service) Save(ctx context.Context, d Draft) (Saved, error)

// A StaleError refuses a draft because somebody else saved in between. It is a
// store.ErrStale.
type StaleError struct {
	Base    store.Revision `json:"base"`
	Current store.Revision `json:"current"`

	// Known: the base is remembered, so that Theirs can be told.
	Known  bool `json:"known"`
	Theirs Diff `json:"theirs"` // from base to current
	Yours  Diff `json:"yours"`  // from current to the draft on top of it

	// Overlap has the endpoints and policies that both changed. If it is empty
	// and the draft is no whole document, saving it again with Base set to
	// Current merges the two.
	Overlap   []string `json:"overlap"`
	Mergeable bool     `json:"mergeable"`
}

// An InvalidError refuses a draft with mistakes. It is a store.ErrInvalid.
type InvalidError struct {
	Mistakes []Mistake
}

// AllowOrigin prepares the draft that lets origin call the endpoint, see
// "Allow this origin". Where the endpoint uses a named policy, the policy is
// changed, or, if here is true, the endpoint gets a copy of its own. It is not
// judged yet.
func (s *Service) AllowOrigin(ctx context.Context, pattern, origin string, here bool) (Draft, error)

// A Trial is a call that a page makes.
type Trial struct {
	// Draft is what to try it on. Nil: what is live.
	Draft *Draft `json:"draft,omitempty"`

	Origin      string        `json:"origin"`                // of the page: https://docs.example.com
	Kind        string        `json:"kind,omitempty"`        // as browser.Kind.String; empty: fetch
	Method      string        `json:"method,omitempty"`      // empty: GET
	URL         string        `json:"url"`                   // absolute, or a path of the API
	Headers     []HeaderField `json:"headers,omitempty"`     // that the page sets
	Body        string        `json:"body,omitempty"`        // sent as text, or as a form by a form
	Credentials string        `json:"credentials,omitempty"` // omit, same-origin, include; empty: the default of the kind
	Mode        string        `json:"mode,omitempty"`        // empty: the default of the kind
	Profile     string        `json:"profile,omitempty"`     // standard, chromium, firefox, webkit; empty: standard
}

// A Verdict is what the browser makes of a trial.
type Verdict struct {
	Allowed     bool       `json:"allowed"`     // the call succeeds
	Summary     string     `json:"summary"`     // in one line
	Ran         bool       `json:"ran"`         // the request reached the API (not only its preflight)
	Credentials string     `json:"credentials"` // as in [Sample]: what the API got
	Endpoint    string     `json:"endpoint"`    // pattern of the endpoint; empty: none
	Reason      string     `json:"reason"`      // of Concors' refusal, else empty
	Steps       []Step     `json:"steps"`       // the story, one line each
	Notes       []string   `json:"notes"`
	Exchanges   []Exchange `json:"exchanges"` // what goes over the wire

	// Blocked explains the step that failed. Nil: none did.
	Blocked *Blocked `json:"blocked"`
}

// A Step is one line of the story.
type Step struct {
	OK   bool   `json:"ok"`
	Text string `json:"text"`
	Spec string `json:"spec"` // address of the section that says so
}

// An Exchange is a request on the wire and its answer.
type Exchange struct {
	Preflight bool          `json:"preflight"`
	Method    string        `json:"method"`
	URL       string        `json:"url"`
	Request   []HeaderField `json:"request"`
	Status    int           `json:"status"`
	Response  []HeaderField `json:"response"`
}

// Blocked is why a call fails.
type Blocked struct {
	Code    browser.Code      `json:"code"`
	Explain string            `json:"explain"`
	Setting string            `json:"setting"` // what to change in the document; empty if nothing helps
	Page    string            `json:"page"`    // what to change in the page; empty if nothing
	Console map[string]string `json:"console"` // chromium, firefox, webkit: what their consoles say
}

// Try makes the call of t in a model of a browser, against the gateway's own
// decisions and an API that answers 200 to everything.
func (s *Service) Try(ctx context.Context, t Trial) (Verdict, error)

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
func (s *Service) Traffic(ctx context.Context, q TrafficQuery) (Traffic, error)

// An Event is something that happened just now: a decision, or a new state of
// the document. Exactly one of the fields is set.
type Event struct {
	Decision *Decision `json:"decision,omitempty"`
	State    *State    `json:"state,omitempty"`
	Dropped  uint64    `json:"dropped,omitempty"` // decisions that this subscriber was too slow for
}

// A Decision is one decision about a foreign request.
type Decision struct {
	ID         uint64    `json:"id"` // grows by time
	Time       time.Time `json:"time"`
	Method     string    `json:"method"`
	Preflight  bool      `json:"preflight"`
	Origin     string    `json:"origin"`
	Endpoint   string    `json:"endpoint"`
	Outcome    string    `json:"outcome"` // as in [TrafficRow]
	Reason     string    `json:"reason"`
	ReasonText string    `json:"reason_text"`
}

// Decisions returns the last decisions about foreign requests, at most 256, the
// newest first.
func (s *Service) Decisions(ctx context.Context) ([]Decision, error)

// Feed returns what happens from now on, the current state first, until ctx
// ends.
func (s *Service) Feed(ctx context.Context) iter.Seq[Event]

// A History is the revisions that were live, the newest first.
type History struct {
	Revision  store.Revision `json:"revision"` // see [State.Revision]
	Revisions []Revision     `json:"revisions"`
	More      int            `json:"more"`    // revisions left out by the limit
	Problem   string         `json:"problem"` // why the history cannot be kept; empty: it can
}

// A Revision is one of them and what it changed.
type Revision struct {
	Revision store.Revision `json:"revision"`
	Time     time.Time      `json:"time"`
	Live     bool           `json:"live"`
	First    bool           `json:"first"` // nothing older is remembered
	Diff     Diff           `json:"diff"`  // to the one before
}

// History returns the last revisions, at most limit of them (0: 20).
func (s *Service) History(ctx context.Context, limit int) (History, error)

// Restore makes a revision of the history live again, as it was stored. Errors
// as with [Service.Save].
func (s *Service) Restore(ctx context.Context, rev, base store.Revision) (Saved, error)

// Undo goes back to the revision that was live before base.
func (s *Service) Undo(ctx context.Context, base store.Revision) (Saved, error)
