package lti

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRecordedLaunchesVerify(t *testing.T) {
	type who struct{ Instructor, Learner, Administrator bool }
	const origin = "https://moodle.localhost:8443"
	course := Context{ID: "2", Label: "ALG1", Title: "Algoritmi și structuri de date", Types: []string{"CourseSection"}}
	tests := []struct {
		name    string
		typ     string
		sub     string
		person  string
		roles   who
		context Context
		link    string
		returns string
	}{
		{"launch/learner", ResourceLinkRequest, "3", "Ștefan Țăran", who{Learner: true}, course, "1", "/mod/lti/return.php"},
		{"launch/editing-teacher", ResourceLinkRequest, "6", "Ana Popescu", who{Instructor: true}, course, "1", "/mod/lti/return.php"},
		{"launch/non-editing-teacher", ResourceLinkRequest, "7", "Ion Tutor", who{Instructor: true}, course, "2", "/mod/lti/return.php"},
		{"launch/manager", ResourceLinkRequest, "8", "Mara Manager", who{Instructor: true}, course, "1", "/mod/lti/return.php"},
		{"launch/site-admin", ResourceLinkRequest, "2", "Admin User", who{Instructor: true, Administrator: true}, course, "1", "/mod/lti/return.php"},
		{"launch/login-door", ResourceLinkRequest, "4", "Žydrūnė Šimkutė", who{}, Context{}, "site", "/local/gatetest/gate.php"},
		{"deep-linking/request", DeepLinkingRequest, "6", "Ana Popescu", who{Instructor: true}, course, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := recorded[recordedLaunch](t, tt.name+".json")
			tool, _ := newTool(t, l.issued(), recordedKeys(t))
			token := l.Response.Form["id_token"]
			m, err := tool.Verify(t.Context(), moodle(), l.attempt(), token)
			if err != nil {
				t.Fatal(err)
			}
			roles := who{m.Roles.Instructor(), m.Roles.Learner(), m.Roles.Administrator()}
			if m.Type != tt.typ || m.Sub != tt.sub || m.Person.Name != tt.person || roles != tt.roles ||
				m.ResourceLink.ID != tt.link || m.DeploymentID != "1" || m.PlatformID != "p1" {
				t.Errorf("got %+v", m)
			}
			if d := cmp.Diff(tt.context, m.Context); d != "" {
				t.Error(d)
			}
			if got, ok := strings.CutPrefix(m.Presentation.ReturnURL, origin); tt.returns != "" && (!ok || !strings.HasPrefix(got, tt.returns)) {
				t.Errorf("return URL %q", m.Presentation.ReturnURL)
			}
			if !m.IssuedAt.Equal(l.issued()) || !m.Expires.Equal(l.issued().Add(2*time.Minute)) {
				t.Errorf("issued %v, expires %v", m.IssuedAt, m.Expires)
			}
			for part, name := range map[int]string{1: "payload", 2: "signature"} {
				for _, at := range []int{0, 100, -1} {
					_, err := tool.Verify(t.Context(), moodle(), l.attempt(), flip(token, part, at))
					if c := CodeOf(err); c != SignatureInvalid && !(at == -1 && c == TokenMalformed) {
						t.Errorf("%s flipped at %d: %v", name, at, err)
					}
				}
			}
		})
	}
}

