package launch_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// speaks is the language of the page.
func (v *view) speaks() string {
	lang, _ := attribute(v.all("html")[0], "lang")
	return lang
}

// language returns the link of the language switch for a tag.
func (v *view) language(tag string) string {
	v.t.Helper()
	links := v.all("a", "hreflang="+tag)
	if len(links) != 1 {
		v.t.Fatalf("%s: %d links to %s", v.URL.Path, len(links), tag)
	}
	href, _ := attribute(links[0], "href")
	return href
}

func TestMoodleLocaleOfALaunch(t *testing.T) {
	s := asking(t)
	for locale, want := range map[string]string{
		"ro": "ro", "sr_cr": "sr-Cyrl", "sr_lt": "sr-Cyrl", "pt_br": "pt", "lt_uni": "lt", "en_us": "en", "bg": "bg", "de": "en", "": "en",
	} {
		x := s.learner
		x.ID, x.Lang = 0, locale
		x.Username += locale
		x = s.moodle.AddPerson(x)
		s.moodle.Enrol(s.course.ID, x.ID, "student")
		if got := s.enter(s.browser(), x, s.window).speaks(); got != want {
			t.Errorf("Moodle's %q is shown in %s, want %s", locale, got, want)
		}
	}
}

func TestLanguageSwitchLastsForTheLaunch(t *testing.T) {
	s := newSite(t)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind."), text("ro", "Reguli", "Fiți amabili.")))
	b := s.browser()
	page := s.enter(b, s.learner, s.window)
	if page.speaks() != "en" {
		t.Fatalf("starts in %s", page.speaks())
	}
	base := strings.TrimSuffix(page.URL.Path, "pending")
	page = s.get(b, page.language("ro")).is(http.StatusOK, "").has("Fiți amabili").lacks("Be kind")
	if page.speaks() != "ro" || page.URL.Path != base+"pending" {
		t.Errorf("switched to %s at %s", page.speaks(), page.URL)
	}
	for _, path := range []string{"pending", "agreements", "policies"} {
		if got := s.get(b, base+path).speaks(); got != "ro" {
			t.Errorf("%s is in %s", path, got)
		}
	}
	for _, odd := range []string{"xx", "", "ro%00", "<script>", "de"} {
		if got := s.get(b, base+"pending?lang="+url.QueryEscape(odd)).is(http.StatusOK, "").speaks(); got != "ro" {
			t.Errorf("lang=%q changes the page to %s", odd, got)
		}
	}
	// Another launch of the same person starts in the platform's language again.
	if got := s.enter(b, s.learner, s.window).speaks(); got != "en" {
		t.Errorf("the next launch is in %s", got)
	}

	// What was read and said is recorded in the language of the page.
	page = s.get(b, base+"pending")
	f := page.form()
	s.settle(b, f) // nothing chosen: the same form again, in the same language
	for _, box := range page.all("input", "type=checkbox") {
		name, _ := attribute(box, "name")
		f.Values.Set(name, "accepted")
	}
	s.submit(b, f)
	rows := s.rows(`SELECT lang, uilang, statement FROM acceptance_event`)
	if len(rows) != 1 || !strings.HasPrefix(rows[0], `"ro" "ro"`) || strings.Contains(rows[0], "I have") {
		t.Errorf("recorded %v", rows)
	}
}

func TestLanguageSwitchOfAnAnsweredForm(t *testing.T) {
	s := asking(t)
	b := s.browser()
	page := s.settle(b, s.enter(b, s.learner, s.window).form())
	page.is(http.StatusUnprocessableEntity, "")
	if got := s.get(b, page.language("bg")).is(http.StatusOK, "").speaks(); got != "bg" {
		t.Errorf("switched to %s", got)
	}
}

func TestLanguageOfPublicAndErrorPages(t *testing.T) {
	s := asking(t)
	b := s.browser()
	b.Lang = "lt-LT,lt;q=0.9"
	public := s.get(b, "/"+s.platform.ID+"/policies")
	if public.speaks() != "lt" {
		t.Errorf("public page in %s", public.speaks())
	}
	if got := s.get(b, public.language("pt")); got.speaks() != "pt" || got.Status != http.StatusOK {
		t.Errorf("public page in %s, status %d", got.speaks(), got.Status)
	}
	if got := s.get(b, "/nowhere?lang=sr-Cyrl").is(http.StatusNotFound, "not_found").speaks(); got != "sr-Cyrl" {
		t.Errorf("error page in %s", got)
	}
	if got := s.get(b, "/nowhere").is(http.StatusNotFound, "not_found").speaks(); got != "lt" {
		t.Errorf("error page in %s", got)
	}

	// A refused launch was posted; its links keep the refusal and the way back.
	form, _, err := b.Authenticate(s.moodle, s.learner.ID, s.window.CMID)
	s.must(err)
	s.submit(b, form)
	refused := s.submit(b, form).is(http.StatusUnauthorized, string(lti.StateMissing))
	switched := s.get(b, refused.language("ro")).is(http.StatusUnauthorized, string(lti.StateMissing))
	if switched.speaks() != "ro" || len(switched.leaving("_top")) != 1 || switched.leaving("_top")[0] != refused.leaving("_top")[0] {
		t.Errorf("in %s, leads to %v", switched.speaks(), switched.leaving("_top"))
	}
	unknown := s.post(b, "/lti/login", s.initiation(s.platform, with("iss", "https://nobody.example"))).is(http.StatusForbidden, string(lti.PlatformUnknown))
	if got := s.get(b, unknown.language("bg")).is(http.StatusForbidden, string(lti.PlatformUnknown)).speaks(); got != "bg" {
		t.Errorf("in %s", got)
	}
}

func TestErrorWithinALaunchKeepsItsLanguage(t *testing.T) {
	s := asking(t)
	b := s.browser()
	page := s.enter(b, s.other, s.window) // her Moodle speaks Romanian
	got := s.get(b, strings.Replace(page.URL.Path, "pending", "agreements/nothing", 1)).is(http.StatusNotFound, "not_found")
	if got.speaks() != "ro" {
		t.Errorf("in %s", got.speaks())
	}
	if len(got.all("nav")) != 1 {
		t.Error("the page has lost the way to the other pages")
	}
}
