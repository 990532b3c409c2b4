package docx

import (
	"strings"

	"ltipolicy/policy/office"
)

// field is one of Word's fields: what it is to show, and what it shows.
type field struct {
	code   strings.Builder
	result bool     // what follows is what it shows
	own    standing // what it says itself
	stands standing // with what those around it say
	form   *node    // of a field to fill in
	within strings.Builder
}

// standing is what fields say of what stands in them.
type standing struct {
	code *field // the innermost one whose code it is, nil if it is shown
	skip bool   // it is left out
	toc  bool   // it is a table of contents
	link string
}

// standing is that of what follows now.
func (s *story) standing() standing {
	if f := s.last(); f != nil {
		return f.stands
	}
	return standing{}
}

func (s *story) last() *field {
	if len(s.fields) == 0 {
		return nil
	}
	return s.fields[len(s.fields)-1]
}

// inCode is the innermost field whose code is being read, nil if there is none.
func (s *story) inCode() *field { return s.standing().code }

// push begins a field: its code comes first.
func (s *story) push(f *field) {
	f.stands = s.standing()
	f.stands.code = f
	s.fields = append(s.fields, f)
}

// pop ends the innermost field.
func (s *story) pop() *field {
	f := s.last()
	if f != nil {
		s.fields = s.fields[:len(s.fields)-1]
	}
	return f
}

// settle begins what the innermost field shows.
func (s *story) settle() {
	f := s.pop()
	f.stands = s.standing()
	f.stands.skip = f.stands.skip || f.own.skip
	f.stands.toc = f.stands.toc || f.own.toc
	f.stands.link = firstOf(f.own.link, f.stands.link)
	s.fields = append(s.fields, f)
}

// fieldMark is where a field begins, where its code ends, or where it ends.
func (l *line) fieldMark(n *node, k look, e letters) {
	switch n.attr("w:fldCharType") {
	case "begin":
		l.push(&field{form: n.child("w:ffData")})
	case "separate":
		if f := l.last(); f != nil && !f.result {
			l.open(f)
		}
	case "end":
		if f := l.pop(); f != nil && !f.result {
			l.shown(f, k, e)
		}
	}
}

// simpleField is a field with its code in an attribute.
func (l *line) simpleField(n *node, k look) {
	if l.inCode() != nil {
		return
	}
	f := &field{form: n.child("w:ffData")}
	f.code.WriteString(n.attr("w:instr"))
	l.push(f)
	l.open(f)
	before := len(l.pieces)
	l.inline(n.kids, k)
	l.pop()
	if len(l.pieces) == before {
		l.shown(f, k, letters{})
	}
}

// open reads a field's code and says what becomes of its result, which follows.
func (l *line) open(f *field) {
	f.result = true
	name, args, flags := codeOf(f.code.String())
	switch name {
	case "HYPERLINK":
		at := flags[`\l`]
		if args[0] == "" {
			at = place(at)
		}
		f.own.link = l.whole(args[0], at)
	case "PAGEREF":
		if l.toc || l.standing().toc {
			l.pages, f.own.skip = args[0], true
		} else {
			f.own.link = l.whole("", place(args[0]))
		}
	case "REF", "NOTEREF":
		if _, ok := flags[`\h`]; ok {
			f.own.link = l.whole("", place(args[0]))
		}
	case "TOC":
		f.own.toc, l.toc = true, true
	}
	l.settle()
}

// longest is the most bytes of an address.
const longest = 4000

// whole is an address and a place there, empty if that is too long to be one.
func (l *line) whole(to, at string) string {
	if len(to)+len(at) > longest {
		l.say(LinkLong, "", short(firstOf(to, at)))
		return ""
	}
	if at != "" {
		to += "#" + at
	}
	return to
}

// shown is what a field shows that has no result.
func (l *line) shown(f *field, k look, e letters) {
	name, args, flags := codeOf(f.code.String())
	switch name {
	case "FORMCHECKBOX":
		box := "☐"
		if c := f.form.child("w:checkBox"); toggleOf(c.child("w:checked")).or(toggleOf(c.child("w:default"))) == on {
			box = "☒"
		}
		l.put(box, k, e)
	case "FORMDROPDOWN":
		list := f.form.child("w:ddList")
		at, i := number(firstOf(list.child("w:result").val(), list.child("w:default").val())), 0
		for _, o := range list.all() {
			if o.name == "w:listEntry" {
				if i == at {
					l.put(l.new(o.val()), k, e)
				}
				i++
			}
		}
	case "MACROBUTTON", "GOTOBUTTON":
		_, text, _ := strings.Cut(strings.TrimSpace(f.code.String()), args[0])
		l.put(l.new(strings.TrimSpace(text)), k, e)
	case "SYMBOL":
		l.put(symbols(strings.Trim(flags[`\f`], `"`), string(rune(code(args[0])))), k, e)
	case "EQ", "LISTNUM", "AUTONUM", "AUTONUMLGL", "AUTONUMOUT", "INCLUDEPICTURE", "INCLUDETEXT":
		l.say(office.Lost, "", strings.TrimSpace(f.code.String()))
	}
}

// new is a text that stands nowhere in the document as such.
func (r *reader) new(text string) string {
	r.made = append(r.made, text)
	return text
}

// code is the number of a letter as a field has it.
func code(s string) int {
	if hex, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok {
		return int(hexadecimal(hex))
	}
	return number(s)
}

// codeOf takes a field's code apart: its name, at least one argument, which may be empty, and its flags with what follows
// each.
func codeOf(s string) (name string, args []string, flags map[string]string) {
	var tokens []string
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		if s[0] == '"' || strings.HasPrefix(s, "“") {
			s = strings.TrimPrefix(strings.TrimPrefix(s, `"`), "“")
			end := strings.IndexAny(s, "\"”")
			if end < 0 {
				end = len(s)
			}
			tokens = append(tokens, s[:end])
			s = strings.TrimPrefix(strings.TrimPrefix(s[end:], `"`), "”")
			continue
		}
		end := strings.IndexAny(s, " \t\r\n\u00a0")
		if end < 0 {
			end = len(s)
		}
		tokens = append(tokens, s[:end])
		s = s[end:]
		s = strings.TrimLeft(s, " \t\r\n\u00a0")
	}
	flags = map[string]string{}
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		switch {
		case i == 0:
			name = strings.ToUpper(t)
		case len(t) > 1 && t[0] == '\\':
			flag := strings.ToLower(t)
			flags[flag] = ""
			if takes := flag == `\l` || flag == `\f` || flag == `\o` || flag == `\t` || flag == `\s`; takes && i+1 < len(tokens) && !strings.HasPrefix(tokens[i+1], `\`) {
				i++
				flags[flag] = tokens[i]
			}
		default:
			args = append(args, t)
		}
	}
	if len(args) == 0 {
		args = []string{""}
	}
	return name, args, flags
}

// ends reports what stood in a field that has no end.
func (s *story) ends() {
	for _, f := range s.fields {
		if !f.result {
			s.say(office.Hidden, "", f.within.String())
		}
	}
	s.fields = nil
}
