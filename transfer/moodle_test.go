package main

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
	"ltipolicy/toolpolicy"
)

const recordedTables = "testdata/moodle-4.5/tool_policy"

// said runs the program and returns what it printed.
func said(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	code := execute(t.Context(), world{
		stdout: &out, stderr: &errs, getenv: func(string) string { return "" }, now: time.Now, rand: rand.Reader,
	}, args)
	if code != exitOK {
		t.Fatalf("ltipolicy %s: exit %d\n%s", strings.Join(args, " "), code, errs.String())
	}
	return out.String()
}

// moodleSite registers a platform for the recorded Moodle and returns its id.
func moodleSite(t *testing.T, dsn, institution, client string) string {
	t.Helper()
	out := said(t, "platform", "add", "-database", dsn, "-institution", institution, "-name", client,
		"-issuer", "https://moodle.example", "-client-id", client, "-auth-url", "https://moodle.example/a",
		"-token-url", "https://moodle.example/t", "-jwks-url", "https://moodle.example/j", "-deployment", "1")
	m := regexp.MustCompile(`(?m)^id\s+(\S+)`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("no id in %s", out)
	}
	return m[1]
}

func importArgs(dsn, platform string, more ...string) []string {
	return append([]string{
		"moodle", "import", "-database", dsn, "-platform", platform,
		"-dump", filepath.Join(recordedTables, "tool_policy.sql"), "-users", filepath.Join(recordedTables, "users.tsv"),
	}, more...)
}

func TestMoodleImportTakesEverythingOnce(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		platform := moodleSite(t, dsn, "CVUPT", "c1")
		db := storetest.Open(t, dsn)

		dry := said(t, importArgs(dsn, platform, "-dry-run")...)
		for _, want := range []string{"dry run", "people: 127 added", "answers: 607 taken over", `policy 1 "Politica de confidentialitate a datelor": 2 of 2 versions added, version 8 is active`} {
			if !strings.Contains(dry, want) {
				t.Errorf("the dry run does not say %q:\n%s", want, dry)
			}
		}
		if vs, err := db.ActiveVersions(t.Context(), platform, ""); err != nil || len(vs) != 0 {
			t.Fatalf("the dry run wrote %d versions, %v", len(vs), err)
		}

		first := said(t, importArgs(dsn, platform)...)
		if strings.TrimPrefix(dry, "dry run: nothing is written\n") != first {
			t.Errorf("the dry run said something else:\n%s", cmp.Diff(dry, first))
		}
		again := said(t, importArgs(dsn, platform)...)
		for _, want := range []string{"people: 0 added, 127 were here", "answers: 0 taken over, 607 were here", "0 of 2 versions added"} {
			if !strings.Contains(again, want) {
				t.Errorf("the second import does not say %q:\n%s", want, again)
			}
		}
		if n, err := db.RebuildAcceptances(t.Context()); n != 0 || err != nil {
			t.Errorf("%d rows differ from the events, %v", n, err)
		}
		if _, err := db.AppendLog(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, err := db.VerifyEvidence(t.Context()); n != 607 || err != nil {
			t.Errorf("evidence: %d events, %v", n, err)
		}
		compareReport(t, db, platform)
	})
}

