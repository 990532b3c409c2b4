package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// calendarOf publishes a draft with a calendar.
func (o *office) calendarOf(v policy.Version, minor bool, announce, begin, enforce time.Time) error {
	return o.db.Publish(o.t.Context(), o.admin, store.Publication{
		VersionID: v.ID, Edit: v.Edit, Minor: minor, Announce: announce, At: begin, Enforce: enforce,
	})
}

// until lets the time come.
func (o *office) until(at time.Time) {
	o.t.Helper()
	o.clock.add(at.Sub(o.clock.now()))
}

// due does what is due and says what that was, as the admin log has it, the first first.
func (o *office) due() string {
	o.t.Helper()
	before := len(o.acts())
	_, err := o.db.ActivateDue(o.t.Context())
	o.must(err)
	acts := o.acts()
	return strings.Join(acts[before:], ", ")
}

// acts are the admin log's acts about versions, the first first.
func (o *office) acts() []string {
	o.t.Helper()
	var acts []string
	o.must(o.db.AdminLogEach(o.t.Context(), store.LogQuery{InstitutionID: o.institution}, func(e store.AdminEntry) error {
		if strings.HasPrefix(e.Action, "version.") {
			acts = append(acts, e.Action)
		}
		return nil
	}))
	slices.Reverse(acts)
	return acts
}

// open reports whether the course lets a learner on who asks for the activity.
func (o *office) open(sub string) bool {
	o.t.Helper()
	for {
		did, err := o.db.CheckGates(o.t.Context(), 100)
		o.must(err)
		if did.Done {
			break
		}
	}
	return o.count(`SELECT COUNT(userid) FROM outbox WHERE sub = ? AND wanted = 1`, sub) > 0
}

func bucharest(month time.Month, day, hour int) time.Time {
	zone, err := time.LoadLocation("Europe/Bucharest")
	if err != nil {
		panic(err)
	}
	return time.Date(2026, month, day, hour, 0, 0, 0, zone)
}

// A version is announced, in force and enforced at its times and not before. Whoever answered early is not asked, whoever
// did not is, and may put it off until the day it is enforced.
func TestCalendarOfAVersion(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v1 := o.active("site")
		for _, u := range o.people[1:] {
			o.answer(o.event(u, v1, policy.Accepted))
		}
		for _, u := range o.people {
			o.admit(graded(u.Sub, "7"))
		}
		v2 := o.successor(v1, "v2")
		announced, begins, enforced := bucharest(9, 1, 12), bucharest(9, 15, 0), bucharest(9, 30, 0)
		o.must(o.calendarOf(v2, false, announced, begins, enforced))
		v2 = o.version(v2.ID)
		early := o.people[0]
		seen := func() int {
			t.Helper()
			vs, err := o.db.Announced(t.Context(), o.platform.ID, "")
			o.must(err)
			return len(vs)
		}
		answerEarly := func() error {
			_, err := o.db.Answer(t.Context(), []policy.Event{o.event(early, v2, policy.Accepted)})
			return err
		}
		want := func(when, acts string, visible, pending int, open string) {
			t.Helper()
			if got := o.due(); got != acts {
				t.Errorf("%s: %q was done, want %q", when, got, acts)
			}
			var passed []string
			for _, u := range o.people {
				if o.open(u.Sub) {
					passed = append(passed, u.Sub)
				}
			}
			if n := seen(); n != visible || o.pending() != pending || strings.Join(passed, " ") != open {
				t.Errorf("%s: %d announced, %d asked, open for %v; want %d, %d, %s", when, n, o.pending(), passed, visible, pending, open)
			}
		}
		want("when it was decided", "", 0, 0, "u1 u2 u3 u4")
		wantKind(t, answerEarly(), policy.ErrConflict)

		o.until(announced.Add(-time.Second))
		want("a second before it is announced", "", 0, 0, "u1 u2 u3 u4")
		o.until(announced)
		want("announced", "version.announce", 1, 0, "u1 u2 u3 u4")
		o.must(answerEarly())
		_, err := o.db.SaveDraft(t.Context(), o.admin, o.version(v2.ID), []string{o.platform.ID})
		wantKind(t, err, policy.ErrConflict)
		wantKind(t, o.db.DeleteDraft(t.Context(), o.admin, v2.ID), policy.ErrConflict)

		o.until(begins.Add(-time.Second))
		want("a second before it is in force", "", 1, 0, "u1 u2 u3 u4")
		o.until(begins)
		want("in force", "version.activate", 0, 3, "u1 u2 u3 u4")
		o.answer(o.event(o.people[1], v2, policy.Accepted))

		o.until(enforced.Add(-time.Second))
		want("a second before it is enforced", "", 0, 2, "u1 u2 u3 u4")
		o.until(enforced)
		want("enforced", "version.enforce", 0, 2, "u1 u2")
		o.answer(o.event(o.people[2], v2, policy.Accepted))
		want("answered late", "", 0, 1, "u1 u2 u3")
		o.wantWhole()
	})
}

