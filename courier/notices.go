package courier

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"ltipolicy/courier/post"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

const (
	noticesAtOnce = 50               // read, and held against what people answered, before they are sent
	sitesAtOnce   = 4                // each with a connection of its own to the mail server
	listAge       = time.Hour        // an older list of participants is fetched before its people are written to
	listWithin    = 2 * time.Minute  // then the one that is there counts
	settleWithin  = 10 * time.Second // to write down what became of a notice, also when the program stops

	// mailServer stands among the platforms that are away when it is.
	mailServer = "the mail server"
)

// Why a notice is pointless, or cannot be delivered, beside a mail server's own reasons.
const (
	codeAnswered  = "answered"
	codeLeft      = "left" // the course or the site, or suspended
	codeExpired   = "expired"
	codeNoAddress = "no_address"
)

// Reminder is what a person is told who has something left to accept.
type Reminder struct {
	Lang   string // of the person, as the platform names it; empty: nobody knows
	Else   string // the language if nobody knows
	Name   string
	Course string
	Site   string
	Link   string           // where the person answers
	Asks   []policy.Version // what is left, compulsory ones alone
}

// Words are a reminder in a person's language.
type Words struct{ Lang, Subject, Text, HTML string }

// Mails is how notices leave by mail.
type Mails struct {
	Server    post.Server
	Hours     Hours // in which people are written to, in the zone of their institution
	PerMinute int   // mails to the people of one site, at most; 0: as many as the server takes
	Write     func(Reminder) (Words, error)
}

// mailer is what the sending of mails keeps in mind.
type mailer struct {
	Mails
	mu    sync.Mutex
	rates map[string]*rate.Limiter // by site
}

// Reminds reports whether there is a way to people by which they can be reminded.
func (w *Worker) Reminds() bool { return w.mails.Server.Known() && w.mails.Write != nil }

// NextMails is when people may be written to from a time on, in its zone.
func (w *Worker) NextMails(t time.Time) time.Time { return w.mails.Hours.Next(t) }

func (m *mailer) rate(platformID string) *rate.Limiter {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.rates[platformID]
	if l == nil {
		l = rate.NewLimiter(rate.Inf, 1)
		if m.PerMinute > 0 {
			l = rate.NewLimiter(rate.Limit(float64(m.PerMinute)/60), 1)
		}
		if m.rates == nil {
			m.rates = map[string]*rate.Limiter{}
		}
		m.rates[platformID] = l
	}
	return l
}

// notices sends what is due, of some sites at once. That one of them fails keeps no other waiting.
func (w *Worker) notices(ctx context.Context) error {
	if !w.Reminds() || w.isAway(mailServer) {
		return nil
	}
	sites, err := w.store.NoticeSites(ctx)
	if err != nil {
		return err
	}
	failed := make([]error, len(sites))
	turns := make(chan struct{}, sitesAtOnce)
	var all sync.WaitGroup
	for i, id := range sites {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			failed[i] = safely(func() error { return w.noticesOf(ctx, id) })
		})
	}
	all.Wait()
	return errors.Join(failed...)
}

// noticesOf sends what is due of a site, while it may, until nothing is. One process does so at a time, which keeps the
// rate.
func (w *Worker) noticesOf(ctx context.Context, platformID string) (err error) {
	if mine, err := w.store.LeaseNotices(ctx, platformID); err != nil || !mine {
		return err
	}
	defer func() { err = errors.Join(err, w.store.LeaveNotices(ctx, platformID)) }()
	if err := w.store.GiveUpNotices(ctx, platformID); err != nil {
		return err
	}
	p, err := w.store.Platform(ctx, platformID)
	if err != nil || p.Status != lti.Active {
		return err
	}
	i, err := w.store.Institution(ctx, p.InstitutionID)
	if err != nil {
		return err
	}
	zone := time.UTC
	if z, ok := policy.ZoneNamed(i.Zone.Name); ok {
		zone = z
	}
	r := &round{w: w, platform: p, zone: zone, fresh: map[string]bool{}}
	defer r.hangUp()
	for w.mails.Hours.Open(w.now().In(zone)) && !w.isAway(mailServer) {
		b, ns, err := w.store.DueNotices(ctx, platformID, noticesAtOnce)
		if err != nil || len(ns) == 0 {
			return err
		}
		if err := r.send(ctx, b, ns); err != nil {
			return err
		}
		if mine, err := w.store.LeaseNotices(ctx, platformID); err != nil || !mine {
			return err
		}
	}
	return nil
}

