// Package agreement holds the test that joins both halves: random policies
// behind each thing that enforces them, random calls of pages in the model of the
// browser, and what must hold between them. What a policy means is said here
// once more, in the plainest way.
package agreement