// wantWhole has the evidence verified.
func (o *office) wantWhole() {
	o.t.Helper()
	_, err := o.db.AppendLog(o.t.Context())
	o.must(err)
	if _, err := o.db.VerifyEvidence(o.t.Context()); err != nil {
		o.t.Errorf("the evidence is not whole: %v", err)
	}
}

// What fell due while nothing ran is done in its order, once, whichever of two replicas comes first; the log has when it
// was due and when it was done.
func TestCalendarAfterAWeekWithoutAnybody(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v1 := o.active("site")
		v2 := o.successor(v1, "v2")
		o.must(o.calendarOf(v2, false, bucharest(10, 24, 12), bucharest(10, 25, 5), bucharest(10, 26, 0)))
		other := o.create("other", named(policy.Agree, "Other", "1"))
		o.must(o.calendarOf(other, false, time.Time{}, bucharest(10, 25, 6), time.Time{}))
		before := len(o.acts())
		o.until(bucharest(11, 1, 9))
		done := make(chan error, 2)
		ticking := func() time.Time { // so that the log tells the order
			o.clock.add(time.Millisecond)
			return o.clock.now()
		}
		for range 2 {
			replica := storetest.Open(t, o.dsn, store.Options{Now: ticking})
			go func() {
				_, err := replica.ActivateDue(t.Context())
				done <- err
			}()
		}
		for range 2 {
			o.must(<-done)
		}
		var told []string
		o.must(o.db.AdminLogEach(t.Context(), store.LogQuery{InstitutionID: o.institution}, func(e store.AdminEntry) error {
			if strings.HasPrefix(e.Action, "version.") && e.Action != "version.schedule" {
				told = append(told, fmt.Sprint(e.Action, " ", e.Object, " done ", e.Time.Format(time.DateOnly)))
				for _, due := range []string{"2026-10-24T09:00:00Z", "2026-10-25T03:00:00Z", "2026-10-25T22:00:00Z"} {
					if e.Object == "site" && !strings.Contains(e.Detail, due) && strings.Contains(e.Detail, "enforced_from") {
						t.Errorf("%s does not say %s: %s", e.Action, due, e.Detail)
					}
				}
			}
			return nil
		}))
		slices.Reverse(told)
		want := []string{
			"version.announce site done 2026-11-01", "version.activate site done 2026-11-01", "version.activate other done 2026-11-01",
			"version.enforce site done 2026-11-01",
		}
		if got := told[len(told)-len(o.acts()[before:]):]; strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("done: %s\nwant %s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if o.pending() != 4 {
			t.Errorf("%d are asked", o.pending())
		}
		o.wantWhole()
	})
}

