package source_test

import (
	"context"
	"flag"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/policy/markup"
	"ltipolicy/policy/source"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// form is a format of texts, or a program that writes it in its own way.
type form struct {
	format string // as files end
	can    ability
	labels labels
	write  func(*writing) string
}

// office is what office programs can say.
var office = ability{style: anyStyle &^ code, types: true, multi: false, cells: true, spans: true, tables: true, breaks: true, links: true, notes: true}

var forms = map[string]form{
	"HTML": {"html", ability{style: anyStyle, types: true, values: true, multi: true, cells: true, again: true, rules: true, verses: true, groups: true, bare: true, hidden: true, anywhere: true,
		heads: true, spans: true, quotes: true, defs: true, tables: true, breaks: true, links: true, notes: true}, labels{"%", "%", false, false}, writeEditor},
	"Markdown": {"md", ability{style: anyStyle, values: true, multi: true, again: true, rules: true, verses: true, hidden: true, anywhere: true,
		heads: true, oneHead: true, quotes: true, defs: true, tables: true, breaks: true, links: true, notes: true, autolink: true}, labels{"%", "%", false, false}, writeMarkdown},
	"Pandoc": {"html", ability{style: anyStyle &^ underlined, types: true, values: true, multi: true, rules: true, verses: true, anywhere: true, heads: true, quotes: true, defs: true,
		tables: true, breaks: true, links: true, notes: true}, labels{"%", "↩︎", true, false}, writePandoc},
	"Word filtered":      {"html", office.with(func(c *ability) { c.forms, c.values, c.style = true, true, c.style&^(lowered|raised) }), labels{"[%]", "[%]", false, true}, writeWordFiltered},
	"LibreOffice":        {"html", office.with(func(c *ability) { c.heads, c.defs, c.hidden = true, true, true }), labels{"%", "%", false, true}, writeLibre},
	"Word":               {"html", office.with(func(c *ability) { c.forms, c.values, c.hidden, c.numbered = true, true, true, true }), labels{"[%]", "[%]", false, true}, writeWord},
	"Word pasted":        {"html", office.with(func(c *ability) { c.forms, c.values, c.hidden, c.numbered = true, true, true, true }), labels{"[%]", "[%]", false, true}, writeWordPaste},
	"Google Docs":        {"html", office.with(func(c *ability) { c.forms = true }), labels{"[%]", "[%]", false, false}, writeGoogle},
	"Google Docs pasted": {"html", office.with(func(c *ability) { c.notes = false }), labels{}, writeGooglePaste},
}

func (c ability) with(more func(*ability)) ability {
	more(&c)
	return c
}

// loaded is what policy load makes of a text.
func loaded(t rapid.TB, format, src string) (policy.SafeHTML, []source.Finding) {
	p := source.Policy{Slug: "rules", Settings: policy.Version{Type: policy.TypeOther, Kind: policy.Agree}, Texts: []source.Text{{Lang: "ro", Name: "Reguli", Format: format, Content: src}}}
	v, found, err := p.Version(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return v.Texts[0].Content, found["ro."+format]
}

// saved is what a text is after policy save and policy load.
func saved(t rapid.TB, safe policy.SafeHTML) policy.SafeHTML {
	p := source.Policy{Slug: "rules", Settings: policy.Version{Type: policy.TypeOther, Kind: policy.Agree}, Texts: []source.Text{{Lang: "ro", Name: "Reguli", Format: "html", Content: string(safe)}}}
	files, err := p.Files()
	if err != nil {
		t.Fatal(err)
	}
	back, err := source.New("rules", files)
	if err != nil {
		t.Fatal(err)
	}
	v, _, err := back.Version(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return v.Texts[0].Content
}

// TestDocumentsSayTheSameInEveryFormat writes random documents as programs and authors do, takes them over, and reads
// them: the same words in the same order, none more, with the same marks, numbers of lists, targets of links, cells, and
// notes that lead to their marks and back. What was made settles, and is the same after it was saved and loaded.
//
// LTIPOLICY_TEST_DOCUMENTS=1h goes on for an hour; -rapid.checks=1000 tries so many of each format, and the line that a
// failure prints plays it again.
func TestDocumentsSayTheSameInEveryFormat(t *testing.T) {
	for name, f := range forms {
		t.Run(name, func(t *testing.T) { forLong(t, func(r *rapid.T) { sameInFormat(r, f) }) })
	}
}

func sameInFormat(r *rapid.T, f form) {
	doc := drawDocument(r, f.can)
	src := f.write(doc)
	if rapid.Bool().Draw(r, "Windows") {
		src = strings.ReplaceAll(src, "\n", "\r\n")
	}
	safe, found := loaded(r, f.format, src)
	if d := cmp.Diff(doc.meant(f.can, f.labels), shown(r, string(safe))); d != "" {
		r.Fatalf("%s\nof\n%s\nwhich became\n%s\n%v", d, src, safe, found)
	}
	doc.pieces(func(p *piece) {
		if p.hidden && !slices.ContainsFunc(found, func(f source.Finding) bool { return strings.Contains(f.Detail, p.words) }) {
			r.Fatalf("nothing says that %s is hidden in\n%s\n%v", p.words, src, found)
		}
	})
	for _, o := range found {
		if slices.Contains([]string{source.FoundWordsLost, source.FoundWordsAdded, source.FoundWordsMoved, source.FoundMark}, o.Code) {
			r.Fatalf("nothing is lost, but it is said: %v\nof\n%s\nwhich became\n%s", o, src, safe)
		}
	}
	settled(r, safe)
}

// settled holds a text to staying as it is when it is taken again, and after it was saved and loaded; and its words, copied
// out of a page, to being taken over as they are.
func settled(r *rapid.T, safe policy.SafeHTML) {
	copied := markup.PlainText(safe)
	if again, _ := loaded(r, "txt", copied); !slices.Equal(plainWords(copied), plainWords(markup.PlainText(again))) {
		r.Fatalf("copied: %s", cmp.Diff(plainWords(copied), plainWords(markup.PlainText(again))))
	}
	if again, _ := loaded(r, "html", string(safe)); again != safe {
		r.Fatalf("taken again: %s", cmp.Diff(string(safe), string(again)))
	}
	if again := saved(r, safe); again != safe {
		r.Fatalf("saved and loaded: %s", cmp.Diff(string(safe), string(again)))
	}
}

// fewDocuments and theseDocuments are how many documents are written, and their seed, where nobody asks for others.
const fewDocuments, theseDocuments = "40", "20261201"

// forLong checks a property as often as rapid says, and again until the time is over that the environment gives. Where
// nobody says anything, the documents are the same in each run.
func forLong(t *testing.T, property func(*rapid.T)) {
	t.Helper()
	checks, seed := flag.Lookup("rapid.checks"), flag.Lookup("rapid.seed")
	if os.Getenv("LTIPOLICY_TEST_DOCUMENTS") == "" && checks.Value.String() == checks.DefValue && seed.Value.String() == seed.DefValue {
		for f, value := range map[*flag.Flag]string{checks: fewDocuments, seed: theseDocuments} {
			if err := f.Value.Set(value); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { f.Value.Set(f.DefValue) }) //nolint:errcheck // it was that before
		}
	}
	var n atomic.Int64
	counted := func(r *rapid.T) {
		n.Add(1)
		property(r)
	}
	var long time.Duration
	if v := os.Getenv("LTIPOLICY_TEST_DOCUMENTS"); v != "" {
		var err error
		if long, err = time.ParseDuration(v); err != nil {
			t.Fatal(err)
		}
	}
	long /= time.Duration(len(forms) + 1) // and plain text
	for begun := time.Now(); ; {
		rapid.Check(t, counted)
		if t.Failed() || time.Since(begun) >= long {
			break
		}
	}
	t.Log(n.Load(), "documents")
}
