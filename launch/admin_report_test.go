package launch_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
)

// answered is a site where the learner has accepted and another one has not.
func answered(t *testing.T) (s *site, b browser, l string) {
	s = asking(t)
	x := s.browser()
	s.settle(x, s.enter(x, s.learner, s.window).acceptAll())
	s.launch(s.browser(), s.other, s.window)
	b, l = s.asAdmin()
	return s, b, l
}

func TestReportSaysWhoAnswered(t *testing.T) {
	s, b, l := answered(t)
	report := s.get(b, l+"/admin/report").is(http.StatusOK, "").has("Ștefan Țăran").has("Ioana Pârvu").has("Accepted: 1 of 2 (50 %)")
	if n := len(report.all("th", "scope=row")); n != 2 {
		t.Errorf("%d people", n)
	}
	s.get(b, l+"/admin/report?status=pending").has("Ioana Pârvu").lacks("Ștefan Țăran")
	s.get(b, l+"/admin/report?status=accepted").has("Ștefan Țăran").lacks("Ioana Pârvu")
	s.get(b, l+"/admin/report?q=taran").has("Ștefan Țăran").lacks("Ioana Pârvu")
	s.get(b, l+"/admin/report?q=nobody").has("Nobody fits.")
	s.get(b, l+"/admin/report?class=test").has("Nobody fits.")
	s.get(b, l+"/admin/report?class=admin").has("Adela Root").lacks("Ioana Pârvu")
	s.get(b, l+"/admin/report?version=999").is(http.StatusNotFound, "not_found")
	s.get(b, l+"/admin/report?status=%27x&site=nowhere&id=x&after=%00").is(http.StatusOK, "")

	csv := s.get(b, l+"/admin/report.csv?status=accepted").is(http.StatusOK, "")
	if got := string(csv.Body); !strings.Contains(got, "Ștefan Țăran") || strings.Contains(got, "Ioana") || !strings.Contains(got, "Accepted") {
		t.Errorf("CSV %q", got)
	}
	if got := csv.Header.Get("Content-Disposition"); got != "attachment; filename=acceptances-2026-09-01.csv" {
		t.Errorf("file %q", got)
	}
	var rows []map[string]any
	s.must(json.Unmarshal(s.get(b, l+"/admin/report.json").is(http.StatusOK, "").Body, &rows))
	if len(rows) != 2 || rows[0]["Name"] == "" {
		t.Errorf("JSON %v", rows)
	}
	s.must(json.Unmarshal(s.get(b, l+"/admin/report.json?q=nobody").Body, &rows))
	if len(rows) != 0 {
		t.Errorf("JSON %v", rows)
	}
	if got := s.get(b, l+"/admin/report.xlsx").is(http.StatusOK, ""); !strings.HasPrefix(string(got.Body), "PK") {
		t.Error("no workbook")
	}
	es, _, err := s.db.AdminLogPage(t.Context(), store.LogQuery{InstitutionID: s.institution, Limit: 100})
	s.must(err)
	for _, want := range []string{"acceptances.view", "acceptances.download"} {
		if !slices.ContainsFunc(es, func(e store.AdminEntry) bool { return e.Action == want }) {
			t.Errorf("%s is not in the log", want)
		}
	}
	s.get(b, l+"/admin/log").is(http.StatusOK, "").has("acceptances.download").has("Adela Root").has("format=csv")
}

// The page about a person says what the report says, and offers what can be recorded now.
func TestPersonIsNotAskedWhatBeginsLater(t *testing.T) {
	s, b, l := answered(t)
	s.load("later", version(policy.Agree, "Later rules", 90, func(v *policy.Version) { v.EffectiveFrom = s.clock.now().Add(time.Hour) }))
	page := l + "/admin/people/" + s.platform.ID + "/" + number(s.userOf(s.platform, s.other.ID))
	before := s.get(b, page).is(http.StatusOK, "").has("Later rules").has("not asked")
	s.clock.pass(time.Hour)
	after := s.get(b, page).is(http.StatusOK, "").has("Later rules").lacks("not asked")
	if n, m := len(before.Forms()), len(after.Forms()); m != n+1 {
		t.Errorf("%d forms before its day, %d from then on", n, m)
	}
}

