package lti

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const lineItemURL = "https://moodle.localhost:8443/mod/lti/services.php/2/lineitems/2/lineitem?type_id=1"

func TestAScoreIsSentAsRecorded(t *testing.T) {
	rec := recorded[struct {
		Request struct {
			Method, URL string
			ContentType string `json:"content_type"`
			Body        map[string]any
		}
		Response struct{ Status int }
	}](t, "ags/3-score.json")
	s, tool := newServices(t, func(w *answer, _ *http.Request, _ string) { w.write(rec.Response.Status, "") })
	at, err := time.Parse(time.RFC3339Nano, rec.Request.Body["timestamp"].(string))
	if err != nil {
		t.Fatal(err)
	}
	if err := tool.SendScore(t.Context(), moodle(), lineItemURL, Score{Sub: "3", Full: true, Time: at.In(time.FixedZone("", 7200))}); err != nil {
		t.Fatal(err)
	}
	r := s.calls[0]
	if r.Method != rec.Request.Method || r.URL.String() != rec.Request.URL || r.Header.Get("Content-Type") != rec.Request.ContentType {
		t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(s.bodies[0]), &got); err != nil {
		t.Fatal(err)
	}
	delete(rec.Request.Body, "comment")
	if d := cmp.Diff(rec.Request.Body, got); d != "" {
		t.Errorf("score:\n%s", d)
	}
}

func TestAScoreTakenBackHasNoNumber(t *testing.T) {
	s, tool := newServices(t, func(w *answer, _ *http.Request, _ string) { w.write(200, "") })
	if err := tool.SendScore(t.Context(), moodle(), lineItemURL, Score{Sub: "3", Time: start}); err != nil {
		t.Fatal(err)
	}
	want := `{"userId":"3","timestamp":"` + start.Format(timestampForm) + `","activityProgress":"Initialized","gradingProgress":"NotReady"}`
	if s.bodies[0] != want {
		t.Errorf("sent %s", s.bodies[0])
	}
}

func TestScoresAddress(t *testing.T) {
	for item, want := range map[string]string{
		"https://m/a/lineitem?type_id=1": "https://m/a/lineitem/scores?type_id=1", "https://m/a/lineitem": "https://m/a/lineitem/scores",
		"https://m/a/lineitem/?x=%2F?&Y=z": "https://m/a/lineitem/scores?x=%2F?&Y=z", "https://m/a/li?": "https://m/a/li/scores?",
		"https://m/a#b": "", "https://m/%zz": "",
	} {
		got, err := scoresURL(item)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v, want %q", item, got, err, want)
		}
	}
}

func TestWhatBecomesOfAScore(t *testing.T) {
	html := http.Header{"Content-Type": {"text/html; charset=utf-8"}}
	for _, tt := range []struct {
		name      string
		status    int
		header    http.Header
		body      string
		want      ServiceCode
		temporary bool
	}{
		{name: "taken", status: 200}, {name: "taken without content", status: 204},
		{name: "newer is there", status: 409, want: ServiceStale}, {name: "nobody to grade", status: 400, want: ServiceUngradable},
		{name: "not understood", status: 422, want: ServiceUngradable}, {name: "item gone", status: 404, want: ServiceGone},
		{name: "gone", status: 410, want: ServiceGone}, {name: "not allowed", status: 403, want: ServiceRefused},
		{name: "no token helps", status: 401, want: ServiceUnauthorized, temporary: true},
		{name: "broken", status: 500, want: ServiceUnreachable, temporary: true}, {name: "away", status: 503, want: ServiceUnreachable, temporary: true},
		{name: "too often", status: 429, want: ServiceUnreachable, temporary: true}, {name: "sent elsewhere", status: 302, want: ServiceUnreachable, temporary: true},
		{name: "a page for people", status: 200, header: html, body: "<html>", want: ServiceNonsense, temporary: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, tool := newServices(t, func(w *answer, _ *http.Request, _ string) {
				if tt.header != nil {
					w.header = tt.header
				}
				w.header.Set("Retry-After", "120")
				w.write(tt.status, tt.body)
			})
			err := tool.SendScore(t.Context(), moodle(), lineItemURL, Score{Sub: "3", Time: start})
			e, _ := err.(*ServiceError) //nolint:errorlint // nil stays nil
			if serviceCode(err) != tt.want || e != nil && e.Temporary() != tt.temporary {
				t.Errorf("%v", err)
			}
			if tt.status == 429 && e.After != 2*time.Minute {
				t.Errorf("wait %v", e.After)
			}
		})
	}
}