func TestRecordedLearnerIsReadWhole(t *testing.T) {
	l := recorded[recordedLaunch](t, "launch/learner.json")
	tool, _ := newTool(t, l.issued(), recordedKeys(t))
	m, err := tool.Verify(t.Context(), moodle(), l.attempt(), l.Response.Form["id_token"])
	if err != nil {
		t.Fatal(err)
	}
	const services = "https://moodle.localhost:8443/mod/lti/services.php"
	want := &Message{
		Key:          "8f0c862c03f8c6c84c1133fa520cc86bdce68082ecfdd87c717ac73751b592ac", // SHA-256 of the recorded key
		PlatformID:   "p1",
		Type:         ResourceLinkRequest,
		DeploymentID: "1",
		Nonce:        l.attempt().Nonce,
		IssuedAt:     l.issued(),
		Expires:      l.issued().Add(2 * time.Minute),
		Sub:          "3",
		Person: Person{
			Name: "Ștefan Țăran", GivenName: "Ștefan", FamilyName: "Țăran", Email: "student1@example.test",
			Username: "student1", IDNumber: "S-student1",
		},
		Roles:         ParseRoles([]string{"http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"}),
		TargetLinkURI: testBase + "/launch",
		Context:       Context{ID: "2", Label: "ALG1", Title: "Algoritmi și structuri de date", Types: []string{"CourseSection"}},
		ResourceLink:  ResourceLink{ID: "1", Title: "Policies (embedded)", Description: "Read and accept"},
		Presentation: Presentation{
			Locale: "en", DocumentTarget: "iframe",
			ReturnURL: "https://moodle.localhost:8443/mod/lti/return.php?course=2&launch_container=3&instanceid=1&sesskey=GqyOaNX2UN",
		},
		Custom: map[string]string{
			"birth": "", "country": "", "demo": "1", "userlang": "$User.preferredLanguage",
			"context_memberships_url": services + "/CourseSection/2/bindings/1/memberships",
		},
		NRPS: NRPS{MembershipsURL: services + "/CourseSection/2/bindings/1/memberships"},
		AGS: AGS{
			LineItems: services + "/2/lineitems?type_id=1",
			LineItem:  services + "/2/lineitems/2/lineitem?type_id=1",
			Scopes: []string{
				ScopeLineItem, ScopeLineItem + ".readonly", ScopeResult, ScopeScore,
			},
		},
	}
	if d := cmp.Diff(want, m, cmp.AllowUnexported(Roles{})); d != "" {
		t.Error(d)
	}
}

func TestRecordedDeepLinkingSettings(t *testing.T) {
	l := recorded[recordedLaunch](t, "deep-linking/request.json")
	tool, _ := newTool(t, l.issued(), recordedKeys(t))
	m, err := tool.Verify(t.Context(), moodle(), l.attempt(), l.Response.Form["id_token"])
	if err != nil {
		t.Fatal(err)
	}
	want := &DeepLinking{
		ReturnURL:      "https://moodle.localhost:8443/mod/lti/contentitem_return.php?course=2&id=1&sesskey=mY7dolvsBT",
		AcceptTypes:    []string{"ltiResourceLink"},
		AcceptMultiple: true, AcceptLineItem: true,
		Title: "Capture tool",
	}
	if d := cmp.Diff(want, m.DeepLinking); d != "" {
		t.Error(d)
	}
}

// The launch of the created link was recorded without its token, so it is signed anew.
func TestRecordedLaunchOfCreatedLinkCarriesItsPolicies(t *testing.T) {
	l := recorded[recordedLaunch](t, "deep-linking/launch-of-created-link.json")
	tool, _ := newTool(t, l.issued(), testKeySet())
	m, err := tool.Verify(t.Context(), moodle(), l.attempt(), signClaims(l.Claims))
	if err != nil {
		t.Fatal(err)
	}
	if m.Custom["policyids"] != "1,2" || m.ResourceLink.ID != "5" || m.ResourceLink.Title != "Policies to accept" {
		t.Errorf("got %+v", m)
	}
}

func without(names ...string) func(map[string]any) {
	return func(c map[string]any) {
		for _, n := range names {
			delete(c, n)
		}
	}
}

func with(name string, value any) func(map[string]any) {
	return func(c map[string]any) { c[name] = value }
}

