package store_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/spent"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

var firstNames = []string{"Ana", "Ștefan", "Žydrūnė", "Георги", "Јелена", "João", "Mihai", "Ioana", "Petras", "Мария"}

// manyPeople fills the report: people with names in several scripts, eight policies, and answers of five
// policies each; the first policy is accepted by all but every two-thousandth.
func (s *site) manyPeople(people int) []policy.Version {
	s.t.Helper()
	var vs []policy.Version
	for i := range 8 {
		v := draft(policy.Agree, text("ro", fmt.Sprint("p", i)))
		if i == 7 {
			v.Kind = policy.Consent
		}
		v.SortOrder = 10 + 2*i
		vs = append(vs, s.load(userNumber(i), v))
	}
	tx, err := s.db.SQL().BeginTxx(s.t.Context(), nil)
	s.must(err)
	const batch = 500
	for first := 1; first <= people; first += batch {
		var rows []string
		var args []any
		for i := first; i < first+batch && i <= people; i++ {
			name := fmt.Sprintf("%s %s%d", firstNames[i%len(firstNames)], []string{"Popescu", "Țăran", "Šimkutė", "Щерев"}[i/7%4], (i*7919)%people)
			rows = append(rows, `(?, ?, ?, ?, '', '', ?, '', '', 'ro', '', '2026-01-01', '2026-01-01', ?, ?)`)
			args = append(args, i, s.platform.ID, fmt.Sprint(i), name, fmt.Sprintf("u%d@example.test", i), policy.Fold(name), " "+policy.Fold(name)+fmt.Sprintf(" u%d@example.test", i))
		}
		_, err := tx.ExecContext(s.t.Context(), `INSERT INTO lti_user (id, platformid, sub, name, givenname, familyname, email, username, idnumber, lang, class, timecreated, lastlaunch, sortname, search)
			VALUES `+strings.Join(rows, ","), args...)
		s.must(err)
	}
	s.must(tx.Commit())
	for first := 1; first <= people; first += 10_000 {
		last := min(first+9_999, people)
		s.exec(`INSERT INTO tool_policy_acceptances (policyversionid, userid, status, lang, usermodified, timecreated, timemodified)
			SELECT v.id, seq, CASE WHEN v.id <> ? AND (seq + v.id) % 11 = 0 THEN 0 ELSE 1 END, 'ro', seq, 1788249600 + seq % 90 * 86400, 1788249600 + seq % 90 * 86400
			FROM `+numbers+`, tool_policy_versions v
			WHERE seq <= ? AND ((v.id = ? AND seq % 2000 <> 0) OR (v.id <> ? AND (seq + v.id) % 7 < 4))`, vs[0].ID, first, last, vs[0].ID, vs[0].ID)
	}
	s.exec(`INSERT INTO lti_membership (platformid, contextid, userid, roles, lastlaunch)
		SELECT u.platformid, '2', u.id, 'http://purl.imsglobal.org/vocab/lis/v2/membership#Learner', '2026-01-01' FROM lti_user u WHERE u.id % 1500 = 0`)
	for _, table := range []string{"tool_policy_acceptances", "lti_user", "lti_membership"} {
		analyze := `ANALYZE`
		if s.db.IsMySQL() {
			analyze = `ANALYZE TABLE ` + table
		}
		_, err := s.db.SQL().ExecContext(s.t.Context(), analyze)
		s.must(err)
	}
	return vs
}

// manyCourses puts the people of [site.manyPeople] into courses of 100, one for each hundred of them; half of the
// courses have a list of participants with 50 more who never came.
func (s *site) manyCourses(people int) {
	s.t.Helper()
	exec := func(query string, args ...any) {
		s.t.Helper()
		_, err := s.db.SQL().ExecContext(s.t.Context(), query, args...)
		s.must(err)
	}
	hundredth := `u.id / 100`
	if s.db.IsMySQL() {
		hundredth = `u.id DIV 100`
	}
	exec(`INSERT INTO lti_membership (platformid, contextid, userid, roles, lastlaunch)
		SELECT u.platformid, CONCAT('c', ` + hundredth + `), u.id, '', '2026-01-01' FROM lti_user u`)
	for i := 0; i <= people/100; i += 2 {
		generation := s.id()
		exec(`INSERT INTO lti_roster (platformid, contextid, generation, filling, stale, members, timefetched, failure)
			VALUES (?, ?, ?, '', '', 150, '2026-01-01', '')`, s.platform.ID, fmt.Sprint("c", i), generation)
		exec(`INSERT INTO lti_roster_member (generation, sub, position, teacher, name, givenname, familyname, email, idnumber)
			SELECT ?, u.sub, u.id, 0, '', '', '', '', '' FROM lti_user u WHERE u.id >= ? AND u.id < ?`, generation, i*100, i*100+100)
		rows := make([]string, 50)
		args := make([]any, 0, 150)
		for j := range rows {
			rows[j] = `(?, ?, ?, 0, '', '', '', '', '')`
			args = append(args, generation, fmt.Sprint("never", j), -j)
		}
		exec(`INSERT INTO lti_roster_member (generation, sub, position, teacher, name, givenname, familyname, email, idnumber) VALUES `+strings.Join(rows, ", "), args...)
	}
	for _, table := range []string{"lti_membership", "lti_roster", "lti_roster_member"} {
		analyze := `ANALYZE`
		if s.db.IsMySQL() {
			analyze = `ANALYZE TABLE ` + table
		}
		exec(analyze)
	}
}