// An announcement that is taken back leaves the version as people read it, archived; it was never in force, and its answers
// stay what they were.
func TestAnnouncementTakenBack(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v1 := o.active("site")
		v2 := o.successor(v1, "v2")
		o.must(o.calendarOf(v2, false, o.clock.now(), o.clock.now().Add(time.Hour), time.Time{}))
		v2 = o.version(v2.ID)
		o.answer(o.event(o.people[1], v2, policy.Accepted))
		o.must(o.db.Unschedule(t.Context(), o.admin, v2.ID))
		o.clock.add(2 * time.Hour)
		if acts := o.due(); acts != "" {
			t.Errorf("%s was done", acts)
		}
		o.wantStatus(v1, policy.Active)
		o.wantStatus(v2, policy.Archived)
		if got := o.archived(o.platform.ID, "site"); got != "v1*" {
			t.Errorf("the archive has %s", got)
		}
		_, err := o.db.Answer(t.Context(), []policy.Event{o.event(o.people[2], v2, policy.Accepted)})
		wantKind(t, err, policy.ErrConflict)
		given, err := o.db.Answers(t.Context(), o.people[1].ID)
		o.must(err)
		if len(given) != 1 || given[0].VersionID != v2.ID || o.pending() != 3 {
			t.Errorf("answers %+v, %d asked", given, o.pending())
		}
		o.wantWhole()
		// The next version is published as ever.
		v3 := o.publish(o.successor(v1, "v3"), false)
		o.wantStatus(v3, policy.Active)
		o.wantWhole()
	})
}

// What was announced where its policy is not asked is public there and nowhere else, also when it was taken back: what
// courses alone were told stays theirs, whatever becomes of its policy.
func TestTakenBackIsPublicWhereItWasAnnounced(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		elsewhere := o.addPlatform("https://other.example", "client-2")
		v1 := o.active("site")
		u := o.admit(in("2", "7", "5", "site"))
		beside := func(step string, here, there int) {
			t.Helper()
			for id, want := range map[string]int{o.platform.ID: here, elsewhere.ID: there} {
				a, err := o.db.Archives(t.Context(), id)
				o.must(err)
				n := 0
				for _, p := range a.Policies {
					n += len(p.Beside)
				}
				if n != want {
					t.Errorf("%s: %d versions beside those in force on %s, want %d", step, n, id, want)
				}
			}
		}
		takenBack := func(v policy.Version, platforms ...string) policy.Version {
			t.Helper()
			v.PolicyID = v1.PolicyID
			courses := v.Courses
			v = o.newDraft(v)
			v.Courses = courses
			v = o.chosen(v, platforms...)
			o.must(o.calendarOf(v, false, o.clock.now(), o.clock.now().Add(time.Hour), time.Time{}))
			if v = o.version(v.ID); courses {
				o.answer(o.eventIn("2", u, v, policy.Accepted))
			}
			o.must(o.db.Unschedule(t.Context(), o.admin, v.ID))
			return o.version(v.ID)
		}
		course := named(policy.Consent, "site", "for courses")
		course.Courses = true
		if v := takenBack(course, o.platform.ID); !v.Courses {
			t.Error("that it was for courses is forgotten")
		}
		beside("announced for courses", 0, 0)
		takenBack(named(policy.Agree, "site", "elsewhere"), elsewhere.ID)
		beside("announced elsewhere", 0, 1)
		takenBack(named(policy.Agree, "site", "here"), o.platform.ID)
		beside("announced here", 1, 1)
		o.chosen(o.successor(v1, "moves"), elsewhere.ID)
		beside("taken back before the policy moved", 1, 1)
		o.wantWhole()
	})
}

