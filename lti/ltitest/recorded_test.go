package ltitest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	sesskeyValue = regexp.MustCompile(`sesskey=\w{10}`)
	launchValue  = regexp.MustCompile(`"launchid":\d+`)
	hashValue    = regexp.MustCompile(`"hash":"[0-9a-f]{64}"`)
	hintValue    = regexp.MustCompile(`(ltilaunch\d+_|ltilaunch_ContentItemSelectionRequest)\d+`)
	itemValue    = regexp.MustCompile(`/lineitems/\d+/`)
)

// blur replaces what must differ between two launches by a constant of the same form, everywhere in v.
func blur(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			switch k {
			case "nonce", "guid", "iat", "exp":
				x = "-"
			}
			out[k] = blur(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = blur(v[i])
		}
		return out
	case string:
		v = sesskeyValue.ReplaceAllString(v, "sesskey=-")
		v = launchValue.ReplaceAllString(v, `"launchid":0`)
		v = hashValue.ReplaceAllString(v, `"hash":"-"`)
		return hintValue.ReplaceAllString(v, "${1}0")
	}
	return v
}

func TestLaunchesEqualRecordedOnes(t *testing.T) {
	for name, l := range map[string]Launch{
		"learner":             {PersonID: 3, CMID: 2},
		"editing-teacher":     {PersonID: 6, CMID: 2},
		"non-editing-teacher": {PersonID: 7, CMID: 3},
		"manager":             {PersonID: 8, CMID: 2},
		"site-admin":          {PersonID: 2, CMID: 2},
	} {
		t.Run(name, func(t *testing.T) {
			f, want := recordedSite(t), recording(t, "launch/"+name+".json")
			b := NewBrowser(f.net)
			start, err := b.Initiate(f.Platform, l.PersonID, l.CMID)
			if err != nil {
				t.Fatal(err)
			}
			form := map[string]any{}
			for k, v := range start.Values {
				form[k] = v[0]
			}
			if d := cmp.Diff(blur(dig(want, "login_initiation", "form")), blur(form)); d != "" {
				t.Errorf("login initiation (-recorded +ours):\n%s", d)
			}
			if start.Method != dig(want, "login_initiation", "method") {
				t.Errorf("login initiation by %s", start.Method)
			}
			back, page, err := b.Authorise(start)
			if err != nil || back.Action != toolOrigin+"/launch" {
				t.Fatalf("authorising: %v, stopped at %s", err, page.Text())
			}
			var keys []string
			for k := range back.Values {
				keys = append(keys, k)
			}
			if len(keys) != 2 || back.Values.Get("state") != "state-1" {
				t.Errorf("posted %v", keys)
			}
			header, claims := taken(t, back.Values.Get("id_token"))
			wantHeader := dig(want, "id_token_header").(map[string]any)
			wantHeader["kid"] = header["kid"]
			if d := cmp.Diff(wantHeader, header); d != "" {
				t.Errorf("header (-recorded +ours):\n%s", d)
			}
			if d := cmp.Diff(blur(dig(want, "id_token_claims")), blur(claims)); d != "" {
				t.Errorf("claims (-recorded +ours):\n%s", d)
			}
			if claims["exp"].(float64)-claims["iat"].(float64) != 60 || claims["nonce"] != "nonce-1" {
				t.Errorf("exp %v, iat %v, nonce %v", claims["exp"], claims["iat"], claims["nonce"])
			}
		})
	}
}

// taken verifies a token with the site's key and returns header and claims.
func taken(t testing.TB, token string) (header, claims map[string]any) {
	t.Helper()
	parsed, err := parseJWT(token)
	if err != nil || !parsed.verify(&siteKey().PublicKey) {
		t.Fatalf("token does not verify: %v", err)
	}
	if err := json.Unmarshal(parsed.payload, &claims); err != nil {
		t.Fatal(err)
	}
	return map[string]any{"alg": parsed.header.Alg, "kid": parsed.header.Kid, "typ": "JWT"}, claims
}

func TestTokenIsWrittenAsByPHP(t *testing.T) {
	f := recordedSite(t)
	token, err := f.IDToken(Launch{PersonID: 3, CMID: 2, Nonce: "n"})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parseJWT(token)
	if err != nil {
		t.Fatal(err)
	}
	s := string(parsed.payload)
	if !strings.Contains(s, `"\u0218tefan"`) || !strings.Contains(s, "https://moodle") {
		t.Errorf("claims are %s", s)
	}
}

