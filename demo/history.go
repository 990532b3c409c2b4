package demo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// calendar is the clock of the demo's database, which stands in the past while the past is written.
type calendar struct {
	now  func() time.Time
	back atomic.Int64
}

func (c *calendar) Now() time.Time { return c.now().Add(-time.Duration(c.back.Load())) }

// turn makes it stand at a time in the past. The zero time is now.
func (c *calendar) turn(at time.Time) {
	c.back.Store(0)
	if !at.IsZero() {
		c.back.Store(int64(c.now().Sub(at)))
	}
}

// The demo's past: its policies are published, one of them is renewed, and that one changes a little.
const (
	published = 60 * 24 * time.Hour
	renewed   = 20 * 24 * time.Hour
	changed   = 6 * 24 * time.Hour
)

// history gives a large course of the demo a past: most of its learners came in the weeks before and
// answered, so that its teacher finds the list as it is in the middle of a semester. What is recorded has the
// same form as what a click records; the people are invented.
type history struct {
	db       *store.DB
	calendar *calendar
	pages    *templates.Set
	now      time.Time
	r        *rand.Rand

	platform lti.Platform
	site     *ltitest.Platform
	course   ltitest.Course
	activity ltitest.Activity
	scores   bool          // the answers also open the course's gate
	source   []policy.Text // of the policy that is renewed, as it is today
	versions []policy.Version
}

// remember writes the past of the demo's large courses: of the small one now, of the large one when later is called,
// while the demo runs: that takes a few seconds.
func remember(ctx context.Context, c *calendar, db *store.DB, sites []*ltitest.Platform) (later func(context.Context) error, err error) {
	small, large, err := pastOf(ctx, c, db, sites)
	if err != nil {
		return nil, err
	}
	if err := writeAll(ctx, small); err != nil {
		return nil, err
	}
	c.turn(time.Time{})
	return func(ctx context.Context) error { return writeAll(ctx, large) }, nil
}

func writeAll(ctx context.Context, past []*history) error {
	for _, h := range past {
		if err := h.write(ctx); err != nil {
			return err
		}
	}
	return nil
}

