package launch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"ltipolicy/connection"
	"ltipolicy/courier"
	"ltipolicy/launch/web"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// doorTarget marks the session of a launch through a login door, where other launches hold the
// document_target claim.
const doorTarget = "door"

// door lets people on to a platform whose login waits for their answers (docs/moodle-login.md).
type door struct {
	*web.Frame
	store   *store.DB
	tool    *lti.Tool
	pages   *templates.Set
	changed func() // has the worker look at what the members of platforms with a door are asked
	saw     func(platformID string, what store.Sight, detail string)
	// checkNow has a platform's connection checked and waits for it, see package courier.
	checkNow func(ctx context.Context, platformID string)
}

// of is the platform's door; a platform without one has nothing to begin there.
func (d *door) of(r *http.Request, platformID string) (store.Door, error) {
	door, err := d.store.Door(r.Context(), platformID)
	if errors.Is(err, policy.ErrNotFound) {
		return door, &lti.Error{Code: lti.PlatformUnknown, Detail: "login door", Err: err}
	}
	if err != nil {
		return door, fmt.Errorf("finding the door: %w", err)
	}
	return door, nil
}

// launchOf is what a session's launch through a door told; false for any other session.
func (d *door) launchOf(r *http.Request, ses store.Session) (store.DoorLaunch, bool, error) {
	if ses.Target != doorTarget {
		return store.DoorLaunch{}, false, nil
	}
	l, ok, err := d.store.DoorLaunch(r.Context(), ses.ID)
	if err != nil {
		return l, false, fmt.Errorf("reading the door's launch: %w", err)
	}
	return l, ok, nil
}

// letIn returns to the platform with the signed word that nothing compulsory is left.
func (d *door) letIn(w http.ResponseWriter, r *http.Request, ses store.Session, nonce string) error {
	return d.answer(w, r, ses, nonce, lti.DoorAnswered, ses.ReturnURL)
}

