package toolpolicy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Dump is a [Source] that reads a file written by mysqldump or mariadb-dump, of the three tables or of a
// whole Moodle, compressed with gzip or not, and the users from a table of their own with tabs between its columns.
type Dump struct {
	// SQL and Users are opened once for each reading.
	SQL   func() (io.ReadCloser, error)
	Users func() (io.ReadCloser, error)
	// Prefix of Moodle's tables, such as "mdl_".
	Prefix string
}

// Files is a Dump that reads files; without a name for the users there is none of them.
func Files(sql, users, prefix string) Dump {
	file := func(name string) func() (io.ReadCloser, error) {
		return func() (io.ReadCloser, error) { return os.Open(name) }
	}
	d := Dump{SQL: file(sql), Prefix: prefix}
	if users != "" {
		d.Users = file(users)
	}
	return d
}

// value is one value of an INSERT; null tells NULL from the empty text.
type value struct {
	text string
	null bool
}

// insert is one row of an INSERT statement.
type insert map[string]value

func (r insert) int(col string) (int64, error) {
	v, ok := r[col]
	if !ok {
		return 0, fmt.Errorf("%w: there is no column %s", ErrFormat, col)
	}
	if v.null {
		return 0, nil
	}
	n, err := strconv.ParseInt(v.text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: column %s is %.40q", ErrFormat, col, v.text)
	}
	return n, nil
}

// columns are Moodle's own, for dumps whose statements do not name them and that have no CREATE TABLE.
var columns = map[string][]string{
	"tool_policy": {"id", "sortorder", "currentversionid"},
	"tool_policy_versions": {"id", "name", "type", "audience", "archived", "usermodified", "timecreated", "timemodified",
		"policyid", "agreementstyle", "optional", "revision", "summary", "summaryformat", "content", "contentformat"},
	"tool_policy_acceptances": {"id", "policyversionid", "userid", "status", "lang", "usermodified", "timecreated", "timemodified", "note"},
}

