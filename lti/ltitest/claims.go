package ltitest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The claim names of an LTI 1.3 launch.
const (
	ClaimPrefix       = "https://purl.imsglobal.org/spec/lti/claim/"
	ClaimMessageType  = ClaimPrefix + "message_type"
	ClaimVersion      = ClaimPrefix + "version"
	ClaimDeployment   = ClaimPrefix + "deployment_id"
	ClaimTarget       = ClaimPrefix + "target_link_uri"
	ClaimRoles        = ClaimPrefix + "roles"
	ClaimContext      = ClaimPrefix + "context"
	ClaimResourceLink = ClaimPrefix + "resource_link"
	ClaimLIS          = ClaimPrefix + "lis"
	ClaimPresentation = ClaimPrefix + "launch_presentation"
	ClaimPlatform     = ClaimPrefix + "tool_platform"
	ClaimCustom       = ClaimPrefix + "custom"
	ClaimExt          = ClaimPrefix + "ext"
	ClaimNRPS         = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
	ClaimAGS          = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
	ClaimOutcome      = "https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome"
	ClaimDeepLinking  = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
	ClaimContentItems = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items"
)

// The role identifiers that Moodle sends at a launch.
const (
	RoleLearner          = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
	RoleInstructor       = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
	RoleInstitutionAdmin = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"
	RoleSystemAdmin      = "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"

	rosterAdmin = "http://purl.imsglobal.org/vocab/lis/v2/person#Administrator"
)

const (
	resourceLinkRequest = "LtiResourceLinkRequest"
	deepLinkingRequest  = "LtiDeepLinkingRequest"
)

// Launch names what a token is about. CMID is for an ordinary launch; without it the token is a deep linking
// request for CourseID and TypeID.
type Launch struct {
	PersonID int64
	CMID     int64
	CourseID int64
	TypeID   int64
	Nonce    string
	Title    string // deep linking: shown title; empty: the tool's name

	sesskey string
	text    string
}

// Edit changes a token before it is signed.
type Edit func(claims, header map[string]any)

// Set puts a claim.
func Set(claim string, value any) Edit { return func(c, _ map[string]any) { c[claim] = value } }

// Drop removes claims.
func Drop(claim ...string) Edit {
	return func(c, _ map[string]any) {
		for _, k := range claim {
			delete(c, k)
		}
	}
}

// Header puts a header parameter; nil removes it.
func Header(name string, value any) Edit {
	return func(_, h map[string]any) {
		h[name] = value
		if value == nil {
			delete(h, name)
		}
	}
}

// IDToken signs the token that the site would send for l, after the edits. It asks for no session and checks
// no access; it fails only when person, activity, course or tool are not on the site.
func (p *Platform) IDToken(l Launch, edits ...Edit) (string, error) {
	c, err := p.Claims(l)
	if err != nil {
		return "", err
	}
	h := p.signer.Header()
	for _, e := range edits {
		e(c, h)
	}
	return p.signer.Sign(c, h), nil
}

// Claims returns the claims of the token for l, fresh and free to change.
func (p *Platform) Claims(l Launch) (map[string]any, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.claims(l)
}

func (p *Platform) claims(l Launch) (map[string]any, error) {
	x, ok := p.people[l.PersonID]
	if !ok {
		return nil, fmt.Errorf("making a token for person %d: %w", l.PersonID, errUnknown)
	}
	l.sesskey = cmp.Or(l.sesskey, p.word(10))
	if l.CMID == 0 {
		return p.deepLinkingClaims(l, x)
	}
	a, ok := p.activities[l.CMID]
	if !ok {
		return nil, fmt.Errorf("making a token for activity %d: %w", l.CMID, errUnknown)
	}
	t, ok := p.typeOf(a)
	if !ok {
		return nil, fmt.Errorf("making a token for activity %d: no tool: %w", l.CMID, errUnknown)
	}
	c := p.common(l, x, p.courses[a.CourseID], t, a.Custom)
	c[ClaimMessageType] = resourceLinkRequest
	c[ClaimTarget] = cmp.Or(a.ToolURL, t.TargetLinkURI)
	c[ClaimResourceLink] = map[string]any{
		"id": strconv.FormatInt(a.ID, 10), "title": a.Name, "description": plain(a.Intro),
	}
	target := "iframe"
	switch a.Container {
	case NewWindow:
		target = "window"
	case Existing:
		target = "frame"
	}
	c[ClaimPresentation] = map[string]any{
		"locale": x.Lang, "document_target": target,
		"return_url": fmt.Sprintf("%s?course=%d&launch_container=%d&instanceid=%d&sesskey=%s",
			p.Endpoint("return.php"), a.CourseID, a.Container, a.ID, l.sesskey),
	}
	if p.coupled(a.CMID) != nil {
		c[ClaimOutcome] = p.outcome(a, x.ID, t)
	}
	if t.AGS > 0 {
		endpoint := c[ClaimAGS].(map[string]any)
		if own := p.itemsOf(a); len(own) == 1 {
			endpoint["lineitem"] = p.itemURL(own[0], t.TypeID)
		}
	}
	return c, nil
}

