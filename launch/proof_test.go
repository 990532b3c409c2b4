package launch_test

import (
	"bytes"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"ltipolicy/evidence"
	"ltipolicy/policy"
)

// A learner takes the receipt of an answer along from My agreements. It holds by itself: the page that checks it needs
// no database, and a changed one is refused.
func TestReceiptFromMyAgreements(t *testing.T) {
	s := newSite(t)
	s.load("rules", version(policy.Agree, "Rules", 1))
	b := s.browser()
	s.accepts(s.learner)
	s.accepts(s.teacher)
	own := "/l/" + s.launchID(b, s.learner) + "/agreements/"
	event, foreign := s.events(s.learner.ID)[0], s.events(s.teacher.ID)[0]

	page := s.get(b, own+event.ID).is(http.StatusOK, "").has("Receipt")
	if links := page.all("a", "href="+own+event.ID+"/receipt.json"); len(links) != 1 {
		t.Fatalf("%d links to the receipt", len(links))
	}
	if links := s.get(b, own+"record").is(http.StatusOK, "").all("a", "href="+own+event.ID+"/receipt.json"); len(links) != 1 {
		t.Errorf("%d links to the receipt on the record", len(links))
	}
	promise := s.get(b, own+event.ID+"/receipt.json").is(http.StatusOK, "").Body
	_, err := s.db.AppendLog(t.Context())
	s.must(err)
	receipt := s.get(b, own+event.ID+"/receipt.json").is(http.StatusOK, "").Body
	s.get(b, own+foreign.ID+"/receipt.json").is(http.StatusNotFound, "not_found")

	list := string(s.get(b, "/evidence/key").Body)
	keys, err := evidence.ParseKeys(list)
	s.must(err)
	for name, file := range map[string][]byte{"promise": promise, "receipt": receipt} {
		r, err := evidence.VerifyReceipt(file, keys)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if r.Person == "" || r.Site == "" || r.Tool != s.setup.base || (r.Log == nil) != (name == "promise") {
			t.Errorf("%s: %+v", name, r)
		}
	}

	s.must(s.db.Close())
	stranger := s.browser()
	s.get(stranger, "/receipt").is(http.StatusOK, "").has("Verify a receipt")
	by := func(list string, file []byte) *view {
		return s.upload(stranger, s.setup.base+"/receipt", url.Values{"keys": {list}}, fileOf(file))
	}
	verify := func(file []byte) *view { return by("", file) }
	verify(receipt).is(http.StatusOK, "").has("This receipt holds.").has("Rules").has(keys[0].Public).has("Compare it").lacks("Download it again")
	by(list, receipt).is(http.StatusOK, "").has("This receipt holds.").lacks("Compare it")
	revoked := evidence.Keys{{Public: keys[0].Public, Until: s.clock.now(), Size: 1000, Revoked: true}}
	by(revoked.String(), receipt).is(http.StatusUnprocessableEntity, "").has("was revoked at")
	by("nothing", receipt).is(http.StatusUnprocessableEntity, "").has("not to be believed")
	verify(promise).is(http.StatusOK, "").has("This receipt holds.").has("Download it again")
	verify(bytes.Replace(receipt, []byte(`"accepted"`), []byte(`"declined"`), 1)).is(http.StatusUnprocessableEntity, "").has("not to be believed")
	verify([]byte("<script>")).is(http.StatusUnprocessableEntity, "").has("not to be believed")
	s.upload(stranger, s.setup.base+"/receipt", url.Values{}).is(http.StatusUnprocessableEntity, "").has("No file was chosen.")
}

func fileOf(b []byte) file { return file{"receipt", "receipt.json", b} }

// The page after answering offers the receipts of what was just answered, and of nothing else: to print, and as a file.
func TestReceiptAfterAnswering(t *testing.T) {
	s := newSite(t)
	s.load("before", version(policy.Agree, "Before", 1))
	s.accepts(s.learner)
	s.load("rules", version(policy.Agree, "Rules", 1))
	b := s.framed()
	page := s.settle(b, s.enter(b, s.learner, s.embedded).acceptAll())
	id := s.events(s.learner.ID)[0].ID
	own := strings.TrimSuffix(page.URL.Path, "saved") + "agreements/" + id
	page.is(http.StatusOK, "").has("Rules").lacks("Before")
	if n := len(page.all("a", "href="+own)) + len(page.all("a", "href="+own+"/receipt.json")); n != 2 {
		t.Fatalf("%d links to the receipt at %s, want the page and the file", n, own)
	}
	if r, err := evidence.VerifyReceipt(s.get(b, own+"/receipt.json").is(http.StatusOK, "").Body, nil); err != nil || r.Answer.ID != id {
		t.Errorf("the receipt of %s: %v", r.Answer.ID, err)
	}
	s.get(b, own).is(http.StatusOK, "").has("Download the receipt")
}

// An officer gives a person's receipt out, which is a look at the person's answers.
func TestReceiptFromAPersonsPage(t *testing.T) {
	s := newSite(t)
	s.load("rules", version(policy.Agree, "Rules", 1))
	s.accepts(s.learner)
	event := s.events(s.learner.ID)[0]
	b := s.browser()
	text := "/l/" + s.lands(b, s.admin, s.window) + "/admin/people/" + s.platform.ID + "/" + number(s.userOf(s.platform, s.learner.ID)) + "/" + event.ID
	if links := s.get(b, text).is(http.StatusOK, "").all("a", "href="+text+"/receipt.json"); len(links) != 1 {
		t.Fatalf("%d links to the receipt", len(links))
	}
	r, err := evidence.VerifyReceipt(s.get(b, text+"/receipt.json").is(http.StatusOK, "").Body, nil)
	if err != nil || r.Answer.ID != event.ID {
		t.Errorf("got %s, %v", r.Answer.ID, err)
	}
	if n := s.count(`SELECT COUNT(id) FROM admin_log WHERE action = 'acceptances.text' AND detail = ?`, event.ID); n != 2 {
		t.Errorf("%d looks are logged, want 2", n)
	}
}

// Anybody may keep checkpoints and see that the log only grows.
func TestCheckpointForAnybody(t *testing.T) {
	s := newSite(t)
	s.load("rules", version(policy.Agree, "Rules", 1))
	b := s.browser()
	s.get(b, "/evidence/checkpoint").is(http.StatusNotFound, "not_found")
	keys, err := evidence.ParseKeys(string(s.get(b, "/evidence/key").Body))
	s.must(err)
	w := evidence.Witness{Dir: filepath.Join(t.TempDir(), "kept"), Keys: keys.Verifiers()}
	last := int64(0)
	for i, x := range []person{s.learner, s.teacher} {
		s.accepts(x)
		_, err := s.db.AppendLog(t.Context())
		s.must(err)
		u, err := w.Fetch(t.Context(), &http.Client{Transport: s.road}, s.setup.base+"/evidence/checkpoint")
		s.must(err)
		c, err := w.Add(u)
		if err != nil || c.Size <= last {
			t.Errorf("%d: kept %d after %d, %v", i, c.Size, last, err)
		}
		last = c.Size
	}
	if _, err := evidence.OpenCheckpoint(string(s.get(b, "/evidence/checkpoint").Body), keys.Verifiers()); err != nil {
		t.Error(err)
	}
	s.get(b, "/evidence/checkpoint?old=1000").is(http.StatusBadRequest, "invalid")
	s.get(b, "/evidence/checkpoint?old=x").is(http.StatusBadRequest, "invalid")
}
