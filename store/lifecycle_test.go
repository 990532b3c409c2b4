package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
)

// office is an institution with four people who are asked, and an administrator.
type office struct {
	*site
	admin  store.Admin
	people []store.User
}

func newOffice(s *site) *office {
	o := &office{site: s}
	for _, sub := range []string{"u1", "u2", "u3", "u4"} {
		o.people = append(o.people, s.user(sub))
	}
	o.admin = store.Admin{InstitutionID: s.institution, UserID: s.somebody(7), Actor: "manager1 (7)"}
	return o
}

func eachOffice(t *testing.T, f func(t *testing.T, o *office)) {
	t.Helper()
	eachSite(t, func(t *testing.T, s *site) { f(t, newOffice(s)) })
}

func named(kind policy.Kind, name, revision string) policy.Version {
	v := draft(kind, policy.Text{Lang: "ro", Name: name, Summary: "<p>s</p>", Content: policy.SafeHTML("<p>" + name + " " + revision + "</p>")})
	v.Revision = revision
	return v
}

func (o *office) create(slug string, v policy.Version) policy.Version {
	o.t.Helper()
	_, id, err := o.db.CreatePolicy(o.t.Context(), o.admin, slug, v, []string{o.platform.ID})
	o.must(err)
	return o.version(id)
}

func (o *office) version(id int64) policy.Version {
	o.t.Helper()
	v, err := o.db.Version(o.t.Context(), o.institution, id)
	o.must(err)
	return v
}

func (o *office) publish(v policy.Version, minor bool) policy.Version {
	o.t.Helper()
	o.clock.add(time.Second)
	o.must(o.db.Publish(o.t.Context(), o.admin, store.Publication{VersionID: v.ID, Edit: v.Edit, Minor: minor}))
	return o.version(v.ID)
}

// active makes a policy with an active version that the first person accepted.
func (o *office) active(slug string) policy.Version {
	o.t.Helper()
	v := o.publish(o.create(slug, named(policy.Agree, slug, "v1")), false)
	o.answer(o.event(o.people[0], v, policy.Accepted))
	return v
}

func (o *office) newDraft(v policy.Version) policy.Version {
	o.t.Helper()
	o.clock.add(time.Second)
	id, err := o.db.NewDraft(o.t.Context(), o.admin, v)
	o.must(err)
	return o.version(id)
}

func (o *office) wantCount(v policy.Version, accepted, asked int) {
	o.t.Helper()
	counts, _, err := o.db.Counts(o.t.Context(), o.institution)
	o.must(err)
	if c := counts[v.ID]; c.Accepted != accepted || c.Asked != asked {
		o.t.Errorf("version %d: %d of %d, want %d of %d", v.ID, c.Accepted, c.Asked, accepted, asked)
	}
}

func (o *office) wantStatus(v policy.Version, want policy.Status) {
	o.t.Helper()
	if got := o.version(v.ID).Status(); got != want {
		o.t.Errorf("version %d has status %d, want %d", v.ID, got, want)
	}
}

// pending counts who is asked now.
func (o *office) pending() int {
	o.t.Helper()
	n := 0
	for _, u := range o.people {
		asked, err := o.db.Asked(o.t.Context(), o.platform.ID, "", u.ID)
		o.must(err)
		if len(policy.PendingAsked(asked, policy.Person{}.At(o.clock.now()))) > 0 {
			n++
		}
	}
	return n
}

func wantKind(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("error %v, want %v", err, kind)
	}
}

func TestM01NewPolicyIsADraftThatAsksNobody(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := o.create("site", named(policy.Agree, "Policy1", "v1"))
		o.wantStatus(v, policy.Draft)
		o.wantCount(v, 0, 0)
		if o.pending() != 0 {
			t.Error("a draft asks")
		}
	})
}

func TestM02NewPolicyPublishedAsksEverybody(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := o.publish(o.create("site", named(policy.Agree, "Policy1", "v1")), false)
		o.wantStatus(v, policy.Active)
		o.wantCount(v, 0, 4)
		if o.pending() != 4 {
			t.Errorf("%d are asked", o.pending())
		}
	})
}

