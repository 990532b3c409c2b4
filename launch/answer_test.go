package launch_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ltipolicy/launch"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store/storetest"
	"ltipolicy/templates"
)

func TestEventSaysWhatHappened(t *testing.T) {
	s := newSite(t)
	v := version(policy.Acknowledge, "Privacy", 1)
	v.Type = policy.TypePrivacy
	v = s.load("privacy", v)
	choice := s.load("choice", version(policy.Consent, "Photos", 2))
	b := s.framed()
	launch := s.launch(b, s.learner, s.embedded).leads("pending")
	page := s.get(b, "/l/"+launch+"/pending")
	s.clock.pass(3*time.Minute + 250*time.Millisecond)
	given := map[int64]policy.Answer{v.ID: policy.Accepted, choice.ID: policy.Declined}
	s.submit(b, page.answers(given)).leads("saved")

	es := s.events(s.learner.ID)
	if len(es) != 2 {
		t.Fatalf("%d events", len(es))
	}
	for _, e := range es {
		want, of := policy.Event{
			ID: e.ID, Time: s.clock.now(), InstitutionID: s.institution, PlatformID: s.platform.ID, Issuer: moodleOrigin,
			UserID: s.userOf(s.platform, s.learner.ID), Sub: number(s.learner.ID),
			ActorID: s.userOf(s.platform, s.learner.ID), ActorSub: number(s.learner.ID),
			Lang: "en", UILang: "en", Button: "Save my answers", Answer: given[e.VersionID], LaunchID: launch, DeploymentID: "1",
			ContextID: number(s.course.ID), ResourceLinkID: number(s.embedded.ID), Roles: ltitest.RoleLearner,
			Presentation: es[0].Presentation, Hash: e.Hash,
			Shard: e.Shard, Number: e.Number, Recorded: s.clock.now(), Relation: policy.Self,
			Subject: e.Subject, Actor: e.Actor, Noted: e.Noted, Circumstance: e.Circumstance, // of [policy.Event.Commit]
		}, v
		if want.Answer == policy.Declined {
			of = choice
			want.Statement = "Do you consent to what “Photos” describes? No, I do not consent."
		} else {
			want.Standing, want.Statement = 1, page.label(templates.AnswerID(v.ID))
		}
		want.PolicyID, want.VersionID, want.MaterialID, want.Kind = of.PolicyID, of.ID, of.MaterialID, of.Kind
		want.PolicyName, want.Revision, want.Digest = of.Primary().Name, of.Revision, of.Primary().Digest()
		if e != want {
			t.Errorf("recorded\n%+v, want\n%+v", e, want)
		}
		if e.Hash != e.Sum() || e.Presentation == "" || e.ID == "" {
			t.Errorf("hash %s, presentation %q, id %q", e.Hash, e.Presentation, e.ID)
		}
	}
	s.intact(2)
}

func TestTheSameFormTwice(t *testing.T) {
	for name, edit := range map[string]func(*policy.Version){"together": nil, "on pages of their own": ownPage} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			for i, n := range []string{"First", "Second"} {
				v := version(policy.Agree, n, i)
				if edit != nil {
					edit(&v)
				}
				s.load(strings.ToLower(n), v)
			}
			b := s.browser()
			page := s.enter(b, s.learner, s.window)
			form := page.acceptAll()
			asked := len(page.names())
			s.submit(b, form)
			s.unchanged(func() {
				for range 2 {
					if again := s.submit(b, form); again.Status != http.StatusSeeOther {
						t.Errorf("sent again: status %d, %.200s", again.Status, again.Text())
					}
				}
			})
			if n := len(s.events(s.learner.ID)); n != asked {
				t.Errorf("%d events, want %d", n, asked)
			}
			s.intact(asked)
		})
	}
}

func TestDoubleClick(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		s := newSite(t, setup{dsn: dsn})
		s.load("first", version(policy.Agree, "First", 1))
		s.load("second", version(policy.Consent, "Second", 2))
		_, _, second := s.replica()
		b := s.browser()
		form := s.enter(b, s.learner, s.window).acceptAll()
		status := make([]int, 8)
		var wg sync.WaitGroup
		for i := range status {
			road := s.road
			if i%2 == 1 {
				road = second
			}
			c := ltitest.NewBrowser(road)
			c.SetCookies(toolOrigin+"/", b.Cookies(toolOrigin+"/"))
			wg.Go(func() {
				if p, err := c.Submit(form); err == nil {
					status[i] = p.Status
				}
			})
		}
		wg.Wait()
		for _, got := range status {
			if got != http.StatusSeeOther {
				t.Errorf("status %d", got)
			}
		}
		if n := len(s.events(s.learner.ID)); n != 2 {
			t.Errorf("%d events, want 2", n)
		}
		s.intact(2)
	})
}

