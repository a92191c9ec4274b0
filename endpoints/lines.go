package endpoints

import "go.yaml.in/yaml/v4"

// Lines says on which lines of a text the parts of its document stand. Lines
// count from 1; 0 is a part that is not written.
type Lines struct{ src *source }

// LinesOf reads data as [Parse] does.
func LinesOf(data []byte) *Lines {
	_, src, _ := decode("", data)
	return &Lines{src}
}

// Endpoint returns the line of entry i's pattern.
func (l *Lines) Endpoint(i int) int {
	if i >= len(l.src.entries) {
		return 0
	}
	return lineOf(spot{node: l.src.entries[i]}, "endpoint")
}

// Policy returns the line of the policy called name.
func (l *Lines) Policy(name string) int {
	for _, n := range l.src.policyNames {
		if n.Value == name {
			return n.Line
		}
	}
	return 0
}

// Setting returns the line of a field of entry i's setting, in its policy or
// in place: domains, for example. If the field is not written there, it is the
// line of the setting itself, or of the entry if it has none.
func (l *Lines) Setting(i int, field string) int {
	if i >= len(l.src.entries) {
		return 0
	}
	entry := spot{node: l.src.entries[i]}
	_, cors := entry.at("cors")
	if cors == l.src.entries[i] {
		return l.Endpoint(i)
	}
	s := spot{node: cors}
	for j, name := range l.src.policyNames {
		if cors.Kind == yaml.ScalarNode && name.Value == cors.Value {
			s = spot{node: l.src.policies[j], key: name}
			break
		}
	}
	return lineOf(s, field)
}

// lineOf returns the line of a field's key, or of where it would stand.
func lineOf(s spot, name string) int {
	key, at := s.at(name)
	if key != nil {
		return key.Line
	}
	return at.Line
}
