package launch_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// typing sends an editor's form as its script does while somebody types, and returns what became of it.
func (s *site) typing(b browser, f ltitest.Form, pairs ...string) (*view, string) {
	s.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		f.Values.Set(pairs[i], pairs[i+1])
	}
	f.Action = strings.TrimSuffix(f.Action, "/edit") + "/typing"
	got := s.submit(b, f).is(http.StatusOK, "")
	answers := got.all("div", "data-kept")
	if len(answers) != 1 {
		s.t.Fatalf("%d answers: %s", len(answers), got.Text())
	}
	kept, _ := attribute(answers[0], "data-kept")
	return got, kept
}

// part is the text of one part of the answer.
func (v *view) part(name string) *html.Node {
	v.t.Helper()
	parts := v.all("div", "data-part="+name)
	if len(parts) != 1 {
		v.t.Fatalf("%d parts %q", len(parts), name)
	}
	return parts[0]
}

// holds checks what a field of an editor's form holds.
func (v *view) holds(field, want string) *view {
	v.t.Helper()
	for _, f := range v.Forms() {
		if f.ID == "draft" {
			if got := f.Values.Get(field); got != want {
				v.t.Errorf("%s holds %q, want %q", field, got, want)
			}
		}
	}
	return v
}

// editors are two people who write the same draft: a site administrator and a teacher with the right.
func editors(t *testing.T) (s *site, b, colleague browser, edit, theirs string) {
	t.Helper()
	s = asking(t)
	b, l := s.asAdmin()
	f := s.get(b, l+"/admin/policies/new").formTo("/policies/new")
	f.Values.Set("name.0", "Rules")
	f.Values.Set("content.0", "<p>One.</p>")
	edit = s.settle(b, f).URL.Path
	colleague = s.browser()
	id := s.launch(colleague, s.teacher, s.window).leads("pending")
	s.must(s.db.Grant(t.Context(), store.Admin{InstitutionID: s.institution, Actor: "test"}, s.platform.ID, s.userOf(s.platform, s.teacher.ID), store.PowerPolicies))
	return s, b, colleague, edit, "/l/" + id + edit[strings.Index(edit, "/admin/"):]
}

func TestTypingIsKeptForThePersonAlone(t *testing.T) {
	s, b, colleague, edit, theirs := editors(t)
	logged, saves := s.count(`SELECT COUNT(id) FROM admin_log`), s.count(`SELECT SUM(edit) FROM policy_version_detail`)
	page := s.get(b, edit)
	_, kept := s.typing(b, page.formTo("/edit"), "content.0", "<p>Two, my secret", "note", "Why\r\nnot", "plain.0", "1")
	if kept != "kept" {
		t.Errorf("typing was %s", kept)
	}
	s.get(colleague, theirs).has("Adela Root has been typing in this draft since 1 September 2026").lacks("my secret").lacks("You typed here").holds("content.0", "<p>One.</p>")
	answer, _ := s.typing(colleague, s.get(colleague, theirs).formTo("/edit"))
	if got := squeezed(answer.part("typists")); !strings.Contains(got, "Adela Root has been typing") {
		t.Errorf("the colleague's script hears %q", got)
	}
	answer.lacks("my secret")
	if s.count(`SELECT COUNT(id) FROM admin_log`) != logged || s.count(`SELECT SUM(edit) FROM policy_version_detail`) != saves {
		t.Error("typing was logged, or changed the draft")
	}

	// Closed and opened again, in another session: nothing is lost, and nothing is forced.
	b, l := s.asAdmin()
	edit = l + edit[strings.Index(edit, "/admin/"):]
	before := s.get(b, edit).has("You typed here on 1 September 2026").has("Continue with it").lacks("Adela Root has been typing").holds("content.0", "<p>One.</p>")
	before.formTo("/typing/discard")
	links := before.all("a", "class=button")
	href, _ := attribute(links[0], "href")
	again := s.get(b, href).has("This is what you typed").holds("content.0", "<p>Two, my secret").holds("note", "Why\nnot").holds("plain.0", "1")
	f := again.formTo("/edit")
	f.Values.Del("plain.0")
	f.Values.Set("content.0", "<p>Two.</p>")
	s.settle(b, f).has("The draft is saved.").holds("content.0", "<p>Two.</p>").lacks("You typed here")
	s.get(colleague, theirs).lacks("Adela Root has been typing").holds("content.0", "<p>Two.</p>")
}

