package store_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// schedule lets a draft begin by itself.
func (o *office) schedule(v policy.Version, minor bool, at time.Time) error {
	return o.db.Publish(o.t.Context(), o.admin, store.Publication{VersionID: v.ID, Edit: v.Edit, Minor: minor, At: at})
}

// successor is a draft of the same policy with another text.
func (o *office) successor(v policy.Version, revision string) policy.Version {
	o.t.Helper()
	next := named(v.Kind, v.Primary().Name, revision)
	next.PolicyID = v.PolicyID
	return o.newDraft(next)
}

// spoil takes the text away from a version that waits, past everything that would refuse it.
func (o *office) spoil(v policy.Version) {
	o.t.Helper()
	o.exec(`UPDATE tool_policy_versions SET content = '' WHERE id = ?`, v.ID)
}

// A schedule that fails stops no other, of whichever policy and institution, however many fail before it.
func TestFailingScheduleStopsNoOther(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		ctx, at := t.Context(), o.clock.now().Add(time.Hour)
		const broken = 60
		for i := range broken {
			v := o.create(fmt.Sprint("broken-", i), named(policy.Agree, "broken", "v1"))
			o.must(o.schedule(v, false, at))
			o.spoil(v)
		}
		institution, err := o.db.EnsureInstitution(ctx, "UniCampus")
		o.must(err)
		neighbour := store.Admin{InstitutionID: institution, Actor: "another"}
		_, id, err := o.db.CreatePolicy(ctx, neighbour, "rules", named(policy.Agree, "rules", "v1"), nil)
		o.must(err)
		theirs := &office{site: o.site, admin: neighbour}
		v, err := o.db.Version(ctx, institution, id)
		o.must(err)
		o.must(theirs.schedule(v, false, at.Add(time.Second)))

		o.clock.add(time.Hour + time.Second)
		if n, err := o.db.ActivateDue(ctx); n != 1 || err != nil {
			t.Errorf("%d became active, %v", n, err)
		}
		v, err = o.db.Version(ctx, institution, id)
		o.must(err)
		if v.Status() != policy.Active {
			t.Errorf("the good one has status %d", v.Status())
		}
		list, err := o.db.Scheduled(ctx, o.institution)
		o.must(err)
		if len(list) != broken {
			t.Errorf("%d wait, want %d", len(list), broken)
		}
	})
}

// What is loaded or imported over a version that waits would change what that version was decided on.
func TestLoadingOverAWaitingVersionIsRefused(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		v1 := o.active("site")
		v2 := o.successor(v1, "v2")
		at := o.clock.now().Add(time.Hour)
		o.must(o.schedule(v2, true, at))
		_, _, err := o.db.LoadPolicy(ctx, o.institution, "site", named(policy.Agree, "site", "from a file"), []string{o.platform.ID})
		wantKind(t, err, policy.ErrConflict)
		o.clock.add(time.Hour)
		if n, err := o.db.ActivateDue(ctx); n != 1 || err != nil {
			t.Errorf("%d became active, %v", n, err)
		}
		o.wantStatus(v2, policy.Active)
	})
}

// A minor change leaves answers good because somebody compared it with what was active. Over anything else it
// does not begin.
func TestMinorVersionBeginsOnlyOverTheOneItWasComparedWith(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v1 := o.active("site")
		v2, v3 := o.successor(v1, "v2"), o.successor(v1, "v3")
		o.must(o.schedule(v2, true, o.clock.now().Add(time.Hour)))
		// Another program than this one makes something else active.
		o.exec(`UPDATE tool_policy SET currentversionid = ? WHERE id = ?`, v3.ID, v1.PolicyID)
		o.clock.add(time.Hour)
		if n, err := o.db.ActivateDue(t.Context()); n != 0 || err != nil {
			t.Errorf("%d became active, %v", n, err)
		}
		o.wantStatus(v2, policy.Draft)
		o.wantStatus(v3, policy.Active)
	})
}

// What begins is what was scheduled, letter by letter.
func TestOnlyTheScheduledEditBegins(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v1 := o.active("site")
		v2 := o.successor(v1, "v2")
		o.must(o.schedule(v2, false, o.clock.now().Add(time.Hour)))
		o.exec(`UPDATE policy_version_detail SET edit = edit + 1 WHERE versionid = ?`, v2.ID)
		o.clock.add(time.Hour)
		if n, err := o.db.ActivateDue(t.Context()); n != 0 || err != nil {
			t.Errorf("%d became active, %v", n, err)
		}
		o.wantStatus(v2, policy.Draft)
	})
}

func TestWaitingVersionIsNotDeleted(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v1 := o.active("site")
		v2 := o.successor(v1, "v2")
		o.must(o.schedule(v2, false, o.clock.now().Add(time.Hour)))
		wantKind(t, o.db.DeleteDraft(t.Context(), o.admin, v2.ID), policy.ErrConflict)
		o.must(o.db.Unschedule(t.Context(), o.admin, v2.ID))
		o.must(o.db.DeleteDraft(t.Context(), o.admin, v2.ID))
	})
}

