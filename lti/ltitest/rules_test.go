package ltitest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// moodleError is the code on an error page of the site.
func moodleError(p *Page) string {
	if v := p.Attr("div", "data-moodle-error"); len(v) > 0 {
		return v[0]
	}
	return ""
}

func TestAuthorisationChecksInMoodlesOrder(t *testing.T) {
	set := func(k, v string) func(url.Values) { return func(q url.Values) { q.Set(k, v) } }
	drop := func(k string) func(url.Values) { return func(q url.Values) { q.Del(k) } }
	for name, c := range map[string]struct {
		change      func(url.Values)
		page        string // the site's own error page
		code        string // posted to the tool
		description string
	}{
		"nonce missing":          {change: drop("nonce"), page: "invalidrequest"},
		"scope missing":          {change: drop("scope"), page: "invalidrequest"},
		"scope too wide":         {change: set("scope", "openid profile"), page: "invalidrequest"},
		"response_type code":     {change: set("response_type", "code"), page: "invalidrequest"},
		"hint without launchid":  {change: set("lti_message_hint", `{"cmid":2}`), page: "invalidrequest"},
		"hint of another launch": {change: set("lti_message_hint", `{"cmid":2,"launchid":"ltilaunch1_1"}`), page: "invalidrequest"},
		"redirect_uri unknown":   {change: set("redirect_uri", toolOrigin+"/other"), page: "invalidrequest"},
		"client of another tool": {change: set("client_id", "x"), code: "unauthorized_client"},
		"login_hint of another":  {change: set("login_hint", "4"), code: "access_denied"},
		"response_mode missing":  {change: drop("response_mode"), code: "invalid_request", description: "Invalid response_mode"},
		"prompt login":           {change: set("prompt", "login"), code: "invalid_request", description: "Invalid prompt"},
		"unknown client and address": {change: func(q url.Values) { q.Set("client_id", "x"); q.Set("redirect_uri", "https://evil.example/") },
			page: "invalidrequest"},
	} {
		t.Run(name, func(t *testing.T) {
			f := recordedSite(t)
			f.tool.change = c.change
			form, page, err := NewBrowser(f.net).Authenticate(f.Platform, 3, 2)
			if err != nil {
				t.Fatal(err)
			}
			if got := moodleError(page); got != c.page {
				t.Fatalf("error page %q, want %q", got, c.page)
			}
			if c.page != "" {
				return
			}
			if form.Values.Get("error") != c.code || form.Values.Get("error_description") != c.description ||
				form.Values.Get("state") != "state-1" || form.Values.Has("id_token") {
				t.Errorf("posted %v", form.Values)
			}
		})
	}
}

func TestLaunchIDIsSingleUse(t *testing.T) {
	f, asked := recordedSite(t), url.Values{}
	f.tool.change = func(q url.Values) { asked = q }
	b := NewBrowser(f.net)
	if _, err := b.Launch(f.Platform, 3, 2); err != nil {
		t.Fatal(err)
	}
	page, err := b.Get(f.Endpoint("auth.php") + "?" + asked.Encode())
	if err != nil || moodleError(page) != "invalidrequest" {
		t.Errorf("second use: %v, %s", err, page.Text())
	}
}

func TestRequestWithoutCookieIsPostedAgainOnce(t *testing.T) {
	for _, post := range []bool{false, true} {
		f := recordedSite(t)
		f.tool.post = post
		b := NewBrowser(f.net)
		start, err := b.Initiate(f.Platform, 3, 2)
		if err != nil {
			t.Fatal(err)
		}
		blocked := b.Other()
		page, err := blocked.Submit(start)
		if err != nil {
			t.Fatal(err)
		}
		if post {
			page, err = blocked.FollowForm(page)
		} else {
			page, err = blocked.FollowRedirect(page)
		}
		if err != nil {
			t.Fatal(err)
		}
		again, ok := page.AutoForm()
		if !ok || again.Values.Get("repost") != "true" || page.Header.Get("Set-Cookie") != "" {
			t.Fatalf("no page that posts again: %s", page.Body)
		}
		// With the cookie, as the browser sends it from the site's own page, the launch goes on.
		if page, err = b.Submit(again); err != nil {
			t.Fatal(err)
		}
		if form, ok := page.AutoForm(); !ok || !form.Values.Has("id_token") {
			t.Errorf("after the repost: %s", page.Text())
		}
		// Without it the second request ends on the error page.
		if page, err = blocked.Submit(again); err != nil || moodleError(page) != "invalidrequest" {
			t.Errorf("repost without cookie: %v %s", err, page.Text())
		}
	}
}

