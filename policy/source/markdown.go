package source

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode"

	"ltipolicy/policy"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	renderhtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// urlRest is what follows the host of an address: letters of any script, and no sign that addresses do not have, such as
// quotation marks and the bracket of a note.
const urlRest = `(?:[/#?](?:['’;]*[^'’;\s\x{a0}<>"“”„«»‹›…\[\]{}|\\^` + "`" + `])*)?`

var (
	bareURL = regexp.MustCompile(`^(?:https?|ftp)://[-a-zA-Z0-9@:%._+~#=]{1,256}\.[a-z]+(?::\d+)?` + urlRest)
	bareWWW = regexp.MustCompile(`^www\.[-a-zA-Z0-9@:%._+~#=]{1,256}\.[a-z]+` + urlRest)
)

// ImportMarkdown makes HTML of CommonMark with tables, definition lists, footnotes, ids of headings and bare
// addresses as links. HTML within is taken over; like all the rest it has to go through [Sanitize]. Names such
// as __utma stay as they are, and so do the numbers of lists. What other readers of Markdown leave out is
// shown as text and found: link definitions that nothing uses, placeholders in angle brackets, notes without
// a mark. Comments go, with their text in the finding. What else was lost is for [Prove] to say. The error
// is of kind ErrInvalid.
func ImportMarkdown(src string) (string, []Finding, error) {
	if line := tangled(src); line > 0 {
		return "", nil, policy.E(policy.ErrInvalid, "policy.text_unreadable").Because(fmt.Errorf(
			"the paragraph at line %d has more than %d brackets that nothing closes: write \\[ where no link begins", line, mostOpen))
	}
	m := &markdown{raw: newRawHTML(src)}
	m.lines = append(m.lines, 0)
	for i, c := range []byte(src) {
		if c == '\n' {
			m.lines = append(m.lines, i+1)
		}
	}
	md := goldmark.New(
		goldmark.WithParser(parser.NewParser(
			parser.WithBlockParsers(m.blockParsers()...),
			parser.WithInlineParsers(parser.DefaultInlineParsers()...),
			parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
			parser.WithAttribute(), parser.WithAutoHeadingID(),
		)),
		goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignNone)),
			extension.NewLinkify(extension.WithLinkifyURLRegexp(bareURL), extension.WithLinkifyWWWRegexp(bareWWW)),
			extension.DefinitionList),
		goldmark.WithParserOptions(
			parser.WithInlineParsers(util.Prioritized(noteParser{m}, 101), util.Prioritized(strikeParser{extension.NewStrikethroughParser()}, 500)),
			parser.WithASTTransformers(util.Prioritized(m, 900)),
		),
		goldmark.WithRendererOptions(renderhtml.WithUnsafe(), renderer.WithNodeRenderers(util.Prioritized(m, 100), util.Prioritized(extension.NewStrikethroughHTMLRenderer(), 500))),
	)
	var b bytes.Buffer
	if err := md.Convert([]byte(src), &b, parser.WithContext(parser.NewContext(parser.WithIDs(slugs{})))); err != nil {
		return "", nil, policy.E(policy.ErrInvalid, "policy.text_unreadable").Because(fmt.Errorf("reading markdown: %w", err))
	}
	out, err := ImportHTML(b.String())
	return out, m.findings(), err
}

// markdown reads one text: it is the transformer of its tree and writes the nodes that are ours.
type markdown struct {
	tally
	raw   *rawHTML
	lines []int                                 // where each line begins
	kept  map[*ast.LinkReferenceDefinition]bool // definitions that are text
}

func (m *markdown) line(at int) int { return sort.SearchInts(m.lines, at+1) }

// blockParsers are those of CommonMark, with notes, and with placeholders at the beginning of a line as text.
func (m *markdown) blockParsers() []util.PrioritizedValue {
	list := parser.DefaultBlockParsers()
	for i, p := range list {
		if b, ok := p.Value.(parser.BlockParser); ok && bytes.Equal(b.Trigger(), []byte{'<'}) {
			list[i].Value = htmlBlocks{b, m.raw}
		}
	}
	return append(list, util.Prioritized(extension.NewFootnoteBlockParser(), 999))
}

// Transform is called by goldmark when the tree is whole.
func (m *markdown) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	used := map[string]bool{}
	var definitions []*ast.LinkReferenceDefinition
	walk(doc, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.Link:
			if n.Reference != nil {
				used[util.ToLinkReference(n.Reference.Value)] = true
			}
		case *ast.Image:
			if n.Reference != nil {
				used[util.ToLinkReference(n.Reference.Value)] = true
			}
		case *ast.LinkReferenceDefinition:
			definitions = append(definitions, n)
		case *ast.List:
			numbers(n, reader.Source())
		case *ast.Text:
			keepLine(n, reader.Source())
		}
	})
	m.kept = map[*ast.LinkReferenceDefinition]bool{}
	for _, d := range definitions {
		label := util.ToLinkReference(d.Label)
		if !used[label] {
			m.kept[d] = true
			m.add(FoundDefinition, m.line(d.Lines().At(0).Start), strings.Join(strings.Fields(string(d.Lines().Value(reader.Source()))), " "))
		}
		delete(used, label) // the first definition counts, another one is text
	}
	m.notes(doc, reader.Source())
}

// mostOpen is how many links a paragraph may begin and not end: to look for their ends takes goldmark the square of them.
const mostOpen = 1000

