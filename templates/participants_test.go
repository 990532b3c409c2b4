package templates

import (
	"strings"
	"testing"
)

// teaching is a course as its teacher sees it.
func teaching() func(*Set, *Locale) ParticipantsPage {
	group := func(n int, m Mark, overall Mark) []Participant {
		var rows []Participant
		for range n {
			rows = append(rows, Participant{Given: "Ștefan", Family: "Țăran", Overall: overall,
				Marks: []PolicyMark{{Mark: m, Time: noon}, {Mark: MarkPending}}})
		}
		rows = append(rows, Participant{Role: "people.teacher", Overall: overall, Marks: []PolicyMark{{Mark: MarkBehalf, Time: noon}, {}}})
		return rows
	}
	return func(s *Set, l *Locale) ParticipantsPage {
		return ParticipantsPage{
			Page: page(s, l), Course: "Chimie <1>", Learners: 126, Accepted: 87, Pending: 1, Answer: "/a/pending",
			Roster: RosterNote{Source: "roster.moodle", Time: noon, Problem: "roster.failed.unreachable", Since: noon, Busy: true,
				Refresh: &Form{Action: "/p/refresh", Hidden: []Field{{"token", "t"}}}},
			Policies: []PolicyShare{
				{ID: 1, Name: romanian.Name, Lang: "ro", Accepted: 96, Older: 4, Declined: 1, Pending: 25},
				{ID: 2, Name: lithuanian.Name, Lang: "lt", Accepted: 87, Pending: 39},
			},
			Free:     []ConsentCount{{Name: bulgarian.Name, Lang: "bg", Yes: 45}, {Name: "Photos", Lang: "en"}},
			Named:    []ConsentCount{{Name: "Înregistrări", Lang: "ro", Yes: 3, List: "/p/choices/5"}},
			Progress: []Point{{noon.AddDate(0, 0, -10), 30}, {noon.AddDate(0, 0, -5), 80}, {noon, 87}},
			Form: FilterForm{
				Action: "/p", Query: "țăr", Active: true, Clear: "/p", Hidden: []Field{{"q", "țăr"}},
				Status:   []Option{{Key: "people.any.status"}, {Value: "pending", Key: "mark.pending", Selected: true}},
				Policies: []Option{{Key: "people.any.policy"}, {Value: "1", Label: romanian.Name, Lang: "ro"}, {Value: "2", Label: lithuanian.Name, Lang: "lt"}},
				Role:     []Option{{Value: "learner", Key: "people.role.learner"}}, Sort: []Option{{Key: "people.sort.missing"}},
				Tabs: []Tab{{Key: "people.tab.everyone", Count: 126, URL: "/p"}, {Key: "people.tab.missing", Count: 39, URL: "/p?status=missing", Current: true}},
			},
			Found: 5,
			Groups: []ParticipantGroup{
				{Key: "people.group.missing", Count: 39, Rows: group(2, MarkOlder, MarkMissing)}, {Key: "people.group.accepted", Count: 87, Rows: group(1, MarkAccepted, MarkAccepted)},
			},
			Pager: Pager{From: 1, To: 5, Of: 126, Next: "/p?page=2"}, Write: "/p/missing", CSV: "/p/list.csv", XLSX: "/p/list.xlsx",
		}
	}
}

// afterItsEnd is the course when it has ended, which had asked for the second policy and for a free choice.
func afterItsEnd(p ParticipantsPage) ParticipantsPage {
	p.End, p.Copied = noon, true
	p.Policies[1] = PolicyShare{ID: 2, Name: lithuanian.Name, Lang: "lt", Over: true, Ended: 87}
	p.Free[1].Over = true
	p.Groups = p.Groups[1:]
	for i := range p.Groups[0].Rows {
		p.Groups[0].Rows[i].Marks[1] = PolicyMark{Mark: MarkEnded, Time: noon}
	}
	return p
}

// The page of a course that ended says so once, and of what nobody is asked any more not how many have accepted it.
func TestParticipantsPageOfACourseThatEnded(t *testing.T) {
	s := newSet(t)
	for name, want := range map[string]struct{ h1, note string }{
		"participants":                               {"Chimie <1> 87 of 126 have accepted", ""},
		"participants copied course":                 {"Chimie <1> 87 of 126 have accepted", "This course was made from another one."},
		"participants ended course":                  {"Chimie <1> 87 of 126 have accepted", "This course ended on 22 November 2026."},
		"participants ended course that asked alone": {"Chimie <1> Policies in this course", "This course ended on 22 November 2026."},
	} {
		root := inState(t, s, s.Locale("en", "", ""), name)
		if got := textOf(find(root, "h1")[0]); got != want.h1 {
			t.Errorf("%s: headline %q", name, got)
		}
		said := 0
		for _, p := range find(root, "p") {
			if text := textOf(p); strings.HasPrefix(text, "This course") {
				if said++; want.note == "" || !strings.HasPrefix(text, want.note) {
					t.Errorf("%s: %q", name, text)
				}
			}
		}
		if (said == 1) != (want.note != "") {
			t.Errorf("%s: said %d times", name, said)
		}
		if all := textOf(root); strings.Contains(name, "ended") && (strings.Contains(all, "87 of 87") || !strings.Contains(all, "Ended; answers kept: 87")) {
			t.Errorf("%s: %s", name, all)
		}
	}
}

func TestParticipantsPageNamesEachCell(t *testing.T) {
	s := newSet(t)
	root := inState(t, s, s.Locale("en", "", ""), "participants")
	table := find(root, "table")[0]
	if val(table, "class") != "people" {
		t.Fatal("the first table is not the list")
	}
	for _, td := range find(table, "td") {
		if label := find(td, "span")[0]; val(label, "class") != "label" || textOf(label) == "" || val(label, "lang") == "" {
			t.Errorf("a cell does not say its policy: %q", textOf(td))
		}
	}
	if got := textOf(find(root, "h1")[0]); got != "Chimie <1> 87 of 126 have accepted" {
		t.Errorf("headline %q", got)
	}
	for _, m := range []Mark{MarkAccepted, MarkBehalf, MarkDeclined, MarkPending, MarkOlder, MarkExpired, MarkMissing, MarkEnded} {
		if !s.Locale("en", "", "").Has(m.Key()) || m.Good() != (m == MarkAccepted || m == MarkBehalf) {
			t.Errorf("%s has no words or the wrong side", m)
		}
	}
}

// TestNoPageHidesWhatAllHaveInCommon: a field of a page's own with the name of a common one would take its place.
func TestNoPageHidesWhatAllHaveInCommon(t *testing.T) {
	s := newSet(t)
	for _, f := range fixtures() {
		_, root := render(t, s, f.make(s, s.Locale("en", "", "")))
		for _, p := range find(root, "p") {
			if got := textOf(p); val(p, "class") == "site" && got != "CVUPT" {
				t.Errorf("%s: the site is called %q", f.name, got)
			}
		}
	}
}
