package launch_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/policy"
	"ltipolicy/templates"
)

// version is an english policy of a kind at a place of the order.
func version(kind policy.Kind, name string, order int, edits ...func(*policy.Version)) policy.Version {
	v := draft(kind, english(name, "Text of "+name+"."))
	v.SortOrder = order
	for _, e := range edits {
		e(&v)
	}
	return v
}

func ownPage(v *policy.Version) { v.Style = policy.StyleOwnPage }

func forAudience(a policy.Audience) func(*policy.Version) {
	return func(v *policy.Version) { v.Audience = a }
}

// backInMoodle checks that the browser is at the course again.
func (v *view) backInMoodle() *view {
	v.t.Helper()
	if v.Status != http.StatusOK || !strings.HasPrefix(v.URL.String(), moodleOrigin+"/") {
		v.t.Fatalf("status %d at %s, code %q, want the course: %.300s", v.Status, v.URL, v.ErrorCode(), v.Text())
	}
	return v
}

func TestC02AndC04OnlyActivePoliciesForMembersAsk(t *testing.T) {
	s := newSite(t)
	s.load("all", version(policy.Agree, "For all", 1))
	s.load("members", version(policy.Agree, "For members", 2, forAudience(policy.AudienceLoggedIn)))
	s.load("guests", version(policy.Agree, "For guests", 3, forAudience(policy.AudienceGuests)))
	s.load("info", version(policy.Inform, "To know", 4))
	later := version(policy.Agree, "From October", 5)
	later.EffectiveFrom = s.clock.now().AddDate(0, 1, 0)
	s.load("later", later)
	gone := version(policy.Agree, "Gone", 6)
	s.load("gone", gone)
	s.retire("gone", gone)

	b := s.browser()
	s.enter(b, s.learner, s.window).asks("For all", "For members")
	s.clock.pass(32 * 24 * time.Hour)
	s.enter(b, s.learner, s.window).asks("For all", "For members", "From October")
}

func TestC06AndC07EveryPolicyNeedsItsAnswer(t *testing.T) {
	s := newSite(t)
	first, second := s.load("first", version(policy.Agree, "First", 1)), s.load("second", version(policy.Acknowledge, "Second", 2))
	choice := s.load("choice", version(policy.Consent, "Choice", 3))
	b := s.browser()
	page := s.enter(b, s.learner, s.window).asks("First", "Second", "Choice")
	s.unchanged(func() {
		for _, given := range []map[int64]policy.Answer{
			{}, {first.ID: policy.Accepted}, {first.ID: policy.Accepted, second.ID: policy.Accepted}, {choice.ID: policy.Declined},
		} {
			again := s.submit(b, page.answers(given)).is(http.StatusUnprocessableEntity, "")
			again.asks("First", "Second", "Choice").has("Please check your answers")
			if n := len(again.all("p", "class=problem")); n != 3-len(given) {
				t.Errorf("%d problems, want %d", n, 3-len(given))
			}
			for _, v := range []policy.Version{first, second, choice} {
				want := "0"
				if a := given[v.ID]; a != "" {
					want = "1"
				}
				kept := 0
				for _, in := range again.all("input", "name="+templates.AnswerField(v.ID), "checked") {
					kept++
					if value, _ := attribute(in, "value"); value != string(given[v.ID]) {
						t.Errorf("%s: %q is checked, want %q", v.Primary().Name, value, given[v.ID])
					}
				}
				if number(int64(kept)) != want {
					t.Errorf("%s: %d controls are checked, want %s", v.Primary().Name, kept, want)
				}
			}
			for _, link := range descendAll(again.all("div", "id=problems"), "a") {
				to, _ := attribute(link, "href")
				if len(again.all("input", "id="+strings.TrimPrefix(to, "#"))) != 1 {
					t.Errorf("the summary leads to %s, which is no control", to)
				}
			}
		}
		for code, answers := range map[string][]map[int64]policy.Answer{
			"answer.compulsory": {{first.ID: policy.Declined, second.ID: policy.Accepted, choice.ID: policy.Accepted}}, // U22
			"invalid":           {{first.ID: "perhaps"}, {first.ID: policy.Withdrawn}, {first.ID: policy.Imported}},
		} {
			for _, given := range answers {
				s.submit(b, page.answers(given)).is(http.StatusBadRequest, code)
			}
		}
	})
	s.settle(b, page.acceptAll()).backInMoodle()
}

