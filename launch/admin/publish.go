package admin

import (
	"cmp"
	"context"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"ltipolicy/launch/web"
	"ltipolicy/policy"
	"ltipolicy/policy/markup"
	"ltipolicy/policy/research"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// zones are those of the interface's languages.
var zones = []struct{ tag, name string }{
	{"ro", "Europe/Bucharest"}, {"lt", "Europe/Vilnius"}, {"bg", "Europe/Sofia"}, {"sr-Cyrl", "Europe/Belgrade"},
	{"pt", "Europe/Lisbon"}, {"en", "UTC"},
}

// localTime is how browsers send a date with time.
const localTime = "2006-01-02T15:04"

// publishChoice is what the dialog's form says.
type publishChoice struct {
	minor, later, announced bool
	days                    days
	note                    string // why it changed
}

// What the dialog offers.
const (
	changeMinor = "minor"
	whenLater   = "later"
	announced   = "announced"
	look        = "look" // the button that only shows what the days mean
)

// calendar is when everything is to happen; false if a time is none. Of what is in force at once nothing is announced.
func (c publishChoice) calendar(now time.Time) (policy.Calendar, bool) {
	announce, at, enforce, ok := c.days.moments()
	cal := policy.Calendar{Enforce: enforce}
	if c.later {
		cal.Begin = at
		if ok = ok && !at.IsZero(); c.announced {
			cal.Announce = cmp.Or(announce, now)
		}
	}
	return cal, ok
}

// publishDialog says in sentences what publishing the draft of the address means.
func (o *Office) publishDialog(w http.ResponseWriter, r *http.Request, a administrator) error {
	v, err := o.editable(r, a)
	if err != nil {
		return err
	}
	c := publishChoice{days: a.daysOf(v.Version), later: v.EffectiveFrom.After(o.Now()), announced: true, note: v.ChangeNote}
	return o.publishPage(w, r, a, v, c, http.StatusOK, nil)
}

func (o *Office) publishPage(w http.ResponseWriter, r *http.Request, a administrator, v addressed, c publishChoice, status int, change func(*templates.PublishPage)) error {
	text := v.Primary()
	here := "admin/versions/" + decimal(v.ID)
	p := templates.PublishPage{
		Page: a.base, Name: text.Name, Lang: text.Lang, Label: v.label, ChooseMinor: c.minor, Note: c.note, Later: c.later, Announced: c.announced,
		Days: c.days.template(), MayPutOff: v.Kind.Compulsory(), Named: v.Named(),
		Form: *a.form(here+"/publish", templates.Field{Name: editField, Value: decimal(v.Edit)}, templates.Field{Name: basisField, Value: v.basis()}),
		Back: a.home(), Edit: a.at(here + "/edit"), Remarks: a.remarks(v.Version),
		Everywhere: slices.Contains(v.then.Platforms, store.Everywhere),
	}
	for _, t := range v.Texts {
		if markup.Words(t.Content) == 0 {
			p.Empty = append(p.Empty, t.Lang)
		}
	}
	p.Missing = templates.MissingItems(research.Missing(v.Version))
	var err error
	if p.Material, err = o.reach(r.Context(), a, v.Version, v.then.Platforms, false, true); err != nil {
		return err
	}
	if old, ok := v.active(); ok {
		labels := policy.RevisionLabels(v.others, a.base.Date)
		p.Old, p.MayMinor = labels[old.ID], v.mayBeMinor()
		if !p.MayMinor {
			p.NotMinor = "admin.publish.kind"
			switch {
			case old.Kind != v.Kind:
			case old.Visibility != v.Visibility:
				p.NotMinor = "admin.publish.visibility"
			case old.Validity != v.Validity:
				p.NotMinor = "admin.publish.validity"
			default:
				p.NotMinor = "admin.publish.scope"
			}
		} else if p.Minor, err = o.reach(r.Context(), a, v.Version, v.then.Platforms, true, false); err != nil {
			return err
		}
		if p.MayMinor && templates.Asked(p.Minor) > 0 && a.can(store.PowerReport) {
			p.MinorList = askedPage(a, v.Version, "", true)
		}
		p.Beside = a.at("admin/policies/"+decimal(v.PolicyID)+"/compare") + "?" + url.Values{"old": {decimal(old.ID)}, "new": {decimal(v.ID)}}.Encode()
		before, ok := old.In(text.Lang)
		if !ok {
			before = old.Primary()
		}
		changes := templates.NewChanges(a.base.Locale, "publish-changes", before, text, 4)
		p.Changes = &changes
	}
	if p.Moves, err = o.moves(r.Context(), a, v); err != nil {
		return err
	}
	p.Zones = a.zones(c.days.zone)
	asked := p.Material
	if c.minor {
		asked = p.Minor
	}
	if cal, ok := c.calendar(o.Now()); ok && cal.Check(v.Kind, c.minor, o.Now()) == nil {
		p.Calendar = a.calendarLines(v, cal, c, asked, p.Courses(asked))
		if p.Busy, err = o.busyDays(r.Context(), a, cal, c.days); err != nil {
			return err
		}
	}
	if p.Typists, err = o.typists(r, a, v.ID); err != nil {
		return err
	}
	_, err = o.store.TypingOf(r.Context(), a.who(), v.ID)
	if p.Unsaved = err == nil; !p.Unsaved && !errors.Is(err, policy.ErrNotFound) {
		return err
	}
	p.Form.Hidden = append(p.Form.Hidden,
		templates.Field{Name: materialField, Value: strconv.Itoa(templates.Asked(p.Material))},
		templates.Field{Name: minorField, Value: strconv.Itoa(templates.Asked(p.Minor))})
	if change != nil {
		change(&p)
	}
	o.Render(w, r, status, p)
	return nil
}

// publish makes the draft active, now or on its day.
func (o *Office) publish(w http.ResponseWriter, r *http.Request, a administrator) error {
	v, err := o.editable(r, a)
	if err != nil {
		return err
	}
	c := publishChoice{
		minor: r.PostForm.Get("change") == changeMinor, later: r.PostForm.Get("when") == whenLater,
		announced: r.PostForm.Get(announced) == "1", days: readDays(r.PostForm), note: readNote(r.PostForm),
	}
	edit, err := strconv.ParseInt(r.PostForm.Get(editField), 10, 64)
	if err != nil {
		return policy.E(policy.ErrInvalid, "").Because(err)
	}
	again := func(status int, key string) error {
		return o.publishPage(w, r, a, v, c, status, func(p *templates.PublishPage) { p.Problem = key })
	}
	cal, ok := c.calendar(o.Now())
	switch {
	case r.PostForm.Has(look):
		key := ""
		if !ok {
			key = "admin.problem.when"
		} else if err := cal.Check(v.Kind, c.minor, o.Now()); err != nil {
			key, _ = calendarProblem(err)
		}
		status := http.StatusOK
		if key != "" {
			status = http.StatusUnprocessableEntity
		}
		return again(status, key)
	case slices.ContainsFunc(v.Texts, func(t policy.Text) bool { return markup.Words(t.Content) == 0 }):
		return again(http.StatusUnprocessableEntity, "admin.problem.empty")
	case len(research.Missing(v.Version)) > 0:
		return again(http.StatusUnprocessableEntity, "admin.problem.items")
	case !ok || c.later && !cal.Begin.After(o.Now()):
		return again(http.StatusUnprocessableEntity, "admin.problem.when")
	case len([]rune(c.note)) > maxChangeNote:
		return again(http.StatusUnprocessableEntity, "admin.problem.long")
	case v.VisibilityAllowed() != nil:
		return again(http.StatusUnprocessableEntity, "admin.problem.visibility")
	case c.minor && !v.mayBeMinor():
		return again(http.StatusUnprocessableEntity, "admin.problem.minor")
	case c.note == "" && !c.minor && v.replaces():
		return o.publishPage(w, r, a, v, c, http.StatusUnprocessableEntity, func(p *templates.PublishPage) {
			p.Problem, p.NeedsNote = "admin.problem.why", true
		})
	}
	same, was, now, err := o.sameMeaning(r.Context(), a, v, r.PostForm, c.minor)
	if err != nil {
		return err
	}
	if !same {
		web.Outcome(r.Context(), "conflict")
		return o.publishPage(w, r, a, v, c, http.StatusConflict, func(p *templates.PublishPage) {
			p.Problem, p.Was, p.Now = "admin.problem.meaning", was, now
		})
	}
	p, done := store.Publication{
		VersionID: v.ID, Edit: edit, Minor: c.minor, Basis: v.restsOn(), Announce: cal.Announce, At: cal.Begin, Enforce: cal.Enforce,
	}, "published"
	if v.replaces() {
		p.Note = &c.note
	}
	if c.later {
		done = "scheduled"
	}
	err = o.store.Publish(r.Context(), a.who(), p)
	wrong, contradiction := calendarProblem(err)
	switch {
	case err == nil:
		return a.done(w, r, a.home(), done)
	case contradiction:
		return again(http.StatusUnprocessableEntity, wrong)
	case errors.Is(err, policy.ErrInvalid):
		return again(http.StatusUnprocessableEntity, "admin.problem.minor")
	case errors.Is(err, policy.ErrConflict):
		web.Outcome(r.Context(), "conflict")
		return again(http.StatusConflict, "admin.problem.changed")
	}
	return err
}

// busyDays are warnings of days on which the institution would rather have nothing new begin.
func (o *Office) busyDays(ctx context.Context, a administrator, cal policy.Calendar, d days) ([]template.HTML, error) {
	text, err := o.store.Busy(ctx, a.ses.InstitutionID)
	if err != nil {
		return nil, err
	}
	zone, ok := policy.ZoneNamed(d.zone)
	if !ok {
		zone = time.UTC
	}
	all, _ := policy.ParseBusy(text)
	var warn []template.HTML
	for _, at := range []time.Time{cmp.Or(cal.Begin, o.Now()), cal.Enforce} {
		if b, is := policy.BusyAt(all, at, zone); is {
			warn = append(warn, a.base.H("admin.publish.busy", "Date", a.base.Day(policy.DayOf(at.In(zone))), "Name", b.Name))
		}
	}
	return warn, nil
}

// calendarLines say what happens when, with the numbers of those who are asked and of the courses that close.
func (a administrator) calendarLines(v addressed, cal policy.Calendar, c publishChoice, asked []templates.Reach, courses int) []string {
	l := a.base.Locale
	if zone, ok := policy.ZoneNamed(c.days.zone); ok {
		l = l.In(zone)
	}
	day := func(t time.Time) string {
		if t.IsZero() {
			return l.T("calendar.now")
		}
		return l.DateTime(t)
	}
	var lines []string
	if !cal.Announce.IsZero() {
		key := "calendar.line.announced"
		if c.minor || !v.Asks() {
			key = "calendar.line.noticed"
		}
		lines = append(lines, l.T(key, "Date", day(cal.Announce)))
	}
	key := "calendar.line.begins"
	if !cal.Announce.IsZero() && !c.minor {
		key = "calendar.line.force"
	}
	lines = append(lines, l.T(key, "Date", day(cal.Begin), "Count", templates.Asked(asked)))
	if !cal.Enforce.IsZero() {
		lines = append(lines, l.T("calendar.line.enforced", "Date", day(cal.Enforce), "Courses", courses))
	}
	return lines
}

// zone is the one in which a date is meant unless somebody says otherwise: the institution's, or else that of the page's
// language.
func (a administrator) zone() string {
	if name := a.ses.Zone.Name; name != "" {
		return name
	}
	i := slices.IndexFunc(zones, func(z struct{ tag, name string }) bool { return z.tag == a.base.Tag() })
	return zones[max(0, i)].name
}

// zones are the ones to choose from: the institution's, the one that was chosen, and those of the languages.
func (a administrator) zones(selected string) []templates.Option {
	var out []templates.Option
	for _, name := range append([]string{a.ses.Zone.Name, selected}, languageZones()...) {
		if _, ok := policy.ZoneNamed(name); ok && !slices.ContainsFunc(out, func(o templates.Option) bool { return o.Value == name }) {
			out = append(out, templates.Option{Value: name, Label: name, Selected: name == selected})
		}
	}
	return out
}

func languageZones() []string {
	var names []string
	for _, z := range zones {
		names = append(names, z.name)
	}
	return names
}