func (p *Platform) deepLinkingClaims(l Launch, x Person) (map[string]any, error) {
	t, ok := p.tools[l.TypeID]
	if !ok {
		return nil, fmt.Errorf("making a token for tool %d: %w", l.TypeID, errUnknown)
	}
	course, ok := p.courses[l.CourseID]
	if !ok {
		return nil, fmt.Errorf("making a token for course %d: %w", l.CourseID, errUnknown)
	}
	c := p.common(l, x, course, t, nil)
	c[ClaimMessageType] = deepLinkingRequest
	c[ClaimTarget] = cmp.Or(t.DeepLinkURI, t.TargetLinkURI)
	c[ClaimPresentation] = map[string]any{"locale": x.Lang}
	c[ClaimDeepLinking] = map[string]any{
		"accept_types":                         []string{"ltiResourceLink"},
		"accept_presentation_document_targets": []string{"frame", "iframe", "window"},
		"accept_copy_advice":                   false,
		"accept_multiple":                      true,
		"accept_unsigned":                      false,
		"auto_create":                          false,
		"can_confirm":                          false,
		"deep_link_return_url": fmt.Sprintf("%s?course=%d&id=%d&sesskey=%s",
			p.Endpoint("contentitem_return.php"), course.ID, t.TypeID, l.sesskey),
		"title": cmp.Or(l.Title, t.Name), "text": l.text,
	}
	return c, nil
}

// common is what every message carries.
func (p *Platform) common(l Launch, x Person, course Course, t Tool, custom map[string]string) map[string]any {
	now := p.o.Now().Unix()
	ext := map[string]any{"lms": "moodle-2"}
	c := map[string]any{
		"iss": p.o.Issuer, "aud": t.ClientID, "sub": strconv.FormatInt(x.ID, 10), "nonce": l.Nonce,
		"iat": now, "exp": now + 60,
		ClaimVersion: "1.3.0", ClaimDeployment: t.DeploymentID(),
		ClaimRoles:   p.launchRoles(course.ID, x),
		ClaimContext: courseContext(course),
		ClaimLIS:     map[string]any{"person_sourcedid": x.IDNumber, "course_section_sourcedid": course.IDNumber},
		ClaimPlatform: map[string]any{
			"product_family_code": "moodle", "version": moodleVersion, "guid": p.guid(),
			"name": p.o.ShortName, "description": p.o.Name,
		},
		ClaimExt: ext,
	}
	if t.ShareName {
		c["given_name"], c["family_name"], c["name"] = x.FirstName, x.LastName, x.Name()
		ext["user_username"] = x.Username
	}
	if t.ShareEmail {
		c["email"] = x.Email
	}
	values := map[string]any{}
	for _, set := range []map[string]string{custom, t.Custom} {
		for k, v := range set {
			v = p.substitute(v, x, course)
			values[k], values[customKey(k)] = v, v
		}
	}
	if t.NRPS && p.usedIn(t, course.ID) {
		address := p.membershipsURL(course.ID, t.TypeID)
		values["context_memberships_url"] = address
		c[ClaimNRPS] = map[string]any{"context_memberships_url": address, "service_versions": []string{"1.0", "2.0"}}
	}
	if len(values) > 0 {
		c[ClaimCustom] = values
	}
	if t.AGS > 0 {
		c[ClaimAGS] = map[string]any{
			"scope":     agsScopes(t.AGS),
			"lineitems": fmt.Sprintf("%s/%d/lineitems?type_id=%d", p.Endpoint("services.php"), course.ID, t.TypeID),
		}
	}
	return c
}

func courseContext(c Course) map[string]any {
	kind := "CourseSection"
	if c.ID == siteHome {
		kind = "Group"
	}
	return map[string]any{
		"id": strconv.FormatInt(c.ID, 10), "label": c.ShortName, "title": c.FullName, "type": []string{kind},
	}
}

