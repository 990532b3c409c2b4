// Package launchtest helps tests of the web: it gives every route of the tool an address on a test's site.
//
// It owns nothing that the product needs; production code does not import it.
package launchtest
