package launch_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
)

// selecting opens "Select content" of the site's course as a person.
func (s *site) selecting(b *ltitest.Browser, x ltitest.Person) *view {
	s.t.Helper()
	s.must(b.Login(s.moodle, x.ID))
	p, err := b.Settle(b.Get(fmt.Sprintf("%s?id=%d&course=%d", s.moodle.Endpoint("contentitem.php"), s.tool.TypeID, s.course.ID)))
	s.must(err)
	return s.view(p)
}

// coursePolicy is released for courses.
func (s *site) coursePolicy(slug, name string, k policy.Kind) policy.Version {
	s.t.Helper()
	v := draft(k, english(name, "Text of "+name), text("ro", "RO "+name, "Textul"))
	v.Courses = true
	return s.load(slug, v)
}

// choose is the page's form with these policies and this button.
func (v *view) choose(act string, slugs ...string) ltitest.Form {
	f := v.form()
	f.Values["policy"] = slugs
	f.Values.Set("act", act)
	return f
}

func TestTeacherChoosesWhatTheCourseAsks(t *testing.T) {
	s := classroom(t)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	s.coursePolicy("honour", "Honour code", policy.Agree)
	s.coursePolicy("recording", "Recordings", policy.Consent)
	b := s.framed()
	page := s.selecting(b, s.teacher).is(http.StatusOK, "")
	if !strings.HasSuffix(page.URL.Path, "/select") || len(page.all("input", "type=checkbox")) != 2 || len(page.all("input", "checked")) != 0 {
		t.Fatalf("%s: %s", page.URL, page.Text())
	}
	page.has("House rules").has("Honour code").has("Recordings").has("Algoritmi și structuri de date")
	if csp := page.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' "+moodleOrigin) {
		t.Errorf("policy of the page: %s", csp)
	}

	form := page.choose("add", "honour")
	handover := s.submit(b, form).is(http.StatusOK, "")
	onward := handover.form()
	if _, ok := attribute(handover.all("form")[0], "data-autosubmit"); !ok || !strings.HasPrefix(onward.Action, moodleOrigin+"/mod/lti/contentitem_return.php") {
		t.Errorf("the answer goes to %s", onward.Action)
	}
	claims := s.verified(onward.Values.Get("JWT"))
	items, _ := claims[ltitest.ClaimContentItems].([]any)
	item, _ := items[0].(map[string]any)
	if len(items) != 1 || item["type"] != "ltiResourceLink" || item["title"] != "Policies and agreements: Honour code" ||
		fmt.Sprint(item["custom"]) != "map[policies:honour]" || fmt.Sprint(item["lineItem"].(map[string]any)["scoreMaximum"]) != "1" {
		t.Errorf("item %v", item)
	}
	if claims["iss"] != s.platform.ClientID || claims["nonce"] == "" || claims["https://purl.imsglobal.org/spec/lti/claim/message_type"] != "LtiDeepLinkingResponse" {
		t.Errorf("claims %v", claims)
	}
	if e := s.logged("course.policies"); e.Detail != "honour" || !strings.Contains(e.Actor, "Ana Popescu") {
		t.Errorf("log %+v", e)
	}

	// Once only: neither the page nor the form works again.
	s.submit(b, form).is(http.StatusConflict, "conflict")
	s.get(b, page.URL.Path).is(http.StatusConflict, "conflict")

	// Moodle takes it, and the course asks.
	s.settle(b, onward).has("Policies and agreements: Honour code")
	acts := s.moodle.Activities(s.course.ID)
	made := acts[len(acts)-1]
	s.enter(s.browser(), s.learner, made).asks("House rules", "Honour code")

	// What the course asks already is not offered twice.
	again := s.selecting(b, s.teacher).has("asked in this course already")
	if boxes := again.all("input", "type=checkbox"); len(boxes) != 1 {
		t.Errorf("%d policies to choose", len(boxes))
	}
	s.submit(b, again.choose("add", "honour")).is(http.StatusBadRequest, "invalid")
	s.submit(b, again.choose("add", "recording", "recording")).is(http.StatusBadRequest, "invalid")
	s.submit(b, again.choose("add", "rules")).is(http.StatusBadRequest, "invalid")
	s.submit(b, again.choose("sell")).is(http.StatusBadRequest, "invalid")
	plain := s.verified(s.submit(b, again.choose("add")).form().Values.Get("JWT"))
	item, _ = plain[ltitest.ClaimContentItems].([]any)[0].(map[string]any)
	if item["title"] != "Policies and agreements" || item["custom"] != nil {
		t.Errorf("item %v", item)
	}
}

