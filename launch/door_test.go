package launch_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ltipolicy/courier"
	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
)

const gatePath = "/local/ltipolicy/gate.php"

// gate is a site whose Moodle has the plugin, as far as the tool can tell: it takes notices at its address.
type gate struct {
	*site
	mu      sync.Mutex
	status  int
	notices []string
}

func newGate(t *testing.T) *gate {
	t.Helper()
	g := &gate{site: newSite(t), status: http.StatusOK}
	g.net.Connect(moodleOrigin, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != gatePath {
			g.moodle.ServeHTTP(w, r)
			return
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if r.Method == http.MethodPost && r.URL.Query().Get("step") == "notify" {
			g.notices = append(g.notices, r.PostFormValue("notice"))
		}
		w.WriteHeader(g.status)
	}))
	g.must(g.db.SetDoor(t.Context(), g.platform.ID, moodleOrigin+gatePath+"?step=auth"))
	return g
}

// heard returns the notices that came since the last call, and makes the plugin answer with this status.
func (g *gate) heard(next int) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	got := g.notices
	g.notices, g.status = nil, next
	return got
}

func claim(name string) string { return "https://purl.imsglobal.org/spec/lti/claim/" + name }

// door launches a person through the door, as the plugin does, after the edits.
func (g *gate) door(b *ltitest.Browser, x ltitest.Person, edits ...ltitest.Edit) *view {
	g.t.Helper()
	got := g.post(b, "/lti/login/"+g.platform.ID+"/door", g.initiation(g.platform, with("login_hint", number(x.ID))))
	u, err := url.Parse(got.Location())
	g.must(err)
	if got.Status != http.StatusFound || u.Path != gatePath || u.Query().Get("step") != "auth" {
		g.t.Fatalf("status %d, %s, to %s", got.Status, got.ErrorCode(), u)
	}
	t, err := g.moodle.Target(ltitest.Launch{PersonID: x.ID, CMID: g.window.CMID, Nonce: u.Query().Get("nonce")}, u.Query().Get("state"))
	g.must(err)
	return g.post(b, "/lti/launch", t.Form(t.Token(append([]ltitest.Edit{
		ltitest.Drop(claim("context")), ltitest.Set(claim("resource_link"), map[string]any{"id": "site"}),
		ltitest.Set(claim("roles"), []string{"http://purl.imsglobal.org/vocab/lis/v2/institution/person#Other"}),
		ltitest.Set(claim("custom"), map[string]any{"gate_nonce": "once-1", "gate_contact": "Privacy officer <dpo@x.example>"}),
		ltitest.Set(claim("launch_presentation"), map[string]any{
			"return_url": moodleOrigin + gatePath + "?step=return", "locale": "en", "document_target": "window"}),
	}, edits...)...)))
}

type doorWord struct {
	Iss, Aud, Sub, Nonce, Purpose, Result, State string
	Iat, Exp, Serial                             int64
	Left                                         int
	Versions                                     []int64
}

// word verifies a message of the tool with its published key and returns what it says.
func (g *gate) word(token string) doorWord {
	g.t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		g.t.Fatalf("no signed message: %q", token)
	}
	decode := func(s string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(s)
		g.must(err)
		return b
	}
	var header struct{ Alg, Kid string }
	g.must(json.Unmarshal(decode(parts[0]), &header))
	ring, err := g.db.KeyRing(g.t.Context())
	g.must(err)
	key, err := ring.Current()
	g.must(err)
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	g.must(rsa.VerifyPKCS1v15(&key.Private.PublicKey, crypto.SHA256, sum[:], decode(parts[2])))
	if header.Alg != "RS256" || header.Kid != key.KID {
		g.t.Errorf("header %+v", header)
	}
	var w doorWord
	g.must(json.Unmarshal(decode(parts[1]), &w))
	now := g.clock.now().Unix()
	if w.Iss != g.platform.ClientID || w.Aud != g.platform.Issuer || w.Iat > now || w.Exp <= now || w.Exp-w.Iat > 120 || w.Exp-now > 60 {
		g.t.Errorf("claims %+v at %d", w, now)
	}
	return w
}

