package launch_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/policy"
)

func TestO03OptionalPoliciesAreAnsweredYesOrNo(t *testing.T) {
	s := newSite(t)
	yes, no := s.load("one", version(policy.Consent, "One", 1)), s.load("two", version(policy.Consent, "Two", 2))
	b := s.browser()
	page := s.enter(b, s.learner, s.window).asks("One", "Two")
	s.settle(b, page.answers(map[int64]policy.Answer{yes.ID: policy.Accepted, no.ID: policy.Declined})).backInMoodle()
	id := s.launchID(b, s.learner)
	if d := cmp.Diff([]string{"Consent given", "Declined"}, s.standings(b, id)); d != "" {
		t.Errorf("standings (-want +got):\n%s", d)
	}
}

func TestO04WithdrawAndAcceptAgain(t *testing.T) {
	s := newSite(t)
	v := s.load("photos", version(policy.Consent, "Photos", 1))
	s.load("rules", version(policy.Agree, "Rules", 2))
	b := s.browser()
	s.settle(b, s.enter(b, s.learner, s.window).acceptAll()).backInMoodle()
	id := s.launchID(b, s.learner)
	page := s.get(b, "/l/"+id+"/agreements")
	if len(page.Forms()) != 1 {
		t.Errorf("%d forms, want one: rules cannot be taken back", len(page.Forms()))
	}
	for i, step := range []struct {
		act             policy.Answer
		shown, recorded string
	}{
		{policy.Withdrawn, "Withdrawn", "I withdraw my consent to “Photos”."},
		{policy.Accepted, "Consent given", "Do you consent to what “Photos” describes? Yes, I consent."},
		{policy.Withdrawn, "Withdrawn", "I withdraw my consent to “Photos”."},
	} {
		s.clock.pass(time.Minute)
		f := page.act(v.ID, step.act)
		if f == nil {
			t.Fatalf("no form to be %s: %s", step.act, page.Text())
		}
		got := s.submit(b, *f)
		got.leads("agreements")
		s.unchanged(func() { s.submit(b, *f).leads("agreements") }) // a second click
		p, err := b.FollowRedirect(got.Page)
		s.must(err)
		page = s.view(p).is(http.StatusOK, "").has("Your answers are saved.")
		if st := s.standings(b, id); st[0] != step.shown || st[1] != "Agreed" {
			t.Errorf("standings %v", st)
		}
		es := s.events(s.learner.ID)
		if len(es) != 3+i || es[0].Answer != step.act || es[0].Statement != step.recorded || es[0].LaunchID != id {
			t.Errorf("%d events, the last is %+v", len(es), es[0])
		}
		button := "Withdraw my consent"
		if step.act == policy.Accepted {
			button = "I confirm"
		}
		if es[0].Button != button {
			t.Errorf("button %q, want %q", es[0].Button, button)
		}
	}
	// A withdrawn consent is an answer: it is not asked again.
	s.enter(s.browser(), s.learner, s.window).backInMoodle()
	s.intact(5)
}

func TestDeclinedCanBeAcceptedLater(t *testing.T) {
	s := newSite(t)
	v := s.load("photos", version(policy.Consent, "Photos", 1))
	b := s.browser()
	s.settle(b, s.enter(b, s.learner, s.window).answers(map[int64]policy.Answer{v.ID: policy.Declined})).backInMoodle()
	id := s.launchID(b, s.learner)
	page := s.get(b, "/l/"+id+"/agreements")
	if page.act(v.ID, policy.Withdrawn) != nil {
		t.Error("what was declined can be withdrawn")
	}
	s.settle(b, *page.act(v.ID, policy.Accepted)).has("Consent given")
}

func TestActsThatNobodyOffered(t *testing.T) {
	s := newSite(t)
	rules, photos := s.load("rules", version(policy.Agree, "Rules", 1, ownPage)), s.load("photos", version(policy.Consent, "Photos", 2))
	foreign := s.foreignPolicy()
	b := s.browser()
	first := s.enter(b, s.learner, s.window).asks("Rules")
	second := s.settle(b, first.acceptAll()).asks("Photos")
	path := strings.TrimSuffix(second.URL.Path, "pending") + "agreements"
	s.clock.pass(time.Minute)
	act := func(token string, id int64, a string) url.Values {
		return url.Values{"token": {token}, "version": {number(id)}, "act": {a}}
	}
	s.unchanged(func() {
		for name, c := range map[string]struct {
			form   url.Values
			status int
			code   string
		}{
			"withdrawing what is compulsory":         {act(token(first), rules.ID, "withdrawn"), 403, "answer.not_withdrawable"},
			"an unknown act":                         {act(token(first), rules.ID, "erased"), 400, "invalid"},
			"declining here":                         {act(token(second), photos.ID, "declined"), 400, "invalid"},
			"a version that the token does not name": {act(token(second), rules.ID, "accepted"), 400, "invalid"},
			"another institution's version":          {act(token(second), foreign.ID, "accepted"), 400, "invalid"},
			"no token":                               {act("", photos.ID, "accepted"), 403, "csrf"},
			"no fields":                              {url.Values{}, 403, "csrf"},
		} {
			s.run(t, name, func(t *testing.T) {
				s.post(b, path, c.form).is(c.status, c.code)
			})
		}
		// Withdrawing what was never given leads to the page that says how it stands.
		s.post(b, path, act(token(second), photos.ID, "withdrawn")).leads("agreements")
	})
}

