package download

import (
	"encoding/csv"
	"io"
	"strings"
	"time"
)

// csvTable writes RFC 4180.
type csvTable struct {
	w     *csv.Writer
	texts []string
}

// newCSV starts with a byte order mark if asked for: without it Excel reads UTF-8 as something else.
func newCSV(w io.Writer, bom bool) (*csvTable, error) {
	if bom {
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return nil, err
		}
	}
	t := &csvTable{w: csv.NewWriter(w)}
	t.w.UseCRLF = true
	return t, nil
}

func (t *csvTable) Row(cells []any) error {
	t.texts = t.texts[:0]
	for _, c := range cells {
		switch c := c.(type) {
		case string:
			t.texts = append(t.texts, inert(c))
		case time.Time:
			text := ""
			if !c.IsZero() {
				text = c.Format("2006-01-02 15:04:05")
			}
			t.texts = append(t.texts, text)
		}
	}
	return t.w.Write(t.texts)
}

func (t *csvTable) End() error {
	t.w.Flush()
	return t.w.Error()
}

// inert keeps a spreadsheet from running a cell as a formula: people can call themselves what they like.
func inert(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
