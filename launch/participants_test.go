package launch_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/policy/normal"
	"ltipolicy/store"
)

// classroom is a site whose course has two learners and one teacher who launches.
func classroom(t testing.TB, with ...setup) *site {
	s := newSite(t, with...)
	s.moodle.Unenrol(s.course.ID, s.tutor.ID)
	return s
}

// logged is the only entry of the institution's log with this action.
func (s *site) logged(action string) store.AdminEntry {
	s.t.Helper()
	all := s.entries(action)
	if len(all) != 1 {
		s.t.Fatalf("%d entries %s in the log: %+v", len(all), action, all)
	}
	return all[0]
}

// entries are those of the institution's log with this action.
func (s *site) entries(action string) []store.AdminEntry {
	s.t.Helper()
	all, _, err := s.db.AdminLogPage(s.t.Context(), store.LogQuery{InstitutionID: s.institution, Limit: 100})
	s.must(err)
	return slices.DeleteFunc(all, func(e store.AdminEntry) bool { return e.Action != action })
}

// enrol adds learners to the site's course.
func (s *site) enrol(names ...string) []ltitest.Person {
	var out []ltitest.Person
	for i, n := range names {
		first, last, _ := strings.Cut(n, " ")
		x := s.moodle.AddPerson(ltitest.Person{
			Username: fmt.Sprintf("x%d", i), FirstName: first, LastName: last, Email: fmt.Sprintf("x%d@cvupt.example", i), Lang: "en",
		})
		s.moodle.Enrol(s.course.ID, x.ID, ltitest.Student)
		out = append(out, x)
	}
	return out
}

// accepts has a person accept everything that waits.
func (s *site) accepts(x ltitest.Person) {
	s.t.Helper()
	b := s.browser()
	page := s.enter(b, x, s.window)
	s.submit(b, page.acceptAll())
}

// people are the names in the list, in their order.
func (v *view) people() []string {
	return texts(descendAll(v.all("table", "class=people"), "th", "scope=row"))
}

// standing is what the list says about each person: the marks in the order of the policies.
func (v *view) standing(name string) []string {
	v.t.Helper()
	for _, tr := range descendAll(v.all("table", "class=people"), "tr") {
		th := descend(tr, "th", "scope=row")
		if len(th) != 1 || squeezed(th[0]) != name {
			continue
		}
		var out []string
		for _, td := range descend(tr, "td") {
			words := ""
			for _, n := range descend(td, "span") {
				if class, _ := attribute(n, "class"); strings.HasPrefix(class, "mark") {
					words = squeezed(n)
				}
			}
			out = append(out, words)
		}
		return out
	}
	v.t.Fatalf("%s: %q is not on the list %v", v.URL.Path, name, v.people())
	return nil
}

func (v *view) groups() []string {
	return texts(descendAll(v.all("table", "class=people"), "th", "scope=rowgroup"))
}

// tabs are the links to the parts of the list.
func (v *view) tabs() []*html.Node { return descendAll(v.all("ul", "class=tabs"), "a") }

func TestTeacherSeesWhoIsMissing(t *testing.T) {
	s := classroom(t)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	s.load("photos", draft(policy.Consent, english("Photos", "Smile.")))
	s.enrol("Žana Ábel", "Елена Јовановић")
	s.accepts(s.learner)
	b := s.framed()
	s.accepts(s.teacher)
	list := s.enter(b, s.teacher, s.embedded).is(http.StatusOK, "")
	if !strings.HasSuffix(list.URL.Path, "/participants") {
		t.Fatalf("the teacher lands at %s", list.URL)
	}
	if got, want := list.heading(), "Algoritmi și structuri de date 1 of 4 has accepted"; got != want {
		t.Errorf("headline %q, want %q", got, want)
	}
	if got, want := list.people(), []string{"Žana Ábel", "Ioana Pârvu", "Елена Јовановић", "Ștefan Țăran"}; !slices.Equal(got, want) {
		t.Errorf("list %q, want %q", got, want)
	}
	if got, want := list.groups(), []string{"Not accepted yet: 3", "Accepted: 1"}; !slices.Equal(got, want) {
		t.Errorf("groups %q, want %q", got, want)
	}
	if got := list.standing("Ștefan Țăran"); !slices.Equal(got, []string{"Accepted"}) {
		t.Errorf("who accepted is shown as %q", got)
	}
	if got := list.standing("Ioana Pârvu"); !slices.Equal(got, []string{"Not answered"}) {
		t.Errorf("who is missing is shown as %q", got)
	}
	list.has("1 September 2026").has("List of participants from Moodle, 1 September 2026, 08:00 UTC").has("the number is not shown")
	if e := s.logged("participants.view"); !strings.Contains(e.Actor, "Ana Popescu") || e.Object != "CVUPT: Algoritmi și structuri de date" {
		t.Errorf("the log has %+v", e)
	}

	v2 := draft(policy.Agree, english("House rules", "Be very kind."))
	s.load("rules", v2)
	s.submit(b, s.enter(b, s.teacher, s.embedded).acceptAll())
	list = s.enter(b, s.teacher, s.embedded)
	if got := list.standing("Ștefan Țăran"); !slices.Equal(got, []string{"Older version accepted"}) {
		t.Errorf("who accepted the older version is shown as %q", got)
	}
	if got := list.heading(); !strings.HasSuffix(got, "0 of 4 have accepted") {
		t.Errorf("headline %q", got)
	}
}

