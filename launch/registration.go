package launch

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/securecookie"

	"ltipolicy/connection"
	"ltipolicy/courier"
	"ltipolicy/launch/web"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// confirmLife is as long as Moodle's registration token lives.
const confirmLife = time.Hour

// registrar registers the tool with platforms that were invited.
type registrar struct {
	*web.Frame
	store    *store.DB
	tool     *lti.Tool
	checkNow func(ctx context.Context, platformID string) // has the connection checked and waits, see package courier
	confirms securecookie.Codec
}

// confirmation is what the confirmation form of a registration carries, signed and encrypted: between the
// two requests nothing is stored, and the frame's cookies may be blocked.
type confirmation struct {
	Invite string `json:"invite"`
	Config string `json:"config"`
	Token  string `json:"token"`
	// Platform and Institution are set in the address of the page that follows.
	Platform    string `json:"platform,omitempty"`
	Institution string `json:"institution,omitempty"`
}

func (c confirmation) hash() []byte {
	hash := sha256.Sum256([]byte(c.Invite))
	return hash[:]
}

// registerAsks are the message keys of what the tool asks the platform for.
var registerAsks = []string{"register.asks.name", "register.asks.email", "register.asks.roster", "register.asks.score"}

// clientName is what teachers see in Moodle's list of tools until the admin renames it.
const clientName = "Policies and agreements"

// register is opened by Moodle in a frame when an admin pastes an invitation's address into "Tool URL" (LTI
// dynamic registration). It reads the platform's document and asks the admin to confirm; nothing is stored.
func (g *registrar) register(w http.ResponseWriter, r *http.Request) error {
	web.FrameAnywhere(w)
	q := r.URL.Query()
	c := confirmation{Invite: q.Get("invite"), Config: q.Get("openid_configuration"), Token: q.Get("registration_token")}
	if err := g.invited(r, c); err != nil {
		return err
	}
	if c.Config == "" {
		// Somebody opened the address in a browser instead of pasting it into Moodle.
		return policy.E(policy.ErrInvalid, "register_outside")
	}
	config, applicant, err := g.applicant(w, r, c)
	if err != nil {
		return err
	}
	reg, err := g.store.Registering(r.Context(), c.hash(), applicant)
	if err != nil {
		return refusedInvitation(err)
	}
	if reg.Done {
		return g.registeredAs(w, r, reg.PlatformID, reg.Institution)
	}
	token, err := g.confirms.Encode(web.TokenField, c)
	if err != nil {
		return fmt.Errorf("signing the confirmation: %w", err)
	}
	p := templates.RegisterPage{
		Page: g.Base(r, store.Session{}),
		Form: templates.Form{
			Action: "/lti/register",
			Hidden: []templates.Field{{Name: web.TokenField, Value: token}},
		},
		Product: config.ProductFamily, Version: config.Version, Issuer: config.Issuer,
		Institution: reg.Institution, Tool: g.Host, Asks: registerAsks, Activates: reg.Activates,
	}
	if reg.Known != nil {
		p.Renews = reg.Known.Name
	} else if len(reg.Twins) > 0 {
		p.Twin = reg.Twins[0].Name
	}
	p.Framed = true
	g.Render(w, r, http.StatusOK, p)
	return nil
}

// confirmRegistration registers the tool at the platform. Its id is reserved first, so that nothing is sent there that
// could not be stored here; then the platform is told; then its answer is stored, in one transaction with the use of the
// invitation. Whatever stops between two of these, the same page sent again, or the address pasted again, goes on where
// it stopped.
func (g *registrar) confirmRegistration(w http.ResponseWriter, r *http.Request) error {
	web.FrameAnywhere(w)
	if err := web.ParseForm(r); err != nil {
		return err
	}
	var c confirmation
	if err := g.confirms.Decode(web.TokenField, r.PostForm.Get(web.TokenField), &c); err != nil {
		return policy.E(policy.ErrForbidden, "csrf").Because(err)
	}
	if err := g.invited(r, c); err != nil {
		return err
	}
	config, applicant, err := g.applicant(w, r, c)
	if err != nil {
		return err
	}
	reg, err := g.store.Reserve(r.Context(), c.hash(), applicant)
	if err != nil {
		return refusedInvitation(err)
	}
	if !reg.Done {
		// From here on the platform may change: a reader who goes away must not leave it alone with that.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), registerTime)
		defer cancel()
		p, err := g.tell(ctx, config, c, applicant, reg)
		if err != nil {
			return err
		}
		if p, err = g.store.Register(ctx, c.hash(), p, lti.MoodleDoor(p.AuthURL)); err != nil {
			return err
		}
	}
	return g.registeredAs(w, r, reg.PlatformID, reg.Institution)
}

// registerTime bounds what follows a reservation.
const registerTime = 30 * time.Second

// tell registers the tool at the platform under the id that was reserved.
func (g *registrar) tell(ctx context.Context, config lti.PlatformConfiguration, c confirmation, a store.Applicant, reg store.Registering) (lti.Platform, error) {
	want := lti.Registration{
		PlatformID: reg.PlatformID, InstitutionID: reg.InstitutionID, ClientName: clientName, Description: reg.Institution,
		DeepLinkLabel: clientName, Custom: lti.AskedParameters(),
	}
	p, err := g.tool.Register(ctx, config, c.Token, want)
	refused, ok := errors.AsType[*lti.RegistrationError](err)
	switch {
	case !ok:
		return p, err
	case refused.Code == lti.TokenUsed && reg.Again:
		// By this very registration, whose answer did not arrive.
		return config.Platform(want, a.ClientID), nil
	case refused.Code == lti.RegistrationRefused && !reg.Begun:
		if rerr := g.store.Release(ctx, c.hash(), reg.PlatformID); rerr != nil {
			return p, errors.Join(err, rerr)
		}
	}
	return p, err
}

