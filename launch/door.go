package launch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"ltipolicy/launch/web"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// doorTarget marks the session of a launch through a login door, where other launches hold the
// document_target claim.
const doorTarget = "door"

// doorLogin begins a launch through a platform's login door: the same as any login, but the browser goes on
// to the authorisation endpoint of the plugin there, because Moodle's own one does not let in people who have
// not agreed yet.
func (s *Server) doorLogin(w http.ResponseWriter, r *http.Request) error {
	req, p, err := s.initiation(w, r)
	if err != nil {
		return err
	}
	web.Note(r.Context(), "platform", p.ID, "purpose", lti.DoorPurpose)
	door, err := s.door(r, p.ID)
	if err != nil {
		return err
	}
	p.AuthURL = door.AuthURL
	attempt, address, err := s.tool.Begin(p, req, "")
	if err != nil {
		return err
	}
	attempt.Purpose = lti.DoorPurpose
	if err := s.keepAttempt(w, r, attempt); err != nil {
		return err
	}
	http.Redirect(w, r, address, http.StatusFound)
	return nil
}

// door is the platform's door; a platform without one has nothing to begin there.
func (s *Server) door(r *http.Request, platformID string) (store.Door, error) {
	door, err := s.store.Door(r.Context(), platformID)
	if errors.Is(err, policy.ErrNotFound) {
		return door, &lti.Error{Code: lti.PlatformUnknown, Detail: "login door", Err: err}
	}
	if err != nil {
		return door, fmt.Errorf("finding the door: %w", err)
	}
	return door, nil
}

// landDoor sends a verified launch through the door on: back at once with a signed answer if nothing is left
// to answer, which costs no page and no session, else to the page with what is left. A launch that names a
// page, such as My agreements from the person's profile, goes to that page.
func (s *Server) landDoor(w http.ResponseWriter, r *http.Request, a admitted, ses store.Session) error {
	m := a.message
	if s.wanted(m.TargetLinkURI) != "" {
		return s.land(w, r, a, ses)
	}
	door, err := s.door(r, ses.PlatformID)
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
		if asked, err = s.store.Asked(r.Context(), ses.PlatformID, "", ses.UserID); err != nil {
			return fmt.Errorf("reading what is asked: %w", err)
		}
	}
	left := policy.PendingAsked(asked, s.Viewer(ses))
	web.Note(r.Context(), "pending", len(left))
	if len(left) == 0 || ses.Admin {
		if err := s.CloseOthers(w, r, ses); err != nil {
			return err
		}
		return s.letIn(w, r, ses, nonce)
	}
	if ses, err = s.Open(w, r, ses); err != nil {
		return err
	}
	web.Note(r.Context(), "launch", ses.ID)
	// A stop before this leaves a session to which nobody was sent; it expires, and the person logs in again.
	err = s.store.AddDoorLaunch(r.Context(), store.DoorLaunch{
		SessionID: ses.ID, Nonce: nonce, Contact: m.Custom[lti.DoorContact], Expires: ses.Expires,
	})
	if err != nil {
		return fmt.Errorf("keeping the door's launch: %w", err)
	}
	return web.Redirect(w, r, web.At(ses, "pending"))
}

// doorLaunch is what a session's launch through a door told; false for any other session.
func (s *Server) doorLaunch(r *http.Request, ses store.Session) (store.DoorLaunch, bool, error) {
	if ses.Target != doorTarget {
		return store.DoorLaunch{}, false, nil
	}
	l, ok, err := s.store.DoorLaunch(r.Context(), ses.ID)
	if err != nil {
		return l, false, fmt.Errorf("reading the door's launch: %w", err)
	}
	return l, ok, nil
}

// letIn returns to the platform with the signed word that nothing compulsory is left.
func (s *Server) letIn(w http.ResponseWriter, r *http.Request, ses store.Session, nonce string) error {
	return s.doorAnswer(w, r, ses, nonce, lti.DoorAnswered, ses.ReturnURL)
}

// doorAnswer reads what is asked and answered at this moment and carries it, signed, to a step of the plugin.
// It is a GET of the whole window: the platform's session cookie would not come along with a form.
func (s *Server) doorAnswer(w http.ResponseWriter, r *http.Request, ses store.Session, nonce, result, address string) error {
	p, err := s.store.Platform(r.Context(), ses.PlatformID)
	if err != nil {
		return fmt.Errorf("finding the platform: %w", err)
	}
	asked, err := s.store.Asked(r.Context(), ses.PlatformID, "", ses.UserID)
	if err != nil {
		return fmt.Errorf("reading what is asked: %w", err)
	}
	viewer := s.Viewer(ses)
	left := policy.PendingAsked(asked, viewer)
	if result == lti.DoorAnswered && policy.HoldsUp(left, viewer) {
		// Published or withdrawn a moment ago: nobody is let in on what stood before.
		return web.Redirect(w, r, web.At(ses, "pending"))
	}
	state, err := s.store.SaveDoorState(r.Context(), p.ID, policy.DemandOf(asked, viewer.Now))
	if err != nil {
		return fmt.Errorf("reading the door's state: %w", err)
	}
	state.Versions = policy.Settled(asked, viewer.Now)
	token, err := s.tool.SignDoorAnswer(r.Context(), p, lti.DoorAnswer{
		Sub: ses.Sub, Nonce: nonce, Result: result, Left: len(left), State: state,
	})
	if err != nil {
		return err
	}
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("parsing the way back: %w", err)
	}
	q := u.Query()
	q.Set("answer", token)
	u.RawQuery = q.Encode()
	web.Note(r.Context(), "result", result)
	// The answer is in the address: no page that follows shall tell it on.
	w.Header().Set("Referrer-Policy", "no-referrer")
	return web.Redirect(w, r, u.String())
}

