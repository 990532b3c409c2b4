package launch_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ltipolicy/policy"
	"ltipolicy/store"
)

// TestOfficeEndsVisits: of one person, or of a whole site but the one's who asks; after a question, and with a line in the log.
func TestOfficeEndsVisits(t *testing.T) {
	s := asking(t)
	enter := func(x person) (browser, string) {
		b := s.browser()
		return b, "/l/" + s.lands(b, x, s.window) + "/agreements"
	}
	one, ones := enter(s.learner)
	two, twos := enter(s.other)
	a, l := s.asAdmin()
	goes := func(b browser, page string, on bool) {
		t.Helper()
		if got := s.get(b, page); (got.Status == http.StatusOK) != on {
			t.Errorf("status %d, want it to go on: %v", got.Status, on)
		}
	}

	home := l + "/admin/people/" + s.platform.ID + "/" + number(s.userOf(s.platform, s.learner.ID))
	s.get(a, home).is(http.StatusOK, "").has("End this person’s visits")
	asked := s.get(a, home+"/visits").is(http.StatusOK, "").has("End visits?").has(s.learner.LastName)
	goes(one, ones, true) // asking ends nothing
	s.submitTo(a, asked, "/visits").has("The visits have ended.")
	goes(one, ones, false)
	goes(two, twos, true)
	goes(a, home, true)

	one, ones = enter(s.learner) // a new launch
	goes(one, ones, true)
	s.get(a, l+"/admin/grants").is(http.StatusOK, "").has("End all visits")
	asked = s.get(a, l+"/admin/sites/"+s.platform.ID+"/visits").is(http.StatusOK, "").has("End visits?").has("CVUPT")
	s.submitTo(a, asked, "/visits").has("The visits have ended.")
	goes(one, ones, false)
	goes(two, twos, false)
	goes(a, home, true)

	entries, _, err := s.db.AdminLogPage(t.Context(), store.LogQuery{InstitutionID: s.institution, Action: "session.end", Limit: 10})
	s.must(err)
	said := fmt.Sprintf("%+v", entries)
	if len(entries) != 2 || !strings.Contains(said, s.learner.LastName) || !strings.Contains(said, "CVUPT") || strings.Count(said, s.admin.LastName) != 2 {
		t.Errorf("the log: %s", said)
	}
}

// submitTo sends the page's form with this ending, and follows it to where it leads.
func (s *site) submitTo(b browser, v *view, suffix string) *view {
	s.t.Helper()
	page, err := b.Settle(b.Submit(v.formTo(suffix)))
	s.must(err)
	return s.view(page).is(http.StatusOK, "")
}

// TestOfficeEndsNoVisitsOfAnotherInstitution: nor does it say that there is such a site.
func TestOfficeEndsNoVisitsOfAnotherInstitution(t *testing.T) {
	s, evil, foreign := twins(t)
	s.load("secret", draft(policy.Agree, english("Their secret", "Text.")), foreign)
	x := s.browser()
	page, err := x.Settle(x.Launch(evil, s.learner.ID, s.window.CMID))
	s.must(err)
	theirs := s.view(page).is(http.StatusOK, "")
	a, l := s.asAdmin()
	token := s.get(a, l+"/admin/sites/"+s.platform.ID+"/visits").formTo("/visits").Values.Get("token")
	s.unchanged(func() {
		for _, end := range []string{"/admin/sites/" + foreign.ID, "/admin/people/" + foreign.ID + "/" + number(s.userOf(foreign, s.learner.ID))} {
			s.get(a, l+end+"/visits").is(http.StatusNotFound, "not_found")
			s.post(a, l+end+"/visits", url.Values{"token": {token}}).is(http.StatusNotFound, "not_found")
		}
	})
	if got := s.get(x, theirs.URL.Path); got.Status != http.StatusOK {
		t.Errorf("their visit: status %d", got.Status)
	}
}
