package store_test

import (
	"strings"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
)

// The reason of a change, its day and the change are one act: all of it or nothing.
func TestPublishingIsOneActWithItsReason(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		ctx, why := t.Context(), "Cinci ani în loc de patru."
		v1 := o.active("site")
		d := o.successor(v1, "v2")
		// A reason with what is refused is not kept.
		o.exec(`UPDATE tool_policy_versions SET content = '' WHERE id = ?`, d.ID)
		wantKind(t, o.db.Publish(ctx, o.admin, store.Publication{VersionID: d.ID, Edit: d.Edit, Note: &why}), policy.ErrInvalid)
		if got := o.version(d.ID); got.ChangeNote != "" || got.Edit != d.Edit {
			t.Errorf("half of it stayed: %q, edit %d", got.ChangeNote, got.Edit)
		}
		o.exec(`UPDATE tool_policy_versions SET content = '<p>v2</p>' WHERE id = ?`, d.ID)
		entries := o.count(`SELECT COUNT(id) FROM admin_log`)
		o.clock.add(time.Second)
		o.must(o.db.Publish(ctx, o.admin, store.Publication{VersionID: d.ID, Edit: d.Edit, Note: &why}))
		got := o.version(d.ID)
		if got.Status() != policy.Active || got.ChangeNote != why {
			t.Errorf("status %d, reason %q", got.Status(), got.ChangeNote)
		}
		log, _, err := o.db.AdminLogPage(ctx, store.LogQuery{InstitutionID: o.institution, Limit: 1})
		o.must(err)
		if n := o.count(`SELECT COUNT(id) FROM admin_log`); n != entries+1 || !strings.Contains(log[0].Detail, why) {
			t.Errorf("%d entries more in the log, the last one %s", n-entries, log[0].Detail)
		}
		long := strings.Repeat("x", 4001)
		next := o.successor(v1, "v3")
		wantKind(t, o.db.Publish(ctx, o.admin, store.Publication{VersionID: next.ID, Edit: next.Edit, Note: &long}), policy.ErrInvalid)
		// The reason that the draft has already stays where nobody asks for one.
		why2 := "Altceva."
		o.must(o.db.Publish(ctx, o.admin, store.Publication{VersionID: next.ID, Edit: next.Edit, Note: &why2, At: o.clock.now().Add(time.Hour)}))
		o.must(o.db.Unschedule(ctx, o.admin, next.ID))
		next = o.version(next.ID)
		o.publish(next, true)
		if got := o.version(next.ID); got.ChangeNote != why2 {
			t.Errorf("reason %q", got.ChangeNote)
		}
	})
}

// Whoever publishes decides on what the page said. If that is no longer so, nothing happens.
func TestPublishingNeedsItsBasis(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v1 := o.active("site")
		d := o.successor(v1, "v2")
		here := store.Scope{Platforms: []string{o.platform.ID}}
		for name, b := range map[string]store.Basis{
			"another version":     {Active: d.ID, Then: here, Now: here},
			"for courses":         {Active: v1.ID, Then: store.Scope{Platforms: here.Platforms, Courses: true}, Now: here},
			"another site":        {Active: v1.ID, Now: here},
			"until now elsewhere": {Active: v1.ID, Then: here},
		} {
			t.Run(name, func(t *testing.T) {
				wantKind(t, o.db.Publish(t.Context(), o.admin, store.Publication{VersionID: d.ID, Edit: d.Edit, Basis: &b}), policy.ErrConflict)
			})
		}
		o.must(o.db.Publish(t.Context(), o.admin, store.Publication{
			VersionID: d.ID, Edit: d.Edit, Basis: o.basis(d),
		}))
		o.wantStatus(d, policy.Active)
	})
}
