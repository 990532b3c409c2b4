package templates

import (
	"bytes"
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"golang.org/x/text/language"

	"ltipolicy/policy"
	"ltipolicy/policy/normal"
)

// Message keys of the buttons that record an answer. Their text at the time is part of the evidence.
const (
	ButtonSave     = "button.save"     // all answers of a pending page
	ButtonWithdraw = "button.withdraw" // My agreements
	ButtonAgain    = "button.again"    // My agreements
)

// Button is the exact wording of a button, for one of the keys above.
func (l *Locale) Button(key string) string { return l.T(key) }

// Statement is the exact wording that a reader affirms by an answer to a version: the label of the checkbox, or the question
// with the chosen radio button's label, or the sentence above a withdraw button. Where teachers learn the answer by name it
// says so.
// It is empty where the pages offer no such answer.
func (l *Locale) Statement(v policy.Version, a policy.Answer, name string) string {
	k, seen := v.Kind, ""
	if v.Named() {
		seen = " " + l.T(StatementNamed)
	}
	switch {
	case k == policy.Inform:
		return ""
	case a == policy.Withdrawn:
		return l.T("statement.withdraw", "Name", name) + seen
	case k == policy.Consent && (a == policy.Accepted || a == policy.Declined):
		return l.T(statementKey(k), "Name", name) + seen + " " + l.Choice(a)
	case a == policy.Accepted:
		return l.T(statementKey(k), "Name", name)
	}
	return ""
}

// StatementNamed is the message key of the sentence in a statement that says who learns the answer by name.
const StatementNamed = "statement.named"

func statementKey(k policy.Kind) string { return "statement." + string(k) }

// Choice is the label of a radio button: a consent's yes or no.
func (l *Locale) Choice(a policy.Answer) string { return l.T("choice." + string(a)) }

// Around splits the message of a key where the placeholder Name stands, so that a template can mark the
// name's own language: before + name + after is the sentence of [Locale.Statement].
func (l *Locale) Around(key string) Around {
	const mark = "\x00"
	before, after, _ := strings.Cut(l.T(key, "Name", mark), mark)
	return Around{before, after}
}

// Around is a sentence without the name in it.
type Around struct{ Before, After string }

// KindKey is the message key of what a kind asks, in words.
func (l *Locale) KindKey(k policy.Kind) string { return "kind." + string(k) }

// TypeKey is the message key of a policy type's label, in Moodle's own words.
func (l *Locale) TypeKey(t policy.Type) string {
	switch t {
	case policy.TypeSite, policy.TypePrivacy, policy.TypeThirdParty:
		return "type." + strconv.Itoa(int(t))
	}
	return "type.99"
}

// AudienceKey is the message key of an audience's label, in Moodle's own words.
func (l *Locale) AudienceKey(a policy.Audience) string {
	switch a {
	case policy.AudienceLoggedIn, policy.AudienceGuests:
		return "audience." + strconv.Itoa(int(a))
	}
	return "audience.0"
}

// VisibilityKey is the message key of who learns by name how people answered.
func (l *Locale) VisibilityKey(v policy.Visibility) string {
	if v == policy.VisibleToTeachers {
		return "visibility.teachers"
	}
	return "visibility.nobody"
}

// StandingKey is the message key of a standing; an acceptance is worded by kind.
func (l *Locale) StandingKey(k policy.Kind, s Standing) string {
	if s == StandingAccepted {
		return "standing.accepted." + string(k)
	}
	return "standing." + string(s)
}

// ActKey is the message key of an event's answer in a history; an acceptance is worded by kind.
func (l *Locale) ActKey(k policy.Kind, a policy.Answer) string {
	if a == policy.Accepted {
		return "standing.accepted." + string(k)
	}
	return "act." + string(a)
}

// ValidityOf says how long an acceptance counts.
func (l *Locale) ValidityOf(v policy.Validity) string {
	day, isYearly := v.Yearly()
	months := v.Months()
	switch {
	case isYearly:
		return l.T("validity.day", "Day", l.DayOfYear(day))
	case months == 0:
		return l.T("validity.none")
	case months%12 == 0:
		return l.N("validity.years", months/12)
	}
	return l.N("validity.months", months)
}

// Same reports whether a text in the language of tag is in the locale's own language.
func (l *Locale) Same(tag string) bool {
	a, errA := language.Parse(tag)
	b, errB := language.Parse(l.tag)
	if errA != nil || errB != nil {
		return tag == l.tag
	}
	baseA, _ := a.Base()
	baseB, _ := b.Base()
	scriptA, _ := a.Script()
	scriptB, _ := b.Script()
	return baseA == baseB && scriptA == scriptB
}

// Dir is the writing direction of a language, for dir attributes.
func (l *Locale) Dir(tag string) string {
	if t, err := language.Parse(tag); err == nil {
		switch s, _ := t.Script(); s.String() {
		case "Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm":
			return "rtl"
		}
	}
	return "ltr"
}

// autonyms are the names of languages in themselves: those of the interface and of Europe's policies.
var autonyms = map[string]string{
	"ar": "العربية", "bg": "български", "bs": "bosanski", "ca": "català", "cs": "čeština", "cy": "Cymraeg",
	"da": "dansk", "de": "Deutsch", "el": "ελληνικά", "en": "English", "es": "español", "et": "eesti",
	"eu": "euskara", "fi": "suomi", "fr": "français", "ga": "Gaeilge", "gl": "galego", "he": "עברית",
	"hr": "hrvatski", "hu": "magyar", "is": "íslenska", "it": "italiano", "lt": "lietuvių", "lv": "latviešu",
	"mk": "македонски", "mt": "Malti", "nl": "Nederlands", "no": "norsk", "pl": "polski", "pt": "português",
	"ro": "română", "ru": "русский", "sk": "slovenčina", "sl": "slovenščina", "sq": "shqip",
	"sr": "српски", "sr-Cyrl": "српски", "sr-Latn": "srpski", "sv": "svenska", "tr": "Türkçe",
	"uk": "українська",
}

