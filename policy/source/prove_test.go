package source_test

import (
	"strings"
	"testing"

	"ltipolicy/policy/source"
)

// TestImportsProveThemselves takes over what importers are known to drop, as policy load does.
func TestImportsProveThemselves(t *testing.T) {
	for _, c := range []struct{ name, format, src, want string }{
		{"words of a drawing", "html", `<p>a</p><svg><text>our promise</text></svg>`, "element_removed: svg\nwords_lost: our promise"},
		{"a page within", "html", `<p>a</p><iframe src="https://a.example/rules">b</iframe>`, "element_removed: iframe https://a.example/rules"},
		{"words to be filled in", "html", `<p>by <institution name></p>`, "element_removed: <institution name>"},
		{"a link to a place that is not there", "html", `<p><a href="#">top</a> <a href="#b">b</a></p>`, ""},
		{"letters of a browser from the right", "html", `<p>We do <bdo dir="rtl">ton</bdo></p>`, "words_lost: not\nwords_added: ton"},
		{"words of a form", "html", `<p>a</p><textarea>our promise</textarea>`, "words_lost: our promise"},
		{"a link to a page of Moodle", "html", `<p><a href="/mod/page/view.php?id=3">the rules</a></p>`, "link_removed: /mod/page/view.php?id=3"},
		{"an image without its bytes", "html", `<p>a</p><img src="https://a.example/plan.png" alt="our plan">`, "image_removed: our plan https://a.example/plan.png"},
		{"a page within, by its address", "html", `<p>a</p><iframe src="https://a.example/v" title="Our film"></iframe>`, "element_removed: iframe https://a.example/v Our film"},
		{"what nobody sees of Markdown", "md", "```json\n{}\n```\n\n[x](mailto:a@b.example \"Write to us\") <style>.q{color:red}</style>\n\n[y][1]\n\n[1]: https://c.example \"Title words\"", ""},
		{"nothing", "html", `<p>a <s>b</s></p><ol type="i"><li>c</li></ol><table><tr><th>d<td>e</table>`, ""},
		{"nothing of plain text", "txt", "1. Scope\n\nAll studen-\nților:\n\n– one;\n– two.", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := source.Policy{Slug: "p", Texts: []source.Text{{Lang: "en", Format: c.format, Name: "P", Content: c.src}}}
			_, found, err := p.Version(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, f := range found["en."+c.format] {
				if f.Loss() {
					said = append(said, f.Code+": "+f.Detail)
				}
			}
			if got := strings.Join(said, "\n"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTablesCopiedWithTabsStayTables(t *testing.T) {
	part := source.ImportParts("en", "What we keep:\n\nName\tPurpose\tExpiry\n_ga\tStatistics\t2 years\n_gid\t\t1 day\n\nThat is all.")[0]
	safe, _, err := source.Sanitize(part.HTML)
	if err != nil {
		t.Fatal(err)
	}
	want := `<table><thead><tr><th scope="col">Name</th><th scope="col">Purpose</th><th scope="col">Expiry</th></tr></thead><tbody>` +
		`<tr><th scope="row">_ga</th><td>Statistics</td><td>2 years</td></tr><tr><th scope="row">_gid</th><td></td><td>1 day</td></tr></tbody></table>`
	if !strings.Contains(string(safe), want) || !has(part.Findings, source.FoundTable, "Name | Purpose | Expiry") {
		t.Errorf("%s\n%v", safe, part.Findings)
	}
	// Tabs within a text that goes on are spaces.
	for _, prose := range []string{"We\tkeep\nyour\tdata for two years înv‐\nățământ", "One.\nWe\tkeep\nyour\tdata"} {
		if part := source.ImportParts("ro", prose)[0]; strings.Contains(part.HTML, "<table>") {
			t.Errorf("%q: %s", prose, part.HTML)
		}
	}
}
