package launch_test

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"ltipolicy/launch/launchtest"
	"ltipolicy/launch/web"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// somewhere are the values of addresses on the site: all of them are of its own, or of nothing at all.
func (s *site) somewhere(launch string, v policy.Version) map[string]string {
	return map[string]string{
		"launch": launch, "platform": s.platform.ID, "site": s.platform.ID, "course": number(s.course.ID),
		"policy": number(v.PolicyID), "version": number(v.ID), "user": number(max(1, s.userOf(s.platform, s.learner.ID))),
		"event": "x", "digest": strings.Repeat("0a", 32), "hash": "x", "file": "app.css", "slug": s.slugOf(v),
	}
}

// slugOf is the name of a version's policy; "x" if there is none.
func (s *site) slugOf(v policy.Version) string {
	s.t.Helper()
	slugs, err := s.db.Slugs(s.t.Context(), s.platform.ID)
	s.must(err)
	return cmp.Or(slugs[v.PolicyID], "x")
}

// all are the addresses of the tool, in a launch.
func (s *site) all(launch string, v policy.Version) []launchtest.Address {
	s.t.Helper()
	return launchtest.Addresses(s.t, s.server.Routes(), s.somewhere(launch, v), nil)
}

// within are those below a launch.
func (s *site) within(launch string, v policy.Version) []launchtest.Address {
	s.t.Helper()
	return launchtest.Addresses(s.t, s.server.Routes(), s.somewhere(launch, v), launchtest.Within)
}

// ask sends a request without anything in it.
func (s *site) ask(b browser, method, path string) *view {
	s.t.Helper()
	if method == http.MethodGet {
		return s.get(b, path)
	}
	return s.post(b, path, url.Values{})
}

// lands launches and returns the launch's id, whatever the page.
func (s *site) lands(b browser, x person, a ltitest.Activity) string {
	s.t.Helper()
	parts := strings.Split(s.launch(b, x, a).Location(), "/l/")
	if len(parts) != 2 {
		s.t.Fatalf("the launch of %s leads to no page of the tool", x.Username)
	}
	return strings.Split(parts[1], "/")[0]
}

// A file takes as long as it takes to send, and an administrator's form may be long: both are what the route says.
func TestFilesAndFormsOfTheOfficeSaySo(t *testing.T) {
	for _, r := range asking(t).server.Routes() {
		method, address, _ := strings.Cut(r.Pattern, " ")
		if is := path.Ext(address) != "" || strings.HasPrefix(address, "/static/"); r.File != is {
			t.Errorf("%s: file is %v; add .File() to what gives one, where the route is registered", r.Pattern, r.File)
		}
		if is := r.Who == web.Administrator && method == http.MethodPost || r.Pattern == "POST /receipt"; r.Uploads != is {
			t.Errorf("%s: uploads is %v; administrators alone may send long forms, and in all of theirs, and anybody a receipt", r.Pattern, r.Uploads)
		}
	}
}

func TestSecurityHeadersOnEveryRoute(t *testing.T) {
	s := asking(t)
	v := s.load("house", draft(policy.Agree, english("Second", "Text.")))
	for name, x := range map[string]person{"learner": s.learner, "teacher": s.teacher, "admin": s.admin} {
		b := s.framed()
		id := s.lands(b, x, s.embedded)
		strays := []launchtest.Address{
			{Method: http.MethodGet, Path: "/nobody/policies"}, {Method: http.MethodGet, Path: "/favicon.ico"}, {Method: http.MethodPut, Path: "/lti/jwks"},
			{Method: http.MethodGet, Path: "/l/0190a1b2-0000-7000-8000-000000000000/pending"}, {Method: http.MethodGet, Path: "/l/" + id + "/unknown"},
		}
		for _, r := range slices.Concat(s.all(id, v), strays) {
			s.run(t, name+" "+r.Method+" "+strings.ReplaceAll(r.Path, id, "ID"), func(t *testing.T) {
				got := s.ask(b, r.Method, r.Path)
				if got.Status >= 500 {
					t.Errorf("status %d", got.Status)
				}
				switch {
				case r.Who != "" && r.Who != web.Anybody:
					framedBy(t, got, moodleOrigin)
				case strings.HasPrefix(got.Header.Get("Content-Type"), "text/html"):
					framedBy(t, got, "*") // a page without anything to decide
				default:
					framedBy(t, got, "'none'")
				}
				safe(t, got)
				if kept := got.Header.Get("Cache-Control"); kept != "no-store" && (r.Who != web.Anybody || !strings.HasPrefix(kept, "public, ")) {
					t.Errorf("Cache-Control %q", kept)
				}
				if got.Header.Get("X-Request-Id") == "" || got.Header.Get("Content-Type") == "" && got.Status == http.StatusOK {
					t.Error("no request id or no content type")
				}
			})
		}
	}
}