func TestAScoreGoesToThePlatformOnly(t *testing.T) {
	s, tool := newServices(t, func(w *answer, _ *http.Request, _ string) {})
	for _, item := range []string{"https://evil.example/li", "http://moodle.localhost:8443/li", "https://moodle.localhost:8443@evil.example/li", "/li", ""} {
		if err := tool.SendScore(t.Context(), moodle(), item, Score{Sub: "3", Time: start}); serviceCode(err) != ServiceElsewhere {
			t.Errorf("%q: %v", item, err)
		}
	}
	if len(s.calls) != 0 || s.tokens != 0 {
		t.Errorf("%d calls, %d tokens", len(s.calls), s.tokens)
	}
}

func TestDeepLinkResponseIsAsMoodleTookIt(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(recordings, "deep-linking", "response-accepted-by-moodle.jwt"))
	if err != nil {
		t.Fatal(err)
	}
	want := payloadOf(t, strings.TrimSpace(string(raw)))
	_, tool := newServices(t, nil)
	d := DeepLinking{AcceptTypes: []string{"ltiResourceLink"}, AcceptMultiple: true, AcceptLineItem: true}
	items := []ContentItem{{
		Title: "Policies to accept", Text: "Read and accept", URL: testBase + "/launch", Custom: map[string]string{"policyids": "1,2"},
		LineItem: &LineItem{Label: "Policies accepted", ScoreMaximum: 1, ResourceID: "policies", Tag: "consent"},
	}}
	token, err := tool.DeepLinkResponse(t.Context(), moodle(), "1", d, items)
	if err != nil {
		t.Fatal(err)
	}
	got := payloadOf(t, token)
	if iat, exp := got["iat"].(float64), got["exp"].(float64); iat > float64(start.Unix()) || exp <= float64(start.Unix()) || exp-iat > 600 {
		t.Errorf("from %v to %v", iat, exp)
	}
	if n, _ := got["nonce"].(string); len(n) < 16 {
		t.Errorf("nonce %q", n)
	}
	for _, claim := range []string{"iat", "exp", "nonce"} {
		delete(got, claim)
		delete(want, claim)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("claims:\n%s", d)
	}
	// With the keys that the tool publishes, and with no other.
	set, err := KeyRing{testKey(testKID, KeyCurrent)}.JWKS()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := parseKeySet(set)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := checkSignature(token, keys[testKID]); err != nil {
		t.Error(err)
	}
	if _, err := checkSignature(flip(token, 1, 20), keys[testKID]); err == nil {
		t.Error("a changed answer verifies")
	}
}

func payloadOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("token %q", token)
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDeepLinkResponseKeepsToWhatIsAccepted(t *testing.T) {
	_, tool := newServices(t, nil)
	one := []ContentItem{{Title: "a", URL: testBase, LineItem: &LineItem{ScoreMaximum: 1}}}
	links := DeepLinking{AcceptTypes: []string{"file", "ltiResourceLink"}, AcceptMultiple: true, AcceptLineItem: true, Data: "a<b&\u2028ș"}
	with := func(f func(*DeepLinking)) DeepLinking { d := links; f(&d); return d }
	for name, tt := range map[string]struct {
		d     DeepLinking
		items []ContentItem
		ok    bool
	}{
		"nothing chosen": {links, nil, true}, "nothing chosen, nothing accepted": {DeepLinking{}, nil, true},
		"one": {links, one, true}, "two": {links, append(one, one...), true},
		"two where one is accepted": {with(func(d *DeepLinking) { d.AcceptMultiple = false }), append(one, one...), false},
		"no links accepted":         {with(func(d *DeepLinking) { d.AcceptTypes = []string{"html"} }), one, false},
		"no line items accepted":    {with(func(d *DeepLinking) { d.AcceptLineItem = false }), one, true},
	} {
		token, err := tool.DeepLinkResponse(t.Context(), moodle(), "1", tt.d, tt.items)
		if (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			continue
		}
		claims := payloadOf(t, token)
		list, ok := claims["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"].([]any)
		if !ok || len(list) != len(tt.items) {
			t.Errorf("%s: items %v", name, list)
		}
		for _, item := range list {
			if _, has := item.(map[string]any)["lineItem"]; has != tt.d.AcceptLineItem {
				t.Errorf("%s: %v", name, item)
			}
		}
		data, has := claims["https://purl.imsglobal.org/spec/lti-dl/claim/data"]
		if has != (tt.d.Data != "") || has && data != tt.d.Data {
			t.Errorf("%s: data %v", name, data)
		}
	}
}
