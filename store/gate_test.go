package store_test

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

const itemURL = "https://moodle.example/mod/lti/services.php/2/lineitems/7/lineitem?type_id=1"

// graded is a learner's launch of an activity with a line item.
func graded(sub, link string) *lti.Message {
	m := message(sub, rand.Text())
	m.ResourceLink.ID = link
	m.AGS = lti.AGS{LineItem: strings.Replace(itemURL, "/7/", "/"+link+"/", 1), Scopes: []string{lti.ScopeScore}}
	m.NRPS.MembershipsURL = "https://moodle.example/memberships/2"
	return m
}

func (s *site) admit(m *lti.Message) store.User {
	s.t.Helper()
	a, err := s.db.Admit(s.t.Context(), m, s.platform)
	s.must(err)
	return a.User
}

// owed checks gates, takes what is due and reports it as sent; each line is "link sub score".
func (s *site) owed() []string {
	s.t.Helper()
	s.checkGates()
	var list []string
	for _, sc := range s.take() {
		list = append(list, line(sc))
		s.must(s.db.ScoresSent(s.t.Context(), sc))
	}
	slices.Sort(list)
	return list
}

func (s *site) checkGates() {
	s.t.Helper()
	for {
		did, err := s.db.CheckGates(s.t.Context(), 100)
		s.must(err)
		if did.Done {
			return
		}
	}
}

func (s *site) take() []store.Score {
	s.t.Helper()
	scores, err := s.db.TakeScores(s.t.Context(), 1000, 1000)
	s.must(err)
	return scores
}

func line(sc store.Score) string {
	n := "none"
	if sc.Full {
		n = "full"
	}
	return sc.ResourceLinkID + " " + sc.Sub + " " + n
}

// course is a site with a compulsory policy and a consent, and a learner who opened activity 7.
type course struct {
	*site
	u             store.User
	rules, choice policy.Version
}

func newCourse(s *site) *course {
	c := &course{site: s}
	c.rules = s.load("rules", draft(policy.Agree, text("ro", "reguli")))
	c.choice = s.load("choice", draft(policy.Consent, text("ro", "acord")))
	c.u = s.admit(graded("5", "7"))
	return c
}

func (c *course) act(v policy.Version, a policy.Answer) { c.answer(c.event(c.u, v, a)) }