func TestTwoTabs(t *testing.T) {
	s := newSite(t)
	choice := s.load("choice", version(policy.Consent, "Choice", 1))
	b := s.browser()
	one := s.enter(b, s.learner, s.window)
	two := s.enter(b, s.learner, s.window)
	if one.URL.Path == two.URL.Path {
		t.Fatal("both tabs are one launch")
	}
	s.settle(b, two.answers(map[int64]policy.Answer{choice.ID: policy.Accepted}))
	s.unchanged(func() { // the tab that comes too late changes nothing, and says nothing wrong
		s.submit(b, one.answers(map[int64]policy.Answer{choice.ID: policy.Declined}))
	})
	if es := s.events(s.learner.ID); len(es) != 1 || es[0].Answer != policy.Accepted {
		t.Errorf("events %+v", es)
	}
	s.intact(1)
}

func TestFormsOfOthersAreRefused(t *testing.T) {
	s := asking(t)
	elsewhere := s.foreignPolicy()
	b, stranger := s.browser(), s.browser()
	mine, twin := s.enter(b, s.learner, s.window), s.enter(b, s.learner, s.window)
	theirs := s.enter(stranger, s.other, s.window)
	field := templates.AnswerField(versionOf(mine))
	s.unchanged(func() {
		for name, c := range map[string]struct {
			form url.Values
			code string
		}{
			"no fields":                      {url.Values{}, "csrf"},
			"no token":                       {url.Values{field: {"accepted"}}, "csrf"},
			"a token of one's own making":    {url.Values{field: {"accepted"}, "token": {"abc"}}, "csrf"},
			"the token of another launch":    {url.Values{field: {"accepted"}, "token": {token(twin)}}, "csrf"},
			"the token of another person":    {url.Values{field: {"accepted"}, "token": {token(theirs)}}, "csrf"},
			"a token changed by one byte":    {url.Values{field: {"accepted"}, "token": {changedByte(token(mine))}}, "csrf"},
			"another institution's version":  {url.Values{field: {"accepted"}, templates.AnswerField(elsewhere.ID): {"accepted"}, "token": {token(mine)}}, "invalid"},
			"a version that does not exist":  {url.Values{field: {"accepted"}, templates.AnswerField(987654321): {"accepted"}, "token": {token(mine)}}, "invalid"},
			"a version id that is no number": {url.Values{field: {"accepted"}, "answer.x": {"accepted"}, "token": {token(mine)}}, "invalid"},
			"two answers to one policy":      {url.Values{field: {"accepted", "accepted"}, "token": {token(mine)}}, "invalid"},
			"an answer that nobody offered":  {url.Values{field: {"erased"}, "token": {token(mine)}}, "invalid"},
			"broken UTF-8 in an answer":      {url.Values{field: {"\xffaccepted"}, "token": {token(mine)}}, "invalid"},
			"declining what is compulsory":   {url.Values{field: {"declined"}, "token": {token(mine)}}, "answer.compulsory"},
		} {
			s.run(t, name, func(t *testing.T) {
				got := s.post(b, mine.URL.Path, c.form)
				want := http.StatusForbidden
				if c.code != "csrf" {
					want = http.StatusBadRequest
				}
				got.is(want, c.code)
			})
		}
	})
	if got := s.submit(b, mine.acceptAll()); got.Status != http.StatusSeeOther || len(s.events(s.learner.ID)) != 1 {
		t.Errorf("the right form: status %d", got.Status)
	}
}

// foreignPolicy is a policy of another institution with a Moodle of its own.
func (s *site) foreignPolicy() policy.Version {
	s.t.Helper()
	ktu, err := s.db.EnsureInstitution(s.t.Context(), "Kauno technologijos universitetas")
	s.must(err)
	_, _, p := s.addMoodle("https://open.ktu.example", "open.ktu.edu", ktu)
	return s.load("foreign", draft(policy.Agree, english("Foreign rules", "Not yours.")), p)
}

// token is the hidden token of the page's form.
func token(v *view) string { return v.form().Values.Get("token") }

func changedByte(token string) string {
	b := []byte(token)
	if b[len(b)/2] == 'A' {
		b[len(b)/2] = 'B'
	} else {
		b[len(b)/2] = 'A'
	}
	return string(b)
}

// versionOf is the version that the first control of a page answers.
func versionOf(v *view) int64 {
	v.t.Helper()
	controls := v.all("input", "value=accepted")
	if len(controls) == 0 {
		v.t.Fatal("the page asks nothing")
	}
	name, _ := attribute(controls[0], "name")
	id, err := strconv.ParseInt(strings.TrimPrefix(name, "answer."), 10, 64)
	if err != nil {
		v.t.Fatal(err)
	}
	return id
}

