package store_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

const oneDay = 24 * time.Hour

// ending is a table whose rows end: how long after the time that is told to plant, and a row with that time. Rows
// are counted by the mark that they were planted with.
type ending struct {
	table string
	after time.Duration
	plant func(s *site, mark string, at time.Time)
	count string
}

var endings = []ending{
	{"lti_nonce", 0, func(s *site, mark string, at time.Time) {
		s.exec(`INSERT INTO lti_nonce (hash, admission, expires) VALUES (?, '', ?)`, hashOf(mark), at)
	}, ``},
	{"tx_receipt", 0, func(s *site, mark string, at time.Time) {
		s.exec(`INSERT INTO tx_receipt (id, state, expires) VALUES (?, 'done', ?)`, mark, at)
	}, `SELECT COUNT(id) FROM tx_receipt WHERE id = ?`},
	{"replica", oneDay, func(s *site, mark string, at time.Time) {
		s.exec(`INSERT INTO replica (id, timeseen) VALUES (?, ?)`, mark, at)
	}, `SELECT COUNT(id) FROM replica WHERE id = ?`},
	{"lti_session", 0, func(s *site, mark string, at time.Time) {
		ses := s.session()
		ses.ID, ses.Expires = mark, at
		s.must(s.db.CreateSession(s.t.Context(), ses))
	}, `SELECT COUNT(id) FROM lti_session WHERE id = ?`},
	{"lti_door_launch", 0, func(s *site, mark string, at time.Time) {
		s.exec(`INSERT INTO lti_door_launch (sessionid, nonce, contact, expires) VALUES (?, 'n', '', ?)`, mark, at)
	}, `SELECT COUNT(sessionid) FROM lti_door_launch WHERE sessionid = ?`},
	{"lti_sighting", 30 * oneDay, func(s *site, mark string, at time.Time) {
		s.exec(`INSERT INTO lti_sighting (id, platformid, what, day, seen, detail, timelast) VALUES (?, ?, 'checked', '', 1, '', ?)`, mark, mark, at)
	}, `SELECT COUNT(id) FROM lti_sighting WHERE id = ?`},
	{"lti_deep_link", 0, func(s *site, mark string, at time.Time) {
		s.exec(`INSERT INTO lti_deep_link (sessionid, settings, expires) VALUES (?, '', ?)`, mark, at)
	}, `SELECT COUNT(sessionid) FROM lti_deep_link WHERE sessionid = ?`},
	{"policy_autosave", 0, func(s *site, mark string, at time.Time) {
		s.exec(`INSERT INTO policy_autosave (id, institutionid, versionid, userid, page, edit, form, timecreated, timemodified, expires)
			VALUES (?, ?, ?, 1, '', 1, '', ?, ?, ?)`, mark, s.institution, mark[0], at, at, at)
	}, `SELECT COUNT(id) FROM policy_autosave WHERE id = ?`},
	{"policy_image", 60 * oneDay, func(s *site, mark string, at time.Time) {
		s.exec(`INSERT INTO policy_image (digest, mediatype, width, height, data, institutionid, userid, timecreated, timeused)
			VALUES (?, 'image/png', 1, 1, 'x', ?, 1, ?, ?)`, mark, s.institution, at, at)
	}, `SELECT COUNT(digest) FROM policy_image WHERE digest = ?`},
	{"lti_invitation", 30 * oneDay, func(s *site, mark string, at time.Time) {
		s.must(s.db.CreateInvitation(s.t.Context(), hashOf(mark), store.Invitation{InstitutionID: s.institution, Expires: at}))
	}, ``},
	{"admin_log", 90 * oneDay, func(s *site, mark string, at time.Time) {
		n := s.count(`SELECT COALESCE(MAX(number), 0) + 1 FROM evidence_leaf WHERE shard = 36`)
		s.exec(`INSERT INTO admin_log (id, shard, number, timecreated, institutionid, actorid, actor, actormark, action, object, detail, hash)
			VALUES (?, 36, ?, ?, ?, 0, ?, ?, 'participants.view', '', '', '')`, s.id(), n, at, s.institution, mark, hashOf(mark))
		s.exec(`INSERT INTO evidence_leaf (idx, shard, number, hash) VALUES (?, 36, ?, ?)`, 1000+n, n, hashOf(mark))
		s.exec(`INSERT INTO evidence_checkpoint (size, note, timecreated, kept) VALUES (?, '', ?, 1)`, 1001+n, at)
	}, `SELECT COUNT(id) FROM admin_log WHERE actor = ?`},
	{"evidence_checkpoint", oneDay, func(s *site, mark string, at time.Time) {
		s.exec(`INSERT INTO evidence_checkpoint (size, note, timecreated) VALUES (?, ?, ?)`, int(mark[0])*1000, mark, at)
	}, `SELECT COUNT(size) FROM evidence_checkpoint WHERE note = ?`},
	{"lti_roster_member", 30 * oneDay, func(s *site, mark string, at time.Time) {
		s.exec(`INSERT INTO lti_roster (platformid, contextid, generation, filling, stale, members, timefetched, failure)
			VALUES (?, ?, ?, '', '', 1, ?, '')`, s.platform.ID, mark, mark, at)
		s.member(mark)
	}, `SELECT COUNT(sub) FROM lti_roster_member WHERE generation = ?`},
	{"notice_batch", 180 * oneDay, func(s *site, mark string, at time.Time) {
		s.exec(`INSERT INTO notice_batch (id, platformid, contextid, step, lang, link, due, expires, timecreated) VALUES (?, ?, 'c', ?, '', '', ?, ?, ?)`,
			mark, s.platform.ID, mark, at, at, at)
	}, `SELECT COUNT(id) FROM notice_batch WHERE id = ?`},
	{"notice", 180 * oneDay, func(s *site, mark string, at time.Time) {
		s.exec(`INSERT INTO notice (batchid, sub, platformid, state, tries, failure, token, timecreated) VALUES (?, '1', ?, 'sent', 1, '', '', ?)`, mark, s.platform.ID, at)
	}, `SELECT COUNT(sub) FROM notice WHERE batchid = ?`},
	{"outbox", 180 * oneDay, func(s *site, mark string, at time.Time) {
		s.exec(`INSERT INTO outbox (platformid, resourcelinkid, userid, contextid, sub, lineitem, wanted, sent, revision, attempts, dead, failure, timemodified)
			VALUES (?, ?, 1, 'c', '1', 'u', 1, 0, 1, 9, 1, 'gone', ?)`, s.platform.ID, mark, at)
	}, `SELECT COUNT(userid) FROM outbox WHERE resourcelinkid = ?`},
}