func TestAccessIsEnforcedAtAuthorisation(t *testing.T) {
	for name, c := range map[string]struct {
		person, cmid int64
		prepare      func(*fixture)
		want         string
	}{
		"guest":              {1, 2, nil, "noguest"},
		"not enrolled":       {200, 2, func(f *fixture) { f.AddPerson(Person{ID: 200, Username: "x"}) }, "notenrolled"},
		"suspended":          {3, 2, func(f *fixture) { f.Suspend(2, 3) }, "notenrolled"},
		"hidden for learner": {3, 9, func(f *fixture) { f.AddActivity(Activity{CMID: 9, CourseID: 2, TypeID: 1, Hidden: true}) }, "activityisnotavailable"},
		"hidden for teacher": {6, 9, func(f *fixture) { f.AddActivity(Activity{CMID: 9, CourseID: 2, TypeID: 1, Hidden: true}) }, ""},
		"locked":             {3, 9, func(f *fixture) { f.AddActivity(Activity{CMID: 9, CourseID: 2, TypeID: 1, After: 2}) }, "activityisnotavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			f := recordedSite(t)
			if c.prepare != nil {
				c.prepare(f)
			}
			_, page, err := NewBrowser(f.net).Authenticate(f.Platform, c.person, c.cmid)
			if err != nil || moodleError(page) != c.want {
				t.Errorf("error page %q, want %q (%v)", moodleError(page), c.want, err)
			}
		})
	}
}

