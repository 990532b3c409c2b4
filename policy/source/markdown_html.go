package source

import (
	"bytes"
	"html"
	"regexp"
	"strings"

	"ltipolicy/policy/markup"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

var (
	endTag   = regexp.MustCompile(`</([A-Za-z][A-Za-z0-9-]*)\s*>`)
	wholeTag = regexp.MustCompile(`^</?[A-Za-z][^<>]*>`)
	anyTag   = regexp.MustCompile(`^</?([A-Za-z][^\s/<>]*)`)
)

// longestTag is how far the end of a tag is looked for, in bytes.
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
			p := markup.Placeholder(s, r.closed)
			switch {
			case p != "":
				took = len(p)
				t.add(FoundPlaceholder, line, strings.Join(strings.Fields(p), " "))
				b.WriteString(html.EscapeString(p))
			case !markup.IsElement(name[1]) && !wholeTag.MatchString(s[:min(len(s), longestTag)]) && !strings.Contains(name[1], ":"):
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
	if markup.Placeholder(s, h.raw.closed) != "" {
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
