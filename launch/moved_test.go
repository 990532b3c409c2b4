package launch_test

import (
	"errors"
	"net/http"
	"testing"

	"ltipolicy/courier"
	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
)

const movedOrigin = "https://moodle.moved.example"

// A Moodle that moves keeps its people, answers and scores; the evidence holds before and after; and nobody but the same
// Moodle can take its place.
func TestMoodleMoves(t *testing.T) {
	s := newSite(t)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	b := s.browser()
	s.settle(b, s.enter(b, s.learner, s.embedded).is(http.StatusOK, "").asks("House rules").acceptAll())
	before, err := s.db.Platform(t.Context(), s.platform.ID)
	s.must(err)
	if len(before.Keys) != 1 {
		t.Fatalf("the launch left the keys %v", before.Keys)
	}
	to, err := before.Moved(movedOrigin)
	s.must(err)
	tool := lti.New(lti.Config{BaseURL: toolOrigin, Now: s.clock.now, Client: s.net.Client()})

	// A login from the new address says what to do, and lets nobody in.
	s.net.Connect(movedOrigin, s.newMoodle(movedOrigin))
	login := "/lti/login/" + before.ID + "?iss=" + movedOrigin + "&client_id=" + before.ClientID + "&login_hint=7&target_link_uri=" + toolOrigin + "/lti/launch"
	s.get(b, login).is(http.StatusForbidden, string(lti.PlatformMoved)).has("ltipolicy platform move " + before.ID + " " + movedOrigin)
	s.get(b, "/lti/login/"+before.ID+"?iss=https://x.example/%22;rm&client_id="+before.ClientID+"&login_hint=7&target_link_uri="+toolOrigin+"/lti/launch").lacks("rm")

	// Another Moodle is not this one.
	stranger, err := ltitest.New(ltitest.Options{Issuer: movedOrigin, Now: s.clock.now, Client: s.net.Client()})
	s.must(err)
	s.net.Connect(movedOrigin, stranger)
	if _, err := tool.ProveMove(t.Context(), to); !errors.Is(err, lti.ErrNoProof) {
		t.Errorf("a stranger's key set: %v", err)
	}
	if err := s.db.MovePlatform(t.Context(), before, to, store.Moving{}); !errors.Is(err, policy.ErrInvalid) {
		t.Errorf("without proof or word: %v", err)
	}
	m := s.newMoodle(movedOrigin)
	key, err := tool.ProveMove(t.Context(), to)
	s.must(err)
	s.must(s.db.MovePlatform(t.Context(), before, to, store.Moving{Key: key}))

	after, err := s.db.Platform(t.Context(), before.ID)
	s.must(err)
	if after.Issuer != movedOrigin || after.TokenURL != m.Endpoint("token.php") || after.JWKSURL != m.Endpoint("certs.php") || after.AuthURL != m.Endpoint("auth.php") {
		t.Errorf("moved to %+v", after)
	}
	for _, query := range []string{
		`SELECT COUNT(*) FROM lti_line_item WHERE url LIKE 'https://moodle.example/%'`, `SELECT COUNT(*) FROM outbox WHERE lineitem LIKE 'https://moodle.example/%'`,
		`SELECT COUNT(*) FROM lti_context WHERE rosterurl LIKE 'https://moodle.example/%'`, `SELECT COUNT(*) FROM lti_session`,
	} {
		if n := s.count(query); n != 0 {
			t.Errorf("%d left: %s", n, query)
		}
	}
	if n := s.count(`SELECT COUNT(*) FROM lti_line_item WHERE url LIKE 'https://moodle.moved.example/mod/lti/services.php/%'`); n == 0 {
		t.Error("no line item moved")
	}

	// The same person at the new address is not asked again; the next answer names the new address, the first one the old.
	u, err := s.db.UserBySub(t.Context(), before.ID, number(s.learner.ID))
	s.must(err)
	asked, err := s.db.Asked(t.Context(), before.ID, "", u.ID)
	s.must(err)
	if len(asked) != 1 || asked[0].Latest == nil || !asked[0].Latest.Accepted {
		t.Errorf("asked %+v", asked)
	}
	if n := s.count(`SELECT COUNT(*) FROM acceptance_event WHERE issuer = 'https://moodle.example'`); n != 1 {
		t.Errorf("%d events of the old address", n)
	}
	if n := s.count(`SELECT COUNT(*) FROM admin_log WHERE action = 'platform.move' AND detail LIKE '%"key":"` + key + `"%'`); n != 1 {
		t.Errorf("%d acts tell of the move", n)
	}
	s.do(courier.Evidence)
	found, err := s.db.VerifyEvidence(t.Context())
	if err != nil || found.Events != 1 {
		t.Errorf("%+v, %v", found, err)
	}
}
