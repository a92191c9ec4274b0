package route_test

import (
	"fmt"
	"net/url"

	"github.com/concors/concors/endpoints/route"
)

func Example() {
	var b route.Builder[string]
	for pattern, value := range map[string]string{
		"GET /users/{name}":      "show a user",
		"PUT /users/{name}":      "change a user",
		"GET /users/new":         "a form",
		"api.example.com/users/": "somebody else's",
	} {
		p, err := route.Parse(pattern)
		if err != nil {
			fmt.Println(err)
			continue
		}
		if conflict := b.Add(p, value); conflict != nil {
			fmt.Println(conflict)
		}
	}
	tree := b.Build()

	path := &url.URL{Path: "/users/new"}
	for _, host := range []string{"localhost:8080", "API.example.com"} {
		value, ok := tree.Match("GET", host, path)
		fmt.Println(value, ok)
	}
	tree.Methods("localhost:8080", path, func(method, value string) {
		fmt.Println(method, "-", value)
	})
	// Output:
	// a form true
	// somebody else's true
	// GET - a form
	// HEAD - a form
	// PUT - change a user
}

func ExampleParse() {
	_, err := route.Parse("get /users/:id")
	fmt.Println(err)
	// Output:
	// route: "get /users/:id": at offset 0: methods are case-sensitive and written in upper case (use "GET /users/:id")
	// route: "get /users/:id": at offset 11: a wildcard is a whole segment, written {name} or {name...} (use "get /users/{id}")
}

func ExampleBuilder_Add_conflict() {
	var b route.Builder[int]
	for i, pattern := range []string{"/users/{name}/posts", "/users/new/{page}"} {
		p, err := route.Parse(pattern)
		if err != nil {
			fmt.Println(err)
			continue
		}
		if conflict := b.Add(p, i); conflict != nil {
			fmt.Println(conflict)
		}
	}
	// Output:
	// /users/new/{page} and /users/{name}/posts both match GET /users/new/posts, and neither is more specific: only /users/new/{page} matches GET /users/new/page, only /users/{name}/posts matches GET /users/name/posts
}
