package source_test

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"ltipolicy/policy"
	"ltipolicy/policy/markup"
	"ltipolicy/policy/source"
	"ltipolicy/testdata"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestPolicyFilesCarryTheSeedsByteForByte(t *testing.T) {
	want := seeds(t)
	byName := map[string]testdata.Seed{}
	for _, s := range want {
		byName[s.Name] = s
	}
	n := 0
	for _, inst := range testdata.Institutions() {
		fsys, err := inst.Policies()
		if err != nil {
			t.Fatal(err)
		}
		list, err := source.Read(fsys)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			n++
			x := p.Texts[0]
			s, ok := byName[x.Name]
			if !ok || x.Summary != s.Summary.Text || x.Content != s.Content.Text || x.Lang != s.Lang || p.Settings.Type != policy.Type(s.Type) || p.Settings.Revision != s.Revision {
				t.Errorf("%s/%s is not the seed", inst.Folder, p.Slug)
			}
			v, _, err := p.Version(t.Context())
			if err != nil || v.Texts[0].Name != s.Name {
				t.Errorf("%s: %v", p.Slug, err)
			}
			files, err := p.Files()
			if err != nil {
				t.Fatal(err)
			}
			for name, b := range files {
				disk, err := os.ReadFile("../../testdata/policies/" + inst.Folder + "/" + p.Slug + "/" + name)
				if err != nil || string(disk) != string(b) {
					t.Errorf("%s/%s: written again it differs, %v", p.Slug, name, err)
				}
			}
		}
	}
	if n != len(want) {
		t.Errorf("%d of %d policies", n, len(want))
	}
}

