package launch_test

import (
	"fmt"
	"io"
	"mime/quotedprintable"
	"net/http"
	"strings"
	"testing"
	"time"

	"ltipolicy/courier"
	"ltipolicy/courier/post"
	"ltipolicy/courier/post/posttest"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
)

// mailing is a classroom whose tool reminds people by mail, and the mail server.
func mailing(t *testing.T) (*site, *posttest.Server) {
	t.Helper()
	server := posttest.New(t, nil)
	hours, err := courier.ParseHours("07:00-20:00")
	if err != nil {
		t.Fatal(err)
	}
	s := classroom(t, setup{mails: courier.Mails{Server: post.Server{Address: server.Address(), From: "policies@upt.example"}, Hours: hours}})
	return s, server
}

// unquoted is a mail's text without its encoding.
func unquoted(t *testing.T, m posttest.Mail) string {
	t.Helper()
	b, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(m.Raw)))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A teacher has those who are missing reminded: with the text before it is sent, once a day, and the list says who was
// reminded when. Nothing of it shows an address.
func TestTeacherRemindsThoseWhoAreMissing(t *testing.T) {
	s, server := mailing(t)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind."), text("ro", "Regulament", "Fii bun.")))
	s.load("photos", draft(policy.Consent, english("Photos", "Smile.")))
	late := s.moodle.AddPerson(ltitest.Person{Username: "late", FirstName: "Ion", LastName: "Lateș", Email: "late@cvupt.example", Lang: "ro"})
	s.moodle.Enrol(s.course.ID, late.ID, ltitest.Student)
	silent := s.moodle.AddPerson(ltitest.Person{Username: "silent", FirstName: "Ada", LastName: "Fără"})
	s.moodle.Enrol(s.course.ID, silent.ID, ltitest.Student)
	s.enter(s.browser(), late, s.window)
	s.accepts(s.teacher)
	b := s.browser()
	list := s.enter(b, s.teacher, s.window).has("Remind the 4 who are missing").lacks("Reminder of")
	page := s.get(b, list.URL.Path+"/remind").is(http.StatusOK, "").
		has("3 people get this message by e-mail, each in their own language. It is sent at once.").
		has("Of 1 more who is missing Moodle shares no address").
		has("Subject: Algoritmi și structuri de date: 1 text waits for your answer").
		has("House rules").has("https://moodle.example/mod/lti/view.php?id=" + number(s.window.CMID)).lacks("Photos").lacks("@cvupt")
	form := page.formTo("/remind")
	s.settle(b, form).has("The reminder is on its way.").has("Reminder of 1 September 2026, 08:00 UTC: still to be sent: 3").lacks("Remind the")
	if e := s.logged("participants.remind"); e.Detail != `{"step":"2026-09-01","people":3}` || !strings.Contains(e.Object, "Algoritmi") {
		t.Errorf("log %+v", e)
	}
	s.accepts(s.other) // between planning and sending
	s.do(courier.Notices)
	got := map[string]string{}
	for _, m := range server.Took() {
		got[m.To] = unquoted(t, m)
	}
	if len(got) != 2 || !strings.Contains(got["late@cvupt.example"], "Bună ziua, Ion Lateș!") || !strings.Contains(got["late@cvupt.example"], "- Regulament") ||
		!strings.Contains(got[s.learner.Email], "House rules") || got[s.other.Email] != "" {
		t.Errorf("mails %q", got)
	}
	for to, text := range got {
		if strings.Contains(text, "Photos") || !strings.Contains(text, "/mod/lti/view.php?id="+number(s.window.CMID)) {
			t.Errorf("%s: %s", to, text)
		}
	}
	again := s.get(b, list.URL.Path).has("Reminder of 1 September 2026, 08:00 UTC: sent: 2 · not needed any more: 1").lacks("Remind the").lacks("@cvupt")
	if names := strings.Join(again.people(), ", "); !strings.Contains(names, "Ion Lateș reminded on 1 September 2026") || strings.Contains(names, "Ada Fără reminded") {
		t.Errorf("list %s", names)
	}

	// Once a day, however often somebody asks, with a form from before, too.
	s.get(b, list.URL.Path+"/remind").has("This course was reminded today.").lacks("Send to")
	s.settle(b, form).has("This course was reminded today.")
	s.do(courier.Notices)
	if server.Count() != 2 {
		t.Errorf("%d mails", server.Count())
	}
	s.clock.pass(11 * time.Hour) // 19:00
	s.get(b, list.URL.Path).lacks("Remind the")
	s.clock.pass(2 * time.Hour) // a reminder would go out tomorrow
	b = s.browser()
	list = s.get(b, "/l/"+s.lands(b, s.teacher, s.window)+"/participants").has("Remind the 3 who are missing")
	page = s.get(b, list.URL.Path+"/remind").has("It is sent from 2 September 2026, 07:00 UTC on")
	s.settle(b, page.formTo("/remind")).has("The reminder is on its way.")
	s.do(courier.Notices)
	if server.Count() != 2 {
		t.Errorf("%d mails at night", server.Count())
	}
	s.clock.pass(11 * time.Hour) // 08:00
	b = s.browser()
	s.get(b, "/l/"+s.lands(b, s.teacher, s.window)+"/participants").lacks("Remind the")
	s.do(courier.Notices)
	if server.Count() != 4 {
		t.Errorf("%d mails in the morning", server.Count())
	}
	s.intact(4) // of the teacher and of who answered meanwhile
}

// Without a mail server nobody can be reminded, and no page offers it.
func TestWithoutAMailServerNobodyIsOfferedToRemind(t *testing.T) {
	s := classroom(t)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	s.accepts(s.teacher)
	b := s.browser()
	list := s.enter(b, s.teacher, s.window).lacks("Remind").has("Names of the 2 who are missing")
	s.get(b, list.URL.Path+"/remind").is(http.StatusNotFound, "not_found")
}

// 1,548 are reminded as easily as 38, by an administrator from elsewhere as well, and nobody when nobody is missing.
func TestACourseOfAnySizeIsReminded(t *testing.T) {
	s, server := mailing(t)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	for i := range 1546 {
		x := s.moodle.AddPerson(ltitest.Person{Username: fmt.Sprint("m", i), FirstName: "Mia", LastName: fmt.Sprint("M", i), Email: fmt.Sprint("m", i, "@cvupt.example")})
		s.moodle.Enrol(s.course.ID, x.ID, ltitest.Student)
	}
	s.accepts(s.teacher)
	b, l := s.asAdmin()
	page := l + "/courses/" + number(s.course.ID) + "/participants"
	s.get(b, page).has("Remind the 1548 who are missing")
	s.settle(b, s.get(b, page+"/remind").has("1548 people get this message").formTo("/remind")).has("still to be sent: 1548")
	s.do(courier.Notices)
	s.get(b, page).has("sent: 1548")
	if server.Count() != 1548 {
		t.Errorf("%d mails", server.Count())
	}
}

// Of two who press the button at once, one has the course reminded.
func TestACourseIsRemindedOnceByTwoTeachers(t *testing.T) {
	s, server := mailing(t)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	s.accepts(s.teacher)
	first, second := s.browser(), s.browser()
	one := s.get(first, s.enter(first, s.teacher, s.window).URL.Path+"/remind").formTo("/remind")
	two := s.get(second, s.enter(second, s.teacher, s.window).URL.Path+"/remind").formTo("/remind")
	s.settle(first, one).has("The reminder is on its way.")
	s.settle(second, two).has("This course was reminded today.")
	s.do(courier.Notices)
	if server.Count() != 2 {
		t.Errorf("%d mails", server.Count())
	}
}
