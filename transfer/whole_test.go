package transfer

import (
	"io"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"ltipolicy/store"
	"ltipolicy/store/storetest"
	"ltipolicy/transfer/toolpolicy"
)

// policyFile is a policy's file with a line among its settings.
func policyFile(line string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("---\nname: House rules\ntype: site\n" + line + "---\n--- summary ---\nShort.\n--- content ---\nBe kind.\n")}
}

// What one policy of a folder cannot have keeps all of them from being stored, and the sentence names it.
func TestAFolderIsLoadedWholeOrNotAtAll(t *testing.T) {
	db := storetest.New(t)
	site := moodleSite(t, db, "c1")
	for name, c := range map[string]struct {
		line string
		want []string
	}{
		"contact":             {"contact: " + strings.Repeat("c", 256) + "\n", []string{"zzz/en.txt:4", "contact has 256 characters", "at most 255"}},
		"revision":            {"revision: " + strings.Repeat("ș", 1334) + "\n", []string{"zzz/en.txt:4", "revision has 1334 characters", "at most 1333"}},
		"change note":         {"change-note: " + strings.Repeat("n", 4001) + "\n", []string{"zzz/en.txt:4", "change-note has 4001 characters", "at most 4000"}},
		"order":               {"sort: 8388608\n", []string{"zzz/en.txt", "sort is 8388608", "8388607"}},
		"day":                 {"effective-from: 0999-12-31\n", []string{"zzz/en.txt", `effective-from cannot be "0999-12-31"`}},
		"enforced free":       {"kind: inform\nenforced-from: 2126-01-01\n", []string{"reading zzz", "only what is to be acknowledged or agreed to is enforced"}},
		"enforced early":      {"effective-from: 2126-01-02\nenforced-from: 2126-01-01\n", []string{"reading zzz", "enforced before it is in force"}},
		"platform":            {"platforms: nowhere\n", []string{"reading zzz", "nowhere"}},
		"items of a research": {"kind: consent\nform: research\n", []string{"reading zzz"}},
	} {
		var out strings.Builder
		err := Load(t.Context(), db, site.InstitutionID, fstest.MapFS{"aaa/en.txt": policyFile(""), "zzz/en.txt": policyFile(c.line)}, &out, io.Discard)
		if err == nil {
			t.Errorf("%s: loaded", name)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q is not in %v", name, want, err)
			}
		}
		nothingStored(t, db, site.InstitutionID, name, out.String())
	}
}

// The same with a name, which is the one line of the settings that all texts have.
func TestANameThatIsTooLongStopsTheFolder(t *testing.T) {
	db := storetest.New(t)
	site := moodleSite(t, db, "c1")
	long := policyFile("")
	long.Data = []byte(strings.Replace(string(long.Data), "House rules", strings.Repeat("я", 1334), 1))
	translation := &fstest.MapFile{Data: []byte("---\nname: " + strings.Repeat("я", 1334) + "\n---\n--- summary ---\n--- content ---\nc\n")}
	for where, dir := range map[string]fstest.MapFS{
		"zzz/en.txt:2": {"aaa/en.txt": policyFile(""), "zzz/en.txt": long},
		"zzz/sr.txt:2": {"aaa/en.txt": policyFile(""), "zzz/en.txt": policyFile(""), "zzz/sr.txt": translation},
	} {
		err := Load(t.Context(), db, site.InstitutionID, dir, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), where+": name has 1334 characters, and at most 1333 are kept") {
			t.Errorf("%s: %v", where, err)
		}
		nothingStored(t, db, site.InstitutionID, where, "")
	}
}

// As much as fits is stored.
func TestSettingsAtTheirLimitsAreLoaded(t *testing.T) {
	db := storetest.New(t)
	site := moodleSite(t, db, "c1")
	line := "contact: " + strings.Repeat("ș", 255) + "\nrevision: " + strings.Repeat("ș", 1333) + "\nchange-note: " + strings.Repeat("ș", 4000) + "\nsort: -8388608\n"
	if err := Load(t.Context(), db, site.InstitutionID, fstest.MapFS{"aaa/en.txt": policyFile(line)}, io.Discard, io.Discard); err != nil {
		t.Error(err)
	}
}

func TestTheHalfWrittenFolderStaysUnwritten(t *testing.T) {
	db := storetest.New(t)
	site := moodleSite(t, db, "c1")
	err := Load(t.Context(), db, site.InstitutionID, os.DirFS("testdata/cases/10-half-written"), io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "zzz/en.txt:4: contact has") {
		t.Error(err)
	}
	nothingStored(t, db, site.InstitutionID, "case 10", "")
}

func nothingStored(t *testing.T, db *store.DB, institution, what, out string) {
	t.Helper()
	ps, err := db.Policies(t.Context(), institution)
	if err != nil || len(ps) != 0 || out != "" {
		t.Errorf("%s: %d policies are stored, %q was said, %v", what, len(ps), out, err)
	}
}

// A dump that breaks off, and one with a version that cannot be taken over, leave neither policies nor people behind.
func TestAMoodleIsTakenOverOnlyFromAWholeDump(t *testing.T) {
	const whole = "INSERT INTO mdl_tool_policy VALUES (1,1,1),(2,2,2);\n" +
		"INSERT INTO mdl_tool_policy_versions VALUES (1,'N',0,0,0,2,3,4,1,0,0,'r','',1,'c',1),(2,'M',TYPE,0,0,2,3,4,2,0,0,'r','',1,'c',1);\n" +
		"INSERT INTO mdl_tool_policy_acceptances VALUES (1,1,5,1,'en',5,6,7,NULL),(2,1,6,1,'en',6,6,7,NULL)"
	for name, c := range map[string]struct{ sql, want string }{
		"an unknown type in the second policy": {strings.Replace(whole, "TYPE", "7", 1) + ";\n", "version 2"},
		"a dump that ends among the answers":   {strings.Replace(whole, "TYPE", "0", 1) + ",(3,1,7", "ends within a statement"},
	} {
		db := storetest.New(t)
		site := moodleSite(t, db, "c1")
		src := toolpolicy.Dump{Prefix: "mdl_", SQL: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(c.sql)), nil }}
		said, err := importing(t, db, site, src, false)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		nothingStored(t, db, site.InstitutionID, name, said)
		known, err := db.ImportMoodleUsers(t.Context(), site.ID, []store.User{{Sub: "5"}, {Sub: "2"}}, true)
		if err != nil || len(known) != 0 {
			t.Errorf("%s: people %v are stored, %v", name, known, err)
		}
	}
}
