package source

import (
	"regexp"
	"strings"

	"ltipolicy/policy/markup"
	"ltipolicy/policy/normal"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Normal is the normal form of a source of any format (package normal), with findings of what had to change. What an HTML
// source writes as entities is for [Sanitize], which does the same with what they stand for, and so are invisible characters
// beside elements and entities.
func Normal(src string) (string, []Finding) {
	var t tally
	t.asBrought(src)
	out, changes := normal.Markup(src)
	t.changed(changes, true)
	return out, t.findings()
}

var (
	// garbled is a word with a letter beyond ASCII as it looks when its bytes were read in the encoding of Windows.
	garbled = regexp.MustCompile(`\S*(?:[ÂÃÄÅÈÐÑØÙ][\x{80}-\x{BF}‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€[\x{80}-\x{BF}™œžšœ“”˜¦¢])\S*`)
	// mlang is the mark of a language in texts of Moodle.
	mlang = regexp.MustCompile(`(?i)\{\s*mlang(?:\s+[a-z0-9_,\s-]+)?\}`)
)

// asBrought finds what went wrong with a text before it came here. One garbled word may be a name or a jest; two are none.
func (t *tally) asBrought(src string) {
	type place struct {
		line int
		word string
	}
	var words []place
	n := 0
	for l := range strings.Lines(src) {
		n++
		for _, w := range garbled.FindAllString(l, -1) {
			words = append(words, place{n, w})
		}
		for _, m := range mlang.FindAllString(l, -1) {
			t.add(FoundMlang, n, m)
		}
	}
	for i := 0; len(words) > 1 && i < len(words); i++ {
		t.add(FoundGarbled, words[i].line, words[i].word)
	}
}

var normalKinds = map[normal.Kind]string{normal.Replaced: FoundControl, normal.Removed: FoundInvisible, normal.Composed: FoundComposed}

// normal brings s into its form and counts what changed, under its lines if those are lines of the source.
func (t *tally) normal(s string, lines bool) string {
	s, changes := normal.Text(s)
	t.changed(changes, lines)
	return s
}

func (t *tally) changed(changes []normal.Change, lines bool) {
	for _, c := range changes {
		if !lines {
			c.Line = 0
		}
		t.add(normalKinds[c.Kind], c.Line, c.What)
	}
}

// pieces are the pieces of text of a tree that stand in one line, each with what stands around it.
func pieces(root *html.Node) map[*html.Node]normal.Around {
	const far = 64 // bytes that matter to a character beside them
	around := map[*html.Node]normal.Around{}
	leftward := normal.Leftward(markup.TextOf(root))
	var line []*html.Node
	flush := func() {
		for i, n := range line {
			a := normal.Around{Leftward: leftward}
			for k := i - 1; k >= 0 && len(a.Before) < far; k-- {
				a.Before = line[k].Data[max(0, len(line[k].Data)-far):] + a.Before
			}
			for k := i + 1; k < len(line) && len(a.After) < far; k++ {
				a.After += line[k].Data[:min(len(line[k].Data), far)]
			}
			around[n] = a
		}
		line = nil
	}
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		apart := n.DataAtom == atom.Br || n.DataAtom == atom.Td || n.DataAtom == atom.Th || markup.Block(n)
		switch {
		case n.Type == html.TextNode && n.Data != "":
			line = append(line, n)
		case apart:
			flush()
		}
		for k := range n.ChildNodes() {
			walk(k)
		}
		if apart {
			flush()
		}
	}
	walk(root)
	flush()
	return around
}
