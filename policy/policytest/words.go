package policytest

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Unsaid holds what a reader of a document was to see against the HTML that was made of it, and says what is wrong.
// words are those of the document in their order, with the numbers of its lists, and below a line --- what the
// document hides, a line each. removed and shown are what is reported: of what the result does not have, and of the
// rest. A word that the result lacks must be among the removed, one that it has besides among the shown ones, and what
// is hidden must be removed. It has rules of its own, so that tests do not share the faults of what they test.
func Unsaid(words, result string, removed, shown []string) ([]string, error) {
	root, err := html.Parse(strings.NewReader(result))
	if err != nil {
		return nil, fmt.Errorf("parsing a result: %w", err)
	}
	seen := &page{}
	seen.read(root)
	visible, hidden, _ := strings.Cut("\n"+words, "\n---\n")
	lost, added := differ(strings.Fields(visible), strings.Fields(seen.String()))
	gone, there := strings.Join(removed, " "), strings.Join(shown, " ")
	var wrong []string
	for _, w := range lost {
		if !strings.Contains(gone, w) {
			wrong = append(wrong, "lost: "+w)
		}
	}
	for _, w := range added {
		if !strings.Contains(there, w) {
			wrong = append(wrong, "new: "+w)
		}
	}
	for l := range strings.Lines(hidden) {
		if l = strings.TrimSpace(l); !strings.Contains(gone, l) {
			wrong = append(wrong, "hidden and not reported: "+l)
		}
	}
	return wrong, nil
}

// page is what is seen of a page, a block a line.
type page struct{ strings.Builder }

func (p *page) read(n *html.Node) {
	if n.Type == html.TextNode {
		p.WriteString(n.Data)
	}
	block := blocks[n.DataAtom]
	if block {
		p.WriteByte('\n')
	}
	number := 1
	if v, err := strconv.Atoi(attr(n, "start")); err == nil {
		number = v
	}
	for k := range n.ChildNodes() {
		if k.DataAtom == atom.Li && n.DataAtom == atom.Ol {
			if v, err := strconv.Atoi(attr(k, "value")); err == nil {
				number = v
			}
			p.WriteString("\n" + numeral(attr(n, "type"), number) + ". ")
			number++
		}
		p.read(k)
	}
	if block {
		p.WriteByte('\n')
	}
}

var blocks = map[atom.Atom]bool{
	atom.P: true, atom.Div: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Ul: true, atom.Ol: true,
	atom.Li: true, atom.Table: true, atom.Caption: true, atom.Tr: true, atom.Td: true, atom.Th: true, atom.Br: true, atom.Hr: true,
	atom.Pre: true, atom.Blockquote: true, atom.Dl: true, atom.Dt: true, atom.Dd: true,
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// numeral is a number up to 26 as a browser writes it before an item.
func numeral(kind string, n int) string {
	const small = " i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx xxi xxii xxiii xxiv xxv xxvi"
	roman := strings.Split(small, " ")
	switch {
	case n < 1 || n > 26 || kind == "" || kind == "1":
		return strconv.Itoa(n)
	case strings.EqualFold(kind, "i"):
		return strings.Map(func(r rune) rune { return r - ('i' - rune(kind[0])) }, roman[n])
	default:
		return string(rune(kind[0]) + rune(n-1))
	}
}

// differ is what only one of two rows of words has, along the longest row that both have.
func differ(a, b []string) (onlyA, onlyB []string) {
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if common[i][j] = max(common[i+1][j], common[i][j+1]); a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			i, j = i+1, j+1
		case common[i+1][j] >= common[i][j+1]:
			onlyA = append(onlyA, a[i])
			i++
		default:
			onlyB = append(onlyB, b[j])
			j++
		}
	}
	return append(onlyA, a[i:]...), append(onlyB, b[j:]...)
}
