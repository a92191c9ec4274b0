// Package difference tells in words what changes for websites between two
// documents. It looks at what the documents mean, not at how they are written:
// a policy that moves from an endpoint to a name of its own changes nothing.
package difference
