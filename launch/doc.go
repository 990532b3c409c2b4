// Package launch is the web: what people do there, and the routes of all its rooms put together.
//
// It owns the entry (login, launch, login door, registration, what a teacher selects), the pages of learners and of
// teachers, and what anybody may read. Each of them is a small struct that is handed what it needs. What stands around
// a page is package web's: sessions, forms, limits, and how an error becomes a page. It owns no SQL, no HTML and no
// rule of who must accept what: handlers read a form, ask package policy what follows, let package store write it, and
// redirect or render.
//
// Start with routes.go, which names the handler of each address; those of administrators are in package admin. The
// entry: login.go, launch.go, landing.go. Learners: learner.go, answer.go, agreements.go. Teachers: teacher.go,
// listing.go.
package launch
