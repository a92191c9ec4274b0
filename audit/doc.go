// Package audit finds what is wrong with a live API's cross-origin behaviour,
// and proves it: each [Finding] comes with the requests and answers that show
// it and with the browsers that would do what it says. A browser is the judge
// (package cors/browser): a header that looks odd is no finding, a page that
// reads what it must not is one.
//
// An [Auditor] first looks for origins that the API grants: those it is told,
// those the API names, and likely siblings. It then asks with origins that
// differ from these in one way each, and compares. Later questions depend on
// earlier answers, and no question is asked twice.
//
// [Classes] lists what can be found. docs/audit.md explains each class.
package audit