func TestAdminAnswersOnBehalf(t *testing.T) {
	s, b, l := answered(t)
	id := s.userOf(s.platform, s.other.ID)
	page := l + "/admin/people/" + s.platform.ID + "/" + number(id)
	f := s.get(b, page).is(http.StatusOK, "").has("Ioana Pârvu").has("Pending").formTo("/" + number(id))
	f.Values.Set("act", "accepted")
	f.Values.Set("note", "On paper, 1 September.")
	s.settle(b, f).is(http.StatusOK, "").has("The answers are recorded.").has("Accepted on the person’s behalf").has("On paper, 1 September.")
	e := s.events(s.other.ID)[0]
	if e.Answer != policy.Accepted || e.ActorSub != number(s.admin.ID) || e.Note != "On paper, 1 September." || e.Button != "Record: accepted" || e.Statement == "" {
		t.Errorf("event %+v", e)
	}
	s.settle(b, f) // the same page once more
	if n := len(s.events(s.other.ID)); n != 1 {
		t.Errorf("%d events", n)
	}
	s.get(b, page+"/"+e.ID).is(http.StatusOK, "").has("Be kind.").has(e.Digest)

	f = s.get(b, page).formTo("/" + number(id))
	f.Values.Set("act", "withdrawn")
	s.settle(b, f).is(http.StatusOK, "").has("The answers are recorded.")
	id = s.userOf(s.platform, s.learner.ID)
	page = l + "/admin/people/" + s.platform.ID + "/" + number(id)
	f = s.get(b, page).formTo("/" + number(id))
	f.Values.Set("act", "declined") // a compulsory one
	f.Values.Set("note", "typed")
	s.submit(b, f).is(http.StatusUnprocessableEntity, "").has("This answer is not possible").has("typed")
	f.Values.Set("act", "erased")
	s.submit(b, f).is(http.StatusUnprocessableEntity, "")

	// Her own answers are given on her own pages only.
	own := s.userOf(s.platform, s.admin.ID)
	f.Action = toolOrigin + l + "/admin/people/" + s.platform.ID + "/" + number(own)
	s.submit(b, f).is(http.StatusForbidden, "forbidden")
	if forms := s.get(b, l+"/admin/people/"+s.platform.ID+"/"+number(own)).Forms(); len(forms) != 0 {
		t.Errorf("forms %v", forms)
	}
}

func TestAdminAnswersForMany(t *testing.T) {
	s, b, l := answered(t)
	report := s.get(b, l+"/admin/report?status=pending")
	f := report.formTo("/report?status=pending")
	f.Values.Set("act", "accepted")
	f.Values.Set("note", "In class.")
	s.submit(b, f).is(http.StatusUnprocessableEntity, "").has("Tick at least one person").has("In class.")
	f.Values["user"] = []string{number(s.userOf(s.platform, s.other.ID))}
	f.Values["version"] = []string{number(s.get(b, l+"/home").versionID())}
	s.settle(b, f).is(http.StatusOK, "").has("The answers are recorded.").lacks("Ioana Pârvu")
	if e := s.events(s.other.ID); len(e) != 1 || e[0].Note != "In class." {
		t.Errorf("events %+v", e)
	}
	f.Values.Set("user", "999999")
	s.submit(b, f).is(http.StatusNotFound, "not_found")
}

// versionID is that of the first version on the list of policies.
func (v *view) versionID() int64 {
	v.t.Helper()
	id, _ := attribute(v.all("h2")[0], "id")
	return mustNumber(v.t, strings.TrimPrefix(id, "version-"))
}