func TestC08AcceptedOnceIsNotAskedAgain(t *testing.T) {
	s := newSite(t)
	s.load("first", version(policy.Agree, "First", 1))
	s.load("second", version(policy.Agree, "Second", 2))
	b := s.browser()
	s.settle(b, s.enter(b, s.learner, s.window).asks("First", "Second").acceptAll()).backInMoodle()
	s.enter(s.browser(), s.learner, s.window).backInMoodle()
	s.enter(s.framed(), s.learner, s.embedded).backInMoodle()
	s.enter(s.browser(), s.other, s.window).has("First") // somebody else is asked

	// C09: a third policy asks alone.
	s.load("third", version(policy.Agree, "Third", 3))
	s.settle(b, s.enter(b, s.learner, s.window).asks("Third").acceptAll()).backInMoodle()

	// C10: a changed text asks again, with the new one.
	changed := draft(policy.Agree, english("First, new", "New text."))
	changed.SortOrder, changed.ChangeNote = 1, "Shorter."
	s.load("first", changed)
	s.settle(b, s.enter(b, s.learner, s.window).asks("First, new").has("New text.").acceptAll()).backInMoodle()

	// A small change does not: the answer counts for the same material.
	same := changed
	same.Revision = "1.1"
	s.load("first", same)
	s.enter(b, s.learner, s.window).backInMoodle()
	s.intact(4)
}

func TestC16OwnPagesComeFirst(t *testing.T) {
	s := newSite(t)
	s.load("a", version(policy.Agree, "Together one", 1))
	s.load("b", version(policy.Agree, "Own one", 2, ownPage))
	s.load("c", version(policy.Agree, "Together two", 3))
	s.load("d", version(policy.Consent, "Own two", 4, ownPage))
	s.load("e", version(policy.Agree, "Own for guests", 5, ownPage, forAudience(policy.AudienceGuests))) // C18
	b := s.browser()
	page := s.enter(b, s.learner, s.window).asks("Own one")
	if h := page.heading(); h != "Page 1 of 3 One policy needs your answer" {
		t.Errorf("heading %q", h)
	}
	s.settle(b, page.acceptAll()).asks("Own two")

	// C17: leaving in the middle keeps what was answered.
	b = s.browser()
	page = s.enter(b, s.learner, s.window).asks("Own two")
	own, _ := attribute(page.all("input", "value=declined")[0], "name")
	f := page.form()
	f.Values.Set(own, "declined")
	page = s.settle(b, f).asks("Together one", "Together two")
	if h := page.heading(); h != "2 policies need your answer" {
		t.Errorf("heading %q", h)
	}
	s.settle(b, page.acceptAll()).backInMoodle()
	var got []string
	for _, e := range s.events(s.learner.ID) {
		got = append([]string{e.PolicyName + " " + string(e.Answer)}, got...)
	}
	want := []string{"Own one accepted", "Own two declined", "Together one accepted", "Together two accepted"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("recorded (-want +got):\n%s", d)
	}
	s.intact(4)
}

func TestC18OnlyOwnPages(t *testing.T) {
	s := newSite(t)
	s.load("a", version(policy.Agree, "All", 1, ownPage))
	s.load("b", version(policy.Agree, "Members", 2, ownPage, forAudience(policy.AudienceLoggedIn)))
	s.load("c", version(policy.Agree, "Guests", 3, ownPage, forAudience(policy.AudienceGuests)))
	s.load("d", version(policy.Agree, "All again", 4, ownPage))
	b := s.browser()
	page := s.enter(b, s.learner, s.window)
	for _, name := range []string{"All", "Members", "All again"} {
		page = s.settle(b, page.asks(name).acceptAll())
	}
	page.backInMoodle()
	id := s.launchID(b, s.learner)
	s.get(b, "/l/"+id+"/agreements").is(http.StatusOK, "").has("All again")
	for _, state := range s.standings(b, id) {
		if state != "Agreed" && state != "Not asked of you" {
			t.Errorf("standing %q", state)
		}
	}
}

