package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// leaseEnds lets the time pass after which a killed process's lock on the schema is nobody's.
func leaseEnds(t *testing.T, db *store.DB) {
	t.Helper()
	if !db.IsMySQL() {
		return
	}
	_, err := db.SQL().ExecContext(t.Context(), `UPDATE goose_lock SET lease_expires_at = '2026-01-01 00:00:00'`)
	if err != nil && !strings.Contains(err.Error(), "doesn't exist") {
		t.Fatal(err)
	}
}

var (
	stepStatement = regexp.MustCompile(`^(CREATE TABLE|ALTER TABLE|CREATE INDEX|DROP INDEX|DROP TABLE|UPDATE|DELETE|INSERT) `)
	bookkeeping   = regexp.MustCompile(`schema_version|goose_lock|schema_probe`)
	numbering     = regexp.MustCompile(` AUTO_INCREMENT=\d+`)
)

// isStep tells the migrations' own statements.
func isStep(s storetest.Statement) bool {
	return stepStatement.MatchString(s.Text) && !bookkeeping.MatchString(s.Text)
}

func any1(storetest.Statement) bool { return true }

// pictureOf is everything that a database holds: each table as it is and with its rows.
func pictureOf(t *testing.T, db *store.DB) map[string]string {
	t.Helper()
	tables := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'`
	if db.IsMySQL() {
		tables = `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'`
	}
	var names []string
	if err := db.SQL().SelectContext(t.Context(), &names, tables); err != nil {
		t.Fatal(err)
	}
	picture := map[string]string{}
	for _, name := range names {
		if name == "goose_lock" {
			continue // who works at the moment
		}
		var made []string
		if db.IsMySQL() {
			var again, text string
			if err := db.SQL().QueryRowContext(t.Context(), "SHOW CREATE TABLE "+name).Scan(&again, &text); err != nil {
				t.Fatal(err)
			}
			made = []string{numbering.ReplaceAllString(text, "")}
		} else if err := db.SQL().SelectContext(t.Context(), &made,
			`SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql <> '' ORDER BY name`, name); err != nil {
			t.Fatal(err)
		}
		picture[name] = strings.Join(append(made, rowsOf(t, db, name)...), "\n")
	}
	return picture
}

