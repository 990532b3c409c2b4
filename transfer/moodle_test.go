package transfer

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
	"ltipolicy/transfer/toolpolicy"
)

func TestMoodleImportTakesEverythingOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		site := moodleSite(t, db, "c1")

		dry := imported(t, db, site, recorded, true)
		for _, want := range []string{"dry run", "people: 127 added", "answers: 607 taken over", `policy 1 "Politica de confidentialitate a datelor": 2 of 2 versions added, version 8 is active`} {
			if !strings.Contains(dry, want) {
				t.Errorf("the dry run does not say %q:\n%s", want, dry)
			}
		}
		if vs, err := db.ActiveVersions(t.Context(), site.ID, ""); err != nil || len(vs) != 0 {
			t.Fatalf("the dry run wrote %d versions, %v", len(vs), err)
		}

		first := imported(t, db, site, recorded, false)
		if strings.TrimPrefix(dry, "dry run: nothing is written\n") != first {
			t.Errorf("the dry run said something else:\n%s", cmp.Diff(dry, first))
		}
		again := imported(t, db, site, recorded, false)
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
		if n, err := db.VerifyEvidence(t.Context()); n.Events != 607 || err != nil {
			t.Errorf("evidence: %d events, %v", n, err)
		}
		compareReport(t, db, site)
	})
}

// compareReport holds the report's statuses against Moodle's own download of its report, line by line.
func compareReport(t *testing.T, db *store.DB, site lti.Platform) {
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
	rows := map[string][]string{}
	err = db.ReportEach(t.Context(), store.ReportQuery{InstitutionID: site.InstitutionID}, func(r store.ReportRow) error {
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
	db := storetest.New(t)
	site := moodleSite(t, db, "c1")
	imported(t, db, site, recorded, false)
	_, versions, err := recorded.Policies(t.Context())
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
	err = db.ReportEach(t.Context(), store.ReportQuery{PlatformIDs: []string{site.ID}, InstitutionID: site.InstitutionID}, func(r store.ReportRow) error {
		asked, err := db.Asked(t.Context(), site.ID, "", r.User.ID)
		if err != nil {
			return err
		}
		pending := policy.PendingAsked(asked, policy.Person{}.At(time.Now()))
		if (len(pending) == 0) != (agreed[r.User.Sub] == "1") {
			t.Errorf("%s is asked %d policies here; Moodle's policyagreed is %s", r.User.Name, len(pending), agreed[r.User.Sub])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The export loads into empty copies of Moodle's tables and has the recorded content, ids included.
func TestMoodleExportLoadsBack(t *testing.T) {
	servers := storetest.Servers(t)
	if len(servers) == 0 {
		return
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		site := moodleSite(t, db, "c1")
		imported(t, db, site, recorded, false)
		dump := exported(t, db, site, "m_")

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
		want := toolpolicy.Files(filepath.Join(recordedTables, "tool_policy.sql"), "", "mdl_")
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

// A policy made here, with a translation and a minor change, gets numbers of its own and is read back by the
// import as what it was.
func TestMoodleExportOfOurOwn(t *testing.T) {
	db := storetest.New(t)
	site := moodleSite(t, db, "c1")
	imported(t, db, site, recorded, false)
	institution, platform := site.InstitutionID, site.ID
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
	out := exported(t, db, site, "mdl_")
	r := rowsOf(t, inText(out))
	if len(r.Policies) != 8 || r.Policies[7] != (toolpolicy.Policy{ID: 8, SortOrder: 40, Current: 11}) || len(r.Versions) != 11 {
		t.Fatalf("policies %+v, %d versions", r.Policies, len(r.Versions))
	}
	for _, own := range r.Versions {
		if own.ID < 10 {
			continue
		}
		c, err := toolpolicy.Convert(t.Context(), own, toolpolicy.Said{Site: "xx"})
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
	db, dir := storetest.New(t), t.TempDir()
	var institution string
	for _, name := range []string{"CVUPT", "UniCampus", "open.ktu.edu", "another"} {
		institution = moodleSite(t, db, name).InstitutionID
	}
	for _, from := range []string{"../testdata/policies/upt", "../testdata/policies/ktu"} {
		loaded(t, db, institution, from)
	}
	written := saved(t, db, institution, dir)
	out := loaded(t, db, institution, dir)
	if n := strings.Count(written, "\n"); n == 0 || strings.Count(out, ": unchanged, ") != n {
		t.Errorf("saved\n%sloaded\n%s", written, out)
	}
	twice := t.TempDir()
	saved(t, db, institution, twice)
	if d := cmp.Diff(tree(t, dir), tree(t, twice)); d != "" {
		t.Error(d)
	}
}

// A version that waits for its day refuses what became active in Moodle meanwhile. The other policies and their
// answers are taken over, and the command says which is which.
func TestMoodleImportRefusesWhatWaits(t *testing.T) {
	db, ctx := storetest.New(t), t.Context()
	site := moodleSite(t, db, "c1")
	imported(t, db, site, recorded, false)
	a := store.Admin{InstitutionID: site.InstitutionID}
	vs, err := db.ActiveVersions(ctx, site.ID, "")
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
	imported(t, db, site, recorded, false) // nothing would change, so nothing is refused

	dump, err := os.ReadFile(filepath.Join(recordedTables, "tool_policy.sql"))
	if err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(t.TempDir(), "newer.sql")
	if err := os.WriteFile(newer, bytes.Replace(dump, []byte("VALUES (3,14,3)"), []byte("VALUES (3,14,9)"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	dumped := toolpolicy.Files(newer, filepath.Join(recordedTables, "users.tsv"), "mdl_")
	for _, dry := range []bool{true, false} {
		out, err := importing(t, db, site, dumped, dry)
		if err == nil || !strings.Contains(err.Error(), "1 of 7 policies were refused") {
			t.Errorf("ends with %v", err)
		}
		for _, want := range []string{
			fmt.Sprintf("policy 3 \"Privatumo politika\": refused, version %d waits to begin on 26 October 2126, 00:00 UTC: take it back first", draft),
			"left for the next import: 101 answers to policies that were refused", "policy 4 ",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("no %q in\n%s", want, out)
			}
		}
	}
	if err := db.Unschedule(ctx, a, draft); err != nil {
		t.Fatal(err)
	}
	if out := imported(t, db, site, dumped, false); !strings.Contains(out, "version 9 is active") {
		t.Errorf("after it was taken back:\n%s", out)
	}
}
