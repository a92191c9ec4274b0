package endpoints_test

import (
	"fmt"
	"net/http/httptest"

	"github.com/concors/concors/endpoints"
)

func ExampleParse() {
	_, report := endpoints.Parse("concors.yaml", []byte(`
upstream: http://127.0.0.1:3000
endpoints:
  - endpoint: GET /api/account
    cors: {allow: selected, domains: [docs.example.com], credential: true}
`))
	for _, m := range report.Mistakes {
		fmt.Println(m)
	}
	// Output:
	// concors.yaml:5:39: origin-missing-scheme: "docs.example.com": an origin needs its scheme (use "https://docs.example.com")
	// concors.yaml:5:58: key-unknown: "credential": this key is not known here (use "credentials")
}

func ExampleTable_Lookup() {
	doc, report := endpoints.Parse("concors.yaml", endpoints.Starter())
	if err := report.Err(); err != nil {
		fmt.Println(err)
	}
	table, _ := endpoints.Build(doc, endpoints.Options{})

	ep, ok := table.Lookup(httptest.NewRequest("HEAD", "http://api.example.com/api/account", nil))
	fmt.Println(ok, ep.Pattern, ep.PolicyName, ep.Upstream)
	// Output: true / front-end http://127.0.0.1:3000
}

func ExampleEdit() {
	file := []byte(`upstream: http://127.0.0.1:3000
endpoints:
  - endpoint: GET /api/prices   # for everybody
    cors: {allow: all}
`)
	doc, _ := endpoints.Parse("concors.yaml", file)
	doc.Endpoints[0].CORS.Inline.Expose = []string{"ETag"}

	file, err := endpoints.Edit(file, doc)
	fmt.Print(string(file), err)
	// Output:
	// upstream: http://127.0.0.1:3000
	// endpoints:
	//   - endpoint: GET /api/prices   # for everybody
	//     cors: {allow: all, expose: [ETag]}
	// <nil>
}
