package launch_test

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/launch"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// past is a site whose policy "rules" had three versions: on 1, 11 and 21 September 2026.
func past(t *testing.T, with ...setup) (s *site, ids []int64) {
	t.Helper()
	s = newSite(t, with...)
	s.clock.set(time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC))
	for i, words := range []string{"Be kind.", "Be kinder.", "Be kindest, please."} {
		if i > 0 {
			s.clock.pass(240 * time.Hour)
		}
		v := draft(policy.Agree, english("House rules", words), text("ro", "Regulament", "În română: "+words))
		v.Revision = fmt.Sprint(i + 1)
		if i > 0 {
			v.ChangeNote = "Note on " + fmt.Sprint(i+1)
		}
		ids = append(ids, s.load("rules", v).ID)
	}
	return s, ids
}

func (s *site) lasting(below string) string {
	return "/policies/" + s.platform.ID + "/rules" + below
}

func (s *site) versionAt(id int64) string { return s.lasting("/" + number(id)) }

func TestPolicyHasALastingPage(t *testing.T) {
	s, ids := past(t)
	b := s.browser()
	now := s.get(b, s.lasting("")).is(http.StatusOK, "").has("Be kindest, please.").lacks("Be kinder.").lacks("no longer in force")
	if h := now.heading(); h != "House rules" {
		t.Errorf("heading %q", h)
	}
	of := func(words string) string { return english("House rules", words).Digest() }
	now.has("from 21 September 2026").has(of("Be kindest, please.")).has(text("ro", "Regulament", "În română: Be kindest, please.").Digest())
	now.has("from 11 September 2026 until 21 September 2026").has("from 1 September 2026 until 11 September 2026")
	now.has(of("Be kind.")).has(of("Be kinder.")).has("Note on 2").has(toolOrigin + s.versionAt(ids[2]))
	// Every version and every comparison that the page leads to is there.
	links := 0
	for _, a := range now.all("main")[0:1] {
		for _, link := range descend(a, "a") {
			if to, _ := attribute(link, "href"); !strings.HasPrefix(to, "#") {
				s.get(b, to).is(http.StatusOK, "")
				links++
			}
		}
	}
	if links < 8 {
		t.Errorf("%d links", links)
	}
	s.get(b, s.versionAt(ids[0])).is(http.StatusOK, "").has("Be kind.").has("no longer in force").lacks("Be kinder.")
	s.get(b, s.versionAt(ids[2])).is(http.StatusOK, "").has("Be kindest, please.").lacks("no longer in force")
	ro := s.get(b, s.versionAt(ids[0])+"?lang=ro").is(http.StatusOK, "").has("În română: Be kind.")
	for _, a := range descend(ro.all("main")[0], "a") {
		if to, _ := attribute(a, "href"); !strings.HasPrefix(to, "#") && !strings.HasSuffix(to, "lang=ro") {
			t.Errorf("%s leads out of the language", to)
		}
	}

	changed := s.get(b, s.lasting("/compare?old="+number(ids[2])+"&new="+number(ids[1]))).is(http.StatusOK, "")
	changed.has("What changed from version 2 to version 3.").has("Note on 3")
	if len(changed.all("ins")) == 0 || len(changed.all("del")) == 0 {
		t.Error("nothing is marked")
	}
	s.get(b, s.lasting("/compare?old="+number(ids[0])+"&new="+number(ids[2])+"&text=ro")).is(http.StatusOK, "").has("În română:")
	for _, none := range []string{
		s.lasting("/compare"), s.lasting("/compare?old=1&new=x"), s.lasting("/compare?old=" + number(ids[0]) + "&new=" + number(ids[1]) + "&text=xx"),
		s.lasting("/0"), s.lasting("/+" + number(ids[0])), s.lasting("/0" + number(ids[0])), s.lasting("/99999"), s.lasting("x"), "/policies/nobody/rules",
	} {
		s.get(b, none).is(http.StatusNotFound, "not_found")
	}

	// The list leads there.
	var leads bool
	for _, a := range s.get(b, "/"+s.platform.ID+"/policies").all("a") {
		to, _ := attribute(a, "href")
		leads = leads || to == s.lasting("")
	}
	if !leads {
		t.Error("the list of active policies does not lead to the lasting page")
	}
}

