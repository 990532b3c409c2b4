package store_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// Every statement that a launch, a page or a recorded answer runs finds its rows by key, whatever the tables
// hold. A server writes down the statements that the program really runs; it and SQLite explain them.
func TestHotQueriesUseKeys(t *testing.T) {
	storetest.EachServer(t, func(t *testing.T, dsn string) {
		server, lite := newSite(t, dsn), newSite(t, storetest.SQLite(t))
		fill(t, server.db)
		fill(t, lite.db)
		statements := recorded(t, server)
		if len(statements) < 30 {
			t.Errorf("only %d statements recorded: the test sees too little", len(statements))
		}
		for _, query := range statements {
			for _, s := range []*site{server, lite} {
				for _, step := range explain(t, s.db, query) {
					if step.full {
						t.Errorf("reads a whole table on %v: %s\n%s", s.db, step.text, query)
					}
				}
			}
		}
	})
}

// binary is how the driver writes bytes into a statement; what they are does not matter to a plan.
var binary = regexp.MustCompile(`(?s)_binary'(\\.|[^'\\])*'`)

// recorded runs a reader's whole visit and returns the statements that can be explained.
func recorded(t *testing.T, s *site) []string {
	t.Helper()
	first := s.load("a", draft(policy.Agree, text("ro", "a"), text("en", "a")))
	consent := s.load("b", draft(policy.Consent, text("ro", "b")))
	ctx := t.Context()
	steps := []func() error{
		func() error { _, err := s.db.Platform(ctx, s.platform.ID); return err },
		func() error { _, err := s.db.PlatformByClient(ctx, s.platform.Issuer, s.platform.ClientID); return err },
		func() error { _, err := s.db.PlatformsByIssuer(ctx, s.platform.Issuer); return err },
		func() error { _, err := s.db.KeyRing(ctx); return err },
		func() error {
			u := s.user("5")
			m := message("5", "again")
			m.Person.Name, m.Context.Title, m.ResourceLink.Title = "N", "N", "N"
			m.Roles = lti.ParseRoles([]string{"http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"})
			if _, err := s.db.Admit(ctx, m, s.platform); err != nil {
				return err
			}
			ses := s.session()
			if err := s.db.CreateSession(ctx, ses); err != nil {
				return err
			}
			if _, err := s.db.Session(ctx, ses.ID, hashOf("secret")); err != nil {
				return err
			}
			if _, err := s.db.Asked(ctx, s.platform.ID, "2", u.ID); err != nil {
				return err
			}
			if _, err := s.db.ActiveVersions(ctx, s.platform.ID, "2"); err != nil {
				return err
			}
			if _, _, err := s.db.ActiveAndGiven(ctx, s.platform.ID, "2", u.ID); err != nil {
				return err
			}
			if _, err := s.db.Shown(ctx, s.platform.ID); err != nil {
				return err
			}
			if _, err := s.db.Announced(ctx, s.platform.ID, "2"); err != nil {
				return err
			}
			if _, err := s.db.Archive(ctx, s.platform.ID, "a"); err != nil {
				return err
			}
			if _, err := s.db.Archives(ctx, s.platform.ID); err != nil {
				return err
			}
			es := s.answer(s.event(u, first, policy.Accepted), s.event(u, consent, policy.Accepted))
			s.answer(s.event(u, consent, policy.Withdrawn))
			if _, err := s.db.Answers(ctx, u.ID); err != nil {
				return err
			}
			if _, err := s.db.Events(ctx, u.ID); err != nil {
				return err
			}
			if _, err := s.db.Event(ctx, u.ID, es[0].ID); err != nil {
				return err
			}
			if _, err := s.db.Version(ctx, s.institution, first.ID); err != nil {
				return err
			}
			return s.db.EndSession(ctx, ses.ID)
		},
		func() error { s.plantEnded(); return s.db.Sweep(ctx) },
		s.scoresAndRosters,
		s.notices,
		s.imagePages,
		s.adminPages,
		func() error { return s.typing(first) },
	}
	var statements []string
	for _, q := range s.logged(func() {
		for i, step := range steps {
			if err := step(); err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
		}
	}) {
		// Small by nature: three keys, a row for each Moodle, and what a query of its own bounds.
		if !strings.Contains(q, "FROM tool_key") && !strings.HasPrefix(q, "SELECT COUNT(c.owedsince)") && !strings.Contains(q, "FROM lti_platform ORDER BY id") {
			statements = append(statements, q)
		}
	}
	return statements
}

