package store_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
)

// by is a person of the office as an administrator.
func (o *office) by(i int) store.Admin {
	return store.Admin{InstitutionID: o.institution, UserID: o.people[i].ID, Actor: o.people[i].Sub}
}

func typed(v policy.Version, page, words string) store.Typing {
	return store.Typing{VersionID: v.ID, Page: page, Edit: v.Edit, Form: url.Values{"content.0": {words}, "site": {"a", "b"}}}
}

func (o *office) keep(a store.Admin, t store.Typing, after string) {
	o.t.Helper()
	o.must(o.db.KeepTyping(o.t.Context(), a, t, after))
}

func (o *office) wantTyping(a store.Admin, version int64, words string) store.Typing {
	o.t.Helper()
	t, err := o.db.TypingOf(o.t.Context(), a, version)
	if words == "" {
		if !errors.Is(err, policy.ErrNotFound) {
			o.t.Errorf("typing %+v, %v, want none", t, err)
		}
		return t
	}
	o.must(err)
	if t.Form.Get("content.0") != words || len(t.Form["site"]) != 2 {
		o.t.Errorf("typing %v, want %q", t.Form, words)
	}
	return t
}

func TestTypingIsKeptApartFromTheDraft(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := o.create("site", named(policy.Agree, "Policy1", "v1"))
		log := o.count(`SELECT COUNT(id) FROM admin_log`)
		me, colleague := o.by(0), o.by(1)
		o.keep(me, typed(v, "p1", "<p>ă unclosed"), "")
		first := o.clock.now()
		o.clock.add(time.Minute)
		o.keep(me, typed(v, "p1", "<p>ăâ"), "")
		got := o.wantTyping(me, v.ID, "<p>ăâ")
		if !got.Started.Equal(first) || !got.Changed.Equal(o.clock.now()) || got.Edit != v.Edit || got.Page != "p1" {
			t.Errorf("typing %+v", got)
		}
		o.wantTyping(colleague, v.ID, "")
		o.wantTyping(me, 0, "")
		if again := o.version(v.ID); again.Edit != v.Edit || again.Primary() != v.Primary() || o.count(`SELECT COUNT(id) FROM admin_log`) != log {
			t.Errorf("the draft became %+v, or the log tells of typing", again)
		}
		others, err := o.db.OtherTypists(t.Context(), colleague, v.ID)
		o.must(err)
		if len(others) != 1 || others[0].Name == "" || !others[0].Started.Equal(first) {
			t.Errorf("a colleague sees %+v", others)
		}
		if others, err := o.db.OtherTypists(t.Context(), me, v.ID); err != nil || len(others) != 0 {
			t.Errorf("I see %+v, %v", others, err)
		}
		o.must(o.db.ForgetTyping(t.Context(), me, v.ID))
		o.wantTyping(me, v.ID, "")
	})
}

func TestAnOldPageNeverReplacesNewerTyping(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := o.create("site", named(policy.Agree, "Policy1", "v1"))
		me := o.by(0)
		o.keep(me, typed(v, "p1", "first"), "")
		wantKind(t, o.db.KeepTyping(t.Context(), me, typed(v, "p2", "second"), ""), policy.ErrConflict)
		o.wantTyping(me, v.ID, "first")
		o.keep(me, typed(v, "p2", "second"), "p1") // it continued that one
		wantKind(t, o.db.KeepTyping(t.Context(), me, typed(v, "p1", "late"), ""), policy.ErrConflict)
		o.wantTyping(me, v.ID, "second")
		// A request that was under way when the person saved comes too late.
		_, err := o.db.SaveDraft(t.Context(), me, v, []string{o.platform.ID})
		o.must(err)
		o.must(o.db.ForgetTyping(t.Context(), me, v.ID, "p1"))
		o.wantTyping(me, v.ID, "second") // not what that page had saved
		o.must(o.db.ForgetTyping(t.Context(), me, v.ID, "p1", "p2"))
		o.wantTyping(me, v.ID, "")
		wantKind(t, o.db.KeepTyping(t.Context(), me, typed(v, "p2", "late"), ""), policy.ErrConflict)
		// Somebody else's save is no reason to lose anything.
		o.keep(o.by(1), typed(v, "p3", "theirs"), "")
		o.wantTyping(o.by(1), v.ID, "theirs")
	})
}

func TestTypingEndsWithItsDraft(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		ctx, me, colleague := t.Context(), o.by(0), o.by(1)
		v1 := o.active("site")
		published, scheduled, deleted := o.newDraft(v1), o.newDraft(v1), o.newDraft(v1)
		for _, v := range []policy.Version{published, scheduled, deleted} {
			o.keep(me, typed(v, "p1", "mine"), "")
			o.keep(colleague, typed(v, "p2", "theirs"), "")
		}
		o.keep(me, typed(policy.Version{}, "p1", "new"), "")
		o.publish(published, true)
		o.must(o.db.DeleteDraft(ctx, o.admin, deleted.ID))
		o.must(o.db.Publish(ctx, o.admin, store.Publication{VersionID: scheduled.ID, Edit: scheduled.Edit, Minor: true, At: o.clock.now().Add(time.Hour)}))
		o.wantTyping(me, scheduled.ID, "mine") // it may be taken back
		o.clock.add(time.Hour)
		if n, err := o.db.ActivateDue(ctx); n != 1 || err != nil {
			t.Errorf("%d activated, %v", n, err)
		}
		for _, v := range []policy.Version{published, scheduled, deleted} {
			o.wantTyping(me, v.ID, "")
			o.wantTyping(colleague, v.ID, "")
		}
		wantKind(t, o.db.KeepTyping(ctx, me, typed(published, "p1", "late"), ""), policy.ErrConflict)
		wantKind(t, o.db.KeepTyping(ctx, me, typed(deleted, "p1", "late"), ""), policy.ErrNotFound)
		o.wantTyping(me, 0, "new")
	})
}