func TestHistoryKeepsEveryVersion(t *testing.T) {
	s := newSite(t)
	v1 := version(policy.Agree, "Rules", 1)
	v1.Revision = "2026-1"
	one := s.load("rules", v1)
	b := s.browser()
	s.settle(b, s.enter(b, s.learner, s.window).acceptAll()).backInMoodle()
	s.clock.pass(24 * time.Hour)
	v2 := draft(policy.Agree, english("Rules", "Another text."))
	v2.Revision = "2026-2"
	s.load("rules", v2)
	id := s.launchID(b, s.learner)
	page := s.get(b, "/l/"+id+"/agreements").has("1 policy is waiting for your answer.")
	if d := cmp.Diff([]string{"Version 2026-2 in force", "Version 2026-1 earlier version"}, texts(page.all("h3"))); d != "" {
		t.Errorf("versions (-want +got):\n%s", d)
	}
	s.submit(b, s.get(b, "/l/"+id+"/pending").acceptAll())

	// The exact text behind the first answer is still there.
	id = s.launchID(b, s.learner)
	e := s.events(s.learner.ID)[1]
	exact := s.get(b, "/l/"+id+"/agreements/"+e.ID).is(http.StatusOK, "").
		has("Text of Rules.").lacks("Another text.").has("2026-1").has(e.Digest).has(e.Hash).has(e.ID).
		has(e.Statement).has("Save my answers").has("1 September 2026")
	if e.Digest != one.Primary().Digest() || exact.all("p", "role=alert") != nil {
		t.Error("the text is not the one that was recorded")
	}
	links := s.get(b, "/l/"+id+"/agreements").Attr("a", "href")
	if !slices.Contains(links, "/l/"+id+"/agreements/"+e.ID) {
		t.Errorf("My agreements does not lead to the exact text: %v", links)
	}
	s.intact(2)
}

func TestExactTextOfOthers(t *testing.T) {
	s := asking(t)
	b, stranger := s.browser(), s.browser()
	s.settle(stranger, s.enter(stranger, s.other, s.window).acceptAll()).backInMoodle()
	s.settle(b, s.enter(b, s.learner, s.window).acceptAll()).backInMoodle()
	theirs := s.events(s.other.ID)[0]
	id := s.launchID(b, s.learner)
	for _, event := range []string{theirs.ID, "0190a1b2-0000-7000-8000-000000000000", "x", "%22%3E", strings.Repeat("9", 300)} {
		got := s.get(b, "/l/"+id+"/agreements/"+event).is(http.StatusNotFound, "not_found")
		got.lacks(theirs.Digest)
	}
}

func TestWithdrawingAnEarlierVersionsConsent(t *testing.T) {
	s := newSite(t)
	v := s.load("photos", version(policy.Consent, "Photos", 1))
	b := s.browser()
	s.settle(b, s.enter(b, s.learner, s.window).acceptAll()).backInMoodle()
	changed := draft(policy.Consent, english("Photos and films", "More."))
	s.load("photos", changed)
	s.clock.pass(time.Minute)
	id := s.launchID(b, s.learner)
	f := s.get(b, "/l/"+id+"/agreements").act(v.ID, policy.Withdrawn)
	if f == nil {
		t.Fatal("an earlier consent cannot be withdrawn")
	}
	s.settle(b, *f).is(http.StatusOK, "")
	if e := s.events(s.learner.ID)[0]; e.Answer != policy.Withdrawn || e.VersionID != v.ID {
		t.Errorf("recorded %+v", e)
	}
	// The new one is still asked, by itself.
	s.enter(b, s.learner, s.window).asks("Photos and films")
	s.intact(2)
}

func TestPublishedBetweenMyAgreementsAndTheClick(t *testing.T) {
	s := newSite(t)
	v := s.load("photos", version(policy.Consent, "Photos", 1))
	b := s.browser()
	s.settle(b, s.enter(b, s.learner, s.window).answers(map[int64]policy.Answer{v.ID: policy.Declined})).backInMoodle()
	id := s.launchID(b, s.learner)
	f := s.get(b, "/l/"+id+"/agreements").act(v.ID, policy.Accepted)
	s.load("photos", draft(policy.Consent, english("Photos and films", "More.")))
	s.unchanged(func() { s.settle(b, *f).is(http.StatusOK, "").lacks("Your answers are saved") })
}
