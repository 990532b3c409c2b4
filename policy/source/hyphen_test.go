package source_test

import (
	"os"
	"strings"
	"testing"

	"ltipolicy/policy/markup"
	"ltipolicy/policy/source"

	"github.com/google/go-cmp/cmp"
)

func readBack(t *testing.T, lang, src string) (lines string, marked int, codes []string) {
	t.Helper()
	part := source.ImportParts(lang, src)[0]
	safe, _, err := source.Sanitize(part.HTML)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range part.Findings {
		codes = append(codes, f.Code+" "+f.Detail)
	}
	return markup.PlainText(safe), strings.Count(string(safe), "<li>"), codes
}

func TestTextOutOfAPDFReadsAsOnItsPages(t *testing.T) {
	raw, err := os.ReadFile("testdata/cases/08-pdf-hyphen-bullets.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(raw), "--- content ---\n")
	got, items, codes := readBack(t, "ro", body)
	want := "Universitatea prelucrează datele cu caracter personal ale studenților în conformitate cu regulamentul și cu legislația națională aplicabilă în domeniu.\n" +
		"Page 3 / 12\nthird in a symbol font\nround bullet\narrow bullet"
	if d := cmp.Diff(want, got); d != "" || items != 3 {
		t.Errorf("%d items\n%s", items, d)
	}
	if d := cmp.Diff([]string{"hyphen_joined studenților", "hyphen_joined legislația", "page_number Page 3 / 12"}, codes); d != "" {
		t.Error(d)
	}
}

func TestWordsDividedAtTheEndsOfLines(t *testing.T) {
	for name, c := range map[string]struct{ lang, in, want string }{
		"a word":                              {"ro", "ale studen-\nților noștri.", "ale studenților noștri."},
		"a soft hyphen":                       {"ro", "ale studen\u00ad\nților noștri.", "ale studenților noștri."},
		"a hyphen of its own":                 {"en", "a univer\u2010\nsity.", "a university."},
		"Cyrillic":                            {"bg", "лични дан-\nните са.", "лични данните са."},
		"several lines":                       {"lt", "asmens duo-\nmenys ir uni-\nversitetas.", "asmens duomenys ir universitetas."},
		"a single letter keeps it":            {"en", "by e-\nmail only.", "by e-mail only."},
		"a Romanian pronoun keeps it":         {"ro", "datele într-\nun registru.", "datele într-un registru."},
		"a short second half keeps it":        {"ro", "persoana și-\na dat acordul.", "persoana și-a dat acordul."},
		"the text has it with its hyphen":     {"en", "A long-term plan.\nThis is long-\nterm.", "A long-term plan.\nThis is long-term."},
		"the text has it without":             {"en", "An exit.\nThe ex-\nit is there.", "An exit.\nThe exit is there."},
		"a prefix keeps it":                   {"en", "the ex-\nrector signs.", "the ex-rector signs."},
		"a word is left out after it":         {"de", "die Daten-\nund Textpflege.", "die Daten- und Textpflege."},
		"the same in English":                 {"en", "data-\nand text-based", "data- and text-based"},
		"Romanian o is no conjunction":        {"ro", "datele într-\no bază.", "datele într-o bază."},
		"nor are its pronouns":                {"ro", "ce s-\nar face și să-\ni spună.", "ce s-ar face și să-i spună."},
		"a Portuguese pronoun keeps it":       {"pt", "para dar-\nlhes acesso.", "para dar-lhes acesso."},
		"a Romanian title keeps it":           {"ro", "domnul prim-\nministru.", "domnul prim-ministru."},
		"an address keeps its hyphens":        {"en", "See https://a.example/very-\nlong/path for more.", "See https://a.example/very-long/path for more."},
		"third parties keep their hyphen":     {"en", "We use a third-\nparty tool.", "We use a third-party tool."},
		"both halves are words of the text":   {"en", "A third person and another party.\nWith a third-\nparty tool.", "A third person and another party.\nWith a third-party tool."},
		"halves alone are no words":           {"ro", "ale studen-\nților, și studen-\nților.", "ale studenților, și studenților."},
		"a word divided twice":                {"de", "die Daten-\nschutz-\nerklärung.", "die Datenschutzerklärung."},
		"the next line begins in capitals":    {"en", "the end-\nTitle of it", "the end-\nTitle of it"},
		"the next line is an item":            {"en", "the end-\n• an item\n• an item", "the end-\nan item\nan item"},
		"a number before it":                  {"en", "in 2016-\nand later", "in 2016-\nand later"},
		"a blank line between":                {"en", "the uni-\n\nversity", "the uni-\n\nversity"},
		"a dash is no hyphen, with its space": {"en", "the end -\nand so on", "the end -\nand so on"},
	} {
		got, _, _ := readBack(t, c.lang, c.in)
		if want := strings.ReplaceAll(c.want, "\n\n", "\n"); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestBulletsOfSymbolFontsAreListMarks(t *testing.T) {
	for _, mark := range strings.Split("• ▪ ◦ ‣ · ● ○ ◯ ∙ ⁃ ■ □ ◆ ◇ ❖ ➢ ➤ ➔ ✓ ✔ ✗ \uf0b7 \uf0a7 \uf0d8 \uf0fc \uf076 \uf02d o - – *", " ") {
		got, items, _ := readBack(t, "en", "The duties are:\n"+mark+" first duty;\n"+mark+" second duty.\n\nAnd that is all.")
		if want := "The duties are:\nfirst duty;\nsecond duty.\nAnd that is all."; got != want || items != 2 {
			t.Errorf("%s: %d items, %q", mark, items, got)
		}
	}
	for name, c := range map[string]struct {
		in    string
		items int
	}{
		"Romanian articles":             {"Este vorba de\no persoană și de\no instituție", 0},
		"one ring alone":                {"Text:\no persoană", 0},
		"rings with tabs of a document": {"Text\no\tone\no\ttwo", 2},
	} {
		if got, items, _ := readBack(t, "ro", c.in); items != c.items || strings.Join(strings.Fields(got), "") == "" {
			t.Errorf("%s: %d items, %q", name, items, got)
		}
	}
}

func TestNumbersOfPagesAreReportedAndStay(t *testing.T) {
	for _, number := range []string{"Page 3 / 12", "3", "3 / 12", "3/12", "Strona 3 z 12", "- 3 -", "Pagina 3 din 12", "стр. 3", "Página 3 de 12", "Page 7"} {
		got, _, codes := readBack(t, "en", "The first paragraph of the text.\n\n"+number+"\n\nThe second paragraph of the text.")
		found := false
		for _, c := range codes {
			found = found || strings.HasPrefix(c, source.FoundPage)
		}
		if !found || !strings.Contains(got, "3") && !strings.Contains(got, "7") {
			t.Errorf("%s: %v, %q", number, codes, got)
		}
	}
}