// The twelve bad payloads of the certification suite, in its order and with its values.
func TestCertificationBadPayloadsAreRefused(t *testing.T) {
	tests := []struct {
		name   string
		header func(map[string]any)
		claims func(map[string]any)
		code   Code
		detail string
		status int
	}{
		{"B1 no kid in header", without("kid"), nil, KidMissing, "", http.StatusUnauthorized},
		{"B2 incorrect kid", with("kid", "imstester_66067"), nil, KidUnknown, "", http.StatusUnauthorized},
		{"B3 wrong version", nil, with(claimVersion, "11.3"), VersionUnsupported, "version", http.StatusBadRequest},
		{"B4 no version", nil, without(claimVersion), ClaimMissing, "version", http.StatusBadRequest},
		{"B5 invalid message", nil, func(c map[string]any) {
			clear(c)
			c["name"] = "badltilaunch"
		}, IssuerMismatch, "iss", http.StatusUnauthorized},
		{"B6 missing claims", nil, without("aud", "iss", "sub", claimDeployment, claimRoles), IssuerMismatch, "iss", http.StatusUnauthorized},
		{"B7 timestamps incorrect", nil, func(c map[string]any) {
			c["iat"], c["exp"] = 11111, 22222
		}, TokenExpired, "exp", http.StatusUnauthorized},
		{"B8 no message type", nil, without(claimMessageType), ClaimMissing, "message_type", http.StatusBadRequest},
		{"B9 no roles", nil, without(claimRoles), ClaimMissing, "roles", http.StatusBadRequest},
		{"B10 no deployment", nil, without(claimDeployment), ClaimMissing, "deployment_id", http.StatusBadRequest},
		{"B11 no resource link", nil, without(claimLink), ClaimMissing, "resource_link.id", http.StatusBadRequest},
		{"B11 empty resource link", nil, with(claimLink, map[string]any{}), ClaimMissing, "resource_link.id", http.StatusBadRequest},
		{"B11 resource link with empty id", nil, with(claimLink, map[string]any{"id": ""}), ClaimMissing, "resource_link.id", http.StatusBadRequest},
		{"B12 no user", nil, without("sub"), SubjectMissing, "sub", http.StatusUnauthorized},
	}
	for _, role := range []string{"Learner", "Instructor"} {
		for _, tt := range tests {
			t.Run(tt.name+" as "+role, func(t *testing.T) {
				tool, _ := newTool(t, start, testKeySet())
				claims, header := launchClaims(t), rs256()
				claims[claimRoles] = []string{contextRole + role}
				if tt.claims != nil {
					tt.claims(claims)
				}
				if tt.header != nil {
					tt.header(header)
				}
				_, err := tool.Verify(t.Context(), moodle(), learnerAttempt(t), signRaw(testKeys()[0], encode(header), encode(claims)))
				checkRefusal(t, err, tt.code, tt.detail)
				if got := CodeOf(err).HTTPStatus(); got != tt.status {
					t.Errorf("status %d, want %d", got, tt.status)
				}
			})
		}
	}
}

func checkRefusal(t *testing.T, err error, code Code, detail string) {
	t.Helper()
	e, ok := err.(*Error)
	if !ok || e.Code != code || e.Detail != detail {
		t.Errorf("got %v, want %s (%s)", err, code, detail)
	}
}

