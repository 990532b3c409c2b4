package main

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/seal"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// shell runs commands on a migrated database of its own, at a fixed time.
type shell struct {
	t        *testing.T
	database string
	env      map[string]string
	places   []string // where a file of settings is looked for
	types    string   // what somebody types at the terminal
}

func newShell(t *testing.T) *shell {
	t.Helper()
	s := &shell{t: t, database: storetest.SQLite(t), places: []string{filepath.Join(t.TempDir(), "ltipolicy.toml")}}
	s.env = map[string]string{"LTIPOLICY_DATABASE": s.database}
	return s
}

// spoil writes past the program.
func (s *shell) spoil(statement string) {
	s.t.Helper()
	db, err := sql.Open("sqlite", strings.TrimPrefix(s.database, "sqlite:"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // the statement is checked
	if _, err := db.ExecContext(s.t.Context(), statement); err != nil {
		s.t.Fatal(err)
	}
}

// nowhere names a database that is not there.
func (s *shell) nowhere() {
	s.database = "sqlite:" + filepath.Join(s.t.TempDir(), "test.db")
	s.env["LTIPOLICY_DATABASE"] = s.database
}

func (s *shell) world(stdout, stderr io.Writer) world {
	return world{
		stdout: stdout, stderr: stderr, rand: rand.Reader,
		getenv: func(name string) string { return s.env[name] },
		places: s.places, stdin: strings.NewReader(s.types), terminal: s.types != "",
		now: atEight,
	}
}

// run runs a command and checks its exit status.
func (s *shell) run(want int, args ...string) (stdout, stderr string) {
	s.t.Helper()
	var out, oops bytes.Buffer
	if got := execute(s.t.Context(), s.world(&out, &oops), args); got != want {
		s.t.Fatalf("%v: exit status %d, want %d\n%s%s", args, got, want, &out, &oops)
	}
	return out.String(), oops.String()
}

func (s *shell) read(out string, into any) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(out), into); err != nil {
		s.t.Fatalf("%v in\n%s", err, out)
	}
}

func TestEveryCommandHasHelp(t *testing.T) {
	s := newShell(t)
	s.nowhere()
	for _, asked := range []string{"-help", "--help", "-h", "help"} {
		out, oops := s.run(exitOK, asked)
		if oops != "" || !strings.Contains(out, "LTIPOLICY_<FLAG>") {
			t.Errorf("%s: %s%s", asked, out, oops)
		}
		for _, c := range commands() {
			if !strings.Contains(out, "\n  "+c.name) {
				t.Errorf("%s does not list %s", asked, c.name)
			}
		}
	}
	for _, c := range commands() {
		out, oops := s.run(exitOK, append(strings.Fields(c.name), "-help")...)
		if oops != "" || !strings.HasPrefix(out, "Usage: ltipolicy "+c.name) || !strings.HasSuffix(strings.SplitN(out, "\n", 2)[0], c.args) {
			t.Errorf("%s -help: %s%s", c.name, out, oops)
		}
		for line := range strings.SplitSeq(out, "\n") {
			if name := regexp.MustCompile(`^  -(\S+)`).FindStringSubmatch(line); name != nil && !regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(name[1]) {
				t.Errorf("%s: flag -%s is not long and lower-case", c.name, name[1])
			}
		}
	}
	if _, err := os.Stat(strings.TrimPrefix(s.database, "sqlite:")); err == nil {
		t.Error("help opened the database")
	}
}

