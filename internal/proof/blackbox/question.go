package blackbox

import (
	"fmt"
	"strings"
)

// A Field is one header line, its name and value as they are sent.
type Field struct{ Name, Value string }

// A Question is one request to one world.
type Question struct {
	ID     int
	World  *World
	HTTP2  bool
	Peer   string // the loopback address it is sent from
	Method string
	Target string // the request target, byte for byte
	Host   string
	Header []Field
	Body   string
	Answer string // the profile that the upstream replies with (see profiles)
}

// values lists the lines of a header, without the white space around them, as
// HTTP has it.
func (q *Question) values(name string) []string {
	var out []string
	for _, f := range q.Header {
		if strings.EqualFold(f.Name, name) {
			out = append(out, strings.Trim(f.Value, " \t"))
		}
	}
	return out
}

// one is the header's value if it stands on a single line, else "".
func (q *Question) one(name string) string {
	if v := q.values(name); len(v) == 1 {
		return v[0]
	}
	return ""
}

func (q *Question) add(name string, values ...string) {
	for _, v := range values {
		q.Header = append(q.Header, Field{name, v})
	}
}

// path is the target without its query.
func (q *Question) path() string {
	p, _, _ := strings.Cut(q.Target, "?")
	return p
}

// fields are the header lines as sent, the test's own included.
func (q *Question) fields() []Field {
	fields := append([]Field{
		{"X-Question", fmt.Sprint(q.ID)},
		{"X-Answer", q.Answer},
	}, q.Header...)
	if q.Body != "" {
		fields = append(fields, Field{"Content-Length", fmt.Sprint(len(q.Body))})
	}
	return fields
}

// raw is the request as HTTP/1.1 puts it on the wire.
func (q *Question) raw() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", q.Method, q.Target, q.Host)
	for _, f := range q.fields() {
		fmt.Fprintf(&b, "%s: %s\r\n", f.Name, f.Value)
	}
	b.WriteString("\r\n")
	b.WriteString(q.Body)
	return []byte(b.String())
}

// String is the question on a few lines, for people; long values are cut.
func (q *Question) String() string {
	var b strings.Builder
	proto := "HTTP/1.1"
	if q.HTTP2 {
		proto = "HTTP/2"
	}
	fmt.Fprintf(&b, "question %d in world %s from %s, upstream replies %q\n", q.ID, q.World.Name, q.Peer, q.Answer)
	fmt.Fprintf(&b, "    %s %s %s\n    Host: %s", q.Method, q.Target, proto, q.Host)
	for _, f := range q.Header {
		v := f.Value
		if len(v) > 100 {
			v = fmt.Sprintf("%s… (%d bytes)", v[:100], len(v))
		}
		fmt.Fprintf(&b, "\n    %s: %s", f.Name, v)
	}
	return b.String()
}