func rowsOf(t *testing.T, db *store.DB, table string) []string {
	t.Helper()
	rows, err := db.SQL().QueryxContext(t.Context(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // read to the end
	var all []string
	for rows.Next() {
		row := map[string]any{}
		if err := rows.MapScan(row); err != nil {
			t.Fatal(err)
		}
		if table == "schema_version" {
			delete(row, "timecreated")
		}
		all = append(all, fmt.Sprint(row))
	}
	slices.Sort(all)
	return all
}

// later are migrations of releases to come, one of each kind that TestMigrationsAreOfAKindThatCanBeKilled allows: the
// statement for the servers, and the one for SQLite where that is another.
var later = []struct {
	name  string
	texts []string
}{
	{"0991_table.sql", []string{"CREATE TABLE later (\n  id BIGINT NOT NULL,\n  -- what it is called, if anything\n  name VARCHAR(20) NOT NULL,\n  PRIMARY KEY (id)\n);"}},
	{"0992_column.sql", []string{"ALTER TABLE policy_detail ADD COLUMN later BIGINT NOT NULL DEFAULT 0;"}},
	{"0993_key.sql", []string{"ALTER TABLE lti_user ADD KEY later_ix (platformid, username);", "CREATE INDEX later_ix ON lti_user (platformid, username);"}},
	{"0994_fill.sql", []string{"INSERT INTO later (id, name)\nSELECT p.id, 'a' FROM tool_policy p\nWHERE NOT EXISTS (SELECT l.id FROM later l WHERE l.id = p.id);"}},
	{"0995_update.sql", []string{"UPDATE policy_detail SET later = policyid + 1 WHERE later = 0;"}},
	{"0996_column_gone.sql", []string{"ALTER TABLE lti_session DROP COLUMN cmid;"}},
	{"0997_key_gone.sql", []string{"ALTER TABLE admin_log DROP KEY admin_log_end_ix;", "DROP INDEX admin_log_end_ix;"}},
	{"0998_delete.sql", []string{"DELETE FROM gate_check;"}},
	{"0999_table_gone.sql", []string{"DROP TABLE lti_nonce;"}},
}

// laterSteps is how many migrations a program of a release to come knows.
func laterSteps(t *testing.T) int { return migrationFiles(t) + len(later) }

// openLater opens the database as a program of a release to come.
func openLater(t *testing.T, dsn string, options ...store.Options) *store.DB {
	t.Helper()
	db := storetest.Open(t, dsn, options...)
	addLater(db)
	return db
}

func addLater(db *store.DB) {
	for _, m := range later {
		db.AddMigration(m.name, m.texts...)
	}
}

// grow writes rows when the schema is of the first release, as if that had been in use.
func grow(t *testing.T, db *store.DB, have int64) {
	t.Helper()
	if have == firstRelease {
		writeFirstRows(t, db, newClock())
	}
}

// wanted is what a database becomes if nobody is killed.
func wanted(t *testing.T, dsn string) map[string]string {
	t.Helper()
	db := openLater(t, dsn)
	if _, err := db.MigrateTo(t.Context(), firstRelease); err != nil {
		t.Fatal(err)
	}
	grow(t, db, firstRelease)
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return pictureOf(t, db)
}

// eachPair runs f with two empty databases of each kind.
func eachPair(t *testing.T, f func(t *testing.T, dsn, other string)) {
	t.Helper()
	for _, e := range storetest.Engines(t) {
		t.Run(e.Name, func(t *testing.T) { f(t, e.Empty(t), e.Empty(t)) })
	}
}

// have is the schema's version.
func have(t *testing.T, db *store.DB) int64 {
	t.Helper()
	s, err := db.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s.Have
}

// A server commits a statement by itself, and the row that says so after it. Whoever is killed between them, at
// whichever statement, goes on the next time: the schema and the rows are what they would have been.
func TestMigrationKilledAfterEachStatement(t *testing.T) {
	eachPair(t, func(t *testing.T, dsn, other string) {
		db := openLater(t, dsn)
		if !db.IsMySQL() {
			return // one transaction: see TestMigrationKilledForReal
		}
		wire := storetest.NewWire(t, dsn)
		grown, killed := int64(0), map[string]bool{}
		for {
			// Those that were killed are sent again; the first one after them is the next victim.
			wire.Kill(storetest.After, 1, func(s storetest.Statement) bool { return isStep(s) && !killed[s.Text] })
			_, err := openLater(t, wire.DSN(), store.Options{Sleep: noSleep}).Migrate(t.Context())
			wire.Refuse(0)
			var victim string
			for _, s := range wire.Sent() {
				if isStep(s) && !killed[s.Text] {
					victim = s.Text
				}
			}
			if err == nil {
				break
			}
			if victim == "" {
				t.Fatalf("it does not go on: %v", err)
			}
			killed[victim] = true
			leaseEnds(t, db)
			if v := have(t, db); v > grown {
				grow(t, db, v)
				grown = v
			}
		}
		if want := len(store.MigrationTexts()) + len(later); len(killed) != want {
			t.Errorf("killed %d times, want %d", len(killed), want)
		}
		if d := gocmp.Diff(wanted(t, other), pictureOf(t, db)); d != "" {
			t.Errorf("schema and rows (never killed -, killed +):\n%s", d)
		}
	})
}

// The first instants: looking, making the table of versions, the lock, the first tables. Killed after each statement,
// it goes on.
func TestMigrationKilledAtItsBeginning(t *testing.T) {
	for _, e := range storetest.Servers(t) {
		t.Run(e.Name, func(t *testing.T) {
			for n, tables := 1, 0; tables < 3; n++ {
				dsn := e.Empty(t)
				db := storetest.Open(t, dsn)
				wire := storetest.NewWire(t, dsn)
				victim := storetest.Open(t, wire.DSN(), store.Options{Sleep: noSleep})
				wire.Kill(storetest.After, n, any1)
				if _, err := victim.Migrate(t.Context()); err == nil {
					t.Fatalf("nobody was killed after %d statements", n)
				}
				last := wire.Sent()[n-1]
				if isStep(last) {
					tables++
				}
				leaseEnds(t, db)
				if _, err := db.Migrate(t.Context()); err != nil {
					t.Fatalf("killed after %q: %v", last.Text, err)
				}
				if s, err := db.Schema(t.Context()); err != nil || len(s.Pending) > 0 {
					t.Fatalf("killed after %q: %+v, %v", last.Text, s, err)
				}
			}
		})
	}
}

// Asked to stop (SIGTERM) between two statements of one migration, it stops there, and goes on there the next time.
func TestMigrationStopsBetweenStatements(t *testing.T) {
	for _, e := range storetest.Servers(t) {
		t.Run(e.Name, func(t *testing.T) {
			dsn := e.Empty(t)
			wire := storetest.NewWire(t, dsn)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			sent := 0
			wire.Kill(storetest.After, 1, func(s storetest.Statement) bool {
				if isStep(s) {
					if sent++; sent == 7 {
						stop()
					}
				}
				return false
			})
			if _, err := storetest.Open(t, wire.DSN()).Migrate(ctx); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "stopped before") {
				t.Errorf("error: %v", err)
			}
			if sent != 7 {
				t.Errorf("%d statements were sent, want none after the 7th", sent)
			}
			db := storetest.Open(t, dsn)
			if _, err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if s, err := db.Schema(t.Context()); err != nil || len(s.Pending) > 0 {
				t.Errorf("%+v, %v", s, err)
			}
		})
	}
}

// migrateEnv makes the test binary migrate and kill itself: an address, a line end, and which row of
// schema_version it does not come to write.
const migrateEnv = "LTIPOLICY_TEST_MIGRATE"

func migrateAndDie(work string) error {
	dsn, n, _ := strings.Cut(work, "\n")
	left, err := strconv.Atoi(n)
	if err != nil {
		return err
	}
	open := false
	db, err := store.Open(context.Background(), dsn, store.Options{Create: true, Now: func() time.Time {
		if !open { // only the rows of the schema's version are counted
			return time.Now()
		}
		if left--; left == 0 {
			if self, err := os.FindProcess(os.Getpid()); err == nil {
				self.Kill() //nolint:errcheck // what follows waits for it
			}
			select {}
		}
		return time.Now()
	}})
	if err != nil {
		return err
	}
	addLater(db)
	open = true
	_, err = db.Migrate(context.Background())
	return err
}

// kill -9 of a process that migrates SQLite's file, after each statement and before its row.
func TestMigrationKilledForReal(t *testing.T) {
	dsn, other := "sqlite:"+t.TempDir()+"/a.db", "sqlite:"+t.TempDir()+"/b.db"
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	grown := int64(0)
	for kills := 0; ; kills++ {
		cmd := exec.CommandContext(t.Context(), self)
		// The first row is row 0 in the first run; in all others one migration is made and the next one killed.
		cmd.Env = append(os.Environ(), migrateEnv+"="+dsn+"\n"+strconv.Itoa(min(kills+1, 2)))
		out, err := cmd.CombinedOutput()
		if err == nil {
			if kills < laterSteps(t) {
				t.Errorf("killed %d times only", kills)
			}
			break
		}
		if len(out) > 0 || kills > 2*laterSteps(t) {
			t.Fatalf("%v: %s", err, out)
		}
		db, err := store.Open(t.Context(), dsn, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if v := have(t, db); v > grown {
			grow(t, db, v)
			grown = v
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if d := gocmp.Diff(wanted(t, other), pictureOf(t, storetest.Open(t, dsn))); d != "" {
		t.Errorf("schema and rows (never killed -, killed +):\n%s", d)
	}
}

// Asked to stop (SIGTERM) in the middle of any step, a migration finishes and records that step, gives the lock
// back and does nothing more.
func TestMigrationStopsAfterTheStepAtHand(t *testing.T) {
	eachPair(t, func(t *testing.T, dsn, other string) {
		grown, steps := int64(0), 0
		for tries := 0; tries < 2*laterSteps(t); tries++ {
			ctx, stop := context.WithCancel(t.Context())
			open := false
			db, err := store.Open(ctx, dsn, store.Options{Create: true, Now: func() time.Time {
				if open {
					stop() // the row of a step is being written
				}
				return time.Now()
			}})
			if err != nil {
				t.Fatal(err)
			}
			addLater(db)
			open = true
			did, err := db.Migrate(ctx)
			stop()
			if err == nil {
				break
			}
			if !errors.Is(err, context.Canceled) || len(did) > 1 {
				t.Fatalf("after %d steps: did %v, %v", steps, did, err)
			}
			steps += len(did)
			if v := have(t, db); v > grown {
				grow(t, db, v)
				grown = v
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if want := laterSteps(t) - 1; steps != want { // after the last one there is nothing to stop
			t.Errorf("stopped after %d steps, want %d", steps, want)
		}
		if d := gocmp.Diff(wanted(t, other), pictureOf(t, storetest.Open(t, dsn))); d != "" {
			t.Errorf("schema and rows (never stopped -, stopped +):\n%s", d)
		}
	})
}

// Of replicas that migrate at once one is killed: another goes on within seconds, by itself.
func TestReplicaTakesOverAKilledMigration(t *testing.T) {
	for _, e := range storetest.Servers(t) {
		t.Run(e.Name, func(t *testing.T) {
			dsn := e.Empty(t)
			wire := storetest.NewWire(t, dsn)
			wire.Kill(storetest.After, 20, isStep)
			victim := storetest.Open(t, wire.DSN(), store.Options{Sleep: noSleep})
			if _, err := victim.Migrate(t.Context()); err == nil {
				t.Fatal("nobody was killed")
			}
			var others [2]*store.DB
			var slept [2]time.Duration
			for i := range others {
				others[i] = storetest.Open(t, dsn, store.Options{Sleep: func(ctx context.Context, d time.Duration) error {
					slept[i] += d
					select { // the lease ends by the server's clock
					case <-time.After(d):
						return nil
					case <-ctx.Done():
						return ctx.Err()
					}
				}})
			}
			var did [2]int
			for i, err := range parallel(len(others), func(i int) error {
				steps, err := others[i].Migrate(t.Context())
				did[i] = len(steps)
				return err
			}) {
				if err != nil {
					t.Errorf("replica %d: %v", i, err)
				}
			}
			heir := 0
			if did[1] > 0 {
				heir = 1
			}
			if did[heir] == 0 || did[1-heir] != 0 {
				t.Fatalf("they did %v steps, want all of them by one", did)
			}
			// It pauses for the lock only: the other one has the whole migration to wait for.
			if slept[heir] == 0 || slept[heir] > 10*time.Second {
				t.Errorf("the one that went on paused for %v, want some 5 s: what a lock lasts that nobody keeps up", slept[heir])
			}
			if s, err := others[0].Schema(t.Context()); len(s.Pending) > 0 || err != nil {
				t.Errorf("%+v, %v", s, err)
			}
		})
	}
}

// A process that stood still while its lease ended finds done what it was about to do, and what it did itself.
func TestMigrationThatStoodStillMeetsAnother(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, dsn string) {
		rows := 0
		var other *store.DB
		other = openLater(t, dsn, store.Options{Sleep: func(context.Context, time.Duration) error {
			leaseEnds(t, other) // its holder, which only stands still in part, had renewed it
			return nil
		}})
		if !other.IsMySQL() {
			return // a file's lock has no lease
		}
		still := openLater(t, dsn, store.Options{Now: func() time.Time {
			if rows++; rows == 5 { // its statement is done, its row is not written
				leaseEnds(t, other)
				if _, err := other.Migrate(t.Context()); err != nil {
					t.Errorf("the other: %v", err)
				}
			}
			return time.Now()
		}})
		rows = 0
		if did, err := still.Migrate(t.Context()); err != nil || len(did) != 4 {
			t.Errorf("it did %d steps, %v", len(did), err)
		}
		if s, err := other.Schema(t.Context()); s.Err() != nil || len(s.Pending) > 0 || err != nil {
			t.Errorf("%+v, %v", s, err)
		}
	})
}

// What stands in the way and is not what an interrupted migration left is not taken for it.
func TestMigrationDoesNotTakeAnotherTableForItsOwn(t *testing.T) {
	for name, c := range map[string]struct {
		harm string
		id   int64
		says string
	}{
		"a table of the first schema":  {`CREATE TABLE admin_log (id INTEGER NOT NULL, PRIMARY KEY (id))`, firstRelease, "the table admin_log has"},
		"a table with fewer columns":   {`CREATE TABLE later (id INTEGER NOT NULL, PRIMARY KEY (id))`, 991, "the table later has"},
		"a column of another type":     {`ALTER TABLE policy_detail ADD COLUMN later VARCHAR(9) NULL`, 992, "the table policy_detail has `later` varchar(9)"},
		"a key over other columns":     {`CREATE INDEX later_ix ON lti_user (platformid)`, 993, "the table lti_user has"},
		"a column that stands earlier": {`ALTER TABLE policy_detail ADD COLUMN later BIGINT NOT NULL DEFAULT 0 FIRST`, 992, "the table policy_detail has"},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.EachEmpty(t, func(t *testing.T, dsn string) {
				db := openLater(t, dsn)
				if !db.IsMySQL() && strings.Contains(c.harm, "FIRST") {
					return // SQLite has no such thing
				}
				if c.id > firstRelease {
					if _, err := db.MigrateTo(t.Context(), c.id-1); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := db.SQL().ExecContext(t.Context(), c.harm); err != nil {
					t.Fatal(err)
				}
				_, err := db.MigrateTo(t.Context(), c.id)
				if err == nil || db.IsMySQL() && !strings.Contains(err.Error(), c.says) {
					t.Errorf("error: %v", err)
				}
				if v := have(t, db); v >= c.id {
					t.Errorf("version %d is recorded", v)
				}
			})
		})
	}
}

// A schema that grew goes on serving this program; one that takes away what it needs says so, from the moment on
// at which that begins, and nothing is migrated back and forth.
func TestSchemaOfANewerProgram(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		ours, newer := storetest.Open(t, dsn), storetest.Open(t, storetest.Owner(dsn))
		if err := ours.EnsureKeys(t.Context(), generateKey); err != nil {
			t.Fatal(err)
		}
		migrate := func(name, text string) error {
			newer.AddMigration(name, text)
			_, err := newer.Migrate(t.Context())
			return err
		}
		if err := migrate("0990_more.sql", "ALTER TABLE lti_session ADD COLUMN more INTEGER NULL;\n"); err != nil {
			t.Fatal(err)
		}
		if err := ours.Ready(t.Context()); err != nil {
			t.Errorf("beside a schema that only grew: %v", err)
		}
		if did, err := ours.Migrate(t.Context()); err != nil || len(did) > 0 || have(t, ours) != 990 {
			t.Errorf("this program's migration did %v, %v", did, err)
		}
		// Interrupted before its statement, it has said already who may not go on.
		if err := migrate("0991_less.sql", "-- oldest: 990\nALTER TABLE no_such_table DROP COLUMN x;\n"); err == nil {
			t.Fatal("a broken migration succeeded")
		}
		if err := ours.Ready(t.Context()); ours.IsMySQL() && !errors.Is(err, policy.ErrUnavailable) {
			t.Errorf("when something is about to be taken away: %v", err)
		}
		if err := migrate("0991_less.sql", "-- oldest: 990\nALTER TABLE lti_session DROP COLUMN cmid;\n"); err != nil {
			t.Fatal(err)
		}
		for what, err := range map[string]error{
			"Ready":   ours.Ready(t.Context()),
			"Migrate": func() error { _, err := ours.Migrate(t.Context()); return err }(),
		} {
			if !errors.Is(err, policy.ErrUnavailable) || !strings.Contains(err.Error(), "programs of schema version 990 or later") {
				t.Errorf("%s after something was taken away: %v", what, err)
			}
		}
		if err := newer.Ready(t.Context()); err != nil {
			t.Errorf("the newer program: %v", err)
		}
	})
}

// A step that takes something away is for later programs: one that knows it works without it having been made.
func TestProgramDoesNotNeedWhatTakesAway(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		db := storetest.Open(t, dsn)
		db.AddMigration("0991_less.sql", "-- oldest: 200\nALTER TABLE lti_session DROP COLUMN cmid;\n")
		if s, err := db.Schema(t.Context()); err != nil || len(s.Pending) != 1 || s.Err() != nil {
			t.Errorf("%+v, %v", s, err)
		}
		db.AddMigration("0992_more.sql", "ALTER TABLE lti_session ADD COLUMN more INTEGER NULL;\n")
		if s, err := db.Schema(t.Context()); err != nil || s.Err() == nil || !strings.Contains(s.Err().Error(), "(0992_more.sql)") {
			t.Errorf("%+v, %v", s, err)
		}
	})
}