// Each step happens and then exactly these scores are owed, and none a little later.
func TestGateOpensAndCloses(t *testing.T) {
	type step struct {
		name string
		do   func(c *course)
		want string
	}
	accept := step{"everything compulsory accepted", func(c *course) { c.act(c.rules, policy.Accepted) }, "7 5 full"}
	again := func(c *course) { c.u = c.admit(graded("5", "7")) }
	for name, steps := range map[string][]step{
		"nothing answered": {
			{"first launch", func(*course) {}, ""},
			{"again", again, ""},
			{"a consent says nothing", func(c *course) { c.act(c.choice, policy.Accepted) }, ""},
		},
		"accepted": {
			accept,
			{"again", again, ""},
			{"the consent refused", func(c *course) { c.act(c.choice, policy.Declined) }, ""},
			{"a second activity opened", func(c *course) { c.admit(graded("5", "8")) }, "8 5 full"},
			{"taken back", func(c *course) { c.act(c.rules, policy.Withdrawn) }, "7 5 none,8 5 none"},
			{"accepted again", func(c *course) { c.clock.add(time.Second); c.act(c.rules, policy.Accepted) }, "7 5 full,8 5 full"},
		},
		"versions": {
			accept,
			{"a minor version", func(c *course) {
				v := draft(policy.Agree, text("ro", "reguli"), text("en", "rules"))
				c.rules = c.load("rules", v)
			}, ""},
			{"a material version", func(c *course) { c.rules = c.load("rules", draft(policy.Agree, text("ro", "altele"))) }, "7 5 none"},
			accept,
			{"another policy", func(c *course) { c.load("more", draft(policy.Acknowledge, text("ro", "mai mult"))) }, "7 5 none"},
			{"which only informs", func(c *course) { c.load("more", draft(policy.Inform, text("ro", "mai mult"))) }, "7 5 full"},
			{"a consent more", func(c *course) { c.load("free", draft(policy.Consent, text("ro", "liber"))) }, ""},
			{"only for guests", func(c *course) {
				v := draft(policy.Agree, text("ro", "oaspeti"))
				v.Audience = policy.AudienceGuests
				c.load("guests", v)
			}, ""},
		},
		"a version that takes effect later": {
			accept,
			{"published", func(c *course) {
				v := draft(policy.Agree, text("ro", "din octombrie"))
				v.EffectiveFrom = c.clock.now().Add(30 * 24 * time.Hour)
				c.load("later", v)
			}, ""},
			{"a day before", func(c *course) { c.clock.add(29 * 24 * time.Hour) }, ""},
			{"in effect", func(c *course) { c.clock.add(24 * time.Hour) }, "7 5 none"},
		},
		"a policy moved to another platform": {
			{"nothing", func(*course) {}, ""},
			{"gone from here", func(c *course) {
				other := c.addPlatform("https://other.example", "x")
				_, _, err := c.db.LoadPolicy(c.t.Context(), c.institution, "rules", draft(policy.Agree, text("ro", "reguli")), []string{other.ID})
				c.must(err)
			}, "7 5 full"},
			{"back", func(c *course) { c.load("rules", draft(policy.Agree, text("ro", "reguli"))) }, "7 5 none"},
		},
		"line items": {
			{"an activity without one", func(c *course) {
				m := graded("5", "9")
				m.AGS = lti.AGS{}
				c.admit(m)
			}, ""},
			accept,
			{"the teacher grades it now", func(c *course) {
				m := graded("90", "9")
				m.Roles = lti.ParseRoles([]string{"Instructor"})
				c.admit(m)
			}, "9 5 full"},
			{"made anew", func(c *course) {
				m := graded("5", "7")
				m.AGS.LineItem = strings.Replace(itemURL, "/7/", "/70/", 1)
				c.admit(m)
			}, "7 5 full"},
			{"taken away", func(c *course) {
				m := graded("5", "7")
				m.AGS = lti.AGS{}
				c.admit(m)
			}, ""},
			{"answers then owe nothing there", func(c *course) { c.act(c.rules, policy.Withdrawn) }, "9 5 none"},
			{"no right to send scores", func(c *course) {
				c.clock.add(time.Second)
				c.act(c.rules, policy.Accepted)
				m := graded("5", "9")
				m.AGS.Scopes = []string{lti.ScopeResult}
				c.admit(m)
			}, ""},
		},
		"who is no learner": {
			{"teacher, administrator, test user, nobody", func(c *course) {
				for i, roles := range [][]string{
					{"Instructor"}, {"Learner", "Instructor"}, {"Learner", "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"},
					{"Learner", "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"}, {},
				} {
					m := graded(fmt.Sprint(100+i), "7")
					m.Roles = lti.ParseRoles(roles)
					u := c.admit(m)
					c.answer(c.event(u, c.rules, policy.Accepted))
				}
			}, ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachSite(t, func(t *testing.T, s *site) {
				c := newCourse(s)
				for _, st := range steps {
					st.do(c)
					if got := strings.Join(c.owed(), ","); got != st.want {
						t.Fatalf("%s: owed %q, want %q", st.name, got, st.want)
					}
					c.clock.add(2 * time.Minute)
					if got := c.owed(); len(got) > 0 {
						t.Fatalf("%s: a little later owed %v", st.name, got)
					}
				}
				if n := c.count(`SELECT COUNT(id) FROM gate_check WHERE due <= ?`, c.clock.now()); n != 0 {
					t.Errorf("%d checks are left", n)
				}
			})
		})
	}
}

// Two forms of one person about two policies, sent at once: neither transaction sees the other's answer, and
// yet the score is owed in the end.
func TestTwoAnswersAtOnceOpenTheGate(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		var vs []policy.Version
		for i := range 4 {
			vs = append(vs, s.load(fmt.Sprint("p", i), draft(policy.Agree, text("ro", fmt.Sprint(i)))))
		}
		const people = 10
		for i := range people {
			u := s.admit(graded(userNumber(i), "7"))
			for k, err := range parallel(len(vs), func(k int) error {
				_, err := s.db.Answer(t.Context(), []policy.Event{s.event(u, vs[k], policy.Accepted)})
				return err
			}) {
				if err != nil {
					t.Errorf("answer %d: %v", k, err)
				}
			}
		}
		if got := s.owed(); len(got) != people {
			t.Errorf("%d scores are owed, want %d: %v", len(got), people, got)
		}
	})
}