// Whoever accepted what is announced, or was, and not what is in force, has accepted nothing earlier: they are asked, and
// that is what their teachers read.
func TestEarlyAnswerIsNoOlderOne(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v1 := o.active("site")
		v2 := o.successor(v1, "v2")
		o.must(o.calendarOf(v2, false, o.clock.now(), o.clock.now().Add(time.Hour), time.Time{}))
		u := o.people[1]
		o.answer(o.event(u, o.version(v2.ID), policy.Accepted))
		want := func(when string) {
			t.Helper()
			given, err := o.db.Answers(t.Context(), u.ID)
			o.must(err)
			vs := []policy.Version{v1, o.version(v2.ID)}
			if s := policy.StandingOf(vs, given, nil, u.ID, policy.Person{}.At(o.clock.now())); s.State != policy.StatePending || s.Given != nil {
				t.Errorf("%s: they stand %s", when, s.State)
			}
			columns, err := o.db.RosterColumns(t.Context(), o.platform.ID, "2")
			o.must(err)
			roster := policy.NewRoster(columns, o.clock.now())
			o.must(o.db.EachParticipant(t.Context(), o.roster(), columns, func(p policy.Participant, given []policy.Given) error {
				if row := roster.Add(p, given); p.UserID == u.ID && row.Cells[0].State != policy.StatePending {
					t.Errorf("%s: the roster says %s", when, row.Cells[0].State)
				}
				return nil
			}))
		}
		want("announced")
		o.must(o.db.Unschedule(t.Context(), o.admin, v2.ID))
		want("taken back")
	})
}

// A minor change can be announced: everybody reads it, nobody has anything to answer, and nobody is asked again.
func TestMinorChangeAnnounced(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v1 := o.active("site")
		v2 := o.successor(v1, "v2")
		at := o.clock.now().Add(time.Hour)
		o.must(o.calendarOf(v2, true, o.clock.now(), at, time.Time{}))
		_, err := o.db.Answer(t.Context(), []policy.Event{o.event(o.people[1], o.version(v2.ID), policy.Accepted)})
		wantKind(t, err, policy.ErrConflict)
		asked := o.pending()
		o.until(at)
		if acts := o.due(); acts != "version.activate" || o.pending() != asked {
			t.Errorf("%s was done, %d are asked, %d before", acts, o.pending(), asked)
		}
		o.wantCount(o.version(v2.ID), 1, 4)
		o.wantWhole()
	})
}

// What is announced for other sites or courses than its policy is answered where it will be asked, and nowhere else.
func TestAnnouncedIsAnsweredWhereItWillBeAsked(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v1 := o.active("site")
		elsewhere := o.addPlatform("https://other.example", "client-2")
		v2 := o.chosen(o.successor(v1, "v2"), elsewhere.ID)
		o.must(o.calendarOf(v2, false, o.clock.now(), o.clock.now().Add(time.Hour), time.Time{}))
		for id, want := range map[string]int{o.platform.ID: 0, elsewhere.ID: 1} {
			vs, err := o.db.Announced(t.Context(), id, "")
			if err != nil || len(vs) != want {
				t.Errorf("%d announced on %s, %v", len(vs), id, err)
			}
		}
		_, err := o.db.Answer(t.Context(), []policy.Event{o.event(o.people[1], o.version(v2.ID), policy.Accepted)})
		wantKind(t, err, policy.ErrConflict)
	})
}

// Whoever publishes the next version, or takes the one in force back, ends what was still to come of it.
func TestAnotherVersionEndsWhatWasToCome(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := o.create("site", named(policy.Agree, "Site", "1"))
		o.must(o.calendarOf(v, false, time.Time{}, time.Time{}, o.clock.now().Add(time.Hour)))
		next := o.publish(o.successor(v, "2"), false)
		if n := o.count(`SELECT COUNT(versionid) FROM policy_step`); n != 0 {
			t.Errorf("%d steps are left after another version was published", n)
		}
		again := o.successor(next, "3")
		o.must(o.calendarOf(again, false, time.Time{}, time.Time{}, o.clock.now().Add(time.Hour)))
		o.must(o.db.Inactivate(t.Context(), o.admin, again.ID))
		o.clock.add(2 * time.Hour)
		if acts := o.due(); acts != "" {
			t.Errorf("%s was done", acts)
		}
	})
}

