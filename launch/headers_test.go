package launch_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ltipolicy/lti"
)

// directives reads a content security policy.
func directives(v *view) map[string]string {
	out := map[string]string{}
	for d := range strings.SplitSeq(v.Header.Get("Content-Security-Policy"), ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(d), " ")
		out[name] = value
	}
	return out
}

// framedBy checks who may show a page in a frame: "'none'", "*", or the page itself and an origin.
func framedBy(t *testing.T, v *view, who string) {
	t.Helper()
	if strings.HasPrefix(who, "https:") {
		who = "'self' " + who
	}
	if got := directives(v)["frame-ancestors"]; got != who {
		t.Errorf("%s (status %d): frame-ancestors %s, want %s", v.URL.Path, v.Status, got, who)
	}
	if v.Header.Get("X-Frame-Options") != "" {
		t.Errorf("%s: X-Frame-Options would forbid the frame", v.URL.Path)
	}
}

func TestErrorPagesWithinALaunchKnowTheLaunch(t *testing.T) {
	s := asking(t)
	b := s.framed()
	id := s.launch(b, s.other, s.embedded).leads("pending") // her Moodle is Romanian
	s.settle(b, s.get(b, "/l/"+id+"/pending").acceptAll())
	for _, got := range []*view{
		s.post(b, "/l/"+id+"/pending", url.Values{}).is(http.StatusForbidden, "csrf"),
		s.get(b, "/l/"+id+"/home").is(http.StatusForbidden, "forbidden"),
		s.get(b, "/l/"+id+"/agreements/x").is(http.StatusNotFound, "not_found"),
	} {
		if len(got.all("html", "lang=ro")) != 1 {
			t.Errorf("%s: the page is not in the reader's language", got.URL.Path)
		}
		got.has("CVUPT")
		back := false
		for _, n := range got.all("a", "target=_top") {
			to, _ := attribute(n, "href")
			back = back || strings.HasPrefix(to, moodleOrigin+"/mod/lti/return.php?")
		}
		if !back {
			t.Errorf("%s: no way back to the course", got.URL.Path)
		}
		framedBy(t, got, moodleOrigin)
	}
}

func TestDisabledPlatformsPublicListIsGone(t *testing.T) {
	s := asking(t)
	s.get(s.browser(), "/"+s.platform.ID+"/policies").is(http.StatusOK, "")
	for _, status := range []lti.Status{lti.Disabled, lti.Pending} {
		s.must(s.db.SetPlatformStatus(t.Context(), s.platform.ID, status))
		s.get(s.browser(), "/"+s.platform.ID+"/policies").is(http.StatusNotFound, "not_found")
	}
}