func TestNamesAndMailOnlyIfShared(t *testing.T) {
	f := recordedSite(t)
	tool := f.Tools()[0]
	tool.ShareName, tool.ShareEmail = false, false
	f.AddTool(tool)
	claims, err := f.Claims(Launch{PersonID: 3, CMID: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"name", "given_name", "family_name", "email"} {
		if _, there := claims[k]; there {
			t.Errorf("%s is sent", k)
		}
	}
	_, roster := f.call(t, "GET", f.membershipsURL(2, 1)+"?limit=1", kindMembers, "", ScopeNRPS)
	m := dig(roster, "members").([]any)[0].(map[string]any)
	if len(m) != 4 {
		t.Errorf("roster shows %v", m)
	}
}

func TestNextPageLosesTheRole(t *testing.T) {
	f := recordedSite(t)
	res, page := f.call(t, "GET", f.membershipsURL(2, 1)+"?role=Learner&limit=120&rlid=1", kindMembers, "", ScopeNRPS)
	if n := len(dig(page, "members").([]any)); n != 120 {
		t.Errorf("%d members", n)
	}
	want := "<" + f.membershipsURL(2, 1) + `?limit=120&from=120&rlid=1>; rel="next"`
	if got := res.Header.Get("Link"); got != want {
		t.Errorf("Link %q, want %q", got, want)
	}
	next := strings.TrimSuffix(strings.TrimPrefix(res.Header.Get("Link"), "<"), `>; rel="next"`)
	// Without the role the teacher takes a place in the count and comes along.
	_, page = f.call(t, "GET", next, kindMembers, "", ScopeNRPS)
	if got := rolesOf(page); got != "Instructor Learner Learner Learner Learner" {
		t.Errorf("next page as given: %s", got)
	}
	_, page = f.call(t, "GET", next+"&role=Learner", kindMembers, "", ScopeNRPS)
	if got := rolesOf(page); got != "Learner Learner Learner Learner" {
		t.Errorf("next page with the role: %s", got)
	}
}

func rolesOf(page any) string {
	var out []string
	for _, m := range dig(page, "members").([]any) {
		out = append(out, fmt.Sprint(m.(map[string]any)["roles"].([]any)[0]))
	}
	return strings.Join(out, " ")
}

func TestRosterOfALockedActivityLeavesOutWhoCannotEnter(t *testing.T) {
	f := recordedSite(t)
	f.AddActivity(Activity{CourseID: 2, ID: 9, TypeID: 1, After: 2})
	_, page := f.call(t, "GET", f.membershipsURL(2, 1)+"?rlid=9", kindMembers, "", ScopeNRPS)
	if got := rolesOf(page); got != "Instructor Learner" { // the tutor, by Moodle's roster role
		t.Errorf("members: %s", got)
	}
}

func TestServicesRefuse(t *testing.T) {
	roster := func(f *fixture) string { return f.membershipsURL(2, 1) }
	items := func(f *fixture) string { return f.Endpoint("services.php/2/lineitems?type_id=1") }
	for name, c := range map[string]struct {
		address      func(*fixture) string
		accept       string
		scope        string
		want, revoke int
	}{
		"roster":                         {roster, kindMembers, ScopeNRPS, 200, 0},
		"roster by any type":             {roster, "*/*", ScopeNRPS, 200, 0},
		"roster by a list of types":      {roster, kindMembers + ", application/json", ScopeNRPS, 400, 0},
		"roster without scope":           {roster, kindMembers, scope("score"), 401, 0},
		"roster after an hour":           {roster, kindMembers, ScopeNRPS, 401, 3600},
		"unknown course":                 {func(f *fixture) string { return f.membershipsURL(77, 1) }, kindMembers, ScopeNRPS, 404, 0},
		"other tool's binding":           {func(f *fixture) string { return f.membershipsURL(2, 2) }, kindMembers, ScopeNRPS, 401, 0},
		"unknown link":                   {func(f *fixture) string { return f.membershipsURL(2, 1) + "?rlid=99" }, kindMembers, ScopeNRPS, 404, 0},
		"line items":                     {items, kindItems, scope("lineitem"), 200, 0},
		"line items by any type":         {items, "*/*", scope("lineitem"), 400, 0},
		"line items with charset":        {items, kindItems + "; charset=utf-8", scope("lineitem"), 400, 0},
		"unknown line item":              {func(f *fixture) string { return f.Endpoint("services.php/2/lineitems/99/lineitem?type_id=1") }, kindItem, scope("lineitem"), 404, 0},
		"no such resource of the course": {func(f *fixture) string { return f.Endpoint("services.php/2/nothing") }, kindItem, scope("lineitem"), 400, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := recordedSite(t)
			_, token := f.bearer(t, f.tool.assertion(f.clock()), c.scope)
			f.pass(time.Duration(c.revoke) * time.Second)
			res, body := f.callWith(t, "GET", c.address(f), c.accept, "", fmt.Sprint(token["access_token"]))
			if res.StatusCode != c.want {
				t.Fatalf("status %d, want %d", res.StatusCode, c.want)
			}
			if c.want >= 400 && dig(body, "status") != float64(c.want) {
				t.Errorf("body %v", body)
			}
		})
	}
}

