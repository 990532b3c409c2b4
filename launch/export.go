package launch

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"ltipolicy/launch/download"
	"ltipolicy/launch/web"
	"ltipolicy/policy"
	"ltipolicy/templates"
)

// exportCSV downloads what the filter shows as comma-separated values.
func (t *teacher) exportCSV(w http.ResponseWriter, r *http.Request, c course) error {
	return t.export(w, r, c, download.CSV(r.URL.Query().Get("bom") == "1"))
}

// exportXLSX downloads what the filter shows as an Excel workbook.
func (t *teacher) exportXLSX(w http.ResponseWriter, r *http.Request, c course) error {
	return t.export(w, r, c, download.XLSX(t.Now()))
}

// export writes the rows that the filter lets through, in the platform's order, while they are read: its memory
// does not depend on how many there are.
func (t *teacher) export(w http.ResponseWriter, r *http.Request, c course, format download.Format) error {
	f := c.filter(r)
	addresses := r.URL.Query().Get("email") == "1" && c.ses.Addresses
	detail := f.query()
	detail.Set("format", format.Ending)
	if addresses {
		detail.Set("email", "1")
	}
	if err := t.seen(r.Context(), c, "participants.download", detail.Encode()); err != nil {
		return err
	}
	base := t.Base(r, c.ses)
	out := format.File(w, t.fileName(base, c))
	var table download.Table
	var l lens
	var cells []any
	rows := 0
	_, err := t.fold(r.Context(), c, func(roster *policy.Roster) error {
		if !out.Again() {
			return errors.New("the list was replaced while it was sent")
		}
		l, rows = f.through(roster, t.Now()), 0
		var err error
		if table, err = format.Open(out); err != nil {
			return err
		}
		return table.Row(t.heading(base, roster, l, addresses))
	}, func(row policy.RosterRow) error {
		if !l.concerns(row) || !l.matches(row) {
			return nil
		}
		rows++
		cells = l.cells(cells[:0], base, row, addresses)
		return table.Row(cells)
	})
	if err == nil {
		err = out.End(table)
	}
	return t.Sent(r, out.Begun(), rows, err)
}

// heading is the first row.
func (t *teacher) heading(base templates.Page, roster *policy.Roster, l lens, addresses bool) []any {
	cells := []any{base.T("download.family"), base.T("download.given")}
	if addresses {
		cells = append(cells, base.T("download.address"))
	}
	cells = append(cells, base.T("people.role"), base.T("people.status"))
	for _, i := range l.shown {
		name := web.Readable(base.Locale, roster.Columns()[i].Version).Name
		cells = append(cells, name, base.T("download.when", "Name", name))
	}
	return cells
}

// cells are a participant's row, appended to cells.
func (l lens) cells(cells []any, base templates.Page, row policy.RosterRow, addresses bool) []any {
	given, family := calls(row.Participant)
	if row.Gone() {
		family = base.T("people.erased")
	}
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
	overall := base.T(status.Key())
	if l.done() {
		overall = ""
	}
	cells = append(cells, role, overall)
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
func (t *teacher) fileName(base templates.Page, c course) string {
	var b strings.Builder
	for _, r := range policy.Fold(c.Label) {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			b.WriteRune(r)
		} else if b.Len() > 0 {
			b.WriteByte('-')
		}
	}
	parts := []string{base.T("download.file"), strings.Trim(b.String(), "-"), base.DayAt(t.Now()).String()}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "-")
}
