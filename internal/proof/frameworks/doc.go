// Package frameworks tries the library with the routers and frameworks that
// people put behind it. It is a module of its own, so that nobody who uses
// Concors has to have them.
package frameworks
