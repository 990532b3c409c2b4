package templates

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"ltipolicy/connection"
	"ltipolicy/policy"
)

func newSet(t *testing.T) *Set {
	t.Helper()
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// noon is the fixtures' time: winter in Europe, so that zones differ from UTC.
var noon = time.Date(2026, 11, 22, 12, 30, 0, 0, time.UTC)

var (
	romanian = policy.Text{
		Lang: "ro", Name: "Politica de confidentialitate a datelor",
		Summary: "<p>Nu vindem, distribuim sau transferăm informațiile dumneavoastră.</p>",
		Content: "<h3>Analiza situației actuale</h3><p>Centrul de ID/IFR și e-Learning gestionează activități.</p>",
	}
	lithuanian = policy.Text{
		Lang: "lt", Name: "Svetainės politika", Summary: "<p>Ši svetainės politika paaiškina.</p>",
		Content: "<table><tr><th>Pavadinimas</th><th>Tikslas</th></tr><tr><td>__utma</td><td>Atskiria.</td></tr></table>",
	}
	bulgarian = policy.Text{Lang: "bg", Name: "Снимки и видео", Summary: "<p>Съгласие за снимки.</p>", Content: "<p>Пълен текст.</p>"}
)

func version(id int64, k policy.Kind, t policy.Text) policy.Version {
	return policy.Version{
		ID: id, PolicyID: id, MaterialID: id, Type: policy.TypePrivacy, Kind: k, Current: true,
		Revision: "2018-05-24", Zone: "Europe/Bucharest", TimeCreated: time.Date(2018, 5, 23, 22, 30, 0, 0, time.UTC), Texts: []policy.Text{t},
	}
}

// named is a consent whose answers the teachers of a course see by name.
func named() policy.Version {
	v := version(18, policy.Consent, policy.Text{Lang: "ro", Name: "Înregistrări", Summary: "<p>Cursul se înregistrează.</p>"})
	v.Courses, v.Visibility = true, policy.VisibleToTeachers
	return v
}

// versions are those of items.
func versions() []policy.Version {
	return []policy.Version{
		version(11, policy.Acknowledge, romanian), version(12, policy.Agree, lithuanian), version(13, policy.Consent, bulgarian), named(),
	}
}

func items() []Item {
	var out []Item
	for _, v := range versions() {
		out = append(out, NewItem(there(), v, v.Primary()))
	}
	out[2].Course, out[3].Course = "Algebra <1>", "Algebra <1>"
	out[0].Contact, out[1].Contact = "dpo@upt.example", "DPO <dpo@x.example>"
	return out
}

// there is where the readers of the pages are.
func there() *Locale { return (&Locale{}).In(time.FixedZone("EET", 7200)) }

func page(s *Set, l *Locale) Page {
	return Page{
		Locale: l.In(time.FixedZone("EET", 7200)), Site: "CVUPT", Person: "Ana Pop", RequestID: "req-1", Framed: true,
		Return: "https://moodle.example/mod/lti/return.php?course=2&x=<y>", Flash: "flash.saved",
		Nav:       []Link{{Key: "nav.agreements", URL: "/a/agreements", Current: true}, {Key: "nav.policies", URL: "/a/policies"}},
		Languages: s.Languages(l, func(tag string) string { return "?lang=" + tag }),
	}
}

func form() Form {
	return Form{Action: "/a/pending", Hidden: []Field{{Name: "token", Value: `t"><script>`}}}
}

// fixture is one page in one state.
type fixture struct {
	name  string
	make  func(s *Set, l *Locale) View
	fresh bool // nothing was answered yet: no control may be set
	waits bool // it can be sent without some of the answers
}

// fixtures are all pages in the states that matter; the first word of a name is the page's.
func fixtures() []fixture {
	return slices.Concat(learnerFixtures(), officeFixtures(), figuresFixtures())
}

// inState renders the page of one fixture.
func inState(t *testing.T, s *Set, l *Locale, name string) *html.Node {
	t.Helper()
	all := fixtures()
	i := slices.IndexFunc(all, func(f fixture) bool { return f.name == name })
	if i < 0 {
		t.Fatalf("no fixture is called %q", name)
	}
	_, root := render(t, s, all[i].make(s, l))
	return root
}

// learnerFixtures are the pages of learners, teachers and everybody.
func learnerFixtures() []fixture {
	event := policy.Event{
		ID: "0193-event", Time: noon.Add(123456 * time.Microsecond), PolicyName: bulgarian.Name, Revision: "1",
		Kind: policy.Consent, Lang: "bg", UILang: "en", Digest: bulgarian.Digest(), Statement: "Do you consent? Yes, I consent.",
		Button: "Save my answers", Answer: policy.Accepted, Note: "on paper", Hash: "abc",
	}
	line := EventLine{ID: "e1", Time: noon, Kind: policy.Consent, Answer: policy.Accepted, Lang: "bg", URL: "/a/events/e1"}
	agreements := []Agreement{
		{PolicyID: 1, Name: romanian.Name, Lang: "ro", Type: policy.TypePrivacy, Kind: policy.Acknowledge, Standing: StandingAccepted,
			Versions: []AnsweredVersion{
				{VersionID: 11, Revision: "2018-05-24", Kind: policy.Acknowledge, Active: true, Standing: StandingAccepted, Time: noon, By: "Dan Ionescu", Note: "signed on paper", Text: "/a/events/e0", Events: []EventLine{line}},
				{VersionID: 10, Kind: policy.Acknowledge, Standing: StandingDeclined},
			}},
		{PolicyID: 2, Name: bulgarian.Name, Lang: "bg", Type: policy.TypeOther, Kind: policy.Consent, Standing: StandingAccepted,
			Versions: []AnsweredVersion{{VersionID: 13, Revision: "1", Kind: policy.Consent, Active: true, Standing: StandingAccepted, Time: noon,
				Events: []EventLine{line, {Time: noon, Kind: policy.Consent, Answer: policy.Withdrawn, By: "Dan", Note: "by phone"}}, Withdraw: ptr(form())}}},
		{PolicyID: 3, Name: lithuanian.Name, Lang: "lt", Kind: policy.Consent, Standing: StandingWithdrawn,
			Versions: []AnsweredVersion{{VersionID: 14, Kind: policy.Consent, Active: true, Standing: StandingWithdrawn, Time: noon, Again: ptr(form())}}},
		{PolicyID: 2, Name: bulgarian.Name, Lang: "bg", Course: "Algebra <1>", Type: policy.TypeOther, Kind: policy.Consent, Standing: StandingWithdrawn,
			Versions: []AnsweredVersion{{VersionID: 13, Revision: "1", Kind: policy.Consent, Active: true, Standing: StandingWithdrawn, Time: noon, Again: ptr(form())}}},
		{PolicyID: 5, Name: "Rules of a year", Lang: "en", Kind: policy.Agree, Standing: StandingExpired,
			Versions: []AnsweredVersion{{VersionID: 16, Kind: policy.Agree, Active: true, Standing: StandingExpired, Time: noon, Until: noon, Renew: "/a/pending",
				Events: []EventLine{{Time: noon, Kind: policy.Agree, Answer: policy.Renewed}}}}},
		{PolicyID: 2, Name: bulgarian.Name, Lang: "bg", Course: "Geometrie", Ended: noon, Type: policy.TypeOther, Kind: policy.Consent, Standing: StandingEnded,
			Versions: []AnsweredVersion{{VersionID: 13, Revision: "1", Kind: policy.Consent, Active: true, Standing: StandingEnded, Time: noon, Withdraw: ptr(form())}}},
		{PolicyID: 4, Name: "Rules", Lang: "en", Kind: policy.Agree, Standing: StandingPending,
			Versions: []AnsweredVersion{{VersionID: 15, Kind: policy.Agree, Active: true, Standing: StandingPending, Again: ptr(form())}}},
		{PolicyID: 5, Name: "Înregistrări", Lang: "ro", Course: "Algebra <1>", Kind: policy.Consent, Standing: StandingAccepted,
			Versions: []AnsweredVersion{{VersionID: 16, Kind: policy.Consent, Named: true, Active: true, Standing: StandingAccepted, Time: noon, Withdraw: ptr(form())}}},
		{PolicyID: 5, Name: "Înregistrări", Lang: "ro", Course: "Physics", Kind: policy.Consent, Standing: StandingDeclined,
			Versions: []AnsweredVersion{{VersionID: 17, Kind: policy.Consent, Named: true, Active: true, Standing: StandingDeclined, Time: noon, Again: ptr(form())}}},
	}
	public := func(s *Set, l *Locale) PublicPage {
		p := PublicPage{Page: page(s, l), Notice: "public.guest", Feed: "/p/policies.atom", Coming: comingOnes()[2:3]}
		for i, t := range []policy.Text{romanian, lithuanian, bulgarian} {
			v := version(int64(i+1), policy.Agree, t)
			v.Type, v.Audience = []policy.Type{1, 0, 99}[i], policy.Audience(i)
			v.Contact = []string{"https://upt.example/gdpr", "", "DPO <dpo@x.example>"}[i]
			of := NewPublicPolicy(there(), v, t)
			of.Address = "/policies/p/" + t.Lang
			p.Policies = append(p.Policies, of)
		}
		return p
	}
	archive := func(s *Set, l *Locale, shown int) ArchivePage {
		return archived(page(s, l), shown)
	}
	teaching := teaching()
	wrong := items()
	wrong[0].Choice = policy.Accepted
	wrong[1].Error, wrong[1].Fresh = "problem.required", true
	wrong[2].Error, wrong[2].Choice = "problem.required", policy.Declined
	return []fixture{
		{"pending", func(s *Set, l *Locale) View {
			return PendingPage{Page: page(s, l), Form: form(), Items: items(), HeldUp: true, Later: "https://moodle.example/"}
		}, true, false},
		{"pending with problems", func(s *Set, l *Locale) View {
			return PendingPage{Page: page(s, l), Form: form(), Items: wrong, Problem: "problem.republished"}
		}, false, false},
		{"pending republished", func(s *Set, l *Locale) View {
			return PendingPage{Page: page(s, l), Form: form(), Items: items(), Problem: "problem.republished"}
		}, true, false},
		{"pending own page", func(s *Set, l *Locale) View {
			return PendingPage{Page: page(s, l), Form: form(), Items: items()[:1], Step: 1, Steps: 3}
		}, true, false},
		{"pending consent only", func(s *Set, l *Locale) View {
			return PendingPage{Page: Page{Locale: l}, Form: form(), Items: items()[2:]}
		}, true, false},
		{"pending changed", changedPage, true, false},
		{"pending put off", func(s *Set, l *Locale) View {
			list := items()
			for i := range list {
				list[i].Validity = []policy.Validity{"P1Y", "P6M", "--09-30", ""}[i%4]
			}
			list[0].PutOff, list[1].PutOff, list[1].Ended, list[2].Renew = "30 <1>", "31", "29", "28"
			return PendingPage{Page: page(s, l), Form: form(), Items: list[:3], HeldUp: true, Later: "https://moodle.example/"}
		}, true, true},
		{"pending early", func(s *Set, l *Locale) View {
			list := items()[:1]
			list[0].Coming = "15 <1>"
			return PendingPage{Page: page(s, l), Form: form(), Items: list, HeldUp: true, Early: true, Later: "/a/agreements"}
		}, true, true},
		{"leave", func(s *Set, l *Locale) View {
			return LeavePage{Page: page(s, l), Form: form(), Back: "/a/pending", Contact: "DPO <dpo@x.example>",
				Policies: []LeavePolicy{{romanian.Name, "ro"}, {lithuanian.Name, "lt"}}}
		}, true, false},
		{"leave without a contact", func(s *Set, l *Locale) View {
			return LeavePage{Page: page(s, l), Form: form(), Back: "/a/pending", Policies: []LeavePolicy{{romanian.Name, "ro"}}}
		}, true, false},
		{"saved", func(s *Set, l *Locale) View {
			return SavedPage{Page: page(s, l), Count: 2, Agreements: "/a/agreements", Receipts: []AnswerReceipt{
				{romanian.Name, "ro", "/a/agreements/e", "/a/agreements/e/receipt.json"}, {lithuanian.Name, "lt", "/a/agreements/f", "/a/agreements/f/receipt.json"},
			}}
		}, true, false},
		{"saved some left", func(s *Set, l *Locale) View {
			return SavedPage{Page: page(s, l), Count: 1, Left: 2, Next: "/a/pending"}
		}, true, false},
		{"saved nothing", func(s *Set, l *Locale) View { return SavedPage{Page: page(s, l)} }, true, false},
		{"agreements", func(s *Set, l *Locale) View {
			return AgreementsPage{Page: page(s, l), Pending: 1, Renewals: 2, Answer: "/a/pending", Policies: agreements, Record: "/a/agreements/record", Coming: comingOnes()}
		}, true, false},
		{"agreements empty", func(s *Set, l *Locale) View { return AgreementsPage{Page: page(s, l)} }, true, false},
		{"event", func(s *Set, l *Locale) View {
			return EventTextPage{Page: page(s, l), Event: event, By: "Dan", Text: bulgarian, Intact: true, Seen: SeenKey(policy.Consent, true), Back: "/a/agreements", Contact: "dpo@upt.example", Receipt: "/a/receipt.json", Checkpoint: "https://tool.example/evidence/checkpoint"}
		}, true, false},
		{"event broken", func(s *Set, l *Locale) View {
			return EventTextPage{Page: page(s, l), Event: event, Text: romanian}
		}, true, false},
		{"receipt", func(s *Set, l *Locale) View { return ReceiptPage{Page: page(s, l)} }, true, false},
		{"receipt doubted", func(s *Set, l *Locale) View {
			return ReceiptPage{Page: page(s, l), Doubt: "the text is not <the one> that was answered"}
		}, true, false},
		{"receipt holds", func(s *Set, l *Locale) View {
			return ReceiptPage{
				Page: page(s, l), Holds: true, Promised: true, Event: event, By: "D. <x>", Who: "Ana <Pop>", Institution: "UPT, CVUPT",
				Key: "ltipolicy-evidence+1a2b3c4d+AZ", Text: bulgarian,
			}
		}, true, false},
		{"record", func(s *Set, l *Locale) View {
			p := page(s, l)
			other := event
			other.Digest, other.Answer, other.Standing = "", policy.Withdrawn, 0
			return RecordPage{
				Page: p, Own: true, Name: "Ana <Pop>", From: "CVUPT", Made: noon, First: noon.AddDate(0, -1, 0), Last: noon,
				Facts:   []RecordFact{{"download.address", "ana@x.example"}, {"record.sub", "12"}},
				Courses: []RecordCourse{{Title: "Chimie <1>", Last: noon}, {Title: "Algebra", Last: noon, End: noon, Ended: true}},
				Events:  []RecordEvent{{Locale: p.Locale, Event: other, By: "D. <x>"}, {Locale: p.Locale, Event: event, Number: 1, Receipt: "/a/agreements/e/receipt.json"}},
				Texts:   []RecordText{{Number: 1, Text: bulgarian, Revision: "1", Digest: bulgarian.Digest()}},
				JSON:    "/a/agreements/record.json", XML: "/a/agreements/record.xml", Back: "/a/agreements",
			}
		}, true, false},
		{"sheet", func(s *Set, l *Locale) View {
			return SheetPage{
				Page: page(s, l), Own: true, Event: event, Course: "Chimie <1>", Who: "Ana <Pop>", Sub: "12", Institution: "UPT", From: "CVUPT", Contact: "dpo@upt.example",
				Items: []SheetItem{{Number: 1, Heading: "Проект <1>", Text: policy.Text{Lang: "bg", Content: bulgarian.Content}}},
				JSON:  "/a/agreements/e/sheet.json", XML: "/a/agreements/e/sheet.xml", Exact: "/a/agreements/e", Back: "/a/agreements",
			}
		}, true, false},
		{"sheet withdrawn", func(s *Set, l *Locale) View {
			return SheetPage{
				Page: page(s, l), Event: event, By: "D. <x>", Ended: noon, Who: "Ana <Pop>", Sub: "12", Institution: "UPT", From: "CVUPT",
				Items: []SheetItem{{Number: 1, Heading: "Проект <1>", Text: policy.Text{Lang: "bg", Content: bulgarian.Content}}},
				JSON:  "/j", XML: "/x", Exact: "/e", Back: "/u",
			}
		}, true, false},
		{"sheet expired", func(s *Set, l *Locale) View {
			e := event
			e.Until = noon
			return SheetPage{
				Page: page(s, l), Own: true, Event: e, Expired: true, Course: "Chimie <1>", Who: "Ana <Pop>", Sub: "12", Institution: "UPT", From: "CVUPT",
				Items: []SheetItem{{Number: 1, Heading: "Проект <1>", Text: policy.Text{Lang: "bg", Content: bulgarian.Content}}},
				JSON:  "/j", XML: "/x", Exact: "/e", Back: "/u",
			}
		}, true, false},
		{"sheet ended", func(s *Set, l *Locale) View {
			return SheetPage{
				Page: page(s, l), Own: true, Event: event, CourseEnd: noon, Course: "Chimie <1>", Who: "Ana <Pop>", Sub: "12", Institution: "UPT", From: "CVUPT",
				Items: []SheetItem{{Number: 1, Heading: "Проект <1>", Text: policy.Text{Lang: "bg", Content: bulgarian.Content}}},
				JSON:  "/j", XML: "/x", Exact: "/e", Back: "/u",
			}
		}, true, false},
		{"public", func(s *Set, l *Locale) View { return public(s, l) }, true, false},
		{"public empty", func(s *Set, l *Locale) View { return PublicPage{Page: Page{Locale: l}} }, true, false},
		{"home teacher", func(s *Set, l *Locale) View {
			return HomePage{Page: page(s, l), Course: "Chimie <1>", Agreements: "/a/agreements", Public: "/p/policies"}
		}, true, false},
		{"home pending", func(s *Set, l *Locale) View {
			return HomePage{Page: page(s, l), Pending: 2, Answer: "/a/pending"}
		}, true, false},
		{"archive", func(s *Set, l *Locale) View { return archive(s, l, 0) }, true, false},
		{"archive earlier", func(s *Set, l *Locale) View { return archive(s, l, 1) }, true, false},
		{"archive first", func(s *Set, l *Locale) View {
			p := archive(s, l, 1)
			p.Shown.Until, p.Versions, p.Compare = policy.Day{}, p.Versions[1:], ""
			p.Versions[0].Until = policy.Day{}
			return p
		}, true, false},
		{"archive ended", func(s *Set, l *Locale) View {
			p := archive(s, l, 0)
			p.Shown, p.Ended = nil, policy.Day{Year: 2026, Month: time.November, Day: 1}
			p.Versions[0].Until = p.Ended
			return p
		}, true, false},
		{"archive none that day", func(s *Set, l *Locale) View {
			p := archive(s, l, 0)
			p.Shown, p.Notice, p.On = nil, "archive.none", "2017-01-01"
			return p
		}, true, false},
		{"changed", func(s *Set, l *Locale) View {
			old, now := version(10, policy.Agree, longText("")), version(11, policy.Agree, longText("nou"))
			old.Texts, now.ChangeNote = append(old.Texts, bulgarian), "De ce <b>"
			c := NewComparison(l, []policy.Version{old, now}, map[int64]string{10: "1 <b>", 11: "2"}, old, now, "ro")
			c.Action, c.Hidden = "/policies/p/rules/compare", []Field{{"lang", "ro"}}
			return ChangedPage{Page: page(s, l), Comparison: c, Back: "/policies/p/rules"}
		}, true, false},
		{"error", func(s *Set, l *Locale) View {
			return ErrorPage{Page: page(s, l), Code: "state_missing", Detail: "state", Reopen: true, Window: "https://moodle.example/mod/lti/launch.php?id=7", Public: "/p/policies"}
		}, true, false},
		{"error again", func(s *Set, l *Locale) View {
			return ErrorPage{Page: page(s, l), Code: "nonce_replayed", Reopen: true, Again: "https://moodle.example/mod/lti/view.php?id=7", Public: "/p/policies"}
		}, true, false},
		{"storage keep", func(s *Set, l *Locale) View {
			return StoragePage{Page: page(s, l), Target: "_parent", Origin: "https://moodle.example", Key: "k", Value: "v", Next: "https://moodle.example/mod/lti/auth.php?scope=openid"}
		}, true, false},
		{"storage fetch", func(s *Set, l *Locale) View {
			return StoragePage{Page: page(s, l), Target: "frame", Origin: "https://moodle.example", Key: "k", Form: ptr(form())}
		}, true, false},
		{"error unknown", func(s *Set, l *Locale) View {
			return ErrorPage{Page: Page{Locale: l}, Code: "never heard of"}
		}, true, false},
		{"register", func(s *Set, l *Locale) View {
			return RegisterPage{Page: page(s, l), Form: form(), Product: "moodle", Version: "4.5.6", Issuer: "https://moodle.example",
				Institution: "UPT", Tool: "tool.example", Asks: []string{"register.asks.name", "register.asks.roster"}}
		}, true, false},
		{"register again", func(s *Set, l *Locale) View {
			return RegisterPage{Page: page(s, l), Form: form(), Issuer: "https://moodle.example", Institution: "UPT", Tool: "tool.example",
				Renews: "CVUPT", Twin: "UniCampus", Activates: true}
		}, true, false},
		{"error with a command", func(s *Set, l *Locale) View {
			return ErrorPage{Page: page(s, l), Code: "platform_moved", Command: "ltipolicy platform move p https://moodle.example"}
		}, true, false},
		{"participants", func(s *Set, l *Locale) View { return teaching(s, l) }, true, false},
		{"participants copied course", func(s *Set, l *Locale) View {
			p := teaching(s, l)
			p.Copied = true
			return p
		}, true, false},
		{"participants ended course", func(s *Set, l *Locale) View { return afterItsEnd(teaching(s, l)) }, true, false},
		{"participants ended course that asked alone", func(s *Set, l *Locale) View {
			p := afterItsEnd(teaching(s, l))
			p.Policies, p.Write, p.Form.Tabs, p.Groups[0].Key = p.Policies[1:], "", p.Form.Tabs[:1], ""
			for i := range p.Groups[0].Rows {
				p.Groups[0].Rows[i].Marks = p.Groups[0].Rows[i].Marks[1:]
			}
			return p
		}, true, false},
		{"participants nobody", func(s *Set, l *Locale) View {
			return ParticipantsPage{Page: page(s, l), Roster: RosterNote{Source: "roster.launches", Problem: "roster.failed.refused"},
				Form: FilterForm{Action: "/p"}}
		}, true, false},
		{"missing", func(s *Set, l *Locale) View {
			return MissingPage{Page: page(s, l), Course: "Chimie", Names: []string{"Ана <Петрова>", "Ion"}, Addresses: []string{"ion@upt.example"},
				NoAddress: 1, Mails: []MailLink{{URL: "mailto:?bcc=ion@upt.example", From: 1, To: 1}}, Back: "/p"}
		}, true, false},
		{"participants reminded", func(s *Set, l *Locale) View {
			p := teaching(s, l)
			p.Addresses, p.Remind, p.Reminder = true, "/p/remind", &ReminderNote{noon, 1500, 20, 2, 26}
			p.Groups[0].Rows[0].Reminded, p.Groups[0].Rows[1].Unreminded = noon, "remind.person.failed"
			return p
		}, true, false},
		{"remind", func(s *Set, l *Locale) View {
			v := version(10, policy.Agree, longText(""))
			letter, err := s.Letter(Reminder{Lang: l.Tag(), Name: "Ана <Петрова>", Course: "Chimie <1>", Site: "CVUPT", Link: "https://moodle.example/course/view.php?id=2", Asks: []policy.Version{v}})
			if err != nil {
				panic(err)
			}
			return RemindPage{Page: page(s, l), Course: "Chimie <1>", Count: 38, NoAddress: 2, At: noon, Letter: letter, Form: ptr(form()), Back: "/p"}
		}, true, false},
		{"remind done", func(s *Set, l *Locale) View {
			return RemindPage{Page: page(s, l), Course: "Chimie", Count: 38, Reminded: true, Back: "/p"}
		}, true, false},
		{"remind nobody", func(s *Set, l *Locale) View {
			return RemindPage{Page: page(s, l), NoAddress: 1, Back: "/p"}
		}, true, false},
		{"missing without addresses", func(s *Set, l *Locale) View {
			return MissingPage{Page: page(s, l), Course: "Chimie", Names: []string{"Ана <Петрова>", "Ion"}, Hidden: true, Back: "/p"}
		}, true, false},
		{"missing nobody", func(s *Set, l *Locale) View {
			return MissingPage{Page: page(s, l), Back: "/p"}
		}, true, false},
		{"choices", func(s *Set, l *Locale) View {
			return ChoicesPage{Page: page(s, l), Course: "Chimie <1>", Name: "Înregistrări", Lang: "ro", At: noon,
				Roster: RosterNote{Source: "roster.moodle", Time: noon, Problem: "roster.nameless"},
				No:     []Participant{{Given: "Ștefan", Family: "Țăran"}, {Family: "Ана <Петрова>"}, {}},
				Yes:    []Participant{{Given: "Ana", Family: "Popescu", Role: "people.teacher"}},
				CSV:    "/p/choices/5/list.csv", XLSX: "/p/choices/5/list.xlsx", Back: "/p"}
		}, true, false},
		{"choices nobody", func(s *Set, l *Locale) View {
			return ChoicesPage{Page: page(s, l), Name: "Înregistrări", Lang: "ro", At: noon, Roster: RosterNote{Source: "roster.launches"}, CSV: "/p/choices/5/list.csv", XLSX: "/p/choices/5/list.xlsx", Back: "/p"}
		}, true, false},
		{"select", func(s *Set, l *Locale) View {
			return SelectPage{Page: page(s, l), Course: "Chimie", Form: form(),
				Always: []SelectItem{{Name: romanian.Name, Lang: "ro", Type: policy.TypePrivacy, Kind: policy.Acknowledge}},
				Offered: []SelectItem{{Slug: "onoare", Name: lithuanian.Name, Lang: "lt", Summary: lithuanian.Summary, Kind: policy.Agree},
					{Slug: "foto", Name: bulgarian.Name, Lang: "bg", Kind: policy.Consent, Asked: true}}}
		}, true, false},
		{"select nothing", func(s *Set, l *Locale) View {
			return SelectPage{Page: page(s, l), Form: form()}
		}, true, false},
		{"handover", func(s *Set, l *Locale) View {
			return HandoverPage{Page: page(s, l), Form: Form{Action: "https://moodle.example/mod/lti/contentitem_return.php", Hidden: []Field{{"JWT", "a.b.c"}}}}
		}, true, false},
		{"registered", func(s *Set, l *Locale) View {
			return RegisteredPage{Page: page(s, l), Issuer: "https://moodle.example", Institution: "UPT", Activate: "ltipolicy platform activate 1", Connection: Connection{Locale: l}}
		}, true, false},
		{"registered and asking", func(s *Set, l *Locale) View {
			return RegisteredPage{Page: page(s, l), Issuer: "https://moodle.example", Institution: "UPT", Asks: []AskedName{{romanian.Name, "ro"}, {lithuanian.Name, "lt"}}, Connection: checked(l, true)}
		}, true, false},
	}
}

// archived is a policy with two versions, of which one is shown.
func archived(p Page, shown int) ArchivePage {
	since := policy.Day{Year: 2026, Month: time.September, Day: 15}
	a := ArchivePage{
		Page: p, Name: romanian.Name, Lang: "ro", Address: "/policies/p/privacy", Hidden: []Field{{"lang", "ro"}}, Compare: "/policies/p/privacy/compare",
		Feed: "/policies/p/privacy/changes.atom", List: "/p/policies",
		Versions: []ArchivedVersion{
			{Locale: p.Locale, ID: 11, Label: "2 <b>", Stage: StageActive, From: since, Digest: romanian.Digest(), Note: "De ce <b>", Lang: "ro", Address: "/policies/p/privacy/11", Changes: "/policies/p/privacy/compare?old=10&new=11"},
			{Locale: p.Locale, ID: 10, Label: "2018-05-24", From: policy.Day{Year: 2018, Month: time.May, Day: 24}, Until: since, Digest: bulgarian.Digest(), Lang: "bg", Address: "/policies/p/privacy/10"},
		},
	}
	if shown == 0 {
		a.Coming, a.ComingAddress = policy.Day{Year: 2027, Month: time.March, Day: 28}, "/policies/p/privacy/12"
	}
	of := version(a.Versions[shown].ID, policy.Agree, romanian)
	of.Texts, of.Contact = append(of.Texts, bulgarian), "https://upt.example/gdpr"
	a.Shown = NewArchivedText(a.Versions[shown], of, romanian)
	a.Shown.Lasting = "https://tool.example" + a.Shown.Address
	return a
}

// checked is a table with a line of each cause, or with nothing wrong.
func checked(l *Locale, bad bool) Connection {
	c := Connection{Locale: l, Time: noon}
	for i, cause := range connection.Causes() {
		line := connection.Line{
			Check: connection.Checks()[i%len(connection.Checks())], Cause: cause, Step: connection.StepOf(cause), State: connection.StateOf(cause),
			With: map[string]string{
				"Time": noon.Format(time.RFC3339), "Site": "https://moodle.example", "New": "https://new.example", "Host": "tool.example", "Port": "8443",
				"Address": "https://tool.example:8443/lti/jwks", "IP": "10.0.0.7", "Range": "10.0.0.0/8", "Status": "502", "Missing": "IMS LTI Names and Role Provisioning",
				"Client": "abc", "Code": "unreachable", "Course": "Algoritmi", "Number": "3", "Version": "2026113000", "Seconds": "90", "Total": "97", "Storage": "5",
				"Lines": "\nltipolicy_end=$CourseSection.timeFrame.end", "Lost": "2", "ID": "1", "Refused": "7", "Target": "www.moodle.example", "Command": "ltipolicy platform activate 01900000-0000-7000-8000-000000000002",
			},
		}
		if bad || line.State != connection.Wrong {
			c.Lines = append(c.Lines, line)
		}
	}
	return c
}

func ptr[T any](v T) *T { return &v }

// render returns the page as text and as a tree.
func render(t *testing.T, s *Set, p View) (string, *html.Node) {
	t.Helper()
	var b bytes.Buffer
	if err := s.Render(&b, p); err != nil {
		t.Fatal(err)
	}
	n, err := html.Parse(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), n
}

// find returns the elements with a name, "*" for all.
func find(n *html.Node, name string) []*html.Node {
	var out []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && (name == "*" || d.Data == name) {
			out = append(out, d)
		}
	}
	return out
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func val(n *html.Node, name string) string { v, _ := attr(n, name); return v }

func byID(n *html.Node, id string) *html.Node {
	for _, e := range find(n, "*") {
		if val(e, "id") == id {
			return e
		}
	}
	return nil
}

// textOf is the text inside an element with white space folded.
func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// comingOnes are announced versions in every state.
func comingOnes() []Coming {
	return []Coming{
		{Name: romanian.Name, Lang: "ro", Revision: "3 <b>", From: "15", Note: "De ce <b>", Answer: "/a/announced", Address: "/policies/p/privacy/12"},
		{Name: bulgarian.Name, Lang: "bg", Course: "Algebra <1>", From: "16", Done: true},
		{Name: lithuanian.Name, Lang: "lt", From: "17", Minor: true, Address: "/policies/p/rules/13"},
	}
}
