package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// Whoever makes a table says what the serving account may do with it, or no tool can use it.
func TestEveryTableHasItsRights(t *testing.T) {
	storetest.EachServer(t, func(t *testing.T, dsn string) {
		var tables []string
		err := storetest.Open(t, dsn).SQL().SelectContext(t.Context(), &tables, `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()`)
		if err != nil {
			t.Fatal(err)
		}
		told := slices.Clone(store.Unreached())
		for _, grant := range store.ServeGrants("d", store.Account{}) {
			_, rest, _ := strings.Cut(grant, " ON `d`.`")
			table, _, _ := strings.Cut(rest, "`")
			if slices.Contains(told, table) {
				t.Errorf("table %s has two lines in store/roles.go", table)
			}
			if told = append(told, table); !slices.Contains(tables, table) {
				t.Errorf("store/roles.go has a line for %s, and there is no such table", table)
			}
		}
		for _, table := range tables {
			if !slices.Contains(told, table) {
				t.Errorf("table %s has no line in store/roles.go: add one to rights with what the program does to its rows, and no more; "+
					"what proves something is mayAdd, and if only some of its rows may change, they are a part (store/part.go)", table)
			}
		}
	})
}

// closed is what no statement of the serving account changes, whoever got hold of it: what proves, and what people
// could read. Each statement would change the row that the test made.
var closed = []string{
	`UPDATE acceptance_event SET answer = 'declined'`,
	`DELETE FROM acceptance_event`,
	`UPDATE evidence_leaf SET idx = idx + 1`,
	`DELETE FROM evidence_leaf`,
	`UPDATE evidence_hash SET idx = idx + 1`,
	`DELETE FROM evidence_hash`,
	`UPDATE evidence_checkpoint SET note = ''`,
	`UPDATE spare_checkpoint SET note = ''`,
	`DELETE FROM evidence_checkpoint`,
	`UPDATE admin_log SET actor = 'nobody'`,
	`DELETE FROM admin_log`,
	`UPDATE tool_policy_versions SET content = 'x'`,
	`UPDATE tool_policy_versions v JOIN draft_version d ON d.archived = v.archived SET v.content = 'x'`,
	`DELETE FROM tool_policy_versions`,
	`REPLACE INTO tool_policy_versions SELECT * FROM tool_policy_versions`,
	`UPDATE policy_version_detail SET digest = 'x'`,
	`UPDATE policy_version_detail SET published = 0`,
	`DELETE FROM policy_version_detail`,
	`UPDATE policy_version_text SET content = 'x'`,
	`UPDATE draft_text SET content = 'x'`,
	`INSERT INTO policy_version_text SELECT * FROM policy_version_text ON DUPLICATE KEY UPDATE content = 'x'`,
	`DELETE FROM policy_version_text`,
	`UPDATE policy_image SET data = 'x'`,
	`DELETE FROM policy_image`,
	`DELETE FROM policy_image_use`,
	`UPDATE schema_version SET applied = 0`,
	`TRUNCATE TABLE acceptance_event`,
	`DROP TABLE acceptance_event`,
	`DROP VIEW draft_text`,
	`ALTER TABLE acceptance_event ADD COLUMN later INT`,
	`CREATE TABLE mine (id INT)`,
	`CREATE TRIGGER mine BEFORE INSERT ON acceptance_event FOR EACH ROW SET NEW.answer = 'declined'`,
}

// unmoved are statements that the serving account may run, of which no row is that was published, given out, or more
// than a look at a page.
var unmoved = []string{
	`UPDATE draft_version SET content = 'x'`,
	`DELETE FROM draft_version`,
	`UPDATE draft_detail SET digest = 'x'`,
	`DELETE FROM draft_detail`,
	`DELETE FROM draft_text`,
	`DELETE FROM draft_image`,
	`DELETE FROM spare_image`,
	`DELETE FROM spare_checkpoint`,
	`DELETE FROM admin_log_seen`,
}

// announcing is what the account may do with a version that is announced: let it come into force, and nothing else.
var announcing = []string{
	`UPDATE announced_detail SET digest = 'x'`,
	`UPDATE announced_detail SET enforcedfrom = NULL`,
	`UPDATE announced_detail SET validity = 'P9Y'`,
	`UPDATE announced_detail SET published = 0`,
	`UPDATE announced_detail SET announcedfrom = NULL`,
	`UPDATE announced_detail SET materialid = 1`,
	`DELETE FROM announced_detail`,
	`REPLACE INTO announced_detail SELECT * FROM policy_version_detail`,
	`UPDATE policy_version_detail d JOIN announced_detail a ON a.versionid = d.versionid SET d.digest = 'x'`,
}