// safe checks the headers that are the same wherever an answer may be framed.
func safe(t *testing.T, got *view) {
	t.Helper()
	csp := directives(got)
	for name, want := range map[string]string{"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "base-uri": "'none'"} {
		if csp[name] != want {
			t.Errorf("%s %q, want %q", name, csp[name], want)
		}
	}
	if !strings.HasPrefix(csp["form-action"], "'self'") || strings.Contains(csp["form-action"], "*") {
		t.Errorf("form-action %q", csp["form-action"])
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin", "Strict-Transport-Security": "max-age=31536000",
	} {
		if got.Header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Header.Get(name), want)
		}
	}
}

func TestPagesHoldNoInlineScriptOrStyleAndLoadNothingFromElsewhere(t *testing.T) {
	s := asking(t)
	v := s.load("house", draft(policy.Agree, english("Second", "Text.")))
	var loaded []string
	for _, x := range []person{s.learner, s.teacher, s.admin} {
		b := s.framed()
		for _, r := range s.all(s.lands(b, x, s.embedded), v) {
			page := s.ask(b, r.Method, r.Path)
			if !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") || len(page.Body) == 0 {
				continue
			}
			for n := range page.Document().Descendants() {
				for _, a := range n.Attr {
					if a.Key == "style" || strings.HasPrefix(a.Key, "on") && len(a.Key) > 2 || a.Key == "src" && !strings.HasPrefix(a.Val, "/static/") ||
						n.Data == "link" && a.Key == "href" && !strings.HasPrefix(a.Val, "/static/") && !isFeed(a.Val) {
						t.Errorf("%s: <%s %s=%q>", r.Path, n.Data, a.Key, a.Val)
					}
				}
				if (n.Data == "script" || n.Data == "style") && n.FirstChild != nil {
					t.Errorf("%s: inline <%s>", r.Path, n.Data)
				}
			}
			loaded = append(append(loaded, page.Attr("script", "src")...), page.Attr("link", "href")...)
		}
	}
	// What the pages do load is there, for ever under its address.
	slices.Sort(loaded)
	for _, address := range slices.DeleteFunc(slices.Compact(loaded), isFeed) {
		got := s.get(s.browser(), address).is(http.StatusOK, "")
		if !strings.Contains(got.Header.Get("Cache-Control"), "immutable") || !strings.Contains(got.Header.Get("Content-Type"), "/") {
			t.Errorf("%s: %v", address, got.Header)
		}
	}
	if len(loaded) == 0 {
		t.Error("the pages load nothing: the test shows nothing")
	}
}

// isFeed reports whether a link in a page's head names a feed of the tool, which is loaded by nobody but a reader of feeds.
func isFeed(address string) bool {
	return strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//") && path.Ext(address) == ".atom"
}

func TestEveryLaunchPageNeedsItsSession(t *testing.T) {
	s := asking(t)
	v := s.load("house", draft(policy.Agree, english("Second", "Text.")))
	b := s.framed()
	id := s.lands(b, s.admin, s.embedded)
	s.unchanged(func() {
		for _, r := range s.within(id, v) {
			s.run(t, r.Method+" "+strings.ReplaceAll(r.Path, id, "ID"), func(t *testing.T) {
				got := s.ask(s.framed(), r.Method, r.Path).is(http.StatusUnauthorized, "no_session").has("Your visit has ended")
				framedBy(t, got, "*") // or the reader in Moodle's frame sees nothing at all
				got.lacks("House rules").lacks("Second").lacks(s.admin.LastName)
			})
		}
	})
}

