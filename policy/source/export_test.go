package source

import "golang.org/x/net/html/atom"

// Allowed reports whether a text may have the element.
func Allowed(name string) bool {
	_, ok := allowed[atom.Lookup([]byte(name))]
	return ok
}
