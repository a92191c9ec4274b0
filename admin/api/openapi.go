package api

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/concors/concors/endpoints"
)

//go:embed openapi.yaml
var openAPI []byte

// documentSchemas is the line of openapi.yaml in whose place the schemas of
// documents stand.
const documentSchemas = "    # Policy, Setting, Entry and Document are put in here: package endpoints knows them.\n"

// OpenAPI is the description of the admin API: OpenAPI 3.1 in YAML.
var OpenAPI = func() []byte {
	component := func(part string) string { return strings.ToUpper(part[:1]) + part[1:] }
	schemas := endpoints.Schemas(func(part string) string { return "#/components/schemas/" + component(part) })
	var lines bytes.Buffer
	for _, part := range []string{"policy", "setting", "entry", "document"} {
		text, err := json.Marshal(schemas[part]) // JSON is YAML
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(&lines, "    %s: %s\n", component(part), text)
	}
	before, after, ok := bytes.Cut(openAPI, []byte(documentSchemas))
	if !ok {
		panic("api: openapi.yaml has no place for the schemas of documents")
	}
	return bytes.Join([][]byte{before, lines.Bytes(), after}, nil)
}()
