package launch_test

import (
	"net/http"
	"strings"
	"testing"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
)

// revised is a version of the house rules.
func revised(revision, note, content string) policy.Version {
	v := draft(policy.Agree, english("House rules", content))
	v.Revision, v.ChangeNote = revision, note
	return v
}

func TestChangesAreSinceTheReadersOwnAnswer(t *testing.T) {
	s := newSite(t)
	accept := func(x ltitest.Person) {
		b := s.browser()
		s.settle(b, s.enter(b, x, s.window).acceptAll())
	}
	pending := func(x ltitest.Person) *view {
		return s.enter(s.browser(), x, s.window).is(http.StatusOK, "").asks("House rules")
	}

	s.load("rules", revised("1", "", "Be kind to one person."))
	pending(s.learner).lacks("What changed")
	accept(s.learner)
	s.clock.set(s.clock.now().AddDate(0, 1, 0))
	s.load("rules", revised("2", "Two people now.", "Be kind to two people."))
	accept(s.other)
	s.load("rules", revised("3", "Everybody now.", "Be kind to all people."))

	page := pending(s.learner).has("since your answer to version 1 (1 September 2026)").has("The author’s note: Everybody now.")
	page.lacks("Two people")
	marks := strings.Join(append(texts(page.all("del")), texts(page.all("ins"))...), "; ")
	for _, want := range []string{"one person", "all people"} {
		if !strings.Contains(marks, want) {
			t.Errorf("%q is not marked: %s", want, marks)
		}
	}
	// The link leads to exactly what was answered.
	b := s.browser()
	mine := s.enter(b, s.learner, s.window)
	for _, a := range mine.all("a") {
		if squeezed(a) == "The exact text behind your answer" {
			href, _ := attribute(a, "href")
			s.get(b, href).is(http.StatusOK, "").has("Be kind to one person.")
			return
		}
	}
	t.Error("no link to the text that was answered")
}

func TestChangedMarksAndLabelsAreShownAndSaid(t *testing.T) {
	s := newSite(t)
	s.load("rules", revised("1", "", `<p>We do <s>not</s> sell your data.</p><ol type="a"><li>one</li><li>two</li></ol><p>Point (b) holds.</p>`))
	b := s.browser()
	s.settle(b, s.enter(b, s.learner, s.window).acceptAll())
	s.load("rules", revised("2", "", `<p>We do not sell your data.</p><ol><li>one</li><li>two</li></ol><p>Point (b) holds.</p>`))
	page := s.enter(s.browser(), s.learner, s.window).asks("House rules").lacks("No words changed")
	page.has("[removed: (struck through) not").has("[inserted: not").has("[removed: b. ]").has("[inserted: 2. ]")
}

func TestWhatNobodySeesIsNoChangeToRead(t *testing.T) {
	s := newSite(t)
	s.load("rules", revised("1", "", "<p>Be kind to \u0218tefan and to all people.</p>"))
	b := s.browser()
	s.settle(b, s.enter(b, s.learner, s.window).acceptAll())
	s.load("rules", revised("2", "", "<p>Be kind to <em>S\u0326tefan</em> and\u2009to all\u200b people.</p>"))
	page := s.enter(s.browser(), s.learner, s.window).asks("House rules").has("No words changed, only the layout or the addresses of links.")
	if marks := append(texts(page.all("del")), texts(page.all("ins"))...); len(marks) > 0 {
		t.Errorf("marked: %q", marks)
	}
}

func TestChangesOfAnAnswerInAnotherLanguage(t *testing.T) {
	s := newSite(t)
	v := draft(policy.Agree, text("ro", "Regulament", "Fiți amabili."))
	s.load("rules", v)
	b := s.browser()
	s.settle(b, s.enter(b, s.learner, s.window).acceptAll())
	s.load("rules", revised("2", "", "Be kind to all."))
	s.enter(s.browser(), s.learner, s.window).has("text in another language").has("română").lacks("[removed")
}

func TestNewcomersSeeNoChanges(t *testing.T) {
	s := newSite(t)
	s.load("rules", revised("1", "", "Be kind."))
	s.load("rules", revised("2", "Shorter.", "Be."))
	s.enter(s.browser(), s.learner, s.window).lacks("What changed").lacks("Shorter.")
}
