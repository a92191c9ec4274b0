// Package ui is the web UI of Concors: server-rendered pages on
// [admin.Service], with a few small scripts that make them quick. Everything
// works without the scripts; they ask the same addresses for the same pages and
// put the parts that changed in their place.
//
// The pages know nothing about who may see them. Whoever serves a [Handler]
// puts the checks of the admin side around it: session, Host, cross-origin
// policy, Content-Security-Policy. It needs
//
//	default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';
//	connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'
//
// Files below /static/ say nothing secret and may be served to anybody, which
// the sign-in page needs, see [Handler.SignIn].
package ui
