package launch_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"ltipolicy/courier"
	"ltipolicy/policy"
	"ltipolicy/store"
)

func bucharest(t testing.TB) *time.Location {
	t.Helper()
	zone, ok := policy.ZoneNamed("Europe/Bucharest")
	if !ok {
		t.Fatal("no zone")
	}
	return zone
}

// withDays publishes the next version of a policy from its publish dialog with days of Bucharest.
func (s *site) withDays(b browser, here string, pairs ...string) *view {
	s.t.Helper()
	f := s.get(b, here+"/publish").formTo("/publish")
	f.Values.Set("note", "Why.")
	f.Values.Set("zone", "Europe/Bucharest")
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Values.Set(pairs[i], pairs[i+1])
	}
	return s.submit(b, f)
}

// The publish dialog says what each day means, and refuses days that contradict each other, with what is wrong.
func TestPublishDialogHasACalendar(t *testing.T) {
	s, b, here := revising(t)
	for _, c := range []struct {
		name  string
		pairs []string
		says  string
	}{
		{"announced after it is in force", []string{"when", "later", "announced", "1", "announce", "2026-09-16T00:00", "at", "2026-09-15T00:00"}, "The announcement must come before the day on which it is in force."},
		{"enforced before it is in force", []string{"when", "later", "at", "2026-09-15T00:00", "enforce", "2026-09-14T00:00"}, "only until a time after it is in force"},
		{"in force in the past", []string{"when", "later", "at", "2026-08-15T00:00"}, "still to come"},
		{"no day at all", []string{"when", "later"}, "still to come"},
		{"a day that is none", []string{"when", "later", "at", "2026-02-31T00:00"}, "still to come"},
		{"announced in a year that no database knows", []string{"when", "later", "announced", "1", "announce", "0001-01-01T00:00", "at", "2026-09-15T00:00"}, "still to come"},
		{"in force in a year that no database knows", []string{"when", "later", "at", "9999-12-31T23:59", "zone", "America/Havana"}, "still to come"},
		{"no zone", []string{"when", "later", "at", "2026-09-15T00:00", "zone", ""}, "still to come"},
		{"a minor change put off", []string{"change", "minor", "enforce", "2026-09-30T00:00"}, "A minor change asks nobody again"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.unchanged(func() {
				s.withDays(b, here, c.pairs...).is(http.StatusUnprocessableEntity, "").has(c.says)
				s.withDays(b, here, append(c.pairs, "look", "1")...).is(http.StatusUnprocessableEntity, "").has(c.says)
			})
		})
	}
	days := []string{"when", "later", "announced", "1", "at", "2026-09-15T00:00", "enforce", "2026-09-30T00:00"}
	s.unchanged(func() {
		s.withDays(b, here, append(days, "look", "1")...).is(http.StatusOK, "").
			has("announced. Everybody can read it, and answer it early.").
			has("15 September 2026, 00:00 EEST: in force. People who are asked then, as far as they have not answered early: 2.").
			has("30 September 2026, 00:00 EEST: enforced. Whoever has not answered is held up.")
	})
	list := s.withDays(b, here, days...).leads("home")
	s.get(b, "/l/"+list+"/admin").has("Announced").has("will be active on 15 September 2026, 00:00 EEST").
		has("Enforced from 30 September 2026, 00:00 EEST").has("It has been announced")
}

