package endpoints

import (
	"fmt"
	"strings"
	"time"

	"github.com/concors/concors/cors"
	"go.yaml.in/yaml/v4"
)

// UnmarshalJSON reads a document as [Parse] does. Unknown keys and wrong types
// are errors; whether the document makes sense is left to [Build].
func (d *Document) UnmarshalJSON(data []byte) error {
	doc, _, report := decode("", data)
	if err := report.finish("").Err(); err != nil {
		return err
	}
	*d = *doc
	return nil
}

// UnmarshalJSON reads a policy as it stands in a document.
func (p *Policy) UnmarshalJSON(data []byte) error {
	return unmarshal(data, func(d *decoder, n *yaml.Node) { *p = d.policy(n, Field{}) })
}

// UnmarshalJSON reads an entry as it stands in a document.
func (e *Entry) UnmarshalJSON(data []byte) error {
	return unmarshal(data, func(d *decoder, n *yaml.Node) { *e = d.entry(n, Field{}) })
}

func unmarshal(data []byte, read func(d *decoder, n *yaml.Node)) error {
	d := newDecoder("")
	if n := d.parse(data); n != nil {
		read(d, n)
	}
	return d.report.finish("").Err()
}

// MarshalJSON writes a document that [Parse] reads back.
func (d Document) MarshalJSON() ([]byte, error) { return documentKeys.value(&d).json(), nil }

// MarshalJSON writes the policy as it stands in a document.
func (p Policy) MarshalJSON() ([]byte, error) { return policyKeys.value(&p).json(), nil }

// MarshalJSON writes the entry as it stands in a document.
func (e Entry) MarshalJSON() ([]byte, error) { return entryKeys.value(&e).json(), nil }

// MarshalJSON writes the policies as one object, in order.
func (p Policies) MarshalJSON() ([]byte, error) {
	v, _ := policiesKind.write(p)
	return v.json(), nil
}

// MarshalJSON writes a name as a string and a policy in place as an object.
func (s Setting) MarshalJSON() ([]byte, error) {
	v, _ := settingKind.write(s)
	return v.json(), nil
}

// json returns v as JSON.
func (v value) json() []byte {
	return []byte(pen{json: true, comma: ",", colon: ":"}.flowLine(v))
}

func (s Senders) any() bool { return len(s) == 1 && s[0] == cors.AnySender }

// String returns the duration as in a document: 10m, 1h30m, 90s as 1m30s,
// [cors.NoCache] as 0, and nothing if it is unset.
func (d Duration) String() string {
	switch {
	case d == 0:
		return ""
	case time.Duration(d) == cors.NoCache:
		return "0"
	}
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// parseDuration is the inverse of [Duration.String]. The repair is a value that
// was probably meant, empty if there is no good guess.
func parseDuration(s string) (d Duration, repair string, ok bool) {
	v, err := time.ParseDuration(s)
	switch {
	case err == nil && v == 0:
		return Duration(cors.NoCache), "", true
	case err == nil && v > 0:
		return Duration(v), "", true
	}
	var n time.Duration
	var unit string
	if k, _ := fmt.Sscanf(s, "%d%s", &n, &unit); k > 0 {
		each := meantUnits[strings.TrimSpace(unit)]
		if each > 0 && n > 0 && n <= 10_000*time.Hour/each {
			repair = Duration(n * each).String()
		}
	}
	return 0, repair, false
}

// meantUnits has units that people write and [time.ParseDuration] does not
// read. A bare number is meant in seconds, as in Access-Control-Max-Age.
var meantUnits = map[string]time.Duration{
	"":    time.Second,
	"sec": time.Second, "secs": time.Second, "second": time.Second, "seconds": time.Second,
	"min": time.Minute, "mins": time.Minute, "minute": time.Minute, "minutes": time.Minute,
	"hour": time.Hour, "hours": time.Hour,
	"d": 24 * time.Hour, "day": 24 * time.Hour, "days": 24 * time.Hour,
}