// compareReport holds the report's statuses against Moodle's own download of its report, line by line.
func compareReport(t *testing.T, db *store.DB, platform string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(recordedTables, "acceptances.csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	words := map[policy.Reported]string{
		policy.ReportedPending: "Pending", policy.ReportedAccepted: "Accepted", policy.ReportedAcceptedBehalf: "Accepted on user's behalf",
		policy.ReportedDeclined: "Declined", policy.ReportedDeclinedBehalf: "Declined on user's behalf", policy.ReportedPartial: "Partially accepted",
	}
	p, err := db.Platform(t.Context(), platform)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	err = db.ReportEach(t.Context(), store.ReportQuery{InstitutionID: p.InstitutionID}, func(r store.ReportRow) error {
		line := []string{r.User.Name, r.User.Email, words[policy.ReportAll(r.Reported(), true)]}
		for _, one := range r.Reported() {
			line = append(line, words[one])
		}
		rows[r.User.Email] = line
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(lines)-1 {
		t.Errorf("%d people, Moodle's report has %d", len(rows), len(lines)-1)
	}
	for _, want := range lines[1:] {
		if d := cmp.Diff(want, rows[want[1]]); d != "" {
			t.Errorf("%s:\n%s", want[0], d)
		}
	}
}

// Who accepted in Moodle is asked for nothing that they accepted there, and for all the rest.
func TestMoodleImportAsksNobodyAgain(t *testing.T) {
	dsn := storetest.SQLite(t)
	platform := moodleSite(t, dsn, "CVUPT", "c1")
	said(t, importArgs(dsn, platform)...)
	db := storetest.Open(t, dsn)
	src := dumpFiles(filepath.Join(recordedTables, "tool_policy.sql"), filepath.Join(recordedTables, "users.tsv"), "mdl_")
	_, versions, err := src.Policies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	agreed := map[string]string{} // policyagreed by Moodle's user id
	raw, err := os.ReadFile(filepath.Join(recordedTables, "users.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(raw)), "\n")[1:] {
		cells := strings.Split(line, "\t")
		agreed[cells[0]] = cells[7]
	}
	if len(versions) != 9 || len(agreed) != 128 {
		t.Fatalf("%d versions, %d users", len(versions), len(agreed))
	}
	err = db.ReportEach(t.Context(), store.ReportQuery{PlatformIDs: []string{platform}, InstitutionID: institutionOf(t, db, platform)}, func(r store.ReportRow) error {
		asked, err := db.Asked(t.Context(), platform, "", r.User.ID)
		if err != nil {
			return err
		}
		pending := policy.PendingAsked(asked, policy.Viewer{Now: time.Now()})
		if (len(pending) == 0) != (agreed[r.User.Sub] == "1") {
			t.Errorf("%s is asked %d policies here; Moodle's policyagreed is %s", r.User.Name, len(pending), agreed[r.User.Sub])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func institutionOf(t *testing.T, db *store.DB, platform string) string {
	t.Helper()
	p, err := db.Platform(t.Context(), platform)
	if err != nil {
		t.Fatal(err)
	}
	return p.InstitutionID
}

// The export loads into empty copies of Moodle's tables and has the recorded content, ids included.
func TestMoodleExportLoadsBack(t *testing.T) {
	servers := storetest.Servers(t)
	if len(servers) == 0 {
		return
	}
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		platform := moodleSite(t, dsn, "CVUPT", "c1")
		said(t, importArgs(dsn, platform)...)
		dump := said(t, "moodle", "export", "-database", dsn, "-platform", platform, "-prefix", "m_")

		empty := servers[len(servers)-1].Empty(t)
		raw, err := sql.Open("mysql", storetest.DriverDSN(empty)+"?multiStatements=true")
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close() //nolint:errcheck // the test is over
		for _, query := range []string{emptyTables(t), dump} {
			if _, err := raw.ExecContext(t.Context(), query); err != nil {
				t.Fatal(err)
			}
		}
		live, err := toolpolicy.OpenLive(t.Context(), empty, "m_")
		if err != nil {
			t.Fatal(err)
		}
		defer live.Close() //nolint:errcheck // the test is over
		want := dumpFiles(filepath.Join(recordedTables, "tool_policy.sql"), "", "mdl_")
		if d := cmp.Diff(rowsOf(t, want), rowsOf(t, live)); d != "" {
			t.Errorf("the tables differ from the recorded ones:\n%.4000s", d)
		}
	})
}

// emptyTables is what the recorded dump says about the structure of the tables, with another prefix.
func emptyTables(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(recordedTables, "tool_policy.sql"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(strings.Join(regexp.MustCompile(`(?s)CREATE TABLE .*?;\n`).FindAllString(string(raw), -1), ""), "mdl_", "m_")
}

type allRows struct {
	Policies    []toolpolicy.Policy
	Versions    []toolpolicy.Version
	Acceptances map[int64]toolpolicy.Acceptance
}

func rowsOf(t *testing.T, src toolpolicy.Source) allRows {
	t.Helper()
	r := allRows{Acceptances: map[int64]toolpolicy.Acceptance{}}
	var err error
	if r.Policies, r.Versions, err = src.Policies(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := src.Acceptances(t.Context(), func(a toolpolicy.Acceptance) error {
		r.Acceptances[a.ID] = a
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return r
}

// A policy made here, with a translation and a minor change, gets numbers of its own and is read back by the
// import as what it was.
func TestMoodleExportOfOurOwn(t *testing.T) {
	dsn := storetest.SQLite(t)
	platform := moodleSite(t, dsn, "CVUPT", "c1")
	said(t, importArgs(dsn, platform)...)
	db := storetest.Open(t, dsn)
	institution := institutionOf(t, db, platform)
	v := policy.Version{Type: policy.TypeSite, Kind: policy.Agree, SortOrder: 40, Revision: "1", Texts: []policy.Text{
		{Lang: "ro", Name: "Reguli", Summary: "<p>s</p>", Content: "<p>conținut</p>"}, {Lang: "en", Name: "Rules", Summary: "<p>s</p>", Content: "<p>content</p>"},
	}}
	load := func() int64 {
		_, id, err := db.LoadPolicy(t.Context(), institution, "rules", v, []string{platform})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := load()
	stored, err := db.Version(t.Context(), institution, first)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := db.ImportMoodleUsers(t.Context(), platform, []store.User{{Sub: "3"}, {Sub: "not-moodle"}}, false)
	if err != nil {
		t.Fatal(err)
	}
	for sub, id := range ids {
		_, err := db.Answer(t.Context(), []policy.Event{{
			InstitutionID: institution, PlatformID: platform, UserID: id, Sub: sub, ActorID: id, ActorSub: sub, PolicyID: stored.PolicyID,
			VersionID: first, MaterialID: first, Kind: policy.Agree, Lang: "ro", Digest: stored.Primary().Digest(), Answer: policy.Accepted,
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	v.Revision = "2" // a minor change
	load()
	out := said(t, "moodle", "export", "-database", dsn, "-platform", platform)
	src := toolpolicy.Dump{SQL: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(out)), nil }, Prefix: "mdl_"}
	r := rowsOf(t, src)
	if len(r.Policies) != 8 || r.Policies[7] != (toolpolicy.Policy{ID: 8, SortOrder: 40, Current: 11}) || len(r.Versions) != 11 {
		t.Fatalf("policies %+v, %d versions", r.Policies, len(r.Versions))
	}
	for _, own := range r.Versions {
		if own.ID < 10 {
			continue
		}
		c, err := toolpolicy.Convert(own, "xx")
		if d := cmp.Diff(v.Texts, c.Version.Texts); err != nil || d != "" || own.Archived != (own.ID == 10) {
			t.Errorf("%v\n%s", err, d)
		}
	}
	var got []string
	for id := int64(608); id <= int64(len(r.Acceptances)); id++ {
		a := r.Acceptances[id]
		got = append(got, fmt.Sprint(a.VersionID, " ", a.UserID, " ", *a.Status, " ", a.Lang))
	}
	if d := cmp.Diff([]string{"10 3 1 ro", "11 3 1 ro"}, got); d != "" {
		t.Error(d)
	}
}

func TestPolicySaveIsLoadedAsUnchanged(t *testing.T) {
	dsn, dir := storetest.SQLite(t), t.TempDir()
	for _, name := range []string{"CVUPT", "UniCampus", "open.ktu.edu", "another"} {
		moodleSite(t, dsn, "CVUPT", name)
	}
	for _, from := range []string{"testdata/policies/upt", "testdata/policies/ktu"} {
		said(t, "policy", "load", "-database", dsn, "-institution", "CVUPT", from)
	}
	saved := said(t, "policy", "save", "-database", dsn, "-institution", "CVUPT", dir)
	out := said(t, "policy", "load", "-database", dsn, "-institution", "CVUPT", dir)
	if n := strings.Count(saved, "\n"); n == 0 || strings.Count(out, ": unchanged, ") != n {
		t.Errorf("saved\n%sloaded\n%s", saved, out)
	}
	twice := t.TempDir()
	said(t, "policy", "save", "-database", dsn, "-institution", "CVUPT", twice)
	if d := cmp.Diff(tree(t, dir), tree(t, twice)); d != "" {
		t.Error(d)
	}
}

func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		files[strings.TrimPrefix(name, dir)] = string(b)
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	return files
}

// A version that waits for its day refuses what became active in Moodle meanwhile. The other policies and their
// answers are taken over, and the command says which is which.
func TestMoodleImportRefusesWhatWaits(t *testing.T) {
	dsn, ctx := storetest.SQLite(t), t.Context()
	platform := moodleSite(t, dsn, "CVUPT", "c1")
	said(t, importArgs(dsn, platform)...)
	db := storetest.Open(t, dsn)
	a := store.Admin{InstitutionID: institutionOf(t, db, platform)}
	vs, err := db.ActiveVersions(ctx, platform, "")
	if err != nil {
		t.Fatal(err)
	}
	v := vs[slices.IndexFunc(vs, func(v policy.Version) bool { return v.Primary().Name == "Privatumo politika" })]
	draft, err := db.NewDraft(ctx, a, v)
	if err == nil {
		err = db.Publish(ctx, a, store.Publication{VersionID: draft, Edit: 1, Minor: true, At: time.Date(2126, 10, 26, 0, 0, 0, 0, time.UTC)})
	}
	if err != nil {
		t.Fatal(err)
	}
	said(t, importArgs(dsn, platform)...) // nothing would change, so nothing is refused

	dump, err := os.ReadFile(filepath.Join(recordedTables, "tool_policy.sql"))
	if err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(t.TempDir(), "newer.sql")
	if err := os.WriteFile(newer, bytes.Replace(dump, []byte("VALUES (3,14,3)"), []byte("VALUES (3,14,9)"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"moodle", "import", "-database", dsn, "-platform", platform, "-dump", newer, "-users", filepath.Join(recordedTables, "users.tsv")}
	for _, more := range [][]string{{"-dry-run"}, nil} {
		var out, errs bytes.Buffer
		code := execute(ctx, world{stdout: &out, stderr: &errs, getenv: func(string) string { return "" }, now: time.Now, rand: rand.Reader}, append(args, more...))
		if code != exitFailed || !strings.Contains(errs.String(), "1 of 7 policies were refused") {
			t.Errorf("exit %d, said %q", code, errs.String())
		}
		for _, want := range []string{
			fmt.Sprintf("policy 3 \"Privatumo politika\": refused, version %d waits to begin on 26 October 2126, 00:00 UTC: take it back first", draft),
			"left for the next import: 101 answers to policies that were refused", "policy 4 ",
		} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("no %q in\n%s", want, out.String())
			}
		}
	}
	if err := db.Unschedule(ctx, a, v.PolicyID); err != nil {
		t.Fatal(err)
	}
	if out := said(t, args...); !strings.Contains(out, "version 9 is active") {
		t.Errorf("after it was taken back:\n%s", out)
	}
}
