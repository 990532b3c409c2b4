package launch_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"ltipolicy/launch/launchtest"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
)

func sent(zone string) ltitest.Edit {
	return ltitest.Set(ltitest.ClaimCustom, map[string]any{"ltipolicy_timezone": zone})
}

// TestZoneComesFromWhoTeaches: a learner abroad says nothing about the institution, nor does a person who keeps the zone of
// the server; the first teacher or administrator who does is believed until somebody chooses.
func TestZoneComesFromWhoTeaches(t *testing.T) {
	s := asking(t)
	b, office := s.asAdmin()
	grants := office + "/admin/grants"
	s.forge(s.browser(), s.learner, sent("America/New_York"))
	s.forge(s.browser(), s.teacher, sent("99"))
	s.forge(s.browser(), s.teacher, sent("$Person.address.timezone"))
	s.forge(s.browser(), s.teacher, sent("Europe/Nowhere"))
	s.get(b, grants).is(http.StatusOK, "").has("until then times are in UTC")
	s.get(b, office+"/admin/log").has("UTC")
	s.forge(s.browser(), s.teacher, sent("Europe/Vilnius"))
	s.forge(s.browser(), s.admin, sent("Europe/Bucharest"))
	page := s.get(b, grants).has("Nobody chose Europe/Vilnius: a Moodle site named it.")
	s.get(b, office+"/admin/log").has("institution.zone").has("1 September 2026, 11:00 EEST").lacks("00 UTC")

	f := page.formTo("/admin/zone")
	f.Values.Set("zone", "Bukarest")
	wrong := s.submit(b, f).is(http.StatusUnprocessableEntity, "").has("No time zone has this name.")
	if got := wrong.formTo("/admin/zone").Values.Get("zone"); got != "Bukarest" {
		t.Errorf("the field holds %q", got)
	}
	f.Values.Set("zone", " America/New_York ")
	s.settle(b, f).is(http.StatusOK, "").has("The time zone is saved.").lacks("Nobody chose")
	s.get(b, office+"/admin/log").has("1 September 2026, 04:00 EDT").has("Adela Root")
	s.forge(s.browser(), s.teacher, sent("Europe/Vilnius"))
	s.get(b, office+"/admin/log").has("04:00 EDT")
}

// utcTime is a time of day that is said to be UTC's, and evidenceTime one that stands below the same time in the
// institution's zone.
var (
	utcTime      = regexp.MustCompile(`\d:\d\d UTC`)
	evidenceTime = regexp.MustCompile(`\d\d:\d\d EES?T \d+ \w+ \d{4}, \d\d:\d\d UTC`)
)

