package source

import (
	"regexp"
	"strings"
	"unicode"
)

// The column headings of cookie tables, the only tables that policies of universities have so far. A table
// that was flattened to lines can be told from text only where its first line consists of such words.
var (
	cookieNames = []string{"Slapuko pavadinimas", "Slapukas", "Cookie name", "Cookie", "Nume cookie", "Име на бисквитката", "Назив колачића", "Nome do cookie"}
	cookieFacts = []string{
		"Tikslas", "Galiojimo laikas", "Papildoma informacija",
		"Purpose", "Expiry", "Duration", "Validity", "Additional information", "More information",
		"Scop", "Durată", "Informații suplimentare",
		"Цел", "Срок", "Срок на валидност", "Допълнителна информация",
		"Сврха", "Трајање", "Додатне информације",
		"Finalidade", "Duração", "Informação adicional",
	}
	identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)
)

// columns cuts the first line of a flattened table into its headings, nil if it is none.
func columns(text string) []string {
	rest, cols := strings.TrimSpace(text), []string(nil)
	for words := cookieNames; rest != ""; words = cookieFacts {
		best := ""
		for _, w := range words {
			if after, ok := strings.CutPrefix(rest, w); ok && len(w) > len(best) && (after == "" || after[0] == ' ') {
				best = w
			}
		}
		if best == "" {
			return nil
		}
		cols = append(cols, best)
		rest = strings.TrimSpace(rest[len(best):])
	}
	if len(cols) < 2 {
		return nil
	}
	return cols
}

// rowName is the identifier that a row of a cookie table starts with, empty if the line starts none. A word
// of the language is no identifier.
func rowName(text string) string {
	name, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	if !identifier.MatchString(name) {
		return ""
	}
	if strings.Contains(name, "_") || strings.IndexFunc(name[1:], unicode.IsUpper) >= 0 {
		return name
	}
	return ""
}

// tables marks the lines of flattened tables: from the first line to the next heading, table or double
// blank. It must know the headings to see the end, so it marks first lines before and rows after them.
func tables(lines []line) {
	in := false
	for i := range lines {
		l := &lines[i]
		switch {
		case l.role == roleHeader:
			in = true
		case l.role != rolePara || l.mark != "" || l.number != "" || l.gap > 1:
			in = false
		case in && rowName(l.text) != "" && l.gap == 0:
			l.role = roleRow
		case in:
			l.role = roleCell
		}
	}
}

// tableHeads marks the first lines of flattened tables.
func tableHeads(lines []line) {
	for i := range lines {
		if i+1 < len(lines) && lines[i].plain() && columns(lines[i].text) != nil && rowName(lines[i+1].text) != "" {
			lines[i].role = roleHeader
		}
	}
}

// table writes one table and returns the number of lines it took.
func (b *builder) table(lines []line) int {
	if lines[0].cells != nil {
		return b.columnTable(lines)
	}
	cols := columns(lines[0].text)
	b.add(FoundTable, lines[0].n, strings.Join(cols, " | "))
	b.open("<table><thead><tr>")
	for _, c := range cols {
		b.write(`<th scope="col">`, b.inline(c), "</th>")
	}
	b.write("</tr></thead><tbody>")
	i := 1
	for i < len(lines) && lines[i].role == roleRow {
		name := rowName(lines[i].text)
		paras := []string{strings.Trim(strings.TrimPrefix(lines[i].text, name), " \t")}
		info := ""
		for i++; i < len(lines) && lines[i].role == roleCell; i++ {
			// A line that is nothing but an address stands in the last column, for further information.
			if last := i+1 == len(lines) || lines[i+1].role != roleCell; last && url1.FindString(lines[i].text) == lines[i].text && len(cols) > 2 {
				info = lines[i].text
			} else {
				paras = append(paras, lines[i].text)
			}
		}
		b.write(`<tr><th scope="row">`, b.inline(name), "</th><td>")
		if len(paras) == 1 {
			b.write(b.inline(paras[0]))
		} else {
			for _, p := range paras {
				if p != "" {
					b.write("<p>", b.inline(p), "</p>")
				}
			}
		}
		b.write("</td>", strings.Repeat("<td></td>", max(0, len(cols)-3)))
		if len(cols) > 2 {
			b.write("<td>", b.inline(info), "</td>")
		}
		b.write("</tr>")
	}
	b.write("</tbody></table>\n")
	return i
}
