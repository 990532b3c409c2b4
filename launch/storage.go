package launch

import (
	"net/http"

	"ltipolicy/launch/web"
	"ltipolicy/lti"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// maxStorageTarget keeps a state with everything in it below the 255 characters that we accept back.
const maxStorageTarget = 40

// proofField is where the page puts what the platform's storage gave back.
const proofField = "proof"

// storeAtPlatform answers a login in a frame that shows no cookie of ours with a page whose script keeps the
// attempt in the platform's storage (lti.put_data, LTI Client Side postMessages) and goes on to next. The
// attempt is the same sealed value as in the cookie, so neither the platform nor another tool can read it.
func (e *entry) storeAtPlatform(w http.ResponseWriter, r *http.Request, p lti.Platform, target string, a lti.Attempt, next string) error {
	sealed, err := e.seal(a)
	if err != nil {
		return err
	}
	page := templates.StoragePage{
		Page: e.Base(r, store.Session{}), Target: target, Origin: p.Origin(), Key: storageKey(a.State), Value: sealed, Next: next,
	}
	page.Languages = nil // the page passes by itself
	e.Render(w, r, http.StatusOK, page)
	return nil
}

// askPlatform answers a launch without cookie, whose login announced a storage, with a page whose script
// fetches the attempt from there (lti.get_data) and posts the launch again together with it.
func (e *entry) askPlatform(w http.ResponseWriter, r *http.Request, at web.Place, res lti.Response) error {
	p, err := e.store.Platform(r.Context(), at.Platform)
	if err != nil {
		return &lti.Error{Code: lti.StateMissing, Err: err}
	}
	// The launch that the form posts may lead on to the platform.
	web.FormsFor(w, p.Origin())
	page := templates.StoragePage{
		Page: e.Base(r, store.Session{}), Target: at.Storage, Origin: p.Origin(), Key: storageKey(res.State),
		Form: &templates.Form{Action: "/lti/launch", Hidden: []templates.Field{{Name: "state", Value: res.State}, {Name: proofField}}},
	}
	if res.Problem != "" {
		page.Form.Hidden = append(page.Form.Hidden, templates.Field{Name: "error", Value: res.Problem})
	} else {
		page.Form.Hidden = append(page.Form.Hidden, templates.Field{Name: "id_token", Value: res.IDToken})
	}
	page.Languages = nil
	e.Render(w, r, http.StatusOK, page)
	return nil
}

// fromOwnPage reports whether the browser says that a page of ours sent the request. One that says nothing is
// not believed.
func (e *entry) fromOwnPage(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	return r.Header.Get("Origin") == e.BaseURL
}

// nothingLeft is the page for a reader with nothing to answer whose launch our own page has sent. A redirect
// would count as ours, not as the platform's, and arrive there in the frame without the platform's session
// cookie; so the way back is the reader's own click.
func (e *entry) nothingLeft(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	p := templates.SavedPage{Page: e.Base(r, ses)}
	p.Site, p.Return = ses.Site, ses.ReturnURL
	e.Render(w, r, http.StatusOK, p)
	return nil
}

// proved reads the attempt that the platform's storage gave back. It must be sealed by us, for this state.
func (e *entry) proved(state, proof string) (lti.Attempt, error) {
	if proof == "" || len(proof) > 4096 {
		return lti.Attempt{}, &lti.Error{Code: lti.StateMissing}
	}
	a, err := e.unseal(state, proof)
	if err != nil {
		return lti.Attempt{}, &lti.Error{Code: lti.StateMismatch, Err: err}
	}
	return a, e.tool.MatchState(a, state)
}

// storageKey is under which key a platform's storage keeps an attempt.
func storageKey(state string) string { return web.AttemptCookie + attemptKey(state) }