// pastOf returns the histories of the demo's courses of 126 and of 5,000 learners, without those that an
// earlier run on the same database has written.
func pastOf(ctx context.Context, c *calendar, db *store.DB, sites []*ltitest.Platform) (small, large []*history, err error) {
	pages, err := templates.New()
	if err != nil {
		return nil, nil, err
	}
	platforms, err := db.Platforms(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, site := range sites {
		for _, course := range site.Courses() {
			n := len(site.Members(course.ID, ltitest.Student))
			if n != 126 && n != 5000 {
				continue
			}
			h := &history{db: db, calendar: c, pages: pages, now: c.now(), r: rand.New(rand.NewPCG(126, uint64(n))),
				site: site, course: course, activity: site.Activities(course.ID)[0], scores: n == 126}
			for _, p := range platforms {
				if p.Issuer == site.Issuer() {
					h.platform = p
				}
			}
			_, err := db.Roster(ctx, h.platform.ID, strconv.FormatInt(course.ID, 10))
			switch {
			case err == nil:
			case !errors.Is(err, policy.ErrNotFound):
				return nil, nil, err
			case h.scores:
				small = append(small, h)
			default:
				large = append(large, h)
			}
		}
	}
	return small, large, nil
}

// withoutPast is how many people at the top of a site's list have answered nothing yet: whoever tries the demo
// enters as one of them and meets the policies.
const withoutPast = 40

// write records what happened: about seven in ten have accepted everything, a few only a part of it. In the small
// course most of them had accepted what was renewed since, and a few have not been there again.
func (h *history) write(ctx context.Context) error {
	learners := h.site.Members(h.course.ID, ltitest.Student)
	done := len(learners) * 87 / 126
	if people := h.site.People(); len(people) > withoutPast {
		learners = slices.DeleteFunc(learners, func(x ltitest.Person) bool { return x.ID <= people[withoutPast].ID })
	}
	order := h.r.Perm(len(learners))
	came := min(done+done/10, len(order))
	var visits []visit
	for n, i := range order[:came] {
		some := 0 // how many policies are left out
		if n >= done {
			some = 2 // a free choice and a compulsory one
		}
		visits = append(visits, visit{learners[i], h.between(renewed, 0), some})
	}
	acts := map[time.Duration]func(context.Context) error{}
	if h.scores {
		for n, i := range order {
			if n < done*3/4 || n >= came && n < came+6 {
				visits = append(visits, visit{learners[i], h.between(published, renewed), 0})
			}
		}
		acts[renewed] = func(ctx context.Context) error { return h.renew(ctx, false) }
		acts[changed] = func(ctx context.Context) error { return h.renew(ctx, true) }
	}
	slices.SortFunc(visits, func(a, b visit) int { return a.at.Compare(b.at) })
	for _, v := range visits {
		for _, ago := range []time.Duration{renewed, changed} {
			if act := acts[ago]; act != nil && !v.at.Before(h.now.Add(-ago)) {
				h.calendar.turn(h.now.Add(-ago))
				if err := act(ctx); err != nil {
					return fmt.Errorf("publishing in the past of %s: %w", h.course.ShortName, err)
				}
				delete(acts, ago)
			}
		}
		if h.scores {
			h.calendar.turn(v.at)
		}
		if err := h.visit(ctx, v); err != nil {
			return fmt.Errorf("writing the past of %s: %w", h.course.ShortName, err)
		}
	}
	return nil
}

// between is some time in the past between two others; soon after the first one there are more of them.
func (h *history) between(from, until time.Duration) time.Time {
	return h.now.Add(-from + time.Duration(h.r.Float64()*h.r.Float64()*float64(from-until)))
}

// renew publishes the first of the site's policies anew: with a sentence more and a word that is another, and after a minor
// change as its source has it.
func (h *history) renew(ctx context.Context, minor bool) error {
	active, err := h.db.ActiveVersions(ctx, h.platform.ID, "")
	if err != nil {
		return err
	}
	v := active[0]
	v.Revision = h.now.Add(-renewed).Format("2006-01")
	if minor {
		v.Revision += ".1"
		v.Texts, v.ChangeNote = h.source, "Trimiterea de la sfârșit a fost scoasă, iar un verb a fost înlocuit; înțelesul este același."
	} else {
		h.source, v.Texts = v.Texts, slices.Clone(v.Texts)
		t := &v.Texts[0]
		t.Content = policy.SafeHTML(strings.Replace(string(t.Content), "gestionează", "administrează", 1)) + earlierSentence
		v.ChangeNote = "La început de an universitar: s-a adăugat unde se găsesc versiunile anterioare."
	}
	a := store.Admin{InstitutionID: h.platform.InstitutionID, Actor: "demo"}
	id, err := h.db.NewDraft(ctx, a, v)
	if err != nil {
		return err
	}
	h.versions = nil
	return h.db.Publish(ctx, a, store.Publication{VersionID: id, Edit: 1, Minor: minor})
}

// earlierSentence stands only in the version that was in force for two weeks.
const earlierSentence = "<p>Versiunile anterioare ale acestui text, cu zilele în care au fost în vigoare, se găsesc la adresa lui permanentă.</p>"

// visit is when a learner came, and how many policies they left out.
type visit struct {
	ltitest.Person
	at   time.Time
	some int
}

// visit is one learner's launch, and the answers to all but some of the policies.
func (h *history) visit(ctx context.Context, who visit) error {
	x := who.Person
	nonce, err := h.db.NewID()
	if err != nil {
		return err
	}
	m, err := h.message(x, nonce)
	if err != nil {
		return err
	}
	u, err := h.db.Admit(ctx, m, h.platform)
	if err != nil {
		return err
	}
	if h.versions == nil { // known only once somebody has opened the activity
		if h.versions, err = h.db.ActiveVersions(ctx, h.platform.ID, m.Context.ID); err != nil {
			return err
		}
	}
	loc := h.pages.Locale("", x.Lang, "")
	var events []policy.Event
	for _, v := range h.versions[:max(0, len(h.versions)-who.some)] {
		a := policy.Accepted
		if v.Optional() && h.r.IntN(4) == 0 {
			a = policy.Declined
		}
		text, ok := v.In(loc.Tag())
		if !ok {
			text = v.Primary()
		}
		e, err := policy.Decide(v, policy.Choice{
			VersionID: v.ID, Answer: a, Lang: text.Lang, Digest: text.Digest(),
			Statement: loc.Statement(v, a, text.Name), Button: loc.Button(templates.ButtonSave),
		}, u.Person().At(h.now), nil)
		if err != nil {
			return err
		}
		e.Time, e.UILang, e.Scope, e.Presentation, e.LaunchID = who.at, loc.Tag(), v.ScopeIn(m.Context.ID), nonce, nonce
		e.InstitutionID, e.PlatformID, e.Issuer = h.platform.InstitutionID, h.platform.ID, h.platform.Issuer
		e.UserID, e.Sub, e.ActorID, e.ActorSub = u.ID, m.Sub, u.ID, m.Sub
		e.DeploymentID, e.ContextID, e.ResourceLinkID, e.Roles = m.DeploymentID, m.Context.ID, m.ResourceLink.ID, m.Roles.String()
		events = append(events, e)
	}
	_, err = h.db.Answer(ctx, events)
	return err
}

// message is what the site would have sent.
func (h *history) message(x ltitest.Person, nonce string) (*lti.Message, error) {
	c, err := h.site.Claims(ltitest.Launch{PersonID: x.ID, CMID: h.activity.CMID, Nonce: nonce})
	if err != nil {
		return nil, err
	}
	claim := func(name, member string) string {
		m, _ := c[name].(map[string]any)
		s, _ := m[member].(string)
		return s
	}
	m := &lti.Message{
		PlatformID: h.platform.ID, Type: lti.ResourceLinkRequest, DeploymentID: h.platform.Deployments[0],
		Nonce: nonce, IssuedAt: h.now, Expires: h.now.Add(time.Hour), Sub: strconv.FormatInt(x.ID, 10),
		Person:       lti.Person{Name: x.Name(), GivenName: x.FirstName, FamilyName: x.LastName, Email: x.Email, Username: x.Username, IDNumber: x.IDNumber},
		Roles:        lti.ParseRoles([]string{ltitest.RoleLearner}),
		Context:      lti.Context{ID: strconv.FormatInt(h.course.ID, 10), Label: h.course.ShortName, Title: h.course.FullName},
		ResourceLink: lti.ResourceLink{ID: strconv.FormatInt(h.activity.ID, 10), Title: h.activity.Name},
		Presentation: lti.Presentation{Locale: x.Lang}, Custom: h.activity.Custom,
		NRPS: lti.NRPS{MembershipsURL: claim(ltitest.ClaimNRPS, "context_memberships_url")},
	}
	if h.scores {
		m.AGS = lti.AGS{LineItem: claim(ltitest.ClaimAGS, "lineitem"), Scopes: []string{lti.ScopeScore}}
	}
	return m, nil
}
