package source

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"ltipolicy/policy"
	"ltipolicy/policy/normal"
)

// unmarked is a file's text with line feeds as its only line ends and without a byte order mark, which nobody sees. A
// file of another encoding is an error that names it.
func unmarked(where string, raw []byte) (string, error) {
	utf16 := bytes.HasPrefix(raw, []byte("\xff\xfe")) || bytes.HasPrefix(raw, []byte("\xfe\xff")) || len(raw) > 1 && (raw[0] == 0) != (raw[1] == 0)
	switch {
	case len(raw) == 0:
		return "", fileError(where, 0, "the file is empty")
	case utf16:
		return "", fileError(where, 0, `the file is UTF-16, which Windows calls "Unicode": save it as UTF-8`)
	case bytes.HasPrefix(raw, []byte("PK\x03\x04")):
		return "", fileError(where, 0, "the file is no text but a document of another program: call it by its own name, such as policy.docx, and name that in a text file (document: policy.docx)")
	case bytes.HasPrefix(raw, []byte("%PDF-")):
		return "", fileError(where, 0, "the file is no text but a document of another program: save it there as text or HTML")
	case !utf8.Valid(raw):
		return "", fileError(where, brokenLine(raw), "the file is not UTF-8: save it as UTF-8")
	}
	return strings.TrimPrefix(lineFeeds.Replace(string(raw)), "\ufeff"), nil
}

// lineFeeds makes line feeds of the line ends of Windows and of old Macs.
var lineFeeds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// brokenLine is the line of the first byte that is not UTF-8.
func brokenLine(raw []byte) int {
	line := 1
	for len(raw) > 0 {
		r, n := utf8.DecodeRune(raw)
		if r == utf8.RuneError && n == 1 {
			break
		}
		if r == '\n' {
			line++
		}
		raw = raw[n:]
	}
	return line
}

// readSettings reads the lines between the first two fences. rest is what follows, and next the number of its first line.
func readSettings(where, src string) (keys map[string]string, rest string, next int, err error) {
	first, src, _ := strings.Cut(src, "\n")
	if !isFence(first) {
		return nil, "", 0, fileError(where, 1, "the first line is not "+fence+unlike(first, fence))
	}
	keys = map[string]string{}
	for n := 2; ; n++ {
		line, rest, ok := strings.Cut(src, "\n")
		if isFence(line) {
			return keys, rest, n + 1, nil
		}
		if src = rest; !ok {
			return nil, "", 0, fileError(where, n, "the settings do not end with "+fence)
		}
		if err := readSetting(where, n, line, keys); err != nil {
			return nil, "", 0, err
		}
	}
}

// isFence reports whether a reader sees a line as the fence.
func isFence(line string) bool { return normal.Line(line) == fence }

func readSetting(where string, n int, line string, keys map[string]string) error {
	if normal.Line(line) == "" {
		return nil
	}
	key, val, ok := strings.Cut(line, ":")
	key, val = normal.Line(key), normal.Line(val)
	_, twice := keys[key]
	known := func(key string) bool {
		return key == "name" || key == "lang" || key == "document" || slices.Contains(settings, key)
	}
	switch small := strings.ToLower(key); {
	case !ok && strings.ContainsRune(line, '：'):
		return fileError(where, n, "a setting is written key: value, with the colon of a keyboard, not ： (U+FF1A)")
	case !ok || key == "":
		return fileError(where, n, "a setting is written key: value"+unlike(line, fence))
	case twice:
		return fileError(where, n, "the setting "+key+" stands there twice")
	case !known(key) && known(small):
		return fileError(where, n, fmt.Sprintf("there is no setting %s: it is written %s", key, small))
	case !known(key):
		return fileError(where, n, "there is no setting "+key)
	}
	keys[key] = val
	return fits(where, n, key, val)
}

// readTexts reads summary and content, which begin at line n.
func readTexts(where string, n int, src string) (summary, content string, err error) {
	first, src, _ := strings.Cut(src, "\n")
	if !isMark(first, summaryLine) {
		return "", "", fileError(where, n, "here must stand "+summaryLine+unlike(first, summaryLine))
	}
	near, at := "", 0
	for rest, end := src, 0; ; {
		line, more, ok := strings.Cut(rest, "\n")
		n++
		switch {
		case isMark(line, contentLine):
			return strings.TrimSuffix(src[:end], "\n"), strings.TrimSuffix(more, "\n"), nil
		case !ok:
			return "", "", fileError(where, at, "there is no line "+contentLine+near)
		case near == "":
			if near = unlike(line, contentLine); near != "" {
				at = n
			}
		}
		rest, end = more, end+len(line)+1
	}
}

// isMark reports whether a line is a mark between texts. White space after it, which nobody sees, does not count.
func isMark(line, mark string) bool { return strings.TrimRightFunc(line, unicode.IsSpace) == mark }

// unlike says why a line that is meant to be a mark is none, to follow a sentence; empty if it is not meant so.
func unlike(line, mark string) string {
	plain := normal.Line(line)
	var other []rune
	hyphens := strings.Map(func(r rune) rune {
		if r != '-' && (unicode.Is(unicode.Pd, r) || r == '−') {
			other = append(other, r)
			return '-'
		}
		return r
	}, plain)
	switch squeezed := squeeze(hyphens); {
	case plain == "" && mark == fence:
		return ": it is empty"
	case squeezed != squeeze(mark):
		return ""
	case len(other) > 0:
		return fmt.Sprintf(": the line has a dash %c (U+%04X), write hyphens as on the keyboard", other[0], other[0])
	}
	return fmt.Sprintf(": the line is written %q", line)
}

// squeeze leaves of a mark only what tells which one was meant: one hyphen for several, no spaces, small letters.
func squeeze(s string) string {
	var b strings.Builder
	last := rune(0)
	for _, r := range strings.ToLower(s) {
		if !unicode.IsSpace(r) && (r != '-' || last != '-') {
			b.WriteRune(r)
			last = r
		}
	}
	return b.String()
}

// limits are how many characters a setting may have.
var limits = map[string]int{
	"name": policy.MaxName, "revision": policy.MaxRevision, "change-note": policy.MaxChangeNote, "contact": policy.MaxContact,
}

// fits refuses a setting that is too long to be kept, so that a folder fails before anything of it is stored.
func fits(where string, line int, key, val string) error {
	limit, bounded := limits[key]
	if n := utf8.RuneCountInString(val); bounded && n > limit {
		return fileError(where, line, fmt.Sprintf("%s has %d characters, and at most %d are kept: shorten it", key, n, limit))
	}
	return nil
}

// inCalendar reports whether a database can keep the moment: all of them have the years of four digits.
func inCalendar(t time.Time) bool { return t.Year() >= 1000 && t.Year() <= 9999 }
