package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"

	"ltipolicy/policy"
)

// What the serving account may do with a table's rows.
const (
	mayRead      = "SELECT"
	mayAdd       = "SELECT, INSERT"                 // what is written stays as it is written
	mayChange    = "SELECT, INSERT, UPDATE"         // rows stay, and change
	mayAddAndEnd = "SELECT, INSERT, DELETE"         // rows come and go, and never change
	mayAll       = "SELECT, INSERT, UPDATE, DELETE" // the program's own business
)

// rights has the rights of the serving account on every table, as a server's GRANT takes them. A new table gets its
// line here. What proves, and what people could read, it may only add to; where some of a table's rows may still change,
// they are a [part] and the right is on that.
func rights() []struct{ table, may string } {
	return []struct{ table, may string }{
		{"acceptance_event", mayAdd},
		{"person_secret", mayAdd},
		{"evidence_shard", mayAdd + ", UPDATE (last)"},
		{"evidence_leaf", mayAdd},
		{"evidence_hash", mayAdd},
		{"evidence_checkpoint", mayAdd},
		{"evidence_witness", mayChange},
		{"admin_log", mayAdd},
		{"admin_log_person", mayAddAndEnd},

		{"tool_policy_versions", mayAdd + ", UPDATE (archived, timemodified)"},
		{"policy_version_detail", mayAdd},
		{"policy_version_text", mayAdd},
		{"policy_image", mayAdd + ", UPDATE (timeused)"},
		{"policy_image_use", mayAdd},

		{"tool_policy", mayAll},
		{"tool_policy_acceptances", mayAll},
		{"course_acceptance", mayAll},
		{"policy_detail", mayAll},
		{"policy_platform", mayAddAndEnd},
		{"policy_left", mayAddAndEnd},
		{"policy_draft_scope", mayAddAndEnd},
		{"policy_draft_platform", mayAddAndEnd},
		{"policy_schedule", mayAll},
		{"policy_step", mayAddAndEnd},
		{"policy_autosave", mayAll},
		{"moodle_policy", mayAddAndEnd},
		{"moodle_version", mayAddAndEnd},
		{"moodle_import", mayChange},
		{"admin_grant", mayAddAndEnd},

		{"institution", mayAdd + ", UPDATE (zone, busy, addresses)"},
		{"lti_platform", mayChange},
		{"lti_deployment", mayAdd},
		{"lti_invitation", mayAll},
		{"lti_door", mayAll},
		{"lti_sighting", mayAll},
		{"lti_user", mayChange},
		{"lti_context", mayChange},
		{"lti_membership", mayChange},
		{"lti_link_policy", mayAddAndEnd},
		{"lti_line_item", mayChange},
		{"lti_roster", mayChange},
		{"lti_roster_member", mayAddAndEnd},
		{"outbox", mayAll},
		{"notice_batch", mayAddAndEnd},
		{"notice", mayAll},
		{"gate_check", mayAll},
		{"lti_nonce", mayAddAndEnd},
		{"lti_session", mayAll},
		{"lti_door_launch", mayAddAndEnd},
		{"lti_deep_link", mayAll},

		{"tool_key", mayAll},
		{"secret", mayAll},
		{"tx_receipt", mayAddAndEnd},
		{"job_lease", mayChange},
		{"replica", mayAll},
		{"schema_version", mayRead},
	}
}

// unreached are the tables that the serving account has no business with at all.
var unreached = []string{"goose_lock"}

// ownerMay is what migrating needs. CREATE TEMPORARY TABLES is for going on after a migration that was killed, LOCK
// TABLES for an update beside the program that is in use.
const ownerMay = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, DROP, CREATE VIEW, CREATE TEMPORARY TABLES, LOCK TABLES"

// Account is an account of a database server: a user, and from where.
type Account struct{ User, Host string }

func (a Account) String() string { return quoted(a.User) + "@" + quoted(a.Host) }

// quoted is a text in SQL, whatever the server thinks of backslashes.
func quoted(s string) string { return "'" + strings.NewReplacer("'", "''", `\`, `\\`).Replace(s) + "'" }

// OwnerGrants are the statements that give the account which migrates its rights, to be run by an administrator of
// the server before the first [DB.Migrate].
func OwnerGrants(database string, owner Account) []string {
	return []string{fmt.Sprintf("GRANT %s ON %s.* TO %s", ownerMay, name(database), owner)}
}

// ServeGrants are the statements that give the account which serves its rights, table by table: on what proves and on
// what was published it has none to change or delete. They are to be run after [DB.Migrate], and again when it made a
// table. They take nothing away that an account has already.
func ServeGrants(database string, serves Account) []string {
	var list []string
	grant := func(may, table string) {
		list = append(list, fmt.Sprintf("GRANT %s ON %s.%s TO %s", may, name(database), name(table), serves))
	}
	for _, r := range rights() {
		grant(r.may, r.table)
	}
	for _, p := range allParts() {
		grant("SELECT, "+p.change, p.view)
	}
	return list
}

// MayServe reports whether the database's account may read every table of the program. After a migration that made one it
// may not before [ServeGrants] were run again; then it is policy.ErrUnavailable, and says what to do. An account that may
// read a table has its other rights on it, too, because they come together.
func (db *DB) MayServe(ctx context.Context) error {
	var reads []string
	for _, r := range rights() {
		reads = append(reads, `(SELECT COUNT(*) FROM `+r.table+` WHERE 1 = 0)`)
	}
	var nothing int
	if err := db.r.DB.GetContext(ctx, &nothing, `SELECT `+strings.Join(reads, ` + `)); err != nil {
		const step = "the database's account lacks rights; an administrator of the server runs what \"ltipolicy migrate -print-grants\" prints"
		if e, ok := errors.AsType[*mysql.MySQLError](err); ok && e.Number == denied {
			return policy.E(policy.ErrUnavailable, "").Because(fmt.Errorf("%s: %w", step, err))
		}
		return fmt.Errorf("reading what the account may do: %w", unavailable(err))
	}
	return nil
}

// denied is a server's number for a table that an account may not read.
const denied = 1142

// EraseGrants are the statements that give the account which erases people, or seals their secrets anew, what it needs
// beside the rights of [ServeGrants], which it has too: on what proves that is nothing but the columns that name
// somebody, which no hash covers.
func EraseGrants(database string, erases Account) []string {
	list := ServeGrants(database, erases)
	for _, r := range []struct{ may, table string }{
		{"UPDATE (userid, sub, actorid, actorsub, note, launchid, presentation)", "acceptance_event"},
		{"UPDATE (actorid, actor, actorkey, object, detail, aboutkey)", "admin_log"},
		{"UPDATE (secret), DELETE", "person_secret"},
		{"UPDATE (usermodified)", "tool_policy_versions"},
		{"UPDATE (userid)", "policy_image"},
		{"UPDATE (actor)", "admin_grant"},
		{"UPDATE", "lti_roster_member"},
		{"DELETE", "lti_user"},
	} {
		list = append(list, fmt.Sprintf("GRANT %s ON %s.%s TO %s", r.may, name(database), name(r.table), erases))
	}
	return list
}

// name is a name in SQL.
func name(s string) string { return "`" + strings.ReplaceAll(s, "`", "``") + "`" }
