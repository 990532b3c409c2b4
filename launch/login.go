package launch

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/gorilla/securecookie"

	"ltipolicy/connection"
	"ltipolicy/launch/web"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// entry is how people come in: by a login that a platform begins, and the launch that follows it.
type entry struct {
	*web.Frame
	store    *store.DB
	tool     *lti.Tool
	door     *door
	saw      func(platformID string, what store.Sight, detail string) // for the check of the connection, see package courier
	attempts securecookie.Codec                                       // seals login attempts
}

// login is the third-party initiated login: a platform sends the browser here, and the browser goes on to
// the platform's authorisation endpoint with a state and a nonce that only this browser holds. GET as in the
// standard, POST as Moodle does it. It writes nothing to the database.
func (e *entry) login(w http.ResponseWriter, r *http.Request) error {
	req, p, err := e.initiation(w, r)
	if err != nil {
		return err
	}
	web.Note(r.Context(), "platform", p.ID)
	from := web.Place{Platform: p.ID, CMID: req.CourseModule()}
	storage := web.Framed(r) && req.StorageTarget != "" && len(req.StorageTarget) <= maxStorageTarget && !web.CookiesArrive(r)
	if storage {
		from.Storage = req.StorageTarget
	}
	mark, err := e.Mark(from)
	if err != nil {
		return err
	}
	attempt, address, err := e.tool.Begin(p, req, mark)
	if err != nil {
		return err
	}
	if err := e.keepAttempt(w, r, attempt); err != nil {
		return err
	}
	if storage {
		return e.storeAtPlatform(w, r, p, from.Storage, attempt, address)
	}
	http.Redirect(w, r, address, http.StatusFound)
	return nil
}

// initiation reads a login request and finds the registration that it concerns.
func (e *entry) initiation(w http.ResponseWriter, r *http.Request) (lti.LoginRequest, lti.Platform, error) {
	web.FrameAnywhere(w)
	if err := web.ParseForm(r); err != nil {
		return lti.LoginRequest{}, lti.Platform{}, err
	}
	req, err := lti.ParseLogin(r.Form)
	if err != nil {
		return req, lti.Platform{}, err
	}
	p, err := e.platformOfLogin(r, req)
	return req, p, err
}

// platformOfLogin finds the registration that the login concerns: by the address if it names one, else by
// issuer and client id, else by the issuer alone if exactly one registration of it is active.
func (e *entry) platformOfLogin(r *http.Request, req lti.LoginRequest) (lti.Platform, error) {
	unknown := func(detail string, err error) (lti.Platform, error) {
		if err != nil && !errors.Is(err, policy.ErrNotFound) {
			return lti.Platform{}, fmt.Errorf("finding the platform: %w", err)
		}
		return lti.Platform{}, &lti.Error{Code: lti.PlatformUnknown, Detail: detail, Err: err}
	}
	if id := r.PathValue("platform"); id != "" {
		p, err := e.store.Platform(r.Context(), id)
		switch {
		case err != nil:
			return unknown("address", err)
		case p.Issuer != req.Issuer && req.ClientID == p.ClientID:
			return lti.Platform{}, moved(r, p, req.Issuer)
		case p.Issuer != req.Issuer:
			return unknown("iss", nil)
		case req.ClientID != "" && req.ClientID != p.ClientID:
			return unknown("client_id", nil)
		}
		return p, nil
	}
	if req.ClientID != "" {
		p, err := e.store.PlatformByClient(r.Context(), req.Issuer, req.ClientID)
		if err != nil {
			return unknown("iss, client_id", err)
		}
		return p, nil
	}
	ps, err := e.store.PlatformsByIssuer(r.Context(), req.Issuer)
	if err != nil {
		return unknown("", err)
	}
	// One that is not active, perhaps not yet, is in nobody's way.
	if active := slices.DeleteFunc(slices.Clone(ps), func(p lti.Platform) bool { return p.Status != lti.Active }); len(active) > 0 {
		ps = active
	}
	if len(ps) != 1 {
		return unknown("iss without client_id", nil)
	}
	return ps[0], nil
}

// moved says that a platform's login came from another address than the registered one. Nothing of that is signed: it is
// for the operator to see whether the Moodle has moved.
func moved(r *http.Request, p lti.Platform, issuer string) error {
	web.Note(r.Context(), "platform", p.ID)
	web.Advise(r.Context(), connection.Move(p.ID, issuer))
	return &lti.Error{Code: lti.PlatformMoved, Detail: "iss"}
}

// doorLogin begins a launch through a platform's login door: the same as any login, but the browser goes on
// to the authorisation endpoint of the plugin there, because Moodle's own one does not let in people who have
// not agreed yet.
func (e *entry) doorLogin(w http.ResponseWriter, r *http.Request) error {
	req, p, err := e.initiation(w, r)
	if err != nil {
		return err
	}
	web.Note(r.Context(), "platform", p.ID, "purpose", lti.DoorPurpose)
	door, err := e.door.of(r, p.ID)
	if err != nil {
		return err
	}
	p.AuthURL = door.AuthURL
	mark, err := e.Mark(web.Place{Platform: p.ID})
	if err != nil {
		return err
	}
	attempt, address, err := e.tool.Begin(p, req, mark)
	if err != nil {
		return err
	}
	attempt.Purpose = lti.DoorPurpose
	if err := e.keepAttempt(w, r, attempt); err != nil {
		return err
	}
	http.Redirect(w, r, address, http.StatusFound)
	return nil
}

// jwks publishes the tool's public keys: next, current and previous.
func (e *entry) jwks(w http.ResponseWriter, r *http.Request) error {
	ring, err := e.store.KeyRing(r.Context())
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
