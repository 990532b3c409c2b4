package launch_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store/storetest"
)

// counted is a site on a server's database, with a wire that hears every statement, BEGIN and COMMIT included.
type counted struct {
	*site
	wire *storetest.Wire
}

func eachCounted(t *testing.T, f func(t *testing.T, s *counted)) {
	t.Helper()
	storetest.EachServer(t, func(t *testing.T, dsn string) {
		wire := storetest.NewWire(t, dsn)
		s := &counted{site: newSite(t, setup{dsn: wire.DSN()}), wire: wire}
		s.tool.Custom = lti.AskedParameters() // Moodle tells all that the tool asks for, a course's end among it
		s.moodle.AddTool(s.tool)
		s.course.End = s.clock.now().Add(24 * time.Hour)
		s.moodle.AddCourse(s.course)
		// Somebody else comes first: connections are made, Moodle and its keys are known.
		s.enter(s.browser(), s.other, s.embedded)
		f(t, s)
	})
}

// statements does something and fails if it took more statements than allowed.
func (s *counted) statements(t *testing.T, what string, most int, do func()) {
	t.Helper()
	s.wire.Sent()
	do()
	sent := s.wire.Sent()
	t.Logf("%s: %d statements", what, len(sent))
	if len(sent) <= most {
		return
	}
	t.Errorf("%s: %d statements, want at most %d", what, len(sent), most)
	for _, q := range sent {
		text := strings.Join(strings.Fields(q.Text), " ")
		t.Logf("%.160q", text)
	}
}

// The first launch of a person, in a course and an activity that nobody opened before: the way there, the launch
// up to its redirect, and the page that it leads to. The launch is: what is known and asked, BEGIN, the nonce, the
// person, the course, the membership, the line item, the score, COMMIT, the session.
func TestFirstLaunchIsTenStatements(t *testing.T) {
	eachCounted(t, func(t *testing.T, s *counted) {
		for i := range 3 {
			s.load(fmt.Sprint("p", i), version(policy.Agree, fmt.Sprint("Policy ", i), i))
		}
		a := s.newPlaceFor(s.learner)
		b := s.browser()
		var to ltitest.Target
		s.statements(t, "login", 1, func() { to = s.target(b, s.learner.ID, a) })
		var v *view
		s.statements(t, "first launch", 10, func() { v = s.post(b, "/lti/launch", to.Form(to.Token())) })
		if v.Status != http.StatusSeeOther || !strings.HasSuffix(v.Location(), "/pending") {
			t.Fatalf("status %d to %s", v.Status, v.Location())
		}
		s.statements(t, "the page after it", 3, func() { s.get(b, v.Location()).asks("Policy 0", "Policy 1", "Policy 2") })
	})
}

// A launch that brings nothing new, by somebody who has answered everything, from the click in Moodle until the browser
// is back there: the platform for the login, what is known and asked, and the nonce. Nothing else goes over the wire,
// such as preparing statements or looking after connections.
func TestKnownLaunchIsThreeRoundTrips(t *testing.T) {
	eachCounted(t, func(t *testing.T, s *counted) {
		s.load("p", version(policy.Agree, "Policy", 1))
		b := s.browser()
		s.settle(b, s.enter(b, s.learner, s.window).acceptAll())
		b = s.browser()
		before := s.wire.RoundTrips()
		var to ltitest.Target
		s.statements(t, "login", 1, func() { to = s.target(b, s.learner.ID, s.window) })
		s.statements(t, "known launch", 2, func() {
			if v := s.post(b, "/lti/launch", to.Form(to.Token())); v.Status != http.StatusSeeOther || !strings.HasPrefix(v.Location(), moodleOrigin) {
				t.Errorf("status %d to %s", v.Status, v.Location())
			}
		})
		if n := s.wire.RoundTrips() - before; n > 3 {
			t.Errorf("%d round trips, want at most 3", n)
		}
	})
}

