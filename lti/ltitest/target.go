package ltitest

import (
	"crypto/rsa"
	"net/http"
	"net/url"
	"time"

	"ltipolicy/lti"
)

// Target is the login attempt that a token is made for: what the tool expects to get, and the key that it
// would believe.
type Target struct {
	Signer
	Issuer, ClientID, DeploymentID string
	Nonce, State                   string
	TargetLinkURI                  string
	Now                            time.Time
	Claims                         func() map[string]any // valid claims for the attempt, fresh at each call
}

// Token signs the valid claims after the edits.
func (t Target) Token(edits ...Edit) string {
	c, h := t.Claims(), t.Header()
	for _, e := range edits {
		e(c, h)
	}
	return t.Sign(c, h)
}

// Form is what a platform posts to the tool with a token.
func (t Target) Form(token string) url.Values {
	return url.Values{"id_token": {token}, "state": {t.State}}
}

// Target makes a target of a Moodle-shaped launch. Nonce and state are those of the tool's authentication
// request.
func (p *Platform) Target(l Launch, state string) (Target, error) {
	c, err := p.Claims(l)
	if err != nil {
		return Target{}, err
	}
	return Target{
		Signer: p.signer, Issuer: p.o.Issuer, ClientID: c["aud"].(string), DeploymentID: c[ClaimDeployment].(string),
		Nonce: l.Nonce, State: state, TargetLinkURI: c[ClaimTarget].(string), Now: p.o.Now(),
		Claims: func() map[string]any {
			c, err := p.Claims(l)
			if err != nil {
				panic(err) // they could be made a moment ago
			}
			return c
		},
	}, nil
}

// Suite stands for the certification suite of 1EdTech: one issuer that posts what it likes, with roles,
// times and claims in the suite's shape. As a handler it serves its key set under every path.
type Suite struct {
	Signer
	now func() time.Time
}

// What the suite calls itself.
const (
	SuiteIssuer     = "https://ltiadvantagevalidator.imsglobal.org"
	SuiteClientID   = "imstester_4ba76ab"
	SuiteDeployment = "testdeploy"
	SuiteJWKSURL    = "https://oauth2server.imsglobal.org/jwks"
	SuiteKID        = "imstester_66066"
)

// NewSuite makes a suite that signs with key.
func NewSuite(key *rsa.PrivateKey, now func() time.Time) *Suite {
	return &Suite{Signer: Signer{Key: key, KID: SuiteKID}, now: now}
}

// Registration is the suite as package lti keeps it; ID and InstitutionID are left to the caller.
func (s *Suite) Registration() lti.Platform {
	return lti.Platform{
		Name: "Certification suite", Issuer: SuiteIssuer, ClientID: SuiteClientID, Status: lti.Active,
		AuthURL:  SuiteIssuer + "/ltitool/oidcauthurl.html",
		TokenURL: SuiteIssuer + "/ltitool/authcodejwt.html",
		JWKSURL:  SuiteJWKSURL, Deployments: []string{SuiteDeployment},
	}
}

// ServeHTTP serves the key set.
func (s *Suite) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Write(s.JWKS())
}

// The two people whom the suite launches as.
const (
	Teacher = "teacher"
	Learner = "learner"
)

// Target makes a target of a launch by the suite as [Teacher] or [Learner].
func (s *Suite) Target(role, targetLinkURI, nonce, state string) Target {
	return Target{
		Signer: s.Signer, Issuer: SuiteIssuer, ClientID: SuiteClientID, DeploymentID: SuiteDeployment,
		Nonce: nonce, State: state, TargetLinkURI: targetLinkURI, Now: s.now(),
		Claims: func() map[string]any { return suiteClaims(role, targetLinkURI, nonce, s.now()) },
	}
}

func suiteClaims(role, target, nonce string, now time.Time) map[string]any {
	c := map[string]any{
		"iss": SuiteIssuer, "aud": SuiteClientID, "nonce": nonce, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
		"sub": "aae0c5b1-3e2b-4f5d-8a3c-1d6b5f7a9e10", "locale": "en_US",
		"name": "Tessa Jay Teacher", "given_name": "Tessa", "middle_name": "Jay", "family_name": "Teacher",
		"email": "teacher@school.test", "picture": "https://school.test/t.jpg",
		ClaimVersion: "1.3.0", ClaimMessageType: resourceLinkRequest, ClaimDeployment: SuiteDeployment, ClaimTarget: target,
		ClaimRoles:                        []string{RoleInstructor},
		ClaimPrefix + "role_scope_mentor": []string{"a62c52c02ba262003f5e"},
		ClaimContext: map[string]any{"id": "con-1", "label": "SU 101", "title": "Suite course",
			"type": []string{"http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"}},
		ClaimResourceLink: map[string]any{"id": "rli-1234", "title": "Introduction", "description": "Assignment to introduce who you are"},
		ClaimPresentation: map[string]any{"document_target": "iframe", "height": 320, "width": 240,
			"return_url": SuiteIssuer + "/ltitool/return.html"},
		ClaimPlatform: map[string]any{"name": "LTI test suite", "contact_email": "support@school.test", "description": "suite",
			"url": SuiteIssuer, "product_family_code": "suite", "version": "1.0"},
		ClaimCustom: map[string]any{"myCustomValue": "123"},
		ClaimLIS:    map[string]any{"person_sourcedid": "school.test:p1", "course_section_sourcedid": "school.test:c1"},
	}
	if role == Learner {
		c["sub"] = "5c2f3a76-0d4e-4a0b-9c55-7f0f6e6f2b21"
		c["name"], c["given_name"], c["family_name"], c["email"] = "Lee Jay Learner", "Lee", "Learner", "learner@school.test"
		c[ClaimRoles] = []string{RoleLearner}
	}
	return c
}