func TestTypingIsDiscardedOnlyWhenSomebodySaysSo(t *testing.T) {
	s, b, _, edit, _ := editors(t)
	page := s.get(b, edit)
	s.typing(b, page.formTo("/edit"), "content.0", "<p>Two.</p>")
	// Another page, whose reader did not choose yet, neither replaces it nor loses it by saving.
	other := s.get(b, edit).formTo("/edit")
	if _, kept := s.typing(b, other, "content.0", "<p>Three.</p>"); kept != "elsewhere" {
		t.Errorf("typing on another page was %s", kept)
	}
	other.Action = page.formTo("/edit").Action
	s.settle(b, other).has("The draft is saved.").has("You typed here").has("The draft was saved after that").holds("content.0", "<p>Three.</p>")
	if _, kept := s.typing(b, page.formTo("/edit"), "content.0", "<p>Two and a half.</p>"); kept != "kept" {
		t.Errorf("typing on the first page was %s", kept)
	}
	href, _ := attribute(s.get(b, edit).all("a", "class=button")[0], "href")
	old := s.get(b, href).holds("content.0", "<p>Two and a half.</p>").formTo("/edit")
	s.submit(b, old).is(http.StatusConflict, "").has("Somebody else saved this draft meanwhile").has("Three.").holds("content.0", "<p>Two and a half.</p>")
	s.settle(b, s.get(b, edit).formTo("/typing/discard")).has("What you had typed is discarded.").lacks("You typed here").holds("content.0", "<p>Three.</p>")
	if n := s.count(`SELECT COUNT(id) FROM policy_autosave`); n != 0 {
		t.Errorf("%d are left", n)
	}
}

func TestTypingMeetsAColleaguesSaveAsAConflict(t *testing.T) {
	s, b, colleague, edit, theirs := editors(t)
	s.typing(b, s.get(b, edit).formTo("/edit"), "content.0", "<p>Mine.</p>")
	f := s.get(colleague, theirs).formTo("/edit")
	f.Values.Set("content.0", "<p>Theirs.</p>")
	s.settle(colleague, f).has("The draft is saved.")
	href, _ := attribute(s.get(b, edit).has("The draft was saved after that").all("a", "class=button")[0], "href")
	conflict := s.submit(b, s.get(b, href).formTo("/edit")).is(http.StatusConflict, "").has("Theirs.").holds("content.0", "<p>Mine.</p>")
	// What is typed on that page goes on to be kept, and saving it is knowing.
	if _, kept := s.typing(b, conflict.formTo("/edit"), "content.0", "<p>Both.</p>"); kept != "kept" {
		t.Errorf("typing on the page of the conflict was %s", kept)
	}
	f = conflict.formTo("/edit")
	f.Values.Set("content.0", "<p>Both.</p>")
	s.settle(b, f).has("The draft is saved.").lacks("You typed here").holds("content.0", "<p>Both.</p>")
}

func TestTypingThatIsWhatIsSavedIsNone(t *testing.T) {
	s, b, _, edit, _ := editors(t)
	f := s.get(b, edit).formTo("/edit")
	if _, kept := s.typing(b, f); kept != "nothing" {
		t.Errorf("nothing typed was %s", kept)
	}
	s.typing(b, s.get(b, edit).formTo("/edit"), "name.0", "Rules!")
	s.get(b, edit).has("You typed here")
	// Continued, and back to what it was.
	href, _ := attribute(s.get(b, edit).all("a", "class=button")[0], "href")
	if _, kept := s.typing(b, s.get(b, href).formTo("/edit"), "name.0", "Rules"); kept != "nothing" {
		t.Errorf("what is saved was %s", kept)
	}
	s.get(b, edit).lacks("You typed here")
	if _, kept := s.typing(b, s.get(b, edit).formTo("/edit"), "content.0", strings.Repeat("x", 4<<20)); kept != "toolong" {
		t.Errorf("four megabytes were %s", kept)
	}
}

func TestTypingOfANewPolicy(t *testing.T) {
	s := newSite(t)
	b, l := s.asAdmin()
	fresh := l + "/admin/policies/new"
	f := s.get(b, fresh).formTo("/policies/new")
	if _, kept := s.typing(b, f); kept != "nothing" {
		t.Errorf("an empty form was %s", kept)
	}
	f = s.get(b, fresh).formTo("/policies/new")
	s.typing(b, f, "name.0", "Half a n")
	href, _ := attribute(s.get(b, fresh).has("You typed here").all("a", "class=button")[0], "href")
	f = s.get(b, href).holds("name.0", "Half a n").formTo("/policies/new")
	f.Values.Set("name.0", "A name")
	f.Values.Set("content.0", "<p>Text.</p>")
	s.settle(b, f).has("The draft is saved.")
	s.get(b, fresh).lacks("You typed here")
	s.typing(b, s.get(b, fresh).formTo("/policies/new"), "name.0", "Another")
	s.settle(b, s.get(b, fresh).formTo("/typing/discard")).has("discarded").holds("name.0", "")
}