// wordTo checks that the answer is a redirect to the plugin's step and returns the signed word.
func (g *gate) wordTo(got *view, step string) doorWord {
	g.t.Helper()
	u, err := url.Parse(got.Location())
	g.must(err)
	if got.Status != http.StatusSeeOther || u.Scheme+"://"+u.Host+u.Path != moodleOrigin+gatePath || u.Query().Get("step") != step {
		g.t.Fatalf("status %d, %s, to %q, want step %s", got.Status, got.ErrorCode(), got.Location(), step)
	}
	return g.word(u.Query().Get("answer"))
}

func TestDoorWithNothingPendingIsOneLaunchAndNoPage(t *testing.T) {
	g := newGate(t)
	g.load("note", draft(policy.Inform, english("Note", "Nothing to answer.")))
	b := g.browser()
	w := g.wordTo(g.door(b, g.learner), "return")
	want := doorWord{Iss: w.Iss, Aud: w.Aud, Sub: number(g.learner.ID), Nonce: "once-1", Purpose: "login", Result: "answered",
		State: policy.Demand{}.Hash(), Iat: w.Iat, Exp: w.Exp, Serial: w.Serial, Versions: []int64{}}
	if w.Serial == 0 || w.Sub != want.Sub || w.Nonce != want.Nonce || w.Purpose != want.Purpose || w.Result != want.Result ||
		w.State != want.State || w.Left != 0 || len(w.Versions) != 0 || w.Versions == nil {
		t.Errorf("says %+v, want %+v", w, want)
	}
	if held := g.sessionCookies(b); held != nil || g.count(`SELECT COUNT(*) FROM lti_session`) != 0 {
		t.Errorf("a session was made: %v", held)
	}
	if line := g.launched(); line["role"] != "door" || line["result"] != "answered" {
		t.Errorf("log %v", line)
	}
}

func TestDoorAsksAndLetsIn(t *testing.T) {
	g := newGate(t)
	rules := g.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	photos := g.load("photos", draft(policy.Consent, english("Photos", "May we?")))
	g.do(courier.DoorStates)
	b := g.browser()
	id := g.door(b, g.learner).leads("pending")
	page := g.get(b, "/l/"+id+"/pending").is(http.StatusOK, "").asks("House rules", "Photos")
	g.submit(b, page.answers(map[int64]policy.Answer{photos.ID: policy.Declined})).is(http.StatusUnprocessableEntity, "")
	w := g.wordTo(g.submit(b, page.answers(map[int64]policy.Answer{rules.ID: policy.Accepted, photos.ID: policy.Declined})), "return")
	demand := policy.Demand{rules.ID, photos.ID}
	if w.Result != "answered" || w.Left != 0 || w.Nonce != "once-1" || w.State != demand.Hash() || !slices.Equal(w.Versions, demand) {
		t.Errorf("says %+v", w)
	}
	if es := g.events(g.learner.ID); len(es) != 2 || es[0].LaunchID != id || es[0].ResourceLinkID != "site" {
		t.Errorf("recorded %+v", es)
	}
	// The page is done, and asking it again leads in again: the plugin takes each nonce once.
	if again := g.wordTo(g.get(b, "/l/"+id+"/pending"), "return"); again.Nonce != w.Nonce {
		t.Errorf("says %+v", again)
	}
	if w := g.wordTo(g.door(g.browser(), g.learner), "return"); w.Left != 0 {
		t.Errorf("the next login: %+v", w)
	}
}

// What was published a moment ago, before the worker saw it, is asked and answered all the same. The answer carries the
// state that the plugin knows and covers the one that it will hear of, so that nobody is asked twice.
func TestDoorAnswersBeforeTheWorkerSawWhatChanged(t *testing.T) {
	g := newGate(t)
	g.do(courier.DoorNotices)
	known := g.word(g.heard(http.StatusOK)[0])
	rules := g.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	b := g.browser()
	id := g.door(b, g.learner).leads("pending")
	page := g.get(b, "/l/"+id+"/pending").is(http.StatusOK, "").asks("House rules")
	w := g.wordTo(g.submit(b, page.answers(map[int64]policy.Answer{rules.ID: policy.Accepted})), "return")
	if w.Result != "answered" || w.Serial != known.Serial || w.State != known.State || !slices.Equal(w.Versions, []int64{rules.ID}) {
		t.Errorf("says %+v, the plugin knows %+v", w, known)
	}
	g.do(courier.DoorStates, courier.DoorNotices)
	if said := g.heard(http.StatusOK); len(said) != 1 || g.word(said[0]).Serial <= known.Serial || !slices.Equal(g.word(said[0]).Versions, w.Versions) {
		t.Errorf("%d notices of a new policy", len(said))
	}
}

