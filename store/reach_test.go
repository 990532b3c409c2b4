package store_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// reachList walks through all pages of those whom publishing asks.
func (o *office) reachList(v policy.Version, platforms []string, minor bool) []int64 {
	o.t.Helper()
	var ids []int64
	var after store.ReportKey
	for {
		p, err := o.db.ReachPeople(o.t.Context(), o.institution, v, platforms, minor, after, 2)
		o.must(err)
		if len(p.Rows) > 2 {
			o.t.Fatalf("%d people on a page of 2", len(p.Rows))
		}
		for _, r := range p.Rows {
			ids = append(ids, r.User.ID)
		}
		if !p.More {
			return ids
		}
		after = p.Next
	}
}

// TestReachNamesWhoIsPendingThen: the dialog's number, its list and who is pending afterwards are the same.
func TestReachNamesWhoIsPendingThen(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		second := o.addPlatform("https://second.example", "c2")
		both := []string{o.platform.ID, second.ID}
		v1 := o.active("site")
		o.publish(o.chosen(o.newDraft(v1), both...), true)
		o.crowd(second, "Ana", "Živilė", "Георги")
		tester := message("tester", "n-tester")
		tester.Roles = testRoles()
		_, err := o.db.Admit(t.Context(), tester, second)
		o.must(err)
		for _, kind := range []policy.Kind{policy.Agree, policy.Consent, policy.Inform} {
			for _, minor := range []bool{true, false} {
				next := named(kind, "site", fmt.Sprint(kind, minor))
				next.PolicyID = v1.PolicyID
				d := o.newDraft(next)
				if minor && kind != policy.Agree {
					continue // another kind of answer is no minor change
				}
				reach, err := o.db.Reach(t.Context(), o.institution, d, both, minor)
				o.must(err)
				n := 0
				for _, r := range reach {
					n += r.Asked
				}
				list := o.reachList(d, both, minor)
				if len(list) != n {
					t.Errorf("%s, minor %v: %d people in the list, the number is %d", kind, minor, len(list), n)
				}
				o.publish(d, minor)
				pending := []int64{}
				if kind != policy.Inform {
					for _, r := range o.report(store.ReportQuery{PolicyID: v1.PolicyID, Status: store.ReportPending}).Rows {
						pending = append(pending, r.User.ID)
					}
				}
				if !slices.Equal(list, pending) {
					t.Errorf("%s, minor %v: the list says %v, then %v are pending", kind, minor, list, pending)
				}
			}
		}
		other, err := o.db.EnsureInstitution(t.Context(), "Other")
		o.must(err)
		_, err = o.db.ReachPeople(t.Context(), other, v1, both, false, store.ReportKey{}, 20)
		wantKind(t, err, policy.ErrNotFound)
		_, err = o.db.ClosingCourses(t.Context(), other, v1, second.ID, 20)
		wantKind(t, err, policy.ErrNotFound)
	})
}

func TestReachNamesTheCoursesThatClose(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		launched := func(sub, contextID, title, link string) store.User {
			m := graded(sub, link)
			m.Context = lti.Context{ID: contextID, Title: title}
			return o.admit(m)
		}
		v1 := o.active("site")
		chemistry := launched("a", "2", "Chimie", "7")
		launched("b", "2", "Chimie", "7")
		launched("c", "3", "Algebră", "8")
		free := message("d", "n-d") // without a score there is nothing to close
		free.Context, free.ResourceLink.ID = lti.Context{ID: "4", Title: "Fizică"}, "9"
		o.admit(free)
		o.answer(o.event(chemistry, v1, policy.Accepted))
		next := named(policy.Agree, "site", "v2")
		next.PolicyID = v1.PolicyID
		d := o.newDraft(next)
		got, err := o.db.ClosingCourses(t.Context(), o.institution, d, o.platform.ID, 20)
		o.must(err)
		// The first of the office's people accepted in that course, too.
		want := []store.ClosingCourse{{ContextID: "3", Title: "Algebră", Open: 0}, {ContextID: "2", Title: "Chimie", Open: 2}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		reach, err := o.db.Reach(t.Context(), o.institution, d, []string{o.platform.ID}, false)
		o.must(err)
		if reach[0].Courses != len(got) {
			t.Errorf("%d courses are counted, %d listed", reach[0].Courses, len(got))
		}
		if some, err := o.db.ClosingCourses(t.Context(), o.institution, d, o.platform.ID, 1); err != nil || len(some) != 1 {
			t.Errorf("%v, %v", some, err)
		}
		d.Kind = policy.Consent
		if none, err := o.db.ClosingCourses(t.Context(), o.institution, d, o.platform.ID, 20); err != nil || len(none) != 0 {
			t.Errorf("a consent closes %v, %v", none, err)
		}
	})
}
