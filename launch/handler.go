package launch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/templates"
)

// handler answers a request or says with an error why not. It must not have written anything when it
// returns an error.
type handler func(w http.ResponseWriter, r *http.Request) error

// page makes an http.Handler of h: an error becomes a page, in this one place.
func (s *Server) page(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, cancel := s.timed(r)
		defer cancel()
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// inLaunch makes a handler of h that needs the session named in the address.
func (s *Server) inLaunch(h handler) http.Handler {
	return s.page(func(w http.ResponseWriter, r *http.Request) error {
		ses, err := s.session(r, r.PathValue("launch"))
		if err == nil {
			ses, err = s.keepLanguage(r, ses)
		}
		if err != nil {
			return err
		}
		note(r.Context(), "platform", ses.PlatformID, "sub", s.subHash(ses.PlatformID, ses.Sub), "launch", ses.ID)
		frameFor(w, ses.Origin)
		// In place: the page of an error needs the session, too.
		*r = *r.WithContext(context.WithValue(r.Context(), sessionKey{}, ses))
		return h(w, r)
	})
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

// classify says which status and code an error has. Unknown errors are internal: their text may hold
// anything, so only the log gets it.
func classify(err error) (status int, code, detail string) {
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
			// Keys with a dot are messages of their own; the others are codes of pages.
			if key != "" && !strings.Contains(key, ".") {
				return k.status, key, ""
			}
			return k.status, k.code, ""
		}
	}
	return http.StatusInternalServerError, "internal", ""
}

// fail answers with the page of an error. The log line of the request carries the code and the error's text.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, code, detail := classify(err)
	note(r.Context(), "error", err.Error())
	outcome(r.Context(), code)
	if r.Context().Err() != nil && status == http.StatusInternalServerError {
		status = http.StatusServiceUnavailable // the reader went away or the server stops; nobody's fault
	}
	if status == http.StatusServiceUnavailable {
		later(w)
	}
	ses := sessionOf(r.Context())
	if ses.ID == "" {
		frameAnywhere(w) // in Moodle's frame, the reader would otherwise see nothing at all
	}
	p := templates.ErrorPage{
		Page: s.base(r, ses), Code: code, Detail: detail,
		Reopen: status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusServiceUnavailable,
	}
	if ses.PlatformID != "" {
		p.Public = "/" + ses.PlatformID + "/policies"
	} else if id := r.PathValue("platform"); id != "" {
		p.Public = "/" + id + "/policies"
	} else if id := platformNoted(r.Context()); id != "" {
		p.Public = "/" + id + "/policies"
	}
	s.wayBack(r, ses, &p)
	p.Languages = s.errorLanguages(r, p)
	s.render(w, r, status, func(b *bytes.Buffer) error { return s.pages.Error(b, p) })
}

// later tells programs, and proxies that would otherwise ask again at once, when what is away now may be back.
func later(w http.ResponseWriter) { w.Header().Set("Retry-After", "5") }

// render writes a page that is whole, or the last-resort page if even that cannot be made.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, make func(*bytes.Buffer) error) {
	var b bytes.Buffer
	if err := make(&b); err != nil {
		note(r.Context(), "error", err.Error())
		outcome(r.Context(), "internal")
		status = http.StatusInternalServerError
		b.Reset()
		fmt.Fprintf(&b, lastResort, requestID(r.Context()))
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	b.WriteTo(w) //nolint:errcheck // the reader went away
}

// lastResort exists before it is needed: it can not fail.
const lastResort = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Error</title>` +
	`<main data-error="internal"><h1>Something went wrong</h1><p>Please try again later. Request %s.</p></main></html>`

// redirect answers 303: the browser fetches the page by GET, so that reloading repeats nothing.
func redirect(w http.ResponseWriter, r *http.Request, url string) error {
	http.Redirect(w, r, url, http.StatusSeeOther)
	return nil
}