// A policy leaves a site for some seconds, in which somebody logs in, and comes back before the worker looked. Who logged
// in meanwhile was not asked it: the plugin hears of a new state, so that it asks them at their next login.
func TestDoorForgetsNobodyWhileAPolicyIsAway(t *testing.T) {
	g := newGate(t)
	rules, photos := draft(policy.Agree, english("House rules", "Be kind.")), draft(policy.Agree, english("Photos", "We take some."))
	first, second := g.load("rules", rules), g.load("photos", photos)
	g.do(courier.DoorStates, courier.DoorNotices)
	said := g.heard(http.StatusOK)
	known := g.word(said[len(said)-1])
	if !slices.Equal(known.Versions, []int64{first.ID, second.ID}) {
		t.Fatalf("the plugin knows %+v", known)
	}
	_, _, err := g.db.LoadPolicy(t.Context(), g.institution, "photos", photos, nil)
	g.must(err)
	b := g.browser()
	id := g.door(b, g.learner).leads("pending")
	page := g.get(b, "/l/"+id+"/pending").is(http.StatusOK, "").asks("House rules")
	w := g.wordTo(g.submit(b, page.answers(map[int64]policy.Answer{first.ID: policy.Accepted})), "return")
	if w.Result != "answered" || w.Serial <= known.Serial || w.State != (policy.Demand{first.ID}).Hash() || !slices.Equal(w.Versions, []int64{first.ID}) {
		t.Errorf("says %+v, the plugin knows %+v", w, known)
	}
	g.load("photos", photos)
	g.do(courier.DoorStates, courier.DoorNotices)
	said = g.heard(http.StatusOK)
	if len(said) != 1 || g.word(said[0]).Serial <= w.Serial || !slices.Equal(g.word(said[0]).Versions, known.Versions) {
		t.Errorf("%d notices that the policy is back", len(said))
	}
}

func TestDoorIsLeftWithoutAccepting(t *testing.T) {
	g := newGate(t)
	g.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	g.load("photos", draft(policy.Consent, english("Photos", "May we?")))
	b := g.browser()
	id := g.door(b, g.learner).leads("pending")
	page := g.get(b, "/l/"+id+"/pending")
	if len(page.all("a", "href=/l/"+id+"/door")) != 1 {
		t.Fatal("no way out")
	}
	leave := g.get(b, "/l/"+id+"/door").is(http.StatusOK, "")
	leave.has("House rules").lacks("Photos").has("CVUPT").has("Privacy officer <dpo@x.example>")
	if len(leave.all("a", "href=/l/"+id+"/pending")) != 1 {
		t.Error("no way back")
	}
	w := g.wordTo(g.submit(b, leave.form()), "logout")
	if w.Result != "declined" || w.Nonce != "once-1" || w.Sub != number(g.learner.ID) || w.Left != 2 || len(w.Versions) != 0 {
		t.Errorf("says %+v", w)
	}
	g.get(b, "/l/"+id+"/pending").is(http.StatusUnauthorized, "no_session")
	if es := g.events(g.learner.ID); len(es) != 0 {
		t.Errorf("recorded %+v", es)
	}
}

func TestDoorNeverHoldsUpForAConsent(t *testing.T) {
	g := newGate(t)
	g.load("photos", draft(policy.Consent, english("Photos", "May we?")))
	b := g.browser()
	id := g.door(b, g.learner).leads("pending")
	if w := g.wordTo(g.get(b, "/l/"+id+"/door"), "return"); w.Result != "answered" || w.Left != 1 || len(w.Versions) != 0 {
		t.Errorf("says %+v", w)
	}
}

func TestDoorLetsAdministratorsIn(t *testing.T) {
	g := newGate(t)
	g.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	admin := ltitest.Set(claim("roles"), []string{"http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"})
	if w := g.wordTo(g.door(g.browser(), g.admin, admin), "return"); w.Result != "answered" || w.Left != 1 {
		t.Errorf("says %+v", w)
	}
}