func TestPreviewIsCleanAndInTheReadersWords(t *testing.T) {
	s, b, _, edit, _ := editors(t)
	f := s.get(b, edit).formTo("/edit")
	answer, _ := s.typing(b, f, "content.0", `<p onclick="x()">Be kind.</p><script>evil()</script>`, "kind", "consent", "lang.0", "ro", "name.0", "Reguli")
	preview := answer.part("preview")
	if got := squeezed(preview); !strings.Contains(got, "Be kind.") || !strings.Contains(got, "Da, sunt de acord.") || strings.Contains(got, "evil") {
		t.Errorf("preview %q", got)
	}
	if len(descend(preview, "script")) > 0 || len(descend(preview, "p", "onclick")) > 0 {
		t.Error("the preview is not clean")
	}
	// A translation is shown while it is written, and beside it the primary text as it is now.
	answer, _ = s.typing(b, f, "show", "1", "lang.1", "en", "name.1", "Rules", "content.1", "# Heading", "plain.1", "1")
	if got := squeezed(answer.part("preview")); !strings.Contains(got, "Rules") || !strings.Contains(got, "Heading") || strings.Contains(got, "Reguli") {
		t.Errorf("preview of the translation %q", got)
	}
	if got := squeezed(answer.part("original")); !strings.Contains(got, "Reguli Be kind.") {
		t.Errorf("original %q", got)
	}
	answer, _ = s.typing(b, f, "content.0", strings.Repeat("<p>x</p>", 1<<17+1), "show", "0")
	if got := squeezed(answer.part("preview")); got != "A text is too long or cannot be read." {
		t.Errorf("preview of a text that is too long: %.100q", got)
	}
}

func TestPastedTextIsOfferedRepaired(t *testing.T) {
	s, b, _, edit, _ := editors(t)
	f := s.get(b, edit).formTo("/edit")
	answer, _ := s.typing(b, f, "pasted", "1. Scope\r\n\r\nThis policy is about the library and\r\nits reading rooms.\r\n\r\n• books\r\n• journals\r\n")
	repaired := answer.part("repair")
	if len(descend(repaired, "li")) < 2 || !strings.Contains(squeezed(repaired), "about the library and its reading rooms.") {
		t.Errorf("offered: %s", squeezed(repaired))
	}
	answer, _ = s.typing(b, f, "styled", `<p>We do <span style="text-decoration:line-through">not</span> sell data.</p><p style="display:none">Ask the lawyer.</p>`, "pasted", "")
	repaired = answer.part("repair")
	if struck := descend(repaired, "s"); len(struck) == 0 || !strings.Contains(squeezed(repaired), "Ask the lawyer.") {
		t.Errorf("of styles is offered: %s", squeezed(repaired))
	}
	answer, _ = s.typing(b, f, "styled", `<p style="color:red">We sell no data.</p>`)
	if parts := answer.all("div", "data-part=repair"); len(parts) != 0 {
		t.Errorf("of colours is offered: %s", squeezed(parts[0]))
	}
	f.Values.Del("styled")
	// What is no better is not offered.
	answer, _ = s.typing(b, f, "pasted", "One sentence.\n\nAnother sentence.\n\nA third one.\n")
	if parts := answer.all("div", "data-part=repair"); len(parts) != 0 {
		t.Errorf("offered: %s", squeezed(parts[0]))
	}
}

func TestTranslationsStandBesideTheMainText(t *testing.T) {
	s := newSite(t)
	s.load("rules", draft(policy.Agree, text("ro", "Reguli", "Fiți amabili cu toți oamenii."), english("Rules", "Be kind to all.")))
	b, l := s.asAdmin()
	edit := s.settle(b, s.get(b, l+"/home").formTo("/draft"))
	originals := func(v *view) []*html.Node { return v.all("div", "class=originaltext") }
	if got := texts(originals(edit)); len(got) != 2 || !strings.Contains(got[0], "Fiți amabili") || strings.Contains(got[0], "Marked") {
		t.Errorf("beside the translations: %q", got)
	}
	f := edit.formTo("/edit")
	f.Values.Set("content.0", "<p>Fiți foarte amabili cu toți oamenii.</p>")
	after := s.settle(b, f).has("the main text is newer")
	got := originals(after)[0]
	if said := squeezed(got); !strings.Contains(said, "Marked: what changed since version") || !strings.Contains(said, "foarte") || len(descend(got, "ins")) != 1 {
		t.Errorf("marked: %q", said)
	}
}

