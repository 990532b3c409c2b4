package toolpolicy

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Writer writes rows as SQL that loads into Moodle's three tables, which must be there and empty. Nothing is
// written to a table's structure. It is for one goroutine; errors stay until [Writer.Close] tells them.
type Writer struct {
	w      *bufio.Writer
	prefix string
	table  string
	n      int // rows of the current statement
	err    error
}

// perStatement bounds a statement, and with it what a server must take at once.
const perStatement = 100

// NewWriter starts the SQL. The prefix is that of Moodle's tables, such as "mdl_".
func NewWriter(w io.Writer, prefix string) *Writer {
	o := &Writer{w: bufio.NewWriter(w), prefix: prefix}
	o.write("-- Moodle 4.5's three tool_policy tables, for empty tables.\n" +
		"SET NAMES utf8mb4;\nSET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO';\nSTART TRANSACTION;\n")
	return o
}

func (o *Writer) write(s string) {
	if o.err == nil {
		_, o.err = o.w.WriteString(s)
	}
}

// Policy writes a row of tool_policy.
func (o *Writer) Policy(p Policy) {
	current := "NULL"
	if p.Current != 0 {
		current = number(p.Current)
	}
	o.row("tool_policy", number(p.ID), strconv.Itoa(p.SortOrder), current)
}

// Version writes a row of tool_policy_versions.
func (o *Writer) Version(v Version) {
	o.end() // texts are long: one statement each
	o.row("tool_policy_versions", number(v.ID), quote(v.Name), strconv.Itoa(v.Type), strconv.Itoa(v.Audience), flag(v.Archived),
		number(v.UserModified), number(v.TimeCreated), number(v.TimeModified), number(v.PolicyID), strconv.Itoa(v.Style),
		flag(v.Optional), quote(v.Revision), quote(v.Summary), strconv.Itoa(v.SummaryFormat), quote(v.Content), strconv.Itoa(v.ContentFormat))
}

// Acceptance writes a row of tool_policy_acceptances.
func (o *Writer) Acceptance(a Acceptance) {
	status, note := "NULL", "NULL"
	if a.Status != nil {
		status = strconv.Itoa(*a.Status)
	}
	if a.Note != nil {
		note = quote(*a.Note)
	}
	o.row("tool_policy_acceptances", number(a.ID), number(a.VersionID), number(a.UserID), status, quote(a.Lang),
		number(a.UserModified), number(a.TimeCreated), number(a.TimeModified), note)
}

func (o *Writer) row(table string, values ...string) {
	if o.table != table || o.n == perStatement {
		o.end()
		o.table = table
		o.write(fmt.Sprintf("INSERT INTO `%s%s` (`%s`) VALUES\n", o.prefix, table, strings.Join(columns[table], "`, `")))
	} else {
		o.write(",\n")
	}
	o.n++
	o.write("(" + strings.Join(values, ",") + ")")
}

func (o *Writer) end() {
	if o.table != "" {
		o.write(";\n")
	}
	o.table, o.n = "", 0
}

// Close writes the end and returns the first error.
func (o *Writer) Close() error {
	o.end()
	o.write("COMMIT;\n")
	if o.err == nil {
		o.err = o.w.Flush()
	}
	if o.err != nil {
		return fmt.Errorf("writing SQL: %w", o.err)
	}
	return nil
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// escape undoes what the lexer's unescaped does.
var escape = strings.NewReplacer("\\", `\\`, "'", `\'`, "\x00", `\0`, "\n", `\n`, "\r", `\r`, "\x1a", `\Z`)

func quote(s string) string { return "'" + escape.Replace(s) + "'" }