func TestVersionOfADay(t *testing.T) {
	s, ids := past(t)
	b := s.browser()
	s.clock.pass(24 * time.Hour) // 22 September
	for day, want := range map[string]int64{"2026-09-01": ids[0], "2026-09-10": ids[0], "2026-09-11": ids[1], "2026-09-21": ids[2], "2026-09-22": ids[2]} {
		if to := s.get(b, s.lasting("?on="+day)).is(http.StatusSeeOther, "").Location(); to != toolOrigin+s.versionAt(want) {
			t.Errorf("%s leads to %s, want %s", day, to, s.versionAt(want))
		}
	}
	if to := s.get(b, s.lasting("?on=2026-09-01&lang=lt")).Location(); to != toolOrigin+s.versionAt(ids[0])+"?lang=lt" {
		t.Errorf("the language is lost: %s", to)
	}
	s.get(b, s.lasting("?on=2026-08-31")).is(http.StatusOK, "").has("no version of this policy was in force").lacks("Be kind")
	s.get(b, s.lasting("?on=2026-09-23")).is(http.StatusOK, "").has("still to come").lacks("Be kind")
	for _, bad := range []string{"1.9.2026", "2026-02-30", "x", "%00"} {
		s.get(b, s.lasting("?on="+bad)).is(http.StatusUnprocessableEntity, "").has("such as 2026-09-01")
	}
}

// TestArchiveShowsNothingThatIsNotPublic: whatever waits or is a draft, and what only courses ask for, has no address; what
// ended keeps its own.
func TestArchiveShowsNothingThatIsNotPublic(t *testing.T) {
	s, ids := past(t)
	b := s.browser()
	who := store.Admin{InstitutionID: s.institution, Actor: "test"}
	secret := draft(policy.Agree, english("House rules", "A secret draft."))
	v, err := s.db.Version(t.Context(), s.institution, ids[2])
	s.must(err)
	secret.PolicyID, secret.Revision = v.PolicyID, "secret revision"
	id, err := s.db.NewDraft(t.Context(), who, secret)
	s.must(err)
	hidden := func(state string) {
		t.Helper()
		for _, path := range []string{"", "?on=2026-09-21", "/changes.atom", "/compare?old=" + number(ids[0]) + "&new=" + number(ids[1])} {
			s.get(b, s.lasting(path)).lacks("ecret")
		}
		s.get(b, "/"+s.platform.ID+"/policies.atom").lacks("ecret")
		for _, path := range []string{"/" + number(id), "/compare?old=" + number(ids[0]) + "&new=" + number(id)} {
			s.get(b, s.lasting(path)).is(http.StatusNotFound, "not_found")
		}
		if t.Failed() {
			t.Fatal(state)
		}
	}
	hidden("a draft")
	s.must(s.db.Publish(t.Context(), who, store.Publication{VersionID: id, Edit: 1, At: s.clock.now().Add(time.Hour)}))
	hidden("one that waits")
	s.clock.pass(time.Hour)
	_, err = s.db.ActivateDue(t.Context())
	s.must(err)
	s.get(b, s.versionAt(id)).is(http.StatusOK, "").has("A secret draft.")

	courses := draft(policy.Consent, english("Recording", "Only where courses ask."))
	courses.Courses = true
	c := s.load("recording", courses)
	s.get(b, "/policies/"+s.platform.ID+"/recording").is(http.StatusNotFound, "not_found")
	s.get(b, "/policies/"+s.platform.ID+"/recording/"+number(c.ID)).is(http.StatusNotFound, "not_found")
	s.get(b, s.versionAt(c.ID)).is(http.StatusNotFound, "not_found")
	s.get(b, "/"+s.platform.ID+"/policies.atom").is(http.StatusOK, "").lacks("Recording")

	s.clock.pass(time.Hour)
	s.must(s.db.Inactivate(t.Context(), who, id))
	s.get(b, s.lasting("")).is(http.StatusOK, "").has("no longer in force here. It was in force until 21 September 2026").lacks("A secret draft.")
	s.get(b, s.versionAt(id)).is(http.StatusOK, "").has("A secret draft.").has("no longer in force here")
	s.clock.pass(24 * time.Hour)
	s.get(b, s.lasting("?on=2026-09-22")).is(http.StatusOK, "").has("no version of this policy was in force")
	s.must(s.db.SetPlatformStatus(t.Context(), s.platform.ID, lti.Disabled))
	for _, path := range []string{"", "/" + number(id), "/changes.atom", "?on=2026-09-01"} {
		s.get(b, s.lasting(path)).is(http.StatusNotFound, "not_found")
	}
}