// TestServingAccountCannotChangeWhatProves: with the password of the program's account, nothing that was answered,
// logged or published can be changed or taken away.
func TestServingAccountCannotChangeWhatProves(t *testing.T) {
	storetest.EachServer(t, func(t *testing.T, dsn string) {
		s := newSite(t, dsn)
		v := s.load("rules", showing(grey(t, 1)))
		s.answer(s.event(s.user("7"), v, policy.Accepted))
		soon := (&office{site: s, admin: store.Admin{InstitutionID: s.institution}}).newDraft(v)
		s.must(s.db.Publish(t.Context(), store.Admin{InstitutionID: s.institution}, store.Publication{
			VersionID: soon.ID, Edit: soon.Edit, Announce: s.clock.now(), At: s.clock.now().Add(time.Hour),
		}))
		if _, err := s.db.AppendLog(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := pictureOf(t, s.db)
		serving, err := sql.Open("mysql", strings.TrimPrefix(dsn, "mysql:"))
		s.must(err)
		defer serving.Close() //nolint:errcheck // the test is over
		for _, statement := range slices.Concat(closed, announcing) {
			_, err := serving.ExecContext(t.Context(), statement)
			if e, ok := errors.AsType[*mysql.MySQLError](err); !ok || !slices.Contains([]uint16{1044, 1142, 1143}, e.Number) {
				t.Errorf("%s: %v, want it denied", statement, err)
			}
		}
		for _, statement := range unmoved {
			res, err := serving.ExecContext(t.Context(), statement)
			if err != nil {
				t.Errorf("%s: %v", statement, err)
				continue
			}
			if n, err := res.RowsAffected(); n != 0 || err != nil {
				t.Errorf("%s: %d rows, %v", statement, n, err)
			}
		}
		if d := differences(before, pictureOf(t, s.db)); len(d) > 0 {
			t.Errorf("changed: %v", d)
		}
	})
}

// TestServeLeavesTheSchemaAlone: the account that serves meets a schema that is older than the program. It says what to
// do, and has sent nothing that changes anything.
func TestServeLeavesTheSchemaAlone(t *testing.T) {
	storetest.EachServer(t, func(t *testing.T, dsn string) {
		wire := storetest.NewWire(t, dsn)
		db := storetest.Open(t, wire.DSN())
		db.AddMigration("9999_later.sql", "ALTER TABLE secret ADD COLUMN later INT NULL;")
		s, err := db.Schema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Err(); !errors.Is(err, policy.ErrUnavailable) || !strings.Contains(err.Error(), "9999_later.sql") || !strings.Contains(err.Error(), `run "ltipolicy migrate"`) {
			t.Errorf("on an old schema: %v", err)
		}
		for _, sent := range wire.Sent() {
			if verb, _, _ := strings.Cut(strings.TrimSpace(sent.Text), " "); verb != "SELECT" && verb != "SHOW" && verb != "SET" {
				t.Errorf("sent %s", sent.Text)
			}
		}
		if _, err := db.Migrate(t.Context()); err == nil {
			t.Error("the serving account changed the schema")
		}
	})
}

// TestViewsFollowTheAccountThatMigrates: a view that went with an account, or that a database lost, comes back with the
// next migrate, whoever has become the owner.
func TestViewsFollowTheAccountThatMigrates(t *testing.T) {
	for _, e := range storetest.Servers(t) {
		t.Run(e.Name, func(t *testing.T) {
			dsn := e.Empty(t)
			address, _ := accounts(t, dsn)
			root, ctx := storetest.Open(t, dsn), t.Context()
			migrated := func(dsn string, want int) {
				t.Helper()
				did, err := storetest.Open(t, dsn).Migrate(ctx)
				if err != nil || len(did) != want {
					t.Errorf("migrate as %s did %v, %v", dsn[:strings.Index(dsn, "@")], did, err)
				}
				var definers int
				err = root.SQL().GetContext(ctx, &definers, `SELECT COUNT(DISTINCT DEFINER) FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()`)
				if err != nil || definers != 1 {
					t.Errorf("the views are of %d accounts, %v", definers, err)
				}
			}
			migrated(dsn, migrationFiles(t)) // as the administrator
			migrated(dsn, 0)
			migrated(address("ltipolicy_owner"), 1)
			migrated(address("ltipolicy_owner"), 0)
			if _, err := root.SQL().ExecContext(ctx, `DROP VIEW draft_text`); err != nil {
				t.Fatal(err)
			}
			if s, err := root.Schema(ctx); err != nil || !errors.Is(s.Err(), policy.ErrUnavailable) {
				t.Errorf("without a view: %+v, %v", s, err)
			}
			migrated(address("ltipolicy_owner"), 1)
		})
	}
}

func differences(before, after map[string]string) (tables []string) {
	for table, was := range before {
		if is := after[table]; is != was && table != "replica" && table != "tx_receipt" && table != "job_lease" {
			tables = append(tables, fmt.Sprintf("%s\nwas %s\nis %s", table, was, is))
		}
	}
	return tables
}

// The statement that comes before there are tables stands in the guide, where people copy it from.
func TestGuideHasTheOwnersRights(t *testing.T) {
	guide, err := os.ReadFile("../docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, grant := range store.OwnerGrants("ltipolicy", store.Account{User: "ltipolicy_owner", Host: "%"}) {
		if !strings.Contains(string(guide), "\n"+grant+";\n") {
			t.Errorf("docs/deploy.md lacks: %s;", grant)
		}
	}
}

// TestServingWaitsForItsRights: after a migration that made a table, the account that serves has none on it until they are
// given, and says so before anybody launches.
func TestServingWaitsForItsRights(t *testing.T) {
	for _, e := range storetest.Servers(t) {
		t.Run(e.Name, func(t *testing.T) {
			p := e.Private(t)
			p.Exec("CREATE USER serves@localhost")
			late := []string{}
			for _, g := range store.ServeGrants("private", store.Account{User: "serves", Host: "localhost"}) {
				if strings.Contains(g, "course_acceptance") {
					late = append(late, g)
					continue
				}
				p.Exec(g)
			}
			db := storetest.Open(t, strings.Replace(p.DSN(), "tool@", "serves@", 1), store.Options{})
			err := db.MayServe(t.Context())
			if !errors.Is(err, policy.ErrUnavailable) || !strings.Contains(err.Error(), "course_acceptance") || !strings.Contains(err.Error(), "migrate -print-grants") {
				t.Errorf("without its rights: %v", err)
			}
			for _, g := range late {
				p.Exec(g)
			}
			if err := db.MayServe(t.Context()); err != nil {
				t.Errorf("with them: %v", err)
			}
		})
	}
}