func TestPublishedWhileReading(t *testing.T) {
	t.Run("a new version takes over", func(t *testing.T) {
		s := newSite(t)
		rules := s.load("rules", version(policy.Agree, "Rules", 1))
		choice := s.load("choice", version(policy.Consent, "Choice", 2))
		b := s.browser()
		page := s.enter(b, s.learner, s.window)
		v := version(policy.Agree, "Rules of September", 1)
		v = s.load("rules", v)
		var again *view
		s.unchanged(func() {
			again = s.submit(b, page.answers(map[int64]policy.Answer{rules.ID: policy.Accepted, choice.ID: policy.Declined}))
		})
		again.is(http.StatusUnprocessableEntity, "").asks("Rules of September", "Choice").
			has("changed or published while you were reading").has("This text appeared or changed")
		if n := again.all("input", "checked"); len(n) != 1 {
			t.Fatalf("%d controls are checked, want the one of the unchanged policy", len(n))
		} else if value, _ := attribute(n[0], "value"); value != "declined" {
			t.Errorf("the unchanged policy's choice became %q", value)
		}
		s.settle(b, again.answers(map[int64]policy.Answer{v.ID: policy.Accepted})).backInMoodle()
		es := s.events(s.learner.ID)
		if len(es) != 2 || es[0].VersionID == rules.ID || es[1].VersionID == rules.ID {
			t.Errorf("events %+v", es)
		}
		s.intact(2)
	})
	t.Run("a policy is added", func(t *testing.T) {
		s := asking(t)
		b := s.browser()
		page := s.enter(b, s.learner, s.window)
		s.load("more", version(policy.Agree, "More rules", 20))
		// What was shown is answered; what was not is asked next, and never accepted unseen.
		s.settle(b, page.acceptAll()).asks("More rules")
		if es := s.events(s.learner.ID); len(es) != 1 || es[0].PolicyName != "House rules" {
			t.Errorf("events %+v", es)
		}
	})
	t.Run("a policy is retired", func(t *testing.T) {
		s := asking(t)
		b := s.browser()
		page := s.enter(b, s.learner, s.window)
		s.retire("rules", draft(policy.Agree, english("House rules", "Be kind.")))
		s.unchanged(func() {
			s.settle(b, page.acceptAll()).is(http.StatusOK, "").has("Some of what you answered is not asked any more")
		})
	})
	t.Run("only the revision changes", func(t *testing.T) {
		s := asking(t)
		b := s.browser()
		page := s.enter(b, s.learner, s.window)
		v := draft(policy.Agree, english("House rules", "Be kind."))
		v.Revision = "1.1"
		v = s.load("rules", v)
		again := s.submit(b, page.acceptAll()).is(http.StatusUnprocessableEntity, "").asks("House rules")
		s.settle(b, again.acceptAll()).backInMoodle()
		if es := s.events(s.learner.ID); len(es) != 1 || es[0].VersionID != v.ID {
			t.Errorf("events %+v", es)
		}
	})
	t.Run("the kind changes", func(t *testing.T) {
		s := asking(t)
		b := s.browser()
		page := s.enter(b, s.learner, s.window)
		s.load("rules", draft(policy.Consent, english("House rules", "Be kind.")))
		s.unchanged(func() {
			s.submit(b, page.acceptAll()).is(http.StatusUnprocessableEntity, "").has("Do you consent to what")
		})
	})
}

// Somebody holds what a form needs, and does not let go: the reader gets a page that says to try again, as soon as
// the request's time is over, and what is sent again afterwards is saved.
func TestRequestEndsWhenItsTimeIsOver(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		if strings.HasPrefix(dsn, "sqlite:") {
			return // its writers wait in turn, and nobody else's lock can be left behind
		}
		s := asking(t, setup{dsn: dsn})
		b := s.browser()
		form := s.enter(b, s.learner, s.window).acceptAll()
		// The form comes from a replica with time, so that a slow machine is no matter, and goes to one without.
		s.setup.config = func(c *launch.Config) { c.Limits.Request = time.Second }
		_, _, impatient := s.replica()
		hurried := ltitest.NewBrowser(impatient)
		hurried.SetCookies(toolOrigin+"/", b.Cookies(toolOrigin+"/"))
		holder, err := s.raw.Conn(t.Context())
		s.must(err)
		defer holder.Close() //nolint:errcheck // the test is over
		_, err = holder.ExecContext(t.Context(), `LOCK TABLES tool_policy_acceptances WRITE`)
		s.must(err)
		late := s.submit(hurried, form)
		late.is(http.StatusServiceUnavailable, "unavailable")
		_, err = holder.ExecContext(t.Context(), `UNLOCK TABLES`)
		s.must(err)
		s.settle(b, form).backInMoodle()
		if n := s.count(`SELECT COUNT(id) FROM acceptance_event`); n == 0 {
			t.Error("nothing is saved")
		}
	})
}