// What is announced can be read by everybody and answered early; until it is enforced people go on without answering, also
// through the login door; then it holds them up.
func TestVersionFromItsAnnouncementToItsEnforcement(t *testing.T) {
	g := newGate(t)
	s := g.site
	v1 := s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	s.accepts(s.learner)
	s.accepts(s.teacher)
	next := draft(policy.Agree, english("House rules", "Be kind and quiet."))
	next.PolicyID, next.Revision, next.ChangeNote = v1.PolicyID, "2", "Quiet is new."
	id, err := s.db.NewDraft(t.Context(), s.who(), next)
	s.must(err)
	v, err := s.db.Version(t.Context(), s.institution, id)
	s.must(err)
	zone := bucharest(t)
	begins, enforced := time.Date(2026, 9, 15, 0, 0, 0, 0, zone), time.Date(2026, 9, 30, 0, 0, 0, 0, zone)
	s.must(s.db.Publish(t.Context(), s.who(), store.Publication{VersionID: id, Edit: v.Edit, Announce: s.clock.now(), At: begins, Enforce: enforced}))

	// Announced: nobody is asked, everybody can read it.
	early, late := s.browser(), s.browser()
	s.launch(late, s.teacher, s.window).leads("participants")
	s.get(s.browser(), s.lasting("")).is(http.StatusOK, "").has("A new version is announced and will be in force from 15 September 2026.")
	s.get(s.browser(), s.versionAt(id)).is(http.StatusOK, "").has("Be kind and quiet.").has("This version is announced.").has("Quiet is new.")
	s.get(s.browser(), "/"+s.platform.ID+"/policies").is(http.StatusOK, "").has("What is coming").has("In force from 15 September 2026, 00:00 EEST")
	mine := s.launchID(early, s.learner)
	s.get(early, "/l/"+mine+"/agreements").has("What is coming").has("Quiet is new.").has("Read and answer")
	page := s.get(early, "/l/"+mine+"/announced").is(http.StatusOK, "").has("It will be in force from 15 September 2026, 00:00 EEST").
		has("Nothing needs to be answered yet").has("Read and answer early").lacks("since 15 September 2026")
	f := page.answers(map[int64]policy.Answer{id: policy.Accepted})
	if got := s.settle(early, f).has("You have answered it already"); got.URL.Path != "/l/"+mine+"/agreements" {
		t.Errorf("an early answer leads to %s", got.URL.Path)
	}
	s.settle(early, f) // sent again
	if es := s.events(s.learner.ID); len(es) != 2 || es[0].VersionID != id || es[0].Answer != policy.Accepted {
		t.Errorf("events %+v", es)
	}

	// In force: whoever answered early is not asked, whoever did not may go on.
	s.clock.set(begins)
	_, err = s.db.ActivateDue(t.Context())
	s.must(err)
	s.do(courier.DoorStates)
	s.enter(early, s.learner, s.window).backInMoodle()
	asked := s.enter(late, s.teacher, s.window).asks("House rules").has("You can go on without answering until 30 September 2026, 00:00 EEST.").
		has("Answer now, or go on to your course")
	s.submit(late, asked.answers(map[int64]policy.Answer{})).is(http.StatusUnprocessableEntity, "").has("This answer is missing")
	through := g.browser()
	launch := g.door(through, s.teacher).leads("pending")
	word := g.wordTo(g.get(through, "/l/"+launch+"/door"), "return")
	if word.Result != "answered" || word.Left == 0 {
		t.Errorf("the door says %+v", word)
	}

	// Enforced: they are held up.
	s.clock.set(enforced)
	_, err = s.db.ActivateDue(t.Context())
	s.must(err)
	s.enter(late, s.teacher, s.window).asks("House rules").has("Answer below, then go on to your course.").lacks("You can go on without answering until")
	launch = g.door(through, s.teacher).leads("pending")
	g.get(through, "/l/"+launch+"/door").is(http.StatusOK, "").has("You have not accepted").has("House rules")
	s.enter(early, s.learner, s.window).backInMoodle()
	s.intact(3)
}

