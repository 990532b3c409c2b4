package launch_test

import (
	"net/http"
	"strings"
	"testing"

	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
)

// twins are two Moodle sites of two institutions in which every number is the same: people, course,
// activities, deployment, client id and the id of the key.
func twins(t *testing.T) (s *site, evil *ltitest.Platform, foreign lti.Platform) {
	t.Helper()
	s = asking(t)
	other, err := s.db.EnsureInstitution(t.Context(), "Kauno technologijos universitetas")
	s.must(err)
	m, tool, p := s.addMoodle("https://twin.example", "Twin", other)
	s.load("rules", draft(policy.Agree, english("Twin rules", "Be a twin.")), p)
	for _, x := range []ltitest.Person{s.admin, s.learner, s.other, s.teacher, s.tutor, s.manager} {
		m.AddPerson(ltitest.Person{ID: x.ID, Username: x.Username, FirstName: "Twin", LastName: x.LastName, Email: x.Email, IDNumber: x.IDNumber, Admin: x.Admin})
	}
	c := m.AddCourse(ltitest.Course{ID: s.course.ID, ShortName: s.course.ShortName, FullName: "Twin course"})
	m.Enrol(c.ID, s.learner.ID, ltitest.Student)
	m.Enrol(c.ID, s.teacher.ID, ltitest.EditingTeacher)
	for _, a := range []ltitest.Activity{s.embedded, s.window} {
		m.AddActivity(ltitest.Activity{CourseID: c.ID, Name: a.Name, TypeID: tool.TypeID, Container: a.Container})
	}
	if tool.TypeID != s.tool.TypeID || c.ID != s.course.ID {
		t.Fatalf("the twins differ: tools %d and %d, courses %d and %d", s.tool.TypeID, tool.TypeID, s.course.ID, c.ID)
	}
	return s, m, p
}

// TestMixUpOfTwoPlatforms: a token of one platform is no good for a login at the other, in any combination of
// login, state, cookie and claims, although every number in it is right.
func TestMixUpOfTwoPlatforms(t *testing.T) {
	s, evil, foreign := twins(t)
	token := func(b browser, at lti.Platform, edits ...ltitest.Edit) (form ltitest.Target, signed string) {
		state, nonce := s.attempt(b, at)
		target, err := evil.Target(ltitest.Launch{PersonID: s.admin.ID, CMID: s.window.CMID, Nonce: nonce}, state)
		s.must(err)
		return target, target.Token(edits...)
	}
	genuine := s.target(s.browser(), s.admin.ID, s.window)
	for name, edits := range map[string][]ltitest.Edit{
		"as it is":                nil,
		"with the other's issuer": {ltitest.Set("iss", moodleOrigin)},
		"with all of the other's names": {
			ltitest.Set("iss", moodleOrigin), ltitest.Set("aud", genuine.ClientID), ltitest.Set(ltitest.ClaimDeployment, genuine.DeploymentID),
		},
		"for both": {ltitest.Set("iss", moodleOrigin), ltitest.Set("aud", []string{genuine.ClientID, foreign.ClientID}), ltitest.Set("azp", genuine.ClientID)},
	} {
		s.run(t, name, func(t *testing.T) {
			b := s.browser()
			target, signed := token(b, s.platform, edits...)
			s.unchanged(func() {
				s.log.forget()
				s.refused(s.post(b, "/lti/launch", target.Form(signed)), []lti.Code{
					lti.IssuerMismatch, lti.AudienceMismatch, lti.KidUnknown, lti.SignatureInvalid, lti.AZPMismatch,
				})
			})
		})
	}
	t.Run("a login at the one, answered with the other's state", func(t *testing.T) {
		s.t = t
		b := s.browser()
		mine, _ := s.attempt(b, s.platform)
		target, signed := token(b, foreign)
		form := target.Form(signed)
		form.Set("state", mine)
		s.unchanged(func() {
			s.log.forget()
			s.refused(s.post(b, "/lti/launch", form), []lti.Code{lti.IssuerMismatch, lti.AudienceMismatch, lti.KidUnknown, lti.SignatureInvalid})
		})
	})
}

// TestTwinsSeeNothingOfEachOther: equal numbers never lead to the other institution's people, texts or answers.
func TestTwinsSeeNothingOfEachOther(t *testing.T) {
	s, evil, foreign := twins(t)
	mine, theirs := s.browser(), s.browser()
	s.settle(mine, s.enter(mine, s.learner, s.window).acceptAll())
	page, err := theirs.Settle(theirs.Launch(evil, s.learner.ID, s.window.CMID))
	s.must(err)
	entered := s.view(page).asks("Twin rules").lacks("House rules").has("Twin")
	if s.userOf(s.platform, s.learner.ID) == s.userOf(foreign, s.learner.ID) {
		t.Error("two people are one")
	}
	event := s.events(s.learner.ID)[0]
	launch := strings.Split(entered.URL.Path, "/")[2]
	s.get(theirs, "/l/"+launch+"/agreements/"+event.ID).is(http.StatusNotFound, "not_found").lacks("Be kind.")
	s.get(theirs, "/l/"+launch+"/agreements").lacks("House rules")
	s.get(theirs, "/l/"+launch+"/policies").lacks("House rules").has("Twin rules")

	// Answering with the number of the other's version is refused, and nothing is recorded anywhere.
	f := entered.acceptAll()
	f.Values.Set("answer."+number(event.VersionID), string(policy.Accepted))
	s.unchanged(func() { s.submit(theirs, f).is(http.StatusBadRequest, "invalid") })
	if got := s.events(s.learner.ID); len(got) != 1 {
		t.Errorf("%d events", len(got))
	}
}

// TestSessionFixation: a launch never takes over a session, a secret or an id that a browser came with.
func TestSessionFixation(t *testing.T) {
	s := asking(t)
	attacker := s.browser()
	fixed := s.launch(attacker, s.other, s.window).leads("pending")
	planted := attacker.Cookies(toolOrigin + "/")

	victim := s.browser()
	victim.SetCookies(toolOrigin+"/", planted)
	own := s.launch(victim, s.learner, s.window).leads("pending")
	if own == fixed {
		t.Fatal("the launch went on in the planted session")
	}
	// Whoever planted the cookie sees nothing of the victim, and its session is over.
	s.get(attacker, "/l/"+own+"/pending").is(http.StatusUnauthorized, "no_session").lacks(s.learner.LastName)
	s.get(attacker, "/l/"+fixed+"/pending").is(http.StatusUnauthorized, "no_session")
	s.settle(victim, s.get(victim, "/l/"+own+"/pending").acceptAll())
	if len(s.events(s.learner.ID)) != 1 || len(s.events(s.other.ID)) != 0 {
		t.Error("the answer was recorded for somebody else")
	}
}

// TestClickjacking: only the platform of this launch may frame a page on which a click decides something.
func TestClickjacking(t *testing.T) {
	s, evil, _ := twins(t)
	b := s.framed()
	page := s.enter(b, s.learner, s.embedded)
	framedBy(t, page, moodleOrigin)
	if strings.Contains(directives(page)["frame-ancestors"], "twin.example") {
		t.Error("another platform may frame the page")
	}
	foreign, err := b.Settle(b.Launch(evil, s.learner.ID, s.embedded.CMID))
	s.must(err)
	framedBy(t, s.view(foreign), "https://twin.example")
}
