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
		"a hyphen on both lines":              {"pt", "Pode apresentar-\n-se uma queixa.", "Pode apresentar-se uma queixa."},
		"a range of numbers":                  {"en", "In 2024-\n2025 the limit was 10–\n20 units, tel. 0256-\n403000.", "In 2024-2025 the limit was 10–20 units, tel. 0256-403000."},
		"third parties keep their hyphen":     {"en", "We use a third-\nparty tool.", "We use a third-party tool."},
		"both halves are words of the text":   {"en", "A third person and another party.\nWith a third-\nparty tool.", "A third person and another party.\nWith a third-party tool."},
		"halves alone are no words":           {"ro", "ale studen-\nților, și studen-\nților.", "ale studenților, și studenților."},
		"a word divided twice":                {"de", "die Daten-\nschutz-\nerklärung.", "die Datenschutzerklärung."},
		"the next line begins in capitals":    {"en", "the end-\nTitle of it", "the end-\nTitle of it"},
		"the next line is an item":            {"en", "the end-\n• an item\n• an item", "the end-\nan item\nan item"},
		"a number before it":                  {"en", "in 2016-\nand later", "in 2016-\nand later"},
		"two letters that are a syllable":     {"bg", "на табло-\nто и таб-\nло.", "на таблото и табло."},
		"a Bulgarian superlative keeps it":    {"bg", "това е най-\nдоброто.", "това е най-доброто."},
		"a narrow column":                     {"sr", "Корисници се пријављују уред-\nно. Рок се продужава двапут, ако\nкњигу нико није тражио.", "Корисници се пријављују уредно. Рок се продужава двапут, ако књигу нико није тражио."},
		"short lines are no column":           {"en", "kept for the session of a day\nkept for a year", "kept for the session of a day\nkept for a year"},
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
		"Romanian articles in a list":   {"Se păstrează:\no fotografie;\no copie;\no dată.", 0},
		"rings before other letters":    {"Пази се:\no снимка;\no копие.", 2},
		"squares of Wingdings":          {"Text:\n§   one\n§   two", 2},
		"paragraphs of a law":           {"Text:\n§ 5 one\n§  6 two", 0},
		"one ring alone":                {"Text:\no persoană", 0},
		"rings with tabs of a document": {"Text\no\tone\no\ttwo", 2},
	} {
		if got, items, _ := readBack(t, "ro", c.in); items != c.items || strings.Join(strings.Fields(got), "") == "" {
			t.Errorf("%s: %d items, %q", name, items, got)
		}
	}
}