// logged returns the statements that f runs and that can be explained, each once, as a server of the MySQL family
// wrote them down.
func (s *site) logged(f func()) []string {
	s.t.Helper()
	s.exec1(`SET GLOBAL log_output = 'TABLE'`)
	s.exec1(`TRUNCATE TABLE mysql.general_log`)
	s.exec1(`SET GLOBAL general_log = ON`)
	s.t.Cleanup(func() { s.db.SQL().Exec(`SET GLOBAL general_log = OFF`) }) //nolint:errcheck // the server ends with the tests
	f()
	s.exec1(`SET GLOBAL general_log = OFF`)
	var log [][]byte
	s.must(s.db.SQL().SelectContext(s.t.Context(), &log, `SELECT argument FROM mysql.general_log WHERE command_type = 'Query'`))
	var statements []string
	seen := map[string]bool{}
	for _, raw := range log {
		q := strings.TrimSpace(binary.ReplaceAllString(string(raw), "x'00'"))
		verb, _, _ := strings.Cut(q, " ")
		switch strings.ToUpper(strings.Fields(verb)[0]) {
		case "SELECT", "UPDATE", "DELETE":
		default:
			continue
		}
		if !seen[q] && !strings.Contains(q, "@@") {
			seen[q] = true
			statements = append(statements, q)
		}
	}
	return statements
}

// What people wait for is sorted by the program: in a database, a sort takes a table of its own, in which MariaDB
// crashed once when a cluster took the query back.
func TestHotQueriesSortNothing(t *testing.T) {
	storetest.EachServer(t, func(t *testing.T, dsn string) {
		server, lite := newSite(t, dsn), newSite(t, storetest.SQLite(t))
		fill(t, server.db)
		fill(t, lite.db)
		statements := server.logged(func() { server.must(server.hot()) })
		if len(statements) < 15 {
			t.Errorf("only %d statements recorded: the test sees too little", len(statements))
		}
		for _, query := range statements {
			for _, s := range []*site{server, lite} {
				for _, step := range explain(t, s.db, query) {
					if step.sorts {
						t.Errorf("sorts on %v: %s\n%s", s.db, step.text, query)
					}
				}
			}
		}
	})
}

