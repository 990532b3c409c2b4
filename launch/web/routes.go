package web

import (
	"net/http"
	"slices"

	"ltipolicy/store"
)

// Who may ask for a route.
type Who string

const (
	// Anybody has no session: platforms, readers of public pages, operators.
	Anybody Who = "anybody"
	// Launched is the person of the launch in the address.
	Launched Who = "launched"
	// Teacher is a teacher wherever the launch came from, or an administrator of its site; no visitor.
	Teacher Who = "teacher"
	// Course is a teacher of the launch's course, or an administrator of its site.
	Course Who = "course"
	// Administrator has one of the route's powers, or is a site administrator by signed role.
	Administrator Who = "administrator"
)

// Route is one pattern of the tool, with who may ask for it.
type Route struct {
	Pattern string // as for http.ServeMux: method and path
	Who     Who
	Powers  []store.Power // any of them; none: only site administrators by signed role
	// FromPlatforms says that other sites post here by design.
	FromPlatforms bool
	// Uploads says that people send policies and images here: a body may be long, and long on its way.
	Uploads bool
	// Slow says that the handler waits for others more than once.
	Slow bool
	// File says that the answer is no page but a file, which takes as long as it takes to send.
	File bool
}

// Guarded is a handler behind the check of who may reach it. Only a Frame makes one, so that there is no route
// that says nothing about who may ask for it.
type Guarded struct {
	route Route
	serve func(http.ResponseWriter, *http.Request, Route)
}

// ServeHTTP answers a request.
func (g Guarded) ServeHTTP(w http.ResponseWriter, r *http.Request) { g.serve(w, r, g.route) }

// Only says that the handler itself lets fewer people in: who, with any of the powers.
func (g Guarded) Only(who Who, powers ...store.Power) Guarded {
	g.route.Who, g.route.Powers = who, powers
	return g
}

// FromPlatforms says that other sites post to the handler by design.
func (g Guarded) FromPlatforms() Guarded {
	g.route.FromPlatforms = true
	return g
}

// Uploads says that people send policies and images to the handler.
func (g Guarded) Uploads() Guarded {
	g.route.Uploads = true
	return g
}

// Slow says that the handler waits for others more than once.
func (g Guarded) Slow() Guarded {
	g.route.Slow = true
	return g
}

// File says that the handler answers with a file.
func (g Guarded) File() Guarded {
	g.route.File = true
	return g
}

// Routes are all there are. They are collected before anything is served; after that they are safe for concurrent
// use.
type Routes struct {
	mux *http.ServeMux
	all []Route
}

// NewRoutes returns none.
func NewRoutes() *Routes { return &Routes{mux: http.NewServeMux()} }

// Handle adds a route. It panics on a pattern that is none or that is there already.
func (rs *Routes) Handle(pattern string, g Guarded) {
	g.route.Pattern = pattern
	rs.mux.Handle(pattern, g)
	rs.all = append(rs.all, g.route)
}

// All are the routes in the order in which they were added.
func (rs *Routes) All() []Route { return slices.Clone(rs.all) }
