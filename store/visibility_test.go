package store_test

import (
	"errors"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
)

// seenByTeachers is a consent that courses ask for, whose answers their teachers learn by name.
func seenByTeachers(texts ...policy.Text) policy.Version {
	v := draft(policy.Consent, texts...)
	v.Courses, v.Visibility = true, policy.VisibleToTeachers
	return v
}

func TestNothingIsStoredThatNamesPeopleToWhomItMayNot(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		o := newOffice(s)
		here := []string{o.platform.ID}
		good := o.create("recording", seenByTeachers(text("ro", "Înregistrări")))
		if got := o.version(good.ID); !got.Named() {
			t.Fatalf("stored as %q", got.Visibility)
		}
		for name, change := range map[string]func(*policy.Version){
			"rules":                 func(v *policy.Version) { v.Kind = policy.Agree },
			"a notice":              func(v *policy.Version) { v.Kind = policy.Inform },
			"a consent of the site": func(v *policy.Version) { v.Courses = false },
			"somebody unheard of":   func(v *policy.Version) { v.Visibility = "everybody" },
		} {
			v := seenByTeachers(text("ro", "Înregistrări"))
			change(&v)
			v.ID, v.PolicyID, v.Edit = good.ID, good.PolicyID, good.Edit
			_, _, created := o.db.CreatePolicy(t.Context(), o.admin, "other", v, here)
			_, saved := o.db.SaveDraft(t.Context(), o.admin, v, here)
			_, copied := o.db.NewDraft(t.Context(), o.admin, v)
			_, _, loaded := o.db.LoadPolicy(t.Context(), o.institution, "loaded", v, here)
			for act, err := range map[string]error{"made": created, "saved": saved, "copied": copied, "loaded": loaded} {
				if refused, ok := errors.AsType[*policy.Error](err); !ok || refused.Kind != policy.ErrInvalid || refused.Key != "admin.problem.visibility" {
					t.Errorf("%s is %s: %v", name, act, err)
				}
			}
		}
	})
}

// A version that was made for courses, and comes back when its policy is the whole site's, names nobody there.
func TestWhatTheWholeSiteAsksIsPublishedForNobodysEyes(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		o := newOffice(s)
		first := o.publish(o.create("recording", seenByTeachers(text("ro", "Înregistrări"))), false)
		next := o.newDraft(first)
		next.Courses, next.Visibility = false, policy.VisibleToNobody
		o.publish(o.chosen(next, o.platform.ID), false)
		id, err := o.db.RestoreAsDraft(t.Context(), o.admin, first.ID)
		o.must(err)
		back := o.version(id)
		err = o.db.Publish(t.Context(), o.admin, store.Publication{VersionID: id, Edit: back.Edit})
		if back.Named() || !errors.Is(err, policy.ErrInvalid) {
			t.Errorf("named: %v, published: %v", back.Named(), err)
		}
	})
}

// TestAnAnswerIsNeverNamedToOthersThanItsStatementSaid: who learns the answers is changed by a version of its own material
// alone, whichever way it comes; so nobody is on the list of the new one who answered the old statement.
func TestAnAnswerIsNeverNamedToOthersThanItsStatementSaid(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		o := newOffice(s)
		quiet := draft(policy.Consent, text("ro", "Înregistrări"))
		quiet.Courses = true
		old := s.loadForCourses("recording", quiet)
		u := s.admit(in("2", "7", "5", "recording"))
		s.answer(s.eventIn("2", u, old, policy.Accepted))
		s.clock.add(time.Minute)
		agreed := func() (agreed, named bool) {
			columns, err := s.db.RosterColumns(t.Context(), s.platform.ID, "2")
			s.must(err)
			roster := policy.NewRoster(columns, s.clock.now())
			r, err := s.db.Roster(t.Context(), s.platform.ID, "2")
			s.must(err)
			s.must(s.db.EachParticipant(t.Context(), r, columns, func(p policy.Participant, given []policy.Given) error {
				if row := roster.Add(p, given); p.UserID == u.ID {
					agreed = row.Cells[0].Agreed
				}
				return nil
			}))
			return agreed, roster.Columns()[0].Version.Named()
		}
		if a, n := agreed(); a || n {
			t.Fatalf("the answer to a statement that names nobody is told: %v, %v", a, n)
		}

		// As a minor change it is refused, at once and for a day to come.
		next := o.newDraft(old)
		next.Visibility = policy.VisibleToTeachers
		next = o.chosen(next, o.platform.ID)
		for _, at := range []time.Time{{}, s.clock.now().Add(time.Hour)} {
			err := o.db.Publish(t.Context(), o.admin, store.Publication{VersionID: next.ID, Edit: next.Edit, Minor: true, At: at})
			if refused, ok := errors.AsType[*policy.Error](err); !ok || refused.Key != "admin.not_minor" {
				t.Errorf("a minor change, %v: %v", at, err)
			}
		}
		// From a file it asks everybody anew.
		loud := seenByTeachers(quiet.Texts...)
		did, id, err := s.db.LoadPolicy(t.Context(), s.institution, "recording", loud, []string{s.platform.ID})
		s.must(err)
		if v := o.version(id); did != store.LoadedVersion || v.MaterialID == old.MaterialID {
			t.Errorf("loaded: %v, material %d after %d", did, v.MaterialID, old.MaterialID)
		}
		if a, n := agreed(); a || !n {
			t.Errorf("who agreed to the statement that names nobody is named: %v, %v", a, n)
		}
		if got := s.asked("2", u.ID); len(got) != 1 {
			t.Errorf("they are asked %v", got)
		}
		s.answer(s.eventIn("2", u, o.version(id), policy.Accepted))
		if a, n := agreed(); !a || !n {
			t.Errorf("who agreed to the statement that names them is not named: %v, %v", a, n)
		}
		// And back again: their yes was given for the teachers' eyes, and another statement asks for another one.
		did, _, err = s.db.LoadPolicy(t.Context(), s.institution, "recording", quiet, []string{s.platform.ID})
		s.must(err)
		if a, n := agreed(); did != store.LoadedVersion || a || n {
			t.Errorf("named to nobody again: %v, %v, %v", did, a, n)
		}
	})
}