func TestM03MinorChangeKeepsAnswers(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v1 := o.active("site")
		events := o.count(`SELECT COUNT(id) FROM acceptance_event`)
		changed := named(policy.Agree, "Policy1 renamed", "v1")
		changed.PolicyID = v1.PolicyID
		v2 := o.publish(o.newDraft(changed), true)
		o.wantStatus(v1, policy.Archived)
		o.wantStatus(v2, policy.Active)
		if v2.MaterialID != v1.ID {
			t.Errorf("material %d, want %d", v2.MaterialID, v1.ID)
		}
		o.wantCount(v2, 1, 4)
		if o.pending() != 3 || o.count(`SELECT COUNT(id) FROM acceptance_event`) != events {
			t.Errorf("%d are asked", o.pending())
		}
		if got := o.version(v1.ID); got.Primary() != v1.Primary() {
			t.Error("the text that people accepted changed")
		}
		log, _, err := o.db.AdminLogPage(t.Context(), store.LogQuery{InstitutionID: o.institution, Limit: 1})
		o.must(err)
		if log[0].Action != "version.publish" || log[0].Actor != "manager1 (7)" || !strings.Contains(log[0].Detail, `"before":{`) || !strings.Contains(log[0].Detail, "Policy1 renamed") {
			t.Errorf("log %+v", log[0])
		}
	})
}

func TestM04ActiveSavedAsDraftStaysActive(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v1 := o.active("site")
		v := named(policy.Agree, "Policy1", "v2")
		v.PolicyID = v1.PolicyID
		v2 := o.newDraft(v)
		o.wantStatus(v1, policy.Active)
		o.wantStatus(v2, policy.Draft)
		o.wantCount(v1, 1, 4)
		o.wantCount(v2, 0, 0)
	})
}

func TestM05MaterialChangeAsksAgain(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v1 := o.active("site")
		v := named(policy.Agree, "Policy2", "v2")
		v.PolicyID = v1.PolicyID
		v2 := o.publish(o.newDraft(v), false)
		o.wantStatus(v1, policy.Archived)
		o.wantCount(v1, 1, 0)
		o.wantCount(v2, 0, 4)
		if o.pending() != 4 {
			t.Errorf("%d are asked", o.pending())
		}
	})
}

func TestM06DraftIsReplacedInPlace(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := o.create("site", named(policy.Agree, "Policy1", "v1"))
		v.Texts = append([]policy.Text{{Lang: "ro", Name: "Policy2", Content: "<p>x</p>"}}, policy.Text{Lang: "en", Name: "P", Content: "<p>y</p>"})
		v.Contact, v.Kind = "dpo@example.test", policy.Consent
		edit, err := o.db.SaveDraft(t.Context(), o.admin, v, []string{o.platform.ID})
		o.must(err)
		got := o.version(v.ID)
		if edit != v.Edit+1 || got.Edit != edit || got.Primary().Name != "Policy2" || len(got.Texts) != 2 || got.Contact != v.Contact || !got.Optional() || got.UserModified != 7 {
			t.Errorf("edit %d, %+v", edit, got)
		}
		vs, err := o.db.PolicyVersions(t.Context(), o.institution, v.PolicyID)
		o.must(err)
		if len(vs) != 1 {
			t.Errorf("%d versions", len(vs))
		}
	})
}

func TestM07EditedDraftIsPublished(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := o.create("site", named(policy.Agree, "Policy1", "v1"))
		v.Texts[0].Name = "Policy2"
		var err error
		v.Edit, err = o.db.SaveDraft(t.Context(), o.admin, v, []string{o.platform.ID})
		o.must(err)
		v = o.publish(v, false)
		o.wantStatus(v, policy.Active)
		o.wantCount(v, 0, 4)
	})
}

func TestM08PublishingNeedsTheDraftAsSeen(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := o.create("site", named(policy.Agree, "Policy1", "v1"))
		_, err := o.db.SaveDraft(t.Context(), o.admin, v, []string{o.platform.ID})
		o.must(err)
		wantKind(t, o.db.Publish(t.Context(), o.admin, store.Publication{VersionID: v.ID, Edit: v.Edit}), policy.ErrConflict)
		o.wantStatus(v, policy.Draft)
		o.publish(o.version(v.ID), false)
		o.wantStatus(v, policy.Active)
		wantKind(t, o.db.Publish(t.Context(), o.admin, store.Publication{VersionID: v.ID, Edit: v.Edit + 1}), policy.ErrInvalid)
	})
}

func TestM09InactivatedAndRestoredAsDraft(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v1 := o.active("site")
		o.must(o.db.Inactivate(t.Context(), o.admin, v1.ID))
		o.wantStatus(v1, policy.Archived)
		if o.pending() != 0 {
			t.Error("an inactive policy asks")
		}
		id, err := o.db.RestoreAsDraft(t.Context(), o.admin, v1.ID)
		o.must(err)
		v2 := o.version(id)
		o.wantStatus(v2, policy.Draft)
		o.wantStatus(v1, policy.Archived)
		o.wantCount(v1, 1, 0)
		if v2.Primary() != v1.Primary() || v2.MaterialID == v1.MaterialID {
			t.Errorf("%+v", v2)
		}
		wantKind(t, o.db.Inactivate(t.Context(), o.admin, v1.ID), policy.ErrConflict)
	})
}

