package store_test

import (
	"database/sql"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/spent"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// eachBench runs f with a new database of each kind.
func eachBench(b *testing.B, f func(b *testing.B, s *site)) {
	b.Helper()
	for _, e := range storetest.Engines(b) {
		b.Run(e.Name, func(b *testing.B) { f(b, newSite(b, e.Migrated(b))) })
	}
}

// onServer is the site's database, if it is on a server.
func (s *site) onServer() *sql.DB {
	if !s.db.IsMySQL() {
		return nil
	}
	return s.db.SQL().DB
}

// BenchmarkAsked measures the query of every launch with few and with many answers stored. The ratio of the
// two is what is promised. LTIPOLICY_BENCH_LARGE adds the many: making them takes minutes.
func BenchmarkAsked(b *testing.B) {
	sizes := []struct {
		name    string
		answers int
	}{{"10k", 10_000}}
	if os.Getenv("LTIPOLICY_BENCH_LARGE") != "" {
		sizes = append(sizes, sizes[0])
		sizes[1].name, sizes[1].answers = "5M", 5_000_000
	}
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			eachBench(b, func(b *testing.B, s *site) { benchmarkAsked(b, s, size.answers) })
		})
	}
}

func benchmarkAsked(b *testing.B, s *site, answers int) {
	const policies = 7
	for i := range policies {
		s.load(userNumber(i), draft(policy.Agree, text("ro", "a"), text("en", "a")))
	}
	people := answers / policies
	started := time.Now()
	s.manyAnswers(people)
	b.Logf("%d answers stored in %v", s.count(`SELECT COUNT(id) FROM tool_policy_acceptances`), time.Since(started).Round(time.Millisecond))
	random := rand.New(rand.NewPCG(1, 2))
	ask := func() {
		asked, err := s.db.Asked(b.Context(), s.platform.ID, "", int64(1+random.IntN(people)))
		if err != nil || len(asked) != policies || asked[0].Latest == nil {
			b.Fatalf("%d asked, %v", len(asked), err)
		}
	}
	for range 3000 { // warm caches, as in a server that runs
		ask()
	}
	before := spent.Now(b, s.onServer())
	for b.Loop() {
		ask()
	}
	spent.Report(b, before, spent.Now(b, s.onServer()), b.N)
}

// numbers is a table of ten thousand, from the first on, on every kind of database.
const numbers = `(SELECT ? + a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS seq FROM ` + digits + ` a, ` + digits + ` b, ` + digits + ` c, ` + digits + ` e) numbers`

const digits = `(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
	UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)`

// manyAnswers lets so many people accept every version, some thousand rows a statement.
func (s *site) manyAnswers(people int) {
	s.t.Helper()
	const batch = 10_000
	for first := 1; first <= people; first += batch {
		last := min(first+batch-1, people)
		s.exec(`INSERT INTO tool_policy_acceptances (policyversionid, userid, status, lang, usermodified, timecreated, timemodified)
			SELECT v.id, seq, 1, 'ro', seq, 1788249600, 1788249600
			FROM `+numbers+`, tool_policy_versions v WHERE seq <= ?`, first, last)
	}
	analyze := `ANALYZE`
	if s.db.IsMySQL() {
		analyze = `ANALYZE TABLE tool_policy_acceptances`
	}
	_, err := s.db.SQL().ExecContext(s.t.Context(), analyze)
	s.must(err)
}

// BenchmarkAdmit measures a launch of somebody who was here before.
func BenchmarkAdmit(b *testing.B) {
	eachBench(b, func(b *testing.B, s *site) {
		i := 0
		for b.Loop() {
			i++
			if _, err := s.db.Admit(b.Context(), message("5", userNumber(i)), s.platform); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkAnswer measures the recording of a form with two answers.
func BenchmarkAnswer(b *testing.B) {
	eachBench(b, func(b *testing.B, s *site) {
		one := s.load("a", draft(policy.Agree, text("ro", "a")))
		two := s.load("b", draft(policy.Consent, text("ro", "b")))
		i := int64(0)
		for b.Loop() {
			i++
			u := store.User{ID: i, Sub: userNumber(int(i))}
			if got := s.answer(s.event(u, one, policy.Accepted), s.event(u, two, policy.Accepted)); len(got) != 2 {
				b.Fatalf("%d recorded", len(got))
			}
		}
	})
}
