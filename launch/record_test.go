package launch_test

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
)

// keptRecord is the form of docs/report.md.
type keptRecord struct {
	XMLName xml.Name  `json:"-" xml:"record"`
	Made    time.Time `json:"made" xml:"made,attr"`
	Site    struct {
		Name   string `json:"name" xml:"name"`
		Issuer string `json:"issuer" xml:"issuer"`
	} `json:"site" xml:"site"`
	Person struct {
		ID        string    `json:"id" xml:"id"`
		Name      string    `json:"name" xml:"name"`
		Email     string    `json:"email" xml:"email"`
		IDNumber  string    `json:"id_number" xml:"id_number"`
		FirstSeen time.Time `json:"first_seen" xml:"first_seen"`
	} `json:"person" xml:"person"`
	Courses []struct {
		Title string   `json:"title" xml:"title"`
		Roles []string `json:"roles" xml:"roles>role"`
	} `json:"courses" xml:"courses>course"`
	Events []struct {
		ID        string    `json:"id" xml:"id,attr"`
		Time      time.Time `json:"time" xml:"time"`
		Policy    string    `json:"policy" xml:"policy"`
		Version   string    `json:"version" xml:"version"`
		Answer    string    `json:"answer" xml:"answer"`
		By        string    `json:"by" xml:"by"`
		Note      string    `json:"note" xml:"note"`
		Language  string    `json:"language" xml:"language"`
		Statement string    `json:"statement" xml:"statement"`
		Button    string    `json:"button" xml:"button"`
		Text      string    `json:"text" xml:"text"`
		Hash      string    `json:"hash" xml:"hash"`
	} `json:"events" xml:"events>event"`
	Texts []struct {
		Digest   string `json:"digest" xml:"digest,attr"`
		Policy   string `json:"policy" xml:"policy"`
		Language string `json:"language" xml:"language"`
		Content  string `json:"content" xml:"content"`
	} `json:"texts" xml:"texts>text"`
}

// recordAt downloads a record in both forms, which say the same.
func (s *site) recordAt(b browser, path string) keptRecord {
	s.t.Helper()
	var one, other keptRecord
	got := s.get(b, path+".json").is(http.StatusOK, "")
	s.must(json.Unmarshal(got.Body, &one))
	if kind, name := got.Header.Get("Content-Type"), got.Header.Get("Content-Disposition"); kind != "application/json" || name != "attachment; filename=agreements-2026-09-01.json" {
		s.t.Errorf("%s, %s", kind, name)
	}
	s.must(xml.Unmarshal(s.get(b, path+".xml").is(http.StatusOK, "").Body, &other))
	other.XMLName = xml.Name{}
	if d := cmp.Diff(one, other, cmpopts.EquateEmpty()); d != "" {
		s.t.Errorf("record (-JSON +XML):\n%s", d)
	}
	return one
}

