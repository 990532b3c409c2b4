package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMoodleCommands takes the tables of a real Moodle over, hands them back as SQL, and takes that over in another
// database: every flag arrives, and all that a script reads is on standard output.
func TestMoodleCommands(t *testing.T) {
	const tables = "testdata/moodle-4.5/tool_policy"
	s := newShell(t)
	s.env["LTIPOLICY_PLATFORM"] = s.platform("abc").ID
	recorded := []string{"moodle", "import", "-dump", filepath.Join(tables, "tool_policy.sql"), "-users", filepath.Join(tables, "users.tsv")}
	for _, c := range []struct {
		name, want string
		more       []string
	}{
		{"a dry run", "dry run: nothing is written\npeople: 127 added, 0 were here", []string{"-dry-run"}},
		{"the first time", "people: 127 added, 0 were here", []string{"-lang", "ro"}},
		{"again", "people: 0 added, 127 were here", nil},
	} {
		out, oops := s.run(exitOK, append(recorded, c.more...)...)
		if !strings.HasPrefix(out, c.want) || !strings.Contains(out, "\nanswers: ") || oops != "" {
			t.Errorf("%s: %s%s", c.name, out, oops)
		}
	}
	sql, oops := s.run(exitOK, "moodle", "export", "-prefix", "m_")
	if !strings.Contains(sql, "`m_tool_policy_acceptances`") || strings.Contains(sql, "mdl_") || oops != "" {
		t.Errorf("exported %.300s, said %s", sql, oops)
	}
	file := filepath.Join(t.TempDir(), "back.sql")
	if err := os.WriteFile(file, []byte(sql), 0o600); err != nil {
		t.Fatal(err)
	}
	back := newShell(t)
	out, _ := back.run(exitOK, "moodle", "import", "-platform", back.platform("abc").ID, "-dump", file, "-prefix", "m_")
	if !strings.Contains(out, "answers: 607 taken over") {
		t.Errorf("taken over from there: %s", out)
	}
	for _, wrong := range [][]string{
		{"import"}, {"import", "-dump", file, "-dsn", "u:p@tcp(h:1)/m"}, {"import", "-dump", file, "-lang", "no language"}, {"import", "-dump", file, "-platform", ""}, {"export", "-platform", ""},
	} {
		s.run(exitUsage, append([]string{"moodle"}, wrong...)...)
	}
	s.run(exitFailed, "moodle", "import", "-dump", file+".missing")
	s.run(exitFailed, "moodle", "export", "-platform", "no-such-id")
}