// applicant reads who wants to register, from the platform itself.
func (g *registrar) applicant(w http.ResponseWriter, r *http.Request, c confirmation) (lti.PlatformConfiguration, store.Applicant, error) {
	config, err := g.tool.Discover(r.Context(), c.Config)
	if err != nil {
		return config, store.Applicant{}, err
	}
	web.FrameFor(w, lti.Platform{AuthURL: config.AuthorizationEndpoint}.Origin())
	o, err := g.tool.Occasion(r.Context(), config, c.Token)
	if err != nil {
		return config, store.Applicant{}, err
	}
	a := store.Applicant{Issuer: config.Issuer, ClientID: o.ClientID, Update: o.Update}
	if o.PlatformID == "" {
		return config, a, nil
	}
	// What is there may be a tool of ours under another address of the platform: it is the same Moodle with the same
	// people, and must not become another one.
	switch p, err := g.store.Platform(r.Context(), o.PlatformID); {
	case errors.Is(err, policy.ErrNotFound):
	case err != nil:
		return config, a, fmt.Errorf("finding the platform: %w", err)
	case p.Issuer != config.Issuer && p.ClientID == o.ClientID:
		web.Note(r.Context(), "platform", p.ID)
		web.Advise(r.Context(), connection.Move(p.ID, config.Issuer))
		return config, a, &lti.RegistrationError{Code: lti.SiteMoved, Detail: p.Issuer}
	}
	return config, a, nil
}

// registeredAs leads to the page that says what follows.
func (g *registrar) registeredAs(w http.ResponseWriter, r *http.Request, platformID, institution string) error {
	web.Note(r.Context(), "platform", platformID)
	done, err := g.confirms.Encode(web.TokenField, confirmation{Platform: platformID, Institution: institution})
	if err != nil {
		return fmt.Errorf("signing the result: %w", err)
	}
	return web.Redirect(w, r, "/lti/registered?"+url.Values{web.TokenField: {done}}.Encode())
}

// registered says what follows a registration, and lets Moodle close the frame.
func (g *registrar) registered(w http.ResponseWriter, r *http.Request) error {
	web.FrameAnywhere(w)
	var c confirmation
	if err := g.confirms.Decode(web.TokenField, r.URL.Query().Get(web.TokenField), &c); err != nil {
		return policy.E(policy.ErrForbidden, "csrf").Because(err)
	}
	p, err := g.store.Platform(r.Context(), c.Platform)
	if err != nil {
		return fmt.Errorf("finding the platform: %w", err)
	}
	of, err := g.store.Institution(r.Context(), p.InstitutionID)
	if err != nil {
		return err
	}
	web.FrameFor(w, p.Origin())
	page := templates.RegisteredPage{
		Page: g.Base(r, store.Session{}), Issuer: p.Issuer, Institution: c.Institution,
	}
	page.Locale = g.InZone(page.Locale, of.Zone)
	if p.Status != lti.Active {
		page.Activate = connection.Activate(p.ID)
	}
	versions, err := g.store.ActiveVersions(r.Context(), p.ID, "")
	if err != nil {
		return fmt.Errorf("reading what the platform asks: %w", err)
	}
	for _, v := range versions {
		t := web.Readable(page.Locale, v)
		page.Asks = append(page.Asks, templates.AskedName{Name: t.Name, Lang: t.Lang})
	}
	if page.Connection, err = g.connection(r.Context(), page.Locale, p.ID); err != nil {
		return err
	}
	page.Framed = true
	g.Render(w, r, http.StatusOK, page)
	return nil
}

// firstCheck is how long the page after a registration waits for the check of the connection.
const firstCheck = 8 * time.Second

// connection is the table of a platform's connection, checked now: once in a minute at most, however often the page is
// loaded.
func (g *registrar) connection(ctx context.Context, loc *templates.Locale, platformID string) (templates.Connection, error) {
	late, cancel := context.WithTimeout(ctx, firstCheck)
	defer cancel()
	g.checkNow(late, platformID)
	c, err := courier.ReadConnection(ctx, g.store, platformID)
	return templates.Connection{Locale: loc, Lines: c.Lines, Time: c.Time}, err
}

// invited refuses whoever has no invitation before anything is fetched for them. Unknown, used and expired ones are the
// same page; whether one of those that somebody began with is good for this platform is seen later.
func (g *registrar) invited(r *http.Request, c confirmation) error {
	inv, err := g.store.Invitation(r.Context(), c.hash())
	switch {
	case c.Invite == "" || errors.Is(err, policy.ErrNotFound):
		return policy.E(policy.ErrForbidden, "invitation_invalid").Because(err)
	case err != nil:
		return fmt.Errorf("finding the invitation: %w", err)
	case !inv.Open(g.Now()) && inv.Issuer == "":
		return policy.E(policy.ErrForbidden, "invitation_invalid")
	}
	return nil
}

// refusedInvitation is the page of an invitation that is not good for this platform.
func refusedInvitation(err error) error {
	if errors.Is(err, policy.ErrNotFound) {
		return policy.E(policy.ErrForbidden, "invitation_invalid").Because(err)
	}
	return err
}