func TestDeepLinkingEqualsRecordedOne(t *testing.T) {
	f, want := recordedSite(t), recording(t, "deep-linking/request.json")
	b := NewBrowser(f.net)
	if err := b.Login(f.Platform, 6); err != nil {
		t.Fatal(err)
	}
	page, err := b.Get(f.Endpoint("contentitem.php") + "?id=1&course=2")
	if err != nil {
		t.Fatal(err)
	}
	start, ok := page.AutoForm()
	if !ok {
		t.Fatal(page.Text())
	}
	form := map[string]any{}
	for k, v := range start.Values {
		form[k] = v[0]
	}
	if d := cmp.Diff(blur(dig(want, "login_initiation", "form")), blur(form)); d != "" {
		t.Errorf("login initiation (-recorded +ours):\n%s", d)
	}
	back, _, err := b.Authorise(start)
	if err != nil {
		t.Fatal(err)
	}
	_, claims := taken(t, back.Values.Get("id_token"))
	if d := cmp.Diff(blur(dig(want, "id_token_claims")), blur(claims)); d != "" {
		t.Errorf("claims (-recorded +ours):\n%s", d)
	}

	// The tool's recorded answer, signed anew, makes a link whose launch equals the recorded one too.
	answer := map[string]any{"iss": clientID, "aud": moodleOrigin, "iat": f.clock().Unix(), "exp": f.clock().Unix() + 300, "nonce": "x",
		ClaimMessageType: "LtiDeepLinkingResponse", ClaimVersion: "1.3.0", ClaimDeployment: "1",
		ClaimContentItems: []any{map[string]any{"type": "ltiResourceLink", "title": "Policies to accept", "text": "Read and accept",
			"url": toolOrigin + "/launch", "custom": map[string]any{"policyids": "1,2"},
			"lineItem": map[string]any{"label": "Policies accepted", "scoreMaximum": 1, "resourceId": "policies", "tag": "consent"}}}}
	f.AddActivity(Activity{CourseID: 2, ID: 4, Name: "between", TypeID: 1})
	settings := claims[ClaimDeepLinking].(map[string]any)
	done, err := b.Submit(Form{Method: http.MethodPost, Action: settings["deep_link_return_url"].(string), Origin: toolOrigin,
		Values: url.Values{"JWT": {f.tool.key.Sign(answer, nil)}}})
	if err != nil || !strings.Contains(done.Text(), "Policies to accept") {
		t.Fatalf("the answer was not taken: %v %s", err, done.Text())
	}
	all := f.Activities(2)
	made, err := f.Claims(Launch{PersonID: 6, CMID: all[len(all)-1].CMID})
	if err != nil {
		t.Fatal(err)
	}
	link := recording(t, "deep-linking/launch-of-created-link.json")
	if d := cmp.Diff(anyItem(blur(dig(link, "id_token_claims"))), anyItem(blur(decoded(made)))); d != "" {
		t.Errorf("launch of the made link (-recorded +ours):\n%s", d)
	}
}

// anyItem forgets the ids of grade items, which depend on a site's history.
func anyItem(v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	var out any
	if err := json.Unmarshal(itemValue.ReplaceAll(b, []byte("/lineitems/0/")), &out); err != nil {
		panic(err)
	}
	return out
}

func TestRostersEqualRecordedOnes(t *testing.T) {
	for _, name := range []string{"1-all", "2-limit", "3-role-learner", "4-resource-link"} {
		t.Run(name, func(t *testing.T) {
			f, want := recordedSite(t), recording(t, "nrps/"+name+".json")
			res, got := f.call(t, "GET", dig(want, "request", "url").(string), kindMembers, "", ScopeNRPS)
			equalAnswer(t, want, res, got)
		})
	}
	t.Run("5-bad-token", func(t *testing.T) {
		f, want := recordedSite(t), recording(t, "nrps/5-bad-token.json")
		res, got := f.callWith(t, "GET", dig(want, "request", "url").(string), kindMembers, "", "wrong")
		equalAnswer(t, want, res, got)
	})
}

func equalAnswer(t *testing.T, want map[string]any, res *http.Response, got any) {
	t.Helper()
	if float64(res.StatusCode) != dig(want, "response", "status") {
		t.Errorf("status %d, recorded %v", res.StatusCode, dig(want, "response", "status"))
	}
	for k, v := range dig(want, "response", "headers").(map[string]any) {
		if res.Header.Get(k) != v {
			t.Errorf("%s: %q, recorded %q", k, res.Header.Get(k), v)
		}
	}
	if d := cmp.Diff(blur(dig(want, "response", "body")), blur(got)); d != "" {
		t.Errorf("body (-recorded +ours):\n%s", d)
	}
}

