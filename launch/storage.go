package launch

import (
	"bytes"
	"fmt"
	"net/http"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"

	"ltipolicy/lti"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// proofField is where the page puts what the platform's storage gave back.
const proofField = "proof"

// The values of a login attempt, in a cookie or in a platform's storage.
func fillAttempt(values map[any]any, a lti.Attempt) {
	values["state"], values["nonce"] = a.State, a.Nonce
	values["platform"], values["target"] = a.PlatformID, a.TargetLinkURI
	values["purpose"] = a.Purpose
	values["expires"] = a.Expires.UTC().Unix()
}

func readAttempt(c *sessions.Session) lti.Attempt {
	expires, _ := c.Values["expires"].(int64)
	return lti.Attempt{
		State: text(c, "state"), Nonce: text(c, "nonce"),
		PlatformID: text(c, "platform"), TargetLinkURI: text(c, "target"), Purpose: text(c, "purpose"),
		Expires: time.Unix(expires, 0).UTC(),
	}
}

// storeAtPlatform answers a login in a frame that shows no cookie of ours with a page whose script keeps the
// attempt in the platform's storage (lti.put_data, LTI Client Side postMessages) and goes on to next. The
// attempt is the same sealed value as in the cookie, so neither the platform nor another tool can read it.
func (s *Server) storeAtPlatform(w http.ResponseWriter, r *http.Request, p lti.Platform, target string, a lti.Attempt, next string) error {
	c := sessions.NewSession(s.attempts, attemptName(a.State))
	fillAttempt(c.Values, a)
	sealed, err := securecookie.EncodeMulti(c.Name(), c.Values, s.attempts.Codecs...)
	if err != nil {
		return fmt.Errorf("sealing the login attempt: %w", err)
	}
	page := templates.StoragePage{
		Page: s.base(r, store.Session{}), Target: target, Origin: p.Origin(), Key: c.Name(), Value: sealed, Next: next,
	}
	page.Languages = nil // the page passes by itself
	s.render(w, r, http.StatusOK, func(b *bytes.Buffer) error { return s.pages.Storage(b, page) })
	return nil
}

// askPlatform answers a launch without cookie, whose login announced a storage, with a page whose script
// fetches the attempt from there (lti.get_data) and posts the launch again together with it.
func (s *Server) askPlatform(w http.ResponseWriter, r *http.Request, at place, res lti.Response) error {
	p, err := s.store.Platform(r.Context(), at.Platform)
	if err != nil {
		return &lti.Error{Code: lti.StateMissing, Err: err}
	}
	// The launch that the form posts may lead on to the platform.
	setPolicy(w.Header(), "'self' "+p.Origin(), "*")
	page := templates.StoragePage{
		Page: s.base(r, store.Session{}), Target: at.Storage, Origin: p.Origin(), Key: attemptName(res.State),
		Form: &templates.Form{Action: "/lti/launch", Hidden: []templates.Field{{Name: "state", Value: res.State}, {Name: proofField}}},
	}
	if res.Problem != "" {
		page.Form.Hidden = append(page.Form.Hidden, templates.Field{Name: "error", Value: res.Problem})
	} else {
		page.Form.Hidden = append(page.Form.Hidden, templates.Field{Name: "id_token", Value: res.IDToken})
	}
	page.Languages = nil
	s.render(w, r, http.StatusOK, func(b *bytes.Buffer) error { return s.pages.Storage(b, page) })
	return nil
}

// fromOwnPage reports whether the browser says that a page of ours sent the request. One that says nothing is
// not believed.
func (s *Server) fromOwnPage(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	return r.Header.Get("Origin") == s.baseURL
}

// nothingLeft is the page for a reader with nothing to answer whose launch our own page has sent. A redirect
// would count as ours, not as the platform's, and arrive there in the frame without the platform's session
// cookie; so the way back is the reader's own click.
func (s *Server) nothingLeft(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	p := templates.SavedPage{Page: s.base(r, ses)}
	p.Site, p.Return = ses.Site, ses.ReturnURL
	s.render(w, r, http.StatusOK, func(b *bytes.Buffer) error { return s.pages.Saved(b, p) })
	return nil
}

// proved reads the attempt that the platform's storage gave back. It must be sealed by us, for this state.
func (s *Server) proved(state, proof string) (lti.Attempt, error) {
	c := sessions.NewSession(s.attempts, attemptName(state))
	if proof == "" || len(proof) > 4096 {
		return lti.Attempt{}, &lti.Error{Code: lti.StateMissing}
	}
	if err := securecookie.DecodeMulti(c.Name(), proof, &c.Values, s.attempts.Codecs...); err != nil {
		return lti.Attempt{}, &lti.Error{Code: lti.StateMismatch, Err: err}
	}
	a := readAttempt(c)
	return a, s.tool.MatchState(a, state)
}
