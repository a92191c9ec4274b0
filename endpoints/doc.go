// Package endpoints reads, checks, routes and rewrites the document that says
// which HTTP endpoints exist and which cross-origin setting each of them has.
//
// [Parse] turns YAML or JSON into a [Document] and reports every mistake at
// once, each with its place, code and repair. [Build] makes the immutable
// [Table] that gateway, tools and user interface ask; [Load] does both.
// [Edit] rewrites a file so that it says another document and keeps what
// people wrote around it: comments, order, quoting, blank lines.
package endpoints