// TestArchiveIsKeptAndNeverOld: whoever has a page is told so, and what another process publishes shows in the next answer.
func TestArchiveIsKeptAndNeverOld(t *testing.T) {
	s, ids := past(t)
	paths := []string{
		s.lasting(""), s.versionAt(ids[0]), s.lasting("/compare?old=" + number(ids[0]) + "&new=" + number(ids[1])), s.lasting("/changes.atom"),
		"/" + s.platform.ID + "/policies.atom",
	}
	tags := map[string]string{}
	for _, path := range paths {
		status, tag, _ := s.answered(path, "", "en")
		if again, _, body := s.answered(path, tag, "en"); status != http.StatusOK || tag == "" || again != http.StatusNotModified || len(body) > 0 {
			t.Errorf("%s: status %d, then %d", path, status, again)
		}
		if _, other, _ := s.answered(path, "", "ro"); other == tag {
			t.Errorf("%s is the same in Romanian", path)
		}
		tags[path] = tag
	}
	if _, swapped, _ := s.answered(s.lasting("/compare?new="+number(ids[0])+"&old="+number(ids[1])+"&utm=x"), "", "en"); swapped != tags[paths[2]] {
		t.Error("the same comparison is two pages")
	}
	s.clock.pass(time.Hour)
	elsewhere, _, _ := s.replica()
	next := draft(policy.Agree, english("Renamed rules", "Be best."))
	next.Revision = "4"
	_, _, err := elsewhere.LoadPolicy(t.Context(), s.institution, "rules", next, []string{s.platform.ID})
	s.must(err)
	for _, path := range paths {
		status, tag, body := s.answered(path, tags[path], "en")
		if compares := strings.Contains(path, "compare"); status != http.StatusOK || tag == tags[path] || !compares && !strings.Contains(string(body), "4") {
			t.Errorf("%s is old: status %d", path, status)
		}
	}
	s.get(s.browser(), s.lasting("")).has("Renamed rules").has("Be best.")
}