func mustNumber(t testing.TB, s string) int64 {
	t.Helper()
	var n int64
	if err := json.Unmarshal([]byte(s), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestReportOfAnotherInstitutionIsOutOfReach(t *testing.T) {
	s, evil, foreign := twins(t)
	x := s.browser()
	page, err := x.Settle(x.Launch(evil, s.learner.ID, s.window.CMID))
	s.must(err)
	s.settle(x, s.view(page).acceptAll())
	theirs := s.userOf(foreign, s.learner.ID)
	b, l := s.asAdmin()
	token := s.get(b, l+"/admin/policies/new").formTo("/policies/new").Values.Get("token")
	s.unchanged(func() {
		for _, path := range []string{l + "/admin/people/x/1", l + "/admin/people/" + s.platform.ID + "/x"} {
			s.get(b, path).is(http.StatusNotFound, "not_found").lacks("Twin")
		}
		s.post(b, l+"/admin/report", url.Values{"token": {token}, "act": {"accepted"}, "version": {"1"}, "user": {number(theirs)}}).is(http.StatusNotFound, "not_found")
		for _, site := range []string{foreign.ID, s.platform.ID} {
			s.post(b, l+"/admin/grants", url.Values{"token": {token}, "site": {site}, "user": {number(theirs)}, "power": {"report"}}).is(http.StatusNotFound, "not_found")
		}
	})
	s.get(b, l+"/admin/report?site="+foreign.ID).is(http.StatusOK, "").lacks("Twin")
	s.get(b, l+"/admin/grants?q=twin").is(http.StatusOK, "").has("Nobody fits.")
	for _, in := range []string{"in=" + foreign.ID + "/2", "course=Twin", "site=" + foreign.ID + "&course=Twin"} {
		s.get(b, l+"/admin/report?"+in).is(http.StatusOK, "").lacks("Twin course")
	}
	s.get(b, l+"/admin/report.json?course=Twin").is(http.StatusBadRequest, "invalid")
	for _, list := range []string{"/admin/log", "/admin/log.csv", "/admin/report.xml"} {
		if got := s.get(b, l+list).is(http.StatusOK, ""); strings.Contains(string(got.Body), "Twin rules") || strings.Contains(string(got.Body), "Twin Țăran") {
			t.Errorf("%s: %s", list, got.Body)
		}
	}
}

func TestReportOffersOnlyWhatThereIsARightTo(t *testing.T) {
	s, _, _ := answered(t)
	b := s.browser()
	l := "/l/" + s.launch(b, s.teacher, s.window).leads("pending")
	user := s.userOf(s.platform, s.teacher.ID)
	s.must(s.db.Grant(t.Context(), s.who(), s.platform.ID, user, store.PowerReport))
	person := "/admin/people/" + s.platform.ID + "/" + number(s.userOf(s.platform, s.learner.ID))
	if forms := s.get(b, l+person).is(http.StatusOK, "").Forms(); len(forms) != 0 {
		t.Errorf("forms %v without the right to answer", forms)
	}
}

func TestAdminGivesRights(t *testing.T) {
	s, b, l := answered(t)
	teacher := s.browser()
	tl := "/l/" + s.launch(teacher, s.teacher, s.window).leads("pending")
	found := s.get(b, l+"/admin/grants?q=popescu").is(http.StatusOK, "").has("Ana Popescu").has("Nobody yet besides")
	f := found.formTo("/admin/grants")
	if f.Method != http.MethodPost {
		for _, o := range found.Forms() {
			if o.Method == http.MethodPost && o.Values.Has("user") {
				f = o
			}
		}
	}
	f.Values["power"] = []string{"report", "policies"}
	given := s.settle(b, f).is(http.StatusOK, "").has("The rights are changed.").has("Ana Popescu")
	if n := len(given.all("input", "name=power", "checked")); n != 2 {
		t.Errorf("%d rights", n)
	}
	s.get(teacher, tl+"/admin/report").is(http.StatusOK, "")
	f.Values.Del("power")
	s.settle(b, f).has("Nobody yet besides")
	s.get(teacher, tl+"/admin/report").is(http.StatusForbidden, "forbidden")
	f.Values.Set("power", "everything")
	s.submit(b, f).is(http.StatusBadRequest, "invalid")
	s.get(b, l+"/admin/log").has("grant.add").has("grant.remove")
}

// Each policy has a long name and an answer of everybody.
func TestReportPageIsLight(t *testing.T) {
	for _, tt := range []struct {
		policies, people int
		query            string
	}{{2, 100, ""}, {3, 80, ""}, {4, 60, ""}, {8, 30, ""}, {8, 30, "?status=accepted"}, {8, 100, "?policy=1"}} {
		t.Run(fmt.Sprintf("%d%s", tt.policies, tt.query), func(t *testing.T) {
			s, b, l := answered(t)
			for i := range tt.policies - 1 {
				s.load(fmt.Sprintf("more-%d", i), version(policy.Agree, fmt.Sprintf("Regulamentul laboratorului numărul %d al facultății", i), i))
			}
			s.populate(0, 200)
			_, err := s.raw.ExecContext(t.Context(), `
				INSERT INTO tool_policy_acceptances (policyversionid, userid, status, lang, usermodified, timecreated, timemodified)
				SELECT p.currentversionid, u.id, 1, 'ro', u.id, 1788250000, 1788250000
				FROM tool_policy p JOIN lti_user u ON u.id >= 1000000 WHERE p.currentversionid IS NOT NULL`)
			s.must(err)
			page := s.get(b, l+"/admin/report"+tt.query).is(http.StatusOK, "")
			if n := len(page.all("th", "scope=row")); n != tt.people {
				t.Errorf("%d people, want %d", n, tt.people)
			}
			if n := len(page.Body); n > 100_000 {
				t.Errorf("%d bytes", n)
			}
		})
	}
}