func TestM10RestoredAndPublishedAsksAgain(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v1 := o.active("site")
		o.must(o.db.Inactivate(t.Context(), o.admin, v1.ID))
		id, err := o.db.RestoreAsDraft(t.Context(), o.admin, v1.ID)
		o.must(err)
		v2 := o.publish(o.version(id), false)
		o.wantCount(v2, 0, 4)
		o.wantCount(v1, 1, 0)
	})
}

func TestM11ActiveListNamesOnlyActiveOnes(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		o.create("draft", named(policy.Agree, "Draft", "v1"))
		v := o.active("site")
		vs, err := o.db.ActiveVersions(t.Context(), o.platform.ID, "")
		o.must(err)
		if len(vs) != 1 || vs[0].ID != v.ID {
			t.Errorf("%d versions listed", len(vs))
		}
	})
}

func TestU01TextsThatWereActiveNeverChange(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := o.active("site")
		v.Texts[0].Content = "<p>another</p>"
		_, err := o.db.SaveDraft(t.Context(), o.admin, v, []string{o.platform.ID})
		wantKind(t, err, policy.ErrInvalid)
		wantKind(t, o.db.DeleteDraft(t.Context(), o.admin, v.ID), policy.ErrInvalid)
		_, err = o.db.RestoreAsDraft(t.Context(), o.admin, v.ID)
		wantKind(t, err, policy.ErrInvalid)
		o.must(o.db.Inactivate(t.Context(), o.admin, v.ID))
		_, err = o.db.SaveDraft(t.Context(), o.admin, v, []string{o.platform.ID})
		wantKind(t, err, policy.ErrInvalid)
		wantKind(t, o.db.DeleteDraft(t.Context(), o.admin, v.ID), policy.ErrInvalid)
		wantKind(t, o.db.Publish(t.Context(), o.admin, store.Publication{VersionID: v.ID, Edit: v.Edit}), policy.ErrInvalid)
		if got := o.version(v.ID); got.Primary().Content != "<p>site v1</p>" {
			t.Errorf("text %q", got.Primary().Content)
		}
	})
}

func TestU01DraftsAreDeletedWithTheirPolicy(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := o.create("site", named(policy.Agree, "Policy1", "v1"))
		second := v
		second.PolicyID = v.PolicyID
		d := o.newDraft(second)
		o.must(o.db.DeleteDraft(t.Context(), o.admin, d.ID))
		if ps, err := o.db.Policies(t.Context(), o.institution); err != nil || len(ps) != 1 {
			t.Errorf("%d policies, %v", len(ps), err)
		}
		o.must(o.db.DeleteDraft(t.Context(), o.admin, v.ID))
		if ps, err := o.db.Policies(t.Context(), o.institution); err != nil || len(ps) != 0 {
			t.Errorf("%d policies, %v", len(ps), err)
		}
		for _, table := range []string{"tool_policy", "tool_policy_versions", "policy_version_detail", "policy_detail", "policy_platform"} {
			if n := o.site.count(`SELECT COUNT(*) FROM ` + table); n != 0 {
				t.Errorf("%d rows left in %s", n, table)
			}
		}
	})
}

func TestU02OrderOfPolicies(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		var ids []int64
		for _, slug := range []string{"a", "b", "c"} {
			ids = append(ids, o.create(slug, named(policy.Agree, slug, "1")).PolicyID)
		}
		order := func() string {
			ps, err := o.db.Policies(t.Context(), o.institution)
			o.must(err)
			s := ""
			for _, p := range ps {
				s += p.Slug
			}
			return s
		}
		for _, step := range []struct {
			move func() error
			want string
		}{
			{func() error { return nil }, "abc"},
			{func() error { return o.db.Move(t.Context(), o.admin, ids[2], true) }, "acb"},
			{func() error { return o.db.Move(t.Context(), o.admin, ids[2], true) }, "cab"},
			{func() error { return o.db.Move(t.Context(), o.admin, ids[2], true) }, "cab"},
			{func() error { return o.db.Move(t.Context(), o.admin, ids[0], false) }, "cba"},
			{func() error { return o.db.Move(t.Context(), o.admin, ids[0], false) }, "cba"},
		} {
			o.must(step.move())
			if got := order(); got != step.want {
				t.Errorf("order %s, want %s", got, step.want)
			}
		}
	})
}

