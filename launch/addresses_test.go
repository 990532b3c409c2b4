package launch_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"path"
	"strings"
	"testing"

	"ltipolicy/launch/web"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
)

// showAddresses has the institution let its teachers see mail addresses, by its page.
func (s *site) showAddresses() {
	s.t.Helper()
	b, l := s.asAdmin()
	form := s.get(b, l+"/admin/grants").formTo("/addresses")
	form.Values.Set("addresses", "1")
	s.settle(b, form).has("Who sees mail addresses is saved.")
}

// spelled is all that a reader gets, workbooks unpacked.
func (v *view) spelled() string {
	v.t.Helper()
	if path.Ext(v.URL.Path) != ".xlsx" || v.Status != http.StatusOK {
		return string(v.Body)
	}
	z, err := zip.NewReader(bytes.NewReader(v.Body), int64(len(v.Body)))
	if err != nil {
		v.t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err == nil {
			_, err = io.Copy(&all, r)
		}
		if err != nil {
			v.t.Fatal(err)
		}
	}
	return all.String()
}

// No page and no file of a teacher has anybody's mail address, however it is asked for, unless the institution wants it;
// nor does a search find by one.
func TestTeachersSeeNoAddressUnlessTheInstitutionShowsThem(t *testing.T) {
	s := classroom(t)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	v := s.named("recording", "Recordings", "We record.")
	s.accepts(s.teacher)
	here := s.asksFor("recording", s.course)
	b := s.browser()
	list := s.get(b, "/l/"+s.lands(b, s.teacher, here)+"/participants")
	id := strings.Split(list.URL.Path, "/")[2]
	shown := func() (pages []string) {
		t.Helper()
		for _, r := range s.within(id, v) {
			if r.Method != http.MethodGet || r.Who == web.Administrator {
				continue
			}
			for _, query := range []string{"", "?email=1", "?role=everyone&email=1&bom=1"} {
				got := s.get(b, r.Path+query)
				for _, x := range []ltitest.Person{s.learner, s.other} {
					if strings.Contains(got.spelled(), x.Email) || strings.Contains(got.spelled(), "mailto:?") {
						pages = append(pages, r.Pattern+query)
					}
				}
			}
		}
		return pages
	}
	if pages := shown(); len(pages) > 0 {
		t.Errorf("an address stands in %q", pages)
	}
	list.lacks("With e-mail addresses").has("Names of the 2 who are missing")
	s.get(b, list.URL.Path+"/missing").has("Who is missing").has("Mail addresses are not shown here").has("Ioana Pârvu").lacks("Moodle does not share")
	found := list.URL.Path + "?q=" + strings.ReplaceAll(s.learner.Email, "@", "%40")
	s.get(b, found).has("0 people found")
	if e := s.entries("participants.addresses"); len(e) != 0 {
		t.Errorf("log %+v", e)
	}

	s.showAddresses()
	if e := s.logged("institution.addresses"); e.Detail != `{"before":false,"after":true}` {
		t.Errorf("log %+v", e)
	}
	s.get(b, list.URL.Path).has("With e-mail addresses").has("Write to the 2 who are missing")
	s.get(b, found).has("1 person found")
	s.get(b, list.URL.Path+"/missing").has(s.learner.Email).lacks("Mail addresses are not shown here")
	s.logged("participants.addresses")
	if got := s.get(b, list.URL.Path+"/list.csv?email=1"); !strings.Contains(string(got.Body), s.learner.Email) {
		t.Errorf("%q", got.Body)
	}
	if pages := shown(); len(pages) == 0 {
		t.Error("with addresses shown none is found: the search sees nothing")
	}
}