// answer reads what is asked and answered at this moment and carries it, signed, to a step of the plugin.
// It is a GET of the whole window: the platform's session cookie would not come along with a form.
func (d *door) answer(w http.ResponseWriter, r *http.Request, ses store.Session, nonce, result, address string) error {
	p, err := d.store.Platform(r.Context(), ses.PlatformID)
	if err != nil {
		return fmt.Errorf("finding the platform: %w", err)
	}
	viewer := d.Viewer(ses)
	state, asked, err := d.answered(r, ses, viewer)
	if err != nil {
		return err
	}
	left := policy.PendingAsked(asked, viewer)
	if result == lti.DoorAnswered && policy.HoldsUp(left, viewer) {
		// Published or withdrawn a moment ago: nobody is let in on what stood before.
		return web.Redirect(w, r, web.At(ses, "pending"))
	}
	open := len(left)
	if !policy.Next(asked, viewer).IsZero() {
		open++ // nobody tells the door when a person's own time comes: it asks them again at their next login
	}
	token, err := d.tool.SignDoorAnswer(r.Context(), p, lti.DoorAnswer{
		Sub: ses.Sub, Nonce: nonce, Result: result, Left: open, State: state,
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

// answered is the state that an answer is signed with, its versions being those that the person answered, and what the
// person is asked. The state is the one that the worker recorded: what is asked since is told by the worker, and the
// answer covers it already. Only where less is asked since, the new state is recorded with the answer: with the old one
// the person would count as asked what they were not, and if all of it came back at once, nobody would hear of it.
func (d *door) answered(r *http.Request, ses store.Session, viewer policy.Viewer) (lti.DoorState, []policy.Asked, error) {
	for range 3 { // others may record another state meanwhile
		// The state goes before what is asked: an answer that covers more than its state lets nobody in too early, one
		// that covers less would.
		seen, err := d.told(r, ses.PlatformID)
		if err != nil {
			return lti.DoorState{}, nil, err
		}
		asked, err := d.store.Asked(r.Context(), ses.PlatformID, "", ses.UserID)
		if err != nil {
			return lti.DoorState{}, nil, fmt.Errorf("reading what is asked: %w", err)
		}
		state, demand := seen.State, policy.DemandOf(asked, viewer.Now)
		if state.Hash != demand.Hash() {
			d.changed()
			if !demand.Covers(policy.Demand(state.Versions)) {
				if _, err := d.store.SaveDoorState(r.Context(), seen, demand); err != nil {
					return lti.DoorState{}, nil, err
				}
				continue
			}
		}
		state.Versions = lti.Versions(policy.Settled(asked, viewer.Now))
		return state, asked, nil
	}
	return lti.DoorState{}, nil, policy.E(policy.ErrUnavailable, "").Because(errors.New("what the door asks changes too fast"))
}

// notNow is the wish of somebody who logs in. If only consents are open they go in; a consent never
// holds anybody up. Else the page says what it means not to accept, whom to ask, and how to leave.
func (d *door) notNow(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	l, ok, err := d.launchOf(r, ses)
	if err != nil {
		return err
	}
	if !ok {
		return policy.E(policy.ErrNotFound, "")
	}
	t, err := readTodo(r.Context(), d.Frame, d.store, ses)
	if err != nil {
		return err
	}
	p := templates.LeavePage{
		Page: d.Base(r, ses), Contact: l.Contact, Back: web.At(ses, "pending"), Form: templates.Form{Action: web.At(ses, "door")},
	}
	p.Return = ""
	for _, v := range t.left {
		if policy.HoldsUp([]policy.Asked{policy.Ask(v, t.given, "")}, d.Viewer(ses)) {
			text := web.Readable(p.Locale, v)
			p.Policies = append(p.Policies, templates.LeavePolicy{Name: text.Name, Lang: text.Lang})
		}
	}
	if len(p.Policies) == 0 || ses.Admin {
		return d.letIn(w, r, ses, l.Nonce)
	}
	token, err := d.Present(ses.ID, p.Tag(), nil)
	if err != nil {
		return err
	}
	p.Form.Hidden = []templates.Field{token}
	d.Render(w, r, http.StatusOK, p)
	return nil
}

// leave ends the launch here and, by the plugin's logout step, the platform's session. Nothing is recorded:
// who does not accept has not answered.
func (d *door) leave(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	if _, err := d.Presented(r, ses.ID); err != nil {
		return err
	}
	l, ok, err := d.launchOf(r, ses)
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
	if err := d.store.EndSession(r.Context(), ses.ID); err != nil {
		return fmt.Errorf("ending the session: %w", err)
	}
	d.Forget(w, r, ses.ID)
	return d.answer(w, r, ses, l.Nonce, lti.DoorDeclined, address)
}

// state tells a platform's plugin, which signs its question, what members are asked now: the fallback
// for notices that did not arrive.
func (d *door) state(w http.ResponseWriter, r *http.Request) error {
	state, err := d.tellState(r)
	return tellProgram(w, r, state, err)
}

// accounts takes a platform's news of accounts that were deleted or suspended, or can be used again. It is signed as
// the question for the state is, and needs no door: who is gone is gone for courses, too.
func (d *door) accounts(w http.ResponseWriter, r *http.Request) error {
	known, err := d.hearAccounts(r)
	return tellProgram(w, r, struct {
		Known int `json:"known"`
	}{known}, err)
}

func (d *door) hearAccounts(r *http.Request) (known int, err error) {
	p, err := d.asking(r)
	if err != nil {
		return 0, err
	}
	accounts, err := d.tool.VerifyAccounts(r.Context(), p, r.PostForm.Get("request"))
	if err != nil {
		return 0, err
	}
	return d.store.MarkAccounts(r.Context(), p.ID, accounts)
}

// tellProgram answers a platform's program with JSON, or with the code of an error.
func tellProgram(w http.ResponseWriter, r *http.Request, body any, err error) error {
	status := http.StatusOK
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

// asking is the platform whose program asks. That it is not known is another refusal than that it has no door: each
// has a remedy of its own, which the plugin shows.
func (d *door) asking(r *http.Request) (lti.Platform, error) {
	if err := web.ParseForm(r); err != nil {
		return lti.Platform{}, err
	}
	p, err := d.store.Platform(r.Context(), r.PathValue("platform"))
	if errors.Is(err, policy.ErrNotFound) {
		return p, &lti.Error{Code: lti.PlatformUnknown, Detail: "address", Err: err}
	}
	if err != nil {
		return p, fmt.Errorf("finding the platform: %w", err)
	}
	web.Note(r.Context(), "platform", p.ID)
	return p, nil
}

func (d *door) tellState(r *http.Request) (lti.DoorState, error) {
	p, err := d.asking(r)
	if err != nil {
		return lti.DoorState{}, err
	}
	if _, err := d.inquiry(r, p, lti.InquiryState); err != nil {
		return lti.DoorState{}, err
	}
	if _, err := d.of(r, p.ID); err != nil {
		return lti.DoorState{}, err
	}
	seen, err := d.told(r, p.ID)
	return seen.State, err
}

// inquiry checks a plugin's question, and notes that it was heard.
func (d *door) inquiry(r *http.Request, p lti.Platform, purpose string) (lti.Inquiry, error) {
	q, err := d.tool.VerifyInquiry(r.Context(), p, r.PostForm.Get("request"), purpose)
	switch {
	case err != nil:
	case q.Idle:
		d.saw(p.ID, store.DoorIdle, q.Version)
	default:
		d.saw(p.ID, store.DoorHeard, q.Version)
	}
	return q, err
}

// connection tells a platform's plugin how the connection looks from here, in the words of the other pages, for its
// settings page.
func (d *door) connection(w http.ResponseWriter, r *http.Request) error {
	told, err := d.tellConnection(r)
	return tellProgram(w, r, told, err)
}

// connectionJSON is a connection's table in the language of who asks.
type connectionJSON struct {
	Summary string          `json:"summary"`
	Bad     int             `json:"bad"`
	Checked int64           `json:"checked"` // when, in seconds; 0: not yet
	Lines   []connectionRow `json:"lines"`
}

type connectionRow struct {
	What  string `json:"what"`
	State string `json:"state"` // fine, wrong, unknown, none
	Word  string `json:"word"`  // the state in words
	Found string `json:"found"`
	Step  string `json:"step"` // empty: none
}

func (d *door) tellConnection(r *http.Request) (connectionJSON, error) {
	out := connectionJSON{Lines: []connectionRow{}}
	p, err := d.asking(r)
	if err != nil {
		return out, err
	}
	q, err := d.inquiry(r, p, lti.InquiryConnection)
	if err != nil {
		return out, err
	}
	late, cancel := context.WithTimeout(r.Context(), firstCheck)
	defer cancel()
	d.checkNow(late, p.ID)
	seen, err := courier.ReadConnection(r.Context(), d.store, p.ID)
	if err != nil {
		return out, err
	}
	of, err := d.store.Institution(r.Context(), p.InstitutionID)
	if err != nil {
		return out, err
	}
	loc := d.InZone(d.pages.Locale("", q.Lang, ""), of.Zone)
	c := templates.Connection{Locale: loc, Lines: connection.Heard(seen.Lines, d.Now(), q.Version, q.Idle), Time: seen.Time}
	out.Summary, out.Bad = c.Summary(), c.Bad()
	if !c.Time.IsZero() {
		out.Checked = c.Time.Unix()
		out.Summary += " " + c.Checked()
	}
	for _, l := range c.Lines {
		out.Lines = append(out.Lines, connectionRow{c.What(l), string(l.State), c.State(l), c.Cause(l), c.Step(l)})
	}
	return out, nil
}

// told is the door with what the platform's members are asked, as last recorded and as the plugin is told.
func (d *door) told(r *http.Request, platformID string) (store.Door, error) {
	seen, err := d.store.Door(r.Context(), platformID)
	if err != nil {
		return store.Door{}, fmt.Errorf("finding the door: %w", err)
	}
	if seen.State.Serial == 0 {
		d.changed()
		return store.Door{}, policy.E(policy.ErrUnavailable, "").Because(errors.New("the login door has no state yet"))
	}
	return seen, nil
}
