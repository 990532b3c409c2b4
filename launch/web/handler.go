package web

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"ltipolicy/connection"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// Handler answers a request or says with an error why not. It must not have written anything when it
// returns an error.
type Handler func(w http.ResponseWriter, r *http.Request) error

// LaunchHandler is a handler that needs the session of the launch in the address.
type LaunchHandler func(w http.ResponseWriter, r *http.Request, ses store.Session) error

// Page lets anybody to h, whose error becomes a page.
func (f *Frame) Page(h Handler) Guarded {
	return Guarded{route: Route{Who: Anybody}, serve: func(w http.ResponseWriter, r *http.Request, route Route) {
		r, cancel := f.timed(r, route)
		defer cancel()
		if err := safely(r, func() error { return h(w, r) }); err != nil {
			f.fail(w, r, store.Session{}, err)
		}
	}}
}

// Program lets anybody to h, which answers programs and therefore makes no pages.
func (f *Frame) Program(h http.HandlerFunc) Guarded {
	return Guarded{route: Route{Who: Anybody}, serve: func(w http.ResponseWriter, r *http.Request, _ Route) { h(w, r) }}
}

// InLaunch lets whoever holds the session named in the address to h. The page of an error knows the session, too.
func (f *Frame) InLaunch(h LaunchHandler) Guarded {
	return f.entered(f.enter, h)
}

// InOwnLaunch is InLaunch for pages whose addresses people pass on: whoever is here with a launch of their own, only
// not with this one, is known and not allowed, which is policy.ErrForbidden.
func (f *Frame) InOwnLaunch(h LaunchHandler) Guarded {
	return f.entered(func(w http.ResponseWriter, r *http.Request) (store.Session, error) {
		if f.foreign(r) {
			return store.Session{}, policy.E(policy.ErrForbidden, "")
		}
		return f.enter(w, r)
	}, h)
}

func (f *Frame) entered(enter func(http.ResponseWriter, *http.Request) (store.Session, error), h LaunchHandler) Guarded {
	return Guarded{route: Route{Who: Launched}, serve: func(w http.ResponseWriter, r *http.Request, route Route) {
		r, cancel := f.timed(r, route)
		defer cancel()
		var ses store.Session
		err := safely(r, func() (err error) {
			if ses, err = enter(w, r); err != nil {
				return err
			}
			return h(w, r, ses)
		})
		if err != nil {
			f.fail(w, r, ses, err)
		}
	}}
}

// enter finds the session named in the address, with the language that was chosen just now. Without one it returns
// the zero session.
func (f *Frame) enter(w http.ResponseWriter, r *http.Request) (store.Session, error) {
	ses, err := f.session(r, r.PathValue("launch"))
	if err == nil {
		ses, err = f.keepLanguage(r, ses)
	}
	if err != nil {
		return store.Session{}, err
	}
	Note(r.Context(), "platform", ses.PlatformID, "sub", f.SubHash(ses.PlatformID, ses.Sub), "launch", ses.ID)
	FrameFor(w, ses.Origin)
	return ses, nil
}

// kinds maps the domain's kinds of error to a status and the code of the page.
var kinds = []struct {
	kind   error
	status int
	code   string
}{
	{policy.ErrInvalid, http.StatusBadRequest, "invalid"},
	{policy.ErrNotFound, http.StatusNotFound, "not_found"},
	{policy.ErrSession, http.StatusUnauthorized, "no_session"},
	{policy.ErrForbidden, http.StatusForbidden, "forbidden"},
	{policy.ErrConflict, http.StatusConflict, "conflict"},
	{policy.ErrTooLarge, http.StatusRequestEntityTooLarge, "too_large"},
	{policy.ErrTooMany, http.StatusTooManyRequests, "too_many"},
	{policy.ErrUnavailable, http.StatusServiceUnavailable, "unavailable"},
}

// Classify says which status and code an error has. Unknown errors are internal: their text may hold
// anything, so only the log gets it.
func Classify(err error) (status int, code, detail string) {
	if e, ok := errors.AsType[*lti.Error](err); ok {
		return e.Code.HTTPStatus(), string(e.Code), e.Detail
	}
	if e, ok := errors.AsType[*lti.RegistrationError](err); ok {
		return registrationStatus(e), string(e.Code), e.Detail
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge, "too_large", ""
	}
	kind, key := err, ""
	if e, ok := errors.AsType[*policy.Error](err); ok {
		kind, key = e.Kind, e.Key // its cause may be of another kind, which is the log's affair
	}
	for _, k := range kinds {
		if errors.Is(kind, k.kind) {
			// The other keys with a dot are for the log alone.
			if key != "" && (!strings.Contains(key, ".") || strings.HasPrefix(key, "answer.")) {
				return k.status, key, ""
			}
			return k.status, k.code, ""
		}
	}
	return http.StatusInternalServerError, "internal", ""
}

