package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/policy"
	"ltipolicy/store"
)

// chosen saves the draft with these platforms as its own, and returns it as it is then.
func (o *office) chosen(v policy.Version, platforms ...string) policy.Version {
	o.t.Helper()
	_, err := o.db.SaveDraft(o.t.Context(), o.admin, v, platforms)
	o.must(err)
	return o.version(v.ID)
}

// basis is what the publish dialog would say of the draft now.
func (o *office) basis(v policy.Version) *store.Basis {
	o.t.Helper()
	then, now, err := o.db.DraftScope(o.t.Context(), v)
	o.must(err)
	b := &store.Basis{Then: then, Now: now}
	vs, err := o.db.PolicyVersions(o.t.Context(), o.institution, v.PolicyID)
	o.must(err)
	for _, v := range vs {
		if v.Status() == policy.Active {
			b.Active = v.ID
		}
	}
	return b
}

// applies is where the policy is asked, by the rows that everything that asks reads.
func (o *office) applies(policyID int64) store.Scope {
	o.t.Helper()
	on, err := o.db.PolicyPlatforms(o.t.Context(), o.institution)
	o.must(err)
	return store.Scope{Platforms: on[policyID], Courses: o.count(`SELECT courses FROM policy_detail WHERE policyid = ?`, policyID) == 1}
}

func (o *office) wantApplies(v policy.Version, want store.Scope) {
	o.t.Helper()
	if d := cmp.Diff(want, o.applies(v.PolicyID)); d != "" {
		o.t.Errorf("the policy applies elsewhere:\n%s", d)
	}
}

func (o *office) wantDraftScope(v policy.Version, want store.Scope) {
	o.t.Helper()
	then, _, err := o.db.DraftScope(o.t.Context(), v)
	o.must(err)
	if d := cmp.Diff(want, then); d != "" || v.Courses != want.Courses {
		o.t.Errorf("the draft is for elsewhere (courses %v):\n%s", v.Courses, d)
	}
}

// Sites and courses of a draft are its own while it is written, and the policy's from the moment it applies.
func TestDraftsScopeIsItsOwnUntilItApplies(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		ctx, second := t.Context(), o.addPlatform("https://second.example", "c2")
		here, there := store.Scope{Platforms: []string{o.platform.ID}}, store.Scope{Platforms: []string{second.ID}, Courses: true}
		v1 := o.active("site")
		u := o.admit(in("2", "7", "u1", ""))
		asked := o.asked("2", u.ID)
		checks := o.count(`SELECT COUNT(id) FROM gate_check`)
		for _, how := range []string{"now", "by schedule"} {
			d := o.newDraft(v1)
			o.wantDraftScope(d, here) // made of a version it is for where the policy applies
			d.Courses = true
			d = o.chosen(d, second.ID)
			o.wantDraftScope(d, there)
			o.wantApplies(d, here)
			if v := o.version(v1.ID); v.Courses {
				t.Error("the active version is for courses")
			}
			if got := o.asked("2", u.ID); !slices.Equal(got, asked) || o.count(`SELECT COUNT(id) FROM gate_check`) != checks {
				t.Errorf("saving the draft changed who is asked, from %v to %v, or has scores worked out again", asked, got)
			}
			if n := o.count(`SELECT COUNT(id) FROM admin_log WHERE action = 'policy.platforms'`); how == "now" && n != 1 { // when it was first published
				t.Errorf("%d entries about where it applies", n)
			}
			p := store.Publication{VersionID: d.ID, Edit: d.Edit, Basis: o.basis(d)}
			if how == "by schedule" {
				p.At = o.clock.now().Add(time.Hour)
			}
			o.must(o.db.Publish(ctx, o.admin, p))
			if how == "by schedule" {
				o.wantApplies(d, here)
				o.wantDraftScope(o.version(d.ID), there)
				o.clock.add(time.Hour)
				if n, err := o.db.ActivateDue(ctx); n != 1 || err != nil {
					t.Fatalf("%d became active, %v", n, err)
				}
			}
			o.wantStatus(d, policy.Active)
			o.wantApplies(d, there)
			if !o.version(d.ID).Courses {
				t.Error("the version that is active now is not for courses")
			}
			for _, action := range []string{"policy.platforms", "policy.courses"} {
				log, _, err := o.db.AdminLogPage(ctx, store.LogQuery{InstitutionID: o.institution, Action: action, Limit: 1})
				o.must(err)
				if len(log) != 1 || log[0].Object != "site" || log[0].Actor != o.admin.Actor {
					t.Errorf("%s in the log: %+v", action, log)
				}
			}
			if n := o.count(`SELECT COUNT(versionid) FROM policy_draft_scope`) + o.count(`SELECT COUNT(versionid) FROM policy_draft_platform`); n != 0 {
				t.Errorf("%d rows of no draft", n)
			}
			// Back for the next way; nobody's scores were to be worked out but for publishing.
			back := o.newDraft(v1)
			back.Courses = false
			v1 = o.publish(o.chosen(back, o.platform.ID), false)
			asked, checks = o.asked("2", u.ID), o.count(`SELECT COUNT(id) FROM gate_check`)
		}
	})
}

