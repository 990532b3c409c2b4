package launch_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// linked follows the page's link with this text.
func (s *site) linked(b browser, v *view, text string) *view {
	s.t.Helper()
	for _, a := range v.all("a", "href") {
		if squeezed(a) == text {
			href, _ := attribute(a, "href")
			return s.get(b, href)
		}
	}
	s.t.Fatalf("%s: no link %q: %.400s", v.URL, text, v.Text())
	return nil
}

// search is the report's form with fields set.
func (v *view) search(pairs ...string) string {
	v.t.Helper()
	f := v.formTo("/admin/report")
	for i := 0; i < len(pairs); i += 2 {
		f.Values.Set(pairs[i], pairs[i+1])
	}
	return f.Action + "?" + f.Values.Encode()
}

// secondCourse is one more course, with a learner who opened an activity in it.
func (s *site) secondCourse(label, title, first string) (ltitest.Course, ltitest.Person) {
	s.t.Helper()
	c := s.moodle.AddCourse(ltitest.Course{ShortName: label, FullName: title})
	x := s.moodle.AddPerson(ltitest.Person{Username: strings.ToLower(label), FirstName: first, LastName: "Neagu", Email: label + "@cvupt.example", Lang: "en"})
	s.moodle.Enrol(c.ID, x.ID, ltitest.Student)
	s.launch(s.browser(), x, s.moodle.AddActivity(ltitest.Activity{CourseID: c.ID, Name: "Acorduri", Container: ltitest.NewWindow}))
	return c, x
}

func TestReportIsNarrowedToACourseByItsName(t *testing.T) {
	s, b, l := answered(t)
	s.secondCourse("ALG2", "Algoritmi avansați", "Corina")
	s.secondCourse("FIZ", "Физика", "Darius")
	report := s.get(b, l+"/admin/report").is(http.StatusOK, "").has("Corina Neagu").has("Ștefan Țăran")
	if n := len(report.all("option", "value=Algoritmi avansați")); n != 1 {
		t.Errorf("the field suggests %d courses of that name", n)
	}

	// One course fits: it is taken, and stays with the other filters, in the addresses of the downloads, too.
	chosen := s.get(b, report.search("course", "avansati")).has("Corina Neagu").lacks("Ștefan Țăran").lacks("Darius").
		has("Only the people of the course Algoritmi avansați ALG2").has("Show all courses again")
	if n := len(chosen.all("input", "name=course")); n != 0 {
		t.Error("the field is there although a course is chosen")
	}
	pending := s.get(b, chosen.search("status", "pending", "role", "learner")).has("Corina Neagu").has("Algoritmi avansați")
	s.get(b, pending.search("status", "accepted")).has("Nobody fits.").has("Algoritmi avansați")
	s.get(b, pending.search("role", "teacher")).has("Nobody fits.")
	for _, link := range []string{"JSON", "XML"} {
		if got := s.linked(b, pending, link); !strings.Contains(string(got.Body), "Corina") || strings.Contains(string(got.Body), "Darius") || strings.Contains(string(got.Body), "Ștefan") {
			t.Errorf("%s: %s", link, got.Body)
		}
	}
	s.linked(b, pending, "Show all courses again").has("Darius").lacks("Ștefan") // who has accepted

	// Several fit: they are links.
	several := s.get(b, report.search("course", "ALGORITMI", "status", "pending")).has("Several courses fit “ALGORITMI”").has("Algoritmi și structuri de date").
		lacks("Corina").lacks("Nobody fits.")
	s.linked(b, several, "Algoritmi și structuri de date").has("Ioana Pârvu").lacks("Corina").lacks("Ștefan Țăran").has("Only the people of the course")
	s.get(b, l+"/admin/report.csv?course=algoritmi").is(http.StatusBadRequest, "invalid")
	s.get(b, l+"/admin/report.csv?course=alg2").is(http.StatusOK, "").has("Corina")

	s.get(b, report.search("course", "geografie")).has("No course is called “geografie”").lacks("Corina")
	s.get(b, report.search("course", "fizika")).has("Darius").lacks("Corina") // in Latin letters
	s.get(b, report.search("course", number(s.course.ID))).has("Ștefan").lacks("Corina")
	for _, passed := range []string{"nowhere/2", "nowhere", "/", s.platform.ID + "/999", s.platform.ID} {
		s.get(b, l+"/admin/report?in="+url.QueryEscape(passed)).is(http.StatusOK, "").has("Darius").has("Ștefan")
	}
}