func TestScoreRules(t *testing.T) {
	address := moodleOrigin + "/mod/lti/services.php/2/lineitems/2/lineitem/scores?type_id=1"
	post := func(t *testing.T, f *fixture, body string) int {
		t.Helper()
		res, _ := f.call(t, "POST", address, kindScore, body, scope("score"))
		return res.StatusCode
	}
	body := func(user, at, progress, more string) string {
		return fmt.Sprintf(`{"userId":%q,"timestamp":%q,"activityProgress":"Completed","gradingProgress":%q%s}`, user, at, progress, more)
	}
	const full = `,"scoreGiven":1,"scoreMaximum":1`
	t.Run("bad ones", func(t *testing.T) {
		f := recordedSite(t)
		for name, b := range map[string]string{
			"teacher":         body("6", "2026-11-22T03:00:00Z", "FullyGraded", full),
			"tutor":           body("7", "2026-11-22T03:00:00Z", "FullyGraded", full),
			"stranger":        body("8", "2026-11-22T03:00:00Z", "FullyGraded", full),
			"no maximum":      body("3", "2026-11-22T03:00:00Z", "FullyGraded", `,"scoreGiven":1`),
			"no timestamp":    `{"userId":"3","activityProgress":"Completed","gradingProgress":"FullyGraded"}`,
			"unix timestamp":  `{"userId":"3","timestamp":1795316392,"activityProgress":"Completed","gradingProgress":"FullyGraded"}`,
			"no progress":     `{"userId":"3","timestamp":"2026-11-22T03:00:00Z"}`,
			"score a text":    body("3", "2026-11-22T03:00:00Z", "FullyGraded", `,"scoreGiven":"all","scoreMaximum":1`),
			"no JSON":         `userId=3`,
			"broken date":     body("3", "yesterday", "FullyGraded", full),
			"user id missing": body("", "2026-11-22T03:00:00Z", "FullyGraded", full),
		} {
			if got := post(t, f, b); got != 400 {
				t.Errorf("%s: status %d", name, got)
			}
		}
	})
	t.Run("the gate opens and closes", func(t *testing.T) {
		f := recordedSite(t)
		f.AddActivity(Activity{CMID: 9, CourseID: 2, Page: true, Name: "Behind", After: 2})
		open := func() bool { return f.available(Activity{CourseID: 2, After: 2}, Person{ID: 3}) }
		for i, step := range []struct {
			at, progress, more string
			state              int
			open               bool
		}{
			{"2026-11-22T03:00:00.250Z", "FullyGraded", full, CompletePass, true},
			{"2026-11-22T03:00:01Z", "FullyGraded", `,"scoreGiven":0,"scoreMaximum":1`, CompleteFail, false},
			{"2026-11-22T03:00:02Z", "NotReady", "", Incomplete, false},
			{"2026-11-22T05:00:03+02:00", "FullyGraded", `,"scoreGiven":50,"scoreMaximum":50`, CompletePass, true},
			{"2026-11-22T03:00:04Z", "Pending", full, Incomplete, false},
		} {
			if got := post(t, f, body("3", step.at, step.progress, step.more)); got != 200 {
				t.Fatalf("step %d: status %d", i, got)
			}
			if f.Completion(2, 3) != step.state || open() != step.open {
				t.Errorf("step %d: state %d, open %v", i, f.Completion(2, 3), open())
			}
		}
	})
	t.Run("not newer by a second", func(t *testing.T) {
		for at, want := range map[string]int{"2026-11-22T03:00:00.999Z": 409, "2026-11-22T02:59:59Z": 409, "2026-11-22T03:00:01Z": 200} {
			f := recordedSite(t)
			if got := post(t, f, body("3", "2026-11-22T03:00:00Z", "FullyGraded", full)); got != 200 {
				t.Fatal(got)
			}
			if got := post(t, f, body("3", at, "FullyGraded", full)); got != want {
				t.Errorf("%s: status %d, want %d", at, got, want)
			}
		}
	})
	t.Run("type with charset", func(t *testing.T) {
		f := recordedSite(t)
		res, _ := f.call(t, "POST", address, kindScore+"; charset=utf-8", body("3", "2026-11-22T03:00:00Z", "FullyGraded", full), scope("score"))
		if res.StatusCode != 400 {
			t.Errorf("status %d", res.StatusCode)
		}
	})
}

