// Package verify answers: does a live API do what a document says? It derives
// from each endpoint the calls that matter, lets a browser (package
// cors/browser) make each of them twice, to a gateway in this process that
// enforces the document and to the live API, and compares what came of them.
// So it works with any server, and a [Difference] is one that a page or a cache
// would notice.
package verify
