package toolpolicy

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// Live is a [Source] that reads a running Moodle's database, MySQL or MariaDB. It only reads, needs no more
// than SELECT on the three tables and on the user table, and reads all in one snapshot.
type Live struct {
	db     *sql.DB
	tx     *sql.Tx
	prefix string
}

var prefixForm = regexp.MustCompile(`^[a-zA-Z0-9_]{0,20}$`)

// OpenLive connects to the database that dsn names, USER:PASS@tcp(HOST:PORT)/NAME, with or without "mysql:"
// before it. Close it after use. Errors never hold the password.
func OpenLive(ctx context.Context, dsn, prefix string) (*Live, error) {
	if !prefixForm.MatchString(prefix) {
		return nil, errors.New("a prefix of tables has letters, digits and underscores")
	}
	c, err := mysql.ParseDSN(strings.TrimPrefix(dsn, "mysql:"))
	if err != nil || c.DBName == "" {
		return nil, errors.New("database of Moodle: want USER:PASS@tcp(HOST:PORT)/NAME")
	}
	c.Collation = "utf8mb4_bin"
	if c.TLSConfig == "" && c.Net != "unix" {
		c.TLSConfig = "preferred"
	}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, errors.New("database of Moodle: want USER:PASS@tcp(HOST:PORT)/NAME")
	}
	l := &Live{db: sql.OpenDB(connector), prefix: prefix}
	l.tx, err = l.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		l.db.Close() //nolint:errcheck // the first error counts
		return nil, fmt.Errorf("opening Moodle's database: %w", err)
	}
	return l, nil
}

// Close ends the reading.
func (l *Live) Close() error {
	return errors.Join(l.tx.Rollback(), l.db.Close())
}

// query runs f for each row of a table.
func (l *Live) query(ctx context.Context, query string, f func(*sql.Rows) error) error {
	rows, err := l.tx.QueryContext(ctx, strings.ReplaceAll(query, "{", l.prefix))
	if err != nil {
		return fmt.Errorf("reading Moodle's database: %w", err)
	}
	defer rows.Close() //nolint:errcheck // Err tells what went wrong
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("reading Moodle's database: %w", err)
	}
	return nil
}

// Policies implements [Source].
func (l *Live) Policies(ctx context.Context) ([]Policy, []Version, error) {
	var ps []Policy
	err := l.query(ctx, `SELECT id, sortorder, COALESCE(currentversionid, 0) FROM {tool_policy ORDER BY id`, func(r *sql.Rows) error {
		var p Policy
		err := r.Scan(&p.ID, &p.SortOrder, &p.Current)
		ps = append(ps, p)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	var vs []Version
	err = l.query(ctx, `
		SELECT id, name, type, audience, archived, usermodified, timecreated, timemodified, policyid,
			agreementstyle, optional, revision, summary, summaryformat, content, contentformat
		FROM {tool_policy_versions ORDER BY id`, func(r *sql.Rows) error {
		var v Version
		err := r.Scan(&v.ID, &v.Name, &v.Type, &v.Audience, &v.Archived, &v.UserModified, &v.TimeCreated, &v.TimeModified,
			&v.PolicyID, &v.Style, &v.Optional, &v.Revision, &v.Summary, &v.SummaryFormat, &v.Content, &v.ContentFormat)
		vs = append(vs, v)
		return err
	})
	return ps, vs, err
}

// Acceptances implements [Source].
func (l *Live) Acceptances(ctx context.Context, f func(Acceptance) error) error {
	return l.query(ctx, `
		SELECT id, policyversionid, userid, status, lang, usermodified, timecreated, timemodified, note
		FROM {tool_policy_acceptances ORDER BY id`, func(r *sql.Rows) error {
		var a Acceptance
		if err := r.Scan(&a.ID, &a.VersionID, &a.UserID, &a.Status, &a.Lang, &a.UserModified, &a.TimeCreated, &a.TimeModified, &a.Note); err != nil {
			return err
		}
		return f(a)
	})
}

// People implements [Source]: all who are not deleted, as in Moodle's own report.
func (l *Live) People(ctx context.Context, f func(Person) error) error {
	return l.query(ctx, `
		SELECT id, username, firstname, lastname, email, idnumber, lang, auth
		FROM {user WHERE deleted = 0 ORDER BY id`, func(r *sql.Rows) error {
		var id int64
		var username, first, last, email, number, lang, auth string
		if err := r.Scan(&id, &username, &first, &last, &email, &number, &lang, &auth); err != nil {
			return err
		}
		return f(person(id, map[string]string{
			"username": username, "firstname": first, "lastname": last, "email": email, "idnumber": number, "lang": lang, "auth": auth,
		}))
	})
}
