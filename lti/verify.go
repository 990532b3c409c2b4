package lti

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	maxAge      = 10 * time.Minute // bounds how long nonces must be remembered
	maxLifetime = 24 * time.Hour   // no launch needs a token of a day
)

// Verify checks a launch that answers the attempt a at platform p and returns its message. It applies every
// rule of Security Framework 1.0, 5.1.3, and of Core 1.3: signature before any claim, then who it is from
// and for, when, and only then what it says. The caller must have matched the state before
// ([Tool.MatchState]) and must use up the message's nonce after.
//
// Every refusal is an [*Error] whose code says which rule was broken; a token that breaks several is
// refused for the first. Any other error is a failure of the tool itself.
func (t *Tool) Verify(ctx context.Context, p Platform, a Attempt, idToken string) (*Message, error) {
	now := t.now()
	if err := p.usable(); err != nil {
		return nil, err
	}
	if a.PlatformID != p.ID {
		return nil, refuse(StateMismatch, "platform")
	}
	if now.After(a.Expires) {
		return nil, refuse(StateMismatch, "expired")
	}
	kid, err := splitToken(idToken)
	if err != nil {
		return nil, err
	}
	key, err := t.sets.find(ctx, p.JWKSURL, kid)
	if err != nil {
		return nil, err
	}
	payload, err := checkSignature(idToken, key)
	if err != nil {
		return nil, &Error{Code: SignatureInvalid, Err: err}
	}
	c, err := parseClaims(payload)
	if err != nil {
		return nil, err
	}
	m := &Message{PlatformID: p.ID, Key: keyDigest(key)}
	if err := c.authenticate(p, a); err != nil {
		return nil, err
	}
	if err := c.date(m, now, t.leeway); err != nil {
		return nil, err
	}
	if err := c.once(m, a); err != nil {
		return nil, err
	}
	if err := c.identify(m, p, t.origin); err != nil {
		return nil, err
	}
	if err := c.describe(m, p); err != nil {
		return nil, err
	}
	return m, nil
}

// authenticate checks who the token is from and for.
func (c *claims) authenticate(p Platform, a Attempt) error {
	var iss string
	if err := readText(&iss, c.iss, "iss"); err != nil {
		return err
	}
	if iss == "" || iss != p.Issuer {
		return refuse(IssuerMismatch, "iss")
	}
	var audience []string
	if c.aud != nil && c.aud[0] == '"' {
		aud, err := text(c.aud)
		if err != nil {
			return invalid("aud", err)
		}
		audience = []string{aud}
	} else {
		var err error
		if audience, err = texts(c.aud); err != nil {
			return invalid("aud", err)
		}
	}
	// No audience besides the tool is trusted, so every one must be the tool.
	if len(audience) == 0 || slices.ContainsFunc(audience, func(s string) bool { return s != p.ClientID }) {
		return refuse(AudienceMismatch, "aud")
	}
	if c.azp != nil {
		var azp string
		if err := readText(&azp, c.azp, "azp"); err != nil {
			return err
		}
		if azp != p.ClientID {
			return refuse(AZPMismatch, "azp")
		}
	}
	return nil
}

// date checks when the token is valid.
func (c *claims) date(m *Message, now time.Time, leeway time.Duration) error {
	if c.exp == nil {
		return refuse(ClaimMissing, "exp")
	}
	if c.iat == nil {
		return refuse(ClaimMissing, "iat")
	}
	exp, err := seconds(c.exp)
	if err != nil {
		return invalid("exp", err)
	}
	iat, err := seconds(c.iat)
	if err != nil {
		return invalid("iat", err)
	}
	expires, issued := time.Unix(exp, 0).UTC(), time.Unix(iat, 0).UTC()
	switch {
	case !now.Before(expires.Add(leeway)):
		return refuse(TokenExpired, "exp")
	case now.Sub(issued) >= maxAge:
		return refuse(TokenExpired, "iat")
	case issued.After(now.Add(leeway)):
		return refuse(TokenFromFuture, "iat")
	case !expires.After(issued), expires.Sub(issued) > maxLifetime:
		return invalid("exp", errors.New("not within a day after iat"))
	}
	m.IssuedAt = issued
	m.Expires = expires.Add(leeway)
	if oldest := issued.Add(maxAge); oldest.Before(m.Expires) {
		m.Expires = oldest
	}
	return nil
}

