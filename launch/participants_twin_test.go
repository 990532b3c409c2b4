package launch_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestTeacherOfATwinSeesNoParticipants: a teacher, and the administrator, of a platform of another institution
// in which every number is the same ask for each page about this course's participants by address and by form:
// 403 each, logged.
func TestTeacherOfATwinSeesNoParticipants(t *testing.T) {
	s, evil, _ := twins(t)
	s.accepts(s.teacher)
	own := s.enter(s.browser(), s.teacher, s.window).is(http.StatusOK, "").URL.Path
	if !strings.HasSuffix(own, "/participants") {
		t.Fatalf("the teacher starts at %s", own)
	}
	for _, x := range []int64{s.teacher.ID, s.admin.ID} {
		b := s.browser()
		page, err := b.Settle(b.Launch(evil, x, s.window.CMID))
		s.must(err)
		entered := s.view(page).lacks("Pârvu")
		for _, page := range []string{"", "/missing", "/list.csv", "/list.xlsx"} {
			s.log.forget()
			s.get(b, own+page).is(http.StatusForbidden, "forbidden").lacks("Pârvu")
			if lines := s.log.lines(t, "request"); len(lines) != 1 || lines[0]["code"] != "forbidden" || lines[0]["level"] != "WARN" {
				t.Errorf("%s: log %v", page, lines)
			}
		}
		s.post(b, own, url.Values{"token": {"x"}}).is(http.StatusForbidden, "forbidden")
		// The same course number at the own launch is the own course.
		launch := strings.Join(strings.Split(entered.URL.Path, "/")[:3], "/")
		s.get(b, launch+"/courses/"+number(s.course.ID)+"/participants").lacks("Pârvu").lacks("House rules")
	}
}
