package download

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// xmlTable writes a document with an element a person and in it one a value, named as the first row says. Its
// form is described in docs/report.md.
type xmlTable struct {
	w     *bufio.Writer
	names []string
}

// newXML writes everything before the first person.
func newXML(w io.Writer) (*xmlTable, error) {
	t := &xmlTable{w: bufio.NewWriter(w)}
	_, err := t.w.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<acceptances>\n")
	return t, err
}

func (t *xmlTable) Row(cells []any) error {
	if t.names == nil {
		for _, c := range cells {
			name, ok := c.(string)
			if !ok {
				return errors.New("a heading that is no text")
			}
			t.names = append(t.names, name)
		}
		return nil
	}
	t.w.WriteString("<person>") //nolint:errcheck // sticky: End returns it
	for i, c := range cells {
		t.w.WriteString(`<value name="`) //nolint:errcheck // sticky
		writeXML(t.w, t.names[i], -1)
		switch c := c.(type) {
		case string:
			t.w.WriteString(`">`) //nolint:errcheck // sticky
			writeXML(t.w, c, -1)
		case time.Time:
			t.w.WriteString(`" type="time">`) //nolint:errcheck // sticky
			if !c.IsZero() {
				t.w.WriteString(c.Format(time.RFC3339Nano)) //nolint:errcheck // sticky
			}
		}
		t.w.WriteString("</value>") //nolint:errcheck // sticky
	}
	_, err := t.w.WriteString("</person>\n")
	return err
}

func (t *xmlTable) End() error {
	if _, err := t.w.WriteString("</acceptances>\n"); err != nil {
		return err
	}
	return t.w.Flush()
}

// writeXML writes a text into an element or between double quotes, most characters of it, all if that is
// negative. What is no character of XML 1.0 is left out: no way of writing it is allowed. An error of the writer
// stays in it.
func writeXML(w *bufio.Writer, s string, most int) {
	if most >= 0 && len(s) > most {
		n := 0
		for i := range s {
			if n++; n > most {
				s = s[:i]
				break
			}
		}
	}
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	done := 0
	for i, r := range s {
		out := ""
		switch {
		case r == '&':
			out = "&amp;"
		case r == '<':
			out = "&lt;"
		case r == '>':
			out = "&gt;"
		case r == '"':
			out = "&#34;"
		case r == '\t': // these three would be read as something else
			out = "&#9;"
		case r == '\n':
			out = "&#10;"
		case r == '\r':
			out = "&#13;"
		case r < ' ' || r == 0xfffe || r == 0xffff:
		default:
			continue
		}
		w.WriteString(s[done:i]) //nolint:errcheck // sticky
		w.WriteString(out)       //nolint:errcheck // sticky
		done = i + utf8.RuneLen(r)
	}
	w.WriteString(s[done:]) //nolint:errcheck // sticky
}