func (s *site) member(generation string) {
	s.t.Helper()
	s.exec(`INSERT INTO lti_roster_member (generation, sub, position, teacher, name, givenname, familyname, email, idnumber)
		VALUES (?, '1', 0, 0, 'Ana', '', '', '', '')`, generation)
}

func (e ending) left(s *site, mark string) bool {
	if e.count == "" {
		key := map[string]string{"lti_nonce": "hash", "lti_invitation": "tokenhash"}[e.table]
		return s.count(`SELECT COUNT(expires) FROM `+e.table+` WHERE `+key+` = ?`, hashOf(mark)) > 0
	}
	return s.count(e.count, mark) > 0
}

// plantEnded puts a row into each table that ends rows, whose time has come.
func (s *site) plantEnded() {
	for _, e := range endings {
		e.plant(s, "ended", s.clock.now().Add(-e.after-2*oneDay))
	}
}

// What is kept for a time only ends when the time has come, and not before.
func TestEachTableEndsWhatItSays(t *testing.T) {
	var want, have []string
	for _, r := range store.Retentions() {
		if r.Ends {
			want = append(want, r.Table)
		}
	}
	for _, e := range endings {
		have = append(have, e.table)
	}
	slices.Sort(want)
	slices.Sort(have)
	if d := gocmp.Diff(want, have); d != "" {
		t.Errorf("each rule that ends rows (-) needs an example in endings (+):\n%s", d)
	}
	eachSite(t, func(t *testing.T, s *site) {
		s.clock.add(1000 * oneDay) // days and hours begin with the clock
		now := s.clock.now()
		s.clock.add(now.Truncate(oneDay).Add(oneDay).Sub(now))
		for _, e := range endings {
			e.plant(s, "ended", s.clock.now().Add(-e.after-time.Microsecond))
			e.plant(s, "young", s.clock.now().Add(-e.after+time.Microsecond))
		}
		s.must(s.db.Sweep(t.Context()))
		for _, e := range endings {
			if e.left(s, "ended") {
				t.Errorf("%s: the row whose time had come is there", e.table)
			}
			if !e.left(s, "young") {
				t.Errorf("%s: the row whose time had not come is gone", e.table)
			}
		}
	})
}

