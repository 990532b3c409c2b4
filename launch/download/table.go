package download

import (
	"io"
	"net/http"
	"time"
)

// Table is where the rows of a download go, one by one: nothing of them is kept.
type Table interface {
	// Row writes a line of texts and times. The zero time is an empty cell.
	Row(cells []any) error
	// End writes what follows the last row.
	End() error
}

// Format is a form in which rows can be taken along.
type Format struct {
	Ending string // of the file's name
	kind   string // content type
	Open   func(io.Writer) (Table, error)
}

// File begins the download of a table under a name without ending.
func (f Format) File(w http.ResponseWriter, name string) *File {
	return newFile(w, f.kind, name+"."+f.Ending)
}

// CSV is RFC 4180, with a byte order mark if asked for: without it Excel reads UTF-8 as something else.
func CSV(bom bool) Format {
	return Format{"csv", "text/csv; charset=utf-8", func(w io.Writer) (Table, error) { return newCSV(w, bom) }}
}

// XLSX is an Excel workbook, made now.
func XLSX(now time.Time) Format {
	const kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	return Format{"xlsx", kind, func(w io.Writer) (Table, error) { return newXLSX(w, now) }}
}

// JSON is an array with an object a row, whose names are those of the first row.
func JSON() Format {
	return Format{"json", "application/json", func(w io.Writer) (Table, error) { return newJSON(w), nil }}
}

// XML is a document with an element a row.
func XML() Format {
	return Format{"xml", "application/xml", func(w io.Writer) (Table, error) { return newXML(w) }}
}