func TestWrongUsageIsTwo(t *testing.T) {
	s := newShell(t)
	for _, args := range [][]string{
		{}, {"frob"}, {"platform"}, {"platform", "frob"}, {"policy"},
		{"migrate", "-frob"}, {"migrate", "extra"}, {"platform", "show"}, {"platform", "show", "a", "b"},
		{"platform", "invite"}, {"platform", "invite", "-institution", "X", "-ttl", "soon"}, {"platform", "invite", "-institution", "X", "-ttl", "-1h"},
		{"platform", "invite", "-institution", "X", "-base-url", "http://tool.example"},
		{"platform", "invite", "-institution", "X", "-base-url", "https://tool.example/path"},
		{"platform", "invite", "-institution", "X"},
		{"platform", "add", "-institution", "X"},
		{"platform", "add", "-institution", "X", "-name", "N", "-issuer", "http://moodle.example", "-client-id", "c", "-auth-url", "https://m.example/a",
			"-token-url", "https://m.example/t", "-jwks-url", "https://m.example/j", "-deployment", "1"},
		{"policy", "load", "-institution", "X"}, {"policy", "load", "."},
		{"session", "end"}, {"session", "end", "-sub", "7"}, {"session", "end", "-everybody", "-platform", "x"},
		{"serve", "-listen", "0.0.0.0:0"}, {"serve", "-tls-cert", "x"}, {"serve", "-base-url", "http://tool.example"}, {"serve", "-session-key", "short", "-listen", "127.0.0.1:0"},
		{"serve", "-session-key", "x", "-session-key-file", "y"},
		{"demo", "-listen", "0.0.0.0:8080"}, {"demo", "-listen", "nonsense"},
	} {
		out, oops := s.run(exitUsage, args...)
		if out != "" || oops == "" {
			t.Errorf("%v: on standard output %q, on standard error %q", args, out, oops)
		}
	}
}

func TestMigrate(t *testing.T) {
	s := newShell(t)
	s.nowhere()
	out, oops := s.run(exitOK, "migrate")
	if !strings.HasPrefix(out, "applied ") || !strings.Contains(oops, "a new database: there is no "+s.database) {
		t.Errorf("printed %s", out)
	}
	if out, _ = s.run(exitOK, "migrate"); out != "up to date\n" {
		t.Errorf("printed %s", out)
	}
	s.env["LTIPOLICY_DATABASE"] = "sqlite:" + filepath.Join(t.TempDir(), "no", "such", "folder.db")
	if out, oops := s.run(exitFailed, "migrate"); out != "" || oops == "" {
		t.Errorf("printed %q and %q", out, oops)
	}
}

func TestPolicyLoad(t *testing.T) {
	s := newShell(t)
	s.platform("abc")
	s.env["LTIPOLICY_INSTITUTION"] = "Kauno technologijos universitetas"
	s.env["LTIPOLICY_NEW"] = "true"
	// The source policies apply on a site that is not registered yet.
	if _, oops := s.run(exitFailed, "policy", "load", "testdata/policies/ktu"); !strings.Contains(oops, "open.ktu.edu") {
		t.Errorf("said %s", oops)
	} else if strings.Contains(oops, "made the institution") {
		t.Errorf("a load that failed said %s", oops)
	}
	const m = "https://open.ktu.example"
	s.run(exitOK, "platform", "add", "-name", "open.ktu.edu", "-issuer", m, "-client-id", "k", "-auth-url", m+"/a", "-token-url", m+"/t", "-jwks-url", m+"/j", "-deployment", "1")
	out, remarks := s.run(exitOK, "policy", "load", "testdata/policies/ktu")
	if strings.Count(out, ": stored, version ") != 3 {
		t.Errorf("printed %s", out)
	}
	for _, line := range []string{
		"svetaines-politika/lt.txt: unilateral_change: Universitetas vienašališkai gali keisti Taisykles",
		"slapuku-politika/lt.txt: cookie_claims: VMA naudojami tik techninio palaikymo slapukai",
		"slapuku-politika/lt.txt: cookie_claims, against that: Tiksliniai slapukai.\n", "privatumo-politika/lt.txt: missing_date\n",
	} {
		if !strings.Contains(remarks, line) {
			t.Errorf("no remark %q", line)
		}
	}
	if out, _ = s.run(exitOK, "policy", "load", "testdata/policies/ktu"); strings.Count(out, ": unchanged, version ") != 3 {
		t.Errorf("printed %s", out)
	}
	s.run(exitFailed, "policy", "load", "no/such/folder")
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "good"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"good/en.txt": "---\nname: Good\ntype: site\n---\n--- summary ---\nS\n--- content ---\nC\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "wrong"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "wrong", "en.txt"), []byte("no settings"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, oops := s.run(exitFailed, "policy", "load", dir)
	if out != "" || !strings.Contains(oops, "wrong/en.txt:1") {
		t.Errorf("one wrong file of two: printed %q, said %q", out, oops)
	}
}

