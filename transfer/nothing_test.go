package transfer

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"ltipolicy/policy"
	"ltipolicy/store/storetest"
	"ltipolicy/transfer/toolpolicy"
)

// Who loads a folder in which there is no policy learns so, what lies there instead, and what to do.
func TestLoadingNothingIsAnError(t *testing.T) {
	db := storetest.New(t)
	file := &fstest.MapFile{Data: []byte("---\n")}
	for name, c := range map[string]struct {
		dir  fstest.MapFS
		want []string
	}{
		"an empty folder":                {fstest.MapFS{}, []string{"the folder is empty"}},
		"the policy's own folder":        {fstest.MapFS{"en.txt": file, "README.md": {Data: []byte("# x")}}, []string{"itself a policy's folder, with en.txt: load the folder above it"}},
		"the policy's own folder, older": {fstest.MapFS{"EN.HTM": {Data: []byte("\ufeff---\r\n")}}, []string{"itself a policy's folder, with EN.HTM"}},
		"other programs' documents":      {fstest.MapFS{"rules/en.docx": file, "rules/Rules 2026.pdf": file}, []string{"\nrules/en.docx: passed over, no text names the document: write document: en.docx into the settings of en.md", "\nrules/Rules 2026.pdf: passed over, a PDF"}},
		"a saved page":                   {fstest.MapFS{"rules/house-rules.htm": file}, []string{"rules/house-rules.htm: passed over, its name is not a language, such as en.htm"}},
		"images alone":                   {fstest.MapFS{"rules/map.png": file, "rules/map.svg": file}, []string{"rules/map.png: passed over, no text is here", "rules/map.svg: passed over, images are kept as"}},
		"an empty policy":                {fstest.MapFS{"rules/.keep": file}, []string{"rules/: passed over, the folder is empty"}},
		"the folder two above":           {fstest.MapFS{"policies/rules/en.txt": file}, []string{"policies/rules/: passed over, a folder within a folder: if it is a policy's, load policies"}},
		"files without an ending":        {fstest.MapFS{"README": file}, []string{"README: passed over, it lies beside"}},
	} {
		err := Load(t.Context(), db, "c1", c.dir, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), "no policy found") {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q is not in %v", name, want, err)
			}
		}
	}
	err := Load(t.Context(), db, "c1", os.DirFS("testdata/cases/09-silent-load"), io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "load the folder above it") {
		t.Errorf("case 09: %v", err)
	}
}

// A folder of any kind is not listed to its end.
func TestOfAFolderWithoutPoliciesOnlySomeIsNamed(t *testing.T) {
	dir := fstest.MapFS{}
	for i := range 100 {
		dir[string(rune('a'+i%26))+strings.Repeat("x", i)] = &fstest.MapFile{}
	}
	err := Load(t.Context(), storetest.New(t), "c1", dir, io.Discard, io.Discard)
	if err == nil || strings.Count(err.Error(), "\n") != passedShown+1 || !strings.HasSuffix(err.Error(), "and 80 more") {
		t.Error(err)
	}
}

// What is not loaded beside policies that are is named; what belongs to them is not.
func TestFilesBesideLoadedPoliciesAreNamed(t *testing.T) {
	db := storetest.New(t)
	site := moodleSite(t, db, "c1")
	var drawn bytes.Buffer
	if err := png.Encode(&drawn, image.NewGray(image.Rect(0, 0, 12, 8))); err != nil {
		t.Fatal(err)
	}
	text := policyFile("")
	text.Data = append(text.Data, []byte("\n![A map](my%20map.png)\n")...)
	translation := &fstest.MapFile{Data: []byte("---\nname: Reguli\n---\n--- summary ---\n--- content ---\n<p>c</p>\n")}
	dir := fstest.MapFS{
		"README.md": {}, "en.txt": policyFile(""), ".git/x": {}, "notes/todo.txt~": {},
		"rules/en.markdown": text, "rules/RO.HTM": translation, "rules/lt.docx": {}, "rules/my map.png": {Data: drawn.Bytes()}, "rules/old.png": {Data: drawn.Bytes()},
		"rules/drafts/en.txt": {}, "rules/.DS_Store": {},
	}
	var out, odd strings.Builder
	if err := Load(t.Context(), db, site.InstitutionID, dir, &out, &odd); err != nil || !strings.Contains(out.String(), "rules: stored, version ") {
		t.Fatalf("%v, %s", err, out.String())
	}
	var passed []string
	for line := range strings.Lines(odd.String()) {
		if name, _, ok := strings.Cut(line, ": passed over, "); ok {
			passed = append(passed, name)
		}
	}
	if got := strings.Join(passed, " "); got != "README.md en.txt notes/todo.txt~ rules/drafts/ rules/lt.docx rules/old.png" {
		t.Errorf("named: %s", got)
	}
	ps, err := db.Policies(t.Context(), site.InstitutionID)
	if err != nil || len(ps) != 1 {
		t.Fatalf("%d policies, %v", len(ps), err)
	}
	v, err := db.Version(t.Context(), site.InstitutionID, ps[0].CurrentVersionID)
	if err != nil || len(v.Texts) != 2 || v.Texts[0].Lang != "en" || v.Texts[1].Lang != "ro" || len(policy.ImagesIn(v.Texts...)) != 1 {
		t.Errorf("%+v, %v", v.Texts, err)
	}
}

// noPolicies is a Moodle whose tables are empty.
type noPolicies struct{ toolpolicy.Source }

func (noPolicies) Policies(context.Context) ([]toolpolicy.Policy, []toolpolicy.Version, error) {
	return nil, nil, nil
}

// The other commands, too, say that they had nothing to do.
func TestDoingNothingIsAnErrorOfEveryCommand(t *testing.T) {
	db := storetest.New(t)
	site := moodleSite(t, db, "c1")
	dir := filepath.Join(t.TempDir(), "saved")
	var out strings.Builder
	for name, c := range map[string]struct {
		do   func() error
		want string
	}{
		"save":   {func() error { return Save(t.Context(), db, site.InstitutionID, dir, &out, io.Discard) }, "nothing to save"},
		"export": {func() error { return Export(t.Context(), db, site, "mdl_", &out, io.Discard) }, "nothing to export"},
		"import": {func() error { _, err := importing(t, db, site, noPolicies{}, false); return err }, "nothing to take over"},
	} {
		if err := c.do(); err == nil || !strings.Contains(err.Error(), c.want) || out.Len() > 0 {
			t.Errorf("%s: %v, printed %q", name, err, out.String())
		}
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("saving nothing made the folder")
	}
}

// A folder that cannot be written leaves none of the others behind.
func TestFoldersAreSavedAllOrNone(t *testing.T) {
	dir := t.TempDir()
	files := map[string][]byte{"en.html": []byte("x")}
	err := writeFolders(dir, []folder{{"a", files}, {"b", map[string][]byte{"no/such/folder.html": nil}}})
	left, readErr := os.ReadDir(dir)
	if err == nil || readErr != nil || len(left) != 0 {
		t.Errorf("%v; %v are left, %v", err, left, readErr)
	}
}
