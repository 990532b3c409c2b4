package toolpolicy_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/policy"
	"ltipolicy/policy/source"
	"ltipolicy/transfer/toolpolicy"
)

func file(name string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		return os.Open(filepath.Join("..", "..", "testdata", "moodle-4.5", "tool_policy", name))
	}
}

func recorded() toolpolicy.Dump {
	return toolpolicy.Dump{SQL: file("tool_policy.sql"), Users: file("users.tsv"), Prefix: "mdl_"}
}

func text(sql string) toolpolicy.Dump {
	return toolpolicy.Dump{SQL: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(sql)), nil }, Prefix: "mdl_"}
}

func TestRecordedDumpIsRead(t *testing.T) {
	ps, vs, err := recorded().Policies(t.Context())
	if err != nil || len(ps) != 7 || len(vs) != 9 {
		t.Fatalf("%d policies, %d versions, %v", len(ps), len(vs), err)
	}
	if ps[0] != (toolpolicy.Policy{ID: 1, SortOrder: 10, Current: 8}) {
		t.Errorf("first policy: %+v", ps[0])
	}
	statuses := map[int]int{}
	notes := 0
	err = recorded().Acceptances(t.Context(), func(a toolpolicy.Acceptance) error {
		statuses[*a.Status]++
		if a.Note != nil {
			notes++
		}
		return nil
	})
	if err != nil || statuses[0] != 50 || statuses[1] != 557 || notes != 110 {
		t.Errorf("statuses %v, %d notes, %v", statuses, notes, err)
	}
	people := 0
	if err := recorded().People(t.Context(), func(p toolpolicy.Person) error {
		people++
		if p.ID == 3 && (p.Name() != "Ștefan Țăran" || p.Lang != "ro") || p.Guest != (p.ID == 1) {
			t.Errorf("person %+v", p)
		}
		return nil
	}); err != nil || people != 128 {
		t.Errorf("%d people, %v", people, err)
	}
}

func TestDumpFormsAreRead(t *testing.T) {
	const create = "CREATE TABLE `mdl_tool_policy` (\n `currentversionid` bigint(10) DEFAULT NULL,\n `sortorder` mediumint(5) NOT NULL DEFAULT 999,\n `id` bigint(10),\n PRIMARY KEY (`id`),\n KEY `x` (`currentversionid`)\n);\n"
	const versions = "INSERT INTO mdl_tool_policy_versions VALUES (1,'N',0,0,0,2,3,4,1,0,1,'r','',1,'%s',1);"
	for name, tt := range map[string]struct {
		sql     string
		content string
		sort    int
	}{
		"columns by CREATE TABLE":   {create + "INSERT INTO `mdl_tool_policy` VALUES (NULL,12,1);" + strings.Replace(versions, "%s", "c", 1), "c", 12},
		"columns as Moodle's":       {"INSERT INTO `mdl_tool_policy` VALUES (1,12,NULL);" + strings.Replace(versions, "%s", "c", 1), "c", 12},
		"several rows":              {"INSERT INTO `mdl_tool_policy` VALUES (1,12,NULL),(2,14,NULL);" + strings.Replace(versions, "%s", "c", 1), "c", 12},
		"database before the table": {"INSERT IGNORE INTO `m`.`mdl_tool_policy` VALUES (1,12,NULL);" + strings.Replace(versions, "%s", "c", 1), "c", 12},
		"escapes":                   {"REPLACE INTO mdl_tool_policy VALUES (1,12,NULL);" + strings.Replace(versions, "%s", `a\'b''c\\d\n\r\t\0\Z\"\%;--`, 1), "a'b'c\\d\n\r\t\x00\x1a\"%;--", 12},
		"comments and other tables": {"-- a 'comment;\n/*!40101 SET x='; */;\nINSERT INTO `mdl_user` VALUES (1,'INSERT INTO mdl_tool_policy');# x\nLOCK TABLES x WRITE;\nINSERT INTO mdl_tool_policy VALUES (1,12,NULL);" + strings.Replace(versions, "%s", "c", 1), "c", 12},
		"introducer":                {"INSERT INTO mdl_tool_policy VALUES (1,12,NULL);" + strings.Replace(versions, "'%s'", "_binary 'c'", 1), "c", 12},
		"hexadecimal":               {"INSERT INTO mdl_tool_policy VALUES (1,12,NULL);" + strings.Replace(versions, "'%s'", "0xC8994e", 1), "șN", 12},
	} {
		ps, vs, err := text(tt.sql).Policies(t.Context())
		if err != nil || len(vs) != 1 {
			t.Errorf("%s: %d versions, %v", name, len(vs), err)
			continue
		}
		if ps[0].SortOrder != tt.sort || ps[0].ID != 1 || vs[0].Content != tt.content || !vs[0].Optional {
			t.Errorf("%s: %+v %+v", name, ps, vs)
		}
	}
}

