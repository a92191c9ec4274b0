package endpoints

import _ "embed"

//go:embed starter.yaml
var starter string

// Starter returns a document to start from: YAML that explains itself in
// comments and has no mistakes.
func Starter() []byte { return []byte(starter) }
