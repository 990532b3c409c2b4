package docx

import (
	"strconv"
	"strings"

	"ltipolicy/policy/markup"
)

// numeral is a number as Word writes it in a format; false if the format is not known, with its digits then.
func numeral(format string, n int) (string, bool) {
	switch format {
	case "decimal", "":
		return strconv.Itoa(n), true
	case "none":
		return "", true
	case "decimalZero":
		if n >= 0 && n < 10 {
			return "0" + strconv.Itoa(n), true
		}
		return strconv.Itoa(n), true
	case "lowerRoman":
		return markup.Numeral("i", n), true
	case "upperRoman":
		return markup.Numeral("I", n), true
	case "lowerLetter":
		return repeated("abcdefghijklmnopqrstuvwxyz", n), true
	case "upperLetter":
		return repeated("ABCDEFGHIJKLMNOPQRSTUVWXYZ", n), true
	case "russianLower":
		return repeated("абвгдежзиклмнопрстуфхцчшщыэюя", n), true
	case "russianUpper":
		return repeated("АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЫЭЮЯ", n), true
	case "chicago":
		return repeated("*†‡§", n), true
	case "hebrew2":
		return repeated("אבגדהוזחטיכלמנסעפצקרשת", n), true
	case "numberInDash":
		return "- " + strconv.Itoa(n) + " -", true
	case "ordinal":
		return ordinal(n), true
	case "decimalEnclosedCircle", "decimalEnclosedCircleChinese":
		if n >= 1 && n <= 20 {
			return string(rune('①' + n - 1)), true
		}
		return strconv.Itoa(n), true
	case "decimalFullWidth", "decimalFullWidth2":
		return strings.Map(func(r rune) rune { return r - '0' + '０' }, strconv.Itoa(n)), true
	}
	if zeros, ok := strings.CutPrefix(format, "custom:"); ok {
		return padded(zeros, n)
	}
	return strconv.Itoa(n), false
}

// repeated counts with letters as Word does: after the last one come two of the first, then two of the second.
func repeated(letters string, n int) string {
	r := []rune(letters)
	if n < 1 || n > len(r)*50 {
		return strconv.Itoa(n)
	}
	return strings.Repeat(string(r[(n-1)%len(r)]), (n-1)/len(r)+1)
}

// ordinal is the English form.
func ordinal(n int) string {
	end := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			end = "st"
		case 2:
			end = "nd"
		case 3:
			end = "rd"
		}
	}
	return strconv.Itoa(n) + end
}

// padded is a number in a format of its own, which is written as the first numbers that it has: 001, 002, ….
func padded(format string, n int) (string, bool) {
	first, _, _ := strings.Cut(format, ",")
	first = strings.TrimSpace(first)
	if v, err := strconv.Atoi(first); err != nil || v != 1 || len(first) > 12 {
		return greek(first, n)
	}
	s := strconv.Itoa(n)
	return strings.Repeat("0", max(0, len(first)-len(s))) + s, true
}

// greek are the letters of other alphabets that LibreOffice names so.
func greek(first string, n int) (string, bool) {
	switch first {
	case "α":
		return repeated("αβγδεζηθικλμνξοπρστυφχψω", n), true
	case "Α":
		return repeated("ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ", n), true
	case "а":
		return repeated("абвгдежзийклмнопрстуфхцчшщъьюя", n), true
	case "А":
		return repeated("АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЬЮЯ", n), true
	}
	return strconv.Itoa(n), false
}