// TestEveryPageShowsTheInstitutionsTime: in summer and in winter, in the hour that the clocks repeat and after the one that
// they skip. UTC stands beside it where evidence is shown, and nowhere else.
func TestEveryPageShowsTheInstitutionsTime(t *testing.T) {
	s := newSite(t)
	s.must(s.db.SetZone(t.Context(), s.who(), "Europe/Bucharest"))
	for i, m := range []struct{ at, day, shown string }{
		{"2026-10-24T21:30:00Z", "25 October 2026", "25 October 2026, 00:30 EEST"},
		{"2026-10-25T00:30:00Z", "25 October 2026", "25 October 2026, 03:30 EEST"},
		{"2026-10-25T01:30:00Z", "25 October 2026", "25 October 2026, 03:30 EET"},
		{"2027-03-28T00:30:00Z", "28 March 2027", "28 March 2027, 02:30 EET"},
		{"2027-03-28T01:30:00Z", "28 March 2027", "28 March 2027, 04:30 EEST"},
		{"2027-03-28T22:30:00Z", "29 March 2027", "29 March 2027, 01:30 EEST"},
	} {
		at, err := time.Parse(time.RFC3339, m.at)
		s.must(err)
		s.clock.set(at)
		made := version(policy.Agree, "Policy "+m.at, i)
		made.TimeCreated = at.Add(-30 * 24 * time.Hour)
		v := s.load("p"+number(int64(i)), made)
		b := s.browser()
		page := s.enter(b, s.learner, s.window).has("since " + m.day)
		s.get(s.browser(), "/"+s.platform.ID+"/policies").has("since " + m.day)
		s.settle(b, page.acceptAll())
		event := s.events(s.learner.ID)[0].ID
		for name, x := range map[string]person{"learner": s.learner, "teacher": s.teacher, "admin": s.admin} {
			b := s.browser()
			launch := s.launch(b, x, s.window)
			if strings.HasPrefix(launch.Location(), moodleOrigin) { // nothing is left to be answered
				launch = s.forge(b, x, ltitest.Set(ltitest.ClaimTarget, toolOrigin+"/agreements"))
			}
			values := s.somewhere(strings.Split(strings.Split(launch.Location(), "/l/")[1], "/")[0], v)
			values["event"] = event
			pages := 0
			for _, r := range launchtest.Addresses(t, s.server.Routes(), values, nil) {
				if r.Method != http.MethodGet || r.File {
					continue
				}
				got := s.get(b, r.Path)
				if got.Status != http.StatusOK || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/html") {
					continue
				}
				text := got.Text()
				if utcTime.MatchString(evidenceTime.ReplaceAllString(text, "")) {
					t.Errorf("%s, %s of %s: a time in UTC in %q", m.at, r.Pattern, name, text)
				}
				if strings.Contains(text, m.shown) {
					pages++
				}
			}
			if want := map[string]int{"learner": 3, "teacher": 1, "admin": 6}[name]; pages < want {
				t.Errorf("%s: %d pages of the %s say %s, want at least %d", m.at, pages, name, m.shown, want)
			}
		}
	}
}

// TestPublicListFollowsTheZone: what is kept of it is kept for one zone.
func TestPublicListFollowsTheZone(t *testing.T) {
	s := newSite(t)
	s.clock.set(time.Date(2026, 10, 24, 21, 30, 0, 0, time.UTC))
	s.load("p", version(policy.Agree, "Policy", 1))
	public := "/" + s.platform.ID + "/policies"
	shown := func(day string) {
		t.Helper()
		s.get(s.browser(), public).has("since " + day)
		s.get(s.browser(), "/policies/"+s.platform.ID+"/p").has(day)
	}
	shown("24 October 2026")
	s.must(s.db.SetZone(t.Context(), s.who(), "Europe/Bucharest"))
	shown("25 October 2026")
	s.must(s.db.SetZone(t.Context(), store.Admin{InstitutionID: s.institution}, "America/New_York"))
	shown("24 October 2026")
}

// TestDateIsMeantInTheInstitutionsZone unless the draft names another: it is the one that the dialog offers.
func TestDateIsMeantInTheInstitutionsZone(t *testing.T) {
	s, b, here := revising(t)
	chosen := func() string { return s.get(b, here+"/publish").formTo("/publish").Values.Get("zone") }
	if got := chosen(); got != "UTC" {
		t.Errorf("without a zone: %s", got)
	}
	s.must(s.db.SetZone(t.Context(), s.who(), "America/Sao_Paulo"))
	if got := chosen(); got != "America/Sao_Paulo" {
		t.Errorf("with one: %s", got)
	}
	f := s.get(b, here+"/publish").formTo("/publish")
	f.Values.Set("when", "later")
	f.Values.Set("at", "2026-11-01T00:00")
	f.Values.Set("note", "From the summer on.")
	s.settle(b, f).has("will be active on 1 November 2026, 00:00 UTC-03")
	s.must(s.db.SetZone(t.Context(), s.who(), "Europe/Vilnius"))
	s.get(b, strings.Split(here, "/admin/")[0]+"/home").has("will be active on 1 November 2026, 00:00 UTC-03")
}
