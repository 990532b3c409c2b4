package launch_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ltipolicy/launch"
	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// asking is a site with one policy that everybody must agree to.
func asking(t *testing.T, with ...setup) *site {
	t.Helper()
	s := newSite(t, with...)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	return s
}

func TestLoginCSRF(t *testing.T) {
	s := asking(t)
	attacker, victim := s.browser(), s.browser()
	target := s.target(attacker, s.other.ID, s.window)
	form := target.Form(target.Token())
	s.unchanged(func() {
		s.log.forget()
		s.refused(s.post(victim, "/lti/launch", form), []lti.Code{lti.StateMissing})
		s.attempt(victim, s.platform) // also with a login of the victim's own under way
		s.log.forget()
		s.refused(s.post(victim, "/lti/launch", form), []lti.Code{lti.StateMismatch})
	})
	if held := s.sessionCookies(victim); held != nil {
		t.Errorf("the victim holds %v", held)
	}
	s.post(attacker, "/lti/launch", form).leads("pending")
}

func TestStateOfAnotherCookie(t *testing.T) {
	s := asking(t)
	b := s.browser()
	s.attempt(b, s.platform)
	first := b.Cookies(toolOrigin + "/")
	target := s.target(b, s.learner.ID, s.window)
	for _, c := range b.Cookies(toolOrigin + "/") {
		if c.Name != first[0].Name { // the second attempt's name with the first one's content
			b.SetCookies(toolOrigin+"/", []*http.Cookie{{Name: c.Name, Value: first[0].Value, Path: "/", Secure: true}})
		}
	}
	s.unchanged(func() {
		s.refused(s.post(b, "/lti/launch", target.Form(target.Token())), []lti.Code{lti.StateMismatch})
	})
}

func TestPlatformErrors(t *testing.T) {
	s := asking(t)
	for _, problem := range []string{"login_required", "access_denied", "interaction_required", "invalid_request", `"><script>`} {
		b := s.browser()
		state, _ := s.attempt(b, s.platform)
		form := url.Values{"error": {problem}, "error_description": {ltitest.Markup}, "state": {state}}
		s.unchanged(func() {
			s.post(s.browser(), "/lti/launch", form).is(http.StatusUnauthorized, string(lti.StateMissing))
			s.post(b, "/lti/launch", without2(form, "state")).is(http.StatusUnauthorized, string(lti.StateMissing))
			got := s.post(b, "/lti/launch", form).is(http.StatusForbidden, string(lti.PlatformError))
			if strings.Contains(string(got.Body), "<script>") || strings.Contains(got.Text(), "alert(") {
				t.Errorf("%s: markup or the platform's description came through", problem)
			}
		})
	}
}

func without2(v url.Values, name string) url.Values {
	c := url.Values{}
	for k, x := range v {
		if k != name {
			c[k] = x
		}
	}
	return c
}

func TestReplay(t *testing.T) {
	s := asking(t)
	b := s.browser()
	target := s.target(b, s.learner.ID, s.window)
	form, cookies := target.Form(target.Token()), b.Cookies(toolOrigin+"/")
	s.post(b, "/lti/launch", form).leads("pending")
	s.unchanged(func() {
		// The browser has forgotten the attempt, as after going back and sending again.
		s.post(b, "/lti/launch", form).is(http.StatusUnauthorized, string(lti.StateMissing)).has("open the activity again")
		// Somebody who copied the cookie too meets the nonce.
		thief := s.browser()
		thief.SetCookies(toolOrigin+"/", cookies)
		s.post(thief, "/lti/launch", form).is(http.StatusUnauthorized, string(lti.NonceReplayed))
		if held := s.sessionCookies(thief); held != nil {
			t.Errorf("the thief holds %v", held)
		}
	})
}