func TestU10WhatAsksAgain(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v1 := o.active("site")
		o.answer(o.event(o.people[1], v1, policy.Accepted), o.event(o.people[2], v1, policy.Accepted), o.event(o.people[3], v1, policy.Accepted))
		want := func(n int, what string) {
			t.Helper()
			if got := o.pending(); got != n {
				t.Errorf("after %s %d are asked, want %d", what, got, n)
			}
		}
		want(0, "accepting")
		next := named(policy.Agree, "site", "v2")
		next.PolicyID = v1.PolicyID
		d := o.newDraft(next)
		want(0, "making a draft")
		o.create("another", named(policy.Agree, "another", "1"))
		want(0, "making a policy")
		o.publish(d, true)
		want(0, "a minor change")
		major := o.publish(o.newDraft(next), false)
		want(4, "a material change")
		o.must(o.db.Inactivate(t.Context(), o.admin, major.ID))
		want(0, "inactivating")
	})
}

func TestTwoEditorsNeverOverwriteEachOther(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := o.create("site", named(policy.Agree, "Policy1", "v1"))
		errs := parallel(8, func(i int) error {
			mine := v
			mine.Texts = []policy.Text{{Lang: "ro", Name: userNumber(i), Content: "<p>x</p>"}}
			_, err := o.db.SaveDraft(t.Context(), o.admin, mine, []string{o.platform.ID})
			return err
		})
		won := 0
		for i, err := range errs {
			switch {
			case err == nil:
				won++
				if got := o.version(v.ID).Primary().Name; got != userNumber(i) {
					t.Errorf("saved %s, have %s", userNumber(i), got)
				}
			case !errors.Is(err, policy.ErrConflict):
				t.Errorf("editor %d: %v", i, err)
			}
		}
		if won != 1 {
			t.Errorf("%d editors saved", won)
		}
	})
}

// Whoever inactivates a version has looked at that one: another that took its place meanwhile stays.
func TestInactivatingIsOfTheVersionThatWasShown(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v1 := o.active("site")
		v2 := o.publish(o.successor(v1, "v2"), false)
		wantKind(t, o.db.Inactivate(t.Context(), o.admin, v1.ID), policy.ErrConflict)
		o.wantStatus(v2, policy.Active)
		o.must(o.db.Inactivate(t.Context(), o.admin, v2.ID))
		o.wantStatus(v2, policy.Archived)
	})
}

func TestScheduledVersionBecomesActiveWhenItsTimeComes(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v1 := o.active("site")
		o.answer(o.event(o.people[1], v1, policy.Accepted))
		next := named(policy.Agree, "site", "v2")
		next.PolicyID = v1.PolicyID
		v2 := o.newDraft(next)
		// Midnight in Bucharest at the end of summer time, as an instant.
		at := time.Date(2026, 10, 25, 0, 0, 0, 0, time.FixedZone("EEST", 3*3600))
		wantKind(t, o.db.Publish(t.Context(), o.admin, store.Publication{VersionID: v2.ID, Edit: v2.Edit, At: o.clock.now()}), policy.ErrInvalid)
		o.must(o.db.Publish(t.Context(), o.admin, store.Publication{VersionID: v2.ID, Edit: v2.Edit, At: at}))
		_, err := o.db.SaveDraft(t.Context(), o.admin, v2, []string{o.platform.ID})
		wantKind(t, err, policy.ErrConflict)
		wantKind(t, o.db.Inactivate(t.Context(), o.admin, v1.ID), policy.ErrConflict)
		list, err := o.db.Scheduled(t.Context(), o.institution)
		if err != nil || len(list) != 1 || !list[0].At.Equal(at) {
			t.Errorf("scheduled %+v, %v", list, err)
		}
		wantKind(t, o.db.Unschedule(t.Context(), o.admin, v1.ID), policy.ErrNotFound)
		o.must(o.db.Unschedule(t.Context(), o.admin, v2.ID))
		wantKind(t, o.db.Unschedule(t.Context(), o.admin, v2.ID), policy.ErrNotFound)
		v2 = o.version(v2.ID)
		o.must(o.db.Publish(t.Context(), o.admin, store.Publication{VersionID: v2.ID, Edit: v2.Edit, At: at}))

		o.clock.add(at.Add(-time.Second).Sub(o.clock.now()))
		if n := o.pending(); n != 2 {
			t.Errorf("%d are asked a second before", n)
		}
		o.wantStatus(v1, policy.Active)
		if n, err := o.db.ActivateDue(t.Context()); n != 0 || err != nil {
			t.Errorf("activated a second before: %d, %v", n, err)
		}
		o.clock.add(time.Second)
		if n, err := o.db.ActivateDue(t.Context()); n != 1 || err != nil {
			t.Errorf("activated at the time: %d, %v", n, err)
		}
		if n := o.pending(); n != 4 {
			t.Errorf("%d are asked at the time", n)
		}
		o.wantStatus(v1, policy.Archived)
		o.wantStatus(v2, policy.Active)
		if n, err := o.db.ActivateDue(t.Context()); n != 0 || err != nil {
			t.Errorf("activated again: %d, %v", n, err)
		}
	})
}