func TestKeyRotate(t *testing.T) {
	s := newShell(t)
	rings := make([]map[string]string, 2)
	for i := range rings {
		out, _ := s.run(exitOK, "key", "rotate")
		rings[i] = map[string]string{}
		for line := range strings.SplitSeq(strings.TrimSpace(out), "\n") {
			use, kid, ok := strings.Cut(line, "\t")
			if !ok || rings[i][use] != "" {
				t.Errorf("printed %q", out)
			}
			rings[i][use] = kid
		}
	}
	if rings[1]["current"] != rings[0]["next"] || rings[1]["previous"] != rings[0]["current"] || rings[1]["next"] == rings[0]["next"] || rings[1]["next"] == "" {
		t.Errorf("%v became %v", rings[0], rings[1])
	}
}

// Session and evidence keys are rotated, too; what the evidence log's former key signed stays verified.
func TestKeyRotateOfSessionAndEvidence(t *testing.T) {
	s := newShell(t)
	s.answer()
	kept, key := s.run(exitOK, "evidence", "checkpoint")
	file := filepath.Join(t.TempDir(), "checkpoint")
	if err := os.WriteFile(file, []byte(kept), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ := s.run(exitOK, "key", "rotate", "-of", "evidence")
	if fresh, ok := strings.CutPrefix(out, "evidence\t"); !ok || strings.Contains(key, strings.TrimSpace(fresh)) {
		t.Errorf("printed %q", out)
	}
	if out, _ := s.run(exitOK, "key", "rotate", "-of", "session"); !strings.Contains(out, "all visits have ended") {
		t.Errorf("printed %q", out)
	}
	if out, _ := s.run(exitOK, "evidence", "verify", "-checkpoint", file); !strings.Contains(out, "intact") {
		t.Errorf("printed %q", out)
	}
	s.run(exitUsage, "key", "rotate", "-of", "everything")
}

func TestKeyRevokeLeavesNoKeyOfBefore(t *testing.T) {
	s := newShell(t)
	s.run(exitOK, "key", "rotate")
	before, _ := s.run(exitOK, "key", "rotate")
	s.run(exitUsage, "key", "revoke")
	out, _ := s.run(exitOK, "key", "revoke", "-all")
	for line := range strings.SplitSeq(strings.TrimSpace(before), "\n") {
		_, kid, _ := strings.Cut(line, "\t")
		if !strings.Contains(out, "void\t"+kid+"\n") || strings.Count(out, kid) != 1 {
			t.Errorf("%s in\n%s", line, out)
		}
	}
	for _, use := range []string{"\ncurrent\t", "\nnext\t", "\nevidence\t", "\nsession\t"} {
		if strings.Count(out, use) != 1 {
			t.Errorf("no %q in\n%s", use, out)
		}
	}
}

// A key file's first key is enough when everything was sealed under it, and before it was not.
func TestKeyReseal(t *testing.T) {
	s := newShell(t)
	s.run(exitOK, "key", "rotate")
	line, err := seal.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "secret.key")
	s.env["LTIPOLICY_SECRET_KEY_FILE"] = file
	use := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	use(string(line))
	if _, oops := s.run(exitFailed, "platform", "list"); !strings.Contains(oops, "add its lines to the one that is") {
		t.Errorf("with another key file: %s", oops)
	}
	use(string(line) + storetest.KeyFile)
	if out, _ := s.run(exitOK, "key", "reseal"); strings.HasPrefix(out, "0 ") {
		t.Errorf("printed %q", out)
	}
	if out, _ := s.run(exitOK, "key", "reseal"); !strings.HasPrefix(out, "0 secrets") {
		t.Errorf("once more: %q", out)
	}
	use(string(line))
	s.run(exitOK, "platform", "list")
	use(storetest.KeyFile)
	s.run(exitFailed, "platform", "list")
}

