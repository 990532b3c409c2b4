package download

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"time"
)

// jsonTable writes an array of objects whose names are those of the first row.
type jsonTable struct {
	w     *bufio.Writer
	names []string
	rows  int
}

func newJSON(w io.Writer) *jsonTable { return &jsonTable{w: bufio.NewWriter(w)} }

func (t *jsonTable) Row(cells []any) error {
	if t.names == nil {
		for _, c := range cells {
			name, ok := c.(string)
			if !ok {
				return errors.New("a heading that is no text")
			}
			b, err := json.Marshal(name)
			if err != nil {
				return err
			}
			t.names = append(t.names, string(b))
		}
		_, err := t.w.WriteString("[")
		return err
	}
	for i, c := range cells {
		start := ","
		switch {
		case i == 0 && t.rows == 0:
			start = "\n{"
		case i == 0:
			start = ",\n{"
		}
		if at, ok := c.(time.Time); ok && at.IsZero() {
			c = nil
		}
		b, err := json.Marshal(c)
		if err != nil {
			return err
		}
		t.w.WriteString(start + t.names[i] + ":") //nolint:errcheck // sticky: End returns it
		t.w.Write(b)                              //nolint:errcheck // sticky
	}
	t.rows++
	_, err := t.w.WriteString("}")
	return err
}

func (t *jsonTable) End() error {
	if _, err := t.w.WriteString("\n]\n"); err != nil {
		return err
	}
	return t.w.Flush()
}