// once checks that the token answers this attempt.
func (c *claims) once(m *Message, a Attempt) error {
	if err := readText(&m.Nonce, c.nonce, "nonce"); err != nil {
		return err
	}
	if m.Nonce == "" {
		return refuse(NonceMissing, "nonce")
	}
	if subtle.ConstantTimeCompare([]byte(m.Nonce), []byte(a.Nonce)) != 1 {
		return refuse(NonceMismatch, "nonce")
	}
	return nil
}

// identify checks what the message is, from which deployment, of whom and where.
func (c *claims) identify(m *Message, p Platform, ownOrigin string) error {
	var version string
	if err := readText(&version, c.version, "version"); err != nil {
		return err
	}
	if version == "" {
		return refuse(ClaimMissing, "version")
	}
	if version != "1.3.0" {
		return refuse(VersionUnsupported, "version")
	}
	if err := readText(&m.Type, c.messageType, "message_type"); err != nil {
		return err
	}
	switch m.Type {
	case ResourceLinkRequest, DeepLinkingRequest:
	case "":
		return refuse(ClaimMissing, "message_type")
	default:
		return refuse(MessageUnsupported, clean(m.Type, 64))
	}
	if err := readID(&m.DeploymentID, c.deployment, "deployment_id"); err != nil {
		return err
	}
	if m.DeploymentID == "" {
		return refuse(ClaimMissing, "deployment_id")
	}
	// A platform that did not name its deployment at the registration names it in its first launch.
	if len(p.Deployments) > 0 && !slices.Contains(p.Deployments, m.DeploymentID) {
		return &Error{Code: DeploymentUnknown, Detail: "deployment_id", Err: UnknownDeployment(m.DeploymentID)}
	}
	// The certification suite sends deep linking requests without roles and target_link_uri.
	if c.roles == nil && m.Type == ResourceLinkRequest {
		return refuse(ClaimMissing, "roles")
	}
	roles, err := texts(c.roles)
	if err != nil {
		return invalid("roles", err)
	}
	m.Roles = ParseRoles(roles)
	if err := readID(&m.Sub, c.sub, "sub"); err != nil {
		return err
	}
	if m.Sub == "" && !p.Anonymous {
		return refuse(SubjectMissing, "sub")
	}
	if err := readText(&m.TargetLinkURI, c.target, "target_link_uri"); err != nil {
		return err
	}
	switch {
	case m.TargetLinkURI == "" && m.Type == ResourceLinkRequest:
		return refuse(ClaimMissing, "target_link_uri")
	case m.TargetLinkURI != "" && originOf(m.TargetLinkURI) != ownOrigin:
		return invalid("target_link_uri", errors.New("not an address of the tool"))
	}
	return nil
}