func TestReportIsNarrowedToACourseOfOneOfTwoSites(t *testing.T) {
	s, b, l := answered(t)
	m, tool, p := s.addMoodle("https://second.example", "UniCampus", s.institution)
	x := m.AddPerson(ltitest.Person{Username: "x", FirstName: "Xenia", LastName: "Popa", Lang: "en"})
	c := m.AddCourse(ltitest.Course{ID: s.course.ID, ShortName: "ALG1", FullName: "Algoritmi, seria B"})
	m.Enrol(c.ID, x.ID, ltitest.Student)
	_, err := s.browser().Launch(m, x.ID, m.AddActivity(ltitest.Activity{CourseID: c.ID, Name: "A", TypeID: tool.TypeID}).CMID)
	s.must(err)
	report := s.get(b, l+"/admin/report").has("Xenia Popa")
	several := s.get(b, report.search("course", "alg1")).has("Algoritmi, seria B").has("· UniCampus")
	chosen := s.linked(b, several, "Algoritmi, seria B").has("Xenia Popa").lacks("Ștefan")
	s.get(b, report.search("course", "alg1", "site", p.ID)).has("Xenia Popa").lacks("Ștefan").has("Only the people of the course")
	// Another site has no such course, although it has one of this number.
	s.get(b, chosen.search("site", s.platform.ID)).has("Ștefan").lacks("Xenia").lacks("Only the people")
}

func TestReportIsNarrowedToAPolicyAndAVersion(t *testing.T) {
	s, b, l := answered(t)
	first := mustNumber(t, strings.TrimPrefix(s.get(b, l+"/home").all("h2")[0].Attr[0].Val, "version-"))
	second := s.load("rules", draft(policy.Agree, english("House rules", "Be kinder.")))
	photos := s.load("photos", draft(policy.Consent, english("Photos", "Smile.")))
	old := number(first)

	rules := s.get(b, l+"/admin/report?policy="+number(second.PolicyID)).is(http.StatusOK, "").has("Ștefan Țăran").lacks("Overall")
	if n := len(rules.all("select", "name=version")); n != 1 {
		t.Fatalf("%d choices of a version", n)
	}
	s.get(b, rules.search("status", "accepted")).has("Nobody fits.")
	archived := s.get(b, rules.search("version", old, "status", "accepted")).has("Ștefan Țăran").lacks("Ioana")
	s.get(b, archived.search("status", "pending")).has("Ioana Pârvu").lacks("Ștefan")
	s.get(b, archived.search("status", "declined")).has("Nobody fits.")
	s.get(b, archived.search("q", "taran", "role", "learner", "course", "algoritmi")).has("Ștefan Țăran")
	s.get(b, archived.search("q", "ioana")).has("Nobody fits.")
	if got := s.linked(b, archived, "JSON"); !strings.Contains(string(got.Body), "Ștefan") || strings.Contains(string(got.Body), "Ioana") {
		t.Errorf("download %s", got.Body)
	}
	// Another policy takes the version with it.
	if got := s.get(b, archived.search("policy", number(photos.PolicyID), "status", "")).has("Ioana").all("select", "name=version"); len(got) != 0 {
		t.Error("a choice although there is one version")
	}
	s.get(b, l+"/admin/report?policy=999").is(http.StatusNotFound, "not_found")

	// A policy that does not apply any more is reported by its last version.
	s.must(s.db.Inactivate(t.Context(), store.Admin{InstitutionID: s.institution, Actor: "test"}, second.ID))
	s.get(b, l+"/admin/report?policy="+number(second.PolicyID)).has("Ioana Pârvu").lacks("Photos:")
	s.get(b, l+"/admin/report?policy="+number(second.PolicyID)+"&status=accepted").has("Nobody fits.")
}