func TestLineItemsOfATool(t *testing.T) {
	f := recordedSite(t)
	items := f.Endpoint("services.php/2/lineitems?type_id=1")
	res, made := f.call(t, "POST", items, kindItem, `{"label":"Extra","scoreMaximum":10,"tag":"t","resourceLinkId":"1"}`, scope("lineitem"))
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("status %d", res.StatusCode)
	}
	claims, err := f.Claims(Launch{PersonID: 3, CMID: 2})
	if err != nil {
		t.Fatal(err)
	}
	if _, there := claims[ClaimAGS].(map[string]any)["lineitem"]; there {
		t.Error("two items and still a lineitem in the launch")
	}
	own := fmt.Sprint(dig(made, "id"))
	if res, _ = f.call(t, "PUT", own, kindItem, `{"label":"Renamed","scoreMaximum":5}`, scope("lineitem")); res.StatusCode != 200 {
		t.Errorf("PUT: status %d", res.StatusCode)
	}
	if _, got := f.call(t, "GET", items+"&limit=1&from=2", kindItems, "", scope("lineitem.readonly")); len(got.([]any)) != 1 ||
		dig(got.([]any)[0], "label") != "Renamed" {
		t.Errorf("third page: %v", got)
	}
	if res, _ = f.call(t, "GET", items+"&limit=1", kindItems, "", scope("lineitem")); !strings.Contains(res.Header.Get("Link"), "rel=“next”") {
		t.Errorf("Link: %s", res.Header.Get("Link"))
	}
	if res, _ = f.call(t, "POST", items, kindItem, `{"label":"Extra"}`, scope("lineitem")); res.StatusCode != 400 {
		t.Errorf("POST without maximum: status %d", res.StatusCode)
	}
	if res, _ = f.call(t, "DELETE", own, kindItem, "", scope("lineitem")); res.StatusCode != http.StatusNoContent {
		t.Errorf("DELETE: status %d", res.StatusCode)
	}
}

func TestTokenRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		edits []Edit
		key   Signer
		scope string
		want  string
	}{
		"unknown client":     {edits: []Edit{Set("sub", "x")}, want: "invalid_client"},
		"no subject":         {edits: []Edit{Drop("sub")}, want: "invalid_request"},
		"expired":            {edits: []Edit{Set("exp", 1)}, want: "Expired token"},
		"iat a second ahead": {edits: []Edit{Set("iat", 1795316392)}, want: "Cannot handle token with iat prior to 2026-11-22T02:59:52+0000"},
		"kid unknown":        {edits: []Edit{Header("kid", "x")}, want: `"kid" invalid, unable to lookup correct key`},
		"kid missing":        {edits: []Edit{Header("kid", nil)}, want: `"kid" empty, unable to lookup correct key`},
		"alg of another":     {edits: []Edit{Header("alg", "HS256")}, want: "Incorrect key for this algorithm"},
		"foreign key":        {key: Signer{Key: siteKey(), KID: "tool-1"}, want: "Signature verification failed"},
		"unknown scope":      {scope: "x", want: "invalid_scope"},
		"wrong audience":     {edits: []Edit{Set("aud", "x"), Drop("jti")}, want: ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := recordedSite(t)
			own := *f.tool
			if c.key.Key != nil {
				own.key = c.key
			}
			scopes := ScopeNRPS
			if c.scope != "" {
				scopes = c.scope
			}
			res, body := f.bearer(t, own.assertion(f.clock(), c.edits...), scopes)
			got, _ := body["error"].(string)
			if got != c.want || (res.StatusCode == 400) != (c.want != "") {
				t.Errorf("status %d, error %q, want %q", res.StatusCode, got, c.want)
			}
		})
	}
}

func TestToolKeySetIsKeptUntilACheckFails(t *testing.T) {
	f := recordedSite(t)
	for range 3 {
		f.bearer(t, f.tool.assertion(f.clock()), ScopeNRPS)
	}
	if n := f.net.Calls(toolOrigin + "/jwks"); n != 1 {
		t.Errorf("fetched %d times", n)
	}
	f.tool.key.KID = "tool-2"
	if _, body := f.bearer(t, f.tool.assertion(f.clock()), ScopeNRPS); body["access_token"] == nil {
		t.Errorf("after a rotation: %v", body)
	}
}

