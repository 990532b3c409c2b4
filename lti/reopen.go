package lti

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
)

// CourseModule is the activity that a Moodle names in its lti_message_hint, 0 if it names none. Like the whole
// login request it is not signed: good enough to lead somebody back to that activity, and for nothing else.
func (r LoginRequest) CourseModule() int64 {
	var hint struct {
		CMID json.RawMessage `json:"cmid"`
	}
	if json.Unmarshal([]byte(r.MessageHint), &hint) != nil {
		return 0
	}
	// Moodle writes a number or, in some of its messages, the same number as a string.
	id, err := strconv.ParseInt(strings.Trim(string(hint.CMID), `"`), 10, 64)
	if err != nil || id < 0 {
		return 0
	}
	return id
}

// ActivityURL is the page of an activity on a Moodle, where the launch stands in its course. It is "" if the
// platform is not a Moodle or the activity is not known.
func (p Platform) ActivityURL(cmid int64) string { return p.moodle("view.php", cmid) }

// CourseURL is the page of a course on a Moodle, under the same conditions as [Platform.ActivityURL].
func (p Platform) CourseURL(contextID string) string {
	id, err := strconv.ParseInt(contextID, 10, 64)
	if err != nil {
		return ""
	}
	return p.at("/course/view.php", id)
}

// RelaunchURL is the address on a Moodle that starts the launch of an activity anew, without Moodle's page
// around it: opened in a window of its own, the whole launch happens at top level. It is "" under the same
// conditions as [Platform.ActivityURL].
func (p Platform) RelaunchURL(cmid int64) string { return p.moodle("launch.php", cmid) }

func (p Platform) moodle(script string, cmid int64) string { return p.at("/mod/lti/"+script, cmid) }

// at makes the address from the registration alone; of the launch it takes a number.
func (p Platform) at(path string, id int64) string {
	u, err := url.Parse(p.AuthURL)
	if err != nil || id <= 0 || originOf(p.AuthURL) == "" {
		return ""
	}
	base, ok := strings.CutSuffix(u.Path, "/mod/lti/auth.php")
	if !ok {
		return ""
	}
	to := url.URL{
		Scheme: u.Scheme, Host: u.Host, Path: base + path,
		RawQuery: url.Values{"id": {strconv.FormatInt(id, 10)}}.Encode(),
	}
	return to.String()
}