// round is what is sent of one site at a time.
type round struct {
	w        *Worker
	platform lti.Platform
	zone     *time.Location
	fresh    map[string]bool  // courses whose lists are no older than can be had
	talk     *post.Connection // nil: there is none
	before   *store.Handing   // taken by the server, and not written down yet
}

func (r *round) hangUp() {
	if r.talk != nil {
		r.talk.Close()
		r.talk = nil
	}
}

// send sends some notices of one batch to those who still need them.
func (r *round) send(ctx context.Context, b store.NoticeBatch, ns []store.Notice) (err error) {
	course, needs, err := r.needed(ctx, b, ns)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.settled(ctx)) }()
	for _, n := range ns {
		row, needed := needs[n.Sub]
		if !needed {
			continue
		}
		if err := r.w.mails.rate(r.platform.ID).Wait(ctx); err != nil {
			return err
		}
		if err := r.one(ctx, b, n, course, row); err != nil {
			return err
		}
	}
	return nil
}

// need is somebody who is written to, with what is left for them.
type need struct {
	policy.Participant
	asks []policy.Version
}

// needed says who of the notices' people are to be written to, and ends the notices to all others: whoever has answered
// meanwhile, left or was suspended needs none.
func (r *round) needed(ctx context.Context, b store.NoticeBatch, ns []store.Notice) (store.Roster, map[string]need, error) {
	db, ended := r.w.store, map[string][]store.Notice{}
	needs := map[string]need{}
	course, err := r.course(ctx, b.ContextID)
	if err != nil && !errors.Is(err, policy.ErrNotFound) {
		return course, nil, err
	}
	found := map[string]string{} // why not, for whom it was found
	if err == nil {
		columns, err := db.RosterColumns(ctx, r.platform.ID, b.ContextID)
		if err != nil {
			return course, nil, err
		}
		fold := policy.NewRoster(columns, r.w.now().In(r.zone))
		var subs []string
		for _, n := range ns {
			subs = append(subs, n.Sub)
		}
		err = db.SomeParticipants(ctx, course, columns, subs, func(p policy.Participant, given []policy.Given) error {
			row := fold.Add(p, given)
			switch {
			case row.Gone() || row.Teacher:
			case row.Complete:
				found[p.Sub] = codeAnswered
			case !post.Deliverable(p.Email):
				found[p.Sub] = codeNoAddress
			default:
				needs[p.Sub] = need{row.Participant, left(fold, row)}
			}
			return nil
		})
		if err != nil {
			return course, nil, err
		}
	}
	for _, n := range ns {
		_, needed := needs[n.Sub]
		code, known := found[n.Sub]
		switch {
		case needed && r.w.now().Before(b.Expires):
			continue
		case needed:
			code = codeExpired
		case !known:
			code = codeLeft
		}
		delete(needs, n.Sub)
		ended[code] = append(ended[code], n)
	}
	for code, some := range ended {
		end := db.PointlessNotices
		if code == codeNoAddress {
			end = db.UndeliverableNotices
		}
		if err := end(ctx, code, some...); err != nil {
			return course, nil, err
		}
	}
	return course, needs, nil
}

// left are the compulsory versions that a person has not accepted. Free choices are nobody's to remind of.
func left(fold *policy.Roster, row policy.RosterRow) (vs []policy.Version) {
	for i, c := range fold.Columns() {
		if row.Cells[i].Pending && !c.Version.Optional() {
			vs = append(vs, c.Version)
		}
	}
	return vs
}