func TestRegistrationErrorsAreBareTexts(t *testing.T) {
	valid := `{"response_types":["id_token"],"initiate_login_uri":"https://t.example/login","redirect_uris":["https://t.example/launch"],
		"client_name":"T","jwks_uri":"https://t.example/jwks","token_endpoint_auth_method":"private_key_jwt",
		"https://purl.imsglobal.org/spec/lti-tool-configuration":{"domain":"t.example"}}`
	for name, c := range map[string]struct {
		body   string
		status int
		text   string
	}{
		"client_name empty":   {strings.Replace(valid, `"T"`, `""`, 1), 400, "missing required attribute client_name"},
		"jwks_uri missing":    {strings.Replace(valid, "jwks_uri", "x", 1), 400, "missing required attribute jwks_uri"},
		"domain missing":      {strings.Replace(valid, `{"domain":"t.example"}`, `{"x":1}`, 1), 400, "missing_domain"},
		"target elsewhere":    {strings.Replace(valid, `"t.example"}`, `"t.example","target_link_uri":"https://u.example/"}`, 1), 400, "domain_targetlinkuri_mismatch"},
		"response type":       {strings.Replace(valid, `["id_token"]`, `["code"]`, 1), 400, "invalid_response_types"},
		"redirect_uris text":  {strings.Replace(valid, `["https://t.example/launch"]`, `"https://t.example/launch"`, 1), 400, "invalid_redirect_uris"},
		"method":              {strings.Replace(valid, "private_key_jwt", "none", 1), 400, "invalid_token_endpoint_auth_method"},
		"application type":    {strings.Replace(valid, `{"response`, `{"application_type":"native","response`, 1), 400, "invalid_application_type"},
		"www does not matter": {strings.Replace(valid, `"t.example"}`, `"www.t.example","target_link_uri":"https://t.example/"}`, 1), 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := recordedSite(t)
			res, got := postRegistration(t, f.net, registrationToken(t, f), c.body)
			if res.StatusCode != c.status || c.text != "" && got != c.text {
				t.Errorf("status %d, body %v", res.StatusCode, got)
			}
		})
	}
	t.Run("token twice, forged, expired, missing", func(t *testing.T) {
		f := recordedSite(t)
		token := registrationToken(t, f)
		if res, _ := postRegistration(t, f.net, token, valid); res.StatusCode != 200 {
			t.Fatalf("first use: %d", res.StatusCode)
		}
		if res, got := postRegistration(t, f.net, token, valid); res.StatusCode != 401 || got != "token_already_used" {
			t.Errorf("second use: %d %v", res.StatusCode, got)
		}
		if res, got := postRegistration(t, f.net, f.tool.key.Sign(map[string]any{"sub": "x", "scope": "reg", "exp": 1 << 40}, nil), valid); res.StatusCode == 200 ||
			!strings.Contains(fmt.Sprint(got), "<html") {
			t.Errorf("forged: %d %v", res.StatusCode, got)
		}
		late := registrationToken(t, f)
		f.pass(time.Hour)
		if res, _ := postRegistration(t, f.net, late, valid); res.StatusCode == 200 {
			t.Error("an expired token was taken")
		}
		res, err := f.net.Client().Post(f.Endpoint("openid-registration.php"), "application/json", strings.NewReader(valid))
		if err != nil || res.StatusCode != 401 {
			t.Errorf("without token: %v %v", res, err)
		}
	})
	t.Run("claims and scopes not asked for stay off", func(t *testing.T) {
		f := recordedSite(t)
		postRegistration(t, f.net, registrationToken(t, f), valid)
		got := f.Tools()[1]
		if got.ShareName || got.ShareEmail || got.NRPS || got.AGS != 0 || !got.Pending || got.TargetLinkURI != "https://t.example" {
			t.Errorf("%+v", got)
		}
	})
}

func registrationToken(t testing.TB, f *fixture) string {
	t.Helper()
	u, err := url.Parse(f.RegistrationURL("https://t.example/register?invite=1"))
	if err != nil || u.Query().Get("invite") != "1" {
		t.Fatalf("%v %v", u, err)
	}
	return u.Query().Get("registration_token")
}

func TestConcurrentUse(t *testing.T) {
	f := recordedSite(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			b := NewBrowser(f.net)
			for range 3 {
				page, err := b.Launch(f.Platform, int64(9+i), 2)
				if err != nil || page.Status != 200 || !strings.Contains(string(page.Body), "id_token") {
					t.Errorf("launch: %v", err)
				}
				f.call(t, "GET", f.membershipsURL(2, 1), kindMembers, "", ScopeNRPS)
				f.AddPerson(Person{Username: "new"})
			}
		})
	}
	wg.Wait()
}
