package audit

import "slices"

// An ID names a class of findings. IDs are stable.
type ID string

// A Group is what a class is about.
type Group string

// The groups, in the order of reports.
const (
	Origin      Group = "origin"      // who is let in
	Value       Group = "value"       // what the headers say
	Cache       Group = "cache"       // what caches make of it
	Consistency Group = "consistency" // answers that contradict each other
	Preflight   Group = "preflight"   // whether browsers may ask
	CSRF        Group = "csrf"        // what runs without being allowed
)

// Groups lists all groups.
func Groups() []Group { return []Group{Origin, Value, Cache, Consistency, Preflight, CSRF} }

// Severity says how bad a finding is. Larger is worse.
type Severity int

// The severities.
const (
	Info Severity = iota
	Low
	Medium
	High
	Critical
)

var severityNames = [...]string{"info", "low", "medium", "high", "critical"}

// String returns the severity in lower case.
func (s Severity) String() string { return severityNames[s] }

// MarshalText implements encoding.TextMarshaler.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Severity) UnmarshalText(text []byte) error {
	i := slices.Index(severityNames[:], string(text))
	if i < 0 {
		return errSeverity
	}
	*s = Severity(i)
	return nil
}

// A Class is a kind of finding.
type Class struct {
	ID    ID    `json:"id"`
	Group Group `json:"group"`
	// Severity is that of the worst case: a class of group Origin has it if
	// answers to requests with credentials can be read (see [Exposure]).
	Severity Severity `json:"severity"`
	Title    string   `json:"title"`  // what is found, in one line
	Cause    string   `json:"cause"`  // the usual mistake
	Danger   string   `json:"danger"` // what comes of it
	Repair   string   `json:"repair"` // what to change
	// Header is an example of the headers as they should be, one a line; empty
	// where none are to be sent.
	Header []string `json:"headers,omitempty"`
	// Setting is our setting that closes it.
	Setting string `json:"setting"`
	// NeedsUnsafe: only looked for where requests that may change something
	// are allowed.
	NeedsUnsafe bool `json:"needs_unsafe,omitempty"`
}

// Classes lists all classes, by group.
func Classes() []*Class { return slices.Clone(classes) }

// ClassOf returns the class of an ID, nil if there is none.
func ClassOf(id ID) *Class { return classOf[id] }

var (
	classes = slices.Concat(originClasses, valueClasses, cacheClasses, consistencyClasses, preflightClasses, csrfClasses)
	classOf = func() map[ID]*Class {
		m := make(map[ID]*Class, len(classes))
		for _, c := range classes {
			m[c.ID] = c
		}
		return m
	}()
)