// Whoever makes a table says how long its rows are kept.
func TestEveryTableHasItsRetention(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		query := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'`
		if db.IsMySQL() {
			query = `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'`
		}
		var tables []string
		if err := db.SQL().SelectContext(t.Context(), &tables, query); err != nil {
			t.Fatal(err)
		}
		rules := map[string]bool{}
		for _, r := range store.Retentions() {
			if rules[r.Table] {
				t.Errorf("table %s has two rules", r.Table)
			}
			rules[r.Table] = true
			if !slices.Contains(tables, r.Table) && !strings.HasPrefix(r.Table, "goose") {
				t.Errorf("there is a rule for table %s, but no such table", r.Table)
			}
		}
		for _, table := range tables {
			if !rules[table] {
				t.Errorf("nobody says how long the rows of table %s are kept. Add its line to retentions in retention.go: "+
					"why they stay, or how they end; then an example to endings in this file if they end, and its line to the table in docs/operations.md", table)
			}
		}
	})
}

// What operators read is what the program does.
func TestOperationsTellsEveryRetention(t *testing.T) {
	b, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, r := range store.Retentions() {
		want = append(want, fmt.Sprintf("| `%s` | %s |", r.Table, r.Kept))
	}
	_, section, ok := strings.Cut(string(b), "\n## How long what is kept\n")
	if !ok {
		t.Fatal("docs/operations.md has no section \"How long what is kept\"")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var have []string
	for line := range strings.Lines(section) {
		if strings.HasPrefix(line, "| `") {
			have = append(have, strings.TrimSpace(line))
		}
	}
	if d := gocmp.Diff(want, have); d != "" {
		t.Errorf("the table of docs/operations.md (program -, docs +):\n%s", d)
	}
}

// A table that cannot be swept does not keep the others from it.
func TestSweepingGoesOnAfterAFailure(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		s.plantEnded()
		for _, table := range []string{"policy_autosave", "lti_deep_link"} {
			_, err := s.db.SQL().ExecContext(t.Context(), `DROP TABLE `+table)
			s.must(err)
		}
		s.exec(`INSERT INTO evidence_checkpoint (size, note, timecreated) VALUES (1000000, 'newest', ?)`, s.clock.now())
		err := s.db.Sweep(t.Context())
		if err == nil || !strings.Contains(err.Error(), "policy_autosave") || !strings.Contains(err.Error(), "lti_deep_link") {
			t.Errorf("two tables are missing: %v", err)
		}
		for _, e := range endings {
			if e.table != "policy_autosave" && e.table != "lti_deep_link" && e.left(s, "ended") {
				t.Errorf("%s was not swept", e.table)
			}
		}
	})
}

