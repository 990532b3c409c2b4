package launch_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"ltipolicy/connection"
	"ltipolicy/courier"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// keyless is a site whose Moodle cannot fetch the tool's keys: launches work, and its services do not.
func keyless(s *site) {
	s.net.Connect(toolOrigin, nil)
	s.moodle.ForgetKeySets()
}

// The page after Connect shows the table, and whoever loads it again and again has the site asked once.
func TestConnectingShowsTheConnection(t *testing.T) {
	s := newSite(t)
	m := s.newMoodle("https://new.example/moodle")
	b := s.framed()
	page := s.get(b, m.RegistrationURL(s.invite("secret")))
	done := s.settle(b, page.form()).is(http.StatusOK, "").has("Connection with Moodle").has("Moodle has them: it accepted a signature.").has("Registered, but not active yet.")
	for range 5 {
		s.get(b, done.URL.String()).is(http.StatusOK, "").has("All that was checked")
	}
	if n := s.net.Calls(m.Endpoint("certs.php")); n != 1 {
		t.Errorf("%d calls", n)
	}
}

// The administrator's home says what is wrong with the cause and the step, and a sentence when nothing is.
func TestHomeShowsTheConnection(t *testing.T) {
	s := newSite(t)
	s.worker.CheckNow(t.Context(), s.platform.ID)
	s.enter(s.browser(), s.admin, s.window).is(http.StatusOK, "").has("The connection with Moodle works.")
	keyless(s)
	s.clock.pass(2 * time.Hour)
	s.worker.CheckNow(t.Context(), s.platform.ID)
	s.enter(s.browser(), s.admin, s.window).is(http.StatusOK, "").has("1 thing is wrong with the connection to Moodle.").
		has("Moodle could not fetch https://tool.example/lti/jwks").has("On Moodle’s server run: curl https://tool.example/lti/jwks")
}

// Where no list of participants came, nobody reads how many of a course have accepted, and the teacher hears the true
// cause and who can mend it.
func TestNoHeadlineWithoutAList(t *testing.T) {
	s := classroom(t)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	keyless(s)
	s.accepts(s.learner)
	s.accepts(s.teacher)
	list := s.enter(s.browser(), s.teacher, s.window).is(http.StatusOK, "").
		has("could not fetch this tool’s keys").has("tell the administrator of your Moodle site").lacks("Names and Role").lacks("have accepted")
	if got := list.heading(); !strings.HasSuffix(got, "The list of participants could not be had") {
		t.Errorf("heading %q", got)
	}
	if len(list.all("svg", "class=bar")) != 0 {
		t.Error("a share of nobody knows how many is drawn")
	}
}

// The plugin's settings page gets the tool's side in its own language, for a question that the site signs.
func TestDoorIsToldTheConnection(t *testing.T) {
	g := newGate(t)
	now := g.clock.now().Unix()
	ask := func(purpose string, active ...bool) *view {
		claims := map[string]any{
			"iss": g.platform.Issuer, "aud": g.platform.ClientID, "iat": now, "exp": now + 60, "purpose": purpose, "jti": "x", "lang": "ro", "version": "2026113000",
		}
		for _, is := range active {
			claims["active"] = is
		}
		token := g.moodle.Signer().Sign(claims, nil)
		return g.post(g.browser(), "/lti/door/"+g.platform.ID+"/connection", url.Values{"request": {token}})
	}
	if got := ask("state"); got.Status != http.StatusBadRequest {
		t.Errorf("another purpose: status %d", got.Status)
	}
	var said struct {
		Summary string
		Bad     int
		Checked int64
		Lines   []struct{ What, State, Word, Found, Step string }
	}
	door := func() string { return said.Lines[slices.Index(connection.Checks(), "door")].State }
	got := ask("connection")
	g.must(json.Unmarshal(got.Body, &said))
	if got.Status != http.StatusOK || !strings.HasPrefix(said.Summary, "Legătura cu Moodle funcționează. Verificat ") || said.Checked != now || len(said.Lines) != 11 || said.Lines[0].Word != "în regulă" {
		t.Errorf("status %d, %+v", got.Status, said)
	}
	if door() != "fine" { // the look was before anybody heard of a plugin; the question is from it
		t.Errorf("who asks is not heard: %+v", said)
	}
	g.do(courier.Sightings)
	seen, err := g.db.Sightings(t.Context(), g.platform.ID, time.Time{})
	g.must(err)
	if h := seen[store.DoorHeard]; h.Detail != "2026113000" || h.Seen != 1 || seen[store.DoorIdle].Seen != 0 {
		t.Errorf("heard %+v", seen)
	}

	// A plugin that is installed and not chosen asks from its settings page only.
	ask("connection", true).is(http.StatusOK, "")
	said.Lines = nil
	g.must(json.Unmarshal(ask("connection", false).is(http.StatusOK, "").Body, &said))
	if door() != "none" {
		t.Errorf("an idle plugin: %+v", said)
	}
	g.do(courier.Sightings)
	seen, err = g.db.Sightings(t.Context(), g.platform.ID, time.Time{})
	g.must(err)
	if seen[store.DoorHeard].Seen != 2 || seen[store.DoorIdle].Seen != 1 {
		t.Errorf("heard %+v", seen)
	}
}

// What becomes of launches in frames is counted, and a launch of another deployment is remembered.
func TestLaunchesAreSeen(t *testing.T) {
	s := newSite(t)
	s.launch(s.framed(), s.learner, s.embedded)
	s.launch(s.browser(), s.learner, s.window)
	state, _ := s.attempt(s.framed(), s.platform)
	s.post(s.framed(), "/lti/launch", url.Values{"state": {state}, "id_token": {"x"}}).is(http.StatusUnauthorized, "state_missing")
	s.forge(s.browser(), s.learner, ltitest.Set(ltitest.ClaimDeployment, "7"))
	s.do(courier.Sightings)
	seen, err := s.db.Sightings(t.Context(), s.platform.ID, time.Time{})
	s.must(err)
	if seen[store.FrameCookies].Seen != 1 || seen[store.FrameLost].Seen != 1 || seen[store.FrameStorage].Seen != 0 || seen[store.RefusedDeployment].Detail != "7" {
		t.Errorf("%+v", seen)
	}
}
