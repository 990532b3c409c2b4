package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// What is asked on all sites is asked on those to come, however it came to be asked there.
func TestAllSitesAreAlsoThoseToCome(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		o := newOffice(s)
		asked := func(platformID string) int {
			t.Helper()
			list, err := s.db.Asked(t.Context(), platformID, "", 0)
			s.must(err)
			return len(list)
		}
		all := []string{store.Everywhere}
		_, _, err := s.db.LoadPolicy(t.Context(), s.institution, "files", draft(policy.Agree, text("ro", "a")), all)
		s.must(err)
		_, edited, err := s.db.CreatePolicy(t.Context(), o.admin, "editor", draft(policy.Agree, text("ro", "b")), all)
		s.must(err)
		_, here, err := s.db.CreatePolicy(t.Context(), o.admin, "here", draft(policy.Agree, text("ro", "c")), []string{s.platform.ID})
		s.must(err)
		for _, id := range []int64{edited, here} {
			s.must(s.db.Publish(t.Context(), o.admin, store.Publication{VersionID: id, Edit: 1}))
		}
		if n := asked(s.platform.ID); n != 3 {
			t.Errorf("%d are asked, want 3", n)
		}
		second := s.addPlatform("https://second.example", "2")
		if n := asked(second.ID); n != 2 {
			t.Errorf("a new site asks %d, want 2", n)
		}
		// A draft that waits for its day is asked on the sites that there are then.
		v, err := s.db.Version(t.Context(), s.institution, edited)
		s.must(err)
		v.Texts = []policy.Text{text("ro", "changed")}
		next, err := s.db.NewDraft(t.Context(), o.admin, v)
		s.must(err)
		s.must(s.db.Publish(t.Context(), o.admin, store.Publication{VersionID: next, Edit: 1}))
		third := s.addPlatform("https://third.example", "3")
		if n := asked(third.ID); n != 2 {
			t.Errorf("the next site asks %d, want 2", n)
		}
		// Loaded again it is as it was; for some sites only, those to come ask no more.
		if did, _, err := s.db.LoadPolicy(t.Context(), s.institution, "files", draft(policy.Agree, text("ro", "a")), all); err != nil || did != store.LoadedNothing {
			t.Errorf("%v, %v", did, err)
		}
		if did, _, err := s.db.LoadPolicy(t.Context(), s.institution, "files", draft(policy.Agree, text("ro", "a")), []string{s.platform.ID, second.ID, third.ID}); err != nil || did != store.LoadedPlace {
			t.Errorf("%v, %v", did, err)
		}
		fourth := s.addPlatform("https://fourth.example", "4")
		if n := asked(fourth.ID); n != 1 {
			t.Errorf("the last site asks %d, want 1", n)
		}
		elsewhere, err := s.db.EnsureInstitution(t.Context(), "Elsewhere")
		s.must(err)
		p := platformFor(s.id(), elsewhere, "https://other.example", "1")
		s.must(s.db.AddPlatform(t.Context(), p))
		if n := asked(p.ID); n != 0 {
			t.Errorf("another institution's site asks %d", n)
		}
	})
}

// A site that registers while a policy comes to be asked on all sites asks it too, whichever statement of the other it
// comes before. On SQLite one alone writes.
func TestASiteThatComesMeanwhileIsOneOfAllSites(t *testing.T) {
	storetest.EachServer(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		wire := storetest.NewWire(t, dsn)
		loading := storetest.Open(t, wire.DSN(), store.Options{Now: s.clock.now})
		for _, isThere := range []bool{false, true} {
			for moment := 1; ; moment++ {
				slug := fmt.Sprint("policy-", isThere, "-", moment)
				institution, err := s.db.EnsureInstitution(t.Context(), slug)
				s.must(err)
				first := platformFor(s.id(), institution, "https://first."+slug+".example", "1")
				s.must(s.db.AddPlatform(t.Context(), first))
				load := func(platforms []string) {
					t.Helper()
					_, _, err := loading.LoadPolicy(t.Context(), institution, slug, draft(policy.Agree, text("ro", slug)), platforms)
					s.must(err)
				}
				if isThere {
					load([]string{first.ID})
				}
				p := platformFor(s.id(), institution, "https://"+slug+".example", "1")
				var adding sync.WaitGroup
				left := moment
				wire.Lose(storetest.Before, 1, func(st storetest.Statement) bool {
					if left--; left != 0 {
						return false
					}
					done := make(chan struct{})
					adding.Go(func() {
						defer close(done)
						if err := s.db.AddPlatform(t.Context(), p); err != nil {
							t.Errorf("%s: %v", slug, err)
						}
					})
					select { // done, or waiting for what the other holds
					case <-done:
					case <-time.After(50 * time.Millisecond):
					}
					return false
				})
				load([]string{store.Everywhere})
				adding.Wait()
				wire.Sent()
				if left > 0 {
					break
				}
				if n := s.count(`SELECT COUNT(pp.platformid) FROM policy_platform pp JOIN policy_detail pd ON pd.policyid = pp.policyid WHERE pp.platformid = ? AND pd.slug = ?`, p.ID, slug); n != 1 {
					t.Errorf("%s is asked %d times by the site that came meanwhile, want once", slug, n)
				}
			}
		}
	})
}

// told keeps what an export says.
type told struct {
	current  map[int64]int64
	archived map[int64]bool
	answers  int
}

func (x *told) Policy(id int64, _ int, current int64) error { x.current[id] = current; return nil }

func (x *told) Version(id, _, _ int64, v policy.Version, _ *store.MoodleText) error {
	x.archived[id] = v.Archived
	return nil
}

func (x *told) Answer(int64, int64, store.MoodleAnswer, int64, int64) error { x.answers++; return nil }

// What a site does not ask of everybody is not active in Moodle, which would.
func TestExportMakesNothingCompulsory(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		other := s.addPlatform("https://second.example", "2")
		s.load("site", draft(policy.Agree, text("ro", "a")))
		course := draft(policy.Agree, text("ro", "b"))
		v := s.load("course", course)
		_, _, err := s.db.LoadPolicy(t.Context(), s.institution, "other", draft(policy.Agree, text("ro", "c")), []string{other.ID})
		s.must(err)
		_, err = s.db.Answer(t.Context(), []policy.Event{s.event(s.user("7"), v, policy.Accepted)})
		s.must(err)
		course.Courses = true
		s.load("course", course)
		x := &told{current: map[int64]int64{}, archived: map[int64]bool{}}
		left, err := s.db.ExportMoodle(t.Context(), s.institution, s.platform.ID, x)
		s.must(err)
		active := 0
		for _, current := range x.current {
			if current != 0 {
				active++
			}
		}
		archived := 0
		for _, a := range x.archived {
			if a {
				archived++
			}
		}
		if len(x.current) != 2 || active != 1 || archived != 2 || left.Inactive != 1 || x.answers != 1 {
			t.Errorf("told %+v, left %+v", x, left)
		}
	})
}