// launchID launches to My agreements, which needs nothing pending.
func (s *site) launchID(b browser, x person) string {
	s.t.Helper()
	return s.forge(b, x, setTarget(s.setup.base+"/agreements")).leads("agreements")
}

// standings are the badges on My agreements.
func (s *site) standings(b browser, launch string) []string {
	s.t.Helper()
	page := s.get(b, "/l/"+launch+"/agreements").is(http.StatusOK, "")
	var out []string
	for _, card := range page.all("section", "class=card") {
		out = append(out, texts(descend(card, "span"))[1])
	}
	return out
}

func TestU09OptionalOnesAreAskedToo(t *testing.T) {
	s := newSite(t)
	rules, choice := s.load("rules", version(policy.Agree, "Rules", 1)), s.load("choice", version(policy.Consent, "Choice", 2))
	b := s.browser()
	page := s.enter(b, s.learner, s.window)
	s.submit(b, page.answers(map[int64]policy.Answer{rules.ID: policy.Accepted})).is(http.StatusUnprocessableEntity, "")
	s.enter(s.browser(), s.learner, s.window).asks("Rules", "Choice")
	s.settle(b, page.answers(map[int64]policy.Answer{rules.ID: policy.Accepted, choice.ID: policy.Declined})).backInMoodle()
	s.enter(b, s.learner, s.window).backInMoodle()
}

func TestPendingPageSaysEverything(t *testing.T) {
	s := newSite(t)
	rules := version(policy.Agree, "House rules", 2)
	rules.Revision, rules.Type, rules.ChangeNote = "2026-1", policy.TypeThirdParty, "Chapter 3 is new."
	stored := s.load("rules", rules)
	choice := s.load("choice", draft(policy.Consent, text("ro", "Fotografii", "Ne puteți fotografia.")))
	b := s.framed()
	page := s.enter(b, s.learner, s.embedded).asks("House rules", "Fotografii")
	page.has("2 policies need your answer").has("Third parties policy").has("Rules: please agree to follow them").
		has("Version 2026-1").has("1 September 2026").has("Summary of House rules").has("Text of House rules.").
		has("Your free choice: yes or no").has("Both answers are equally welcome").has("Signed in through Moodle as Ștefan Țăran")
	card := page.all("section", "class=card")
	if page.label(templates.AnswerID(stored.ID)) != "I have read “House rules” and I agree to follow it." {
		t.Errorf("label %q", page.label(templates.AnswerID(stored.ID)))
	}
	if legend := texts(descend(card[1], "legend")); len(legend) != 1 || legend[0] != "Do you consent to what “Fotografii” describes?" {
		t.Errorf("legend %q", legend)
	}
	if page.label(templates.AnswerID(choice.ID)) != "Yes, I consent." || page.label(templates.AnswerID(choice.ID)+"-no") != "No, I do not consent." {
		t.Error("the choices are worded differently")
	}
	if in := page.all("input", "checked"); in != nil {
		t.Error("an answer is chosen before the reader chose")
	}
	for _, c := range card {
		details := descend(c, "details", "class=full")
		if len(details) != 1 {
			t.Fatalf("%d disclosures of the full text", len(details))
		}
		if _, open := attribute(details[0], "open"); open {
			t.Error("the full text is open beside a summary")
		}
	}
	if n := descend(card[1], "div", "lang=ro"); len(n) != 2 {
		t.Errorf("%d texts are marked as Romanian", len(n))
	}
	if n := descend(card[1], "strong", "lang=ro"); len(n) != 1 || squeezed(n[0]) != "română" {
		t.Error("the page does not say which language the text is in")
	}
	if len(page.all("html", "lang=en", "class=framed")) != 1 || len(page.all("a", "href=#main")) != 1 || len(page.all("main", "id=main")) != 1 {
		t.Error("language, skip link or main are not as they should be")
	}
	if v, _ := attribute(page.all("form")[0], "method"); v != "post" {
		t.Errorf("method %q", v)
	}
	for _, n := range page.all("a", "target=_top") {
		if to, _ := attribute(n, "href"); !strings.HasPrefix(to, moodleOrigin+"/mod/lti/return.php?") {
			t.Errorf("a link that leaves the frame leads to %s", to)
		}
	}
}

