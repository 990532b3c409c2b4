package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	gocmp "github.com/google/go-cmp/cmp"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// marked are people whose every word stands nowhere else: a dump can be searched for them.
func (s *site) marked(n int) []store.User {
	s.t.Helper()
	us := make([]store.User, n)
	s.must(s.db.InTx(s.t.Context(), func(tx *store.Tx) error {
		for i := range us {
			id := int64(7_654_000_001 + i)
			us[i] = store.User{
				ID: id, PlatformID: s.platform.ID, Sub: fmt.Sprint("subject", id), Name: fmt.Sprint("Name", id), Email: fmt.Sprintf("mail%d@example.test", id),
				Username: fmt.Sprint("login", id), IDNumber: fmt.Sprint("matricol", id),
			}
			u := us[i]
			_, err := tx.ExecContext(s.t.Context(), `
				INSERT INTO lti_user (id, platformid, sub, name, givenname, familyname, email, username, idnumber, lang, timecreated, lastlaunch, sortname, search)
				VALUES (?, ?, ?, ?, ?, '', ?, ?, ?, 'ro', ?, ?, ?, ?)`,
				u.ID, u.PlatformID, u.Sub, u.Name, u.Name, u.Email, u.Username, u.IDNumber, s.clock.now(), s.clock.now(), strings.ToLower(u.Name), " "+strings.ToLower(u.Name))
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(s.t.Context(), `INSERT INTO lti_membership (platformid, contextid, userid, roles, lastlaunch) VALUES (?, '2', ?, 'Learner', ?)`,
				u.PlatformID, u.ID, s.clock.now())
			if err != nil {
				return err
			}
		}
		return nil
	}))
	return us
}

// sizes is how many people there are on a kind of database, and how many of them are erased.
func (s *site) eraseSizes() (people, erased int) {
	if s.db.IsMySQL() {
		return 1000, 100
	}
	return 10_000, 1000
}

// counted is everything that is counted.
func (s *site) counted(policyID int64) map[string]any {
	s.t.Helper()
	s.db.ForgetCounts()
	counts, _, err := s.db.Counts(s.t.Context(), s.institution)
	s.must(err)
	figures, err := s.db.Figures(s.t.Context(), s.institution, policyID)
	s.must(err)
	all := map[string]any{"counts": counts, "figures": figures}
	for _, table := range []string{"lti_user", "lti_membership", "lti_roster_member", "acceptance_event", "tool_policy_acceptances", "course_acceptance"} {
		all[table] = s.count(`SELECT COUNT(*) FROM ` + table)
	}
	return all
}

// dump is every value of every table.
func (s *site) dump() string {
	s.t.Helper()
	query := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'`
	if s.db.IsMySQL() {
		query = `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()`
	}
	var tables []string
	s.must(s.db.SQL().SelectContext(s.t.Context(), &tables, query))
	var b strings.Builder
	for _, table := range tables {
		rows, err := s.db.SQL().QueryxContext(s.t.Context(), `SELECT * FROM `+table)
		s.must(err)
		for rows.Next() {
			values, err := rows.SliceScan()
			s.must(err)
			fmt.Fprintf(&b, "%s:", table)
			for _, v := range values {
				if raw, ok := v.([]byte); ok {
					v = string(raw)
				}
				fmt.Fprintf(&b, " %v", v)
			}
			b.WriteString("\n")
		}
		s.must(rows.Err())
		s.must(rows.Close())
	}
	return b.String()
}

// traces are the words of a dump that tell of some people.
func traces(dump string, people []store.User) []string {
	tells := map[string]bool{}
	for _, u := range people {
		for _, w := range []string{fmt.Sprint(u.ID), u.Sub, u.Name, strings.ToLower(u.Name), u.Email, u.Username, u.IDNumber, "launch" + u.Sub, "note" + u.Sub} {
			tells[w] = true
		}
	}
	var found []string
	for line := range strings.Lines(dump) {
		for w := range strings.FieldsFuncSeq(line, notOfAWord) {
			if tells[w] {
				found = append(found, w+" in "+line[:min(len(line), 120)])
			}
		}
	}
	return found
}

func notOfAWord(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '@' && r != '.'
}

