package lti

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// What a Moodle 5.1.3 sent: testdata/moodle-5.1.
const (
	moodle51      = "../testdata/moodle-5.1"
	learnerIn51   = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
	moodle51Begin = "2026-09-27T21:00:00+00:00"
)

type launchOf51 struct {
	Response struct {
		Form map[string]string `json:"form"`
	} `json:"authentication_response"`
	Claims struct {
		Audience string `json:"aud"`
		IAT      int64  `json:"iat"`
		Nonce    string `json:"nonce"`
		Sub      string `json:"sub"`
		Name     string `json:"name"`
		Deploys  string `json:"https://purl.imsglobal.org/spec/lti/claim/deployment_id"`
		Target   string `json:"https://purl.imsglobal.org/spec/lti/claim/target_link_uri"`
	} `json:"id_token_claims"`
}

func read51(t *testing.T, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(moodle51, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// launches51 are all recorded launches.
func launches51(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, pattern := range []string{"launch/*.json", "custom-parameters/*.json", "deep-linking/request.json"} {
		found, err := filepath.Glob(filepath.Join(moodle51, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			name, _ := filepath.Rel(moodle51, f)
			names = append(names, filepath.ToSlash(name))
		}
	}
	if len(names) != 15 {
		t.Fatalf("%d launches", len(names))
	}
	return names
}

// verifier51 verifies a recorded launch, with another token if the test wants, at its time.
func verifier51(t *testing.T, rec launchOf51) func(token string) (*Message, error) {
	t.Helper()
	var set struct {
		Response struct {
			Body json.RawMessage `json:"body"`
		} `json:"response"`
	}
	read51(t, "jwks.json", &set)
	keys, err := parseKeySet(set.Response.Body)
	if err != nil {
		t.Fatal(err)
	}
	tool, c := newTool(t, time.Unix(rec.Claims.IAT, 0), keys)
	u, err := url.Parse(rec.Claims.Target)
	if err != nil {
		t.Fatal(err)
	}
	tool.base = "https://" + u.Host // where the tool of the recording stood
	tool.origin = tool.base
	p := moodle()
	p.ClientID, p.Deployments = rec.Claims.Audience, []string{rec.Claims.Deploys}
	a := Attempt{
		State: rec.Response.Form["state"], Nonce: rec.Claims.Nonce, PlatformID: p.ID,
		Expires: c.now.Add(AttemptLife),
	}
	return func(token string) (*Message, error) { return tool.Verify(t.Context(), p, a, token) }
}

// Every launch that Moodle 5.1.3 sent verifies, and none of them does with one character changed.
func TestMoodle51LaunchesVerifyAndNoneDoesChanged(t *testing.T) {
	for _, name := range launches51(t) {
		t.Run(name, func(t *testing.T) {
			var rec launchOf51
			read51(t, name, &rec)
			token := rec.Response.Form["id_token"]
			verify := verifier51(t, rec)
			m, err := verify(token)
			if err != nil {
				t.Fatal(err)
			}
			if m.Sub != rec.Claims.Sub || m.Person.Name != rec.Claims.Name {
				t.Errorf("of %q %q, want %q %q", m.Sub, m.Person.Name, rec.Claims.Sub, rec.Claims.Name)
			}
			for at := 0; at < len(token); at += 61 {
				b := []byte(token)
				switch b[at] {
				case '.':
					continue
				case 'A':
					b[at] = 'B'
				default:
					b[at] = 'A'
				}
				if _, err := verify(string(b)); err == nil || CodeOf(err) == "" {
					t.Errorf("changed at %d: %v", at, err)
				}
			}
		})
	}
}

func TestMoodle51Roles(t *testing.T) {
	for name, want := range map[string]struct{ learner, instructor, admin bool }{
		"launch/learner": {learner: true}, "launch/editing-teacher": {instructor: true}, "launch/non-editing-teacher": {instructor: true},
		"launch/manager": {instructor: true}, "launch/site-admin": {instructor: true, admin: true}, "launch/login-door": {},
	} {
		var rec launchOf51
		read51(t, name+".json", &rec)
		m, err := verifier51(t, rec)(rec.Response.Form["id_token"])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if m.Roles.Instructor() != want.instructor || m.Roles.Administrator() != want.admin || strings.Contains(m.Roles.String(), learnerIn51) != want.learner {
			t.Errorf("%s: %s", name, m.Roles)
		}
	}
}

// What the tool asks for is read from what Moodle 5.1.3 said of people and courses, in all cases that were recorded.
func TestMoodle51Particulars(t *testing.T) {
	begin, end := time.Date(2026, 9, 27, 21, 0, 0, 0, time.UTC), time.Date(2027, 2, 14, 21, 59, 0, 0, time.UTC)
	recordedNames := map[string]string{
		paramCountry: "country", paramTimeZone: "tz", paramGroups: "groups", paramHistory: "history", paramBegin: "begin", paramEnd: "end",
	}
	for name, want := range map[string]Particulars{
		"launch/learner":                                      {Country: "RO", TimeZone: "Europe/Bucharest"},
		"launch/site-admin":                                   {},
		"custom-parameters/dynamic-two-groups":                {Country: "FR", TimeZone: "America/New_York", Groups: []string{"1", "2"}, Begin: begin, End: end},
		"custom-parameters/dynamic-restored-course":           {Country: "FR", TimeZone: "America/New_York", Groups: []string{"3", "4"}, History: []string{"5"}, Begin: begin, End: end},
		"custom-parameters/dynamic-empty-person":              {},
		"custom-parameters/dynamic-empty-person-dated-course": {Begin: begin, End: end},
		"custom-parameters/dynamic-with-activity-parameters":  {Country: "FR", TimeZone: "America/New_York", Groups: []string{"1", "2"}, Begin: begin, End: end},
		"custom-parameters/by-hand-two-groups":                {Country: "FR", TimeZone: "America/New_York", Groups: []string{"1", "2"}, Begin: begin, End: end},
		"custom-parameters/by-hand-restored-course":           {Country: "FR", TimeZone: "America/New_York", Groups: []string{"3", "4"}, History: []string{"5"}, Begin: begin, End: end},
		"custom-parameters/by-hand-empty-person":              {Begin: begin, End: end},
	} {
		var rec launchOf51
		read51(t, name+".json", &rec)
		m, err := verifier51(t, rec)(rec.Response.Form["id_token"])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for ours, theirs := range recordedNames {
			if v, said := m.Custom[theirs]; said {
				m.Custom[ours] = v
			}
		}
		want.SaysHistory, want.SaysEnd = true, true // also where it is that there is none
		if got := m.Particulars(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
		if m.Custom["userlang"] != "$User.preferredLanguage" {
			t.Errorf("%s: an unknown variable is %q", name, m.Custom["userlang"])
		}
	}
}

func TestParticularsAreReadStrictly(t *testing.T) {
	for param, bad := range map[string][]string{
		paramCountry:  {"", "$Person.address.country", "ro", "ROU", "R1", "RO ", "RO\n"},
		paramTimeZone: {"", "99", "$Person.address.timezone", "5.5", "-3", "Europe/", "Europe/Bucharest\n", "../etc", strings.Repeat("a", 65)},
		paramGroups:   {"", "$Moodle.Person.userGroupIds", "1,", ",1", "1, 2", "a", "1\n", strings.Repeat("1,", 2000) + "1"},
		paramHistory:  {"", "$Context.id.history", "x"},
		paramBegin:    {"", "$CourseSection.timeFrame.begin", "0", "1790542800", "2026-09-27", moodle51Begin + "\n"},
		paramEnd: {
			"", "$CourseSection.timeFrame.end", "tomorrow", "0", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59+00:00", "9999-12-31T23:59:59-12:00",
		},
	} {
		for _, v := range bad {
			m := &Message{Custom: map[string]string{param: v}}
			want := Particulars{SaysHistory: param == paramHistory && v == "", SaysEnd: param == paramEnd && v == ""}
			if got := m.Particulars(); !reflect.DeepEqual(got, want) {
				t.Errorf("%s=%q: %+v", param, v, got)
			}
		}
	}
	if got := (&Message{}).Particulars(); !reflect.DeepEqual(got, Particulars{}) {
		t.Errorf("%+v", got)
	}
}

// Moodle keeps each parameter that is asked for, with these variables; the recording has them all.
func TestMoodle51KeepsTheAskedParameters(t *testing.T) {
	var rec struct {
		Response struct {
			Body struct {
				Tool struct {
					Custom map[string]string `json:"custom_parameters"`
				} `json:"https://purl.imsglobal.org/spec/lti-tool-configuration"`
			} `json:"body"`
		} `json:"response"`
	}
	read51(t, "registration/3-registration.json", &rec)
	var kept []string
	for _, v := range rec.Response.Body.Tool.Custom {
		kept = append(kept, v)
	}
	for name, variable := range AskedParameters() {
		if !slices.Contains(kept, variable) || strings.ToLower(name) != name {
			t.Errorf("%s=%s", name, variable)
		}
	}
}

// An activity of Moodle may have a name of 1,333 characters.
func TestActivityNamesOf1333Characters(t *testing.T) {
	title := strings.Repeat("ș", 1333)
	tool, _ := newTool(t, start, testKeySet())
	claims := launchClaims(t)
	with(claimLink, map[string]any{"id": "5", "title": title})(claims)
	m, err := tool.Verify(t.Context(), moodle(), learnerAttempt(t), signClaims(claims))
	if err != nil || m.ResourceLink.Title != title {
		t.Errorf("%v", err)
	}
}
