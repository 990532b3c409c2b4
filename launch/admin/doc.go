// Package admin is the office: the pages on which administrators write policies, publish them, see who answered
// what, answer for others, give rights, and read what was done.
//
// Whoever comes in has a launch and a right, which is checked before a handler runs; everything is about the
// institution of that launch. It owns no rule of who must answer what and no text of a page. Its pages with the powers
// that each needs: routes.go. Who is let in: office.go.
package admin