// TestEveryRouteIsForThoseItNames: whoever has no right to it gets nowhere and changes nothing, and the log says who
// tried; whoever has one gets somewhere.
func TestEveryRouteIsForThoseItNames(t *testing.T) {
	s := asking(t)
	v := s.load("house", draft(policy.Agree, english("Second", "Text.")))
	s.settle(s.browser(), s.enter(s.browser(), s.learner, s.window).acceptAll())
	for _, who := range []struct {
		name   string
		person person
		powers []store.Power
		edits  []ltitest.Edit
		guest  bool // reads, and may send nothing
		course bool // what teachers see: the participants of the launch's course
		site   bool // everything
	}{
		{name: "a visitor with every role", person: s.learner, guest: true, edits: []ltitest.Edit{
			ltitest.Set(ltitest.ClaimExt, map[string]any{"user_username": "guest", "lms": "moodle-2"}),
			ltitest.Set(ltitest.ClaimRoles, []string{ltitest.RoleInstructor, ltitest.RoleInstitutionAdmin, ltitest.RoleSystemAdmin}),
		}},
		{name: "a learner", person: s.learner},
		{name: "a teacher", person: s.teacher, course: true},
		{name: "a site manager", person: s.manager, course: true},
		{name: "a learner with a right over policies", person: s.other, powers: []store.Power{store.PowerPolicies}},
		{name: "a learner with a right over the report", person: s.other, powers: []store.Power{store.PowerReport}},
		{name: "a learner with a right to answer for others", person: s.other, powers: []store.Power{store.PowerBehalf}},
		{name: "a site administrator", person: s.admin, course: true, site: true},
	} {
		b := s.browser()
		var id string
		if who.guest {
			id = s.forge(b, who.person, who.edits...).leads("policies")
		} else {
			id = s.lands(b, who.person, s.window)
		}
		for _, p := range store.Powers() {
			change := s.db.Revoke
			if slices.Contains(who.powers, p) {
				change = s.db.Grant
			}
			s.must(change(t.Context(), s.who(), s.platform.ID, s.userOf(s.platform, who.person.ID), p))
		}
		var open, shut, unsent []launchtest.Address
		for _, r := range s.within(id, v) {
			may := who.site || slices.ContainsFunc(who.powers, func(p store.Power) bool { return slices.Contains(r.Powers, p) })
			switch {
			case r.Who == web.Launched && who.guest:
				if r.Method == http.MethodPost {
					unsent = append(unsent, r)
				}
			case r.Who == web.Launched, (r.Who == web.Teacher || r.Who == web.Course) && who.course, r.Who == web.Administrator && may:
				open = append(open, r)
			default:
				shut = append(shut, r)
			}
		}
		s.unchanged(func() {
			for _, r := range unsent {
				s.run(t, who.name+" "+r.Pattern, func(t *testing.T) {
					if got := s.ask(b, r.Method, r.Path); got.Status != http.StatusForbidden {
						t.Errorf("status %d, code %q", got.Status, got.ErrorCode())
					}
				})
			}
			for _, r := range shut {
				s.run(t, who.name+" "+r.Pattern, func(t *testing.T) {
					s.log.forget()
					s.ask(b, r.Method, r.Path).is(http.StatusForbidden, "forbidden").lacks("Second")
					if !strings.Contains(s.log.String(), "forbidden") {
						t.Error("the refusal is not in the log")
					}
				})
			}
		})
		for _, r := range open {
			s.run(t, who.name+" "+r.Pattern, func(t *testing.T) {
				got := s.ask(b, r.Method, r.Path)
				if got.Status >= 500 || got.ErrorCode() == "forbidden" || r.Method == http.MethodPost && got.ErrorCode() != "csrf" {
					t.Errorf("status %d, code %q", got.Status, got.ErrorCode())
				}
			})
		}
	}
}

