package download

import (
	"bufio"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"ltipolicy/policy/normal"
)

// csvTable writes RFC 4180 with quotes around every cell: programs that divide at semicolons or tabs would otherwise find
// a cell, and a formula, within a name. encoding/csv quotes only what commas need. What turns writing round is left out, as on
// pages; JSON and XML, which programs read, have it.
type csvTable struct{ w *bufio.Writer }

// newCSV starts with a byte order mark if asked for: without it Excel reads UTF-8 as something else.
func newCSV(w io.Writer, bom bool) (*csvTable, error) {
	if bom {
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return nil, err
		}
	}
	return &csvTable{bufio.NewWriter(w)}, nil
}

func (t *csvTable) Row(cells []any) error {
	for i, c := range cells {
		text := ""
		switch c := c.(type) {
		case string:
			text = inert(normal.Undirected(c))
		case time.Time:
			if !c.IsZero() {
				text = c.Format("2006-01-02 15:04:05")
			}
		}
		if i > 0 {
			t.w.WriteByte(',') //nolint:errcheck // sticky: the last write returns it
		}
		t.w.WriteByte('"')                                   //nolint:errcheck // sticky
		t.w.WriteString(strings.ReplaceAll(text, `"`, `""`)) //nolint:errcheck // sticky
		t.w.WriteByte('"')                                   //nolint:errcheck // sticky
	}
	_, err := t.w.WriteString("\r\n")
	return err
}

func (t *csvTable) End() error { return t.w.Flush() }

// inert keeps a spreadsheet from running a cell as a formula: people can call themselves what they like. The wide forms of
// those signs begin one, too, where a keyboard writes them.
func inert(s string) string {
	if first, _ := utf8.DecodeRuneInString(s); s != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + s
	}
	return s
}