// A policy that was never active applies nowhere; its first draft says where it will.
func TestFirstDraftSaysWhereItsPolicyWillApply(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := named(policy.Agree, "Policy1", "v1")
		v.Courses = true
		v = o.create("site", v)
		o.wantApplies(v, store.Scope{})
		o.wantDraftScope(v, store.Scope{Platforms: []string{o.platform.ID}, Courses: true})
		drafts, err := o.db.DraftPlatforms(t.Context(), o.institution)
		if d := cmp.Diff(map[int64][]string{v.ID: {o.platform.ID}}, drafts); err != nil || d != "" {
			t.Errorf("%v\n%s", err, d)
		}
		v = o.publish(v, false)
		o.wantApplies(v, store.Scope{Platforms: []string{o.platform.ID}, Courses: true})
	})
}

// Where a draft is to apply is saved with its text or not at all.
func TestSavingADraftIsOneActWithItsSites(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := o.create("site", named(policy.Agree, "Policy1", "v1"))
		changed := v
		changed.Texts = []policy.Text{{Lang: "ro", Name: "Policy2", Content: "<p>x</p>"}}
		_, err := o.db.SaveDraft(t.Context(), o.admin, changed, []string{"not of this institution"})
		wantKind(t, err, policy.ErrInvalid)
		if got := o.version(v.ID); got.Primary() != v.Primary() || got.Edit != v.Edit {
			t.Errorf("half of it was saved: %+v", got)
		}
		o.wantDraftScope(v, store.Scope{Platforms: []string{o.platform.ID}})
		v = o.chosen(changed)
		o.wantDraftScope(v, store.Scope{})
		v = o.publish(v, false)
		o.wantApplies(v, store.Scope{})
	})
}

// What a draft was for goes with it.
func TestDiscardedDraftLeavesNoScope(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v1 := o.active("site")
		d := o.newDraft(v1)
		d.Courses = true
		d = o.chosen(d)
		o.must(o.db.DeleteDraft(t.Context(), o.admin, d.ID))
		o.wantApplies(v1, store.Scope{Platforms: []string{o.platform.ID}})
		if n := o.count(`SELECT COUNT(versionid) FROM policy_draft_scope`); n != 0 {
			t.Errorf("%d rows of no draft", n)
		}
	})
}

// Where a policy applies does not move under a version that waits: it was decided on that, too.
func TestLoadingOtherSitesUnderAWaitingVersionIsRefused(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v1 := o.active("site")
		o.must(o.schedule(o.successor(v1, "v2"), false, o.clock.now().Add(time.Hour)))
		load := func(platforms []string) (store.Loaded, error) {
			did, _, err := o.db.LoadPolicy(t.Context(), o.institution, "site", v1, platforms)
			return did, err
		}
		if did, err := load([]string{o.platform.ID}); did != store.LoadedNothing || err != nil {
			t.Errorf("the same again: %v, %v", did, err)
		}
		_, err := load(nil)
		wantKind(t, err, policy.ErrConflict)
		o.wantApplies(v1, store.Scope{Platforms: []string{o.platform.ID}})
	})
}