func TestIdenticalLaunchesInParallel(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		s := asking(t, setup{dsn: dsn, config: func(c *launch.Config) { c.Limits.State = roomy }})
		_, _, second := s.replica()
		b := s.browser()
		target := s.target(b, s.learner.ID, s.window)
		form, cookies := target.Form(target.Token()), b.Cookies(toolOrigin+"/")
		const n = 50
		var wg sync.WaitGroup
		start, got := make(chan struct{}), make([]string, n)
		for i := range n {
			road := s.road
			if i%2 == 1 {
				road = second
			}
			c := ltitest.NewBrowser(road)
			c.SetCookies(toolOrigin+"/", cookies)
			wg.Go(func() {
				<-start
				p, err := c.Post(toolOrigin+"/lti/launch", form)
				switch {
				case err != nil:
					got[i] = err.Error()
				case p.Status == http.StatusSeeOther:
					got[i] = "in"
				default:
					got[i] = p.ErrorCode()
				}
			})
		}
		close(start)
		wg.Wait()
		in := 0
		for _, g := range got {
			switch g {
			case "in":
				in++
			case string(lti.NonceReplayed):
			default:
				t.Errorf("an answer was %q", g)
			}
		}
		if in != 1 {
			t.Errorf("%d of %d got in, want exactly one", in, n)
		}
		for query, want := range map[string]int{
			`SELECT COUNT(*) FROM lti_nonce`: 1, `SELECT COUNT(*) FROM lti_session`: 1, `SELECT COUNT(*) FROM lti_user`: 1,
		} {
			if c := s.count(query); c != want {
				t.Errorf("%s: %d, want %d", query, c, want)
			}
		}
		if lines := s.log.lines(t, "launch"); len(lines) != n {
			t.Errorf("%d log lines, want %d", len(lines), n)
		}
	})
}

func TestEveryReplicaAnswers(t *testing.T) {
	s := asking(t)
	_, _, road := s.replica()
	// The login at one, the launch at another: nothing is kept in a process.
	a, b := s.browser(), ltitest.NewBrowser(road)
	target := s.target(a, s.learner.ID, s.window)
	b.SetCookies(toolOrigin+"/", a.Cookies(toolOrigin+"/"))
	id := s.post(b, "/lti/launch", target.Form(target.Token())).leads("pending")
	a.SetCookies(toolOrigin+"/", b.Cookies(toolOrigin+"/"))
	s.get(a, "/l/"+id+"/pending").is(http.StatusOK, "").asks("House rules")
}

func TestEachLaunchIsASessionOfItsOwn(t *testing.T) {
	s := asking(t)
	b := s.browser()
	first := s.launch(b, s.learner, s.window).leads("pending")
	second := s.launch(b, s.learner, s.window).leads("pending")
	if first == second {
		t.Fatalf("both launches are %s", first)
	}
	for _, id := range []string{first, second} {
		s.get(b, "/l/"+id+"/pending").is(http.StatusOK, "")
	}
	// The address alone proves nothing, and one launch's cookie is no good for another.
	s.get(s.browser(), "/l/"+first+"/pending").is(http.StatusUnauthorized, "no_session")
	thief := s.browser()
	for _, c := range b.Cookies(toolOrigin + "/") {
		if c.Name == "__Host-launch-"+first {
			thief.SetCookies(toolOrigin+"/", []*http.Cookie{{Name: "__Host-launch-" + second, Value: c.Value, Path: "/", Secure: true}})
		}
	}
	s.get(thief, "/l/"+second+"/pending").is(http.StatusUnauthorized, "no_session")
	s.clock.pass(13 * time.Hour)
	s.get(b, "/l/"+second+"/pending").is(http.StatusUnauthorized, "no_session")
}

func TestSessionCookie(t *testing.T) {
	s := asking(t)
	for name, framed := range map[string]bool{"at top level": false, "in a frame": true} {
		s.run(t, name, func(t *testing.T) {
			b := s.browser()
			b.Framed = framed
			res := http.Response{Header: s.launch(b, s.learner, s.embedded).Header}
			set, gone := 0, 0
			for _, c := range res.Cookies() {
				if c.MaxAge < 0 {
					gone++
				} else {
					set++
				}
				if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" ||
					c.SameSite != http.SameSiteNoneMode || c.Partitioned != framed {
					t.Errorf("cookie %+v", c)
				}
			}
			if set != 1 || gone != 1 {
				t.Errorf("%d cookies set and %d removed, want the session and the attempt", set, gone)
			}
			secrets := s.count(`SELECT COUNT(*) FROM lti_session WHERE LENGTH(secrethash) <> 32`)
			if secrets != 0 {
				t.Error("a session holds something other than a hash")
			}
		})
	}
}

// Whoever has a visit and can write to the database cannot answer as somebody else, nor as an administrator.
func TestVisitStaysWhoseItIs(t *testing.T) {
	for _, change := range []string{
		"userid = userid + 1", "sub = 'x'", "admin = 1", "teacher = 1", "roles = 'x'", "contextid = 'x'", "target = 'x'",
		"resourcelinkid = 'x'", "deploymentid = 'x'", "institutionid = 'x'",
	} {
		t.Run(change, func(t *testing.T) {
			s := asking(t)
			b := s.browser()
			id := s.launch(b, s.learner, s.window).leads("pending")
			s.get(b, "/l/"+id+"/pending").is(http.StatusOK, "")
			s.exec("UPDATE lti_session SET " + change + " WHERE id = '" + id + "'")
			s.get(b, "/l/"+id+"/pending").is(http.StatusUnauthorized, "no_session")
		})
	}
}

