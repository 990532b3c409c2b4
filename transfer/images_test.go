package transfer

import (
	"bytes"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
	"ltipolicy/transfer/toolpolicy"
)

// write writes files below a folder.
func write(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	for name, b := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// mapFolder is a policy with images in two languages, one of them from a telephone.
func mapFolder(t *testing.T) map[string][]byte {
	t.Helper()
	var drawn, photographed, moving bytes.Buffer
	for _, err := range []error{
		png.Encode(&drawn, image.NewGray(image.Rect(0, 0, 12, 8))), jpeg.Encode(&photographed, image.NewGray(image.Rect(0, 0, 20, 10)), nil),
		gif.Encode(&moving, image.NewGray(image.Rect(0, 0, 5, 5)), nil),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	photo := bytes.Join([][]byte{photographed.Bytes()[:2], []byte("\xff\xfe\x00\x07where"), photographed.Bytes()[2:]}, nil)
	return map[string][]byte{
		"map/ro.md":           []byte("---\nname: Harta\ntype: site\n---\n--- summary ---\nPe scurt.\n--- content ---\n# Unde\n\n![Harta \"mare\"](harta%20mare.png)\n\nAici. ![](punct.gif)\n"),
		"map/en.html":         []byte("---\nname: Map\n---\n--- summary ---\n<p><img src=\"photo.jpg\" alt=\"The door\" width=\"10\"></p>\n--- content ---\n<p>Here: <img alt=\"\" src=\"harta mare.png\"></p>\n"),
		"map/harta mare.png":  drawn.Bytes(),
		"map/photo.jpg":       photo,
		"map/punct.gif":       moving.Bytes(),
		"map/not shown.png":   []byte("no image"),
		"map/.hidden/img.png": []byte("no image"),
	}
}

func TestPolicyImagesTravelAsFiles(t *testing.T) {
	db, dir, kept := storetest.New(t), t.TempDir(), t.TempDir()
	institution := moodleSite(t, db, "c1").InstitutionID
	write(t, dir, mapFolder(t))
	loaded(t, db, institution, dir)
	if out := loaded(t, db, institution, dir); !strings.Contains(out, "map: unchanged") {
		t.Errorf("loaded again: %s", out)
	}
	saved(t, db, institution, kept)
	files := tree(t, kept)
	if len(files) != 5 {
		t.Errorf("%d files saved: two texts and three images", len(files))
	}
	for name, b := range files {
		if strings.Contains(b, "where") || strings.Contains(b, "/images/") || strings.HasSuffix(name, ".html") && !regexp.MustCompile(`<img src="image-[0-9a-f]{16}\.(png|jpg|gif)" alt="`).MatchString(b) {
			t.Errorf("%s: %q", name, b)
		}
	}
	if out := loaded(t, db, institution, kept); !strings.Contains(out, "map: unchanged") {
		t.Errorf("what was saved: %s", out)
	}
	// In another database it is the same text, digest and all.
	other, again := storetest.New(t), t.TempDir()
	there := moodleSite(t, other, "c1").InstitutionID
	loaded(t, other, there, kept)
	saved(t, other, there, again)
	if d := cmp.Diff(files, tree(t, again)); d != "" {
		t.Error(d)
	}
	digest := func(db *store.DB, institution string) string {
		ps, err := db.Policies(t.Context(), institution)
		if err != nil || len(ps) != 1 {
			t.Fatal(len(ps), err)
		}
		v, err := db.Version(t.Context(), institution, ps[0].CurrentVersionID)
		if err != nil || len(policy.ImagesIn(v.Texts...)) != 3 {
			t.Fatalf("%v, %v", policy.ImagesIn(v.Texts...), err)
		}
		return v.Texts[0].Digest() + v.Texts[1].Digest()
	}
	if digest(db, institution) != digest(other, there) {
		t.Error("the digests differ")
	}
}

func TestPolicyImagesComeFromTheirFolderOnly(t *testing.T) {
	drawn := mapFolder(t)["map/harta mare.png"]
	for name, src := range map[string]string{
		"the folder above": "../secret.png", "an absolute path": "/secret.png", "a folder below": "sub/secret.png", "a link": "link.png",
		"a link's folder": "away/secret.png", "a path that is hidden": "%2e%2e/secret.png", "nothing there": "gone.png", "a text": "en.html", "too large": "large.png", "no image": "false.png",
	} {
		db, dir := storetest.New(t), t.TempDir()
		institution := moodleSite(t, db, "c1").InstitutionID
		write(t, dir, map[string][]byte{
			"secret.png": drawn, "a/sub/secret.png": drawn, "a/large.png": append(drawn[:len(drawn):len(drawn)], make([]byte, 2<<20)...), "a/false.png": []byte("<svg/>"),
			"a/en.html": []byte("---\nname: A\ntype: site\n---\n--- summary ---\n--- content ---\n<p>Text <img alt=\"x\" src=\"" + src + "\"></p>\n"),
		})
		for link, to := range map[string]string{"link.png": "../secret.png", "away": ".."} {
			if err := os.Symlink(to, filepath.Join(dir, "a", link)); err != nil {
				t.Fatal(err)
			}
		}
		var out bytes.Buffer
		err := Load(t.Context(), db, institution, os.DirFS(dir), &out, t.Output())
		if out.Len() > 0 || err == nil || !strings.Contains(err.Error(), "a/en.html") || !strings.Contains(err.Error(), src) {
			t.Errorf("%s: printed %q, ended with %v", name, &out, err)
		}
	}
}

// What leaves for Moodle holds its images, and is read back as the same text with the same images.
func TestMoodleExportHoldsItsImages(t *testing.T) {
	db, dir := storetest.New(t), t.TempDir()
	site := moodleSite(t, db, "c1")
	institution := site.InstitutionID
	write(t, dir, mapFolder(t))
	loaded(t, db, institution, dir)
	sql := exported(t, db, site, "mdl_")
	if n := strings.Count(sql, `src="data:image/`); n != 4 || strings.Contains(sql, "/images/sha256/") {
		t.Errorf("%d images in the texts", n)
	}
	back := storetest.New(t)
	there := moodleSite(t, back, "c1")
	for _, want := range []string{"dry run", "1 of 1 versions added"} {
		if out := imported(t, back, there, inText(sql), want == "dry run"); !strings.Contains(out, want) || !strings.Contains(out, "3 images of its texts come along") {
			t.Errorf("said %s", out)
		}
	}
	c, err := toolpolicy.Convert(t.Context(), rowsOf(t, inText(sql)).Versions[0], toolpolicy.Said{Site: "xx"})
	if err != nil || len(c.Findings) != 0 || len(c.Version.Images) == 0 {
		t.Errorf("%v %v", c.Findings, err)
	}
	var texts [2][]policy.Text
	for i, db := range []*store.DB{db, back} {
		v, err := db.Version(t.Context(), []string{institution, there.InstitutionID}[i], 1)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = v.Texts
		if _, err := db.VerifyEvidence(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if d := cmp.Diff(texts[0], texts[1]); d != "" {
		t.Errorf("(-here, +there and back)\n%s", d)
	}
}