// An acceptance counts for as long as its version says: before that it is asked for again, afterwards it has expired, which
// is neither a refusal nor a withdrawal, and the gate is closed until it is renewed, which is an act of its own.
func TestAcceptanceForAYear(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := named(policy.Agree, "Site", "1")
		v.Validity, v.Zone = "P1Y", "Europe/Bucharest"
		v = o.publish(o.create("site", v), false)
		u := o.people[0]
		o.admit(graded(u.Sub, "7"))
		o.until(bucharest(9, 15, 10))
		o.answer(o.event(u, v, policy.Accepted))
		ends := bucharest(9, 16, 0).AddDate(1, 0, 0)
		renew := func() []policy.Event {
			t.Helper()
			given, err := o.db.Answers(t.Context(), u.ID)
			o.must(err)
			e, err := policy.Decide(v, policy.Choice{VersionID: v.ID, Answer: policy.Accepted}, policy.Person{}.At(o.clock.now()),
				policy.Latest(given, v.ID, v.MaterialID))
			o.must(err)
			x := o.event(u, v, e.Answer)
			recorded, err := o.db.Answer(t.Context(), []policy.Event{x})
			o.must(err)
			return recorded
		}
		want := func(when string, count store.Count, left int, open bool) {
			t.Helper()
			counts, _, err := o.db.Counts(t.Context(), o.institution)
			o.must(err)
			rows, err := o.db.Asked(t.Context(), o.platform.ID, "", u.ID)
			o.must(err)
			asked := policy.PendingAsked(rows, policy.Person{}.At(o.clock.now()))
			scores, err := o.db.TakeScores(t.Context(), 100, 100)
			o.must(err)
			o.must(o.db.ScoresSent(t.Context(), scores...))
			if got := o.open(u.Sub); counts[v.ID] != count || len(asked) != left || got != open {
				t.Errorf("%s: %+v, asked %d, gate open %v; want %+v, %d, %v", when, counts[v.ID], len(asked), got, count, left, open)
			}
		}
		want("answered", store.Count{Accepted: 1, Asked: 4}, 0, true)
		if n := len(renew()); n != 0 {
			t.Errorf("%d events of somebody who accepts again what counts for a year to come", n)
		}
		o.until(ends.AddDate(0, 0, -31))
		want("31 days before", store.Count{Accepted: 1, Asked: 4}, 0, true)
		o.until(ends.AddDate(0, 0, -30))
		want("30 days before", store.Count{Accepted: 1, Asked: 4}, 1, true)
		o.until(ends.Add(-time.Second))
		want("a second before", store.Count{Accepted: 1, Asked: 4}, 1, true)
		o.until(ends)
		want("ended", store.Count{Expired: 1, Asked: 4}, 1, false)
		if p := o.report(store.ReportQuery{Status: store.ReportExpired}); len(p.Rows) != 1 || p.Rows[0].Reported()[0] != policy.ReportedExpired {
			t.Errorf("the report of what has expired: %+v", p.Rows)
		}
		o.clock.add(time.Hour)
		events := renew()
		if len(events) != 1 || events[0].Answer != policy.Renewed || !events[0].Until.Equal(bucharest(9, 17, 0).AddDate(2, 0, 0)) {
			t.Fatalf("renewed: %+v", events)
		}
		if n := len(renew()); n != 0 {
			t.Errorf("%d events of a second renewal", n)
		}
		want("renewed", store.Count{Accepted: 1, Asked: 4}, 0, true)
		o.wantWhole()
	})
}