func TestListIsSearchedFilteredAndSorted(t *testing.T) {
	s := classroom(t)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	privacy := draft(policy.Acknowledge, english("Privacy", "We keep little."))
	privacy.SortOrder = 20
	kept := s.load("privacy", privacy)
	s.enrol("Žana Ábel", "Елена Јовановић", "Đorđe Živković")
	s.accepts(s.learner)
	b := s.browser()
	s.accepts(s.teacher)
	base := s.enter(b, s.teacher, s.window).URL.Path
	see := func(query string) *view { return s.get(b, base+"?"+query).is(http.StatusOK, "") }
	for query, want := range map[string][]string{
		"q=taran":      {"Ștefan Țăran"},
		"q=TARAN+stef": {"Ștefan Țăran"},
		"q=" + url.QueryEscape("јовановић"): {"Елена Јовановић"},
		"q=jovanovic":               {"Елена Јовановић"},
		"q=zivkovic+dorde":          {"Đorđe Živković"},
		"q=nobody":                  nil,
		"status=accepted":           {"Ștefan Țăran"},
		"status=declined":           nil,
		"status=missing&q=" + "a":   {"Žana Ábel", "Ioana Pârvu", "Елена Јовановић"},
		"role=teacher":              {"Ana Popescu teacher"},
		"sort=name":                 {"Žana Ábel", "Ioana Pârvu", "Ștefan Țăran", "Đorđe Živković", "Елена Јовановић"},
		"sort=time&status=accepted": {"Ștefan Țăran"},
		"policy=" + number(kept.PolicyID) + "&status=accepted": {"Ștefan Țăran"},
		"policy=999&status=accepted":                           {"Ștefan Țăran"},
		"status=nonsense&role=x&sort=y&page=z&q=%FF&policy=z":  {"Žana Ábel", "Ioana Pârvu", "Đorđe Živković", "Елена Јовановић", "Ștefan Țăran"},
	} {
		got := see(query).people()
		if strings.HasPrefix(query, "status=missing") {
			slices.Sort(got)
			slices.Sort(want)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	// The parts of the list keep the search, and say how many are in them.
	tabs := see("q=an").tabs()
	if got := texts(tabs); !slices.Equal(got, []string{"Everybody 4", "Not accepted yet 3", "Accepted 1"}) {
		t.Errorf("parts %q", got)
	}
	to, _ := attribute(tabs[1], "href")
	if got := s.get(b, to).people(); len(got) != 3 {
		t.Errorf("%s leads to %q", to, got)
	}
	// Bulgarian puts Cyrillic before Latin.
	if got := see("sort=name&lang=bg").people()[0]; got != "Елена Јовановић" && got != "Žana Ábel" {
		t.Errorf("first in Bulgarian: %q", got)
	}
}

func TestLongListHasPages(t *testing.T) {
	s := classroom(t)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	var names []string
	for i := range 124 {
		names = append(names, fmt.Sprintf("Ana N%03d", i))
	}
	s.enrol(names...)
	b := s.browser()
	s.accepts(s.teacher)
	page := s.enter(b, s.teacher, s.window)
	seen := map[string]bool{}
	for n := 1; ; n++ {
		for _, p := range page.people() {
			seen[p] = true
		}
		next := page.all("a", "rel=next")
		if len(next) == 0 {
			if n != 3 {
				t.Errorf("%d pages", n)
			}
			break
		}
		to, _ := attribute(next[0], "href")
		page = s.get(b, to).is(http.StatusOK, "")
	}
	if len(seen) != 126 {
		t.Errorf("%d people on all pages", len(seen))
	}
	if got := s.get(b, page.URL.Path+"?page=99").people(); len(got) != 26 {
		t.Errorf("a page after the last shows %d people", len(got))
	}
}

func TestConsentIsNeverShownPerPerson(t *testing.T) {
	s := classroom(t)
	v := s.load("photos", draft(policy.Consent, english("Photos", "Smile.")))
	xs := s.enrol("A A", "B B", "C C", "D D", "E E", "F F")
	answer := func(x ltitest.Person, a policy.Answer) {
		b := s.browser()
		s.submit(b, s.enter(b, x, s.window).answers(map[int64]policy.Answer{v.ID: a}))
	}
	b := s.browser()
	answer(s.teacher, policy.Accepted)
	base := s.enter(b, s.teacher, s.window).URL.Path
	for i, x := range xs {
		a := policy.Accepted
		if i == 5 {
			a = policy.Declined
		}
		answer(x, a)
		list := s.get(b, base)
		if i < 4 {
			list.has("the number is not shown").lacks("said yes")
		} else {
			list.has("5 said yes")
		}
	}
	// No combination of filters, and no download, tells more than that.
	whole := s.get(b, base)
	for _, query := range []string{"q=a", "status=accepted", "status=declined", "status=pending", "policy=" + number(v.PolicyID), "policy=" + number(v.PolicyID) + "&status=declined", "sort=time"} {
		page := s.get(b, base+"?"+query).has("5 said yes")
		if n := len(descendAll(page.all("table", "class=people"), "td")); n != 0 {
			t.Errorf("%s: %d cells about a consent", query, n)
		}
		if strings.HasSuffix(query, "status=declined") && len(page.people()) != 0 {
			t.Errorf("%s finds %q", query, page.people())
		}
		if query == "sort=time" && !slices.Equal(page.people(), whole.people()) {
			t.Errorf("the order tells who answered: %q", page.people())
		}
	}
	csv := s.get(b, base+"/list.csv")
	if strings.Contains(string(csv.Body), "Photos") {
		t.Errorf("the download has %s", csv.Body)
	}
	whole.has("No policy asks these participants for an answer.").lacks("have accepted").has("Policies in this course")
}

func TestOnlyTheOwnCourseIsShown(t *testing.T) {
	s := classroom(t)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	other := s.moodle.AddCourse(ltitest.Course{ShortName: "BD", FullName: "Baze de date"})
	s.moodle.Enrol(other.ID, s.other.ID, ltitest.EditingTeacher)
	there := s.moodle.AddActivity(ltitest.Activity{CourseID: other.ID, Name: "Acorduri", Container: ltitest.NewWindow})
	s.accepts(s.teacher)
	s.accepts(s.learner)
	s.accepts(s.other)

	colleague := s.browser()
	foreign := s.enter(colleague, s.other, there).is(http.StatusOK, "").URL.Path
	teacher := s.browser()
	own := s.enter(teacher, s.teacher, s.window).is(http.StatusOK, "").URL.Path
	learner := s.browser()
	learners := strings.Replace(s.get(learner, s.forge(learner, s.learner, ltitest.Set(ltitest.ClaimPresentation, map[string]any{"locale": "en"})).Location()).URL.Path, "agreements", "participants", 1)

	beside := strings.TrimSuffix(own, "participants") + "courses/" + number(other.ID) + "/participants"
	none := strings.TrimSuffix(own, "participants") + "courses/77/participants"
	for _, page := range []string{"", "/missing", "/list.csv", "/list.xlsx"} {
		for who, c := range map[string]struct {
			b    *ltitest.Browser
			path string
		}{
			"another course":            {teacher, beside},
			"a course that is not":      {teacher, none},
			"another teacher's launch":  {teacher, foreign},
			"a learner's launch":        {teacher, learners},
			"a learner, the own launch": {learner, learners},
			"a learner, the teacher's":  {learner, own},
			"a learner, another course": {learner, strings.Replace(beside, own, learners, 1)},
		} {
			s.log.forget()
			s.get(c.b, c.path+page).is(http.StatusForbidden, "forbidden").lacks("Pârvu")
			if lines := s.log.lines(t, "request"); len(lines) != 1 || lines[0]["code"] != "forbidden" || lines[0]["level"] != "WARN" {
				t.Errorf("%s%s: log %v", who, page, lines)
			}
			if page == "" {
				s.post(c.b, c.path, url.Values{"token": {"x"}}).is(http.StatusForbidden, "forbidden")
			}
		}
		s.get(s.browser(), own+page).is(http.StatusUnauthorized, "no_session")
	}
	// A form of one launch is none of another's.
	form := s.get(teacher, own).form()
	s.post(colleague, foreign, form.Values).is(http.StatusForbidden, "csrf")
}

func TestAdminOpensEveryCourseOfThePlatform(t *testing.T) {
	s := classroom(t)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	b := s.browser()
	home := s.enter(b, s.admin, s.window).is(http.StatusOK, "")
	at := strings.TrimSuffix(home.URL.Path, "home")
	s.get(b, at+"participants").is(http.StatusOK, "").has("0 of 2 have accepted")
	other := s.moodle.AddCourse(ltitest.Course{ShortName: "BD", FullName: "Baze de date"})
	s.moodle.Enrol(other.ID, s.other.ID, ltitest.EditingTeacher)
	there := s.moodle.AddActivity(ltitest.Activity{CourseID: other.ID, Name: "Acorduri", Container: ltitest.NewWindow})
	s.get(b, at+"courses/"+number(other.ID)+"/participants").is(http.StatusNotFound, "not_found") // nobody came from there yet
	s.enter(s.browser(), s.other, there)
	s.get(b, at+"courses/"+number(other.ID)+"/participants").is(http.StatusOK, "").has("Baze de date")
}

func TestRefreshFetchesTheListAgain(t *testing.T) {
	s := classroom(t)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	s.accepts(s.teacher)
	b := s.browser()
	list := s.enter(b, s.teacher, s.window).has("0 of 2 have accepted")
	s.enrol("New Comer")
	s.clock.pass(time.Minute)
	s.get(b, list.URL.Path).has("0 of 2 have accepted")
	fresh := s.settle(b, list.form()).is(http.StatusOK, "").has("0 of 3 have accepted").has("The list is up to date.").has("08:01 UTC")
	if !strings.HasSuffix(fresh.URL.Path, "/participants") {
		t.Errorf("at %s", fresh.URL)
	}
}

// A list that did not arrive is not called up to date, whatever kept it: then nothing about it is recorded as failed.
func TestAListThatDidNotArriveIsNotUpToDate(t *testing.T) {
	for name, fetch := range map[string]func(s *site) error{
		"Moodle takes longer than the reader waits": func(s *site) error { return context.DeadlineExceeded },
		"too many wait, or the program stops":       func(s *site) error { return policy.E(policy.ErrUnavailable, "") },
		"another replica is at it": func(s *site) error {
			_, err := s.db.FillRoster(s.t.Context(), s.platform.ID, number(s.course.ID), 0)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := classroom(t)
			s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
			s.accepts(s.teacher)
			b := s.browser()
			list := s.enter(b, s.teacher, s.window).has("0 of 2 have accepted")
			s.enrol("New Comer")
			s.clock.pass(time.Minute)
			s.server.FetchLists(func(context.Context, string, string) error { return fetch(s) })
			s.settle(b, list.form()).is(http.StatusOK, "").has("0 of 2 have accepted").has("08:00 UTC").lacks("The list is up to date.")
		})
	}
}

func TestMissingPageGivesNamesAndAddresses(t *testing.T) {
	s := classroom(t)
	s.showAddresses()
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	evil := s.moodle.AddPerson(ltitest.Person{Username: "evil", FirstName: "Eva", LastName: "Il", Email: "a,b&cc=all@x.example", Lang: "en"})
	s.moodle.Enrol(s.course.ID, evil.ID, ltitest.Student)
	plus := s.moodle.AddPerson(ltitest.Person{Username: "plus", FirstName: "Petra", LastName: "Us", Email: "petra+moodle&x@x.example", Lang: "en"})
	s.moodle.Enrol(s.course.ID, plus.ID, ltitest.Student)
	s.accepts(s.teacher)
	s.accepts(s.learner)
	b := s.browser()
	list := s.enter(b, s.teacher, s.window)
	page := s.get(b, list.URL.Path+"/missing").is(http.StatusOK, "")
	fields := page.all("textarea")
	if got := texts(fields); len(got) != 2 || got[0] != "ioana@cvupt.example petra+moodle&x@x.example" || got[1] != "Eva Il Ioana Pârvu Petra Us" {
		t.Errorf("fields %q", got)
	}
	page.has("Moodle does not share the address of 1 of them.")
	for _, a := range page.all("a", "class=button") {
		to, _ := attribute(a, "href")
		u, err := url.Parse(to)
		if err != nil || u.Scheme != "mailto" {
			continue
		}
		if q := u.Query(); len(q) != 2 || strings.ReplaceAll(q.Get("bcc"), "%2B", "+") != "ioana@cvupt.example,petra+moodle&x@x.example" || q.Get("subject") != s.course.FullName {
			t.Errorf("mail link %s", to)
		}
	}
	s.logged("participants.addresses")
}

// A name that turns writing round is shown as its letters stand, and an address that only looks like another is no address.
func TestNamesTurnNothingRound(t *testing.T) {
	s := classroom(t)
	s.showAddresses()
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	x := s.moodle.AddPerson(ltitest.Person{Username: "rlo", FirstName: "Ana", LastName: "\u202eUcseP", Email: "ana@x.example", Lang: "en"})
	s.moodle.Enrol(s.course.ID, x.ID, ltitest.Student)
	y := s.moodle.AddPerson(ltitest.Person{Username: "lro", FirstName: "Ion", LastName: "Pop", Email: "\u202enoi@x.example", Lang: "en"})
	s.moodle.Enrol(s.course.ID, y.ID, ltitest.Student)
	s.accepts(s.teacher)
	s.accepts(x)
	b := s.browser()
	list := s.enter(b, s.teacher, s.window)
	admin, l := s.asAdmin()
	for _, page := range []*view{
		list.has("Ana UcseP"), s.get(b, list.URL.Path+"/missing").has("Moodle does not share the address of 1 of them."),
		s.get(admin, l+"/admin/report").has("Ana UcseP ana@x.example"),
	} {
		if strings.ContainsFunc(string(page.Body), normal.Directs) {
			t.Errorf("%s turns writing round", page.URL.Path)
		}
	}
}

func TestWhoLaunchedAsTeacherIsNoLearner(t *testing.T) {
	s := newSite(t)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	s.accepts(s.teacher)
	b := s.browser()
	// Moodle's roster calls non-editing teachers learners.
	list := s.enter(b, s.teacher, s.window).has("0 of 3 have accepted")
	s.enter(s.browser(), s.tutor, s.window)
	if got := s.get(b, list.URL.Path).has("0 of 2 have accepted").people(); slices.Contains(got, "Ion Tutor") {
		t.Errorf("list %q", got)
	}
	if got := s.get(b, list.URL.Path+"?role=teacher&sort=name").people(); !slices.Equal(got, []string{"Ana Popescu teacher", "Ion Tutor teacher"}) {
		t.Errorf("teachers %q", got)
	}
}

func TestRosterThatCannotBeFetched(t *testing.T) {
	s := classroom(t)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	s.accepts(s.learner)
	s.accepts(s.teacher)
	s.net.Connect(moodleOrigin, down{s.moodle})
	b := s.browser()
	// Never fetched: those who came, and why there are no more. How many have accepted of all is not known.
	first := s.enter(b, s.teacher, s.window).is(http.StatusOK, "").has("The list of participants could not be had").lacks("has accepted").
		has("Shown is who has opened the activity").has("Moodle could not be reached.").lacks("This is the last list")
	s.net.Connect(moodleOrigin, s.moodle)
	s.settle(b, first.form()).has("1 of 2 has accepted").lacks("could not be reached")
	s.net.Connect(moodleOrigin, down{s.moodle})
	s.clock.pass(time.Hour)
	late := s.settle(b, s.get(b, first.URL.Path).form()).has("1 of 2 has accepted").has("Moodle could not be reached. This is the last list that arrived.").
		has("Tried: 1 September 2026, 09:00 UTC").has("List of participants from Moodle, 1 September 2026, 08:00 UTC")
	late.lacks("The list is up to date.")
}

// down is a Moodle whose services do not answer, although its pages do.
type down struct{ http.Handler }

func (d down) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(r.URL.Path, "/services.php") || strings.HasSuffix(r.URL.Path, "/token.php") {
		http.Error(w, "gone fishing", http.StatusServiceUnavailable)
		return
	}
	d.Handler.ServeHTTP(w, r)
}