// From the click on "Save" to the redirect.
func TestFormIsElevenStatementsWhateverItsLength(t *testing.T) {
	for _, n := range []int{1, 3, 12} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			eachCounted(t, func(t *testing.T, s *counted) {
				for i := range n {
					s.load(fmt.Sprint("p", i), version(policy.Agree, fmt.Sprint("Policy ", i), i))
				}
				b := s.browser()
				page := s.enter(b, s.learner, s.newPlaceFor(s.learner))
				s.statements(t, "form", 11, func() { s.submit(b, page.acceptAll()) })
				s.intact(n)

				// Opened in a second course, and one answer taken back meanwhile: some rows are changed, others new.
				if n == 1 {
					return
				}
				for i := range n {
					s.load(fmt.Sprint("q", i), version(policy.Agree, fmt.Sprint("More ", i), n+i))
				}
				_, err := s.raw.Exec(`UPDATE tool_policy_acceptances SET status = 0 WHERE policyversionid = 1`)
				s.must(err)
				page = s.enter(b, s.learner, s.newPlaceFor(s.learner))
				s.statements(t, "form with new and changed answers", 11, func() { s.submit(b, page.acceptAll()) })
				if got := s.count(`SELECT COUNT(id) FROM acceptance_event`); got != 2*n+1 {
					t.Errorf("%d events, want %d", got, 2*n+1)
				}
			})
		})
	}
}

// Each process remembers a platform as it last saw it, and yet what another process changed about it counts at
// once: nobody is let in by what the platform was, and nobody kept out.
func TestPlatformChangedElsewhereCountsAtOnce(t *testing.T) {
	s := newSite(t)
	s.load("p", version(policy.Agree, "Policy", 1))
	other, _, _ := s.replica()
	for range 2 {
		b := s.browser()
		to := s.target(b, s.learner.ID, s.window)
		s.must(other.SetPlatformStatus(t.Context(), s.platform.ID, lti.Disabled))
		if v := s.post(b, "/lti/launch", to.Form(to.Token())); v.ErrorCode() != "platform_disabled" {
			t.Errorf("disabled after the login: %q", v.ErrorCode())
		}
		s.must(other.SetPlatformStatus(t.Context(), s.platform.ID, lti.Active))
		to = s.target(b, s.learner.ID, s.window)
		if v := s.post(b, "/lti/launch", to.Form(to.Token())); v.Status != http.StatusSeeOther {
			t.Errorf("active again: status %d, %s", v.Status, v.ErrorCode())
		}
	}
}

// What anybody may read is kept: what it costs the database is to say whether it is still the same.
func TestPublicPageIsOneStatement(t *testing.T) {
	eachCounted(t, func(t *testing.T, s *counted) {
		for i := range 5 {
			s.load(fmt.Sprint("p", i), version(policy.Agree, fmt.Sprint("Policy ", i), i))
		}
		path := "/" + s.platform.ID + "/policies"
		_, tag, _ := s.answered(path, "", "en")
		s.statements(t, "the page again", 1, func() {
			if status, _, _ := s.answered(path, "", "en"); status != http.StatusOK {
				t.Errorf("status %d", status)
			}
		})
		s.statements(t, "for who has it", 1, func() {
			if status, _, _ := s.answered(path, tag, "en"); status != http.StatusNotModified {
				t.Errorf("status %d", status)
			}
		})
	})
}

// TestLastingPagesAreOneStatement: that of the archive, whose answer says whether what is kept is still the same.
func TestLastingPagesAreOneStatement(t *testing.T) {
	eachCounted(t, func(t *testing.T, s *counted) {
		v := version(policy.Agree, "Policy", 1)
		old := s.load("p", v)
		v.Texts[0].Content += "<p>More.</p>"
		now := s.load("p", v)
		at := "/policies/" + s.platform.ID + "/p"
		for _, path := range []string{
			at, at + "/" + number(old.ID), at + "/compare?old=" + number(old.ID) + "&new=" + number(now.ID), at + "/changes.atom", at + "?on=2026-09-01",
			at + "?on=1999-01-01", "/" + s.platform.ID + "/policies.atom",
		} {
			first, tag, _ := s.answered(path, "", "en")
			s.statements(t, path, 1, func() {
				if status, _, _ := s.answered(path, tag, "en"); tag != "" && status != http.StatusNotModified || status >= 400 || first >= 400 {
					t.Errorf("%s: status %d, then %d", path, first, status)
				}
			})
		}
	})
}
