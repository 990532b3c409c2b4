package launchtest

import (
	"cmp"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"ltipolicy/launch/web"
)

// Address is a route with an address on a test's site.
type Address struct {
	web.Route
	Method string
	Path   string
}

// Addresses gives each route that is let through (nil: all) an address, with a value for every name in its pattern. A
// name without a value fails the test: whoever adds a route says there what stands for a new name.
func Addresses(t testing.TB, routes []web.Route, values map[string]string, through func(web.Route) bool) []Address {
	t.Helper()
	var out []Address
	for _, r := range routes {
		if through != nil && !through(r) {
			continue
		}
		method, path, ok := strings.Cut(r.Pattern, " ")
		if !ok {
			method, path = "", r.Pattern
		}
		path = names.ReplaceAllStringFunc(strings.TrimSuffix(path, "{$}"), func(name string) string {
			value := values[strings.Trim(name, "{}")]
			if value == "" {
				t.Fatalf("%s: nothing stands for %s; give it a value where this test makes the values of addresses", r.Pattern, name)
			}
			return value
		})
		out = append(out, Address{Route: r, Method: cmp.Or(method, http.MethodGet), Path: path})
	}
	return out
}

var names = regexp.MustCompile(`{\w+}`)

// Within lets through what stands below a launch.
func Within(r web.Route) bool { return r.Who != web.Anybody }

// Named lets through the routes whose pattern holds one of the names.
func Named(of ...string) func(web.Route) bool {
	return func(r web.Route) bool {
		for _, name := range of {
			if strings.Contains(r.Pattern, "{"+name+"}") {
				return true
			}
		}
		return false
	}
}
