package deploy

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/store/storetest"
)

// operator is somebody who does what the documentation says: in a folder, with a shell, the engine's own client
// programs and the tool.
type operator struct {
	t    *testing.T
	dir  string
	path string
}

func newOperator(t *testing.T, engine storetest.Engine) *operator {
	t.Helper()
	o := &operator{t: t, dir: t.TempDir()}
	o.path = filepath.Join(o.dir, "bin") + ":" + engine.Bin + ":" + os.Getenv("PATH")
	o.program("ltipolicy", "LTIPOLICY_SECRET_KEY_FILE='"+keyFile()+"' exec '"+built(t)+`' "$@"`)
	return o
}

// program puts a script into the operator's PATH.
func (o *operator) program(name, script string) {
	o.t.Helper()
	o.write(filepath.Join("bin", name), "#!/bin/sh\n"+script+"\n", 0o700)
}

func (o *operator) write(name, text string, mode os.FileMode) {
	o.t.Helper()
	file := filepath.Join(o.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		o.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		o.t.Fatal(err)
	}
}

func (o *operator) read(name string) string {
	o.t.Helper()
	b, err := os.ReadFile(filepath.Join(o.dir, name))
	if err != nil {
		o.t.Fatal(err)
	}
	return string(b)
}

// try runs lines as they would be pasted into a shell, and returns what they say.
func (o *operator) try(lines string) (said string, err error) {
	cmd := exec.CommandContext(o.t.Context(), "sh", "-c", lines)
	cmd.Dir = o.dir
	cmd.Env = []string{"PATH=" + o.path, "HOME=" + o.dir}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (o *operator) do(lines string) (said string) {
	o.t.Helper()
	said, err := o.try(lines)
	if err != nil {
		o.t.Fatalf("%s\n%v\n%s", lines, err, said)
	}
	return said
}

// blocks are the blocks of code below a heading of a document, up to the next heading.
func blocks(t *testing.T, file, heading string) []string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(b), "\n"+heading+"\n")
	if !ok {
		t.Fatalf("%s has no %q", file, heading)
	}
	if end := regexp.MustCompile(`(?m)^#+ \S`).FindStringIndex(text); end != nil {
		text = text[:end[0]]
	}
	var found []string
	for _, m := range regexp.MustCompile("(?s)```[a-z]+\n(.*?)```").FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}

// instance is where an engine's documented lines are run.
type instance struct {
	*operator
	admin           *sql.DB // nil: SQLite
	socket          string
	database        string // the address of the database in use
	backup, restore string // the documented lines
	at              string // the address in the lines of restore
}

// newInstance is nil where the engine's client programs are not on the machine and nobody insists on them.
func newInstance(t *testing.T, e storetest.Engine) *instance {
	t.Helper()
	i := &instance{operator: newOperator(t, e)}
	doc := filepath.Join("..", "docs", "operations.md")
	heading, client := "### MySQL", "mysqldump"
	switch {
	case e.Bin == "":
		client = "sqlite3"
	case strings.HasPrefix(e.Name, "mariadb"):
		heading, client = "### MariaDB", "mariadb-dump"
	}
	if said, err := i.try("command -v " + client); err != nil && os.Getenv(storetest.Databases) == "" {
		t.Logf("%s is not on this machine: scripts/need mariadb mysql sqlite3 brings it %s", client, said)
		return nil
	}
	if e.Bin == "" {
		lines := blocks(t, doc, "### SQLite")
		i.backup, i.restore = lines[0], lines[1]
		i.database, i.at = "sqlite:"+filepath.Join(i.dir, "ltipolicy.db"), "sqlite:"+filepath.Join(i.dir, "restored.db")
		i.write("ltipolicy.db.key", storetest.KeyFile, 0o600)
		return i
	}
	lines := blocks(t, doc, heading)
	i.socket = e.Logging(t)
	i.database, i.at = "mysql:root@unix("+i.socket+")/ltipolicy", "mysql:root@unix("+i.socket+")/restored"
	i.backup, i.restore = lines[1], strings.ReplaceAll(lines[2], "USER:PASS@tcp(HOST:3306)", "root@unix("+i.socket+")")
	if i.restore == lines[2] {
		t.Fatal("the lines that restore have no address to put in")
	}
	var err error
	if i.admin, err = sql.Open("mysql", "root@unix("+i.socket+")/?multiStatements=true"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { i.admin.Close() }) //nolint:errcheck // the test is over
	i.exec("CREATE DATABASE ltipolicy CHARACTER SET utf8mb4")
	i.exec(lines[0]) // the account
	i.write(".my.cnf", "[client]\nuser=root\nsocket="+i.socket+"\n[mysqldump]\nuser=backup\n", 0o600)
	return i
}

func (i *instance) exec(query string) {
	i.t.Helper()
	if _, err := i.admin.ExecContext(i.t.Context(), query); err != nil {
		i.t.Fatalf("%s: %v", query, err)
	}
}

