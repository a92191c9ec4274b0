// Package tidy holds the tests that keep the repository itself in order: its
// packages, modules, and documents.
package tidy
