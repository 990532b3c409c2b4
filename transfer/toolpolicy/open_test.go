package toolpolicy_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/transfer/toolpolicy"
)

const smallDump = "INSERT INTO `mdl_tool_policy` VALUES (1,12,NULL);\n" +
	"INSERT INTO mdl_tool_policy_versions VALUES (1,'Ștefan',0,0,0,2,3,4,1,0,1,'r','',1,'c',1);\n"

func gzipped(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(s))
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func wide(s string, order int) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		b.Write([][]byte{{c, 0}, {0, c}}[order])
	}
	return b.String()
}

// A dump is read however it was kept, as long as it is one.
func TestDumpsAreReadAsTheyWereKept(t *testing.T) {
	wantPolicies, wantVersions, err := text(smallDump).Policies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, sql := range map[string]string{
		"gzip":                              gzipped(t, smallDump),
		"two files of gzip in one":          gzipped(t, smallDump[:20]) + gzipped(t, smallDump[20:]),
		"a byte order mark":                 "\ufeff" + smallDump,
		"gzip and a byte order mark":        gzipped(t, "\ufeff"+smallDump),
		"line ends of Windows":              strings.ReplaceAll(smallDump, "\n", "\r\n"),
		"beginning and end of MySQL":        "-- MySQL dump 10.13  Distrib 8.4.0\n" + smallDump + "-- Dump completed on 2026-11-30 10:00:00\n",
		"beginning and end of MariaDB":      "-- MariaDB dump 10.19\n--\n" + smallDump + "-- Dump completed",
		"two dumps, one after the other":    "-- MySQL dump 10.13\n-- Dump completed\n-- MySQL dump 10.13\n" + smallDump + "-- Dump completed on x\n",
		"the names of databases in a text":  strings.Replace(smallDump, "'c'", "'-- PostgreSQL database dump\nCOPY x FROM stdin; PRAGMA'", 1),
		"the beginning of a dump in a text": strings.Replace(smallDump, "'c'", "'\n-- MySQL dump\n'", 1),
	} {
		ps, vs, err := text(sql).Policies(t.Context())
		for i := range vs {
			vs[i].Content = "c"
		}
		if d := cmp.Diff(wantPolicies, ps) + cmp.Diff(wantVersions, vs); err != nil || d != "" {
			t.Errorf("%s: %v\n%s", name, err, d)
		}
	}
}

