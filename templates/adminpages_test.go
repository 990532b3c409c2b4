package templates

import (
	htmltemplate "html/template"
	"strconv"
	"strings"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/policy/research"
	"ltipolicy/policy/source"
	"ltipolicy/policy/template"

	"golang.org/x/net/html"
)

// officeFixtures are the administrators' pages in the states that matter.
func officeFixtures() []fixture {
	version := func(l *Locale, id int64, stage Stage) AdminVersion {
		v := AdminVersion{
			Locale: l, ID: id, Name: romanian.Name, Lang: "ro", Settings: policy.Version{
				Type: policy.TypePrivacy, Kind: policy.Acknowledge, Audience: policy.AudienceLoggedIn, Style: policy.StyleOwnPage, Contact: "dpo@upt.example", ChangeNote: "Why",
			},
			Stage: stage, Label: "2 <b>", Changed: noon, Languages: []string{"ro", "en"}, Missing: []string{"bg"},
			View: "/v", Count: AdminCount{Accepted: 3, Declined: 1, Ended: 4, Asked: 9, Shown: true}, Report: "/r",
		}
		switch stage {
		case StageActive:
			v.Draft, v.Inactivate = ptr(form()), "/i"
		case StageScheduled:
			v.From, v.Minor, v.Unschedule = noon, true, ptr(form())
		case StageFailed:
			v.From, v.Zone, v.Failure, v.Next, v.Unschedule = noon, time.UTC, "admin.failed.overtaken", noon.Add(time.Minute), ptr(form())
		case StageDraft:
			v.Edit, v.Publish, v.Delete = "/e", "/p", "/d"
			v.Planned, v.Zone = noon, time.UTC
		}
		return v
	}
	text := func(l *Locale, n int, t policy.Text) EditText {
		return EditText{
			Locale: l, N: n, Lang: t.Lang, Name: t.Name, Summary: string(t.Summary), Content: string(t.Content), Stale: n == 1, Open: n < 2,
			Languages: []Option{{Value: t.Lang, Label: Autonym(t.Lang), Lang: t.Lang, Selected: true}}, Plain: n == 2, Drop: n == 1,
		}
	}
	options := []Option{{Value: "0", Key: "type.0"}, {Value: "1", Key: "type.1", Selected: true}}
	edit := func(s *Set, l *Locale) EditPage {
		p := EditPage{
			Page: page(s, l), Label: "2", Form: form(), Types: options, Kinds: options, Audiences: options, Visibilities: options, Settings: policy.Version{Style: policy.StyleOwnPage, Courses: true, ChangeNote: "n"},
			Sites: []Check{{"a", "CVUPT", true}}, Texts: []EditText{text(l, 0, romanian), text(l, 1, bulgarian), text(l, 2, policy.Text{})}, Back: "/b",
			Typing: "/t", Days: Days{"2026-11-01T08:00", "2026-12-01T08:00", "2026-12-15T00:00"}, Validities: options, ValidityDay: "2026-09-30", Zones: options, Preview: preview(s, l, policy.Agree, romanian),
		}
		for i := range p.Texts[1:] {
			p.Texts[i+1].Original = NewOriginal(l, romanian, &lithuanian, "1 <b>").For("original-" + strconv.Itoa(i))
		}
		return p
	}
	changes := func(l *Locale) Changes {
		return NewChanges(l, "c", romanian, policy.Text{Lang: "ro", Name: "Alt nume", Content: "<h2>X</h2><p>Altceva.</p>"}, 4)
	}
	report := func(s *Set, l *Locale) ReportPage {
		f := ReportFilters{Action: "/r", Clear: "/r", Text: "x", Policy: options, Status: options, Site: append(options, options...), Role: options, Class: options, Version: options, Active: true,
			Course: &ReportCourse{Title: "Chimie <x>", Label: "C2", Number: "2", Site: "CVUPT", URL: "/r?x"}, In: "p/2"}
		return ReportPage{
			Page: page(s, l), Filters: f, Columns: []ReportColumn{{VersionID: 1, Name: "A", Label: "1", Ticked: true}, {VersionID: 2, Name: "B"}},
			Rows: []ReportLine{
				{UserID: 5, Name: "Ana <x>", Email: "a@x.example", Site: "CVUPT", URL: "/u/5", Tick: true, Ticked: true, Overall: policy.ReportedPartial,
					Cells: []ReportCell{{Reported: policy.ReportedAcceptedBehalf, Time: noon, Note: "n"}, {Reported: policy.ReportedDeclined, Time: noon}}},
				{UserID: 6, URL: "/u/6", Overall: policy.ReportedPending, Cells: []ReportCell{{Reported: policy.ReportedEnded, Time: noon}, {Reported: policy.ReportedPending}}},
			},
			First: "/r", Next: "/r?after=x", CSV: "/r.csv", XLSX: "/r.xlsx", JSON: "/r.json", XML: "/r.xml", Behalf: ptr(form()), Bad: "behalf.bad.none",
		}
	}
	return []fixture{
		{name: "admin list", make: func(s *Set, l *Locale) View {
			return AdminListPage{Page: page(s, l), Connection: ptr(checked(l, true)), Pending: 2, Answer: "/a", New: "/n", Policies: []AdminPolicy{
				{ID: 1, Main: version(l, 1, StageActive), Drafts: []AdminVersion{version(l, 2, StageDraft), version(l, 3, StageScheduled), version(l, 9, StageFailed)}, Sites: []string{"CVUPT"}, All: true, Down: ptr(form()), Versions: "/p/1", Count: 3},
				{ID: 2, Main: version(l, 4, StageArchived), Sites: []string{"CVUPT", "Twin"}, Courses: true, Up: ptr(form()), Versions: "/p/2", Count: 1},
				{ID: 3, Main: version(l, 5, StageDraft)},
			}}
		}},
		{name: "admin list empty", make: func(s *Set, l *Locale) View {
			return AdminListPage{Page: page(s, l), Connection: ptr(checked(l, false))}
		}},
		{name: "admin policy", make: func(s *Set, l *Locale) View {
			return AdminPolicyPage{Page: page(s, l), Name: "P", Lang: "ro", Compare: "/c", Old: options, New: options, Back: "/b",
				Versions: []AdminVersion{version(l, 2, StageActive), version(l, 1, StageArchived)}}
		}},
		{name: "admin version", make: func(s *Set, l *Locale) View {
			return AdminVersionPage{Page: page(s, l), Version: version(l, 1, StageDraft), Texts: []policy.Text{romanian, bulgarian}, Back: "/b"}
		}},
		{name: "admin version with remarks", make: func(s *Set, l *Locale) View {
			return AdminVersionPage{Page: page(s, l), Version: version(l, 1, StageDraft), Texts: []policy.Text{romanian, lithuanian, bulgarian, {Lang: "de", Name: "D"}}, Findings: remarks(), Back: "/b"}
		}},
		{name: "admin compare", make: func(s *Set, l *Locale) View {
			return compared(s, l, romanian, policy.Text{Lang: "ro", Name: "Alt nume", Summary: romanian.Summary, Content: "<h2>X</h2><p>Altceva.</p>"})
		}},
		{name: "admin compare long", make: func(s *Set, l *Locale) View {
			return compared(s, l, longText(""), longText("nou"))
		}},
		{name: "admin compare equal", make: func(s *Set, l *Locale) View {
			return compared(s, l, romanian, romanian)
		}},
		{name: "admin compare languages", make: func(s *Set, l *Locale) View {
			return compared(s, l, bulgarian, romanian)
		}},
		{name: "admin compare twice", make: func(s *Set, l *Locale) View {
			return AdminComparePage{Page: page(s, l), Comparison: Comparison{Locale: page(s, l).Locale, Name: "P", Lang: "ro", Twice: true}, Back: "/b"}
		}},
		{name: "admin confirm", make: func(s *Set, l *Locale) View {
			return AdminConfirmPage{Page: page(s, l), Heading: "admin.inactivate.heading", Name: "P", Lang: "ro", Label: "1", What: "admin.inactivate.what", People: 5, Form: form(), Button: "admin.inactivate.button", Back: "/b"}
		}},
		{name: "confirm visits", make: func(s *Set, l *Locale) View {
			return AdminConfirmPage{Page: page(s, l), Heading: "admin.visits.heading", Name: "CVUPT <x>", What: "admin.visits.site.what", Form: form(), Button: "admin.visits.button", Back: "/b"}
		}},
		{name: "edit", make: func(s *Set, l *Locale) View { return edit(s, l) }},
		{name: "edit typed before", make: func(s *Set, l *Locale) View {
			p := edit(s, l)
			p.Typed = &TypedBefore{At: noon, Continue: "/e?typed", Discard: form()}
			p.Typists = []Typist{{"Ana <x>", noon}, {"", noon}}
			return p
		}},
		{name: "edit continued", make: func(s *Set, l *Locale) View {
			p := edit(s, l)
			p.Typed, p.Unsaved, p.Preview = &TypedBefore{At: noon, Older: true, Discard: form()}, true, Preview{Locale: p.Locale, Problem: "admin.problem.text"}
			return p
		}},
		{name: "edit new", make: func(s *Set, l *Locale) View {
			p := edit(s, l)
			p.New, p.Preview = true, preview(s, l, policy.Agree, policy.Text{Lang: "ro"})
			return p
		}},
		{name: "edit with problems", make: func(s *Set, l *Locale) View {
			p := edit(s, l)
			p.New, p.Problems = true, []EditProblem{{"admin.problem.name", "text-0"}, {"admin.problem.settings", "settings"}}
			return p
		}},
		{name: "edit cleaned", make: func(s *Set, l *Locale) View {
			p := edit(s, l)
			for code := range findingKeys {
				p.Findings = append(p.Findings, EditFinding{"ro", "P", source.Finding{Code: code, Line: 3, Detail: "<x>", Count: 2}})
			}
			return p
		}},
		{name: "edit conflict", make: func(s *Set, l *Locale) View {
			p := edit(s, l)
			p.Conflict = &EditConflict{Saved: []policy.Text{romanian, bulgarian}, Changes: changes(l)}
			return p
		}},
		{name: "publish", make: func(s *Set, l *Locale) View {
			c := changes(l)
			reach := []Reach{
				{Site: "CVUPT", People: 10, Asked: 9, Courses: 2, Names: []string{"Ana <x>", ""}, List: "/l", Closing: []ClosingCourse{{"Algebră <x>", 1}, {"", 0}}},
				{Site: "Twin", People: 1, Asked: 1, Courses: 3, Closing: []ClosingCourse{{"B", 2}}},
			}
			return PublishPage{Page: page(s, l), Name: "P", Lang: "ro", Label: "2", Old: "1", Form: form(), Everywhere: true, Named: true, Material: reach, Minor: reach[1:], MayMinor: true,
				Moves: []Move{
					{"CVUPT", "admin.publish.moves.added", 0, 12}, {"CVUPT", "admin.publish.moves.taken", 12, 0},
					{"CVUPT", "admin.publish.moves.courses", 12, 3}, {"CVUPT", "admin.publish.moves.whole", 3, 12},
				},
				MinorList: "/m", Zones: options, Changes: &c, Beside: "/c", Note: "De ce", Back: "/b", Edit: "/e", Later: true, Announced: true, MayPutOff: true, Days: Days{"2026-11-01T08:00", "2026-12-01T08:00", "2026-12-15T00:00"}, Calendar: []string{"<1>", "2"}, Busy: []htmltemplate.HTML{l.H("admin.publish.busy", "Date", "3", "Name", "Exams <3>")}}
		}},
		{name: "publish first", make: func(s *Set, l *Locale) View {
			return PublishPage{Page: page(s, l), Name: "P", Lang: "ro", Label: "2", Form: form(), Zones: options, Problem: "admin.problem.empty", NotMinor: "admin.publish.kind", Empty: []string{"bg"}, Remarks: Remarks{l, 3, "/v#remarks"}, Back: "/b", Edit: "/e"}
		}},
		{name: "publish what is not whole", make: func(s *Set, l *Locale) View {
			gaps := []research.Gap{{Lang: "ro", Item: research.Purpose}, {Lang: "ro", Item: research.Officer}, {Lang: "bg", Item: research.Purpose}, {Lang: "bg", Item: research.Officer}, {Lang: "lt", Item: research.Authority}}
			return PublishPage{Page: page(s, l), Name: "P", Lang: "ro", Label: "2", Form: form(), Zones: options, Problem: "admin.problem.items", Missing: MissingItems(gaps), Back: "/b", Edit: "/e"}
		}},
		{name: "edit from a template", make: func(s *Set, l *Locale) View {
			p := edit(s, l)
			p.New, p.Settings.Form = true, policy.FormResearch
			for _, name := range append([]template.Name{""}, template.Names()...) {
				p.Begin = append(p.Begin, Beginning{Locale: l, Name: name, Chosen: name == template.Research, URL: "/n"})
			}
			for i := range p.Texts {
				for _, item := range research.Items() {
					p.Texts[i].Items = append(p.Texts[i].Items, EditItem{Item: item, Text: "<p>x</p>", Missing: item == research.Purpose})
				}
			}
			return p
		}},
		{name: "publish without a reason", make: func(s *Set, l *Locale) View {
			return PublishPage{Page: page(s, l), Name: "P", Lang: "ro", Label: "2", Old: "1", Form: form(), Zones: options, Problem: "admin.problem.why", NeedsNote: true, MayMinor: true, Back: "/b", Edit: "/e"}
		}},
		{name: "publish changed", make: func(s *Set, l *Locale) View {
			return PublishPage{Page: page(s, l), Name: "P", Lang: "ro", Label: "2", Form: form(), Zones: options, Problem: "admin.problem.meaning", Was: 2, Now: 15, Back: "/b", Edit: "/e"}
		}},
		{name: "asked", make: func(s *Set, l *Locale) View {
			return AskedPage{Page: page(s, l), Name: "P", Lang: "ro", Label: "2", Minor: true, Total: 21, People: []AskedPerson{{"Ana <x>", "a@x.example", "CVUPT", "/u"}, {URL: "/v"}}, First: "/f", Next: "/n", Back: "/b"}
		}},
		{name: "asked on one site", make: func(s *Set, l *Locale) View {
			return AskedPage{Page: page(s, l), Name: "P", Lang: "ro", Label: "2", Total: 21, Site: "CVUPT", All: "/a", Next: "/n", Back: "/b"}
		}},
		{name: "asked nobody", make: func(s *Set, l *Locale) View {
			return AskedPage{Page: page(s, l), Name: "P", Lang: "ro", Label: "2", Back: "/b"}
		}},
		{name: "report", make: func(s *Set, l *Locale) View { return report(s, l) }},
		{name: "report of one version", make: func(s *Set, l *Locale) View {
			p := report(s, l)
			p.Single, p.Columns = true, p.Columns[:1]
			for i := range p.Rows {
				p.Rows[i].Cells = p.Rows[i].Cells[:1]
			}
			p.Rows[0].Cells[0].Lang, p.Rows[0].Cells[0].By = "bg", "Dan <y>"
			p.Filters.Course, p.Filters.Suggest = nil, []string{"Chimie", "Fizică <x>"}
			return p
		}},
		{name: "report choosing a course", make: func(s *Set, l *Locale) View {
			p := report(s, l)
			p.Rows, p.First, p.Next, p.Filters.Course = nil, "", "", nil
			p.Filters.Typed, p.Filters.TooMany = "chimie <x>", true
			p.Filters.Fits = []ReportCourse{{Title: "Chimie", Label: "C2", Number: "2", Site: "CVUPT", URL: "/r?in=a"}, {Title: "Chimie", Number: "3", URL: "/r?in=b"}}
			return p
		}},
		{name: "report no such course", make: func(s *Set, l *Locale) View {
			return ReportPage{Page: page(s, l), Filters: ReportFilters{Action: "/r", Typed: "x"}}
		}},
		{name: "report empty", make: func(s *Set, l *Locale) View {
			return ReportPage{Page: page(s, l), Filters: ReportFilters{Action: "/r"}}
		}},
		{name: "person", make: func(s *Set, l *Locale) View {
			return PersonPage{Page: page(s, l), Name: "Ana <x>", Email: "a@x.example", Site: "CVUPT", Class: "report.class.test", Bad: "behalf.bad.rule", Back: "/r", Record: "/record", Visits: "/v",
				Standings: []PersonStanding{{Locale: l, VersionID: 7, Name: "P", Lang: "ro", Label: "1", Course: "Algebra <1>", Reported: policy.ReportedAccepted, Time: noon, Note: "n", Form: ptr(form()), Accept: true, Decline: true, Withdraw: true, Typed: "t"}},
				Events:    []PersonEvent{{EventLine{ID: "e", Time: noon, Kind: policy.Agree, Answer: policy.Accepted, By: "9", Lang: "ro", Note: "n", URL: "/e"}, "P", "1", "Algebra <1>"}}}
		}},
		{name: "person nothing", make: func(s *Set, l *Locale) View {
			return PersonPage{Page: page(s, l), Record: "/record", Back: "/r"}
		}},
		{name: "log", make: func(s *Set, l *Locale) View {
			return LogPage{Page: page(s, l), Action: "/l", Who: options, What: options, Active: true, First: "/l", Next: "/l?x", CSV: "/l.csv", Signed: noon,
				Witnesses: []Witness{{Name: "https://archive.example/<x>", Sent: noon}, {Name: "mailto:dpo@upt.example", Failed: true}}, Entries: []LogEntry{{Time: noon, Actor: "A <a>", Action: "draft.save", Object: "x", Before: `{"a":1}`, After: `{"a":2}`}, {Time: noon, Detail: "q=x"}}}
		}},
		{name: "log empty", make: func(s *Set, l *Locale) View {
			return LogPage{Page: page(s, l), Action: "/l", CSV: "/l.csv"}
		}},
		{name: "log nothing fits", make: func(s *Set, l *Locale) View {
			return LogPage{Page: page(s, l), Action: "/l", Who: options, What: options, Active: true, CSV: "/l.csv"}
		}},
		{name: "person record", make: func(s *Set, l *Locale) View {
			return RecordPage{Page: page(s, l), Name: "Ana <x>", From: "CVUPT", Made: noon, JSON: "/j", XML: "/x", Back: "/u"}
		}},
		{name: "grants", make: func(s *Set, l *Locale) View {
			g := Grantee{Locale: l, UserID: 4, Name: "Ana <x>", Email: "a@x.example", Site: "CVUPT", Form: form(), Powers: []Power{{"policies", "grants.policies", true}, {"report", "grants.report", false}}}
			return GrantsPage{Page: page(s, l), Action: "/g", Text: "x", Searched: true, Found: []Grantee{g}, People: []Grantee{g, {Locale: l, Form: form()}},
				Sites: []SiteVisits{{"CVUPT <x>", "/v"}}, Zone: ZoneForm{Form: form(), Typed: "Europe/Bucharest", Named: "Europe/Bucharest", Learned: true, Known: []string{"Europe/Bucharest", "UTC"}},
				Addresses: AddressesForm{Form: form(), Seen: true}}
		}},
		{name: "grants empty", make: func(s *Set, l *Locale) View {
			return GrantsPage{Page: page(s, l), Action: "/g", Searched: true, Zone: ZoneForm{Form: form()}}
		}},
		{name: "grants wrong zone", make: func(s *Set, l *Locale) View {
			return GrantsPage{Page: page(s, l), Action: "/g", Zone: ZoneForm{Form: form(), Typed: "<Bucharest>", Named: "Europe/Vilnius", Problem: "admin.problem.zone"}}
		}},
	}
}