// hot does what launches, pages of readers, answers, the first page of a course and the sending of scores do.
func (s *site) hot() error {
	ctx := s.t.Context()
	agree := s.load("hot", draft(policy.Agree, text("ro", "a"), text("en", "a")))
	choice := s.load("choice", draft(policy.Consent, text("ro", "b")))
	there := s.loadForCourses("there", draft(policy.Consent, text("ro", "c")))
	u := s.admit(graded("50", "7"))
	s.admit(in("2", "8", "50", "there"))
	ses := s.session()
	ses.UserID = u.ID
	var fill *store.RosterFill
	for _, step := range []func() error{
		func() error { _, err := s.db.PlatformByClient(ctx, s.platform.Issuer, s.platform.ClientID); return err },
		func() error { _, err := s.db.Platform(ctx, s.platform.ID); return err },
		func() error { return s.db.CreateSession(ctx, ses) },
		func() error { _, err := s.db.Session(ctx, ses.ID, hashOf("secret")); return err },
		func() error { _, err := s.db.Asked(ctx, s.platform.ID, "2", u.ID); return err },
		func() error { _, err := s.db.ActiveVersions(ctx, s.platform.ID, "2"); return err },
		func() error { _, err := s.db.Shown(ctx, s.platform.ID); return err },
		func() error { _, err := s.db.Announced(ctx, s.platform.ID, "2"); return err },
		func() error { _, err := s.db.Archive(ctx, s.platform.ID, "hot"); return err },
		func() error { _, err := s.db.Archives(ctx, s.platform.ID); return err },
		func() error {
			_, err := s.db.Answer(ctx, []policy.Event{
				s.event(u, agree, policy.Accepted), s.event(u, choice, policy.Accepted), s.eventIn("2", u, there, policy.Accepted),
			})
			return err
		},
		func() error {
			_, err := s.db.Answer(ctx, []policy.Event{s.eventIn("2", u, there, policy.Withdrawn)})
			return err
		},
		func() error {
			_, err := s.db.Answer(ctx, []policy.Event{s.event(u, choice, policy.Withdrawn)})
			return err
		},
		func() error { _, err := s.db.Answers(ctx, u.ID); return err },
		func() error { _, _, err := s.db.ActiveAndGiven(ctx, s.platform.ID, "2", u.ID); return err },
		func() error { _, err := s.db.Events(ctx, u.ID); return err },
		func() error {
			return s.db.EachConsent(ctx, []int64{agree.ID, choice.ID}, func(store.User, []policy.ConsentGiven) error { return nil })
		},
		func() error { _, err := s.db.Versions(ctx, s.institution, []int64{agree.ID, choice.ID}); return err },
		func() error {
			return s.db.ScoresSent(ctx, s.take()...)
		},
		func() (err error) { fill, err = s.db.FillRoster(ctx, s.platform.ID, "2", 0); return err },
		func() error { return fill.Add(ctx, learners(3)) },
		func() error { return fill.Done(ctx) },
		func() error {
			columns, err := s.db.RosterColumns(ctx, s.platform.ID, "2")
			if err != nil {
				return err
			}
			return s.db.EachParticipant(ctx, s.roster(), columns, func(policy.Participant, []policy.Given) error { return nil })
		},
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// scoresAndRosters runs what the background does for a course and what its teacher's page reads.
func (s *site) scoresAndRosters() error {
	ctx := s.t.Context()
	if _, err := s.db.Admit(ctx, in("2", "7", "6", "x"), s.platform); err != nil {
		return err
	}
	s.checkGates()
	s.clock.add(time.Hour)
	s.must(s.db.ScoresSent(ctx, s.take()...))
	if _, err := s.db.CountScores(ctx, s.institution); err != nil {
		return err
	}
	if _, err := s.db.DeadScores(ctx, s.institution, 10); err != nil {
		return err
	}
	if _, err := s.db.MissingScores(ctx, s.platform.ID, 10); err != nil {
		return err
	}
	if err := s.fill(learners(3), 0).Done(ctx); err != nil {
		return err
	}
	columns, err := s.db.RosterColumns(ctx, s.platform.ID, "2")
	if err != nil {
		return err
	}
	if _, err := s.db.CoursePolicies(ctx, s.platform.ID, "2"); err != nil {
		return err
	}
	return s.db.EachParticipant(ctx, s.roster(), columns, func(policy.Participant, []policy.Given) error { return nil })
}

func (s *site) exec1(query string) {
	s.t.Helper()
	_, err := s.db.SQL().ExecContext(s.t.Context(), query)
	s.must(err)
}

type row struct {
	query string
	args  []any
}

// fill puts some hundred rows into the tables, so that a database does not prefer to read them whole.
func fill(t *testing.T, db *store.DB) {
	t.Helper()
	const when = "2026-01-01 00:00:05"
	rows := func(tx *store.Tx, i int) error {
		id := fmt.Sprintf("00000000-0000-7000-8000-%012d", i)
		s := fmt.Sprint(i)
		for _, r := range []row{
			{`INSERT INTO tool_policy (id, sortorder, currentversionid) VALUES (?, 1, ?)`, []any{i, i}},
			{`INSERT INTO tool_policy_versions (id, usermodified, timecreated, timemodified, policyid, summary, summaryformat, content, contentformat)
				VALUES (?, 0, 0, 0, ?, '', 1, '', 1)`, []any{i, i}},
			{`INSERT INTO policy_detail (policyid, institutionid, slug) VALUES (?, ?, ?)`, []any{i, id, s}},
			{`INSERT INTO policy_version_detail (versionid, materialid, kind, lang, digest, changenote) VALUES (?, ?, 'agree', 'ro', '', '')`, []any{i, i}},
			{`INSERT INTO policy_version_text (versionid, lang, name, summary, content, digest) VALUES (?, 'en', '', '', '', '')`, []any{i}},
			{`INSERT INTO policy_platform (platformid, policyid) VALUES (?, ?)`, []any{id, i}},
			{`INSERT INTO policy_left (platformid, policyid, timeleft) VALUES (?, ?, ?)`, []any{id, i, when}},
			{`INSERT INTO policy_draft_scope (versionid, courses) VALUES (?, 0)`, []any{i}},
			{`INSERT INTO policy_draft_platform (versionid, platformid) VALUES (?, ?)`, []any{i, id}},
			{`INSERT INTO policy_schedule (policyid, versionid, effectivefrom, minor, actor, edit, replaces) VALUES (?, ?, ?, 0, '', 1, 0)`, []any{i, i, fmt.Sprintf("2127-01-01 00:%02d:%02d", i/60, i%60)}},
			{`INSERT INTO policy_image (digest, mediatype, width, height, data, institutionid, userid, timecreated, timeused) VALUES (?, '', 1, 1, '', ?, 0, ?, ?)`, []any{s, id, when, fmt.Sprintf("2026-06-01 00:%02d:%02d", i/60, i%60)}},
			{`INSERT INTO policy_image_use (versionid, digest) VALUES (?, ?)`, []any{i, s}},
			{`INSERT INTO admin_log (id, shard, number, timecreated, institutionid, actorid, actor, actormark, action, object, detail, hash)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', '')`, []any{id, 32 + i%8, 1000 + i, when, id, i, s, hashOf(s), s}},
			{`INSERT INTO admin_log_person (userid, entryid) VALUES (?, ?)`, []any{i, id}},
			{`INSERT INTO institution (id, name, timecreated) VALUES (?, ?, ?)`, []any{id, s, when}},
			{`INSERT INTO lti_platform (id, institutionid, name, issuer, clientid, authurl, tokenurl, jwksurl, anonymous, status, timecreated)
				VALUES (?, ?, '', ?, 'c', '', '', '', 0, 'active', ?)`, []any{id, id, "https://m" + s + ".example", when}},
			{`INSERT INTO lti_deployment (platformid, deploymentid) VALUES (?, '1')`, []any{id}},
			{`INSERT INTO lti_user (id, platformid, sub, name, givenname, familyname, email, username, idnumber, lang, timecreated, lastlaunch)
				VALUES (?, ?, ?, '', '', '', '', '', '', '', ?, ?)`, []any{i, id, s, when, when}},
			{`INSERT INTO lti_context (platformid, contextid, label, title, timecreated) VALUES (?, ?, '', '', ?)`, []any{id, s, when}},
			{`INSERT INTO lti_link_policy (platformid, resourcelinkid, contextid, slug) VALUES (?, ?, ?, ?)`, []any{id, s, s, s}},
			{`INSERT INTO lti_line_item (platformid, resourcelinkid, contextid, url) VALUES (?, ?, ?, '')`, []any{id, s, s}},
			{`INSERT INTO outbox (platformid, resourcelinkid, userid, contextid, sub, lineitem, wanted, sent, revision, due, attempts, dead, failure, timemodified)
				VALUES (?, ?, ?, ?, ?, '', 0, 0, 1, ?, 0, ?, '', ?)`, []any{id, s, i, s, s, fmt.Sprintf("2027-01-01 00:%02d:%02d", i/60, i%60), i / 290, when}},
			{`INSERT INTO notice_batch (id, platformid, contextid, step, lang, link, due, expires, timecreated) VALUES (?, ?, ?, '2027-01-01', '', '', ?, ?, ?)`,
				[]any{id, id, s, when, when, fmt.Sprintf("2027-01-01 00:%02d:%02d", i/60, i%60)}},
			{`INSERT INTO notice (batchid, sub, platformid, state, due, tries, failure, token, timecreated) VALUES (?, ?, ?, 'planned', ?, 0, '', '', ?)`,
				[]any{id, s, id, when, fmt.Sprintf("2027-01-01 00:%02d:%02d", i/60, i%60)}},
			{`INSERT INTO gate_check (id, platformid, contextid, due, atlink, atuser) VALUES (?, ?, '', ?, '', 0)`, []any{id, id, fmt.Sprintf("2027-01-01 00:%02d:%02d", i/60, i%60)}},
			{`INSERT INTO lti_roster (platformid, contextid, generation, filling, stale, members, timefetched, failure) VALUES (?, ?, ?, ?, ?, 1, ?, '')`,
				[]any{id, s, id, "f" + s, "s" + s, fmt.Sprintf("2027-01-01 00:%02d:%02d", i/60, i%60)}},
			{`INSERT INTO lti_roster_member (generation, sub, position, teacher, name, givenname, familyname, email, idnumber)
				VALUES (?, ?, 0, 0, '', '', '', '', '')`, []any{id, s}},
			{`INSERT INTO policy_autosave (id, institutionid, versionid, userid, page, edit, form, timecreated, timemodified, expires)
				VALUES (?, ?, ?, ?, '', 1, '', ?, ?, ?)`, []any{id, id, i, i, when, when, fmt.Sprintf("2027-01-01 00:%02d:%02d", i/60, i%60)}},
			{`INSERT INTO evidence_checkpoint (size, note, timecreated) VALUES (?, '', ?)`, []any{i, fmt.Sprintf("2027-01-01 00:%02d:%02d", i/60, i%60)}},
			{`INSERT INTO lti_invitation (tokenhash, institutionid, timecreated, expires) VALUES (?, ?, ?, ?)`, []any{hashOf(s), id, when, fmt.Sprintf("2027-01-01 00:%02d:%02d", i/60, i%60)}},
			{`INSERT INTO replica (id, timeseen) VALUES (?, ?)`, []any{id, fmt.Sprintf("2027-01-01 00:%02d:%02d", i/60, i%60)}},
			{`INSERT INTO tx_receipt (id, state, expires) VALUES (?, 'done', ?)`, []any{id, fmt.Sprintf("2027-01-01 00:%02d:%02d", i/60, i%60)}},
			{`INSERT INTO lti_deep_link (sessionid, settings, expires) VALUES (?, '', ?)`, []any{id, fmt.Sprintf("2027-01-01 00:%02d:%02d", i/60, i%60)}},
			{`INSERT INTO lti_membership (platformid, contextid, userid, roles, lastlaunch) VALUES (?, ?, ?, '', ?)`, []any{id, s, i, when}},
			{`INSERT INTO lti_nonce (hash, admission, expires) VALUES (?, '', ?)`, []any{hashOf(s), fmt.Sprintf("2027-01-01 00:%02d:%02d", i/60, i%60)}},
			{`INSERT INTO lti_session (id, secrethash, platformid, institutionid, userid, sub, name, admin, teacher, guest, framed, contextid, contexttitle,
				resourcelinkid, deploymentid, roles, returnurl, locale, uilang, origin, target, timecreated, expires)
				VALUES (?, ?, ?, '', 1, '5', '', 0, 0, 0, 1, '', '', '', '', '', '', '', '', '', '', ?, ?)`, []any{id, hashOf(s), id, when, fmt.Sprintf("2027-01-01 00:%02d:%02d", i/60, i%60)}},
			{`INSERT INTO tool_policy_acceptances (policyversionid, userid, status, usermodified, timecreated, timemodified)
				VALUES (?, ?, 1, ?, 0, 0)`, []any{i, i, i}},
			{`INSERT INTO course_acceptance (policyversionid, userid, contextid, status, lang, usermodified, timecreated, timemodified)
				VALUES (?, ?, ?, 1, 'ro', ?, 0, 0)`, []any{i, i, s, i}},
			{`INSERT INTO acceptance_event (id, timecreated, institutionid, platformid, issuer, userid, sub, actorid, actorsub, policyid, versionid,
				materialid, policyname, revision, kind, lang, uilang, digest, statement, button, answer, standing, note, launchid, deploymentid,
				contextid, resourcelinkid, roles, presentation, hash, shard, number, timerecorded, relation, opened, rule, scope, subject, actor, noted, circumstance)
				VALUES (?, ?, '', ?, '', ?, '', ?, '', ?, ?, ?, '', '', '', '', '', '', '', '', '', 1, '', '', '', '', '', '', ?, '',
					?, ?, ?, '', '', '', '', ?, ?, ?, ?)`,
				[]any{id, when, id, i, i, i, i, i, "p" + s, i % 32, i, when, hashOf(s), hashOf(s), hashOf(s), hashOf(s)}},
			{`INSERT INTO person_secret (userid, secret, timecreated) VALUES (?, ?, ?)`, []any{i, sealed(t, fmt.Sprintf("person_secret %d", i), string(hashOf(s))), when}},
			{`INSERT INTO evidence_leaf (idx, shard, number, hash) VALUES (?, ?, ?, ?)`, []any{i, i % 32, i, hashOf(s)}},
		} {
			if _, err := tx.ExecContext(t.Context(), r.query, r.args...); err != nil {
				return fmt.Errorf("%s: %w", r.query, err)
			}
		}
		return nil
	}
	for i := 1; i <= 300; i++ { // each in a time of its own: a transaction may take seconds only
		if err := db.InTx(t.Context(), func(tx *store.Tx) error { return rows(tx, i) }); err != nil {
			t.Fatal(err)
		}
	}
	analyze := `ANALYZE`
	if db.IsMySQL() {
		var tables []string
		err := db.SQL().SelectContext(t.Context(), &tables, `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'`)
		if err != nil {
			t.Fatal(err)
		}
		analyze = `ANALYZE TABLE ` + strings.Join(tables, ", ")
	}
	if _, err := db.SQL().ExecContext(t.Context(), analyze); err != nil {
		t.Fatal(err)
	}
}

type planStep struct {
	text  string
	full  bool
	sorts bool // also: keeps rows in a table of its own
}

// within reports whether a server means to read an index in its order no further than the query's LIMIT.
func within(query, rows string) bool {
	_, limit, ok := strings.Cut(query, " LIMIT ")
	n, err := strconv.Atoi(rows)
	most, lerr := strconv.Atoi(limit)
	return ok && err == nil && lerr == nil && n <= most
}

func explain(t *testing.T, db *store.DB, query string) []planStep {
	t.Helper()
	how := "EXPLAIN QUERY PLAN "
	if !db.IsMySQL() {
		query = strings.ReplaceAll(store.PartsAreTables(query), " LOCK IN SHARE MODE", "") // there, all is locked
	}
	if db.IsMySQL() {
		how = "EXPLAIN FORMAT=TRADITIONAL " // what MySQL says by itself has no columns
	}
	rows, err := db.SQL().QueryxContext(t.Context(), how+query)
	if err != nil {
		t.Fatalf("explaining on %v: %v\n%s", db, err, query)
	}
	defer rows.Close() //nolint:errcheck // read to its end
	var steps []planStep
	for rows.Next() {
		m := map[string]any{}
		if err := rows.MapScan(m); err != nil {
			t.Fatal(err)
		}
		for k, v := range m {
			if b, ok := v.([]byte); ok {
				m[k] = string(b)
			}
		}
		// Reading an index in its order up to a LIMIT of one stops at once.
		first := strings.HasSuffix(query, "LIMIT 1")
		s := planStep{text: fmt.Sprint(m)}
		if db.IsMySQL() {
			s.full = m["type"] == "ALL" || m["type"] == "index" && !first && !within(query, fmt.Sprint(m["rows"]))
			extra := fmt.Sprint(m["Extra"])
			s.sorts = strings.Contains(extra, "Using temporary") || strings.Contains(extra, "Using filesort")
		} else {
			detail := fmt.Sprint(m["detail"])
			s.sorts = strings.Contains(detail, "TEMP B-TREE")
			s.full = strings.HasPrefix(detail, "SCAN") && !strings.Contains(detail, "CONSTANT ROW") && !first
		}
		steps = append(steps, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("explaining on %v: %v\n%s", db, err, query)
	}
	return steps
}