// leaveDoor is "not now" of somebody who logs in. If only consents are open they go in; a consent never
// holds anybody up. Else the page says what it means not to accept, whom to ask, and how to leave.
func (s *Server) leaveDoor(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	l, ok, err := s.doorLaunch(r, ses)
	if err != nil {
		return err
	}
	if !ok {
		return policy.E(policy.ErrNotFound, "")
	}
	t, err := s.todo(r, ses)
	if err != nil {
		return err
	}
	p := templates.LeavePage{
		Page: s.Base(r, ses), Contact: l.Contact, Back: web.At(ses, "pending"), Form: templates.Form{Action: web.At(ses, "door")},
	}
	p.Return = ""
	for _, v := range t.left {
		if v.Kind.Compulsory() {
			text := s.readable(p.Locale, v)
			p.Policies = append(p.Policies, templates.LeavePolicy{Name: text.Name, Lang: text.Lang})
		}
	}
	if len(p.Policies) == 0 || ses.Admin {
		return s.letIn(w, r, ses, l.Nonce)
	}
	token, err := s.Present(ses.ID, p.Tag(), nil)
	if err != nil {
		return err
	}
	p.Form.Hidden = []templates.Field{{Name: web.TokenField, Value: token}}
	s.Render(w, r, http.StatusOK, func(b *bytes.Buffer) error { return s.Pages.Leave(b, p) })
	return nil
}

// leave ends the launch here and, by the plugin's logout step, the platform's session. Nothing is recorded:
// who does not accept has not answered.
func (s *Server) leave(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	if _, err := s.Presented(r, ses.ID); err != nil {
		return err
	}
	l, ok, err := s.doorLaunch(r, ses)
	if err != nil {
		return err
	}
	if !ok {
		return policy.E(policy.ErrNotFound, "")
	}
	address, err := lti.DoorEndpoint(ses.ReturnURL, "logout")
	if err != nil {
		return err
	}
	if err := s.store.EndSession(r.Context(), ses.ID); err != nil {
		return fmt.Errorf("ending the session: %w", err)
	}
	s.Forget(w, r, ses.ID)
	return s.doorAnswer(w, r, ses, l.Nonce, lti.DoorDeclined, address)
}

// doorState tells a platform's plugin, which signs its question, what members are asked now: the fallback
// for notices that did not arrive. The answer is JSON for a program, and so are its errors.
func (s *Server) doorState(w http.ResponseWriter, r *http.Request) error {
	state, err := s.tellState(r)
	status, body := http.StatusOK, any(state)
	if err != nil {
		var code, detail string
		status, code, detail = web.Classify(err)
		web.Note(r.Context(), "error", err.Error())
		web.Outcome(r.Context(), code)
		body = map[string]string{"error": code, "detail": detail}
	}
	b, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("writing the state: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(b) //nolint:errcheck // the reader went away
	return nil
}

func (s *Server) tellState(r *http.Request) (lti.DoorState, error) {
	if err := web.ParseForm(r); err != nil {
		return lti.DoorState{}, err
	}
	p, err := s.store.Platform(r.Context(), r.PathValue("platform"))
	if err != nil {
		return lti.DoorState{}, fmt.Errorf("finding the platform: %w", err)
	}
	web.Note(r.Context(), "platform", p.ID)
	if err := s.tool.VerifyInquiry(r.Context(), p, r.PostForm.Get("request")); err != nil {
		return lti.DoorState{}, err
	}
	return s.doorStateOf(r.Context(), p.ID)
}

// doorStateOf computes what a platform's members are asked now and records it.
func (s *Server) doorStateOf(ctx context.Context, platformID string) (lti.DoorState, error) {
	asked, err := s.store.Asked(ctx, platformID, "", 0)
	if err != nil {
		return lti.DoorState{}, fmt.Errorf("reading what is asked: %w", err)
	}
	state, err := s.store.SaveDoorState(ctx, platformID, policy.DemandOf(asked, s.Now()))
	if err != nil {
		return state, fmt.Errorf("recording the door's state: %w", err)
	}
	return state, nil
}
