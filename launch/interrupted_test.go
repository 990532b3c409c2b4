package launch_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
)

const newOrigin = "https://new.example"

// endpoint serves a Moodle whose registration endpoint fails for what the tool tells it: before it has done anything, or
// after.
func endpoint(m *ltitest.Platform, after bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "openid-registration.php") {
			m.ServeHTTP(w, r)
			return
		}
		if after {
			m.ServeHTTP(httptest.NewRecorder(), r)
		}
		w.WriteHeader(http.StatusBadGateway)
	})
}

// stops are the places where a registration may stop, each until it is undone. begun says that the invitation is kept for
// this Moodle by then.
var stops = map[string]struct {
	begun bool
	stop  func(*site, *ltitest.Platform) (undo func())
}{
	"our database before anything is sent": {false, func(s *site, _ *ltitest.Platform) func() {
		return s.trigger("UPDATE ON lti_invitation")
	}},
	"what is sent does not arrive": {true, func(s *site, m *ltitest.Platform) func() {
		s.net.Connect(newOrigin, endpoint(m, false))
		return func() { s.net.Connect(newOrigin, m) }
	}},
	"the answer does not arrive": {true, func(s *site, m *ltitest.Platform) func() {
		s.net.Connect(newOrigin, endpoint(m, true))
		return func() { s.net.Connect(newOrigin, m) }
	}},
	"killed before the answer is stored": {true, func(s *site, _ *ltitest.Platform) func() {
		add, change := s.trigger("INSERT ON lti_platform"), s.trigger("UPDATE OF timeused ON lti_invitation")
		return func() { add(); change() }
	}},
}

// trigger makes every such change of the database fail until the returned function is called.
func (s *site) trigger(on string) (undo func()) {
	s.t.Helper()
	name := "stop_" + strings.NewReplacer(" ", "_").Replace(on)
	_, err := s.raw.ExecContext(s.t.Context(), `CREATE TRIGGER `+name+` BEFORE `+on+` BEGIN SELECT RAISE(ABORT, 'stopped'); END`)
	s.must(err)
	return func() {
		_, err := s.raw.ExecContext(s.t.Context(), `DROP TRIGGER `+name)
		s.must(err)
	}
}

// connect confirms a registration that an address of Moodle's begins.
func (s *site) connect(b *ltitest.Browser, address string) *view {
	s.t.Helper()
	p, err := b.Settle(b.Get(address))
	s.must(err)
	v := s.view(p)
	if v.Status != http.StatusOK || v.heading() == "Your Moodle is connected" {
		return v
	}
	return s.settle(b, v.form())
}