func TestAPlannedDayIsOnlyAPlan(t *testing.T) {
	s, b, _, edit, _ := editors(t)
	f := s.get(b, edit).formTo("/edit")
	plan := func(at, zone string) ltitest.Form {
		f := f
		f.Values.Set("at", at)
		f.Values.Set("zone", zone)
		return f
	}
	s.submit(b, plan("2020-01-01T00:00", "Europe/Bucharest")).is(http.StatusUnprocessableEntity, "").has("still to come").holds("at", "2020-01-01T00:00")
	s.submit(b, plan("2027-03-01T08:00", "Mars/Olympus")).is(http.StatusUnprocessableEntity, "")
	s.settle(b, plan("2027-03-01T08:00", "Europe/Bucharest")).has("The draft is saved.").holds("at", "2027-03-01T08:00").holds("zone", "Europe/Bucharest")
	l := edit[:strings.Index(edit, "/admin/")]
	home := func() *view { return s.get(b, l+"/home") }
	home().has("planned for 1 March 2027, 08:00 EET").lacks("Scheduled")
	// The dialog starts from it, and only the dialog makes it true.
	dialog := s.get(b, strings.TrimSuffix(edit, "edit")+"publish").formTo("/publish")
	if v := dialog.Values; v.Get("when") != "later" || v.Get("at") != "2027-03-01T08:00" || v.Get("zone") != "Europe/Bucharest" {
		t.Errorf("the dialog starts from %v", v)
	}
	s.clock.set(time.Date(2027, 3, 2, 0, 0, 0, 0, time.UTC))
	if n, err := s.db.ActivateDue(t.Context()); n != 0 || err != nil {
		t.Errorf("%d became active, %v", n, err)
	}
	// A day that passed stays until somebody changes it, and the dialog does not insist on it.
	b, l = s.asAdmin()
	edit = l + edit[strings.Index(edit, "/admin/"):]
	f = s.get(b, edit).holds("at", "2027-03-01T08:00").formTo("/edit")
	f.Values.Set("name.0", "Rules 2")
	s.settle(b, f).has("The draft is saved.")
	dialog = s.get(b, strings.TrimSuffix(edit, "edit")+"publish").formTo("/publish")
	if dialog.Values.Get("when") != "now" {
		t.Errorf("the dialog starts from %v", dialog.Values)
	}
	s.settle(b, dialog).has("The version is active now.")
	home().lacks("planned for")
}

func TestPublishingSaysWhatIsNotSaved(t *testing.T) {
	s, b, colleague, edit, theirs := editors(t)
	s.typing(b, s.get(b, edit).formTo("/edit"), "content.0", "<p>Mine.</p>")
	s.typing(colleague, s.get(colleague, theirs).formTo("/edit"), "content.0", "<p>Theirs.</p>")
	dialog := s.get(b, strings.TrimSuffix(edit, "edit")+"publish").has("You typed in this draft and did not save").has("Ana Popescu has been typing").lacks("Theirs.")
	s.settle(b, dialog.formTo("/publish")).has("The version is active now.")
	if n := s.count(`SELECT COUNT(id) FROM policy_autosave`); n != 0 {
		t.Errorf("%d are left", n)
	}
	// A page that is still open hears that there is no draft any more.
	f := s.get(colleague, theirs)
	f.is(http.StatusConflict, "conflict")
}

func TestTypingFormsAreChecked(t *testing.T) {
	s, b, _, edit, _ := editors(t)
	f := s.get(b, edit).formTo("/edit")
	f.Values.Set("page", strings.Repeat("p", 37))
	f.Action = strings.TrimSuffix(f.Action, "/edit") + "/typing"
	f.Values.Set("content.0", "x")
	s.submit(b, f).is(http.StatusBadRequest, "invalid")
	f.Values.Set("edit", "x")
	s.submit(b, f).is(http.StatusBadRequest, "invalid")
	if n := s.count(`SELECT COUNT(id) FROM policy_autosave`); n != 0 {
		t.Errorf("%d were kept", n)
	}
}