// The log of the administrators loses views, but neither acts nor downloads.
func TestOnlyViewsLeaveTheLog(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		for _, action := range []string{
			"participants.view", "acceptances.view", "acceptances.person", "acceptances.text", "asked.view",
			"participants.download", "participants.addresses", "participants.choices", "acceptances.download", "acceptances.record", "log.download",
			"policy.create", "version.publish", "grant.add", "behalf.accepted",
		} {
			s.must(s.db.LogAct(t.Context(), store.AdminEntry{InstitutionID: s.institution, Actor: "Ana", Action: action, Detail: "{}"}))
		}
		_, err := s.db.AppendLog(t.Context())
		s.must(err)
		s.clock.add(91 * oneDay)
		s.must(s.db.Sweep(t.Context()))
		if _, err := s.db.VerifyEvidence(t.Context()); err != nil {
			t.Errorf("the log without its views: %v", err)
		}
		es, _, err := s.db.AdminLogPage(t.Context(), store.LogQuery{InstitutionID: s.institution, Limit: 100})
		s.must(err)
		var left []string
		for _, e := range es {
			if e.Actor == "Ana" {
				left = append(left, e.Action)
			}
		}
		slices.Sort(left)
		if d := gocmp.Diff([]string{
			"acceptances.download", "acceptances.record", "behalf.accepted", "grant.add", "log.download",
			"participants.addresses", "participants.choices", "participants.download", "policy.create", "version.publish",
		}, left); d != "" {
			t.Errorf("left in the log:\n%s", d)
		}
	})
}

// What was signed before the views went stays signed, also where nothing was written for so long that the checkpoint was the
// newest until then, and was not the first of its hour: without it nobody could tell that they were old enough to go.
func TestViewsOfBeforeASummerLeaveAWholeLog(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		for _, action := range []string{"grant.add", "participants.view"} { // one checkpoint each
			s.must(s.db.LogAct(t.Context(), store.AdminEntry{InstitutionID: s.institution, Actor: "Ana", Action: action, Detail: "{}"}))
			_, err := s.db.AppendLog(t.Context())
			s.must(err)
		}
		s.clock.add(91 * oneDay)
		for range 2 {
			s.must(s.db.Sweep(t.Context()))
			_, err := s.db.AppendLog(t.Context())
			s.must(err)
			s.clock.add(2 * oneDay)
		}
		s.must(s.db.Sweep(t.Context()))
		if n := s.count(`SELECT COUNT(id) FROM admin_log WHERE action = 'participants.view'`); n != 0 {
			t.Errorf("%d views are left", n)
		}
		if _, err := s.db.VerifyEvidence(t.Context()); err != nil {
			t.Errorf("the log without its views: %v", err)
		}
	})
}

// openedBy is a teacher's visit to the participants: the list is fetched anew.
func (s *site) openedBy(members []lti.Member) {
	s.t.Helper()
	s.must(s.fill(members, 0).Done(s.t.Context()))
}

func (s *site) members() int { return s.count(`SELECT COUNT(sub) FROM lti_roster_member`) }