func TestDoorAnswersWhatStandsAtTheEnd(t *testing.T) {
	g := newGate(t)
	photos := g.load("photos", draft(policy.Consent, english("Photos", "May we?")))
	b := g.browser()
	id := g.door(b, g.learner).leads("pending")
	page := g.get(b, "/l/"+id+"/pending")
	g.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	if got := g.submit(b, page.answers(map[int64]policy.Answer{photos.ID: policy.Accepted})); strings.Contains(got.Location(), "answer=") {
		t.Errorf("let in with %s", got.Location())
	}
	g.get(b, "/l/"+id+"/pending").is(http.StatusOK, "").asks("House rules")
	g.get(b, "/l/"+id+"/door").is(http.StatusOK, "").has("House rules")
}

func TestDoorIsRefused(t *testing.T) {
	g := newGate(t)
	presentation := func(address string) ltitest.Edit {
		return ltitest.Set(claim("launch_presentation"), map[string]any{"return_url": address})
	}
	for name, c := range map[string]struct {
		edit ltitest.Edit
		code lti.Code
	}{
		"without nonce":                 {ltitest.Set(claim("custom"), map[string]any{"x": "y"}), lti.ClaimMissing},
		"nonce too long":                {ltitest.Set(claim("custom"), map[string]any{"gate_nonce": strings.Repeat("n", 256)}), lti.ClaimInvalid},
		"return to another site":        {presentation("https://evil.example" + gatePath + "?step=return"), lti.ClaimInvalid},
		"return to another script":      {presentation(moodleOrigin + "/local/other/gate.php?step=return"), lti.ClaimInvalid},
		"return by a trick in the path": {presentation(moodleOrigin + gatePath + "/../../x.php"), lti.ClaimInvalid},
		"return with user information":  {presentation("https://a@moodle.example" + gatePath), lti.ClaimInvalid},
		"no return":                     {ltitest.Drop(claim("launch_presentation")), lti.ClaimInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			got := g.door(g.browser(), g.learner, c.edit)
			if got.ErrorCode() != string(c.code) || strings.Contains(got.Location(), "answer") {
				t.Errorf("status %d, code %q, to %q", got.Status, got.ErrorCode(), got.Location())
			}
		})
	}
	t.Run("nobody in particular", func(t *testing.T) {
		guest := ltitest.Set(claim("roles"), []string{"http://purl.imsglobal.org/vocab/lis/v2/institution/person#Guest"})
		g.door(g.browser(), g.learner, guest).is(http.StatusUnauthorized, string(lti.SubjectMissing))
	})
	t.Run("no such door", func(t *testing.T) {
		g.must(g.db.SetDoor(t.Context(), g.platform.ID, ""))
		g.post(g.browser(), "/lti/login/"+g.platform.ID+"/door", g.initiation(g.platform)).is(http.StatusForbidden, string(lti.PlatformUnknown))
	})
}

func TestOrdinaryLaunchIsNoDoor(t *testing.T) {
	g := newGate(t)
	// A teacher can give an activity any custom parameter.
	got := g.forge(g.browser(), g.learner, ltitest.Set(claim("custom"), map[string]any{"gate_nonce": "once-1"}))
	if got.Status != http.StatusSeeOther || strings.Contains(got.Location(), "answer=") || !strings.Contains(got.Location(), "/mod/lti/return.php") {
		t.Errorf("status %d to %q", got.Status, got.Location())
	}
}

func TestDoorLeadsToMyAgreements(t *testing.T) {
	g := newGate(t)
	b := g.browser()
	id := g.door(b, g.learner, ltitest.Set(claim("target_link_uri"), toolOrigin+"/agreements"), ltitest.Drop(claim("custom"))).leads("agreements")
	g.get(b, "/l/"+id+"/agreements").is(http.StatusOK, "")
	g.get(b, "/l/"+id+"/door").is(http.StatusNotFound, "not_found")
}

