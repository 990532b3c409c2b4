// Package web is the frame around every page: what a room of the tool needs to answer a request.
//
// It owns sessions and their cookies, form tokens, security headers, limits, the request log, figures, the reader's
// language, the common part of a page, and the one place where an error becomes a page. It makes no page but
// that of an error, and imports none of the rooms that use it: they are handed a [Frame] and give it their routes. Of
// their pages it knows the addresses in the navigation and in the limits of rates.
//
// A handler returns an error and is let in by [Frame.Page] or [Frame.InLaunch]; what stands around all of them is
// listed at [Frame.Handler]. Start with handler.go.
package web
