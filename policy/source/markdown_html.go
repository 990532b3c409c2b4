package source

import (
	"bytes"
	"html"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
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

var (
	endTag  = regexp.MustCompile(`</([A-Za-z][A-Za-z0-9-]*)\s*>`)
	openTag = regexp.MustCompile(`^<(/?)([A-Za-z][^\s/<>:]*)([^<>]*)>`)
	anyTag  = regexp.MustCompile(`^</?([A-Za-z][^\s/<>]*)`)
)

// longestTag is how far the end of a placeholder is looked for.
const longestTag = 2000

// unseen are the openings of what HTML does not show, with their ends.
var unseen = []struct{ open, end string }{{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}, {"<!", ">"}}

// rawHTML takes over the HTML within a Markdown text.
type rawHTML struct {
	closed map[string]bool // names of which the text has an end tag
	ends   map[string]int  // where the last end of each kind of what is unseen stands
}

func newRawHTML(src string) *rawHTML {
	r := &rawHTML{closed: map[string]bool{}, ends: map[string]int{}}
	for _, m := range endTag.FindAllStringSubmatch(src, -1) {
		r.closed[strings.ToLower(m[1])] = true
	}
	for _, u := range unseen {
		r.ends[u.end] = strings.LastIndex(src, u.end)
	}
	return r
}

// placeholder is what stands at the beginning of s in angle brackets and is no element of HTML.
func (r *rawHTML) placeholder(s string) string {
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
		if wordy[name] && !r.closed[name] {
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

// take is a piece of HTML without its comments and with placeholders as text.
func (r *rawHTML) take(s string, line int, t *tally) string {
	var b strings.Builder
	missing := map[string]bool{} // ends that do not come any more
	for at := strings.IndexByte(s, '<'); at >= 0; at = strings.IndexByte(s, '<') {
		b.WriteString(s[:at])
		line += strings.Count(s[:at], "\n")
		s = s[at:]
		took := 1
		switch name := anyTag.FindStringSubmatch(s[:min(len(s), longestTag)]); {
		case strings.HasPrefix(s, "<!") || strings.HasPrefix(s, "<?"):
			if n := comment(s, missing); n > 0 {
				took = n
				t.addWords(FoundComment, line, strings.Trim(s[:n], "<>!-?[] \t\n"))
				break
			}
			b.WriteString("&lt;")
		case name == nil:
			b.WriteString("<")
		default:
			p := r.placeholder(s)
			switch {
			case p != "":
				took = len(p)
				t.add(FoundPlaceholder, line, strings.Join(strings.Fields(p), " "))
				b.WriteString(html.EscapeString(p))
			case !elements[strings.ToLower(name[1])] && !openTag.MatchString(s[:min(len(s), longestTag)]) && !strings.Contains(name[1], ":"):
				b.WriteString("&lt;") // a tag without an end would take the rest of the text with it
			default:
				b.WriteString("<")
			}
		}
		line += strings.Count(s[:took], "\n")
		s = s[took:]
	}
	b.WriteString(s)
	return b.String()
}

// comment is how long the comment, or what browsers take for one, at the beginning of s is; 0 if it has no end.
func comment(s string, missing map[string]bool) int {
	for _, u := range unseen {
		if !strings.HasPrefix(s, u.open) {
			continue
		}
		if missing[u.end] {
			return 0
		}
		i := strings.Index(s[len(u.open):], u.end)
		if i < 0 {
			missing[u.end] = true
			return 0
		}
		return len(u.open) + i + len(u.end)
	}
	return 0
}

// htmlBlocks parses blocks of HTML, which begin with no placeholder and no comment without an end.
type htmlBlocks struct {
	parser.BlockParser
	raw *rawHTML
}

// Open is called by goldmark where a block may begin.
func (h htmlBlocks) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, segment := reader.PeekLine()
	s := string(bytes.TrimLeft(line, " \t"))
	if h.raw.placeholder(s) != "" {
		return nil, parser.NoChildren
	}
	for _, u := range unseen {
		if !strings.HasPrefix(s, u.open) {
			continue
		}
		if h.raw.ends[u.end] < segment.Start {
			return nil, parser.NoChildren
		}
		break
	}
	return h.BlockParser.Open(parent, reader, pc)
}