func TestFeedsOfChanges(t *testing.T) {
	s, ids := past(t)
	type entry struct {
		ID      string `xml:"id"`
		Title   string `xml:"title"`
		Updated string `xml:"updated"`
		Summary string `xml:"summary"`
		Links   []struct {
			Rel  string `xml:"rel,attr"`
			Href string `xml:"href,attr"`
		} `xml:"link"`
	}
	type feed struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string   `xml:"id"`
		Title   string   `xml:"title"`
		Updated string   `xml:"updated"`
		Author  string   `xml:"author>name"`
		Entries []entry  `xml:"entry"`
	}
	read := func(path string) feed {
		t.Helper()
		got := s.get(s.browser(), path).is(http.StatusOK, "")
		if kind := got.Header.Get("Content-Type"); kind != "application/atom+xml; charset=utf-8" {
			t.Errorf("%s is %s", path, kind)
		}
		var f feed
		s.must(xml.Unmarshal(got.Body, &f))
		if f.ID == "" || f.Title == "" || f.Author == "" || f.Updated == "" || !strings.Contains(string(got.Body), `xml:lang="en"`) {
			t.Errorf("%s: %+v", path, f)
		}
		return f
	}
	f := read(s.lasting("/changes.atom"))
	var got []string
	for _, e := range f.Entries {
		got = append(got, e.Updated+" "+e.Title+": "+e.Summary+" "+strings.TrimPrefix(e.Links[0].Href, toolOrigin))
		if len(e.ID) != len("urn:uuid:")+36 || e.ID[23] != '8' {
			t.Errorf("id %q", e.ID)
		}
	}
	want := []string{
		"2026-09-21T08:00:00Z House rules: version 3 in force: Note on 3 " + s.versionAt(ids[2]),
		"2026-09-11T08:00:00Z House rules: version 2 in force: Note on 2 " + s.versionAt(ids[1]),
		"2026-09-01T08:00:00Z House rules: version 1 in force: The first version of this policy. " + s.versionAt(ids[0]),
	}
	if d := cmp.Diff(want, got); d != "" || f.Updated != "2026-09-21T08:00:00Z" {
		t.Errorf("updated %s (-want +got):\n%s", f.Updated, d)
	}
	whole := read("/" + s.platform.ID + "/policies.atom")
	if d := cmp.Diff(f.Entries, whole.Entries); d != "" || whole.ID == f.ID {
		t.Errorf("the feed of the site differs (-policy +site):\n%s", d)
	}
	s.clock.pass(time.Hour)
	v := draft(policy.Agree, english("Renamed & <new>", "Be best."))
	s.load("rules", v)
	s.clock.pass(time.Hour)
	s.retire("rules", v)
	after := read(s.lasting("/changes.atom"))
	if len(after.Entries) != 5 || after.Entries[0].Title != "Renamed & <new>: no longer in force" || after.Entries[1].Summary != "It replaces version 3." {
		t.Errorf("%+v", after.Entries)
	}
	for i, e := range f.Entries {
		if after.Entries[i+2].ID != e.ID || after.ID != f.ID {
			t.Errorf("an id has changed: %s, %s", after.Entries[i+2].ID, e.ID)
		}
	}
	empty := newSite(t)
	if f := func() feed { s = empty; return read("/" + empty.platform.ID + "/policies.atom") }(); len(f.Entries) > 0 {
		t.Errorf("%+v", f)
	}
	empty.get(empty.browser(), "/nobody/policies.atom").is(http.StatusNotFound, "not_found")
}

// TestMadePagesArePaidForByWhoAsks: pages of the archive that nobody asked for before are made for an address only so often;
// what is there already, the list and the launches go on, and other addresses do not notice.
func TestMadePagesArePaidForByWhoAsks(t *testing.T) {
	s, ids := past(t, setup{config: func(c *launch.Config) {
		c.Limits = launch.Limits{
			Address: roomy, Refused: roomy, Platform: roomy, Made: launch.Rate{PerSecond: 1, Burst: 3},
			Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		}
	}})
	greedy, other := s.at("203.0.113.66"), s.at("198.51.100.7")
	for _, lang := range []string{"en", "ro", "lt"} {
		s.get(greedy, s.versionAt(ids[0])+"?lang="+lang).is(http.StatusOK, "")
	}
	compare := s.lasting("/compare?old=" + number(ids[0]) + "&new=" + number(ids[1]))
	if s.get(greedy, compare).is(http.StatusTooManyRequests, "too_many").Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	s.get(greedy, s.versionAt(ids[0])+"?lang=ro").is(http.StatusOK, "")
	s.get(greedy, "/"+s.platform.ID+"/policies").is(http.StatusOK, "")
	s.enter(greedy, s.learner, s.window).is(http.StatusOK, "")
	s.get(other, compare).is(http.StatusOK, "")
	s.get(greedy, compare).is(http.StatusOK, "")
	s.clock.pass(time.Second)
	s.get(greedy, s.versionAt(ids[1])).is(http.StatusOK, "")
}
