package launch

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"ltipolicy/launch/web"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// login is the third-party initiated login: a platform sends the browser here, and the browser goes on to
// the platform's authorisation endpoint with a state and a nonce that only this browser holds. GET as in the
// standard, POST as Moodle does it. It writes nothing to the database.
func (s *Server) login(w http.ResponseWriter, r *http.Request) error {
	req, p, err := s.initiation(w, r)
	if err != nil {
		return err
	}
	web.Note(r.Context(), "platform", p.ID)
	from := web.Place{Platform: p.ID, CMID: req.CourseModule()}
	storage := web.Framed(r) && req.StorageTarget != "" && len(req.StorageTarget) <= maxStorageTarget && !web.CookiesArrive(r)
	if storage {
		from.Storage = req.StorageTarget
	}
	mark, err := s.Mark(from)
	if err != nil {
		return err
	}
	attempt, address, err := s.tool.Begin(p, req, mark)
	if err != nil {
		return err
	}
	if err := s.keepAttempt(w, r, attempt); err != nil {
		return err
	}
	if storage {
		return s.storeAtPlatform(w, r, p, from.Storage, attempt, address)
	}
	http.Redirect(w, r, address, http.StatusFound)
	return nil
}

// initiation reads a login request and finds the registration that it concerns.
func (s *Server) initiation(w http.ResponseWriter, r *http.Request) (lti.LoginRequest, lti.Platform, error) {
	web.FrameAnywhere(w)
	if err := web.ParseForm(r); err != nil {
		return lti.LoginRequest{}, lti.Platform{}, err
	}
	req, err := lti.ParseLogin(r.Form)
	if err != nil {
		return req, lti.Platform{}, err
	}
	p, err := s.platformOfLogin(r, req)
	return req, p, err
}

// platformOfLogin finds the registration that the login concerns: by the address if it names one, else by
// issuer and client id, else by the issuer alone if it has exactly one registration.
func (s *Server) platformOfLogin(r *http.Request, req lti.LoginRequest) (lti.Platform, error) {
	unknown := func(detail string, err error) (lti.Platform, error) {
		if err != nil && !errors.Is(err, policy.ErrNotFound) {
			return lti.Platform{}, fmt.Errorf("finding the platform: %w", err)
		}
		return lti.Platform{}, &lti.Error{Code: lti.PlatformUnknown, Detail: detail, Err: err}
	}
	if id := r.PathValue("platform"); id != "" {
		p, err := s.store.Platform(r.Context(), id)
		switch {
		case err != nil:
			return unknown("address", err)
		case p.Issuer != req.Issuer:
			return unknown("iss", nil)
		case req.ClientID != "" && req.ClientID != p.ClientID:
			return unknown("client_id", nil)
		}
		return p, nil
	}
	if req.ClientID != "" {
		p, err := s.store.PlatformByClient(r.Context(), req.Issuer, req.ClientID)
		if err != nil {
			return unknown("iss, client_id", err)
		}
		return p, nil
	}
	ps, err := s.store.PlatformsByIssuer(r.Context(), req.Issuer)
	if err != nil || len(ps) != 1 {
		return unknown("iss without client_id", err)
	}
	return ps[0], nil
}

// launch receives what the platform's authorisation endpoint posts: an id_token and the state, or an error.
// The state is checked before anything else is believed.
func (s *Server) launch(w http.ResponseWriter, r *http.Request) error {
	web.FrameAnywhere(w)
	if err := web.ParseForm(r); err != nil {
		return err
	}
	res, err := lti.ParseResponse(r.PostForm)
	if err != nil {
		return err
	}
	attempt, err := s.takeAttempt(w, r, res.State)
	from, ours := s.PlaceOf(res.State)
	if lti.CodeOf(err) == lti.StateMissing && ours && from.Storage != "" {
		if !r.PostForm.Has(proofField) {
			return s.askPlatform(w, r, from, res)
		}
		// The proof comes from our own page's script alone: anybody can have a proof of a login of their own,
		// and would send it with that login's launch through another person's browser.
		if !s.fromOwnPage(r) {
			return &lti.Error{Code: lti.StateMismatch, Detail: proofField}
		}
		attempt, err = s.proved(res.State, r.PostForm.Get(proofField))
	}
	if err != nil {
		return err
	}
	web.Note(r.Context(), "platform", attempt.PlatformID)
	if err := res.Refusal(); err != nil {
		return err
	}
	if err := s.WithinPlatform(w, r, attempt.PlatformID); err != nil {
		return err
	}
	a, err := s.admit(r, attempt, res.IDToken)
	if err != nil {
		return err
	}
	ses := sessionFor(a)
	ses.CMID = from.CMID
	if attempt.Purpose == lti.DoorPurpose {
		return s.landDoor(w, r, a, ses)
	}
	return s.land(w, r, a, ses)
}

// admitted is a launch that was verified and came in.
type admitted struct {
	platform lti.Platform
	message  *lti.Message
	guest    bool
	store.Admission
}

// admit verifies a launch and lets it in, by the platform as this process last saw it. If that is refused and the
// platform is another by now, the launch gets its judgement by the platform as it is: nobody is let in by what it
// was, and nobody kept out.
func (s *Server) admit(r *http.Request, attempt lti.Attempt, token string) (admitted, error) {
	p, err := s.store.PlatformSeen(r.Context(), attempt.PlatformID)
	if err != nil {
		return admitted{}, unknownPlatform(err)
	}
	a, err := s.admitBy(r, p, attempt, token)
	if _, refused := errors.AsType[*lti.Error](err); !refused && !errors.Is(err, store.ErrPlatformChanged) {
		return a, err
	}
	now, perr := s.store.Platform(r.Context(), attempt.PlatformID)
	if perr != nil {
		return admitted{}, unknownPlatform(perr)
	}
	if reflect.DeepEqual(p, now) {
		return a, err
	}
	return s.admitBy(r, now, attempt, token)
}