func TestReadersLanguage(t *testing.T) {
	s := newSite(t)
	v := draft(policy.Agree, text("en", "House rules", "Be kind."), text("ro", "Regulament", "Fiți amabili."))
	v = s.load("rules", v)
	b := s.browser()
	page := s.enter(b, s.other, s.window).asks("Regulament")
	page.has("Fiți amabili.").lacks("Be kind.")
	if len(page.all("html", "lang=ro")) != 1 {
		t.Error("the page is not Romanian")
	}
	want := page.label(templates.AnswerID(v.ID))
	s.settle(b, page.acceptAll()).backInMoodle()
	e := s.events(s.other.ID)[0]
	ro, _ := v.In("ro")
	if e.Lang != "ro" || e.UILang != "ro" || e.PolicyName != "Regulament" || e.Digest != ro.Digest() || e.Statement != want || e.Button != "Salvez răspunsurile mele" {
		t.Errorf("recorded %+v, the label was %q", e, want)
	}
}

func TestThreePoliciesInOneSubmit(t *testing.T) {
	s := newSite(t)
	names := s.source("Kauno technologijos universitetas", s.platform)
	b := s.framed()
	page := s.enter(b, s.learner, s.embedded).asks(names...)
	if len(names) != 3 {
		t.Fatalf("%d policies", len(names))
	}
	saved := s.settle(b, page.acceptAll()).is(http.StatusOK, "").has("Your answers are saved")
	if !strings.HasSuffix(saved.URL.Path, "/saved") {
		t.Errorf("at %s", saved.URL)
	}
	es := s.events(s.learner.ID)
	if len(es) != 3 || es[0].Presentation != es[2].Presentation || !es[0].Time.Equal(es[2].Time) {
		t.Errorf("%d events", len(es))
	}
	s.enter(b, s.learner, s.embedded).backInMoodle()
	s.intact(3)
}

func TestWayBack(t *testing.T) {
	s := asking(t)
	s.run(t, "from a frame by the reader's click", func(t *testing.T) {
		b := s.framed()
		got := s.submit(b, s.enter(b, s.learner, s.embedded).acceptAll())
		got.leads("saved")
		p, err := b.FollowRedirect(got.Page)
		s.must(err)
		saved := s.view(p).is(http.StatusOK, "")
		back := saved.Header.Get("Ltipolicy-Return")
		if !strings.HasPrefix(back, moodleOrigin+"/mod/lti/return.php?") || strings.Contains(back, "lti_msg") {
			t.Errorf("Ltipolicy-Return: %q", back)
		}
		found := false
		for _, n := range saved.all("a", "target=_top") {
			to, _ := attribute(n, "href")
			found = found || to == back
		}
		if !found {
			t.Error("without scripts there is no way back")
		}
		s.get(b, back).has("Back to the course")
	})
	// Moodle on a phone always opens activities in the window that is there; its own page of a message leads nowhere.
	s.run(t, "from a window at once, never by Moodle's page of a message", func(t *testing.T) {
		b := s.browser()
		got := s.submit(b, s.enter(b, s.other, s.window).acceptAll())
		if got.Status != http.StatusSeeOther || !strings.HasPrefix(got.Location(), moodleOrigin+"/mod/lti/return.php?") ||
			strings.Contains(got.Location(), "lti_msg") || !strings.Contains(got.Location(), "course=") {
			t.Fatalf("status %d to %s", got.Status, got.Location())
		}
		p, err := b.Settle(got.Page, nil)
		s.must(err)
		s.view(p).backInMoodle()
	})
	s.run(t, "without an address", func(t *testing.T) {
		s.load("rules", draft(policy.Agree, english("New rules", "New.")))
		b := s.browser()
		id := s.forge(b, s.learner, setPresentation(map[string]any{"document_target": "window"})).leads("pending")
		saved := s.settle(b, s.get(b, "/l/"+id+"/pending").acceptAll()).is(http.StatusOK, "").has("Your answer is saved")
		if saved.Header.Get("Ltipolicy-Return") != "" || len(saved.all("a", "target=_top")) != 0 {
			t.Error("the page leads somewhere")
		}
	})
}