func TestBrokenDumpsAreRefused(t *testing.T) {
	for _, sql := range []string{
		"", "INSERT INTO mdl_tool_policy VALUES (1,2", "INSERT INTO mdl_tool_policy VALUES (1);", "INSERT INTO mdl_tool_policy VALUES ('x',1,2);",
		"INSERT INTO mdl_tool_policy SELECT 1;", "INSERT INTO mdl_tool_policy VALUES (1,2,'3", "/* no end", "INSERT ;",
		"INSERT INTO mdl_tool_policy (id", "CREATE TABLE x (", "INSERT INTO mdl_tool_policy VALUES (1,2,3) (4,5,6);",
	} {
		if _, _, err := text(sql).Policies(t.Context()); err == nil {
			t.Errorf("%q was read", sql)
		}
	}
}

// What the writer writes, the reader reads.
func TestSQLTravelsBothWays(t *testing.T) {
	note, zero := "it's \\ a\nnote\x00\x1a", 0
	vs := []toolpolicy.Version{{ID: 7, Name: "N'", Type: 99, Audience: 2, Archived: true, UserModified: 2, TimeCreated: 3, TimeModified: 4, PolicyID: 1,
		Style: 1, Optional: true, Revision: `v\1`, Summary: "<p>\r\n</p>", SummaryFormat: 1, Content: "ș;--", ContentFormat: 4}}
	as := []toolpolicy.Acceptance{
		{ID: 1, VersionID: 7, UserID: 3, Status: &zero, Lang: "sr_cr", UserModified: 2, TimeCreated: 5, TimeModified: 6, Note: &note},
		{ID: 2, VersionID: 7, UserID: 4, Lang: "en", TimeCreated: 5, TimeModified: 6},
	}
	var b bytes.Buffer
	w := toolpolicy.NewWriter(&b, "mdl_")
	w.Policy(toolpolicy.Policy{ID: 1, SortOrder: 10, Current: 7})
	w.Policy(toolpolicy.Policy{ID: 2, SortOrder: 12})
	w.Version(vs[0])
	for _, a := range as {
		w.Acceptance(a)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	ps, got, err := text(b.String()).Policies(t.Context())
	if d := cmp.Diff(vs, got); err != nil || d != "" || len(ps) != 2 || ps[1].Current != 0 {
		t.Errorf("%v %v\n%s\n%s", err, ps, d, b.String())
	}
	var back []toolpolicy.Acceptance
	err = text(b.String()).Acceptances(t.Context(), func(a toolpolicy.Acceptance) error {
		back = append(back, a)
		return nil
	})
	if d := cmp.Diff(as, back); err != nil || d != "" {
		t.Errorf("%v\n%s", err, d)
	}
}

func TestMoodleLanguageCodes(t *testing.T) {
	for code, want := range map[string]string{
		"en": "en", "sr_cr": "sr-Cyrl", "sr_lt": "sr-Latn", "pt_br": "pt-BR", "lt_uni": "lt", "de_kids_x9": "de", "": "", "??": "",
	} {
		if got := toolpolicy.Tag(code); got != want {
			t.Errorf("Tag(%q) = %q, want %q", code, got, want)
		}
	}
	for _, code := range []string{"en", "sr_cr", "pt_br", "ro"} {
		if got := toolpolicy.Code(toolpolicy.Tag(code)); got != code {
			t.Errorf("Code(Tag(%q)) = %q", code, got)
		}
	}
}

func TestLanguagesSideBySide(t *testing.T) {
	spans := `A <span lang="ro" class="multilang">da</span> <span class="multilang" lang="sr_cr">не</span> Z`
	tags := `{mlang ro,en}da{mlang}{mlang other}autre{mlang}`
	for _, tt := range []struct{ text, lang, want string }{
		{spans, "ro", "A da Z"}, {spans, "sr-Cyrl", "A не Z"}, {spans, "de", "A da Z"},
		{tags, "ro", "da"}, {tags, "en", "da"}, {tags, "de", "autre"},
		{`<span lang="ro" class="multilang">one alone</span>`, "ro", `<span lang="ro" class="multilang">one alone</span>`},
	} {
		if got := toolpolicy.In(tt.text, tt.lang); got != tt.want {
			t.Errorf("%s in %s: %q, want %q", tt.text, tt.lang, got, tt.want)
		}
	}
	if got := toolpolicy.Languages(spans, tags); !slices.Equal(got, []string{"ro", "sr-Cyrl", "en"}) {
		t.Errorf("languages %v", got)
	}
	back := toolpolicy.Spans([]string{"ro", "sr-Cyrl"}, []string{"<p>da</p>", "<p><span>не</span></p>"})
	if toolpolicy.In(back, "ro") != "<p>da</p>" || toolpolicy.In(back, "sr-Cyrl") != "<p>не</p>" {
		t.Errorf("spans: %s", back)
	}
}

func TestConvertedVersions(t *testing.T) {
	v := toolpolicy.Version{
		ID: 4, Name: "{mlang ro}Cookie-uri{mlang}{mlang en}Cookies{mlang}", Type: 1, Revision: "", SummaryFormat: 2, ContentFormat: 1,
		Summary: "a < b\nc", Content: `<h1>T</h1><p onclick="x()">{mlang ro}da{mlang}{mlang en}yes{mlang} <img src="@@PLUGINFILE@@/a%20b.png"><a href="@@PLUGINFILE@@/f.pdf">f</a></p><script>x</script>`,
	}
	c, err := toolpolicy.Convert(t.Context(), v, toolpolicy.Said{Site: "en"})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Version.Texts) != 2 || c.Version.Texts[0].Lang != "ro" || c.Version.Texts[0].Name != "Cookie-uri" || c.Version.Texts[1].Name != "Cookies" {
		t.Errorf("texts %+v", c.Version.Texts)
	}
	if c.Version.Kind != policy.Acknowledge || c.Told != toolpolicy.ToldByText || !slices.Equal(c.Files, []string{"a b.png", "f.pdf"}) {
		t.Errorf("%+v", c)
	}
	if s := string(c.Version.Texts[0].Summary); s != "<p>a &lt; b<br/>c</p>" {
		t.Errorf("summary %q", s)
	}
	if s := string(c.Version.Texts[1].Content); strings.Contains(s, "script") || strings.Contains(s, "onclick") || !strings.Contains(s, "yes") || strings.Contains(s, "da") {
		t.Errorf("content %q", s)
	}
	if len(c.Findings["ro content"]) == 0 {
		t.Errorf("findings %v", c.Findings)
	}
	v.Optional = true
	if c, err := toolpolicy.Convert(t.Context(), v, toolpolicy.Said{Site: "en"}); err != nil || c.Version.Kind != policy.Consent {
		t.Errorf("optional: %+v %v", c.Version.Kind, err)
	}
	for _, bad := range []toolpolicy.Version{{Type: 5}, {Audience: 3}, {Style: 2}, {ContentFormat: 7}} {
		if _, err := toolpolicy.Convert(t.Context(), bad, toolpolicy.Said{Site: "en"}); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

// The recorded texts say by themselves in which language they are.
func TestRecordedLanguages(t *testing.T) {
	_, vs, err := recorded().Policies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"ro", "en", "lt", "lt", "lt", "bg", "sr-Cyrl", "ro", "lt"}
	for i, v := range vs {
		c, err := toolpolicy.Convert(t.Context(), v, toolpolicy.Said{})
		if err != nil || c.Version.Texts[0].Lang != want[i] || c.Told != toolpolicy.ToldByWords {
			t.Errorf("version %d: %v, %v", v.ID, c.Version.Texts[0].Lang, err)
		}
		if len(c.Findings) > 0 {
			t.Logf("version %d: %v", v.ID, c.Findings)
		}
	}
}

func FuzzDump(f *testing.F) {
	f.Add("INSERT INTO mdl_tool_policy VALUES (1,12,NULL),(2,3,'a\\'b');")
	f.Add("CREATE TABLE `mdl_tool_policy` (`id` int, `sortorder` int);\nINSERT INTO `mdl_tool_policy` VALUES (0x31,2);/* c */")
	f.Fuzz(func(t *testing.T, sql string) {
		d := text(sql)
		_, vs, _ := d.Policies(context.Background()) //nolint:errcheck // any answer but a panic
		for _, v := range vs {
			var b bytes.Buffer
			w := toolpolicy.NewWriter(&b, "mdl_")
			w.Version(v)
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if _, back, err := text(b.String()).Policies(context.Background()); err != nil || len(back) != 1 || back[0] != v {
				t.Fatalf("%+v came back as %+v, %v", v, back, err)
			}
		}
	})
}

// Moodle shows the lines and the indents of text without markup, and no line breaks between tags.
func TestLinesAreThoseThatMoodleShows(t *testing.T) {
	for _, tt := range []struct {
		format     int
		text, want string
	}{
		{0, "One\r\ntwo\n<ul>\n<li>a</li>\r\n  <li>b</li>\n</ul>\n<b>c</b>\nd", "One<br/>two<br/><ul> <li>a</li> <li>b</li> </ul> <b>c</b><br/>d"},
		{2, "One\n    (a) <two>", "<p>One<br/>\u00a0 \u00a0 (a) &lt;two&gt;</p>"},
	} {
		c, err := toolpolicy.Convert(t.Context(), toolpolicy.Version{Name: "T", SummaryFormat: 1, ContentFormat: tt.format, Content: tt.text}, toolpolicy.Said{Policy: "en"})
		if err != nil {
			t.Fatal(err)
		}
		if got := string(c.Version.Texts[0].Content); got != tt.want {
			t.Errorf("format %d: %q, want %q", tt.format, got, tt.want)
		}
	}
}

func TestMarkdownRowsSayWhatTheyLose(t *testing.T) {
	v := toolpolicy.Version{
		ID: 1, Name: "Rules", SummaryFormat: 1, Summary: "<p>Short.</p>", ContentFormat: 4,
		Content: "Kept for two years[^1] by <institution name>.\n\n[^1]: GDPR\n\n| a |\n|---|\n| b | forgotten |\n",
	}
	c, err := toolpolicy.Convert(t.Context(), v, toolpolicy.Said{Site: "en"})
	if err != nil {
		t.Fatal(err)
	}
	got := string(c.Version.Texts[0].Content)
	for _, want := range []string{`href="#fn-1"`, `<li id="fn-1"><a href="#fnref-1">1</a> GDPR</li>`, "&lt;institution name&gt;"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	want := []source.Finding{
		{Code: source.FoundPlaceholder, Line: 1, Detail: "<institution name>", Count: 1},
		{Code: source.FoundWordsLost, Line: 7, Detail: "forgotten", Count: 1},
	}
	for lang, found := range c.Findings {
		if !slices.Equal(found, want) {
			t.Errorf("%s: %v, want %v", lang, found, want)
		}
	}
	if len(c.Findings) != 1 {
		t.Errorf("%v", c.Findings)
	}
}
