package store

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// An Opened store is in use until it is closed.
type Opened interface {
	Store

	// Close ends every Watch; all other methods return [ErrClosed] from then on.
	Close() error
}

// What some stores can do beside [Store] and [History].
type (
	// Writable tells in advance that Put is bound to fail.
	Writable interface {
		// Writable returns nil if Put may write as far as can be seen, and
		// otherwise why not: an [ErrReadOnly].
		Writable() error
	}

	// Local keeps its document in a file of this machine.
	Local interface {
		// Path returns the file's absolute path. What belongs to the document
		// and not into it can be kept beside it.
		Path() string
	}
)

// Openers are the kinds of stores that a program can open, by the scheme of
// their addresses: "file" opens file:concors.yaml. To add a kind is to add an
// entry.
type Openers map[string]func(address string, opts Options) (Opened, error)

// Open opens the store at address, which is passed on as it is. An address
// without scheme is that of a file.
func (o Openers) Open(address string, opts Options) (Opened, error) {
	scheme := schemeOf(address)
	open, ok := o[scheme]
	if !ok {
		return nil, fmt.Errorf("store: %s: no store has addresses that begin with %s: (there are %s); if it is the name of a file, write file:%[1]s",
			address, scheme, strings.Join(o.schemes(), ", "))
	}
	return open(address, opts)
}

// schemes returns the beginnings of addresses.
func (o Openers) schemes() []string {
	list := slices.Sorted(maps.Keys(o))
	for i := range list {
		list[i] += ":"
	}
	return list
}

// schemeOf returns the scheme of an address, in lower case as RFC 3986 wants it,
// and "file" if it has none. One letter is none but a drive of Windows.
func schemeOf(address string) string {
	scheme, _, found := strings.Cut(address, ":")
	for i, c := range scheme {
		letter, other := 'a' <= c && c <= 'z', '0' <= c && c <= '9' || c == '+' || c == '-' || c == '.'
		if !letter && (i == 0 || !other) {
			return "file"
		}
	}
	if !found || len(scheme) < 2 {
		return "file"
	}
	return scheme
}
