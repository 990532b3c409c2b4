package launch_test

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// Where launches lead that nobody has to answer anything in.
const (
	teachersPage     = "participants"
	deepLinkingPage  = "select"
	deepLinkingAsked = "select" // with something to answer, too
)

// reads checks that a launch may read and do nothing else, and that nobody was recorded.
func (s *site) reads(b browser, landed *view, notice string) {
	s.t.Helper()
	id := landed.leads("policies")
	base := "/l/" + id
	page := s.get(b, base+"/policies").is(http.StatusOK, "").has(notice).has("House rules").has("Be kind.")
	if page.Forms() != nil {
		s.t.Error("there is something to answer")
	}
	if links := texts(page.all("a")); slices.Contains(links, "My agreements") {
		s.t.Errorf("links %v", links)
	}
	s.get(b, base+"/pending").leads("policies")
	s.get(b, base+"/agreements").leads("policies")
	s.get(b, base+"/agreements/0190a1b2-0000-7000-8000-000000000000").is(http.StatusNotFound, "not_found")
	for _, path := range []string{"/pending", "/agreements"} {
		s.post(b, base+path, url.Values{"answer.1": {"accepted"}}).is(http.StatusForbidden, "forbidden")
	}
	for _, table := range []string{"lti_user", "lti_membership", "lti_context", "tool_policy_acceptances", "acceptance_event"} {
		if n := s.count(`SELECT COUNT(*) FROM ` + table); n != 0 {
			s.t.Errorf("%d rows in %s", n, table)
		}
	}
}

func TestVisitorsReadOnly(t *testing.T) {
	const testUser = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
	const guest = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Guest"
	for name, edits := range map[string][]ltitest.Edit{
		"Moodle's guest":  {ltitest.Set(ltitest.ClaimExt, map[string]any{"user_username": "guest", "lms": "moodle-2"})},
		"a guest by role": {ltitest.Set(ltitest.ClaimRoles, []string{guest})},
		"a test user":     {ltitest.Set(ltitest.ClaimRoles, []string{ltitest.RoleLearner, testUser})},
	} {
		t.Run(name, func(t *testing.T) {
			s := asking(t)
			b := s.browser()
			s.reads(b, s.forge(b, s.learner, edits...), "You are here as a guest.")
		})
	}
	t.Run("nobody", func(t *testing.T) {
		s := newSite(t)
		p := s.platform
		p.ClientID, p.Anonymous = "anonymous", true
		p = s.register(p, s.institution)
		s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")), p)
		b := s.browser()
		state, nonce := s.attempt(b, p)
		target, err := s.moodle.Target(ltitest.Launch{PersonID: s.learner.ID, CMID: s.window.CMID, Nonce: nonce}, state)
		s.must(err)
		token := target.Token(ltitest.Drop("sub", "name", "given_name", "family_name", "email", ltitest.ClaimExt, ltitest.ClaimLIS), ltitest.Set("aud", "anonymous"))
		s.reads(b, s.post(b, "/lti/launch", target.Form(token)), "Moodle did not say who you are.")
	})
}

func TestTeacherAnswersAndGoesHome(t *testing.T) {
	for name, who := range map[string]func(*site) ltitest.Person{
		"editing teacher":     func(s *site) ltitest.Person { return s.teacher },
		"non-editing teacher": func(s *site) ltitest.Person { return s.tutor },
		"site manager":        func(s *site) ltitest.Person { return s.manager },
	} {
		t.Run(name, func(t *testing.T) {
			s := asking(t)
			x := who(s)
			b := s.framed()
			page := s.enter(b, x, s.embedded).asks("House rules").has("Answer below, then go on")
			home := s.settle(b, page.acceptAll()).is(http.StatusOK, "").has("Your answers are saved.")
			if !strings.HasSuffix(home.URL.Path, "/"+teachersPage) {
				t.Errorf("at %s, %q", home.URL, home.heading())
			}
			home.has("Algoritmi și structuri de date").lacks("waiting for your own answer")
			again := s.enter(b, x, s.embedded).is(http.StatusOK, "").lacks("Your answers are saved.")
			if !strings.HasSuffix(again.URL.Path, "/"+teachersPage) {
				t.Errorf("at %s", again.URL)
			}
			if e := s.events(x.ID)[0]; e.Roles != ltitest.RoleInstructor {
				t.Errorf("roles %q", e.Roles)
			}
			s.intact(1)
		})
	}
}

func TestAdminIsRemindedAndNeverHeldUp(t *testing.T) {
	s := asking(t)
	b := s.framed()
	home := s.enter(b, s.admin, s.embedded).is(http.StatusOK, "").has("1 policy is waiting for your own answer. You are not held up.")
	if home.heading() != "Policies of this site" {
		t.Errorf("heading %q", home.heading())
	}
	pending := s.get(b, strings.TrimSuffix(home.URL.Path, "home")+"pending").asks("House rules").has("As site administrator you are only reminded")
	done := s.settle(b, pending.acceptAll()).is(http.StatusOK, "").has("Your answers are saved.").lacks("waiting for your own")
	if !strings.HasSuffix(done.URL.Path, "/home") {
		t.Errorf("at %s", done.URL)
	}
	s.intact(1)
}