// answer records one person's answer to one policy.
func (s *shell) answer() {
	s.t.Helper()
	added := s.platform("abc")
	ctx := s.t.Context()
	db, err := store.Open(ctx, s.database, store.Options{Keys: storetest.Keys(), Now: atEight})
	must := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	must(err)
	defer db.Close() //nolint:errcheck // everything is committed
	p, err := db.Platform(ctx, added.ID)
	must(err)
	text := policy.Text{Lang: "en", Name: "Rules", Content: "<p>Be kind.</p>"}
	_, id, err := db.LoadPolicy(ctx, p.InstitutionID, "rules", policy.Version{Kind: policy.Agree, Texts: []policy.Text{text}}, []string{p.ID})
	must(err)
	u, err := db.Admit(ctx, &lti.Message{Sub: "7", Nonce: "n", Expires: time.Now().Add(time.Hour)}, p)
	must(err)
	_, err = db.Answer(ctx, []policy.Event{{
		InstitutionID: p.InstitutionID, PlatformID: p.ID, Issuer: p.Issuer, UserID: u.ID, Sub: u.Sub, ActorID: u.ID, ActorSub: u.Sub,
		PolicyID: 1, VersionID: id, MaterialID: id, PolicyName: text.Name, Kind: policy.Agree, Lang: text.Lang, UILang: "en",
		Digest: text.Digest(), Statement: "I agree.", Button: "Save", Answer: policy.Accepted, Presentation: "form",
	}})
	must(err)
}