// fail answers with the page of an error, in this one place; the zero session is none. The log line of the request
// carries the code and the error's text.
func (f *Frame) fail(w http.ResponseWriter, r *http.Request, ses store.Session, err error) {
	status, code, detail := Classify(err)
	Note(r.Context(), "error", err.Error())
	Outcome(r.Context(), code)
	if r.Context().Err() != nil && status == http.StatusInternalServerError {
		status = http.StatusServiceUnavailable // the reader went away or the server stops; nobody's fault
	}
	if status == http.StatusServiceUnavailable {
		Later(w)
	}
	if ses.ID == "" {
		FrameAnywhere(w) // in Moodle's frame, the reader would otherwise see nothing at all
	}
	if id := platformNoted(r.Context()); id != "" && code == string(lti.PlatformPending) {
		Advise(r.Context(), connection.Activate(id))
	}
	p := templates.ErrorPage{
		Page: f.Base(r, ses), Code: code, Detail: detail, Command: advised(r.Context()),
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable:
		// Who registers a site has no activity yet; what to do stands in the error's own words.
		p.Reopen = !strings.HasPrefix(r.URL.Path, "/lti/register")
	}
	if ses.PlatformID != "" {
		p.Public = publicList(ses.PlatformID)
	} else if id := r.PathValue("platform"); id != "" {
		p.Public = publicList(id)
	} else if id := platformNoted(r.Context()); id != "" {
		p.Public = publicList(id)
	}
	f.wayBack(r, ses, &p)
	p.Languages = f.errorLanguages(r, p)
	f.Render(w, r, status, p)
}

// publicList is the address of a platform's public policies. The id may be what somebody typed.
func publicList(platformID string) string { return "/" + url.PathEscape(platformID) + "/policies" }

// Later tells programs, and proxies that would otherwise ask again at once, when what is away now may be back.
func Later(w http.ResponseWriter) { w.Header().Set("Retry-After", "5") }

// Render writes a page that is whole, or the last-resort page if even that cannot be made.
func (f *Frame) Render(w http.ResponseWriter, r *http.Request, status int, p templates.View) {
	var b bytes.Buffer
	if err := f.Pages.Render(&b, p); err != nil {
		Note(r.Context(), "error", err.Error())
		Outcome(r.Context(), "internal")
		status = http.StatusInternalServerError
		b.Reset()
		fmt.Fprintf(&b, lastResort, requestID(r.Context()))
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	b.WriteTo(w) //nolint:errcheck // the reader went away
}

// Sent ends the request for an answer that was written piece by piece, with the number of its rows for the log. As
// long as nothing of it has begun to be sent, its error becomes a page like any other.
func (f *Frame) Sent(r *http.Request, begun bool, rows int, err error) error {
	Note(r.Context(), "rows", rows)
	if err != nil && begun {
		// Half a list must not look like a whole one: the connection breaks.
		f.Log.Error("download broken off", "request", requestID(r.Context()), "rows", rows, "error", err.Error())
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		return fmt.Errorf("writing the download: %w", err)
	}
	return nil
}

// lastResort exists before it is needed: it can not fail.
const lastResort = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Error</title>` +
	`<main data-error="internal"><h1>Something went wrong</h1><p>Please try again later. Request %s.</p></main></html>`

// Redirect answers 303: the browser fetches the page by GET, so that reloading repeats nothing.
func Redirect(w http.ResponseWriter, r *http.Request, address string) error {
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

// registrationStatus is the status of a refused registration: what the platform did is 502 or 503, what the
// address said is 400.
func registrationStatus(e *lti.RegistrationError) int {
	switch e.Code {
	case lti.PlatformUnreachable:
		return http.StatusServiceUnavailable
	case lti.RegistrationRefused:
		return http.StatusBadGateway
	case lti.TokenUsed, lti.SiteMoved:
		return http.StatusConflict
	}
	return http.StatusBadRequest
}
