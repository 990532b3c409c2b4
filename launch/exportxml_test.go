package launch_test

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/lti/ltitest"
	"ltipolicy/store"
)

// xmlChars leaves out what XML 1.0 cannot hold (its production Char).
func xmlChars(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 {
			return r
		}
		return -1
	}, s)
}

// xmlPeople reads the report as docs/report.md describes it.
func (v *view) xmlPeople() []map[string]any {
	v.t.Helper()
	var doc struct {
		XMLName xml.Name `xml:"acceptances"`
		People  []struct {
			Values []struct {
				Name string `xml:"name,attr"`
				Type string `xml:"type,attr"`
				Text string `xml:",chardata"`
			} `xml:"value"`
		} `xml:"person"`
	}
	if err := xml.Unmarshal(v.Body, &doc); err != nil {
		v.t.Fatalf("%v\n%.500s", err, v.Body)
	}
	var out []map[string]any
	for _, p := range doc.People {
		m := map[string]any{}
		for _, c := range p.Values {
			if m[c.Name] = c.Text; c.Type == "time" && c.Text == "" {
				m[c.Name] = nil
			}
		}
		out = append(out, m)
	}
	return out
}

func TestReportInXMLIsTheReportInJSON(t *testing.T) {
	s, b, l := answered(t)
	for i, name := range []string{"Eva\x01\x1b <&> \"]]>\"", "Line\nbreak\r\n\tand \u2028 🎓", "\ufffe\uffff\x7f", "Ăłø'–Жђ"} {
		x := s.moodle.AddPerson(ltitest.Person{Username: "evil" + strconv.Itoa(i), FirstName: name, LastName: "Țăran", Email: "@<x>", Lang: "en"})
		s.moodle.Enrol(s.course.ID, x.ID, ltitest.Student)
		s.launch(s.browser(), x, s.window)
	}
	for _, query := range []string{"", "?status=pending", "?q=taran", "?q=nobody"} {
		var want []map[string]any
		s.must(json.Unmarshal(s.get(b, l+"/admin/report.json"+query).is(http.StatusOK, "").Body, &want))
		for _, m := range want {
			for k, v := range m {
				if text, ok := v.(string); ok {
					m[k] = xmlChars(text)
				}
			}
		}
		got := s.get(b, l+"/admin/report.xml"+query).is(http.StatusOK, "")
		if kind := got.Header.Get("Content-Type"); kind != "application/xml" {
			t.Errorf("type %q", kind)
		}
		if name := got.Header.Get("Content-Disposition"); name != "attachment; filename=acceptances-2026-09-01.xml" {
			t.Errorf("file %q", name)
		}
		people := got.xmlPeople()
		if query == "" && len(people) != 6 || query == "?q=nobody" && len(people) != 0 {
			t.Errorf("%q: %d people", query, len(people))
		}
		if len(want) == 0 {
			want = nil
		}
		if d := cmp.Diff(want, people); d != "" {
			t.Errorf("%q (-JSON +XML):\n%s", query, d)
		}
	}
}

// populate makes numbered people of the platform known.
func (s *site) populate(from, n int) {
	s.t.Helper()
	_, err := s.raw.ExecContext(s.t.Context(), `
		INSERT INTO lti_user (id, platformid, sub, name, givenname, familyname, email, username, idnumber, lang, timecreated, lastlaunch, sortname, search)
		SELECT 1000000 + i, ?, concat('c', i), concat('Ștefan Țăran-', i), '', '', concat('c', i, '@cvupt.example'), '', '', 'ro',
			'2026-09-01 08:00:00', '2026-09-01 08:00:00', concat('stefan taran-', i), concat(' stefan taran-', i)
		FROM `+numbers(from, n), s.platform.ID)
	s.must(err)
}

// TestReportTakesTheMemoryOfAFewRows: what is held while the report is sent does not grow with it.
func TestReportTakesTheMemoryOfAFewRows(t *testing.T) {
	s, b, l := answered(t)
	s.holdsAFewRows(b, s.populate, l+"/admin/report.csv", l+"/admin/report.xml")
	es, _, err := s.db.AdminLogPage(t.Context(), store.LogQuery{InstitutionID: s.institution, Limit: 100})
	s.must(err)
	if !slices.ContainsFunc(es, func(e store.AdminEntry) bool { return e.Action == "acceptances.download" && e.Detail == "format=xml" }) {
		t.Error("the download is not in the log")
	}
}
