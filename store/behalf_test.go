package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

func testRoles() lti.Roles {
	return lti.ParseRoles([]string{"http://purl.imsglobal.org/vocab/lti/system/person#TestUser"})
}

func TestAnswersOnBehalf(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		agree := o.active("site")
		consent := o.publish(o.create("cookies", named(policy.Consent, "cookies", "1")), false)
		officer := o.user("officer")
		act := func(a policy.Answer, v policy.Version, us ...store.User) store.BehalfDone {
			t.Helper()
			b := store.Behalf{Platform: o.platform, VersionIDs: []int64{v.ID}, Answer: a, Note: "paper form 12", ActorID: officer.ID, ActorSub: officer.Sub, UILang: "ro", Presentation: "p-" + string(a) + o.id()[:8]}
			for _, u := range us {
				b.UserIDs = append(b.UserIDs, u.ID)
			}
			done, err := o.db.AnswerFor(t.Context(), o.admin, b)
			o.must(err)
			return done
		}
		done := act(policy.Accepted, agree, o.people...)
		if len(done.Recorded) != 3 || done.Same != 1 {
			t.Errorf("accepted for %d, %d stood so", len(done.Recorded), done.Same)
		}
		e := done.Recorded[0]
		if e.ActorID != officer.ID || e.UserID == e.ActorID || e.Note != "paper form 12" || e.Answer != policy.Accepted {
			t.Errorf("event %+v", e)
		}
		if done := act(policy.Declined, consent, o.people[0]); len(done.Recorded) != 1 || done.Recorded[0].Answer != policy.Declined {
			t.Errorf("declined %+v", done)
		}
		if done := act(policy.Withdrawn, agree, o.people[0], o.people[1]); len(done.Recorded) != 2 {
			t.Errorf("withdrew %d", len(done.Recorded))
		}
		if done := act(policy.Withdrawn, agree, o.people[0]); len(done.Recorded) != 0 || done.Same != 1 {
			t.Errorf("withdrew again %+v", done)
		}
		_, err := o.db.AnswerFor(t.Context(), o.admin, store.Behalf{Platform: o.platform, UserIDs: []int64{o.people[3].ID}, VersionIDs: []int64{agree.ID}, Answer: policy.Declined, ActorID: officer.ID})
		wantKind(t, err, policy.ErrInvalid)
		page, err := o.db.Report(t.Context(), store.ReportQuery{InstitutionID: o.institution})
		o.must(err)
		var got []policy.Reported
		for _, r := range page.Rows[:4] {
			got = append(got, r.Reported()...)
		}
		want := []policy.Reported{
			policy.ReportedDeclinedBehalf, policy.ReportedDeclinedBehalf,
			policy.ReportedDeclinedBehalf, policy.ReportedPending,
			policy.ReportedAcceptedBehalf, policy.ReportedPending,
			policy.ReportedAcceptedBehalf, policy.ReportedPending,
		}
		if !slices.Equal(got, want) {
			t.Errorf("report %v", got)
		}
		if n := o.site.count(`SELECT COUNT(id) FROM admin_log WHERE action = 'behalf.accepted'`); n != 1 {
			t.Errorf("%d entries in the log", n)
		}
	})
}

func TestGrants(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		ctx, id := t.Context(), o.people[0].ID
		for range 2 {
			o.must(o.db.Grant(ctx, o.admin, o.platform.ID, id, store.PowerReport))
		}
		o.must(o.db.Grant(ctx, o.admin, o.platform.ID, id, store.PowerBehalf))
		wantKind(t, o.db.Grant(ctx, o.admin, o.platform.ID, id, "all"), policy.ErrInvalid)
		both, err := o.db.Grants(ctx, o.institution)
		if err != nil || len(both) != 2 || both[0].Power != store.PowerBehalf || both[1].Power != store.PowerReport {
			t.Errorf("%+v, %v", both, err)
		}
		for range 2 {
			o.must(o.db.Revoke(ctx, o.admin, o.platform.ID, id, store.PowerReport))
		}
		gs, err := o.db.Grants(ctx, o.institution)
		if err != nil || len(gs) != 1 || gs[0].Power != store.PowerBehalf || gs[0].UserID != id || gs[0].Actor != "manager1 (7)" {
			t.Errorf("%+v, %v", gs, err)
		}
		if n := o.site.count(`SELECT COUNT(id) FROM admin_log WHERE action LIKE 'grant.%'`); n != 3 {
			t.Errorf("%d entries in the log", n)
		}
	})
}

// Wherever an act for many people stops, the log names exactly those for whom an answer was recorded, and sending
// the page again completes it without doubling anything.
func TestActOnBehalfIsLoggedWithItsAnswers(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		o := newOffice(newSite(t, dsn))
		v := o.publish(o.create("site", named(policy.Agree, "site", "v1")), false)
		officer := o.user("officer")
		b := store.Behalf{
			Platform: o.platform, VersionIDs: []int64{v.ID}, Answer: policy.Accepted, Note: "paper form 12",
			ActorID: officer.ID, ActorSub: officer.Sub, UILang: "ro", Presentation: "p",
		}
		for i := range 120 {
			b.UserIDs = append(b.UserIDs, o.user(fmt.Sprint("many", i)).ID)
		}
		consistent := func() int {
			t.Helper()
			entries, _, err := o.db.AdminLogPage(t.Context(), store.LogQuery{InstitutionID: o.institution, Limit: 1000})
			o.must(err)
			var logged []int64
			for _, e := range entries {
				if e.Action != "behalf.accepted" {
					continue
				}
				var detail struct {
					After struct{ Users []int64 }
				}
				o.must(json.Unmarshal([]byte(e.Detail), &detail))
				logged = append(logged, detail.After.Users...)
			}
			var answered []int64
			o.must(o.db.SQL().SelectContext(t.Context(), &answered, `SELECT userid FROM acceptance_event WHERE versionid = ? ORDER BY userid`, v.ID))
			slices.Sort(logged)
			if !slices.Equal(logged, answered) {
				t.Errorf("%d people in the log, %d answers", len(logged), len(answered))
			}
			return len(answered)
		}
		// The clock is looked at throughout the act: each time at another look, the program stops.
		halves := 0
		for stop := 1; ; stop += 41 {
			ctx, cancel := context.WithCancel(t.Context())
			looks, mu := 0, sync.Mutex{}
			db := storetest.Open(t, dsn, store.Options{Now: func() time.Time {
				mu.Lock()
				defer mu.Unlock()
				if looks++; looks == stop {
					cancel()
				}
				return o.clock.now()
			}})
			_, err := db.AnswerFor(ctx, o.admin, b)
			cancel()
			n := consistent()
			if n > 0 && n < len(b.UserIDs) {
				halves++
			}
			if err == nil {
				if n != len(b.UserIDs) {
					t.Errorf("%d of %d answered for", n, len(b.UserIDs))
				}
				break
			}
			if t.Failed() {
				return
			}
		}
		if halves == 0 {
			t.Error("no act stopped half-way")
		}
	})
}