func TestReadSourcesOrderAndPrimary(t *testing.T) {
	list, err := source.Read(fstest.MapFS{
		"README.txt":    {Data: []byte("not a policy")},
		".git/x.txt":    {Data: []byte("no")},
		"empty/.keep":   {},
		"b/en.txt":      {Data: []byte("---\nname: B\ntype: privacy\nsort: 1\n---\n--- summary ---\ns\n--- content ---\nc")},
		"a/ro.md":       {Data: []byte("---\nname: A ro\n---\n--- summary ---\n--- content ---\n# c\n")},
		"a/sr-Cyrl.txt": {Data: []byte("---\nname: A sr\ntype: site\nsort: 2\neffective-from: 2027-01-02\nplatforms: X, Y\n\n---\n--- summary ---\ns\n--- content ---\nc\n\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []source.Policy{
		{Slug: "b", Settings: policy.Version{Type: policy.TypePrivacy, Kind: policy.Acknowledge}, SortOrder: 1, Texts: []source.Text{{Lang: "en", Name: "B", Format: "txt", Summary: "s", Content: "c"}}},
		{
			Slug: "a", Settings: policy.Version{Kind: policy.Agree, EffectiveFrom: time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)}, SortOrder: 2, Platforms: []string{"X", "Y"},
			Texts: []source.Text{{Lang: "sr-Cyrl", Name: "A sr", Format: "txt", Summary: "s", Content: "c\n"}, {Lang: "ro", Name: "A ro", Format: "md", Content: "# c"}},
		},
	}
	if d := cmp.Diff(want, list); d != "" {
		t.Error(d)
	}
}

func TestReadSourcesRefuses(t *testing.T) {
	const head, body = "---\nname: A\ntype: site\n", "---\n--- summary ---\ns\n--- content ---\nc\n"
	for name, c := range map[string]struct {
		files map[string]string
		says  string
	}{
		"no settings":             {map[string]string{"a/en.txt": "text"}, "a/en.txt:1"},
		"settings without end":    {map[string]string{"a/en.txt": head}, "do not end"},
		"an unknown setting":      {map[string]string{"a/en.txt": head + "optional: 1\n" + body}, "a/en.txt:4: there is no setting optional"},
		"a setting twice":         {map[string]string{"a/en.txt": head + "type: site\n" + body}, "twice"},
		"an unknown type":         {map[string]string{"a/en.txt": "---\nname: A\ntype: cookies\n" + body}, "type cannot be"},
		"an unknown kind":         {map[string]string{"a/en.txt": head + "kind: accept\n" + body}, "kind cannot be"},
		"a date that is none":     {map[string]string{"a/en.txt": head + "effective-from: 1.2.2027\n" + body}, "effective-from"},
		"a zone that is none":     {map[string]string{"a/en.txt": head + "effective-from: 2027-02-01\nzone: Mars\n" + body}, "zone"},
		"a zone of this machine":  {map[string]string{"a/en.txt": head + "effective-from: 2027-02-01\nzone: Local\n" + body}, "zone"},
		"a zone without a day":    {map[string]string{"a/en.txt": head + "zone: Europe/Vilnius\n" + body}, "zone"},
		"no type":                 {map[string]string{"a/en.txt": "---\nname: A\n" + body}, "no file says the type"},
		"no name":                 {map[string]string{"a/en.txt": "---\ntype: site\n" + body}, "no name"},
		"no summary line":         {map[string]string{"a/en.txt": head + "---\ns\n"}, "a/en.txt:5"},
		"no content line":         {map[string]string{"a/en.txt": head + "---\n--- summary ---\ns\n"}, "no line --- content ---"},
		"settings in two files":   {map[string]string{"a/en.txt": head + body, "a/ro.txt": head + body}, "stand in a/en.txt already"},
		"one language twice":      {map[string]string{"a/en.txt": head + body, "a/en.md": "---\nname: A\n" + body}, "two files"},
		"no language":             {map[string]string{"a/policy of 2018.txt": head + body}, "not a language"},
		"another language":        {map[string]string{"a/en.txt": head + "lang: ro\n" + body}, "lang is ro"},
		"a folder with a capital": {map[string]string{"A/en.txt": head + body}, "small letters"},
		"bytes that are no UTF-8": {map[string]string{"a/en.txt": head + "contact: \xff\n" + body}, "UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			m := fstest.MapFS{}
			for n, s := range c.files {
				m[n] = &fstest.MapFile{Data: []byte(s)}
			}
			_, err := source.Read(m)
			if !errors.Is(err, policy.ErrInvalid) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestContentMayNotBeEmpty(t *testing.T) {
	x := source.Text{Lang: "en", Name: "A", Format: "html", Summary: "<p>s</p>", Content: "<p> </p>"}
	if _, _, err := (source.Policy{Slug: "a", Texts: []source.Text{x}}).Version(t.Context()); !errors.Is(err, policy.ErrInvalid) {
		t.Errorf("%v", err)
	}
}

func sources() *rapid.Generator[source.Policy] {
	oneLine := rapid.StringMatching(`[a-z:#"„ .,ășž-]{0,20}`).Filter(func(s string) bool { return strings.TrimSpace(s) == s })
	text := rapid.StringMatching(`([a-zá •]{0,8}|---|--- summary ---|\n|name: x){0,6}`)
	return rapid.Custom(func(t *rapid.T) source.Policy {
		s := source.Policy{
			Slug: rapid.StringMatching(`[a-z0-9][a-z0-9-]{0,9}`).Draw(t, "slug"),
			Settings: policy.Version{
				Type:       rapid.SampledFrom([]policy.Type{0, 1, 2, 99}).Draw(t, "type"),
				Audience:   policy.Audience(rapid.IntRange(0, 2).Draw(t, "audience")),
				Style:      policy.Style(rapid.IntRange(0, 1).Draw(t, "style")),
				Kind:       rapid.SampledFrom([]policy.Kind{policy.Acknowledge, policy.Agree, policy.Consent, policy.Inform}).Draw(t, "kind"),
				Revision:   oneLine.Draw(t, "revision"),
				ChangeNote: oneLine.Draw(t, "note"), Contact: oneLine.Draw(t, "contact"),
			},
			SortOrder: rapid.IntRange(-5, 5000).Draw(t, "sort"),
			Platforms: rapid.SampledFrom([][]string{nil, {"CVUPT"}, {"CVUPT", "open.ktu.edu"}}).Draw(t, "platforms"),
		}
		if rapid.Bool().Draw(t, "later") {
			s.Settings.EffectiveFrom = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC).Add(time.Duration(rapid.Int64Range(0, 1e15).Draw(t, "from")))
		}
		for _, lang := range rapid.SampledFrom([][]string{{"ro"}, {"ro", "en"}, {"en", "lt", "sr-Cyrl"}}).Draw(t, "langs") {
			s.Texts = append(s.Texts, source.Text{
				Lang: lang, Name: "N" + strings.TrimSpace(oneLine.Draw(t, "name")),
				Format:  rapid.SampledFrom([]string{"txt", "md", "html"}).Draw(t, "format"),
				Summary: text.Draw(t, "summary"), Content: text.Draw(t, "content"),
			})
		}
		return s
	})
}

func TestFilesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := sources().Draw(t, "source")
		files, err := want.Files()
		if err != nil {
			t.Fatal(err)
		}
		m := fstest.MapFS{}
		for name, b := range files {
			m[want.Slug+"/"+name] = &fstest.MapFile{Data: b, Mode: fs.FileMode(0o644)}
		}
		got, err := source.Read(m)
		if err != nil || len(got) != 1 {
			t.Fatalf("%d policies, %v", len(got), err)
		}
		if d := cmp.Diff(want, got[0]); d != "" {
			t.Fatal(d)
		}
	})
}

func TestFilesRefuses(t *testing.T) {
	ok := source.Policy{Slug: "a", Settings: policy.Version{Kind: policy.Agree}, Texts: []source.Text{{Lang: "en", Name: "A", Format: "txt", Content: "c"}}}
	for name, change := range map[string]func(*source.Policy){
		"a name of two lines":      func(s *source.Policy) { s.Texts[0].Name = "A\nB" },
		"a summary that would end": func(s *source.Policy) { s.Texts[0].Summary = "a\n--- content ---\nb" },
		"a platform with a comma":  func(s *source.Policy) { s.Platforms = []string{"A, B"} },
		"an unknown kind":          func(s *source.Policy) { s.Settings.Kind = "maybe" },
		"no text":                  func(s *source.Policy) { s.Texts = nil },
		"a name outside the slug":  func(s *source.Policy) { s.Slug = "../a" },
	} {
		s := ok
		s.Texts = append([]source.Text(nil), ok.Texts...)
		change(&s)
		if _, err := s.Files(); !errors.Is(err, policy.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCoursesIsASettingOfThePolicy(t *testing.T) {
	file := func(line string) map[string][]byte {
		return map[string][]byte{"en.txt": []byte("---\nname: Recording\ntype: other\n" + line + "---\n--- summary ---\ns\n--- content ---\nc\n")}
	}
	for line, want := range map[string]bool{"": false, "courses: no\n": false, "courses: yes\n": true} {
		s, err := source.New("recording", file(line))
		if err != nil || s.Settings.Courses != want {
			t.Fatalf("%q: %v, %v", line, s.Settings.Courses, err)
		}
		v, _, err := s.Version(t.Context())
		if err != nil || v.Courses != want {
			t.Errorf("%q: version %v, %v", line, v.Courses, err)
		}
		files, err := s.Files()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := source.New("recording", files); err != nil || again.Settings.Courses != want {
			t.Errorf("%q: written and read %v, %v", line, again.Settings.Courses, err)
		}
	}
	if _, err := source.New("recording", file("courses: maybe\n")); err == nil {
		t.Error("courses: maybe is taken")
	}
}

// A day of a file is that day wherever the institution is, and is written as that day again.
func TestADayOfAFileBeginsInItsZone(t *testing.T) {
	for zone, start := range map[string]string{
		"": "2026-01-01T00:00:00Z", "America/New_York": "2026-01-01T05:00:00Z", "Europe/Bucharest": "2025-12-31T22:00:00Z",
	} {
		settings := "effective-from: 2026-01-01\n"
		if zone != "" {
			settings += "zone: " + zone + "\n"
		}
		s, err := source.New("a", map[string][]byte{
			"en.md": []byte("---\nname: A\ntype: site\n" + settings + "---\n--- summary ---\ns\n--- content ---\nc\n"),
		})
		if err != nil {
			t.Fatal(err)
		}
		v, _, err := s.Version(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := v.EffectiveFrom.Format(time.RFC3339); got != start || v.Zone != zone || v.Since(time.UTC).String() != "2026-01-01" {
			t.Errorf("in %q: from %s on, which is %s in %q", zone, got, v.Since(time.UTC), v.Zone)
		}
		files, err := s.Files()
		if err != nil || !strings.Contains(string(files["en.md"]), settings) {
			t.Errorf("in %q: %v\n%s", zone, err, files["en.md"])
		}
	}
}

// Whatever a document brings along, what is stored has no character that a reader does not get.
func TestTextsAreStoredInTheirNormalForm(t *testing.T) {
	raw, err := os.ReadFile("testdata/cases/07-vertical-tab.txt")
	if err != nil {
		t.Fatal(err)
	}
	head := "---\nname: Regulile S\u0326colii\v2\ntype: site\n---\n--- summary ---\nS.\n--- content ---\n"
	for name, c := range map[string]struct {
		file, raw, name, text string
		codes                 []string
	}{
		"lines and pages of plain text": {"en.txt", string(raw), "House rules", "Contact:\nData protection office\nMain street 1\nNext page\nNext line.", []string{source.FoundControl, source.FoundControl, source.FoundControl}},
		"Markdown":                      {"en.md", head + "a\vb\u200b\n", "Regulile Școlii 2", "a b", []string{source.FoundControl, source.FoundInvisible}},
		"HTML, also as entities":        {"en.html", head + "<p title=\"x\">e\u0301&#x202e;ab&#x200b; &#x85;c</p>", "Regulile Școlii 2", "éab …c", []string{source.FoundComposed, source.FoundInvisible, source.FoundInvisible, source.FoundAttribute}},
	} {
		s, err := source.New("rules", map[string][]byte{c.file: []byte(c.raw)})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		v, found, err := s.Version(t.Context())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var codes []string
		for _, f := range found[c.file] {
			codes = append(codes, f.Code)
		}
		if got := markup.PlainText(v.Texts[0].Content); got != c.text || v.Texts[0].Name != c.name || !slices.Equal(codes, c.codes) {
			t.Errorf("%s: %q, %q with %v", name, v.Texts[0].Name, got, codes)
		}
	}
}

// What the eye does not see keeps no file from being read.
func TestWhatNobodySeesKeepsNoFileFromBeingRead(t *testing.T) {
	const file = "---\nname: House rules\ntype: site\n---\n--- summary ---\nShort.\n--- content ---\n# One\n\nBe kind.\n"
	marked, err := os.ReadFile("testdata/cases/17-bom.md")
	if err != nil {
		t.Fatal(err)
	}
	want, err := source.New("rules", map[string][]byte{"en.md": []byte(file)})
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{
		"the case":                     string(marked),
		"a byte order mark":            "\ufeff" + file,
		"spaces after the marks":       strings.ReplaceAll(file, "---\n", "---  \n"),
		"tabs and no-break spaces":     strings.ReplaceAll(file, "---\n", "---\t\u00a0\n"),
		"spaces before the fence":      " " + strings.Replace(file, "\n---\n---", "\n\u00a0---\n---", 1),
		"line ends of Windows":         strings.ReplaceAll(file, "\n", "\r\n"),
		"line ends of old Macs":        strings.ReplaceAll(file, "\n", "\r"),
		"all of that":                  "\ufeff" + strings.ReplaceAll(strings.ReplaceAll(file, "---\n", "--- \n"), "\n", "\r\n"),
		"a no-break space and a tab":   strings.Replace(file, "type: ", "\u00a0\ttype\u00a0:\u00a0", 1),
		"a zero-width space in a key":  strings.Replace(file, "type: ", "\u200btype:\u200b", 1),
		"a line of spaces between":     strings.Replace(file, "type: ", " \u00a0\u200b\ntype: ", 1),
		"no line end after the text":   strings.TrimSuffix(file, "\n"),
		"an empty line with a CR only": strings.Replace(file, "type: ", "\r\ntype: ", 1),
	} {
		got, err := source.New("rules", map[string][]byte{"en.md": []byte(raw)})
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%s: %v\n%s", name, err, d)
		}
	}
}

// What cannot be read says why, not what came of it.
func TestFilesThatCannotBeReadSayWhy(t *testing.T) {
	const file = "---\nname: House rules\ntype: site\n---\n--- summary ---\nS.\n--- content ---\n# One\n"
	wide := func(order byte) string {
		var b strings.Builder
		for _, c := range []byte(file) {
			b.Write([][]byte{{c, 0}, {0, c}}[order])
		}
		return b.String()
	}
	for name, c := range map[string]struct{ raw, says string }{
		"UTF-16, little end first":       {"\xff\xfe" + wide(0), "the file is UTF-16"},
		"UTF-16, big end first":          {"\xfe\xff" + wide(1), "the file is UTF-16"},
		"UTF-16 without its mark":        {wide(0), "the file is UTF-16"},
		"a letter of Windows-1252":       {strings.Replace(file, "S.", "S\xe9.", 1), "en.md:6: the file is not UTF-8: save it as UTF-8"},
		"nothing":                        {"", "the file is empty"},
		"a document of Word":             {"PK\x03\x04\x00", "a document of another program"},
		"an empty line first":            {"\n" + file, "en.md:1: the first line is not ---: it is empty"},
		"a long dash for three hyphens":  {strings.Replace(file, "---", "—", 1), "en.md:1: the first line is not ---: the line has a dash — (U+2014)"},
		"a long dash at the end of them": {strings.Replace(file, "\n---\n", "\n—\n", 1), "en.md:4: a setting is written key: value: the line has a dash — (U+2014)"},
		"short dashes around summary":    {strings.Replace(file, "--- summary", "––– summary", 1), "en.md:5: here must stand --- summary ---: the line has a dash – (U+2013)"},
		"long dashes around content":     {strings.Replace(file, "--- content ---", "— content —", 1), "en.md:7: there is no line --- content ---: the line has a dash — (U+2014)"},
		"a capital in a mark":            {strings.Replace(file, "content", "Content", 1), `en.md:7: there is no line --- content ---: the line is written "--- Content ---"`},
		"a capital in a setting":         {strings.Replace(file, "type", "Type", 1), "en.md:3: there is no setting Type: it is written type"},
		"a colon of East Asia":           {strings.Replace(file, "type:", "type：", 1), "the colon of a keyboard, not ： (U+FF1A)"},
		"settings to the end":            {"---", "the settings do not end with ---"},
		"no marks":                       {"---\nname: A\ntype: site\n---", "here must stand --- summary ---"},
	} {
		_, err := source.New("rules", map[string][]byte{"en.md": []byte(c.raw)})
		if !errors.Is(err, policy.ErrInvalid) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMarkdownFilesSayWhatTheyLose(t *testing.T) {
	file, err := os.ReadFile("testdata/cases/02-markdown-swallowed.md")
	if err != nil {
		t.Fatal(err)
	}
	file = append(file, "\n| a |\n|---|\n| b | forgotten |\n"...)
	s, err := source.New("rules", map[string][]byte{"en.md": file})
	if err != nil {
		t.Fatal(err)
	}
	_, found, err := s.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, f := range found["en.md"] {
		codes = append(codes, f.Code)
	}
	want := []string{source.FoundDefinition, source.FoundPlaceholder, source.FoundPlaceholder, source.FoundWordsLost}
	if !slices.Equal(codes, want) {
		t.Errorf("%v, want %v", found, want)
	}
}