// Policies implements [Source].
func (d Dump) Policies(ctx context.Context) ([]Policy, []Version, error) {
	var ps []Policy
	var vs []Version
	seen := map[string]bool{}
	held, err := d.rows(ctx, []string{"tool_policy", "tool_policy_versions"}, func(table string, r insert) error {
		seen[table] = true
		if table == "tool_policy" {
			p, err := policyOf(r)
			ps = append(ps, p)
			return err
		}
		v, err := versionOf(r)
		vs = append(vs, v)
		return err
	})
	for _, table := range []string{"tool_policy_versions", "tool_policy"} {
		if err == nil && !seen[table] {
			err = held.without(d.Prefix, table)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	return ps, vs, nil
}

// Acceptances implements [Source].
func (d Dump) Acceptances(ctx context.Context, f func(Acceptance) error) error {
	_, err := d.rows(ctx, []string{"tool_policy_acceptances"}, func(_ string, r insert) error {
		a, err := acceptanceOf(r)
		if err != nil {
			return err
		}
		return f(a)
	})
	return err
}

// fields reads several whole numbers of a row.
func fields(r insert, m map[string]*int64) error {
	for col, to := range m {
		n, err := r.int(col)
		if err != nil {
			return err
		}
		*to = n
	}
	return nil
}

func policyOf(r insert) (Policy, error) {
	var p Policy
	var sort int64
	err := fields(r, map[string]*int64{"id": &p.ID, "sortorder": &sort, "currentversionid": &p.Current})
	p.SortOrder = int(sort)
	return p, err
}

func versionOf(r insert) (Version, error) {
	v := Version{Name: r["name"].text, Revision: r["revision"].text, Summary: r["summary"].text, Content: r["content"].text}
	var kind, audience, archived, style, optional, summary, content int64
	err := fields(r, map[string]*int64{
		"id": &v.ID, "type": &kind, "audience": &audience, "archived": &archived, "usermodified": &v.UserModified,
		"timecreated": &v.TimeCreated, "timemodified": &v.TimeModified, "policyid": &v.PolicyID,
		"agreementstyle": &style, "optional": &optional, "summaryformat": &summary, "contentformat": &content,
	})
	v.Type, v.Audience, v.Archived, v.Style, v.Optional = int(kind), int(audience), archived != 0, int(style), optional != 0
	v.SummaryFormat, v.ContentFormat = int(summary), int(content)
	return v, err
}

func acceptanceOf(r insert) (Acceptance, error) {
	a := Acceptance{Lang: r["lang"].text}
	var status int64
	err := fields(r, map[string]*int64{
		"id": &a.ID, "policyversionid": &a.VersionID, "userid": &a.UserID, "status": &status,
		"usermodified": &a.UserModified, "timecreated": &a.TimeCreated, "timemodified": &a.TimeModified,
	})
	if !r["status"].null {
		n := int(status)
		a.Status = &n
	}
	if n := r["note"]; !n.null {
		a.Note = &n.text
	}
	return a, err
}

// rows hands over every row that the dump inserts into the tables, and tells what else it holds.
func (d Dump) rows(ctx context.Context, tables []string, f func(table string, r insert) error) (contents, error) {
	file, err := d.SQL()
	if err != nil {
		return contents{}, fmt.Errorf("opening the dump: %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	sql, err := opened(file)
	if err != nil {
		return contents{}, fmt.Errorf("reading the dump: %w", err)
	}
	return readInserts(ctx, sql, d.Prefix, tables, f)
}

func readInserts(ctx context.Context, src io.Reader, prefix string, tables []string, f func(table string, r insert) error) (contents, error) {
	p := parser{lexer: newLexer(src), order: map[string][]string{}, held: contents{map[string]bool{}, map[string]bool{}}}
	for {
		t, err := p.next()
		switch {
		case errors.Is(err, io.EOF):
			return p.held, p.ended()
		case err != nil:
			return p.held, err
		case ctx.Err() != nil:
			return p.held, ctx.Err()
		}
		if err := p.statement(t, prefix, tables, f); err != nil {
			return p.held, err
		}
	}
}

// statement reads one statement, of which t is the first token.
func (p *parser) statement(t token, prefix string, tables []string, f func(table string, r insert) error) error {
	switch {
	case p.foreign != "":
		return p.fail(p.foreign + ": " + mysqlOnly)
	case t.is(";"):
		return nil
	case t.is("COPY"):
		return p.fail("COPY … FROM stdin is written by PostgreSQL: " + mysqlOnly)
	case t.is("PRAGMA"):
		return p.fail("PRAGMA is written by SQLite: " + mysqlOnly)
	case t.is("CREATE"):
		return p.create()
	case !t.is("INSERT") && !t.is("REPLACE"):
		return p.skip()
	}
	table, err := p.into()
	if err != nil {
		return err
	}
	p.held.filled[table] = true
	name, ours := strings.CutPrefix(table, prefix)
	if ours && slices.Contains(tables, name) {
		return p.values(table, name, f)
	}
	return p.skip()
}

// ended is an error if the dump began as the tools write it and does not end so.
func (p *parser) ended() error {
	if p.begun && !p.done {
		return p.fail(`the dump breaks off: it does not end with "-- Dump completed"; write it again`)
	}
	if p.foreign != "" {
		return p.fail(p.foreign + ": " + mysqlOnly)
	}
	return nil
}

// parser understands just what a dump says about rows.
type parser struct {
	*lexer
	order map[string][]string // columns by table, as CREATE TABLE lists them
	held  contents
}

// must is next where the statement cannot end yet.
func (p *parser) must() (token, error) {
	t, err := p.next()
	if errors.Is(err, io.EOF) {
		err = p.fail("the dump ends within a statement")
	}
	return t, err
}

// skip passes over the rest of a statement. The end of the dump ends it too.
func (p *parser) skip() error {
	for {
		t, err := p.next()
		if errors.Is(err, io.EOF) || err == nil && t.is(";") {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// create notes the order of a table's columns.
func (p *parser) create() error {
	t, err := p.must()
	if err != nil {
		return err
	}
	if !t.is("TABLE") {
		return p.skip()
	}
	table := ""
	for depth, item := 0, false; ; {
		t, err := p.must()
		if err != nil {
			return err
		}
		switch {
		case t.is(";"):
			return nil
		case t.is("("):
			depth++
			item = depth == 1
			continue
		case t.is(")"):
			depth--
		case t.is(","):
			item = depth == 1
			continue
		case t.kind == tokenName && depth == 0 && table == "":
			table = t.text
			p.held.created[table] = true
		case t.kind == tokenName && item:
			p.order[table] = append(p.order[table], t.text)
		}
		item = false
	}
}

// into reads up to the table's name.
func (p *parser) into() (string, error) {
	table := ""
	for {
		t, err := p.must()
		if err != nil {
			return "", err
		}
		switch {
		case t.is("INTO"), t.is("IGNORE"), t.is("LOW_PRIORITY"), t.is("DELAYED"):
			continue
		case t.is(";"):
			return "", p.fail("INSERT without a table")
		}
		table = t.text
		if next := p.peek(); next != '.' { // `database`.`table`
			return table, nil
		}
		if _, err := p.must(); err != nil {
			return "", err
		}
	}
}

// values reads the rest of an INSERT and hands over its rows.
func (p *parser) values(table, name string, f func(table string, r insert) error) error {
	order := p.order[table]
	if len(order) == 0 {
		order = columns[name]
	}
	t, err := p.must()
	if err != nil {
		return err
	}
	if t.is("(") {
		order = nil
		for !t.is(")") {
			if t, err = p.must(); err != nil {
				return err
			}
			if t.kind == tokenName || t.kind == tokenWord {
				order = append(order, t.text)
			}
			if t.is(";") {
				return p.fail("a list of columns does not end")
			}
		}
		if t, err = p.must(); err != nil {
			return err
		}
	}
	if !t.is("VALUES") && !t.is("VALUE") {
		return p.fail("INSERT without VALUES")
	}
	for {
		r, err := p.row(order)
		if err != nil {
			return err
		}
		if err := f(name, r); err != nil {
			return err
		}
		t, err := p.next()
		switch {
		case errors.Is(err, io.EOF), err == nil && t.is(";"):
			return nil
		case err != nil:
			return err
		case t.is("ON"): // DUPLICATE KEY UPDATE
			return p.skip()
		case !t.is(","):
			return p.fail("rows want a comma between them")
		}
	}
}

func (p *parser) row(order []string) (insert, error) {
	t, err := p.must()
	if err != nil {
		return nil, err
	}
	if !t.is("(") {
		return nil, p.fail("a row starts with a bracket")
	}
	r := make(insert, len(order))
	for _, col := range order {
		t, err := p.must()
		if err != nil {
			return nil, err
		}
		if t.kind != tokenString && t.kind != tokenWord {
			return nil, p.fail("a value is missing")
		}
		r[col] = value{text: t.text, null: t.kind == tokenWord && strings.EqualFold(t.text, "NULL")}
		if r[col].null {
			r[col] = value{null: true}
		}
		if t, err = p.must(); err != nil {
			return nil, err
		}
		if last := len(r) == len(order); !t.is(map[bool]string{true: ")", false: ","}[last]) {
			return nil, p.fail("the row has another number of values than of columns")
		}
	}
	return r, nil
}
