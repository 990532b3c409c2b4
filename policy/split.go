package policy

import (
	"cmp"
	"slices"
	"strings"
)

// Listed is one policy of the text of Moodle's page "List of active policies", as it comes out when somebody
// copies that page: the table's line, then summary and full text.
type Listed struct {
	Name     string
	Type     Type
	Audience Audience
	Summary  string
	Content  string
}

// pageWords are the labels of that page in one language.
type pageWords struct {
	lang, title, summary, content string
	types                         map[Type]string
	audiences                     map[Audience]string
}

func pageLabels() []pageWords {
	return []pageWords{
		{
			lang: "en", title: "List of active policies", summary: "Summary", content: "Full policy",
			types:     map[Type]string{TypeSite: "Site policy", TypePrivacy: "Privacy policy", TypeThirdParty: "Third parties policy", TypeOther: "Other policy"},
			audiences: map[Audience]string{AudienceAll: "All users", AudienceLoggedIn: "Authenticated users", AudienceGuests: "Guests"},
		},
		{
			lang: "ro", title: "Lista politicilor active", summary: "Sumar", content: "Politică întreagă",
			types:     map[Type]string{TypePrivacy: "Politica de confidențialitate"},
			audiences: map[Audience]string{AudienceAll: "Toți utilizatorii"},
		},
		{
			lang: "lt", title: "Aktyvių politikų sąrašas", summary: "Santrauka", content: "Visa politika",
			types:     map[Type]string{TypeSite: "Svetainės politika", TypePrivacy: "Privatumo politika", TypeOther: "Kita politika"},
			audiences: map[Audience]string{AudienceAll: "Visi naudotojai"},
		},
	}
}

// SplitPage cuts the text of Moodle's list of active policies into its policies, and says its language. It
// reports false for any other text. A row of the table is read from the right, because the name may hold
// anything; a label stuck to the end of a policy's last line is cut off and found.
func SplitPage(src string) (list []Listed, lang string, findings []Finding, ok bool) {
	lines := strings.Split(src, "\n")
	at := slices.IndexFunc(pageLabels(), func(p pageWords) bool { return strings.TrimSpace(lines[0]) == p.title })
	if at < 0 {
		return nil, "", nil, false
	}
	w := pageLabels()[at]
	var t tally
	i := 1
	for ; i < len(lines) && strings.TrimSpace(lines[i]) != w.summary; i++ {
		if l, ok := w.row(lines[i]); ok {
			list = append(list, l)
		}
	}
	n, full := -1, false
	var part [2][]string
	flush := func() {
		if n >= 0 && n < len(list) {
			list[n].Summary, list[n].Content = trimBlank(part[0]), trimBlank(part[1])
		}
		part = [2][]string{}
	}
	for ; i < len(lines); i++ {
		switch line := strings.TrimSpace(lines[i]); {
		case line == w.summary && (n < 0 || full):
			flush()
			n, full = n+1, false
		case line == w.content && !full:
			full = true
		case full && n+1 < len(list) && strings.HasSuffix(line, "."+w.summary):
			t.add(FoundGlued, i+1, w.summary)
			part[1] = append(part[1], strings.TrimSuffix(lines[i], w.summary))
			flush()
			n, full = n+1, false
		case full:
			part[1] = append(part[1], lines[i])
		default:
			part[0] = append(part[0], lines[i])
		}
	}
	flush()
	return list, w.lang, t.findings(), n+1 == len(list) && n >= 0
}

func (w pageWords) row(line string) (Listed, bool) {
	line = strings.TrimSpace(line)
	var l Listed
	cut := func(rest, label string) (string, bool) {
		r, ok := strings.CutSuffix(rest, " "+label)
		return r, ok
	}
	for _, a := range byLength(w.audiences) {
		rest, ok := cut(line, w.audiences[a])
		if !ok {
			continue
		}
		for _, t := range byLength(w.types) {
			if name, ok := cut(rest, w.types[t]); ok {
				l.Name, l.Type, l.Audience = name, t, a
				return l, true
			}
		}
	}
	return l, false
}

// byLength orders labels so that none hides a longer one that ends with it.
func byLength[K cmp.Ordered](labels map[K]string) []K {
	keys := make([]K, 0, len(labels))
	for k := range labels {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int {
		return cmp.Or(cmp.Compare(len(labels[b]), len(labels[a])), cmp.Compare(a, b))
	})
	return keys
}

func trimBlank(lines []string) string {
	blank := func(s string) bool { return strings.TrimSpace(s) == "" }
	for len(lines) > 0 && blank(lines[0]) {
		lines = lines[1:]
	}
	for len(lines) > 0 && blank(lines[len(lines)-1]) {
		lines = lines[:len(lines)-1]
	}
	return strings.Join(lines, "\n")
}