func TestTypingIsBoundAndSweptAfterAMonth(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := o.create("site", named(policy.Agree, "Policy1", "v1"))
		me := o.by(0)
		wantKind(t, o.db.KeepTyping(t.Context(), me, typed(v, "p1", strings.Repeat("x", 4<<20)), ""), policy.ErrTooLarge)
		wantKind(t, o.db.KeepTyping(t.Context(), me, typed(v, "", "x"), ""), policy.ErrInvalid)
		wantKind(t, o.db.KeepTyping(t.Context(), store.Admin{InstitutionID: o.institution}, typed(v, "p1", "x"), ""), policy.ErrInvalid)
		foreign := me
		foreign.InstitutionID, _ = o.db.EnsureInstitution(t.Context(), "Other")
		wantKind(t, o.db.KeepTyping(t.Context(), foreign, typed(v, "p1", "x"), ""), policy.ErrNotFound)
		o.keep(me, typed(v, "p1", "x"), "")
		o.clock.add(30 * 24 * time.Hour)
		o.must(o.db.Sweep(t.Context()))
		o.wantTyping(me, v.ID, "x")
		o.clock.add(time.Second)
		o.must(o.db.Sweep(t.Context()))
		o.wantTyping(me, v.ID, "")
	})
}

func TestAPlannedDayPublishesNothing(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		bucharest, err := time.LoadLocation("Europe/Bucharest")
		o.must(err)
		day := time.Date(2027, 3, 1, 8, 0, 0, 0, bucharest)
		v := named(policy.Agree, "Policy1", "v1")
		v.EffectiveFrom, v.Zone = day.UTC(), bucharest.String()
		v = o.create("site", v)
		if !v.EffectiveFrom.Equal(day) || v.Zone != "Europe/Bucharest" {
			t.Errorf("planned for %v in %q", v.EffectiveFrom, v.Zone)
		}
		o.clock.add(day.Add(time.Second).Sub(o.clock.now()))
		n, err := o.db.ActivateDue(ctx)
		list, lerr := o.db.Scheduled(ctx, o.institution)
		if n != 0 || err != nil || len(list) != 0 || lerr != nil {
			t.Errorf("a plan alone: %d activated, %v; %v scheduled, %v", n, err, list, lerr)
		}
		o.wantStatus(v, policy.Draft)

		// Scheduled, the day is the schedule's; taken back, it stays as a plan.
		at := o.clock.now().Add(time.Hour).In(bucharest)
		o.must(o.db.Publish(ctx, o.admin, store.Publication{VersionID: v.ID, Edit: v.Edit, At: at}))
		o.must(o.db.Unschedule(ctx, o.admin, v.ID))
		if v = o.version(v.ID); !v.EffectiveFrom.Equal(at) || v.Zone != "Europe/Bucharest" {
			t.Errorf("after the schedule planned for %v in %q", v.EffectiveFrom, v.Zone)
		}
		// Published now, it applies now, whatever was planned.
		if v = o.publish(v, false); !v.EffectiveFrom.IsZero() || v.Zone != "" || o.pending() != 4 {
			t.Errorf("published now, it begins at %v and asks %d", v.EffectiveFrom, o.pending())
		}
		next := v
		next.Zone = "Europe/Sofia" // without a day it means nothing
		if next = o.newDraft(next); next.Zone != "" {
			t.Errorf("a zone without a day: %q", next.Zone)
		}
	})
}

// typing is what an editor's page does every few seconds while somebody types.
func (s *site) typing(v policy.Version) error {
	ctx, a := s.t.Context(), store.Admin{InstitutionID: s.institution, UserID: 1}
	v = s.draftOf(v)
	for range 2 {
		if err := s.db.KeepTyping(ctx, a, typed(v, "p1", "x"), ""); err != nil {
			return err
		}
	}
	if _, err := s.db.TypingOf(ctx, a, v.ID); err != nil {
		return err
	}
	if _, err := s.db.OtherTypists(ctx, a, v.ID); err != nil {
		return err
	}
	return s.db.ForgetTyping(ctx, a, v.ID, "p1", "p2")
}

// draftOf makes a draft of what is active.
func (s *site) draftOf(v policy.Version) policy.Version {
	s.t.Helper()
	id, err := s.db.NewDraft(s.t.Context(), store.Admin{InstitutionID: s.institution, UserID: 1}, v)
	s.must(err)
	got, err := s.db.Version(s.t.Context(), s.institution, id)
	s.must(err)
	return got
}
