package markup

import (
	"regexp"
	"strings"
)

// elements are the names of HTML's elements, with those of old and of SVG and MathML that texts bring along.
// Whatever else stands in angle brackets is a placeholder.
var elements = set(`a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink
	blockquote body br button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir
	div dl dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup
	hr html i iframe img input ins kbd label legend li link main map mark marquee math menu meta meter nav nobr noembed
	noframes noscript object ol optgroup option output p param picture plaintext pre progress q rb rp rt rtc ruby s samp
	script search section select slot small source span strike strong style sub summary sup svg table tbody td template
	textarea tfoot th thead time title tr track tt u ul var video wbr xmp
	circle clippath defs ellipse filter foreignobject g image line lineargradient mask path pattern polygon polyline
	radialgradient rect stop symbol text tspan use mfrac mi mn mo mrow msqrt mstyle msub msup mtable mtd mtext mtr`)

// wordy are the elements whose names are words: alone, without attributes and never closed, one is a placeholder.
var wordy = set(`address area article aside base button caption cite code data details dialog figure footer form frame
	header image input label legend line link main map mark menu meta meter object option output param path pattern
	picture progress search section select source summary symbol table template text time title track video`)

// valueless are the attributes that stand without a value.
var valueless = set(`allowfullscreen async autofocus autoplay border checked class compact controls default defer
	disabled download hidden href id inert ismap itemscope loop multiple muted name nohref noshade novalidate nowrap
	open readonly required reversed selected style title alt`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

var openTag = regexp.MustCompile(`^<(/?)([A-Za-z][^\s/<>:]*)([^<>]*)>`)

// longestTag is how far the end of a placeholder is looked for, in bytes.
const longestTag = 2000

// IsElement reports whether HTML has an element of that name, or had one.
func IsElement(name string) bool { return elements[strings.ToLower(name)] }

// IsWord reports whether an element's name is a word that may stand for something to be filled in.
func IsWord(name string) bool { return wordy[strings.ToLower(name)] }

// Placeholder is what stands at the beginning of s in angle brackets and is no element of HTML.
func Placeholder(s string, closed map[string]bool) string {
	m := openTag.FindStringSubmatch(s[:min(len(s), longestTag)])
	if m == nil {
		return ""
	}
	name, attrs := strings.ToLower(m[2]), strings.Trim(m[3], "/ \t\n")
	switch {
	case strings.Contains(attrs, "=") || strings.HasPrefix(attrs, ":"):
		return ""
	case !elements[name]:
		return m[0]
	case m[1] == "/":
		return ""
	case attrs == "":
		if wordy[name] && !closed[name] {
			return m[0]
		}
		return ""
	}
	for a := range strings.FieldsSeq(strings.ToLower(attrs)) {
		if !valueless[a] {
			return m[0]
		}
	}
	return ""
}
