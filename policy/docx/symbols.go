package docx

import (
	"fmt"
	"strconv"
	"strings"

	"ltipolicy/policy/office"
)

// symbols is a text as a font shows it, if its letters are signs. What is not known becomes the sign for that.
func symbols(font, text string) string {
	return strings.Map(func(r rune) rune {
		sign, ok := office.Sign(font, r)
		switch {
		case ok && sign == 0:
			return '\uFFFD'
		case ok:
			return sign
		case r == 0xF0B7:
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