func unknownPlatform(err error) error {
	if errors.Is(err, policy.ErrNotFound) {
		return &lti.Error{Code: lti.PlatformUnknown, Err: err}
	}
	return fmt.Errorf("finding the platform: %w", err)
}

func (s *Server) admitBy(r *http.Request, p lti.Platform, attempt lti.Attempt, token string) (admitted, error) {
	m, err := s.tool.Verify(r.Context(), p, attempt, token)
	if err != nil {
		return admitted{}, err
	}
	web.Note(r.Context(), "message", m.Type, "sub", s.SubHash(p.ID, m.Sub))
	a := admitted{platform: p, message: m, guest: visitor(m)}
	known := *m
	if a.guest {
		known.Sub = "" // the nonce is used up, and nobody is recorded
	}
	a.Admission, err = s.store.Admit(r.Context(), &known, p)
	return a, err
}

// visitor reports whether a launch is by nobody in particular: without a person, by a guest, or by a test
// account. Moodle's guest launches with a sub and a learner's role; only its user name tells.
func visitor(m *lti.Message) bool {
	return m.Sub == "" || m.Roles.Guest() || m.Roles.TestUser() || m.Person.Username == "guest"
}

// land sends a verified launch where it belongs. A learner with nothing to answer goes straight back: no
// page, no session.
func (s *Server) land(w http.ResponseWriter, r *http.Request, a admitted, ses store.Session) error {
	m := a.message
	ses.Framed = web.Framed(r) || r.Header.Get("Sec-Fetch-Dest") == "" && m.Presentation.DocumentTarget == "iframe"
	role := "learner"
	switch {
	case ses.Guest:
		role = "guest"
	case ses.Admin:
		role = "admin"
	case ses.Teacher:
		role = "teacher"
	}
	web.Note(r.Context(), "role", role)

	left := 0
	if !ses.Guest {
		left = len(policy.PendingAsked(a.Asked, s.Viewer(ses)))
	}
	web.Note(r.Context(), "pending", left)
	wants := s.wanted(m.TargetLinkURI)
	var page string
	switch {
	case ses.Guest:
		page = "policies"
	case m.Type == lti.DeepLinkingRequest:
		page = "select"
	case wants != "":
		page = wants
	case ses.Admin:
		page = "home"
	case left > 0:
		page = "pending"
	case ses.Teacher:
		page = web.StartOf(ses)
	case ses.ReturnURL != "":
		if err := s.CloseOthers(w, r, ses); err != nil {
			return err
		}
		if r.PostForm.Has(proofField) {
			return s.nothingLeft(w, r, ses)
		}
		return web.Redirect(w, r, ses.ReturnURL)
	default:
		page = "agreements"
	}
	ses, err := s.Open(w, r, ses)
	if err != nil {
		return err
	}
	web.Note(r.Context(), "launch", ses.ID)
	if m.Type == lti.DeepLinkingRequest && m.DeepLinking != nil {
		// A stop before this leaves a session to which nobody was sent; it expires, and the teacher selects again.
		if err := s.store.KeepDeepLink(r.Context(), ses.ID, *m.DeepLinking, ses.Expires); err != nil {
			return err
		}
	}
	return web.Redirect(w, r, web.At(ses, page))
}

// wanted is the page that the signed target_link_uri names; only known pages of this host count, so that it
// can lead nowhere else.
func (s *Server) wanted(target string) string {
	u, err := url.Parse(target)
	if err != nil || u.Host != s.Host {
		return ""
	}
	switch strings.TrimPrefix(u.Path, "/") {
	case "agreements":
		return "agreements"
	case "policies":
		return "policies"
	}
	return ""
}

func sessionFor(a admitted) store.Session {
	p, m := a.platform, a.message
	return store.Session{
		PlatformID: p.ID, InstitutionID: p.InstitutionID, Site: p.Name, Issuer: p.Issuer,
		UserID: a.ID, Sub: m.Sub, Name: m.Person.Name,
		Admin: m.Roles.Administrator(), Teacher: m.Roles.Instructor(),
		Guest:     a.guest,
		ContextID: m.Context.ID, ContextTitle: m.Context.Title, ResourceLinkID: m.ResourceLink.ID,
		DeploymentID: m.DeploymentID, Roles: m.Roles.String(),
		ReturnURL: m.Presentation.ReturnURL, Locale: m.Presentation.Locale,
		Target: m.Presentation.DocumentTarget, Origin: p.Origin(),
	}
}

// launchByGet is what a reader meets who reloads or bookmarks the launch address, or who wants the page of a
// refused launch in another language: then it is the same page again, by its code.
func (s *Server) launchByGet(w http.ResponseWriter, r *http.Request) error {
	web.FrameAnywhere(w)
	if err := web.ParseForm(r); err != nil {
		return err
	}
	if code := lti.Code(r.Form.Get("error")); code.HTTPStatus() != http.StatusInternalServerError {
		return &lti.Error{Code: code}
	}
	return &lti.Error{Code: lti.StateMissing}
}

// jwks publishes the tool's public keys: next, current and previous.
func (s *Server) jwks(w http.ResponseWriter, r *http.Request) error {
	ring, err := s.store.KeyRing(r.Context())
	if err != nil {
		return fmt.Errorf("reading the keys: %w", err)
	}
	b, err := ring.JWKS()
	if err != nil {
		return fmt.Errorf("publishing the keys: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	w.Write(b) //nolint:errcheck // the reader went away
	return nil
}
