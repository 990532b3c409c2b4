package store_test

import (
	"slices"
	"testing"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
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
		if ps, err := o.db.GrantsOf(ctx, o.platform.ID, id); err != nil || !slices.Equal(ps, []store.Power{store.PowerBehalf, store.PowerReport}) {
			t.Errorf("%v, %v", ps, err)
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