func TestASecondPersonEndsTheFirstOnesSession(t *testing.T) {
	for name, settled := range map[string]bool{"who is asked": false, "who has answered everything": true} {
		t.Run(name, func(t *testing.T) {
			s := asking(t)
			if settled {
				b := s.browser()
				s.settle(b, s.enter(b, s.other, s.window).acceptAll())
			}
			b := s.browser()
			first := s.launch(b, s.learner, s.window).leads("pending")
			stolen := b.Cookies(toolOrigin + "/")
			s.launch(b, s.other, s.window)
			s.get(b, "/l/"+first+"/pending").is(http.StatusUnauthorized, "no_session")
			if slices.Contains(s.sessionCookies(b), "__Host-launch-"+first) {
				t.Error("the browser still holds the first person's cookie")
			}
			copied := s.browser()
			copied.SetCookies(toolOrigin+"/", stolen)
			s.get(copied, "/l/"+first+"/pending").is(http.StatusUnauthorized, "no_session")
		})
	}
}

func TestAnotherPlatformsPersonWithTheSameIDIsAnotherPerson(t *testing.T) {
	s := asking(t)
	m, tool, p := s.addMoodle("https://unicampus.example", "UniCampus", s.institution)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")), s.platform, p)
	x := m.AddPerson(ltitest.Person{ID: s.learner.ID, Username: "stefan", FirstName: "Alt", LastName: "Ștefan"})
	c := m.AddCourse(ltitest.Course{ID: s.course.ID, ShortName: "X", FullName: "Y"})
	m.Enrol(c.ID, x.ID, ltitest.Student)
	a := m.AddActivity(ltitest.Activity{CourseID: c.ID, Name: "Acorduri", TypeID: tool.TypeID, Container: ltitest.NewWindow})
	b := s.browser()
	first := s.launch(b, s.learner, s.window).leads("pending")
	s.settle(b, s.get(b, "/l/"+first+"/pending").acceptAll())
	page, err := b.Settle(b.Launch(m, x.ID, a.CMID))
	s.must(err)
	s.view(page).asks("House rules").has("Alt Ștefan")
	s.get(b, "/l/"+first+"/pending").is(http.StatusUnauthorized, "no_session")
}

func TestTwoFramesAtOnce(t *testing.T) {
	s := asking(t)
	b := s.framed()
	// Both frames are at the login before either comes back.
	one, two := s.target(b, s.learner.ID, s.embedded), s.target(b, s.learner.ID, s.embedded)
	second := s.post(b, "/lti/launch", two.Form(two.Token())).leads("pending")
	first := s.post(b, "/lti/launch", one.Form(one.Token())).leads("pending")
	for _, id := range []string{first, second} {
		s.get(b, "/l/"+id+"/pending").is(http.StatusOK, "").asks("House rules")
	}
}

func TestOldLaunchesOfABrowserAreForgotten(t *testing.T) {
	s := asking(t)
	b := s.browser()
	var ids []string
	for range 12 {
		ids = append(ids, s.launch(b, s.learner, s.window).leads("pending"))
		s.clock.pass(time.Second) // ids are in the order of their time
	}
	if n := len(s.sessionCookies(b)); n > 8 {
		t.Errorf("%d cookies of launches", n)
	}
	s.get(b, "/l/"+ids[11]+"/pending").is(http.StatusOK, "")
	s.get(b, "/l/"+ids[0]+"/pending").is(http.StatusUnauthorized, "no_session")
}