func (p *Platform) launchRoles(courseID int64, x Person) []string {
	switch {
	case x.Admin:
		return []string{RoleInstitutionAdmin, RoleInstructor, RoleSystemAdmin}
	case p.teaches(courseID, x):
		return []string{RoleInstructor}
	}
	return []string{RoleLearner}
}

func (p *Platform) rosterRoles(courseID int64, x Person) []string {
	switch {
	case x.Admin:
		return []string{"Instructor", rosterAdmin}
	case p.edits(courseID, x):
		return []string{"Instructor"}
	}
	return []string{"Learner"}
}

// outcome is the LTI 1.1 outcome claim that Moodle still sends where grades are accepted.
func (p *Platform) outcome(a Activity, personID int64, t Tool) map[string]any {
	data := fmt.Sprintf(`{"instanceid":"%d","userid":"%d","typeid":"%d","launchid":%d}`, a.ID, personID, t.TypeID, p.number())
	sum := sha256.Sum256([]byte(data + p.signer.KID))
	return map[string]any{
		"lis_result_sourcedid":    fmt.Sprintf(`{"data":%s,"hash":"%s"}`, data, hex.EncodeToString(sum[:])),
		"lis_outcome_service_url": p.Endpoint("service.php"),
	}
}

func (p *Platform) membershipsURL(courseID, typeID int64) string {
	kind := "CourseSection"
	if courseID == siteHome {
		kind = "Group"
	}
	return fmt.Sprintf("%s/%s/%d/bindings/%d/memberships", p.Endpoint("services.php"), kind, courseID, typeID)
}

// substitute replaces a $ variable; one that Moodle does not know stays as it is.
func (p *Platform) substitute(v string, x Person, course Course) string {
	switch v {
	case "$User.id":
		return strconv.FormatInt(x.ID, 10)
	case "$User.username":
		return x.Username
	case "$Person.name.full":
		return x.Name()
	case "$Person.name.given":
		return x.FirstName
	case "$Person.name.family":
		return x.LastName
	case "$Person.email.primary":
		return x.Email
	case "$Person.sourcedId":
		return x.IDNumber
	case "$Person.address.country":
		return x.Country
	case "$Moodle.Person.userGroupIds":
		return ""
	case "$Membership.role":
		return strings.Join(p.rosterRoles(course.ID, x), ",")
	case "$Context.id":
		return strconv.FormatInt(course.ID, 10)
	case "$Context.title", "$CourseSection.title":
		return course.FullName
	case "$Context.label", "$CourseSection.label":
		return course.ShortName
	case "$CourseSection.sourcedId", "$Context.sourcedId":
		return course.IDNumber
	case "$CourseSection.timeFrame.begin", "$Context.timeFrame.begin":
		return atom(course.Begin)
	case "$CourseSection.timeFrame.end":
		return atom(course.End)
	case "$Context.id.history":
		var ids []string
		for _, id := range course.History {
			ids = append(ids, strconv.FormatInt(id, 10))
		}
		return strings.Join(ids, ",")
	}
	return v
}

// atom is a time as PHP's DATE_ATOM has it; of none Moodle says nothing.
func atom(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05-07:00")
}

// customKey is the second spelling of a custom parameter.
func customKey(k string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(k))
}

// agsScopes lists what the two levels of the service permit, sorted as Moodle has them.
func agsScopes(level int) []string {
	const prefix = "https://purl.imsglobal.org/spec/lti-ags/scope/"
	all := []string{prefix + "lineitem", prefix + "lineitem.readonly", prefix + "result.readonly", prefix + "score"}
	if level < 2 {
		all = slices.Delete(all, 0, 1)
	}
	return all
}

// ScopeNRPS is the roster's scope.
const ScopeNRPS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"

func (t Tool) scopes() []string {
	var out []string
	if t.AGS > 0 {
		out = agsScopes(t.AGS)
	}
	if t.NRPS {
		out = append(out, ScopeNRPS)
	}
	return out
}

// withQuery adds parameters to an address that may have a query already.
func withQuery(address string, add url.Values) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	q := u.Query()
	for k, v := range add {
		q[k] = v
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// plain drops markup from a text field.
func plain(s string) string {
	var out strings.Builder
	depth := false
	for _, r := range s {
		switch {
		case r == '<':
			depth = true
		case r == '>' && depth:
			depth = false
		case !depth:
			out.WriteRune(r)
		}
	}
	return strings.TrimSpace(out.String())
}