// TestEveryFormNeedsItsToken: whoever may send a form sends the one that the tool gave.
func TestEveryFormNeedsItsToken(t *testing.T) {
	s := asking(t)
	v := s.load("house", draft(policy.Agree, english("Second", "Text.")))
	b := s.browser()
	id := s.lands(b, s.admin, s.window)
	s.unchanged(func() {
		for _, r := range s.within(id, v) {
			if r.Method == http.MethodPost {
				s.ask(b, r.Method, r.Path).is(http.StatusForbidden, "csrf")
			}
		}
	})
}

// TestFormsOfOtherSitesAreRefused: but for those that platforms send by design.
func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	s := asking(t)
	v := s.load("house", draft(policy.Agree, english("Second", "Text.")))
	b := s.framed()
	page := s.enter(b, s.learner, s.embedded)
	id := strings.Split(page.URL.Path, "/")[2]
	form := page.acceptAll()
	register := s.get(b, s.newMoodle("https://new.example").RegistrationURL(s.invite("secret"))).form()
	admin := s.framed()
	office := s.lands(admin, s.admin, s.embedded)
	s.unchanged(func() {
		for _, r := range slices.Concat(s.all(id, v), s.within(office, v)) {
			if r.Method != http.MethodPost {
				continue
			}
			for _, from := range []string{"https://attacker.example", moodleOrigin, "null", "http://tool.example"} {
				f, as := form, b
				switch {
				case r.Path == "/lti/register":
					f = register
				case strings.Contains(r.Path, office):
					as = admin
				}
				f.Action, f.Origin = toolOrigin+r.Path, from
				if r.FromPlatforms {
					if got := s.submit(as, f); got.ErrorCode() == "csrf" {
						t.Errorf("%s: a platform's form is refused", r.Pattern)
					}
					continue
				}
				s.submit(as, f).is(http.StatusForbidden, "csrf")
			}
		}
	})
	s.settle(b, form).is(http.StatusOK, "")
}

// TestOfficeNeverReachesAnotherInstitution: equal numbers and right tokens lead to nothing of anybody else's.
func TestOfficeNeverReachesAnotherInstitution(t *testing.T) {
	s, evil, foreign := twins(t)
	theirs := s.load("secret", draft(policy.Agree, english("Their secret", "Text.")), foreign)
	x := s.browser()
	page, err := x.Settle(x.Launch(evil, s.learner.ID, s.window.CMID))
	s.must(err)
	s.settle(x, s.view(page).acceptAll())
	b, l := s.asAdmin()
	values := s.somewhere(strings.TrimPrefix(l, "/l/"), theirs)
	values["user"], values["site"] = number(s.userOf(foreign, s.learner.ID)), foreign.ID
	mixed := maps.Clone(values)
	mixed["site"] = s.platform.ID
	form := url.Values{
		"token": {s.get(b, l+"/admin/policies/new").formTo("/policies/new").Values.Get("token")},
		"move":  {"up"}, "edit": {"1"}, "name.0": {"x"}, "lang.0": {"en"}, "kind": {"agree"}, "type": {"0"}, "audience": {"0"}, "act": {"accepted"}, "version": {"1"},
	}
	asked := 0
	s.unchanged(func() {
		for _, named := range []map[string]string{values, mixed} {
			for _, r := range launchtest.Addresses(t, s.server.Routes(), named, launchtest.Named("policy", "version", "user")) {
				got := s.get
				if r.Method == http.MethodPost {
					got = func(b browser, path string) *view { return s.post(b, path, form) }
				}
				got(b, r.Path).is(http.StatusNotFound, "not_found").lacks("Their secret").lacks("Twin")
				asked++
			}
		}
	})
	if asked == 0 {
		t.Error("no route names a policy, a version or a person")
	}
	// The other institution's platform in a form is refused, too.
	f := s.get(b, l+"/admin/policies/new").formTo("/policies/new")
	f.Values.Set("name.0", "Mine")
	f.Values.Set("site", foreign.ID)
	if got := s.submit(b, f); got.Status < 400 || got.Status >= 500 {
		t.Errorf("status %d", got.Status)
	}
	s.get(b, l+"/home").lacks("Their secret").lacks("Twin rules").lacks("Mine")
}