// Of people who were erased nothing is left that tells of them, and everything that is counted is counted as before.
func TestErasedPeopleLeaveTheirAnswersAndNoTrace(t *testing.T) {
	eachEraser(t, func(t *testing.T, s *site) {
		people, erased := s.eraseSizes()
		v := s.load("a", draft(policy.Agree, text("ro", "a")))
		s.clock.add(time.Hour)
		s.admit(graded("teacher", "7"))
		us := s.marked(people)
		var events []policy.Event
		for _, some := range slices.Collect(slices.Chunk(us[:people-people/10], 50)) { // some never answered
			var es []policy.Event
			for _, u := range some {
				e := s.event(u, v, policy.Accepted)
				e.LaunchID, e.Note = "launch"+u.Sub, "note"+u.Sub
				es = append(es, e)
			}
			events = append(events, s.answer(es...)...)
		}
		gone := slices.Clone(us[:erased-erased/10])
		gone = append(gone, us[people-erased/10:]...)
		answers := int64(erased - erased/10)
		one, other := gone[0], us[erased]
		behalf := s.event(other, v, policy.Withdrawn) // the one acted for the other
		behalf.ActorID, behalf.ActorSub, behalf.LaunchID = one.ID, one.Sub, "launch"+one.Sub
		s.answer(behalf)
		admin := store.Admin{InstitutionID: s.institution, UserID: one.ID, Actor: fmt.Sprintf("%s (%s, %s)", one.Name, one.Sub, s.platform.Issuer)}
		s.must(s.db.Grant(t.Context(), admin, s.platform.ID, gone[1].ID, store.PowerReport))
		s.must(s.db.Grant(t.Context(), admin, s.platform.ID, other.ID, store.PowerReport))
		s.must(s.db.LogAct(t.Context(), store.AdminEntry{InstitutionID: s.institution, Actor: "Ana", Action: "acceptances.person", Object: one.Name, About: []int64{one.ID}}))
		s.must(s.db.CreateSession(t.Context(), store.Session{
			ID: s.id(), SecretHash: hashOf("x"), PlatformID: s.platform.ID, InstitutionID: s.institution, UserID: one.ID, Sub: one.Sub, Name: one.Name,
			Created: s.clock.now(), Expires: s.clock.now().Add(time.Hour),
		}))
		s.must(s.fill([]lti.Member{{Sub: one.Sub, Name: one.Name, Email: one.Email}, {Sub: other.Sub, Name: other.Name}}, 0).Done(t.Context()))
		_, err := s.db.AppendLog(t.Context())
		s.must(err)
		s.clock.add(time.Hour)
		before, found := s.counted(v.PolicyID), traces(s.dump(), gone)
		if len(found) < erased {
			t.Fatalf("the search finds %d words only", len(found))
		}
		secrets := s.secretsOf(gone[:1])

		var ids []int64
		for _, u := range gone {
			ids = append(ids, u.ID)
		}
		d := store.Decision{ID: "2026-17", Reason: "they left", Admin: store.Admin{InstitutionID: s.institution}}
		half, err := s.db.Erase(t.Context(), d, ids[:len(ids)/2])
		s.must(err)
		done, err := s.db.Erase(t.Context(), d, ids) // goes on
		s.must(err)
		if half.People+done.People != int64(erased) || half.Answers+done.Answers != answers || half.Acted+done.Acted != 1 || half.Acts+done.Acts != 4 {
			t.Errorf("erased %+v and %+v", half, done)
		}
		if again, err := s.db.Erase(t.Context(), d, ids); again != (store.Erased{}) || err != nil {
			t.Errorf("erased twice: %+v, %v", again, err)
		}
		if found := traces(s.dump(), gone); len(found) > 0 {
			t.Errorf("%d traces, the first: %q", len(found), found[:min(3, len(found))])
		}
		if d := gocmp.Diff(before, s.counted(v.PolicyID)); d != "" {
			t.Errorf("other counts:\n%s", d)
		}
		if n, err := s.db.RebuildAcceptances(t.Context()); n != 0 || err != nil {
			t.Errorf("%d rows differ from the events, %v", n, err)
		}
		_, err = s.db.AppendLog(t.Context())
		s.must(err)
		intact, err := s.db.VerifyEvidence(t.Context())
		if err != nil || intact.Events != int64(len(events)+1) || intact.Erased != answers || intact.Decisions != 1 {
			t.Errorf("%+v, %v", intact, err)
		}
		s.guess(gone, events[:1], secrets)
		if u := s.user(one.Sub); u.ID == one.ID || s.count(`SELECT COUNT(id) FROM acceptance_event WHERE userid = ?`, u.ID) != 0 {
			t.Error("whoever comes again is not a new person")
		}
	})
}

func (s *site) secretsOf(people []store.User) [][]byte {
	s.t.Helper()
	var secrets [][]byte
	for _, u := range people {
		secret, err := s.db.SecretOf(s.t.Context(), u.ID)
		s.must(err)
		secrets = append(secrets, secret)
	}
	return secrets
}

