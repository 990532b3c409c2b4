package download

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"ltipolicy/policy/normal"
)

// xlsxTable writes a workbook of one sheet (ECMA-376, SpreadsheetML) as a stream: each row leaves as soon as
// it is made. Texts stand in their cells, so that there is no table of strings to keep; a text in a cell is
// never a formula.
type xlsxTable struct {
	zip   *zip.Writer
	sheet *bufio.Writer
	rows  int
}

// The parts of the package besides the sheet. Style 1 is a date with time, style 2 bold.
var xlsxParts = []struct{ name, content string }{
	{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>` +
		`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
	{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
	{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">` +
		`<sheets><sheet name="1" sheetId="1" r:id="rId1"/></sheets></workbook>`},
	{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>`},
	{"xl/styles.xml", `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` +
		`<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd\ hh:mm"/></numFmts>` +
		`<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
		`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
		`<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>` +
		`<cellXfs count="3"><xf/><xf numFmtId="164" applyNumberFormat="1"/><xf fontId="1" applyFont="1"/></cellXfs></styleSheet>`},
}

const (
	xmlHead   = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	sheetHead = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` +
		`<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>` +
		`<cols><col min="1" max="64" width="24" customWidth="1"/></cols><sheetData>`
	sheetTail = `</sheetData></worksheet>`
)

// The limits of the format: what is beyond them no program opens.
const (
	maxSheetRows = 1_048_576
	maxCell      = 32_767 // characters
)

// newXLSX writes everything before the first row.
func newXLSX(w io.Writer, now time.Time) (*xlsxTable, error) {
	t := &xlsxTable{zip: zip.NewWriter(w)}
	part := func(name string) (io.Writer, error) {
		return t.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: now.UTC()})
	}
	for _, p := range xlsxParts {
		f, err := part(p.name)
		if err == nil {
			_, err = io.WriteString(f, xmlHead+p.content)
		}
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", p.name, err)
		}
	}
	f, err := part("xl/worksheets/sheet1.xml")
	if err != nil {
		return nil, fmt.Errorf("starting the sheet: %w", err)
	}
	t.sheet = bufio.NewWriterSize(f, 8<<10)
	_, err = t.sheet.WriteString(xmlHead + sheetHead)
	return t, err
}

// Row writes one row; the first one is the heading. An error of the writer beneath stays until End returns it.
func (t *xlsxTable) Row(cells []any) error {
	if t.rows == maxSheetRows {
		return fmt.Errorf("more than %d rows", maxSheetRows)
	}
	t.rows++
	t.sheet.WriteString(`<row>`) //nolint:errcheck // sticky: End returns it
	for _, c := range cells {
		switch c := c.(type) {
		case string:
			t.text(normal.Undirected(c))
		case time.Time:
			t.time(c)
		}
	}
	_, err := t.sheet.WriteString(`</row>`)
	return err
}

func (t *xlsxTable) text(s string) {
	style := ""
	if t.rows == 1 {
		style = ` s="2"`
	}
	t.sheet.WriteString(`<c t="inlineStr"` + style + `><is><t xml:space="preserve">`) //nolint:errcheck // sticky
	writeXML(t.sheet, literal(s), maxCell)
	t.sheet.WriteString(`</t></is></c>`) //nolint:errcheck // sticky
}

// escaped is how the format writes a character by its number (ECMA-376, 22.9.2.19).
var escaped = regexp.MustCompile(`^_x[0-9A-Fa-f]{4}_`)

// literal writes each underscore by its number that would begin a number: what only looks like one must not be read so.
// Two may share an underscore.
func literal(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if s[i] == '_' && escaped.MatchString(s[i:min(len(s), i+len("_x0000_"))]) {
			b.WriteString("_x005F")
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// epoch is day 0 of spreadsheets, as they count from March 1900 on.
var epoch = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)

func (t *xlsxTable) time(at time.Time) {
	if at.IsZero() {
		t.sheet.WriteString(`<c/>`) //nolint:errcheck // sticky
		return
	}
	days := float64(at.UTC().Unix()-epoch.Unix()) / (24 * 60 * 60)
	t.sheet.WriteString(`<c s="1"><v>` + strings.TrimRight(strconv.FormatFloat(days, 'f', 6, 64), "0") + `</v></c>`) //nolint:errcheck // sticky
}

func (t *xlsxTable) End() error {
	if _, err := t.sheet.WriteString(sheetTail); err != nil {
		return err
	}
	if err := t.sheet.Flush(); err != nil {
		return err
	}
	return t.zip.Close()
}