// Wherever a registration stops, the next try goes on: whichever of the ways an administrator takes, in the end there is
// one site here, its people come in, and those who answered before are not asked again.
func TestRegistrationThatStops(t *testing.T) {
	ways := map[string]func(s *site, b *ltitest.Browser, m *ltitest.Platform, form ltitest.Form, start string, begun bool) *view{
		"pressed again": func(s *site, b *ltitest.Browser, _ *ltitest.Platform, form ltitest.Form, _ string, _ bool) *view {
			return s.settle(b, form)
		},
		"loaded again": func(s *site, b *ltitest.Browser, _ *ltitest.Platform, _ ltitest.Form, start string, _ bool) *view {
			return s.connect(b, start)
		},
		"pasted again": func(s *site, b *ltitest.Browser, m *ltitest.Platform, _ ltitest.Form, _ string, _ bool) *view {
			return s.connect(b, again(m, toolOrigin+"/lti/register?invite=token"))
		},
		"pasted again when the invitation has ended": func(s *site, b *ltitest.Browser, m *ltitest.Platform, _ ltitest.Form, _ string, begun bool) *view {
			s.clock.pass(2 * time.Hour)
			got := s.connect(b, again(m, toolOrigin+"/lti/register?invite=token"))
			if !begun {
				got.is(http.StatusForbidden, "invitation_invalid")
				got = s.connect(b, again(m, s.invite("next")))
			}
			return got
		},
		"with another invitation": func(s *site, b *ltitest.Browser, m *ltitest.Platform, _ ltitest.Form, _ string, _ bool) *view {
			return s.connect(b, again(m, s.invite("next")))
		},
	}
	for stop, c := range stops {
		for way, heal := range ways {
			for _, update := range []bool{false, true} {
				name := stop + ", " + way
				if update {
					name += ", an update"
				}
				t.Run(name, func(t *testing.T) {
					s := newSite(t)
					m := s.newMoodle(newOrigin)
					b := s.browser()
					x := m.AddPerson(ltitest.Person{Username: "nou", FirstName: "Nou", LastName: "Venit"})
					course := m.AddCourse(ltitest.Course{ShortName: "C", FullName: "Curs"})
					m.Enrol(course.ID, x.ID, ltitest.Student)
					arrive := func() *view {
						t.Helper()
						p := s.platforms()[1]
						s.must(s.db.SetPlatformStatus(t.Context(), p.ID, lti.Active))
						tool := m.Tools()[0]
						s.must(m.ActivateTool(tool.TypeID))
						a := m.AddActivity(ltitest.Activity{CourseID: course.ID, Name: "Acorduri", TypeID: tool.TypeID})
						landed, err := b.Settle(b.Launch(m, x.ID, a.CMID))
						s.must(err)
						return s.view(landed)
					}
					start := ""
					var had lti.Platform
					if update {
						s.connect(b, m.RegistrationURL(s.invite("first"))).is(http.StatusOK, "")
						had = s.platforms()[1]
						s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")), had)
						s.settle(b, arrive().is(http.StatusOK, "").asks("House rules").acceptAll())
						start = m.UpdateURL(s.invite("token"), m.Tools()[0].TypeID)
					} else {
						start = m.RegistrationURL(s.invite("token"))
					}
					before := m.Tools()
					form := s.get(b, start).is(http.StatusOK, "").form()
					undo := c.stop(s, m)
					if got := s.settle(b, form); got.Status < 500 {
						t.Fatalf("it did not stop: %d", got.Status)
					}
					undo()
					if !c.begun && len(m.Tools()) != len(before) {
						t.Error("something was sent to Moodle before it was known to go through")
					}
					if update { // whatever happened, nobody is locked out meanwhile
						arrive().is(http.StatusOK, "")
					}
					heal(s, b, m, form, start, c.begun).is(http.StatusOK, "").has("Your Moodle is connected")
					if n := len(s.platforms()); n != 2 {
						t.Fatalf("%d platforms are stored", n)
					}
					got := s.platforms()[1]
					if tools := m.Tools(); len(tools) != 1 || tools[0].ClientID != got.ClientID || tools[0].LoginURL != toolOrigin+"/lti/login/"+got.ID {
						t.Errorf("Moodle has %+v, stored is %+v", tools, got)
					}
					if update && (got.ID != had.ID || got.Status != lti.Active || got.Name != had.Name) {
						t.Errorf("had %+v, is %+v", had, got)
					}
					arrive().is(http.StatusOK, "").lacks("House rules")
				})
			}
		}
	}
}

// again is where Moodle leads when an address is pasted: to the update of its tool if it has one.
func again(m *ltitest.Platform, address string) string {
	if tools := m.Tools(); len(tools) > 0 {
		return m.UpdateURL(address, tools[0].TypeID)
	}
	return m.RegistrationURL(address)
}

