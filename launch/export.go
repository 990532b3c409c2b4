package launch

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"ltipolicy/launch/web"
	"ltipolicy/policy"
	"ltipolicy/templates"
)

// table is where the rows of a download go, one by one: nothing of them is kept.
type table interface {
	// row writes a line of texts and times. The zero time is an empty cell.
	row(cells []any) error
	// end writes what follows the last row.
	end() error
}

// exportCSV downloads what the filter shows as comma-separated values.
func (s *Server) exportCSV(w http.ResponseWriter, r *http.Request, c course) error {
	bom := r.URL.Query().Get("bom") == "1"
	return s.export(w, r, c, "csv", "text/csv; charset=utf-8", func(w io.Writer) (table, error) { return newCSV(w, bom) })
}

// exportXLSX downloads what the filter shows as an Excel workbook.
func (s *Server) exportXLSX(w http.ResponseWriter, r *http.Request, c course) error {
	const kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	return s.export(w, r, c, "xlsx", kind, func(w io.Writer) (table, error) { return newXLSX(w, s.Now()) })
}

// export writes the rows that the filter lets through, in the platform's order, while they are read: its memory
// does not depend on how many there are.
func (s *Server) export(w http.ResponseWriter, r *http.Request, c course, ending, kind string, open func(io.Writer) (table, error)) error {
	f := readFilter(r.URL.Query())
	addresses := r.URL.Query().Get("email") == "1"
	detail := f.query()
	detail.Set("format", ending)
	if addresses {
		detail.Set("email", "1")
	}
	if err := s.seen(r.Context(), c, "participants.download", detail.Encode()); err != nil {
		return err
	}
	base := s.Base(r, c.ses)
	out := newLate(w, kind, s.fileName(base, c)+"."+ending)
	var t table
	var l lens
	var cells []any
	rows := 0
	_, err := s.fold(r.Context(), c, func(roster *policy.Roster) error {
		if out.started {
			return errors.New("the list was replaced while it was sent")
		}
		out.buffer, l, rows = out.buffer[:0], f.through(roster), 0
		var err error
		if t, err = open(out); err != nil {
			return err
		}
		return t.row(s.heading(base, roster, l, addresses))
	}, func(row policy.RosterRow) error {
		if !l.concerns(row) || !l.matches(row) {
			return nil
		}
		rows++
		cells = l.cells(cells[:0], base, row, addresses)
		return t.row(cells)
	})
	return s.finish(r, out, t, rows, err)
}

// finish ends a download whose rows are written, or ended with err.
func (s *Server) finish(r *http.Request, out *late, t table, rows int, err error) error {
	if err == nil {
		err = t.end()
	}
	return s.ended(r, out, rows, err)
}

// ended is what follows the last byte of a download, or err.
func (s *Server) ended(r *http.Request, out *late, rows int, err error) error {
	if err == nil {
		err = out.flush()
	}
	web.Note(r.Context(), "rows", rows)
	if err != nil && out.started {
		// Half a list must not look like a whole one: the connection breaks.
		s.Log.Error("download broken off", "request", web.RequestID(r.Context()), "rows", rows, "error", err.Error())
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		return fmt.Errorf("writing the download: %w", err)
	}
	return nil
}

// heading is the first row.
func (s *Server) heading(base templates.Page, roster *policy.Roster, l lens, addresses bool) []any {
	cells := []any{base.T("download.family"), base.T("download.given")}
	if addresses {
		cells = append(cells, base.T("download.address"))
	}
	cells = append(cells, base.T("people.role"), base.T("people.status"))
	for _, i := range l.shown {
		name := s.readable(base.Locale, roster.Columns()[i].Version).Name
		cells = append(cells, name, base.T("download.when", "Name", name))
	}
	return cells
}

// cells are a participant's row, appended to cells.
func (l lens) cells(cells []any, base templates.Page, row policy.RosterRow, addresses bool) []any {
	given, family := calls(row.Participant)
	cells = append(cells, family, given)
	if addresses {
		cells = append(cells, row.Email)
	}
	role, status := "", templates.MarkAccepted
	if row.Teacher {
		role = base.T("people.teacher")
	}
	if !row.Complete {
		status = templates.MarkMissing
	}
	cells = append(cells, role, base.T(status.Key()))
	for _, i := range l.shown {
		text, when := "", time.Time{}
		if m := mark(row.Cells[i]); m != "" {
			text = base.T(m.Key())
		}
		if g := row.Cells[i].Given; g != nil {
			when = g.Time.UTC()
		}
		cells = append(cells, text, when)
	}
	return cells
}

// fileName is made of ASCII only, so that every system takes it.
func (s *Server) fileName(base templates.Page, c course) string {
	var b strings.Builder
	for _, r := range policy.Fold(c.Label) {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			b.WriteRune(r)
		} else if b.Len() > 0 {
			b.WriteByte('-')
		}
	}
	parts := []string{base.T("download.file"), strings.Trim(b.String(), "-"), s.Now().UTC().Format(time.DateOnly)}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "-")
}

// late holds the first bytes back, so that what fails early can still become a page.
type late struct {
	w        http.ResponseWriter
	kind     string // content type
	name     string // of the file
	patience time.Duration
	buffer   []byte
	started  bool
}

const (
	lateBuffer = 32 << 10
	// latePatience is how long a reader may take for each part of a download. The server bounds whole answers,
	// which on a slow line would end a long list in its middle.
	latePatience = time.Minute
)

func newLate(w http.ResponseWriter, kind, name string) *late {
	return &late{w: w, kind: kind, name: name, patience: latePatience}
}

func (l *late) Write(b []byte) (int, error) {
	l.buffer = append(l.buffer, b...)
	if len(l.buffer) < lateBuffer {
		return len(b), nil
	}
	return len(b), l.flush()
}

func (l *late) flush() error {
	if !l.started {
		l.started = true
		l.w.Header().Set("Content-Type", l.kind)
		l.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": l.name}))
	}
	until := time.Now().Add(l.patience) // the connection's time, whatever the tool's is
	if err := http.NewResponseController(l.w).SetWriteDeadline(until); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	_, err := l.w.Write(l.buffer)
	l.buffer = l.buffer[:0]
	return err
}

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

func (t *csvTable) row(cells []any) error {
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

func (t *csvTable) end() error {
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
