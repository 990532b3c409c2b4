package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
)

// archived says which versions of a policy anybody reads on a site, by revision, the current one with a star.
func (o *office) archived(platformID, slug string) string {
	o.t.Helper()
	a, err := o.db.Archive(o.t.Context(), platformID, slug)
	if errors.Is(err, policy.ErrNotFound) {
		return "nothing"
	}
	o.must(err)
	if len(a.Policies) != 1 || a.Policies[0].Slug != slug || a.InstitutionID != o.institution {
		o.t.Fatalf("%s of %s: %+v", slug, platformID, a)
	}
	var out []string
	for _, p := range a.Policies[0].Periods {
		star := ""
		if p.Current {
			star = "*"
		}
		out = append(out, p.Revision+star)
		if v := o.version(p.ID); a.Policies[0].Digests[p.ID] != v.Primary().Digest() || p.Primary().Name != v.Primary().Name || p.Primary().Content != "" {
			o.t.Errorf("version %s has digest %s, name %q", p.Revision, a.Policies[0].Digests[p.ID], p.Primary().Name)
		}
	}
	all, err := o.db.Archives(o.t.Context(), platformID)
	o.must(err)
	if !slices.ContainsFunc(all.Policies, func(p store.ArchivedPolicy) bool {
		return p.Slug == slug && len(p.Periods) == len(out)
	}) {
		o.t.Errorf("%s is not in the archive of all policies", slug)
	}
	return strings.Join(out, " ")
}

// TestArchiveShowsWhatWasPublished: whatever the status of a version, anybody reads it if and only if it is in force or was.
func TestArchiveShowsWhatWasPublished(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		elsewhere := o.addPlatform("https://other.example", "client-2")
		want := func(step, archive string) {
			t.Helper()
			if got := o.archived(o.platform.ID, "rules"); got != archive {
				t.Errorf("%s: %s, want %s", step, got, archive)
			}
			if got := o.archived(elsewhere.ID, "rules"); got != "nothing" {
				t.Errorf("%s: on another site %s", step, got)
			}
		}
		mark := func() string {
			t.Helper()
			a, err := o.db.Archives(t.Context(), o.platform.ID)
			o.must(err)
			return a.Mark
		}
		empty := mark()
		first := o.create("rules", named(policy.Agree, "Rules", "1"))
		want("a draft", "nothing")
		if mark() != empty {
			t.Error("a draft shows in the mark")
		}
		first = o.publish(first, false)
		want("published", "1*")
		one := mark()
		second := o.successor(first, "2")
		want("a second draft", "1*")
		o.must(o.schedule(second, false, o.clock.now().Add(time.Hour)))
		want("one that waits", "1*")
		if mark() != one || one == empty {
			t.Error("what nobody may see shows in the mark, or what anybody may does not")
		}
		o.clock.add(time.Hour)
		_, err := o.db.ActivateDue(t.Context())
		o.must(err)
		want("its moment came", "1 2*")
		if mark() == one {
			t.Error("a version that came does not show in the mark")
		}
		two := mark()
		o.clock.add(time.Hour)
		o.must(o.db.Inactivate(t.Context(), o.admin, second.ID))
		want("taken back", "1 2")
		if mark() == two {
			t.Error("a version that went does not show in the mark")
		}
		a, err := o.db.Archive(t.Context(), o.platform.ID, "rules")
		o.must(err)
		ps := a.Policies[0].Periods
		if _, is := a.Policies[0].InForce(); is || !ps[0].Until.Equal(ps[1].From) || ps[1].Until.Sub(ps[1].From).Round(time.Minute) != time.Hour {
			t.Errorf("periods %v to %v, %v to %v", ps[0].From, ps[0].Until, ps[1].From, ps[1].Until)
		}
		for _, slug := range []string{"rules ", "Rules", "rule", "", "rules\x00", "ș", strings.Repeat("x", 200)} {
			if got := o.archived(o.platform.ID, slug); got != "nothing" {
				t.Errorf("%q is the address of %s", slug, got)
			}
		}
	})
}

// TestAddressesOutliveWhereAPolicyApplies: a policy that a site no longer shows keeps its address there, with what anybody
// could read until then.
func TestAddressesOutliveWhereAPolicyApplies(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		other := o.addPlatform("https://other.example", "client-2")
		n := 0
		load := func(courses bool, on ...string) {
			t.Helper()
			o.clock.add(time.Hour)
			n++
			v := named(policy.Agree, "Rules", fmt.Sprint(n))
			v.Courses = courses
			_, _, err := o.db.LoadPolicy(t.Context(), o.institution, "rules", v, on)
			o.must(err)
		}
		want := func(step, here, there string) {
			t.Helper()
			if got := o.archived(o.platform.ID, "rules"); got != here {
				t.Errorf("%s: here %s, want %s", step, got, here)
			}
			if got := o.archived(other.ID, "rules"); got != there {
				t.Errorf("%s: there %s, want %s", step, got, there)
			}
		}
		load(true, o.platform.ID)
		want("for courses alone", "nothing", "nothing")
		load(false, o.platform.ID)
		want("for everybody here", "1 2*", "nothing")
		load(false, o.platform.ID, other.ID)
		want("for everybody on both", "1 2 3*", "1 2 3*")
		load(false, other.ID)
		want("no longer here", "1 2 3", "1 2 3 4*")
		load(false, store.Everywhere)
		want("everywhere", "1 2 3 4 5*", "1 2 3 4 5*")
		load(true, store.Everywhere)
		want("for courses again", "1 2 3 4 5", "1 2 3 4 5")
		load(true)
		want("nowhere", "1 2 3 4 5", "1 2 3 4 5")

		// With the office's dialog the version begins and the place changes in one act.
		o.clock.add(time.Hour)
		d := o.create("moves", named(policy.Agree, "Moves", "1"))
		d = o.publish(d, false)
		next := o.chosen(o.successor(d, "2"), other.ID)
		left := o.clock.now()
		o.publish(next, false)
		if here, there := o.archived(o.platform.ID, "moves"), o.archived(other.ID, "moves"); here != "1" || there != "1 2*" {
			t.Errorf("moved by an act: here %s, there %s", here, there)
		}
		a, err := o.db.Archive(t.Context(), o.platform.ID, "moves")
		o.must(err)
		if p := a.Policies[0].Periods[0]; p.Until.Before(left.Truncate(time.Second)) || p.Until.After(o.clock.now()) {
			t.Errorf("it was in force until %v, and left at %v", p.Until, o.clock.now())
		}
	})
}
