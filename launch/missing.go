package launch

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/collate"

	"ltipolicy/courier/post"
	"ltipolicy/launch/web"
	"ltipolicy/policy"
	"ltipolicy/policy/normal"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// A mail link is an address for the operating system, which takes about 2,000 characters; and nobody opens
// more than a few of them.
const (
	maxMailLink  = 1900
	maxMailLinks = 5
)

// missing gives a teacher the names of the learners who have something left to accept, and their addresses if the
// institution shows them.
func (t *teacher) missing(w http.ResponseWriter, r *http.Request, c course) error {
	base := t.Base(r, c.ses)
	type person struct {
		name, address string
		key           []byte
	}
	var people []person
	var keys collate.Buffer
	names := collator(base.Locale)
	_, err := t.fold(r.Context(), c, func(*policy.Roster) error {
		people = nil
		return nil
	}, func(row policy.RosterRow) error {
		if row.Teacher || row.Complete || row.Gone() {
			return nil
		}
		given, family := calls(row.Participant)
		x := person{name: strings.TrimSpace(given + " " + family), address: row.Email, key: names.KeyFromString(&keys, family+" "+given)}
		x.name = cmp.Or(x.name, base.T("people.noname"))
		people = append(people, x)
		return nil
	})
	if err != nil {
		return err
	}
	shown := c.ses.Addresses
	if shown {
		err = t.seen(r.Context(), c, "participants.addresses", "")
	} else {
		err = t.seen(r.Context(), c, "participants.view", filter{status: templates.MarkMissing, role: roleLearner, order: orderMissing, page: 1}.query().Encode())
	}
	if err != nil {
		return err
	}
	slices.SortStableFunc(people, func(a, b person) int { return bytes.Compare(a.key, b.key) })
	p := templates.MissingPage{Page: base, Course: c.title(), Back: c.page, Hidden: !shown}
	for _, x := range people {
		p.Names = append(p.Names, x.name)
		if shown && post.Deliverable(x.address) {
			p.Addresses = append(p.Addresses, x.address)
		}
	}
	if shown {
		p.NoAddress = len(p.Names) - len(p.Addresses)
	}
	p.Mails = mailLinks(p.Addresses, p.Course)
	t.Render(w, r, http.StatusOK, p)
	return nil
}

// mailLinks puts the addresses into as few mail links as hold them, as blind copies; none if that would be too
// many links.
func mailLinks(addresses []string, subject string) []templates.MailLink {
	subject = normal.Undirected(subject)
	if rs := []rune(subject); len(rs) > 60 {
		subject = string(rs[:60])
	}
	start := "mailto:?subject=" + percent(subject) + "&bcc="
	var out []templates.MailLink
	for i, a := range addresses {
		a = strings.ReplaceAll(percent(a), "%40", "@")
		if n := len(out) - 1; n >= 0 && len(out[n].URL)+1+len(a) <= maxMailLink {
			out[n].URL += "," + a
			out[n].To = i + 1
			continue
		}
		if len(out) == maxMailLinks {
			return nil
		}
		out = append(out, templates.MailLink{URL: start + a, From: i + 1, To: i + 1})
	}
	return out
}

