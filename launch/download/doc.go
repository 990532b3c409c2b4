// Package download is what people take along: files made of rows, and the record of everything about a person.
//
// It owns the forms of those files (CSV, Excel, JSON, XML; docs/report.md describes them) and how they leave: row by
// row, so that a list of any length needs the memory of a few rows, and with patience for slow lines. It owns neither
// who may have them nor what is in a row. Start with table.go.
package download