// tangled is the line of a paragraph in which more begin; 0 if there is none.
func tangled(src string) int {
	line := 1
	for block := range strings.SplitSeq(src, "\n\n") {
		if strings.Count(block, "](")-strings.Count(block, ")") > mostOpen || strings.Count(block, "[")-strings.Count(block, "]") > mostOpen {
			return line
		}
		line += strings.Count(block, "\n") + 2
	}
	return 0
}

// walk visits every node of a tree.
func walk(n ast.Node, visit func(ast.Node)) {
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // never fails: visit has no error
		if entering {
			visit(n)
		}
		return ast.WalkContinue, nil
	})
}

// itemLike is the beginning of a line that authors see as an item, and CommonMark as words of the line before.
var itemLike = regexp.MustCompile(`^(?:\p{L}|[ivxl]+|\d+(?:\.\d+)+)[.)][ \t]|^\((?:\p{L}|[ivxl]+|\d+)\)[ \t]|^\d+(?:\.\d+)+[ \t]`)

// keepLine keeps the line break before such a line.
func keepLine(t *ast.Text, src []byte) {
	if next, ok := t.NextSibling().(*ast.Text); ok && t.SoftLineBreak() && itemLike.Match(src[next.Segment.Start:]) {
		t.SetSoftLineBreak(false)
		t.SetHardLineBreak(true)
	}
}

// numbers keeps the numbers that the author gave to the items of a list. CommonMark counts on from the first;
// that is meant when all are the same.
func numbers(list *ast.List, src []byte) {
	if !list.IsOrdered() {
		return
	}
	same, said := true, []int{}
	for n := list.FirstChild(); n != nil; n = n.NextSibling() {
		at := n.Pos()
		if at < 0 || at > len(src) {
			return
		}
		end := at
		for end < len(src) && '0' <= src[end] && src[end] <= '9' {
			end++
		}
		i, err := strconv.Atoi(string(src[at:end]))
		if err != nil {
			return
		}
		said = append(said, i)
		same = same && i == said[0]
	}
	next := list.Start
	for n := list.FirstChild(); n != nil && !same; n = n.NextSibling() {
		if said[0] != next {
			n.SetAttributeString("value", []byte(strconv.Itoa(said[0])))
		}
		next, said = said[0]+1, said[1:]
	}
}

// RegisterFuncs is called by goldmark, which has no other way to learn who writes which node.
func (m *markdown) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindLinkReferenceDefinition, m.definition)
	r.Register(ast.KindHTMLBlock, m.htmlBlock)
	r.Register(ast.KindRawHTML, m.inlineHTML)
	r.Register(kindNoteMark, m.noteMark)
	r.Register(kindNoteList, m.noteList)
	r.Register(kindNote, m.note)
}

func (m *markdown) definition(w util.BufWriter, src []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if d, ok := n.(*ast.LinkReferenceDefinition); ok && entering && m.kept[d] {
		put(w, "<p>", string(util.EscapeHTML(d.Lines().Value(src))), "</p>\n")
	}
	return ast.WalkSkipChildren, nil
}

func (m *markdown) htmlBlock(w util.BufWriter, src []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	b, ok := n.(*ast.HTMLBlock)
	if !ok || !entering {
		return ast.WalkContinue, nil
	}
	lines := slices.Clone(b.Lines().Sliced(0, b.Lines().Len()))
	if b.HasClosure() {
		lines = append(lines, b.ClosureLine)
	}
	m.takeHTML(w, src, lines)
	return ast.WalkContinue, nil
}

func (m *markdown) inlineHTML(w util.BufWriter, src []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if raw, ok := n.(*ast.RawHTML); ok && entering {
		m.takeHTML(w, src, raw.Segments.Sliced(0, raw.Segments.Len()))
	}
	return ast.WalkSkipChildren, nil
}

func (m *markdown) takeHTML(w util.BufWriter, src []byte, lines []text.Segment) {
	if len(lines) == 0 {
		return
	}
	var b strings.Builder
	for _, s := range lines {
		b.Write(s.Value(src))
	}
	put(w, m.raw.take(b.String(), m.line(lines[0].Start), &m.tally))
}

// slugs gives headings the names by which authors link to them, as GitHub and most editors do: small letters, hyphens for
// spaces, no other signs, and numbers for what is there already.
type slugs map[string]int

// Generate is called by goldmark for a heading that has no id.
func (s slugs) Generate(value []byte, _ ast.NodeKind) []byte {
	name := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r), r == '-', r == '_':
			return unicode.ToLower(r)
		case r == ' ':
			return '-'
		}
		return -1
	}, strings.TrimSpace(string(value)))
	n := s[name]
	s[name] = n + 1
	if n > 0 {
		name += "-" + strconv.Itoa(n)
	}
	return []byte(name)
}

// Put is called by goldmark for an id that a heading has.
func (s slugs) Put(value []byte) { s[string(value)]++ }

// strikeParser strikes out between two tildes on either side. One is none: H~2~O is lowered in some Markdowns, and struck
// out in others.
type strikeParser struct{ parser.InlineParser }

// Parse is called by goldmark at every tilde.
func (p strikeParser) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	if line, _ := block.PeekLine(); len(line) < 2 || line[1] != '~' {
		return nil
	}
	return p.InlineParser.Parse(parent, block, pc)
}

// put writes to a buffer in memory.
func put(w util.BufWriter, s ...string) {
	for _, p := range s {
		_, _ = w.WriteString(p)
	}
}