// undisturbed are the routes that ask the database nothing before they know more than an empty request tells.
var undisturbed = []string{
	"GET /lti/login", "POST /lti/login", "GET /lti/login/{platform}", "POST /lti/login/{platform}", "GET /lti/login/{platform}/door",
	"POST /lti/login/{platform}/door", "POST /lti/launch", "GET /lti/launch", "GET /lti/register", "POST /lti/register", "GET /lti/registered",
	"GET /{$}", "/", "GET /healthz", "GET /static/{hash}/{file}", "GET /receipt", "POST /receipt",
	"GET /.well-known/security.txt",
}

func TestWithoutTheDatabase(t *testing.T) {
	s := asking(t)
	v := s.load("house", draft(policy.Agree, english("Second", "Text.")))
	b := s.framed()
	id := s.lands(b, s.admin, s.embedded)
	register := s.get(b, s.newMoodle("https://new.example").RegistrationURL(s.invite("secret"))).form()
	attempt := s.target(b, s.learner.ID, s.embedded)
	routes := s.all(id, v)
	s.must(s.db.Close())
	s.log.forget()
	var pages []*view
	for _, r := range routes {
		if !slices.Contains(undisturbed, r.Pattern) {
			pages = append(pages, s.ask(b, r.Method, r.Path))
		}
	}
	if len(pages)+len(undisturbed) != len(routes) {
		t.Errorf("undisturbed names a route that is none")
	}
	pages = append(pages, s.submit(b, register), s.post(b, "/lti/launch", attempt.Form(attempt.Token())),
		s.post(b, "/lti/login", s.initiation(s.platform)), s.post(b, "/lti/login/"+s.platform.ID, s.initiation(s.platform)))
	for _, got := range pages {
		if got.Status != http.StatusServiceUnavailable {
			t.Errorf("%s: status %d", got.URL.Path, got.Status)
		}
		if after := got.Header.Get("Retry-After"); after != "5" && got.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: Retry-After %q", got.URL.Path, after)
		}
		for _, detail := range []string{"sql", "sqlite", "database is closed", "goroutine", ".go:"} {
			if strings.Contains(string(got.Body), detail) {
				t.Errorf("%s tells %q", got.URL.Path, detail)
			}
		}
		if strings.HasPrefix(got.Header.Get("Content-Type"), "text/html") {
			got.is(http.StatusServiceUnavailable, "unavailable").has(got.Header.Get("X-Request-Id"))
		}
	}
	if s.get(b, "/healthz").Status != http.StatusOK {
		t.Error("a database that is away must not end the process")
	}
}

// files are the addresses below a launch that lead to files to take along, for those with the right to them.
func (s *site) files(who web.Who, launch string, v policy.Version) []string {
	s.t.Helper()
	var out []string
	somewhere := s.somewhere(launch, v)
	if es := s.events(s.learner.ID); len(es) > 0 {
		somewhere["event"] = es[0].ID
	}
	for _, r := range launchtest.Addresses(s.t, s.server.Routes(), somewhere, launchtest.Within) {
		if r.Who == who && path.Ext(r.Path) != "" {
			out = append(out, r.Path)
		}
	}
	if len(out) == 0 {
		s.t.Fatalf("no file for %s", who)
	}
	return out
}

// TestEveryRouteOfStrangersHasItsPrice: docs/security.md says of each address that answers without a session what it can
// be made to spend, and what stands against it.
func TestEveryRouteOfStrangersHasItsPrice(t *testing.T) {
	doc, err := os.ReadFile("../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(doc), "## What a stranger can make the tool spend\n")
	if !ok {
		t.Fatal("there is no such table")
	}
	table, _, _ = strings.Cut(table, "\n## ")
	priced := map[string]bool{}
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "| ") || cells[0] == " what " {
			continue
		}
		if len(cells) != 5 || slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) == "" }) || !strings.Contains(cells[4], "`Test") {
			t.Errorf("a row does not say what it costs, who pays, what bounds it and which test shows that: %.80s", line)
			continue
		}
		for i, name := range strings.Split(cells[0], "`") {
			if i%2 == 1 {
				priced[name] = true
			}
		}
	}
	for _, r := range newSite(t).server.Routes() {
		if r.Who == web.Anybody && !priced[r.Pattern] {
			t.Errorf("%s has no row", r.Pattern)
		}
	}
}
