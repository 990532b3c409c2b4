package lti

import "strings"

// grants is what a role means to the tool.
type grants uint8

const (
	grantInstructor grants = 1 << iota
	grantLearner
	grantAdministrator
	grantGuest
	grantTestUser
)

const (
	contextRole     = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
	contextSubRole  = "http://purl.imsglobal.org/vocab/lis/v2/membership/"
	institutionRole = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
	systemRole      = "http://purl.imsglobal.org/vocab/lis/v2/system/person#"
)

// grantsOf knows the roles that mean something by their exact names (Core 1.3, A.2). A role that is not here
// grants nothing: a context's Administrator or ContentDeveloper, an institution's Instructor, and whatever a
// platform invents.
func grantsOf(role string) grants {
	switch role {
	case contextRole + "Instructor", "Instructor",
		contextSubRole + "Instructor#ExternalInstructor",
		contextSubRole + "Instructor#Grader",
		contextSubRole + "Instructor#GuestInstructor",
		contextSubRole + "Instructor#Lecturer",
		contextSubRole + "Instructor#PrimaryInstructor",
		contextSubRole + "Instructor#SecondaryInstructor",
		contextSubRole + "Instructor#TeachingAssistant",
		contextSubRole + "Instructor#TeachingAssistantGroup",
		contextSubRole + "Instructor#TeachingAssistantOffering",
		contextSubRole + "Instructor#TeachingAssistantSection",
		contextSubRole + "Instructor#TeachingAssistantSectionAssociation",
		contextSubRole + "Instructor#TeachingAssistantTemplate":
		return grantInstructor
	case contextRole + "Learner", "Learner",
		contextSubRole + "Learner#ExternalLearner",
		contextSubRole + "Learner#GuestLearner",
		contextSubRole + "Learner#Instructor", // the vocabulary's own oddity: still a learner
		contextSubRole + "Learner#Learner",
		contextSubRole + "Learner#NonCreditLearner":
		return grantLearner
	case institutionRole + "Administrator", systemRole + "Administrator",
		"http://purl.imsglobal.org/vocab/lis/v2/person#Administrator": // Moodle, outside of activities
		return grantAdministrator
	case institutionRole + "Guest":
		return grantGuest
	case "http://purl.imsglobal.org/vocab/lti/system/person#TestUser":
		return grantTestUser
	}
	return 0
}

// Roles are the signed roles of a launch. Unknown ones are kept and grant nothing. The zero value has no
// role at all. Institution and system roles never give power over a course, and context roles none over
// the platform.
type Roles struct {
	raw []string
	has grants
}

// ParseRoles reads role URIs, and the short names of context roles. It takes anything: empty entries are
// dropped.
func ParseRoles(names []string) Roles {
	var r Roles
	for _, n := range names {
		if strings.ContainsAny(n, " \t\r\n\v\f\u0085\u00a0") {
			// White space would make several roles of it once it was joined and split again.
			n = strings.Join(strings.Fields(n), "%20")
		}
		if n == "" {
			continue
		}
		r.has |= grantsOf(n)
		r.raw = append(r.raw, n)
	}
	return r
}

// Instructor reports whether the person teaches in the launch's context, whatever the sub-role.
func (r Roles) Instructor() bool { return r.has&grantInstructor != 0 }

// Learner reports whether the person learns in the launch's context.
func (r Roles) Learner() bool { return r.has&grantLearner != 0 }

// Administrator reports whether the person administers the institution or the platform.
func (r Roles) Administrator() bool { return r.has&grantAdministrator != 0 }

// Guest reports whether the person is a guest of the institution.
func (r Roles) Guest() bool { return r.has&grantGuest != 0 }

// TestUser reports whether the person is not real, such as a teacher's preview as a student.
func (r Roles) TestUser() bool { return r.has&grantTestUser != 0 }

// String returns the roles as sent, separated by single spaces.
func (r Roles) String() string { return strings.Join(r.raw, " ") }