// Two acts about a policy read what is there before either writes. Whoever is first wins, the other one is told,
// and what begins on its day is what was decided on.
func TestActsAboutAPolicyAtOnce(t *testing.T) {
	storetest.EachServer(t, func(t *testing.T, dsn string) { // SQLite lets one transaction begin after the other
		o := newOffice(newSite(t, dsn))
		for i, tt := range []struct {
			first, second string
			want          policy.Status // of the draft in the end
		}{
			{"save", "schedule", policy.Draft},
			{"schedule", "save", policy.Active},
			{"delete", "schedule", -1},
			{"schedule", "delete", policy.Active},
			{"publish another", "schedule minor", policy.Draft},
			{"schedule", "publish another", policy.Active},
			{"load", "schedule minor", policy.Draft},
			{"schedule", "load", policy.Active},
			{"inactivate", "schedule minor", policy.Draft},
			{"schedule", "inactivate", policy.Active},
			{"publish", "schedule", policy.Active},
		} {
			t.Run(tt.first+" then "+tt.second, func(t *testing.T) {
				o.t = t
				ctx, slug := t.Context(), fmt.Sprint("site-", i)
				v1 := o.active(slug)
				v2, another := o.successor(v1, "v2"), o.successor(v1, "another")
				changed := v2
				changed.Texts = []policy.Text{{Lang: "ro", Name: "site", Content: "<p>nobody decided on this</p>"}}
				at, seen := o.clock.now().Add(time.Hour), o.basis(v2)
				publish := func(v policy.Version, minor bool, at time.Time) error {
					return o.db.Publish(ctx, o.admin, store.Publication{VersionID: v.ID, Edit: v.Edit, Minor: minor, At: at, Basis: seen})
				}
				acts := map[string]func() error{
					"save":            func() error { return o.save(changed) },
					"schedule":        func() error { return publish(v2, false, at) },
					"schedule minor":  func() error { return publish(v2, true, at) },
					"publish":         func() error { return publish(v2, false, time.Time{}) },
					"publish another": func() error { return publish(another, false, time.Time{}) },
					"delete":          func() error { return o.db.DeleteDraft(ctx, o.admin, v2.ID) },
					"inactivate":      func() error { return o.db.Inactivate(ctx, o.admin, v1.ID) },
					"load": func() error {
						_, _, err := o.db.LoadPolicy(ctx, o.institution, slug, named(policy.Agree, slug, "file"), []string{o.platform.ID})
						return err
					},
				}
				errs := o.inTurn(v2, acts[tt.first], acts[tt.second])
				if errs[0] != nil || errs[1] == nil {
					t.Errorf("%s: %v, then %s: %v", tt.first, errs[0], tt.second, errs[1])
				}
				o.clock.add(time.Hour)
				_, err := o.db.ActivateDue(ctx)
				o.must(err)
				if tt.want == -1 {
					if n := o.count(`SELECT COUNT(policyid) FROM policy_schedule`); n != 0 {
						t.Errorf("%d schedules without their versions", n)
					}
					return
				}
				got := o.version(v2.ID)
				if got.Status() != tt.want || tt.first != "save" && got.Primary() != v2.Primary() {
					t.Errorf("status %d, text %q", got.Status(), got.Primary().Content)
				}
			})
		}
	})
}

func (o *office) save(v policy.Version) error {
	_, err := o.db.SaveDraft(o.t.Context(), o.admin, v, []string{o.platform.ID})
	return err
}

// inTurn lets both acts read all they want, in this order, before the first of them writes: somebody else holds
// the rows of the draft and of its policy meanwhile.
func (s *site) inTurn(v policy.Version, acts ...func() error) []error {
	s.t.Helper()
	ctx := s.t.Context()
	tx, err := s.db.SQL().BeginTxx(ctx, nil)
	s.must(err)
	defer tx.Rollback() //nolint:errcheck // it only held rows
	for _, query := range []string{
		`SELECT policyid FROM policy_detail WHERE policyid = ? FOR UPDATE`,
		`SELECT versionid FROM policy_version_detail WHERE versionid = ? FOR UPDATE`,
	} {
		id := v.ID
		if query[7] == 'p' {
			id = v.PolicyID
		}
		var held int64
		s.must(tx.GetContext(ctx, &held, query, id))
	}
	return s.released(func() { s.must(tx.Rollback()) }, acts...)
}

// released starts the acts one after the other, each when the one before waits for a row, lets go of the row, and
// returns what became of them.
func (s *site) released(release func(), acts ...func() error) []error {
	s.t.Helper()
	errs := make([]error, len(acts))
	ended := make(chan int, len(acts))
	for i, act := range acts {
		go func() {
			errs[i] = act()
			ended <- i
		}()
		for s.waiting() <= i {
			select {
			case k := <-ended:
				s.t.Fatalf("act %d waited for nothing: %v", k, errs[k])
			default:
			}
		}
	}
	release()
	for range acts {
		<-ended
	}
	return errs
}

