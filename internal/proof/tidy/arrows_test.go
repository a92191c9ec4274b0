package tidy

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// arrows say which of our packages each may know, itself and what is below its
// own internal folder aside; a name that ends with a slash stands for all below
// it. They go one way: from the program to its services, from those to the
// document, from that to the library.
var arrows = map[string]string{
	"cors":                    "cors/mistake",
	"cors/mistake":            "cors/internal/",
	"cors/browser":            "cors/internal/", // the other side: it judges cors, and never knows it
	"cors/internal/fetchspec": "",
	"cors/internal/origin":    "",

	"endpoints/route": "",
	"endpoints":       "cors cors/mistake endpoints/route internal/nearest",
	"difference":      "cors endpoints internal/words",
	"store":           "cors endpoints internal/unversioned",
	"store/file":      "cors endpoints store internal/unversioned",
	"store/storetest": "endpoints store",
	"gateway":         "cors endpoints endpoints/route store internal/problemjson",
	"insight":         "cors",

	"admin":     "cors cors/browser cors/mistake difference endpoints explain insight store verify internal/plain internal/rehearsal internal/words",
	"admin/api": "admin endpoints endpoints/route store internal/problemjson internal/unversioned internal/words",
	"admin/ui":  "admin cors endpoints store internal/words",

	"audit":   "cors/browser endpoints internal/plain internal/probe internal/report",
	"explain": "cors cors/browser endpoints internal/nearest internal/plain internal/rehearsal",
	"verify":  "cors/browser endpoints gateway internal/plain internal/probe internal/rehearsal internal/report",

	"internal/rehearsal": "cors cors/browser endpoints gateway",

	"cmd/concors":   "internal/cli",
	"internal/cli":  "admin/ audit cors/ difference endpoints/ explain gateway insight store/ verify internal/",
	"internal/demo": "admin/ cors gateway insight internal/plain store/",

	// Helpers know nothing of us, or each other.
	"internal/nearest":           "",
	"internal/plain":             "",
	"internal/probe":             "",
	"internal/problemjson":       "",
	"internal/report":            "internal/plain",
	"internal/report/reporttest": "",
	"internal/unversioned":       "",
	"internal/walltime":          "",
	"internal/words":             "",

	"internal/proof": "",

	// Proofs know what they prove, but the black box and the browsers know
	// nothing of it.
	"internal/proof/blackbox":           "",
	"internal/proof/blackbox/library":   "cors internal/proof/blackbox",
	"internal/proof/realbrowser":        "",
	"internal/proof/differential":       "cors/browser internal/proof/realbrowser",
	"internal/proof/agreement":          "cors/ endpoints gateway",
	"internal/proof/e2e":                "",
	"internal/proof/uitest":             "admin/ endpoints gateway insight store/",
	"internal/proof/uitest/screenshots": "internal/proof/uitest",
	"internal/proof/tidy":               "",
	"internal/proof/frameworks":         "cors",

	"bench":              "cors",
	"bench/gateway":      "", // starts the program
	"bench/gateway/bare": "",
}

// blind are proofs whose tests, too, may know nothing but themselves.
var blind = map[string]string{
	"internal/proof/blackbox":    "",
	"internal/proof/realbrowser": "",
	"internal/proof/e2e":         "internal/proof/realbrowser",
}

func TestArrowsGoOneWay(t *testing.T) {
	const module = "github.com/concors/concors/"
	code, tests := make(map[string][]string), make(map[string][]string)
	modules := strings.Fields(string(goTool(t, ".", "list", "-m", "-f", "{{.Dir}}")))
	for _, dir := range modules {
		list := goTool(t, dir, "list", "-f", `{{.ImportPath}}|{{join .Imports " "}}|{{join .TestImports " "}} {{join .XTestImports " "}}`, "./...")
		for line := range strings.Lines(string(list)) {
			fields := strings.Split(strings.TrimSpace(line), "|")
			pkg := strings.TrimPrefix(fields[0], module)
			code[pkg], tests[pkg] = strings.Fields(fields[1]), strings.Fields(fields[2])
		}
	}
	check := func(pkg, mayKnow string, imports []string) {
		for _, path := range imports {
			ours, ok := strings.CutPrefix(path, module)
			allowed := ours == pkg || strings.HasPrefix(ours, pkg+"/internal/") ||
				slices.ContainsFunc(strings.Fields(mayKnow), func(known string) bool {
					return ours == strings.TrimSuffix(known, "/") || strings.HasSuffix(known, "/") && strings.HasPrefix(ours, known)
				})
			if ok && !allowed {
				t.Errorf("%s may not know %s", pkg, ours)
			}
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(code)) {
		mayKnow, found := arrows[pkg]
		if !found {
			t.Errorf("arrows do not say what %s may know", pkg)
			continue
		}
		check(pkg, mayKnow, code[pkg])
		if mayKnow, ok := blind[pkg]; ok {
			check(pkg, mayKnow, tests[pkg])
		}
	}
	for pkg := range arrows {
		if code[pkg] == nil {
			t.Errorf("there is no package %s", pkg)
		}
	}
}
