package office

import (
	"strings"

	"golang.org/x/net/html"
)

// wingdings are what letters show in the font Wingdings: arrows and faces that Word puts for --> and :-), ticks, boxes.
var wingdings = map[rune]rune{
	'à': '→', 'ß': '←', 'á': '↑', 'â': '↓', 'ó': '↔', 'è': '➔', 'ð': '⇨', 'ï': '⇦', 'J': '☺', 'K': '😐', 'L': '☹',
	'ü': '✓', 'û': '✗', 'þ': '☑', 'ý': '☒', 'o': '☐', '¨': '☐', 'q': '❑', 'n': '■', 'l': '●', '§': '▪', 'Ø': '➢', 'v': '❖',
	'(': '☎', '*': '✉', '!': '✏', 'F': '☞', 'E': '☜', 'G': '☝', 'H': '☟', 'C': '👍', 'D': '👎', '\u00ab': '★',
}

// symbols gives letters of the font Wingdings the characters that they show: an arrow is no à, a ticked box no þ. What is not
// known is reported.
func (d *doc) symbols(n *html.Node, drawn bool) {
	for k := range n.ChildNodes() {
		switch {
		case k.Type == html.TextNode && drawn:
			k.Data = strings.Map(func(r rune) rune {
				if s, ok := wingdings[r]; ok {
					return s
				}
				if !blank(string(r)) {
					d.say(Lost, "font-family: wingdings: ", string(r))
				}
				return r
			}, k.Data)
		case k.Type == html.ElementNode && !opaque(k):
			in := drawn
			if font := d.styles[k]["font-family"]; font != "" {
				first, _, _ := strings.Cut(font, ",")
				in = strings.Trim(first, `"' `) == "wingdings"
			}
			d.symbols(k, in)
		}
	}
}