// Autonym is the name of a language in itself; the tag where it is not known.
func Autonym(tag string) string {
	for s := tag; s != ""; {
		if name, ok := autonyms[s]; ok {
			return name
		}
		s = s[:max(0, strings.LastIndexByte(s, '-'))]
	}
	return tag
}

// AnswerField is the name of the form field that holds the answer to a version: "accepted", "declined", or
// absent.
func AnswerField(versionID int64) string { return "answer." + strconv.FormatInt(versionID, 10) }

// AnswerID is the id of the first control of an answer, the target of links in the error summary.
func AnswerID(versionID int64) string { return "answer-" + strconv.FormatInt(versionID, 10) }

// NewItem fills a card from a version and the text in which it is shown.
func NewItem(l *Locale, v policy.Version, t policy.Text) Item {
	return Item{
		VersionID: v.ID, Type: v.Type, Kind: v.Kind, Revision: v.Revision, Date: v.Since(l.zone),
		Text: t, Minutes: minutes(t), Contact: Contact(v.Contact), Validity: v.Validity, Named: v.Named(),
	}
}

// NewPublicPolicy fills an entry of the public list from a version and the text in which it is shown.
func NewPublicPolicy(l *Locale, v policy.Version, t policy.Text) PublicPolicy {
	return PublicPolicy{
		PolicyID: v.PolicyID, Type: v.Type, Audience: v.Audience, Kind: v.Kind,
		Revision: v.Revision, Date: v.Since(l.zone), Text: t, Contact: Contact(v.Contact),
	}
}

// Reminder is what a mail says to somebody who has something left to accept.
type Reminder struct {
	Lang   string // of the person, as their platform names it; empty: nobody knows
	Else   string // the language if nobody knows
	Name   string // of the person; empty: nobody knows
	Course string
	Site   string
	Link   string // where the person answers
	// Asks are the versions that are left: compulsory ones alone. A mail says nothing of free choices.
	Asks []policy.Version
}

// Letter is the text of a mail.
type Letter struct {
	Lang    string
	Subject string // names no policy
	Text    string // plain
	HTML    string // the same
}

// letterHTML loads nothing from elsewhere, and its one link leads to a page.
const letterHTML = `<!DOCTYPE html>
<html lang="{{.L.Tag}}" dir="{{.L.Dir .L.Tag}}"><head><meta charset="utf-8"><title>{{.Subject}}</title></head>
<body>
<p>{{if .Name}}{{.L.H "letter.hello" "Name" .Name}}{{else}}{{.L.T "letter.hello.noname"}}{{end}}</p>
<p>{{.L.HN "letter.waits" (len .Texts) "Course" .Course "Site" .Site}}</p>
<ul>{{range .Texts}}<li lang="{{.Lang}}" dir="{{$.L.Dir .Lang}}">{{.Name}}</li>{{end}}</ul>
<p>{{.L.T "letter.open"}}<br><a href="{{.Link}}">{{.Link}}</a></p>
<p>{{.L.T "letter.why"}}</p>
</body></html>
`

// Letter writes a reminder in the person's language.
func (s *Set) Letter(r Reminder) (Letter, error) {
	l := s.Locale(r.Lang, r.Else, "")
	type text struct{ Name, Lang string }
	view := struct {
		L                                 *Locale
		Subject, Name, Course, Site, Link string
		Texts                             []text
	}{L: l, Name: oneLine(r.Name), Course: oneLine(r.Course), Site: oneLine(r.Site), Link: r.Link}
	for _, v := range r.Asks {
		t := l.Readable(v)
		view.Texts = append(view.Texts, text{oneLine(t.Name), t.Lang})
	}
	n := len(view.Texts)
	view.Subject = l.N("letter.subject", n, "Course", view.Course)
	var body bytes.Buffer
	if err := s.letter.Execute(&body, view); err != nil {
		return Letter{}, fmt.Errorf("writing a letter: %w", err)
	}
	hello := l.T("letter.hello.noname")
	if view.Name != "" {
		hello = l.T("letter.hello", "Name", view.Name)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s\n\n", hello, l.N("letter.waits", n, "Course", view.Course, "Site", view.Site))
	for _, t := range view.Texts {
		fmt.Fprintf(&b, "- %s\n", t.Name)
	}
	fmt.Fprintf(&b, "\n%s\n%s\n\n%s\n", l.T("letter.open"), view.Link, l.T("letter.why"))
	return Letter{l.Tag(), view.Subject, b.String(), body.String()}, nil
}

// oneLine is a text of others as it may stand in a letter.
func oneLine(s string) string { return normal.Shown(s, lineMost) }

// lineMost is how much of a name stands in a letter.
const lineMost = 150

func parseLetter() (*template.Template, error) { return template.New("letter").Parse(letterHTML) }

// Readable is the version's text in the reader's language, or else in its own.
func (l *Locale) Readable(v policy.Version) policy.Text {
	for _, t := range v.Texts {
		if l.Same(t.Lang) {
			return t
		}
	}
	return v.Primary()
}