// An answer and the first opening of another activity at once: the one that came second sees the other, or
// the second look does.
func TestAnAnswerAndAFirstLaunchAtOnce(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		v := s.load("rules", draft(policy.Agree, text("ro", "reguli")))
		const people = 20
		for i := range people {
			u := s.user(userNumber(i))
			for _, err := range parallel(2, func(k int) error {
				var err error
				if k == 0 {
					_, err = s.db.Answer(t.Context(), []policy.Event{s.event(u, v, policy.Accepted)})
				} else {
					_, err = s.db.Admit(t.Context(), graded(userNumber(i), "8"), s.platform)
				}
				return err
			}) {
				s.must(err)
			}
		}
		got := s.owed()
		s.clock.add(2 * time.Minute)
		if got = append(got, s.owed()...); len(got) != people {
			t.Errorf("%d scores are owed, want %d", len(got), people)
		}
	})
}

func TestPublishingForManyLearnersGoesOnAfterARestart(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		v := s.load("rules", draft(policy.Agree, text("ro", "reguli")))
		const people = 250
		for i := range people {
			u := s.admit(graded(userNumber(i), "7"))
			s.answer(s.event(u, v, policy.Accepted))
		}
		if n := len(s.owed()); n != people {
			t.Fatalf("%d full scores", n)
		}
		s.load("rules", draft(policy.Agree, text("ro", "altele")))
		did, err := s.db.CheckGates(t.Context(), 100)
		if err != nil || did != (store.Checked{Looked: 100, Changed: 100}) {
			t.Fatalf("the first part: %+v, %v", did, err)
		}
		replica := &site{t: t, db: openReplica(t, s), clock: s.clock}
		if got := len(replica.owed()); got != people {
			t.Errorf("%d scores are taken back, want %d", got, people)
		}
	})
}

// No rule spares single people for a time yet. One that will finds that a score is looked at again at its learner's own
// time, also if it is sent before that.
func TestAScoreIsDueAtItsLearnersOwnTime(t *testing.T) {
	now := newClock().now()
	own := now.Add(time.Hour)
	for name, tt := range map[string]struct {
		gate          policy.Gate
		before, after time.Time
	}{
		"shut":                     {policy.Gate{}, time.Time{}, time.Time{}},
		"shut, asked more later":   {policy.Gate{Next: own}, own, own},
		"open":                     {policy.Gate{Open: true}, now, time.Time{}},
		"open, spared for an hour": {policy.Gate{Open: true, Next: own}, now, own},
	} {
		if before, after := store.LookedAt(tt.gate, now); !before.Equal(tt.before) || !after.Equal(tt.after) {
			t.Errorf("%s: due at %v, once sent at %v", name, before, after)
		}
	}
}

// A course that was restored with its participants has their scores of the course it was made from. The tool, which does not
// know them, takes back that of whoever comes and has not answered; anywhere else nothing is sent of somebody who has none.
func TestScoresThatACopyBroughtAlongAreTakenBack(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		v := s.load("rules", draft(policy.Agree, text("ro", "a")))
		for _, c := range []struct {
			name, sub, history string
			answers            bool
			want               string
		}{
			{"a copy", "5", "2", false, "0"},
			{"a copy, answered before", "6", "2", true, "1"},
			{"an original", "7", "", false, ""},
		} {
			m := graded(c.sub, "c"+c.sub)
			m.Context.ID = "3" + c.history
			m.Custom = map[string]string{"ltipolicy_history": c.history}
			if c.answers {
				s.answer(s.event(s.user(c.sub), v, policy.Accepted))
			}
			s.admit(m)
			got := ""
			for _, score := range s.takeSome(10, 10) {
				got += map[bool]string{true: "1", false: "0"}[score.Full]
				s.must(s.db.ScoresSent(t.Context(), score))
			}
			if got != c.want {
				t.Errorf("%s: %q is sent, want %q", c.name, got, c.want)
			}
		}
	})
}