func TestNothingIsPendingWhereAVersionDoesNotApply(t *testing.T) {
	s, b, l := answered(t)
	m, tool, p := s.addMoodle("https://second.example", "UniCampus", s.institution)
	x := m.AddPerson(ltitest.Person{Username: "x", FirstName: "Xenia", LastName: "Popa", Lang: "en"})
	c := m.AddCourse(ltitest.Course{ShortName: "C", FullName: "C"})
	m.Enrol(c.ID, x.ID, ltitest.Student)
	_, err := s.browser().Launch(m, x.ID, m.AddActivity(ltitest.Activity{CourseID: c.ID, Name: "A", TypeID: tool.TypeID}).CMID)
	s.must(err)
	id := number(s.get(b, l+"/home").versionID())
	s.get(b, l+"/admin/report?version="+id).has("Xenia Popa").has("not asked")
	s.get(b, l+"/admin/report?status=pending&version="+id).has("Ioana").lacks("Xenia")
	s.get(b, l+"/admin/report?status=pending&version="+id+"&site="+p.ID).has("Nobody fits.")
}

func TestReportOfOneVersionTellsAllAboutItsAnswers(t *testing.T) {
	s, b, l := answered(t)
	id := s.userOf(s.platform, s.other.ID)
	page := l + "/admin/people/" + s.platform.ID + "/" + number(id)
	f := s.get(b, page).formTo("/" + number(id))
	f.Values.Set("act", "accepted")
	f.Values.Set("note", "On paper.")
	s.settle(b, f).is(http.StatusOK, "")
	version := "?version=" + number(s.get(b, l+"/home").versionID())

	report := s.get(b, l+"/admin/report"+version).is(http.StatusOK, "")
	var heads []string
	for _, h := range report.all("th", "scope=col") {
		heads = append(heads, squeezed(h))
	}
	if got := strings.Join(heads, "|"); got != "Name|House rules|When|Language|Answered by|Note" {
		t.Errorf("columns %s", got)
	}
	rows := strings.Join(texts(report.all("tr", "role=row")), "\n")
	for _, want := range []string{"English Answered by Adela Root Note On paper.", "English Answered by the person"} {
		if !strings.Contains(rows, want) {
			t.Errorf("no row with %q:\n%s", want, rows)
		}
	}
	var people []map[string]any
	s.must(json.Unmarshal(s.get(b, l+"/admin/report.json"+version+"&q=ioana").Body, &people))
	if len(people) != 1 || people[0]["House rules 1: language"] != "en" || people[0]["House rules 1: answered by"] != "Adela Root" || people[0]["House rules 1: note"] != "On paper." {
		t.Errorf("JSON %v", people)
	}
	csv := s.get(b, l+"/admin/report.csv"+version+"&q=taran").csv()
	if got := strings.Join(csv[1], "|"); !strings.HasSuffix(got, "|Accepted|Accepted|2026-09-01 08:00:00|en|the person|") {
		t.Errorf("CSV %s", got)
	}

	// Of several versions together it is the status and the time.
	s.load("photos", draft(policy.Consent, english("Photos", "Smile.")))
	s.get(b, l+"/admin/report").has("Overall").lacks("Answered by").lacks("On paper.")
	var together []map[string]any
	s.must(json.Unmarshal(s.get(b, l+"/admin/report.json?q=ioana").Body, &together))
	if _, there := together[0]["House rules 1: language"]; there {
		t.Errorf("JSON of all %v", together)
	}
}
