package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// addCourse makes a course known on a platform, as a launch from it does.
func (s *site) addCourse(p lti.Platform, id, label, title string) {
	s.t.Helper()
	m := message(s.id(), s.id())
	m.Context = lti.Context{ID: id, Label: label, Title: title}
	_, err := s.db.Admit(s.t.Context(), m, p)
	s.must(err)
}

func TestCoursesAreFoundByName(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		second := s.addPlatform("https://second.example", "c2")
		s.addCourse(s.platform, "2", "ALG1", "Algoritmi și structuri de date")
		s.addCourse(s.platform, "12", "ALG2", "Algoritmi avansați")
		s.addCourse(s.platform, "101", "2", "Физика")
		s.addCourse(second, "2", "ALG1", "Algoritmi, seria B")
		for text, want := range map[string]string{
			"algoritmi":          "12 2 2",
			"ALGORITMI Și date":  "2",
			"alg2":               "12",
			"fizika":             "101",
			"2":                  "101 2 2", // a number or a label, and not every course with a 2 in it
			"algoritmi avansati": "12",
			"geografie":          "",
			"":                   "12 2 2 101",
		} {
			cs, err := s.db.FindCourses(t.Context(), s.institution, "", text, 10)
			s.must(err)
			var got []string
			for _, c := range cs {
				got = append(got, c.ID)
			}
			if text == "2" {
				slices.Sort(got)
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%q: %v, want %s", text, got, want)
			}
		}
		if cs, err := s.db.FindCourses(t.Context(), s.institution, second.ID, "algoritmi", 10); err != nil || len(cs) != 1 || cs[0].Title != "Algoritmi, seria B" {
			t.Errorf("on one platform: %v, %v", cs, err)
		}
		if cs, err := s.db.FindCourses(t.Context(), s.institution, "", "", 2); err != nil || len(cs) != 3 {
			t.Errorf("cut off: %v, %v", cs, err)
		}
		if cs, err := s.db.SomeCourses(t.Context(), s.institution, 3); err != nil || len(cs) != 3 {
			t.Errorf("some: %v, %v", cs, err)
		}
	})
}

func TestCoursesOfAnotherInstitutionAreNotFound(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		s.addCourse(s.platform, "2", "ALG1", "Algoritmi")
		other, err := s.db.EnsureInstitution(t.Context(), "Other")
		s.must(err)
		if c, err := s.db.Course(t.Context(), s.institution, s.platform.ID, "2"); err != nil || c.Title != "Algoritmi" {
			t.Errorf("course %+v, %v", c, err)
		}
		if _, err := s.db.Course(t.Context(), other, s.platform.ID, "2"); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("course of another institution: %v", err)
		}
		for _, platform := range []string{"", s.platform.ID} {
			if cs, err := s.db.FindCourses(t.Context(), other, platform, "algoritmi", 10); err != nil || len(cs) != 0 {
				t.Errorf("found %v, %v", cs, err)
			}
		}
		if cs, err := s.db.SomeCourses(t.Context(), other, 10); err != nil || len(cs) != 0 {
			t.Errorf("some %v, %v", cs, err)
		}
	})
}

// BenchmarkFindCourses searches among the ten thousand courses of a big Moodle.
func BenchmarkFindCourses(b *testing.B) {
	eachBench(b, func(b *testing.B, s *site) {
		const courses = 10_000
		var rows []string
		var args []any
		for i := range courses {
			rows = append(rows, `(?, ?, ?, ?, '2026-01-01')`)
			args = append(args, s.platform.ID, fmt.Sprint(i), fmt.Sprintf("C%d", i), fmt.Sprintf("Învățare %d: bazele științei", i))
			if len(rows) == 500 {
				s.exec(`INSERT INTO lti_context (platformid, contextid, label, title, timecreated) VALUES `+strings.Join(rows, ","), args...)
				rows, args = nil, nil
			}
		}
		for name, text := range map[string]string{"One": "c9999", "All": "invatare", "None": "geografie"} {
			b.Run(name, func(b *testing.B) {
				s.median(b, func() {
					if _, err := s.db.FindCourses(b.Context(), s.institution, "", text, 20); err != nil {
						b.Fatal(err)
					}
				})
			})
		}
	})
}
