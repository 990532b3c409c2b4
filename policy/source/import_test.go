package source_test

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"ltipolicy/policy"
	"ltipolicy/policy/markup"
	"ltipolicy/policy/source"
	"ltipolicy/testdata"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

func seeds(t *testing.T) map[string]testdata.Seed {
	t.Helper()
	all, err := testdata.Seeds()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func document(t *testing.T, name string) string {
	t.Helper()
	text, err := testdata.Document(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestSeedsMatchTheirDigests(t *testing.T) {
	all := seeds(t)
	if len(all) != 7 {
		t.Fatalf("%d policies", len(all))
	}
	for id, s := range all {
		for _, part := range []testdata.SeedPart{s.Summary, s.Content} {
			sum := sha256.Sum256([]byte(part.Text))
			if hex.EncodeToString(sum[:]) != part.SHA256 || utf8.RuneCountInString(part.Text) != part.Chars {
				t.Errorf("%s lines %v: %d characters, %x", id, part.Lines, utf8.RuneCountInString(part.Text), sum)
			}
		}
	}
}

var listMark = regexp.MustCompile(`(?m)^[ \t]*[•▪*–-][ \t\x{a0}]*`)

// visible is a text without list marks and with its white space squeezed: what must survive importing.
func visible(s string) string {
	return strings.Join(strings.Fields(listMark.ReplaceAllString(s, "")), " ")
}

func TestEveryVisibleCharacterSurvives(t *testing.T) {
	texts := map[string][2]string{}
	for id, s := range seeds(t) {
		texts[id+" summary"] = [2]string{s.Summary.Text, s.Lang}
		texts[id+" content"] = [2]string{s.Content.Text, s.Lang}
		texts[s.File] = [2]string{document(t, s.File), s.Lang}
	}
	for name, src := range texts {
		t.Run(name, func(t *testing.T) {
			h := source.ImportParts(src[1], src[0])[0].HTML
			safe, found, err := source.Sanitize(h)
			if err != nil || len(found) > 0 {
				t.Fatalf("the importer writes what sanitising takes away: %v %v", found, err)
			}
			want, got := visible(src[0]), visible(markup.PlainText(safe))
			if got != want {
				t.Errorf("text differs:\n%s", cmp.Diff(strings.Split(want, ". "), strings.Split(got, ". ")))
			}
			if n, m := strings.Count(src[0], "\u00a0"), strings.Count(string(safe), "\u00a0"); m < n-strings.Count(src[0], "•\u00a0") {
				t.Errorf("%d hard spaces became %d", n, m)
			}
		})
	}
}

// imported is a seed's policy as it will be shown.
type imported struct {
	t     *testing.T
	parts [2]source.Part
	html  [2]string
	nodes [2]*html.Node
}

func importSeed(t *testing.T, id string) imported {
	t.Helper()
	s := seeds(t)[id]
	i := imported{t: t, parts: [2]source.Part(source.ImportParts(s.Lang, s.Summary.Text, s.Content.Text))}
	for k, p := range i.parts {
		h, _ := clean(t, p.HTML)
		doc, err := html.Parse(strings.NewReader(h))
		if err != nil {
			t.Fatal(err)
		}
		i.html[k], i.nodes[k] = h, doc
	}
	return i
}

const summary, content = 0, 1

// all is the text of every element of the name in a part, hard spaces as spaces.
func (i imported) all(part int, name string) []string {
	var list []string
	for n := range i.nodes[part].Descendants() {
		if n.Type == html.ElementNode && n.Data == name {
			list = append(list, words(n))
		}
	}
	return list
}

func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func (i imported) found(part int, code, detail string) {
	i.t.Helper()
	if !has(i.parts[part].Findings, code, detail) {
		i.t.Errorf("no finding %s %q in %v", code, detail, i.parts[part].Findings)
	}
}

func (i imported) is(part int, name, text string) {
	i.t.Helper()
	if !slices.Contains(i.all(part, name), text) {
		i.t.Errorf("no <%s> is %q", name, text)
	}
}

func (i imported) isNot(part int, name, text string) {
	i.t.Helper()
	if slices.Contains(i.all(part, name), text) {
		i.t.Errorf("a <%s> is %q", name, text)
	}
}

func TestSeed000Cedilla(t *testing.T) {
	i := importSeed(t, "P1")
	i.found(content, source.FoundCedilla, "învăţământ")
	if !strings.Contains(i.html[content], "învăţământ") || !strings.Contains(i.html[content], "învățământ") {
		t.Error("the source's letters must stay, the odd one too")
	}
}

func TestSeed000HardSpaces(t *testing.T) {
	if n := strings.Count(importSeed(t, "P1").html[content], "\u00a0"); n != 8 {
		t.Errorf("%d of 8 hard spaces", n)
	}
}

func TestSeed000NumbersStayAsWritten(t *testing.T) {
	i := importSeed(t, "P1")
	want := []string{
		"1. Situația administrativă a studenților ID și IFR", "1. Organizarea de seminarii, workshop-uri și conferințe, gestiunea de activități de proiecte",
		"1. Campusul Virtual al UPT", "1. UniCampus", "4. Aplicații mobile",
	}
	if got := i.all(content, "h3"); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	i.found(content, source.FoundNumberRepeated, "1.")
}

func TestSeed000BulletsAcrossBlankLinesAreOneList(t *testing.T) {
	i := importSeed(t, "P1")
	if n := len(i.all(content, "ul")); n != 4 {
		t.Errorf("%d lists", n)
	}
	i.is(content, "li", "Orașul (opțional)")
	if strings.Contains(i.html[content], "•") {
		t.Error("a bullet is left in the text")
	}
}

func TestSeed000HeadingsWithoutMarks(t *testing.T) {
	i := importSeed(t, "P1")
	for _, h := range []string{
		"Analiza situației actuale", "Ce informații colectăm?", "În ce scop folosim informația?", "Folosim cookies?",
		"Transmitem orice informații personale către terți externi?", "Cereri personale de acces", "Acordul dumneavoastră", "Contact",
	} {
		i.is(content, "h2", h)
	}
	i.is(content, "p", "Orice informație colectăm de la dumneavoastră poate fi folosită într-unul din următoarele moduri:")
}

func TestSeed000LonelyDashIsADash(t *testing.T) {
	for _, p := range importSeed(t, "P1").all(content, "p") {
		if strings.HasPrefix(p, "- conform cu EU GDPR") {
			return
		}
	}
	t.Error("the line that starts with a dash is no paragraph")
}

func TestSeed000SameParagraphTwice(t *testing.T) {
	n := 0
	for _, p := range importSeed(t, "P1").all(content, "p") {
		if strings.HasPrefix(p, "Nu procesăm și nu prelucrăm date personale sensibile.") {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d of 2", n)
	}
}

func TestSeed001LegalNumbering(t *testing.T) {
	i := importSeed(t, "P2")
	for level, start := range map[string]string{"level-1": "7. The data", "level-2": "2.1. In the", "level-3": "6.1.6. the express", "level-4": "3.1.1.1. in the"} {
		if !strings.Contains(i.html[content], `<p class="`+level+`">`+start) {
			t.Errorf("no %s at %s", start, level)
		}
	}
	i.is(content, "h2", "3. Data treatment and the right of the data change:")
	i.is(content, "h3", "3.1. Applications:")
	i.found(content, source.FoundHeading, "Data collected in the context of academic work")
	i.isNot(content, "h2", "9.1. Employees, employees, and teachers are covered by the professional privacy policy.")
}

func TestSeed001NothingIsCorrected(t *testing.T) {
	h := importSeed(t, "P2").html[content]
	for _, s := range []string{"3.2. Enrollment/Enrollment", "registration/registration", "Employees, employees", "(s) (s)", "institution’s", "Policy | Lusófona University"} {
		if !strings.Contains(h, s) {
			t.Errorf("%q is gone", s)
		}
	}
}

func TestSeed001AddressBeforeFullStop(t *testing.T) {
	h := importSeed(t, "P2").html[content]
	for _, s := range []string{
		`<a href="https://www.cnpd.pt" rel="noreferrer noopener" target="_blank">https://www.cnpd.pt</a>.`,
		`<a href="mailto:dpo@ulusofona.pt">dpo@ulusofona.pt</a>.`, `<a href="mailto:general@cnpd.pt">general@cnpd.pt</a>, accessible`,
	} {
		if !strings.Contains(h, s) {
			t.Errorf("no %s", s)
		}
	}
}

func TestSeed001TelephoneNumbersStay(t *testing.T) {
	h := importSeed(t, "P2").html[content]
	for _, s := range []string{"Telf. 21 751 55 00.", "Telef. 21 392 84 00, e-mail"} {
		if !strings.Contains(h, s) {
			t.Errorf("no %s", s)
		}
	}
}

func TestSeed002GluedSummaryHeading(t *testing.T) {
	s := seeds(t)["P3"]
	found := source.ImportParts("lt", s.Content.Text+"Santrauka")[0].Findings
	if !has(found, source.FoundGlued, "Santrauka") {
		t.Errorf("%v", found)
	}
}

func TestSeed002RepeatedRomanNumber(t *testing.T) {
	i := importSeed(t, "P3")
	i.found(content, source.FoundNumberRepeated, "II.")
	i.is(content, "h2", "I. Atvirųjų mokymų virtualiosios mokymosi aplinkos paslaugos aprašymas")
	i.is(content, "h2", "II. Politikos aprėptis (kam skirtas šis dokumentas)")
	i.is(content, "h2", "II. Kodėl tvarkome jūsų asmens duomenis?")
	i.is(content, "h2", "VIII. Skundai / Nutraukimas")
	i.is(content, "h3", "Tikslai ir teisinis pagrindas")
	seen := map[string]bool{}
	for _, h := range markup.Contents(policy.SafeHTML(i.html[content])) {
		if seen[h.ID] {
			t.Errorf("id %s twice", h.ID)
		}
		seen[h.ID] = true
	}
}

func TestSeed002NestedBullets(t *testing.T) {
	for n := range importSeed(t, "P3").nodes[content].Descendants() {
		if n.Data == "li" && strings.HasPrefix(words(n), "Registracijai ir Naudotojo paskyrai") {
			inner := 0
			for d := range n.Descendants() {
				if d.Data == "li" {
					inner++
				}
			}
			if inner != 5 {
				t.Errorf("%d inner items", inner)
			}
			return
		}
	}
	t.Error("the outer item is missing")
}

func TestSeed002LinesBetweenListItems(t *testing.T) {
	i := importSeed(t, "P3")
	i.is(content, "p", "Šioje politikoje taip pat naudojami terminai:")
	i.is(content, "p", "Teisinis pagrindas:")
}

func TestSeed002DefinitionLines(t *testing.T) {
	i := importSeed(t, "P3")
	for _, d := range []string{"duomenų subjektas", "asmens duomenų tvarkymas", "internetinis puslapis", "naudotojas arba duomenų subjektas"} {
		i.is(content, "dfn", d)
	}
}

func TestSeed002HardSpaces(t *testing.T) {
	doc := document(t, "002_c31bf6d5a8d7f60f.txt")
	h := source.ImportParts("lt", doc)[0].HTML
	if n, m := strings.Count(doc, "\u00a0"), strings.Count(h, "\u00a0"); n != 31 || m != n {
		t.Errorf("%d of %d", m, n)
	}
}

func TestSeed002UnbalancedQuotes(t *testing.T) {
	importSeed(t, "P3").found(content, source.FoundQuote, "trečioji šalis“")
	importSeed(t, "P4").found(content, source.FoundQuote, "")
}

func TestSeed002Tables(t *testing.T) {
	i := importSeed(t, "P5")
	if n := len(i.all(content, "table")); n != 2 {
		t.Fatalf("%d tables", n)
	}
	var rows [][]string
	for n := range i.nodes[content].Descendants() {
		if n.Data == "tr" && n.Type == html.ElementNode {
			var cells []string
			for c := range n.ChildNodes() {
				w := words(c)
				cells = append(cells, strings.Join(strings.Fields(w)[:min(2, len(strings.Fields(w)))], " "))
			}
			rows = append(rows, cells)
		}
	}
	want := [][]string{
		{"Slapuko pavadinimas", "Tikslas", "Galiojimo laikas", "Papildoma informacija"},
		{"MoodleSession", "Šis slapukas", "", ""}, {"MOODLEID", "Slapukas įsimena", "", ""},
		{"Slapuko pavadinimas", "Tikslas", "Papildoma informacija"},
		{"__utma", "Google Analytics:", ""}, {"__utmb", "Google Analytics:", ""}, {"__utmc", "Google Analytics:", ""},
		{"__utmt", "", ""}, {"__utmz", "Google Analytics:", "https://helpful.knobs-dials.com/index.php/Utma,_utmb,_utmz_cookies"},
	}
	if d := cmp.Diff(want, rows); d != "" {
		t.Error(d)
	}
	i.is(content, "p", "Kai atsijungiama ar uždaroma naršyklė, šis slapukas sunaikinamas (interneto naršyklėje ir serveryje)")
	i.is(content, "h2", "Trečiųjų šalių slapukai")
	i.found(content, source.FoundTable, "Galiojimo laikas")
}

func TestSeed002SitePolicyBullets(t *testing.T) {
	i := importSeed(t, "P4")
	if n := len(i.all(content, "li")); n != 13 {
		t.Errorf("%d items", n)
	}
	i.is(content, "h2", "Privatumas") // although the item before ends without a full stop
}

func TestSeed002MarkdownLeavesIdentifiersAlone(t *testing.T) {
	h, _, err := source.ImportMarkdown("| Name | For |\n|---|---|\n| __utma | a |\n| __utmb | b |\n\n__utmc and _utmb,_utmz\n\nhttps://helpful.knobs-dials.com/index.php/Utma,_utmb,_utmz_cookies and https://www.cnpd.pt.\n")
	if err != nil {
		t.Fatal(err)
	}
	got, _ := clean(t, h)
	for _, want := range []string{
		"<td>__utma</td>", "<td>__utmb</td>", "__utmc and _utmb,_utmz",
		`href="https://helpful.knobs-dials.com/index.php/Utma,_utmb,_utmz_cookies"`, `>https://www.cnpd.pt</a>.`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}

func TestSeed003GluedHeading(t *testing.T) {
	i := importSeed(t, "P6")
	i.found(content, source.FoundGlued, "3. Основни дефиниции")
	i.is(content, "p", "Интернет страница: www.cpdp.bg3. Основни дефиниции")
	if strings.Contains(i.html[content], "cpdp.bg3\"") || strings.Contains(i.html[content], "https://www.cpdp.bg") {
		t.Error("an address with a number stuck to it is no address")
	}
}

func TestSeed003NumberWithoutSpace(t *testing.T) {
	i := importSeed(t, "P6")
	i.is(content, "h2", "5.Цели и основания за обработване на лични данни, категории обработвани данни.")
	i.found(content, source.FoundSpace, "5.Цели")
	i.is(content, "h2", "4. Основните п ринципи, свързани с обработването на личните данни са:")
}

func TestSeed003MissingSpaces(t *testing.T) {
	i := importSeed(t, "P6")
	for _, s := range []string{"лице,което", "икономическата,културната", "организиране,структуриране", "Храбър“и", "ВСУ„Черноризец", "идентичност- вид", "-данни"} {
		i.found(content, source.FoundSpace, s)
	}
	if !strings.Contains(i.html[content], "илифизическо") {
		t.Error("words are not the importer's to part")
	}
}

func TestSeed003BrokenSentences(t *testing.T) {
	i := importSeed(t, "P6")
	n := 0
	for _, f := range i.parts[content].Findings {
		if f.Code == source.FoundJoined {
			n++
		}
	}
	if n != 4 {
		t.Errorf("%d of 4 joined", n)
	}
	i.is(content, "p", "ВСУ уведомява писмено заявителя за своето решение или отказ в рамките на съответния срок. Известието се връчва лично срещу подпис или с препоръчана поща.")
}

func TestSeed003Quotes(t *testing.T) {
	i := importSeed(t, "P6")
	n := 0
	for _, f := range i.parts[content].Findings {
		if f.Code == source.FoundQuote {
			n++
		}
	}
	if n != 5 {
		t.Errorf("%d of 5 unbalanced", n)
	}
	i.is(content, "li", "1. “Студенти, докторанти и курсисти”;")
	i.is(content, "dfn", "Администратор на данни")
}

func TestSeed003MixedListMarks(t *testing.T) {
	i := importSeed(t, "P6")
	for n := range i.nodes[content].Descendants() {
		if n.Data == "li" && strings.HasPrefix(words(n), "Данни за социална идентичност:вид и степен") {
			if !strings.Contains(words(n), "трудовата дейност") {
				t.Error("the starred items belong to the item above")
			}
		}
	}
	i.is(content, "li", "6. „Общежитие“.")
	i.found(content, source.FoundNoMarker, "държавни органи")
}

func TestSeed003AddressIsNoHeading(t *testing.T) {
	i := importSeed(t, "P6")
	i.is(content, "p", `Варненски свободен университет "Черноризец Храбър"`)
	i.is(content, "p", "гр. София 1592, бул. „Проф. Цветан Лазаров” № 2")
	i.isNot(content, "h2", "Категории лични данни и цели на обработването.")
}

func TestSeed004Homoglyphs(t *testing.T) {
	i := importSeed(t, "P7")
	for _, w := range []string{"NSО", "управљањa", "постаo", "EEП"} {
		i.found(content, source.FoundMixedScript, w)
	}
	if has(i.parts[content].Findings, source.FoundMixedScript, "NSO") {
		t.Error("the Latin NSO is fine")
	}
}

func TestSeed004LoneFullStop(t *testing.T) {
	found := source.ImportParts("sr-Cyrl", document(t, "004_94332712761c6e3a.txt"))[0].Findings
	if !slices.ContainsFunc(found, func(f source.Finding) bool {
		return f.Code == source.FoundStray && f.Line == 19 && f.Detail == "."
	}) {
		t.Errorf("%v", found)
	}
}

func TestSeed004DoubledStops(t *testing.T) {
	i := importSeed(t, "P7")
	i.found(content, source.FoundPunctuation, "а..")
	i.found(content, source.FoundPunctuation, ")..")
}

func TestSeed004Footnotes(t *testing.T) {
	i := importSeed(t, "P7")
	for _, n := range []string{"1", "2"} {
		if !strings.Contains(i.html[summary], `<a href="#fn-`+n+`" id="fnref-`+n+`">(`+n+`)</a>`) && !strings.Contains(i.html[summary], `<a id="fnref-`+n+`" href="#fn-`+n+`">(`+n+`)</a>`) {
			t.Errorf("no mark %s in %s", n, i.html[summary])
		}
		if !strings.Contains(i.html[content], `<li id="fn-`+n+`"><a href="#fnref-`+n+`">`+n+`.</a> `) {
			t.Errorf("no note %s", n)
		}
	}
	if strings.Contains(i.html[content], "fnref-1\">(1)") {
		t.Error("a paragraph of a law is no footnote mark")
	}
	i.found(content, source.FoundStray, "NSS")
}

func TestSeed004RepeatedSubheadings(t *testing.T) {
	i := importSeed(t, "P7")
	if n := len(i.all(content, "h2")); n != 9 {
		t.Errorf("%d sections", n)
	}
	if n := len(i.all(content, "h3")); n != 16 {
		t.Errorf("%d subheadings", n)
	}
	seen := map[string]bool{}
	for _, h := range markup.Contents(policy.SafeHTML(i.html[content])) {
		if seen[h.ID] {
			t.Errorf("id of %q twice", h.Text)
		}
		seen[h.ID] = true
	}
}

func TestSeed004LetteredItems(t *testing.T) {
	i := importSeed(t, "P7")
	i.is(content, "h4", "а) Обавезни подаци")
	i.is(content, "h4", "а) Обавезни подаци - доставља EACEA путем eTwinning.net-а")
	for _, l := range i.all(content, "li") {
		if strings.HasPrefix(l, "б) Техничке информације: Податке") {
			return
		}
	}
	t.Error("the lettered paragraph is no item")
}

func TestSeed004HardSpaces(t *testing.T) {
	doc := document(t, "004_94332712761c6e3a.txt")
	h := source.ImportParts("sr-Cyrl", doc)[0].HTML
	if n, m := strings.Count(doc, "\u00a0"), strings.Count(h, "\u00a0"); n != 41 || m != n {
		t.Errorf("%d of %d", m, n)
	}
}

func TestImportHTMLMovesHeadingsUnderThePage(t *testing.T) {
	h, err := source.ImportHTML(`<html><head><title>x</title></head><body><h1>A</h1><h2>B</h2><p>c</p></body></html>`)
	if err != nil || h != "<h2>A</h2><h3>B</h3><p>c</p>" {
		t.Errorf("%s %v", h, err)
	}
}

func FuzzImportParts(f *testing.F) {
	f.Add("1. A\n\nb (1)\n • c\n  • d\n\n 1. e\n")
	f.Add("Cookie name Purpose\n__a b\n\nc\nhttps://x.example/\n")
	f.Add("- a:\n*b\n*c\n- d")
	f.Fuzz(func(t *testing.T, src string) {
		h := source.ImportParts("en", src)[0].HTML
		if _, _, err := source.Sanitize(h); err != nil && len(h) < source.MaxText {
			t.Fatal(err)
		}
	})
}