// describe reads the rest of the message: where it comes from and what can be done there. Addresses that
// are not on the platform's own origin are dropped, because requests to them carry secrets.
func (c *claims) describe(m *Message, p Platform) error {
	if err := readObject(c.link, "resource_link",
		member{name: "id", text: &m.ResourceLink.ID},
		member{name: "title", text: &m.ResourceLink.Title},
		member{name: "description", text: &m.ResourceLink.Description},
	); err != nil {
		return err
	}
	if m.ResourceLink.ID == "" && m.Type == ResourceLinkRequest {
		return refuse(ClaimMissing, "resource_link.id")
	}
	if err := readObject(c.context, "context",
		member{name: "id", text: &m.Context.ID},
		member{name: "label", text: &m.Context.Label},
		member{name: "title", text: &m.Context.Title},
		member{name: "type", texts: &m.Context.Types},
	); err != nil {
		return err
	}
	if m.Context.ID == "" && (m.Context.Label != "" || m.Context.Title != "") {
		return refuse(ClaimMissing, "context.id")
	}
	if !identifier(m.ResourceLink.ID) {
		return invalid("resource_link.id", nil)
	}
	if !identifier(m.Context.ID) {
		return invalid("context.id", nil)
	}
	for _, f := range []struct {
		dst   *string
		value []byte
		claim string
	}{
		{&m.Person.Name, c.name, "name"},
		{&m.Person.GivenName, c.given, "given_name"},
		{&m.Person.FamilyName, c.family, "family_name"},
		{&m.Person.Email, c.email, "email"},
		{&m.Presentation.Locale, c.locale, "locale"},
	} {
		if err := readText(f.dst, f.value, f.claim); err != nil {
			return err
		}
	}
	if err := readObject(c.ext, "ext", member{name: "user_username", text: &m.Person.Username}); err != nil {
		return err
	}
	if err := readObject(c.lis, "lis", member{name: "person_sourcedid", text: &m.Person.IDNumber}); err != nil {
		return err
	}
	var locale string
	if err := readObject(c.presentation, "launch_presentation",
		member{name: "locale", text: &locale},
		member{name: "document_target", text: &m.Presentation.DocumentTarget},
		member{name: "return_url", text: &m.Presentation.ReturnURL},
	); err != nil {
		return err
	}
	if locale != "" {
		m.Presentation.Locale = locale
	}
	var err error
	if m.Custom, err = readCustom(c.custom); err != nil {
		return err
	}
	if err := c.services(m); err != nil {
		return err
	}
	own := p.ownAddress()
	for _, address := range []*string{
		&m.Presentation.ReturnURL, &m.NRPS.MembershipsURL, &m.AGS.LineItems, &m.AGS.LineItem,
	} {
		if *address != "" && !own(*address) {
			*address = ""
		}
	}
	return c.deepLinking(m, own)
}

func (c *claims) services(m *Message) error {
	var versions []string
	if err := readObject(c.nrps, "namesroleservice",
		member{name: "context_memberships_url", text: &m.NRPS.MembershipsURL},
		member{name: "service_versions", texts: &versions},
	); err != nil {
		return err
	}
	if versions != nil && !slices.Contains(versions, "2.0") {
		m.NRPS.MembershipsURL = ""
	}
	return readObject(c.ags, "endpoint",
		member{name: "lineitems", text: &m.AGS.LineItems},
		member{name: "lineitem", text: &m.AGS.LineItem},
		member{name: "scope", texts: &m.AGS.Scopes},
	)
}

func (c *claims) deepLinking(m *Message, own func(string) bool) error {
	if m.Type != DeepLinkingRequest {
		return nil
	}
	if c.deepLinkingSettings == nil {
		return refuse(ClaimMissing, "deep_linking_settings")
	}
	// Defaults of Deep Linking 2.0, 4.4.1; line items are accepted unless the platform says otherwise.
	d := &DeepLinking{AcceptMultiple: true, AcceptLineItem: true}
	var targets []string
	if err := readObject(c.deepLinkingSettings, "deep_linking_settings",
		member{name: "deep_link_return_url", text: &d.ReturnURL},
		member{name: "accept_types", texts: &d.AcceptTypes},
		member{name: "accept_presentation_document_targets", texts: &targets},
		member{name: "accept_multiple", flag: &d.AcceptMultiple},
		member{name: "accept_lineitem", flag: &d.AcceptLineItem},
		member{name: "data", text: &d.Data},
		member{name: "title", text: &d.Title},
		member{name: "text", text: &d.Text},
	); err != nil {
		return err
	}
	switch {
	case d.ReturnURL == "":
		return refuse(ClaimMissing, "deep_linking_settings.deep_link_return_url")
	case !own(d.ReturnURL):
		return invalid("deep_linking_settings.deep_link_return_url", errors.New("not on the platform's origin"))
	case d.AcceptTypes == nil:
		return refuse(ClaimMissing, "deep_linking_settings.accept_types")
	case targets == nil:
		return refuse(ClaimMissing, "deep_linking_settings.accept_presentation_document_targets")
	}
	m.DeepLinking = d
	return nil
}

// UnknownDeployment is the deployment of a launch that was genuine but for it: the cause of [DeploymentUnknown].
type UnknownDeployment string

func (d UnknownDeployment) Error() string { return fmt.Sprintf("deployment %q", string(d)) }