// TestBackupAndRestore runs the lines of docs/operations.md as they stand there. What is restored has every row,
// proves that it is whole, and goes on: whoever answered before the backup is let through, whoever answered after
// it is asked again.
func TestBackupAndRestore(t *testing.T) {
	for _, e := range storetest.Engines(t) {
		t.Run(e.Name, func(t *testing.T) {
			i := newInstance(t, e)
			if i == nil {
				return
			}
			i.do("ltipolicy migrate -database '" + i.database + "'")
			c := newCampus(t, i.database, 3)
			process, road := c.start()
			c.answer(road, 0)
			c.answer(road, 1)
			c.must(process.Kill())
			i.do("ltipolicy evidence checkpoint -database '" + i.database + "' > checkpoint.txt")
			want := everyRow(t, i.database)

			i.do(i.backup)
			process, road = c.start()
			c.answer(road, 2)
			said := i.do(i.restore)

			if !strings.Contains(said, "4 events, intact\n") || !strings.Contains(said, "up to date\n") {
				t.Errorf("restoring said:\n%s", said)
			}
			if d := cmp.Diff(want, everyRow(t, i.at)); d != "" {
				t.Errorf("rows (-before +restored):\n%s", d)
			}
			c.dsn = i.at
			_, road = c.start()
			c.through(road, 0)
			c.answer(road, 2)
			i.brokenBackups()
			if e.Name == "mysql" {
				c.must(process.Kill()) // what it does between requests would be a difference, too
				i.compose()
			}
		})
	}
}

// brokenBackups restores what broke off, was damaged, or is not there: that ends with an error, and nowhere with an
// empty schema.
func (i *instance) brokenBackups() {
	i.t.Helper()
	file := "ltipolicy.backup"
	if i.admin != nil {
		file = "ltipolicy.sql"
	}
	whole := i.read(file)
	damaged := strings.Replace(whole, "CREATE TABLE", "CREATE TABEL", 1)
	for name, backup := range map[string]string{"cut": whole[:len(whole)/2], "damaged": damaged, "empty": ""} {
		if i.admin == nil && name == "damaged" {
			backup = whole[4096:] // without its first page
		}
		i.write(file, backup, 0o600)
		said, err := i.try(strings.ReplaceAll(i.restore, "restored", name))
		if err == nil || strings.Contains(said, "applied") || strings.Contains(said, "up to date") {
			i.t.Errorf("restoring a backup that is %s: %v\n%s", name, err, said)
		}
	}
	i.write(file, whole, 0o600)
}

// compose runs the lines of docs/deploy.md in a composition that is no more than this: docker is played by a script.
func (i *instance) compose() {
	i.t.Helper()
	i.database = strings.Replace(i.database, "root@", "compose@", 1)
	lines := blocks(i.t, filepath.Join("..", "docs", "deploy.md"), "## Backup and restore")
	i.program("docker", `
[ "$1" = compose ] || exit 1
case "$2" in
exec) # -T mysql COMMAND...
	[ "$3 $4" = "-T mysql" ] || exit 1
	shift 4
	MYSQL_ROOT_PASSWORD=secret exec "$@" ;;
run) # OPTION... tool1 ARGUMENT... or grants
	[ "$5" != grants ] || exit 0
	while [ "$1" != tool1 ]; do shift; done
	shift
	exec ltipolicy "$1" "$2" -database '`+i.database+`' "$3" ".$4" ;;
up) echo started ;;
esac`)
	i.write(".my.cnf", "[client]\nsocket="+i.socket+"\n", 0o600)
	i.exec("CREATE USER compose@localhost IDENTIFIED BY ''; GRANT ALL ON *.* TO compose@localhost WITH GRANT OPTION; ALTER USER root@localhost IDENTIFIED BY 'secret'")
	before := everyRow(i.t, i.database)
	i.do(lines[0])
	keep, err := sql.Open("mysql", "compose@unix("+i.socket+")/")
	if err != nil {
		i.t.Fatal(err)
	}
	defer keep.Close() //nolint:errcheck // the test is over
	for _, query := range []string{"DROP DATABASE ltipolicy", "CREATE DATABASE ltipolicy CHARACTER SET utf8mb4"} {
		if _, err := keep.ExecContext(i.t.Context(), query); err != nil {
			i.t.Fatal(err)
		}
	}
	i.write("ltipolicy.sql.whole", i.read("ltipolicy.sql"), 0o600)
	i.write("ltipolicy.sql", "", 0o600)
	if said, err := i.try(lines[1]); err == nil || strings.Count(said, "started") != 1 {
		i.t.Errorf("the tool started over a backup that is empty: %v\n%s", err, said)
	}
	i.do("mv ltipolicy.sql.whole ltipolicy.sql")
	if said := i.do(lines[1]); !strings.Contains(said, "intact") || strings.Count(said, "started") != 2 {
		i.t.Errorf("restoring said:\n%s", said)
	}
	if d := cmp.Diff(before, everyRow(i.t, i.database)); d != "" {
		i.t.Errorf("rows (-before +restored):\n%s", d)
	}
}

// everyRow is the content of all tables, by table, as text in an order of its own.
func everyRow(t *testing.T, dsn string) map[string][]string {
	t.Helper()
	driver, address, list := "mysql", storetest.DriverDSN(dsn),
		`SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()`
	if file, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		driver, address, list = "sqlite", file, `SELECT name FROM sqlite_master WHERE type = 'table'`
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // it was only read
	all := map[string][]string{}
	for _, table := range rowsOfQuery(t, db, list) {
		table = strings.Trim(table, `" `)
		all[table] = rowsOfQuery(t, db, "SELECT * FROM "+table)
	}
	if len(all["acceptance_event"]) == 0 {
		t.Fatal("no answers in the database: the comparison shows nothing")
	}
	return all
}

func rowsOfQuery(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // read to its end
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	var found []string
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		var line strings.Builder
		for _, v := range values {
			if v.Valid {
				fmt.Fprintf(&line, "%q ", v.String)
			} else {
				line.WriteString("NULL ")
			}
		}
		found = append(found, line.String())
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found
}