// An acceptance that has ended here is told to no Moodle, where it would count; how many they are is said.
func TestExportLeavesOutWhatHasEnded(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := named(policy.Consent, "Choice", "1")
		v.Validity, v.Zone = "P1Y", "Europe/Bucharest"
		v = o.publish(o.create("choice", v), false)
		o.answer(o.event(o.user("7"), v, policy.Accepted))
		o.answer(o.event(o.user("8"), v, policy.Declined))
		for _, c := range []struct{ years, answers, expired int }{{0, 2, 0}, {2, 1, 1}} {
			o.clock.add(time.Duration(c.years) * 366 * 24 * time.Hour)
			x := &told{current: map[int64]int64{}, archived: map[int64]bool{}}
			left, err := o.db.ExportMoodle(t.Context(), o.institution, o.platform.ID, x)
			o.must(err)
			if x.answers != c.answers || left.Expired != c.expired || left.Settings != 1 {
				t.Errorf("after %d years: %d answers, left %+v", c.years, x.answers, left)
			}
		}
	})
}

// What was chosen about the time of a version is no plan of one that is made of it.
func TestDaysOfAnotherTimeAreNotRestored(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v1 := o.active("site")
		v2, now := o.successor(v1, "v2"), o.clock.now()
		o.must(o.calendarOf(v2, false, now, now.Add(time.Hour), now.Add(2*time.Hour)))
		o.must(o.db.Unschedule(t.Context(), o.admin, v2.ID))
		id, err := o.db.RestoreAsDraft(t.Context(), o.admin, v2.ID)
		o.must(err)
		if v := o.version(id); !v.AnnouncedFrom.IsZero() || !v.EffectiveFrom.IsZero() || !v.EnforcedFrom.IsZero() {
			t.Errorf("announced %v, in force %v, enforced %v", v.AnnouncedFrom, v.EffectiveFrom, v.EnforcedFrom)
		}
	})
}

// A minor change leaves it at that when what was accepted ends, in whichever zone it was made.
func TestMinorChangeMovesNoEnd(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := named(policy.Agree, "Site", "1")
		v.Validity = "P1Y" // in no zone: as in files without one
		v = o.load("site", v)
		until := o.answer(o.event(o.people[0], v, policy.Accepted))[0].Until
		next := named(policy.Agree, "Site", "2")
		next.PolicyID, next.Validity, next.Zone = v.PolicyID, "P1Y", "Europe/Bucharest"
		o.publish(o.newDraft(next), true)
		rows, err := o.db.Asked(t.Context(), o.platform.ID, "", o.people[0].ID)
		o.must(err)
		if len(rows) != 1 || until.IsZero() || !rows[0].Ends().Equal(until) {
			t.Errorf("it ends %v, the event says %v", rows[0].Ends(), until)
		}
	})
}

// Nothing is announced that is not what somebody decided to announce.
func TestOnlyTheScheduledEditIsAnnounced(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v, now := o.successor(o.active("site"), "v2"), o.clock.now()
		o.must(o.calendarOf(v, false, now.Add(time.Hour), now.Add(2*time.Hour), time.Time{}))
		o.exec(`UPDATE policy_version_detail SET edit = edit + 1 WHERE versionid = ?`, v.ID)
		o.clock.add(time.Hour)
		if acts := o.due(); acts != "" || o.version(v.ID).Announced {
			t.Errorf("%q was done, announced: %v", acts, o.version(v.ID).Announced)
		}
	})
}

// An answer that comes from a Moodle counts as long as any other, and its event says until when.
func TestImportedAnswersEnd(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := named(policy.Agree, "Site", "1")
		v.Validity, v.Zone = "P1Y", "Europe/Bucharest"
		v = o.load("site", v)
		yes, no := imported(1, o.people[0], v, true, bucharest(8, 1, 12)), imported(2, o.people[1], v, false, bucharest(8, 1, 12))
		_, err := o.db.ImportMoodleAnswers(t.Context(), o.platform, []store.MoodleAnswer{yes, no}, false)
		o.must(err)
		for i, want := range []time.Time{bucharest(8, 2, 0).AddDate(1, 0, 0), {}} {
			es, err := o.db.Events(t.Context(), o.people[i].ID)
			o.must(err)
			if len(es) != 1 || !es[0].Until.Equal(want) {
				t.Errorf("%+v, want it until %v", es, want)
			}
		}
		o.wantWhole()
	})
}