func TestLeavingTheDoorNeedsTheForm(t *testing.T) {
	g := newGate(t)
	g.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	b := g.browser()
	id := g.door(b, g.learner).leads("pending")
	g.post(b, "/l/"+id+"/door", url.Values{}).is(http.StatusForbidden, "csrf")
	other := g.browser()
	g.get(other, "/l/"+id+"/door").is(http.StatusUnauthorized, "no_session")
	ordinary := g.launch(other, g.learner, g.window).leads("pending")
	g.get(other, "/l/"+ordinary+"/door").is(http.StatusNotFound, "not_found")
}

func TestRecordedDoorLaunch(t *testing.T) {
	var rec recording
	readRecorded(t, "launch/login-door.json", &rec)
	replay := func(t *testing.T, withPolicy bool) (*site, *view, *ltitest.Browser) {
		s, p := recordedSite(t, withPolicy)
		s.must(s.db.SetDoor(t.Context(), p.ID, recordedMoodle+"/local/gatetest/gate.php?step=auth"))
		issued := time.Unix(rec.Claims.IAT, 0)
		s.clock.set(issued)
		w := httptest.NewRecorder()
		s.must(s.server.KeepAttempt(w, httptest.NewRequest(http.MethodPost, recordedTool+"/lti/login", nil), lti.Attempt{
			State: rec.Response.Form["state"], Nonce: rec.Claims.Nonce, PlatformID: p.ID, Purpose: lti.DoorPurpose,
			Expires: issued.Add(time.Minute),
		}))
		b := s.browser()
		b.SetCookies(recordedTool+"/", w.Result().Cookies())
		form := url.Values{}
		for k, v := range rec.Response.Form {
			form.Set(k, v)
		}
		return s, s.post(b, "/lti/launch", form), b
	}
	t.Run("with nothing pending", func(t *testing.T) {
		_, got, _ := replay(t, false)
		u, err := url.Parse(got.Location())
		if err != nil || got.Status != http.StatusSeeOther || u.Path != "/local/gatetest/gate.php" || u.Query().Get("answer") == "" {
			t.Errorf("status %d, %s, to %q", got.Status, got.ErrorCode(), got.Location())
		}
	})
	t.Run("with a pending policy", func(t *testing.T) {
		s, got, b := replay(t, true)
		id := got.leads("pending")
		s.get(b, "/l/"+id+"/pending").is(http.StatusOK, "").asks("House rules")
		rec := rec
		rec.Claims.Email = "none was shared"
		s.noPersonalData(rec)
	})
}

func TestDoorNoticesTellOfNewVersionsOnly(t *testing.T) {
	g := newGate(t)
	tend := func() []string {
		t.Helper()
		g.do(courier.DoorStates, courier.DoorNotices)
		return g.heard(http.StatusOK)
	}
	first := tend()
	if len(first) != 1 {
		t.Fatalf("%d notices of a new door", len(first))
	}
	before := g.word(first[0])
	if before.Purpose != "notice" || before.Sub != "" || before.Nonce != "" || len(before.Versions) != 0 {
		t.Errorf("says %+v", before)
	}
	if again := tend(); again != nil {
		t.Errorf("told again: %v", again)
	}
	v := draft(policy.Agree, english("House rules", "Be kind."))
	rules := g.load("rules", v)
	said := tend()
	if len(said) != 1 {
		t.Fatalf("%d notices of a new policy", len(said))
	}
	after := g.word(said[0])
	if after.Serial <= before.Serial || !slices.Equal(after.Versions, []int64{rules.ID}) || after.State != (policy.Demand{rules.ID}).Hash() {
		t.Errorf("says %+v", after)
	}
	v.Revision = "1a"
	g.load("rules", v) // minor
	if said := tend(); said != nil {
		t.Error("a minor change was told")
	}
	v.Texts[0].Content, v.EffectiveFrom = "<p>Be very kind.</p>", g.clock.now().Add(time.Hour)
	g.load("rules", v)
	if said := tend(); len(said) != 1 || len(g.word(said[0]).Versions) != 0 {
		t.Error("a version that applies later takes the place of the old one only then")
	}
	g.clock.pass(time.Hour)
	if said := tend(); len(said) != 1 || len(g.word(said[0]).Versions) != 1 {
		t.Error("the date arrived and nobody was told")
	}
}

