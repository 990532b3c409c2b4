package transfer

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/fstest"

	"ltipolicy/store/storetest"
	"ltipolicy/transfer/toolpolicy"
)

// lossy is a policy whose text has a link that leads nowhere outside of its site, and words in a field.
var lossy = &fstest.MapFile{Data: []byte("---\nname: House rules\ntype: site\n---\n--- summary ---\n--- content ---\n<p>Be <s>un</s>kind.</p>\n<a href=\"/mod/page\">More</a><textarea>of our promises</textarea>\n")}

func TestNothingWithALossIsPublishedUnlessItIsMeant(t *testing.T) {
	db := storetest.New(t)
	site := moodleSite(t, db, "c1")
	dir := fstest.MapFS{"aaa/en.txt": policyFile(""), "zzz/en.html": lossy}
	for _, meant := range []Meant{nil, {"aaa"}} {
		var said strings.Builder
		_, err := Prepare(t.Context(), db, site.InstitutionID, dir, meant, &said)
		if err == nil || !strings.Contains(err.Error(), "nothing is stored") || !strings.HasSuffix(err.Error(), "-with-losses zzz") {
			t.Errorf("meant %v: %v", meant, err)
		}
		for _, want := range []string{"zzz/en.html:0: loss: link_removed /mod/page\n", "zzz/en.html:0: loss: words_lost of our promises\n"} {
			if !strings.Contains(said.String(), want) {
				t.Errorf("meant %v: %q is not in\n%s", meant, want, said.String())
			}
		}
	}
	nothingStored(t, db, site.InstitutionID, "with a loss", "")
	f, err := Prepare(t.Context(), db, site.InstitutionID, dir, Meant{"zzz"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := f.Store(t.Context(), db, site.InstitutionID, &out); err != nil || !strings.Contains(out.String(), "zzz: stored") {
		t.Errorf("%q, %v", out.String(), err)
	}
}

func TestLossesOfNoPolicyAreNotMeant(t *testing.T) {
	db := storetest.New(t)
	site := moodleSite(t, db, "c1")
	_, err := Prepare(t.Context(), db, site.InstitutionID, fstest.MapFS{"zzz/en.html": lossy}, Meant{"zzy"}, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "-with-losses zzy: there is no policy zzy in the folder") {
		t.Error(err)
	}
	err = Import(t.Context(), Takeover{Store: db, Platform: site, Meant: Meant{"7"}, Out: io.Discard}, toolpolicy.Files("testdata/losses.sql", "", "mdl_"))
	if err == nil || !strings.Contains(err.Error(), "-with-losses 7: there is no policy 7 in Moodle") {
		t.Error(err)
	}
	var m Meant
	if err := m.Set("a, b"); err != nil || len(m) != 2 || m[1] != "b" {
		t.Errorf("%v, %v", m, err)
	}
	if err := m.Set("a,"); err == nil {
		t.Error("a name is missing")
	}
}

// A policy of Moodle's waits with all that was answered to it; the others do not wait for it.
func TestAPolicyOfMoodleWithALossWaits(t *testing.T) {
	db := storetest.New(t)
	site := moodleSite(t, db, "c1")
	src := toolpolicy.Files("testdata/losses.sql", "", "mdl_")
	for _, c := range []struct {
		meant Meant
		fails string
		said  []string
	}{
		{nil, "1 of 2 policies were refused", []string{
			`policy 1 "Rules": refused, version 1 would lose at 3 places what its text says, see below: mend it in Moodle, or say that it is meant with -with-losses 1`,
			"version 1, en content: loss: link_removed /course/view.php?id=3 (1)", "version 1, en content: loss: words_lost promise of the dean (1)",
			`policy 2 "Cookies": 1 of 1 versions added`,
		}},
		{Meant{"1"}, "", []string{`policy 1 "Rules": 1 of 1 versions added`, `policy 2 "Cookies": 0 of 1 versions added`}},
		{nil, "", []string{`policy 1 "Rules": 0 of 1 versions added`}},
	} {
		var out bytes.Buffer
		err := Import(t.Context(), Takeover{Store: db, Platform: site, Langs: Langs{All: "en"}, Meant: c.meant, Out: &out}, src)
		if (err == nil) != (c.fails == "") || err != nil && !strings.Contains(err.Error(), c.fails) {
			t.Errorf("meant %v: %v", c.meant, err)
		}
		for _, want := range c.said {
			if !strings.Contains(out.String(), want) {
				t.Errorf("meant %v: %q is not in\n%s", c.meant, want, out.String())
			}
		}
	}
}