// An invitation of the operator may say everything that an operator has to say: what is left is to connect and to
// activate the tool in Moodle.
func TestInvitationThatActivates(t *testing.T) {
	s := newSite(t)
	m := s.newMoodle(newOrigin + "/moodle")
	b := s.browser()
	address := s.invite("token", func(i *store.Invitation) { i.Name, i.Activates = "CVUPT", true })
	s.get(b, m.RegistrationURL(address)).is(http.StatusOK, "").has("only you have to activate it")
	done := s.connect(b, m.RegistrationURL(address)).is(http.StatusOK, "").has("Your Moodle is connected").lacks("ltipolicy platform activate").
		has("Nothing yet: no policy applies on this site")
	_ = done
	p, err := s.db.PlatformsByIssuer(t.Context(), newOrigin+"/moodle")
	s.must(err)
	if len(p) != 1 || p[0].Name != "CVUPT" || p[0].Status != lti.Active {
		t.Fatalf("stored %+v", p)
	}
	door, err := s.db.Door(t.Context(), p[0].ID)
	if err != nil || door.AuthURL != newOrigin+"/moodle/local/ltipolicy/gate.php?step=auth" || door.State.Serial == 0 {
		t.Errorf("door %+v, %v", door, err)
	}
}

// A tool that is there is never taken for another one's.
func TestUpdateOfAToolOfAnotherInstitution(t *testing.T) {
	s := newSite(t)
	other, err := s.db.EnsureInstitution(t.Context(), "KTU")
	s.must(err)
	address := s.invite("token", func(i *store.Invitation) { i.InstitutionID = other })
	b := s.browser()
	before := s.moodle.Tools()
	s.unchanged(func() {
		s.get(b, s.moodle.UpdateURL(address, s.tool.TypeID)).is(http.StatusConflict, "register_elsewhere")
	})
	if after := s.moodle.Tools(); after[0].LoginURL != before[0].LoginURL {
		t.Error("Moodle was rewritten")
	}
}

// A second tool of the same Moodle takes the place of the first as long as nobody has come by it; after that the page
// says what to do.
func TestInvitationUsedTwiceByTheSameMoodle(t *testing.T) {
	s := newSite(t)
	m := s.newMoodle(newOrigin)
	b := s.browser()
	address := s.invite("token", func(i *store.Invitation) { i.Activates = true })
	s.connect(b, m.RegistrationURL(address)).is(http.StatusOK, "")
	first := s.platforms()[1]
	s.connect(b, m.RegistrationURL(address)).is(http.StatusOK, "").has("Your Moodle is connected")
	second := s.platforms()[1]
	if len(s.platforms()) != 2 || second.ID != first.ID || second.ClientID == first.ClientID {
		t.Fatalf("was %+v, is %+v", first, second)
	}
	x := m.AddPerson(ltitest.Person{Username: "nou", FirstName: "Nou", LastName: "Venit"})
	course := m.AddCourse(ltitest.Course{ShortName: "C", FullName: "Curs"})
	m.Enrol(course.ID, x.ID, ltitest.Student)
	tool := m.Tools()[1]
	s.must(m.ActivateTool(tool.TypeID))
	a := m.AddActivity(ltitest.Activity{CourseID: course.ID, Name: "Acorduri", TypeID: tool.TypeID})
	landed, err := b.Settle(b.Launch(m, x.ID, a.CMID))
	s.must(err)
	s.view(landed).is(http.StatusOK, "")
	s.unchanged(func() {
		s.get(b, m.RegistrationURL(address)).is(http.StatusConflict, "register_twice")
	})
	if n := len(m.Tools()); n != 2 {
		t.Errorf("Moodle has %d tools", n)
	}
}

// A second connection of a Moodle is possible, and says what it means.
func TestSecondConnectionOfAMoodleIsSaid(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	s.get(b, s.moodle.RegistrationURL(s.invite("token"))).is(http.StatusOK, "").has("a second connection").has(s.platform.Name)
	s.get(b, s.moodle.UpdateURL(toolOrigin+"/lti/register?invite=token", s.tool.TypeID)).is(http.StatusOK, "").has("Its registration is renewed").lacks("a second connection")
}

// The page of a Moodle that waits names the operator's step.
func TestPendingPageNamesTheStep(t *testing.T) {
	s := newSite(t)
	s.must(s.db.SetPlatformStatus(t.Context(), s.platform.ID, lti.Pending))
	s.enter(s.browser(), s.learner, s.embedded).is(http.StatusForbidden, string(lti.PlatformPending)).has("ltipolicy platform activate " + s.platform.ID)
}