func TestDoorNoticesAreTriedAgain(t *testing.T) {
	g := newGate(t)
	g.heard(http.StatusBadGateway)
	tries := 0
	var waits []time.Duration
	last := g.clock.now()
	for range 300 {
		g.do(courier.DoorStates, courier.DoorNotices)
		if got := g.heard(http.StatusBadGateway); len(got) > 0 {
			if tries += len(got); tries > 1 {
				waits = append(waits, g.clock.now().Sub(last).Round(30*time.Second))
			}
			last = g.clock.now()
		}
		g.clock.pass(30 * time.Second)
	}
	want := []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, time.Hour}
	if len(waits) < len(want) || !slices.Equal(waits[:len(want)], want) {
		t.Errorf("tried after %v, want %v", waits, want)
	}
	// A new version is news: it does not wait for the old one's turn.
	g.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	g.heard(http.StatusNoContent)
	g.do(courier.DoorStates, courier.DoorNotices)
	if got := g.heard(http.StatusOK); len(got) != 1 || len(g.word(got[0]).Versions) != 1 {
		t.Errorf("%d notices", len(got))
	}
	g.clock.pass(2 * time.Hour)
	g.do(courier.DoorStates, courier.DoorNotices)
	if got := g.heard(http.StatusOK); got != nil {
		t.Error("told again after it was delivered")
	}
}

func TestDoorStateIsToldToThePluginOnly(t *testing.T) {
	g := newGate(t)
	rules := g.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	g.do(courier.DoorStates)
	now := g.clock.now().Unix()
	claims := func(changes map[string]any) map[string]any {
		c := map[string]any{"iss": g.platform.Issuer, "aud": g.platform.ClientID, "iat": now, "exp": now + 60, "purpose": "state", "jti": "x"}
		maps.Copy(c, changes)
		return c
	}
	ask := func(token string) *view {
		return g.post(g.browser(), "/lti/door/"+g.platform.ID+"/state", url.Values{"request": {token}})
	}
	signer := g.moodle.Signer()
	got := ask(signer.Sign(claims(nil), nil))
	var state lti.DoorState
	g.must(json.Unmarshal(got.Body, &state))
	if got.Status != http.StatusOK || !slices.Equal(state.Versions, []int64{rules.ID}) || state.Hash != (policy.Demand{rules.ID}).Hash() || state.Serial == 0 {
		t.Errorf("status %d, %s", got.Status, got.Body)
	}
	b := g.browser()
	launch := g.target(b, g.learner.ID, g.window)
	for name, c := range map[string]struct {
		token  string
		status int
		code   lti.Code
	}{
		"nothing":          {"", 400, lti.TokenMalformed},
		"another key":      {ltitest.ForeignKey(launch), 401, lti.SignatureInvalid},
		"a launch":         {launch.Token(), 400, lti.ClaimInvalid},
		"another site":     {signer.Sign(claims(map[string]any{"iss": "https://other.example"}), nil), 401, lti.IssuerMismatch},
		"for another tool": {signer.Sign(claims(map[string]any{"aud": "other"}), nil), 401, lti.AudienceMismatch},
		"expired":          {signer.Sign(claims(map[string]any{"iat": now - 200, "exp": now - 100}), nil), 401, lti.TokenExpired},
		"another purpose":  {signer.Sign(claims(map[string]any{"purpose": "login"}), nil), 400, lti.ClaimInvalid},
		"a clock ahead":    {signer.Sign(claims(map[string]any{"iat": now + 900, "exp": now + 960}), nil), 401, lti.TokenFromFuture},
	} {
		t.Run(name, func(t *testing.T) {
			got := ask(c.token)
			var said struct{ Error, State string }
			if err := json.Unmarshal(got.Body, &said); err != nil || got.Status != c.status || said.Error != string(c.code) || said.State != "" {
				t.Errorf("status %d, %s, want %d %s", got.Status, got.Body, c.status, c.code)
			}
		})
	}
	ask = func(token string) *view {
		return g.post(g.browser(), "/lti/door/nobody/state", url.Values{"request": {token}})
	}
	if got := ask(signer.Sign(claims(nil), nil)); got.Status != http.StatusForbidden || string(got.Body) != `{"detail":"address","error":"platform_unknown"}` {
		t.Errorf("of nobody: status %d, %s", got.Status, got.Body)
	}
}

