package docx

import (
	"fmt"
	"strconv"
	"strings"

	"ltipolicy/policy/office"
)

// The fonts whose letters are signs, by the code of the sign.
var signFonts = map[string]map[rune]rune{
	"symbol": signs(
		0x20, " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼",
		0xA0, "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪",
		0xF1, "〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭",
	),
	"wingdings": signs(
		0x20, " ✏✂✁", 0x28, "☎✆✉", 0x36, "⌛⌨", 0x3F, "✍", 0x41, "✌", 0x45, "☜☞☝☟", 0x4A, "☺", 0x4C, "☹", 0x4E, "☠",
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

// symbols is a text as a font shows it, if its letters are signs. What is not known becomes the sign for that.
func symbols(font, text string) string {
	table, ok := signFonts[strings.ToLower(font)]
	return strings.Map(func(r rune) rune {
		private := r >= 0xF020 && r <= 0xF0FF
		switch {
		case ok && (private || r > 0x20 && r <= 0xFF):
			if sign := table[r&0xFF]; sign != 0 {
				return sign
			}
			return '\uFFFD'
		case private && r == 0xF0B7:
			return '•' // the usual bullet, where nothing says the font
		}
		return r
	}, text)
}

// symbolOf is the sign that stands in a text.
func symbolOf(n *node) string {
	return symbols(n.attr("w:font"), string(rune(hexadecimal(n.attr("w:char")))))
}

// symbol puts a sign.
func (l *line) symbol(n *node, k look, e letters) {
	e.font = ""
	l.put(symbolOf(n), k, e)
	if strings.ContainsRune(symbolOf(n), '\uFFFD') {
		l.say(office.Lost, "", fmt.Sprintf("%s %s", n.attr("w:font"), n.attr("w:char")))
	}
}

func hexadecimal(s string) int64 {
	n, err := strconv.ParseInt(s, 16, 32)
	if err != nil || n < 0 {
		return 0xFFFD
	}
	return n
}
