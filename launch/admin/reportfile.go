package admin

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"ltipolicy/launch/download"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// reportCSV downloads the whole report with its filter, as comma-separated values.
func (o *Office) reportCSV(w http.ResponseWriter, r *http.Request, a administrator) error {
	return o.reportDownload(w, r, a, download.CSV(r.URL.Query().Get("bom") == "1"))
}

// reportXLSX downloads it as an Excel workbook.
func (o *Office) reportXLSX(w http.ResponseWriter, r *http.Request, a administrator) error {
	return o.reportDownload(w, r, a, download.XLSX(o.Now()))
}

// reportJSON downloads it as an array with an object a person.
func (o *Office) reportJSON(w http.ResponseWriter, r *http.Request, a administrator) error {
	return o.reportDownload(w, r, a, download.JSON())
}

// reportXML downloads it as a document with an element a person.
func (o *Office) reportXML(w http.ResponseWriter, r *http.Request, a administrator) error {
	return o.reportDownload(w, r, a, download.XML())
}

// reportDownload writes the rows while they are read: its memory does not depend on how many there are.
func (o *Office) reportDownload(w http.ResponseWriter, r *http.Request, a administrator, format download.Format) error {
	f, err := o.reportFilter(r.Context(), a, r.URL.Query())
	if err != nil {
		return err
	}
	if f.typed != "" {
		return policy.E(policy.ErrInvalid, "").Because(fmt.Errorf("%d courses fit %q", len(f.fits), f.typed))
	}
	columns, err := o.store.ReportColumns(r.Context(), f.ReportQuery)
	if err != nil {
		return err
	}
	detail := f.query()
	detail.Set("format", format.Ending)
	if err := o.looked(r.Context(), a, "acceptances.download", "", detail.Encode()); err != nil {
		return err
	}
	out := format.File(w, "acceptances-"+a.base.DayAt(o.Now()).String())
	t, err := format.Open(out)
	if err != nil {
		return err
	}
	sites, rows := siteNames(f.platforms), 0
	cells := reportHeading(a.base, columns)
	if err := t.Row(cells); err != nil {
		return err
	}
	err = o.store.ReportEach(r.Context(), f.ReportQuery, func(row store.ReportRow) error {
		rows++
		cells = reportCells(cells[:0], a.base, sites[row.User.PlatformID], row)
		return t.Row(cells)
	})
	if err == nil {
		err = out.End(t)
	}
	return o.Sent(r, out.Begun(), rows, err)
}

// reportHeading is the first row of a download: of one version it also tells the language and who answered.
func reportHeading(base templates.Page, columns []store.ReportColumn) []any {
	cells := []any{
		base.T("people.name"), base.T("download.address"), base.T("report.username"), base.T("report.idnumber"), base.T("report.site"), base.T("report.overall"),
	}
	for _, c := range columns {
		name := strings.TrimSpace(c.Name + " " + c.Revision)
		cells = append(cells, name, base.T("download.when", "Name", name))
		if len(columns) == 1 {
			cells = append(cells, base.T("report.lang.of", "Name", name), base.T("report.by.of", "Name", name))
		}
		cells = append(cells, base.T("report.note.of", "Name", name))
	}
	return cells
}

// reportCells are a person's row, appended to cells.
func reportCells(cells []any, base templates.Page, site string, row store.ReportRow) []any {
	reported := row.Reported()
	cells = append(cells, called(base, row.User), row.User.Email, row.User.Username, row.User.IDNumber, site,
		base.T(base.ReportedKey(policy.ReportAll(reported, true))))
	for i, rep := range reported {
		when, lang, by, text := time.Time{}, "", "", ""
		if g := row.Given[i]; g != nil {
			when, lang, text = g.Time.UTC(), g.Lang, g.Note
			if len(reported) == 1 {
				by = answeredBy(base, row)
			}
		}
		cells = append(cells, base.T(base.ReportedKey(rep)), when)
		if len(reported) == 1 {
			cells = append(cells, lang, by)
		}
		cells = append(cells, text)
	}
	return cells
}
