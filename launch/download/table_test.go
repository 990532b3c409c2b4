package download

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"ltipolicy/policy/normal"
)

// hostile are names that people may give themselves.
var hostile = []string{
	"Ana", "=1+1", "+40 21", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠SUM(1)", "Popa;=A1", "Popa\t=A1", "Popa,=A1",
	`say "=1"`, "_x0041_", "_x000D_tail", "_x005F_x0041_", "_x0041_x0042_", "_X0041_", "a_x00e9_b_x00E9_", "_xZZZZ_", " =1", "",
}

// A cell is one cell for whatever program opens the file, wherever that divides, and none begins like a formula.
func TestCellsOfCSVAreTextsForEveryProgram(t *testing.T) {
	var b bytes.Buffer
	table, err := newCSV(&b, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range hostile {
		if err := table.Row([]any{name, "x", time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.End(); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(b.String(), "\"Ana\",\"x\",\"2026-09-01 08:00:00\"\r\n\"'=1+1\",") {
		t.Errorf("%.80q", b.String())
	}
	for divider, cells := range map[rune]int{',': 3, ';': 1, '\t': 1} {
		r := csv.NewReader(strings.NewReader(b.String()))
		r.Comma, r.LazyQuotes, r.FieldsPerRecord = divider, divider != ',', cells
		lines, err := r.ReadAll()
		if err != nil || len(lines) != len(hostile) {
			t.Errorf("divided at %q: %d lines, %v", divider, len(lines), err)
			continue
		}
		for i, line := range lines {
			if strings.ContainsAny(line[0][:min(1, len(line[0]))], "=+-@\t\r\n") || strings.HasPrefix(line[0], "＝") || strings.HasPrefix(line[0], "＠") {
				t.Errorf("divided at %q: %q begins a formula", divider, line[0])
			}
			if plain := strings.TrimPrefix(line[0], "'"); divider == ',' && strings.NewReplacer("\r", "", "\n", "").Replace(plain) != strings.NewReplacer("\r", "", "\n", "").Replace(hostile[i]) {
				t.Errorf("%q was written as %q", hostile[i], line[0])
			}
		}
	}
}

// In a table that people open, a name turns nothing round that stands beside it, and what is left begins no formula.
func TestCellsForPeopleTurnNothingRound(t *testing.T) {
	for name, open := range map[string]func(w io.Writer) (Table, error){"csv": CSV(false).Open, "xlsx": XLSX(time.Now()).Open} {
		var b bytes.Buffer
		table, err := open(&b)
		if err == nil {
			err = table.Row([]any{"Ana \u202eUcseP", "\u2066=1+1\u2069"})
		}
		if err == nil {
			err = table.End()
		}
		if err != nil {
			t.Fatal(name, err)
		}
		text := b.String()
		if name == "xlsx" {
			z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
			if err != nil {
				t.Fatal(err)
			}
			f, err := z.Open("xl/worksheets/sheet1.xml")
			if err != nil {
				t.Fatal(err)
			}
			sheet, err := io.ReadAll(f)
			if err != nil {
				t.Fatal(err)
			}
			text = string(sheet)
		}
		if strings.ContainsFunc(text, normal.Directs) || !strings.Contains(text, "Ana UcseP") || name == "csv" && !strings.Contains(text, `"'=1+1"`) {
			t.Errorf("%s: %q", name, text)
		}
	}
}

// What only looks like a character's number stays as it was written.
func TestCellsOfXLSXReadAsTheyWereWritten(t *testing.T) {
	var b bytes.Buffer
	table, err := newXLSX(&b, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range hostile {
		if err := table.Row([]any{name}); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.End(); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	var sheet struct {
		Rows []struct {
			Text string `xml:"c>is>t"`
		} `xml:"sheetData>row"`
	}
	if err := xml.Unmarshal(raw, &sheet); err != nil || len(sheet.Rows) != len(hostile) {
		t.Fatalf("%d rows, %v", len(sheet.Rows), err)
	}
	for i, row := range sheet.Rows {
		if got := asExcel(row.Text); got != hostile[i] {
			t.Errorf("%q is read as %q", hostile[i], got)
		}
	}
}

// asExcel reads _xHHHH_ as the character of that number, from left to right (ECMA-376, 22.9.2.19).
func asExcel(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		if m := escaped.FindString(s); m != "" {
			n, _ := strconv.ParseUint(m[2:6], 16, 16)
			b.WriteRune(rune(n))
			s = s[len(m):]
			continue
		}
		b.WriteByte(s[0])
		s = s[1:]
	}
	return b.String()
}
