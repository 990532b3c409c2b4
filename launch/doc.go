// Package launch is the web: every route, what stands around it, and how an error becomes a page.
//
// A request goes through the middleware listed in [Server.Handler], then to a handler that returns an
// error; handler.go turns that error into a status, a code and a page, in one place. Handlers read a form,
// ask package policy what follows, let package store write it, and redirect or render.
//
// It owns cookies, sessions and form tokens. It owns no SQL, no HTML and no rule of who must accept what.
//
// Routes: routes.go. The launch itself: lti.go. The learner's pages: learner.go and agreements.go.
package launch