func TestEvidenceCommands(t *testing.T) {
	s := newShell(t)
	if out, _ := s.run(exitOK, "evidence", "verify"); out != "0 events, intact\n" {
		t.Errorf("printed %q", out)
	}
	if _, oops := s.run(exitFailed, "evidence", "checkpoint"); !strings.Contains(oops, "empty") {
		t.Errorf("said %q", oops)
	}
	s.answer()
	if out, _ := s.run(exitOK, "evidence", "verify"); out != "1 events, intact\n" {
		t.Errorf("printed %q", out)
	}
	signed, key := s.run(exitOK, "evidence", "checkpoint")
	if !strings.Contains(signed, "\n\n— ") || !strings.Contains(key, "the key that verifies it: ") {
		t.Errorf("printed %q and %q", signed, key)
	}
	kept := filepath.Join(t.TempDir(), "checkpoint")
	if err := os.WriteFile(kept, []byte(signed), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(exitOK, "evidence", "verify", "-checkpoint", kept)
	both := filepath.Join(t.TempDir(), "both")
	if err := os.WriteFile(both, []byte(signed+"\n"+signed+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(exitOK, "evidence", "verify", "-checkpoint", kept, "-checkpoint", both)
	s.run(exitFailed, "evidence", "verify", "-checkpoint", os.DevNull)
	witness := []string{"evidence", "witness", "-dir", filepath.Join(t.TempDir(), "witness"), "-from", kept, "-key", strings.TrimSpace(strings.TrimPrefix(key, "the key that verifies it: "))}
	if out, _ := s.run(exitOK, witness...); !strings.HasPrefix(out, "kept: 5 entries at 2026-09-01T08:00:00Z") {
		t.Errorf("printed %q", out)
	}
	s.run(exitUsage, "evidence", "witness", "-from", kept)
	s.spoil(`UPDATE tool_policy_acceptances SET status = 0`)
	s.run(exitFailed, "evidence", "verify")
	for _, want := range []string{"changed 1 rows\n", "changed 0 rows\n"} {
		if out, _ := s.run(exitOK, "evidence", "rebuild"); out != want {
			t.Errorf("printed %q, want %q", out, want)
		}
		s.run(exitOK, "evidence", "verify")
	}
	s.run(exitUsage, "person", "erase", "-sub", "7")
	platform, _ := s.run(exitOK, "platform", "list", "-json")
	id := regexp.MustCompile(`"id": *"([^"]+)"`).FindStringSubmatch(platform)[1]
	erase := []string{"person", "erase", "-platform", id, "-sub", "7", "-decision", "2026-17"}
	if out, _ := s.run(exitOK, erase...); out != "1 person erased, 1 answers kept without a name\n" {
		t.Errorf("printed %q", out)
	}
	s.run(exitFailed, erase...)
	if out, _ := s.run(exitOK, "evidence", "verify"); out != "1 events, 1 erased under 1 decisions, intact\n" {
		t.Errorf("printed %q", out)
	}
	lines := strings.SplitN(signed, "\n", 3)
	if err := os.WriteFile(kept, []byte(lines[0]+"\n9"+lines[1]+"\n"+lines[2]), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(exitFailed, "evidence", "verify", "-checkpoint", kept)
	s.run(exitFailed, witness...)
	s.run(exitFailed, "evidence", "verify", "-checkpoint", kept+".missing")
}

// A version that waits for its day refuses what would take its place unseen; the other policies of the folder are
// loaded, and the command says which is which.
func TestPolicyLoadRefusesWhatWaits(t *testing.T) {
	s := newShell(t)
	s.env["LTIPOLICY_INSTITUTION"] = "UPT"
	dir := t.TempDir()
	write := func(slug, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(dir, slug), 0o700); err != nil {
			t.Fatal(err)
		}
		content := "---\nname: " + slug + "\ntype: site\n---\n--- summary ---\nS\n--- content ---\n" + text + "\n"
		if err := os.WriteFile(filepath.Join(dir, slug, "en.txt"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, slug := range []string{"a", "b", "c"} {
		write(slug, "one")
	}
	s.run(exitOK, "policy", "load", dir)
	db := storetest.Open(t, s.database)
	ctx := t.Context()
	id, err := db.EnsureInstitution(ctx, "UPT")
	if err != nil {
		t.Fatal(err)
	}
	ps, err := db.Policies(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	b := ps[slices.IndexFunc(ps, func(p policy.Policy) bool { return p.Slug == "b" })]
	v, err := db.Version(ctx, id, b.CurrentVersionID)
	if err != nil {
		t.Fatal(err)
	}
	a := store.Admin{InstitutionID: id}
	draft, err := db.NewDraft(ctx, a, v)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Publish(ctx, a, store.Publication{VersionID: draft, Edit: 1, Minor: true, At: time.Date(2126, 10, 26, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	for _, slug := range []string{"a", "b", "c"} {
		write(slug, "two")
	}
	out, oops := s.run(exitFailed, "policy", "load", dir)
	for _, want := range []string{"a: stored, version ", "c: stored, version ", fmt.Sprintf("b: refused, version %d waits to begin on 26 October 2126, 00:00 UTC: take it back first", draft)} {
		if !strings.Contains(out, want) {
			t.Errorf("printed %q, want %q", out, want)
		}
	}
	if !strings.Contains(oops, "1 of 3 policies were refused") {
		t.Errorf("said %q", oops)
	}
	if err := db.Unschedule(ctx, a, draft); err != nil {
		t.Fatal(err)
	}
	if out, _ = s.run(exitOK, "policy", "load", dir); strings.Count(out, ": unchanged, ") != 2 || strings.Count(out, ": stored, ") != 1 {
		t.Errorf("printed %q", out)
	}
}

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

// atEight is the clock of every command.
func atEight() time.Time { return time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC) }

func TestVersion(t *testing.T) {
	out, _ := newShell(t).run(exitOK, "version")
	if !regexp.MustCompile(`^ltipolicy \S+ go1\.\S+ \w+/\w+\n$`).MatchString(out) {
		t.Errorf("printed %q", out)
	}
}

// Every command that a message, a page, a line of the log, the plugin or a document names, with the program's name or in
// quotes, exists.
func TestEveryCommandThatIsNamedExists(t *testing.T) {
	names, groups := map[string]bool{}, map[string]bool{}
	for _, c := range commands() {
		names[c.name] = true
		if group, _, ok := strings.Cut(c.name, " "); ok {
			groups[group] = true
		}
	}
	found := map[string]int{}
	said := regexp.MustCompile("(ltipolicy |[`\"])(?:ltipolicy )?([a-z]+) ([a-z]+)\\b")
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || !slices.Contains([]string{".go", ".json", ".html", ".php", ".md"}, filepath.Ext(path)) ||
			strings.HasPrefix(path, "testdata/") || strings.HasPrefix(path, "CHANGELOG") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range said.FindAllStringSubmatch(string(text), -1) {
			name, whole := m[2]+" "+m[3], strings.Contains(m[0], "ltipolicy ")
			if !groups[m[2]] || !whole && filepath.Ext(path) != ".md" {
				continue
			}
			if found[name]++; whole && !names[name] {
				t.Errorf("%s: %q is no command", path, m[0])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"platform activate", "platform move", "platform deployment", "platform door"} {
		if found[name] == 0 {
			t.Errorf("%s is named nowhere", name)
		}
	}
}