func TestLaunchLogLine(t *testing.T) {
	s := asking(t)
	b := s.browser()
	form, _, err := b.Authenticate(s.moodle, s.learner.ID, s.window.CMID)
	s.must(err)
	s.log.forget()
	id := s.submit(b, form).leads("pending")
	line := s.launched()
	for k, want := range map[string]any{
		"code": "ok", "status": 303.0, "platform": s.platform.ID, "role": "learner", "pending": 1.0, "launch": id,
		"message": lti.ResourceLinkRequest, "sub": s.server.SubHash(s.platform.ID, number(s.learner.ID)), "route": "POST /lti/launch",
	} {
		if line[k] != want {
			t.Errorf("%s is %v, want %v", k, line[k], want)
		}
	}
	said := s.log.String()
	for _, c := range b.Cookies(toolOrigin + "/") {
		if strings.Contains(said, c.Value) {
			t.Error("the log holds a cookie")
		}
	}
	token := strings.Split(form.Values.Get("id_token"), ".")
	for _, secret := range []string{token[0], token[1], token[2], form.Values.Get("state"), s.learner.LastName, s.learner.Username, s.learner.Email, "127.0.0.1"} {
		if strings.Contains(said, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if s.server.SubHash(s.platform.ID, "7") == s.server.SubHash("another", "7") {
		t.Error("the same person on two platforms has the same hash")
	}
}

func TestLandingPages(t *testing.T) {
	s := asking(t)
	const target = ltitest.ClaimTarget
	for _, c := range []struct{ name, target, page string }{
		{"My agreements", toolOrigin + "/agreements", "agreements"},
		{"list of policies", toolOrigin + "/policies", "policies"},
		{"the launch address", toolOrigin + "/lti/launch", "pending"},
		{"an unknown page", toolOrigin + "/admin/secret", "pending"},
		{"a path that looks like a host", toolOrigin + "//attacker.example/agreements", "pending"},
		{"a backslash", toolOrigin + `/\attacker.example`, "pending"},
	} {
		s.run(t, c.name, func(t *testing.T) {
			s.forge(s.browser(), s.learner, ltitest.Set(target, c.target)).leads(c.page)
		})
	}
	for _, bad := range []string{"https://tool.example.attacker.example/agreements", "https://tool.example@attacker.example/", "http://tool.example/agreements", "//attacker.example"} {
		s.run(t, bad, func(t *testing.T) {
			s.forge(s.browser(), s.learner, ltitest.Set(target, bad)).is(http.StatusBadRequest, string(lti.ClaimInvalid))
		})
	}
}

func TestNothingPendingLeadsStraightBack(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	got := s.launch(b, s.learner, s.window)
	if got.Status != http.StatusSeeOther || !strings.HasPrefix(got.Location(), moodleOrigin+"/mod/lti/return.php") || strings.Contains(got.Location(), "lti_msg") {
		t.Errorf("status %d to %s", got.Status, got.Location())
	}
	if held := s.sessionCookies(b); held != nil || s.count(`SELECT COUNT(*) FROM lti_session`) != 0 {
		t.Errorf("a session was made: %v", held)
	}
	// Without a way back there is nowhere to go but to My agreements.
	s.forge(b, s.learner, ltitest.Set(ltitest.ClaimPresentation, map[string]any{"document_target": "window"})).leads("agreements")
	// A way back to somewhere else is none.
	s.forge(b, s.learner, ltitest.Set(ltitest.ClaimPresentation, map[string]any{"return_url": "https://attacker.example/"})).leads("agreements")
}

func TestLaunchWithoutStore(t *testing.T) {
	s := asking(t)
	b := s.browser()
	target := s.target(b, s.learner.ID, s.window)
	s.must(s.db.Close())
	got := s.post(b, "/lti/launch", target.Form(target.Token()))
	got.is(http.StatusServiceUnavailable, "unavailable").lacks("sql")
	if line := s.launched(); line["code"] != "unavailable" || line["level"] != "ERROR" {
		t.Errorf("the log says %v", line)
	}
	s.db = storetest.Open(t, s.dsn, store.Options{Now: s.clock.now})
}

// What a teacher writes about the activity keeps nobody out; beyond what a token may be, the page says what is too long.
func TestLaunchFromAnActivityWithALongDescription(t *testing.T) {
	s := asking(t)
	for _, c := range []struct {
		what   string
		intro  string
		framed bool
		code   lti.Code
	}{
		{"60,000 letters of Cyrillic", strings.Repeat("политика ", 60_000/9), false, ""},
		{"60,000 letters of Cyrillic, in a frame", strings.Repeat("политика ", 60_000/9), true, ""},
		{"130,000 letters of Cyrillic", strings.Repeat("ж", 130_000), false, ""},
		{"780,000 letters of English", strings.Repeat("e", 780_000), false, ""},
		{"60,000 emoji", strings.Repeat("🦊", 60_000), false, ""},
		{"a token that is too long", strings.Repeat("ж", 132_000), false, lti.TokenTooLong},
		{"a body that is too long", strings.Repeat("ж", 200_000), true, lti.TokenTooLong},
	} {
		a := s.moodle.AddActivity(ltitest.Activity{CourseID: s.course.ID, Name: "Политика", Intro: c.intro, Container: ltitest.NewWindow})
		b := s.browser()
		b.Framed = c.framed
		got := s.launch(b, s.learner, a)
		if c.code == "" {
			got.leads("pending")
			continue
		}
		got.is(http.StatusRequestEntityTooLarge, string(c.code))
		if page := string(got.Body); !strings.Contains(page, "The description of this activity in Moodle is too long") || !strings.Contains(page, "tell your teacher") {
			t.Errorf("%s: %s", c.what, page)
		}
	}
}
