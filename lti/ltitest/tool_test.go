package ltitest

import (
	"context"
	"slices"
	"testing"
	"time"

	"ltipolicy/lti"
)

// toolFor is package lti as the tool, with one attempt under way that the target answers.
func toolFor(f *fixture, reg lti.Platform) (*lti.Tool, lti.Platform, lti.Attempt) {
	reg.ID = "0190a000-0000-7000-8000-000000000001"
	tool := lti.New(lti.Config{BaseURL: toolOrigin, Now: f.clock, Client: f.net.Client()})
	return tool, reg, lti.Attempt{State: "state-1", Nonce: "nonce-1", PlatformID: reg.ID,
		Expires: f.clock().Add(5 * time.Minute)}
}

func TestPackageLTIStandsTheSuite(t *testing.T) {
	f := recordedSite(t)
	suite := NewSuite(siteKey(), f.clock)
	f.net.Connect("https://oauth2server.imsglobal.org", suite)
	tool, reg, attempt := toolFor(f, suite.Registration())
	for _, c := range BadLaunches() {
		_, err := tool.Verify(context.Background(), reg, attempt, c.Token(suite.Target(c.Role, toolOrigin+"/launch", "nonce-1", "state-1")))
		if got := lti.CodeOf(err); !slices.Contains(c.Codes, got) {
			t.Errorf("%s %s as %s: code %q (%v), want one of %q", c.ID, c.Name, c.Role, got, err, c.Codes)
		}
	}
	for _, c := range ValidLaunches() {
		m, err := tool.Verify(context.Background(), reg, attempt, c.Token(suite.Target(c.Role, toolOrigin+"/launch", "nonce-1", "state-1")))
		if err != nil {
			t.Errorf("%s as %s: %v", c.Title, c.Role, err)
			continue
		}
		if m.Roles.Instructor() != c.Instructor || m.Roles.Learner() != c.Learner ||
			(m.Person.Name != "") != c.Name || (m.Person.Email != "") != c.Email || (m.Context.ID != "") != c.Context {
			t.Errorf("%s as %s: %+v", c.Title, c.Role, m)
		}
	}
}

func TestPackageLTIStandsTheAttacks(t *testing.T) {
	f := recordedSite(t)
	own, err := f.Registration(1)
	if err != nil {
		t.Fatal(err)
	}
	target, err := f.Target(Launch{PersonID: 3, CMID: 2, Nonce: "nonce-1"}, "state-1")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range Attacks() {
		if a.Token == nil || a.Twice { // for the web in front of the package
			continue
		}
		t.Run(a.Name, func(t *testing.T) {
			tool, reg, attempt := toolFor(f, own)
			m, err := tool.Verify(context.Background(), reg, attempt, a.Token(target))
			switch got := lti.CodeOf(err); {
			case len(a.Codes) == 0 && err != nil:
				t.Errorf("refused: %v", err)
			case len(a.Codes) > 0 && !a.Expects(got):
				t.Errorf("code %q (%v), want one of %q", got, err, a.Codes)
			case err == nil && a.Name == "return address elsewhere" && m.Presentation.ReturnURL != "":
				t.Errorf("the way back is %s", m.Presentation.ReturnURL)
			}
		})
	}
}