func TestRolesGiveNoMoreThanTheySay(t *testing.T) {
	const institution = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
	s := asking(t)
	for name, c := range map[string]struct {
		roles []string
		page  string
	}{
		"an institution's instructor is no teacher here": {[]string{institution + "Instructor", ltitest.RoleLearner}, "pending"},
		"an administrator's name in another place":       {[]string{"https://x.example/Administrator", ltitest.RoleLearner}, "pending"},
		"a context's administrator is no site admin":     {[]string{"http://purl.imsglobal.org/vocab/lis/v2/membership#Administrator"}, "pending"},
		"no role":              {[]string{}, "pending"},
		"a teaching assistant": {[]string{"http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"}, "pending"},
		"a site admin":         {[]string{institution + "Administrator"}, "home"},
	} {
		s.run(t, name, func(t *testing.T) {
			b := s.browser()
			id := s.forge(b, s.learner, ltitest.Set(ltitest.ClaimRoles, c.roles)).leads(c.page)
			may := c.page == "home" || strings.Contains(name, "assistant")
			if got := s.get(b, "/l/"+id+"/home"); may != (got.Status < 400) || !may && got.ErrorCode() != "forbidden" {
				t.Errorf("status %d, code %q", got.Status, got.ErrorCode())
			}
		})
	}
}

func TestLearnersNavigation(t *testing.T) {
	s := asking(t)
	b := s.browser()
	id := s.launch(b, s.learner, s.window).leads("pending")
	page := s.get(b, "/l/"+id+"/agreements")
	nav := descendAll(page.all("nav"), "a")
	if d := texts(nav); !slices.Equal(d, []string{"My agreements", "All policies"}) {
		t.Errorf("navigation %v", d)
	}
	if v, _ := attribute(nav[0], "aria-current"); v != "page" {
		t.Error("the navigation does not mark this page")
	}
	for _, n := range nav {
		to, _ := attribute(n, "href")
		s.get(b, to).is(http.StatusOK, "")
	}

	// The count in the address only words a sentence.
	s.get(b, "/l/"+id+"/saved").leads("pending")
	s.get(b, "/l/"+id+"/saved?saved=1").is(http.StatusOK, "").has("Go on answering")
	s.submit(b, s.get(b, "/l/"+id+"/pending").acceptAll())
	for _, q := range []string{"", "-1", "x", "999999999999999999999", "%22%3E%3Cscript%3E"} {
		s.get(b, "/l/"+id+"/saved?saved="+q).is(http.StatusOK, "").has("You have answered everything")
	}
}

// TestRightsEndWithTheNextLaunch: who is no administrator, or no teacher of the course any more, is so in every browser from
// the next launch in any of them, and a right that was given here ends with the next request.
func TestRightsEndWithTheNextLaunch(t *testing.T) {
	s := asking(t)
	_, _, elsewhere := s.replica()
	role := func(names ...string) ltitest.Edit { return ltitest.Set(ltitest.ClaimRoles, names) }
	const (
		administrator = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"
		instructor    = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
		learner       = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
	)
	visit := func(b *ltitest.Browser, roles ...string) string {
		t.Helper()
		v := s.forge(b, s.manager, role(roles...))
		if v.Status != http.StatusSeeOther {
			t.Fatalf("launch: %d, %s", v.Status, v.ErrorCode())
		}
		at, err := url.Parse(v.Location())
		s.must(err)
		return at.Path[:strings.LastIndexByte(at.Path, '/')+1]
	}
	one, other := s.browser(), ltitest.NewBrowser(elsewhere)

	at := visit(one, administrator, instructor)
	s.get(one, at+"admin/log").is(http.StatusOK, "")
	visit(other, instructor)
	s.get(one, at+"admin/log").is(http.StatusForbidden, "forbidden")
	s.get(one, at+"participants").is(http.StatusOK, "")
	visit(other, learner)
	s.get(one, at+"participants").is(http.StatusForbidden, "forbidden")
	s.get(one, at+"agreements").is(http.StatusOK, "")
	visit(other, administrator, instructor)
	s.get(one, at+"admin/log").is(http.StatusOK, "")

	// A right that somebody was given and that is taken back, also by another process.
	at = visit(one, learner)
	u, err := s.db.UserBySub(t.Context(), s.platform.ID, strconv.FormatInt(s.manager.ID, 10))
	s.must(err)
	by := store.Admin{InstitutionID: s.institution}
	s.get(one, at+"admin/report").is(http.StatusForbidden, "forbidden")
	s.must(s.db.Grant(t.Context(), by, s.platform.ID, u.ID, store.PowerReport))
	s.get(one, at+"admin/report").is(http.StatusOK, "")
	s.must(s.db.Revoke(t.Context(), by, s.platform.ID, u.ID, store.PowerReport))
	s.get(one, at+"admin/report").is(http.StatusForbidden, "forbidden")
}