// BenchmarkReport measures the pages of the acceptances report, its figures and its download. With
// LTIPOLICY_BENCH_LARGE the size is that of a big university: 200,000 people, a million answers.
func BenchmarkReport(b *testing.B) {
	people := 2_000
	if os.Getenv("LTIPOLICY_BENCH_LARGE") != "" {
		people = 200_000
	}
	eachBench(b, func(b *testing.B, s *site) {
		started := time.Now()
		vs := s.manyPeople(people)
		b.Logf("%d people, %d answers stored in %v", people, s.count(`SELECT COUNT(id) FROM tool_policy_acceptances`), time.Since(started).Round(time.Millisecond))
		all := store.ReportQuery{InstitutionID: s.institution}
		deep := all
		deep.After = store.ReportKey{Name: "petras", ID: 0}
		for _, c := range []struct {
			name string
			q    func() store.ReportQuery
		}{
			{"FirstPage", func() store.ReportQuery { return all }},
			{"DeepPage", func() store.ReportQuery { return deep }},
			{"TextCommon", func() store.ReportQuery { q := all; q.Text = "popescu ana"; return q }},
			{"TextRare", func() store.ReportQuery { q := all; q.Text = "U1999@"; return q }},
			{"TextNobody", func() store.ReportQuery { q := all; q.Text = "xyzzy"; return q }},
			{"PendingAny", func() store.ReportQuery { q := all; q.Status = store.ReportPending; return q }},
			{"PendingRare", func() store.ReportQuery {
				q := all
				q.PolicyID, q.Status = vs[0].PolicyID, store.ReportPending
				return q
			}},
			{"DeclinedNobody", func() store.ReportQuery {
				q := all
				q.PolicyID, q.Status = vs[0].PolicyID, store.ReportDeclined
				return q
			}},
			{"AcceptedAll", func() store.ReportQuery { q := all; q.Status = store.ReportAccepted; return q }},
			{"Course", func() store.ReportQuery { q := all; q.ContextID = "2"; return q }},
			{"CoursePending", func() store.ReportQuery { q := all; q.ContextID, q.Status = "2", store.ReportPending; return q }},
		} {
			b.Run(c.name, func(b *testing.B) {
				rows := 0
				s.median(b, func() {
					p, err := s.db.Report(b.Context(), c.q())
					if err != nil {
						b.Fatal(err)
					}
					rows = len(p.Rows)
				})
				b.ReportMetric(float64(rows), "rows")
			})
		}
		// The publish dialog: how many are asked, and the first of them; a minor change asks few among many.
		for name, minor := range map[string]bool{"Material": false, "Minor": true} {
			b.Run("Reach"+name, func(b *testing.B) {
				s.median(b, func() {
					if _, err := s.db.Reach(b.Context(), s.institution, vs[0], []string{s.platform.ID}, minor); err != nil {
						b.Fatal(err)
					}
				})
			})
			b.Run("ReachPeople"+name, func(b *testing.B) {
				s.median(b, func() {
					if _, err := s.db.ReachPeople(b.Context(), s.institution, vs[0], []string{s.platform.ID}, minor, store.ReportKey{}, 20); err != nil {
						b.Fatal(err)
					}
				})
			})
		}
		counts := func(db *store.DB) {
			if n, _, err := db.Counts(b.Context(), s.institution); err != nil || n[vs[0].ID].Asked != people {
				b.Fatalf("%d asked, %v", n[vs[0].ID].Asked, err)
			}
		}
		// first measures what nobody has asked since the program started, after it has its connection.
		first := func(name string, count func(*store.DB)) {
			b.Run(name, func(b *testing.B) {
				var took time.Duration
				n := 0
				for b.Loop() {
					db := storetest.Open(b, s.dsn, store.Options{Now: s.clock.now})
					_, err := db.ReportColumns(b.Context(), all)
					s.must(err)
					start := time.Now()
					count(db)
					took, n = took+time.Since(start), n+1
					s.must(db.Close())
				}
				b.ReportMetric(float64(took)/float64(n), "ns/op")
			})
		}
		first("CountsFirst", counts)
		keeps := storetest.Open(b, s.dsn, store.Options{}) // with a clock that goes
		b.Run("Counts", func(b *testing.B) { s.median(b, func() { counts(keeps) }) })
		s.manyCourses(people)
		figures := func(db *store.DB) {
			f, err := db.Figures(b.Context(), s.institution, vs[0].PolicyID)
			if err != nil || f.Asked != people || len(f.Materials[0].Days) < 80 || f.More != max(0, people/100+2-30) {
				b.Fatalf("%d asked, %d days, %d more courses, %v", f.Asked, len(f.Materials[0].Days), f.More, err)
			}
		}
		first("FiguresFirst", figures)
		b.Run("Figures", func(b *testing.B) { s.median(b, func() { figures(keeps) }) })
		b.Run("Download", func(b *testing.B) {
			s.median(b, func() {
				rows := 0
				if err := s.db.ReportEach(b.Context(), all, func(store.ReportRow) error { rows++; return nil }); err != nil || rows != people {
					b.Fatalf("%d rows, %v", rows, err)
				}
			})
		})
	})
}

// median reports the median time of f.
func (s *site) median(b *testing.B, f func()) {
	b.Helper()
	f()
	var took []time.Duration
	before := spent.Now(b, s.onServer())
	for b.Loop() {
		start := time.Now()
		f()
		took = append(took, time.Since(start))
	}
	spent.Report(b, before, spent.Now(b, s.onServer()), b.N)
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2]), "ns/op")
}