func TestPeopleTakeTheirAgreementsAlong(t *testing.T) {
	s, admin, al := answered(t)
	v := s.load("photos", draft(policy.Consent, english("Photos", "Smile broadly.")))
	b := s.browser()
	s.settle(b, s.enter(b, s.learner, s.window).answers(map[int64]policy.Answer{v.ID: policy.Accepted}))
	page := al + "/admin/people/" + s.platform.ID + "/" + number(s.userOf(s.platform, s.learner.ID))
	for _, f := range s.get(admin, page).Forms() {
		if f.Values.Get("version") == number(v.ID) {
			f.Values.Set("act", "withdrawn")
			f.Values.Set("note", "By telephone.")
			s.settle(admin, f).is(http.StatusOK, "")
		}
	}
	es := s.events(s.learner.ID)
	if len(es) != 3 {
		t.Fatalf("%d events", len(es))
	}
	l := "/l/" + s.launchID(b, s.learner)
	opened := s.linked(b, s.get(b, l+"/agreements"), "Open and download").is(http.StatusOK, "")
	opened.has("Ștefan Țăran").has("stefan@cvupt.example").has("S-stefan").has("Algoritmi și structuri de date").has("Smile broadly.").has("Be kind.").
		has("By telephone.").has("somebody else").has(es[0].Digest).has(es[0].Hash).lacks("Adela").lacks("Ioana")

	rec := s.recordAt(b, l+"/agreements/record")
	if rec.Site.Name != "CVUPT" || rec.Site.Issuer != moodleOrigin || rec.Person.ID != number(s.learner.ID) || rec.Person.Name != "Ștefan Țăran" ||
		rec.Person.IDNumber != "S-stefan" || !rec.Person.FirstSeen.Equal(s.clock.now()) || !rec.Made.Equal(s.clock.now()) {
		t.Errorf("record of %+v at %+v", rec.Person, rec.Site)
	}
	if len(rec.Courses) != 1 || rec.Courses[0].Title != "Algoritmi și structuri de date" || len(rec.Courses[0].Roles) == 0 || len(rec.Texts) != 2 {
		t.Errorf("courses %+v, %d texts", rec.Courses, len(rec.Texts))
	}
	for i, e := range rec.Events {
		want := es[i]
		if e.ID != want.ID || e.Hash != want.Hash || e.Statement != want.Statement || e.Button != want.Button || e.Text != want.Digest || !e.Time.Equal(want.Time) {
			t.Errorf("event %d: %+v, want %+v", i, e, want)
		}
	}
	if e := rec.Events[0]; e.By != "other" || e.Answer != "withdrawn" || e.Note != "By telephone." || rec.Events[1].By != "self" {
		t.Errorf("events %+v", rec.Events)
	}
	if x := rec.Texts[0]; x.Digest != es[0].Digest || x.Policy != "Photos" || x.Language != "en" || !strings.Contains(x.Content, "Smile broadly.") {
		t.Errorf("text %+v", x)
	}

	// What an administrator hands over is the same, and in the log.
	handed := s.linked(admin, s.get(admin, page), "Open and download").is(http.StatusOK, "").has("By telephone.").lacks("Adela")
	if len(handed.Forms()) != 0 {
		t.Error("a form to be printed")
	}
	if d := cmp.Diff(rec, s.recordAt(admin, page+"/record")); d != "" {
		t.Errorf("the administrator's differs:\n%s", d)
	}
	s.get(admin, al+"/admin/log?act=acceptances.record").has("format=json").has("format=page")
	for _, file := range []string{".json", ".xml"} {
		if got := string(s.get(admin, page+"/record"+file).Body); strings.Contains(got, "Adela") || strings.Contains(got, "Ioana") {
			t.Errorf("%s names somebody else", file)
		}
	}
}

func TestRecordIsOfTheReaderAlone(t *testing.T) {
	s, _, _ := answered(t)
	learner, other := s.browser(), s.browser()
	l := "/l/" + s.launchID(learner, s.learner)
	o := "/l/" + s.launchID(other, s.other)
	for _, path := range []string{"/agreements/record", "/agreements/record.json", "/agreements/record.xml"} {
		s.get(other, l+path).is(http.StatusUnauthorized, "no_session").lacks("Țăran")
		s.get(s.browser(), l+path).is(http.StatusUnauthorized, "no_session")
	}
	if rec := s.recordAt(other, o+"/agreements/record"); rec.Person.Name != "Ioana Pârvu" || len(rec.Events) != 0 {
		t.Errorf("record %+v", rec)
	}
	s.get(other, o+"/agreements/record").has("Ioana Pârvu").lacks("Țăran")
	guest := s.browser()
	g := "/l/" + s.forge(guest, s.learner, ltitest.Set(ltitest.ClaimRoles, []string{"http://purl.imsglobal.org/vocab/lis/v2/institution/person#Guest"})).leads("policies")
	for _, path := range []string{"/agreements/record", "/agreements/record.json"} {
		s.get(guest, g+path).is(http.StatusForbidden, "forbidden")
	}
}
