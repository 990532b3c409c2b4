package office

import (
	"strings"

	"golang.org/x/net/html"
)

// signFonts are the fonts whose letters are signs, by the code of the sign.
var signFonts = map[string]map[rune]rune{
	"symbol": signs(
		0x20, " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼",
		0xA0, "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪",
		0xF1, "〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭",
	),
	"wingdings": signs(
		0x20, " ✏✂✁", 0x28, "☎✆✉", 0x36, "⌛⌨", 0x3F, "✍", 0x41, "✌", 0x43, "👍👎☜☞☝☟", 0x4A, "☺😐☹", 0x4E, "☠",
		0x51, "✈☼", 0x54, "❄", 0x56, "✞", 0x58, "✠✡☪☯", 0x5E, "♈♉♊♋♌♍♎♏♐♑♒♓", 0x6C, "●❍■□", 0x71, "❑❒⬧⧫◆❖⬥⌧",
		0x7A, "⌘❀✿❝❞", 0x80, "⓪①②③④⑤⑥⑦⑧⑨⑩⓿❶❷❸❹❺❻❼❽❾❿", 0x9E, "·•", 0xA1, "○", 0xA4, "◉◎", 0xA7, "▪◻", 0xAA, "✦★✶✴✹✵",
		0xB5, "✪✰", 0xD5, "⌫⌦", 0xD8, "➢", 0xDC, "➲", 0xDF, "←→↑↓↖↗↙↘", 0xE8, "➔", 0xEF, "⇦⇨⇧⇩", 0xFB, "✗✓☒☑",
	),
	"wingdings 2": signs(0x20, " ", 0x4F, "✗✓☒☑☒☒", 0x96, "•●", 0xA3, "□"),
	"wingdings 3": signs(0x20, " ", 0x7D, "▶"),
	"webdings":    signs(0x20, " ", 0x61, "✔", 0x63, "□", 0x67, "■", 0x72, "✖"),
}

// signs is a table from codes and the signs that begin there.
func signs(list ...any) map[rune]rune {
	all := map[rune]rune{}
	for i := 0; i+1 < len(list); i += 2 {
		at := rune(list[i].(int))
		for _, r := range list[i+1].(string) {
			all[at] = r
			at++
		}
	}
	return all
}

// Sign is what a letter shows in a font: ok if the letters of that font are signs and r is one of its letters, 0 if it is not
// known which.
func Sign(font string, r rune) (sign rune, ok bool) {
	table, ok := signFonts[strings.ToLower(font)]
	if !ok || (r <= 0x20 || r > 0xFF) && (r < 0xF020 || r > 0xF0FF) {
		return 0, false
	}
	return table[r&0xFF], true
}

// symbols gives letters of fonts such as Wingdings and Symbol the characters that they show: an arrow is no à, a ticked box no
// þ, an alpha no a. What is not known is reported.
func (d *doc) symbols(n *html.Node, font string) {
	for k := range n.ChildNodes() {
		switch {
		case k.Type == html.TextNode:
			k.Data = strings.Map(func(r rune) rune {
				sign, ok := Sign(font, r)
				switch {
				case !ok || blank(string(r)):
					return r
				case sign == 0:
					d.say(Lost, "font-family: "+font+": ", string(r))
					return r
				}
				return sign
			}, k.Data)
		case k.Type == html.ElementNode && !opaque(k):
			of := font
			if said := d.styles[k]["font-family"]; said != "" {
				first, _, _ := strings.Cut(said, ",")
				if of = strings.Trim(first, `"' `); of == "symbol" && d.styles[k]["mso-char-type"] != "symbol" {
					of = "" // browsers show letters in it, and Word marks those that are none
				}
			}
			d.symbols(k, of)
		}
	}
}