// guess tries every person, and every small number, as whose the events are, under every key that can be guessed or
// found. With the secret that is destroyed it would find them.
func (s *site) guess(people []store.User, events []policy.Event, destroyed [][]byte) {
	s.t.Helper()
	guesses := [][]byte{nil, make([]byte, 32), hashOf("")}
	for i := range int64(100) {
		guesses = append(guesses, []byte(fmt.Sprint(i)), hashOf(fmt.Sprint(i)))
	}
	var left []int64
	s.must(s.db.SQL().SelectContext(s.t.Context(), &left, `SELECT userid FROM person_secret ORDER BY userid LIMIT 100`))
	for _, id := range left {
		secret, err := s.db.SecretOf(s.t.Context(), id)
		s.must(err)
		guesses = append(guesses, secret)
	}
	subs := []string{""}
	for _, u := range people {
		subs = append(subs, u.Sub, fmt.Sprint(u.ID))
	}
	for i := range 2000 {
		subs = append(subs, fmt.Sprint(i))
	}
	fits := func(e policy.Event, secret []byte, sub string) bool {
		is := e
		is.Sub, is.ActorSub = sub, sub
		key := policy.KeyOf(secret, e.ID)
		is.Commit(key, key)
		return is.Subject == e.Subject || is.Actor == e.Actor
	}
	for i, e := range events {
		for _, secret := range guesses {
			for _, sub := range subs {
				if fits(e, secret, sub) {
					s.t.Errorf("event %s is found to be of %q", e.ID, sub)
				}
			}
		}
		if !fits(e, destroyed[i], e.Sub) {
			s.t.Error("with the secret it is not found either: the search sees nothing")
		}
	}
}

// personal are the columns in which somebody may stand, and what erasing makes of each.
var personal = map[string]string{
	"acceptance_event.userid": "ghost", "acceptance_event.sub": "emptied", "acceptance_event.note": "emptied",
	"acceptance_event.actorid": "ghost", "acceptance_event.actorsub": "emptied", "acceptance_event.launchid": "emptied",
	"acceptance_event.presentation": "emptied", "acceptance_event.subject": "commitment", "acceptance_event.actor": "commitment",
	"person_secret.userid": "deleted",
	"admin_log.actorid":    "emptied", "admin_log.actor": "emptied", "admin_log_person.userid": "deleted",
	"tool_policy_acceptances.userid": "ghost", "tool_policy_acceptances.usermodified": "ghost", "tool_policy_acceptances.note": "emptied",
	"course_acceptance.userid": "ghost", "course_acceptance.usermodified": "ghost", "course_acceptance.note": "emptied",
	"tool_policy_versions.usermodified": "ghost", "policy_image.userid": "ghost", "lti_membership.userid": "ghost",
	"lti_roster_member.sub": "ghost", "lti_roster_member.email": "emptied", "lti_roster_member.idnumber": "emptied",
	"lti_roster_member.givenname": "emptied", "lti_roster_member.familyname": "emptied",
	"lti_session.userid": "deleted", "lti_session.sub": "deleted", "lti_door_launch.contact": "deleted",
	"notice.sub": "deleted", "outbox.userid": "deleted", "outbox.sub": "deleted", "policy_autosave.userid": "deleted", "gate_check.atuser": "kept: how far a look came",
	"admin_grant.userid": "deleted", "admin_grant.actor": "emptied", "policy_schedule.actor": "emptied",
	"lti_user.sub": "deleted", "lti_user.email": "deleted", "lti_user.username": "deleted", "lti_user.idnumber": "deleted",
	"lti_user.givenname": "deleted", "lti_user.familyname": "deleted",
	"policy_version_detail.contact": "kept: the institution's", "evidence_checkpoint.note": "kept: a signature",
}

// A column in which somebody may stand says what erasing makes of it.
func TestEveryColumnOfAPersonIsErased(t *testing.T) {
	files, err := filepath.Glob("migrations/mysql/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	words := regexp.MustCompile(`^(\w*user(id|name|modified)?|sub|\w*sub|actor\w*|\w*email|\w*name|idnumber|note|launchid|presentation|contact|subject)$`)
	things := regexp.MustCompile(`^(actorkey|actormark|name|sortname|policyname)$`) // keys, and names of things and of rows named above
	found := map[string]bool{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\)`).FindAllStringSubmatch(string(b), -1) {
			for _, c := range regexp.MustCompile(`(?m)^  (\w+) `).FindAllStringSubmatch(table[2], -1) {
				if words.MatchString(c[1]) && !things.MatchString(c[1]) {
					found[table[1]+"."+c[1]] = true
				}
			}
		}
	}
	for name := range found {
		if personal[name] == "" {
			t.Errorf("%s may name somebody: say in Erase and here what becomes of it", name)
		}
	}
	for name := range personal {
		if !found[name] {
			t.Errorf("there is no column %s", name)
		}
	}
}
