package launch

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/securecookie"

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
	inv, err := g.invitation(r, c.Invite)
	if err != nil {
		return err
	}
	if c.Config == "" {
		// Somebody opened the address in a browser instead of pasting it into Moodle.
		return policy.E(policy.ErrInvalid, "register_outside")
	}
	config, err := g.tool.Discover(r.Context(), c.Config)
	if err != nil {
		return err
	}
	web.FrameFor(w, lti.Platform{AuthURL: config.AuthorizationEndpoint}.Origin())
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
		Institution: inv.Institution, Tool: g.Host, Asks: registerAsks,
	}
	p.Framed = true
	g.Render(w, r, http.StatusOK, p)
	return nil
}

// confirmRegistration registers the tool at the platform and stores the platform as pending, in one
// transaction with the use of the invitation. The platform comes first, because it gives the client id. A stop
// between the two leaves a tool there that nobody here knows, whose launches are refused as platform_unknown,
// and an invitation that is as good as before: the administrator deletes that tool and pastes the address again.
func (g *registrar) confirmRegistration(w http.ResponseWriter, r *http.Request) error {
	web.FrameAnywhere(w)
	if err := web.ParseForm(r); err != nil {
		return err
	}
	var c confirmation
	if err := g.confirms.Decode(web.TokenField, r.PostForm.Get(web.TokenField), &c); err != nil {
		return policy.E(policy.ErrForbidden, "csrf").Because(err)
	}
	inv, err := g.invitation(r, c.Invite)
	if err != nil {
		return err
	}
	config, err := g.tool.Discover(r.Context(), c.Config)
	if err != nil {
		return err
	}
	web.FrameFor(w, lti.Platform{AuthURL: config.AuthorizationEndpoint}.Origin())
	id, err := g.NewID()
	if err != nil {
		return err
	}
	p, err := g.tool.Register(r.Context(), config, c.Token, lti.Registration{
		PlatformID: id, InstitutionID: inv.InstitutionID, ClientName: clientName, Description: inv.Institution,
		DeepLinkLabel: clientName,
	})
	if err != nil {
		return err
	}
	hash := sha256.Sum256([]byte(c.Invite))
	err = g.store.RedeemInvitation(r.Context(), hash[:], p)
	if errors.Is(err, policy.ErrNotFound) { // somebody else was first
		return policy.E(policy.ErrForbidden, "invitation_invalid").Because(err)
	}
	if err != nil {
		return fmt.Errorf("storing the registration: %w", err)
	}
	web.Note(r.Context(), "platform", p.ID)
	done, err := g.confirms.Encode(web.TokenField, confirmation{Platform: p.ID, Institution: inv.Institution})
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
	web.FrameFor(w, p.Origin())
	page := templates.RegisteredPage{
		Page: g.Base(r, store.Session{}), Issuer: p.Issuer, Institution: c.Institution,
	}
	if p.Status == lti.Pending {
		page.Activate = "ltipolicy platform activate " + p.ID
	}
	page.Framed = true
	g.Render(w, r, http.StatusOK, page)
	return nil
}

// invitation returns the open invitation with this token; unknown, used and expired ones are the same page.
func (g *registrar) invitation(r *http.Request, token string) (store.Invitation, error) {
	hash := sha256.Sum256([]byte(token))
	inv, err := g.store.Invitation(r.Context(), hash[:])
	switch {
	case token == "" || errors.Is(err, policy.ErrNotFound):
		return inv, policy.E(policy.ErrForbidden, "invitation_invalid").Because(err)
	case err != nil:
		return inv, fmt.Errorf("finding the invitation: %w", err)
	case inv.Used || !g.Now().Before(inv.Expires):
		return inv, policy.E(policy.ErrForbidden, "invitation_invalid")
	}
	return inv, nil
}
