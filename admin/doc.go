// Package admin is the service behind the admin side of Concors: [Service]
// answers every question that the API and the pages ask. Package api beside it
// speaks HTTP, package ui has the pages.
//
// Neither holds rules. They turn what a person typed or sent into a [Draft] and
// show what [Service.Judge] says about it.
package admin
