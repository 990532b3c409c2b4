package launch

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"ltipolicy/launch/web"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// land sends a verified launch where it belongs. A learner with nothing to answer goes straight back: no
// page, no session.
func (e *entry) land(w http.ResponseWriter, r *http.Request, a admitted, ses store.Session) error {
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
		left = len(policy.PendingAsked(a.Asked, e.Viewer(ses)))
	}
	web.Note(r.Context(), "pending", left)
	wants := e.wanted(m.TargetLinkURI)
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
		if err := e.CloseOthers(w, r, ses); err != nil {
			return err
		}
		if r.PostForm.Has(proofField) {
			return e.nothingLeft(w, r, ses)
		}
		return web.Redirect(w, r, ses.ReturnURL)
	default:
		page = "agreements"
	}
	ses, err := e.Open(w, r, ses)
	if err != nil {
		return err
	}
	web.Note(r.Context(), "launch", ses.ID)
	if m.Type == lti.DeepLinkingRequest && m.DeepLinking != nil {
		// A stop before this leaves a session to which nobody was sent; it expires, and the teacher selects again.
		if err := e.store.KeepDeepLink(r.Context(), ses.ID, *m.DeepLinking, ses.Expires); err != nil {
			return err
		}
	}
	return web.Redirect(w, r, web.At(ses, page))
}

// landDoor sends a verified launch through the door on: back at once with a signed answer if nothing is left
// to answer, which costs no page and no session, else to the page with what is left. A launch that names a
// page, such as My agreements from the person's profile, goes to that page.
func (e *entry) landDoor(w http.ResponseWriter, r *http.Request, a admitted, ses store.Session) error {
	m := a.message
	if e.wanted(m.TargetLinkURI) != "" {
		return e.land(w, r, a, ses)
	}
	door, err := e.door.of(r, ses.PlatformID)
	if err != nil {
		return err
	}
	nonce := m.Custom[lti.DoorNonce]
	switch {
	case ses.Guest:
		return &lti.Error{Code: lti.SubjectMissing, Detail: "sub"}
	case nonce == "":
		return &lti.Error{Code: lti.ClaimMissing, Detail: "custom." + lti.DoorNonce}
	case len(nonce) > 255:
		return &lti.Error{Code: lti.ClaimInvalid, Detail: "custom." + lti.DoorNonce}
	case !lti.DoorReturn(door.AuthURL, m.Presentation.ReturnURL):
		return &lti.Error{Code: lti.ClaimInvalid, Detail: "launch_presentation.return_url"}
	}
	ses.Target, ses.Framed = doorTarget, false
	web.Note(r.Context(), "role", doorTarget)
	asked := a.Asked
	if ses.ContextID != "" { // the door stands before the site, not before a course
		if asked, err = e.store.Asked(r.Context(), ses.PlatformID, "", ses.UserID); err != nil {
			return fmt.Errorf("reading what is asked: %w", err)
		}
	}
	left := policy.PendingAsked(asked, e.Viewer(ses))
	web.Note(r.Context(), "pending", len(left))
	if len(left) == 0 || ses.Admin {
		if err := e.CloseOthers(w, r, ses); err != nil {
			return err
		}
		return e.door.letIn(w, r, ses, nonce)
	}
	if ses, err = e.Open(w, r, ses); err != nil {
		return err
	}
	web.Note(r.Context(), "launch", ses.ID)
	// A stop before this leaves a session to which nobody was sent; it expires, and the person logs in again.
	err = e.store.AddDoorLaunch(r.Context(), store.DoorLaunch{
		SessionID: ses.ID, Nonce: nonce, Contact: m.Custom[lti.DoorContact], Expires: ses.Expires,
	})
	if err != nil {
		return fmt.Errorf("keeping the door's launch: %w", err)
	}
	return web.Redirect(w, r, web.At(ses, "pending"))
}

// wanted is the page that the signed target_link_uri names; only known pages of this host count, so that it
// can lead nowhere else.
func (e *entry) wanted(target string) string {
	u, err := url.Parse(target)
	if err != nil || u.Host != e.Host {
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
