package store_test

import (
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"ltipolicy/policy"
	"ltipolicy/store"
)

// renumber gives a version an id as another node of a cluster might have: out of the order of creation.
func (s *site) renumber(v policy.Version, id int64) {
	s.t.Helper()
	s.exec(`UPDATE tool_policy_versions SET id = ? WHERE id = ?`, id, v.ID)
	s.exec(`UPDATE policy_version_detail SET versionid = ? WHERE versionid = ?`, id, v.ID)
	_, err := s.db.SQL().ExecContext(s.t.Context(), `UPDATE policy_version_detail SET materialid = ? WHERE materialid = ?`, id, v.ID)
	s.must(err)
}

// The nodes of a cluster hand out ids in blocks of their own: what is newer may have a lower one. Which versions
// are earlier, and whose answers count, goes by time.
func TestIdsOfAClusterAreNotTheOrderOfTime(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		a := store.Admin{InstitutionID: s.institution, Actor: "admin"}
		first := s.load("rules", draft(policy.Agree, text("ro", "a")))
		minor := func() policy.Version {
			t.Helper()
			s.clock.add(24 * time.Hour)
			v := draft(policy.Agree, text("ro", "a"))
			v.PolicyID = first.PolicyID
			id, err := s.db.NewDraft(t.Context(), a, v)
			s.must(err)
			s.must(s.db.Publish(t.Context(), a, store.Publication{VersionID: id, Edit: 1, Minor: true}))
			v, err = s.db.Version(t.Context(), s.institution, id)
			s.must(err)
			return v
		}
		second, active := minor(), minor()
		s.renumber(second, active.ID+1000)
		s.renumber(first, active.ID+2000)
		ana, ion, eva := s.admit(graded("1", "7")), s.admit(graded("2", "7")), s.admit(graded("3", "7"))
		// In one second Ana and Eva accepted the first version and declined the active one; Ion the other way round.
		for _, r := range []struct{ user, version, status int64 }{
			{ana.ID, active.ID + 2000, 1}, {ana.ID, active.ID, 0}, {ion.ID, active.ID + 2000, 0}, {ion.ID, active.ID, 1},
			{eva.ID, active.ID + 2000, 1}, {eva.ID, active.ID, 0},
		} {
			s.exec(`INSERT INTO tool_policy_acceptances (policyversionid, userid, status, usermodified, timecreated, timemodified)
				VALUES (?, ?, ?, ?, ?, ?)`, r.version, r.user, r.status, r.user, s.clock.now().Unix(), s.clock.now().Unix())
		}

		columns, err := s.db.RosterColumns(t.Context(), s.platform.ID, "2")
		s.must(err)
		if d := gocmp.Diff([]int64{active.ID + 2000, active.ID + 1000}, columns[0].Earlier); d != "" {
			t.Errorf("the earlier versions, the oldest first:\n%s", d)
		}
		versions, err := s.db.PolicyVersions(t.Context(), s.institution, first.PolicyID)
		s.must(err)
		if versions[0].ID != active.ID+2000 || versions[2].ID != active.ID {
			t.Errorf("the versions begin with %d and end with %d", versions[0].ID, versions[2].ID)
		}
		asked := func(u store.User) bool {
			as, err := s.db.Asked(t.Context(), s.platform.ID, "2", u.ID)
			s.must(err)
			return len(policy.PendingAsked(as, policy.Person{}.At(s.clock.now()))) > 0
		}
		if !asked(ana) || asked(ion) || !asked(eva) {
			t.Errorf("asked: Ana %v, Ion %v, Eva %v", asked(ana), asked(ion), asked(eva))
		}
		counts, _, err := s.db.Counts(t.Context(), s.institution)
		s.must(err)
		if c := counts[active.ID]; c.Accepted != 1 || c.Declined != 2 {
			t.Errorf("counted: %+v", c)
		}
		reach, err := s.db.Reach(t.Context(), s.institution, active, []string{s.platform.ID}, true)
		s.must(err)
		if reach[0].Asked != 2 {
			t.Errorf("a minor change asks %d", reach[0].Asked)
		}
		if days := s.figures(first.PolicyID).Materials[0].Days; len(days) != 1 || days[0].Accepted != 1 {
			t.Errorf("accepted by day: %+v", days)
		}
		for status, n := range map[store.ReportStatus]int{store.ReportAccepted: 1, store.ReportPending: 2} {
			if p := s.report(store.ReportQuery{Status: status}); len(p.Rows) != n {
				t.Errorf("%s: %+v", status, p.Rows)
			}
		}
	})
}