// What the plugin is refused for tells its administrator what to do, so each cause has its own answer.
func TestDoorStateSaysWhyNot(t *testing.T) {
	g := newGate(t)
	signer := g.moodle.Signer()
	ask := func(changes map[string]any) (int, string) {
		now := g.clock.now().Unix()
		c := map[string]any{"iss": g.platform.Issuer, "aud": g.platform.ClientID, "iat": now, "exp": now + 60, "purpose": "state", "jti": "x"}
		maps.Copy(c, changes)
		got := g.post(g.browser(), "/lti/door/"+g.platform.ID+"/state", url.Values{"request": {signer.Sign(c, nil)}})
		return got.Status, string(got.Body)
	}
	want := func(what string, changes map[string]any, status int, body string) {
		t.Helper()
		if gotStatus, got := ask(changes); gotStatus != status || got != body {
			t.Errorf("%s: %d %s, want %d %s", what, gotStatus, got, status, body)
		}
	}
	if status, _ := ask(nil); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	want("moved", map[string]any{"iss": "https://moved.example"}, 401, `{"detail":"iss","error":"issuer_mismatch"}`)
	g.must(g.db.SetDoor(t.Context(), g.platform.ID, ""))
	want("not declared", nil, 403, `{"detail":"login door","error":"platform_unknown"}`)
	g.must(g.db.SetPlatformStatus(t.Context(), g.platform.ID, lti.Disabled))
	want("disabled", nil, 403, `{"detail":"","error":"platform_disabled"}`)
}

// With nothing to ask, the plugin is told an empty list.
func TestDoorStateWithoutPoliciesIsAnEmptyList(t *testing.T) {
	g := newGate(t)
	now := g.clock.now().Unix()
	token := g.moodle.Signer().Sign(map[string]any{"iss": g.platform.Issuer, "aud": g.platform.ClientID, "iat": now, "exp": now + 60, "purpose": "state", "jti": "x"}, nil)
	got := g.post(g.browser(), "/lti/door/"+g.platform.ID+"/state", url.Values{"request": {token}})
	if got.Status != http.StatusOK || !strings.Contains(string(got.Body), `"versions":[]`) {
		t.Errorf("status %d, %s", got.Status, got.Body)
	}
}

// A platform's plugin tells which accounts are gone, so that nobody waits for the answers of people who cannot give any.
func TestDoorTellsOfAccounts(t *testing.T) {
	g := newGate(t)
	g.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	g.enter(g.browser(), g.learner, g.window)
	tell := func(purpose string, accounts ...any) *view {
		now := g.clock.now().Unix()
		token := g.moodle.Signer().Sign(map[string]any{
			"iss": g.platform.Issuer, "aud": g.platform.ClientID, "iat": now, "exp": now + 60, "purpose": purpose, "jti": "x", "accounts": accounts,
		}, nil)
		return g.post(g.browser(), "/lti/door/"+g.platform.ID+"/accounts", url.Values{"request": {token}})
	}
	account := func(is string) map[string]any { return map[string]any{"sub": number(g.learner.ID), "is": is} }
	class := func() string {
		var c string
		g.must(g.raw.QueryRowContext(t.Context(), `SELECT class FROM lti_user WHERE sub = ?`, number(g.learner.ID)).Scan(&c))
		return c
	}
	for _, step := range []struct {
		is, class, body string
	}{
		{"suspended", "suspended", `{"known":1}`}, {"suspended", "suspended", `{"known":0}`}, {"active", "", `{"known":1}`}, {"deleted", "deleted", `{"known":1}`},
	} {
		got := tell("accounts", account(step.is), map[string]any{"sub": "unheard-of", "is": "deleted"})
		if got.Status != http.StatusOK || string(got.Body) != step.body || class() != step.class {
			t.Errorf("%s: status %d, %s, class %q", step.is, got.Status, got.Body, class())
		}
	}
	for name, got := range map[string]*view{
		"another purpose": tell("state", account("active")),
		"another word":    tell("accounts", account("gone")),
		"nobody":          tell("accounts", map[string]any{"sub": "", "is": "active"}),
		"no list":         tell("accounts", "x"),
	} {
		if got.Status != http.StatusBadRequest || !strings.Contains(string(got.Body), "claim_invalid") || class() != "deleted" {
			t.Errorf("%s: status %d, %s", name, got.Status, got.Body)
		}
	}
}