func TestReachIsWhoIsPendingThen(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v1 := o.active("site")
		tester := message("tester", "n-tester")
		tester.Roles = testRoles()
		_, err := o.db.Admit(t.Context(), tester, o.platform)
		o.must(err)
		next := named(policy.Agree, "site", "v2")
		next.PolicyID = v1.PolicyID
		for _, minor := range []bool{true, false} {
			d := o.newDraft(next)
			reach, err := o.db.Reach(t.Context(), o.institution, d, []string{o.platform.ID}, minor)
			o.must(err)
			if len(reach) != 1 || reach[0].People != 4 {
				t.Fatalf("reach %+v", reach)
			}
			o.publish(d, minor)
			if n := o.pending(); n != reach[0].Asked {
				t.Errorf("minor %v: the dialog says %d, then %d are asked", minor, reach[0].Asked, n)
			}
		}
	})
}

func TestOtherInstitutionsPoliciesAreNotReachable(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := o.active("site")
		d := v
		d.ID = o.newDraft(v).ID
		d.Edit = 1
		other, err := o.db.EnsureInstitution(t.Context(), "Other")
		o.must(err)
		a := store.Admin{InstitutionID: other}
		ctx := t.Context()
		foreign := platformFor(o.id(), other, "https://other.example", "c")
		o.must(o.db.AddPlatform(ctx, foreign))
		before, _, err := o.db.AdminLogPage(ctx, store.LogQuery{InstitutionID: o.institution, Limit: 100})
		o.must(err)
		for name, err := range map[string]error{
			"publish":    o.db.Publish(ctx, a, store.Publication{VersionID: d.ID, Edit: d.Edit}),
			"schedule":   o.db.Publish(ctx, a, store.Publication{VersionID: d.ID, Edit: d.Edit, At: o.clock.now().Add(time.Hour)}),
			"unschedule": o.db.Unschedule(ctx, a, v.ID),
			"inactivate": o.db.Inactivate(ctx, a, v.ID),
			"delete":     o.db.DeleteDraft(ctx, a, d.ID),
			"move":       o.db.Move(ctx, a, v.PolicyID, true),
			"save":       second(o.db.SaveDraft(ctx, a, d, []string{o.platform.ID})),
			"draft":      second(o.db.NewDraft(ctx, a, v)),
			"restore":    second(o.db.RestoreAsDraft(ctx, a, v.ID)),
			"versions":   second(o.db.PolicyVersions(ctx, other, v.PolicyID)),
			"report":     second(o.db.Report(ctx, store.ReportQuery{InstitutionID: other, PolicyID: v.PolicyID})),
			"platform":   second(o.db.Report(ctx, store.ReportQuery{InstitutionID: other, PlatformIDs: []string{o.platform.ID}})),
			"grant":      o.db.Grant(ctx, a, o.platform.ID, o.people[0].ID, store.PowerReport),
			"revoke":     o.db.Revoke(ctx, a, o.platform.ID, o.people[0].ID, store.PowerReport),
			"behalf": second(o.db.AnswerFor(ctx, a, store.Behalf{
				Platform: foreign, UserIDs: []int64{o.people[1].ID}, VersionIDs: []int64{v.ID}, Answer: policy.Accepted})),
			"behalf of others": second(o.db.AnswerFor(ctx, o.admin, store.Behalf{
				Platform: foreign, UserIDs: []int64{o.people[1].ID}, VersionIDs: []int64{v.ID}, Answer: policy.Accepted})),
		} {
			if !errors.Is(err, policy.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		after, _, err := o.db.AdminLogPage(ctx, store.LogQuery{InstitutionID: o.institution, Limit: 100})
		o.must(err)
		if len(before) != len(after) {
			t.Error("the other institution's admin left entries in the log")
		}
		_, _, err = o.db.CreatePolicy(ctx, a, "x", named(policy.Agree, "x", "1"), []string{o.platform.ID})
		wantKind(t, err, policy.ErrInvalid)
	})
}

func second[T any](_ T, err error) error { return err }