// The valid launches of the certification suite.
func TestCertificationValidLaunchesAreAccepted(t *testing.T) {
	type who struct{ Instructor, Learner bool }
	tests := []struct {
		name   string
		change func(map[string]any)
		want   who
	}{
		{"valid teacher", with(claimRoles, []string{contextRole + "Instructor"}), who{Instructor: true}},
		{"valid student", with(claimRoles, []string{contextRole + "Learner"}), who{Learner: true}},
		{"with roles", with(claimRoles, []string{institutionRole + "Staff", institutionRole + "Other", contextRole + "Instructor"}), who{Instructor: true}},
		{"institution role alone", with(claimRoles, []string{institutionRole + "Instructor"}), who{}},
		{"short role", with(claimRoles, []string{"Instructor"}), who{Instructor: true}},
		{"unknown role", with(claimRoles, []string{"http://purl.imsglobal.org/vocab/lis/v2/unknown/unknown#Helper"}), who{}},
		{"no role as empty text", with(claimRoles, []string{""}), who{}},
		{"no role as empty array", with(claimRoles, []string{}), who{}},
		{"email only", without("name", "given_name", "family_name", "middle_name"), who{Learner: true}},
		{"names only", without("email"), who{Learner: true}},
		{"no PII", without("name", "given_name", "family_name", "email", claimLIS, claimExt), who{Learner: true}},
		{"no context", without(claimContext), who{Learner: true}},
		{"audience as array", with("aud", []string{"kvqBPVzdvMZUGdN"}), who{Learner: true}},
		{"azp of the tool", with("azp", "kvqBPVzdvMZUGdN"), who{Learner: true}},
		{"null is absent", with("email", nil), who{Learner: true}},
		{"PHP's empty object", with(claimCustom, []string{}), who{Learner: true}},
		{"times with fractions", func(c map[string]any) {
			c["iat"], c["exp"] = 1795316391.25, 1795316451.75
		}, who{Learner: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tool, _ := newTool(t, start, testKeySet())
			claims := launchClaims(t)
			tt.change(claims)
			m, err := tool.Verify(t.Context(), moodle(), learnerAttempt(t), signClaims(claims))
			if err != nil {
				t.Fatal(err)
			}
			if got := (who{m.Roles.Instructor(), m.Roles.Learner()}); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestEveryClaimRule(t *testing.T) {
	const client = "kvqBPVzdvMZUGdN"
	long := strings.Repeat("x", 256)
	iat := start.Unix()
	times := func(iat, exp int64) func(map[string]any) {
		return func(c map[string]any) { c["iat"], c["exp"] = iat, exp }
	}
	deepLinking := func(settings map[string]any) func(map[string]any) {
		return func(c map[string]any) {
			c[claimMessageType] = DeepLinkingRequest
			delete(c, claimLink)
			c[claimDL] = settings
		}
	}
	settings := func(change func(map[string]any)) map[string]any {
		s := map[string]any{
			"deep_link_return_url":                 "https://moodle.localhost:8443/mod/lti/contentitem_return.php",
			"accept_types":                         []string{"ltiResourceLink"},
			"accept_presentation_document_targets": []string{"iframe"},
		}
		change(s)
		return s
	}
	tests := []struct {
		name   string
		change func(map[string]any)
		code   Code // empty: accepted
		detail string
	}{
		{"issuer with a slash more", with("iss", "https://moodle.localhost:8443/"), IssuerMismatch, "iss"},
		{"issuer in another case", with("iss", "https://MOODLE.localhost:8443"), IssuerMismatch, "iss"},
		{"issuer a number", with("iss", 1), ClaimInvalid, "iss"},
		{"audience of another client", with("aud", "other"), AudienceMismatch, "aud"},
		{"audience absent", without("aud"), AudienceMismatch, "aud"},
		{"audience empty", with("aud", []string{}), AudienceMismatch, "aud"},
		{"audience with an untrusted one more", with("aud", []string{client, "other"}), AudienceMismatch, "aud"},
		{"audience a number", with("aud", 7), ClaimInvalid, "aud"},
		{"audience array of numbers", with("aud", []int{7}), ClaimInvalid, "aud"},
		{"azp wrong", with("azp", "other"), AZPMismatch, "azp"},
		{"azp empty", with("azp", ""), AZPMismatch, "azp"},
		{"expired within leeway", times(iat-119, iat-59), "", ""},
		{"expired beyond leeway", times(iat-120, iat-60), TokenExpired, "exp"},
		{"issued just within ten minutes", times(iat-599, iat+60), "", ""},
		{"issued ten minutes ago", times(iat-600, iat+60), TokenExpired, "iat"},
		{"issued ahead within leeway", times(iat+60, iat+120), "", ""},
		{"issued ahead beyond leeway", times(iat+61, iat+121), TokenFromFuture, "iat"},
		{"lives an hour", times(iat, iat+3600), "", ""},
		{"lives a day", times(iat, iat+86400), "", ""},
		{"lives more than a day", times(iat, iat+86401), ClaimInvalid, "exp"},
		{"ends before it begins", times(iat+30, iat+30), ClaimInvalid, "exp"},
		{"exp absent", without("exp"), ClaimMissing, "exp"},
		{"iat absent", without("iat"), ClaimMissing, "iat"},
		{"exp a text", with("exp", "1795316451"), ClaimInvalid, "exp"},
		{"exp negative", with("exp", -1), ClaimInvalid, "exp"},
		{"exp beyond all time", with("exp", 1e30), ClaimInvalid, "exp"},
		{"iat true", with("iat", true), ClaimInvalid, "iat"},
		{"nonce absent", without("nonce"), NonceMissing, "nonce"},
		{"nonce empty", with("nonce", ""), NonceMissing, "nonce"},
		{"nonce of another login", with("nonce", "other"), NonceMismatch, "nonce"},
		{"nonce a number", with("nonce", 5), ClaimInvalid, "nonce"},
		{"version only begins right", with(claimVersion, "1.3.0.1"), VersionUnsupported, "version"},
		{"version 1.3", with(claimVersion, "1.3"), VersionUnsupported, "version"},
		{"version a number", with(claimVersion, 1.3), ClaimInvalid, "version"},
		{"message type unknown", with(claimMessageType, "LtiSubmissionReviewRequest"), MessageUnsupported, "LtiSubmissionReviewRequest"},
		{"message type a number", with(claimMessageType, 7), ClaimInvalid, "message_type"},
		{"deployment unknown", with(claimDeployment, "2"), DeploymentUnknown, "deployment_id"},
		{"deployment a number", with(claimDeployment, 1), ClaimInvalid, "deployment_id"},
		{"deployment too long", with(claimDeployment, long), ClaimInvalid, "deployment_id"},
		{"deployment not ASCII", with(claimDeployment, "ș"), ClaimInvalid, "deployment_id"},
		{"roles a text", with(claimRoles, contextRole+"Instructor"), ClaimInvalid, "roles"},
		{"roles of numbers", with(claimRoles, []int{1}), ClaimInvalid, "roles"},
		{"roles null", with(claimRoles, nil), ClaimMissing, "roles"},
		{"sub empty", with("sub", ""), SubjectMissing, "sub"},
		{"sub null", with("sub", nil), SubjectMissing, "sub"},
		{"sub a number", with("sub", 3), ClaimInvalid, "sub"},
		{"sub of 255", with("sub", long[:255]), "", ""},
		{"sub too long", with("sub", long), ClaimInvalid, "sub"},
		{"sub with a zero byte", with("sub", "3\x00"), ClaimInvalid, "sub"},
		{"target absent", without(claimTarget), ClaimMissing, "target_link_uri"},
		{"target elsewhere", with(claimTarget, "https://tool.localhost:9443.evil.test/launch"), ClaimInvalid, "target_link_uri"},
		{"target by user information", with(claimTarget, "https://tool.localhost:9443@evil.test/"), ClaimInvalid, "target_link_uri"},
		{"target by backslash", with(claimTarget, `https://evil.test\@tool.localhost:9443/`), ClaimInvalid, "target_link_uri"},
		{"target not https", with(claimTarget, "http://tool.localhost:9443/launch"), ClaimInvalid, "target_link_uri"},
		{"resource link a text", with(claimLink, "1"), ClaimInvalid, "resource_link"},
		{"resource link id a number", with(claimLink, map[string]any{"id": 1}), ClaimInvalid, "resource_link.id"},
		{"resource link id too long", with(claimLink, map[string]any{"id": long}), ClaimInvalid, "resource_link.id"},
		{"context a text", with(claimContext, "2"), ClaimInvalid, "context"},
		{"context without id", with(claimContext, map[string]any{"title": "x"}), ClaimMissing, "context.id"},
		{"context id too long", with(claimContext, map[string]any{"id": long}), ClaimInvalid, "context.id"},
		{"context type a text", with(claimContext, map[string]any{"id": "2", "type": "Group"}), ClaimInvalid, "context.type"},
		{"name a number", with("name", 5), ClaimInvalid, "name"},
		{"custom of numbers", with(claimCustom, map[string]any{"a": 1}), ClaimInvalid, "custom"},
		{"custom null value", with(claimCustom, map[string]any{"a": nil}), "", ""},
		{"custom a text", with(claimCustom, "a=b"), ClaimInvalid, "custom"},
		{"email an object", with("email", map[string]any{}), ClaimInvalid, "email"},
		{"lis a number", with(claimLIS, 1), ClaimInvalid, "lis"},
		{"lis of a number", with(claimLIS, map[string]any{"person_sourcedid": 1}), ClaimInvalid, "lis.person_sourcedid"},
		{"ext an array", with(claimExt, []string{"a"}), ClaimInvalid, "ext"},
		{"presentation a text", with(claimPresent, "iframe"), ClaimInvalid, "launch_presentation"},
		{"return address a number", with(claimPresent, map[string]any{"return_url": 1}), ClaimInvalid, "launch_presentation.return_url"},
		{"roster service a text", with(claimNRPS, "x"), ClaimInvalid, "namesroleservice"},
		{"roster versions a text", with(claimNRPS, map[string]any{"service_versions": "2.0"}), ClaimInvalid, "namesroleservice.service_versions"},
		{"grade service scopes a text", with(claimAGS, map[string]any{"scope": "x"}), ClaimInvalid, "endpoint.scope"},
		{"azp a number", with("azp", 1), ClaimInvalid, "azp"},
		{"target a number", with(claimTarget, 1), ClaimInvalid, "target_link_uri"},
		{"deep linking", deepLinking(settings(func(map[string]any) {})), "", ""},
		{"deep linking without roles and target", func(c map[string]any) {
			deepLinking(settings(func(map[string]any) {}))(c)
			without(claimRoles, claimTarget)(c)
		}, "", ""},
		{"deep linking without settings", func(c map[string]any) {
			c[claimMessageType] = DeepLinkingRequest
		}, ClaimMissing, "deep_linking_settings"},
		{"deep linking without return address", deepLinking(settings(without("deep_link_return_url"))), ClaimMissing, "deep_linking_settings.deep_link_return_url"},
		{"deep linking with a foreign return address", deepLinking(settings(with("deep_link_return_url", "https://evil.test/"))), ClaimInvalid, "deep_linking_settings.deep_link_return_url"},
		{"deep linking without types", deepLinking(settings(without("accept_types"))), ClaimMissing, "deep_linking_settings.accept_types"},
		{"deep linking without targets", deepLinking(settings(without("accept_presentation_document_targets"))), ClaimMissing, "deep_linking_settings.accept_presentation_document_targets"},
		{"deep linking with a text for a flag", deepLinking(settings(with("accept_multiple", "false"))), ClaimInvalid, "deep_linking_settings.accept_multiple"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tool, _ := newTool(t, start, testKeySet())
			claims := launchClaims(t)
			tt.change(claims)
			m, err := tool.Verify(t.Context(), moodle(), learnerAttempt(t), signClaims(claims))
			if tt.code == "" {
				if err != nil || m == nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			checkRefusal(t, err, tt.code, tt.detail)
			if m != nil {
				t.Error("a refused launch gave a message")
			}
		})
	}
}

func TestLaunchIsBoundToItsAttemptAndPlatform(t *testing.T) {
	token := signClaims(launchClaims(t))
	tests := []struct {
		name    string
		change  func(*Platform, *Attempt)
		advance time.Duration
		code    Code
	}{
		{"pending platform", func(p *Platform, _ *Attempt) { p.Status = Pending }, 0, PlatformPending},
		{"disabled platform", func(p *Platform, _ *Attempt) { p.Status = Disabled }, 0, PlatformDisabled},
		{"platform without status", func(p *Platform, _ *Attempt) { p.Status = "" }, 0, PlatformDisabled},
		{"another platform's attempt", func(_ *Platform, a *Attempt) { a.PlatformID = "p2" }, 0, StateMismatch},
		{"expired attempt", func(_ *Platform, a *Attempt) { a.Expires = start.Add(-time.Second) }, 0, StateMismatch},
		{"attempt without nonce", func(_ *Platform, a *Attempt) { a.Nonce = "" }, 0, NonceMismatch},
		{"another registration of the same site", func(p *Platform, _ *Attempt) { p.ClientID = "other" }, 0, AudienceMismatch},
		{"other deployments", func(p *Platform, _ *Attempt) { p.Deployments = []string{"98", "99"} }, 0, DeploymentUnknown},
		{"no deployment yet, which this launch names", func(p *Platform, _ *Attempt) { p.Deployments = nil }, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tool, _ := newTool(t, start, testKeySet())
			p, a := moodle(), learnerAttempt(t)
			tt.change(&p, &a)
			_, err := tool.Verify(t.Context(), p, a, token)
			if CodeOf(err) != tt.code {
				t.Errorf("got %v, want %s", err, tt.code)
			}
		})
	}
}

func TestAnonymousLaunchNeedsThePlatformsLeave(t *testing.T) {
	tool, _ := newTool(t, start, testKeySet())
	claims := launchClaims(t)
	delete(claims, "sub")
	p := moodle()
	p.Anonymous = true
	m, err := tool.Verify(t.Context(), p, learnerAttempt(t), signClaims(claims))
	if err != nil || m.Sub != "" {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestForeignAddressesAreDropped(t *testing.T) {
	tool, _ := newTool(t, start, testKeySet())
	for _, address := range []string{
		"https://evil.test/", "https://moodle.localhost/", "http://moodle.localhost:8443/", "javascript:alert(1)",
		"//moodle.localhost:8443/", "https://moodle.localhost:8443@evil.test/", "https://a@moodle.localhost:8443/",
		`https:\\moodle.localhost:8443/`, "/mod/lti/return.php",
	} {
		claims := launchClaims(t)
		claims[claimPresent] = map[string]any{"return_url": address}
		claims[claimNRPS] = map[string]any{"context_memberships_url": address, "service_versions": []string{"2.0"}}
		claims[claimAGS] = map[string]any{"lineitems": address, "lineitem": address}
		m, err := tool.Verify(t.Context(), moodle(), learnerAttempt(t), signClaims(claims))
		if err != nil {
			t.Fatalf("%s: %v", address, err)
		}
		if m.Presentation.ReturnURL != "" || m.NRPS.MembershipsURL != "" || m.AGS.LineItems != "" || m.AGS.LineItem != "" {
			t.Errorf("%s was kept: %+v", address, m)
		}
	}
}

func TestOnlyTheSecondRosterServiceIsUsed(t *testing.T) {
	tool, _ := newTool(t, start, testKeySet())
	const address = "https://moodle.localhost:8443/roster"
	for _, tt := range []struct {
		versions any
		want     string
	}{{[]string{"1.0"}, ""}, {[]string{"1.0", "2.0"}, address}, {nil, address}} {
		claims := launchClaims(t)
		claims[claimNRPS] = map[string]any{"context_memberships_url": address, "service_versions": tt.versions}
		m, err := tool.Verify(t.Context(), moodle(), learnerAttempt(t), signClaims(claims))
		if err != nil || m.NRPS.MembershipsURL != tt.want {
			t.Errorf("%v: got %+v, %v", tt.versions, m, err)
		}
	}
}

func TestErrorsSayCodeDetailAndCause(t *testing.T) {
	cause := errors.New("cause")
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&Error{Code: ClaimInvalid, Detail: "sub", Err: cause}, "claim_invalid (sub): cause"},
		{&Error{Code: KidMissing}, "kid_missing"},
		{&AddressError{Host: "h", Reason: "r", Err: cause}, `address "h" refused: r`},
		{&TokenError{Status: 400, Code: "c", Err: cause}, "access token refused: c (status 400): cause"},
		{&RegistrationError{Code: HostMismatch, Detail: "jwks_uri", Err: cause}, "host_mismatch (jwks_uri): cause"},
		{&memberError{"a", cause}, "a: cause"},
	} {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
		if u := errors.Unwrap(tt.err); u != nil && u != cause {
			t.Errorf("%v hides its cause", tt.err)
		}
	}
}

func TestNonceIsRememberedAsLongAsItsTokenIsValid(t *testing.T) {
	claims := launchClaims(t)
	claims["exp"] = start.Unix() + 3600
	token := signClaims(claims)
	tool, clk := newTool(t, start, testKeySet())
	a := learnerAttempt(t)
	a.Expires = start.Add(time.Hour)
	m, err := tool.Verify(t.Context(), moodle(), a, token)
	if err != nil {
		t.Fatal(err)
	}
	clk.Advance(m.Expires.Sub(start))
	if _, err := tool.Verify(t.Context(), moodle(), a, token); CodeOf(err) != TokenExpired {
		t.Errorf("at the nonce's end the token gives %v", err)
	}
}

func TestLeewayHasBounds(t *testing.T) {
	for _, tt := range []struct{ given, want time.Duration }{
		{0, time.Minute}, {-1, time.Minute}, {2 * time.Minute, 2 * time.Minute}, {time.Hour, 3 * time.Minute},
	} {
		if got := New(Config{BaseURL: testBase, Leeway: tt.given}).leeway; got != tt.want {
			t.Errorf("leeway %v gives %v", tt.given, got)
		}
	}
}