// waiting counts the transactions that wait for a row.
func (s *site) waiting() int {
	s.t.Helper()
	var status struct {
		Type, Name, Status string
	}
	s.must(s.db.SQL().QueryRowContext(s.t.Context(), `SHOW ENGINE INNODB STATUS`).Scan(&status.Type, &status.Name, &status.Status))
	return strings.Count(status.Status, "TRX HAS BEEN WAITING")
}

// What failed is written down with its reason and tried again after pauses that grow, by nobody in between; the
// logs hear of each reason once. As soon as it is put right the version begins.
func TestFailedScheduleIsToldAndTriedLessAndLess(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		var said strings.Builder
		s.db = storetest.Open(t, dsn, store.Options{Now: s.clock.now, Logger: slog.New(slog.NewTextHandler(&said, nil))})
		o, ctx := newOffice(s), t.Context()
		v1 := o.active("site")
		v2 := o.successor(v1, "v2")
		o.must(o.schedule(v2, true, o.clock.now().Add(time.Hour)))
		o.spoil(v2)
		o.clock.add(time.Hour)
		due := func() {
			t.Helper()
			_, err := o.db.ActivateDue(ctx)
			o.must(err)
		}
		state := func() store.Scheduled {
			t.Helper()
			list, err := o.db.Scheduled(ctx, o.institution)
			o.must(err)
			if len(list) != 1 {
				t.Fatalf("%d versions wait", len(list))
			}
			return list[0]
		}
		for i, pause := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
			pause *= time.Minute
			for range 3 {
				due()
			}
			now := o.clock.now()
			if got := state(); got.Failure != store.FailedEmpty || got.Tries != i+1 || !got.Failed.Equal(now) || !got.Next.Equal(now.Add(pause)) {
				t.Fatalf("try %d: %+v", i+1, got)
			}
			o.clock.add(pause - 2*time.Second)
			due()
			if got := state(); got.Tries != i+1 {
				t.Fatalf("tried before its time: %+v", got)
			}
			o.clock.add(2 * time.Second)
		}
		o.exec(`UPDATE tool_policy_versions SET content = '<p>v2</p>' WHERE id = ?`, v2.ID)
		o.exec(`UPDATE policy_version_detail SET kind = 'consent' WHERE versionid = ?`, v2.ID)
		due()
		if got := state(); got.Failure != store.FailedKind {
			t.Errorf("another reason: %+v", got)
		}
		if n := o.count(`SELECT COUNT(id) FROM admin_log WHERE action = 'version.activate_failed' AND object = 'site'`); n != 2 {
			t.Errorf("%d entries in the administrators' log, want one for each reason", n)
		}
		if n := strings.Count(said.String(), "cannot begin"); n != 2 {
			t.Errorf("%d lines in the program's log, want one for each reason:\n%s", n, said.String())
		}
		o.exec(`UPDATE policy_version_detail SET kind = 'agree' WHERE versionid = ?`, v2.ID)
		o.clock.add(time.Hour)
		due()
		o.wantStatus(v2, policy.Active)
		if n := o.count(`SELECT COUNT(policyid) FROM policy_schedule`); n != 0 {
			t.Errorf("%d rows stayed", n)
		}
	})
}

// A version that cannot begin keeps no other from it, and ends when it is gone.
func TestScheduleOfAVersionThatIsGone(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		good, bad := o.create("good", named(policy.Agree, "good", "v1")), o.create("bad", named(policy.Agree, "bad", "v1"))
		for _, v := range []policy.Version{good, bad} {
			o.must(o.schedule(v, false, o.clock.now().Add(time.Hour)))
		}
		o.spoil(bad)
		o.clock.add(time.Hour)
		if n, err := o.db.ActivateDue(t.Context()); n != 1 || err != nil {
			t.Errorf("%d became active, %v", n, err)
		}
		o.wantStatus(good, policy.Active)
		list, err := o.db.Scheduled(t.Context(), o.institution)
		if err != nil || len(list) != 1 || list[0].Failure != store.FailedEmpty || list[0].Tries != 1 {
			t.Errorf("%+v, %v", list, err)
		}
		// A version that is gone has nothing to begin.
		o.exec(`DELETE FROM tool_policy_versions WHERE id = ?`, bad.ID)
		o.clock.add(time.Hour)
		if n, err := o.db.ActivateDue(t.Context()); n != 0 || err != nil {
			t.Errorf("%d became active, %v", n, err)
		}
		if n := o.count(`SELECT COUNT(policyid) FROM policy_schedule`); n != 0 {
			t.Errorf("%d wait", n)
		}
	})
}