// An acceptance that ends soon is asked for again and can wait; what has ended is said as that, and renewing it is an act of
// its own.
func TestAcceptanceIsRenewed(t *testing.T) {
	s := newSite(t)
	rules := draft(policy.Agree, english("Rules of a year", "For a year."))
	rules.Validity, rules.Zone = "P1Y", "Europe/Bucharest"
	v := s.load("rules", rules)
	b := s.browser()
	s.enter(b, s.learner, s.window).asks("Rules of a year").has("How long your answer counts: for 1 year.")
	s.accepts(s.learner)
	s.enter(b, s.learner, s.window).backInMoodle()

	s.clock.set(time.Date(2027, 8, 10, 9, 0, 0, 0, time.UTC))
	page := s.enter(b, s.learner, s.window).asks("Rules of a year").has("Your answer counts until 2 September 2027, 00:00 EEST. You can renew it now.").
		has("Renew your answers").has("Answer now, or go on to your course and answer later.").
		has("From 2 September 2027, 00:00 EEST on your course may stay closed until you answer.").lacks("needs your answer")
	mine := strings.Split(page.URL.Path, "/")[2]
	s.get(b, "/l/"+mine+"/agreements").has("Counts until").has("Renew my answer").has("1 answer ends soon. You can renew it now.").lacks("is waiting for your answer")
	s.settle(b, page.answers(map[int64]policy.Answer{v.ID: policy.Accepted})).backInMoodle()
	s.settle(b, page.answers(map[int64]policy.Answer{v.ID: policy.Accepted})).backInMoodle()
	if es := s.events(s.learner.ID); len(es) != 2 || es[0].Answer != policy.Renewed || !es[0].Until.Equal(time.Date(2028, 8, 11, 0, 0, 0, 0, bucharest(t))) {
		t.Errorf("events %+v", es)
	}
	s.enter(b, s.learner, s.window).backInMoodle()

	s.clock.set(time.Date(2028, 8, 11, 0, 0, 0, 0, bucharest(t)))
	ended := s.enter(b, s.learner, s.window).asks("Rules of a year").has("Your earlier answer counted until 11 August 2028, 00:00 EEST.")
	s.get(b, "/l/"+strings.Split(ended.URL.Path, "/")[2]+"/agreements").has("Expired").has("Counted until").lacks("Declined").lacks("Withdrawn")
	s.settle(b, ended.answers(map[int64]policy.Answer{v.ID: policy.Accepted})).backInMoodle()
	s.get(b, "/l/"+s.launchID(b, s.learner)+"/agreements").has("Renewed")
	s.intact(3)
}

// The publish dialog warns of exam weeks if the institution keeps a list of them, and only then.
func TestPublishDialogWarnsOfExamWeeks(t *testing.T) {
	s, b, here := revising(t)
	days := []string{"when", "later", "at", "2027-01-20T00:00", "enforce", "2027-02-06T00:00", "look", "1"}
	s.withDays(b, here, days...).is(http.StatusOK, "").lacks("wants to keep free")
	rights := strings.Split(here, "/admin/")[0] + "/admin/grants"
	form := s.get(b, rights).formTo("/busy")
	form.Values.Set("busy", "2027-01-18 2027-02-05 Winter exams\nnonsense")
	s.unchanged(func() {
		s.submit(b, form).is(http.StatusUnprocessableEntity, "").has("Line 2 is not understood").has("nonsense")
	})
	form.Values.Set("busy", "2027-01-18 2027-02-05 Winter exams")
	s.settle(b, form).has("The times are saved.").has("Winter exams")
	s.withDays(b, here, days...).is(http.StatusOK, "").has("20 January 2027 lies within “Winter exams”").lacks("6 February 2027 lies")
}

// What may be put off is asked after what may not, also if it has a page of its own: nobody has to answer it to come to the
// other, and can leave it then.
func TestWhatMayBePutOffIsInNobodysWay(t *testing.T) {
	s := newSite(t)
	later := draft(policy.Agree, english("Rules of tomorrow", "Later."))
	later.Style, later.SortOrder, later.EnforcedFrom = policy.StyleOwnPage, 1, s.clock.now().AddDate(0, 0, 7)
	s.load("later", later)
	now := draft(policy.Agree, english("Rules of today", "Now."))
	now.SortOrder = 2
	v := s.load("now", now)
	b := s.browser()
	page := s.enter(b, s.learner, s.window).asks("Rules of today").has("Page 1 of 2")
	s.settle(b, page.answers(map[int64]policy.Answer{v.ID: policy.Accepted})).asks("Rules of tomorrow").has("You can go on without answering until")
	if es := s.events(s.learner.ID); len(es) != 1 || es[0].VersionID != v.ID {
		t.Errorf("events %+v", es)
	}
}
