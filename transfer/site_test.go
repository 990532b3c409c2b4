package transfer

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ltipolicy/lti"
	"ltipolicy/store"
	"ltipolicy/transfer/toolpolicy"
)

const recordedTables = "../testdata/moodle-4.5/tool_policy"

// recorded are the tables of a real Moodle.
var recorded = toolpolicy.Files(filepath.Join(recordedTables, "tool_policy.sql"), filepath.Join(recordedTables, "users.tsv"), "mdl_")

// moodleSite registers a Moodle of the institution CVUPT.
func moodleSite(t *testing.T, db *store.DB, name string) lti.Platform {
	t.Helper()
	const m = "https://moodle.example"
	p := lti.Platform{
		Name: name, Issuer: m, ClientID: name, AuthURL: m + "/a", TokenURL: m + "/t", JWKSURL: m + "/j",
		Deployments: []string{"1"}, Status: lti.Active,
	}
	var err, failed error
	p.InstitutionID, err = db.EnsureInstitution(t.Context(), "CVUPT")
	failed = errors.Join(failed, err)
	p.ID, err = db.NewID()
	if err := errors.Join(failed, err, db.AddPlatform(t.Context(), p)); err != nil {
		t.Fatal(err)
	}
	return p
}

// importing takes a Moodle's tables over, and returns what is said of it.
func importing(t *testing.T, db *store.DB, site lti.Platform, src toolpolicy.Source, dry bool) (said string, err error) {
	t.Helper()
	var out bytes.Buffer
	err = Import(t.Context(), Takeover{Store: db, Platform: site, DryRun: dry, Out: &out}, src)
	return out.String(), err
}

func imported(t *testing.T, db *store.DB, site lti.Platform, src toolpolicy.Source, dry bool) (said string) {
	t.Helper()
	said, err := importing(t, db, site, src, dry)
	if err != nil {
		t.Fatal(err)
	}
	return said
}

// exported is the SQL for a Moodle's tables.
func exported(t *testing.T, db *store.DB, site lti.Platform, prefix string) string {
	t.Helper()
	var sql bytes.Buffer
	if err := Export(t.Context(), db, site, prefix, &sql, t.Output()); err != nil {
		t.Fatal(err)
	}
	return sql.String()
}

func loaded(t *testing.T, db *store.DB, institution, dir string) (said string) {
	t.Helper()
	var out bytes.Buffer
	if err := Load(t.Context(), db, institution, os.DirFS(dir), &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func saved(t *testing.T, db *store.DB, institution, dir string) (said string) {
	t.Helper()
	var out bytes.Buffer
	if err := Save(t.Context(), db, institution, dir, &out, t.Output()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// inText is a dump whose text is here.
func inText(sql string) toolpolicy.Dump {
	return toolpolicy.Dump{SQL: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(sql)), nil }, Prefix: "mdl_"}
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

// tree are the files below a folder.
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
