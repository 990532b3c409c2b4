package lti

import "testing"

func TestCourseModuleOfAMessageHint(t *testing.T) {
	for hint, want := range map[string]int64{
		`{"cmid":7,"launchid":"ltilaunch3_1"}`: 7, `{"cmid":"12"}`: 12, `{"launchid":"x"}`: 0, ``: 0, `7`: 0, `"7"`: 0, `[]`: 0,
		`{"cmid":-1}`: 0, `{"cmid":1.5}`: 0, `{"cmid":"7&x=1"}`: 0, `{"cmid":99999999999999999999}`: 0, `{"cmid":null}`: 0, "eyJhbGciOi.x.y": 0,
	} {
		if got := (LoginRequest{MessageHint: hint}).CourseModule(); got != want {
			t.Errorf("%s: activity %d, want %d", hint, got, want)
		}
	}
}

func TestReopenAddressesComeFromTheRegistration(t *testing.T) {
	for auth, want := range map[string]string{
		"https://moodle.example/mod/lti/auth.php":              "https://moodle.example/mod/lti/launch.php?id=7",
		"https://uni.example:8443/moodle/mod/lti/auth.php?x=y": "https://uni.example:8443/moodle/mod/lti/launch.php?id=7",
		"https://canvas.example/api/lti/authorize_redirect":    "",
		"https://a:b@moodle.example/mod/lti/auth.php":          "",
		"javascript:/mod/lti/auth.php":                         "",
		"/mod/lti/auth.php":                                    "",
		"":                                                     "",
	} {
		if got := (Platform{AuthURL: auth}).RelaunchURL(7); got != want {
			t.Errorf("%s: %q, want %q", auth, got, want)
		}
	}
	p := Platform{AuthURL: "https://moodle.example/mod/lti/auth.php"}
	if got := p.ActivityURL(7); got != "https://moodle.example/mod/lti/view.php?id=7" {
		t.Errorf("activity page %q", got)
	}
	if p.ActivityURL(0) != "" || p.RelaunchURL(-1) != "" {
		t.Error("an activity that is not known has an address")
	}
}

func TestMarkComesBackWithTheState(t *testing.T) {
	tool := New(Config{BaseURL: "https://tool.example"})
	for _, mark := range []string{"", "bWFyaw"} {
		a, _, err := tool.Begin(moodle(), LoginRequest{Issuer: moodle().Issuer}, mark)
		if err != nil {
			t.Fatal(err)
		}
		if got := MarkOf(a.State); got != mark {
			t.Errorf("mark %q, want %q", got, mark)
		}
	}
	if MarkOf("short") != "" {
		t.Error("a foreign state has a mark")
	}
}
