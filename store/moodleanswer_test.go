package store_test

import (
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// imported is a row of a Moodle site about a person here.
func imported(id int64, u store.User, v policy.Version, accepted bool, at time.Time) store.MoodleAnswer {
	return store.MoodleAnswer{
		ID: id, VersionID: v.ID, UserID: u.ID, Sub: u.Sub, ActorID: u.ID, ActorSub: u.Sub,
		Accepted: accepted, Lang: "ro", Tag: "ro", Created: at, Modified: at,
	}
}

// Somebody answers here while an import that is older brings what they said in Moodle: what they say now stands.
func TestImportLeavesWhatIsAnsweredMeanwhile(t *testing.T) {
	storetest.EachServer(t, func(t *testing.T, dsn string) { // SQLite lets one transaction begin after the other
		o := newOffice(newSite(t, dsn))
		ctx, u := t.Context(), o.people[0]
		v := o.publish(o.create("site", named(policy.Consent, "site", "v1")), false)
		first, err := o.db.ImportMoodleAnswers(ctx, o.platform, []store.MoodleAnswer{imported(1, u, v, false, o.clock.now().Add(-2*time.Hour))}, false)
		if err != nil || first.Recorded != 1 {
			t.Fatalf("%+v, %v", first, err)
		}
		// The person withdraws, then the import reads; the row is held until both wait for it.
		o.answer(o.event(u, v, policy.Accepted))
		o.exec(`UPDATE tool_policy_acceptances SET timemodified = ?`, o.clock.now().Add(-3*time.Hour).Unix())
		tx, err := o.db.SQL().BeginTxx(ctx, nil)
		o.must(err)
		defer tx.Rollback() //nolint:errcheck // it only held the row
		var held int64
		o.must(tx.GetContext(ctx, &held, `SELECT id FROM tool_policy_acceptances WHERE policyversionid = ? AND userid = ? FOR UPDATE`, v.ID, u.ID))
		var got store.MoodleAnswers
		errs := o.released(func() { o.must(tx.Rollback()) },
			func() error {
				_, err := o.db.Answer(ctx, []policy.Event{o.event(u, v, policy.Withdrawn)})
				return err
			},
			func() (err error) {
				got, err = o.db.ImportMoodleAnswers(ctx, o.platform, []store.MoodleAnswer{imported(1, u, v, true, o.clock.now().Add(-time.Hour))}, false)
				return err
			})
		if errs[0] != nil || errs[1] != nil {
			t.Fatal(errs)
		}
		if got != (store.MoodleAnswers{Newer: 1}) {
			t.Errorf("imported %+v", got)
		}
		if n := o.count(`SELECT status FROM tool_policy_acceptances WHERE policyversionid = ? AND userid = ?`, v.ID, u.ID); n != 0 {
			t.Errorf("the standing answer is %d, and the person withdrew", n)
		}
	})
}

// An import that is broken off before its end is finished by the next run, although that finds nothing new.
func TestBrokenImportIsFinishedByTheNext(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		v := o.publish(o.create("site", named(policy.Agree, "site", "v1")), false)
		as := []store.MoodleAnswer{imported(1, o.people[0], v, true, o.clock.now().Add(-time.Hour)), imported(2, o.people[1], v, true, o.clock.now().Add(-time.Hour))}
		run := func() store.MoodleAnswers {
			t.Helper()
			n, err := o.db.ImportMoodleAnswers(ctx, o.platform, as, false)
			o.must(err)
			return n
		}
		run() // and the program stops
		checks := o.count(`SELECT COUNT(id) FROM gate_check`)
		n := run()
		if n != (store.MoodleAnswers{Known: 2}) {
			t.Errorf("the second run took over %+v", n)
		}
		o.clock.add(time.Second)
		for range 2 {
			o.must(o.db.FinishMoodleImport(ctx, o.platform, n))
		}
		if got := o.count(`SELECT COUNT(id) FROM gate_check`); got == checks {
			t.Error("no score is worked out again")
		}
		if got := o.count(`SELECT COUNT(id) FROM admin_log WHERE action = 'moodle.import' AND detail LIKE '%: 2 answers taken over, 2 were here, 0 left'`); got != 1 {
			t.Errorf("%d entries in the log", got)
		}
	})
}