func TestCancelReturnsNothing(t *testing.T) {
	s := classroom(t)
	s.coursePolicy("honour", "Honour code", policy.Agree)
	b := s.framed()
	page := s.selecting(b, s.teacher)
	onward := s.submit(b, page.choose("cancel", "honour")).is(http.StatusOK, "").form()
	if items, ok := s.verified(onward.Values.Get("JWT"))[ltitest.ClaimContentItems].([]any); !ok || len(items) != 0 {
		t.Errorf("items %v", items)
	}
	before := len(s.moodle.Activities(s.course.ID))
	s.settle(b, onward).has("Nothing was added.")
	if n := len(s.moodle.Activities(s.course.ID)); n != before {
		t.Errorf("%d activities, want still %d", n, before)
	}
}

func TestSelectionSpeaksTheLanguageOfTheCourse(t *testing.T) {
	s := classroom(t)
	s.coursePolicy("honour", "Honour code", policy.Agree)
	dan := s.moodle.AddPerson(ltitest.Person{Username: "dan", FirstName: "Dan", LastName: "Popa", Email: "dan@x.example", Lang: "ro"})
	s.moodle.Enrol(s.course.ID, dan.ID, ltitest.EditingTeacher)
	b := s.framed()
	page := s.selecting(b, dan).has("Ce să ceară acest curs?").has("RO Honour code")
	onward := s.submit(b, page.choose("add", "honour")).form()
	item, _ := s.verified(onward.Values.Get("JWT"))[ltitest.ClaimContentItems].([]any)[0].(map[string]any)
	if item["title"] != "Politici și acorduri: RO Honour code" {
		t.Errorf("title %v", item["title"])
	}
}

func TestOnlyTeachersSelect(t *testing.T) {
	s := classroom(t)
	s.coursePolicy("honour", "Honour code", policy.Agree)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	s.accepts(s.teacher)
	b := s.framed()
	page := s.selecting(b, s.teacher)
	form := page.choose("add", "honour")
	// A learner's launch has no such page, whatever the browser sends.
	learner := s.browser()
	id := s.forge(learner, s.learner).leads("pending")
	s.get(learner, "/l/"+id+"/select").is(http.StatusForbidden, "forbidden")
	s.post(learner, "/l/"+id+"/select", form.Values).is(http.StatusForbidden, "forbidden")
	s.post(learner, page.URL.Path, form.Values).is(http.StatusUnauthorized, "no_session")
	// A teacher's launch of an activity was no request for content.
	teacher := s.browser()
	own := strings.TrimSuffix(s.enter(teacher, s.teacher, s.window).URL.Path, "participants") + "select"
	s.get(teacher, own).is(http.StatusConflict, "conflict")
	// Neither does a form without its token, or with that of another launch.
	s.post(b, page.URL.Path, url.Values{"act": {"add"}}).is(http.StatusForbidden, "csrf")
	s.post(teacher, own, form.Values).is(http.StatusForbidden, "csrf")
	s.submit(b, form).is(http.StatusOK, "")
}

// verified checks a token of the tool against its published keys and returns the claims.
func (s *site) verified(token string) map[string]any {
	s.t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		s.t.Fatalf("no token: %q", token)
	}
	var head struct{ Alg, Kid string }
	var set struct{ Keys []struct{ Kid, N, E string } }
	decode := func(s string) []byte { b, _ := base64.RawURLEncoding.DecodeString(s); return b }
	s.must(json.Unmarshal(decode(parts[0]), &head))
	s.must(json.Unmarshal(s.get(s.browser(), "/lti/jwks").Body, &set))
	i := slices.IndexFunc(set.Keys, func(k struct{ Kid, N, E string }) bool { return k.Kid == head.Kid })
	if i < 0 || head.Alg != "RS256" {
		s.t.Fatalf("header %+v, keys %+v", head, set.Keys)
	}
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(decode(set.Keys[i].N)), E: int(new(big.Int).SetBytes(decode(set.Keys[i].E)).Int64())}
	s.must(verifyRS256(key, parts[0]+"."+parts[1], decode(parts[2])))
	var claims map[string]any
	s.must(json.Unmarshal(decode(parts[1]), &claims))
	return claims
}

func verifyRS256(key *rsa.PublicKey, signed string, signature []byte) error {
	sum := sha256.Sum256([]byte(signed))
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature)
}
