package endpoints

import (
	"bytes"
	"encoding/json"
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
	return unmarshal(data, func(d *decoder, n *yaml.Node) { *p = d.policy(n, "") })
}

// UnmarshalJSON reads an entry as it stands in a document.
func (e *Entry) UnmarshalJSON(data []byte) error {
	return unmarshal(data, func(d *decoder, n *yaml.Node) { *e = d.entry(n, "") })
}

func unmarshal(data []byte, read func(d *decoder, n *yaml.Node)) error {
	d := newDecoder("")
	if n := d.parse(data); n != nil {
		read(d, n)
	}
	return d.report.finish("").Err()
}

// MarshalJSON writes the policies as one object, in order.
func (p Policies) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, np := range p {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(np.Name)
		if err != nil {
			return nil, err
		}
		policy, err := json.Marshal(np.Policy)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(policy)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// MarshalJSON writes enforce: false for ObserveOnly.
func (p Policy) MarshalJSON() ([]byte, error) {
	type plain Policy
	v := struct {
		plain
		Enforce *bool `json:"enforce,omitempty"`
	}{plain: plain(p)}
	if p.ObserveOnly {
		v.Enforce = new(bool)
	}
	return json.Marshal(v)
}

// MarshalJSON writes a name as a string and a policy in place as an object.
func (s Setting) MarshalJSON() ([]byte, error) {
	if s.Inline != nil {
		return json.Marshal(s.Inline)
	}
	return json.Marshal(s.Name)
}

// MarshalJSON writes [cors.AnySender] as a string.
func (s Senders) MarshalJSON() ([]byte, error) {
	if s.any() {
		return json.Marshal(cors.AnySender)
	}
	return json.Marshal([]string(s))
}

func (s Senders) any() bool { return len(s) == 1 && s[0] == cors.AnySender }

// MarshalText writes the duration as in a document.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

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