func TestEditorsTextsReachTheFieldsUnchanged(t *testing.T) {
	s := newSet(t)
	for _, f := range fixtures() {
		if f.name != "edit" {
			continue
		}
		_, root := render(t, s, f.make(s, s.Locale("en", "", "")))
		for _, e := range find(root, "textarea") {
			if val(e, "name") != "content.0" {
				continue
			}
			var b strings.Builder
			for d := range e.Descendants() {
				if d.Type == html.TextNode {
					b.WriteString(d.Data)
				}
			}
			if b.String() != string(romanian.Content) {
				t.Errorf("the field holds %q, want %q", b.String(), romanian.Content)
			}
		}
	}
}

// Figures that were kept say when they were counted, on every page that has some; those that were counted for the page
// say nothing.
func TestKeptFiguresSayWhenTheyWereCounted(t *testing.T) {
	s := newSet(t)
	l := s.Locale("en", "", "")
	for name, view := range map[string]func(p Page) View{
		"list":   func(p Page) View { return AdminListPage{Page: p} },
		"policy": func(p Page) View { return AdminPolicyPage{Page: p} },
		"report": func(p Page) View { return ReportPage{Page: p} },
		"confirm": func(p Page) View {
			return AdminConfirmPage{Page: p, Heading: "admin.inactivate", What: "admin.inactivate", Button: "admin.inactivate", People: 5}
		},
		"figures": func(p Page) View {
			return FiguresPage{Page: p, Versions: []FiguresVersion{{Label: "1"}}}
		},
	} {
		for _, counted := range []time.Time{{}, noon} {
			p := page(s, l)
			p.Counted = counted
			source, _ := render(t, s, view(p))
			if says := strings.Contains(source, `<time datetime="2026-11-22T12:30:00Z">Figures as of 22 November 2026, 14:30 EET.</time>`); says == counted.IsZero() {
				t.Errorf("%s: says %v of figures counted at %v", name, says, counted)
			}
		}
	}
}