func TestNumbersWithinItemsAreNoHeadings(t *testing.T) {
	for in, want := range map[string]string{
		"• first:\n   1. inner\n• second":     `<ul><li>first:<ul class="literal"><li>1. inner</li></ul></li><li>second</li></ul>`,
		"• first\n\n1. Scope\nThe rules say.": "<ul><li>first</li></ul>\n<h2 id=\"s-b8297b50\">1. Scope</h2>\n<p>The rules say.</p>",
		"Note\n* important":                   "<p>Note</p>\n<p>* important</p>",
		"Note\n*important":                    "<p>Note</p>\n<p>*important</p>",
		"Note\n–\u00a0important":              "<p>Note</p>\n<p>–\u00a0important</p>",
	} {
		safe, _ := clean(t, source.ImportParts("en", in)[0].HTML)
		if d := cmp.Diff(want, safe); d != "" {
			t.Error(d)
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

func TestListsInBracketsOfAPDF(t *testing.T) {
	for name, c := range map[string]struct {
		in    string
		items int
	}{
		"letters":                        {"We keep:\n(a) names;\n(b) marks.\nPoint (b) holds.", 2},
		"Roman numbers":                  {"You may:\n(i) ask;\n(ii) object;\n(iii) leave;\n(iv) complain.", 4},
		"Cyrillic letters":               {"Подаци:\n(а) име;\n(б) оцена.", 2},
		"a reference that begins a line": {"You may:\n(i) ask, except in the cases that are named in detail in point\n(i) of the annex;\n(ii) object.", 2},
		"items of a sentence":            {"A guest may stay\n(a) for two nights, or\n(b) as long as the warden allows, if\n(i) the room is single, and\n(ii) no neighbour objects.", 4},
		"letters beyond h":               {"(a) a\n(b) b\n(c) c\n(d) d\n(e) e\n(f) f\n(g) g\n(h) h\n(i) i\n(j) j", 10},
		"a reference beside a list":      {"You may:\n(a) ask;\n(b) object, except in the cases of point\n(a) above;\n(c) leave.", 3},
		"a remark in brackets":           {"We keep names\n(see the annex) and marks.", 0},
		"a reference without a list":     {"The exceptions of point\n(b) do not hold.", 0},
	} {
		got, items, _ := readBack(t, "en", c.in)
		if items != c.items || strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(c.in), " ") {
			t.Errorf("%s: %d items of %q", name, items, got)
		}
	}
}

func TestHeadsOfPagesAreNoHeadings(t *testing.T) {
	const head = "University of the North"
	part := source.ImportParts("en", head+"\n\nRules\n\nData is kept for two years.\n\n1/2\n\n"+head+"\n\nData is kept by the rector.\n\n2/2\n")[0]
	if strings.Count(part.HTML, "<p>"+head+"</p>") != 2 || !strings.Contains(part.HTML, "<h2>Rules</h2>") {
		t.Error(part.HTML)
	}
	want := []source.Finding{
		{Code: source.FoundRunning, Line: 1, Detail: head, Count: 1}, {Code: source.FoundRunning, Line: 9, Detail: head, Count: 1},
		{Code: source.FoundPage, Line: 7, Detail: "1/2", Count: 1}, {Code: source.FoundPage, Line: 13, Detail: "2/2", Count: 1},
	}
	if d := cmp.Diff(want, part.Findings); d != "" {
		t.Error(d)
	}
}

// A browser prints the address, the time and the number of the page on each page.
func TestPagesThatABrowserPrinted(t *testing.T) {
	_, _, codes := readBack(t, "en", "12/1/26, 5:56 AM\nData is kept.\nhttps://a.example/data 1/2\n12/1/26, 5:56 AM\nData is erased.\nhttps://a.example/data    2/2\n")
	want := []string{"page_header 12/1/26, 5:56 AM", "page_header 12/1/26, 5:56 AM", "page_number https://a.example/data 1/2", "page_number https://a.example/data    2/2"}
	if d := cmp.Diff(want, codes); d != "" {
		t.Error(d)
	}
}

func TestNotesThatStickToWordsAreReported(t *testing.T) {
	_, _, codes := readBack(t, "en", "Data of the members1, kept in room B12, is safe. See A4.\n1Guests as well.")
	if d := cmp.Diff([]string{"note_unresolved 1Guests as well.", "note_unresolved members1"}, codes); d != "" {
		t.Error(d)
	}
}

// Text that pdftotext takes with its layout has the columns of a table below each other.
func TestColumnsOfAPDFAreATable(t *testing.T) {
	part := source.ImportParts("en", "Cookie        Purpose           Expiry\nMoodleSession Keeps you         end of\n              logged in.        session\nlang_x                          a year\nOther cookies need consent.\n")[0]
	want := `<table><thead><tr><th scope="col">Cookie</th><th scope="col">Purpose</th><th scope="col">Expiry</th></tr></thead><tbody>` +
		`<tr><th scope="row">MoodleSession</th><td>Keeps you logged in.</td><td>end of session</td></tr><tr><th scope="row">lang_x</th><td></td><td>a year</td></tr></tbody></table>` +
		"\n<p>Other cookies need consent.</p>"
	if d := cmp.Diff(want, strings.TrimSpace(part.HTML)); d != "" {
		t.Error(d)
	}
}