func TestScoresEqualRecordedOnes(t *testing.T) {
	f := recordedSite(t)
	f.AddActivity(Activity{CourseID: 2, ID: 4, Name: "Policies to accept", TypeID: 1, Grades: true, ResourceID: "policies", Tag: "consent"})
	want := recording(t, "ags/1-lineitems.json")
	res, got := f.call(t, "GET", dig(want, "request", "url").(string), kindItems, "", scope("lineitem"))
	dig(want, "response").(map[string]any)["body"] = anyItem(dig(want, "response", "body"))
	equalAnswer(t, want, res, anyItem(got))

	want = recording(t, "ags/2-lineitem.json")
	res, got = f.call(t, "GET", dig(want, "request", "url").(string), kindItem, "", scope("lineitem.readonly"))
	equalAnswer(t, want, res, got)

	want = recording(t, "ags/3-score.json")
	score, err := json.Marshal(dig(want, "request", "body"))
	if err != nil {
		t.Fatal(err)
	}
	dig(want, "response").(map[string]any)["body"] = nil // recorded as "", sent as nothing
	res, got = f.call(t, "POST", dig(want, "request", "url").(string), kindScore, string(score), scope("score"))
	equalAnswer(t, want, res, got)

	want = recording(t, "ags/4-results.json")
	res, got = f.call(t, "GET", dig(want, "request", "url").(string), kindResults, "", scope("result.readonly"))
	equalAnswer(t, want, res, got)
	if f.Completion(2, 3) != CompletePass || f.Completion(2, 4) != Incomplete {
		t.Error("the score did not complete the activity for one person only")
	}
}

func TestTokenAnswersEqualRecordedOnes(t *testing.T) {
	for _, name := range []string{"1-nrps", "2-ags"} {
		f, want := recordedSite(t), recording(t, "token/"+name+".json")
		sent, err := url.ParseQuery(dig(want, "request", "body").(string))
		if err != nil {
			t.Fatal(err)
		}
		res, got := f.bearer(t, f.tool.assertion(f.clock()), sent.Get("scope"))
		if token, _ := got["access_token"].(string); !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(token) {
			t.Errorf("%s: access token %q", name, token)
		}
		got["access_token"] = dig(want, "response", "body", "access_token")
		equalAnswer(t, want, res, map[string]any(got))
	}
}

func TestRegistrationEqualsRecordedOne(t *testing.T) {
	f := recordedSite(t)
	want := recording(t, "registration/2-openid-configuration.json")
	res, err := f.net.Client().Get(f.Endpoint("openid-configuration.php"))
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := json.NewDecoder(res.Body).Decode(&document); err != nil {
		t.Fatal(err)
	}
	equalAnswer(t, want, res, document)

	p, err := New(Options{Issuer: moodleOrigin, Key: siteKey(), Now: func() time.Time { return time.Unix(1795316027, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	f.net.Connect(moodleOrigin, p)
	start, err := url.Parse(p.RegistrationURL(toolOrigin + "/register"))
	if err != nil {
		t.Fatal(err)
	}
	first := recording(t, "registration/1-initiation.json")
	for k := range first["form"].(map[string]any) {
		if !start.Query().Has(k) {
			t.Errorf("initiation lacks %s", k)
		}
	}
	want = recording(t, "registration/3-registration.json")
	body, err := json.Marshal(dig(want, "request", "body"))
	if err != nil {
		t.Fatal(err)
	}
	res, got := postRegistration(t, f.net, start.Query().Get("registration_token"), string(body))
	answer, _ := got.(map[string]any)
	if id, _ := answer["client_id"].(string); len(id) != 15 {
		t.Errorf("client id %q", id)
	}
	answer["client_id"] = clientID
	equalAnswer(t, want, res, got)
	if made := p.Tools(); len(made) != 1 || !made[0].Pending {
		t.Errorf("tools after the registration: %+v", made)
	}
}

func postRegistration(t testing.TB, n *Network, token, body string) (*http.Response, any) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, moodleOrigin+"/mod/lti/openid-registration.php", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	res, err := n.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	raw := make([]byte, 1<<16)
	k, _ := res.Body.Read(raw)
	if json.Unmarshal(raw[:k], &out) != nil {
		out = string(raw[:k])
	}
	return res, out
}

func TestKeySetHasRecordedShape(t *testing.T) {
	f, want := recordedSite(t), recording(t, "jwks.json")
	res, err := f.net.Client().Get(f.Endpoint("certs.php"))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string][]map[string]string
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	key := dig(want, "response", "body").(map[string]any)["keys"].([]any)[0].(map[string]any)
	for k, v := range key {
		if k != "n" && k != "kid" && got["keys"][0][k] != v || len(got["keys"][0][k]) != len(v.(string)) {
			t.Errorf("%s is %q", k, got["keys"][0][k])
		}
	}
}