// What is no dump of Moodle's tables says what it is, and what to do.
func TestFilesThatAreNoDumpSayWhatTheyAre(t *testing.T) {
	tar := "dump.sql" + strings.Repeat("\x00", 249) + "ustar"
	packed := gzipped(t, strings.Repeat(smallDump, 100))
	for name, c := range map[string]struct {
		sql  string
		want []string
	}{
		"an empty file":               {"", []string{"the file is empty", "the command that wrote it has failed"}},
		"white space":                 {" \n\n", []string{"the file is empty"}},
		"gzip of nothing":             {gzipped(t, ""), []string{"the file is empty"}},
		"UTF-16 of PowerShell":        {"\xff\xfe" + wide(smallDump, 0), []string{"UTF-16", "--result-file=FILE"}},
		"UTF-16, big end first":       {"\xfe\xff" + wide(smallDump, 1), []string{"UTF-16"}},
		"UTF-16 without a mark":       {wide(smallDump, 0), []string{"UTF-16"}},
		"gzip of UTF-16":              {gzipped(t, "\xff\xfe"+wide(smallDump, 0)), []string{"UTF-16"}},
		"gzip that breaks off":        {packed[:len(packed)/2], []string{"the compressed file is damaged or breaks off"}},
		"a zip archive":               {"PK\x03\x04rest", []string{"a zip archive: unpack it"}},
		"bzip2":                       {"BZh91AY", []string{"bzip2: unpack it"}},
		"xz":                          {"\xfd7zXZ\x00\x00", []string{"xz: unpack it"}},
		"zstd":                        {"\x28\xb5\x2f\xfd\x00", []string{"zstd: unpack it"}},
		"tar":                         {tar, []string{"a tar archive: unpack it"}},
		"tar and gzip":                {gzipped(t, tar), []string{"a tar archive: unpack it"}},
		"SQLite":                      {"SQLite format 3\x00\x10\x00", []string{"an SQLite database", "MySQL and MariaDB"}},
		"a dump of SQLite":            {"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n", []string{"line 1", "SQLite", "MySQL and MariaDB"}},
		"pg_dump's own format":        {"PGDMP\x01\x0e", []string{"PostgreSQL in its own format", "MySQL and MariaDB"}},
		"pg_dump":                     {"--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\n", []string{"a dump of PostgreSQL", "MySQL and MariaDB"}},
		"pg_dump --inserts":           {"--\n-- PostgreSQL database dump\n--\nINSERT INTO public.mdl_tool_policy VALUES (1, 2, NULL);\n", []string{"a dump of PostgreSQL"}},
		"pg_dump without its head":    {"COPY public.mdl_tool_policy (id, sortorder, currentversionid) FROM stdin;\n1\t2\t\\N\n\\.\n", []string{"COPY … FROM stdin", "PostgreSQL", "MySQL and MariaDB"}},
		"XML":                         {"<?xml version=\"1.0\"?>\n<mysqldump>", []string{"XML or a web page", "without --xml"}},
		"a dump that breaks off":      {"-- MySQL dump 10.13\n" + smallDump, []string{"the dump breaks off", `"-- Dump completed"`}},
		"another prefix":              {strings.ReplaceAll(smallDump, "mdl_", "moodle_"), []string{"no rows of mdl_tool_policy_versions", "but the table moodle_tool_policy_versions", "-prefix moodle_"}},
		"no prefix":                   {strings.ReplaceAll(smallDump, "mdl_", ""), []string{"but the table tool_policy_versions", `-prefix ""`}},
		"tables without rows":         {"CREATE TABLE `mdl_tool_policy_versions` (`id` int);\n", []string{"the table mdl_tool_policy_versions without rows", "--no-data"}},
		"other tables":                {"INSERT INTO mdl_user VALUES (1);CREATE TABLE `mdl_course` (`id` int);", []string{"only of other tables (mdl_course, mdl_user)", "dump mdl_tool_policy, mdl_tool_policy_versions and mdl_tool_policy_acceptances"}},
		"many other tables":           {"INSERT INTO a VALUES (1);INSERT INTO b VALUES (1);INSERT INTO c VALUES (1);INSERT INTO d VALUES (1);INSERT INTO e VALUES (1);INSERT INTO f VALUES (1);", []string{"(a, b, c, d, e and 1 more)"}},
		"versions without their list": {smallDump[strings.Index(smallDump, "\n"):], []string{"no rows of mdl_tool_policy,"}},
		"any other text":              {"SELECT 1;\nhello\n", []string{"no rows of any table", "no dump of mysqldump"}},
	} {
		_, _, err := text(c.sql).Policies(t.Context())
		if !errors.Is(err, toolpolicy.ErrFormat) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q is not in %v", name, want, err)
			}
		}
	}
}

// So does the list of users.
func TestListsOfUsersThatCannotBeReadSayWhy(t *testing.T) {
	for name, c := range map[string]struct{ users, want string }{
		"nothing":             {"", "the file is empty"},
		"UTF-16":              {"\xff\xfe" + wide("id\tusername\n", 0), "UTF-16"},
		"commas":              {"id,username\n1,a\n", "commas between them, want tabs"},
		"semicolons":          {"id;username\n1;a\n", "want tabs"},
		"a table for people":  {"+----+----------+\n| id | username |\n", "write it with --batch"},
		"no names of columns": {"1\ta\n", "names no column id"},
	} {
		d := toolpolicy.Dump{Users: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(c.users)), nil }}
		err := d.People(t.Context(), func(toolpolicy.Person) error { return nil })
		if !errors.Is(err, toolpolicy.ErrFormat) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	d := toolpolicy.Dump{Users: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(gzipped(t, "\ufeffid\tusername\r\n7\tana\r\n"))), nil
	}}
	var got []toolpolicy.Person
	if err := d.People(t.Context(), func(p toolpolicy.Person) error { got = append(got, p); return nil }); err != nil || len(got) != 1 || got[0].ID != 7 {
		t.Errorf("gzip: %v, %v", got, err)
	}
}
