package launch

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"

	"ltipolicy/connection"
	"ltipolicy/launch/web"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// launch receives what the platform's authorisation endpoint posts: an id_token and the state, or an error.
// The state is checked before anything else is believed.
func (e *entry) launch(w http.ResponseWriter, r *http.Request) error {
	web.FrameAnywhere(w)
	if err := web.ParseForm(r); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return &lti.Error{Code: lti.TokenTooLong, Detail: "id_token", Err: err}
		}
		return err
	}
	res, err := lti.ParseResponse(r.PostForm)
	if err != nil {
		return err
	}
	attempt, err := e.takeAttempt(w, r, res.State)
	from, ours := e.PlaceOf(res.State)
	if lti.CodeOf(err) == lti.StateMissing && ours && from.Storage != "" {
		if !r.PostForm.Has(proofField) {
			return e.askPlatform(w, r, from, res)
		}
		// The proof comes from our own page's script alone: anybody can have a proof of a login of their own,
		// and would send it with that login's launch through another person's browser.
		if !e.fromOwnPage(r) {
			return &lti.Error{Code: lti.StateMismatch, Detail: proofField}
		}
		attempt, err = e.proved(res.State, r.PostForm.Get(proofField))
	}
	if err != nil {
		if lti.CodeOf(err) == lti.StateMissing && ours && web.Framed(r) && e.FirstLost(res.State) {
			e.saw(from.Platform, store.FrameLost, "")
		}
		return err
	}
	web.Note(r.Context(), "platform", attempt.PlatformID)
	if !e.WithinLogin(res.State) {
		return &lti.Error{Code: lti.StateMismatch, Detail: "used up"}
	}
	if err := res.Refusal(); err != nil {
		return err
	}
	a, err := e.admit(w, r, attempt, res.IDToken)
	if err != nil {
		return err
	}
	switch {
	case !web.Framed(r):
	case r.PostForm.Has(proofField):
		e.saw(a.platform.ID, store.FrameStorage, "")
	default:
		e.saw(a.platform.ID, store.FrameCookies, "")
	}
	if a.message.Context.ID != "" && a.message.Particulars().SaysEnd {
		e.saw(a.platform.ID, store.CourseTold, "")
	}
	ses := sessionFor(a)
	ses.CMID = from.CMID
	if attempt.Purpose == lti.DoorPurpose {
		return e.landDoor(w, r, a, ses)
	}
	return e.land(w, r, a, ses)
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
func (e *entry) admit(w http.ResponseWriter, r *http.Request, attempt lti.Attempt, token string) (admitted, error) {
	p, err := e.store.PlatformSeen(r.Context(), attempt.PlatformID)
	if err != nil {
		return admitted{}, unknownPlatform(err)
	}
	a, err := e.admitBy(w, r, p, attempt, token)
	if _, refused := errors.AsType[*lti.Error](err); !refused && !errors.Is(err, store.ErrPlatformChanged) {
		return a, err
	}
	now, perr := e.store.Platform(r.Context(), attempt.PlatformID)
	if perr != nil {
		return admitted{}, unknownPlatform(perr)
	}
	if reflect.DeepEqual(p, now) {
		return a, err
	}
	return e.admitBy(w, r, now, attempt, token)
}

func unknownPlatform(err error) error {
	if errors.Is(err, policy.ErrNotFound) {
		return &lti.Error{Code: lti.PlatformUnknown, Err: err}
	}
	return fmt.Errorf("finding the platform: %w", err)
}

func (e *entry) admitBy(w http.ResponseWriter, r *http.Request, p lti.Platform, attempt lti.Attempt, token string) (admitted, error) {
	m, err := e.tool.Verify(r.Context(), p, attempt, token)
	if id, ok := errors.AsType[lti.UnknownDeployment](err); ok {
		e.saw(p.ID, store.RefusedDeployment, string(id))
		web.Advise(r.Context(), connection.Deployment(p.ID, "ID"))
	}
	if err != nil {
		return admitted{}, err
	}
	// Only now it is known to be the platform's: what strangers post costs its learners nothing.
	if err := e.WithinPlatform(w, r, p.ID); err != nil {
		return admitted{}, err
	}
	if len(p.Deployments) == 0 {
		if err := e.store.FirstDeployment(r.Context(), p.ID, m.DeploymentID); err != nil {
			return admitted{}, fmt.Errorf("storing the first deployment: %w", err)
		}
		if p, err = e.store.Platform(r.Context(), p.ID); err != nil {
			return admitted{}, unknownPlatform(err)
		}
	}
	web.Note(r.Context(), "message", m.Type, "sub", e.SubHash(p.ID, m.Sub))
	a := admitted{platform: p, message: m, guest: visitor(m)}
	known := *m
	if a.guest {
		known.Sub = "" // the nonce is used up, and nobody is recorded
	}
	if a.Admission, err = e.store.Admit(r.Context(), &known, p); err != nil {
		return a, err
	}
	e.Launched(p.ID)
	if a.Zone == (store.Zone{}) && !a.guest && (m.Roles.Instructor() || m.Roles.Administrator()) {
		if err := e.store.LearnZone(r.Context(), p, m.Particulars().TimeZone); err != nil {
			e.Log.Warn("the time zone of an institution was not learned", "error", err.Error()) // nobody is kept out for that
		}
	}
	return a, e.store.LearnKey(r.Context(), p, m.Key) // once for each key: it proves the Moodle if it moves
}

// visitor reports whether a launch is by nobody in particular: without a person, by a guest, or by a test
// account. Moodle's guest launches with a sub and a learner's role; only its user name tells.
func visitor(m *lti.Message) bool {
	return m.Sub == "" || m.Roles.Guest() || m.Roles.TestUser() || m.Person.Username == "guest"
}

func sessionFor(a admitted) store.Session {
	p, m := a.platform, a.message
	return store.Session{
		PlatformID: p.ID, InstitutionID: p.InstitutionID, Site: p.Name, Issuer: p.Issuer,
		Sub: m.Sub, Name: m.Person.Name,
		Admin: m.Roles.Administrator(), Teacher: m.Roles.Instructor(),
		Guest:     a.guest,
		ContextID: m.Context.ID, ContextTitle: m.Context.Title, ResourceLinkID: m.ResourceLink.ID,
		DeploymentID: m.DeploymentID, Roles: m.Roles.String(),
		ReturnURL: m.Presentation.ReturnURL, Locale: m.Presentation.Locale, CourseEnd: a.CourseEnd,
		Target: m.Presentation.DocumentTarget, Origin: p.Origin(),
	}.Of(a.User)
}

// launchByGet is what a reader meets who reloads or bookmarks the launch address, or who wants the page of a
// refused launch in another language: then it is the same page again, by its code.
func (e *entry) launchByGet(w http.ResponseWriter, r *http.Request) error {
	web.FrameAnywhere(w)
	if err := web.ParseForm(r); err != nil {
		return err
	}
	if code := lti.Code(r.Form.Get("error")); code.HTTPStatus() != http.StatusInternalServerError {
		return &lti.Error{Code: code}
	}
	return &lti.Error{Code: lti.StateMissing}
}
