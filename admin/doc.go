// Package admin is the admin side of Concors: [Service] answers every question
// that the admin API and the pages ask, [Handler] serves the API behind the
// admin side's own security, and admin/openapi.yaml describes it.
//
// The pages hold no rules. They turn what a person typed into a [Draft] and
// show what [Service.Judge] says about it.
package admin
