package lti

import (
	"strings"
	"testing"
)

func TestRolesGrantByExactName(t *testing.T) {
	type who struct{ I, L, A, G, T bool }
	tests := []struct {
		role string
		want who
	}{
		{contextRole + "Instructor", who{I: true}},
		{contextRole + "Learner", who{L: true}},
		{"Instructor", who{I: true}},
		{"Learner", who{L: true}},
		{contextSubRole + "Instructor#TeachingAssistant", who{I: true}},
		{contextSubRole + "Instructor#Grader", who{I: true}},
		{contextSubRole + "Learner#NonCreditLearner", who{L: true}},
		{contextSubRole + "Learner#Instructor", who{L: true}},
		{institutionRole + "Administrator", who{A: true}},
		{systemRole + "Administrator", who{A: true}},
		{"http://purl.imsglobal.org/vocab/lis/v2/person#Administrator", who{A: true}},
		{institutionRole + "Guest", who{G: true}},
		{"http://purl.imsglobal.org/vocab/lti/system/person#TestUser", who{T: true}},
		{contextRole + "Administrator", who{}},
		{"Administrator", who{}},
		{contextRole + "ContentDeveloper", who{}},
		{contextRole + "Mentor", who{}},
		{institutionRole + "Instructor", who{}},
		{institutionRole + "Student", who{}},
		{systemRole + "SysAdmin", who{}},
		{systemRole + "User", who{}},
		{"instructor", who{}},
		{strings.ToLower(contextRole + "Instructor"), who{}},
		{"https" + strings.TrimPrefix(contextRole, "http") + "Instructor", who{}},
		{contextRole + "Instructor#Administrator", who{}},
		{"http://evil.test/?" + institutionRole + "Administrator", who{}},
		{contextSubRole + "Instructor#Invented", who{}},
		{"x Instructor", who{}},
		{"", who{}},
	}
	for _, tt := range tests {
		r := ParseRoles([]string{tt.role})
		if got := (who{r.Instructor(), r.Learner(), r.Administrator(), r.Guest(), r.TestUser()}); got != tt.want {
			t.Errorf("%q gives %+v, want %+v", tt.role, got, tt.want)
		}
	}
}

func TestRolesAreKeptAndMeanTheSameWhenReadAgain(t *testing.T) {
	in := []string{contextRole + "Learner", "", "urn:made-up", "x Instructor", "y\u00a0Instructor\n", "\t"}
	r := ParseRoles(in)
	const want = contextRole + "Learner urn:made-up x%20Instructor y%20Instructor"
	if r.String() != want {
		t.Errorf("got %q", r.String())
	}
	if again := ParseRoles(strings.Fields(r.String())); again.has != r.has || again.String() != want {
		t.Errorf("read again: %q", again.String())
	}
	if s := (Roles{}).String(); s != "" {
		t.Errorf("no roles give %q", s)
	}
}