// The names and addresses of a course's list go 30 days after a teacher last opened it; the course then counts
// those who opened its activity, and the next visit has the list again.
func TestListsThatNobodyOpensEnd(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		v := s.load("a", draft(policy.Agree, text("ro", "a")))
		u := s.admit(graded("5", "7"))
		s.answer(s.event(u, v, policy.Accepted))
		s.openedBy(learners(10))
		s.openedBy(learners(11)) // the one before is kept for those who are reading it
		if n := s.members(); n != 21 {
			t.Fatalf("%d members", n)
		}
		reading := s.roster()
		s.clock.add(29 * oneDay)
		s.must(s.db.Sweep(t.Context()))
		if n := s.members(); n != 21 || s.roster().Members != 11 {
			t.Errorf("after 29 days: %d members, %+v", n, s.roster())
		}
		s.clock.add(2 * oneDay)
		s.must(s.db.Sweep(t.Context()))
		if n := s.members(); n != 0 {
			t.Errorf("after 31 days: %d members", n)
		}
		if r := s.roster(); !r.Fetched.IsZero() || r.Members != 0 || r.URL == "" {
			t.Errorf("the roster: %+v", r)
		}
		f, err := s.db.Figures(t.Context(), s.institution, v.PolicyID)
		s.must(err)
		if len(f.Courses) != 1 || f.Courses[0].Asked != 1 || f.Courses[0].Accepted != 1 || !f.Courses[0].Listed.IsZero() {
			t.Errorf("the course's figures: %+v", f.Courses)
		}
		if got := s.participants(s.roster()); len(got) != 1 || got[0].Sub != "5" {
			t.Errorf("participants: %+v", got)
		}
		err = s.db.EachParticipant(t.Context(), reading, nil, func(policy.Participant, []policy.Given) error { return nil })
		if err == nil {
			t.Error("who was reading the list is not told that it went")
		}
		s.openedBy(learners(12))
		if n := len(s.participants(s.roster())); n != 12 {
			t.Errorf("opened again: %d participants", n)
		}
	})
}

// A course whose platform is away keeps its last list as long as teachers come to see it.
func TestAListThatCannotBeFetchedStaysForItsTeachers(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		s.admit(graded("5", "7"))
		s.openedBy(learners(3))
		s.clock.add(29 * oneDay)
		s.must(s.fill(nil, 0).Failed(t.Context(), "unreachable"))
		s.clock.add(29 * oneDay)
		s.must(s.db.Sweep(t.Context()))
		if n := s.members(); n != 3 {
			t.Errorf("%d members after a visit that could not be served", n)
		}
		s.clock.add(2 * oneDay)
		s.must(s.db.Sweep(t.Context()))
		if n := s.members(); n != 0 {
			t.Errorf("%d members", n)
		}
	})
}

// What a fetch left behind whose program was killed goes, and a fetch that is under way loses nobody.
func TestMembersThatNobodyNamesEnd(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		s.admit(graded("5", "7"))
		s.openedBy(learners(3))
		for i := range 45 { // more than one step of the sweep
			s.member(fmt.Sprintf("nobody-%02d", i))
		}
		killed := s.fill(learners(7), 0)
		s.must(s.db.Sweep(t.Context()))
		if n := s.members(); n != 10 {
			t.Errorf("%d members: 3 of the list and 7 under way should be there", n)
		}
		s.clock.add(time.Hour)
		s.must(killed.Add(t.Context(), learners(8)))
		s.clock.add(time.Hour)
		s.must(s.db.Sweep(t.Context()))
		if n := s.members(); n != 11 {
			t.Errorf("%d members: a fetch that is slow was given up", n)
		}
		s.clock.add(3 * time.Hour)
		s.must(s.db.Sweep(t.Context()))
		if n := s.members(); n != 3 || len(s.participants(s.roster())) != 3 {
			t.Errorf("%d members: what the killed fetch brought should have gone", n)
		}
		if err := killed.Add(t.Context(), learners(9)); err == nil {
			t.Error("a fetch that was given up goes on")
		}
	})
}

// Whoever reads a list that was replaced, and whose members a newer fetch deletes meanwhile, is told.
func TestReadingAListThatIsDeletedIsAConflict(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		s.admit(graded("5", "7"))
		s.openedBy(learners(3))
		reading := s.roster()
		s.openedBy(learners(3))
		read := func() (int, error) {
			n := 0
			return n, s.db.EachParticipant(t.Context(), reading, nil, func(policy.Participant, []policy.Given) error { n++; return nil })
		}
		if _, err := read(); err != nil {
			t.Errorf("replaced once: %v", err)
		}
		s.fill(nil, 0)
		if _, err := read(); err == nil {
			t.Error("the list was deleted while it was read, and nobody said so")
		}
	})
}