// course is the list of a course's participants, fetched anew if it is not fresh: somebody may have left. A platform that is
// away leaves what there is.
func (r *round) course(ctx context.Context, contextID string) (store.Roster, error) {
	list, err := r.w.store.Roster(ctx, r.platform.ID, contextID)
	if err != nil || r.fresh[contextID] || list.URL == "" || r.w.now().Sub(list.Fetched) < listAge {
		return list, err
	}
	r.fresh[contextID] = true
	late, cancel := context.WithTimeout(ctx, listWithin)
	defer cancel()
	if err := r.w.refresh(late, course{r.platform.ID, contextID}, listAge); err != nil {
		r.w.log.Warn("roster not fetched", "platform", r.platform.ID, "error", err.Error())
	}
	return r.w.store.Roster(ctx, r.platform.ID, contextID)
}

// errTaken is that somebody else has just handed a notice over.
var errTaken = errors.New("another process has the notice")

// one sends one notice. An error is about the server or the database: nothing more can be sent now.
func (r *round) one(ctx context.Context, b store.NoticeBatch, n store.Notice, course store.Roster, to need) error {
	words, err := r.w.mails.Write(Reminder{
		Lang: to.Lang, Else: b.Lang, Name: cmp.Or(to.Name, strings.TrimSpace(to.GivenName+" "+to.FamilyName)), Course: course.Title, Site: r.platform.Name, Link: b.Link, Asks: to.asks,
	})
	if err != nil {
		return fmt.Errorf("writing a reminder: %w", err)
	}
	if r.talk == nil {
		if r.talk, err = r.w.mails.Server.Dial(ctx); err != nil {
			return r.down(ctx, err)
		}
	}
	var h *store.Handing
	err = r.talk.Send(ctx, post.Letter{
		ID: letterID(n), To: to.Email, Subject: words.Subject, Lang: words.Lang, Text: words.Text, HTML: words.HTML, Date: r.w.now(),
	}, func() (err error) {
		if h, err = r.w.store.HandNoticeOver(ctx, n, r.before); err != nil {
			return err
		}
		if h == nil {
			return errTaken
		}
		r.before = nil
		return nil
	})
	return r.outcome(ctx, n, h, err)
}

// outcome writes down what became of a letter. That it was taken is written down with the next one, or at the end.
func (r *round) outcome(ctx context.Context, n store.Notice, h *store.Handing, err error) error {
	if err == nil {
		r.before = h
		r.w.back(mailServer)
		return nil
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
	defer cancel()
	refusal, refused := errors.AsType[*post.Refusal](err)
	switch {
	case errors.Is(err, errTaken):
		r.hangUp()
		return r.settled(ctx)
	case errors.Is(err, post.ErrUnsure):
		r.hangUp()
		return errors.Join(r.down(ctx, err), r.w.store.NoticeFailed(late, n, h, store.NoticeUnsure))
	case errors.Is(err, post.ErrUnaddressed):
		return r.w.store.UndeliverableNotices(late, codeNoAddress, n)
	case refused && refusal.Temporary():
		return r.w.store.NoticeLate(late, n, h, refusal.Reason())
	case refused:
		r.w.log.Warn("notice not delivered", "platform", r.platform.ID, "code", refusal.Reason())
		return r.w.store.NoticeFailed(late, n, h, refusal.Reason())
	case h != nil:
		return errors.Join(r.down(ctx, err), r.w.store.NoticeLate(late, n, h, "server"))
	}
	return r.down(ctx, err)
}

// settled writes down that the last letter was taken.
func (r *round) settled(ctx context.Context) error {
	if r.before == nil {
		return nil
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
	defer cancel()
	err := r.w.store.NoticeSent(late, r.before)
	r.before = nil
	return err
}

// down leaves the mail server alone for a while, unless it is we who stop.
func (r *round) down(ctx context.Context, err error) error {
	r.hangUp()
	if ctx.Err() == nil {
		r.w.lost(mailServer, 0)
	}
	return fmt.Errorf("sending notices: %w", err)
}

// letterID is the same for a notice whenever it is sent, and tells nobody whose it is.
func letterID(n store.Notice) string {
	sum := sha256.Sum256([]byte(n.BatchID + "\x00" + n.Sub))
	return hex.EncodeToString(sum[:16])
}