// percent encodes as RFC 6068 wants it: a plus sign would stand for itself.
func percent(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// mails is what teachers' pages know of the worker that reminds people.
type mails interface {
	Reminds() bool
	// NextMails is when people may be written to from a time on, in its zone.
	NextMails(time.Time) time.Time
}

// remindFor is how long a reminder is good for: later the missing ones are others, and the course may be reminded anew.
const remindFor = 3 * 24 * time.Hour

// toRemind are the learners of a course who have something left to accept.
type toRemind struct {
	roster    store.Roster
	subs      []string // who can be written to
	noAddress int      // who cannot
	name      string   // of one of the former
	asks      []policy.Version
}

// missingOnes finds whom a reminder would go to, as the list of participants counts them.
func (t *teacher) missingOnes(ctx context.Context, c course) (toRemind, error) {
	var found toRemind
	var columns []policy.Column
	_, err := t.fold(ctx, c, func(r *policy.Roster) error {
		found, columns = toRemind{roster: c.Roster}, r.Columns()
		return nil
	}, func(row policy.RosterRow) error {
		switch {
		case row.Teacher || row.Complete || row.Gone():
			return nil
		case !post.Deliverable(row.Email):
			found.noAddress++
			return nil
		}
		if len(found.subs) == 0 {
			found.name = row.Name
			for i, cell := range row.Cells {
				if cell.Pending && !columns[i].Version.Optional() {
					found.asks = append(found.asks, columns[i].Version)
				}
			}
		}
		found.subs = append(found.subs, row.Sub)
		return nil
	})
	return found, err
}

// due is when a reminder that is asked for now is sent, and of which day it is.
func (t *teacher) due(c course) (time.Time, string) {
	at := t.mails.NextMails(t.Now().In(t.ZoneOf(c.ses.Zone)))
	return at, at.Format(time.DateOnly)
}

// answerAt is where the people of a course answer: the activity through which the teacher came, if it is this course's, or
// else the course. From both a click leads here, after Moodle's own login.
func (t *teacher) answerAt(ctx context.Context, c course) (string, error) {
	p, err := t.store.Platform(ctx, c.ses.PlatformID)
	if err != nil {
		return "", err
	}
	activity := ""
	if c.id == c.ses.ContextID {
		activity = p.ActivityURL(c.ses.CMID)
	}
	return cmp.Or(activity, p.CourseURL(c.id), p.Issuer), nil
}

// confirmReminder shows whom a reminder goes to, and the text, before anything is sent.
func (t *teacher) confirmReminder(w http.ResponseWriter, r *http.Request, c course) error {
	if !t.mails.Reminds() {
		return errNoMail
	}
	found, err := t.missingOnes(r.Context(), c)
	if err != nil {
		return err
	}
	base := t.Base(r, c.ses)
	p := templates.RemindPage{Page: base, Course: c.title(), Count: len(found.subs), NoAddress: found.noAddress, Back: c.page}
	at, day := t.due(c)
	if at.After(t.Now()) {
		p.At = at
	}
	last, _, err := t.store.LatestNotices(r.Context(), c.ses.PlatformID, c.id)
	if err != nil && !errors.Is(err, policy.ErrNotFound) {
		return err
	}
	if p.Reminded = err == nil && last.Step >= day; !p.Reminded && p.Count > 0 {
		link, err := t.answerAt(r.Context(), c)
		if err != nil {
			return err
		}
		p.Letter, err = t.Pages.Letter(templates.Reminder{
			Lang: base.Tag(), Name: found.name, Course: c.title(), Site: c.ses.Site, Link: link, Asks: found.asks,
		})
		if err != nil {
			return err
		}
		token, err := t.Present(c.ses.ID, base.Tag(), nil)
		if err != nil {
			return err
		}
		p.Form = &templates.Form{Action: c.page + "/remind", Hidden: []templates.Field{token}}
	}
	t.Render(w, r, http.StatusOK, p)
	return nil
}

// errNoMail is what is found where nobody can be written to.
var errNoMail = policy.E(policy.ErrNotFound, "").Because(errors.New("no mail server is configured"))

// remind has those who are missing reminded. Who is that by now is found out again; whoever needs no reminder when it is
// sent gets none.
func (t *teacher) remind(w http.ResponseWriter, r *http.Request, c course) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	if _, err := t.Presented(r, c.ses.ID); err != nil {
		return err
	}
	if !t.mails.Reminds() {
		return errNoMail
	}
	found, err := t.missingOnes(r.Context(), c)
	if err != nil {
		return err
	}
	if len(found.subs) == 0 {
		return web.Redirect(w, r, c.page+"/remind")
	}
	link, err := t.answerAt(r.Context(), c)
	if err != nil {
		return err
	}
	at, day := t.due(c)
	_, err = t.store.OrderNotices(r.Context(), store.AdminEntry{
		InstitutionID: c.ses.InstitutionID, ActorID: c.ses.UserID, Actor: web.Actor(c.ses), Action: "participants.remind",
		Object: c.ses.Site + ": " + c.title(),
	}, store.NoticeBatch{Step: day, Lang: t.Base(r, c.ses).Tag(), Link: link, Due: at, Expires: at.Add(remindFor)}, found.roster, found.subs)
	if errors.Is(err, policy.ErrConflict) { // somebody else was quicker: the page says so
		return web.Redirect(w, r, c.page+"/remind")
	}
	if err != nil {
		return err
	}
	t.wakeMails()
	return web.Redirect(w, r, c.page+"?reminded=1")
}

// reminders adds to the list of participants what became of reminders, and the way to the next one.
func (t *teacher) reminders(ctx context.Context, c course, l listing, p *templates.ParticipantsPage) error {
	if !t.mails.Reminds() {
		return nil
	}
	b, counts, err := t.store.LatestNotices(ctx, c.ses.PlatformID, c.id)
	if err != nil && !errors.Is(err, policy.ErrNotFound) {
		return err
	}
	if err == nil {
		p.Reminder = &templates.ReminderNote{Time: b.Due, Sent: counts.Sent, Waiting: counts.Waiting, Failed: counts.Failed, Pointless: counts.Pointless}
	}
	if _, day := t.due(c); p.Write != "" && (p.Reminder == nil || b.Step < day) {
		p.Remind = c.page + "/remind"
	}
	if p.Reminder == nil {
		return nil
	}
	var subs []string
	for _, n := range l.onPage() {
		subs = append(subs, n.Sub)
	}
	told, err := t.store.Reminded(ctx, c.ses.PlatformID, c.id, subs)
	if err != nil {
		return err
	}
	i := 0
	for g := range p.Groups {
		for k := range p.Groups[g].Rows {
			row, last := &p.Groups[g].Rows[k], told[subs[i]]
			switch row.Reminded = last.Sent; last.Code {
			case "":
			case store.NoticeUnsure:
				row.Unreminded = "remind.person.unsure"
			default:
				row.Unreminded = "remind.person.failed"
			}
			i++
		}
	}
	return nil
}
