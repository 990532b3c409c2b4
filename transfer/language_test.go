package transfer

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
	"ltipolicy/transfer/toolpolicy"
)

func dumped(name string) toolpolicy.Dump {
	return toolpolicy.Files(filepath.Join("testdata", name), "", "mdl_")
}

// What stands under "other" is what Moodle showed to everybody else: it is kept, comes first, and is what their
// answers name.
func TestTextForOtherLanguagesIsKept(t *testing.T) {
	db := storetest.New(t)
	site := moodleSite(t, db, "c1")
	said := imported(t, db, site, dumped("mlang-other.sql"), false)
	v := imports(t, db, site)[0]
	var texts []string
	for _, text := range v.Texts {
		texts = append(texts, text.Lang+" "+text.Name+" "+string(text.Content))
	}
	if want := []string{"en Terms of use <p>You keep your password secret.</p>", "es Condiciones <p>La clave es secreta.</p>"}; !slices.Equal(texts, want) {
		t.Errorf("texts %q", texts)
	}
	ids, err := db.ImportMoodleUsers(t.Context(), site.ID, []store.User{{Sub: "6"}}, true)
	if err != nil {
		t.Fatal(err)
	}
	es, err := db.Events(t.Context(), ids["6"])
	if err != nil || len(es) != 1 || es[0].Lang != "en" || es[0].PolicyName != "Terms of use" || es[0].UILang != "ro" {
		t.Errorf("the Romanian's answer hangs on %+v, %v", es, err)
	}
	if !strings.Contains(said, "guessed from its words; -lang 1=") || !strings.Contains(said, "is the primary text, en") {
		t.Errorf("said\n%s", said)
	}
}

// What the author says of a policy wins, then what is said of all, then the words. Where none of them tells, the
// policy waits, and the others do not.
func TestLanguageIsTheAuthors(t *testing.T) {
	for name, tt := range map[string]struct {
		lang    string
		langs   map[int64]string
		want    string
		short   bool // policy 2 has a few words only
		refused []string
	}{
		"said of all":          {lang: "pl", want: "pl pl pl pl pl"},
		"said of single ones":  {lang: "pl", langs: map[int64]string{2: "hr", 3: "it"}, want: "pl hr it pl pl"},
		"guessed":              {langs: map[int64]string{2: "hr"}, want: "pl hr it nl hu"},
		"guessed, not for all": {short: true, want: "pl it nl hu", refused: []string{`policy 2 "Uvjeti": refused, Moodle does not tell the language of version 2`, "-lang 2=CODE"}},
	} {
		t.Run(name, func(t *testing.T) {
			db := storetest.New(t)
			site := moodleSite(t, db, "c1")
			sql, err := os.ReadFile(filepath.Join("testdata", "languages.sql"))
			if err != nil {
				t.Fatal(err)
			}
			if tt.short {
				sql = regexp.MustCompile(`<p>Korisnik[^<]*`).ReplaceAll(sql, []byte("<p>Čuvajte lozinku."))
			}
			var out bytes.Buffer
			err = Import(t.Context(), Takeover{Store: db, Platform: site, Langs: Langs{tt.lang, tt.langs}, Out: &out}, inText(string(sql)))
			if (err != nil) != (tt.refused != nil) {
				t.Errorf("ends with %v", err)
			}
			var got []string
			for _, v := range imports(t, db, site) {
				got = append(got, v.Primary().Lang)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("languages %v, want %s\n%s", got, tt.want, out.String())
			}
			for _, want := range tt.refused {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in\n%s", want, out.String())
				}
			}
		})
	}
}

// What was taken over stays, whatever a later import is told.
func TestLanguageIsAskedOnce(t *testing.T) {
	db := storetest.New(t)
	site := moodleSite(t, db, "c1")
	for _, langs := range []map[int64]string{{2: "hr"}, nil} {
		err := Import(t.Context(), Takeover{Store: db, Platform: site, Langs: Langs{Policies: langs}, Out: t.Output()}, dumped("languages.sql"))
		if err != nil {
			t.Error(err)
		}
	}
}

func TestLanguageOfNoPolicyIsRefused(t *testing.T) {
	db := storetest.New(t)
	err := Import(t.Context(), Takeover{Store: db, Platform: moodleSite(t, db, "c1"), Langs: Langs{Policies: map[int64]string{9: "pl"}}, Out: t.Output()}, dumped("languages.sql"))
	if err == nil || !strings.Contains(err.Error(), "-lang 9=pl: there is no policy 9 in Moodle") {
		t.Errorf("ends with %v", err)
	}
}

func imports(t *testing.T, db *store.DB, site lti.Platform) []policy.Version {
	t.Helper()
	vs, err := db.ActiveVersions(t.Context(), site.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	return vs
}

// -lang is a language of all texts, or of single policies, as a list or given several times.
func TestLangsAreRead(t *testing.T) {
	for name, tt := range map[string]struct {
		given    []string
		site     string
		policies map[int64]string
		fails    string
	}{
		"of all":          {given: []string{"sr_cr"}, site: "sr-Cyrl"},
		"a list":          {given: []string{"pl, 3=hr,5=pt_br"}, site: "pl", policies: map[int64]string{3: "hr", 5: "pt-BR"}},
		"several times":   {given: []string{"3=hr", "pl", "3=hr"}, site: "pl", policies: map[int64]string{3: "hr"}},
		"no language":     {given: []string{"3=??"}, fails: `"??" is no language`},
		"no number":       {given: []string{"x=pl"}, fails: `"x" is no number of a policy`},
		"two for all":     {given: []string{"pl,hr"}, fails: "both pl and hr for all texts; for one policy write its number, such as 3=hr"},
		"two for one":     {given: []string{"3=pl", "3=hr"}, fails: "both pl and hr for policy 3"},
		"nothing in list": {given: []string{"pl,"}, fails: `"" is no language`},
	} {
		var l Langs
		var err error
		for _, given := range tt.given {
			if err == nil {
				err = l.Set(given)
			}
		}
		if tt.fails != "" {
			if err == nil || !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if d := cmp.Diff(tt.policies, l.Policies); err != nil || l.All != tt.site || d != "" {
			t.Errorf("%s: %q, %v\n%s", name, l.All, err, d)
		}
	}
}
